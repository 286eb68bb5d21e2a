// What is offered above the text field: commands, or results of the bot's inline mode. One of them is highlighted.

import { $, element } from "./dom.js";

let offered = []; // {node, take, fill}, in the order of the list

export const isMenuOpen = () => !$("commands").hidden;
export const chosen = () => offered[[...$("commands").children].findIndex((item) => item.classList.contains("chosen"))];

/**
 * Offers these: each has a node to show, take() for when it is taken, and perhaps a text that Tab fills in.
 * The first that is not marked as an aside is highlighted.
 */
export function offer(choices) {
  offered = [];
  $("commands").replaceChildren();
  offerMore(choices);
  highlight($("commands").children[choices.findIndex((one) => !one.aside)] || $("commands").firstChild);
  show();
}

/** Adds these to what is offered. */
export function offerMore(choices) {
  offered.push(...choices);
  $("commands").append(...choices.map(({ node, take }, number) => {
    const item = element("li");
    item.role = "option";
    item.id = `choice-${$("commands").children.length + number}`;
    item.ariaSelected = "false";
    item.append(...node);
    item.onclick = take;
    return item;
  }));
}

function show() {
  $("commands").hidden = !offered.length;
  $("text").ariaExpanded = String(isMenuOpen());
  $("menu").ariaExpanded = String(isMenuOpen());
}

function highlight(item) {
  for (const one of $("commands").children) {
    one.classList.toggle("chosen", one === item);
    one.ariaSelected = String(one === item);
  }
  if (item) $("text").setAttribute("aria-activedescendant", item.id);
  else $("text").removeAttribute("aria-activedescendant");
  item?.scrollIntoView({ block: "nearest" });
}

/** Highlights the next choice (step 1) or the one before (step -1). */
export function moveInMenu(step) {
  const items = [...$("commands").children];
  const at = items.findIndex((item) => item.classList.contains("chosen"));
  highlight(items.at((at + step) % items.length));
}

export const closeMenu = () => offer([]);

export function beginMenu() {
  document.addEventListener("pointerdown", (event) => {
    if (isMenuOpen() && !event.target.closest("#commands, #menu, #text")) closeMenu();
  });
}
