export default {
  dir: "ltr",
  locale: "id-ID",
};
