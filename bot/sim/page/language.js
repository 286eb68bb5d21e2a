// The language that the people of the page speak, if the server lets a visitor choose.

import { fail, post } from "./actions.js";
import { chats, roleOf } from "./chats.js";
import { $, element } from "./dom.js";
import { speaks } from "./words.js";

/** Shows the choice. `offered` has the names of the languages by code, and `chosen` is the code that was chosen. */
export function showLanguages(offered, chosen) {
  const choice = $("language");
  choice.hidden = !offered;
  if (!offered) return;
  const spoken = chosen || spokenByReader();
  choice.replaceChildren(...Object.entries(offered).map(([code, name]) => {
    const option = element("option", "", name);
    option.value = option.lang = code;
    option.selected = code === spoken;
    return option;
  }));
  choice.onchange = () => choose(choice.value).catch(fail);
}

/** Chooses the language of the browser if none was chosen. Returns whether the page has to be loaded again. */
export async function adoptLanguage(offered, chosen) {
  const language = speaks(navigator.language);
  if (!offered || chosen || language === spokenByReader()) return false;
  return choose(language).then(() => true, () => false);
}

const choose = (language) => post("/page/language", { language });

const spokenByReader = () => [...chats.values()].find((chat) => roleOf(chat) === "reader")?.language;
