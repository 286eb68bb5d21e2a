"""Imports of archives: on all cores, in order, and going on where they were stopped."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.config import Config
from bot.ingest.decide import Push
from bot.ingest.draft import Draft
from bot.ingest.errors import WorkerError
from bot.ingest.formats.json_lines import from_object
from bot.ingest.import_reading import STORED_AT_ONCE, FileResult, lines_before, list_files
from bot.ingest.importing import Import, import_files
from bot.ingest.refresh import Ingest
from bot.ingest.worker import WorkerProcess
from bot.process import open_ingest
from storage import open_storage
from tests.processes import rows_of, until_stored

ROOT = Path(__file__).parent.parent


class Here(WorkerProcess):
    """Works in the test's own process, and counts the articles that are prepared."""

    prepared = 0
    refuses = ""  # a title that can't be prepared
    error: Exception = WorkerError("texts ended its process")

    async def run(self, work: Any, *args: Any, **named: Any) -> Any:
        if work.__name__ == "prepare_texts":
            if any(draft.title == self.refuses for draft in args[0]):
                raise self.error
            self.prepared += len(args[0])
        await asyncio.sleep(0)
        return work(*args, **named)


@pytest.fixture
async def ingest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ingest]:
    monkeypatch.setattr("bot.process.WorkerProcess", Here)
    async with open_ingest(Config(database=f"sqlite:///{tmp_path / 'news.db'}")) as (_, opened):
        yield opened


def line(number: int, **values: str) -> str:
    text = {"title": f"Ferry number {number}", "body": f"It sails at {number}.", "url": f"https://f.example/{number}"}
    return json.dumps(text | values)


def archive(folder: Path, count: int, name: str = "archive.jsonl") -> Path:
    file = folder / name
    file.write_text("".join(f"{line(number)}\n" for number in range(count)))
    return file


async def titles(ingest: Ingest) -> list[str]:
    rows = await ingest.storage.database.fetch("SELECT title FROM articles ORDER BY id")
    return [row["title"] for row in rows]


async def stopped_after(ingest: Ingest, paths: list[Path], files: int) -> None:
    """An import that ends when so many files are stored, as one that is cancelled does."""
    importing = Import(ingest, push=Push.NEVER)
    await importing.look_up_progress(paths)
    results: Any = importing.run()  # a generator, which says only that it can be iterated
    for _ in range(files):
        await anext(results)
    await results.aclose()


