export default {
  dir: "ltr",
  locale: "es-ES",
};
