"""Makes paragraphs of the pieces of text that a walk over HTML finds between two blocks."""

from collections.abc import Iterator
from dataclasses import replace

from bot.text.document import trimmed
from storage.records.documents import Run, Runs


def joined_lines(*lines: Runs) -> Runs:
    """Returns several texts as one, each on a line of its own."""
    joined: list[Run] = []
    for line in lines:
        if joined and line:
            joined.append(Run("\n"))
        joined += line
    return trimmed(joined)


def split_paragraphs(pieces: list[Run]) -> Iterator[Runs]:
    """Yields the paragraphs of the pieces between two blocks. An empty line ends a paragraph."""
    line: list[Run] = []
    breaks = 0
    for piece in pieces:
        if piece.text == "\n":
            breaks += 1
        elif line and not piece.text.strip():
            if not breaks:
                line.append(piece)
        else:
            if breaks and line:
                if breaks > 1:
                    yield from _tidied(line)
                    line = []
                else:
                    line.append(Run("\n"))
            breaks = 0
            line.append(piece)
    yield from _tidied(line)


def _tidied(pieces: list[Run]) -> Iterator[Runs]:
    """Yields the runs of a paragraph, if it has text, with one blank between words and none beside a line end."""
    if len(pieces) == 1:
        runs: Runs = trimmed(pieces)
    else:
        kept: list[Run] = []
        blank = True
        for piece in pieces:
            text = piece.text
            if text == "\n":
                if kept:
                    kept[-1] = replace(kept[-1], text=kept[-1].text.rstrip())
                blank = True
            else:
                text = text.lstrip(" ") if blank else text
                blank = text.endswith(" ") if text else blank
            if text:
                kept.append(piece if text is piece.text else replace(piece, text=text))
        runs = trimmed(kept)
    if runs and (len(runs) > 1 or runs[0].text.strip()):
        yield runs


def split_lines(runs: Runs) -> list[Runs]:
    """Returns the lines of a paragraph."""
    lines: list[list[Run]] = [[]]
    for run in runs:
        first, *more = run.text.split("\n")
        lines[-1].append(replace(run, text=first))
        lines.extend([replace(run, text=text)] for text in more)
    return [tuple(run for run in line if run.text) for line in lines]
