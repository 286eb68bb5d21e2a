"""Imports files and folders on all cores. A bad file stops no other.

list → read (worker processes) → decide → prepare (worker processes) → store (this process, in the order of the files)

Only a few hundred articles are under way at a time, however large an archive is. The position in each file is stored
together with its articles, so that an import that was stopped continues there, also after a kill.
"""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta, tzinfo
from io import BufferedReader
from itertools import islice
from pathlib import Path
from stat import S_ISREG
from typing import Final

from bot.ingest import story_index
from bot.ingest.decide import Decision, Push
from bot.ingest.draft import Draft, latest_versions
from bot.ingest.errors import Unreadable
from bot.ingest.formats import files, json_lines
from bot.ingest.formats.encoding import may_be_utf8
from bot.ingest.identity import Keys, item_keys
from bot.ingest.keep import Part, withdrawn_records
from bot.ingest.refresh import Ingest
from storage.records import ChangedArticle, ImportProgress, NewArticle, Stored

STORED_AT_ONCE: Final = 25  # articles in one transaction: a running bot marks its deliveries between two
READ_AHEAD: Final = 4  # pieces of reading under way, and
PREPARED_AHEAD: Final = 4  # transactions that are prepared before their turn
LINES: Final = 100  # of JSON Lines in one piece of reading, and
LINE_BYTES: Final = 1024 * 1024  # bytes of them
FILES: Final = 20  # small files in one piece of reading, and
FILE_BYTES: Final = 1024 * 1024  # bytes of them
LONGEST_LINE: Final = 16 * 1024 * 1024  # bytes of one line of JSON Lines
UNFINISHED_FOR: Final = timedelta(days=30)  # after which an import that nobody went on with is forgotten

Items = list[Draft | Unreadable | None]  # of a file, in its order; None for an empty line or an outdated version


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    path: Path
    added: int = 0
    pushed: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    held: int = 0  # new articles that wait on the desk
    errors: tuple[str, ...] = ()  # what could not be read now, each with file, reason and what was expected


@dataclass(slots=True)
class _File:
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

    file: _File
    lines: Sequence[bytes]
    sizes: Sequence[int]  # bytes of each line, as it stands in the file
    first: int  # the number of the first line
    position: int  # of the file, where the first line begins
    errors: Sequence[str]
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """Articles of one file that are read and stored together."""

    file: _File
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
        """Whether the article that is known by these keys is one of this piece."""
        return not self.all_keys.isdisjoint(keys)


@dataclass(slots=True)
class _Batch:
    """What one transaction stores."""

    pieces: list[_Piece] = field(default_factory=list)
    prepared: asyncio.Task[tuple[list[NewArticle], list[ChangedArticle]]] | None = None
    decision: Decision | None = None
    failed: list[tuple[tuple[str, ...], str]] = field(
        default_factory=list
    )  # articles that can't be prepared, and why

    @property
    def is_full(self) -> bool:
        return len(self.pieces) >= FILES or sum(len(piece.drafts) for piece in self.pieces) >= STORED_AT_ONCE

    def shares(self, piece: _Piece) -> bool:
        """Whether an article of another piece may be one of these."""
        return any(not piece.all_keys.isdisjoint(one.all_keys) for one in self.pieces)

    def errors_of(self, piece: _Piece) -> list[str]:
        return [f"{piece.file.path}: {reason}" for keys, reason in self.failed if piece.holds(keys)]


def list_files(paths: Iterable[Path]) -> list[Path]:
    """Returns the files among these paths and in their folders, in order. A missing path stays, for its error."""
    listed: list[Path] = []
    for path in paths:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        listed += [one for one in inside if one == path or (one.is_file() and one.suffix.lower() in files.SUFFIXES)]
    return list(dict.fromkeys(listed))


async def import_files(
    ingest: Ingest, paths: Sequence[Path], *, push: Push, category: str | None = None
) -> AsyncIterator[FileResult]:
    """Import these files. Returns a result for each."""
    importing = Import(ingest, push=push, category=category)
    await importing.look_up_progress(paths)
    async for result in importing.run():
        yield result


