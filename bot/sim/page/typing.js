// The sign that the bot works on an answer.

import { open } from "./chats.js";
import { $, element } from "./dom.js";
import { words } from "./words.js";

const PATIENCE = 12_000; // ms after which nobody believes it any more

const waiting = new Map(); // chat -> the timer that ends its sign

export function startTyping(chat) {
  clearTimeout(waiting.get(chat));
  waiting.set(chat, setTimeout(() => stopTyping(chat), PATIENCE));
  showStatus();
}

export function stopTyping(chat) {
  if (!waiting.has(chat)) return;
  clearTimeout(waiting.get(chat));
  waiting.delete(chat);
  showStatus();
}

/** Shows below the name of the open chat what it is, or that the bot works. */
export function showStatus() {
  const say = words(open.chat.language);
  const types = waiting.has(open.chat);
  const kind = { private: say.bot, channel: say.channel }[open.chat.chat.type] || say.group;
  $("status").replaceChildren(types ? say.typing : kind, types ? element("span", "dots") : "");
}
