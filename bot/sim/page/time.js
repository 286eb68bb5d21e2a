// Times as a client shows them: in the zone of the browser and the language of the reader, and moving.

import { element } from "./dom.js";
import { words } from "./words.js";

const TICK = 15_000; // ms between two looks at the relative times on the page
const STEPS = [["second", 60], ["minute", 60], ["hour", 24], ["day", 30], ["month", 12], ["year", Infinity]];

const locale = (language) => words(language).locale;

/** "14:05" */
export const clock = (seconds, language) => format(seconds, language, { hour: "2-digit", minute: "2-digit" });

/** "Today", "Yesterday", "19 January" */
export function day(seconds, language) {
  const then = new Date(seconds * 1000);
  const midnight = new Date();
  midnight.setHours(0, 0, 0, 0);
  if (then >= midnight) return words(language).today;
  if (midnight - then <= 86_400_000) return words(language).yesterday;
  return format(seconds, language, { day: "numeric", month: "long" });
}

/** "3:05" */
export const duration = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/**
 * The element of a date and time. `style` matches r|w?[dD]?[tT]? as Telegram defines it: relative, or the weekday, a
 * short or long date, a short or long time. If `style` is empty, the nodes of the sender stay, and the title has the date.
 */
export function moment(seconds, style, nodes, language) {
  const node = element("time", "moment");
  node.dateTime = new Date(seconds * 1000).toISOString();
  node.title = format(seconds, language, { dateStyle: "full", timeStyle: "short" });
  if (!style) node.append(...nodes);
  else if (style === "r") Object.assign(node.dataset, { since: seconds, language });
  else node.textContent = absolute(seconds, style, language);
  if (style === "r") node.textContent = relative(seconds, language);
  return node;
}

function absolute(seconds, style, language) {
  const parts = [];
  const has = (letter) => style.includes(letter);
  if (has("w")) parts.push(format(seconds, language, { weekday: has("D") || !has("d") ? "long" : "short" }));
  if (has("d")) parts.push(format(seconds, language, { day: "2-digit", month: "2-digit", year: "2-digit" }));
  if (has("D")) parts.push(format(seconds, language, { day: "numeric", month: "long", year: "numeric" }));
  if (has("t")) parts.push(clock(seconds, language));
  if (has("T")) parts.push(format(seconds, language, { hour: "2-digit", minute: "2-digit", second: "2-digit" }));
  return parts.join(words(language).dir === "rtl" ? "، " : ", ");
}

function relative(seconds, language) {
  let amount = seconds - Date.now() / 1000;
  if (Math.abs(amount) < 60) amount = 0; // "now": seconds would be out of date before they are read
  for (const [unit, size] of STEPS) {
    if (Math.abs(Math.round(amount)) < size) {
      return new Intl.RelativeTimeFormat(locale(language), { numeric: "auto" }).format(Math.round(amount), unit);
    }
    amount /= size;
  }
}

const format = (seconds, language, options) =>
  new Date(seconds * 1000).toLocaleString(locale(language), { ...options, hour12: false });

/** Keeps the relative times on the page true. */
export function keepTime() {
  setInterval(() => {
    for (const node of document.querySelectorAll("time[data-since]")) {
      const text = relative(Number(node.dataset.since), node.dataset.language);
      if (node.textContent !== text) node.textContent = text;
    }
  }, TICK);
}
