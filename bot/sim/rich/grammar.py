"""Parses the HTML of rich messages to a tree. What Telegram's documentation does not list is refused.

Telegram may forgive some of it, but nobody knows what; so a page that passes here passes there.
"""

import html
import re
from dataclasses import dataclass, field
from typing import Final

from bot.sim.refusal import Refusal, bad_request

# The attributes of each tag that is known.
ATTRIBUTES: Final[dict[str, str]] = {
    **dict.fromkeys(
        "b strong i em u ins s strike del code mark sub sup tg-spoiler br p footer hr pre ul".split(), ""
    ),
    **dict.fromkeys("h1 h2 h3 h4 h5 h6 aside cite figure figcaption tg-collage tg-slideshow caption tr".split(), ""),
    **dict.fromkeys("footer hr pre ul summary tg-math tg-math-block".split(), ""),
    "a": "href name",
    "tg-reference": "name",
    "tg-emoji": "emoji-id",
    "tg-time": "unix format",
    "img": "src alt tg-spoiler",
    "video": "src tg-spoiler",
    "audio": "src",
    "tg-document": "src",
    "tg-map": "lat long zoom",
    "ol": "start type reversed",
    "li": "value type",
    "input": "type checked",
    "blockquote": "expandable",
    "table": "bordered striped compact",
    "td": "colspan rowspan align valign",
    "th": "colspan rowspan align valign",
    "details": "open",
    "tg-button-row": "align",
    "tg-button": "type style url data query text",
}
DEEPEST: Final = 64  # tags within tags; the limit of a message is lower, and counts other things than tags
_CODE_ATTRIBUTES: Final = "class"  # of <code> within <pre> only
_EMPTY: Final = frozenset("br hr img input".split())  # these have no end tag
_MAY_BE_EMPTY: Final = _EMPTY | {"video", "audio", "tg-document", "tg-map"}  # and these may be closed by "/>"
_NAMED: Final = frozenset("lt gt amp quot apos nbsp hellip mdash ndash lsquo rsquo ldquo rdquo".split())
_TAG: Final = re.compile(
    r"<(/?)([a-z][a-z0-9-]*+)((?:\s++[a-z-]++(?:\s*+=\s*+(?:\"[^\"<>]*+\"|'[^'<>]*+'|[^\s\"'<>/=]++))?)*+)\s*+(/?)>",
    re.IGNORECASE,
)
_ATTRIBUTE: Final = re.compile(r"([a-zA-Z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>/=]+)))?")
_ENTITY: Final = re.compile(r"&(?:([a-zA-Z][a-zA-Z0-9]*+)|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});")


@dataclass(slots=True)
class Node:
    """A tag with its attributes and what is in it, in order. `tag` is empty for the whole text."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: "list[Node | str]" = field(default_factory=list)


def parse(text: str) -> Node:
    """Returns the tree of a rich message's HTML. Raises Refusal for what is not in the grammar."""
    root = Node("")
    path = [root]
    position = 0
    while position < len(text):
        if text[position] != "<":
            end = text.find("<", position)
            end = len(text) if end < 0 else end
            path[-1].children.append(decoded(text[position:end]))
            position = end
            continue
        found = _TAG.match(text, position)
        if found is None:
            raise unparsed(f"unsupported start tag at offset {position}")
        _apply(found, path)
        if len(path) > DEEPEST:
            raise bad_request("RICH_MESSAGE_DEPTH_INVALID")
        position = found.end()
    if len(path) > 1:
        raise unparsed(f'can\'t find end tag corresponding to start tag "{path[-1].tag}"')
    return root


def decoded(text: str) -> str:
    """Returns the text without character references. Raises Refusal for a name that Telegram does not know."""
    for found in _ENTITY.finditer(text):
        if found[1] and found[1] not in _NAMED:
            raise unparsed(f'unsupported entity "{found[0]}"')
    return html.unescape(text)


def unparsed(reason: str) -> Refusal:
    return bad_request(f"can't parse rich message: {reason}")


def _apply(found: "re.Match[str]", path: list[Node]) -> None:
    tag = found[2].lower()
    if tag not in ATTRIBUTES:
        raise unparsed(f'unsupported start tag "{tag}" at offset {found.start()}')
    if found[1]:
        if path[-1].tag != tag or found[3] or found[4]:
            raise unparsed(f'unexpected end tag "{tag}" at offset {found.start()}')
        path.pop()
        return
    node = Node(tag, _attributes(found, tag, path[-1].tag))
    path[-1].children.append(node)
    if tag not in _EMPTY and not found[4]:
        path.append(node)
    elif tag not in _MAY_BE_EMPTY:
        raise unparsed(f'tag "{tag}" can\'t be empty at offset {found.start()}')


def _attributes(found: "re.Match[str]", tag: str, outer: str) -> dict[str, str]:
    known = ATTRIBUTES[tag].split()
    if tag == "code" and outer == "pre":
        known = _CODE_ATTRIBUTES.split()
    given: dict[str, str] = {}
    for one in _ATTRIBUTE.finditer(found[3]):
        name = one[1].lower()
        if name not in known or name in given:
            raise unparsed(f'unsupported attribute "{name}" of "{tag}" at offset {found.start()}')
        given[name] = decoded(one[2] or one[3] or one[4] or "")
    return given
