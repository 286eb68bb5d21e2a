// Inline mode: what is typed after the bot's name is a question to it, in any chat, and a result is posted there.

import { fail, post } from "./actions.js";
import { bot, open } from "./chats.js";
import { enter } from "./doors.js";
import { $, element } from "./dom.js";
import { closeMenu, isMenuOpen, offer, offerMore } from "./menu.js";

const PAUSE = 250; // ms without a letter before the bot is asked
const NEAR = 80; // pixels from the end of the list at which more results are asked for

let timer = null;
let asking = null; // aborts the question that waits
let more = null; // asks for the results after those that are shown

/** The question in a text that begins with the bot's name, or null. */
export function questionIn(text) {
  const [name, ...rest] = text.split(/\s/);
  return name.toLowerCase() === `@${bot.username}` && rest.length ? text.slice(name.length + 1) : null;
}

/** Asks the bot when nothing was typed for a moment, and offers its results. `posted` takes the message of a choice. */
export function askSoon(query, posted) {
  stopAsking();
  timer = setTimeout(() => ask(query, "", posted), PAUSE);
}

export function stopAsking() {
  clearTimeout(timer);
  asking?.abort();
  more = null;
}

async function ask(query, offset, posted) {
  asking = new AbortController();
  const { signal } = asking;
  try {
    const answer = await post("/page/inline", { chat_id: open.chat.id, query: query.trim(), offset }, signal);
    if (signal.aborted) return;
    const choices = answer.results.map((one) => ({ node: [resultNode(one)], take: () => choose(answer.query_id, one.id, posted) }));
    const door = answer.button && !offset ? [doorOf(answer.button)] : [];
    if (offset) offerMore(choices);
    else offer([...door, ...choices]);
    more = answer.next_offset ? () => ask(query, answer.next_offset, posted) : null;
  } catch (error) {
    if (error.name !== "AbortError") fail(error);
  }
}

function resultNode(result) {
  const box = element("span", "result");
  const picture = element(result.thumbnail_url ? "img" : "span", "thumbnail", result.thumbnail_url ? undefined : "📰");
  if (result.thumbnail_url) {
    picture.src = `/page/thumbnail?${new URLSearchParams({ url: result.thumbnail_url })}`;
    picture.alt = "";
    picture.onerror = () => picture.replaceWith(element("span", "thumbnail", "📰"));
  }
  const text = element("span", "lines");
  text.append(element("strong", "", result.title), element("small", "", result.description || ""));
  for (const line of text.children) line.dir = "auto";
  box.append(picture, text);
  return box;
}

async function choose(query, result, posted) {
  closeMenu();
  const asked = { chat_id: open.chat.id, query_id: query, result_id: result };
  if (open.chat.topic) asked.message_thread_id = open.chat.topic;
  try {
    posted((await post("/page/choose", asked)).message);
  } catch (error) {
    fail(error);
  }
}

/** The row that leads from the results to the private chat with the bot. */
function doorOf({ text, start_parameter: start }) {
  const take = () => {
    closeMenu();
    enter(start);
  };
  const line = element("strong", "door", text);
  line.dir = "auto";
  return { node: [line], take, aside: true };
}

export function beginInline() {
  $("commands").addEventListener("scroll", () => {
    const list = $("commands");
    if (!isMenuOpen() || !more || list.scrollHeight - list.scrollTop - list.clientHeight > NEAR) return;
    const ask = more;
    more = null;
    ask();
  });
}
