// A tour of what the bot does: a short list of steps that tick off as a visitor does them, and are kept over a reload.
//
// Other modules tell what happens as events of the window: "came" (a message), "changed" (a message),
// "opened" (a chat) and "pressed".

import { chats, isOwn, open, roleOf, session } from "./chats.js";
import { $, button, element } from "./dom.js";
import { digits, words } from "./words.js";

const SHOWN = 2; // steps that are not done yet and stand in the list

/**
 * `chat` is the part that a visitor plays for the step. When the step is pressed, `says` is sent there, or the newest
 * button that begins with `points` is brought into view.
 */
const STEPS = [
  { id: "latest", chat: "reader", says: "/latest", came: said(/^(\/latest|📰)/u) },
  { id: "page", chat: "reader", points: "📖", came: isPage, changed: isPage },
  { id: "save", chat: "reader", points: "⭐", pressed: ({ label }) => label.startsWith("⭐") },
  { id: "follow", chat: "reader", says: "/follow harbour", came: said(/^\/follow\s+\S/) },
  { id: "settings", chat: "reader", says: "/settings", came: said(/^(\/settings|⚙)/u) },
  {
    id: "desk", chat: "admin", points: "✅",
    pressed: ({ chat, label }) => roleOf(chat) === "admin" && label.startsWith("✅"),
  },
  { id: "correction", chat: "reader", ...shows(/sails at nine/) }, // the telex said seven before
  { id: "withdrawal", chat: "reader", ...shows(/🚫/u) },
  { id: "sources", chat: "reader", says: "/sources", came: said(/^\/sources/) },
  { id: "dashboard" }, // its step is a link
];

function said(pattern) {
  return ({ chat, message }) => isOwn(chat, message) && pattern.test(message.text || "");
}

/** A step that is done when a visitor looks at a chat in which the bot has changed a message to such a text. */
function shows(pattern) {
  const look = ({ chat }) => chat === open.chat && roleOf(chat) === "reader"
    && chat.messages.some((message) => !isOwn(chat, message) && message.edit_date && pattern.test(message.text || ""));
  return { changed: look, came: look, opened: look };
}

function isPage({ chat, message }) {
  return Boolean(message.rich_message) && !isOwn(chat, message);
}

let done = []; // ids, in the order in which they were done
let hidden = false;
let language = "en"; // of the side
let say = null; // does what a visitor would type

/** `command` sends a text to the open chat. */
export function beginTour(command) {
  say = command;
  for (const kind of ["came", "changed", "opened", "pressed"]) addEventListener(kind, ({ detail }) => happened(kind, detail));
  $("dashboard").onclick = () => finish("dashboard");
  $("guide").onclick = () => hide(!hidden);
}

/** Sets the language of the list. */
export function speakTour(code) {
  language = code;
}

/** Shows the tour if the server offers one. `offered` is what its state tells of it. */
export function showTour(offered) {
  const kept = recall();
  [done, hidden] = [kept.done, kept.hidden];
  for (const id of ["dashboard", "guide"]) $(id).hidden = !offered;
  $("tour").hidden = $("next").hidden = !offered;
  if (offered) draw();
}

function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem("tour"));
    if (kept?.session === session()) return kept;
  } catch {
    // written by something else
  }
  return { done: [], hidden: false };
}

const keep = () => localStorage.setItem("tour", JSON.stringify({ session: session(), done, hidden }));

function happened(kind, detail) {
  for (const step of STEPS) if (step[kind]?.(detail)) finish(step.id);
}

function finish(id) {
  if (done.includes(id) || $("guide").hidden) return;
  done.push(id);
  keep();
  draw();
}

function hide(on) {
  hidden = on;
  keep();
  draw();
}

function draw() {
  const spoken = words(language);
  const left = STEPS.filter((step) => !done.includes(step.id));
  $("guide").ariaLabel = $("guide").title = hidden ? spoken.showTour : spoken.hideTour;
  $("guide").ariaPressed = String(!hidden);
  $("tour").hidden = hidden;
  const [head, about, list] = $("tour").children;
  head.replaceChildren(element("strong", "", spoken.tour), counted(language));
  about.textContent = left.length ? spoken.tourAbout : spoken.tourEnd;
  const last = STEPS.find((step) => step.id === done.at(-1));
  list.replaceChildren(...(last ? [item(last, spoken)] : []), ...left.slice(0, SHOWN).map((step) => item(step, spoken)));
  showNext();
}

function counted(language) {
  const count = element("span", "tally", digits(`${done.length}/${STEPS.length}`, language));
  count.dir = "ltr";
  return count;
}

function item(step, spoken) {
  const shown = element("li", done.includes(step.id) ? "done" : "");
  shown.append(button("", spoken.steps[step.id], () => go(step)));
  return shown;
}

/** Opens the chat of a step, and does there what the step is about, or shows where it is done. */
function go(step) {
  if (step.id === "dashboard") return $("dashboard").click();
  const chat = [...chats.values()].find((one) => roleOf(one) === step.chat);
  if (!chat) return;
  const was = open.chat;
  location.hash = chat.id;
  const begin = () => step.says ? say(step.says) : step.points && pointAt(step.points);
  if (was === chat) begin();
  else addEventListener("opened", begin, { once: true });
}

function pointAt(sign) {
  const key = [...document.querySelectorAll("#messages .key")].findLast((one) => one.textContent.startsWith(sign));
  if (!key) return;
  key.scrollIntoView({ block: "center" });
  key.focus({ preventScroll: true });
  key.animate({ outline: ["4px solid currentColor", "4px solid transparent"] }, 3_000);
}

/** Names the next step above the open chat, for a screen that has no room for the list beside the chat. */
export function showNext() {
  const step = STEPS.find((one) => !done.includes(one.id));
  $("next").hidden = hidden || !step || $("guide").hidden;
  if ($("next").hidden) return;
  const spoken = words(open.chat.language);
  $("next").replaceChildren(counted(open.chat.language), ` ${spoken.tourNext} ${spoken.steps[step.id]}`);
  $("next").onclick = () => go(step);
}
