"""The drill: a backup in the middle of a broadcast is restored after a kill, and every promise is kept."""

import asyncio
import fcntl
import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from bot.cli.backup import copying
from bot.cli.context import load_config
from bot.sim import Simulator
from storage import open_storage
from tests.command_line import CommandLine
from tests.processes import Newsbot, until_nothing_is_owed
from tests.test_flow import SAVED_PAGE

CHATS = range(1_000, 2_000)


def sent_in(database: Path) -> set[int]:
    with closing(sqlite3.connect(database)) as opened:
        return {row[0] for row in opened.execute("SELECT chat_id FROM deliveries WHERE state = 'sent'")}


@pytest.mark.slow
async def test_a_backup_of_a_broadcast_is_restored_after_a_kill_and_everything_owed_is_sent(
    sim: Simulator, tmp_path: Path
) -> None:
    newsbot = Newsbot(tmp_path, sim, NEWSBOT_RATE="15")  # the broadcast outlasts the backup on a busy machine as well
    sim.crowd(CHATS.start, len(CHATS))
    chats, page, copy = tmp_path / "chats.jsonl", tmp_path / "page.txt", tmp_path / "copy.db"
    chats.write_text("".join(f'{{"chat_id": {number}, "most_a_day": 3}}\n' for number in CHATS))
    page.write_text(SAVED_PAGE)
    assert (await newsbot("chats", "import", chats))[0] == 0

    def reached() -> Counter[int]:
        return Counter(call.values["chat_id"] for call in sim.calls if call.method == "sendMessage")

    async with newsbot.running() as process:
        assert (await newsbot("import", page, "--push"))[0] == 0
        await sim.until(lambda: len(reached()) > 30)
        status, said, complained = await newsbot("backup", copy)
        assert (status, complained) == (0, ""), said
        await sim.until(lambda: len(reached()) > len(sent_in(copy)) + 30)
        process.kill()
        await process.wait()
    in_copy, before = sent_in(copy), set(reached())
    assert in_copy < before < set(CHATS)
    for ending in ("", "-wal", "-shm"):
        (tmp_path / f"news.db{ending}").unlink(missing_ok=True)
    copy.rename(tmp_path / "news.db")
    async with Newsbot(tmp_path, sim).running():
        await sim.until(lambda: set(reached()) == set(CHATS))
        await until_nothing_is_owed(newsbot.settings["NEWSBOT_DATABASE"])
        stats = json.loads((await newsbot("stats", "--json"))[1])
    counted = reached()
    assert {chat for chat, times in counted.items() if times > 1} <= before - in_copy  # these come twice, no others
    assert max(counted.values()) == 2
    assert stats["deliveries"] == {"queued": 0, "sending": 0, "sent": len(CHATS), "dead": 0}
    exported = tmp_path / "exported.jsonl"
    assert (await newsbot("chats", "export", exported))[0] == 0
    settings = [json.loads(line) for line in exported.read_text().splitlines()]
    assert [one["chat_id"] for one in settings] == list(CHATS)
    assert {one["most_a_day"] for one in settings} == {3}


@pytest.fixture
def newsbot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    line = CommandLine(tmp_path, monkeypatch, capsys)
    monkeypatch.setattr("bot.cli.backup.POLITE", 0)  # the tests' own process keeps its priority
    return line


def test_the_command_says_what_it_made_and_what_it_refuses(newsbot: CommandLine) -> None:
    status, said, complained = newsbot("backup", "copy.db")
    assert (status, said) == (1, "")
    assert "there is no database" in complained
    newsbot.begin()
    said = newsbot.good("backup", "copy.db")
    assert said.startswith("copy.db: ")
    assert said.endswith(" MB, checked.\n")
    status, _, complained = newsbot("backup", "copy.db")
    assert (status, complained.count("\n")) == (1, 1)
    assert "copy.db: this file exists; expected a new name, or --force" in complained
    newsbot.good("backup", "copy.db", "--force")
    status, _, complained = newsbot("backup", "copy.db", "--force", "--keep", "3")
    assert status == 2
    assert "copy.db is no folder" in complained
    status, _, complained = newsbot("backup", "-")
    assert (status, "standard output" in complained) == (2, True)
    assert not (newsbot.folder / "-").exists()


def test_in_a_folder_the_newest_backups_are_kept_and_nothing_else_is_deleted(newsbot: CommandLine) -> None:
    newsbot.begin()
    folder = newsbot.folder / "backups"
    folder.mkdir()
    old = [folder / f"newsbot-202601{day:02d}T000000Z.db" for day in range(1, 6)]
    mine = [folder / "newsbot-before-the-move.db", folder / "notes.txt"]
    for path in [*old, *mine]:
        path.touch()
    said = newsbot.good("backup", folder, "--keep", "3")
    [new] = set(folder.iterdir()) - {*old, *mine}
    assert sorted(folder.iterdir()) == sorted([*old[3:], new, *mine])
    assert said.count("deleted") == 3

    async def opened() -> None:
        async with open_storage(f"sqlite:///{new}", create=False):
            pass

    asyncio.run(opened())


def test_a_backup_that_a_person_stops_leaves_no_file_and_no_complaint(
    newsbot: CommandLine, caplog: pytest.LogCaptureFixture
) -> None:
    newsbot.begin()
    with closing(sqlite3.connect(newsbot.folder / "news.db")) as database, database:
        database.execute("CREATE TABLE large AS SELECT zeroblob(30000000) AS zeros")
    target = newsbot.folder / "copy.db"

    async def stop() -> None:
        copy = copying(load_config(), target, replace=False)
        running = asyncio.create_task(copy.run())
        await copy._begun.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(stop())
    assert not [path for path in newsbot.folder.iterdir() if "copy" in path.name]
    assert caplog.records == []


def test_what_a_killed_backup_left_in_a_folder_is_deleted(newsbot: CommandLine) -> None:
    newsbot.begin()
    folder = newsbot.folder / "backups"
    folder.mkdir()
    left = folder / ".newsbot-20260101T000000Z.db.partial"
    under_way = folder / ".newsbot-20260102T000000Z.db.partial"
    other = folder / ".mine.partial"
    for path in (left, left.with_name(left.name + "-journal"), under_way, other):
        path.touch()
    with under_way.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        newsbot.good("backup", folder, "--keep", "3")
    assert {path for path in folder.iterdir() if path.name.startswith(".")} == {under_way, other}


def test_a_backup_that_fails_deletes_no_older_one(newsbot: CommandLine) -> None:
    folder = newsbot.folder / "backups"
    folder.mkdir()
    old = folder / "newsbot-20260101T000000Z.db"
    old.touch()
    assert newsbot("backup", folder, "--keep", "1")[0] == 1
    assert [*folder.iterdir()] == [old]
