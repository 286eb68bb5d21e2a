"""Chosen: what a chat wants, as one value that can be compared and restored."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a chat follows and mutes, and whether it gets all news. Times are in milliseconds since 1970.

    Where all settings can be undone, `of_chat` holds the other settings as well, and `saved` the saved articles.
    """

    of_chat: Mapping[str, int | str | None] = field(default_factory=dict)  # by column
    # By subject: muted, since, until, least_sources, resumes.
    lines: Mapping[int, tuple[int | None, ...]] = field(default_factory=dict)
    saved: frozenset[int] = frozenset()  # ids of articles
