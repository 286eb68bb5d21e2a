"""The readers of article pages that are compared: ours and two libraries. Each returns its values under our names."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from lxml import etree

from bot.ingest.errors import Unreadable
from bot.ingest.formats import page
from bot.ingest.formats.encoding import decode
from bot.text.document import pictures_of, read_document
from bot.text.language import detect

Reader = Callable[[bytes, str | None], dict[str, Any]]


def ours(html: bytes, url: str | None) -> dict[str, Any]:
    try:
        draft = page.read(html, name="page", url=url)
    except Unreadable:
        return {}
    published = draft.published.isoformat() if draft.published else ""
    return {
        "body": draft.body,
        "title": draft.title,
        "date": published[:10],
        "time": published[:16],
        "section": draft.category,
        "author": draft.author,
        "image": draft.image_url,
        "pictures": [picture.address for picture in pictures_of(read_document(draft.document, draft.body))],
        "link": draft.url,
        "language": detect(f"{draft.title}\n{draft.body}", draft.language),
    }


def trafilatura_alone(html: bytes, url: str | None) -> dict[str, Any]:
    import trafilatura

    found: Any = trafilatura.bare_extraction(
        decode(html), url=url, favor_precision=True, include_comments=False, include_tables=False, with_metadata=True
    )
    if not found:
        return {}
    return {
        "body": found.text or "",
        "title": found.title,
        "date": found.date,
        "section": (found.categories or [None])[0],
        "author": found.author,
        "image": found.image,
        "link": found.url,
        "language": found.language,
    }


def readability(html: bytes, url: str | None) -> dict[str, Any]:
    from lxml.html import fromstring
    from readability import Document

    document = Document(decode(html), url=url)
    try:
        body = "\n".join(fromstring(document.summary()).itertext())
    except (ValueError, etree.LxmlError):  # no text at all
        return {}
    return {"body": body, "title": document.short_title()}


def read_all(read: Reader, pages: Sequence[tuple[bytes, str | None]]) -> list[dict[str, Any]]:
    """Returns what is read of each page. A page is its HTML with its address."""
    return [read(html, url) for html, url in pages]


READERS: Final[dict[str, Reader]] = {
    "ours": ours,
    "trafilatura, favor_precision": trafilatura_alone,
    "readability-lxml": readability,
}
