"""An archive into an empty database by `newsbot import`: made-up articles as JSON Lines, and as saved page texts.

The command runs as an operator types it. Its archive is killed once at the middle and typed again, so the figures are
of both halves together; then it is imported once more, when nothing in it is new.
"""

import asyncio
import json
import os
import resource
import sqlite3
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from pathlib import Path

from bench.archive_texts import ArchiveTexts
from bench.newsroom import Size
from bench.rows import Row
from bench.telegram import ROOT

LOOKED_AT_EVERY = 0.2  # seconds between two looks at the memory of the processes
SAVED = 20  # of so many articles, one is also imported as a saved page text


async def archive(size: Size) -> AsyncIterator[Row]:
    with tempfile.TemporaryDirectory(prefix="newsbot-bench-") as name:
        folder = Path(name)
        await asyncio.to_thread(_write, folder, size.archive)
        file, saved = folder / "archive.jsonl", folder / "saved"
        yield await _imported("JSON Lines, killed at the middle", folder / "bench.db", file, size.archive, kill=True)
        yield await _imported("the same again: nothing is new", folder / "bench.db", file, size.archive)
        yield await _imported("saved page texts, a file each", folder / "texts.db", saved, size.archive // SAVED)


def _write(folder: Path, count: int) -> None:
    saved = folder / "saved"
    saved.mkdir()
    with (folder / "archive.jsonl").open("w", encoding="utf-8") as lines:
        for number, article in enumerate(ArchiveTexts().articles(count)):
            lines.write(json.dumps(article, ensure_ascii=False) + "\n")
            if number % SAVED == 0:
                day = str(article["published"])[:10]
                text = f"{article['category']}\n\n{article['title']}\n{day}\n\n{article['body']}\n"
                (saved / f"{number}.txt").write_text(text, "utf-8")


async def _imported(situation: str, database: Path, path: Path, count: int, *, kill: bool = False) -> Row:
    begun, before = time.monotonic(), _cpu_seconds()
    peaks: dict[str, float] = {}
    if kill:
        process = await _start(database, path)
        watching = asyncio.create_task(_watch(process, peaks))
        await asyncio.to_thread(_wait_for, database, count // 2)
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await watching
    half = _stored(database)
    process = await _start(database, path)
    await asyncio.gather(_watch(process, peaks), process.wait())
    if process.returncode:
        raise RuntimeError(f"the import ended with status {process.returncode}")
    seconds = time.monotonic() - begun
    return Row(
        scenario="archive",
        situation=situation,
        messages=count,
        seconds=seconds,
        cpu_seconds=_cpu_seconds() - before,
        resident_mb=peaks.get("import"),
        more={
            "stored": _stored(database),
            "stored_before_the_kill": half if kill else 0,
            "worker_mb": round(peaks.get("worker", 0.0)),
            "database_mb": round(_size(database) / 1024 / 1024),
        },
    )


async def _start(database: Path, path: Path) -> Process:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEWSBOT_")}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "import", "--no-push", str(path)),
        cwd=ROOT,
        env=environment | {"NEWSBOT_DATABASE": f"sqlite:///{database}"},
        stdout=DEVNULL,
    )


async def _watch(process: Process, peaks: dict[str, float]) -> None:
    """Note the most memory of the import's own process and of the largest of its workers."""
    while process.returncode is None:
        for who, number in (("import", process.pid), *(("worker", child) for child in _children(process.pid))):
            peaks[who] = max(peaks.get(who, 0.0), _resident_mb(number))
        await asyncio.sleep(LOOKED_AT_EVERY)


def _children(process_id: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()]
    except OSError:
        return []


def _resident_mb(process_id: int) -> float:
    try:
        return int(Path(f"/proc/{process_id}/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
    except (OSError, IndexError):  # it has ended
        return 0.0


def _stored(database: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT max(id) FROM articles").fetchone()[0] or 0)
    except sqlite3.Error:  # it is not there yet
        return 0


def _wait_for(database: Path, count: int) -> None:
    while _stored(database) < count:
        time.sleep(LOOKED_AT_EVERY)


def _size(database: Path) -> int:
    return database.stat().st_size


def _cpu_seconds() -> float:
    """Of all processes that have ended: the imports and their workers."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
