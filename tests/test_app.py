"""A running bot as a whole: its start and end, its lock, its transport, and what an operator learns of its health."""

import asyncio
import json
import logging
import re
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE

import pytest
from telegram.error import (
    InvalidToken,
)

from bot import app, talking
from bot.backoff import Backoff
from bot.config import Config, Secret
from bot.errors import AlreadyRunning
from bot.finding import Finding
from bot.instance_lock import single_instance_lock
from bot.logs import EventFormatter
from bot.sim import Fault, Simulator
from storage import open_storage
from storage.errors import DatabaseReadOnly
from storage.records import Died, Sent, SourceKind
from tests.command_line import CommandLine, beside
from tests.makers import new_article, reader, stored

TOKEN = "12:forgotten-secret"


# One bot on one database


def test_a_second_bot_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    database = tmp_path / "news.db"
    with single_instance_lock(database):
        with pytest.raises(AlreadyRunning, match=r"news\.db: another newsbot runs .*\(process \d+\): stop it"):
            single_instance_lock(database).__enter__()
        with single_instance_lock(tmp_path / "other.db"):
            pass
    with single_instance_lock(database):
        pass


def test_the_lock_goes_with_a_process_that_was_killed(tmp_path: Path) -> None:
    database = tmp_path / "news.db"
    held = "import sys; from pathlib import Path; from bot.instance_lock import single_instance_lock\n"
    held += "with single_instance_lock(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", held, database], stdin=PIPE, stdout=PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning, match=rf"\(process {holder.pid}\)"):
            single_instance_lock(database).__enter__()
        holder.kill()
        holder.wait(30)
    with single_instance_lock(database):
        pass


def test_a_lock_that_cannot_stand_beside_its_database_is_told_with_the_setting(tmp_path: Path) -> None:
    with pytest.raises(DatabaseReadOnly, match=r"none/news\.db\.lock: can't be written .* NEWSBOT_DATABASE"):
        single_instance_lock(tmp_path / "none" / "news.db").__enter__()


# Start and end


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(TOKEN) as opened:
        yield opened
        assert opened.errors == []


def config(sim: Simulator, folder: Path, token: str = TOKEN) -> Config:
    return Config(token=Secret(token), api_url=sim.url, database=f"sqlite:///{folder / 'news.db'}", rate=0)


async def test_a_bot_answers_until_it_is_stopped_and_leaves_nothing_behind(sim: Simulator, tmp_path: Path) -> None:
    stop = asyncio.Event()
    others = asyncio.all_tasks()
    running = asyncio.create_task(app.run(config(sim, tmp_path), stop=stop))
    chat = sim.private(sim.person("Huda", "en"))
    chat.say("/help")
    await sim.until(lambda: bool(chat.messages))
    stop.set()
    await asyncio.wait_for(running, 30)
    assert {task for task in asyncio.all_tasks() - others if not task.done()} <= {running}
    with single_instance_lock(tmp_path / "news.db"):
        pass


async def test_a_refused_token_ends_the_start_and_frees_the_lock(sim: Simulator, tmp_path: Path) -> None:
    with pytest.raises(InvalidToken):
        await app.run(config(sim, tmp_path, "12:another"), stop=asyncio.Event())
    with single_instance_lock(tmp_path / "news.db"):
        pass


