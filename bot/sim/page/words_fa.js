export default {
  dir: "rtl",
  locale: "fa-IR",
};
