// What the page itself says, in the language of whoever looks at it. A word that a language lacks is English.

import ar from "./words_ar.js";
import de from "./words_de.js";
import en from "./words_en.js";
import es from "./words_es.js";
import fa from "./words_fa.js";
import fr from "./words_fr.js";
import id from "./words_id.js";
import ru from "./words_ru.js";
import tr from "./words_tr.js";
import ur from "./words_ur.js";

const WORDS = { ar, de, en, es, fa, fr, id, ru, tr, ur };

/** The language of the page for a code such as "ar-EG". */
export function speaks(language) {
  const code = (language || "").split("-")[0].toLowerCase();
  return code in WORDS ? code : "en";
}

export const words = (language) => ({ ...en, ...WORDS[speaks(language)] });

/** The text with its digits as the language writes them. */
export const digits = (text, language) =>
  String(text).replace(/\d/g, (digit) => Number(digit).toLocaleString(words(language).locale));
