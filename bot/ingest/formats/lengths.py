"""The longest values that a program may send with an article: of hooks, of wires and of JSON Lines.

Feeds and pages are taken as they come. A program that sends a very long id has a mistake, such as a whole text in the
wrong field, and its people should read of it.
"""

from typing import Final

from bot.ingest.draft import Draft
from bot.ingest.errors import Unreadable
from bot.text.html import LONGEST_LINE

LONGEST: Final = {  # characters, by the name of the field in our own form
    "id": 500,
    "title": LONGEST_LINE,
    "url": 2_000,
    "image_url": 2_000,
    "author": 500,
    "publisher": 200,
}


def within_lengths(draft: Draft, name: str) -> Draft:
    """Returns the draft. Raises Unreadable, with `name` for the article, if one of its values is too long."""
    values = {
        "id": draft.guid,
        "title": draft.title,
        "url": draft.url,
        "image_url": draft.image_url,
        "author": draft.author,
        "publisher": draft.publisher,
    }
    for field, longest in LONGEST.items():
        value = values[field] or ""
        if len(value) > longest:
            came = f"{len(value)} characters and begins with {value[:40]!r}"
            raise Unreadable(name, f'"{field}" has {came}; expected at most {longest}')
    return draft
