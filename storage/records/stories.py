"""Stories: what texts are compared by, and which articles tell the same event."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What a text is compared by. Storage keeps it, finds others by it, and leaves the comparing to who made it."""

    words: Mapping[int, float]  # numbers of words, below 2**32, and how much each is said
    runs: tuple[int, ...]  # numbers of a few runs of words, the same ones in each text that holds them
    sketch: bytes  # of the wording


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateStory:
    story_id: int
    texts: int  # different ones
    words: Mapping[int, float]  # added up over these


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateText:
    article_id: int  # of the first article that carries it
    story_id: int
    words: Mapping[int, float]
    sketch: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryCandidates:
    """What an article is compared with: of the same days, and sharing rare words or runs of words with it."""

    stories: tuple[CandidateStory, ...]
    texts: tuple[CandidateText, ...]  # none of them a copy
    counts: Mapping[int, int]  # open stories that hold each word named here; 0 where it is missing
    total: int  # open stories in the article's language


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPlacement:
    """Where an article belongs."""

    story_id: int | None = None  # None: a story of its own
    duplicate_of: int | None = None  # the article whose text it carries, of the same story


Decide = Callable[
    [Fingerprint, StoryCandidates], StoryPlacement
]  # pure and quick: it is called while others wait to write


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryArticle:
    """An article of a story, as an editor looks at it."""

    id: int
    title: str
    source: str | None
    published_at: datetime
    duplicate_of: int | None
    by_person: bool  # it is where a person said
    retracted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Two stories that a person made one."""

    story_id: int
    one_text: bool  # what was split off a text is back with it: messages come to name who else carries it, as before