class Import:
    """Imports files in their order.

    An article that was stored and pruned (NEWSBOT_KEEP_DAYS) counts as unchanged, so that a folder that is imported
    daily is not pushed again. Push.ALWAYS stores and pushes such an article, Push.NEVER only stores it.
    """

    def __init__(self, ingest: Ingest, *, push: Push, category: str | None = None) -> None:
        """`category` is for articles that bring none."""
        self._ingest = ingest
        self._push = push
        self._category = category
        self._options = f"{push.value} {category or ''}".strip()
        self._files: list[_File] = []  # that still have to be imported
        self._keys: list[bytes] = []  # of all files
        self._on_progress: Callable[[int], None] = lambda size: None
        self.size = 0  # bytes of all files
        self.size_before = 0  # bytes that an earlier import has stored
        self.stored = 0  # articles that were new or changed
        self.finished_before: list[FileResult] = []  # files that an earlier import has stored completely
        self.begun_before: list[FileResult] = []  # files that it has stored in part

    async def look_up_progress(self, paths: Sequence[Path]) -> None:
        """Look up the sizes of the files and how far an earlier import of them came. Call this before `run`."""
        storage, now = self._ingest.storage, self._ingest.now()
        await storage.imports.forget_older(before=now - UNFINISHED_FOR)
        known = await storage.imports.progress(self._options)
        looked_at = await asyncio.to_thread(lambda: [_looked_at(path) for path in paths])
        self.size = sum(file.size for file in looked_at)
        outdated: list[bytes] = []
        self._keys = [file.key for file in looked_at]
        for file in looked_at:
            progress = known.get(file.key)
            if progress is not None and progress.stamp != file.stamp:
                outdated.append(file.key)
            elif progress is not None:
                file.position, file.result = progress.position, _continued(file.path, progress)
                (self.finished_before if progress.finished else self.begun_before).append(file.result)
            if progress is not None and progress.finished and progress.stamp == file.stamp:
                self.size_before += file.size
            else:
                self._files.append(file)
        if outdated:
            await storage.imports.forget(self._options, outdated)

    async def run(self, on_progress: Callable[[int], None] = lambda size: None) -> AsyncIterator[FileResult]:
        """Import the files. Yields the result of a file when all of it is stored.

        `on_progress` is called with the number of bytes that are done since its last call.
        """
        self._on_progress = on_progress
        batches: deque[_Batch] = deque()
        batch = _Batch()
        try:
            async for piece in self._read():
                if any(one.shares(piece) for one in (*batches, batch)):
                    # These articles are compared with others that must be stored first.
                    batches.append(self._begun(batch))
                    batch = _Batch()
                    while batches:
                        for result in await self._store(batches.popleft()):
                            yield result
                batch.pieces.append(piece)
                if batch.is_full:
                    batches.append(self._begun(batch))
                    batch = _Batch()
                while len(batches) > PREPARED_AHEAD:
                    for result in await self._store(batches.popleft()):
                        yield result
            batches.append(self._begun(batch))
            while batches:
                for result in await self._store(batches.popleft()):
                    yield result
        finally:
            preparing = [one.prepared for one in batches if one.prepared is not None]
            for task in preparing:
                task.cancel()
            await asyncio.gather(*preparing, return_exceptions=True)
        await self._ingest.storage.imports.forget(self._options, self._keys)

    # Reading

    async def _read(self) -> AsyncIterator[_Piece]:
        """Yields the articles of the files, in order. A few pieces are read ahead."""
        ahead: deque[asyncio.Task[list[_Piece]]] = deque()
        wanted = self._to_read()
        try:
            while True:
                while len(ahead) < READ_AHEAD and (reading := await asyncio.to_thread(next, wanted, None)):
                    ahead.append(asyncio.create_task(self._pieces(reading)))
                if not ahead:
                    return
                for piece in await ahead.popleft():
                    yield piece
        finally:
            for task in ahead:
                task.cancel()
            await asyncio.gather(*ahead, return_exceptions=True)

    def _to_read(self) -> Iterator[_Lines | list[_File]]:
        """Yields the units of reading: some lines of a JSON Lines file, or some small files."""
        small: list[_File] = []
        for file in self._files:
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

    async def _pieces(self, reading: _Lines | list[_File]) -> list[_Piece]:
        zone, worker = self._ingest.config.timezone, self._ingest.worker
        if isinstance(reading, _Lines):
            name = str(reading.file.path)
            try:
                items, keys = await worker.run(
                    _read_lines, reading.lines, first=reading.first, name=name, timezone=zone
                )
            except Exception as error:  # a mistake of ours as well: it stops no other article
                if len(reading.lines) > 1:  # one of them is the cause
                    return [piece for line in _single(reading) for piece in await self._pieces(line)]
                items, keys = [Unreadable(f"{name}, line {reading.first}", str(error) or type(error).__name__)], []
            return list(_pieces_of_lines(reading, items, keys))
        try:
            read = await worker.run(_read_files, [file.path for file in reading], timezone=zone)
        except Exception as error:  # a mistake of ours as well: it stops no other article
            if len(reading) > 1:  # one of them is the cause
                return [piece for file in reading for piece in await self._pieces([file])]
            read = [Unreadable(str(reading[0].path), str(error) or type(error).__name__)]
        return [
            piece for file, content in zip(reading, read, strict=True) for piece in _pieces_of_file(file, content)
        ]

    # Deciding and preparing

    def _begun(self, batch: _Batch) -> _Batch:
        """Start to prepare a batch while the batches before it are stored."""
        batch.prepared = asyncio.create_task(self._prepared(batch))
        return batch

    async def _prepared(self, batch: _Batch) -> tuple[list[NewArticle], list[ChangedArticle]]:
        drafts = [draft for piece in batch.pieces for draft in piece.drafts]
        keys = [one for piece in batch.pieces for one in piece.keys]
        batch.decision = decision = await self._ingest.keeper.decide(keys, drafts, self._push, None, None)
        part = Part(decision.new, decision.changed)
        try:
            return await self._ingest.keeper.prepare_records(part, None, self._category, {})
        except Exception:  # of one article: the others are stored
            new, changed, left_out = await self._ingest.keeper.prepare_one_by_one(part, None, self._category, {})
            batch.failed += [(one.keys, reason) for one, reason in left_out]
            return new, changed

    # Storing

    async def _store(self, batch: _Batch) -> list[FileResult]:
        """Store a batch. Returns the results of the files of which it held the last articles."""
        assert batch.prepared is not None
        new, changed = await batch.prepared
        results: list[ImportProgress] = []

        def progress(stored: Stored) -> list[ImportProgress]:
            results[:] = [self._progress(piece, batch, new, changed, stored) for piece in batch.pieces]
            return results

        stored = await self._ingest.storage.articles.store(
            new,
            changed,
            now=self._ingest.now(),
            withdrawn=withdrawn_records(batch.decision, None) if batch.decision else (),
            versions=batch.decision.versions if batch.decision else (),
            raised=[one.known.id for one in batch.decision.raised] if batch.decision else (),
            decide=story_index.place_article,
            progress=progress,
        )
        if stored.pushed or stored.withdrawn:
            self._ingest.on_stored()
        self.stored += len(stored.added) + len(stored.changed)
        finished: list[FileResult] = []
        for piece, result in zip(batch.pieces, results, strict=True):
            piece.file.errors += [*piece.errors, *batch.errors_of(piece)]
            piece.file.result = _added_up(piece.file.result, result)
            self._on_progress(piece.size)
            if piece.is_last:
                finished.append(replace(piece.file.result, errors=tuple(piece.file.errors)))
        return finished

    def _progress(
        self,
        piece: _Piece,
        batch: _Batch,
        new: Sequence[NewArticle],
        changed: Sequence[ChangedArticle],
        stored: Stored,
    ) -> ImportProgress:
        """Returns the position in a file after this piece, and the counts of its articles."""
        kept = [one for one in new if one.identity not in {*stored.passed_over, *stored.held}]
        added = [
            number for one, number in zip(kept, stored.added, strict=True) if piece.holds((one.identity, *one.keys))
        ]
        revised = sum(piece.holds(one.keys) for one in changed if one.article_id in stored.changed)
        for one in batch.decision.withdrawn if batch.decision else ():
            revised += one.known.id in stored.withdrawn and piece.holds(one.known.keys)
        for raised in batch.decision.only_raised if batch.decision else ():
            revised += piece.holds(raised.known.keys)
        unprepared = len(batch.errors_of(piece))
        held = sum(piece.holds((one.identity, *one.keys)) for one in new if one.identity in stored.held)
        return ImportProgress(
            file=piece.file.key,
            options=self._options,
            stamp=piece.file.stamp,
            position=piece.position,
            finished=piece.is_last,
            added=len(added),
            pushed=len(set(stored.pushed).intersection(added)),
            changed=revised,
            unchanged=len(piece.drafts) - len(added) - revised - unprepared - held,
            failed=len(piece.errors) + unprepared,
            held=held,
        )


