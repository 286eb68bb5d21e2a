"""What an operator types about lists of sources: OPML in and out."""

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from tests.command_line import CommandLine

LIST = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0"><head><title>Mine</title></head><body>
<outline text="Sea & Land">
  <outline type="rss" text="Harbour News" xmlUrl="https://harbour.example/feed?a=1&b=2"/>
  <outline type="rss" text="Again" xmlUrl="http://harbour.example/feed?a=1&amp;b=2"/>
</outline>
<outline text="Choir" xmlURL="feed://choir.example/rss"/>
<outline type="rss" text="Nothing"/>
</body></opml>"""


def sources(newsbot: CommandLine) -> list[dict[str, Any]]:
    keys = ("url", "kind", "title", "category", "every_seconds", "breaking", "full_text", "teaser")
    return [{key: one[key] for key in keys} for one in json.loads(newsbot.good("source", "list", "--json"))]


def many(count: int) -> str:
    entries = (f'<outline type="rss" text="N {n}" xmlUrl="https://n{n}.example/feed"/>' for n in range(count))
    return f"<opml><body>{''.join(entries)}</body></opml>"


def test_a_list_says_a_line_an_entry_and_a_total_and_fails_for_the_one_that_is_none(newsbot: CommandLine) -> None:
    (newsbot.folder / "mine.opml").write_text(LIST)
    status, said, complained = newsbot("source", "import", "mine.opml", "--category", "Other")
    assert (status, complained) == (1, "newsbot: mine.opml, entry 4: 'Nothing': no address; expected one in xmlUrl\n")
    assert said.splitlines() == [
        "https://harbour.example/feed?a=1&b=2: added (Sea & Land)",
        "http://harbour.example/feed?a=1&b=2: named twice; its first entry counts",
        "http://choir.example/rss: added (Other)",
        "4 entries: 2 added, 1 named twice, 1 failed",
        "A running bot visits new sources one after another. What they hold then is stored and not pushed.",
    ]
    assert [(one["title"], one["category"]) for one in sources(newsbot)] == [
        ("Harbour News", "Sea & Land"),
        ("Choir", "Other"),
    ]


def test_a_known_source_gets_the_settings_that_the_list_names_and_keeps_the_others(newsbot: CommandLine) -> None:
    (newsbot.folder / "a.opml").write_text(
        '<opml><outline text="Sea"><outline xmlUrl="https://a.example/" x:every="60" x:breaking="true"/></opml>'
    )
    (newsbot.folder / "b.opml").write_text(
        '<opml><outline xmlUrl="http://a.example" x:full-text="yes"/><outline xmlUrl="https://b.example/"/></opml>'
    )
    newsbot.good("source", "import", "a.opml")
    said = newsbot.good("source", "import", "b.opml")
    assert said.splitlines()[:3] == [
        "https://a.example/: was there already, and has the settings of the list",
        "https://b.example/: added",
        "2 entries: 1 added, 1 there already",
    ]
    assert sources(newsbot)[0] == {
        "url": "https://a.example/", "kind": "feed", "title": None, "category": "Sea", "every_seconds": 60,
        "breaking": True, "full_text": True, "teaser": False,
    }  # fmt: skip


def test_what_is_exported_is_imported_as_the_same_sources(newsbot: CommandLine) -> None:
    inbox = newsbot.folder / "in & out"
    inbox.mkdir()
    (newsbot.folder / "all.opml").write_text(
        f"""<opml><body><outline text="أخبار &lt;1&gt;">
        <outline text="أ &amp; ب" xmlUrl="https://a.example/?x=1&amp;y=2" n:every="90" n:breaking="true"/>
        <outline xmlUrl="https://b.example/" n:full-text="true" n:teaser="true"/></outline>
        <outline type="link" url="https://c.example/page" n:kind="page"/>
        <outline type="link" url="{str(inbox).replace("&", "&amp;")}" n:kind="folder"/></body></opml>"""
    )
    newsbot.good("source", "import", "all.opml")
    before = sources(newsbot)
    assert [one["kind"] for one in before] == ["feed", "feed", "page", "folder"]
    assert newsbot.good("source", "export", "mine.opml") == "4 sources exported to mine.opml\n"
    assert newsbot.good("source", "export") == (newsbot.folder / "mine.opml").read_text()
    newsbot.set(NEWSBOT_DATABASE=f"sqlite:///{newsbot.folder / 'other.db'}")
    newsbot.good("source", "import", "mine.opml")
    assert sorted(sources(newsbot), key=lambda one: str(one["url"])) == sorted(
        before, key=lambda one: str(one["url"])
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "mine.opml: the file is empty; expected OPML"),
        (b"<!doctype html><html><body>Sign in</body></html>", "mine.opml: this is an HTML page; expected OPML"),
        (b"<opml><body></body></opml>", "mine.opml: there is no source in it; expected OPML with"),
        (None, "mine.opml: No such file or directory"),
    ],
)
def test_a_file_that_is_no_list_is_refused_and_no_database_is_made(
    newsbot: CommandLine, content: bytes | None, reason: str
) -> None:
    if content is not None:
        (newsbot.folder / "mine.opml").write_bytes(content)
    status, said, complained = newsbot("source", "import", "mine.opml")
    assert (status, said) == (1, "")
    assert complained.startswith(f"newsbot: {reason}")
    assert not (newsbot.folder / "news.db").exists()


def test_a_folder_that_is_not_there_is_told(newsbot: CommandLine) -> None:
    (newsbot.folder / "mine.opml").write_text('<opml><outline url="/none/such" n:kind="folder"/></opml>')
    status, said, complained = newsbot("source", "import", "mine.opml")
    assert (status, said) == (1, "1 entry: 0 added, 1 failed\n")
    assert (
        complained == "newsbot: mine.opml, entry 1: '/none/such': there is no such folder; expected its whole path\n"
    )


@pytest.mark.slow
def test_ten_thousand_sources_are_visited_one_after_another_and_none_at_once(newsbot: CommandLine) -> None:
    (newsbot.folder / "many.opml").write_text(many(10_000))
    said = newsbot.good("source", "import", "many.opml")
    assert "10000 entries: 10000 added\n" in said
    with closing(sqlite3.connect(newsbot.folder / "news.db")) as database:
        due = [row[0] for row in database.execute("SELECT due_at FROM sources ORDER BY id")]
    assert due == sorted(due)
    assert 990_000 < due[-1] - due[0] < 1_100_000
    assert newsbot.good("source", "import", "many.opml").endswith("10000 entries: 0 added, 10000 there already\n")
    with closing(sqlite3.connect(newsbot.folder / "news.db")) as database:
        assert [row[0] for row in database.execute("SELECT due_at FROM sources ORDER BY id")] == due
