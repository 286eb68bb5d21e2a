"""Finds texts that are copies of one text, and texts that report one event, by comparing their fingerprints.

One event. A text is represented by the weighted words of its title and the first two hundred words of its body, since
news tells first what happened. A story is represented by the sum of the words of its texts. The similarity of a text
and a story is their cosine, with each word weighted by its rarity. Five points make this better than TF-IDF between
articles:
- Rarity counts the stories that contain a word, not the articles. If it counted articles, a name in two hundred
  articles of one story would become a common word, and the bigger a story is, the more it would fall apart.
- A text is compared with the whole story. If it were compared with single members, stories would grow along chains: A
  is similar to B, B is similar to C, and after three days all of politics is one story (on the headlines, B-cubed F1
  is 0.59 instead of 0.76).
- A story of several texts is known better than a story of one text, so a lower similarity is enough (GROWN).
  Headlines alone share fewer words by nature, so a lower similarity is enough for them, too (SHORT).
- Two stories of one event come closer as reports join them. So when an article fits both, the two are compared as
  stories, and they become one if they are alike. So stories of headlines fall apart less (B-cubed F1 of the English
  headlines is 0.838 instead of 0.792, and 0.896 instead of 0.871 on the half that nothing was set on).
- Rarity has a prior before the first article: PRIOR_STORIES stories, of which a share of PRIOR_SHARE contains any
  given word. Function words are left out. So fifty articles are grouped as well as fifty thousand.

Tried on the pairs and rejected: pairs of words as features, binary weights (both worse), other powers of rarity, the
shared words as evidence without their share of the text, coverage of the rarest words, the number of words that carry
the similarity, the separate similarity of titles or of halves, and a regression over eleven such features (no better
on the half that it was not fitted to). The remaining errors are texts on one subject and of one place. Words do not
distinguish these, and mostly time does. Texts of one form (`bot.text.forms`) are told apart by what fills the form.
Of the pairs that were collected within three days, as texts in the window are, 0.964 of those taken for one event are
one event (0.960 on the half that nothing was set on). Of all pairs it is 0.915.

One text. The wording of a text is represented by its runs of four words. Each text keeps the smallest hashes of its
runs, and these show how many runs two texts share (MinHash). Copies that editors cut, frame or give another headline
keep their wording in one piece, mostly the beginning. Texts of one form (results, bulletins, rates) differ here and
there, so they share scattered pieces. So two texts are one text if they share most runs of the shorter text, or half
of its runs and the beginning. For a brief text the beginning alone is enough. Three more rules exclude texts of one
form: the numbers must be the same, the rare words must be similar, and each text must tell something of the title of
the other. The last rule rejects two texts that have a site's cookie notice in the place of the body.

The constants were set on one half of 199 Arabic articles of five publishers, of 2,989 English headlines and of 922
labelled pairs in ten languages (alternate clusters and pairs), and judged on the other half. The constants for
wordings were set on real texts of that half, rewritten as bench/text/rewriting.py does. `make bench-text` shows the
results.
"""

import math
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from bot.text.function_words import function_words

# The weights of a text's words, by their number and place
TITLE: Final = 2.0  # weight of a word in the title
OPENING: Final = 60  # words of the body with weight 1
FURTHER: Final = 0.5  # weight of the words after these
LOOKED_AT: Final = 200  # words of the body that are read
MOST_WORDS: Final = 64  # different words kept; with 96, groups were as good, and pairs worse

# The prior of rarity
PRIOR_STORIES: Final = 200
PRIOR_SHARE: Final = 0.01  # share of them that contains any one word
LEAST_RARITY: Final = 0.05

# One event. From 0.31 to 0.34, groups are equally good on both halves. A higher threshold makes pairs more precise.
SAME_EVENT: Final = 0.34
GROWN: Final = 0.9  # gain in similarity for each e-fold of texts in a story
# Least similarity without this gain, so that a big story does not take in what happened beside it. A story of so many
# texts has the whole of it, and a smaller one less. Without it, a GROWN above 0.45 made stories too big. When only a
# story of eight had the whole, Arabic headlines drew in what happened beside theirs (F1 0.886 instead of 0.912).
LEAST_IN_GROWN: Final = 0.2
WHOLLY_GROWN: Final = 4
GROWN_AT_MOST: Final = 30  # texts that count for this gain, so that a story does not take in every text
SHARE_POWER: Final = 0.7  # power of the share of a story's texts with a word: a word in two of thirty still counts
# Two stories that one article fits become one story at this similarity. At 0.2, both languages are grouped worse.
ONE_STORY: Final = 0.22
LEAST_KNOWN: Final = 3  # texts of each: a story of fewer says too little of its event
LARGEST_STORY: Final = 200  # texts: stories do not become one beyond it, so that no error takes in a whole subject
SHORT: Final = 1.35  # factor for the similarity of a short text
SHORT_WORDS: Final = 12  # words at most for the whole factor, which falls …
LONG_WORDS: Final = 40  # … to 1 at this number of words

