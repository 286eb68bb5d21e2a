// Nodes of the page. Everything that came from outside goes in as text, never as markup.

export const $ = (id) => document.getElementById(id);

export function element(tag, style, text) {
  const node = document.createElement(tag);
  if (style) node.className = style;
  if (text !== undefined) node.textContent = text;
  return node;
}

/** A button that does not submit a form. `label` is for people who don't see it. */
export function button(style, text, press, label) {
  const node = element("button", style, text);
  node.type = "button";
  node.onclick = press;
  if (label) node.ariaLabel = node.title = label;
  return node;
}

/** Lets a link lead to an address, in a new tab. Leaves it without a target if the scheme is not one that is known. */
export function lead(link, address) {
  if (!/^(https?|tg|mailto|tel):/i.test(address)) return;
  link.href = address;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
}

/** The address of a file of the simulator. */
export const fileAddress = (id) => `/page/files/${encodeURIComponent(id)}`;

/** Makes a node that is no button work as one, with the mouse and with the keyboard. Links inside it stay links. */
export function pressable(node, press) {
  node.role = "button";
  node.tabIndex = 0;
  node.onclick = (event) => event.target.closest("a, button") || press();
  node.onkeydown = (event) => {
    if (event.target !== node || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    press();
  };
}

/** The direction of a text: that of its first letter. */
export function directionOf(text) {
  const first = /\p{L}/u.exec(text)?.[0] || "";
  return /[\p{Script=Arabic}\p{Script=Hebrew}]/u.test(first) ? "rtl" : "ltr";
}
