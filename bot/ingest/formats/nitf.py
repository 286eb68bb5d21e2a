"""Reads NITF, the older XML of news agencies: documents of their own, and the texts of ninjs and NewsML-G2."""

import re
from datetime import tzinfo
from typing import Final

from lxml import etree

from bot.ingest.formats.wire_item import (
    WITHOUT_END,
    Subject,
    WireItem,
    document_of_html,
    embargo_of,
    moment_of,
    urgency_of,
    version_of,
)
from bot.ingest.formats.xml_markup import html_of_nitf, local_name
from bot.ingest.formats.xml_tree import XML, parse_tree
from storage.records.documents import Document

_ROOT: Final = re.compile(r"<(?:[\w.-]{1,20}:)?(?:nitf|body|body\.content|block|p)(?=[\s>/])", re.IGNORECASE)


def document_of_nitf(written: str) -> Document:
    """Returns the document of NITF in a text: a whole one, its body, or some blocks of it."""
    begins = _ROOT.search(written, 0, 20_000)
    if begins is None:
        return ()
    whole = begins[0].lower().rpartition(":")[2].lstrip("<")
    markup = written[begins.start() :]
    tree = parse_tree(
        (f"<blocks>{markup}</blocks>" if whole in ("block", "p") else markup).encode("utf-8", "replace")
    )
    return text_of(tree)


def text_of(tree: etree._Element) -> Document:
    """Returns the document of the text in an element of NITF. The tree is changed."""
    content = find(tree, "body.content")
    if content is None:
        content = find(tree, "body")
    return document_of_html(html_of_nitf(tree if content is None else content))


def item_of(root: etree._Element, *, name: str, zone: tzinfo) -> WireItem:
    """Returns the item of a document of NITF. The tree is changed. Raises Unreadable."""
    said = {local_name(one): one for one in reversed(list(root.iter(etree.Element)))}  # the first of each name

    def attribute(element: str, *names: str) -> str:
        found = said.get(element)
        return next((value for one in names if found is not None and (value := found.get(one))), "")

    keywords = [one.get("key") or "" for one in _all(root, "keyword")]
    topics = [
        one.get("tobject.subject.matter") or one.get("tobject.subject.type") for one in _all(root, "tobject.subject")
    ]
    status, release = attribute("docdata", "management-status").lower(), attribute("date.release", "norm")
    by = said.get("byline")
    person = find(by, "person")
    embargo = embargo_of(release or None, name, zone)
    return WireItem(
        guid=attribute("doc-id", "id-string"),
        version=version_of(attribute("du-key", "version")),
        headline=_text(said.get("hl1")) or _text(said.get("hedline")) or _text(said.get("title")),
        lead=_text(said.get("abstract")),
        sections=[attribute("pubdata", "position.section")],
        subjects=[Subject(one) for one in (list(filter(None, topics)) or keywords)],
        published=moment_of(
            [
                attribute("date.issue", "norm"),
                attribute("pubdata", "date.publication"),
                attribute("story.date", "norm"),
            ],
            zone,
        ),
        author=_text(person if person is not None else by),
        language=root.get(f"{{{XML}}}lang") or "",
        publisher=attribute("doc.copyright", "holder"),
        urgency=urgency_of(attribute("urgency", "ed-urg")),
        status="" if status == "embargoed" else status,
        held_until=embargo or (WITHOUT_END if status == "embargoed" else None),
        editor_note="\n".join(one.get("info") or "" for one in _all(root, "ed-msg")),
        document=text_of(root),
    )


def find(root: etree._Element | None, name: str) -> etree._Element | None:
    """Returns the first element of that name in an element, at any depth."""
    if root is None:
        return None
    return next((one for one in root.iterdescendants(etree.Element) if local_name(one) == name), None)


def _all(root: etree._Element, name: str) -> list[etree._Element]:
    return [one for one in root.iterdescendants(etree.Element) if local_name(one) == name]


def _text(element: etree._Element | None) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())
