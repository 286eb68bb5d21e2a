"""JSON Lines and the files that `newsbot import` takes: each item read or refused by itself, with its place."""

import json
import pickle
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ingest.draft import Draft
from bot.ingest.errors import Unreadable
from bot.ingest.formats import files
from bot.ingest.formats.json_lines import from_object, read
from bot.text.document import read_document, to_telegram
from tests.site import rss

BEIRUT = ZoneInfo("Asia/Beirut")
SENTENCE = "The boat left the old harbour at noon with forty passengers and the first mail of the year on board."
PAGE = f"<!DOCTYPE html><html><head><title>Ferry</title></head><body><h1>Ferry</h1><p>{SENTENCE}</p></body></html>"
SAVED = f"Ferry sails to the island\n19/01/2022\n{SENTENCE}"


def only(line: Any, **named: Any) -> Draft | Unreadable:
    """What one line came to; a text is taken as the line."""
    text = line if isinstance(line, str) else json.dumps(line)
    [item] = read(text.encode("utf-8", "surrogatepass"), name="old.jsonl", **named)
    return item


def reason(item: Draft | Unreadable) -> str:
    assert isinstance(item, Unreadable)
    return str(item)


# One line


def test_all_that_a_line_says_is_kept() -> None:
    said = {
        "title": " Ferry\nsails ",
        "body": "One.\n\n\n  Two.\r\nThree.",
        "lead": "In\nshort.",
        "category": "Sea",
        "categories": ["Boats", " ", "Sea", "Law"],
        "published": "2022-01-19T14:30:00",
        "url": "https://a.example/1",
        "guid": "7",
        "author": "Mona",
        "image_url": "https://a.example/1.jpg",
        "language": "en",
        "publisher": "Harbour News",
        "more": {"is": "passed over"},
    }
    assert only(said, timezone=BEIRUT) == Draft(
        title="Ferry sails",
        body="One.\n\nTwo.\n\nThree.",
        lead="In short.",
        categories=("Sea", "Boats", "Law"),
        published=datetime(2022, 1, 19, 12, 30, tzinfo=UTC),
        url="https://a.example/1",
        guid="7",
        author="Mona",
        image_url="https://a.example/1.jpg",
        language="en",
        publisher="Harbour News",
    )


def test_values_come_under_several_names() -> None:
    others = {
        "headline": "Ferry",
        "text": "One.",
        "section": "Sea",
        "date": "19 يناير 2022",
        "link": "http://a.example/1",
    }
    more = {"id": 7, "image": "http://a.example/1.jpg", "lang": "en", "source": "Harbour", "description": "In short."}
    assert only(others | more) == Draft(
        title="Ferry",
        body="One.",
        lead="In short.",
        categories=("Sea",),
        published=date(2022, 1, 19),
        url="http://a.example/1",
        guid="7",
        image_url="http://a.example/1.jpg",
        language="en",
        publisher="Harbour",
    )


def test_a_title_is_enough_and_empty_values_say_nothing() -> None:
    empty = dict.fromkeys("lead category published url guid author image_url language publisher".split(), " ")
    assert only({"title": "Ferry"}) == only({"title": "Ferry", "body": None} | empty) == Draft(title="Ferry")


