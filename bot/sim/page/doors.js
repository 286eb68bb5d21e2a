// Links that open the private chat with the bot: t.me/bot?start=… leads to that chat on this page.

import { fail, post } from "./actions.js";
import { bot, chats, open } from "./chats.js";

/** Opens the private chat of whoever looks at the open chat, and starts the bot there with a parameter. */
export async function enter(start) {
  const own = [...chats.values()].find((chat) => chat.chat.type === "private" && chat.viewer.id === open.chat.viewer.id);
  if (!own) return;
  location.hash = own.id;
  await post("/page/send", { chat_id: own.id, text: `/start ${start}` }).catch(fail);
}

export function beginDoors() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const start = link && startOf(link.href);
    if (!start) return;
    event.preventDefault();
    enter(start);
  });
}

function startOf(address) {
  const { host, pathname, searchParams } = new URL(address);
  return host === "t.me" && pathname === `/${bot.username}` ? searchParams.get("start") : null;
}
