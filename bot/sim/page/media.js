// Pictures, sound, video and files: attached to a message, or blocks of a rich message.

import { button, element, fileAddress } from "./dom.js";
import { duration } from "./time.js";
import { digits, words } from "./words.js";
import { look } from "./viewer.js";

const SIGNS = { photo: "🖼", video: "🎬", animation: "🎬", audio: "🎵", voice: "🎤", document: "📎" };

/** The node of what is attached to a message, or null. */
export function attachment(message, context) {
  const told = { has_spoiler: message.has_media_spoiler, caption: message.caption };
  if (message.photo) return photo({ photo: message.photo, ...told }, context);
  if (message.animation) return video({ video: message.animation, ...told }, context);
  if (message.video) return video({ video: message.video, ...told }, context);
  if (message.audio || message.voice) return audio(message.audio || message.voice, context);
  return message.document ? file(message.document, context) : null;
}

/** A word for what is attached to a message, for lists. */
export function attachmentName(message) {
  const kind = Object.keys(SIGNS).find((one) => message[one]);
  if (!kind) return "";
  const { title, file_name: name } = message[kind];
  return `${SIGNS[kind]} ${title || name || ""}`;
}

/** The best size of a picture. */
export const largest = (photo) => photo.reduce((best, size) => (size.width > best.width ? size : best));

/** A picture that opens when it is pressed. `caption` describes it for people who don't see it. */
export function photo({ photo: sizesOf, has_spoiler: hides, caption }, { language }) {
  const size = largest(sizesOf);
  const picture = element("img");
  picture.src = fileAddress(size.file_id);
  picture.alt = caption || "";
  picture.width = size.width;
  picture.height = size.height;
  picture.loading = "lazy";
  const frame = button("photo", undefined, () => look(frame), caption || words(language).photo);
  frame.append(picture);
  return hides ? veiled(frame, language) : frame;
}

/** A video. */
export function video({ video: told, has_spoiler: hides, caption }, { language }) {
  const player = element("video", "video");
  player.src = fileAddress(told.file_id);
  player.controls = true;
  player.preload = "metadata";
  player.playsInline = true;
  player.width = told.width;
  player.height = told.height;
  player.ariaLabel = caption || told.file_name || words(language).video;
  if (told.thumbnail) player.poster = fileAddress(told.thumbnail.file_id);
  return hides ? veiled(player, language) : player;
}

/** A sound with its title and its length. */
export function audio(told, { language }) {
  const box = element("div", "audio");
  const player = element("audio");
  player.src = fileAddress(told.file_id);
  player.controls = true;
  player.preload = "metadata";
  const title = told.title || told.file_name || words(language).sound;
  player.ariaLabel = title;
  const line = element("span", "line");
  line.append(element("strong", "", `🎵 ${title}`));
  const rest = [told.performer, told.duration ? digits(duration(told.duration), language) : ""].filter(Boolean).join(" · ");
  if (rest) line.append(element("span", "", rest));
  for (const part of line.children) part.dir = "auto";
  box.append(line, player);
  return box;
}

/** A link to a file. */
export function file(document, { language }) {
  const link = element("a", "card");
  link.href = fileAddress(document.file_id);
  link.download = document.file_name || "";
  link.append(element("strong", "", `📎 ${document.file_name || ""}`), element("span", "", measured(document.file_size || 0, language)));
  return link;
}

/** "5.4 kB" in English, "5,4 ko" in French */
function measured(bytes, language) {
  const [amount, unit] = bytes < 2 ** 20 ? [bytes / 1024, "kilobyte"] : [bytes / 2 ** 20, "megabyte"];
  const options = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 };
  return new Intl.NumberFormat(words(language).locale, options).format(Math.max(0.1, amount));
}

function veiled(node, language) {
  const veil = element("div", "veiled");
  node.inert = true;
  const key = button("reveal", "👁", () => {
    node.inert = false;
    veil.classList.add("seen");
    key.remove();
    if (node.tagName === "BUTTON") node.focus({ preventScroll: true });
  }, words(language).reveal);
  veil.append(node, key);
  return veil;
}
