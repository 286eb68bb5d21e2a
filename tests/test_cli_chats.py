"""Subscribers as JSON Lines: what goes out comes in again, and a bad line is told by its number."""

import io
import json
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import CommandLine, line

KEYS = (
    "chat_id topic_id kind title language timezone silent state subscribed everything categories muted follows mutes"
    " least_sources added_by rhythm digest_hour digest_weekday quiet_hours breaking most_a_day snoozed_until"
    " saved saved_in_digest reads grouped opens_as preview private_answers keyboard_hidden"
    " category_topics topic_of banned"
).split()
EVERY_SETTING: list[dict[str, Any]] = [
    {
        "chat_id": -1007, "topic_id": 12, "kind": "group", "title": "غرفة الأخبار", "language": "ar",
        "timezone": "Asia/Beirut", "silent": True, "state": "active", "subscribed": True, "everything": None,
        "categories": ["الميناء", "Sports"], "muted": [],
        "follows": [
            {"kind": "author", "value": "Mona Saleh"},
            {"kind": "words", "value": "harbour -council", "only_titles": True, "least_sources": 3},
        ],
        "mutes": [
            {"kind": "category", "value": "Land", "until": "2126-12-01T08:00:00Z"},
            {"kind": "author", "value": "Mona Saleh", "until": "2126-12-01T08:00:00Z"},  # and followed again then
        ],
        "least_sources": 2, "added_by": 55,
        "rhythm": "weekly", "digest_hour": 23, "digest_weekday": "sunday", "quiet_hours": [22, 7], "breaking": False,
        "most_a_day": 5, "snoozed_until": "2126-12-01T08:00:00Z", "saved": [], "saved_in_digest": True,
        "reads": ["ar", "fa"], "grouped": False, "opens_as": "page", "preview": "above_small",
        "private_answers": True, "keyboard_hidden": True,
        "category_topics": False, "topic_of": None, "banned": False,
    },
    {
        "chat_id": 2**52 - 1, "topic_id": None, "kind": "private", "title": None, "language": "en",
        "timezone": "UTC", "silent": False, "state": "paused", "subscribed": True, "everything": None,
        "categories": [], "muted": ["Sports"], "follows": [], "mutes": [], "least_sources": 1, "added_by": None,
        "rhythm": "alerts", "digest_hour": 8, "digest_weekday": "monday", "quiet_hours": None, "breaking": True,
        "most_a_day": None, "snoozed_until": None, "saved": [], "saved_in_digest": False,
        "reads": [], "grouped": True, "opens_as": "text", "preview": "below_large",
        "private_answers": False, "keyboard_hidden": False,
        "category_topics": False, "topic_of": None, "banned": True,
    },
    {
        "chat_id": -1008, "topic_id": None, "kind": "channel", "title": "Harbour", "language": "en",
        "timezone": "Europe/Madrid", "silent": False, "state": "gone", "subscribed": False, "everything": True,
        "categories": [], "muted": ["Sports"], "follows": [], "mutes": [], "least_sources": 1, "added_by": 56,
        "rhythm": "daily", "digest_hour": 0, "digest_weekday": "monday", "quiet_hours": [0, 6], "breaking": True,
        "most_a_day": None, "snoozed_until": None, "saved": [], "saved_in_digest": False,
        "reads": ["ckb"], "grouped": True, "opens_as": "text", "preview": "below_large",
        "private_answers": False, "keyboard_hidden": False,
        "category_topics": False, "topic_of": None, "banned": False,
    },
]  # fmt: skip


def exported(newsbot: CommandLine) -> list[dict[str, Any]]:
    return [json.loads(line) for line in newsbot.good("chats", "export", "-").splitlines()]


def written(newsbot: CommandLine, *lines: Any) -> Path:
    """A file with these lines: texts as they are, anything else as JSON."""
    file = newsbot.folder / "chats.jsonl"
    file.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return file


def without_order(chat: dict[str, Any]) -> dict[str, Any]:
    return chat | {"categories": sorted(chat["categories"]), "muted": sorted(chat["muted"])}


