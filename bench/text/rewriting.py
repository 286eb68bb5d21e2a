"""Texts as other newsrooms would carry them, and texts that only look so: what telling copies apart is judged by.

Made of real texts by a fixed seed. What an editor does to agency copy: another headline, an end that is cut, a
by-line, a paragraph added, some words exchanged, other orthography. What looks like a copy and is none: the same form
filled with other numbers, or other names, as match reports and market bulletins are.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

SEED: Final = 5


@dataclass(frozen=True, slots=True)
class Piece:
    title: str
    body: str


Change = Callable[[Piece, Sequence[Piece], random.Random], Piece]


def other_headline(piece: Piece, others: Sequence[Piece], random: random.Random) -> Piece:
    """Some words of the headline and some of the first sentence, in another order."""
    words = piece.title.split()[::2] + piece.body.split()[2:6]
    random.shuffle(words)
    return Piece(" ".join(words), piece.body)


def cut_end(piece: Piece, others: Sequence[Piece], random: random.Random) -> Piece:
    words = piece.body.split(" ")
    return Piece(piece.title, " ".join(words[: int(len(words) * random.uniform(0.45, 0.8))]))


def first_lines(piece: Piece, others: Sequence[Piece], random: random.Random) -> Piece:
    """What a feed carries that gives no whole texts."""
    return Piece(piece.title, " ".join(piece.body.split()[: random.randint(30, 60)]))


def framed(piece: Piece, others: Sequence[Piece], random: random.Random) -> Piece:
    """A dateline before it, and a paragraph of another text behind it."""
    tail = " ".join(random.choice(others).body.split()[: random.randint(20, 45)])
    return Piece(piece.title, f"{random.choice(others).title.split()[0]} (CAA) - {piece.body}\n\n{tail}")


def reworded(piece: Piece, others: Sequence[Piece], random: random.Random) -> Piece:
    """One word in twenty is another."""
    words = piece.body.split(" ")
    pool = random.choice(others).body.split()
    return Piece(piece.title, " ".join(random.choice(pool) if random.random() < 0.05 else word for word in words))


def respelt(piece: Piece, others: Sequence[Piece], random: random.Random) -> Piece:
    """Hamza, ta marbuta and dots as others write them, other quotes and digits, all capitals."""
    table = str.maketrans({"أ": "ا", "إ": "ا", "ة": "ه", "ى": "ي", '"': "«", ",": "،"})
    return Piece(piece.title.upper().translate(table), piece.body.translate(table))


def all_at_once(piece: Piece, others: Sequence[Piece], random: random.Random) -> Piece:
    for change in (respelt, cut_end, framed, other_headline):
        piece = change(piece, others, random)
    return piece


COPIES: Final[dict[str, Change]] = {
    "another headline": other_headline,
    "end cut": cut_end,
    "first lines only": first_lines,
    "dateline, paragraph added": framed,
    "one word in 20 exchanged": reworded,
    "other orthography": respelt,
    "all of it": all_at_once,
}


Form = Callable[[Piece, Sequence[Piece], random.Random], tuple[Piece, Piece]]


def other_numbers(piece: Piece, others: Sequence[Piece], random: random.Random) -> tuple[Piece, Piece]:
    """Two bulletins: every tenth word of the text is a number, and each number is another one the next day."""
    words = piece.body.split(" ")
    for place in range(4, len(words), 10):
        words[place] = str(random.randint(2, 400))
    today = Piece(piece.title, " ".join(words))
    return today, Piece(_renumbered(today.title, random), _renumbered(today.body, random))


def other_names(piece: Piece, others: Sequence[Piece], random: random.Random) -> tuple[Piece, Piece]:
    """Two matches in the same words with the same result: a fifth of the different words is exchanged throughout."""
    different = sorted({word for word in f"{piece.title} {piece.body}".split() if len(word) > 3})
    pool = [word for word in random.choice(others).body.split() if len(word) > 3] or different
    exchanged = {word: random.choice(pool) for word in random.sample(different, len(different) // 5)}

    def changed(text: str) -> str:
        return " ".join(exchanged.get(word, word) for word in text.split(" "))

    return piece, Piece(changed(piece.title), changed(piece.body))


def other_names_and_numbers(piece: Piece, others: Sequence[Piece], random: random.Random) -> tuple[Piece, Piece]:
    _, other = other_names(piece, others, random)
    return piece, Piece(_renumbered(other.title, random), _renumbered(other.body, random))


def _renumbered(text: str, random: random.Random) -> str:
    return re.sub(r"\d+", lambda found: str(int(found[0]) + random.randint(1, 9)), text)


FORMS: Final[dict[str, Form]] = {
    "other numbers": other_numbers,
    "other names": other_names,
    "other names and numbers": other_names_and_numbers,
}
