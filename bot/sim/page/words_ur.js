export default {
  dir: "rtl",
  locale: "ur-PK-u-nu-latn",
};
