"""Turkish words for the index: stemmed as they are written, and then without accents and with one i.

Turkish endings depend on the vowels before them, so a stemmer needs the vowels as they are: the ending of günler is
ler, and "gunler" has no Turkish ending. `bot.text.arabic.normalize` removes accents, so words are stemmed before it.
It also keeps ı apart from i, while readers without a Turkish keyboard, and headlines in capitals, have i for both.
"""

import re
import unicodedata
from functools import cache
from typing import Any, Final

import Stemmer

from bot.text.arabic import normalize

TURKISH: Final = "tr"
_CAPITALS: Final = str.maketrans({"I": "ı", "İ": "i"})
_WORD: Final = re.compile(r"[^\W_]+")
_LEFT: Final = 3  # letters that must remain
LONGEST_WORD: Final = 64  # letters of a word that are stemmed


def turkish_words(text: str) -> list[str]:
    """Returns the words of a text in small letters, with their accents."""
    return _WORD.findall(unicodedata.normalize("NFC", text).translate(_CAPITALS).casefold())


def turkish_form(text: str) -> str:
    """Returns the words of a Turkish text for the index."""
    return " ".join(map(_form, turkish_words(text)))


def turkish_forms(word: str) -> list[str]:
    """Returns the forms of a typed word. In a word without accents, they may have been left out."""
    variants = [word]
    if word.isascii():
        variants += [word.replace("i", "ı"), word.replace("u", "ü").replace("o", "ö")]
    return list(dict.fromkeys(map(_form, variants)))


def _form(word: str) -> str:
    stemmed = word[:LONGEST_WORD]
    # Endings follow one another, and the stemmer leaves kadın of kadınlar, but kadı of kadın.
    while len(shorter := str(_stemmer().stemWord(stemmed))) >= _LEFT and shorter != stemmed:
        stemmed = shorter
    return normalize(stemmed).replace("ı", "i")


@cache
def _stemmer() -> Any:
    return Stemmer.Stemmer("turkish")
