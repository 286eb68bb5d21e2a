// Links that lead to the bot: t.me/bot?start=… opens the private chat on this page, and ?startgroup=… or ?startchannel
// adds the bot to a chat of this page.

import { fail, post, tell } from "./actions.js";
import { bot, chats, open } from "./chats.js";
import { choose } from "./share.js";
import { words } from "./words.js";

const KINDS = { startgroup: ["group", "supergroup"], startchannel: ["channel"] };

/** Opens the private chat of whoever looks at the open chat, and starts the bot there with a parameter. */
export async function enter(start) {
  const own = [...chats.values()].find((chat) => chat.chat.type === "private" && chat.viewer.id === open.chat.viewer.id);
  if (!own) return;
  location.hash = own.id;
  await post("/page/send", { chat_id: own.id, text: `/start ${start}` }).catch(fail);
}

/** Lets a person choose the group or channel that the bot is added to. */
function add(door, start) {
  const { language } = open.chat;
  const offered = [...chats.values()].filter((chat) => KINDS[door].includes(chat.chat.type));
  if (!offered.length) return tell({ text: words(language).nowhere });
  choose(words(language)[door], offered, async (chat) => {
    const asked = { chat_id: chat.id, start, admin: door === "startchannel" };
    const answer = await post("/page/add", asked).catch(fail);
    if (!answer) return;
    if (!answer.added) tell({ text: words(language).there });
    location.hash = chat.id;
  });
}

export function beginDoors() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const given = link && parametersOf(link.href);
    if (!given) return;
    const door = Object.keys(KINDS).find((one) => given.has(one));
    if (!door && !given.get("start")) return;
    event.preventDefault();
    if (door) add(door, given.get(door));
    else enter(given.get("start"));
  });
}

function parametersOf(address) {
  const { host, pathname, searchParams } = new URL(address);
  return host === "t.me" && pathname === `/${bot.username}` ? searchParams : null;
}
