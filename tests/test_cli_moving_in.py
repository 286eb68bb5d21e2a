"""Moving in from another bot: its chats and feeds come, its database stays as it is, and what is lost is said.

The databases are built here to the schemas that the bots publish, of the oldest and the newest version.
"""

import asyncio
import json
import os
import sqlite3
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from storage import open_storage
from tests.command_line import CommandLine

RSSTT_FIRST = """
CREATE TABLE aerich (id INTEGER PRIMARY KEY AUTOINCREMENT, version TEXT, app TEXT, content JSON);
CREATE TABLE feed (
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    id INTEGER PRIMARY KEY AUTOINCREMENT, state SMALLINT NOT NULL DEFAULT 1, link VARCHAR(4096) NOT NULL UNIQUE,
    title VARCHAR(1024) NOT NULL, interval SMALLINT, entry_hashes TEXT, etag VARCHAR(128),
    error_count SMALLINT NOT NULL DEFAULT 0, next_check_time TIMESTAMP);
CREATE TABLE option (id INTEGER PRIMARY KEY AUTOINCREMENT, key VARCHAR(255) NOT NULL UNIQUE, value TEXT);
CREATE TABLE user (
    id INTEGER PRIMARY KEY AUTOINCREMENT, state SMALLINT NOT NULL DEFAULT 0,
    lang VARCHAR(16) NOT NULL DEFAULT 'zh-Hans', admin BIGINT);
CREATE TABLE sub (
    id INTEGER PRIMARY KEY AUTOINCREMENT, state SMALLINT NOT NULL DEFAULT 1, tags VARCHAR(255), interval SMALLINT,
    notify SMALLINT NOT NULL DEFAULT 1, send_mode SMALLINT NOT NULL DEFAULT 0,
    length_limit SMALLINT NOT NULL DEFAULT 0, link_preview SMALLINT NOT NULL DEFAULT 0,
    display_author SMALLINT NOT NULL DEFAULT 0, display_via SMALLINT NOT NULL DEFAULT 0,
    display_title SMALLINT NOT NULL DEFAULT 0, style SMALLINT NOT NULL DEFAULT 0,
    feed_id INT NOT NULL REFERENCES feed (id), user_id BIGINT NOT NULL REFERENCES user (id));
"""
RSSTT_LATER = """
ALTER TABLE feed ADD last_modified TIMESTAMP;
ALTER TABLE sub ADD title VARCHAR(1024);
ALTER TABLE sub ADD display_media SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE user ADD style SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE user ADD display_via SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE user ADD length_limit SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE user ADD interval SMALLINT;
ALTER TABLE user ADD link_preview SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE user ADD display_title SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE user ADD send_mode SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE user ADD display_media SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE user ADD display_author SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE user ADD notify SMALLINT NOT NULL DEFAULT 1;
ALTER TABLE user ADD sub_limit SMALLINT;
ALTER TABLE sub ADD display_entry_tags SMALLINT NOT NULL DEFAULT -100;
ALTER TABLE user ADD display_entry_tags SMALLINT NOT NULL DEFAULT -1;
"""
NODERSSBOT_FIRST = """
CREATE TABLE rss_feed (
    feed_id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL, feed_title TEXT NOT NULL,
    recent_hash_list TEXT DEFAULT '[]');
CREATE TABLE subscribes (
    subscribe_id INTEGER PRIMARY KEY, feed_id INTEGER NOT NULL REFERENCES rss_feed, user_id INTEGER NOT NULL);
"""
NODERSSBOT_LATER = """
CREATE TABLE knex_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(255), batch INTEGER);
ALTER TABLE rss_feed ADD error_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rss_feed ADD next_fetch_time DATETIME DEFAULT '1970-01-01 00:00:00.000';
ALTER TABLE rss_feed ADD last_modified_header TEXT DEFAULT '';
ALTER TABLE rss_feed ADD etag_header TEXT DEFAULT '';
ALTER TABLE rss_feed ADD ttl INTEGER DEFAULT 0;
CREATE UNIQUE INDEX subscribes_feed_id_user_id_unique ON subscribes (feed_id, user_id);
CREATE TABLE users (user_id BIGINT, lang TEXT NOT NULL);
"""
FLOWERSS_FIRST = """
CREATE TABLE users (
    id BIGINT PRIMARY KEY, state INTEGER, created_at DATETIME, updated_at DATETIME);
CREATE TABLE sources (
    id INTEGER PRIMARY KEY AUTOINCREMENT, link VARCHAR(255), title VARCHAR(255), error_count INTEGER,
    created_at DATETIME, updated_at DATETIME);
CREATE TABLE options (
    id BIGINT PRIMARY KEY, name VARCHAR(255), value VARCHAR(255), created_at DATETIME, updated_at DATETIME);
CREATE TABLE subscribes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, user_id BIGINT, source_id INTEGER, enable_notification INTEGER,
    enable_telegraph INTEGER, tag VARCHAR(255), created_at DATETIME, updated_at DATETIME);
CREATE TABLE contents (source_id INTEGER, hash_id VARCHAR(255) PRIMARY KEY, raw_id VARCHAR(255), title VARCHAR(255));
"""
FLOWERSS_LATER = """
DROP TABLE options;
ALTER TABLE subscribes ADD interval INTEGER;
ALTER TABLE subscribes ADD wait_time INTEGER;
"""
HARBOUR, MARKET, WEATHER = (f"https://{name}.example/feed" for name in ("harbour", "market", "weather"))
READER, OTHER, GROUP, CHANNEL = 5001, 5002, -4001, -1001234567890


