// Light and dark: the system's, until a person chooses.

import { $ } from "./dom.js";

function show(chosen) {
  if (chosen) localStorage.setItem("theme", chosen);
  const wanted = chosen || localStorage.getItem("theme") || "";
  document.documentElement.dataset.theme = wanted;
  const dark = wanted ? wanted === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  $("theme").textContent = dark ? "☀" : "☾";
  $("theme").onclick = () => show(dark ? "light" : "dark");
}

export function beginTheme() {
  show();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show());
}
