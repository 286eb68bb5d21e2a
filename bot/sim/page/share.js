// The choice of a chat, for what is shared through the bot's inline mode.

import { bot, chats, nameOf, open } from "./chats.js";
import { $, button } from "./dom.js";
import { words } from "./words.js";

/** Lets a person choose a chat, opens it, and types a question to the bot there. */
export function share(query) {
  const box = $("share");
  box.querySelector("p").textContent = words(open.chat.language).where;
  const choices = [...chats.values()].filter((chat) => chat.can_write).map((chat) => {
    const key = button("", nameOf(chat), () => {
      chat.draft = `@${bot.username} ${query}`;
      box.close();
      location.hash = chat.id;
      dispatchEvent(new CustomEvent("drafted", { detail: chat }));
    });
    key.dir = "auto";
    return key;
  });
  box.querySelector("div").replaceChildren(...choices);
  box.showModal();
}
