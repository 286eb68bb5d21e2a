"""Which texts are one text, and which tell one event: a fingerprint of each, and how near two of them are."""

import math
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from bot.text.function_words import function_words
from bot.text.search import index_form

TITLE: Final = 2.0
OPENING: Final = 60  # words of the body that count whole
LOOKED_AT: Final = 200  # words of the body
FURTHER: Final = 0.5  # what a word after the opening counts
MOST_WORDS: Final = 64  # of a fingerprint

PRIOR_STORIES: Final = 200
PRIOR_SHARE: Final = 0.01
LEAST_RARITY: Final = 0.05

SAME_EVENT: Final = 0.35
GROWN: Final = 0.45
GROWN_AT_MOST: Final = 30
SHARE_POWER: Final = 0.7
SHORT: Final = 1.35
SHORT_WORDS: Final = 12
LONG_WORDS: Final = 40

RUN: Final = 4  # words
KEPT_RUNS: Final = 64
FOUND_BY: Final = (6, 4)
FIRST_WORDS: Final = 40
KEPT_NUMBERS: Final = 40
KEPT_TITLE: Final = 16

MOST_RUNS: Final = 0.78
HALF_OF_RUNS: Final = 0.5
ONE_BEGINNING: Final = 0.65
SAME_NUMBERS: Final = 0.75
SAME_WORDS: Final = 0.45
LEAST_RUNS: Final = 12
SAME_TITLE_WORDS: Final = 8
TITLE_TOLD: Final = 0.25
BRIEF_WORDS: Final = 90

