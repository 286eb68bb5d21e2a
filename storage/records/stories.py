"""Stories: the fingerprints by which texts are compared, and the articles about the same event."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """The numbers by which a text is compared with others.

    Storage keeps them and finds candidates by them. The code that makes them also compares them.
    """

    words: Mapping[int, float]  # the weight of each word in the text; words are numbers below 2**32
    runs: tuple[int, ...]  # numbers of a few runs of words, chosen alike in every text that contains these runs
    sketch: bytes  # a short summary of the wording
    serial: int | None = None  # what the issues of a bulletin share: lists show the newest issue of a source


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateStory:
    """A story that an article is compared with."""

    story_id: int
    texts: int  # number of different texts
    words: Mapping[int, float]  # the weights of its words, added up over these texts
    sketch: bytes | None  # of its first article; None if that article is pruned


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateText:
    """A text that an article is compared with."""

    article_id: int  # the first article that has this text
    story_id: int
    words: Mapping[int, float]
    sketch: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryCandidates:
    """The stories and texts that an article is compared with.

    They are from the same days, and they share rare words or runs of words with the article.
    """

    stories: tuple[CandidateStory, ...]
    texts: tuple[CandidateText, ...]  # without duplicates
    counts: Mapping[int, int]  # number of open stories that contain each word of this record; a missing word has 0
    total: int  # number of open stories in the article's language


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPlacement:
    """The story that an article belongs to, the article that it duplicates, and stories that it shows to be one."""

    story_id: int | None = None  # None: the article begins a new story
    duplicate_of: int | None = None  # the article in the same story that has the same text
    same_event: tuple[int, ...] = ()  # other stories of the event that this story reports


Decide = Callable[
    [Fingerprint, StoryCandidates], StoryPlacement
]  # must be pure and fast, because it is called while other writers wait


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryArticle:
    """An article of a story, with the fields that an editor checks."""

    id: int
    title: str
    source: str | None
    published_at: datetime
    duplicate_of: int | None
    by_person: bool  # whether a person placed the article in this story
    retracted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The result after a person merged two stories."""

    story_id: int
    # Whether an article that was split off from its duplicates is their duplicate again. If so, messages name the
    # other sources of its text again.
    one_text: bool
