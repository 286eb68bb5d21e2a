"""What stands in the text of an article page and is not the article: related links, share lines, tags, notices.

Two steps. Before the text is taken out of the page, elements that are made for something else are taken away:
those whose class or name says so, a label such as "Read also" together with the links that follow it, and
paragraphs that are a label and a link. Afterwards single lines go that only say what the page says of itself
again (headline, byline, date, section), or that begin like what no paragraph begins with.

It assumes that boilerplate is short: a label that leads into a whole paragraph is kept as one, and an element
that holds a good part of the page's text is kept whatever its class says (<form> and "share-body" around
everything exist). Words are matched folded, whole, at the beginning of a line; the lists are short on purpose,
since each entry can cost a real sentence. Classes that are as often around articles as beside them (widget,
content-print, promo, popular) are left to trafilatura's own rules. Tried and rejected: a limit on the share of
links alone, which takes short news with a linked source. The constants were set on pages written for this, not on
a collection of real ones.
"""

import re
from collections.abc import Collection
from typing import Final, NamedTuple

from lxml import etree
from lxml.html import HtmlElement

from bot.ingest.dates import is_date_line
from bot.text import phrases
from bot.text.arabic import fold
from bot.text.phrases import starting

LONGEST_LABELLED: Final = 30  # words of a line that a label begins ("Read also: …")
LONGEST_NOTICE: Final = 40  # words of a notice on cookies, a newsletter or rights
_LINKED: Final = 0.75  # of the letters of an element that is there for its links
_TOO_MUCH: Final = 0.3  # of a page's letters outside links: what holds as many is no boilerplate, whatever its name
_LABELLED_LETTERS: Final = 600  # of an element in which a label is looked for

_ASIDE: Final = re.compile(
    r"(?:^|[\s_-])(?:related|read-?(?:more|also|next)|also-?read|more-?(?:on|from|stories|news)|recommend\w*|share\w*"
    r"|sharing|addtoany|social-?\w*|tags?|tag-?(?:list|cloud)|keywords|cookies?\w*|consent|gdpr|newsletter\w*|subscri\w+"
    r"|comments?|respond|disqus\w*|captions?|credits?|byline|author-?(?:box|bio|info)|most-?(?:read|popular|viewed)"
    r"|breadcrumbs?)(?=$|[\s_-])",
    re.IGNORECASE,
)
_ASIDE_TAGS: Final = frozenset({"figcaption", "form", "nav", "button", "footer", "aside"})
_LINK_LISTS: Final = frozenset({"p", "div", "ul", "ol", "a", "li"})
_UNSEEN: Final = frozenset({"script", "style", "noscript", "template"})
_BLOCKS: Final = frozenset("p div li ul ol section h2 h3 h4 h5 h6 span table figure".split())


_RELATED: Final = starting(phrases.POINTERS, phrases.POINTER_LABELS)
_SHARED: Final = starting(phrases.SHARES, phrases.SHARE_LABELS)
_TAGGED: Final = starting(phrases.TAG_LABELS)
_NOTICES: Final = starting(phrases.NOTICES)
_ALONE: Final = starting(phrases.NOTICE_LABELS)
_CAPTIONED: Final = starting(phrases.CAPTIONS, phrases.CAPTION_LABELS)

_LABEL: Final = re.compile(rf"(?:{_RELATED}|{_TAGGED}|{_SHARED}|{_ALONE})(?:\s+\w+)?\s*[:.…»>-]*$")
_LABELLED: Final = re.compile(
    rf"(?:[>»•|*-]\s*)?(?:(?:{_RELATED})(?:\s+\w+)?\s*[:؛…»>|-]|(?:{_TAGGED}|{_SHARED})(?:\s+\w+)?\s*[:|])"
)
_NOTICE: Final = re.compile(rf"(?:©|\(c\)\s|(?:{_NOTICES})\b)")
_CAPTION: Final = re.compile(rf"(?:{_CAPTIONED})\s*[:|/]")
_SIGNED: Final = re.compile(r"(?:by|written by|reporting by|بقلم|كتبت?|تحرير|اعداد|متابعه)\s*[:/-]?\s+")
_SOURCE: Final = re.compile(rf"{starting(phrases.SOURCE_LABELS)}\s*[:/]")