class Database:
    """The database of another bot."""

    def __init__(self, file: Path, *schema: str) -> None:
        self.file = file
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript("".join(schema))

    def insert(self, table: str, *rows: dict[str, Any]) -> None:
        with closing(sqlite3.connect(self.file)) as connection, connection:
            for row in rows:
                places = ", ".join("?" * len(row))
                connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", list(row.values()))


def rsstt(folder: Path, *later: str) -> Database:
    """Two readers, a group and a channel; the harbour is followed by three of them."""
    bot = Database(folder / "rsstt.db", RSSTT_FIRST, *later)
    bot.insert(
        "user",
        {"id": READER, "state": 100, "lang": "en"},
        {"id": OTHER, "state": 0, "lang": "zh-Hans"},
        {"id": GROUP, "state": 51, "lang": "ar", "admin": READER},
        {"id": CHANNEL, "state": 50, "lang": "ar", "admin": READER},
        {"id": 5003, "state": -1, "lang": "en"},
    )
    bot.insert(
        "feed",
        {"id": 1, "link": HARBOUR, "title": "The Harbour"},
        {"id": 2, "link": MARKET, "title": "Market", "state": 0},
        {"id": 3, "link": WEATHER, "title": "Weather"},
        {"id": 4, "link": "https://nobody.example/feed", "title": "Nobody's"},
    )
    bot.insert(
        "sub",
        {"user_id": READER, "feed_id": 1, "interval": 30, "notify": 0},
        {"user_id": READER, "feed_id": 2, "interval": 60, "notify": 0, "tags": "#fish"},
        {"user_id": GROUP, "feed_id": 1, "interval": 20, "send_mode": 2, "notify": 0},
        {"user_id": GROUP, "feed_id": 3, "state": 0},
        {"user_id": CHANNEL, "feed_id": 3, "state": 0},
    )
    bot.insert("option", {"key": "default_interval", "value": "10"})
    return bot


def noderssbot(folder: Path, *later: str) -> Database:
    bot = Database(folder / "noderssbot.db", NODERSSBOT_FIRST, *later)
    bot.insert(
        "rss_feed",
        {"feed_id": 1, "url": HARBOUR, "feed_title": "The Harbour"},
        {"feed_id": 2, "url": "https://market.example/سمك سوق", "feed_title": "Market"},
    )
    bot.insert(
        "subscribes",
        {"feed_id": 1, "user_id": READER},
        {"feed_id": 1, "user_id": CHANNEL},
        {"feed_id": 2, "user_id": READER},
    )
    return bot


