export default {
  dir: "ltr",
  locale: "fr-FR",
};
