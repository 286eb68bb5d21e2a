"""Extractive summaries: sentences of the article itself, in their order, so nothing is said that it does not say.

A news article says first what matters, so its opening leads; among the rest, a sentence counts by what it shares
with the whole text. Weights were set on labelled Arabic and English news with `bench/text.py`.
"""

import math
from collections import Counter
from typing import Final

from bot.text.search import index_form
from bot.text.sentences import split_sentences

CONSIDERED: Final = 120  # sentences; what comes later in a long text is not its summary
FEWEST_WORDS: Final = 5  # a shorter line is a heading, a caption or a byline
MOST_WORDS: Final = 110  # a longer one is a list
LEAD: Final = (1.0, 0.62, 0.5, 0.38, 0.3)  # what standing there is worth; later sentences get LATER
LATER: Final = 0.22
CENTRAL: Final = 0.4  # what sharing all words with the text is worth
REPEATED: Final = 0.8  # of a sentence's words in the title or in a chosen sentence: it says nothing new

Words = Counter[str]


def summarise(text: str, *, language: str, title: str = "", max_sentences: int = 3) -> tuple[str, ...]:
    """At most `max_sentences` sentences of the text, in its order, none of them the title again.

    A text without a proper sentence gives what it has; an empty one gives nothing.
    """
    sentences = split_sentences(text)[:CONSIDERED]
    words = [Counter(index_form(sentence, language).split()) for sentence in sentences]
    title_words = Counter(index_form(title, language).split())
    proper = [n for n, bag in enumerate(words) if FEWEST_WORDS <= bag.total() <= MOST_WORDS]
    candidates = [n for n in proper or range(len(sentences)) if not _repeats(words[n], title_words)]
    scores = _scores(words, candidates)
    chosen: list[int] = []
    for n in sorted(candidates, key=lambda n: -scores[n]):
        if len(chosen) == max_sentences:
            break
        if not any(_repeats(words[n], words[other]) for other in chosen):
            chosen.append(n)
    return tuple(sentences[n] for n in sorted(chosen))


def _scores(words: list[Words], candidates: list[int]) -> dict[int, float]:
    """Place in the text plus likeness to the whole of it (cosine, words weighted by their rarity in sentences)."""
    frequency = Counter(word for bag in words for word in bag)
    rarity = {word: math.log(1 + len(words) / count) for word, count in frequency.items()}
    whole: dict[str, float] = {}
    for bag in words:
        for word, count in bag.items():
            whole[word] = whole.get(word, 0.0) + count * rarity[word]
    length = math.sqrt(sum(value * value for value in whole.values())) or 1.0
    scores: dict[int, float] = {}
    for place, n in enumerate(candidates):
        vector = {word: count * rarity[word] for word, count in words[n].items()}
        own = math.sqrt(sum(value * value for value in vector.values())) or 1.0
        likeness = sum(value * whole[word] for word, value in vector.items()) / (own * length)
        scores[n] = CENTRAL * likeness + (LEAD[place] if place < len(LEAD) else LATER)
    return scores


def _repeats(bag: Words, other: Words) -> bool:
    """Whether most words of the shorter of the two are in the other."""
    smaller = min(bag.total(), other.total())
    return bool(smaller) and (bag & other).total() > REPEATED * max(smaller, 0.6 * bag.total())