def flowerss(folder: Path, *later: str) -> Database:
    bot = Database(folder / "flowerss.db", FLOWERSS_FIRST, *later)
    bot.insert("users", {"id": READER}, {"id": OTHER})
    bot.insert(
        "sources",
        {"id": 1, "link": HARBOUR, "title": "The Harbour", "error_count": 0},
        {"id": 2, "link": MARKET, "title": "Market", "error_count": 101},
    )
    bot.insert(
        "subscribes",
        {"user_id": READER, "source_id": 1, "enable_notification": 0, "enable_telegraph": 1, "tag": ""},
        {"user_id": CHANNEL, "source_id": 1, "enable_notification": 1, "enable_telegraph": 0, "tag": "#sea"},
        {"user_id": CHANNEL, "source_id": 2, "enable_notification": 0, "enable_telegraph": 0, "tag": ""},
    )
    return bot


def chats(newsbot: CommandLine) -> dict[int, dict[str, Any]]:
    lines = newsbot.good("chats", "export", "-").splitlines()
    return {chat["chat_id"]: chat for chat in map(json.loads, lines)}


def follows(chat: dict[str, Any]) -> list[str]:
    return [one["value"] for one in chat["follows"]]


def mutes(chat: dict[str, Any]) -> list[str]:
    return [one["value"] for one in chat["mutes"]]


def stored(newsbot: CommandLine, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(newsbot.folder / "news.db")) as database:
        return database.execute(query).fetchall()


def sources(newsbot: CommandLine) -> dict[str, dict[str, Any]]:
    names = ("url", "title", "private", "paused", "renamed", "every_seconds", "refreshed_at")
    rows = stored(newsbot, f"SELECT {', '.join(names)} FROM sources ORDER BY id")
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows}


def lines_about(what: str, said: str) -> list[str]:
    return [line.removeprefix(what) for line in said.splitlines() if line.startswith(what)]


@pytest.mark.parametrize("later", [(), (RSSTT_LATER,)], ids=["first", "newest"])
def test_the_chats_of_rsstt_come_with_their_feeds(newsbot: CommandLine, later: Iterable[str]) -> None:
    newsbot.set(NEWSBOT_LANGUAGE="ar")
    said = newsbot.good("chats", "import", rsstt(newsbot.folder, *later).file, "--from", "rsstt")
    assert "5 chats: 5 new\n" in said
    assert "3 feeds that chats follow: 3 new private sources\n" in said
    assert "1 feed that no chat follows: left out\n" in said
    found = chats(newsbot)
    assert {number: (chat["kind"], chat["language"], chat["silent"]) for number, chat in found.items()} == {
        READER: ("private", "en", True),
        OTHER: ("private", "ar", False),
        GROUP: ("group", "ar", True),
        CHANNEL: ("channel", "ar", False),
        5003: ("private", "en", False),
    }
    assert (found[GROUP]["added_by"], found[READER]["added_by"]) == (READER, None)
    assert follows(found[READER]) == [HARBOUR, MARKET]
    assert (follows(found[GROUP]), mutes(found[GROUP])) == ([HARBOUR], [WEATHER])
    assert all(chat["reads"] == [] and chat["everything"] is not True for chat in found.values())


def test_who_paused_all_subscriptions_has_stopped_and_finds_them_again(newsbot: CommandLine) -> None:
    newsbot.good("chats", "import", rsstt(newsbot.folder).file, "--from", "rsstt")
    channel = chats(newsbot)[CHANNEL]
    assert (channel["subscribed"], follows(channel), mutes(channel)) == (False, [WEATHER], [])


