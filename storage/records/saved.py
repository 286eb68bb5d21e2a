"""Saved articles."""

from enum import StrEnum


class SaveResult(StrEnum):
    """What became of an article that a chat saves."""

    SAVED = "saved"  # also if it was saved before
    FULL = "full"  # the chat has saved as many articles as it may
    GONE = "gone"  # the article is not kept any more, or was withdrawn
