"""What the forms of the dashboard do, each with its line in the audit log; and the histories that its pages show."""

import re
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from markupsafe import escape

from bot.locale import LANGUAGES, Voice
from bot.web.dashboard import audit, chats, notes, now, sources
from storage import Storage
from storage.records import (
    Alarm,
    AlarmKind,
    AuditAction,
    ChangedArticle,
    ChatDay,
    ChatKind,
    ChatState,
    HookKind,
    HubHealth,
    Lane,
    Origin,
    SearchText,
    Sent,
    SourceKind,
    SourceState,
    Visit,
    WantedHub,
    WorkKind,
    WorkState,
)
from tests import ingesting
from tests.conftest import Clock
from tests.dashboard_news import HOSTILE, READERS, REFUSED, News, fill
from tests.ingesting import FEED
from tests.makers import NOON, new_article, reader, stored
from tests.site import Page, Site
from tests.test_dashboard_doors import Door, opened, set_as_here, token

RSS = """<rss version="2.0"><channel><title>{title}</title>
<item><title>Harbour crane moved</title><guid>1</guid><link>https://news.example/1</link></item></channel></rss>"""


class Desk:
    """An administrator at a filled dashboard."""

    def __init__(self, door: Door, client: aiohttp.ClientSession, csrf: str, news: News) -> None:
        self.door, self.storage, self.news = door, door.storage, news
        self._client, self._csrf = client, csrf

    async def send(self, path: str, **form: Any) -> str:
        """Send a form. Returns what the page that follows says at its top, or the page itself if none follows."""
        data = {name: str(value) for name, value in form.items()} | {"csrf": self._csrf}
        async with self._client.post(f"/dashboard/{path}", data=data) as answer:
            shown = await answer.text()
            assert answer.status < 400, (answer.status, shown)
            return answer.url.query.get("did", shown)

    async def see(self, path: str) -> str:
        """Returns a page."""
        async with self._client.get(f"/dashboard/{path}") as answer:
            assert answer.status == 200
            return await answer.text()

    async def audit(self) -> tuple[AuditAction, str]:
        """Returns the last line: what was done, and its detail."""
        [entry] = await self.storage.audit.page(limit=1)
        assert (entry.actor.origin, entry.actor.name, entry.actor.user_id) == (Origin.DASHBOARD, "Nour", 99)
        return entry.action, entry.detail


@pytest.fixture
async def desk(storage: Storage, clock: Clock) -> AsyncIterator[Desk]:
    news = await fill(storage, clock)
    async with opened(storage, clock) as door, door.entered() as client:
        yield Desk(door, client, await token(client), news)


# The state of the bot


async def test_a_message_that_waits_for_its_chat_alone_waits_all_the_same(storage: Storage, clock: Clock) -> None:
    await reader(storage, 1000)
    await stored(storage, new_article("ferry"), new_article("bridge"), now=clock())
    await storage.deliveries.expand(limit=100, now=clock())
    [claim] = await storage.deliveries.claim(limit=100, now=clock())
    await storage.deliveries.settle([Sent(claim, clock(), 50, 1, clock() + timedelta(seconds=1))])
    async with opened(storage, clock) as door, door.entered() as client, client.get("/dashboard/now") as answer:
        shown = await answer.text()
    [lane] = [one for one in await storage.metrics.owed(now=clock()) if one.queued]
    assert (lane.queued, lane.oldest) == (1, None)
    assert "nothing waits" not in shown


