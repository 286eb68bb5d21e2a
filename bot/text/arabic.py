"""Arabic as readers type it: forms of one letter are one letter, forms of one word meet in one stem.

Readers and publishers write أكّد and أكد, علاقة and علاقه, ی and ي, ٢٠ and 20. `fold` makes these equal for matching
and searching; what is shown stays as it was written. `stem` goes further, for searching only.
"""

import re
import unicodedata
from typing import Final

# Marks that carry no letter: vowels, shadda, Quranic signs; tatweel; joiners and direction marks.
_MARKS: Final = re.compile(
    "[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u08ca-\u08e1\u08e3-\u08ff"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0640\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe00-\ufe0f]"
)
_ACCENTS: Final = re.compile("(?<=[A-Za-z])[\u0300-\u036f]+")  # café and cafe are typed for one another
_SPACE: Final = re.compile(r"\s+")
# What is written above and below one letter is put in order by comparing each with each: a million marks, which a
# publisher can send in a title, would hold the process for minutes.
_HEAPED: Final = re.compile(r"([^\w\s]{64})[^\w\s]+")

_LETTERS: Final = str.maketrans(
    {
        "ٱ": "ا",
        "ٲ": "ا",
        "ٳ": "ا",
        "ء": "",  # شيء and شي, قراءة and قراة
        "ة": "ه",
        "ى": "ي",
        "ی": "ي",
        "ې": "ي",
        "ے": "ي",
        "ک": "ك",
        "ڪ": "ك",
        "گ": "ك",
        "ہ": "ه",
        "ھ": "ه",
        "ە": "ه",
        "ۀ": "ه",
        "ۃ": "ه",
        "ں": "ن",
        "پ": "ب",
        "چ": "ج",
        "ژ": "ز",
        "ڤ": "ف",
        "ڨ": "ق",
        "ۋ": "و",
        **{chr(zero + digit): str(digit) for zero in (0x660, 0x6F0) for digit in range(10)},
    }
)

# The light stemmer. Snowball's Arabic stemmer needs the ة that folding removes, and takes single letters that
# belong to names (بوتين loses its ب); on questions and the paragraphs that answer them the light one did as well.
_ARTICLES: Final = ("وبال", "وال", "بال", "كال", "فال", "ولل", "لل", "ال")
_ENDINGS: Final = ("يات", "ات", "يه", "ين", "ون", "ها", "ه", "ي")
SHORTEST_STEM: Final = 3  # letters
# What ين and ون must leave: with three letters they are as often of the word itself (بوتين, قانون, مليون) as not
# (عامين). On questions and paragraphs both ways did as well, and a name that stays whole meets no other word.
_LEFT_BY_PLURAL: Final = 4
_PLURALS: Final = frozenset({"ين", "ون"})


def fold(text: str) -> str:
    """The form by which a text is matched: one form for each letter, no marks, ASCII digits, single spaces.

    Folding twice changes nothing. Not for showing, and not for slicing: its length differs from the text's.
    """
    text = _HEAPED.sub(r"\1", text)
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = _MARKS.sub("", decomposed).translate(_LETTERS)
    # Accents last: what became of a ß carries them now, and where a ء is gone, they changed places.
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", letters))
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", plain)).strip()


def stem(word: str) -> str:
    """The stem of one folded Arabic word: without article, leading "and", and common endings."""
    for article in _ARTICLES:
        if word.startswith(article) and len(word) - len(article) >= SHORTEST_STEM:
            word = word[len(article) :]
            break
    # After the article as well as without it, so that وزارة and الوزارة stay together.
    if word.startswith("و") and len(word) > SHORTEST_STEM + 1:
        word = word[1:]
    # Again and again, so that المصريين goes the way of مصر, and علاقاتها that of علاقة.
    while (shorter := _without_ending(word)) != word:
        word = shorter
    return word


def _without_ending(word: str) -> str:
    for ending in _ENDINGS:
        left = _LEFT_BY_PLURAL if ending in _PLURALS else SHORTEST_STEM
        if word.endswith(ending) and len(word) - len(ending) >= left:
            return word[: -len(ending)]
    return word


def is_arabic(word: str) -> bool:
    """Whether a folded word is written in Arabic letters."""
    return any("\u0620" <= letter <= "\u06d3" for letter in word)
