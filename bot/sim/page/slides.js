// Several pictures of one block: a slideshow to turn, or a collage.

import { button, element } from "./dom.js";
import { words } from "./words.js";

/** Pictures one beside the other, turned with the arrows, the arrow keys or a finger. */
export function slideshow(figures, { language }) {
  const say = words(language);
  const box = element("div", "slideshow");
  box.role = "region";
  box.ariaRoleDescription = say.slideshow;
  box.ariaLabel = say.slideshow;
  const strip = element("div", "strip");
  strip.append(...figures);
  const count = element("span", "count");
  const back = button("turn back", "‹", () => turn(-1), say.previous);
  const on = button("turn on", "›", () => turn(1), say.next);
  const isRtl = () => getComputedStyle(strip).direction === "rtl";
  let at = 0;
  const turn = (step) => {
    show(Math.max(0, Math.min(figures.length - 1, at + step)));
    strip.scrollTo({ left: (isRtl() ? -1 : 1) * at * strip.clientWidth, behavior: "smooth" });
  };
  const show = (place) => {
    at = place;
    count.textContent = `${place + 1} / ${figures.length}`;
    back.ariaDisabled = String(place === 0);
    on.ariaDisabled = String(place === figures.length - 1);
    figures.forEach((one, number) => (one.inert = number !== place));
  };
  strip.onscrollend = () => show(Math.round(Math.abs(strip.scrollLeft) / strip.clientWidth)); // a finger turned it
  box.onkeydown = (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    turn((event.key === "ArrowRight") === isRtl() ? -1 : 1);
  };
  show(0);
  box.append(strip, back, on, count);
  return box;
}

/** Pictures in a grid. */
export function collage(figures) {
  const box = element("div", `collage of${Math.min(4, figures.length)}`);
  box.append(...figures);
  return box;
}
