// The chat page: chats on one side, the open one on the other. The server tells what happens; nothing is polled.

import { element, glimpse, render } from "./message.js";
import { clock, day, speaks, words } from "./words.js";

const KEPT = 300; // messages of a chat that stay on the page
const PATIENCE = 15_000; // ms that a pressed button may take
const $ = (id) => document.getElementById(id);

const chats = new Map(); // id -> what the page knows of a chat
const pressed = new Map(); // query id -> the button that waits
const answers = new Map(); // query id -> an answer that came before we knew the question
let current = null;

// What there is

async function load() {
  const state = await (await fetch("/page/state")).json();
  for (const told of state.chats) {
    const id = told.chat.id;
    const known = chats.get(id) || { id, read: new Map(), topic: 0, draft: "" };
    Object.assign(known, told, { messages: told.messages.slice(-KEPT), language: speaks(told.viewer.language_code) });
    if (!chats.has(id)) for (const topic of topicsOf(known)) known.read.set(topic.id, newest(known, topic.id));
    chats.set(id, known);
  }
  $("app").hidden = false;
  if (current) openChat(current.id);
  else route();
}

const topicsOf = (chat) => chat.topics.length
  ? [{ id: 0, name: words(chat.language).general }, ...chat.topics.map((one) => ({ id: one.message_thread_id, name: one.name }))]
  : [{ id: 0, name: "" }];
const topicOf = (message) => message.message_thread_id || 0;
const inTopic = (chat, topic) => chat.messages.filter((message) => topicOf(message) === topic);
const newest = (chat, topic) => inTopic(chat, topic).at(-1)?.message_id || 0;
const isOwn = (chat, message) => message.from?.id === chat.viewer.id;
const unread = (chat, topic) =>
  inTopic(chat, topic).filter((message) => message.message_id > chat.read.get(topic) && !isOwn(chat, message)).length;
const unreadInAll = (chat) => topicsOf(chat).reduce((sum, topic) => sum + unread(chat, topic.id), 0);

// What happens

function listen() {
  const stream = new EventSource("/page/events");
  let lost = false;
  stream.onopen = () => {
    $("offline").hidden = true;
    if (lost) load(); // something may have been missed
    lost = false;
  };
  stream.onerror = () => {
    lost = true;
    $("offline").hidden = false;
  };
  stream.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    happened[event.kind]?.(event, chats.get(event.chat_id ?? event.message?.chat.id));
  };
}

const happened = {
  message({ message }, chat) {
    if (!chat) return;
    if (!chat.messages.some((one) => one.message_id === message.message_id)) chat.messages.push(message);
    chat.messages = chat.messages.slice(-KEPT);
    if (chat === current && topicOf(message) === chat.topic) append(message);
    showSide();
    showTopics();
  },
  edit({ message }, chat) {
    if (!chat) return;
    const at = chat.messages.findIndex((one) => one.message_id === message.message_id);
    if (at < 0) return;
    chat.messages[at] = message;
    const shown = onPage(chat, message.message_id);
    if (shown) stayingDown(() => shown.replaceWith(drawn(chat, message)));
    showSide();
  },
  answer(answer) {
    const key = pressed.get(answer.query_id);
    pressed.delete(answer.query_id);
    if (!key) return answers.set(answer.query_id, answer);
    key.classList.remove("waiting");
    tell(answer);
  },
  keyboard({ keyboard }, chat) {
    if (!chat) return;
    chat.keyboard = keyboard;
    if (chat === current) showKeyboard();
  },
  async commands() {
    const state = await (await fetch("/page/state")).json();
    for (const told of state.chats) chats.get(told.chat.id).commands = told.commands;
  },
};

function tell({ text, show_alert: asks }) {
  if (!text) return;
  if (asks) {
    $("alert").querySelector("p").textContent = text;
    $("alert").showModal();
    return;
  }
  $("toast").textContent = text;
  $("toast").dir = "auto";
  $("toast").hidden = false;
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => ($("toast").hidden = true), 4_000);
}

// What a person does

async function post(path, asked) {
  const answer = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked),
  });
  if (!answer.ok) throw new Error((await answer.json()).error);
  return answer.json();
}

async function say(text) {
  const chat = current;
  if (!await send("/page/send", { text }) && chat === current && !$("text").value) $("text").value = text;
}

/** Sends what a person wrote or chose to the open chat. Returns false, and says so, if that fails. */
async function send(path, what) {
  const chat = current;
  const asked = { chat_id: chat.id, ...what };
  if (chat.topic) asked.message_thread_id = chat.topic;
  if (chat.replyTo) asked.reply_to_message_id = chat.replyTo.message_id;
  replyTo(null);
  try {
    happened.message(await post(path, asked), chat);
    toBottom();
    return true;
  } catch (error) {
    tell({ text: error instanceof TypeError ? words(chat.language).failed : error.message }); // TypeError: no connection
    return false;
  }
}

/** Sends the file that was chosen, as base64: only JSON is taken from a page. */
function attach() {
  const [file] = $("file").files;
  $("file").value = "";
  if (!file) return;
  const reader = new FileReader();
  reader.onload = () => send("/page/file", { name: file.name, content: reader.result.split(",")[1] || "" });
  reader.onerror = () => tell({ text: words(current.language).failed });
  reader.readAsDataURL(file);
}

