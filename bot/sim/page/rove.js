// The keyboard among messages: the list is one stop of the Tab key, with the buttons of one message behind it.

import { $ } from "./dom.js";
import { keyAt, spotOf } from "./keys.js";

const STOPS = "a[href], button, summary, audio, video, [tabindex]"; // what the Tab key would stop at
const MOVES = { ArrowDown: 1, ArrowUp: -1, End: Infinity, Home: -Infinity };

let current = null; // the message whose buttons the Tab key reaches

const messages = () => [...$("messages").querySelectorAll(".message")];

/** Takes a message that was just drawn out of the way of the Tab key. */
export function quiet(message) {
  setStops(message, -1);
}

function setStops(message, index) {
  message.tabIndex = index;
  for (const stop of message.querySelectorAll(STOPS)) stop.tabIndex = index;
}

function choose(message) {
  if (message === current) return;
  if (current) setStops(current, -1);
  current = message;
  if (current) setStops(current, 0);
}

/** Makes the newest message the one that the Tab key reaches, unless a person is among the messages. */
export function chooseNewest() {
  if (!$("messages").contains(document.activeElement)) choose(messages().at(-1) || null);
}

/**
 * Shows the new state of a message, and returns its node. The button that was pressed keeps the focus.
 * `renew` changes the old node where the whole message need not be drawn anew.
 */
export function replaceMessage(before, after, renew) {
  const focused = document.activeElement;
  const held = before.contains(focused);
  const spot = held && focused.matches(".keyboard .key") ? spotOf(focused) : null;
  if (renew) renew(before, after);
  else before.replaceWith(after);
  const node = renew ? before : after;
  quiet(node);
  if (before === current) {
    current = null;
    choose(node);
  }
  if (held && !node.contains(document.activeElement)) ((spot && keyAt(node, spot)) || node).focus({ preventScroll: true });
  return node;
}

/** Lets the arrow keys move from message to message, and Escape back to the text field. */
export function beginRoving() {
  $("messages").addEventListener("focusin", (event) => choose(event.target.closest(".message")));
  $("messages").addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.target.matches("audio, video, .table")) return;
    if (event.key === "Escape") $("text").focus();
    if (!(event.key in MOVES)) return;
    event.preventDefault();
    const all = messages();
    const at = all.indexOf(event.target.closest(".message"));
    all[Math.max(0, Math.min(all.length - 1, at + MOVES[event.key]))]?.focus();
  });
}
