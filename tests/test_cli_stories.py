"""What an operator does about stories: looks at one, takes an article out of it, makes two of them one."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.command_line import CommandLine

LAUNCH = (
    "The harbour launch that carries pilots to incoming ships has been replaced after thirty-one years."
    " The new boat runs on batteries, reaches 22 knots and was built at the yard of Marsan, which hopes"
    " for orders from other ports."
)
OLIVES = "Olives in the valley of cypresses are harvested two weeks early, after a summer with little rain."


@pytest.fixture
def newsbot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    newsbot = CommandLine(tmp_path, monkeypatch, capsys)
    told = [("New pilot launch", LAUNCH), ("Pilots get an electric launch", LAUNCH), ("Olive harvest begins", OLIVES)]
    lines = [
        {"title": title, "body": body, "publisher": f"Paper {place}", "published": f"2026-03-01T1{place}:00:00Z"}
        for place, (title, body) in enumerate(told, 1)
    ]
    path = tmp_path / "news.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines))
    newsbot.good("import", str(path))
    return newsbot


def test_a_story_is_shown_with_its_copies(newsbot: CommandLine) -> None:
    lines = newsbot.good("story", "show", "2").splitlines()
    assert [line.split("  ")[0] for line in lines] == ["2", "1"]
    assert "copy of 1" in lines[0]
    told = json.loads(newsbot.good("story", "show", "1", "--json"))
    assert told["story"] == 1
    assert told["articles"][0] == {
        "id": 2, "title": "Pilots get an electric launch", "source": "Paper 2", "published": "2026-03-01T12:00:00Z",
        "copy_of": 1, "placed_by": "likeness", "withdrawn": False,
    }  # fmt: skip


def test_a_split_is_undone_by_a_merge(newsbot: CommandLine) -> None:
    before = newsbot.good("story", "show", "1", "--json")
    newsbot.good("story", "split", "2")
    said = newsbot.good("story", "merge", "2", "1")
    assert said.startswith("One story now, with 2 articles.\nWhat was split off is one text with the others again")
    after = newsbot.good("story", "show", "1", "--json")
    assert after.replace('"person"', '"likeness"') == before


def test_an_article_is_taken_out_and_two_stories_are_put_together(newsbot: CommandLine) -> None:
    assert newsbot.good("story", "split", "1") == "Article 1 stands alone now: New pilot launch\n"
    [alone] = json.loads(newsbot.good("story", "show", "1", "--json"))["articles"]
    assert (alone["id"], alone["placed_by"]) == (1, "person")
    assert newsbot.good("story", "merge", "3", "1") == "One story now, with 2 articles.\n"
    assert "placed by a person" in newsbot.good("story", "show", "3")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("show", "9"), "article 9: there is none with that number"),
        (("split", "9"), "article 9: there is none with that number"),
        (("split", "3"), "article 3: it is in no story with others"),
        (("merge", "1", "2"), "articles 1 and 2: they are in one story already"),
        (("merge", "1", "9"), "article 9: there is none with that number"),
    ],
)
def test_what_can_not_be_done_is_said(newsbot: CommandLine, typed: tuple[str, ...], said: str) -> None:
    status, _, complained = newsbot("story", *typed)
    assert status == 1
    assert complained.startswith(f"newsbot: {said}")


@pytest.mark.parametrize("number", ["x", "1.5", "٣x", "-1", "0", "99999999999999999999", "9" * 5_000])
@pytest.mark.parametrize("typed", [("show",), ("split",), ("merge", "1")])
def test_what_is_no_number_of_an_article_is_told_with_what_was_expected(
    newsbot: CommandLine, typed: tuple[str, ...], number: str
) -> None:
    status, said, complained = newsbot("story", *typed, number)
    assert (status, said) == (2, "")
    first, second = complained.splitlines()
    assert first.startswith("newsbot: Invalid value for 'ID': ")
    assert number[:40] in first
    assert first.endswith("; expected the number of an article, as `newsbot articles list` shows it")
    assert second == f"Try 'newsbot story {typed[0]} --help'."


def test_an_option_after_a_negative_number_is_still_one(newsbot: CommandLine) -> None:
    assert "-1 is not in the range" in newsbot("story", "show", "-1", "--json")[2]
    assert "No such option '--jsno'" in newsbot("story", "show", "-1", "--jsno")[2]


def test_an_article_is_not_merged_with_itself(newsbot: CommandLine) -> None:
    status, _, complained = newsbot("story", "merge", "1", "1")
    assert status == 2
    assert complained.startswith("newsbot: article 1 is named twice; expected articles of two stories")


def test_the_number_of_a_story_whose_first_article_is_gone_names_those_that_are_kept(newsbot: CommandLine) -> None:
    with closing(sqlite3.connect(newsbot.folder / "news.db")) as database, database:
        database.execute("DELETE FROM articles WHERE id = 1")
    for typed in (("show", "1"), ("split", "1"), ("merge", "1", "3")):
        status, _, complained = newsbot("story", *typed)
        assert status == 1
        assert complained == ("newsbot: article 1: it is not kept any more; expected an article of story 1, like 2\n")


def test_a_withdrawn_article_is_in_no_story(newsbot: CommandLine) -> None:
    newsbot.good("retract", "1")
    status, _, complained = newsbot("story", "merge", "1", "3")
    assert status == 1
    assert "it was withdrawn" in complained
    assert [one["id"] for one in json.loads(newsbot.good("story", "show", "2", "--json"))["articles"]] == [2]