# One text
RUN: Final = 4  # words
KEPT_RUNS: Final = 64  # hashes; with 48, more texts of one form with other names pass as copies
FOUND_BY: Final = (6, 4)  # hashes that find candidates: of the whole text, and of its beginning
FIRST_WORDS: Final = 40  # words of the beginning
KEPT_NUMBERS: Final = 40
KEPT_TITLE: Final = 16  # words
MOST_RUNS: Final = 0.78  # share of the shorter text's runs
HALF_OF_RUNS: Final = 0.5  # share of the shorter text's runs
ONE_BEGINNING: Final = 0.8  # with 0.65, 7 of 100 forms with other names pass, and 7 more of 100 reworded copies
BRIEF_WORDS: Final = 90  # words at most in feeds that do not carry whole texts
LEAST_RUNS: Final = 12  # a text with fewer runs must be exactly equal
LEAST_SAID: Final = 8  # words of a headline, or runs, that two newsrooms do not write by chance
SAME_NUMBERS: Final = 0.75  # share of numbers that must agree
SAME_WORDS: Final = 0.45  # similarity of the weighted words
TITLE_TOLD: Final = 0.25  # share of a title's words in the other text; headlines use other words than texts

Rare = Callable[[int], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """The wording of a text in a few hundred bytes."""

    words: int  # number of words of the body
    runs: frozenset[int]  # smallest hashes of the runs of words
    all_runs: int  # number of different runs
    first: frozenset[int]  # smallest hashes of the runs at the beginning of the body
    numbers: frozenset[int]  # smallest hashes of the numbers in title and body
    title: frozenset[int]  # hashes of the title's words, without function words


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What is compared of a text."""

    words: Mapping[int, float]  # weight of each word, by the word's hash
    runs: tuple[int, ...]  # hashes by which texts with the same wording are found
    sketch: Sketch


def fingerprint(title: Sequence[str], body: Sequence[str], language: str) -> Fingerprint:
    """Returns the fingerprint of a text, whose words must be normalized and stemmed (bot.text.search.index_form).

    This is slow work for a worker process.
    """
    common = function_words(language)
    told = [word for word in title if word not in common]
    sketch = _sketch(told, body)
    found = [*sorted(sketch.runs)[: FOUND_BY[0]], *sorted(sketch.first)[: FOUND_BY[1]]]
    if not found and len(sketch.title) >= LEAST_SAID:
        found = [number(" ".join(sorted(set(told))))]
    return Fingerprint(words=_weighted(told, body, common), runs=tuple(dict.fromkeys(found)), sketch=sketch)


def _weighted(title: Sequence[str], body: Sequence[str], common: Set[str]) -> dict[int, float]:
    said: dict[str, float] = {}
    for words, worth in ((title, TITLE), (body[:OPENING], 1.0), (body[OPENING:LOOKED_AT], FURTHER)):
        for word, times in Counter(words).items():
            if word not in common:
                said[word] = said.get(word, 0.0) + times * worth
    most = sorted(said, key=said.__getitem__, reverse=True)[:MOST_WORDS]
    return {number(word): 1 + math.log(said[word]) if said[word] >= 1 else said[word] for word in most}


def _sketch(title: Sequence[str], body: Sequence[str]) -> Sketch:
    runs = _runs(body)
    numbers = {number(word) & 0xFFFF for word in filter(str.isdecimal, (*title, *body))}
    return Sketch(
        words=len(body),
        runs=_smallest(runs, KEPT_RUNS),
        all_runs=len(runs),
        first=_smallest(_runs(body[:FIRST_WORDS]), KEPT_RUNS // 2),
        numbers=_smallest(numbers, KEPT_NUMBERS),
        title=frozenset(number(word) for word in list(dict.fromkeys(title))[:KEPT_TITLE]),
    )


def _runs(words: Sequence[str]) -> set[int]:
    if len(words) < RUN:
        return set()
    # Each run is a slice of one string of bytes: to join and to encode each by itself takes three times as long.
    encoded = [word.encode() for word in words]
    ends = list(accumulate(len(word) + 1 for word in encoded))
    text = b" ".join(encoded)
    begins = [0, *ends[:-RUN]]
    return {zlib.crc32(text[begin : end - 1]) for begin, end in zip(begins, ends[RUN - 1 :], strict=True)}


def number(words: str) -> int:
    """Returns a hash of the words that is the same in every process, unlike hash()."""
    return zlib.crc32(words.encode())


def _smallest(numbers: Set[int], most: int) -> frozenset[int]:
    return frozenset(sorted(numbers)[:most])


# One event


def rarity(stories_with_it: int, stories: int) -> float:
    """Returns the weight of a word: the logarithm of all stories over the stories with it, both with their prior."""
    return max(LEAST_RARITY, math.log((stories + PRIOR_STORIES) / (stories_with_it + PRIOR_STORIES * PRIOR_SHARE)))


def nearness(words: Mapping[int, float], story: Mapping[int, float], texts: int, rare: Rare) -> float:
    """Returns the similarity of a text and a story. At SAME_EVENT or more, the text reports the story's event.

    `story` is the sum of the words of its texts, and `texts` is their number.
    """
    return Weighed(words, rare).nearness(story, texts)


class Weighed:
    """The words of a text with their rarity, weighed once for all stories that the text is compared with."""

    def __init__(self, words: Mapping[int, float], rare: Rare) -> None:
        self._rare = rare
        self._words = {word: weight * rare(word) for word, weight in words.items()}
        self._length = math.hypot(*self._words.values())
        self._briefness = _briefness(len(words))

    def nearness(self, story: Mapping[int, float], texts: int) -> float:
        said, told = self._words, profile(story, texts, self._rare)
        shared = sum([weight * told[word] for word, weight in said.items() if word in told])
        if not shared:
            return 0.0
        alone = shared / (self._length * math.hypot(*told.values())) * self._briefness
        if alone < LEAST_IN_GROWN * min(1.0, math.log(texts, WHOLLY_GROWN)):
            return 0.0
        return alone * (1 + GROWN * math.log(min(texts, GROWN_AT_MOST)))


def profile(story: Mapping[int, float], texts: int, rare: Rare) -> dict[int, float]:
    """Returns the weight of each word of a story. `story` is the sum of the words of its texts."""
    return {word: math.pow(weight / texts, SHARE_POWER) * rare(word) for word, weight in story.items()}


def one_story(one: Mapping[int, float], texts: int, other: Mapping[int, float], others: int, rare: Rare) -> bool:
    """Returns whether two stories that one article fits report one event.

    `one` and `other` are the sums of the words of their texts, `texts` and `others` the numbers of these texts.
    """
    if min(texts, others) < LEAST_KNOWN or texts + others > LARGEST_STORY:
        return False
    a, b = profile(one, texts, rare), profile(other, others, rare)
    shared = sum([weight * b[word] for word, weight in a.items() if word in b])
    return shared >= ONE_STORY * math.hypot(*a.values()) * math.hypot(*b.values())


def _briefness(words: int) -> float:
    share = (LONG_WORDS - words) / (LONG_WORDS - SHORT_WORDS)
    return 1 + (SHORT - 1) * min(1.0, max(0.0, share))


# One text


def same_text(one: Fingerprint, other: Fingerprint, rare: Rare) -> bool:
    """Returns whether both fingerprints belong to one text, verbatim or lightly rewritten."""
    a, b = one.sketch, other.sketch
    if not _numbers_agree(a, b):
        return False
    if min(a.all_runs, b.all_runs) < LEAST_RUNS:
        return (a.title, a.runs) == (b.title, b.runs) and len(a.title) + a.all_runs >= LEAST_SAID
    if not (_title_told(a, other) and _title_told(b, one)):
        return False
    return _one_wording(a, b) and nearness(one.words, other.words, 1, rare) >= SAME_WORDS


def _one_wording(a: Sketch, b: Sketch) -> bool:
    beginning = alike(a.first, b.first, KEPT_RUNS // 2)
    shorter, longer = sorted((a.all_runs, b.all_runs))
    share = alike(a.runs, b.runs, KEPT_RUNS)
    shared = share * (shorter + longer) / (1 + share) / shorter  # share of the shorter text's runs
    return (
        shared >= MOST_RUNS
        or (shared >= HALF_OF_RUNS and beginning >= ONE_BEGINNING)
        or (min(a.words, b.words) <= BRIEF_WORDS and beginning >= ONE_BEGINNING)
    )


def alike(one: Set[int], other: Set[int], most: int) -> float:
    """Returns the estimated share of runs that both texts have, of all runs in either (MinHash).

    The estimate uses the smallest hashes of each text.
    """
    kept = _smallest(one | other, most)
    return len(kept & one & other) / len(kept) if kept else 0.0


def _numbers_agree(a: Sketch, b: Sketch) -> bool:
    """Returns whether the text with more numbers contains nearly all numbers of the other text."""
    fewer, more = sorted((a.numbers, b.numbers), key=len)
    if len(more) == KEPT_NUMBERS:  # larger hashes were not kept
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
