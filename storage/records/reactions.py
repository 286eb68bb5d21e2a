"""Reactions to posts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PostReactions:
    """The reactions to the post about an article in one channel."""

    chat_id: int  # Telegram's number
    title: str | None  # of the channel
    counts: tuple[tuple[str, int], ...]  # the most frequent first. "custom" stands for all emoji of users' own making
