"""Recognizes a serial: a bulletin of one source that comes again with other numbers, such as the weather of each day.

Its issues have one headline and one beginning of the text, but for numbers and weekdays. A headline alone is not
enough: a newsroom writes "Two arrested after robbery in the port" about two robberies, and then names other places.
"""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from bot.text.forms import is_weekday

LEAST_LASTING: Final = 3  # words of the headline that each issue has
BEGINNING: Final = 12  # words at the beginning of the text that each issue has, numbers not counted
LEAST_NUMBERS: Final = 3  # numbers in headline and text: other articles with one headline are no bulletins
LOOKED_INTO: Final = 200  # words of the text, for its numbers


def serial(title: Sequence[str], body: Sequence[str]) -> int | None:
    """Returns a number that the issues of a serial share, or None for a text that has not the form of an issue.

    The words are in index form (`bot.text.search.index_words`). The number is below 2**56.
    """
    lasting = list(_lasting(title))
    numbers = {word for word in (*title, *islice(body, LOOKED_INTO)) if _is_number(word)}
    if len(lasting) < LEAST_LASTING or len(numbers) < LEAST_NUMBERS:
        return None
    told = " ".join([*lasting, "|", *islice(_lasting(body), BEGINNING)])
    return int.from_bytes(hashlib.blake2b(told.encode(), digest_size=7).digest())


def _lasting(words: Iterable[str]) -> Iterable[str]:
    return (word for word in words if not _is_number(word) and not is_weekday(word))


def _is_number(word: str) -> bool:
    return any(letter.isdecimal() for letter in word)
