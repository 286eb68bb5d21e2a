"""Makes paragraphs of loose text in a page, which trafilatura would lose.

trafilatura looks at elements. Text that follows one inside a division ("<div><div>…</div>The boat left …") is
lost with what it follows; that of old systems, whose pages are one division with line breaks, often is. For the
sake of precision it drops empty elements with the text behind them ("<a name=p2></a>The boat …"), headings with a
link to themselves, and <header>, in which many sites put the standfirst. A line end in the source of a page is a
blank for a reader, and would end a paragraph in what trafilatura gives.

Seen on 68 real pages (one half of those that `bench/README.md` names): the first paragraph of an agency report, the
leads of three articles, the questions of an interview and parts of four more pages are found only so. Runs shorter
than a sentence are left as they are: between blocks stand dates, names and links.
"""

import re
from typing import Final

from lxml.html import HtmlElement

MOST_MARKS: Final = 500  # elements in one paragraph: trafilatura's time grows with their square
_LINKED: Final = 0.75  # of the letters of such a paragraph: it is a list of links
FEWEST_LETTERS: Final = 40  # of a run that is a paragraph, without its links and what is set off
FEWEST_LEAD_LETTERS: Final = 80  # of the paragraphs in a header, where an article begins in it
_HOLDERS: Final = ("div", "td", "section", "article", "main", "body")
INLINE: Final = frozenset(
    "a abbr acronym b bdi bdo big br button cite code data del dfn em font i img ins kbd label mark nobr output q"
    " ruby s samp small span strike strong sub sup time tt u var wbr".split()
)
_FORM_PARTS: Final = ("button", "label", "output")  # those that are left in a page stand in a sentence
_MARKS: Final = ("a", "b", "em", "font", "i", "small", "span", "strong", "sub", "sup", "u")
_LINE_ENDS: Final = re.compile(r"(?<!\s)\s*\n\s*+")


def make_paragraphs(root: HtmlElement) -> None:
    """Wraps loose text of a page in paragraphs, and joins the lines of each paragraph, in place."""
    _join_lines(root)
    for node in [node for node in root.iter(*_MARKS) if not len(node) and not node.text]:
        node.drop_tree()  # not what stands behind it
    for node in root.iter(*_FORM_PARTS):
        node.tag = "span"  # trafilatura leaves out what belongs to a form, or is named as what can be pressed
        node.attrib.clear()
    for holder in list(root.iter(*_HOLDERS)):
        if any(child.tag not in INLINE for child in holder):
            _wrap_runs(holder)
    for crowded in [node for node in root.iter() if len(node) > MOST_MARKS]:
        _join_marks(crowded)
    for header in list(root.iter("header")):
        if sum(_letters(node) for node in header.iter("p", "h2")) >= FEWEST_LEAD_LETTERS:
            header.tag = "div"


def _join_marks(crowded: HtmlElement) -> None:
    """Makes plain text of a paragraph's marks. Leaves it empty if it is a list of links.

    A paragraph with blocks in it stays as it is.
    """
    if any(node.tag not in INLINE for node in crowded.iter() if node is not crowded):
        return
    linked = sum(len(node.text_content()) for node in crowded if node.tag == "a")
    if linked >= _LINKED * len(crowded.text_content()):
        del crowded[:]
        return
    ends = [node for node in crowded if node.tag == "br"]  # lines stay
    lines = [[crowded.text or ""]]
    for node in crowded:
        if node.tag == "br":
            lines.append([])
        else:
            lines[-1].append(node.text_content())
        lines[-1].append(node.tail or "")
    texts = ["".join(line) for line in lines]
    del crowded[:]
    crowded.text = texts[0]
    crowded.extend(ends)
    for end, text in zip(ends, texts[1:], strict=True):
        end.tail = text


def _letters(node: HtmlElement) -> int:
    return len(node.text_content().strip())


def _join_lines(root: HtmlElement) -> None:
    kept = {node for pre in root.iter("pre", "script", "textarea") for node in pre.iter()}
    for node in root.iter():
        if node.text and "\n" in node.text and node not in kept:
            node.text = _LINE_ENDS.sub(" ", node.text)
        if node.tail and "\n" in node.tail and (node not in kept or node.tag in ("pre", "script", "textarea")):
            node.tail = _LINE_ENDS.sub(" ", node.tail)


def _wrap_runs(holder: HtmlElement) -> None:
    """Each run of text and inline elements between the blocks of an element."""
    before: HtmlElement | None = None  # the block that a run follows
    run: list[HtmlElement] = []
    for child in [*holder, None]:
        if child is not None and child.tag in INLINE:
            run.append(child)
            continue
        _wrap(holder, before, run)
        before, run = child, []


def _wrap(holder: HtmlElement, before: HtmlElement | None, run: list[HtmlElement]) -> None:
    text = (holder.text if before is None else before.tail) or ""
    if len(text.strip()) + sum(len((node.tail or "").strip()) for node in run) < FEWEST_LETTERS:
        return
    paragraph = holder.makeelement("p")
    paragraph.text = text
    paragraph.extend(run)  # with what stands behind each of them
    if before is None:
        holder.text = None
        holder.insert(0, paragraph)
    else:
        before.tail = None
        before.addnext(paragraph)