def test_every_setting_goes_out_as_it_came_in(newsbot: CommandLine) -> None:
    assert newsbot.good("chats", "import", written(newsbot, *EVERY_SETTING)) == "3 chats: 3 new, 0 updated\n"
    assert [without_order(chat) for chat in exported(newsbot)] == [without_order(chat) for chat in EVERY_SETTING]
    assert newsbot.good("chats", "export", "out.jsonl") == "3 chats exported to out.jsonl\n"
    first = (newsbot.folder / "out.jsonl").read_bytes()
    assert "غرفة الأخبار".encode() in first
    newsbot.set(NEWSBOT_DATABASE="sqlite:///another.db", NEWSBOT_LANGUAGE="ar", NEWSBOT_TIMEZONE="Asia/Tokyo")
    newsbot.good("chats", "import", "out.jsonl")
    newsbot.good("chats", "export", "again.jsonl")
    assert (newsbot.folder / "again.jsonl").read_bytes() == first


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            b"SQLite format 3\x00\x10\n\n",
            "this is an SQLite database; expected one JSON object a line, or one of --from",
        ),
        (
            b'\xef\xbb\xbf<?xml version="1.0"?>\n<opml>\n</opml>',
            "this is XML or HTML; expected one JSON object a line",
        ),
    ],
)
def test_a_file_of_another_format_is_refused_once_and_not_line_by_line(
    newsbot: CommandLine, content: bytes, reason: str
) -> None:
    (newsbot.folder / "other").write_bytes(content)
    status, said, complained = newsbot("chats", "import", "other")
    assert (status, said, complained.count("\n")) == (1, "", 1)
    assert complained.startswith(f"newsbot: other: {reason}")


def test_a_chat_id_is_enough_and_the_rest_is_as_for_a_new_chat(newsbot: CommandLine) -> None:
    newsbot.set(NEWSBOT_LANGUAGE="ar", NEWSBOT_TIMEZONE="Asia/Beirut")
    nulls = dict.fromkeys(KEYS) | {"chat_id": -6}
    newsbot.good("chats", "import", written(newsbot, {"chat_id": 5}, nulls, {"chat_id": 7, "categories": []}))
    wanted = {"language": "ar", "timezone": "Asia/Beirut", "state": "active", "subscribed": True, "categories": []}
    chats = exported(newsbot)
    assert [list(chat) for chat in chats] == [KEYS] * 3
    assert [(chat["chat_id"], chat["kind"]) for chat in chats] == [(5, "private"), (-6, "group"), (7, "private")]
    for chat in chats:
        assert {name: chat[name] for name in wanted} == wanted


def test_what_is_there_already_gets_the_settings_of_its_line_and_the_last_one_counts(newsbot: CommandLine) -> None:
    newsbot.good("chats", "import", written(newsbot, {"chat_id": 5, "categories": ["Sports"]}, {"chat_id": 6}))
    lines = [{"chat_id": 5, "categories": ["Ports"]}, {"chat_id": 5, "topic_id": 3}, {"chat_id": 6, "silent": True}]
    said = newsbot.good("chats", "import", written(newsbot, *lines, {"chat_id": 6, "subscribed": False}))
    assert said.startswith("4 chats: 1 new, ")
    assert [(one["chat_id"], one["topic_id"], one["categories"], one["subscribed"]) for one in exported(newsbot)] == [
        (5, None, ["Ports"], True),
        (6, None, [], False),
        (5, 3, [], True),
    ]


def test_the_digest_of_an_imported_chat_is_due_at_its_hour_in_its_time_zone(newsbot: CommandLine) -> None:
    line = {"timezone": "Asia/Kolkata", "rhythm": "daily", "digest_hour": 18}
    newsbot.good("chats", "import", written(newsbot, {"chat_id": 5} | line, {"chat_id": 6, "quiet_hours": [22, 7]}))
    with closing(sqlite3.connect(newsbot.folder / "news.db")) as connection:
        due, none = (row[0] for row in connection.execute("SELECT digest_at FROM chats ORDER BY chat_id"))
    assert 0 < due / 1000 - datetime.now(UTC).timestamp() <= 24 * 3600
    assert f"{datetime.fromtimestamp(due / 1000, UTC):%H:%M}" == "12:30"
    assert none is None


