// The messages of the open chat.

import { press, react } from "./actions.js";
import { KEPT, inTopic, keyOf, markRead, open, topicOf, topicsOf, unread } from "./chats.js";
import { $, element } from "./dom.js";
import { hasSameContent, render, renew } from "./message.js";
import { chooseNewest, quiet, replaceMessage } from "./rove.js";
import { showCount, showSide } from "./side.js";
import { day } from "./time.js";

let acts = null; // what a person can do with a message, besides pressing its buttons

/** `does` has command(text), reply(message), ask(query) and share(query). */
export function beginLog(does) {
  acts = does;
  $("down").onclick = toBottom;
  $("scroll").onscroll = () => {
    stuck = below() < 2; // a page that was scrolled to its beginning may be near the bottom
    showDown();
  };
  new ResizeObserver(() => stuck && open.chat && toBottom()).observe($("messages"));
}

export function showMessages() {
  $("messages").replaceChildren();
  for (const message of inTopic(open.chat, open.chat.topic)) place(message);
  chooseNewest();
  toBottom();
}

function place(message) {
  const box = $("messages");
  const date = day(message.date, open.chat.language);
  const before = [...box.querySelectorAll(".date")].at(-1)?.textContent;
  if (date !== before) box.append(element("div", "date", date));
  const node = drawn(message);
  quiet(node);
  box.append(node);
  return node;
}

/** Adds a message to a chat, and shows it if the chat is open. */
export function add(chat, message) {
  if (!chat.messages.some((one) => keyOf(one) === keyOf(message))) chat.messages.push(message);
  chat.messages = chat.messages.slice(-KEPT);
  if (chat === open.chat && topicOf(message) === chat.topic) append(message);
  showSide();
  showTopics();
  dispatchEvent(new CustomEvent("came", { detail: { chat, message } }));
}

function append(message) {
  if (onPage(message)) return;
  const added = stayingDown(() => place(message));
  if (added) begin(added);
  const old = $("messages").querySelectorAll(".message");
  if (old.length > KEPT) old[0].remove();
  chooseNewest();
}

/** Shows the new state of a message of a chat. */
export function change(chat, message) {
  const at = chat.messages.findIndex((one) => keyOf(one) === keyOf(message));
  if (at < 0) return;
  const same = hasSameContent(chat.messages[at], message);
  chat.messages[at] = message;
  const shown = chat === open.chat && onPage(message);
  if (shown) show(shown, message, same);
  showSide();
  dispatchEvent(new CustomEvent("changed", { detail: { chat, message } }));
}

function show(shown, message, same) {
  const opens = !same && "pressed" in shown.dataset;
  stayingDown(() => replaceMessage(shown, drawn(message), same ? renew : null));
  if (opens) begin(onPage(message));
}

const onPage = (message) => $("messages").querySelector(`[data-id="${keyOf(message)}"]`);

const drawn = (message) => render(open.chat, message, {
  ...acts,
  press: (key, data) => press(message, key, data),
  react: (emoji) => react(message, emoji),
  reply: open.chat.can_write && !message.ephemeral_message_id ? () => acts.reply(message) : null,
  jump: (to) => onPage(to)?.scrollIntoView({ block: "center", behavior: "smooth" }),
});

// Who reads further up is not pulled down.
function stayingDown(happen) {
  const down = isDown();
  const node = happen();
  if (down) toBottom();
  else showDown();
  return down && node;
}

/** Shows a message that is higher than the screen from its beginning. */
function begin(node) {
  if (node.offsetHeight <= $("scroll").clientHeight) return;
  node.scrollIntoView({ block: "start" });
  stuck = false;
  showDown();
}

const below = () => $("scroll").scrollHeight - $("scroll").scrollTop - $("scroll").clientHeight; // pixels
const isDown = () => below() < 80;

let stuck = true; // to the bottom, also when a preview or a font makes a message higher

export function toBottom() {
  $("scroll").scrollTop = $("scroll").scrollHeight;
  stuck = true;
  showDown();
}

const isSeen = () => document.visibilityState === "visible"
  && (!document.body.classList.contains("listing") || innerWidth > 760);

export function showDown() {
  if (isDown() && isSeen()) markRead(open.chat);
  const count = unread(open.chat, open.chat.topic);
  $("down").hidden = isDown();
  $("down").querySelector("span").textContent = count || "";
  showSide();
  showTopics();
}

// The topics of a forum

export function showTopics() {
  const chat = open.chat;
  const topics = topicsOf(chat);
  $("topics").hidden = topics.length < 2;
  if (chat.tabs?.length !== topics.length) chat.tabs = topics.map(topicTab);
  if ($("topics").firstChild !== chat.tabs[0]) $("topics").replaceChildren(...chat.tabs);
  topics.forEach((topic, place) => {
    const [name, count] = chat.tabs[place].children;
    chat.tabs[place].ariaSelected = String(topic.id === chat.topic);
    chat.tabs[place].tabIndex = topic.id === chat.topic ? 0 : -1;
    name.textContent = topic.name;
    showCount(count, unread(chat, topic.id), chat.language);
  });
}

function topicTab(topic) {
  const tab = element("button", "tab");
  tab.type = "button";
  tab.role = "tab";
  tab.setAttribute("aria-controls", "scroll");
  tab.append(element("span"), element("span", "badge"));
  tab.onclick = () => {
    open.chat.topic = topic.id;
    acts.reply(null);
    showMessages();
  };
  tab.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const tabs = open.chat.tabs;
    const next = tabs[tabs.indexOf(tab) + ($("chat").dir === "rtl" ? -step : step)];
    next?.click();
    next?.focus();
  };
  return tab;
}
