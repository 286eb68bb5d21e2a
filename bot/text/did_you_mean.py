"""The word that was meant by one that stands in no article: a letter too many, too few, another, or two exchanged.

Or two words, where the space between them was forgotten: in Arabic, where letters of one word needn't join, that is
easily overlooked ("افتتاحالجسر"), and of names and numbers nobody knows how they are written ("covid19").
"""

from collections.abc import Iterable, Iterator
from typing import Final

SHORTEST: Final = 4  # letters: of a shorter word, most neighbours are other words
SHORTEST_PART: Final = 2  # letters of a word that was written together with another
FOR_TWO_ERRORS: Final = 6  # letters
LETTERS_TRUSTED: Final = 3  # at the beginning of a word with two errors: all words are too many to be compared

_ALPHABETS: Final = (  # as folding leaves them
    "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "abcdefghijklmnopqrstuvwxyzæøœı",
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ",
    "αβγδεζηθικλμνξοπρστυφχψως",
    "אבגדהוזחטיכךלמםנןסעפףצץקרשת",
)


def one_error(word: str) -> set[str]:
    """Everything that is one error away from it, most of which are no words."""
    letters = next((letters for letters in _ALPHABETS if any(letter in letters for letter in word)), "")
    splits = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    return {
        *(head + tail[1:] for head, tail in splits if tail),
        *(head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1),
        *(head + letter + tail[1:] for head, tail in splits if tail for letter in letters),
        *(head + letter + tail for head, tail in splits for letter in letters),
    } - {word}


def two_errors(word: str, known: Iterable[str]) -> Iterator[str]:
    """Those of the known words that are two errors away from it, or fewer."""
    near = one_error(word)
    for other in known:
        if abs(len(other) - len(word)) <= 2 and (other in near or _distance(word, other) <= 2):
            yield other


def two_words(word: str) -> list[tuple[str, str]]:
    """The ways in which it may be two words; numbers begin and end where the letters do."""
    if word.isalpha():
        places = list(range(SHORTEST_PART, len(word) - SHORTEST_PART + 1))
    else:
        places = [n for n in range(1, len(word)) if word[n].isdecimal() != word[n - 1].isdecimal()]
        places = places if len(places) == 1 else []
    return [(word[:place], word[place:]) for place in places]


def may_be_misspelt(word: str) -> bool:
    """Whether it is worth looking for what was meant. Numbers are not: another number is another thing."""
    return len(word) >= SHORTEST and word.isalpha()


def _distance(one: str, other: str) -> int:
    """Letters to be put in, left out, changed or exchanged with their neighbour."""
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
