"""The desk in storage: what waits is no article, a decision counts once, and a release keeps every promise."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot import editing
from bot.config import Config
from bot.ingest.story_index import place_article
from bot.jobs import Pruning
from bot.messages.desk import article_of
from storage import Storage
from storage.records import (
    Actor,
    AuditAction,
    AuditEntry,
    ChangedArticle,
    Decided,
    Decision,
    DeskState,
    Edited,
    Lane,
    NewArticle,
    NewSource,
    Origin,
    Sent,
    SourceKind,
    SubjectOfAudit,
    Timetable,
    WaitingArticle,
)
from storage.topics import desk_reach
from storage.topics.record_json import read_record, write_record
from tests.makers import NOON, found, named, new_article, reader, readers, settings, stored

MONA = Actor(origin=Origin.CHAT, name="Mona", user_id=7)
SAMI = Actor(origin=Origin.CHAT, name="Sami", user_id=8)
HOUR = timedelta(hours=1)


async def desk_source(storage: Storage, url: str = "https://wire.example/feed") -> int:
    source, _ = await storage.sources.add(url, SourceKind.FEED, now=NOON, desk=True, title="Wire")
    return source.id


async def on_desk(storage: Storage, *articles: NewArticle, **how: Any) -> list[WaitingArticle]:
    """Store articles that have to wait; how they wait."""
    result = await storage.articles.store(articles, now=NOON, **how)
    assert result.added == ()
    assert result.held == tuple(one.identity for one in articles)
    return await storage.desk.page(limit=100)


async def approve(storage: Storage, desk_id: int, *, at: timedelta = HOUR, **how: Any) -> Decision:
    values: dict[str, Any] = {"revision": None, "lane": None, "by": MONA, "now": NOON + at, "decide": place_article}
    return await storage.desk.approve(desk_id, **(values | how))


async def test_what_waits_is_shown_to_no_reader(storage: Storage) -> None:
    await reader(storage, 1)
    source = await desk_source(storage)
    await on_desk(storage, new_article("one", source_id=source, title="Harbour opens"))
    assert await storage.articles.page(limit=10) == []
    assert await storage.articles.count(most=10) == 0
    assert await found(storage, "harbour") == []
    assert await storage.categories.list_with_counts() == []
    assert await storage.articles.get(1) is None
    await storage.deliveries.expand(limit=10, now=NOON)
    assert await storage.deliveries.count_owed() == 0


@pytest.mark.parametrize("by", ["source", "category", "alias", "embargo"])
async def test_it_waits_for_its_source_its_category_or_its_time(storage: Storage, by: str) -> None:
    changes: dict[str, Any] = {}
    match by:
        case "source":
            changes["source_id"] = await desk_source(storage)
        case "category":
            await storage.categories.set_desk(named("Politics")[0], True)
            changes["categories"] = ("News", "Politics")
        case "alias":
            await storage.categories.set_desk(named("Politics")[0], True)
            await storage.categories.set_alias(named("سياسة")[0], named("Politics")[0])
            changes["category"] = "سياسة"
        case _:
            changes["held_until"] = NOON + HOUR
    [waiting] = await on_desk(storage, new_article("one", **changes))
    assert waiting.needs_approval is (by != "embargo")
    assert waiting.due_at == (NOON + HOUR if by == "embargo" else None)


async def test_an_embargo_that_is_over_holds_nothing(storage: Storage) -> None:
    assert await stored(storage, new_article("one", held_until=NOON)) == [1]


async def test_an_approved_article_is_one_like_any_other(storage: Storage) -> None:
    await reader(storage, 1)
    source = await desk_source(storage)
    [waiting] = await on_desk(storage, new_article("one", source_id=source, title="Harbour opens"))
    decision = await approve(storage, waiting.id)
    assert decision.decided is Decided.DONE
    assert decision.waiting
    assert (decision.waiting.state, decision.waiting.decided_by) == (DeskState.PUBLISHED, "Mona")
    article = await storage.articles.get(decision.waiting.article_id or 0)
    assert article
    assert (article.text, article.stored_at) == (waiting.article.text, NOON + HOUR)
    assert await found(storage, "harbour") == ["Harbour opens"]
    await storage.deliveries.expand(limit=10, now=NOON + HOUR)
    assert await storage.deliveries.count_owed() == 1
    assert await storage.desk.page(limit=10) == []


async def test_of_two_editors_the_first_wins(storage: Storage) -> None:
    [waiting] = await on_desk(storage, new_article("one", source_id=await desk_source(storage)))
    both = await asyncio.gather(
        approve(storage, waiting.id, revision=waiting.revision),
        storage.desk.kill(waiting.id, revision=waiting.revision, by=SAMI, now=NOON),
        approve(storage, waiting.id, revision=waiting.revision, by=SAMI),
    )
    assert sorted(one.decided for one in both) == [Decided.CHANGED, Decided.CHANGED, Decided.DONE]
    assert all(one.waiting and one.waiting.decided_by == "Mona" for one in both)
    assert len(await storage.articles.newest(limit=10)) == 1
    assert [one.action for one in await storage.audit.page(limit=10)] == [AuditAction.APPROVE]


async def test_a_text_that_changed_is_not_approved_unseen(storage: Storage) -> None:
    source = await desk_source(storage)
    [waiting] = await on_desk(storage, new_article("one", source_id=source))
    await storage.desk.announce([waiting.id], [], now=NOON)
    await storage.desk.hold(waiting.id, revision=1, until=NOON + HOUR, by=MONA, now=NOON)
    assert await storage.desk.unannounced(limit=10) == []
    known = await storage.desk.find_by_keys(["one"], source_id=source)
    other = replace(waiting.article.text, title="Another title")
    change = ChangedArticle(article_id=known["one"][0].id, text=other, search=waiting.article.search, from_revision=2)
    await storage.articles.store([], [change], now=NOON)
    assert (await approve(storage, waiting.id, revision=1)).decided is Decided.CHANGED
    assert await storage.desk.release_due(now=NOON + 2 * HOUR, limit=10, decide=place_article) == []
    [again] = await storage.desk.page(limit=10)
    assert (again.article.text.title, again.needs_approval) == ("Another title", True)
    assert await storage.desk.unannounced(limit=10) == [again], "an edited message tells nobody"
    assert (await approve(storage, waiting.id, revision=again.revision)).decided is Decided.DONE


async def test_a_killed_article_stays_away_and_can_come_back(storage: Storage) -> None:
    source = await desk_source(storage)
    [waiting] = await on_desk(storage, new_article("one", source_id=source))
    await storage.desk.kill(waiting.id, revision=1, by=MONA, now=NOON)
    assert await storage.desk.page(limit=10) == []
    known = await storage.desk.find_by_keys(["one"], source_id=source)
    assert known["one"][0].retracted
    assert await storage.desk.find_by_keys(["one"], source_id=None) == {}, "other sources may publish it"
    decision = await storage.desk.restore(waiting.id, revision=2, by=MONA, now=NOON)
    assert decision.decided is Decided.DONE
    assert [one.needs_approval for one in await storage.desk.page(limit=10)] == [True]


async def test_keys_of_killed_articles_are_remembered_after_pruning(storage: Storage) -> None:
    source = await desk_source(storage)
    [one, other] = await on_desk(storage, new_article("one", source_id=source), new_article("two", source_id=source))
    await storage.desk.kill(one.id, revision=1, by=MONA, now=NOON)
    assert await storage.desk.prune(before=NOON + HOUR, limit=10) == 1
    assert await storage.archive.pruned_keys(["one", "two"]) == {"one"}
    assert await storage.desk.page(limit=10) == [other]


async def test_an_embargo_ends_at_its_millisecond_and_once(storage: Storage) -> None:
    await reader(storage, 1)
    until = NOON + HOUR
    await on_desk(storage, new_article("one", held_until=until))
    assert await storage.desk.next_due() == until
    before = until - timedelta(milliseconds=1)
    assert await storage.desk.release_due(now=before, limit=10, decide=place_article) == []
    released = await asyncio.gather(
        *(storage.desk.release_due(now=until, limit=10, decide=place_article) for _ in range(3))
    )
    assert sum(len(one) for one in released) == 1
    [article] = await storage.articles.newest(limit=10)
    assert (article.published_at, article.stored_at) == (until, until)
    assert await storage.desk.next_due() is None


async def test_a_time_within_a_millisecond_is_rounded_up(storage: Storage) -> None:
    until = NOON + timedelta(microseconds=1_001)
    await on_desk(storage, new_article("one", held_until=until))
    due = await storage.desk.next_due()
    assert due == NOON + timedelta(milliseconds=2)
    assert await storage.desk.release_due(now=until - timedelta(microseconds=1), limit=9, decide=place_article) == []


async def test_no_editor_breaks_an_embargo(storage: Storage) -> None:
    source = await desk_source(storage)
    [waiting] = await on_desk(storage, new_article("one", source_id=source, held_until=NOON + 2 * HOUR))
    early = await storage.desk.hold(waiting.id, revision=1, until=NOON + HOUR, by=MONA, now=NOON)
    assert early.decided is Decided.NOT_YET
    decision = await approve(storage, waiting.id, lane=Lane.BREAKING)
    assert decision.decided is Decided.SCHEDULED
    assert decision.waiting
    assert (decision.waiting.due_at, decision.waiting.lane) == (NOON + 2 * HOUR, Lane.BREAKING)
    assert await storage.articles.newest(limit=10) == []


async def test_what_another_source_published_meanwhile_is_not_published_twice(storage: Storage) -> None:
    source = await desk_source(storage)
    [waiting] = await on_desk(storage, new_article("one", source_id=source, claimed=("link:a",), keys=("link:a",)))
    await stored(storage, new_article("other", claimed=("link:a",), keys=("link:a",)))
    decision = await approve(storage, waiting.id)
    assert decision.waiting
    assert decision.waiting.state is DeskState.DUPLICATE
    assert len(await storage.articles.newest(limit=10)) == 1


async def test_a_backlog_is_listed_and_pushed_only_if_an_editor_says_so(storage: Storage) -> None:
    source = await desk_source(storage)
    await on_desk(
        storage,
        new_article("one", source_id=source, lane=None),
        new_article("two", source_id=source, lane=None),
    )
    plain, sent = await approve(storage, 1), await approve(storage, 2, lane=Lane.ALERT)
    articles = [await storage.articles.get(one.waiting.article_id or 0) for one in (plain, sent) if one.waiting]
    assert [one.lane for one in articles if one] == [None, Lane.ALERT]


async def test_the_reach_is_that_of_the_fan_out(storage: Storage) -> None:
    await reader(storage, 1)
    await reader(storage, 2)
    await reader(storage, 3, everything=False)
    source = await desk_source(storage)
    [waiting] = await on_desk(storage, new_article("one", source_id=source))
    reach = await storage.desk.reach(waiting.id, now=NOON + HOUR)
    assert reach
    assert (reach.chats, reach.have_it, reach.is_estimate) == (2, 0, False)
    assert await storage.articles.newest(limit=10) == [], "the count leaves nothing behind"
    decision = await approve(storage, waiting.id)
    assert decision.waiting
    await storage.deliveries.expand(limit=10, now=NOON + HOUR)
    assert await storage.deliveries.count_owed() == 2


async def test_up_to_a_limit_that_is_a_hundred_thousand_or_more_all_chats_are_counted(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk_reach.COUNTED_WHOLE >= 100_000
    monkeypatch.setattr(desk_reach, "COUNTED_WHOLE", 100)  # to store more takes a minute
    await readers(storage, 100)
    [waiting] = await on_desk(storage, new_article("one", source_id=await desk_source(storage)))
    reach = await storage.desk.reach(waiting.id, now=NOON)
    assert reach
    assert (reach.chats, reach.is_estimate) == (100, False)


async def test_of_very_many_chats_a_sample_is_counted(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_reach, "COUNTED_WHOLE", 1_000)
    monkeypatch.setattr(desk_reach, "STRETCH", 60)
    nights = (
        settings(chat_id=number, language="en", timetable=Timetable(quiet=(22, 7)) if number % 2 else Timetable())
        for number in range(1, 3_001)
    )
    await storage.settings.put(nights, now=NOON - timedelta(days=1))
    [waiting] = await on_desk(storage, new_article("one", source_id=await desk_source(storage)))
    reach = await storage.desk.reach(waiting.id, now=NOON)
    assert reach
    assert reach.is_estimate
    assert abs(reach.chats - 3_000) <= 60
    assert abs(sum(one.chats for one in reach.quiet) - 1_500) <= 60


async def test_chats_that_have_an_article_are_not_those_that_it_is_on_its_way_to(storage: Storage) -> None:
    for number in (1, 2, 3):
        await reader(storage, number)
    [article] = await stored(storage, new_article("one"))
    await storage.deliveries.expand(limit=10, now=NOON)
    [claim] = await storage.deliveries.claim(limit=1, now=NOON)
    await storage.deliveries.settle([Sent(claim, NOON, 55, 1, NOON)])
    reach = await storage.desk.reach_of_article(article, lane=Lane.BREAKING, now=NOON)
    assert reach
    assert (reach.chats, reach.have_it) == (2, 1)


async def test_waiting_articles_have_pages(storage: Storage) -> None:
    source = await desk_source(storage)
    await on_desk(storage, *(new_article(str(number), source_id=source) for number in range(7)))
    first = await storage.desk.page(limit=3)
    second = await storage.desk.page(limit=3, after=first[-1].id)
    assert [one.id for one in first + second] == [1, 2, 3, 4, 5, 6]
    assert await storage.desk.page(limit=3, before=second[0].id) == first
    assert (await storage.desk.count(most=5), await storage.desk.count(most=100)) == (5, 7)


async def test_articles_of_private_sources_are_shown_to_no_editor(storage: Storage) -> None:
    result = await storage.articles.store(
        [new_article("one", held_until=NOON + HOUR, private=True, source_id=None)], now=NOON
    )
    # Its source is gone, so it would not be stored either.
    assert result.held == ("one",)
    assert await storage.desk.page(limit=10) == []
    assert await storage.desk.unannounced(limit=10) == []


async def test_no_editor_reads_or_decides_what_a_private_source_brings_by_its_number(storage: Storage) -> None:
    chat = await reader(storage, 7, everything=False)
    source, _ = await storage.sources.add_private(NewSource(url="https://mine.example/"), chat_row=chat.id, now=NOON)
    article = new_article("one", held_until=NOON + HOUR, private=True, source_id=source.id)
    assert (await storage.articles.store([article], now=NOON)).held == ("one",)
    assert await storage.desk.get(1) is None
    assert await storage.desk.reach(1, now=NOON) is None
    for decided in (
        await approve(storage, 1, lane=Lane.BREAKING),
        await storage.desk.kill(1, revision=None, by=MONA, now=NOON),
        await storage.desk.hold(1, revision=None, until=NOON + 2 * HOUR, by=MONA, now=NOON),
    ):
        assert (decided.decided, decided.waiting) == (Decided.GONE, None)
    [released] = await storage.desk.release_due(now=NOON + HOUR, limit=10, decide=place_article)
    assert await editing.retract(storage, article_of(released), by=MONA, now=NOON + HOUR)
    assert await storage.audit.page(limit=10) == []


def test_a_record_comes_back_from_its_text() -> None:
    article = new_article("one", held_until=NOON, editor_note="call the mayor", published_on=NOON.date())
    assert read_record(NewArticle, write_record(article)) == article
    assert read_record(NewArticle, write_record(article).replace('"editor_note"', '"of_a_newer_version"'))


async def test_a_row_that_cannot_be_read_stops_no_other(storage: Storage) -> None:
    until = NOON + HOUR
    await on_desk(storage, new_article("one", held_until=until), new_article("two", held_until=until))
    async with storage.database.transaction() as transaction:
        await transaction.execute("UPDATE desk SET article = '{\"text\": []}' WHERE id = 1")
    released = await storage.desk.release_due(now=until, limit=10, decide=place_article)
    assert [one.id for one in released] == [2]
    assert [one.id for one in await storage.desk.page(limit=10)] == []
    assert await storage.desk.next_due() == until + timedelta(days=1)


async def test_a_row_that_cannot_be_read_is_met_once_and_ends_no_loop(storage: Storage) -> None:
    source = await desk_source(storage)
    await on_desk(storage, new_article("one", source_id=source), new_article("two", source_id=source))
    async with storage.database.transaction() as transaction:
        await transaction.execute("UPDATE desk SET article = '{\"text\": []}' WHERE id = 1")
    assert [one.id for one in await storage.desk.unannounced(limit=10)] == [2]
    await storage.desk.note_announced([2])
    rows = await storage.database.fetch("SELECT 1 FROM desk WHERE NOT announced")
    assert rows == []
    late = NOON + timedelta(days=31)
    assert await storage.desk.expire(before=late, now=late, limit=10) == 1
    assert await storage.desk.expire(before=late, now=late, limit=10) == 0


async def test_the_audit_log_is_kept_for_a_year(storage: Storage) -> None:
    entry = AuditEntry(action=AuditAction.BAN, actor=MONA, subject=SubjectOfAudit.PERSON, subject_id=7)
    await storage.audit.add(entry, now=NOON)
    await Pruning(storage, Config(), lambda: NOON + timedelta(days=364))()
    assert len(await storage.audit.page(limit=10)) == 1
    await Pruning(storage, Config(), lambda: NOON + timedelta(days=367))()
    assert await storage.audit.page(limit=10) == []


async def test_a_card_that_was_on_its_way_is_edited_after_the_decision(storage: Storage) -> None:
    chat = await reader(storage, 7, everything=False)
    [waiting] = await on_desk(storage, new_article("one", source_id=await desk_source(storage)))
    await storage.desk.announce([waiting.id], [chat.id], now=NOON)
    [card] = await storage.deliveries.claim(limit=5, now=NOON)
    await storage.desk.kill(waiting.id, revision=1, by=MONA, now=NOON)
    await storage.deliveries.settle([Sent(card, NOON, 55, waiting.revision, NOON)])
    [edit] = await storage.deliveries.claim(limit=5, now=NOON + HOUR)
    assert (edit.delivery_id, edit.message_id) == (card.delivery_id, 55)
    await storage.deliveries.settle([Edited(edit, NOON, 2, NOON)])
    assert await storage.deliveries.claim(limit=5, now=NOON + HOUR) == []


async def test_what_is_settled_is_decided_no_more_not_even_unseen(storage: Storage) -> None:
    [waiting] = await on_desk(storage, new_article("one", source_id=await desk_source(storage)))
    await approve(storage, waiting.id)
    later: dict[str, Any] = {"revision": None, "by": SAMI, "now": NOON + 2 * HOUR}
    decisions = [
        await approve(storage, waiting.id, by=SAMI),
        await storage.desk.kill(waiting.id, **later),
        await storage.desk.restore(waiting.id, **later),
        await storage.desk.hold(waiting.id, until=NOON + 3 * HOUR, **later),
        await storage.desk.kill(99, **later),
    ]
    assert [one.decided for one in decisions] == [*[Decided.CHANGED] * 4, Decided.GONE]
    assert len(await storage.articles.newest(limit=10)) == 1
    assert len(await storage.audit.page(limit=10)) == 1