@pytest.mark.parametrize("method", ["getMe", "deleteWebhook"])
async def test_a_bot_that_still_waits_for_telegram_can_be_stopped(
    sim: Simulator, tmp_path: Path, method: str
) -> None:
    stop = asyncio.Event()
    sim.faults.add(Fault("server_error", method=method, times=1000))
    running = asyncio.create_task(app.run(config(sim, tmp_path), stop=stop))
    await sim.until(lambda: any(call.method == method for call in sim.calls) or running.done())
    assert not running.done()
    stop.set()
    await asyncio.wait_for(running, 30)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (200, '{"ok": true, "result": []}'),
        (200, '{"ok": true, "result": true}'),
        (200, '{"ok": true, "result": {}}'),
        (200, '{"ok": true, "result": {"id": "12", "is_bot": true, "first_name": "N", "username": "n"}}'),
        (200, '{"ok": true, "result": {"id": 12, "is_bot": true, "first_name": "N"}}'),
        (401, "<html>Sign in to this network</html>"),
        (404, "<html>Not here</html>"),
    ],
)
async def test_a_server_that_does_not_know_us_is_asked_again_until_it_does(
    sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, text: str
) -> None:
    monkeypatch.setattr(talking, "START_AGAIN", Backoff(0.01, 0.01))
    stop = asyncio.Event()
    sim.faults.add(Fault("answer", method="getMe", status=status, text=text, times=3))
    running = asyncio.create_task(app.run(config(sim, tmp_path), stop=stop))
    chat = sim.private(sim.person("Huda", "en"))
    chat.say("/help")
    await sim.until(lambda: bool(chat.messages) or running.done())
    stop.set()
    await asyncio.wait_for(running, 30)
    assert chat.messages


