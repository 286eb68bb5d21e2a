"""Decides which story an article belongs to, among the candidates that storage found for it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache

from bot.text import similar
from bot.text.forms import same_form
from bot.text.serials import serial
from storage.records import CandidateStory, Fingerprint, StoryCandidates, StoryPlacement


def make_fingerprint(title: Sequence[str], body: Sequence[str], language: str) -> Fingerprint:
    """Returns the fingerprint of a text in index form, as storage keeps it."""
    made = similar.fingerprint(title, body, language)
    return Fingerprint(
        words=made.words, runs=made.runs, sketch=similar.packed(made.sketch), serial=serial(title, body)
    )


def place_article(article: Fingerprint, candidates: StoryCandidates) -> StoryPlacement:
    """Returns the article of which this one is a duplicate, or the nearest story that is near enough and
    reports one event with it, or neither. Other stories of that event are named beside it.

    An article is compared with all texts of a story together. A story that grew by likeness to any single member
    would drift, within days, to other events that are told in the same words.
    """

    @cache  # most words stand in few stories, so a few numbers serve all words
    def rarity(stories: int) -> float:
        return similar.rarity(stories, candidates.total)

    def rare(word: int) -> float:
        return rarity(candidates.counts.get(word, 0))

    if candidates.texts:
        this = similar.Fingerprint(words=article.words, runs=article.runs, sketch=similar.unpacked(article.sketch))
        for text in candidates.texts:
            other = similar.Fingerprint(words=text.words, runs=(), sketch=similar.unpacked(text.sketch))
            if similar.same_text(this, other, rare):
                return StoryPlacement(story_id=text.story_id, duplicate_of=text.article_id)
    if not candidates.stories:
        return StoryPlacement()
    weighed = similar.Weighed(article.words, rare)
    near = [(weighed.nearness(story.words, story.texts), story.story_id, story) for story in candidates.stories]
    fitting = [
        story
        for nearness, _, story in sorted(near, key=lambda one: one[:2], reverse=True)
        if nearness >= similar.SAME_EVENT and not _has_another_event(article.words, article.sketch, story)
    ]
    if not fitting:
        return StoryPlacement()
    nearest, *others = fitting
    return StoryPlacement(
        story_id=nearest.story_id,
        same_event=tuple(other.story_id for other in others if _are_one(nearest, article, other, rare)),
    )


def _are_one(story: CandidateStory, article: Fingerprint, other: CandidateStory, rare: similar.Rare) -> bool:
    """Returns whether another story reports the event of a story that an article joins."""
    mean = {word: weight / story.texts for word, weight in story.words.items()}
    if story.sketch is None or _has_another_event(mean, story.sketch, other):
        return False
    words = Counter(story.words)
    words.update(article.words)
    return similar.one_story(words, story.texts + 1, other.words, other.texts, rare)


def _has_another_event(words: Mapping[int, float], sketch: bytes, story: CandidateStory) -> bool:
    """Returns whether a text has the form of the story's first article, but reports another event."""
    if story.sketch is None:
        return False
    return same_form(words, similar.unpacked(sketch), story.words, similar.unpacked(story.sketch), story.texts)