def test_what_can_not_be_stored_is_taken_out() -> None:
    said = '{"title": "Fer\\ud800ry", "body": "a\\u0000\\u202eb", "guid": "\\ud8007", "language": "e\\ud800n"}'
    assert only(said) == Draft(title="Ferry", body="ab", guid="7", language="en")
    assert "expected an address" in reason(only('{"title": "Ferry", "url": "https://a.example/\\ud800"}'))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "this is no JSON (Expecting property name"),
        ("Ferry sails", "this is no JSON ("),
        ('{"title": "Ferry"} {"title": "Bridge"}', "this is no JSON (Extra data)"),
        ("[" * 100_000, "this is no JSON ("),
        ('{"title": ' + "9" * 5_000 + "}", "this is no JSON ("),
        (["title"], "this is a list; expected an object with at least a title"),
        ('"title"', "this is a text; expected an object"),
        ("5", "this is a number; expected an object"),
        ("true", "this is true or false; expected an object"),
        ("null", "this is null; expected an object"),
        ({}, 'no title; expected a text under "title"'),
        ({"title": " \n"}, 'no title; expected a text under "title"'),
        ({"title": 5}, '"title" is a number; expected a text'),
        ({"title": "Newsroom", "chat_id": -5, "state": "active"}, "this is a chat; expected an article"),
        ({"title": "Ferry", "category": [1]}, '"category" holds a number; expected a text or a list of texts'),
        ({"title": "Ferry", "section": {}}, '"section" holds an object; expected a text or a list of texts'),
        ({"title": "Ferry", "author": ["Mona"]}, '"author" is a list; expected a text'),
        ({"title": "Ferry", "id": True}, '"id" is true or false; expected a text'),
        ({"title": "Ferry", "author": {"name": "Mona"}}, '"author" is an object; expected a text'),
        ({"title": "Ferry", "published": "soon"}, "'soon' is no date; expected one like 2022-01-19"),
        ({"title": "Ferry", "published": 1642602600}, '"published" is a number; expected a text'),
        ({"title": "Ferry", "url": "/1"}, "\"url\" is '/1'; expected an address that begins with http"),
        ({"title": "Ferry", "image": "javascript:x"}, "\"image_url\" is 'javascript:x'; expected an address"),
    ],
)
def test_a_line_that_is_no_article_is_refused_by_its_number_and_reason(line: Any, problem: str) -> None:
    assert reason(only(line)).startswith(f"old.jsonl, line 1: {problem}")


# Many lines


def test_a_bad_line_costs_itself_only_and_blank_ones_are_counted() -> None:
    found = read(b'{"title": "One"}\n\n  \nnonsense\r\n{"title": "Two"}\r\n{}', name="old.jsonl")
    assert [item.title if isinstance(item, Draft) else item.name for item in found] == [
        "One",
        "old.jsonl, line 4",
        "Two",
        "old.jsonl, line 6",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1256"])
def test_lines_may_be_in_any_encoding(encoding: str) -> None:
    text = '{"title": "العبّارة تغادر"}\n{"title": "العبّارة تعود"}'
    assert read(text.encode(encoding), name="old.jsonl") == [
        Draft(title="العبّارة تغادر"),
        Draft(title="العبّارة تعود"),
    ]


def test_separators_inside_a_text_end_no_line() -> None:
    [draft] = read('{"title": "Ferry", "body": "One.\u2028Two.\u0085Three."}'.encode(), name="old.jsonl")
    assert isinstance(draft, Draft)
    assert draft.body.startswith("One.")


def test_nothing_is_no_lines() -> None:
    assert read(b"", name="old.jsonl") == read(b"\n\n", name="old.jsonl") == []


@given(st.text(alphabet=st.characters(exclude_characters="\n"), max_size=60))
def test_every_title_is_one_line_or_refused(title: str) -> None:
    item = only({"title": title})
    if isinstance(item, Draft):
        assert item.title
        assert item.title == " ".join(item.title.split())
    else:
        assert "no title" in item.reason


def test_a_refusal_comes_back_whole_from_another_process() -> None:
    again = pickle.loads(pickle.dumps(Unreadable("old.jsonl, line 4", "no title")))
    assert (str(again), again.name, again.reason) == ("old.jsonl, line 4: no title", "old.jsonl, line 4", "no title")


# Files


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("a.jsonl", '{"title": "Ferry"}', "Ferry"),
        ("a.NDJSON", '{"title": "Ferry"}', "Ferry"),
        ("a.json", '{"title": "Ferry"}', "Ferry"),
        ("a.json", '[{"title": "Ferry"}]', "Ferry"),
        ("a.json", '{"version": "https://jsonfeed.org/version/1", "items": [{"title": "Ferry"}]}', "Ferry"),
        ("a.json", '{"items": [{"title": "Ferry"}]}', "Ferry"),
        ("a.xml", rss("Ferry"), "Ferry"),
        ("a.rss", rss("Ferry"), "Ferry"),
        ("a.atom", rss("Ferry"), "Ferry"),
        ("a.rdf", rss("Ferry"), "Ferry"),
        ("a.html", PAGE, "Ferry"),
        ("a.HTM", PAGE, "Ferry"),
        ("a", PAGE, "Ferry"),
        ("a.txt", SAVED, "Ferry sails to the island"),
        ("a", SAVED, "Ferry sails to the island"),
        ("a.text", SAVED, "Ferry sails to the island"),
    ],
)
def test_a_files_name_says_how_to_read_it_and_else_its_text(tmp_path: Path, name: str, text: str, title: str) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    [item] = files.read(path)
    assert isinstance(item, Draft)
    assert item.title == title


