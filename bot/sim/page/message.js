// One message as a Telegram client shows it.

import { isOwn, keyOf } from "./chats.js";
import { button, element } from "./dom.js";
import { marked } from "./entities.js";
import { keyboard } from "./keys.js";
import { attachment, attachmentName } from "./media.js";
import { preview, previewed } from "./preview.js";
import { reactions } from "./reactions.js";
import { rich } from "./rich.js";
import { plainText } from "./rich_text.js";
import { clock } from "./time.js";
import { words } from "./words.js";

const CONTENT = [
  "text", "entities", "caption", "caption_entities", "rich_message", "photo", "video", "animation", "audio", "voice",
  "document", "link_preview_options",
];

/**
 * The element of a message in a chat. `act` is what a person can do with it: press(button, data), command(text),
 * jump(message), ask(query), share(query), react(emoji), and reply(), which is null where that can't be done.
 */
export function render(chat, message, act) {
  const own = isOwn(chat, message);
  const context = { act, language: chat.language };
  const item = element("article", own ? "message own" : "message");
  item.dataset.id = keyOf(message);
  item.tabIndex = -1;
  const bubble = element("div", message.rich_message ? "bubble page" : "bubble");
  if (message.ephemeral_message_id) {
    bubble.classList.add("ephemeral");
    bubble.append(element("small", "only", `👁 ${words(chat.language).onlyYou}`));
  }
  if (chat.chat.type !== "private" && !own) bubble.append(element("strong", "author", authorOf(message)));
  if (message.reply_to_message) bubble.append(quoted(message.reply_to_message, act));
  bubble.append(...content(message, context));
  if (chat.chat.type === "channel") bubble.append(reactions(message, chat.reactions[message.message_id] || [], context));
  bubble.append(foot(message, own, context));
  bubble.ondblclick = act.reply;
  item.append(bubble);
  const rows = message.reply_markup?.inline_keyboard;
  if (rows?.length) item.append(keyboard(rows, context));
  return item;
}

const authorOf = (message) => message.sender_chat?.title || message.from?.first_name || "";

function content(message, context) {
  if (message.rich_message) return [rich(message.rich_message, context)];
  const nodes = [];
  const attached = attachment(message, context);
  if (attached) nodes.push(attached);
  const written = message.text || message.caption;
  if (written) {
    const text = element("div", "text");
    text.append(...marked(written, message.entities || message.caption_entities || [], context));
    nodes.push(text);
  }
  if (message.show_caption_above_media) nodes.reverse();
  const address = previewed(message);
  if (address) nodes.push(preview(address, message.link_preview_options));
  if (message.link_preview_options?.show_above_text) nodes.reverse();
  return nodes;
}

function foot(message, own, { act, language }) {
  const say = words(language);
  const foot = element("span", "foot");
  if (act.reply) foot.append(button("answer icon", "↩", act.reply, say.reply));
  const about = element("span");
  if (message.via_bot) about.append(`${say.via} `, element("bdi", "", `@${message.via_bot.username}`), " · ");
  if (message.edit_date) about.append(say.edited, " ");
  about.append(element("time", "", clock(message.date, language)));
  if (own) about.append(element("span", "ticks", " ✓✓"));
  foot.append(about);
  return foot;
}

/** A line of a message, for lists and replies. */
export function glimpse(message) {
  const text = message.text || message.caption || message.rich_message?.blocks.map(plainText).find(Boolean);
  return (text || attachmentName(message)).trim().split("\n")[0].slice(0, 120);
}

function quoted(message, act) {
  const box = button("quoted", undefined, () => act.jump(message));
  const line = element("span", "", glimpse(message));
  line.dir = "auto"; // else the slash of a command would stand at its end in a language that runs from the right
  box.append(element("strong", "", authorOf(message)), line);
  return box;
}

/** Whether two states of a message differ at most in their buttons and reactions. */
export const hasSameContent = (one, other) => CONTENT.every((name) => JSON.stringify(one[name]) === JSON.stringify(other[name]));

/** Gives a shown message the buttons, the reactions and the last line of its new state. Parts that a reader opened stay open. */
export function renew(before, after) {
  before.querySelector(":scope > .keyboard")?.remove();
  before.append(...after.querySelectorAll(":scope > .keyboard"));
  for (const part of [".foot", ".reactions"]) before.querySelector(part)?.replaceWith(after.querySelector(part));
}
