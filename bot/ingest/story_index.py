"""Where an article belongs among those of the last days: what storage found near it, judged by bot.text.similar."""

from collections.abc import Sequence
from functools import cache

from bot.text import similar
from storage.records import Fingerprint, StoryCandidates, StoryPlacement


def make_fingerprint(title: Sequence[str], body: Sequence[str], language: str) -> Fingerprint:
    """Of a text in index form, as storage keeps it."""
    made = similar.fingerprint(title, body, language)
    return Fingerprint(words=made.words, runs=made.runs, sketch=similar.packed(made.sketch))


def place_article(article: Fingerprint, candidates: StoryCandidates) -> StoryPlacement:
    """The text that it carries; else the nearest story, if it is near enough; else a story of its own.

    Compared is with stories as they are told by all of their texts, not with single articles: a story that grows by
    likeness to any one of its members drifts, over a few days, into whatever is written in the same words.
    """

    @cache
    def rare(word: int) -> float:
        return similar.rarity(candidates.counts.get(word, 0), candidates.total)

    this = similar.Fingerprint(words=article.words, runs=article.runs, sketch=similar.unpacked(article.sketch))
    for text in candidates.texts:
        other = similar.Fingerprint(words=text.words, runs=(), sketch=similar.unpacked(text.sketch))
        if similar.same_text(this, other, rare):
            return StoryPlacement(story_id=text.story_id, duplicate_of=text.article_id)
    fuzzy_matches = max(
        (
            (similar.nearness(article.words, story.words, story.texts, rare), story.story_id)
            for story in candidates.stories
        ),
        default=(0.0, 0),
    )
    return StoryPlacement(story_id=fuzzy_matches[1] if fuzzy_matches[0] >= similar.SAME_EVENT else None)
