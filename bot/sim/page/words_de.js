export default {
  dir: "ltr",
  locale: "de-DE",
};
