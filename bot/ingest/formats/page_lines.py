"""Finds where the lines of an article stand in the blocks of its page.

The lines come from a reader that looks at text only. Lines and blocks are compared by their letters, since that
reader may lose blanks, marks and joiners. If a line lost words as well, the block near it that has most of its words
is taken.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple

_SHORT: Final = 15  # letters of a line that may stand in many places: only a whole line of a block is it
_COVERED: Final = 0.5  # of a block's letters that were found: a block with less is not the article's
_SHARED: Final = 0.7  # of a line's words that a block has, if words are lost inside of the line
_MOST_MISSED: Final = 300  # lines that stand nowhere; each is looked for in all the letters of the page
_NEAR: Final = 8  # blocks in which such a line is looked for
_LETTERS: Final = re.compile(r"\w+")


class _Line(NamedTuple):
    """A line of a block."""

    block: int  # the place of the block
    letters: str


def letters_of(text: str) -> str:
    return "".join(_LETTERS.findall(text))  # in half of the time that taking away the others takes


def place_lines(texts: Sequence[str], lines: Sequence[str]) -> tuple[set[int], list[tuple[int, str]], frozenset[str]]:
    """Returns the places of the blocks with these lines, the other lines, each with the place before it, and
    the letters of each line.
    """
    parts = [
        _Line(number, letters)
        for number, text in enumerate(texts)
        for one in text.split("\n")
        if (letters := letters_of(one))
    ]
    whole = "".join(part.letters for part in parts)
    starts = [0, *accumulate(len(part.letters) for part in parts)]
    wanted = [letters_of(line) for line in lines]
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
    for number in range(start, min(start + _NEAR, len(texts))):
        if len(texts[number]) >= len(line) and (wanted & Counter(texts[number].split())).total() >= _SHARED * len(
            words
        ):
            return number
    return None
