"""Imports files and folders on all cores. A bad file stops no other.

list → read (worker processes) → decide → prepare (worker processes) → store (this process, in the order of the files)

Only a few hundred articles are under way at a time, however large an archive is. The position in each file is stored
together with its articles, so that an import that was stopped continues there, also after a kill.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from bot.ingest import story_index
from bot.ingest.decide import Decision, Push
from bot.ingest.import_reading import FILES, STORED_AT_ONCE, FileResult, ImportFile, Piece, look_at, read_pieces
from bot.ingest.keep import Part, withdrawn_records
from bot.ingest.refresh import Ingest
from storage.records import ChangedArticle, ImportProgress, NewArticle, Stored

PREPARED_AHEAD: Final = 4  # transactions that are prepared before their turn
UNFINISHED_FOR: Final = timedelta(days=30)  # after which an import that nobody went on with is forgotten


@dataclass(slots=True)
class _Batch:
    """What one transaction stores."""

    pieces: list[Piece] = field(default_factory=list)
    prepared: asyncio.Task[tuple[list[NewArticle], list[ChangedArticle]]] | None = None
    decision: Decision | None = None
    failed: list[tuple[tuple[str, ...], str]] = field(
        default_factory=list
    )  # articles that can't be prepared, and why

    @property
    def is_full(self) -> bool:
        return len(self.pieces) >= FILES or sum(len(piece.drafts) for piece in self.pieces) >= STORED_AT_ONCE

    def shares(self, piece: Piece) -> bool:
        """Returns whether an article of another piece may be one of these."""
        return any(not piece.all_keys.isdisjoint(one.all_keys) for one in self.pieces)

    def errors_of(self, piece: Piece) -> list[str]:
        return [f"{piece.file.path}: {reason}" for keys, reason in self.failed if piece.holds(keys)]


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
        self._files: list[ImportFile] = []  # that still have to be imported
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
        looked_at = await asyncio.to_thread(lambda: [look_at(path) for path in paths])
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
            async for piece in read_pieces(self._files, self._ingest.worker, self._ingest.config.timezone):
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
        piece: Piece,
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
