// What a person does in the open chat, and what the server says to it.

import { open } from "./chats.js";
import { $ } from "./dom.js";
import { words } from "./words.js";

const PATIENCE = 15_000; // ms that a pressed button may take

const pressed = new Map(); // query id -> the button that waits
const answers = new Map(); // query id -> an answer that came before we knew the question

/** Sends what a person asks for to the simulator. Returns its answer. Raises an Error with its reason. */
export async function post(path, asked, signal) {
  const answer = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked), signal,
  });
  if (!answer.ok) throw new Error((await answer.json()).error);
  return answer.json();
}

/** What identifies a message to the server. */
const named = ({ message_id, ephemeral_message_id }) =>
  ({ chat_id: open.chat.id, ...(ephemeral_message_id ? { ephemeral_message_id } : { message_id }) });

/** Puts a reaction to a post, or takes it away. */
export async function react(message, emoji) {
  await post("/page/react", { ...named(message), emoji }).catch(fail);
}

export async function press(message, key, data) {
  if (key.classList.contains("waiting")) return;
  key.classList.add("waiting");
  key.closest(".message").dataset.pressed = ""; // what its message becomes is shown from the beginning
  setTimeout(() => key.classList.remove("waiting"), PATIENCE);
  try {
    const { query_id: query } = await post("/page/press", { ...named(message), data });
    pressed.set(query, key);
    dispatchEvent(new CustomEvent("pressed", { detail: { chat: open.chat, label: key.textContent } }));
    const early = answers.get(query);
    answers.delete(query);
    if (early) answered(early);
  } catch (error) {
    key.classList.remove("waiting");
    fail(error);
  }
}

/** Takes the answer to a pressed button. */
export function answered(answer) {
  const key = pressed.get(answer.query_id);
  pressed.delete(answer.query_id);
  if (!key) {
    answers.set(answer.query_id, answer);
    return;
  }
  key.classList.remove("waiting");
  tell(answer);
}

/** Tells a person why something failed. */
export function fail(error) {
  tell({ text: error instanceof TypeError ? words(open.chat.language).failed : error.message }); // TypeError: no connection
}

export function tell({ text, show_alert: asks }) {
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
