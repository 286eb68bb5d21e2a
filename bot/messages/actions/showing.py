"""Actions that show articles: lists, an article, its story, a digest, and what is done with one article."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class NewestList:
    """A page of the newest headlines."""

    code: ClassVar[str] = "N"
    # The page begins after the article at this place, or ends before it if `newer` is 1. 0 and 0: the first page.
    place_ms: int = 0
    place_id: int = 0
    newer: int = 0
    first: int = 1  # number of the first headline
    size: int = 5
    muted: int = 0  # 1: with the articles that the chat mutes


@dataclass(frozen=True, slots=True)
class CategoryList:
    """A page of the newest headlines of a category."""

    code: ClassVar[str] = "C"
    category: int
    place_ms: int = 0  # as in NewestList
    place_id: int = 0
    newer: int = 0
    first: int = 1
    size: int = 5
    muted: int = 0  # as in NewestList


@dataclass(frozen=True, slots=True)
class ChosenList:
    """A page of the newest headlines that the chat gets by what it follows."""

    code: ClassVar[str] = "O"
    place_ms: int = 0  # as in NewestList
    place_id: int = 0
    newer: int = 0
    first: int = 1
    size: int = 5
    muted: int = 0


@dataclass(frozen=True, slots=True)
class SearchList:
    """A page of search results."""

    code: ClassVar[str] = "S"
    search: int  # id of the stored query
    newest: int = 0  # id of the newest article that is searched, so that pages stay stable; 0: no limit
    skip: int = 0  # hits on the pages before
    elsewhere: int = 0  # 1: in the languages that the chat does not read
    first: int = 1
    size: int = 5
    muted: int = 0  # as in NewestList


@dataclass(frozen=True, slots=True)
class SavedList:
    """A page of the saved articles."""

    code: ClassVar[str] = "L"
    skip: int = 0  # articles on the pages before
    removing: int = 0  # 1: its numbers remove articles


HeadlineList = NewestList | CategoryList | ChosenList | SearchList


@dataclass(frozen=True, slots=True)
class ShowArticle:
    """The summary of an article. `back` is the list that it was opened from."""

    code: ClassVar[str] = "A"
    article: int
    back: HeadlineList | SavedList | None = None


@dataclass(frozen=True, slots=True)
class ShowStory:
    """All articles of the article's present story. `back` is the list that the article was opened from."""

    code: ClassVar[str] = "T"
    article: int
    back: HeadlineList | SavedList | None = None


@dataclass(frozen=True, slots=True)
class StoryPage:
    """A page of the articles of a story, in place of another page. `article` and `back` are as in ShowStory."""

    code: ClassVar[str] = "st"
    article: int
    turned: int = 0  # pages before this one
    back: HeadlineList | SavedList | None = None


@dataclass(frozen=True, slots=True)
class StoryItem:
    """The summary of an article that was opened from its story."""

    code: ClassVar[str] = "M"
    article: int
    back: ShowStory | StoryPage


@dataclass(frozen=True, slots=True)
class ShowText:
    """A further part of an article's full text. Part 0 is below the summary."""

    code: ClassVar[str] = "x"
    article: int
    part: int


@dataclass(frozen=True, slots=True)
class ShowAlert:
    """The alert, after its summary was opened."""

    code: ClassVar[str] = "b"
    article: int


@dataclass(frozen=True, slots=True)
class Play:
    """Send the sound or film of an article."""

    code: ClassVar[str] = "pl"
    article: int


@dataclass(frozen=True, slots=True)
class ShowDigest:
    """A digest, after one of its articles was opened."""

    code: ClassVar[str] = "d"
    delivery: int


@dataclass(frozen=True, slots=True)
class DigestItem:
    """The summary of an article that was opened from a digest."""

    code: ClassVar[str] = "i"
    article: int
    delivery: int


@dataclass(frozen=True, slots=True)
class DigestStory:
    """A page of the articles of a story that was opened from a digest."""

    code: ClassVar[str] = "j"
    article: int
    delivery: int
    turned: int = 0  # pages before this one


OpenedFrom = HeadlineList | SavedList | ShowStory | StoryPage | ShowDigest


@dataclass(frozen=True, slots=True)
class ShowPage:
    """An article as a page. `back` is what it was opened from."""

    code: ClassVar[str] = "pg"
    article: int
    back: OpenedFrom | None = None


@dataclass(frozen=True, slots=True)
class ShowAsText:
    """An article as text, also in a chat that opens articles as pages. `back` as in ShowPage."""

    code: ClassVar[str] = "tx"
    article: int
    back: OpenedFrom | None = None


ArticleShown = ShowArticle | StoryItem | ShowText | ShowAlert | DigestItem | ShowPage | ShowAsText


@dataclass(frozen=True, slots=True)
class SetSaved:
    """Save an article to read later, or remove it from the saved ones."""

    code: ClassVar[str] = "K"
    article: int
    on: int


@dataclass(frozen=True, slots=True)
class RemoveSaved:
    """Remove an article from the page of saved ones that begins after `skip` articles."""

    code: ClassVar[str] = "R"
    article: int
    skip: int


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Retract an article for good, after an administrator of the bot confirmed it."""

    code: ClassVar[str] = "v"
    article: int


@dataclass(frozen=True, slots=True)
class RunTyped:
    """Run a command as if it was typed. `words` is the id of the stored text."""

    code: ClassVar[str] = "G"
    words: int


ShowingAction = (
    NewestList
    | CategoryList
    | ChosenList
    | SearchList
    | SavedList
    | ShowArticle
    | ShowStory
    | StoryPage
    | StoryItem
    | ShowText
    | ShowAlert
    | Play
    | ShowDigest
    | DigestItem
    | ShowPage
    | ShowAsText
    | DigestStory
    | SetSaved
    | RemoveSaved
    | Withdraw
    | RunTyped
)