def test_one_section_under_two_spellings_is_one_subscription(newsbot: CommandLine) -> None:
    newsbot.good("chats", "import", written(newsbot, {"chat_id": 5, "categories": ["رياضة", "رِيَاضَة", " Sports "]}))
    [chat] = exported(newsbot)
    assert sorted(chat["categories"]) == ["Sports", "رياضة"]


def test_an_alias_is_imported_as_its_category(newsbot: CommandLine) -> None:
    newsbot.good("category", "alias", "Sports", "رياضة")
    newsbot.good("chats", "import", written(newsbot, {"chat_id": 5, "categories": ["sports"]}))
    assert exported(newsbot)[0]["categories"] == ["رياضة"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("chat 5", "this is no JSON ("),
        ('{"chat_id": 5', "this is no JSON ("),
        ("[" * 100_000, "this is no JSON ("),
        ("5", 'this is no JSON object; expected one like {"chat_id": 1}'),
        ([5], "this is no JSON object"),
        ({}, 'no "chat_id"; expected a whole number that is not 0'),
        ({"chat_id": None}, 'no "chat_id"'),
        ({"chat_id": 0}, '"chat_id" is 0; expected a whole number that is not 0'),
        ({"chat_id": "5"}, '"chat_id" is "5"; expected a whole number'),
        ({"chat_id": 5.0}, '"chat_id" is 5.0; expected a whole number'),
        ({"chat_id": True}, '"chat_id" is true; expected a whole number'),
        ({"chat_id": 2**52}, '"chat_id" is 4503599627370496; expected'),
        ({"chat_id": 2**70}, '"chat_id" is 1180591620717411303424; expected'),
        ('{"chat_id": ' + "9" * 5000 + "}", "this is no JSON ("),
        ({"chat_id": 5, "topic_id": -1}, '"topic_id" is -1; expected a whole number above 0, or null'),
        ({"chat_id": 5, "language": "sw"}, '"language" is "sw"; expected one of ar, '),
        ({"chat_id": 5, "language": ["ar"]}, '"language" is ["ar"]; expected one of ar, '),
        ({"chat_id": 5, "timezone": "Beirut"}, '"timezone" is "Beirut"; expected an IANA time zone like Asia/Beirut'),
        ({"chat_id": 5, "timezone": {}}, '"timezone" is {}; expected an IANA time zone'),
        ({"chat_id": 5, "silent": "no"}, '"silent" is "no"; expected true or false'),
        ({"chat_id": 5, "state": "asleep"}, '"state" is "asleep"; expected one of active, paused, gone'),
        ({"chat_id": 5, "kind": {}}, '"kind" is {}; expected one of private, group, channel'),
        ({"chat_id": 5, "kind": "group"}, 'expected a private chat above 0'),
        ({"chat_id": -5, "kind": "private"}, 'expected a private chat above 0'),
        ({"chat_id": 5, "title": 5}, '"title" is 5; expected a text'),
        ({"chat_id": 5, "title": "\ud83d"}, "there is half a character in it"),
        ({"chat_id": 5, "categories": ["\ud83d"]}, "there is half a character in it"),
        ({"chat_id": 5, "categories": "Sports"}, '"categories" is "Sports"; expected a list of names'),
        ({"chat_id": 5, "categories": [5]}, '"categories" is [5]; expected a list of names'),
        ({"chat_id": 5, "categories": ["Sports", " "]}, "expected names with at least one letter or digit"),
        ({"chat_id": 5, "follows": [{"kind": "song", "value": "A"}]}, 'where "kind" is one of category, source'),
        ({"chat_id": 5, "follows": [{"kind": "words", "value": "the"}]}, "words that are more than function words"),
        ({"chat_id": 5, "mutes": [{"kind": "author", "value": "A", "until": "soon"}]}, "a time like 2026-12-01T08"),
        ({"chat_id": 5, "least_sources": 0}, '"least_sources" is 0; expected a whole number above 0'),
        ({"chat_id": 5, "added_by": "Huda"}, '"added_by" is "Huda"; expected a whole number'),
        ({"chat_id": 5, "rhythm": "yearly"}, '"rhythm" is "yearly"; expected one of alerts, hourly, daily, weekly'),
        ({"chat_id": 5, "digest_hour": 24}, '"digest_hour" is 24; expected a whole number from 0 to 23'),
        ({"chat_id": 5, "digest_hour": True}, '"digest_hour" is true; expected a whole number from 0 to 23'),
        ({"chat_id": 5, "digest_weekday": 0}, '"digest_weekday" is 0; expected one of monday, tuesday, wednesday, '),
        ({"chat_id": 5, "quiet_hours": "22-7"}, '"quiet_hours" is "22-7"; expected two different hours from 0 to 23'),
        ({"chat_id": 5, "quiet_hours": [22, 24]}, 'expected two different hours from 0 to 23 like [22, 7], or null'),
        ({"chat_id": 5, "quiet_hours": [22]}, '"quiet_hours" is [22]; expected two different hours'),
        ({"chat_id": 5, "quiet_hours": [7, 7]}, '"quiet_hours" is [7, 7]; expected two different hours'),
        ({"chat_id": 5, "breaking": "never"}, '"breaking" is "never"; expected true or false'),
        ({"chat_id": 5, "reads": "ar"}, '"reads" is "ar"; expected a list of up to 50 language codes like ["ar"'),
        ({"chat_id": 5, "reads": ["Arabic"]}, '"reads" is ["Arabic"]; expected a list of up to 50'),
        ({"chat_id": 5, "saved": "https://news.example/1"}, "expected a list of up to 500 addresses of articles"),
        ({"chat_id": 5, "opens_as": "film"}, '"opens_as" is "film"; expected one of text, page'),
        ({"chat_id": 5, "grouped": 1}, '"grouped" is 1; expected true or false'),
        ({"chat_id": 5, "categorys": ["A"]}, f'unknown key "categorys"; expected {", ".join(KEYS)}'),
        ({"chat_id": 5, "": 1}, 'unknown key ""'),
    ],
)  # fmt: skip
def test_a_bad_line_is_told_by_its_number_and_the_others_are_in(newsbot: CommandLine, line: Any, reason: str) -> None:
    file = written(newsbot, {"chat_id": 1}, "", line, {"chat_id": 2})
    status, said, complained = newsbot("chats", "import", file)
    assert (status, said) == (1, "2 chats: 2 new, 0 updated, 1 failed\n")
    assert complained.startswith(f"newsbot: {file}, line 3: ")
    assert reason in complained
    assert complained.count("\n") == 1
    assert [chat["chat_id"] for chat in exported(newsbot)] == [1, 2]


