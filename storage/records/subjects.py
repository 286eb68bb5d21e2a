"""Subjects: what a chat can follow or mute."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenSubject:
    """A subject that a chat follows or mutes, as export and import name it."""

    kind: SubjectKind
    # The name of the category or author, the address of the source or of an article of the story, or the words as
    # they were typed.
    value: str
    # What the value is compared by. Of a source, its address; of a story, the address of its article in the form in
    # which addresses are compared, and empty in an export.
    key: str
    query: WordsQuery | None = None  # of words
    muted: bool = False
    until: datetime | None = None
    least_sources: int = 1


class StageKind(StrEnum):
    """What an article must pass, in this order, so that a chat is sent it as an alert."""

    PUSHED = "pushed"  # the article was new and fresh, and it was not withdrawn
    SUBSCRIBED = "subscribed"  # the chat has not stopped, and it follows something
    REACHABLE = "reachable"  # the bot can write to the chat, and could when the article was stored
    LANGUAGE = "language"  # the chat reads the language of the article
    VISIBLE = "visible"  # the source is public, or the chat has chosen something about the private source
    FOLLOWED = "followed"  # the chat follows everything or a subject of the article, since before it was stored
    SOURCES = "sources"  # enough sources report the story
    NOT_MUTED = "not_muted"  # the chat mutes no subject of the article
    RHYTHM = "rhythm"  # the chat gets alerts, or the article is breaking news; otherwise it is for a digest
    NOT_REPEATED = "not_repeated"  # the chat was not sent the same text before, alone or in a digest
    SENT = "sent"  # the message was sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One condition, and whether an article fulfils it for a chat."""

    kind: StageKind
    passed: bool
    # The follows or mutes that decide: what was followed (if the chat has not everything), or what was muted.
    choices: tuple[Follow, ...] = ()
    # Further values by name. PUSHED: "retracted"; SUBSCRIBED: "stopped"; REACHABLE: "state"; LANGUAGE: "language";
    # FOLLOWED: "everything", and "too_late" if the subject was followed after the article was stored;
    # SOURCES: "sources" and "least"; RHYTHM: "rhythm"; NOT_REPEATED: "in_digest"; SENT: "state" and "reason".
    values: Mapping[str, str | int | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why an article came to a chat, or did not come."""

    delivered: bool  # as an alert, or in a digest
    stages: tuple[Stage, ...]
