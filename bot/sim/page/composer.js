// The text field, and what is sent from it.

import { fail, post, tell } from "./actions.js";
import { bot, isOwn, keep, open } from "./chats.js";
import { $, element } from "./dom.js";
import { add, toBottom } from "./log.js";
import { askSoon, questionIn, stopAsking } from "./inline.js";
import { chosen, closeMenu, isMenuOpen, moveInMenu, offer } from "./menu.js";
import { glimpse } from "./message.js";
import { startTyping, stopTyping } from "./typing.js";
import { words } from "./words.js";

/** Sends a text to the open chat. A text that could not be sent goes back to the field. */
export async function say(text) {
  const chat = open.chat;
  if (!await send("/page/send", { text }) && chat === open.chat && !$("text").value) write(text);
}

/** Sends what a person wrote or chose to the open chat. Returns false, and says so, if that fails. */
async function send(path, what) {
  const chat = open.chat;
  const asked = { chat_id: chat.id, ...what };
  if (chat.topic) asked.message_thread_id = chat.topic;
  if (chat.replyTo) asked.reply_to_message_id = chat.replyTo.message_id;
  replyTo(null);
  startTyping(chat);
  try {
    const { message, seen } = await post(path, asked);
    if (!seen) stopTyping(chat);
    add(chat, message);
    toBottom();
    return true;
  } catch (error) {
    stopTyping(chat);
    fail(error);
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
  reader.onerror = () => tell({ text: words(open.chat.language).failed });
  reader.readAsDataURL(file);
}

export function replyTo(message) {
  open.chat.replyTo = message;
  $("reply").hidden = !message;
  if (!message) return;
  const name = isOwn(open.chat, message) ? open.chat.viewer.first_name : message.from?.first_name;
  $("reply").querySelector("strong").textContent = `${words(open.chat.language).replying} ${name || ""}`;
  $("reply").querySelector("span").textContent = glimpse(message);
  $("text").focus();
}

/** Types a question to the bot's inline mode. */
export function ask(query) {
  write(`@${bot.username} ${query}`);
  $("text").focus();
}

/** Puts a text into the field, as if it had been typed. */
export function write(text) {
  $("text").value = text;
  changed();
}

function changed() {
  open.chat.draft = $("text").value;
  keep();
  grow();
  const question = questionIn($("text").value);
  if (question === null) {
    stopAsking();
    offerCommands();
  } else askSoon(question, posted);
}

/** Offers the commands that begin with what is typed. A command that is typed wholly comes first. */
function offerCommands() {
  const typed = $("text").value;
  const found = /^\/\w*$/.test(typed) ? open.chat.commands.filter((one) => `/${one.command}`.startsWith(typed)) : [];
  offer(found.sort((a, b) => (`/${b.command}` === typed) - (`/${a.command}` === typed)).map(choiceOf));
}

const choiceOf = ({ command, description }) => ({
  node: [element("b", "", `/${command}`), element("span", "", description)],
  take: () => take(`/${command}`),
  fill: `/${command} `,
});

/** Sends a command that was chosen in the menu. */
function take(command) {
  write("");
  say(command);
  $("text").focus();
}

/** Shows a result of inline mode that was posted. */
function posted(message) {
  write("");
  add(open.chat, message);
  toBottom();
  $("text").focus();
}

function turnMenu() {
  if (isMenuOpen()) closeMenu();
  else offer(open.chat.commands.map(choiceOf));
  $("text").focus();
}

/** Makes the field as high as its lines. The style sheet sets the most. */
export function grow() {
  $("text").style.height = "auto";
  $("text").style.height = `${$("text").scrollHeight}px`;
}

function submit() {
  const text = $("text").value.trim();
  if (!text) return;
  write("");
  say(text);
}

function typed(event) {
  const moves = { ArrowDown: 1, ArrowUp: -1 };
  if (event.isComposing) return;
  if (event.key === "Escape") {
    stopAsking();
    if (isMenuOpen()) closeMenu();
    else replyTo(null);
  } else if (isMenuOpen() && event.key in moves) {
    event.preventDefault();
    moveInMenu(moves[event.key]);
  } else if (isMenuOpen() && event.key === "Tab" && chosen()?.fill) {
    event.preventDefault();
    write(chosen().fill);
  } else if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    if (isMenuOpen()) chosen().take();
    else submit();
  }
}

/** Shows the buttons below the text field. */
export function showKeyboard() {
  const rows = open.chat.keyboard;
  $("keyboard").hidden = !rows.length;
  $("keyboard").replaceChildren(...rows.map((labels) => {
    const row = element("div", "row");
    row.append(...labels.map((label) => {
      const key = element("button", "tile", label);
      key.type = "button";
      key.dir = "auto";
      key.onclick = () => say(label);
      return key;
    }));
    return row;
  }));
}

export function beginComposer() {
  $("compose").onsubmit = (event) => {
    event.preventDefault();
    submit();
  };
  $("text").oninput = changed;
  $("text").onkeydown = typed;
  $("attach").onclick = () => $("file").click();
  $("file").onchange = attach;
  $("reply").querySelector("button").onclick = () => {
    replyTo(null);
    $("text").focus();
  };
  $("menu").onclick = turnMenu;
  addEventListener("resize", grow);
}
