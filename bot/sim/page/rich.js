// The blocks of a rich message, as Telegram publishes them.

import { button, element } from "./dom.js";
import { foldable } from "./entities.js";
import { keyOf } from "./keys.js";
import { audio, file, photo, video } from "./media.js";
import { plainText, run } from "./rich_text.js";
import { collage, slideshow } from "./slides.js";
import { words } from "./words.js";

const FOLD = 7_500; // visible characters after which clients fold a page

/** The element of a rich message. A long one is folded, as clients do. */
export function rich({ blocks, is_rtl: isRtl }, context) {
  const page = element("div", "rich");
  page.dir = isRtl ? "rtl" : "ltr";
  const cut = foldPoint(blocks);
  page.append(...drawn(blocks.slice(0, cut), context));
  if (cut < blocks.length) page.append(...folded(blocks.slice(cut), context));
  return page;
}

/** The number of blocks above the fold. A page that is hardly longer is not folded. */
function foldPoint(blocks) {
  let sum = 0;
  const cut = blocks.findIndex((block) => (sum += plainText(block).length) > FOLD);
  const rest = blocks.slice(cut + 1).reduce((all, block) => all + plainText(block).length, 0);
  return cut < 1 || rest < FOLD / 10 ? blocks.length : cut;
}

function folded(blocks, context) {
  const rest = element("div", "rest");
  const key = button("more", words(context.language).more, () => rest.unfold());
  rest.hidden = true;
  rest.unfold = () => {
    if (!rest.hidden) return;
    rest.append(...drawn(blocks, context));
    rest.hidden = false;
    key.remove();
    rest.tabIndex = -1;
    rest.focus({ preventScroll: true });
  };
  return [rest, key];
}

const drawn = (blocks, context) => blocks.map((block) => (BLOCKS[block.type] || unknown)(block, context));

function unknown(block) {
  return element("p", "unknown", `[${block.type}]`);
}

function text(tag, style) {
  return (block, context) => {
    const node = element(tag, style);
    node.append(...run(block.text ?? block.expression, context));
    return node;
  };
}

const BLOCKS = {
  paragraph: text("p"),
  footer: text("p", "footer"),
  thinking: text("p", "footer"),
  mathematical_expression: text("pre"),
  heading: (block, context) => text(`h${Math.min(6, block.size + 1)}`, `size${block.size}`)(block, context),
  pre(block, context) {
    const box = element("pre");
    const code = text("code")(block, context);
    if (block.language) code.dataset.language = block.language;
    box.dir = "ltr";
    box.append(code);
    return box;
  },
  divider: () => element("hr"),
  anchor(block) {
    const place = element("span");
    place.dataset.anchor = block.name;
    return place;
  },
  list,
  blockquote: (block, context) => credited(element("blockquote"), quoted(block, context), block.credit, context),
  expandable_blockquote(block, context) {
    const quote = element("blockquote");
    foldable(quote);
    return credited(quote, quoted(block, context), block.credit, context);
  },
  pullquote: (block, context) => credited(element("aside"), [text("p")(block, context)], block.credit, context),
  photo: (block, context) => figure(photo({ ...block, caption: plainText(block.caption?.text) }, context), block, context),
  video: (block, context) => figure(video({ ...block, caption: plainText(block.caption?.text) }, context), block, context),
  animation: (block, context) => figure(video({ ...block, video: block.animation, caption: plainText(block.caption?.text) }, context), block, context),
  audio: (block, context) => figure(audio(block.audio, context), block, context),
  voice_note: (block, context) => figure(audio(block.voice_note, context), block, context),
  document: (block, context) => figure(file(block.document, context), block, context),
  map: (block, context) => figure(element("p", "map", `📍 ${block.location.latitude}, ${block.location.longitude}`), block, context),
  collage: (block, context) => figure(collage(drawn(block.blocks, context)), block, context),
  slideshow: (block, context) => figure(slideshow(drawn(block.blocks, context), context), block, context),
  table,
  details(block, context) {
    const box = element("details");
    const summary = element("summary");
    summary.append(...run(block.summary, context));
    box.open = Boolean(block.is_open);
    box.append(summary, ...drawn(block.blocks, context));
    return box;
  },
  buttons(block, context) {
    const row = element("div", `row buttons ${block.align || ""}`);
    row.append(...block.buttons.map((one) => keyOf(one, element(one.url ? "a" : "button", "key", plainText(one)), context)));
    return row;
  },
};

const quoted = (block, context) => (block.blocks ? drawn(block.blocks, context) : [text("p")(block, context)]);

function credited(box, nodes, credit, context) {
  box.append(...nodes);
  if (credit) {
    const cite = element("cite");
    cite.append(...run(credit, context));
    box.append(cite);
  }
  return box;
}

function figure(medium, { caption }, context) {
  const box = element("figure");
  box.append(medium);
  if (caption) {
    const below = element("figcaption");
    const line = element("span");
    line.append(...run(caption.text, context));
    box.append(credited(below, [line], caption.credit, context));
  }
  return box;
}

function list(block, context) {
  const box = element("ul", "list");
  for (const one of block.items) {
    const item = element("li");
    const label = element("span", "label", one.has_checkbox ? (one.is_checked ? "☑" : "☐") : one.label || "•");
    const body = element("div");
    body.append(...drawn(one.blocks, context));
    item.append(label, body);
    box.append(item);
  }
  return box;
}

/** A table scrolls by itself, with the mouse, a finger and the keyboard. */
function table(block, context) {
  const scroll = element("div", "table");
  const box = element("table", ["bordered", "striped", "compact"].filter((one) => block[`is_${one}`]).join(" "));
  if (block.caption) {
    const caption = element("caption");
    caption.append(...run(block.caption, context));
    box.append(caption);
  }
  for (const cells of block.cells) {
    const row = element("tr");
    row.append(...cells.map((one) => cell(one, context)));
    box.append(row);
  }
  scroll.tabIndex = 0;
  scroll.role = "region";
  scroll.ariaLabel = plainText(block.caption) || words(context.language).table;
  scroll.append(box);
  return scroll;
}

function cell(one, context) {
  const node = element(one.is_header ? "th" : "td");
  node.append(...run(one.text, context));
  node.colSpan = one.colspan || 1;
  node.rowSpan = one.rowspan || 1;
  if (one.align) node.classList.add(one.align);
  if (one.valign) node.classList.add(one.valign);
  return node;
}
