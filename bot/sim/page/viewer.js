// A picture at full size, above the page. The arrows lead to the other pictures of the same message.

import { $ } from "./dom.js";

let frames = []; // the pictures of the message
let at = 0;

/** Opens the picture in this frame. */
export function look(frame) {
  frames = [...frame.closest(".message").querySelectorAll(".photo")].filter((one) => !one.inert);
  const say = frame.closest("[lang]");
  $("viewer").dir = say.dir;
  show(frames.indexOf(frame));
  $("viewer").showModal();
}

function show(place) {
  at = (place + frames.length) % frames.length;
  const picture = frames[at].querySelector("img");
  const shown = $("viewer").querySelector("img");
  shown.src = picture.src;
  shown.alt = picture.alt;
  $("viewer").querySelector("p").textContent = picture.alt;
  $("viewer").querySelector(".count").textContent = `${at + 1} / ${frames.length}`;
  for (const part of $("viewer").querySelectorAll(".turn, .count")) part.hidden = frames.length < 2;
}

/** Gives the viewer its buttons. */
export function beginViewer() {
  const [back, on] = $("viewer").querySelectorAll(".turn");
  back.onclick = () => show(at - 1);
  on.onclick = () => show(at + 1);
  $("viewer").onkeydown = (event) => {
    const forward = $("viewer").dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") show(at + (event.key === forward ? 1 : -1));
  };
  $("viewer").onclick = (event) => event.target.closest(".turn") || $("viewer").close();
}

/** Names the buttons of the viewer in the language of the open chat. */
export function nameViewer(say) {
  const [back, on] = $("viewer").querySelectorAll(".turn");
  back.ariaLabel = back.title = say.previous;
  on.ariaLabel = on.title = say.next;
  const close = $("viewer").querySelector(".close");
  close.ariaLabel = close.title = say.close;
}
