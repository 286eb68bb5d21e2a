"""Which language a text is in, and in which direction it runs, without a model: letters first, then small words."""

import re
import unicodedata
from collections import Counter
from typing import Final, Literal

UNKNOWN: Final = "und"  # ISO 639-2: undetermined
_SAMPLE: Final = 4_000  # letters that are looked at
_RTL: Final = frozenset({"ar", "fa", "ur", "he", "ps", "ckb", "ug", "yi", "dv", "sd"})

_SCRIPTS: Final = (
    ("ar", re.compile("[\u0620-\u064a\u066e-\u06d3\ufb50-\ufdff\ufe70-\ufefc]")),
    ("en", re.compile("[A-Za-z\u00c0-\u024f]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("he", re.compile("[\u05d0-\u05ea]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("hy", re.compile("[\u0530-\u058f]")),
    ("ka", re.compile("[\u10a0-\u10ff]")),
)

# Small words that are common in one language and rare in its neighbours.
_SMALL_WORDS: Final = {
    "ar": "في من على إلى أن التي الذي هذا هذه وقال قال بعد عن مع لا ما كان",
    "fa": "است که این را از با برای می شد در آن های شده کرد",
    "ur": "ہے کے کی میں سے اور نے کو ہیں کا پر یہ",
    "ps": "چې او په دی له سره کې یې",
    "en": "the of and to in is that for on with was as are it by from at has have said",
    "fr": "le la les de des et à un une du dans que qui pour est au sur pas par",
    "de": "der die das und in zu den von mit ist des sich nicht auf ein eine im dem für",
    "es": "el la de que y en los del se las por un una con para su al lo es",
    "pt": "o a de que e do da em um uma os as no na para com não se dos ao",
    "it": "il di che e la in un per non è del una con si da i le della al gli",
    "nl": "de het een van en in is dat op te voor met niet zijn aan er om",
    "tr": "ve bir bu için ile da de olarak çok daha ise gibi olan",
    "id": "yang dan di dengan untuk ini itu dari pada tidak dalam akan ke",
    "ru": "и в не на что с по как это из к за от для он",
    "uk": "і в не на що з та як це до за від для він є",
    "sv": "och i att det som en på är av för med den till inte har",
}
_WORDS_OF: Final = {language: frozenset(words.split()) for language, words in _SMALL_WORDS.items()}
_NEIGHBOURS: Final = {
    "ar": ("ar", "fa", "ur", "ps"),
    "en": ("en", "fr", "de", "es", "pt", "it", "nl", "tr", "id", "sv"),
    "ru": ("ru", "uk"),
}
# What may be declared over the letters of a script; over Latin ones whatever is written in none of these.
_WRITTEN_IN: Final = {
    **{script: frozenset({script}) for script, _ in _SCRIPTS if script != "en"},
    "ar": frozenset("ar fa ur ps ckb ug sd".split()),
    "ru": frozenset("ru uk bg sr mk be kk ky mn tg".split()),
    "he": frozenset({"he", "yi"}),
    "hi": frozenset({"hi", "mr", "ne"}),
    "zh": frozenset({"zh", "ja"}),
}
_FEWEST_HITS: Final = 2  # small words that outweigh what the publisher declared


def detect(text: str, hint: str | None = None) -> str:
    """The language of a text as an ISO 639-1 code, or UNKNOWN. `hint` is what its publisher declared ("ar-EG").

    A declaration is believed unless the letters or the small words speak against it: feeds that say "en" over
    Arabic text are common. Small words say nothing against a language whose own are not known here: na and do
    are Portuguese and Polish. What is no code ("English", "x-default") is no declaration.
    """
    sample = text[:_SAMPLE]
    declared = _code(hint or "")
    script = _script(sample)
    if script is None:
        return declared or UNKNOWN
    candidates = _NEIGHBOURS.get(script, (script,))
    if script in ("zh", "ja") and re.search("[\u3040-\u30ff]", sample):
        return "ja"
    words = Counter(re.findall(r"\w+", sample.lower()))
    hits = {language: sum(words[word] for word in _WORDS_OF.get(language, ())) for language in candidates}
    best = max(candidates, key=lambda language: hits[language])
    denied = declared in hits and hits[declared] * 2 < hits[best] - _FEWEST_HITS
    if declared and _fits(declared, script) and not denied:
        return declared
    return best if hits[best] or len(candidates) == 1 or script == "ar" else UNKNOWN


def is_rtl(language: str) -> bool:
    return re.split("[-_]", language.lower())[0] in _RTL


def direction(text: str) -> Literal["rtl", "ltr"]:
    """The direction of a text by its first letter that has one, as a browser's dir="auto" takes it."""
    for letter in text:
        match unicodedata.bidirectional(letter):
            case "R" | "AL":
                return "rtl"
            case "L":
                return "ltr"
    return "ltr"


def _script(sample: str) -> str | None:
    counts = {name: len(letters.findall(sample)) for name, letters in _SCRIPTS}
    name = max(counts, key=lambda name: counts[name])
    return name if counts[name] else None


def _code(declared: str) -> str:
    """The language of a declaration as it stands in feeds and pages; "" where it is none."""
    code = re.split("[-_]", declared.strip().lower())[0]
    return code if re.fullmatch("[a-z]{2}", code) or code in _RTL else ""


def _fits(language: str, script: str) -> bool:
    if script == "en":
        return not any(language in languages for languages in _WRITTEN_IN.values())
    return language in _WRITTEN_IN[script]
