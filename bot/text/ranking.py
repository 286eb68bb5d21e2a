"""Which of the articles that a search found come first.

By words: BM25 over stems, a word of the title counted as several of the body's, each word weighted by how rare it is
among all articles. Articles that have all words go before those that have some. The best of them are then ranked
again with what letters they share with the query, whole words or not: groups of three letters within words (كتابة and
يكتبون share some, where stems share nothing) and of four across words (so that words side by side count). Both are
weighted by their rarity among the articles at hand, which was as good as among all of them and costs no index.

Newness is worth up to NEW more of an article's score, and half as much for each HALF_AS_NEW that it is older than the
newest one at hand. So among equals the newest is first; what has a rarer word, or the words in its title where
another has them once in its body, stays before that one however old it is; and articles of one age keep their order.
Newness never lifts what has some of the words above what has all. NEW and HALF_AS_NEW are chosen, not measured: the
questions have no dates.

The rest was set on every other question of ARCD and XQuAD (Arabic) over their paragraphs. Mean reciprocal rank at 10
on that half (arcd, xquad_ar): words alone 0.774, 0.947, with letters 0.803, 0.959; on the other half 0.827, 0.938 and
0.849, 0.944. Half as many groups of letters do as well as all (0.803, 0.963 and 0.846, 0.950) in less time. Tried and
left out: letters without stems (0.788, 0.951), the words as they are written beside their stems (lower on both),
groups of five letters (lower on both), pairs of neighbouring stems (nothing gained over groups across words). Ranking
some before all by score alone gains 0.004 on arcd, but buries what has all words.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.text.search import as_written
from storage.records import Query, SearchCandidates, SourceText, Term

# BM25's own two: how soon one more of the same word adds nothing, and how much a long text is held back.
SATURATION: Final = 1.2
LENGTH: Final = 0.75
IN_TITLE: Final = 4  # what a word in the title counts as, in words of the body
LETTERS: Final = 0.6  # what a group of letters counts for beside a word of the same rarity
RANKED_AGAIN: Final = 40  # the best by words; 80 place the first ten as well, 30 and fewer worse
LOOKED_INTO: Final = 1_200  # letters of a text: a news article says early what it is about
MOST_GROUPS: Final = 60  # of letters: those within the words, and of a short query all across them
NEW: Final = 0.15
HALF_AS_NEW: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Scored:
    id: int
    whole: bool
    score: float
    published_at: datetime

    @property
    def place(self) -> tuple[bool, float, datetime, int]:
        return self.whole, self.score, self.published_at, self.id


def by_words(query: Query, found: SearchCandidates) -> list[Scored]:
    """All candidates, the best first."""
    # The title stands in front as often as it counts: one way over the text for each form of a word.
    texts = [f" {(one.search.title + ' ') * IN_TITLE}{one.search.body} " for one in found.candidates]
    counts = [[sum(text.count(f" {form} ") for form in term.forms) for term in query.terms] for text in texts]
    lengths = [one.search.body.count(" ") + 1 for one in found.candidates]
    usual = sum(lengths) / len(lengths) if lengths else 1.0
    scored = [
        Scored(
            one.id,
            one.whole,
            sum(weight * _bm25(count, length / usual) for weight, count in zip(found.weights, times, strict=True)),
            one.published_at,
        )
        for one, times, length in zip(found.candidates, counts, lengths, strict=True)
    ]
    return _best_first(scored)


def by_letters(query: Query, scored: Sequence[Scored], written: Mapping[int, SourceText]) -> list[Scored]:
    """Those whose texts are given, ranked again; those that a phrase is missing from, or that have one that they must
    not have, are left out. The others, which are worse by words, follow as they are.
    """
    kept = [one for one in scored if one.id in written]
    exact = is_exact(query)
    most = None if exact else LOOKED_INTO
    texts = [(as_written(written[one.id].title), as_written(written[one.id].body[:most])) for one in kept]
    if exact:
        fits = [_has_phrases(query, title, body) for title, body in texts]
        kept = [one for one, fit in zip(kept, fits, strict=True) if fit]
        texts = [text for text, fit in zip(texts, fits, strict=True) if fit]
    shared = _letters([(title + body)[:LOOKED_INTO] for title, body in texts], _groups(query))
    again = [
        Scored(one.id, one.whole, one.score + LETTERS * more, one.published_at)
        for one, more in zip(kept, shared, strict=True)
    ]
    return [*_best_first(again), *(one for one in scored if one.id not in written)]


def to_be_read(query: Query, scored: Sequence[Scored]) -> list[int]:
    """The articles whose texts are needed for ranking again: all of them where it must be seen what is written."""
    if not query.terms and not query.without:
        return []
    return [one.id for one in (scored if is_exact(query) else scored[:RANKED_AGAIN])]


def as_written_in(query: Query, written: Mapping[int, SourceText]) -> list[int]:
    """Those of these texts that have the phrases that they must have, and none that they must not."""
    return [
        number for number, one in written.items() if _has_phrases(query, as_written(one.title), as_written(one.body))
    ]


def is_exact(query: Query) -> bool:
    """Whether it must be seen what is written, beside what is found."""
    return any(term.written for term in (*query.terms, *query.without))


def _best_first(scored: Sequence[Scored]) -> list[Scored]:
    newest = max((one.published_at for one in scored), default=None)
    if newest is None:
        return []
    with_age = [
        Scored(
            one.id,
            one.whole,
            one.score * (1 + NEW * 0.5 ** ((newest - one.published_at) / HALF_AS_NEW)),
            one.published_at,
        )
        for one in scored
    ]
    order = sorted(range(len(scored)), key=lambda n: with_age[n].place, reverse=True)
    return [scored[n] for n in order]  # without it: it must not count twice


def _bm25(count: float, length: float) -> float:
    return count * (SATURATION + 1) / (count + SATURATION * (1 - LENGTH + LENGTH * length)) if count else 0.0


def _has_phrases(query: Query, title: str, body: str) -> bool:
    def has(term: Term) -> bool:
        return term.written in title or term.written in body

    return all(has(term) for term in query.terms if term.written) and not any(
        has(term) for term in query.without if term.written
    )


def _groups(query: Query) -> list[str]:
    """Groups of letters of what is searched for, each as often as it is in it."""
    words = [word for term in query.terms for word in term.word.split()]
    within = [f" {word} "[start : start + 3] for word in words for start in range(len(word))]
    joined = f" {' '.join(words)} "
    across = [joined[start : start + 4] for start in range(len(joined) - 3)]
    return [*within, *across][:MOST_GROUPS]


def _letters(texts: Sequence[str], groups: Sequence[str]) -> list[float]:
    """BM25 of groups of letters over these texts alone."""
    scores = [0.0] * len(texts)
    if not texts:
        return scores
    usual = sum(map(len, texts)) / len(texts)
    burst_skipped = [SATURATION * (1 - LENGTH + LENGTH * len(text) / usual) for text in texts]
    for group, times in Counter(groups).items():
        counts = [text.count(group) for text in texts]
        having = sum(map(bool, counts))
        rarity = times * math.log(1 + (len(texts) - having + 0.5) / (having + 0.5))
        for n, count in enumerate(counts):
            if count:
                scores[n] += rarity * count * (SATURATION + 1) / (count + burst_skipped[n])
    return scores
