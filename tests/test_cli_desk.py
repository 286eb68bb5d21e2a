"""What an operator types about the desk: lists what waits, approves, holds, kills, and reads the audit log."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.command_line import CommandLine


@pytest.fixture
def newsbot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    newsbot = CommandLine(tmp_path, monkeypatch, capsys)
    newsbot.good("category", "desk", "Politics")
    lines = [
        {"title": f"The council votes, part {place}", "body": f"Part {place} of the vote.", "category": "Politics"}
        for place in (1, 2, 3)
    ]
    path = tmp_path / "news.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines))
    assert newsbot.good("import", str(path)).splitlines()[-1] == "1 file: 0 added, 3 on the desk"
    assert newsbot.good("import", str(path)).splitlines()[-1] == "1 file: 0 added, 3 unchanged"
    return newsbot


def test_what_waits_is_listed_and_decided(newsbot: CommandLine) -> None:
    lines = newsbot.good("desk", "list").splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
    assert "needs approval" in lines[0]
    assert newsbot.good("articles", "list", "--json").strip() == "[]"
    assert newsbot.good("desk", "approve", "1").startswith("Published as article 1: The council votes, part")
    held = json.loads(newsbot.good("desk", "hold", "2", "--until", "2h", "--json"))
    assert (held["state"], held["needs_approval"], held["decided_by"] is None) == ("waiting", False, False)
    assert newsbot.good("desk", "kill", "3").startswith("Killed: ")
    assert [one["id"] for one in json.loads(newsbot.good("desk", "list", "--json"))] == [2]
    assert newsbot.good("desk", "restore", "3").startswith("It waits for approval: ")
    entries = json.loads(newsbot.good("audit", "--json"))
    assert [one["action"] for one in entries] == ["restore", "kill", "hold", "approve", "category desk"]
    assert {one["origin"] for one in entries} == {"command line"}
    rest = json.loads(newsbot.good("audit", "--json", "--before", str(entries[3]["id"])))
    assert rest == entries[4:]
    assert "kill" in newsbot.good("audit").splitlines()[1]


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        (("approve", "9"), 1, "nothing waits under that number"),
        (("kill", "1"), 1, "was published by"),
        (("hold", "2", "--until", "yesterday"), 2, "no time to come"),
        (("hold", "9"), 1, "nothing waits under that number"),
        (("hold", "1"), 1, "was published by"),
        (("approve", "-1"), 2, "expected the number of a waiting article"),
        (("approve", "2", "--send", "--breaking"), 2, "expected one of them"),
    ],
)
def test_what_can_not_be_done_is_said(newsbot: CommandLine, typed: tuple[str, ...], status: int, said: str) -> None:
    newsbot.good("desk", "approve", "1")
    ended, _, complained = newsbot("desk", *typed)
    assert ended == status
    assert said in complained


def test_what_is_held_without_a_time_waits_until_an_editor_decides(newsbot: CommandLine) -> None:
    assert newsbot.good("desk", "hold", "2").startswith("It waits for approval: ")
    newsbot.good("desk", "hold", "2", "--until", "2h")
    held = json.loads(newsbot.good("desk", "hold", "2", "--json"))
    assert (held["state"], held["needs_approval"], held["due"]) == ("waiting", True, None)
    assert [one["action"] for one in json.loads(newsbot.good("audit", "--json"))][:2] == ["restore", "hold"]
    assert newsbot.good("desk", "approve", "2").startswith("Published")


def test_an_embargo_without_an_end_is_no_date(newsbot: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "held.xml"
    path.write_text(
        "<nitf><head><docdata management-status='embargoed'><doc-id id-string='n1'/></docdata></head><body>"
        "<body.head><hedline><hl1>The council resigns</hl1></hedline></body.head></body></nitf>"
    )
    newsbot.good("import", str(path))
    said = (
        newsbot.good("desk", "list")
        + newsbot.good("desk", "approve", "4")
        + newsbot("desk", "hold", "4", "--until", "2h")[2]
    )
    assert "lifts the embargo" in said
    assert "has no end" in said
    assert "9999" not in said


def test_the_settings_of_sources_are_in_the_audit_log(newsbot: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "wire"
    folder.mkdir()
    newsbot.good("source", "add", str(folder), "--desk")
    [source] = json.loads(newsbot.good("source", "list", "--json"))
    assert source["desk"]
    assert "desk, " in newsbot.good("source", "list")
    for typed in (("desk", "1", "--off"), ("teaser", "1"), ("breaking", "1"), ("remove", "1")):
        newsbot.good("source", *typed)
    entries = json.loads(newsbot.good("audit", "--json", "--limit", "5"))
    assert [(one["action"], one["detail"]) for one in entries] == [
        ("source remove", None),
        ("source edit", "breaking on"),
        ("source teaser", "on"),
        ("source desk", "off"),
        ("source add", None),
    ]


def test_a_list_of_sources_is_one_line_of_the_audit_log(newsbot: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "list.opml"
    path.write_text(
        '<opml version="2.0" xmlns:newsbot="urn:newsbot:opml"><body>'
        '<outline type="rss" text="A" xmlUrl="https://a.example/f" newsbot:desk="true"/>'
        '<outline type="rss" text="B" xmlUrl="https://b.example/f"/></body></opml>'
    )
    newsbot.good("source", "import", str(path))
    assert [one["desk"] for one in json.loads(newsbot.good("source", "list", "--json"))] == [True, False]
    assert 'newsbot:desk="true"' in newsbot.good("source", "export")
    [entry] = json.loads(newsbot.good("audit", "--json", "--limit", "1"))
    assert (entry["action"], entry["name"], entry["detail"]) == ("source add", "list.opml", "2 added")


def test_a_retraction_has_a_reason(newsbot: CommandLine) -> None:
    for number in ("1", "2"):
        newsbot.good("desk", "approve", number)
    newsbot.good("retract", "1", "--reason", "errors", "--tell-readers")
    newsbot.good("retract", "2", "--reason", "The vote was put off.")
    entries = json.loads(newsbot.good("audit", "--json", "--limit", "2"))
    assert [one["detail"] for one in entries] == ["The vote was put off.", "errors"]
    with closing(sqlite3.connect(newsbot.folder / "news.db")) as database:
        shown = database.execute("SELECT retract_reason FROM articles ORDER BY id").fetchall()
    assert shown == [("errors",), (None,)]
    ended, _, complained = newsbot("retract", "2", "--tell-readers")
    assert (ended, "expected --reason as well" in complained) == (2, True)


def test_check_says_that_nobody_is_told_of_what_waits(newsbot: CommandLine) -> None:
    _, said, _ = newsbot("check")
    assert "wrong  desk: articles wait for approval, and nobody is told" in said
    newsbot.set(NEWSBOT_EDITORS="7")
    _, said, _ = newsbot("check")
    assert "ok     desk: 3 articles on the desk" in said
