// Reactions to a post of a channel.

import { button, element } from "./dom.js";
import { words } from "./words.js";

const OFFERED = ["👍", "❤", "🔥", "🤔", "😢"];

const mine = new Map(); // message key -> the emoji that the viewer put

/** The reactions below a post: those that people put, with their counts, and those that are offered. */
export function reactions(message, counted, { act, language }) {
  const box = element("div", "reactions");
  box.role = "group";
  box.ariaLabel = words(language).react;
  const key = `${message.chat.id}/${message.message_id}`;
  const counts = new Map(counted.map(({ emoji, count }) => [emoji, count]));
  for (const emoji of new Set([...counts.keys(), ...OFFERED])) {
    const chip = button("reaction", `${emoji} ${counts.get(emoji) || ""}`.trim(), () => {
      const taken = mine.get(key) === emoji;
      mine.set(key, taken ? null : emoji);
      act.react(taken ? null : emoji);
    });
    chip.ariaPressed = String(mine.get(key) === emoji);
    box.append(chip);
  }
  return box;
}