Rare = Callable[[int], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """The wording of a text in a few hundred bytes."""

    words: int  # of the body
    runs: frozenset[int]  # the smallest numbers of its runs of words
    all_runs: int  # how many different ones it has
    first: frozenset[int]  # the smallest numbers of those that its body begins with
    numbers: frozenset[int]  # that are told in it, the smallest
    title: frozenset[int]  # what its title tells


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    words: Mapping[int, float]  # what is told, and how much
    runs: tuple[int, ...]  # by which texts with the same wording are found
    sketch: Sketch


def fingerprint(title: str, body: str, language: str) -> Fingerprint:
    """Of a text. Heavy enough for the workshop."""
    return fingerprint_of_words(index_form(title, language).split(), index_form(body, language).split(), language)


def fingerprint_of_words(title: Sequence[str], body: Sequence[str], language: str) -> Fingerprint:
    """Of a text whose words are folded and stemmed already."""
    common = function_words(language)
    told = [word for word in title if word not in common]
    sketch = _sketch(told, body)
    found = [*sorted(sketch.runs)[: FOUND_BY[0]], *sorted(sketch.first)[: FOUND_BY[1]]]
    if not found and len(sketch.title) >= SAME_TITLE_WORDS:
        found = [number(" ".join(sorted(set(told))))]
    return Fingerprint(words=_weighted(told, body, common), runs=tuple(dict.fromkeys(found)), sketch=sketch)


def _weighted(title: Sequence[str], body: Sequence[str], common: Set[str]) -> dict[int, float]:
    said: Counter[str] = Counter()
    for place, word in enumerate((*title, *body[:LOOKED_AT])):
        if word not in common:
            said[word] += TITLE if place < len(title) else 1.0 if place < len(title) + OPENING else FURTHER  # type: ignore[assignment]
    return {
        number(word): 1 + math.log(times) if times >= 1 else times for word, times in said.most_common(MOST_WORDS)
    }


def _sketch(title: Sequence[str], body: Sequence[str]) -> Sketch:
    runs = _runs(body)
    numbers = {number(word) & 0xFFFF for word in (*title, *body) if word.isdecimal()}
    return Sketch(
        words=len(body),
        runs=_smallest(runs, KEPT_RUNS),
        all_runs=len(runs),
        first=_smallest(_runs(body[:FIRST_WORDS]), KEPT_RUNS // 2),
        numbers=_smallest(numbers, KEPT_NUMBERS),
        title=frozenset(number(word) for word in list(dict.fromkeys(title))[:KEPT_TITLE]),
    )


def _runs(words: Sequence[str]) -> set[int]:
    return {number(" ".join(words[place : place + RUN])) for place in range(len(words) - RUN + 1)}


def number(words: str) -> int:
    """The same in every process, unlike hash()."""
    return zlib.crc32(words.encode())


def _smallest(numbers: Set[int], most: int) -> frozenset[int]:
    return frozenset(sorted(numbers)[:most])


# One event


def rarity(stories_with_it: int, stories: int) -> float:
    """How much a word tells: the logarithm of how few stories hold it."""
    return max(LEAST_RARITY, math.log((stories + PRIOR_STORIES) / (stories_with_it + PRIOR_STORIES * PRIOR_SHARE)))


def nearness(words: Mapping[int, float], story: Mapping[int, float], texts: int, rare: Rare) -> float:
    """How near a text is to a story of so many texts, whose words are added up: from SAME_EVENT on it tells it."""
    said = {word: weight * rare(word) for word, weight in words.items()}
    told = {word: math.pow(weight / texts, SHARE_POWER) * rare(word) for word, weight in story.items()}
    shared = sum(weight * told[word] for word, weight in said.items() if word in told)
    if not shared:
        return 0.0
    lengths = math.hypot(*said.values()) * math.hypot(*told.values())
    return shared / lengths * (1 + GROWN * math.log(min(texts, GROWN_AT_MOST))) * _briefness(len(words))


def _briefness(words: int) -> float:
    share = (LONG_WORDS - words) / (LONG_WORDS - SHORT_WORDS)
    return 1 + (SHORT - 1) * min(1.0, max(0.0, share))


# One text


def same_text(one: Fingerprint, other: Fingerprint, rare: Rare) -> bool:
    """Whether both carry one text, verbatim or lightly rewritten."""
    a, b = one.sketch, other.sketch
    if not _numbers_agree(a, b):
        return False
    if min(a.all_runs, b.all_runs) < LEAST_RUNS:
        return not a.words and not b.words and a.title == b.title and len(a.title) >= SAME_TITLE_WORDS
    if not (_title_told(a, other) and _title_told(b, one)):
        return False
    return _one_wording(a, b) and nearness(one.words, other.words, 1, rare) >= SAME_WORDS


def _one_wording(a: Sketch, b: Sketch) -> bool:
    beginning = _alike(a.first, b.first, KEPT_RUNS // 2)
    shorter, longer = sorted((a.all_runs, b.all_runs))
    alike = _alike(a.runs, b.runs, KEPT_RUNS)
    shared = alike * (shorter + longer) / (1 + alike) / shorter  # of the shorter text
    return (
        shared >= MOST_RUNS
        or (shared >= HALF_OF_RUNS and beginning >= ONE_BEGINNING)
        or (min(a.words, b.words) <= BRIEF_WORDS and beginning >= ONE_BEGINNING)
    )


def _alike(one: Set[int], other: Set[int], most: int) -> float:
    """How many of the runs of both stand in both, by the smallest of each."""
    kept = _smallest(one | other, most)
    return len(kept & one & other) / len(kept) if kept else 0.0


def _numbers_agree(a: Sketch, b: Sketch) -> bool:
    """Whether the numbers that the one with fewer of them tells stand in the other, but for a few."""
    fewer, more = sorted((a.numbers, b.numbers), key=len)
    if len(more) == KEPT_NUMBERS:  # the others are not known
        fewer = frozenset(number for number in fewer if number <= max(more))
    return len(fewer & more) >= SAME_NUMBERS * len(fewer)


def _title_told(sketch: Sketch, other: Fingerprint) -> bool:
    told = sum(word in other.words for word in sketch.title)
    return told >= TITLE_TOLD * len(sketch.title)


# As bytes, for storage


def packed(sketch: Sketch) -> bytes:
    parts = (sketch.runs, sketch.first, sketch.title, sketch.numbers)
    counts = (sketch.words, sketch.all_runs, *map(len, parts))
    values = [number for part in parts for number in part]
    form = f"<6H{len(values) - len(sketch.numbers)}I{len(sketch.numbers)}H"
    return struct.pack(form, *(min(count, 0xFFFF) for count in counts), *values)


def unpacked(data: bytes) -> Sketch:
    words, all_runs, runs, first, title, numbers = struct.unpack_from("<6H", data)
    values = struct.unpack_from(f"<{runs + first + title}I{numbers}H", data, 12)
    return Sketch(
        words=words,
        all_runs=all_runs,
        runs=frozenset(values[:runs]),
        first=frozenset(values[runs : runs + first]),
        title=frozenset(values[runs + first : runs + first + title]),
        numbers=frozenset(values[runs + first + title :]),
    )