@pytest.mark.parametrize(
    ("name", "text"), [("a.jsonl", '{"title": "F", "date": "19/01/2022 14:30"}'), ("a.txt", SAVED)]
)
def test_times_in_a_file_are_meant_in_the_operators_zone(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text.replace("19/01/2022\n", "19/01/2022 14:30\n"), "utf-8")
    [item] = files.read(path, timezone=BEIRUT)
    assert isinstance(item, Draft)
    assert item.published == datetime(2022, 1, 19, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.json", "{", "this is no JSON ("),
        ("a.json", "[" * 100_000, "this is no JSON ("),
        ("a.json", '{"version": "https://jsonfeed.org/version/1"}', "this is JSON without a list"),
        ("a.xml", "<urlset/>", "this is something else; expected RSS"),
        ("a.rss", PAGE, "this is an HTML page; expected RSS"),
        ("a.html", "<p>Short.</p>", "no article was found on the page"),
        ("a.txt", "", "the file is empty"),
        ("a.jpg", "\x00\x01", "this is no text"),
    ],
)
def test_a_file_that_can_not_be_read_is_named_with_the_reason(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(Unreadable) as refused:
        files.read(path)
    assert str(refused.value).startswith(f"{path}: {problem}")


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.txt", tmp_path):
        with pytest.raises(Unreadable, match="can't be opened: "):
            files.read(path)


def test_an_archive_past_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.truncate(files.LARGEST + 1)  # takes no room on the disk
    with pytest.raises(Unreadable, match="larger than 200 MiB; expected a smaller file"):
        files.read(path)


def test_what_a_list_or_a_feed_holds_is_read_or_refused_item_by_item(tmp_path: Path) -> None:
    array, feed = tmp_path / "a.json", tmp_path / "a.xml"
    array.write_text('[{"title": "Ferry"}, 5, {"title": "Bridge"}]', "utf-8")
    feed.write_text(rss("Ferry", "<link>https://a.example/1</link>", "Bridge"), "utf-8")
    assert [str(item) for item in files.read(array) if isinstance(item, Unreadable)] == [
        f"{array}, item 2: this is a number; expected an object with at least a title"
    ]
    assert [str(item) for item in files.read(feed) if isinstance(item, Unreadable)] == [
        f"{feed}: item 2 has neither title nor text"
    ]
    for path in (array, feed):
        assert [item.title for item in files.read(path) if isinstance(item, Draft)] == ["Ferry", "Bridge"]


def test_a_text_in_html_is_read_into_a_document() -> None:
    html = "<p>It is <b>white</b>.</p><p>See <a href='/list'>the list</a>.</p><img src='/a.jpg'>"
    draft = from_object({"title": "F", "body": html, "url": "https://a.example/1"}, name="x")
    assert draft.body == "It is white.\n\nSee the list."
    shown = to_telegram(read_document(draft.document, draft.body))
    assert shown == 'It is <b>white</b>.\n\nSee <a href="https://a.example/list">the list</a>.'


@pytest.mark.parametrize("text", ["a < b and b > c", "Ask <mona@a.example>.", "Write <b> for bold.", "1 <p 2"])
def test_a_text_with_angle_brackets_is_text(text: str) -> None:
    draft = from_object({"title": "F", "body": text}, name="x")
    assert (draft.body, draft.document) == (text, "")


@pytest.mark.parametrize("never", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-11:00"])
def test_an_embargo_until_the_end_of_the_calendar_can_be_shown_in_every_time_zone(never: str) -> None:
    draft = only({"title": "Ferry", "embargo": never})
    assert isinstance(draft, Draft)
    assert draft.held_until == datetime(9999, 12, 31, tzinfo=UTC)
