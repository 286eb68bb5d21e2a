"""Turns the text of wire items in XML into HTML, which has one reader: XHTML with prefixes, and NITF.

NITF is the older XML of news agencies. Its text is HTML with some other names, and pictures of its own.
"""

from typing import Final

from lxml import etree

# NITF's names that mean something of HTML. What is not named here keeps its name, and an unknown element is its text.
_NITF: Final = {
    "hl1": "h1",
    "hl2": "h2",
    "bq": "blockquote",
    "credit": "cite",
    "nitf-table": "div",
    "block": "div",
    "media": "figure",
    "media-caption": "figcaption",
    "media-producer": "cite",
    "datasource": "p",
    "note": "aside",
    "pre": "pre",
}
_NO_TEXT: Final = frozenset({"media-metadata", "media-object", "nitf-table-metadata", "script", "style"})
_PICTURES: Final = frozenset({"image", "picture", "photo", "graphic", ""})


def local_name(element: etree._Element) -> str:
    """Returns the name of an element in lower case, without namespace and prefix."""
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()


def html_of(element: etree._Element) -> str:
    """Returns what an element holds, as HTML without namespaces. The tree is changed."""
    for inner in list(element.iterdescendants(etree.Element)):
        inner.tag = local_name(inner)
    return _inner(element)


def html_of_nitf(element: etree._Element) -> str:
    """Returns the text in an element of NITF as HTML. The tree is changed."""
    for inner in list(element.iterdescendants(etree.Element)):
        name = local_name(inner)
        if name in _NO_TEXT:
            inner.clear(keep_tail=True)
        inner.tag = _NITF.get(name, name)
        if name == "media-reference":
            _make_picture(inner)
    return _inner(element)


def _make_picture(reference: etree._Element) -> None:
    """Make <img> of a reference to a picture; what refers to other media says nothing."""
    around = reference.getparent()
    kind = (around.get("media-type") or "").lower() if around is not None else ""
    kind = kind or reference.get("mime-type", "").partition("/")[0].lower()
    wanted = {"src": reference.get("source", ""), "alt": reference.get("alternate-text", "")}
    wanted |= {side: reference.get(side, "") for side in ("width", "height")}
    reference.clear(keep_tail=True)
    reference.tag = "img" if kind in _PICTURES else "span"
    if reference.tag == "img":
        for key, value in wanted.items():
            if value:
                reference.set(key, value)


def _inner(element: etree._Element) -> str:
    opening = etree.Element("div")
    opening.text = element.text
    written = [etree.tostring(opening, encoding="unicode", method="html")]
    written += [etree.tostring(child, encoding="unicode", method="html") for child in element]
    return "".join(written)
