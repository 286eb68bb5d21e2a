// The list of chats.

import { chats, nameOf, open, unreadInAll } from "./chats.js";
import { $, element } from "./dom.js";
import { glimpse } from "./message.js";
import { clock } from "./time.js";
import { digits } from "./words.js";

export function showSide() {
  for (const chat of chats.values()) showEntry(chat);
  const count = [...chats.values()].reduce((sum, chat) => sum + unreadInAll(chat), 0);
  document.title = count ? `(${count}) Newsbot` : "Newsbot";
}

// The nodes stay the same: a click that began before a message came would be lost with the node under the pointer.
function showEntry(chat) {
  chat.entry ||= addEntry(chat);
  const { link, face, name, line, time, count } = chat.entry;
  const last = chat.messages.at(-1);
  link.className = chat === open.chat ? "open" : "";
  link.ariaCurrent = chat === open.chat ? "page" : null;
  paint(face, chat);
  name.textContent = chat.chat.type === "private" ? `Newsbot · ${nameOf(chat)}` : nameOf(chat);
  line.textContent = last ? glimpse(last) : "";
  time.textContent = last ? clock(last.date, chat.language) : "";
  showCount(count, unreadInAll(chat), chat.language);
}

function addEntry(chat) {
  const link = element("a");
  link.href = `#${chat.id}`;
  const parts = {
    face: element("span", "face"), name: element("strong"), time: element("time"),
    line: element("span", "glimpse"), count: element("span", "badge"),
  };
  parts.face.ariaHidden = "true";
  parts.name.dir = parts.line.dir = "auto";
  link.append(parts.face, parts.name, parts.line, parts.time, parts.count);
  const item = element("li");
  item.append(link);
  $("chats").append(item);
  return { link, ...parts };
}

export function paint(face, chat) {
  face.textContent = [...nameOf(chat)][0];
  face.dataset.hue = String(Math.abs(chat.id) % 5);
}

export function showCount(badge, count, language) {
  badge.textContent = digits(count, language);
  badge.hidden = !count;
}
