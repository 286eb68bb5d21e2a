"""An archive into an empty database by `newsbot import`: made-up articles as JSON Lines, and as saved page texts.

The command runs as an operator types it. Its archive is killed once at the middle and typed again, so the figures are
of both halves together; then it is imported once more, when nothing in it is new.
"""

import asyncio
import json
import os
import resource
import sys
import tempfile
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from bench.archive_texts import ArchiveTexts
from bench.newsroom import Size, new_database
from bench.rows import Meter, Row
from bench.telegram import ROOT
from storage import articles_in, open_storage
from storage.errors import StorageError

LOOKED_AT_EVERY = 0.2  # seconds between two looks at the memory of the processes
SAVED = 20  # of so many articles, one is also imported as a saved page text


async def archive(size: Size) -> AsyncIterator[Row]:
    with tempfile.TemporaryDirectory(prefix="newsbot-bench-") as name:
        folder = Path(name)
        await asyncio.to_thread(_write, folder, size.archive)
        file, saved = folder / "archive.jsonl", folder / "saved"
        with new_database() as url:
            yield await _imported("JSON Lines, killed at the middle", url, file, size.archive, kill=True)
            yield await _imported("the same again: nothing is new", url, file, size.archive)
        with new_database() as url:
            yield await _imported("saved page texts, a file each", url, saved, size.archive // SAVED)


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


async def _imported(situation: str, url: str, path: Path, count: int, *, kill: bool = False) -> Row:
    meter, before = Meter("archive", situation), _cpu_seconds()
    peaks: dict[str, float] = {}
    if kill:
        process = await _start(url, path)
        watching = asyncio.create_task(_watch(process, peaks))
        while await _stored(url) < count // 2:
            await asyncio.sleep(LOOKED_AT_EVERY)
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await watching
    half = await _stored(url)
    process = await _start(url, path)
    await asyncio.gather(_watch(process, peaks), process.wait())
    if process.returncode:
        raise RuntimeError(f"the import ended with status {process.returncode}")
    meter.stop()
    more = {
        "stored": await _stored(url),
        "stored_before_the_kill": half if kill else 0,
        "worker_mb": round(peaks.get("worker", 0.0)),
        "database_mb": round(await _size(url) / 1024 / 1024),
    }
    return replace(meter.alone(count, more), cpu_seconds=_cpu_seconds() - before, resident_mb=peaks.get("import"))


async def _start(url: str, path: Path) -> Process:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEWSBOT_")}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "import", "--no-push", str(path)),
        cwd=ROOT,
        env=environment | {"NEWSBOT_DATABASE": url},
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


async def _stored(url: str) -> int:
    try:
        return await articles_in(url)
    except StorageError:  # it is not there yet
        return 0


async def _size(url: str) -> int:
    async with open_storage(url, create=False) as storage:
        return (await storage.database.sizes())[0]


def _cpu_seconds() -> float:
    """Of all processes that have ended: the imports and their workers."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