async def test_a_large_file_is_stored_whole_and_in_its_order(ingest: Ingest, tmp_path: Path) -> None:
    count = 12 * STORED_AT_ONCE + 7
    file = archive(tmp_path, count)
    [result] = [one async for one in import_files(ingest, [file], push=Push.NEVER)]
    assert (result.added, result.failed) == (count, 0)
    stored = [int(title.split()[-1]) // STORED_AT_ONCE for title in await titles(ingest)]
    assert len(stored) == count
    assert stored == sorted(stored)


async def test_bad_lines_are_told_by_their_numbers_however_far_down(ingest: Ingest, tmp_path: Path) -> None:
    file = archive(tmp_path, 260)
    lines = file.read_bytes().splitlines()
    lines[0] = b"\xef\xbb\xbf" + lines[0]
    lines[49], lines[200], lines[249] = b"nothing", b"", b"[]"
    file.write_bytes(b"\r\n".join(lines))
    [result] = [one async for one in import_files(ingest, [file], push=Push.NEVER)]
    assert (result.added, result.failed) == (257, 2)
    assert [error.split(": ")[0] for error in result.errors] == [f"{file}, line 50", f"{file}, line 250"]


async def test_a_file_in_utf_16_is_read_whole(ingest: Ingest, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(f"{line(1, title='خبر')}\n{line(2)}\n", "utf-16")
    [result] = [one async for one in import_files(ingest, [file], push=Push.NEVER)]
    assert (result.added, result.failed) == (2, 0)


async def test_an_article_that_comes_again_with_another_text_is_a_correction(ingest: Ingest, tmp_path: Path) -> None:
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    first.write_text(line(1))
    second.write_text(line(1, body="It sails at two, since the storm has passed."))
    results = [one async for one in import_files(ingest, [first, second], push=Push.NEVER)]
    assert [(one.added, one.changed) for one in results] == [(1, 0), (0, 1)]


async def test_an_import_that_was_stopped_goes_on_behind_what_is_stored(ingest: Ingest, tmp_path: Path) -> None:
    files = [archive(tmp_path, 3 * STORED_AT_ONCE, f"{name}.jsonl") for name in "ab"]
    for number, file in enumerate(files):
        file.write_text(file.read_text().replace("f.example", f"{number}.example").replace("Ferry", f"Ship {number}"))
    await stopped_after(ingest, files, 1)
    stored = len(await titles(ingest))
    assert 3 * STORED_AT_ONCE <= stored < 6 * STORED_AT_ONCE
    worker = ingest.worker
    assert isinstance(worker, Here)
    worker.prepared = 0

    importing = Import(ingest, push=Push.NEVER)
    await importing.look_up_progress(files)
    assert [one.path for one in importing.finished_before] == files[:1]
    results = [one async for one in importing.run()]
    assert worker.prepared == 6 * STORED_AT_ONCE - stored
    assert [(one.path, one.added, one.unchanged) for one in results] == [(files[1], 3 * STORED_AT_ONCE, 0)]
    assert len(await titles(ingest)) == 6 * STORED_AT_ONCE


async def test_an_import_that_came_to_its_end_is_a_new_one_when_it_is_asked_for_again(
    ingest: Ingest, tmp_path: Path
) -> None:
    file = archive(tmp_path, 30)
    assert [one.added async for one in import_files(ingest, [file], push=Push.NEVER)] == [30]
    [again] = [one async for one in import_files(ingest, [file], push=Push.NEVER)]
    assert (again.added, again.unchanged) == (0, 30)
    assert await ingest.storage.database.fetch("SELECT * FROM import_progress") == []


async def test_a_file_that_changed_since_the_stop_is_read_from_its_beginning(ingest: Ingest, tmp_path: Path) -> None:
    files = [archive(tmp_path, 30, "a.jsonl"), archive(tmp_path, 30, "b.jsonl")]
    files[1].write_text(files[1].read_text().replace("Ferry", "Ship").replace("f.example", "s.example"))
    await stopped_after(ingest, files, 1)
    files[0].write_text(f"{line(99)}\n{files[0].read_text()}")
    importing = Import(ingest, push=Push.NEVER)
    await importing.look_up_progress(files)
    assert importing.finished_before == []
    first, second = [one async for one in importing.run()]
    assert (first.added, first.unchanged) == (1, 30)
    assert second.added == 30


@pytest.mark.parametrize("error", [WorkerError("texts ended its process"), ValueError("not a word")])
async def test_an_article_that_can_not_be_prepared_fails_alone(
    ingest: Ingest, tmp_path: Path, error: Exception
) -> None:
    assert isinstance(ingest.worker, Here)
    ingest.worker.refuses, ingest.worker.error = "Ferry number 3", error
    file = archive(tmp_path, 10)
    [result] = [one async for one in import_files(ingest, [file], push=Push.NEVER)]
    assert (result.added, result.unchanged, result.failed) == (9, 0, 1)
    assert result.errors == (f"{file}: 'Ferry number 3': {error}",)


@pytest.mark.parametrize("name", ["archive.jsonl", "article.json"])
async def test_a_mistake_of_ours_in_reading_costs_one_article(
    ingest: Ingest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def stumbling(value: dict[str, str], **named: Any) -> Draft:
        if value["title"] == "Ferry number 0":
            raise KeyError("ferry")
        return from_object(value, **named)

    monkeypatch.setattr("bot.ingest.formats.json_lines.from_object", stumbling)
    files = [archive(tmp_path, 1, name), archive(tmp_path, 3, "other.jsonl")]
    results = [one async for one in import_files(ingest, files, push=Push.NEVER)]
    assert [(one.added, one.failed) for one in results] == [(0, 1), (2, 1)]


async def test_many_small_files_have_a_result_each(ingest: Ingest, tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / f"{number:02}.jsonl").write_text(line(number) if number % 10 else "nothing")
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "nowhere")
    paths = list_files([tmp_path, tmp_path / "missing.txt"])
    results: list[FileResult] = [one async for one in import_files(ingest, paths, push=Push.NEVER)]
    assert [one.path for one in results] == paths
    assert sum(one.added for one in results) == 54
    assert sum(one.failed for one in results) == 7


@pytest.mark.slow
async def test_the_same_command_goes_on_after_a_kill(tmp_path: Path) -> None:
    """Twice killed at a moment that nobody chose, then typed once more: everything is stored, and once."""
    count = 400
    file = archive(tmp_path, count)
    database = f"sqlite:///{tmp_path / 'news.db'}"
    async with open_storage(database):
        pass

    def stored() -> int:
        return len(rows_of(database, "SELECT id FROM articles"))

    command = [sys.executable, "-m", "bot", "import", str(file)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NEWSBOT_DATABASE": database}
    for number in (signal.SIGINT, signal.SIGKILL):
        before = stored()
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=PIPE)
        await until_stored(database, "SELECT id FROM articles", rows=before + 1)
        process.send_signal(number)
        _, complained = await process.communicate()
        if number is signal.SIGINT:
            assert process.returncode == 130
            assert b"stored; the same command goes on from there" in complained
    begun = stored()
    assert 0 < begun < count
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=PIPE)
    said, complained = await process.communicate()
    assert (process.returncode, complained) == (0, b"")
    assert said.decode().splitlines() == [
        f"Going on with an import that was stopped. Before: 1 file, {begun} added ({begun} to push).",
        f"{file}: {count} added ({count} to push)",
        f"1 file: {count} added ({count} to push)",
    ]
    assert stored() == count


def test_a_file_that_became_shorter_than_what_was_read_of_it_ends_where_it_ends(tmp_path: Path) -> None:
    file = tmp_path / "archive.jsonl"
    file.write_text("{}\n{}\n")
    with file.open("rb") as opened:
        assert lines_before(opened, 1_000) == 2