def test_the_sources_are_private_and_keep_their_intervals_titles_and_pauses(newsbot: CommandLine) -> None:
    bot = rsstt(newsbot.folder, RSSTT_LATER)
    with closing(sqlite3.connect(bot.file)) as connection, connection:
        connection.execute("UPDATE sub SET title = 'Fish prices' WHERE feed_id = 2")
    newsbot.good("chats", "import", bot.file, "--from", "rsstt")
    assert list(sources(newsbot).values()) == [
        {"url": HARBOUR, "title": "The Harbour", "private": 1, "paused": 0, "renamed": 0, "every_seconds": 1200,
         "refreshed_at": None},
        {"url": MARKET, "title": "Fish prices", "private": 1, "paused": 1, "renamed": 1, "every_seconds": 3600,
         "refreshed_at": None},
        {"url": WEATHER, "title": "Weather", "private": 1, "paused": 0, "renamed": 0, "every_seconds": None,
         "refreshed_at": None},
    ]  # fmt: skip


def test_first_visits_are_spread(newsbot: CommandLine) -> None:
    newsbot.good("chats", "import", rsstt(newsbot.folder).file, "--from", "rsstt")
    due = [moment for (moment,) in stored(newsbot, "SELECT due_at FROM sources ORDER BY id")]
    assert [later - due[0] for later in due] == [0, 100, 200]


def test_settings_without_a_counterpart_are_counted_by_name(newsbot: CommandLine) -> None:
    bot = rsstt(newsbot.folder, RSSTT_LATER)
    bot.insert("sub", {"user_id": READER, "feed_id": 3, "display_author": -1, "notify": 1, "title": "Sky"})
    said = newsbot.good("chats", "import", bot.file, "--from", "rsstt")
    assert lines_about("no counterpart: ", said) == [
        "default_interval of the bot",
        "administrator (see NEWSBOT_ADMINS) of 1 chat",
        "language zh-Hans of 1 chat",
        "display_author of 1 subscription",
        "interval of 1 subscription",
        "notification of 2 subscriptions",
        "send_mode of 1 subscription",
        "tags of 1 subscription",
        "title of 1 subscription",
    ]


def test_a_subscription_of_rsstt_has_the_usual_settings_of_its_chat(newsbot: CommandLine) -> None:
    bot = rsstt(newsbot.folder, RSSTT_LATER)
    with closing(sqlite3.connect(bot.file)) as connection, connection:
        connection.execute(f"UPDATE user SET notify = 0, interval = 45 WHERE id = {OTHER}")
    bot.insert("sub", {"user_id": OTHER, "feed_id": 4, "notify": -100, "interval": -100, "style": -100})
    said = newsbot.good("chats", "import", bot.file, "--from", "rsstt")
    assert chats(newsbot)[OTHER]["silent"]
    assert sources(newsbot)["https://nobody.example/feed"]["every_seconds"] == 45 * 60
    assert "style" not in said


def test_who_was_banned_is_banned(newsbot: CommandLine) -> None:
    bot = rsstt(newsbot.folder)
    newsbot.good("chats", "import", bot.file, "--from", "rsstt")
    assert stored(newsbot, "SELECT number FROM bans") == [(5003,)]
    assert chats(newsbot)[5003]["state"] == "paused"


@pytest.mark.parametrize("later", [(), (NODERSSBOT_LATER,)], ids=["first", "newest"])
def test_the_chats_of_noderssbot_come_with_their_feeds(newsbot: CommandLine, later: Iterable[str]) -> None:
    bot = noderssbot(newsbot.folder, *later)
    if later:
        bot.insert("users", {"user_id": READER, "lang": "ar"}, {"user_id": OTHER, "lang": "zh-cn"})
    said = newsbot.good("chats", "import", bot.file, "--from", "noderssbot")
    found = chats(newsbot)
    market = "https://market.example/%D8%B3%D9%85%D9%83%20%D8%B3%D9%88%D9%82"
    assert follows(found[READER]) == [HARBOUR, market]
    assert follows(found[CHANNEL]) == [HARBOUR]
    assert found[CHANNEL]["kind"] == "group"  # until the channel is heard of
    assert found[READER]["language"] == ("ar" if later else "en")
    assert (OTHER in found) is bool(later)
    assert lines_about("no counterpart: ", said) == (["language zh-cn of 1 chat"] if later else [])


