// The buttons below a message.

import { tell } from "./actions.js";
import { element, lead } from "./dom.js";
import { words } from "./words.js";

/** The rows of buttons below a message. */
export function keyboard(rows, context) {
  const box = element("div", "keyboard");
  for (const row of rows) {
    const line = element("div", "row");
    line.append(...row.map((one) => keyOf(one, element(one.url ? "a" : "button", "key", one.text), context)));
    box.append(line);
  }
  return box;
}

/** Makes a node a button as Telegram describes it. `key` has its text already. */
export function keyOf(one, key, { act, language }) {
  key.dir = "auto";
  if (one.style) key.classList.add(one.style);
  if (one.url) {
    lead(key, one.url);
    key.append(element("sup", "", "↗"));
    return key;
  }
  key.type = "button";
  if (one.disabled) key.disabled = true;
  else if (one.copy_text) key.onclick = () => copy(one.copy_text.text, language);
  else if (one.callback_data) {
    key.dataset.data = one.callback_data;
    key.onclick = () => act.press(key, one.callback_data);
  } else if (one.switch_inline_query_current_chat !== undefined) {
    key.onclick = () => act.ask(one.switch_inline_query_current_chat);
  } else key.onclick = () => act.share(one.switch_inline_query ?? one.switch_inline_query_chosen_chat?.query ?? "");
  return key;
}

async function copy(text, language) {
  await navigator.clipboard?.writeText(text);
  tell({ text: words(language).copied });
}

/** The place of a focused key, so that the same button has the focus after its message was edited. */
export function spotOf(key) {
  const row = key.parentElement;
  return { data: key.dataset.data, row: [...row.parentElement.children].indexOf(row), column: [...row.children].indexOf(key) };
}

/** The key for a spot: the one that does the same, else the one at the same place. Undefined if there are no keys. */
export function keyAt(message, { data, row, column }) {
  const same = [...message.querySelectorAll(".keyboard .key")].find((key) => data && key.dataset.data === data);
  const rows = message.querySelectorAll(".keyboard .row");
  const there = rows[Math.min(row, rows.length - 1)]?.children;
  return same || there?.[Math.min(column, there.length - 1)];
}