async function press(message, key, data) {
  if (key.classList.contains("waiting")) return;
  key.classList.add("waiting");
  setTimeout(() => key.classList.remove("waiting"), PATIENCE);
  try {
    const { query_id: query } = await post("/page/press", { chat_id: current.id, message_id: message.message_id, data });
    pressed.set(query, key);
    const early = answers.get(query);
    answers.delete(query);
    if (early) happened.answer(early);
  } catch (error) {
    key.classList.remove("waiting");
    tell({ text: error.message });
  }
}

function replyTo(message) {
  current.replyTo = message;
  $("reply").hidden = !message;
  if (!message) return;
  const name = isOwn(current, message) ? current.viewer.first_name : message.from?.first_name;
  $("reply").querySelector("strong").textContent = `${words(current.language).replying} ${name || ""}`;
  $("reply").querySelector("span").textContent = glimpse(message);
  $("text").focus();
}

// The open chat

function route() {
  const asked = chats.get(Number(location.hash.slice(1)));
  document.body.classList.toggle("listing", !asked);
  openChat((asked || chats.values().next().value).id);
}

function openChat(id) {
  if (current) current.draft = $("text").value;
  current = chats.get(id);
  const say = words(current.language);
  $("chat").dir = say.dir;
  $("chat").lang = current.language;
  $("title").textContent = current.chat.title || "Newsbot";
  $("status").textContent = { private: say.bot, channel: say.channel }[current.chat.type] || say.group;
  paint($("face"), current);
  $("text").value = current.draft;
  $("text").placeholder = $("text").ariaLabel = say.placeholder;
  $("compose").hidden = !current.can_write;
  $("back").ariaLabel = $("back").title = say.back;
  $("menu").ariaLabel = $("menu").title = say.commands;
  $("send").ariaLabel = $("send").title = say.send;
  $("attach").ariaLabel = $("attach").title = say.attach;
  $("down").ariaLabel = $("down").title = say.down;
  $("offline").textContent = say.offline;
  $("reply").querySelector("button").ariaLabel = say.cancel;
  $("alert").querySelector("button").textContent = say.ok;
  replyTo(null);
  showKeyboard();
  showMessages();
  suggest();
  grow();
}

function showKeyboard() {
  $("keyboard").hidden = !current.keyboard.length;
  $("keyboard").replaceChildren(...current.keyboard.map((labels) => {
    const row = element("div", "row");
    row.append(...labels.map((label) => {
      const key = element("button", "tile", label);
      key.type = "button";
      key.onclick = () => say(label);
      return key;
    }));
    return row;
  }));
}

function showMessages() {
  $("messages").replaceChildren();
  for (const message of inTopic(current, current.topic)) place(message);
  toBottom();
}

function place(message) {
  const box = $("messages");
  const date = day(message.date, current.language);
  const before = [...box.querySelectorAll(".date")].at(-1)?.textContent;
  if (date !== before) box.append(element("div", "date", date));
  box.append(drawn(current, message));
}

function append(message) {
  if (onPage(current, message.message_id)) return;
  stayingDown(() => place(message));
  const old = $("messages").querySelectorAll(".message");
  if (old.length > KEPT) old[0].remove();
}

const onPage = (chat, id) => (chat === current ? $("messages").querySelector(`[data-id="${id}"]`) : null);

const drawn = (chat, message) => render(message, {
  own: isOwn(chat, message),
  named: chat.chat.type !== "private",
  language: chat.language,
  act: {
    press: (key, data) => press(message, key, data),
    command: (text) => say(text),
    reply: () => chat.can_write && replyTo(message),
    jump: (id) => onPage(chat, id)?.scrollIntoView({ block: "center", behavior: "smooth" }),
  },
});

// Who reads further up is not pulled down.
function stayingDown(change) {
  const down = isDown();
  change();
  if (down) toBottom();
  else showDown();
}

const isDown = () => $("scroll").scrollHeight - $("scroll").scrollTop - $("scroll").clientHeight < 80;

function toBottom() {
  $("scroll").scrollTop = $("scroll").scrollHeight;
  showDown();
}

const isSeen = () => document.visibilityState === "visible"
  && (!document.body.classList.contains("listing") || innerWidth > 760);

function showDown() {
  if (isDown() && isSeen()) current.read.set(current.topic, newest(current, current.topic));
  const count = unread(current, current.topic);
  $("down").hidden = isDown();
  $("down").querySelector("span").textContent = count || "";
  showSide();
  showTopics();
}

function showTopics() {
  const topics = topicsOf(current);
  $("topics").hidden = topics.length < 2;
  if (current.tabs?.length !== topics.length) current.tabs = topics.map(topicTab);
  if ($("topics").firstChild !== current.tabs[0]) $("topics").replaceChildren(...current.tabs);
  topics.forEach((topic, place) => {
    const [name, count] = current.tabs[place].children;
    current.tabs[place].ariaSelected = String(topic.id === current.topic);
    name.textContent = topic.name;
    showCount(count, unread(current, topic.id));
  });
}