# Files


def _looked_at(path: Path) -> _File:
    """Returns a file with its size, and a stamp that changes with the file. Errors are reported when it is read."""
    try:
        status = path.stat()
    except OSError:
        return _File(path)
    if not S_ISREG(status.st_mode):
        return _File(path)
    return _File(path, size=status.st_size, stamp=f"{status.st_size} {status.st_mtime_ns}")


def _continued(path: Path, progress: ImportProgress) -> FileResult:
    return FileResult(
        path=path,
        added=progress.added,
        pushed=progress.pushed,
        changed=progress.changed,
        unchanged=progress.unchanged,
        failed=progress.failed,
        held=progress.held,
    )


def _added_up(result: FileResult, progress: ImportProgress) -> FileResult:
    return replace(
        result,
        added=result.added + progress.added,
        pushed=result.pushed + progress.pushed,
        changed=result.changed + progress.changed,
        unchanged=result.unchanged + progress.unchanged,
        failed=result.failed + progress.failed,
        held=result.held + progress.held,
    )


def _is_streamed(file: _File) -> bool:
    """Whether a file is read line by line: JSON Lines in an encoding in which a line end is one byte."""
    if not file.size or file.path.suffix.lower() not in files.LINES:
        return False
    try:
        with file.path.open("rb") as opened:
            return may_be_utf8(opened.read(1024))
    except OSError:
        return False


def _lines_of(file: _File) -> Iterator[_Lines]:
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


def _pieces_of_lines(reading: _Lines, items: Items, keys: Sequence[Keys]) -> Iterator[_Piece]:
    position, left = reading.position, iter(keys)
    for start in range(0, len(items), STORED_AT_ONCE):
        some, size = items[start : start + STORED_AT_ONCE], sum(reading.sizes[start : start + STORED_AT_ONCE])
        position += size
        drafts = [item for item in some if isinstance(item, Draft)]
        yield _Piece(
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


def _pieces_of_file(file: _File, content: tuple[Items, list[Keys]] | Unreadable) -> Iterator[_Piece]:
    if isinstance(content, Unreadable):
        yield _Piece(file=file, errors=[str(content)], size=file.size, is_last=True)
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
        yield _Piece(
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