def test_a_mistake_on_every_line_is_told_a_few_times_and_then_counted(newsbot: CommandLine) -> None:
    file = written(newsbot, *({"chat_id": number, "categorys": []} for number in range(1, 101)), {"chat_id": 101})
    status, said, complained = newsbot("chats", "import", file)
    assert (status, said) == (1, "1 chat: 1 new, 0 updated, 100 failed\n")
    assert complained.count("unknown key") == 20
    assert complained.endswith("newsbot: and 80 more; mend these, and run the command again\n")


def test_lines_of_another_encoding_are_told_and_a_byte_order_mark_is_none(newsbot: CommandLine) -> None:
    file = newsbot.folder / "chats.jsonl"
    lines = ['{"chat_id": 1}'.encode("utf-8-sig"), '{"chat_id": 2, "title": "مرحبا"}'.encode("windows-1256")]
    file.write_bytes(b"\r\n".join([*lines, b'{"chat_id": 3}']))
    status, _, complained = newsbot("chats", "import", file)
    assert status == 1
    assert complained == f"newsbot: {file}, line 2: this is no UTF-8 text; expected one JSON object a line\n"
    assert [chat["chat_id"] for chat in exported(newsbot)] == [1, 3]


def test_more_chats_than_fit_one_transaction_are_all_imported_and_exported(newsbot: CommandLine) -> None:
    lines = [{"chat_id": number, "categories": ["Sports"] * (number % 2)} for number in range(1, 2502)]
    assert newsbot.good("chats", "import", written(newsbot, *lines)) == "2501 chats: 2501 new, 0 updated\n"
    assert [(chat["chat_id"], len(chat["categories"])) for chat in exported(newsbot)] == [
        (number, number % 2) for number in range(1, 2502)
    ]


@pytest.mark.parametrize(
    ("file", "reason"), [("none.jsonl", "none.jsonl: No such file or directory"), (".", ".: Is a directory")]
)
def test_a_file_that_cannot_be_read_is_named(newsbot: CommandLine, file: str, reason: str) -> None:
    status, said, complained = newsbot("chats", "import", file)
    assert (status, said, complained) == (1, "", f"newsbot: {reason}\n")


