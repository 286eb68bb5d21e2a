"""Reads the files of an import in worker processes: JSON Lines some lines at a time, and other files whole."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from io import BufferedReader
from itertools import islice
from pathlib import Path
from stat import S_ISREG
from typing import Final

from bot.ingest.draft import Draft, latest_versions
from bot.ingest.errors import Unreadable
from bot.ingest.formats import files, json_lines
from bot.ingest.formats.encoding import may_be_utf8
from bot.ingest.identity import Keys, item_keys
from bot.ingest.worker import WorkerProcess

STORED_AT_ONCE: Final = 25  # articles of a piece: a running bot marks its deliveries between two transactions
READ_AHEAD: Final = 4  # units of reading that are under way
LINES: Final = 100  # of JSON Lines in one unit of reading, and
LINE_BYTES: Final = 1024 * 1024  # bytes of them
FILES: Final = 20  # small files in one unit of reading, and
FILE_BYTES: Final = 1024 * 1024  # bytes of them
LONGEST_LINE: Final = 16 * 1024 * 1024  # bytes of one line of JSON Lines

Items = list[Draft | Unreadable | None]  # of a file, in its order; None for an empty line or an outdated version


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """What became of a file: the numbers of its articles."""

    path: Path
    added: int = 0
    pushed: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    held: int = 0  # new articles that wait on the desk
    errors: tuple[str, ...] = ()  # what could not be read now, each with file, reason and what was expected


@dataclass(slots=True)
class ImportFile:
    """A file on its way into storage."""

    path: Path
    size: int = 0
    stamp: str = ""
    position: int = 0  # where reading goes on
    result: FileResult = field(init=False)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.result = FileResult(path=self.path)

    @property
    def key(self) -> bytes:
        return os.fsencode(self.path.absolute())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lines:
    """Some lines of a JSON Lines file."""

    file: ImportFile
    lines: Sequence[bytes]
    sizes: Sequence[int]  # bytes of each line, as it stands in the file
    first: int  # the number of the first line
    position: int  # of the file, where the first line begins
    errors: Sequence[str]
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Articles of one file that are read and stored together."""

    file: ImportFile
    drafts: Sequence[Draft] = ()
    keys: Sequence[Keys] = ()  # by which each of them is known
    errors: Sequence[str] = ()
    position: int = 0  # of the file, behind these articles
    size: int = 0  # bytes of the file that are done with
    is_last: bool = False
    all_keys: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "all_keys", frozenset(key for one in self.keys for key in one))

    def holds(self, keys: Iterable[str]) -> bool:
        """Returns whether the article that is known by these keys is one of this piece."""
        return not self.all_keys.isdisjoint(keys)


def list_files(paths: Iterable[Path]) -> list[Path]:
    """Returns the files among these paths and in their folders, in order. A missing path stays, for its error."""
    listed: list[Path] = []
    for path in paths:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        listed += [one for one in inside if one == path or (one.is_file() and one.suffix.lower() in files.SUFFIXES)]
    return list(dict.fromkeys(listed))


def look_at(path: Path) -> ImportFile:
    """Returns a file with its size, and a stamp that changes with the file. Errors are reported when it is read."""
    try:
        status = path.stat()
    except OSError:
        return ImportFile(path)
    if not S_ISREG(status.st_mode):
        return ImportFile(path)
    return ImportFile(path, size=status.st_size, stamp=f"{status.st_size} {status.st_mtime_ns}")


async def read_pieces(to_read: Sequence[ImportFile], worker: WorkerProcess, timezone: tzinfo) -> AsyncIterator[Piece]:
    """Yields the articles of the files, in order. A few pieces are read ahead."""
    ahead: deque[asyncio.Task[list[Piece]]] = deque()
    wanted = _units(to_read)
    try:
        while True:
            while len(ahead) < READ_AHEAD and (unit := await asyncio.to_thread(next, wanted, None)):
                ahead.append(asyncio.create_task(_pieces(unit, worker, timezone)))
            if not ahead:
                return
            for piece in await ahead.popleft():
                yield piece
    finally:
        for task in ahead:
            task.cancel()
        await asyncio.gather(*ahead, return_exceptions=True)


