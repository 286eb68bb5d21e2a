// The choice of a chat: for what is shared through the bot's inline mode, and for a link that adds the bot to a chat.

import { bot, chats, nameOf, open } from "./chats.js";
import { $, button } from "./dom.js";
import { words } from "./words.js";

/** Lets a person choose a chat, opens it, and types a question to the bot there. */
export function share(query) {
  choose(words(open.chat.language).where, [...chats.values()].filter((chat) => chat.can_write), (chat) => {
    chat.draft = `@${bot.username} ${query}`;
    location.hash = chat.id;
    dispatchEvent(new CustomEvent("drafted", { detail: chat }));
  });
}

/** Asks a person for one of these chats, and calls `then` with it. */
export function choose(question, offered, then) {
  const box = $("share");
  box.querySelector("p").textContent = question;
  box.querySelector("div").replaceChildren(...offered.map((chat) => {
    const key = button("", nameOf(chat), () => {
      box.close();
      then(chat);
    });
    key.dir = "auto";
    return key;
  }));
  box.showModal();
}
