// The language that the people of the page speak, if the server lets a visitor choose.

import { fail, post } from "./actions.js";
import { chats, roleOf } from "./chats.js";
import { $, element } from "./dom.js";
import { speaks } from "./words.js";

/**
 * Shows the choice. `offered` has the names of the languages by code, and `chosen` is the code that was chosen. Until
 * a language is chosen, that of the browser is.
 */
export function showLanguages(offered, chosen) {
  const choice = $("language");
  choice.hidden = !offered;
  if (!offered) return;
  const spoken = chosen || [...chats.values()].find((chat) => roleOf(chat) === "reader")?.language;
  choice.replaceChildren(...Object.entries(offered).map(([code, name]) => {
    const option = element("option", "", name);
    option.value = option.lang = code;
    option.selected = code === spoken;
    return option;
  }));
  const choose = (language) => post("/page/language", { language }).catch(fail);
  choice.onchange = () => choose(choice.value);
  if (!chosen && speaks(navigator.language) !== spoken) choose(speaks(navigator.language));
}
