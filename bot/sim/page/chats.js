// The chats that the page knows, and what of them survives a reload: drafts, the read marks, and the hidden hints.

import { speaks, words } from "./words.js";

export const KEPT = 300; // messages of a chat that stay on the page

export const chats = new Map(); // id -> what the page knows of a chat
export const open = { chat: null }; // the chat that is open

export const bot = { username: "" };

let current = ""; // another run of the simulator has other chats with the same ids

/** Identifies the run of the simulator. */
export const session = () => current;

/** Takes in the state that the server tells. Marks of an earlier visit in the same session are kept. */
export function learn(state) {
  current = state.session;
  bot.username = state.bot.username;
  const earlier = recall();
  for (const told of state.chats) {
    const id = told.chat.id;
    const known = chats.get(id) || { id, read: new Map(), topic: 0, draft: "" };
    Object.assign(known, told, { messages: told.messages.slice(-KEPT), language: speaks(told.viewer.language_code) });
    if (!chats.has(id)) begin(known, earlier[id]);
    chats.set(id, known);
  }
}

function begin(chat, earlier) {
  for (const topic of topicsOf(chat)) chat.read.set(topic.id, earlier?.read?.[topic.id] ?? newest(chat, topic.id));
  chat.draft = earlier?.draft || "";
  chat.unhinted = earlier?.unhinted || false;
}

function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem("chats"));
    return kept?.session === current ? kept.chats : {};
  } catch {
    return {}; // written by something else
  }
}

/** Writes down what survives a reload. */
export function keep() {
  const kept = Object.fromEntries([...chats.values()].map((chat) =>
    [chat.id, { draft: chat.draft, read: Object.fromEntries(chat.read), unhinted: chat.unhinted }]));
  localStorage.setItem("chats", JSON.stringify({ session: current, chats: kept }));
}

export const topicsOf = (chat) => chat.topics.length
  ? [{ id: 0, name: words(chat.language).general }, ...chat.topics.map((one) => ({ id: one.message_thread_id, name: one.name }))]
  : [{ id: 0, name: "" }];
/** What identifies a message in its chat. Ephemeral messages, which one member sees, are numbered by themselves. */
export const keyOf = (message) => message.ephemeral_message_id ? `e${message.ephemeral_message_id}` : String(message.message_id);

export const topicOf = (message) => message.message_thread_id || 0;
export const inTopic = (chat, topic) => chat.messages.filter((message) => topicOf(message) === topic);
export const newest = (chat, topic) => Math.max(0, ...inTopic(chat, topic).map((message) => message.message_id));
export const isOwn = (chat, message) => message.from?.id === chat.viewer.id;
export const unread = (chat, topic) =>
  inTopic(chat, topic).filter((message) => message.message_id > chat.read.get(topic) && !isOwn(chat, message)).length;
export const unreadInAll = (chat) => topicsOf(chat).reduce((sum, topic) => sum + unread(chat, topic.id), 0);

/** The part that a visitor plays in a chat, such as "reader". */
export const roleOf = (chat) => chat.hint.who;

export const nameOf = (chat) => chat.chat.type === "private" ? chat.viewer.first_name : chat.chat.title;

/** Marks the messages of the open topic as read. */
export function markRead(chat) {
  const last = newest(chat, chat.topic);
  if (chat.read.get(chat.topic) === last) return;
  chat.read.set(chat.topic, last);
  keep();
}
