// The text of rich messages: a string, a list of texts, or an object with a type.

import { button, element, lead } from "./dom.js";
import { commanding, hidden } from "./entities.js";
import { keyOf } from "./keys.js";
import { moment } from "./time.js";

const INLINE = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", marked: "mark",
  subscript: "sub", superscript: "sup", url: "a", email_address: "a", phone_number: "a", bot_command: "a",
  anchor_link: "a", reference_link: "a", mathematical_expression: "code",
};
const AFTER = { // what a text does besides looking as it looks
  url: (node, text) => lead(node, text.url),
  email_address: (node, text) => lead(node, `mailto:${text.email_address}`),
  phone_number: (node, text) => lead(node, `tel:${text.phone_number}`),
  bot_command: (node, text, { act }) => commanding(node, text.bot_command, act),
  spoiler: hidden,
  anchor: (node, text) => (node.dataset.anchor = text.name),
  reference: (node, text) => (node.dataset.anchor = text.name),
  anchor_link: (node, text) => leadInside(node, text.anchor_name),
  reference_link: (node, text) => leadInside(node, text.reference_name),
};

/** The nodes of a rich text. */
export function run(text, context) {
  if (text === undefined || text === null) return [];
  if (typeof text === "string") return [text];
  if (Array.isArray(text)) return text.flatMap((part) => run(part, context));
  if (text.type === "date_time") return [moment(text.unix_time, text.date_time_format, run(text.text, context), context.language)];
  if (text.type === "custom_emoji") return [text.alternative_text];
  if (text.type === "button") return [keyOf(text.button, button("key", plainText(text.button)), context)];
  const node = element(INLINE[text.type] || "span", text.type);
  node.append(...run(text.text ?? text.expression, context));
  AFTER[text.type]?.(node, text, context);
  return [node];
}

/** A link to a place in the same message. Folded parts around the place open. */
function leadInside(link, name) {
  link.href = "#";
  link.onclick = (event) => {
    event.preventDefault();
    const page = link.closest(".rich");
    const place = [...page.querySelectorAll("[data-anchor]")].find((one) => one.dataset.anchor === name);
    if (!place) return;
    page.querySelector(":scope > .rest")?.unfold();
    for (let part = place; part !== page; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
    place.scrollIntoView({ block: "center", behavior: "smooth" });
  };
}

/** The characters of a rich text or of a block, for lists and for counting. */
export function plainText(part) {
  if (part === undefined || part === null) return "";
  if (typeof part === "string") return part;
  if (Array.isArray(part)) return part.map(plainText).join("");
  const inside = [part.text, part.summary, part.expression, part.alternative_text, part.blocks, part.items, part.cells];
  return inside.map(plainText).join("");
}
