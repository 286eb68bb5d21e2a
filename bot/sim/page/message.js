// One message as a Telegram client shows it. Everything that came from outside goes in as text, never as markup.

import { clock, words } from "./words.js";

const INLINE = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote", spoiler: "span", text_link: "a", url: "a",
  bot_command: "a", mention: "span", hashtag: "span", text_mention: "span", email: "span",
};

/**
 * The element of a message.
 * `own`: the viewer wrote it. `named`: its author is told, as in groups.
 * `act` is what a person can do with it: press(button, data), command(text), reply(), jump(id).
 */
export function render(message, { own, named, language, act }) {
  const say = words(language);
  const item = element("article", own ? "message own" : "message");
  item.dataset.id = message.message_id;
  const bubble = element("div", "bubble");
  if (named && !own) bubble.append(element("strong", "author", message.sender_chat?.title || message.from?.first_name));
  if (message.reply_to_message) bubble.append(quoted(message.reply_to_message, act));
  if (message.document) bubble.append(file(message.document));
  const text = element("div", "text");
  text.append(...marked(message.text || message.caption || "", message.entities || message.caption_entities || [], act));
  bubble.append(text);
  const preview = message.link_preview_options;
  if (preview?.url) bubble.append(card(preview.url));
  const foot = element("span", "foot");
  if (message.edit_date) foot.append(element("span", "", say.edited), " ");
  foot.append(element("time", "", clock(message.date, language)));
  if (own) foot.append(element("span", "ticks", " ✓✓"));
  bubble.append(foot);
  const answer = element("button", "answer icon", "↩");
  answer.type = "button";
  answer.title = answer.ariaLabel = say.reply;
  answer.onclick = act.reply;
  bubble.append(answer);
  bubble.ondblclick = act.reply;
  item.append(bubble);
  const rows = message.reply_markup?.inline_keyboard;
  if (rows) item.append(keyboard(rows, act));
  return item;
}

/** A line of it, for lists and replies. */
export const glimpse = (message) => (message.text || message.caption || message.document?.file_name || "").split("\n")[0].slice(0, 120);

function quoted(message, act) {
  const box = element("button", "quoted");
  box.type = "button";
  box.append(element("strong", "", message.from?.first_name || message.sender_chat?.title || ""));
  box.append(element("span", "", glimpse(message)));
  box.onclick = () => act.jump(message.message_id);
  return box;
}

function file(document) {
  const link = element("a", "card");
  link.href = `/page/files/${encodeURIComponent(document.file_id)}`;
  link.download = document.file_name;
  link.append(element("strong", "", `📎 ${document.file_name}`), element("span", "", `${document.file_size} B`));
  return link;
}

function card(url) {
  const link = element("a", "card");
  open(link, url);
  link.append(element("strong", "", new URL(url).host), element("span", "", decoded(url)));
  return link;
}

function keyboard(rows, act) {
  const box = element("div", "keyboard");
  for (const row of rows) {
    const line = element("div", "row");
    for (const button of row) {
      const key = element(button.url ? "a" : "button", "key", button.text);
      key.dir = "auto";
      if (button.copy_text) {
        key.type = "button";
        key.onclick = () => navigator.clipboard?.writeText(button.copy_text.text);
      } else if (button.url) {
        open(key, button.url);
        key.append(element("sup", "", "↗"));
      } else {
        key.type = "button";
        key.onclick = () => act.press(key, button.callback_data);
      }
      line.append(key);
    }
    box.append(line);
  }
  return box;
}

// Entities nest and never overlap; offsets are UTF-16 units, as in JavaScript's own strings.
function marked(text, entities, act) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const within = (start, end) => {
    const nodes = [];
    let at = start;
    while (sorted.length && sorted[0].offset < end) {
      const entity = sorted.shift();
      const stop = Math.min(end, entity.offset + entity.length);
      if (entity.offset > at) nodes.push(text.slice(at, entity.offset));
      nodes.push(wrapped(entity, text.slice(entity.offset, stop), within(entity.offset, stop), act));
      at = stop;
    }
    if (at < end) nodes.push(text.slice(at, end));
    return nodes;
  };
  return within(0, text.length);
}

function wrapped(entity, text, nodes, act) {
  const node = element(INLINE[entity.type] || "span", entity.type);
  node.append(...nodes);
  if (entity.type === "text_link" || entity.type === "url") {
    open(node, entity.url || text);
  }
  if (entity.type === "bot_command") {
    node.href = "#";
    node.onclick = (event) => {
      event.preventDefault();
      act.command(text);
    };
  }
  if (entity.type === "expandable_blockquote") foldable(node);
  if (entity.type === "spoiler") node.onclick = () => node.classList.add("seen");
  return node;
}

function foldable(node) {
  node.classList.add("folded");
  node.tabIndex = 0;
  node.role = "button";
  node.ariaExpanded = "false";
  const turn = () => {
    node.ariaExpanded = String(!node.classList.toggle("folded"));
  };
  node.onclick = (event) => event.target.closest("a") || turn();
  node.onkeydown = (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    turn();
  };
}

function open(link, url) {
  if (!/^(https?|tg):/i.test(url)) return;
  link.href = url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
}

function decoded(url) {
  try {
    return decodeURI(url);
  } catch {
    return url;
  }
}

export function element(tag, style, text) {
  const node = document.createElement(tag);
  if (style) node.className = style;
  if (text !== undefined) node.textContent = text;
  return node;
}
