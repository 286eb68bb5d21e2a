"""Reads article pages to drafts: the body by trafilatura, the rest by the metadata of the page.

trafilatura's own metadata are not used: it takes a date from anywhere in the page ("© 2022", another article's
JSON-LD), and a wrong date makes old news fresh.

trafilatura is asked for precision. With its defaults it finds the lead and the list items that precision costs, and
the teasers of other articles as well: after our own pruning both were equal on 145 real pages (F1 0.987 and 0.986
when this was chosen). What precision loses by accident is given back to it beforehand (`page_paragraphs`).
"""

import re
from collections.abc import Sequence
from datetime import UTC, tzinfo
from functools import partial
from itertools import islice
from typing import Any, Final

from lxml import etree
from lxml.html import HtmlElement

from bot.ingest.draft import Draft
from bot.ingest.errors import Unreadable
from bot.ingest.formats import page_metadata
from bot.ingest.formats.encoding import decode
from bot.ingest.formats.html_document import open_unclosed, walk
from bot.ingest.formats.page_boilerplate import (
    find_boilerplate,
    is_of_page,
    remove_boilerplate,
    remove_elements,
)
from bot.ingest.formats.page_document import choose
from bot.ingest.formats.page_paragraphs import make_paragraphs
from bot.ingest.formats.page_pictures import PageBlocks
from bot.text.arabic import normalize
from bot.text.document import stored_form, to_plain
from bot.text.html import clean, parse, web_address
from storage.records.documents import Document

LARGEST: Final = 5_000_000  # characters of HTML; what comes after holds no article
MOST_BYTES: Final = 4 * LARGEST  # and no more than that is decoded
MOST_TAGS: Final = 50_000  # trafilatura takes up to a tenth of a millisecond for each; real pages had up to 9,000
FEWEST_WORDS: Final = 20
_SILENT: Final = ("script", "style", "link", "meta", "svg", "template", "input", "option")
_WORD: Final = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\s\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]+")


def read(
    data: bytes,
    *,
    name: str,
    url: str | None = None,
    charset: str | None = None,
    language: str | None = None,
    timezone: tzinfo = UTC,
) -> Draft:
    """Returns the article of a page. `url` is where it was found; its server declared `charset` and `language`.

    A time without a zone is taken in `timezone`. `name` stands for the page in errors.

    Raises Unreadable.
    """
    text = decode(data[:MOST_BYTES], declared=charset)[:LARGEST]
    if text.count("<") > MOST_TAGS:
        raise Unreadable(name, f"this page has more than {MOST_TAGS} tags; expected an article page")
    root = parse(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    if root is None:
        raise Unreadable(name, "the page is empty; expected the HTML of an article page")
    # lxml makes an element anew for each look at it, unless somebody holds it: a tenth of the time of this module.
    held = list(root.iter())
    said = page_metadata.read(root, url, timezone)
    etree.strip_elements(root, *_SILENT, with_tail=False)  # what is read below looks at each element several times
    boilerplate = find_boilerplate(root)
    blocks = walk(root, base_of(root, url), left_out=boilerplate.within)
    remove_elements(boilerplate)
    open_unclosed(root)
    make_paragraphs(root)
    held.clear()
    found = _extracted(root, name, url)
    document = _document(found, said, blocks, boilerplate.elsewhere, url=said.canonical or url)
    body = to_plain(document)
    if not said.title or not _is_long(body):
        raise Unreadable(name, "no article was found on the page; expected a headline and paragraphs")
    return Draft(
        title=said.title,
        body=body,
        document=stored_form(document),
        lead=said.lead,
        categories=said.sections,
        published=said.published,
        url=said.canonical or url,
        author=said.author or None,
        image_url=said.image,
        language=said.language or language or None,
        publisher=said.publisher or None,
    )


def _document(
    found: Any, said: page_metadata.PageMetadata, blocks: PageBlocks, elsewhere: frozenset[str], *, url: str | None
) -> Document:
    """Returns the document of the article that trafilatura found.

    `blocks` are those of the whole page, and `elsewhere` are texts in it that are only a link to another page.
    """
    shown = _shown_lines(found)
    given = [line for line in clean(said.body).split("\n") if line]
    is_given = _length(given) > 2 * _length(shown)  # JSON-LD has twice as much of it as the page shows
    lines = remove_boilerplate(
        given if is_given else shown,
        title=said.title,
        repeated=said.headings,
        author=said.author,
        publisher=said.publisher,
        headings=_headings(found),
        elsewhere=elsewhere,
    )
    return choose(
        [] if is_given else blocks,
        lines,
        title=said.title,
        image=said.image,
        lead=said.lead,
        url=url,
        is_other=partial(is_of_page, author=said.author),
    )


def base_of(root: HtmlElement, url: str | None) -> str | None:
    """Returns the address against which the page resolves its addresses."""
    base = next(root.iter("base"), None)
    return (web_address(base.get("href"), url) if base is not None else None) or url


def _extracted(root: HtmlElement, name: str, url: str | None) -> Any:
    """Returns what trafilatura finds in the page; in a page of few words, with less care."""
    # Only here, at the first page: the bot's own process reads no page, nor does an import of JSON Lines.
    import trafilatura

    try:
        for precise in (True, False):
            found: Any = trafilatura.bare_extraction(
                root, url=url, favor_precision=precise, include_comments=False, include_tables=False
            )
            if found and _is_long(found.text or ""):
                break
        return found
    except (ValueError, RecursionError, etree.LxmlError) as error:
        raise Unreadable(name, f"the page can't be parsed ({type(error).__name__})") from error


def _shown_lines(found: Any) -> list[str]:
    """Returns the lines of the body as they stand on the page."""
    return [line for line in clean(found.text or "").split("\n") if line] if found else []


def _length(lines: Sequence[str]) -> int:
    return sum(map(len, lines))


def _headings(found: Any) -> frozenset[str]:
    """Returns the headings among the lines, folded."""
    nodes = found.body.iter("head") if found and found.body is not None else ()
    return frozenset(normalize(clean("".join(node.itertext()))) for node in nodes)


def _is_long(body: str) -> bool:
    """Returns whether it may be an article. Scripts without blanks between words are counted by letters."""
    return sum(1 for _ in islice(_WORD.finditer(body), FEWEST_WORDS)) >= FEWEST_WORDS
