"""Categories and sources by the names that people type."""

from collections.abc import Iterable
from functools import cache

from bot.text.arabic import normalize
from bot.text.fuzzy_names import comparable, fuzzy_matches
from bot.text.typed_words import typed_phrases
from storage import Storage
from storage.records import Category, Viewer

MOST_SIMILAR = 4


def is_all_news(typed: str) -> bool:
    """Returns whether this is a name of all news."""
    return comparable(typed) in _names_of_all_news()


@cache
def _names_of_all_news() -> frozenset[str]:
    return frozenset(map(comparable, typed_phrases("names", "all news")))


async def category_named(storage: Storage, typed: str, viewer: Viewer | None) -> Category | None:
    """Returns the category with this name or alias. The article ال, vowel signs and kinds of letters don't matter."""
    found = await storage.categories.find(normalize(typed), viewer=viewer)
    if found is not None:
        return found
    called = comparable(typed)
    names = await storage.categories.names(viewer=viewer)
    same = {one.id: one for name, one in names if called and comparable(name) == called}
    return next(iter(same.values())) if len(same) == 1 else None


async def source_named(storage: Storage, typed: str, viewer: Viewer) -> str | None:
    """Returns the name of the source with this name."""
    called = comparable(typed)
    names = await storage.search.source_names(viewer=viewer)
    return next((one for one in names if called and comparable(one) == called), None)


def matching_names(typed: str, names: Iterable[str]) -> list[str]:
    """Returns the names that are equal to the typed one, or else those that begin with it."""
    called = comparable(typed)
    compared = {one: comparable(one) for one in names} if called else {}
    same = [one for one, form in compared.items() if form == called]
    return same or [
        one
        for one, form in compared.items()
        if form.startswith(called) or normalize(one).startswith(normalize(typed))
    ]


def similar_names(typed: str, names: Iterable[str]) -> tuple[str, ...]:
    """Returns a few names that begin with the typed one, or else those that are spelt like it."""
    listed = list(names)
    return tuple(matching_names(typed, listed)[:MOST_SIMILAR] or fuzzy_matches(typed, listed, MOST_SIMILAR))