def _units(to_read: Sequence[ImportFile]) -> Iterator[_Lines | list[ImportFile]]:
    """Yields the units of reading: some lines of a JSON Lines file, or some small files."""
    small: list[ImportFile] = []
    for file in to_read:
        streamed = _is_streamed(file)
        if small and (streamed or len(small) == FILES or sum(one.size for one in small) + file.size > FILE_BYTES):
            yield small
            small = []
        if streamed:
            yield from _lines_of(file)
        else:
            small.append(file)
    if small:
        yield small


async def _pieces(unit: _Lines | list[ImportFile], worker: WorkerProcess, timezone: tzinfo) -> list[Piece]:
    if isinstance(unit, _Lines):
        return await _pieces_of_some_lines(unit, worker, timezone)
    try:
        read = await worker.run(_read_files, [file.path for file in unit], timezone=timezone)
    except Exception as error:  # a mistake of ours as well: it stops no other article
        if len(unit) > 1:  # one of them is the cause
            return [piece for file in unit for piece in await _pieces([file], worker, timezone)]
        read = [Unreadable(str(unit[0].path), str(error) or type(error).__name__)]
    return [piece for file, content in zip(unit, read, strict=True) for piece in _pieces_of_file(file, content)]


async def _pieces_of_some_lines(unit: _Lines, worker: WorkerProcess, timezone: tzinfo) -> list[Piece]:
    name = str(unit.file.path)
    try:
        items, keys = await worker.run(_read_lines, unit.lines, first=unit.first, name=name, timezone=timezone)
    except Exception as error:  # a mistake of ours as well: it stops no other article
        if len(unit.lines) > 1:  # one of them is the cause
            return [piece for line in _single(unit) for piece in await _pieces(line, worker, timezone)]
        items, keys = [Unreadable(f"{name}, line {unit.first}", str(error) or type(error).__name__)], []
    return list(_pieces_of_lines(unit, items, keys))


def _is_streamed(file: ImportFile) -> bool:
    """Returns whether a file is read line by line: JSON Lines in an encoding in which a line end is one byte."""
    if not file.size or file.path.suffix.lower() not in files.LINES:
        return False
    try:
        with file.path.open("rb") as opened:
            return may_be_utf8(opened.read(1024))
    except OSError:
        return False


def _lines_of(file: ImportFile) -> Iterator[_Lines]:
    """Yields the lines of a file from its position on, some at a time."""
    with file.path.open("rb") as opened:
        number = 1 + lines_before(opened, file.position)
        position, is_last = file.position, False
        while not is_last:
            lines: list[bytes] = []
            sizes: list[int] = []
            errors: list[str] = []
            while not is_last and len(lines) < LINES and sum(sizes) < LINE_BYTES:
                line, size = _line(opened)
                if size > LONGEST_LINE:
                    where = f"{file.path}, line {number + len(lines)}"
                    errors.append(f"{where}: longer than {LONGEST_LINE // 1024 // 1024} MiB; expected one article")
                lines.append(line)
                sizes.append(size)
                is_last = not opened.peek(1)
            yield _Lines(
                file=file,
                lines=lines,
                sizes=sizes,
                first=number,
                position=position,
                errors=errors,
                is_last=is_last,
            )
            number += len(lines)
            position += sum(sizes)


def _line(opened: BufferedReader) -> tuple[bytes, int]:
    """Returns the next line and its length. Of a line that is too long, it returns no bytes."""
    line = opened.readline(LONGEST_LINE)
    size = len(line)
    if size < LONGEST_LINE or line.endswith(b"\n"):
        return line, size
    while more := opened.readline(LONGEST_LINE):
        size += len(more)
        if more.endswith(b"\n"):
            break
    return b"", size


