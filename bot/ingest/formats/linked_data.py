"""Finds the objects in the JSON-LD of a page, however nested, and reads plain values from them.

Common faults of the JSON are repaired: HTML entities, comments around it, line breaks in strings, a comma too many.
A script that still can't be read is skipped.
"""

import html
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from lxml.html import HtmlElement

from bot.text.html import to_line

MOST_NODES: Final = 2_000  # objects and lists that are looked at
_ARTICLE: Final = re.compile(r"(?:Article|BlogPosting|LiveBlogPosting|Report)$")

Node = dict[str, Any]


def find_objects(root: HtmlElement) -> Iterator[Node]:
    """Yields the objects of a page's JSON-LD at every depth, in their order."""
    waiting = [_json(node.text or "") for node in root.iter("script") if "ld+json" in (node.get("type") or "")][::-1]
    for _ in range(MOST_NODES):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        waiting += [one for one in inner if isinstance(one, dict | list)][::-1]


def _json(text: str) -> Any:
    """Returns what a script holds, or None if it is no JSON. Small mistakes are mended."""
    text = (
        re.sub(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*$", "", text)
        .strip()
        .rstrip(";")
    )
    for mended in (text, re.sub(r",(\s*[}\]])", r"\1", text), re.sub(r",(\s*[}\]])", r"\1", html.unescape(text))):
        try:
            return json.JSONDecoder(strict=False).raw_decode(mended)[0]
        except (ValueError, RecursionError):
            continue
    return None


def is_article(node: Node) -> bool:
    return any(isinstance(one, str) and _ARTICLE.search(one) for one in as_list(node.get("@type")))


def has_type(node: Node, name: str) -> bool:
    return name in as_list(node.get("@type"))


def as_list(value: Any) -> list[Any]:
    """Returns a list as it is, None as an empty list, and any other value as a list of one."""
    return value if isinstance(value, list) else [] if value is None else [value]


def text_of(value: Any) -> str:
    """Returns one line of a text, or of the name of an object; "" for anything else."""
    if isinstance(value, dict):
        value = value.get("name") or value.get("alternateName") or value.get("@value")
    if isinstance(value, list):
        value = next((one for one in value if isinstance(one, str)), None)
    if not isinstance(value, str):
        return ""
    return to_line(value)


def unescape(value: Any) -> str:
    """Returns a text without HTML escapes, which some pages apply twice; "" for anything else."""
    return html.unescape(html.unescape(value)) if isinstance(value, str) else ""


def find_address(value: Any) -> str | None:
    """Returns the address that a value is or holds, as it is written."""
    found = (value.get("url") or value.get("contentUrl") or value.get("@id")) if isinstance(value, dict) else value
    found = next(iter(found), None) if isinstance(found, list) else found
    return found if isinstance(found, str) else None


def find_addresses(node: Node) -> list[str]:
    """Returns the addresses of the page that a node describes, as they are written."""
    said = (node.get("url"), node.get("mainEntityOfPage"), node.get("@id"))
    return [one for it in said if (one := find_address(it)) and not one.startswith("#")]


def find_site_names(nodes: list[Node]) -> Iterator[str]:
    """Yields the names of sites, organizations and publishers among the nodes."""
    for node in nodes:
        is_site = any(has_type(node, kind) for kind in ("WebSite", "Organization", "NewsMediaOrganization"))
        if is_site and not has_type(node, "Person"):  # a weblog's writer is both
            yield text_of(node.get("name"))
        yield from (text_of(one) for one in as_list(node.get("publisher")) if isinstance(one, dict))
