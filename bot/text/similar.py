"""Which texts are one text, and which tell one event: a fingerprint of each, and how near two of them are.

One event. A text is the weighted words of its title and its first two hundred: what happened is told at the top.
A story is the words of all of its texts, added up; how near a text is to it is the cosine of the two, each word
weighed by its rarity. Four things make it better than TF-IDF between articles:
- Rarity counts the stories that hold a word, not the articles. A name in two hundred articles of one story would
  become a common word by their number, and the story would fall apart the bigger it is.
- A text is compared with the whole story. By likeness to any one member, stories grow along chains: A is near B, B
  is near C, and after three days all of politics is one story (on the headlines, B-cubed F1 0.59 instead of 0.76).
- A story of several texts is known better than one of a single one, so less is enough (GROWN). Headlines alone share
  fewer words by nature, so less is enough for them, too (SHORT).
- Words before the first article: PRIOR_STORIES that hold PRIOR_SHARE of anything, and function words left out, so
  that fifty articles are grouped as well as fifty thousand.
Tried on the pairs and rejected: pairs of words as features, binary weights (both worse), other powers of rarity, the
words shared as evidence without their share of the text, coverage of the rarest words, how many words carry the
likeness, the likeness of titles or of halves apart, and a regression over eleven such features (no better on the half
that it was not fitted to). What is left are texts on one subject and of one place, which words don't tell apart, and
mostly time does: of the pairs that were collected within three days, as what meets in the window is, 0.955 of those
taken for one event are one (0.941 on the half that nothing was set on), of all pairs 0.910.

One text. Two texts share runs of four words; each keeps the smallest numbers of its runs, which tell how many are
shared. Copies that editors cut, frame or give another headline keep their wording in one piece, mostly the beginning;
texts of one form (results, bulletins, rates) differ here and there, so what they share are scattered pieces. So
either most runs of the shorter text are shared, or half of them and the beginning; of a brief text the beginning
alone. And against forms: the numbers must be the same, the rare words near, and something of each title told by the
other text, which it is not where a site's cookie notice stands in the place of the body.

The constants were set on one half of 199 Arabic articles of five publishers, of 2,989 English headlines and of 922
labelled pairs in ten languages (their clusters and pairs taken in turn), and judged on the others; the wordings on
real texts of that half, rewritten as bench/text/rewriting.py does. `make bench-text` shows what they reach.
"""

import math
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from bot.text.function_words import function_words

# The words of a text: as often as it is said, and where
TITLE: Final = 2.0
OPENING: Final = 60  # words of the body that count whole
FURTHER: Final = 0.5  # what the others count
LOOKED_AT: Final = 200  # words of the body
MOST_WORDS: Final = 64  # with 96, groups were as good, and pairs worse

# What rarity starts with
PRIOR_STORIES: Final = 200
PRIOR_SHARE: Final = 0.01  # of them that hold any one word
LEAST_RARITY: Final = 0.05

# One event. Groups are as good from 0.31 to 0.34 on both halves; pairs are the more precise, the higher.
SAME_EVENT: Final = 0.34
GROWN: Final = 0.45  # for each e-fold of texts
GROWN_AT_MOST: Final = 30  # texts: a story must not swallow whatever comes
SHARE_POWER: Final = 0.7  # of the texts of a story that say a word: what two of thirty say belongs to it still
SHORT: Final = 1.35  # times as near where there are no more than
SHORT_WORDS: Final = 12  # words, and falling to once at
LONG_WORDS: Final = 40

# One text
RUN: Final = 4  # words
KEPT_RUNS: Final = 64  # with 48, more forms with other names pass
FOUND_BY: Final = (6, 4)  # of the whole text and of its beginning
FIRST_WORDS: Final = 40
KEPT_NUMBERS: Final = 40
KEPT_TITLE: Final = 16  # words
MOST_RUNS: Final = 0.78
HALF_OF_RUNS: Final = 0.5
ONE_BEGINNING: Final = 0.8  # with 0.65, 7 of 100 forms with other names pass, and 7 more of 100 reworded copies
BRIEF_WORDS: Final = 90  # what feeds carry that give no whole texts
LEAST_RUNS: Final = 12  # below, nothing but the very same will do
LEAST_SAID: Final = 8  # words of a headline, or runs, that two newsrooms don't write by chance
SAME_NUMBERS: Final = 0.75
SAME_WORDS: Final = 0.45
TITLE_TOLD: Final = 0.25  # headlines say things in other words

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


def fingerprint(title: Sequence[str], body: Sequence[str], language: str) -> Fingerprint:
    """Of a text whose words are folded and stemmed (bot.text.search.index_form). Work for a worker process."""
    common = function_words(language)
    told = [word for word in title if word not in common]
    sketch = _sketch(told, body)
    found = [*sorted(sketch.runs)[: FOUND_BY[0]], *sorted(sketch.first)[: FOUND_BY[1]]]
    if not found and len(sketch.title) >= LEAST_SAID:
        found = [number(" ".join(sorted(set(told))))]
    return Fingerprint(words=_weighted(told, body, common), runs=tuple(dict.fromkeys(found)), sketch=sketch)


def _weighted(title: Sequence[str], body: Sequence[str], common: Set[str]) -> dict[int, float]:
    said: dict[str, float] = {}
    for place, word in enumerate((*title, *body[:LOOKED_AT])):
        if word not in common:
            worth = TITLE if place < len(title) else 1.0 if place < len(title) + OPENING else FURTHER
            said[word] = said.get(word, 0.0) + worth
    most = sorted(said.items(), key=lambda one: -one[1])[:MOST_WORDS]
    return {number(word): 1 + math.log(times) if times >= 1 else times for word, times in most}


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
        return (a.title, a.runs) == (b.title, b.runs) and len(a.title) + a.all_runs >= LEAST_SAID
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