class _Size(NamedTuple):
    letters: int
    linked: int  # of these, in links


def prune(root: HtmlElement) -> None:
    """Take away from a page, in place, the elements that are made for something else than the article."""
    sizes = _sizes(root)
    _open_layout(root, sizes)
    whole = sizes[root].letters - sizes[root].linked
    gone: set[HtmlElement] = set()
    for node in list(sizes):
        if node in gone or node is root or node.getparent() is None:
            continue
        own = sizes[node].letters - sizes[node].linked
        if _is_aside(node) and own < _TOO_MUCH * whole:
            doomed = [node]
        elif node.tag in _BLOCKS and sizes[node].letters <= _LABELLED_LETTERS:
            doomed = _related(node, sizes)
        else:
            continue
        for one in doomed:
            gone.update(one.iter())
            one.drop_tree()


def without_boilerplate(lines: list[str], *, repeated: Collection[str], author: str) -> list[str]:
    """The paragraphs among the lines of an article. `repeated` are folded texts that the page says elsewhere."""
    signatures = {fold(author), *(fold(one) for one in author.split(", "))} - {""}
    kept = [line for line in lines if not _is_boilerplate(fold(line), signatures)]
    while kept and (fold(kept[0]) in repeated or is_date_line(kept[0])):
        del kept[0]
    while kept and (fold(kept[-1]) in repeated or is_date_line(kept[-1]) or _ends_page(fold(kept[-1]))):
        del kept[-1]
    return kept


def _sizes(root: HtmlElement) -> dict[HtmlElement, _Size]:
    """How much text each element holds, in document order. Summed up from the leaves: a page may be very deep."""
    order: dict[HtmlElement, _Size] = {}
    sums: list[list[int]] = []
    for event, node in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            order[node] = _Size(0, 0)
            sums.append([len((node.text or "").strip()) if node.tag not in _UNSEEN else 0, 0])
            continue
        letters, linked = sums.pop()
        order[node] = _Size(letters, letters if node.tag == "a" else linked)
        if sums:
            sums[-1][0] += letters + len((node.tail or "").strip())
            sums[-1][1] += order[node].linked
    return order


def _open_layout(root: HtmlElement, sizes: dict[HtmlElement, _Size]) -> None:
    """A table that holds most of a page in one cell is its layout, and would be left out with the other tables."""
    for cell in [
        node for node in sizes if node.tag == "td" and sizes[node].letters >= _TOO_MUCH * sizes[root].letters
    ]:
        for node in (cell, *cell.iterancestors("tr", "tbody", "table")):
            node.tag = "div"


def _is_aside(node: HtmlElement) -> bool:
    return node.tag in _ASIDE_TAGS or any(_ASIDE.search(node.get(name) or "") for name in ("class", "id"))


def _related(node: HtmlElement, sizes: dict[HtmlElement, _Size]) -> list[HtmlElement]:
    """The element where it is a label with a link; where it is a label alone, with the links that follow it."""
    text = fold(node.text_content())
    if _LABEL.match(text):
        following = node.getnext()
        doomed = [node]
        while following is not None and following.tag in _LINK_LISTS and _is_links(sizes[following]):
            doomed.append(following)
            following = following.getnext()
        return doomed
    return [node] if sizes[node].linked and _LABELLED.match(text) else []


def _is_links(size: _Size) -> bool:
    return size.linked >= _LINKED * size.letters


def _is_boilerplate(line: str, signatures: Collection[str]) -> bool:
    words = len(line.split())
    if words <= LONGEST_LABELLED and (_LABEL.match(line) or _LABELLED.match(line)):
        return True
    if words <= LONGEST_NOTICE and (_NOTICE.match(line) or ("cookie" in line and "privacy" in line)):
        return True
    if words <= LONGEST_LABELLED and _CAPTION.match(line):
        return True
    return line in signatures or (
        words <= 8 and bool(_SIGNED.match(line)) and not line.endswith((".", "؟", "!", "?"))
    )


def _ends_page(line: str) -> bool:
    return len(line.split()) <= 8 and bool(_SOURCE.match(line))
