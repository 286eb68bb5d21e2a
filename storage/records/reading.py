"""Reading: what a chat is shown of all articles."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """Which articles a chat is shown, and how."""

    languages: tuple[str, ...] = ()  # languages of the articles, ISO 639-1; empty: all languages
    grouped: bool = True  # whether lists and digests show a story only once


EVERYTHING_READ = Reading()


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """The chat that is shown a list, a count or the results of a search.

    It sees the articles of public sources, and those of the private sources that it follows. It does not see the
    articles that it mutes.
    """

    chat_row: int
    at: datetime  # a mute that has ended by then counts as none
    with_muted: bool = False  # whether the chat also sees the articles that it mutes
