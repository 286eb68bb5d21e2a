"""Prepares a draft for storage: its text with language and summary, its search words, and its fingerprint."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from bot.ingest.draft import Draft
from bot.ingest.identity import strip_tracking
from bot.ingest.story_index import make_fingerprint
from bot.text.arabic import normalize
from bot.text.document import caption_text
from bot.text.html import one_line
from bot.text.language import detect
from bot.text.notices import without_notices
from bot.text.search import index_words, search_text
from bot.text.summary import summarise
from storage.records import AuthorName, CategoryName, Fingerprint, SearchText, Text

MOST_AUTHORS: Final = 8  # of one article; a longer list is no list of authors
_BETWEEN_AUTHORS: Final = re.compile(r"[,;،؛&/|]|\s(?:and|و)\s")

MOST_CATEGORIES: Final = 20  # of an article: some feeds list all their keywords as categories
LONGEST_CATEGORY: Final = 120  # characters; a longer name is a sentence that stands in the wrong place


def prepare_texts(drafts: Sequence[Draft]) -> list[tuple[Text, SearchText, Fingerprint]]:
    """Returns text, search text and fingerprint of each draft. Slow: run this in a worker process."""
    return [_texts(draft) for draft in drafts]


def _texts(draft: Draft) -> tuple[Text, SearchText, Fingerprint]:
    whole = draft.body or draft.lead
    news = without_notices(whole)
    language = detect(f"{draft.title}\n{whole}", draft.language)
    text = Text(
        title=draft.title,
        body=draft.body,
        lead=draft.lead,
        summary=tuple(summarise(news or whole, language=language, title=draft.title)),
        language=language,
        author=draft.author,
        url=strip_tracking(draft.url) if draft.url else None,
        image_url=draft.image_url,
        document=draft.document,
    )
    search = search_text(draft.title, f"{draft.lead}\n{draft.body}", language)
    fingerprint = make_fingerprint(*_compared(draft, news, search, language), language)
    if captions := caption_text(draft.document, draft.body):  # found by readers, and not compared with other articles
        search = search_text(draft.title, f"{draft.lead}\n{draft.body}\n{captions}", language)
    return text, search, fingerprint


def _compared(draft: Draft, news: str, search: SearchText, language: str) -> tuple[list[str], list[str]]:
    """Returns the words of title and body in index form, without notices and without the lead."""
    title = search.title.split() if without_notices(draft.title) else []
    if news is not (draft.body or draft.lead):
        return title, index_words(news, language)
    words = search.body.split()
    return title, words[len(index_words(draft.lead, language)) :] or words


def author_names(authors: str | None) -> tuple[AuthorName, ...]:
    """Returns the authors of an article, each as shown and as compared."""
    shown = (one_line(name) for name in _BETWEEN_AUTHORS.split(authors or ""))
    names = [AuthorName(name, normalize(name)) for name in shown]
    return tuple(name for name in names if any(letter.isalpha() for letter in name.normalized))[:MOST_AUTHORS]


def category_names(names: Iterable[str]) -> tuple[CategoryName, ...]:
    """Returns the first MOST_CATEGORIES categories of an article in their order, each once."""
    short = (name for name in reversed(tuple(names)) if len(name) <= LONGEST_CATEGORY)
    found = {name.normalized: name for name in map(category_name, short) if name is not None}
    return tuple(reversed(found.values()))[:MOST_CATEGORIES]


def category_name(name: str | None) -> CategoryName | None:
    """Returns a category as shown and as matched, or None if the name has no letter and no digit."""
    shown = one_line(name or "")
    normalized = normalize(shown)
    return CategoryName(shown, normalized) if any(letter.isalnum() for letter in normalized) else None
