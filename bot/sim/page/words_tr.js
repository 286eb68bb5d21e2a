export default {
  dir: "ltr",
  locale: "tr-TR",
};
