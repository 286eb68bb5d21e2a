"""Corrections for a typed word that stands in no article: one letter too many, too few or wrong, or two exchanged.

A correction is shown instead of what the reader typed, so a wrong one is worse than none. Short words are not
corrected, no word is corrected to a function word ("thanks" to "than"), and no word is split in two ("السلام" to
"السل ام").
"""

from collections.abc import Iterable, Iterator
from typing import Final

SHORTEST: Final = 5  # letters; most words one error away from a shorter word are other real words
FOR_TWO_ERRORS: Final = 6  # letters at least in a word that may have two errors
LETTERS_TRUSTED: Final = 3  # first letters taken as correct if a word has two errors: too many words to compare all

_ALPHABETS: Final = (  # the letters that normalization leaves
    "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "abcdefghijklmnopqrstuvwxyzæøœı",
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ",
    "αβγδεζηθικλμνξοπρστυφχψως",
    "אבגדהוזחטיכךלמםנןסעפףצץקרשת",
)


def one_error(word: str) -> set[str]:
    """Returns all strings that are one error away from the word. Most of them are not words."""
    letters = next((letters for letters in _ALPHABETS if any(letter in letters for letter in word)), "")
    splits = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    return {
        *(head + tail[1:] for head, tail in splits if tail),
        *(head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1),
        *(head + letter + tail[1:] for head, tail in splits if tail for letter in letters),
        *(head + letter + tail for head, tail in splits for letter in letters),
    } - {word}


def two_errors(word: str, known: Iterable[str]) -> Iterator[str]:
    """Yields the known words that are at most two errors away from the word."""
    near = one_error(word)
    for other in known:
        if abs(len(other) - len(word)) <= 2 and (other in near or _distance(word, other) <= 2):
            yield other


def may_be_misspelt(word: str) -> bool:
    """Returns whether to look for corrections of a word. A number has none: another number means another thing."""
    return len(word) >= SHORTEST and word.isalpha()


def _distance(one: str, other: str) -> int:
    """Returns the number of letters to insert, delete, replace or exchange with their neighbour."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        current = [row]
        for column, facing in enumerate(other, 1):
            cost = min(last[column] + 1, current[-1] + 1, last[column - 1] + (letter != facing))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == facing:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        before, last = last, current
    return last[-1]
