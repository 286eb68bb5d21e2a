"""Makes the document of an article page: of all its blocks, those whose text was found to be the article's.

trafilatura says which lines are the article's; the blocks say how they stand on the page. So a word that trafilatura
loses inside a sentence is there again, and so are marks, links, joiners and pictures. A line that stands in no block
stays as a paragraph, since the reader of lines knows more than this module.

Between two blocks of the article, a paragraph of the same kind of element belongs to it as well: trafilatura drops
short ones with a link in them, and all but the first of several containers. What counts as a kind is the element
with its class, and that of its parent.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import Final

from lxml.html import HtmlElement

from bot.ingest.formats.html_runs import joined_lines, split_lines
from bot.ingest.formats.page_lines import letters_of, place_lines
from bot.ingest.formats.page_paragraphs import INLINE
from bot.ingest.formats.page_pictures import (
    LEAD,
    PageBlocks,
    Surroundings,
    is_named,
    pictures_above,
    pictures_below,
    shown_blocks,
)
from bot.text.document import captions_of, plain_runs, to_plain, trimmed
from bot.text.sentences import is_ended
from storage.records.documents import (
    Block,
    Document,
    Gallery,
    Heading,
    Listing,
    Paragraph,
    Picture,
    PullQuote,
    Quote,
    Run,
    Table,
)

_LONG_LINE: Final = 60  # letters of a line that is a paragraph, on average
_LINKED: Final = 0.6  # of a paragraph's letters in links; more is a list of links
_BESIDE_LINK: Final = 3  # letters of a sentence that is a link but for a verb
_FEWEST_LETTERS: Final = 40  # of a paragraph behind the last that was found
_DESCRIBED: Final = 100  # letters of a description, which is cut off behind some 160
_STANDFIRST: Final = re.compile(
    r"(?<![a-z])(?:standfirst|lead|lede|leadtext|intro(?:duction)?|sub-?(?:title|heading|headline|head)|chapo|chapeau"
    r"|vorspann|anrei(?:ss|ß)er|ingress|manchette|perex|dek|deck|summary|excerpt|abstract|spot|ozet|bajada|entradilla"
    r"|sumario|sommario|occhiello|teaser-?text)(?![a-z])",
    re.IGNORECASE,
)
_GAP: Final = 3  # blocks of text between two containers of one article
_WRAPPERS: Final = 3  # elements around a paragraph or a table, each for itself
_SHARED_LEVELS: Final = 4  # elements around a paragraph, one of which is around the article's other containers


def choose(
    found: PageBlocks,
    lines: Sequence[str],
    *,
    title: str,
    image: str | None,
    is_other: Callable[[str], bool],
    lead: str = "",
    url: str | None = None,
) -> Document:
    """Returns the document of the article with these lines.

    `image` is the picture that the page names as the article's, `lead` its description, `url` its address.
    `is_other` says whether a line is one that no article has, like "Read also".
    """
    texts = [to_plain((block,)) if not isinstance(block, Picture | Gallery) else "" for block, _ in found]
    placed, loose, covered = place_lines(texts, lines)
    if not placed:
        return tuple(Paragraph((Run(line.removeprefix("- ")),)) for line in lines)
    chosen = placed | _alike(found, texts, placed, title, is_other)
    chosen |= _standfirst(found, texts, min(chosen), lead, is_other)
    first, last = min(chosen), max(chosen)
    chosen |= {
        number for number in range(first, last) if not texts[number] and not isinstance(found[number][0], Heading)
    }
    chosen |= pictures_above(found, texts, first, title, image) | pictures_below(found, texts, last)
    page = Surroundings(url, [found[number][1] for number in sorted(placed)], is_other)
    shown = [number for number in chosen if isinstance(found[number][0], Picture | Gallery)]
    chosen -= {
        number for number in shown if not is_named(found[number][0], image) and page.is_elsewhere(*found[number])
    }
    blocks: list[tuple[float, Block]] = [
        (float(number), block) for number in chosen for block in _without_others(found[number][0], covered, is_other)
    ]
    said = "\n".join(letters_of(plain_runs(caption)) for caption in captions_of(block for _, block in blocks))
    blocks += [(number + 0.5, Paragraph((Run(line),))) for number, line in loose if letters_of(line) not in said]
    return tuple(shown_blocks((block for _, block in sorted(blocks, key=lambda one: one[0])), image))


def _without_others(block: Block, covered: Collection[str], is_other: Callable[[str], bool]) -> list[Block]:
    """Returns a paragraph of several lines without those that no article has.

    Long lines are paragraphs: old systems put a whole article into one element, with a line break between two.
    """
    if not isinstance(block, Paragraph) or "\n" not in plain_runs(block.text):
        return [block]
    lines = [
        line
        for line in split_lines(block.text)
        if letters_of(text := plain_runs(line)) in covered or (text.strip() and not is_other(text))
    ]
    if sum(len(run.text) for line in lines for run in line) >= _LONG_LINE * len(lines):
        return [Paragraph(runs) for line in lines if (runs := trimmed(line))]
    return [Paragraph(joined_lines(*lines))]


# What else belongs to the article


def _holder(node: HtmlElement) -> HtmlElement:
    """Returns the block in which a text begins, if it begins in a mark such as <strong>."""
    while node.tag in INLINE and (parent := node.getparent()) is not None:
        node = parent
    return node


def _kind(node: HtmlElement) -> tuple[str, str, str, str]:
    parent = node.getparent()
    around = (str(parent.tag), parent.get("class") or "") if parent is not None else ("", "")
    return (str(node.tag), node.get("class") or "", *around)


def _around(node: HtmlElement) -> list[HtmlElement]:
    """Returns the elements around the one in which a block begins, as far as containers of one article share them."""
    return list(islice(node.iterancestors(), 1, _SHARED_LEVELS))


def _is_among(node: HtmlElement, block: Block, placed: Mapping[HtmlElement | None, int]) -> bool:
    """Returns whether a block stands beside paragraphs that were placed. A table and a whole sentence may do so in
    wrappers of their own. `placed` is the number of such paragraphs in each element.
    """
    if isinstance(block, Table):
        return any(placed.get(one, 0) > 1 for one in islice(node.iterancestors(), _SHARED_LEVELS))
    is_sentence = isinstance(block, Paragraph) and is_ended(plain_runs(block.text))
    for _ in range(_WRAPPERS):
        parent = node.getparent()
        if placed.get(parent, 0) > 1:
            return True
        if not is_sentence or parent is None or len(parent) > 1 or f"{parent.text or ''}{node.tail or ''}".strip():
            return False
        node = parent
    return False


def _alike(
    found: PageBlocks, texts: Sequence[str], placed: set[int], title: str, is_other: Callable[[str], bool]
) -> set[int]:
    """Returns the blocks between those that were placed, and behind them in a container of the same kind."""
    holders = [_holder(node) for _, node in found]
    kinds = Counter(_kind(holders[number]) for number in placed)
    parents = Counter(holders[number].getparent() for number in placed)
    usual = {kind for kind, count in kinds.items() if count > 1}
    around = Counter(one for number in placed for one in _around(holders[number]))
    tables = around + parents
    first, last = min(placed), max(placed)
    more: set[int] = set()
    gap = 0
    for number in range(first + 1, len(found)):
        block, node = found[number][0], holders[number]
        text = texts[number]
        if number in placed:
            gap = 0
            continue
        if not text:
            continue
        if number > last and (gap >= _GAP or (isinstance(block, Heading) and block.level == 1)):
            break
        is_kind = (_kind(node) in usual and any(one in around for one in _around(node))) or (
            (number < last or (isinstance(block, Table) and gap <= 1))
            and _is_among(node, block, tables if number < last and isinstance(block, Table) else parents)
        )
        if (
            not is_kind
            or not (_is_text(block, number > last) or (number < last and _is_linked_sentence(block)))
            or is_other(text)
            or letters_of(text) == letters_of(title)
        ):
            gap += 1
            continue
        gap = 0
        more.add(number)
    return _with_headings_of_tables(found, texts, _without_last_headings(found, placed, more), is_other)


def _with_headings_of_tables(
    found: PageBlocks, texts: Sequence[str], more: set[int], is_other: Callable[[str], bool]
) -> set[int]:
    """Returns the places with the heading right above each table, which may stand in a wrapper with the table."""
    above = {number - 1 for number in more if number and isinstance(found[number][0], Table)}
    return more | {
        number
        for number in above
        if isinstance(block := found[number][0], Heading) and block.level > 1 and not is_other(texts[number])
    }


def _standfirst(
    found: PageBlocks, texts: Sequence[str], first: int, lead: str, is_other: Callable[[str], bool]
) -> set[int]:
    """Returns the place of the standfirst: between the headline and the text, a paragraph in an element that is named
    so, or one that the page repeats as its description.
    """
    described = letters_of(lead)[:_DESCRIBED]
    for number in range(first - 1, max(-1, first - LEAD), -1):
        block, node = found[number]
        text = texts[number]
        if isinstance(block, Heading) and block.level == 1:
            break
        if len(text) < _FEWEST_LETTERS or is_other(text) or not isinstance(block, Paragraph | Heading):
            continue
        holder = _holder(node)
        names = f"{holder.get('class') or ''} {holder.get('id') or ''} {holder.get('itemprop') or ''}"
        is_described = len(described) >= _FEWEST_LETTERS and letters_of(text).startswith(described)
        if _is_text(block, True) and (is_described or _STANDFIRST.search(names)):
            return {number}
    return set()


def _without_last_headings(found: PageBlocks, placed: set[int], more: set[int]) -> set[int]:
    """Returns the places without headings at the end, under which nothing stands."""
    for number in sorted(more, reverse=True):
        if number < max(placed) or not isinstance(found[number][0], Heading):
            break
        more.discard(number)
    return more


def _is_text(block: Block, is_behind: bool) -> bool:
    match block:
        case Paragraph(runs) | Heading(runs):
            letters = sum(len(run.text) for run in runs)
            linked = sum(len(run.text) for run in runs if run.link)
            long = letters >= _FEWEST_LETTERS or isinstance(block, Heading)
            return linked <= _LINKED * letters and (long or not is_behind)
        case Quote() | PullQuote():
            return True
        case Listing(items):
            runs = tuple(run for item in items for one in item if isinstance(one, Paragraph) for run in one.text)
            return not is_behind and _share_of_links(runs) <= _LINKED
        case Table(rows):
            runs = tuple(run for row in rows for cell in row for run in cell.text)
            return _share_of_links(runs) <= _LINKED and not _is_offer(runs)
        case _:
            return not is_behind


def _is_offer(runs: Sequence[Run]) -> bool:
    """Returns whether all links of a table say the same: where its things are sold."""
    linked = [run.text for run in runs if run.link]
    return len(linked) > 1 and len(set(linked)) == 1


def _is_linked_sentence(block: Block) -> bool:
    """Returns whether a paragraph is a sentence of which most is a link, and words beside the link complete it."""
    if not isinstance(block, Paragraph):
        return False
    text, beside = plain_runs(block.text), "".join(run.text for run in block.text if not run.link)
    return is_ended(text) and len(letters_of(beside)) >= _BESIDE_LINK


def _share_of_links(runs: Sequence[Run]) -> float:
    letters = sum(len(run.text) for run in runs)
    return sum(len(run.text) for run in runs if run.link) / letters if letters else 0.0