def lines_before(opened: BufferedReader, position: int) -> int:
    """Returns the number of lines before a position, and leaves the file there, or at its end if it is shorter."""
    lines = 0
    while (left := position - opened.tell()) and (read := opened.read(min(left, LINE_BYTES))):
        lines += read.count(b"\n")
    return lines


def _single(reading: _Lines) -> Iterator[_Lines]:
    """Yields the same lines one by one."""
    position = reading.position
    for place, (line, size) in enumerate(zip(reading.lines, reading.sizes, strict=True)):
        yield replace(
            reading,
            lines=[line],
            sizes=[size],
            first=reading.first + place,
            position=position,
            errors=reading.errors if place == 0 else (),
            is_last=reading.is_last and place == len(reading.lines) - 1,
        )
        position += size


def _pieces_of_lines(reading: _Lines, items: Items, keys: Sequence[Keys]) -> Iterator[Piece]:
    position, left = reading.position, iter(keys)
    for start in range(0, len(items), STORED_AT_ONCE):
        some, size = items[start : start + STORED_AT_ONCE], sum(reading.sizes[start : start + STORED_AT_ONCE])
        position += size
        drafts = [item for item in some if isinstance(item, Draft)]
        yield Piece(
            file=reading.file,
            drafts=drafts,
            keys=list(islice(left, len(drafts))),
            errors=[
                *(reading.errors if start == 0 else ()),
                *(str(one) for one in some if isinstance(one, Unreadable)),
            ],
            position=position,
            size=size,
            is_last=reading.is_last and start + STORED_AT_ONCE >= len(items),
        )


def _pieces_of_file(file: ImportFile, content: tuple[Items, list[Keys]] | Unreadable) -> Iterator[Piece]:
    if isinstance(content, Unreadable):
        yield Piece(file=file, errors=[str(content)], size=file.size, is_last=True)
        return
    items, keys = content
    left = iter(keys)
    for start in range(0, len(items) or 1, STORED_AT_ONCE):
        some = items[start : start + STORED_AT_ONCE]
        drafts = [item for item in some if isinstance(item, Draft)]
        some_keys = list(islice(left, len(drafts)))
        is_last = start + STORED_AT_ONCE >= len(items)
        if start + len(some) <= file.position and not is_last:
            continue
        yield Piece(
            file=file,
            drafts=drafts,
            keys=some_keys,
            errors=[str(one) for one in some if isinstance(one, Unreadable)],
            position=start + len(some),
            size=file.size if is_last else 0,
            is_last=is_last,
        )


# In a worker process


def _read_lines(lines: Sequence[bytes], *, first: int, name: str, timezone: tzinfo) -> tuple[Items, list[Keys]]:
    """Returns the content of each line, and the keys of the articles."""
    items = _without_outdated(json_lines.read_lines(lines, first=first, name=name, timezone=timezone))
    return items, _keys(items, timezone)


def _read_files(paths: Sequence[Path], *, timezone: tzinfo) -> list[tuple[Items, list[Keys]] | Unreadable]:
    """Returns the content of each file with the keys of its articles, or the error."""
    read: list[tuple[Items, list[Keys]] | Unreadable] = []
    for path in paths:
        try:
            items = _without_outdated(list(files.read(path, timezone=timezone)))
        except Unreadable as error:
            read.append(error)
        else:
            read.append((items, _keys(items, timezone)))
    return read


def _without_outdated(items: Items) -> Items:
    """Returns None in the place of each article of which a later version, or a withdrawal, is listed as well."""
    last = {id(draft) for draft in latest_versions([item for item in items if isinstance(item, Draft)])}
    return [item if not isinstance(item, Draft) or id(item) in last else None for item in items]


def _keys(items: Items, timezone: tzinfo) -> list[Keys]:
    return item_keys([item for item in items if isinstance(item, Draft)], source_id=None, zone=timezone)
