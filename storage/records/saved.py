"""Saved articles."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SAVED_MOST: Final = 500  # articles that one chat may have saved


@dataclass(frozen=True, slots=True)
class ArticleAddress:
    """The address of an article, as export and import name it."""

    url: str
    key: str = ""  # the form in which addresses are compared; empty in an export


class SaveResult(StrEnum):
    """What became of an article that a chat saves."""

    SAVED = "saved"  # also if it was saved before
    FULL = "full"  # the chat has saved as many articles as it may
    GONE = "gone"  # the article is not kept any more, or was withdrawn