async def test_a_check_marks_each_line_and_the_total_as_right_or_wrong(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_as_here(desk.door, monkeypatch)
    shown = await desk.send("settings")
    assert "<strong>settings</strong>: all can be read" in shown
    assert re.search(r"⚠️</span><div><strong><code[^>]*>NEWSBOT_TOKEN</code></strong>: not set; expected", shown)
    assert "⚠️ 1 thing to mend" in shown


async def test_a_check_that_ends_without_its_findings_is_told_with_what_it_wrote(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'there is no module <bot>' >&2\nexit 3\n")
    broken.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(broken))
    set_as_here(desk.door, monkeypatch)
    shown = await desk.send("settings")
    assert 'The check failed. Run <code dir="ltr" class="short">newsbot check</code> on the server.' in shown
    assert "there is no module &lt;bot&gt;" in shown


# Articles and stories


async def test_an_article_is_withdrawn_for_a_reason(desk: Desk) -> None:
    number = desk.news.hostile
    old = await desk.send(f"articles/{number}/retract", shown_revision=77, reason="errors")
    assert old == "changed-meanwhile"
    assert await desk.send(f"articles/{number}/retract", shown_revision=1, typed="wrong name", shown=1) == "retracted"
    article = await desk.storage.articles.get(number)
    assert article is not None
    assert (article.retracted, article.retract_reason) == (True, "text:wrong name")
    assert await desk.audit() == (AuditAction.RETRACT, "wrong name")
    assert await desk.send(f"articles/{number}/breaking", shown_revision=article.shown) == "changed-meanwhile"


async def test_an_article_goes_out_as_breaking_news(desk: Desk) -> None:
    number = desk.news.other
    article = await desk.storage.articles.get(number)
    assert article is not None
    assert await desk.send(f"articles/{number}/breaking", shown_revision=article.shown) == "breaking"
    pushed = await desk.storage.articles.get(number)
    assert pushed is not None
    assert pushed.lane is Lane.BREAKING
    assert await desk.audit() == (AuditAction.BREAKING, "")


async def test_stories_are_separated_and_grouped(desk: Desk) -> None:
    one, other, stories = desk.news.arabic, desk.news.other, desk.storage.stories
    assert await stories.story_of(one) == await stories.story_of(other)
    assert await desk.send(f"articles/{one}/split") == "split"
    assert await stories.story_of(one) != await stories.story_of(other)
    assert (await desk.audit())[0] is AuditAction.SPLIT
    assert await desk.send(f"articles/{one}/merge", other=999) == "no-such-article"
    assert await desk.send(f"articles/{one}/merge", other=one) == "no-such-article"
    assert await desk.send(f"articles/{one}/merge", other=other) == "merged"
    assert await stories.story_of(one) == await stories.story_of(other)
    assert (await desk.audit())[0] is AuditAction.MERGE


async def test_the_report_of_an_article_counts_its_messages(desk: Desk) -> None:
    report = await desk.storage.metrics.report(desk.news.hostile)
    assert (report.sent, report.behind, report.queued, report.dead) == (READERS - 1, 0, 0, {REFUSED: 1})
    await desk.storage.articles.retract(desk.news.hostile, now=NOON + timedelta(hours=1))
    assert (await desk.storage.metrics.report(desk.news.hostile)).behind == READERS - 1


# The desk


async def correct(storage: Storage, number: int, **text: Any) -> None:
    article = await storage.articles.get(number)
    assert article is not None
    change = ChangedArticle(
        article_id=number,
        text=replace(article.text, **text),
        search=SearchText(title="corrected", body=""),
        from_revision=article.revision,
    )
    assert (await storage.articles.store([], [change], now=NOON)).changed


async def test_an_article_shows_the_texts_that_it_had(desk: Desk) -> None:
    number, page = desk.news.hostile, f"articles/{desk.news.hostile}"
    assert "Earlier texts" not in await desk.see(page)
    await correct(desk.storage, number, url="https://news.example/moved")  # no text that a person reads
    assert "Earlier texts" not in await desk.see(page)
    await correct(desk.storage, number, title="A crane, corrected")
    shown = await desk.see(page)
    assert "Revision 2, replaced on 1 March 2026" in shown
    assert f"<strong>{escape(HOSTILE)}</strong>" in shown
    assert re.search(r"Show the newest text</dt><dd>0", shown)  # the four messages are not corrected yet
    for time in range(11):
        await correct(desk.storage, number, body=f"Corrected {time} times.")
    kept = await desk.storage.histories.earlier_texts(number)
    assert [one.revision for one in kept] == list(range(13, 3, -1))
    assert (kept[0].title, kept[0].body) == ("A crane, corrected", "Corrected 9 times.")


async def test_a_waiting_article_is_approved_once(desk: Desk) -> None:
    number = desk.news.desk[0]
    waiting = await desk.storage.desk.get(number)
    assert waiting is not None
    assert await desk.send(f"desk/{number}/approve", revision=waiting.revision + 1) == "changed-meanwhile"
    assert await desk.send(f"desk/{number}/approve", revision=waiting.revision) == "decided"
    assert await desk.audit() == (AuditAction.APPROVE, "")
    assert await desk.send(f"desk/{number}/kill", revision=waiting.revision) == "changed-meanwhile"
    decided = await desk.storage.desk.get(number)
    assert decided is not None
    assert decided.article_id is not None


async def test_a_waiting_article_is_held_until_a_time_of_the_viewer(desk: Desk) -> None:
    number = desk.news.desk[0]
    waiting = await desk.storage.desk.get(number)
    assert waiting is not None
    for past in ("2026-03-01T14:00", "soon", "", "0001-01-01T00:00"):  # it is 14:01 in Beirut
        assert await desk.send(f"desk/{number}/hold", revision=waiting.revision, until=past) == "no-time"
    held = await desk.send(f"desk/{number}/hold", revision=waiting.revision, until="2026-03-01T18:30")
    assert held in ("decided", "scheduled")
    scheduled = await desk.storage.desk.get(number)
    assert scheduled is not None
    assert scheduled.due_at == NOON.replace(hour=16, minute=30)
    assert await desk.send(f"desk/{number}/restore", revision=scheduled.revision) == "decided"
    assert await desk.send(f"desk/{number}/kill", revision=scheduled.revision + 1) == "decided"
    assert (await desk.audit())[0] is AuditAction.KILL
    assert await desk.send(f"desk/{number}/restore", revision=scheduled.revision + 2) == "decided"
    assert (await desk.audit())[0] is AuditAction.RESTORE


async def test_an_article_that_would_only_be_listed_is_sent(desk: Desk) -> None:
    source = desk.news.source
    await desk.storage.articles.store([new_article("backlog", source_id=source, lane=None)], now=NOON)
    waiting = (await desk.storage.desk.page(limit=9))[-1]
    assert waiting.lane is None
    assert await desk.send(f"desk/{waiting.id}/approve", revision=waiting.revision, send=1) == "decided"
    decided = await desk.storage.desk.get(waiting.id)
    assert decided is not None
    article = await desk.storage.articles.get(decided.article_id or 0)
    assert article is not None
    assert article.lane is Lane.ALERT


# Sources


async def test_an_address_with_a_password_is_found_and_shown_without_it(desk: Desk, site: Site) -> None:
    site.pages["/feed"] = Page(RSS.format(title=""), headers=FEED)
    shown = await desk.send("sources/preview", address=f"{site.url}/feed".replace("://", "://mona:secret@"))
    [title] = re.findall(r'<h2 id="found-1"><bdi>(.*)</bdi>', shown)
    assert title == f"{site.url}/feed".replace("://", "://***@")


async def test_a_source_is_added_after_a_look_and_moved_with_its_settings(desk: Desk, site: Site) -> None:
    for name in ("feed", "moved"):
        site.pages[f"/{name}"] = Page(RSS.format(title=f"The {name}"), headers=FEED)
    assert "The feed" in await desk.send("sources/preview", address=f"{site.url}/feed")
    before = len(await desk.storage.sources.all())
    assert await desk.send("sources/add", url=f"{site.url}/feed", kind="feed", title="The feed") == "added"
    assert await desk.audit() == (AuditAction.SOURCE_ADD, "")
    assert await desk.send("sources/add", url=f"{site.url}/feed", kind="feed", title="The feed") == "known"
    source = (await desk.storage.sources.all())[before]
    saved = await desk.send(
        f"sources/{source.id}", title="Ours", category="Sports", minutes="2.5", breaking="on", teaser="on"
    )
    assert saved == "saved"
    assert (await desk.audit())[0] is AuditAction.SOURCE_EDIT
    await desk.door.parts.ingest.refresh_due()
    assert "The moved" in await desk.send(f"sources/{source.id}/preview", address=f"{site.url}/moved")
    assert await desk.send(f"sources/{source.id}/move", url=f"{site.url}/moved", kind="feed") == "saved"
    moved = await desk.storage.sources.get(source.id)
    assert moved is not None
    assert (moved.url, moved.title, moved.category, moved.every_seconds) == (
        f"{site.url}/moved", "Ours", "Sports", 150,
    )  # fmt: skip
    assert (moved.breaking, moved.teaser, moved.desk, moved.full_text) == (True, True, False, False)
    assert (
        await desk.send(f"sources/{source.id}/move", url="https://wire.example/feed", kind="feed") == "address-taken"
    )


@pytest.mark.parametrize("address", ["/etc", "file:///etc/passwd", "", "x" * 3000, "no address"])
async def test_only_web_addresses_are_added(desk: Desk, address: str) -> None:
    before = await desk.storage.sources.all()
    for path, form in (
        ("sources/preview", {"address": address}),
        ("sources/add", {"url": address, "kind": "folder"}),
    ):
        with pytest.raises(AssertionError, match=r"4[02][0-9]"):
            await desk.send(path, **form)
    assert await desk.storage.sources.all() == before


async def test_a_hook_keeps_its_door(desk: Desk, clock: Clock) -> None:
    hook, _ = await desk.storage.sources.add("hook:cms", SourceKind.HOOK, now=clock(), title="CMS")
    for path in ("preview", "move"):
        with pytest.raises(AssertionError, match="404"):
            await desk.send(f"sources/{hook.id}/{path}", url="https://wire.example/2", kind="feed")
    assert await desk.storage.sources.get(hook.id) == hook


async def test_a_source_is_paused_visited_and_removed(desk: Desk, clock: Clock) -> None:
    number = desk.news.source
    for path, note, action in (
        ("pause", "paused", AuditAction.SOURCE_PAUSE), ("resume", "resumed", AuditAction.SOURCE_RESUME),
    ):  # fmt: skip
        assert await desk.send(f"sources/{number}/{path}") == note
        assert (await desk.audit())[0] is action
    await desk.storage.sources.record_visits(Visit(source_id=number, due_at=clock() + timedelta(hours=2)))
    assert await desk.storage.sources.due_sources(clock()) == []
    slow = Visit(source_id=number, due_at=clock() + timedelta(hours=2), succeeded_at=clock(), answer_seconds=8.2)
    await desk.storage.sources.record_visits(slow)
    assert "🐢" in await desk.see(f"sources/{number}")
    assert "🐢" in await desk.see("sources")
    assert await desk.send(f"sources/{number}/visit") == "due"
    assert [one.id for one in await desk.storage.sources.due_sources(clock())] == [number]
    assert await desk.send(f"sources/{number}/remove") == "removed"
    assert await desk.storage.sources.get(number) is None
    assert (await desk.audit())[0] is AuditAction.SOURCE_REMOVE


# Dead letters and categories


async def test_the_messages_of_one_reason_are_tried_again(desk: Desk) -> None:
    assert await desk.send("dead/retry", reason="another reason") == "changed-meanwhile"
    assert await desk.storage.dead_letters.reasons() == {REFUSED: 1}
    assert await desk.send("dead/retry", reason=REFUSED) == "retried"
    assert await desk.storage.dead_letters.reasons() == {}
    assert await desk.audit() == (AuditAction.RETRY, "1")


async def test_categories_lose_other_names_and_bring_breaking_news(desk: Desk) -> None:
    assert await desk.send("categories/alias", alias="Sport", name="Sports") == "saved"
    assert await desk.send("categories/unalias", alias="sport") == "saved"
    assert await desk.audit() == (AuditAction.CATEGORY_UNALIAS, "no longer called sport")
    assert await desk.storage.categories.find("sport") is None
    assert await desk.send("categories/unalias", alias="Sport") == "changed-meanwhile"
    assert await desk.send("categories/breaking", name="Sports", on=1) == "saved"
    assert await desk.storage.categories.breaking_names() == ["Sports"]
    assert await desk.audit() == (AuditAction.CATEGORY_BREAKING, "on")
    assert await desk.send("categories/breaking", name="Sports") == "saved"
    assert await desk.storage.categories.breaking_names() == []


async def test_categories_get_other_names_and_need_approval(desk: Desk) -> None:
    assert await desk.send("categories/alias", alias="Sports", name="sports") == "one-name"
    assert await desk.send("categories/alias", alias="Sport", name="Sports") == "saved"
    assert await desk.audit() == (AuditAction.CATEGORY_ALIAS, "also called Sport")
    found = await desk.storage.categories.find("sport")
    assert found is not None
    assert found.name == "Sports"
    assert await desk.send("categories/desk", name="Sports", on=1) == "saved"
    assert await desk.storage.categories.desk_names() == ["Sports"]
    assert await desk.audit() == (AuditAction.CATEGORY_DESK, "on")
    assert await desk.send("categories/desk", name="Sports") == "saved"
    assert await desk.storage.categories.desk_names() == []


# Histories


async def test_the_last_visits_are_kept_and_no_more(storage: Storage, clock: Clock, site: Site) -> None:
    site.pages["/feed"] = Page(RSS.format(title="Wire"), headers=FEED)
    async with ingesting.opened(storage, clock) as ingest:
        source = await ingesting.add(ingest, f"{site.url}/feed")
        await ingest.refresh_due()
        site.pages["/feed"] = Page("gone", status=404)
        clock.advance(hours=1)
        await ingest.refresh_due()
    failed, first = await storage.histories.visits(source.id, limit=10)
    assert (first.added, first.error, first.unchanged) == (1, None, False)
    assert failed.error is not None
    for minute in range(60):
        at = clock() + timedelta(minutes=minute + 1)
        await storage.sources.record_visits(Visit(source_id=source.id, due_at=at, visited_at=at, succeeded_at=at))
    kept = await storage.histories.visits(source.id, limit=100)
    assert len(kept) == 50
    assert kept[0].visited_at == clock() + timedelta(minutes=60)
    await storage.sources.remove(source.id)
    assert await storage.histories.visits(source.id, limit=100) == []


async def test_articles_are_counted_by_day_without_old_ones(storage: Storage) -> None:
    source, _ = await storage.sources.add("https://wire.example/feed", SourceKind.FEED, now=NOON)
    fresh = [new_article(f"fresh {n}", source_id=source.id) for n in range(3)]
    await stored(storage, *fresh, new_article("old", source_id=source.id, published_at=NOON - timedelta(days=9)))
    await stored(storage, new_article("next", source_id=source.id), now=NOON + timedelta(days=1))
    found = await storage.histories.articles_by_day([source.id, 77], since=NOON.date())
    assert found == {source.id: {date(2026, 3, 1): 3, date(2026, 3, 2): 1}, 77: {}}
    await storage.histories.prune(before=date(2026, 3, 2))
    assert await storage.histories.articles_by_day([source.id], since=date(2026, 1, 1)) == {
        source.id: {date(2026, 3, 2): 1}
    }


async def test_chats_that_come_and_go_are_counted_by_day(storage: Storage) -> None:
    for number in (1, 2, 3):
        await reader(storage, number, now=NOON)
    await reader(storage, -9, topic_id=4, now=NOON)  # a topic is no chat
    await storage.chats.pause(1, state=ChatState.PAUSED, reason="blocked", now=NOON + timedelta(days=1))
    await storage.chats.resume(1, now=NOON + timedelta(days=2))
    await storage.personal_data.forget(2)
    days = await storage.histories.chats_by_day(since=date(2026, 1, 1))
    assert days[:3] == [
        ChatDay(day=date(2026, 3, 1), joined=3, returned=0, departed=1),
        ChatDay(day=date(2026, 3, 2), joined=0, returned=0, departed=1),
        ChatDay(day=date(2026, 3, 3), joined=0, returned=1, departed=0),
    ]


async def test_sources_are_listed_by_state_words_and_page(storage: Storage, clock: Clock) -> None:
    numbers = []
    for name in ("one", "two", "three"):
        source, _ = await storage.sources.add(f"https://{name}.example/", SourceKind.FEED, title=name, now=clock())
        numbers.append(source.id)
    await storage.sources.set_paused(numbers[0], True, now=clock())
    await storage.sources.record_visits(
        Visit(source_id=numbers[1], due_at=clock(), visited_at=clock(), error="no answer")
    )

    async def listed(**narrowing: Any) -> list[int]:
        return [one.id for one in await storage.sources.page(limit=2, **narrowing)]

    assert await listed() == numbers[:2]
    assert await listed(after=numbers[1]) == numbers[2:]
    assert await listed(words="TWO") == numbers[1:2]
    for state, number in zip((SourceState.PAUSED, SourceState.FAILING, SourceState.UNREAD), numbers, strict=True):
        assert await listed(state=state) == [number]
        found = await storage.sources.get(number)
        assert found is not None
        assert found.state is state
    assert await listed(state=SourceState.OK) == []
    assert await listed(private=True) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_has_a_name_in_each_language(language: str) -> None:
    view: Any = SimpleNamespace(voice=Voice(language))
    named: list[str] = [
        *(audit.action_text(view, one) for one in AuditAction),
        *(audit.origin_text(view, one) for one in Origin),
        *(now.lane_text(view, one) for one in Lane),
        *(now.alarm_text(view, Alarm(kind=one, subject=0, since=NOON)) for one in AlarmKind),
        *(now.work_kind_text(view, one) for one in WorkKind),
        *(now.work_state_text(view, one) for one in WorkState),
        *(sources.kind_text(view, kind) for kind in SourceKind),
        *(sources.hub_text(view, health) for health in HubHealth),
        *(chats.kind_text(view, chat) for chat in ChatKind),
        *(chats.state_text(view, state) for state in ChatState),
        *(notes.text_of(note, view.voice) for note in notes.Note),
    ]
    assert all(named)
    if language == "ar":
        assert [name for name in named if not re.search("[\u0621-\u064a]", name)] == []


async def test_a_hook_and_a_hub_show_how_they_do(desk: Desk, clock: Clock) -> None:
    storage = desk.storage
    hook = await storage.hooks.add("cms", HookKind.GENERIC, "never-shown", now=clock())
    assert hook is not None
    await storage.hooks.note_refused(hook.source_id, 3, "the secret is wrong", now=clock())
    wanted = WantedHub(hub="https://hub.example/", topic="https://wire.example/feed", callback="https://bot.example/x",
                       id="never-shown-either", secret="never-shown")  # fmt: skip
    await storage.hub_subscriptions.want(desk.news.source, wanted, now=clock())
    shown = await desk.see(f"sources/{hook.source_id}")
    assert "the secret is wrong" in shown
    assert "3 calls were refused" in shown
    assert "never-shown" not in shown
    shown = await desk.see(f"sources/{desk.news.source}")
    assert "asked, and has not answered yet" in shown
    assert "never-shown" not in shown