async def test_a_telegram_that_is_away_is_logged_without_the_token(
    sim: Simulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stop = asyncio.Event()
    sim.faults.add(Fault("reset_before", method="getMe", times=1000))
    with caplog.at_level(logging.DEBUG, "bot"):
        running = asyncio.create_task(app.run(config(sim, tmp_path), stop=stop))
        await sim.until(lambda: bool(sim.calls))
        while "telegram_away" not in caplog.text:
            await asyncio.wait({running}, timeout=0.01)
        stop.set()
        await asyncio.wait_for(running, 30)
    lines = [EventFormatter(as_json=False).format(record) for record in caplog.records]
    assert any("event=telegram_away" in line for line in lines)
    assert not any("forgotten-secret" in line for line in lines)


# What an operator learns of it


def test_stats_as_json_have_exactly_these_keys(newsbot: CommandLine) -> None:
    empty = {
        "articles": 0,
        "sources": 0,
        "chats": {"active": 0, "paused": 0, "gone": 0},
        "deliveries": {"queued": 0, "sending": 0, "sent": 0, "dead": 0},
        "fanouts": {"open": 0, "chats_left": 0},
        "oldest_owed_seconds": None,
        "reach": {"articles": 0, "kept": 0, "promised_seconds": 120.0, "share_in_time": None},
        "alarms": [],
    }
    newsbot.begin()
    assert newsbot.stats() == empty
    (newsbot.folder / "chats").write_text('{"chat_id": 1}\n{"chat_id": 2}\n{"chat_id": 3, "categories": ["Other"]}\n')
    newsbot.good("chats", "import", "chats")
    (newsbot.folder / "a.jsonl").write_text(json.dumps({"title": "Ferry sails", "body": "It left at noon."}))
    newsbot.good("import", "a.jsonl")
    stats = newsbot.stats()
    assert stats.pop("oldest_owed_seconds") in range(60)
    assert stats == {name: empty[name] for name in ("sources", "deliveries", "reach", "alarms")} | {
        "articles": 1,
        "chats": {"active": 3, "paused": 0, "gone": 0},
        "fanouts": {"open": 1, "chats_left": 2},
    }
    assert "fan-outs     open 1, chats left 2" in newsbot.good("stats").splitlines()


def test_stats_in_detail_tell_the_rate_the_dead_and_how_fast_articles_went_out(newsbot: CommandLine) -> None:
    newsbot.begin()
    keys = list(newsbot.stats())
    now = datetime.now(UTC)

    async def sent() -> None:
        async with open_storage(f"sqlite:///{newsbot.folder / 'news.db'}") as storage:
            for number in range(1, 6):
                await reader(storage, number)
            before = now - timedelta(seconds=300)
            [withdrawn] = await stored(storage, new_article("withdrawn"), now=before)
            await storage.articles.retract(withdrawn, now=before)
            await stored(storage, new_article("Ferry"), now=before)
            while await storage.deliveries.expand(limit=9, now=now):
                pass
            first, second, third, dead, in_flight = await storage.deliveries.claim(limit=5, now=now)
            for claim, seconds in ((first, 35), (second, 30), (third, 25)):
                at = now - timedelta(seconds=seconds)
                await storage.deliveries.settle([Sent(claim, at, claim.chat_id, 1, at)])
            await storage.deliveries.settle([Died(dead, now, "refused")])
            assert in_flight

    asyncio.run(sent())
    detailed = json.loads(newsbot.good("stats", "--json", "--detail"))
    assert list(detailed) == [*keys, "owed", "last_minute", "last_day", "dead_reasons", "articles_sent"]
    assert (detailed["owed"], detailed["dead_reasons"]) == (0, {"refused": 1})
    assert detailed["last_minute"] == detailed["last_day"] == {"sent": 3, "edited": 0}
    assert detailed["articles_sent"] == [
        {
            "id": 2, "title": "Title Ferry", "sent": 3, "first_seconds": 265.0, "p50_seconds": 270.0,
            "p99_seconds": 275.0, "last_seconds": 275.0,
        }
    ]  # fmt: skip
    told = newsbot.good("stats").splitlines()
    assert "last minute  sent 3, edited 0" in told
    assert "dead         1: refused" in told
    assert "article 2    sent 3, first 265.0 s, p50 270.0 s, p99 275.0 s, last 275.0 s: Title Ferry" in told


def checked(newsbot: CommandLine, *arguments: str) -> tuple[int, list[str]]:
    status, said, complained = newsbot("check", *arguments)
    assert complained == ""
    assert "forgotten-secret" not in said
    return status, said.splitlines()


def test_check_says_that_the_self_test_has_no_chat(newsbot: CommandLine) -> None:
    newsbot.begin()
    newsbot.set(NEWSBOT_ADMINS="7", NEWSBOT_CANARY="true")
    assert any(line.startswith("wrong  NEWSBOT_CANARY: no self-test runs") for line in checked(newsbot)[1])
    (newsbot.folder / "chats.jsonl").write_text('{"chat_id": 7}\n')
    newsbot.good("chats", "import", newsbot.folder / "chats.jsonl")
    assert not any("NEWSBOT_CANARY" in line for line in checked(newsbot)[1])


def test_check_finds_nothing_wrong_where_all_is_well(newsbot: CommandLine) -> None:
    with beside(Simulator(TOKEN)) as sim:
        newsbot.set(NEWSBOT_TOKEN=TOKEN, NEWSBOT_API_URL=sim.url)
        assert checked(newsbot) == (
            0,
            [
                "ok     settings: all can be read",
                "ok     NEWSBOT_TOKEN: it is @newsbot's",
                "ok     inline mode: on: people ask the bot in any chat",
                "ok     guest mode: on: people ask the bot in chats without it",
                "ok     updates: polled",
                "ok     updates: 0 updates waiting at Telegram",
                f"ok     database: {newsbot.folder}/news.db is not there yet; the first `newsbot run` makes it",
                "All is well.",
            ],
        )
        assert not (newsbot.folder / "news.db").exists()
        newsbot.begin()
        status, said = checked(newsbot)
        assert (status, said[6:9]) == (
            0,
            [
                f"ok     database: 0 articles in {newsbot.folder}/news.db",
                "ok     database: no bot runs on it now",
                "ok     sources: none yet; `newsbot source add URL` adds one",
            ],
        )
        with single_instance_lock(newsbot.folder / "news.db"):
            assert "a bot runs on it" in checked(newsbot)[1][7]


def test_what_check_finds_for_the_dashboard_is_in_the_language_of_its_reader(newsbot: CommandLine) -> None:
    newsbot.begin()
    (newsbot.folder / "inbox").mkdir()
    newsbot.good("source", "add", "inbox")
    (newsbot.folder / "inbox").rmdir()
    newsbot("refresh")
    with beside(Simulator(TOKEN)) as sim:
        newsbot.set(NEWSBOT_TOKEN=TOKEN, NEWSBOT_API_URL=sim.url, NEWSBOT_CANARY="true", NEWSBOT_TOKKEN="x")
        status, english = checked(newsbot)
        told = newsbot.good("check", "--for-dashboard", "ar").splitlines()
    findings = [Finding.of_json(line) for line in told]
    assert [finding.ok for finding in findings] == [line.startswith("ok") for line in english[:-1]]
    assert status == 1
    for finding in findings:
        assert not re.search(
            "[a-z]{2}", re.sub("`[^`]*`|\u2068[^\u2069]*\u2069|@[A-Za-z]+|«[^»]*»", "", finding.text)
        )
    assert [finding.error for finding in findings if finding.error] != []


def test_check_says_which_switches_of_the_bot_are_off_and_where_they_are(newsbot: CommandLine) -> None:
    with beside(Simulator(TOKEN)) as sim:
        sim.inline.on = sim.inline.guests_on = False
        newsbot.set(NEWSBOT_TOKEN=TOKEN, NEWSBOT_API_URL=sim.url)
        status, said = checked(newsbot)
    assert status == 0
    assert said[2:4] == [
        "ok     inline mode: off; /setinline at @BotFather lets people ask the bot in any chat",
        "ok     guest mode: off; “Guest mode” at @BotFather lets people ask the bot in chats without it",
    ]


def test_check_tells_a_token_that_telegram_refuses(newsbot: CommandLine) -> None:
    with beside(Simulator("12:another")) as sim:
        newsbot.set(NEWSBOT_TOKEN=TOKEN, NEWSBOT_API_URL=sim.url)
        status, said = checked(newsbot)
        assert f"wrong  NEWSBOT_TOKEN: {sim.url} refuses it; expected the one that @BotFather shows" in said
    assert (status, said[-1]) == (1, "1 thing to mend")


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({}, "wrong  NEWSBOT_TOKEN: not set; expected the token that @BotFather gives"),
        (
            {"NEWSBOT_TOKEN": "forgotten-secret"},
            "wrong  NEWSBOT_TOKEN: its value can't be used; expected a bot token",
        ),
        ({"NEWSBOT_TOKEN": TOKEN}, "wrong  NEWSBOT_TOKEN: http://127.0.0.1:1 could not be asked; check"),
        ({"NEWSBOT_RATE": "much"}, "wrong  NEWSBOT_RATE: 'much' can't be used; expected a number"),
        ({"NEWSBOT_LANGUAGE": "it"}, "wrong  NEWSBOT_LANGUAGE: 'it' can't be used; expected one of ar, en, fa"),
        (
            {"NEWSBOT_DATABSE": "x"},
            "wrong  NEWSBOT_DATABSE: there is no such setting; did you mean NEWSBOT_DATABASE?",
        ),
        ({"NEWSBOT_TOKKEN": TOKEN}, "wrong  NEWSBOT_TOKKEN: there is no such setting; did you mean NEWSBOT_TOKEN?"),
        ({"NEWSBOT_DATABASE": "sqlite:///none/news.db"}, "wrong  database: none/news.db: there is no folder "),
        (
            {"NEWSBOT_DATABASE": "sqlite:///."},
            "wrong  database: it can't be written to (.: the database can't be opened",
        ),
    ],
)
def test_check_tells_what_is_wrong_and_how_to_mend_it(
    newsbot: CommandLine, settings: dict[str, str], line: str
) -> None:
    newsbot.set(NEWSBOT_API_URL="http://127.0.0.1:1", **settings)
    status, said = checked(newsbot)
    assert status == 1
    assert any(told.startswith(line) for told in said), said
    assert said[-1].endswith("to mend")


