// The commands above the text field.

import { open } from "./chats.js";
import { $, element } from "./dom.js";

export const isMenuOpen = () => !$("commands").hidden;
export const chosen = () => $("commands").querySelector(".chosen")?.dataset.command;

/** Offers the commands that begin with what is typed. A command that is typed wholly comes first. */
export function offerCommands() {
  const typed = $("text").value;
  const found = /^\/\w*$/.test(typed) ? open.chat.commands.filter((one) => `/${one.command}`.startsWith(typed)) : [];
  offer(found.sort((a, b) => (`/${b.command}` === typed) - (`/${a.command}` === typed)));
}

function offer(commands) {
  $("commands").hidden = !commands.length;
  $("commands").replaceChildren(...commands.map((one, number) => {
    const item = element("li");
    item.role = "option";
    item.id = `command-${number}`;
    item.dataset.command = one.command;
    item.append(element("b", "", `/${one.command}`), element("span", "", one.description));
    item.onclick = () => $("commands").dispatchEvent(new CustomEvent("taken", { detail: one.command }));
    return item;
  }));
  highlight($("commands").firstChild);
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

/** Highlights the next command (step 1) or the one before (step -1). */
export function moveInMenu(step) {
  const items = [...$("commands").children];
  const at = items.findIndex((item) => item.classList.contains("chosen"));
  highlight(items.at((at + step) % items.length));
}

export function closeMenu() {
  offer([]);
}

export function beginMenu() {
  $("menu").onclick = () => {
    if (isMenuOpen()) closeMenu();
    else offer(open.chat.commands);
    $("text").focus();
  };
  document.addEventListener("pointerdown", (event) => {
    if (isMenuOpen() && !event.target.closest("#commands, #menu, #text")) closeMenu();
  });
}
