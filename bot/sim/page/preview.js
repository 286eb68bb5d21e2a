// The preview of a link: the simulator reads the page behind it.

import { directionOf, element, lead } from "./dom.js";

const read = new Map(); // address -> a promise of what the page behind it says

/** The address whose preview a message shows, or null. */
export function previewed(message) {
  const options = message.link_preview_options;
  return options?.is_disabled ? null : options?.url || null;
}

/** The preview of a message's link. It begins as the address, and gets its title and picture when they are read. */
export function preview(address, options) {
  const link = element("a", "card preview");
  lead(link, address);
  link.append(element("strong", "", host(address)), element("span", "address", decoded(address)));
  if (!read.has(address)) read.set(address, look(address));
  read.get(address).then((page) => page && fill(link, page, options));
  return link;
}

async function look(address) {
  try {
    const answer = await fetch(`/page/preview?${new URLSearchParams({ url: address })}`);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

function fill(link, page, options) {
  link.replaceChildren();
  if (page.title) link.append(element("strong", "", page.site), element("b", "", page.title));
  if (page.description) link.append(element("span", "", page.description));
  link.dir = directionOf(page.title);
  if (!page.image) return;
  const picture = element("img");
  picture.src = page.image;
  picture.alt = page.title ? "" : link.href; // a picture alone names where it leads
  if (!page.title) link.classList.add("bare");
  link.classList.add(options.prefer_small_media ? "small" : "large");
  link.append(picture);
}

const host = (address) => (URL.canParse(address) ? new URL(address).host : address);

function decoded(url) {
  try {
    return decodeURI(url);
  } catch {
    return url;
  }
}
