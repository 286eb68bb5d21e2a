"""Arabic as readers type it: forms of one letter are one letter, forms of one word meet in one stem.

Readers and publishers write أكّد and أكد, علاقة and علاقه, ی and ي, ٢٠ and 20. `normalize` makes these equal for
matching and searching; what is shown stays as it was written. `stem` goes further, for searching only.
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
_WORD: Final = re.compile(r"[^\W_]+")
# What is written above and below one letter is put in order by comparing each with each: a million marks, which a
# publisher can send in a title, would hold the process for minutes.
_HEAPED: Final = re.compile(r"([^\w\s]{64})[^\w\s]+")
# Signs that are spelt out in five letters and more: ﷺ is four words of them. A body of a million of these, which a
# publisher can send, would become eighteen times as long, and keep a worker busy for half a minute.
_SPELT_OUT: Final = re.compile("[\ufdfa\ufdfb\u321d\u321e\u327c\u3300-\u3357\u33ae\u33af]")
MOST_SPELT_OUT: Final = 1_000  # of a text; one with more of them is no text, and they are left out of it

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
# A single ب ل ف ك before a word without article is not taken off here, where nobody knows the word (باريس, كتاب,
# لبنان begin with them as well): a query asks for both forms instead (`bot.text.search`).
_ARTICLES: Final = ("وبال", "وال", "بال", "كال", "فال", "ولل", "لل", "ال")
SHORTEST_STEM: Final = 3  # letters
# Each ending with the letters that it must leave, the longest first. Where three are enough, the ending is hardly
# ever of the word itself. ين, ون, هم, كم, نا and a last ا must leave four: with three they are as often of the word
# (بوتين, قانون, مليون, تفاهم, and خبراء, which would meet خبر) as not (عامين). The last ا makes جديدا meet جديد and
# فرنسا meet فرنسي. Tried and left out: ان (سليمان would meet سليم, and nothing was gained), ك, تم.
_ENDINGS: Final = (
    *(("هما", 4), ("يات", 3)),
    *(("ات", 3), ("يه", 3), ("ها", 3), ("ين", 4), ("ون", 4), ("هم", 4), ("هن", 4), ("كم", 4), ("نا", 4)),
    *(("ه", 3), ("ي", 3), ("ا", 4)),
)


def normalize(text: str) -> str:
    """The form by which a text is matched: one form for each letter, no marks, ASCII digits, single spaces.

    Folding twice changes nothing. Not for showing, and not for slicing: its length differs from the text's.
    """
    if _PLAIN.fullmatch(text):
        return " ".join(text.translate(_PLAIN_FOLDED).split())
    return _fold(text)


def normalized_words(text: str) -> list[str]:
    """The words of a folded text, which are made of letters and digits: without what stands between them."""
    if _PLAIN.fullmatch(text):
        return text.translate(_PLAIN_WORDS).split()
    return _WORD.findall(_fold(text))


def _fold(text: str) -> str:
    text = _HEAPED.sub(r"\1", text)
    if len(_SPELT_OUT.findall(text)) > MOST_SPELT_OUT:
        text = _SPELT_OUT.sub(" ", text)
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = _MARKS.sub("", decomposed).translate(_LETTERS)
    # Accents last: what became of a ß carries them now, and where a ء is gone, they changed places.
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", letters))
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", plain)).strip()


# Most texts are of letters that fold one by one, whatever stands beside them: two to three times as fast.
_PLAIN_RANGES: Final = (
    *((9, 14), (32, 127), (0xA0, 0x180), (0x386, 0x3CF), (0x400, 0x460), (0x5D0, 0x5EB)),
    *((0x60C, 0x6D6), (0x6EE, 0x700), (0x2010, 0x2028), (0x20AC, 0x20AD)),
)
_PLAIN_LETTERS: Final = (
    "".join(
        letter
        for letter in map(chr, (number for first, end in _PLAIN_RANGES for number in range(first, end)))
        if unicodedata.category(letter) not in {"Mn", "Cf", "Cn"}
        # An accent by itself is a space and a mark, which the letter before it may come to carry.
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
    """The stem of one folded Arabic word: without article, leading "and", and common endings."""
    word = without_article(word)
    # Again and again, so that المصريين goes the way of مصر, and علاقاتها that of علاقة.
    while (shorter := _without_ending(word)) != word:
        word = shorter
    return word


def without_article(word: str) -> str:
    """A folded Arabic word without article and leading "and"."""
    for article in _ARTICLES:
        if word.startswith(article) and len(word) - len(article) >= SHORTEST_STEM:
            word = word[len(article) :]
            break
    # After the article as well as without it, so that وزارة and الوزارة stay together.
    return word[1:] if word.startswith("و") and len(word) > SHORTEST_STEM + 1 else word


def _without_ending(word: str) -> str:
    for ending, left in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= left:
            return word[: -len(ending)]
    return word


def is_arabic(word: str) -> bool:
    """Whether a folded word is written in Arabic letters."""
    return any("\u0620" <= letter <= "\u06d3" for letter in word)