def test_an_export_that_fails_leaves_the_older_file_as_it_was(newsbot: CommandLine) -> None:
    newsbot.good("chats", "import", written(newsbot, {"chat_id": 1}))
    (newsbot.folder / "out.jsonl").write_text("older")
    with closing(sqlite3.connect(newsbot.folder / "news.db")) as connection:
        connection.execute("UPDATE chats SET title = CAST(x'ff' AS TEXT)")  # no text: it can't be read back
        connection.commit()
    assert newsbot("chats", "export", "out.jsonl")[0] == 1
    assert (newsbot.folder / "out.jsonl").read_text() == "older"
    assert newsbot("chats", "export", "none/out.jsonl")[0] == 1
    assert sorted(path.name for path in newsbot.folder.glob("*out.jsonl*")) == ["out.jsonl"]
    assert sorted(path.name for path in newsbot.folder.glob(".*")) == []


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("none/out.jsonl", "No such file or directory"),
        ("chats.jsonl/out.jsonl", "Not a directory"),
        (".", "Is a directory"),
        ("/dev/full", "No space left on device"),
    ],
)
def test_a_file_that_cannot_be_written_is_named_as_it_was_typed(newsbot: CommandLine, file: str, reason: str) -> None:
    newsbot.good("chats", "import", written(newsbot, {"chat_id": 1}))
    assert newsbot("chats", "export", file) == (1, "", f"newsbot: {file}: {reason}\n")


@pytest.mark.parametrize(
    ("broken", "name", "usual"),
    [
        *((f"digest_weekday = {day}", "digest_weekday", "monday") for day in (7, 99, -1)),
        *((f"digest_hour = {hour}", "digest_hour", 8) for hour in (24, -1)),
        ("quiet_from = 22, quiet_to = 24", "quiet_hours", None),
        ("timezone = 'Mars/Olympus'", "timezone", "UTC"),
        ("language = 'xx'", "language", "en"),
        ("reads = 'ar 7'", "reads", []),
    ],
)
def test_a_value_that_does_not_exist_goes_out_as_null_and_the_chat_comes_in(
    newsbot: CommandLine, broken: str, name: str, usual: Any
) -> None:
    newsbot.good("chats", "import", written(newsbot, EVERY_SETTING[0]))
    [before] = exported(newsbot)
    with closing(sqlite3.connect(newsbot.folder / "news.db")) as connection:
        connection.execute(f"UPDATE chats SET {broken}")
        connection.commit()
    newsbot.good("chats", "export", "out.jsonl")
    [line] = exported(newsbot)
    assert line == before | {name: None}
    newsbot.good("chats", "import", "out.jsonl")
    [line] = exported(newsbot)
    assert line[name] == usual


def test_an_export_can_be_read_from_standard_input(newsbot: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    newsbot.good("chats", "import", written(newsbot, *EVERY_SETTING))
    said = newsbot.good("chats", "export", "-")
    newsbot.set(NEWSBOT_DATABASE="sqlite:///another.db")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(said.encode())))
    assert newsbot.good("chats", "import", "-") == "3 chats: 3 new, 0 updated\n"
    assert newsbot.good("chats", "export", "-") == said


def test_imported_chats_are_counted_by_state(newsbot: CommandLine) -> None:
    newsbot.good("chats", "import", written(newsbot, *EVERY_SETTING, {"chat_id": 1}))
    assert newsbot.stats()["chats"] == {"active": 2, "paused": 1, "gone": 1}


def articles(newsbot: CommandLine, *names: str) -> list[str]:
    """Store articles with these names. Returns their addresses."""
    file = newsbot.folder / "articles.jsonl"
    urls = [f"https://news.example/{name}" for name in names]
    file.write_text("".join(f"{line(name, url=url)}\n" for name, url in zip(names, urls, strict=True)))
    newsbot.good("import", file)
    return urls