@pytest.mark.parametrize("later", [(), (FLOWERSS_LATER,)], ids=["first", "newest"])
def test_the_chats_of_flowerss_come_with_their_feeds(newsbot: CommandLine, later: Iterable[str]) -> None:
    bot = flowerss(newsbot.folder, *later)
    if later:
        bot.insert(
            "subscribes",
            {"user_id": OTHER, "source_id": 2, "enable_notification": 1, "interval": 15, "enable_telegraph": 0},
        )
    said = newsbot.good("chats", "import", bot.file, "--from", "flowerss")
    found = chats(newsbot)
    assert follows(found[CHANNEL]) == [HARBOUR, MARKET]
    assert (found[READER]["silent"], found[CHANNEL]["silent"]) == (True, False)
    assert found[OTHER]["subscribed"] is bool(later)
    assert [source["paused"] for source in sources(newsbot).values()] == [0, 1]
    assert "no counterpart: tag of 1 subscription" in said
    assert "no counterpart: enable_telegraph of 1 subscription" in said


def test_public_feeds_are_in_everybodys_lists(newsbot: CommandLine) -> None:
    bot = flowerss(newsbot.folder)
    newsbot.good("chats", "import", bot.file, "--from", "flowerss")
    said = newsbot.good("chats", "import", bot.file, "--from", "flowerss", "--public")
    assert "2 feeds that chats follow: 0 new public sources, 2 there already" in said
    assert [source["private"] for source in sources(newsbot).values()] == [0, 0]
    newsbot.set(NEWSBOT_DATABASE="sqlite:///another.db")
    assert "2 new public sources" in newsbot.good("chats", "import", bot.file, "--from", "flowerss", "--public")


def test_the_second_import_changes_nothing(newsbot: CommandLine) -> None:
    bot = rsstt(newsbot.folder, RSSTT_LATER)
    newsbot.good("chats", "import", bot.file, "--from", "rsstt")
    before = newsbot.good("chats", "export", "-"), sources(newsbot), stored(newsbot, "SELECT * FROM follows")
    said = newsbot.good("chats", "import", bot.file, "--from", "rsstt")
    assert "5 chats: 0 new, 5 there already (0 new follows)\n" in said
    assert "0 new private sources, 3 there already\n" in said
    after = newsbot.good("chats", "export", "-"), sources(newsbot), stored(newsbot, "SELECT * FROM follows")
    assert after == before


