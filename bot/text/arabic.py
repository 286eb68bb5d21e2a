"""Normalization and stemming of Arabic: variants of one letter become one letter, forms of one word share one stem.

Readers and publishers write أكّد and أكد, علاقة and علاقه, ی and ي, ٢٠ and 20. `normalize` makes these equal for
matching and searching. The text that readers see stays as it was written. `stem` goes further, for searching only.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

# Marks that are no letters: vowels, shadda, Quranic signs, tatweel, joiners and direction marks.
_MARKS: Final = re.compile(
    "[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u08ca-\u08e1\u08e3-\u08ff"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0640\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe00-\ufe0f]"
)
_ACCENTS: Final = re.compile("(?<=[A-Za-z])[\u0300-\u036f]+")  # readers type cafe for café, and the other way round
_SPACE: Final = re.compile(r"\s+")
_WORD: Final = re.compile(r"[^\W_]+")
# Unicode normalization sorts the marks on one letter, and compares each mark with each other. A publisher can send
# a title with a million marks on one letter, which would block the process for minutes.
_HEAPED: Final = re.compile(r"([^\w\s]{64})[^\w\s]+")
# Signs that normalization replaces by five or more letters: ﷺ becomes four words. A publisher can send a body of a
# million such signs. It would become eighteen times as long, and keep a worker busy for half a minute.
_SPELT_OUT: Final = re.compile("[\ufdfa\ufdfb\u321d\u321e\u327c\u3300-\u3357\u33ae\u33af]")
MOST_SPELT_OUT: Final = 1_000  # signs per text; with more of them it is no real text, and all of them are removed
LONGEST_CACHED: Final = 64  # characters of a word; longer words are addresses, or sentences in scripts without spaces
CACHED: Final = 50_000  # words as they are written; a text repeats many of its words, and texts share most of theirs
_ARABIC_LETTER: Final = re.compile("[\u0620-\u06d3]")

_LETTERS: Final = str.maketrans(
    {
        "ٱ": "ا",
        "ٲ": "ا",
        "ٳ": "ا",
        "ء": "",  # so that شيء equals شي, and قراءة equals قراة
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

# A light stemmer. Snowball's Arabic stemmer needs the ة that `normalize` replaces, and it removes single letters
# that belong to names (بوتين loses its ب). On questions and the paragraphs that answer them, the light stemmer did as
# well. It keeps a single ب ل ف ك before a word without an article, because it cannot know the word: باريس, كتاب and
# لبنان begin with these letters as well. Instead, a query asks for both forms (`bot.text.search`).
_ARTICLES: Final = ("وبال", "وال", "بال", "كال", "فال", "ولل", "لل", "ال")
SHORTEST_STEM: Final = 3  # letters
# Each ending, and the number of letters that must remain without it. The longest ending comes first. If three letters
# are enough, the ending hardly ever belongs to the word itself. ين, ون, هم, كم, نا and a last ا must leave four
# letters. With three, they belong to the word (بوتين, قانون, مليون, تفاهم, and خبراء, which would get the stem خبر)
# as often as not (عامين). The last ا gives جديدا the stem of جديد, and فرنسا the stem of فرنسي. Tried and rejected:
# ان (سليمان would get the stem of سليم, and nothing was gained), ك, تم.
_ENDINGS: Final = (
    *(("هما", 4), ("يات", 3)),
    *(("ات", 3), ("يه", 3), ("ها", 3), ("ين", 4), ("ون", 4), ("هم", 4), ("هن", 4), ("كم", 4), ("نا", 4)),
    *(("ه", 3), ("ي", 3), ("ا", 4)),
)
_ANY_ENDING: Final = tuple(ending for ending, _ in _ENDINGS)


def normalize(text: str) -> str:
    """Returns the text in the form for matching: one form of each letter, no marks, ASCII digits, single spaces.

    Normalizing a second time changes nothing. Do not show the result to readers. Do not use positions in it to slice
    the text, because the two lengths differ.
    """
    words = [] if text.isascii() else separate_words(text)  # of ASCII letters, Python translates a whole text faster
    return " ".join(filter(None, map(_normalized_word, words))) if len(words) > 1 else _normalized(text)


def separate_words(text: str) -> list[str]:
    """Returns the words of a text as they are written, if they can be normalized one by one.

    Spaces separate them, since no letter changes another one beyond a space. A text with a word over LONGEST_CACHED
    characters, or with too many signs that stand for words, is returned in one piece.
    """
    words = text.split()
    if max(map(len, words), default=0) > LONGEST_CACHED:
        return [text]
    if len(text) > MOST_SPELT_OUT and len(_SPELT_OUT.findall(text)) > MOST_SPELT_OUT:
        return [text]
    return words


@lru_cache(maxsize=CACHED)
def _normalized_word(word: str) -> str:
    return _normalized(word)


def _normalized(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return " ".join(text.translate(_PLAIN_FOLDED).split())
    return _fold(text)


def normalized_words(text: str) -> list[str]:
    """Returns the words of the normalized text. A word consists of letters and digits."""
    if _PLAIN.fullmatch(text):
        return text.translate(_PLAIN_WORDS).split()
    return _WORD.findall(_fold(text))


def _fold(text: str) -> str:
    text = _HEAPED.sub(r"\1", text)
    if len(_SPELT_OUT.findall(text)) > MOST_SPELT_OUT:
        text = _SPELT_OUT.sub(" ", text)
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = _MARKS.sub("", decomposed).translate(_LETTERS)
    # Accents come last: only now do the letters that replaced a ß carry them, and a removed ء moves them elsewhere.
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", letters))
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", plain)).strip()


# Most texts consist of letters that normalize one by one, whatever their neighbours are. A translation table does
# this two to three times as fast.
_PLAIN_RANGES: Final = (
    *((9, 14), (32, 127), (0xA0, 0x180), (0x386, 0x3CF), (0x400, 0x460), (0x5D0, 0x5EB)),
    *((0x60C, 0x6D6), (0x6EE, 0x700), (0x2010, 0x2028), (0x20AC, 0x20AD)),
)
_PLAIN_LETTERS: Final = (
    "".join(
        letter
        for letter in map(chr, (number for first, end in _PLAIN_RANGES for number in range(first, end)))
        if unicodedata.category(letter) not in {"Mn", "Cf", "Cn"}
        # An accent by itself decomposes into a space and a mark, and the mark may join the letter before it.
        and (letter.isspace() or " " not in unicodedata.normalize("NFKD", letter))
    )
    + "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u200b\u200c\u200d\u200e\u200f\ufeff"
)
_PLAIN: Final = re.compile(f"[{re.escape(_PLAIN_LETTERS)}]*")
_PLAIN_FOLDED: Final = str.maketrans(
    {letter: letter if letter.isspace() else _fold(letter) for letter in _PLAIN_LETTERS}
)
_PLAIN_WORDS: Final = {letter: re.sub(r"[\W_]", " ", normalized) for letter, normalized in _PLAIN_FOLDED.items()}


def stem(word: str) -> str:
    """Returns the stem of a normalized Arabic word: without the article, a leading "and", and common endings."""
    word = without_article(word)
    # Several endings may follow one another: المصريين must get the stem of مصر, and علاقاتها that of علاقة.
    while (shorter := _without_ending(word)) != word:
        word = shorter
    return word


def without_article(word: str) -> str:
    """Returns a normalized Arabic word without the article and a leading "and"."""
    for article in _ARTICLES if word.startswith(_ARTICLES) else ():
        if word.startswith(article) and len(word) - len(article) >= SHORTEST_STEM:
            word = word[len(article) :]
            break
    # The و goes with or without an article before it, so that وزارة and الوزارة get the same result.
    return word[1:] if word.startswith("و") and len(word) > SHORTEST_STEM + 1 else word


def _without_ending(word: str) -> str:
    for ending, left in _ENDINGS if word.endswith(_ANY_ENDING) else ():
        if word.endswith(ending) and len(word) - len(ending) >= left:
            return word[: -len(ending)]
    return word


def is_arabic(word: str) -> bool:
    """Returns whether a normalized word contains an Arabic letter."""
    return not word.isascii() and _ARABIC_LETTER.search(word) is not None