def test_saved_articles_go_out_and_come_in_by_their_addresses(newsbot: CommandLine) -> None:
    boats, fish, nets = articles(newsbot, "Boats", "Fish", "Nets")
    given = {
        "chat_id": 5,
        "saved": ["http://www.news.example/Nets/?utm_source=x", boats, "https://gone.example/1", "x"],
    }
    said = newsbot.good("chats", "import", written(newsbot, given))
    assert said == (
        "1 chat: 1 new, 0 updated\npassed over, because this database does not have them: 2 saved articles\n"
    )
    assert exported(newsbot)[0]["saved"] == [nets, boats]
    newsbot.good("chats", "import", written(newsbot, {"chat_id": 5, "saved": [fish, boats]}, {"chat_id": 6}))
    assert sorted(exported(newsbot)[0]["saved"]) == [boats, fish, nets]  # nothing that is saved is lost
    assert exported(newsbot)[1]["saved"] == []


def test_a_chat_has_room_for_so_many_saved_articles(newsbot: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [f"https://news.example/{n}" for n in range(501)]
    status, _, complained = newsbot("chats", "import", written(newsbot, {"chat_id": 5, "saved": many}))
    assert status == 1
    assert "expected a list of up to 500 addresses of articles" in complained
    monkeypatch.setattr("storage.topics.settings.SAVED_MOST", 2)
    boats, fish, nets = articles(newsbot, "Boats", "Fish", "Nets")
    newsbot.good("chats", "import", written(newsbot, {"chat_id": 5, "saved": [boats]}))
    said = newsbot.good("chats", "import", written(newsbot, {"chat_id": 5, "saved": [boats, fish, nets]}))
    assert "passed over, because this database does not have them: 1 saved article\n" in said
    assert sorted(exported(newsbot)[0]["saved"]) == [boats, fish]


def test_a_followed_story_is_named_by_one_of_its_articles(newsbot: CommandLine) -> None:
    boats, fish, _ = articles(newsbot, "Boats", "Fish", "Nets")
    numbers = {article["url"]: article["id"] for article in newsbot.articles()}
    newsbot.good("story", "merge", numbers[boats], numbers[fish])
    first_of_story = min(boats, fish, key=numbers.__getitem__)
    lines = [
        {
            "chat_id": 5,
            "follows": [{"kind": "story", "value": fish}, {"kind": "story", "value": "https://a.example"}],
        },
        {
            "chat_id": 6,
            "mutes": [{"kind": "story", "value": boats}],
            "follows": [{"kind": "author", "value": "Mona"}],
        },
    ]
    said = newsbot.good("chats", "import", written(newsbot, *lines))
    assert said.endswith("passed over, because this database does not have them: 1 followed story\n")
    first, second = exported(newsbot)
    [followed] = first["follows"]
    assert (followed["kind"], followed["value"]) == ("story", first_of_story)
    ends = datetime.fromisoformat(followed["until"]) - datetime.now(UTC)
    assert 6.9 < ends.total_seconds() / 86400 < 7.1
    assert second["mutes"] == [{"kind": "story", "value": first_of_story}]
    assert first["subscribed"]
    newsbot.good("chats", "import", written(newsbot, first, second))
    assert exported(newsbot) == [first, second]
    newsbot.good("chats", "import", written(newsbot, {"chat_id": 5}))
    assert exported(newsbot)[0]["follows"] == []


def test_followed_sources_that_are_not_here_are_counted(newsbot: CommandLine) -> None:
    given = {"chat_id": 5, "follows": [{"kind": "source", "value": "https://feed.example"}]}
    said = newsbot.good("chats", "import", written(newsbot, given))
    assert said.endswith("passed over, because this database does not have them: 1 followed source\n")


def test_no_import_ends_a_ban(newsbot: CommandLine) -> None:
    newsbot.good("chats", "import", written(newsbot, {"chat_id": 5, "banned": True}, {"chat_id": 6}))
    assert [(chat["state"], chat["banned"]) for chat in exported(newsbot)] == [("paused", True), ("active", False)]
    lines = [{"chat_id": 5, "state": "active"}, {"chat_id": 5, "topic_id": 3, "state": "active", "banned": False}]
    newsbot.good("chats", "import", written(newsbot, *lines))
    assert [(chat["chat_id"], chat["state"], chat["banned"]) for chat in exported(newsbot)] == [
        (5, "paused", True),
        (6, "active", False),
        (5, "paused", True),
    ]
