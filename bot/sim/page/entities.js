// The text of a classic message with its formatting.

import { element, lead, pressable } from "./dom.js";
import { moment } from "./time.js";

const INLINE = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote", text_link: "a", url: "a", bot_command: "a",
};

/** The nodes of a text. Entities nest and never overlap; offsets are UTF-16 units, as in JavaScript's own strings. */
export function marked(text, entities, context) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const within = (start, end) => {
    const nodes = [];
    let at = start;
    while (sorted.length && sorted[0].offset < end) {
      const entity = sorted.shift();
      const stop = Math.min(end, entity.offset + entity.length);
      if (entity.offset > at) nodes.push(text.slice(at, entity.offset));
      nodes.push(wrapped(entity, text.slice(entity.offset, stop), within(entity.offset, stop), context));
      at = stop;
    }
    if (at < end) nodes.push(text.slice(at, end));
    return nodes;
  };
  return within(0, text.length);
}

function wrapped(entity, text, nodes, { act, language }) {
  if (entity.type === "date_time") return moment(entity.unix_time, entity.date_time_format, nodes, language);
  const node = element(INLINE[entity.type] || "span", entity.type);
  node.append(...nodes);
  if (entity.type === "text_link" || entity.type === "url") lead(node, entity.url || text);
  if (entity.type === "bot_command") commanding(node, text, act);
  if (entity.type === "expandable_blockquote") foldable(node);
  if (entity.type === "spoiler") hidden(node);
  return node;
}

export function commanding(link, text, act) {
  link.href = "#";
  link.onclick = (event) => {
    event.preventDefault();
    act.command(text);
  };
}

export function hidden(node) {
  pressable(node, () => node.classList.add("seen"));
}

/** Lets a quote be folded. */
export function foldable(node) {
  node.classList.add("folded");
  pressable(node, () => (node.ariaExpanded = String(!node.classList.toggle("folded"))));
  node.ariaExpanded = "false";
}
