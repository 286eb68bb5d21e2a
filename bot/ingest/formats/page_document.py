"""Makes the document of an article page: of all its blocks, those whose text was found to be the article's.

trafilatura says which lines are the article's; the blocks say how they stand on the page. So a word that trafilatura
loses inside a sentence is there again, and so are marks, links, joiners and pictures. A line that stands in no block
stays as a paragraph, since the reader of lines knows more than this module.

Between two blocks of the article, a paragraph of the same kind of element belongs to it as well: trafilatura drops
short ones with a link in them, and all but the first of several containers. What counts as a kind is the element
with its class, and that of its parent.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import Final, NamedTuple

from lxml.html import HtmlElement

from bot.ingest.formats.html_media import is_decoration
from bot.ingest.formats.html_runs import joined_lines, split_lines
from bot.text.document import plain_runs, to_plain, trimmed
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
    Runs,
)

Found = Sequence[tuple[Block, HtmlElement]]  # the blocks of a page, each with the element in which it begins

_SHORT: Final = 15  # letters of a line that may stand in many places: only a whole line of a block is it
_COVERED: Final = 0.5  # of a block's letters that were found: a block with less is not the article's
_SHARED: Final = 0.7  # of a line's words that a block has, if words are lost inside of the line
_LONG_LINE: Final = 60  # letters of a line that is a paragraph, on average
_LONGER: Final = 3  # times as long as its line is the longest block that lost words
_MOST_MISSED: Final = 300  # lines that stand nowhere; each is looked for in all the letters of the page
_NEAR: Final = 8  # blocks in which such a line is looked for
_LINKED: Final = 0.6  # of a paragraph's letters in links; more is a list of links
_FEWEST_LETTERS: Final = 40  # of a paragraph behind the last that was found
_GAP: Final = 3  # blocks of text between two containers of one article
_LONG_NAME: Final = 7  # letters: a shorter name of a picture's file may be that of another picture elsewhere
_SHARED_LEVELS: Final = 4  # elements around a paragraph, one of which is around the article's other containers
_LEAD: Final = 12  # blocks above the text in which the headline and the picture are looked for
_NOT_LETTERS: Final = re.compile(r"\W+")
_SIZE: Final = re.compile(r"-\d{2,4}x\d{2,4}(?=\.\w{3,4}$)|[-_](?:scaled|large|small|medium|thumb)(?=\.\w{3,4}$)")


class _Line(NamedTuple):
    """A line of a block."""

    block: int  # the place of the block
    letters: str


def choose(
    found: Found, lines: Sequence[str], *, title: str, image: str | None, is_other: Callable[[str], bool]
) -> Document:
    """Returns the document of the article with these lines.

    `image` is the picture that the page names as the article's. `is_other` says whether a line is one that no
    article has, like "Read also".
    """
    texts = [to_plain((block,)) if not isinstance(block, Picture | Gallery) else "" for block, _ in found]
    placed, loose, covered = _placed(texts, lines)
    if not placed:
        return tuple(Paragraph((Run(line.removeprefix("- ")),)) for line in lines)
    chosen = placed | _alike(found, texts, placed, title, is_other)
    first, last = min(chosen), max(chosen)
    chosen |= {
        number for number in range(first, last) if not texts[number] and not isinstance(found[number][0], Heading)
    }
    chosen |= _above(found, texts, first, title, image) | _below(found, texts, last)
    blocks: list[tuple[float, Block]] = [
        (float(number), block) for number in chosen for block in _without_others(found[number][0], covered, is_other)
    ]
    blocks += [(number + 0.5, Paragraph((Run(line),))) for number, line in loose]
    return tuple(_shown((block for _, block in sorted(blocks, key=lambda one: one[0])), image))


def _shown(blocks: Iterable[Block], image: str | None) -> Iterator[Block]:
    """Yields the blocks without pictures that belong to the page, and each picture once."""
    seen: set[str] = set()

    def is_shown(picture: Picture) -> bool:
        name = file_of(picture.address)
        if name in seen or (is_decoration(picture) and not _is_named(picture, image)):
            return False
        seen.add(name)
        return True

    for block in blocks:
        if isinstance(block, Picture):
            if is_shown(block):
                yield block
        elif isinstance(block, Gallery):
            pictures = tuple(filter(is_shown, block.pictures))
            if len(pictures) > 1:
                yield Gallery(pictures, block.caption)
            else:
                yield from pictures
        else:
            yield block


def _without_others(block: Block, covered: Collection[str], is_other: Callable[[str], bool]) -> list[Block]:
    """Returns a paragraph of several lines without those that no article has.

    Long lines are paragraphs: old systems put a whole article into one element, with a line break between two.
    """
    if not isinstance(block, Paragraph) or "\n" not in plain_runs(block.text):
        return [block]
    lines = [
        line
        for line in split_lines(block.text)
        if _letters(text := plain_runs(line)) in covered or (text.strip() and not is_other(text))
    ]
    if sum(len(run.text) for line in lines for run in line) >= _LONG_LINE * len(lines):
        return [Paragraph(runs) for line in lines if (runs := trimmed(line))]
    return [Paragraph(joined_lines(*lines))]


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text)


def _placed(texts: Sequence[str], lines: Sequence[str]) -> tuple[set[int], list[tuple[int, str]], frozenset[str]]:
    """Returns the places of the blocks with these lines, the other lines, each with the place before it, and
    the letters of each line.
    """
    parts = [
        _Line(number, letters)
        for number, text in enumerate(texts)
        for one in text.split("\n")
        if (letters := _letters(one))
    ]
    whole = "".join(part.letters for part in parts)
    starts = [0, *accumulate(len(part.letters) for part in parts)]
    wanted = [_letters(line) for line in lines]
    where = _positions(wanted, whole, starts, parts)
    covered: Counter[int] = Counter()
    for letters, position in zip(wanted, where, strict=True):
        if position is None:
            continue
        end, part = position + len(letters), bisect_right(starts, position) - 1
        while part < len(parts) and starts[part] < end:
            covered[parts[part].block] += min(end, starts[part + 1]) - max(position, starts[part])
            part += 1
    totals: Counter[int] = Counter()
    for part_of in parts:
        totals[part_of.block] += len(part_of.letters)
    placed = {block for block, letters in covered.items() if letters >= _COVERED * totals[block]}
    loose = []
    before = -1
    for line, letters, position in zip(lines, wanted, where, strict=True):
        if position is not None:
            block = parts[bisect_right(starts, position) - 1].block
            before = max(before, block)
            if block in placed:
                continue
        elif (mended := _mended(line, texts, before + 1)) is not None:
            before = mended
            placed.add(mended)
            continue
        if letters:
            loose.append((before, line.removeprefix("- ")))
    return placed, loose, frozenset(wanted)


def _positions(wanted: Sequence[str], whole: str, starts: Sequence[int], parts: Sequence[_Line]) -> list[int | None]:
    """Returns where each line stands in the letters of the page. Lines stand in their order, as close as they can."""
    found: list[int | None] = []
    end = missed = 0
    for letters in wanted:
        position = _find(letters, whole, end, starts, parts) if missed < _MOST_MISSED else None
        if position is None and end and missed < _MOST_MISSED:
            position = _find(letters, whole, 0, starts, parts)
        found.append(position)
        if position is not None:
            end = position + len(letters)
        else:
            missed += 1
    following: int | None = None
    for number in range(len(wanted) - 1, -1, -1):
        position, letters = found[number], wanted[number]
        if position is not None and following is not None and position < following:
            nearest = whole.rfind(letters, position, following)
            if len(letters) >= _SHORT and nearest > position:
                found[number] = position = nearest
        if position is not None:
            following = position
    return found


def _find(letters: str, whole: str, start: int, starts: Sequence[int], parts: Sequence[_Line]) -> int | None:
    if not letters:
        return None
    position = whole.find(letters, start)
    if len(letters) >= _SHORT:
        return position if position >= 0 else None
    for _ in range(20):
        if position < 0:
            return None
        part = bisect_right(starts, position) - 1
        if starts[part] == position and parts[part].letters == letters:
            return position
        position = whole.find(letters, position + 1)
    return None


def _mended(line: str, texts: Sequence[str], start: int) -> int | None:
    """Returns the place of the block of which a line is what remained after words were lost, if there is one near."""
    words = line.split()
    if len(words) < 3:
        return None
    wanted = Counter(words)
    for number in range(start, min(start + 8, len(texts))):
        if len(texts[number]) >= len(line) and (wanted & Counter(texts[number].split())).total() >= _SHARED * len(
            words
        ):
            return number
    return None


# What else belongs to the article


def _kind(node: HtmlElement) -> tuple[str, str, str, str]:
    parent = node.getparent()
    around = (str(parent.tag), parent.get("class") or "") if parent is not None else ("", "")
    return (str(node.tag), node.get("class") or "", *around)


def _around(node: HtmlElement) -> list[HtmlElement]:
    """Returns the elements around the one in which a block begins, as far as containers of one article share them."""
    return list(islice(node.iterancestors(), 1, _SHARED_LEVELS))


def _alike(
    found: Found, texts: Sequence[str], placed: set[int], title: str, is_other: Callable[[str], bool]
) -> set[int]:
    """Returns the blocks between those that were placed, and behind them in a container of the same kind."""
    kinds = Counter(_kind(found[number][1]) for number in placed)
    parents = Counter(found[number][1].getparent() for number in placed)
    usual = {kind for kind, count in kinds.items() if count > 1}
    around = {one for number in placed for one in _around(found[number][1])}
    first, last = min(placed), max(placed)
    more: set[int] = set()
    gap = 0
    for number in range(first + 1, len(found)):
        block, node = found[number]
        text = texts[number]
        if number in placed:
            gap = 0
            continue
        if not text:
            continue
        if number > last and (gap >= _GAP or (isinstance(block, Heading) and block.level == 1)):
            break
        is_kind = (_kind(node) in usual and not around.isdisjoint(_around(node))) or (
            number < last and parents[node.getparent()] > 1
        )
        if not is_kind or not _is_text(block, number > last) or is_other(text) or _letters(text) == _letters(title):
            gap += 1
            continue
        gap = 0
        more.add(number)
    return _without_last_headings(found, placed, more)


def _without_last_headings(found: Found, placed: set[int], more: set[int]) -> set[int]:
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
        case _:
            return not is_behind


def _share_of_links(runs: Runs) -> float:
    letters = sum(len(run.text) for run in runs)
    return sum(len(run.text) for run in runs if run.link) / letters if letters else 0.0


def _above(found: Found, texts: Sequence[str], first: int, title: str, image: str | None) -> set[int]:
    """Returns the pictures and films between the headline and the text, and the article's own picture."""
    wanted, headline = _letters(title), None
    for number in range(first - 1, max(-1, first - _LEAD), -1):
        block = found[number][0]
        if isinstance(block, Heading) and (block.level == 1 or _letters(texts[number]) == wanted):
            headline = number
            break
    beside = found[first][1].getparent()
    return {
        number
        for number in range(max(0, first - _LEAD), first)
        if not texts[number]
        and not isinstance(found[number][0], Heading)
        and (
            (headline is not None and number > headline)
            or found[number][1].getparent() is beside
            or _is_named(found[number][0], image)
        )
    }


def _is_named(block: Block, image: str | None) -> bool:
    pictures = block.pictures if isinstance(block, Gallery) else (block,)
    return image is not None and any(
        isinstance(one, Picture) and file_of(one.address) == file_of(image) for one in pictures
    )


def _below(found: Found, texts: Sequence[str], last: int) -> set[int]:
    """Returns the pictures and films that follow the last block in its own element."""
    beside = found[last][1].getparent()
    more: set[int] = set()
    for number in range(last + 1, len(found)):
        if texts[number] or found[number][1].getparent() is not beside:
            break
        more.add(number)
    return more


def file_of(address: str) -> str:
    """Returns the name of a picture's file without its size."""
    path, _, parameters = address.lower().partition("?")
    name = path.rpartition("/")[2]
    return _SIZE.sub("", name) if len(name) > _LONG_NAME else path + parameters
