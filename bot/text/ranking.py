"""Ranks the articles that a search found.

The first ranking is by words: BM25 over stems. A word of the title counts as several words of the body, and each word
is weighted by its rarity among all articles. Articles with all words of the query come before articles with some.

The second ranking takes the best of them, and adds a score for the groups of letters (n-grams) that they share with
the query, in whole words or not. Groups of three letters come from within words (كتابة and يكتبون share some, though
their stems share nothing). Groups of four letters cross words, so that neighbouring words count. Both are weighted by
their rarity among the candidates. This was as good as their rarity among all articles, and needs no index.

A new article gains up to NEW of its score, and half as much for each HALF_AS_NEW that it is older than the newest
candidate. So among equal articles the newest is first. Suppose that one article has a rarer word than another, or has
the words in its title while the other has them once in its body: then it stays first, however old it is. Articles of
one age keep their order. Newness never lifts an article with some of the words above one with all. NEW and
HALF_AS_NEW are chosen, not measured: the questions have no dates.

The other constants were set on every second question of ARCD and XQuAD (Arabic) over their paragraphs. Mean
reciprocal rank at 10 (arcd, xquad_ar) on that half: 0.774, 0.947 by words alone, and 0.803, 0.959 with letters. On
the other half: 0.827, 0.938 by words alone, and 0.849, 0.944 with letters. Half of the groups of letters do as well
as all (0.803, 0.963 and 0.846, 0.950) in less time. Tried and rejected: letters without stems (0.788, 0.951),
unstemmed words beside their stems (lower on both), groups of five letters (lower on both), pairs of neighbouring
stems (no gain over groups across words). Ranking some articles before all others by score alone gains 0.004 on arcd,
but buries the articles that have all words.

A news article names its subject early. So each of the first OF_BEGINNING words of the body counts as one and a half.
For 349 headlines, among articles without headlines, mean reciprocal rank is 0.928 without that rule and 0.932 with
it on the half that it was set on, and 0.927 and 0.936 on the other half. It gains 0.003 and 0.003 on arcd, and loses
less than 0.001 on xquad_ar, whose paragraphs are no news. Tried and rejected: words that count as two (0.002 more is
lost on xquad_ar, and nothing is gained on the headlines of the other half) or three, and 20, 30 or 60 words.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.text.search import as_written, phrase_form
from storage.records import Query, SearchCandidates, SourceText, Term

# The two parameters of BM25 (k1 and b): how soon a repeated word adds nothing, and how much a long text loses.
SATURATION: Final = 1.2
LENGTH: Final = 0.75
IN_TITLE: Final = 4  # words of the body that one word of the title counts as
OF_BEGINNING: Final = 40  # first words of the body
EARLY: Final = 0.5  # what each of these counts in addition
LETTERS: Final = 0.6  # weight of a group of letters beside a word of the same rarity
RANKED_AGAIN: Final = 40  # articles, the best by words; 80 rank the first ten as well, 30 and fewer rank them worse
LOOKED_INTO: Final = 1_200  # letters of a text; a news article names its subject early
MOST_GROUPS: Final = 60  # groups of letters: those within words first, then those across words if there is room
NEW: Final = 0.15  # greatest gain by newness, as a share of the score
HALF_AS_NEW: Final = timedelta(days=14)  # half-life of that gain


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with its score."""

    id: int
    whole: bool  # whether the article has all words of the query
    score: float
    published_at: datetime

    @property
    def place(self) -> tuple[bool, float, datetime, int]:
        return self.whole, self.score, self.published_at, self.id


def by_words(query: Query, found: SearchCandidates) -> list[Scored]:
    """Returns all candidates ranked by words, the best first."""
    # A title is repeated as often as it counts, so that one pass over the text counts a form of a word.
    texts = [
        (f" {(one.search.title + ' ') * IN_TITLE}{one.search.body} ", f" {_beginning(one.search.body)} ")
        for one in found.candidates
    ]
    counts = [
        [
            sum(text.count(f" {form} ") + EARLY * beginning.count(f" {form} ") for form in term.forms)
            for term in query.terms
        ]
        for text, beginning in texts
    ]
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
    """Returns the articles whose texts are given in `written`, ranked again by letters.

    The result leaves out articles that lack a required phrase or contain an excluded one. The articles without a
    given text, which rank lower by words, follow in their order.
    """
    kept = [one for one in scored if one.id in written]
    if is_exact(query):
        kept = [one for one in kept if _has_phrases(query, written[one.id])]
    texts = [
        (as_written(written[one.id].title) + as_written(written[one.id].body[:LOOKED_INTO]))[:LOOKED_INTO]
        for one in kept
    ]
    shared = _letters(texts, _groups(query))
    again = [
        Scored(one.id, one.whole, one.score + LETTERS * more, one.published_at)
        for one, more in zip(kept, shared, strict=True)
    ]
    return [*_best_first(again), *(one for one in scored if one.id not in written)]


def to_be_read(query: Query, scored: Sequence[Scored]) -> list[int]:
    """Returns the ids of the articles whose texts the second ranking needs.

    If the query has an exact phrase, the second ranking needs all texts, since each must be checked for the phrase.
    """
    if not query.terms and not query.without:
        return []
    return [one.id for one in (scored if is_exact(query) else scored[:RANKED_AGAIN])]


def with_phrases(query: Query, written: Mapping[int, SourceText]) -> list[int]:
    """Returns the ids of the texts that contain each required phrase and no excluded phrase."""
    return [number for number, one in written.items() if _has_phrases(query, one)]


def is_exact(query: Query) -> bool:
    """Returns whether the query has an exact phrase, so that the texts must be checked as they are written."""
    return any(term.written for term in (*query.terms, *query.without))


def _beginning(body: str) -> str:
    return " ".join(body.split(" ", OF_BEGINNING)[:OF_BEGINNING])


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
    return [scored[n] for n in order]  # with the scores without newness, which must not count twice


def _bm25(count: float, length: float) -> float:
    return count * (SATURATION + 1) / (count + SATURATION * (1 - LENGTH + LENGTH * length)) if count else 0.0


def _has_phrases(query: Query, text: SourceText) -> bool:
    title, body = phrase_form(text.title), phrase_form(text.body)

    def has(term: Term) -> bool:
        return any(one in title or one in body for one in term.written)

    return all(has(term) for term in query.terms if term.written) and not any(
        has(term) for term in query.without if term.written
    )


def _groups(query: Query) -> list[str]:
    """Returns the groups of letters of the query, each as often as the query contains it."""
    words = [word for term in query.terms for word in term.word.split()]
    within = [f" {word} "[start : start + 3] for word in words for start in range(len(word))]
    joined = f" {' '.join(words)} "
    across = [joined[start : start + 4] for start in range(len(joined) - 3)]
    return [*within, *across][:MOST_GROUPS]


def _letters(texts: Sequence[str], groups: Sequence[str]) -> list[float]:
    """Returns the BM25 score of each text for the groups of letters, with rarity counted in these texts only."""
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
