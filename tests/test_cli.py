"""What an operator types: imports, articles and categories, with their output and exit statuses."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from subprocess import PIPE
from typing import Any

import click
import pytest

from bot import cli
from storage.records import Lane
from tests.command_line import CommandLine, line
from tests.site import rss

OLD = """Harbour Herald

Shipping

Ferry line to the island opens
19/01/2022

The harbour authority opened a ferry line to the island on Wednesday after two years of talks between both towns.

Tickets stay cheap for the first months, the director said, and the boats sail every single day.
"""


# Import


def test_import_of_a_folder_says_a_line_per_file_and_a_total(newsbot: CommandLine) -> None:
    inbox = newsbot.folder / "inbox"
    (inbox / "deep").mkdir(parents=True)
    (inbox / "a.txt").write_text(OLD)
    (inbox / "b.xml").write_text(rss("Choir sings", "Choir rests"))
    (inbox / "deep" / "c.jsonl").write_text(line("Well dug") + "\n")
    (inbox / "notes.pdf").write_text("not looked at")
    said = newsbot.good("import", inbox)
    assert said.splitlines() == [
        f"{inbox}/a.txt: 1 added",
        f"{inbox}/b.xml: 2 added (2 to push)",
        f"{inbox}/deep/c.jsonl: 1 added (1 to push)",
        "3 files: 4 added (3 to push)",
    ]
    assert newsbot.good("import", inbox).splitlines()[-1] == "3 files: 0 added, 4 unchanged"
    (inbox / "a.txt").write_text(OLD.replace("cheap", "dear"))
    said = newsbot.good("import", inbox / "a.txt")
    assert said.splitlines() == [f"{inbox}/a.txt: 0 added, 1 changed", "1 file: 0 added, 1 changed"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("picture.txt", b"\x89PNG\x00\x01\x02", "this is no text; expected"),
        ("empty.txt", b"", "the file is empty; expected"),
        ("half.json", b'{"title": ', "this is no JSON"),
        ("page.xml", b"<html><body>Sorry</body></html>", "expected RSS, Atom or JSON Feed"),
        ("lines.jsonl", b'{"body": "no title"}\n', "line 1"),
        ("missing.txt", None, "can't be opened: No such file or directory"),
    ],
)
def test_a_bad_file_fails_the_import_by_name_and_the_others_are_in(
    newsbot: CommandLine, name: str, content: bytes | None, reason: str
) -> None:
    bad, good = newsbot.folder / name, newsbot.folder / "z.txt"
    good.write_text(OLD)
    if content is not None:
        bad.write_bytes(content)
    status, said, complained = newsbot("import", bad, good)
    assert status == 1
    assert complained.startswith(f"newsbot: {bad}")
    assert reason in complained
    assert complained.count("\n") == 1
    assert said.splitlines() == [
        f"{bad}: 0 added, 1 failed",
        f"{good}: 1 added",
        "2 files: 1 added, 1 failed",
    ]
    assert [article["title"] for article in newsbot.articles()] == ["Ferry line to the island opens"]


def test_a_pipe_or_a_device_is_no_file_to_wait_for(newsbot: CommandLine) -> None:
    pipe = newsbot.folder / "pipe.txt"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        status, said, complained = newsbot("import", path)
        assert (status, said.splitlines()[0]) == (1, f"{path}: 0 added, 1 failed")
        assert (
            complained == f"newsbot: {path}: can't be opened: this is no regular file; expected one, saved to disk\n"
        )


@pytest.mark.slow
def test_a_file_whose_name_is_no_utf_8_is_imported_by_that_name(newsbot: CommandLine) -> None:
    newsbot.set(PYTHONIOENCODING="utf-8:strict")  # as in every locale but C
    (newsbot.folder / "\udcff.txt").write_text(OLD)
    command = [sys.executable, "-m", "bot", "import", "\udcff.txt"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"\xff.txt: 1 added\n1 file: 1 added\n"


def test_the_good_lines_of_a_file_with_bad_ones_are_in(newsbot: CommandLine) -> None:
    file = newsbot.folder / "archive.jsonl"
    file.write_text(f"{line('One')}\n[]\n\n{line('Two')}\nnothing\n")
    status, said, complained = newsbot("import", file)
    assert status == 1
    assert [told.split(":")[1].split(",")[1] for told in complained.splitlines()] == [" line 2", " line 5"]
    assert said.splitlines()[0] == f"{file}: 2 added (2 to push), 2 failed"


def test_a_mistake_on_every_line_of_a_file_is_told_a_few_times_and_then_counted(newsbot: CommandLine) -> None:
    (newsbot.folder / "lines.jsonl").write_text('{"body": "no title"}\n' * 100)
    status, said, complained = newsbot("import", "lines.jsonl")
    assert status == 1
    assert "100 failed" in said
    assert complained.count("no title") == 20
    assert complained.endswith("newsbot: and 80 more; mend these, and run the command again\n")


def test_an_empty_folder_fails_and_says_what_was_looked_for(newsbot: CommandLine) -> None:
    empty, file = newsbot.folder / "empty", newsbot.folder / "a.txt"
    empty.mkdir()
    file.write_text(OLD)
    status, said, complained = newsbot("import", empty, file)
    assert status == 1
    assert f"{empty}: no file to import in this folder; expected .atom .htm" in complained
    assert f"{file}: 1 added" in said


@pytest.mark.parametrize(("option", "to_push"), [([], 1), (["--push"], 2), (["--no-push"], 0)])
def test_import_pushes_what_is_fresh_or_all_or_nothing(newsbot: CommandLine, option: list[str], to_push: int) -> None:
    (newsbot.folder / "old.txt").write_text(OLD)
    (newsbot.folder / "new.jsonl").write_text(line("Today's news"))
    said = newsbot.good("import", "old.txt", "new.jsonl", *option)
    assert ("to push" in said) is bool(to_push)
    assert newsbot.stats()["fanouts"]["open"] == to_push


def lanes(newsbot: CommandLine) -> dict[str, int | None]:
    """Title -> the lane that it was pushed in."""
    with closing(sqlite3.connect(newsbot.folder / "news.db")) as database:
        return dict(database.execute("SELECT title, lane FROM articles ORDER BY id"))


@pytest.mark.parametrize("option", [["--breaking"], ["--breaking", "--push"]])
def test_a_breaking_import_pushes_all_that_is_new_as_breaking(newsbot: CommandLine, option: list[str]) -> None:
    (newsbot.folder / "old.txt").write_text(OLD)
    (newsbot.folder / "new.jsonl").write_text(line("Today's news"))
    newsbot.good("import", "new.jsonl")
    assert "1 added (1 to push)" in newsbot.good("import", "old.txt", "new.jsonl", *option)
    assert lanes(newsbot) == {"Today's news": Lane.ALERT, "Ferry line to the island opens": Lane.BREAKING}


def test_the_category_of_an_import_is_for_articles_that_bring_none(newsbot: CommandLine) -> None:
    (newsbot.folder / "a.jsonl").write_text(f"{line('Bare')}\n{line('Named', category='Markets')}\n")
    newsbot.good("import", "a.jsonl", "--category", "الميناء")
    assert {one["title"]: one["category"] for one in newsbot.articles()} == {"Bare": "الميناء", "Named": "Markets"}


# Articles and categories


def test_an_article_as_json_has_exactly_these_keys(newsbot: CommandLine) -> None:
    (newsbot.folder / "a.txt").write_text(OLD)
    timed = line("Clock struck", published="2022-01-20T12:30:00+02:00", url="https://news.example/clock?utm_source=x")
    (newsbot.folder / "b.jsonl").write_text(timed)
    newsbot.good("import", "a.txt", "b.jsonl")
    struck, opened = newsbot.articles()
    keys = "id title category categories published published_precision language source url body summary revision"
    assert list(struck) == list(opened) == keys.split()
    assert (opened["published"], opened["published_precision"]) == ("2022-01-19", "day")
    assert (struck["published"], struck["published_precision"]) == ("2022-01-20T10:30:00Z", "time")
    assert (opened["category"], opened["language"], opened["revision"]) == ("Shipping", "en", 1)
    assert (struck["category"], struck["source"], struck["url"]) == (None, None, "https://news.example/clock")
    assert opened["body"].count("\n\n") == 1
    assert opened["summary"]
    assert json.loads(newsbot.good("articles", "show", str(opened["id"]), "--json")) == opened | {"reactions": []}


def test_articles_for_people_are_lines_newest_first_and_one_whole(newsbot: CommandLine) -> None:
    newsbot.begin()
    assert newsbot.good("articles", "list").startswith("No articles yet")
    lines = [line(f"Number {n}", published=f"2022-01-{n:02}T08:00:00Z", category="Ports") for n in range(1, 4)]
    (newsbot.folder / "a.jsonl").write_text("\n".join(lines))
    newsbot.good("import", "a.jsonl")
    assert newsbot.good("articles", "list", "--limit", "2").splitlines() == [
        "3  2022-01-03 08:00  Ports  Number 3",
        "2  2022-01-02 08:00  Ports  Number 2",
    ]
    shown = newsbot.good("articles", "show", "2")
    assert shown.startswith("id: 2\ntitle: Number 2\ncategory: Ports\npublished: 2022-01-02T08:00:00Z\n")
    assert shown.endswith("\n\nAll that is known of it: Number 2.\n")


def test_articles_list_stops_at_fifty_unless_told(newsbot: CommandLine) -> None:
    (newsbot.folder / "a.jsonl").write_text("\n".join(line(f"Number {n}") for n in range(60)))
    newsbot.good("import", "a.jsonl")
    assert len(newsbot.articles()) == 50
    assert len(newsbot.articles("--limit", "60")) == 60


def test_an_alias_stands_for_its_category_and_what_stood_under_it_moves(newsbot: CommandLine) -> None:
    lines = [line("Match", category="Sports"), line("مباراة", category="رياضة"), line("Rates", category="Markets")]
    (newsbot.folder / "a.jsonl").write_text("\n".join(lines))
    newsbot.good("import", "a.jsonl")
    assert newsbot.good("category", "alias", "Sports", "رياضة") == "Sports now means رياضة.\n"
    for typed in ("sports", "رياضة"):
        assert {one["title"] for one in newsbot.articles("--category", typed)} == {"Match", "مباراة"}
    assert {one["category"] for one in newsbot.articles()} == {"رياضة", "Markets"}
    assert newsbot.good("category", "alias", "رِيَاضَة", "رياضة") == "رِيَاضَة and رياضة are one name already.\n"


def test_a_name_that_is_taken_away_is_a_category_of_its_own_from_then_on(newsbot: CommandLine) -> None:
    def publish(title: str) -> None:
        (newsbot.folder / "a.jsonl").write_text(line(title, category="Sports"))
        newsbot.good("import", "a.jsonl")

    newsbot.good("category", "alias", "Sports", "رياضة")
    publish("Match")
    said = newsbot.good("category", "unalias", "sports")
    assert said == "sports no longer means رياضة. An article that names it makes a category of it.\n"
    publish("Race")
    assert {one["title"]: one["category"] for one in newsbot.articles()} == {"Match": "رياضة", "Race": "Sports"}
    status, _, complained = newsbot("category", "unalias", "sports")
    assert (status, "ALIAS 'sports': no category has this other name" in complained) == (1, True)
    assert "category unalias" in newsbot.good("audit")


def test_what_is_published_in_a_breaking_category_is_breaking_under_all_of_its_names(newsbot: CommandLine) -> None:
    def publish(title: str, category: str, *options: str) -> None:
        (newsbot.folder / "a.jsonl").write_text(line(title, category=category))
        newsbot.good("import", "a.jsonl", *options)

    said = newsbot.good("category", "breaking", "عاجل")
    assert said.splitlines() == [
        "What is published in عاجل from now on is breaking news.",
        "It is a new category: no article has named it yet.",
    ]
    newsbot.good("category", "alias", "Urgent", "عاجل")
    publish("Flood", "urgent")
    publish("Stored only", "عاجل", "--no-push")
    publish("Choir", "Culture")
    newsbot.good("category", "alias", "عاجل", "Culture")  # what was breaking news still is
    publish("Storm", "Culture")
    said = newsbot.good("category", "breaking", "culture", "--off")
    assert said == "What is published in Culture from now on is ordinary news.\n"
    publish("Match", "Culture")
    expected = {"Flood": Lane.BREAKING, "Stored only": None, "Choir": Lane.ALERT, "Storm": Lane.BREAKING}
    assert lanes(newsbot) == expected | {"Match": Lane.ALERT}


def test_a_withdrawn_article_is_in_no_list_and_comes_back_by_no_import(newsbot: CommandLine) -> None:
    lines = [line("Wrong", category="Ports"), line("Right", category="Ports")]
    (newsbot.folder / "a.jsonl").write_text("\n".join(lines))
    newsbot.good("import", "a.jsonl")
    wrong, right = [
        str(next(one["id"] for one in newsbot.articles() if one["title"] == t)) for t in ("Wrong", "Right")
    ]
    keys = list(json.loads(newsbot.good("articles", "show", wrong, "--json")))
    said = newsbot.good("retract", wrong)
    assert said.startswith(f"Article {wrong} withdrawn: Wrong\n")
    newsbot.good("import", "a.jsonl", "--push")
    assert [one["title"] for one in newsbot.articles()] == ["Right"]
    assert [one["title"] for one in newsbot.articles("--category", "ports")] == ["Right"]
    assert newsbot.stats()["fanouts"]["open"] == 1
    assert list(json.loads(newsbot.good("articles", "show", wrong, "--json"))) == keys
    assert "\nwithdrawn: yes\n" in newsbot.good("articles", "show", wrong)
    assert "withdrawn" not in newsbot.good("articles", "show", right)
    assert newsbot("retract", wrong) == (1, "", f"newsbot: article {wrong}: it was withdrawn already\n")
    assert newsbot("retract", "9") == (
        1, "", "newsbot: article 9: there is none with that number; `newsbot articles list` shows them\n"
    )  # fmt: skip


def test_a_category_that_is_not_there_is_told_with_the_nearest(newsbot: CommandLine) -> None:
    (newsbot.folder / "a.jsonl").write_text(line("Match", category="Sports"))
    newsbot.good("import", "a.jsonl")
    status, said, complained = newsbot("articles", "list", "--category", "Sprots")
    assert (status, said) == (1, "")
    assert "--category 'Sprots': there is no such category; did you mean Sports?" in complained


def test_an_article_that_is_not_there_is_told_with_where_to_look(newsbot: CommandLine) -> None:
    newsbot.begin()
    status, said, complained = newsbot("articles", "show", "7")
    assert (status, said) == (1, "")
    assert complained == "newsbot: article 7: there is none with that number; `newsbot articles list` shows them\n"


# What goes wrong


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("", "Usage: newsbot"),
        ("chats", "Usage: newsbot chats"),
        ("nothing", "No such command 'nothing'"),
        ("stats --jsno", "No such option '--jsno'"),
        ("refresh now", "unexpected extra argument (now)"),
        ("import", "Missing argument 'PATH…'"),
        ("import a.txt --category ـ", "'--category': 'ـ' is no name; expected"),
        ("source add http://127.0.0.1:1/ --category ـ", "'--category': 'ـ' is no name; expected"),
        ("import a.txt --category \udcffa", "'--category': '\\udcffa' is no UTF-8 text; expected"),
        ("articles list --category \udcffa", "'--category': '\\udcffa' is no UTF-8 text; expected"),
        ("source add http://127.0.0.1:1/ --category \udcffa", "'--category': '\\udcffa' is no UTF-8 text; expected"),
        ("source remove one", "'ID': 'one' is not a valid integer"),
        ("source remove 99999999999999999999", "'ID': 99999999999999999999 is not in the range"),
        ("articles show 0", "'ID': 0 is not in the range"),
        ("articles show 99999999999999999999", "'ID': 99999999999999999999 is not in the range"),
        ("articles list --limit 0", "'--limit': 0 is not in the range"),
        ("articles list --limit 99999999999999999999", "'--limit': 99999999999999999999 is not in the range"),
        ("category alias \udcffa News", "'ALIAS': '\\udcffa' is no UTF-8 text; expected"),
        ("category alias News \udcffa", "'NAME': '\\udcffa' is no UTF-8 text; expected"),
        ("category breaking \udcffa", "'NAME': '\\udcffa' is no UTF-8 text; expected"),
        ("category alias ـ News", "ALIAS: expected a name"),
        ("category unalias ـ", "ALIAS: expected a name"),
        ("category breaking ـ", "NAME: expected a name"),
        ("import a.txt --breaking --no-push", "--breaking pushes what is new, and --no-push nothing"),
        ("retract", "Missing argument 'ID'"),
        ("retract 0", "'ID': 0 is not in the range"),
        ("demo --port 99999", "'--port': 99999 is not in the range"),
        ("run", "NEWSBOT_TOKEN: not set; expected the token that @BotFather gives"),
    ],
)
def test_a_usage_error_exits_2_and_names_what_is_wrong(newsbot: CommandLine, typed: str, named: str) -> None:
    status, said, complained = newsbot(*typed.split())
    assert (status, said) == (2, "")
    assert named in complained
    assert "Traceback" not in complained
    assert not (newsbot.folder / "news.db").exists()


@pytest.mark.parametrize("command", ["stats", "refresh", "chats export out", "import a.txt", "articles list", "run"])
def test_every_command_refuses_a_wrong_setting_by_name(newsbot: CommandLine, command: str) -> None:
    newsbot.set(NEWSBOT_TOKEN="12:forgotten", NEWSBOT_RATE="much")
    expected = "newsbot: NEWSBOT_RATE: 'much' can't be used; expected a number, 0 or more, and at most 100000\n"
    assert newsbot(*command.split()) == (2, "", expected)


@pytest.mark.parametrize(
    ("database", "content", "reason"),
    [
        ("none/news.db", None, "can't be opened: check that its folder exists"),
        ("notes.db", b"Some notes, and no tables at all. " * 50, "is not a SQLite database"),
    ],
)
def test_a_database_that_cannot_be_opened_is_named(
    newsbot: CommandLine, database: str, content: bytes | None, reason: str
) -> None:
    if content:
        (newsbot.folder / database).write_bytes(content)
    newsbot.set(NEWSBOT_DATABASE=f"sqlite:///{database}")
    status, said, complained = newsbot("stats")
    assert (status, said) == (1, "")
    assert complained.startswith(f"newsbot: {database}: ")
    assert reason in complained
    assert "Traceback" not in complained


def test_a_mistake_of_the_program_shows_a_traceback_without_the_token(
    newsbot: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **named: Any) -> None:
        raise RuntimeError("no answer from 12:forgotten")

    newsbot.begin()
    newsbot.set(NEWSBOT_TOKEN="12:forgotten")
    monkeypatch.setattr("storage.topics.deliveries.Deliveries.stats", broken)
    status, said, complained = newsbot("stats")
    assert (status, said) == (1, "")
    assert "RuntimeError: no answer from ***\n" in complained
    assert "forgotten" not in complained
    assert "please report it" in complained


@pytest.mark.parametrize("command", ["", "run", "source add", "chats import", "articles show", "category alias"])
def test_help_is_no_failure(newsbot: CommandLine, command: str) -> None:
    assert newsbot.good(*command.split(), "--help").startswith(f"Usage: newsbot {command}".rstrip())


GROUPS = ["", *(name for name, command in cli.newsbot.commands.items() if isinstance(command, click.Group))]


@pytest.mark.parametrize("group", GROUPS)
def test_a_list_of_commands_says_of_each_in_a_whole_sentence_what_it_does(newsbot: CommandLine, group: str) -> None:
    _, _, commands = newsbot.good(*group.split(), "--help").partition("Commands:\n")
    assert commands
    assert [line for line in commands.splitlines() if not line.endswith(".") or line.endswith("...")] == []


@pytest.mark.parametrize("command", [["source", "list"], ["articles", "list", "--json"]])
def test_a_reader_that_leaves_ends_the_command_quietly(newsbot: CommandLine, command: list[str]) -> None:
    newsbot.begin()
    process = subprocess.Popen([sys.executable, "-m", "bot", *command], stdout=PIPE, stderr=PIPE)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    assert process.communicate(timeout=60)[1] == b""
    assert process.returncode == 141