function topicTab(topic) {
  const tab = element("button", "tab");
  tab.type = "button";
  tab.role = "tab";
  tab.append(element("span"), element("span", "badge"));
  tab.onclick = () => {
    current.topic = topic.id;
    replyTo(null);
    showMessages();
  };
  return tab;
}

function showCount(badge, count) {
  badge.textContent = String(count);
  badge.hidden = !count;
}

// The list of chats

function showSide() {
  for (const chat of chats.values()) showEntry(chat);
  const count = [...chats.values()].reduce((sum, chat) => sum + unreadInAll(chat), 0);
  document.title = count ? `(${count}) Newsbot` : "Newsbot";
}

// The nodes stay the same: a click that began before a message came would be lost with the node under the pointer.
function showEntry(chat) {
  chat.entry ||= addEntry(chat);
  const { link, face, name, line, time, count } = chat.entry;
  const last = chat.messages.at(-1);
  link.className = chat === current ? "open" : "";
  paint(face, chat);
  name.textContent = chat.chat.type === "private" ? `Newsbot · ${chat.viewer.first_name}` : chat.chat.title;
  line.textContent = last ? glimpse(last) : "";
  time.textContent = last ? clock(last.date, chat.language) : "";
  showCount(count, unreadInAll(chat));
}

function addEntry(chat) {
  const link = element("a");
  link.href = `#${chat.id}`;
  const parts = {
    face: element("span", "face"), name: element("strong"), time: element("time"),
    line: element("span", "glimpse"), count: element("span", "badge"),
  };
  parts.name.dir = parts.line.dir = "auto";
  link.append(parts.face, parts.name, parts.line, parts.time, parts.count);
  const item = element("li");
  item.append(link);
  $("chats").append(item);
  return { link, ...parts };
}

function paint(face, chat) {
  face.textContent = [...(chat.chat.type === "private" ? chat.viewer.first_name : chat.chat.title)][0];
  face.dataset.hue = String(Math.abs(chat.id) % 5);
}

// Writing

function suggest() {
  const typed = $("text").value;
  const found = /^\/\w*$/.test(typed) ? current.commands.filter((one) => `/${one.command}`.startsWith(typed)) : [];
  offer(found);
}

function offer(commands) {
  $("commands").hidden = !commands.length;
  $("commands").replaceChildren(...commands.map((one, number) => {
    const item = element("li", number ? "" : "chosen");
    item.role = "option";
    item.append(element("b", "", `/${one.command}`), element("span", "", one.description));
    item.onclick = () => choose(one.command);
    return item;
  }));
}

function choose(command) {
  offer([]);
  $("text").value = "";
  say(`/${command}`);
  $("text").focus();
}

function move(step) {
  const items = [...$("commands").children];
  const at = items.findIndex((item) => item.classList.contains("chosen"));
  items[at]?.classList.remove("chosen");
  const next = items.at((at + step) % items.length);
  next.classList.add("chosen");
  next.scrollIntoView({ block: "nearest" });
}

function grow() {
  $("text").rows = Math.min(6, $("text").value.split("\n").length);
}

function submit() {
  const text = $("text").value.trim();
  if (!text) return;
  $("text").value = "";
  offer([]);
  grow();
  say(text);
}

function typed(event) {
  const chosen = $("commands").hidden ? null : $("commands").querySelector(".chosen b");
  if (event.key === "Escape") {
    offer([]);
    replyTo(null);
  } else if (chosen && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    move(event.key === "ArrowDown" ? 1 : -1);
  } else if (chosen && event.key === "Tab") {
    event.preventDefault();
    $("text").value = `${chosen.textContent} `;
    offer([]);
  } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    submit();
  }
}

// Light and dark: the system's, until a person chooses

function theme(chosen) {
  if (chosen) localStorage.setItem("theme", chosen);
  const wanted = chosen || localStorage.getItem("theme") || "";
  document.documentElement.dataset.theme = wanted;
  const dark = wanted ? wanted === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  $("theme").textContent = dark ? "☀" : "☾";
  $("theme").onclick = () => theme(dark ? "light" : "dark");
}

function begin() {
  const say = words(navigator.language);
  $("side").dir = say.dir;
  $("side").lang = speaks(navigator.language);
  $("about").textContent = say.about;
  $("theme").ariaLabel = $("theme").title = say.theme;
  theme();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => theme());
  $("compose").onsubmit = (event) => {
    event.preventDefault();
    submit();
  };
  $("text").oninput = () => {
    suggest();
    grow();
  };
  $("text").onkeydown = typed;
  $("attach").onclick = () => $("file").click();
  $("file").onchange = attach;
  $("menu").onclick = () => offer($("commands").hidden ? current.commands : []);
  $("reply").querySelector("button").onclick = () => replyTo(null);
  $("back").onclick = () => (location.hash = "");
  $("down").onclick = toBottom;
  $("scroll").onscroll = showDown;
  addEventListener("hashchange", route);
  document.addEventListener("visibilitychange", () => current && showDown());
  load().then(listen);
}

begin();
