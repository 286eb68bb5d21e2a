export default {
  dir: "ltr",
  locale: "ru-RU",
};
