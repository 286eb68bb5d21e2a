"""What an operator types about sources: added, looked at before, read now, taken away."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.sim import Simulator
from storage import Storage, open_storage
from storage.records import Lane, NewSource, SourceKind, SourceProblem, Visit
from tests.command_line import CommandLine, beside
from tests.makers import reader
from tests.site import Page, Site, rss, serving
from tests.test_cli import OLD, lanes

FEED = {"Content-Type": "application/rss+xml"}


@pytest.fixture
def site() -> Iterator[Site]:
    with beside(serving()) as served:
        yield served


def test_a_source_is_added_listed_refreshed_and_removed(newsbot: CommandLine, site: Site) -> None:
    site.pages["/feed"] = Page(rss("Ferry sails", "Bridge opens"), headers=FEED)
    url = f"{site.url}/feed"
    status, said, complained = newsbot("source", "add", url, "--category", "Harbour", "--every", "2h")
    assert (status, complained) == (0, "")
    assert f"Source 1 added: feed 'Harbour News', {url}, with 2 articles now." in said
    [listed] = json.loads((newsbot("source", "list", "--json"))[1])
    assert {name: listed[name] for name in ("id", "url", "kind", "title", "category", "every_seconds")} == {
        "id": 1, "url": url, "kind": "feed", "title": "Harbour News", "category": "Harbour", "every_seconds": 7200,
    }  # fmt: skip
    assert (newsbot("source", "list"))[1] == f"1  feed  2h  Harbour  {url}  not read yet\n"
    assert newsbot("refresh") == (0, f"{url}: 2 added (0 to push), 0 changed\n", "")
    assert {one["category"] for one in newsbot.articles()} == {"Harbour"}
    assert (newsbot("refresh"))[1].startswith("No source is due; the next one is at 20")
    assert newsbot.good("source", "list") == f"1  feed  2h  Harbour  {url}  ok\n"
    assert newsbot.good("source", "remove", "1") == "Source 1 removed; its articles stay.\n"
    assert newsbot.good("source", "list").startswith("No sources yet")
    assert newsbot.good("refresh").startswith("No sources yet")
    assert len(newsbot.articles()) == 2
    status, said, complained = newsbot("source", "remove", "1")
    assert (status, said) == (1, "")
    assert "source 1: there is none with that number" in complained


def test_a_source_added_twice_is_one_with_the_new_settings(newsbot: CommandLine, site: Site) -> None:
    site.pages["/feed"] = Page(rss("Ferry sails"), headers=FEED)
    newsbot("source", "add", f"{site.url}/feed", "--category", "Harbour")
    status, said, _ = newsbot("source", "add", f"{site.url}/feed", "--every", "90")
    assert status == 0
    assert "Source 1 was there already, and has the new settings" in said
    [listed] = json.loads(newsbot.good("source", "list", "--json"))
    assert (listed["category"], listed["every_seconds"]) == ("Harbour", 90)


def test_a_source_is_breaking_from_when_that_is_said_until_it_is_taken_back(newsbot: CommandLine, site: Site) -> None:
    def publish(*items: str) -> None:
        site.pages["/feed"] = Page(rss(*items), headers=FEED)
        newsbot("source", "add", f"{site.url}/feed")  # which makes it due
        newsbot("refresh")

    def listed() -> bool:
        return bool(json.loads(newsbot.good("source", "list", "--json"))[0]["breaking"])

    site.pages["/feed"] = Page(rss("Backlog"), headers=FEED)
    newsbot("source", "add", f"{site.url}/feed", "--breaking")
    assert listed()
    newsbot("refresh")
    publish("Backlog", "Dam leaks")
    assert newsbot.good("source", "list").endswith("  breaking, ok\n")
    assert newsbot.good("source", "breaking", "1", "--off") == (
        "What source 1 publishes from now on is ordinary news.\n"
    )
    assert not listed()
    publish("Backlog", "Dam leaks", "Choir sings")
    assert newsbot.good("source", "breaking", "1") == "What source 1 publishes from now on is breaking news.\n"
    newsbot("source", "add", f"{site.url}/feed", "--no-breaking")
    assert not listed()
    assert lanes(newsbot) == {"Backlog": None, "Dam leaks": Lane.BREAKING, "Choir sings": Lane.ALERT}
    status, said, complained = newsbot("source", "breaking", "7")
    assert (status, said) == (1, "")
    assert "source 7: there is none with that number" in complained


@pytest.mark.parametrize(
    ("typed", "seconds", "shown"),
    [("90s", 90, "90s"), ("300", 300, "5m"), ("5m", 300, "5m"), ("2H", 7200, "2h"), ("1d", 86400, "1d")],
)
def test_every_is_a_time_in_seconds_minutes_hours_or_days(
    newsbot: CommandLine, site: Site, typed: str, seconds: int, shown: str
) -> None:
    site.pages["/feed"] = Page(rss("Ferry sails"), headers=FEED)
    newsbot("source", "add", f"{site.url}/feed", "--every", typed)
    assert json.loads(newsbot.good("source", "list", "--json"))[0]["every_seconds"] == seconds
    assert f"  {shown}  " in newsbot.good("source", "list")


@pytest.mark.parametrize("typed", ["0", "0s", "-5m", "5 minutes", "1w", "1.5h", "", "m", "9999999d", "9" * 30])
def test_what_is_no_such_time_is_a_usage_error(newsbot: CommandLine, typed: str) -> None:
    status, said, complained = newsbot("source", "add", "http://127.0.0.1:1/feed", f"--every={typed}")
    assert (status, said) == (2, "")
    assert f"'--every': {typed!r} is no time between two visits; expected one like 90s, 5m, 2h or 1d" in complained
    assert not (newsbot.folder / "news.db").exists()


def test_check_shows_what_would_be_read_and_stores_nothing(newsbot: CommandLine, site: Site) -> None:
    dated = "<title>Ferry sails</title><guid>1</guid><pubDate>Wed, 19 Jan 2022 10:00:00 GMT</pubDate>"
    site.pages["/feed"] = Page(rss(dated, *(f"Item {n}" for n in range(12))), headers=FEED)
    status, said, complained = newsbot("source", "check", f"{site.url}/feed")
    assert (status, complained) == (0, "")
    shown = said.splitlines()
    assert shown[0] == f"feed 'Harbour News', {site.url}/feed: 13 articles"
    assert shown[1].split() == ["2022-01-19", "10:00", "-", "0", "words", "Ferry", "sails"]
    assert "no date" in shown[2]
    assert shown[-1] == "  and 3 more"
    assert list(newsbot.folder.iterdir()) == []


def test_article_pages_are_read_where_the_operator_asks_for_it(newsbot: CommandLine, site: Site) -> None:
    def listed() -> bool:
        return bool(json.loads(newsbot.good("source", "list", "--json"))[0]["full_text"])

    text = "The ferry left the old harbour at noon, with forty passengers and the first mail of the year on board."
    item = "<title>Ferry leaves</title><link>/ferry</link><description>The ferry left the old harbour.</description>"
    site.pages["/feed"] = Page(rss(item), headers=FEED)
    site.pages["/ferry"] = Page(f"<html><body><h1>Ferry leaves</h1><p>{text}</p><p>{text[::-1]}</p></body></html>")
    url = f"{site.url}/feed"
    assert "  6 words  " in newsbot.good("source", "check", url)
    assert "  40 words  " in newsbot.good("source", "check", url, "--full-text")
    newsbot.good("source", "add", url)
    assert not listed()
    assert newsbot.good("source", "full-text", "1") == (
        "What source 1 publishes from now on is stored with the text of its article pages.\n"
    )
    assert newsbot.good("source", "list").endswith("  full text, not read yet\n")
    newsbot.good("refresh")
    [article] = json.loads(newsbot.good("articles", "list", "--json"))
    assert article["body"].startswith(text)
    assert newsbot.good("source", "full-text", "1", "--off") == (
        "What source 1 publishes from now on is stored as its feed carries it.\n"
    )
    assert not listed()
    newsbot.good("source", "add", url, "--full-text")
    newsbot.good("source", "add", url, "--every", "2h")
    assert listed()
    newsbot.good("source", "add", url, "--no-full-text")
    assert not listed()
    status, said, complained = newsbot("source", "full-text", "7")
    assert (status, said) == (1, "")
    assert "source 7: there is none with that number" in complained


def test_the_feed_that_a_page_names_is_what_is_added(newsbot: CommandLine, site: Site) -> None:
    site.pages["/"] = Page('<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head></html>')
    site.pages["/feed"] = Page(rss("Ferry sails"), headers=FEED)
    said = (newsbot("source", "add", f"{site.url}/"))[1]
    assert f"{site.url}/feed (found at {site.url}/)" in said
    assert json.loads(newsbot.good("source", "list", "--json"))[0]["url"] == f"{site.url}/feed"


@pytest.mark.parametrize("command", ["add", "check"])
def test_other_feeds_of_a_page_are_named_but_not_its_comments(newsbot: CommandLine, site: Site, command: str) -> None:
    links = [("/news", "News"), ("/sport", "Sport"), ("/comments", "Comments on News")]
    site.pages["/"] = Page(
        "".join(
            f'<link rel="alternate" type="application/rss+xml" href="{path}" title="{title}">'
            for path, title in links
        )
    )
    site.pages["/news"] = Page(rss("Ferry sails"), headers=FEED)
    said = newsbot.good("source", command, f"{site.url}/")
    assert f"{site.url}/news (found at {site.url}/)" in said
    other = f"The page also links to other feeds. Each can be a source by its own address:\n  {site.url}/sport\n"
    assert other in said
    assert "/comments" not in said


def test_a_folder_can_be_a_source(newsbot: CommandLine) -> None:
    inbox = newsbot.folder / "inbox"
    inbox.mkdir()
    (inbox / "a.txt").write_text(OLD)
    (inbox / "b.txt").write_bytes(b"\x00")
    assert "folder 'inbox'" in newsbot.good("source", "add", "inbox")
    status, said, complained = newsbot("source", "check", "inbox")
    assert status == 0
    assert "Ferry line to the island opens" in said
    assert f"{inbox}/b.txt: this is no text" in complained
    status, said, complained = newsbot("refresh")
    assert (status, said) == (0, f"{inbox}: 1 added (0 to push), 0 changed\n")
    assert f"newsbot: source 1: {inbox}/b.txt: this is no text" in complained


@pytest.mark.parametrize("command", ["add", "check"])
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/none", "the server answered with status 404"),
        ("/page", "expected RSS, Atom or JSON Feed, or an article page"),
        ("nowhere", "expected an address that begins with http:// or https://, or a folder"),
        ("newsbot.opml", "this is a file; expected a folder or an address, or `newsbot source import`"),
        ("ftp://news.example/", "expected an address that begins with http:// or https://"),
        ("http://[::1", "expected an address that begins with http:// or https://"),
    ],
)
def test_what_is_no_source_is_refused_with_the_reason(
    newsbot: CommandLine, site: Site, command: str, path: str, reason: str
) -> None:
    site.pages["/page"] = Page("<html><body>Hello</body></html>")
    (newsbot.folder / "newsbot.opml").write_text("<opml/>")
    address = site.url + path if path.startswith("/") else path
    status, said, complained = newsbot("source", command, address)
    assert (status, said) == (1, "")
    assert address in complained
    assert reason in complained
    newsbot.begin()
    assert newsbot.stats()["sources"] == 0


def test_a_refresh_goes_on_past_a_source_that_fails_and_exits_1(newsbot: CommandLine, site: Site) -> None:
    for path in ("/bad", "/good"):
        site.pages[path] = Page(rss(f"News of {path}"), headers=FEED)
        newsbot("source", "add", site.url + path)
    site.pages["/bad"] = Page(status=500)
    status, said, complained = newsbot("refresh")
    assert (status, said) == (1, f"{site.url}/good: 1 added (0 to push), 0 changed\n")
    assert complained == f"newsbot: source 1: {site.url}/bad: the server answered with status 500\n"
    assert "failed 1 time: " in newsbot.good("source", "list")


def test_the_list_shows_how_often_a_source_is_read_as_learned_from_what_it_publishes(newsbot: CommandLine) -> None:
    async def watched(storage: Storage) -> None:
        now = datetime.now(UTC)
        for number, recent in ((1, 0.0), (2, 144.0)):
            source, _ = await storage.sources.add(
                f"https://news.example/{number}", SourceKind.FEED, now=now, every_seconds=None
            )
            await storage.sources.record_visits(
                Visit(
                    source_id=source.id,
                    due_at=now,
                    visited_at=now,
                    succeeded_at=now,
                    watched_since=now - timedelta(days=30),
                    recent_articles=recent,
                )
            )

    async def store() -> None:
        async with open_storage(f"sqlite:///{newsbot.folder / 'news.db'}") as storage:
            await watched(storage)

    asyncio.run(store())
    seldom, often = json.loads(newsbot.good("source", "list", "--json"))
    assert (seldom["every_seconds"], seldom["interval_seconds"], seldom["articles_a_day"]) == (None, 1800, 0.0)
    assert (often["every_seconds"], often["articles_a_day"]) == (None, 48.0)
    assert often["interval_seconds"] == pytest.approx(450, abs=2)
    lines = newsbot.good("source", "list").splitlines()
    assert lines[0].split("  ")[2] == "30m"
    assert lines[0].endswith("  ok, about 0 a day")
    assert lines[1].endswith("  ok, about 48 a day")


def test_the_list_tells_a_server_that_takes_long_to_answer(newsbot: CommandLine) -> None:
    async def store() -> None:
        now = datetime.now(UTC)
        async with open_storage(f"sqlite:///{newsbot.folder / 'news.db'}") as storage:
            source, _ = await storage.sources.add("https://news.example/feed", SourceKind.FEED, now=now)
            visit = Visit(source_id=source.id, due_at=now, succeeded_at=now, answer_seconds=8.2)
            await storage.sources.record_visits(visit)

    asyncio.run(store())
    assert newsbot.good("source", "list").rstrip().endswith("  ok, slow: answers after 8 s")
    assert json.loads(newsbot.good("source", "list", "--json"))[0]["answer_seconds"] == 8.2


def test_what_is_dropped_is_shown_with_its_reason(newsbot: CommandLine, site: Site) -> None:
    site.pages["/feed"] = Page(rss("Ferry sails", "<link>https://h.example/1</link>"), headers=FEED)
    _, said, complained = newsbot("source", "check", f"{site.url}/feed")
    assert said.splitlines()[0].endswith("1 article, 1 item dropped")
    assert "item 2 has neither title nor text" in complained
    checked = json.loads(newsbot("source", "check", f"{site.url}/feed", "--json")[1])
    assert (checked["dropped"], [one["title"] for one in checked["articles"]]) == (1, ["Ferry sails"])
    assert checked["drop_reasons"][0].startswith("item 2 has neither title nor text")
    newsbot("source", "add", f"{site.url}/feed")
    newsbot("refresh")
    assert "1 item dropped: item 2 has neither title nor text" in newsbot("source", "list")[1]
    [listed] = json.loads(newsbot("source", "list", "--json")[1])
    assert (listed["dropped"], listed["drop_reasons"]) == (1, checked["drop_reasons"])


def test_the_list_says_what_is_private_and_paused(newsbot: CommandLine) -> None:
    async def store() -> None:
        now = datetime.now(UTC)
        async with open_storage(f"sqlite:///{newsbot.folder / 'news.db'}") as storage:
            chat = await reader(storage, 1)
            source = NewSource(url="https://own.example/feed")
            own, _ = await storage.sources.add_private(source, chat_row=chat.id, now=now)
            await storage.sources.set_paused(own.id, True, now=now)
            visit = Visit(source_id=own.id, due_at=now, error="HTTP 404", problem=SourceProblem.MISSING)
            await storage.sources.record_visits(visit)
            await storage.sources.add("https://all.example/feed", SourceKind.FEED, now=now)

    asyncio.run(store())
    own, public = json.loads(newsbot.good("source", "list", "--json"))
    assert (own["private"], own["paused"], own["problem"]) == (True, True, "missing")
    assert (public["private"], public["paused"], public["problem"]) == (False, False, None)
    first, second = newsbot.good("source", "list").splitlines()
    assert "private, paused, failed 1 time: HTTP 404" in first
    assert second.endswith("  not read yet")


def test_publisher_who_allows_a_teaser_gets_the_operators_promise_kept(newsbot: CommandLine, site: Site) -> None:
    text = "The ferry left at noon. It had forty passengers. It carried the first mail of the year. Nobody waved."
    item = f"<title>Ferry leaves</title><link>/ferry</link><description>{text}</description>"
    site.pages["/feed"] = Page(rss(item), headers=FEED)
    newsbot.good("source", "add", f"{site.url}/feed", "--teaser")
    assert newsbot.good("source", "list").endswith("  teaser, not read yet\n")
    newsbot.good("refresh")
    [article] = json.loads(newsbot.good("articles", "list", "--json"))
    assert article["body"] == ""
    assert "Nobody waved" not in newsbot.good("articles", "show", "1")
    assert newsbot.good("source", "teaser", "1", "--off") == (
        "Readers see the full text of each article of source 1.\n"
    )
    assert "Nobody waved" in newsbot.good("articles", "show", "1")
    newsbot.good("source", "teaser", "1")
    assert json.loads(newsbot.good("source", "list", "--json"))[0]["teaser"]
    newsbot.good("source", "add", f"{site.url}/feed", "--every", "2h")
    assert json.loads(newsbot.good("source", "list", "--json"))[0]["teaser"]
    status, said, complained = newsbot("source", "teaser", "7")
    assert (status, said) == (1, "")
    assert "source 7: there is none with that number" in complained


# Channels of Telegram


def test_a_channel_is_added_and_checked(newsbot: CommandLine) -> None:
    with beside(Simulator("1:token")) as sim:
        newsbot.set(NEWSBOT_TOKEN="1:token", NEWSBOT_API_URL=sim.url)
        channel = sim.channel("Marsan", username="marsan")
        checked = newsbot.good("source", "check", "@marsan")
        assert "The bot is no administrator of the channel yet." in checked
        said = newsbot.good("source", "add", "https://t.me/marsan", "--category", "Harbour")
        assert (
            f"Source 1 added: channel 'Marsan (@marsan)', channel:{channel.id} (found at https://t.me/marsan)" in said
        )
        assert "The bot is no administrator of the channel yet." in said
        [listed] = json.loads(newsbot.good("source", "list", "--json"))
        assert (listed["kind"], listed["due"], listed["category"]) == ("channel", None, "Harbour")
        assert listed["last_error"].startswith("the bot is no administrator of this channel")
        status, found, _ = newsbot("check")
        assert status == 1
        assert "wrong  source 1: Marsan (@marsan): the bot is no administrator of this channel" in found
        channel.members[sim.bot["id"]] = "administrator"
        assert "ok     source 1: Marsan (@marsan): the bot is an administrator of the channel" in newsbot.good(
            "check"
        )
        added = newsbot.good("source", "add", "@marsan")
        assert "was there already" in added
        assert "The bot is an administrator of the channel" in added
        [listed] = json.loads(newsbot.good("source", "list", "--json"))
        assert (listed["failures"], listed["last_error"]) == (0, None)
        status, _, complained = newsbot("source", "add", "@nobody_here")
        assert status == 1
        assert "@nobody_here: there is no such channel" in complained
        sim.errors.clear()


def test_a_channel_needs_the_token(newsbot: CommandLine) -> None:
    status, _, complained = newsbot("source", "add", "@marsan")
    assert status == 1
    assert "NEWSBOT_TOKEN: not set" in complained
