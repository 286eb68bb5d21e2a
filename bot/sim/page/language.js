// The language that the people of the page speak, if the server lets a visitor choose.

import { fail, post } from "./actions.js";
import { chats, roleOf } from "./chats.js";
import { $, element } from "./dom.js";

/** Shows the choice. `offered` has the names of the languages by code, and `chosen` is the code that was chosen. */
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
  choice.onchange = () => post("/page/language", { language: choice.value }).catch(fail);
}
