"""Reads NewsML-G2, the news of agencies in XML: newsItem, newsMessage with several items, and packageItem.

A message may bring an article and its pictures as items of their own. A package says which belong together.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Final

from lxml import etree

from bot.ingest.draft import Draft
from bot.ingest.errors import NotAnArticle, Unreadable
from bot.ingest.formats.entry import Medium
from bot.ingest.formats.nitf import find, text_of
from bot.ingest.formats.wire_item import (
    WITHOUT_END,
    Subject,
    WireItem,
    document_of_html,
    document_of_text,
    draft_of,
    embargo_of,
    moment_of,
    richest,
    urgency_of,
    version_of,
    with_last_versions,
)
from bot.ingest.formats.xml_markup import html_of, local_name
from bot.ingest.formats.xml_tree import XML
from bot.text.document import to_plain
from bot.text.html import web_address
from storage.records.documents import Document

MOST: Final = 2_000  # items of one message
ROOTS: Final = frozenset(
    "newsmessage newsitem packageitem conceptitem knowledgeitem planningitem catalogitem".split()
)
_ARTICLES: Final = frozenset({"", "text", "composite"})
_WITH_TEXT: Final = frozenset({"video", "audio"})
_MEDIA: Final = {"picture": "image", "graphic": "image", "video": "video", "audio": "audio"}
_NO_SECTIONS: Final = frozenset("person organisation organization event geoarea poi object".split())
_LANGUAGE: Final = f"{{{XML}}}lang"
_EARLIER: Final = ("evolvedfrom", "previousversion")


def read(root: etree._Element, *, name: str, timezone: tzinfo) -> list[Draft | Unreadable]:
    """Returns a draft or an Unreadable for each item that is an article or should be one. The tree is changed.

    Of each article, only the last version is returned.
    """
    items = list(_items(root))
    pictures = {one.get("guid", ""): one for one in items if _class_of(one) in _MEDIA}
    belonging = _belonging(items, pictures)
    used = {guid for guids in belonging.values() for guid in guids}
    read: list[Draft | Unreadable] = []
    for number, item in enumerate(items[:MOST], 1):
        place = f"{name}, item {number}" if len(items) > 1 else name
        guid = item.get("guid", "")
        if local_name(item) == "packageitem" and len(items) > 1:
            continue
        if guid in used and guid in pictures:
            continue
        try:
            media = [pictures[one] for one in belonging.get(guid, ())]
            read.append(_from_item(item, media, name=place, zone=timezone))
        except Unreadable as error:
            read.append(error)
    if len(items) > MOST:
        read.append(Unreadable(name, f"only its first {MOST} items are read"))
    return with_last_versions(read)


def _items(root: etree._Element) -> Iterator[etree._Element]:
    if local_name(root) != "newsmessage":
        yield root
        return
    for held in root:
        if local_name(held) == "itemset":
            yield from (one for one in held if isinstance(one.tag, str))


def _belonging(items: Sequence[etree._Element], pictures: dict[str, etree._Element]) -> dict[str, list[str]]:
    """Returns the media of each article, by guid: those that it links, or that share its package."""
    texts = {guid for one in items if _class_of(one) in _ARTICLES and (guid := one.get("guid"))}
    found: dict[str, list[str]] = {}
    for item in items:
        guid, linked = item.get("guid", ""), [one.get("residref", "") for one in item.iter(etree.Element)]
        if local_name(item) == "packageitem":
            guid = next((one for one in linked if one in texts), "")
        elif guid not in texts:
            continue
        if guid:
            found.setdefault(guid, []).extend(one for one in linked if one in pictures)
    return {guid: list(dict.fromkeys(several)) for guid, several in found.items()}


def _class_of(item: etree._Element) -> str:
    """Returns the nature of a news item: text, picture, … It is "package" or the like for other items."""
    if local_name(item) != "newsitem":
        return local_name(item)
    said = find(item, "itemclass")
    return _code(said) if said is not None else ""


def _from_item(item: etree._Element, media: Sequence[etree._Element], *, name: str, zone: tzinfo) -> Draft:
    """Returns the article of an item. Raises NotAnArticle."""
    nature = _class_of(item)
    if local_name(item) == "packageitem":
        raise NotAnArticle(name, "this package has no items in it; expected a message that brings them as well")
    if local_name(item) != "newsitem":
        raise NotAnArticle(name, f"this is a {local_name(item)[:40]}, and no article; expected a newsItem")
    said = _Said(item)
    document, headline = _content(item)
    if nature not in _ARTICLES and not (nature in _WITH_TEXT and document):
        raise NotAnArticle(name, f"this is of the class {nature[:40]!r}, and no article; expected ninat:text")
    language = said.attribute("language", "tag") or item.get(_LANGUAGE) or ""
    return draft_of(
        WireItem(
            guid=item.get("guid", ""),
            version=version_of(item.get("version")),
            headline=said.main("headline") or headline or said.text("title") or said.text("slugline"),
            document=document,
            lead=said.main("description", leaving_out="caption"),
            sections=[said.name_in(one, language) for one in said.all("service")],
            subjects=list(_subjects(said, language)),
            published=moment_of(
                [said.text(key) for key in ("versioncreated", "firstcreated", "contentcreated")], zone
            ),
            url=_page(item, said),
            author=said.text("by") or next((said.name_in(one, language) for one in said.all("creator")), ""),
            language=language,
            publisher=next((line for one in said.all("provider") if (line := said.name_in(one, language))), ""),
            media=[*_remote(item, 1), *_media(media)],
            urgency=urgency_of(said.text("urgency")),
            status=_code(said.first("pubstatus")),
            evolved_from=[one.get("residref") or "" for one in said.all("link") if _relation(one) in _EARLIER],
            other_ids=[one.get("id") or said.plain(one) for one in said.all("altid")],
            held_until=_embargo(said, name, zone),
            editor_note="\n".join(map(said.plain, said.all("ednote"))),
        ),
        name,
    )


class _Said:
    """What the head of an item says, in itemMeta and contentMeta."""

    def __init__(self, item: etree._Element) -> None:
        self._of: dict[str, list[etree._Element]] = {}
        for part in item:
            if local_name(part) in ("itemmeta", "contentmeta"):
                for one in part:
                    self._of.setdefault(local_name(one), []).append(one)

    def all(self, name: str) -> list[etree._Element]:
        return self._of.get(name, [])

    def first(self, name: str) -> etree._Element | None:
        return next(iter(self.all(name)), None)

    def plain(self, element: etree._Element) -> str:
        return " ".join("".join(element.itertext()).split())

    def text(self, name: str) -> str:
        return next((text for one in self.all(name) if (text := self.plain(one))), "")

    def attribute(self, name: str, attribute: str) -> str:
        return next((value for one in self.all(name) if (value := one.get(attribute))), "")

    def main(self, name: str, *, leaving_out: str = "") -> str:
        """Returns the text of the element that has the main role or none, else the first one."""
        roles = [(_role(one), self.plain(one)) for one in self.all(name)]
        texts = [(role, text) for role, text in roles if text and (not leaving_out or role != leaving_out)]
        return next((text for role, text in texts if role in ("", "main")), texts[0][1] if texts else "")

    def name_in(self, element: etree._Element, language: str) -> str:
        """Returns the name in an element in that language, else in none, else in any."""
        names = [(one.get(_LANGUAGE) or "", self.plain(one)) for one in element if local_name(one) == "name"]
        wanted = language[:2].lower()
        for fits in (lambda tag: tag[:2].lower() == wanted, lambda tag: not tag, lambda tag: True):
            if found := next((name for tag, name in names if fits(tag) and name), ""):
                return found
        return element.get("literal") or ""


def _role(element: etree._Element) -> str:
    return (element.get("role") or element.get("roleuri") or "").rpartition(":")[2].rpartition("/")[2].lower()


def _relation(link: etree._Element) -> str:
    return (link.get("rel") or link.get("reluri") or "").rpartition(":")[2].rpartition("/")[2].lower()


def _code(element: etree._Element | None) -> str:
    """Returns the code of a controlled value without the name of its list: "text" of "ninat:text"."""
    if element is None:
        return ""
    said = element.get("qcode") or element.get("uri") or element.get("literal") or ""
    return said.rpartition(":")[2].rpartition("/")[2].lower()


def _subjects(said: _Said, language: str) -> Iterator[Subject]:
    for one in said.all("subject"):
        kind = (one.get("type") or one.get("typeuri") or "").rpartition(":")[2].rpartition("/")[2].lower()
        if kind not in _NO_SECTIONS:
            yield Subject(said.name_in(one, language), one.get("qcode") or one.get("uri") or "")


def _embargo(said: _Said, name: str, zone: tzinfo) -> datetime | None:
    held = said.first("embargoed")
    if held is None:
        return None
    # An element without a time holds the item until its publisher sends another version.
    return embargo_of(said.plain(held), name, zone) if said.plain(held) else WITHOUT_END


def _page(item: etree._Element, said: _Said) -> str | None:
    links = [one for one in said.all("link") if "html" in (one.get("contenttype") or "")]
    remote = [one for one in _contents(item, "remotecontent") if "html" in (one.get("contenttype") or "")]
    return next((address for one in (*links, *remote) if (address := web_address(one.get("href")))), None)


# Content


def _contents(item: etree._Element, name: str) -> Iterator[etree._Element]:
    for part in item:
        if local_name(part) == "contentset":
            yield from (one for one in part if local_name(one) == name)


def _content(item: etree._Element) -> tuple[Document, str]:
    """Returns the text of an item, and the headline in it."""
    ranked: list[tuple[int, Document]] = []
    headline = ""
    for held in _contents(item, "inlinexml"):
        if (nitf := _nitf_in(held)) is not None:
            line = find(nitf, "hl1")
            headline = headline or (" ".join("".join(line.itertext()).split()) if line is not None else "")
            ranked.append((1, text_of(nitf)))
        else:
            body = find(held, "body")
            ranked.append((0, document_of_html(html_of(held if body is None else body))))
    for held in _contents(item, "inlinedata"):
        if held.get("encoding"):
            continue  # a picture or the like
        text = "".join(held.itertext())
        is_html = "html" in (held.get("contenttype") or "")
        ranked.append((0, document_of_html(text)) if is_html else (2, document_of_text(text)))
    ranked.sort(key=lambda one: (one[0], -len(to_plain(one[1]))))
    return richest([document for _, document in ranked]), headline


def _nitf_in(held: etree._Element) -> etree._Element | None:
    if "nitf" in (held.get("contenttype") or "").lower():
        return held
    return find(held, "nitf")


def _media(items: Iterable[etree._Element]) -> Iterator[Medium]:
    for group, item in enumerate(items, 2):
        yield from _remote(item, group)


def _remote(item: etree._Element, group: int) -> Iterator[Medium]:
    """Yields the forms of the picture, film or sound that an item refers to."""
    said = _Said(item)
    of = _MEDIA.get(_class_of(item), "")
    caption = said.main("description") if of else ""
    credit = (
        said.text("creditline") or said.text("by") or next((said.name_in(one, "") for one in said.all("creator")), "")
    )
    found = [(one, address) for one in _contents(item, "remotecontent") if (address := web_address(one.get("href")))]
    pictures = [address for one, address in found if (one.get("contenttype") or "").startswith("image/")]
    for one, address in found:
        written = (one.get("contenttype") or "").partition("/")[0].lower()
        kind = written if written in ("image", "video", "audio") else "" if written else of
        if not kind or (kind == "image" and of in ("video", "audio")):
            continue
        width, height = _pixels(one.get("width")), _pixels(one.get("height"))
        poster = pictures[0] if pictures and kind == "video" else None
        yield Medium(address, kind, group, caption, credit, width, height, poster)


def _pixels(written: str | None) -> int | None:
    return int(written) if written and written.isdecimal() and written.isascii() and len(written) < 6 else None