async def test_an_import_that_was_killed_is_whole_after_the_same_command(newsbot: CommandLine) -> None:
    """Killed when some chats are stored. Every third one was banned: a chat is never here without its ban."""
    bot = Database(newsbot.folder / "rsstt.db", RSSTT_FIRST, RSSTT_LATER)
    readers = range(6001, 9001)
    bot.insert("user", *({"id": one, "state": -1 if one % 3 == 0 else 0, "lang": "en"} for one in readers))
    bot.insert("feed", {"id": 1, "link": HARBOUR, "title": "The Harbour"})
    bot.insert("sub", *({"user_id": one, "feed_id": 1} for one in readers))
    async with open_storage(f"sqlite:///{newsbot.folder / 'news.db'}"):
        pass

    def begun() -> int:
        return int(stored(newsbot, "SELECT count(*) FROM chats")[0][0])

    command = [sys.executable, "-m", "bot", "chats", "import", str(bot.file), "--from", "rsstt"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=newsbot.folder, env=environment, stdout=PIPE, stderr=PIPE
    )
    while not begun() and process.returncode is None:
        await asyncio.sleep(0.005)
    process.kill()
    await process.communicate()
    assert 0 < begun() < len(readers)
    banned = "SELECT chat_id FROM chats WHERE chat_id % 3 = 0 AND state = 'active'"
    assert stored(newsbot, banned) == []

    await asyncio.to_thread(newsbot.good, "chats", "import", bot.file, "--from", "rsstt")
    assert begun() == len(readers)
    assert stored(newsbot, banned) == []
    assert stored(newsbot, "SELECT count(*) FROM bans") == [(len(readers) // 3,)]
    assert stored(newsbot, "SELECT count(*) FROM follows") == [(len(readers),)]
    assert list(sources(newsbot)) == [HARBOUR]


async def test_who_was_banned_here_before_comes_banned(newsbot: CommandLine) -> None:
    bot = rsstt(newsbot.folder)
    async with open_storage(f"sqlite:///{newsbot.folder / 'news.db'}") as storage:
        await storage.bans.add(OTHER, by=READER, now=datetime(2026, 11, 1, tzinfo=UTC))
    await asyncio.to_thread(newsbot.good, "chats", "import", bot.file, "--from", "rsstt")
    assert stored(newsbot, f"SELECT state FROM chats WHERE chat_id = {OTHER}") == [("paused",)]


def test_a_chat_that_is_here_keeps_its_settings_and_gets_what_it_lacks(newsbot: CommandLine) -> None:
    newsbot.good("source", "import", opml(newsbot.folder, "http://www.harbour.example/feed/"))
    lines = [
        {"chat_id": READER, "language": "ar", "categories": ["Sports"], "quiet_hours": [22, 7]},
        {"chat_id": CHANNEL, "kind": "channel"},
    ]
    file = newsbot.folder / "chats.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    newsbot.good("chats", "import", file)
    said = newsbot.good("chats", "import", rsstt(newsbot.folder).file, "--from", "rsstt")
    assert "5 chats: 3 new, 2 there already (3 new follows)\n" in said
    assert "2 new private sources, 1 there already\n" in said
    found = chats(newsbot)
    reader, channel = found[READER], found[CHANNEL]
    assert (reader["language"], reader["categories"], reader["silent"]) == ("ar", ["Sports"], False)
    assert reader["quiet_hours"] == [22, 7]
    assert follows(reader) == ["http://www.harbour.example/feed/", MARKET]
    assert not sources(newsbot)["http://www.harbour.example/feed/"]["private"]
    assert (channel["subscribed"], mutes(channel)) == (True, [WEATHER])  # it had paused that there


def opml(folder: Path, address: str) -> Path:
    file = folder / "list.opml"
    file.write_text(f'<opml><body><outline type="rss" text="Sea" xmlUrl="{address}"/></body></opml>')
    return file


def test_a_bad_row_is_named_and_stops_no_other(newsbot: CommandLine) -> None:
    bot = flowerss(newsbot.folder, FLOWERSS_LATER)
    bot.insert("sources", {"id": 7, "link": "javascript:alert(1)", "title": "Bad"}, {"id": 8, "link": None})
    subscription = {"enable_notification": 1, "enable_telegraph": 0, "tag": ""}
    bot.insert(
        "subscribes",
        {"id": 21, "user_id": "somebody", "source_id": 1, **subscription},
        {"id": 22, "user_id": READER, "source_id": 7, **subscription},
        {"id": 23, "user_id": READER, "source_id": 2, "interval": -5, **subscription},
        {"id": 24, "user_id": 2**60, "source_id": 1, **subscription},
        {"id": 25, "user_id": OTHER, "source_id": 2, **subscription},
    )
    status, said, complained = newsbot("chats", "import", bot.file, "--from", "flowerss")
    assert status == 1
    assert [line.removeprefix(f"newsbot: {bot.file}, ") for line in complained.splitlines()] == [
        "table 'sources', row 7: 'javascript:alert(1)' is no address; expected one that begins with http:// or"
        " https://",
        "table 'sources', row 8: None is no address; expected one that begins with http:// or https://",
        "table 'subscribes', row 21: 'somebody' is no chat of Telegram; expected a whole number that is not 0",
        "table 'subscribes', row 22: there is no feed 7 that can be read; expected the id of one",
        "table 'subscribes', row 23: -5 is no interval; expected 1 to 527040 minutes",
        f"table 'subscribes', row 24: {2**60} is no chat of Telegram; expected a whole number that is not 0",
    ]
    assert said.endswith("6 rows failed\n")
    assert follows(chats(newsbot)[OTHER]) == [MARKET]


def nothing_is_stored(newsbot: CommandLine) -> bool:
    return not (newsbot.folder / "news.db").exists()


def test_a_file_that_is_no_database_is_named(newsbot: CommandLine) -> None:
    file = newsbot.folder / "other.db"
    file.write_text("chat_id,feed\n5,https://a.example\n")
    assert newsbot("chats", "import", file, "--from", "rsstt") == (
        1, "", f"newsbot: {file}: this is no SQLite database; expected that of RSS-to-Telegram-Bot\n",
    )  # fmt: skip
    assert newsbot("chats", "import", "none.db", "--from", "rsstt") == (
        1, "", "newsbot: none.db: No such file or directory\n",
    )  # fmt: skip
    assert nothing_is_stored(newsbot)


@pytest.mark.parametrize(
    ("bot", "reason"),
    [
        ("rsstt", "there is no table 'feed'; expected a database of RSS-to-Telegram-Bot"),
        ("noderssbot", "there is no table 'rss_feed'; expected a database of NodeRSSBot"),
    ],
)
def test_the_database_of_yet_another_bot_is_refused(newsbot: CommandLine, bot: str, reason: str) -> None:
    file = flowerss(newsbot.folder).file
    assert newsbot("chats", "import", file, "--from", bot) == (1, "", f"newsbot: {file}: {reason}\n")
    assert nothing_is_stored(newsbot)


def test_a_table_of_another_shape_is_named_with_the_missing_column(newsbot: CommandLine) -> None:
    file = noderssbot(newsbot.folder).file
    assert newsbot("chats", "import", file, "--from", "flowerss")[2] == (
        f"newsbot: {file}: there is no table 'sources'; expected a database of flowerss-bot\n"
    )
    other = Database(newsbot.folder / "odd.db", "CREATE TABLE sources (id INTEGER, url TEXT);")
    assert newsbot("chats", "import", other.file, "--from", "flowerss")[2] == (
        f"newsbot: {other.file}: the table 'sources' has no column 'link'; expected a database of flowerss-bot\n"
    )


def test_a_damaged_database_is_refused_before_anything_is_stored(newsbot: CommandLine) -> None:
    bot = flowerss(newsbot.folder)
    bot.insert(
        "sources", *({"id": n, "link": f"https://{n}.example/feed", "title": "x" * 200} for n in range(10, 400))
    )
    data = bytearray(bot.file.read_bytes())
    data[len(data) // 3 :] = b"\x7f" * (len(data) - len(data) // 3)
    bot.file.write_bytes(data)
    status, said, complained = newsbot("chats", "import", bot.file, "--from", "flowerss")
    assert (status, said) == (1, "")
    assert f"{bot.file}: SQLite can't read it (" in complained
    assert "expected a whole SQLite database of flowerss-bot" in complained
    assert nothing_is_stored(newsbot)


def everything_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_other_database_is_only_read_also_what_still_stands_in_its_log(newsbot: CommandLine) -> None:
    folder = newsbot.folder / "other"
    folder.mkdir()
    bot = flowerss(folder)
    writing = sqlite3.connect(bot.file)
    writing.execute("PRAGMA journal_mode = WAL")
    writing.execute("PRAGMA wal_autocheckpoint = 0")
    with writing:
        writing.execute("INSERT INTO sources (id, link, title) VALUES (3, ?, 'Weather')", (WEATHER,))
        writing.execute(f"INSERT INTO subscribes (user_id, source_id) VALUES ({READER}, 3)")
    before = everything_in(folder)
    assert before["flowerss.db-wal"]
    newsbot.good("chats", "import", bot.file, "--from", "flowerss")
    assert follows(chats(newsbot)[READER]) == [HARBOUR, WEATHER]
    assert everything_in(folder) == before
    writing.close()
    before = everything_in(folder)
    assert list(before) == ["flowerss.db"]  # it still asks for a log
    newsbot.good("chats", "import", bot.file, "--from", "flowerss")
    assert everything_in(folder) == before


def test_public_without_another_bot_is_refused(newsbot: CommandLine) -> None:
    status, _, complained = newsbot("chats", "import", "-", "--public")
    assert status == 2
    assert "--public is for the feeds of another bot; expected --from with it" in complained
