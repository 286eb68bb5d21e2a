"""Subjects: what a chat can follow or mute."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.records.categories import CategoryName
from storage.records.search import Term


class SubjectKind(StrEnum):
    """The kind of a subject."""

    CATEGORY = "category"
    SOURCE = "source"
    AUTHOR = "author"
    WORDS = "words"
    STORY = "story"


@dataclass(frozen=True, slots=True)
class AuthorName:
    """The name of an author, for readers and for comparing."""

    name: str  # as the publisher writes it
    normalized: str  # the form that is compared


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsQuery:
    """The words that an article must have to belong to a subject. All conditions must hold."""

    terms: tuple[Term, ...]  # at least one
    without: tuple[Term, ...] = ()
    categories: tuple[CategoryName, ...] = ()  # the article is in one of these; empty: in any
    sources: tuple[str, ...] = ()  # names as headlines show them; the article is from one of these; empty: from any
    only_titles: bool = False  # whether all terms must stand in the title


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectName:
    """Names a subject that may not be stored yet.

    A category, a source or a story is named by `ref`, its id. An author is named by `key` and `name`. Words are named
    by `key`, `name` and `query`.
    """

    kind: SubjectKind
    ref: int | None = None  # the id of the category or source, or the story_id of the story
    key: str | None = None  # what an author or words are compared by
    name: str | None = None  # what readers see of an author or of words
    query: WordsQuery | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Something that a chat can follow or mute."""

    id: int  # 0: the subject is not stored yet, because nobody has followed it; see Follows.ensure_subject
    kind: SubjectKind
    ref: int | None = None  # as in SubjectName
    key: str | None = None
    name: str | None = None  # what readers see; None: what it points at has no name, as a source without a title
    private: bool = False  # whether only its followers may know that it exists
    query: WordsQuery | None = None  # of words

    @property
    def as_name(self) -> SubjectName:
        return SubjectName(kind=self.kind, ref=self.ref, key=self.key, name=self.name, query=self.query)


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """A subject that a chat follows or mutes."""

    subject: Subject
    muted: bool  # False: the chat follows the subject
    since: datetime
    until: datetime | None = None  # None: it does not end
    least_sources: int = 1  # number of sources that the story of an article must have
