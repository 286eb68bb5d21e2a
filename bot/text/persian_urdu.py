"""Light stemming of Persian and Urdu: the endings of plurals, adjectives and cases are removed.

Both languages are written in Arabic letters, and the Arabic stemmer does not fit them: it takes the و of وزیران
(ministers) for "and", and leaves the ending of خبریں (news). The functions get words that are normalized, in which ی
is ي, ک is ك, ں is ن, ہ is ه, and the half-space is gone: کتاب‌ها is كتابها.

Tried and rejected: the Persian stemmer of Snowball removes ان as well, which is the end of many names (ایران, تهران).
"""

from typing import Final

_LEFT: Final = 3  # letters that must remain
# The longest ending comes first. Persian joins several: کتاب‌هایی is "some books".
_PERSIAN: Final = ("هايشان", "هايم", "هايش", "هايي", "هاي", "ترين", "ها", "تر", "اي", "ات", "ي")
_URDU: Final = ("يان", "ون", "ين", "ات", "ي", "ا", "ه")


def persian_stem(word: str) -> str:
    """Returns the stem of a normalized Persian word: بزرگتر and بزرگ have one, and so have کتاب‌های and کتاب."""
    while (shorter := _without_ending(word, _PERSIAN)) != word:
        word = shorter
    return word


def urdu_stem(word: str) -> str:
    """Returns the stem of a normalized Urdu word: لڑکا, لڑکے, لڑکوں and لڑکیاں have one."""
    return _without_ending(word, _URDU)


def _without_ending(word: str, endings: tuple[str, ...]) -> str:
    for ending in endings if word.endswith(endings) else ():
        if word.endswith(ending) and len(word) - len(ending) >= _LEFT:
            return word[: -len(ending)]
    return word
