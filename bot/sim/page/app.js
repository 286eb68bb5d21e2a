// The chat page: chats on one side, the open one on the other. The server tells what happens; nothing is polled.

import { answered } from "./actions.js";
import { chats, keep, learn, open } from "./chats.js";
import { ask, beginComposer, grow, replyTo, say, showKeyboard, write } from "./composer.js";
import { $, button } from "./dom.js";
import { beginDoors } from "./doors.js";
import { add, beginLog, change, showDown, showMessages } from "./log.js";
import { beginInline, questionIn } from "./inline.js";
import { beginMenu, closeMenu } from "./menu.js";
import { beginRoving } from "./rove.js";
import { adoptLanguage, showLanguages } from "./language.js";
import { share } from "./share.js";
import { paint } from "./side.js";
import { beginTheme } from "./theme.js";
import { keepTime } from "./time.js";
import { beginTour, showNext, showTour, speakTour } from "./tour.js";
import { showStatus, stopTyping } from "./typing.js";
import { beginViewer, nameViewer } from "./viewer.js";
import { speaks, words } from "./words.js";

const asks = async () => (await fetch("/page/state")).json();

/** Shows the state that the server tells. Returns whether the page stays, and is not loaded again in another language. */
async function load() {
  const state = await asks();
  learn(state);
  if (await adoptLanguage(state.languages, state.spoken)) {
    location.reload();
    return false;
  }
  nameSide(state.spoken || navigator.language);
  showLanguages(state.languages, state.spoken);
  $("app").hidden = false;
  if (open.chat) openChat(open.chat.id);
  else route();
  showTour(state.languages);
  $("about").hidden = !state.languages; // a simulator without a tour is no demo: its bot may reach the internet
  return true;
}

function listen() {
  const stream = new EventSource("/page/events");
  let early = []; // what happened while the state was asked for
  stream.onopen = async () => {
    $("offline").hidden = true;
    early ||= [];
    if (!await load()) return; // after the stream is open, so that nothing is missed
    const missed = early;
    early = null;
    missed.forEach(take);
  };
  stream.onerror = () => ($("offline").hidden = false);
  stream.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    if (early) early.push(event);
    else take(event);
  };
}

function take(event) {
  const chat = chats.get(event.chat_id ?? event.message?.chat.id);
  if (chat || ["commands", "language"].includes(event.kind)) happened[event.kind]?.(event, chat);
}

const happened = {
  message({ message }, chat) {
    if (message.from?.is_bot) stopTyping(chat);
    add(chat, message);
  },
  edit({ message }, chat) {
    stopTyping(chat);
    change(chat, message);
  },
  answer: (answer) => answered(answer),
  reactions({ message_id: id, counts }, chat) {
    const message = chat.messages.find((one) => one.message_id === id);
    chat.reactions[id] = counts;
    if (message) change(chat, message);
  },
  question({ message_id: id }, chat) { // what is typed next is the answer to this message
    if (chat === open.chat) replyTo(chat.messages.find((one) => one.message_id === id) || null);
  },
  keyboard({ keyboard }, chat) {
    chat.keyboard = keyboard;
    if (chat === open.chat) showKeyboard();
  },
  language: () => location.reload(), // every word of the page is another
  async commands() {
    for (const told of (await asks()).chats) chats.get(told.chat.id).commands = told.commands;
  },
};

// The open chat

function route() {
  const asked = chats.get(Number(location.hash.slice(1)));
  document.body.classList.toggle("listing", !asked);
  openChat((asked || firstToRead()).id);
}

/** The chat that a visitor sees first: one in a language that the visitor reads. */
function firstToRead() {
  const all = [...chats.values()];
  const inLanguage = (code) => all.find((chat) => chat.language === code);
  return inLanguage($("side").lang) || inLanguage("en") || all[0];
}

function openChat(id) {
  open.chat = chats.get(id);
  const { chat } = open;
  nameParts(chat);
  $("title").textContent = chat.chat.title || "Newsbot";
  paint($("face"), chat);
  $("compose").hidden = !chat.can_write;
  replyTo(null);
  write(chat.draft);
  showStatus();
  showHint();
  showNext();
  showKeyboard();
  showMessages();
  closeMenu();
  grow();
  if (chat.can_write && matchMedia("(hover: hover)").matches) $("text").focus();
  dispatchEvent(new CustomEvent("opened", { detail: { chat } }));
}

/** Names what has no text of its own, in the language of the chat. */
function nameParts(chat) {
  const say = words(chat.language);
  $("chat").dir = say.dir;
  $("chat").lang = chat.language;
  $("text").placeholder = $("text").ariaLabel = say.placeholder;
  for (const [id, name] of [["back", "back"], ["menu", "commands"], ["send", "send"], ["attach", "attach"], ["down", "down"]]) {
    $(id).ariaLabel = $(id).title = say[name];
  }
  $("offline").textContent = say.offline;
  $("messages").ariaLabel = say.messages;
  $("commands").ariaLabel = say.commands;
  $("topics").ariaLabel = say.topics;
  $("reply").querySelector("button").ariaLabel = say.cancel;
  $("alert").querySelector("button").textContent = say.ok;
  nameViewer(say);
}

/** Shows who one is in this chat and what to try, until a person hides it. */
function showHint() {
  const { chat } = open;
  const say = words(chat.language);
  $("hint").hidden = !chat.hint.who || chat.unhinted;
  const [who, tries, close] = $("hint").children;
  who.textContent = say.who[chat.hint.who] || chat.hint.who;
  who.dir = "auto";
  tries.hidden = !chat.hint.tries.length;
  tries.replaceChildren(say.try, ...chat.hint.tries.map((text) => {
    const key = button("chip", text, () => saying(text));
    key.dir = "auto";
    return key;
  }));
  close.ariaLabel = close.title = say.hideHint;
  close.onclick = () => {
    chat.unhinted = true;
    keep();
    showHint();
    $("text").focus();
  };
}

function saying(text) {
  if (text.endsWith(" ") || questionIn(text) !== null) write(text); // the person goes on
  else say(text);
  $("text").focus();
}

/** Names what stands beside the chats, in the language of the visitor. */
function nameSide(language) {
  const say = words(language);
  $("side").dir = say.dir;
  $("side").lang = speaks(language);
  $("side").ariaLabel = say.chats;
  $("about").textContent = say.about;
  $("dashboard").textContent = `📊 ${say.dashboard}`;
  $("language").ariaLabel = $("language").title = say.language;
  $("theme").ariaLabel = $("theme").title = say.theme;
  speakTour(language);
}

function begin() {
  nameSide(navigator.language);
  beginTheme();
  beginLog({ command: say, reply: replyTo, ask, share });
  beginComposer();
  beginMenu();
  beginInline();
  beginDoors();
  beginRoving();
  beginViewer();
  beginTour(say);
  keepTime();
  $("back").onclick = () => (location.hash = "");
  addEventListener("hashchange", route);
  addEventListener("drafted", ({ detail: chat }) => chat === open.chat && write(chat.draft));
  document.addEventListener("visibilitychange", () => open.chat && showDown());
  listen();
}

begin();