def test_check_finds_that_the_database_takes_no_writes(newsbot: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    newsbot.begin()
    monkeypatch.setattr("storage.sqlite.connection.BUSY_SECONDS", 0.1)
    with closing(sqlite3.connect(newsbot.folder / "news.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        status, said = checked(newsbot)
    assert status == 1
    assert any(line.startswith("wrong  database: ") and "is locked" in line for line in said), said


def test_check_warns_before_the_disk_is_full(newsbot: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    newsbot.begin()
    monkeypatch.setattr("bot.cli.health.LEAST_FREE", 2**60)
    status, said = checked(newsbot)
    assert status == 1
    assert any(line.startswith("wrong  disk: ") and "make room" in line for line in said), said


def test_check_names_every_wrong_setting_of_a_dotenv_file(newsbot: CommandLine) -> None:
    (newsbot.folder / ".env").write_text("NEWSBOT_RATE=much\nNEWSBOT_TIMEZONE=Beirut\nNEWSBOT_ADMIN=5\n")
    status, said = checked(newsbot)
    assert [told.split()[1] for told in said[:-1]] == ["NEWSBOT_ADMIN:", "NEWSBOT_TIMEZONE:", "NEWSBOT_RATE:"]
    assert (status, said[-1]) == (1, "3 things to mend")
    (newsbot.folder / ".env").write_bytes(b"# caf\xe9\n")
    assert checked(newsbot)[1][0].startswith("wrong  .env: this is no UTF-8 text")


def test_a_database_of_a_newer_program_is_told_and_left_as_it_is(newsbot: CommandLine) -> None:
    newsbot.begin()
    connection = sqlite3.connect(newsbot.folder / "news.db")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    status, said = checked(newsbot)
    assert status == 1
    [told] = [line for line in said if line.startswith("wrong  database: ")]
    assert f"{newsbot.folder}/news.db: this database is of version 999" in told
    status, _, complained = newsbot("articles", "list")
    assert status == 1
    assert "run the newer program, or restore the backup" in complained


def test_check_tells_of_a_source_that_fails_and_how_to_be_rid_of_it(newsbot: CommandLine) -> None:
    inbox = newsbot.folder / "inbox"
    inbox.mkdir()
    newsbot.good("source", "add", "inbox")
    assert f"ok     source 1: {inbox}" in checked(newsbot)[1]
    inbox.rmdir()
    assert newsbot("refresh")[0] == 1
    [told] = [line for line in checked(newsbot)[1] if "source 1" in line]
    assert told.startswith(
        f"wrong  source 1: {inbox} failed 1 time in a row; `newsbot source check {inbox}` tries it,"
    )
    assert "`newsbot source remove 1` ends it (" in told


def test_check_names_a_source_without_its_password(newsbot: CommandLine) -> None:
    newsbot.begin()

    async def added() -> None:
        async with open_storage(f"sqlite:///{newsbot.folder / 'news.db'}") as storage:
            await storage.sources.add("https://me:secret@news.example/feed", SourceKind.FEED, now=datetime.now(UTC))

    asyncio.run(added())
    said = "\n".join(checked(newsbot)[1])
    assert "ok     source 1: https://***@news.example/feed" in said
    assert "secret" not in said


def test_a_health_check_passes_only_while_a_bot_runs(newsbot: CommandLine) -> None:
    status, said = checked(newsbot, "--running")
    assert (status, said[-1]) == (1, "1 thing to mend")
    assert "no bot runs on it; `newsbot run` starts one" in said[0]
    (newsbot.folder / "inbox").mkdir()
    newsbot.good("source", "add", "inbox")
    with single_instance_lock(newsbot.folder / "news.db"):
        assert checked(newsbot, "--running") == (
            0,
            ["ok     database: a bot runs on it, 0 articles", "All is well."],
        )
    assert checked(newsbot, "--running")[0] == 1


def test_a_health_check_finds_that_the_database_was_moved_away_and_makes_none(newsbot: CommandLine) -> None:
    database = newsbot.folder / "news.db"
    with single_instance_lock(database):
        status, said = checked(newsbot, "--running")
        assert (status, said[-1]) == (1, "1 thing to mend")
        assert "its database was moved away" in said[0]
    assert not database.exists()
