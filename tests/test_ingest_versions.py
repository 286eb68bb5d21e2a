"""Versions and withdrawals: what a publisher says of an article that is stored, and what becomes of it."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.ingest.decide import Push
from bot.ingest.draft import Draft, latest_versions
from bot.ingest.importing import import_files
from bot.ingest.refresh import Ingest
from bot.ingest.story_index import place_article
from storage import Storage
from storage.records import Actor, EarlyWithdrawal, Lane, Origin, Source, SourceKind
from tests.conftest import Clock
from tests.ingesting import add, opened
from tests.makers import NOON, new_article

GUID = "urn:newsml:marsan.example:ferry"
SAVED = (
    "City\nFerry sails at noon from the harbour\n1 March 2026\nFerry sails at noon from the harbour\n"
    "The ferry to the island left the harbour at noon with forty people on board today.\n"
)


@pytest.fixture
async def ingest(storage: Storage, clock: Clock) -> AsyncIterator[Ingest]:
    async with opened(storage, clock) as found:
        yield found


@pytest.fixture
async def wire(ingest: Ingest) -> Source:
    return await add(ingest, "https://wire.example/feed")


def draft(**changes: Any) -> Draft:
    values: dict[str, Any] = {
        "title": "Ferry sails at noon",
        "body": "It left at noon.",
        "published": NOON,
        "guid": GUID,
        "version": 1,
    }
    return Draft(**(values | changes))


async def keep(ingest: Ingest, wire: Source | None, *drafts: Draft, push: Push = Push.FRESH) -> tuple[int, ...]:
    """Keep these drafts. Returns how many articles are new, changed, withdrawn and unchanged."""
    kept = await ingest.keeper.keep(drafts, push=push, source=wire)
    stored = kept.stored
    return len(stored.added), len(stored.changed), len(stored.withdrawn), kept.decision.unchanged


async def bodies(storage: Storage) -> list[str]:
    return [article.text.body for article in await storage.articles.newest(limit=9)]


async def test_only_a_higher_version_corrects_and_a_late_earlier_one_changes_nothing(
    ingest: Ingest, wire: Source, storage: Storage
) -> None:
    assert await keep(ingest, wire, draft(version=2)) == (1, 0, 0, 0)
    assert await keep(ingest, wire, draft(version=1, body="It leaves soon.")) == (0, 0, 0, 1)
    assert await keep(ingest, wire, draft(version=2, body="It leaves soon.")) == (0, 0, 0, 1)
    assert await keep(ingest, wire, draft(version=4)) == (0, 0, 0, 1)  # the same text again
    assert await keep(ingest, wire, draft(version=3, body="It left late.")) == (0, 0, 0, 1)  # overtaken by the fourth
    assert await bodies(storage) == ["It left at noon."]
    assert await keep(ingest, wire, draft(version=5, body="It left at one.")) == (0, 1, 0, 0)
    assert await keep(ingest, wire, draft(version=5, body="It left late.")) == (0, 0, 0, 1)
    assert await bodies(storage) == ["It left at one."]


async def test_a_new_version_may_change_only_its_author_or_picture(
    ingest: Ingest, wire: Source, storage: Storage
) -> None:
    await keep(ingest, wire, draft())
    picture = "https://wire.example/ferry.jpg"
    assert await keep(ingest, wire, draft(version=2, image_url=picture)) == (0, 1, 0, 0)
    assert [article.text.image_url for article in await storage.articles.newest(limit=9)] == [picture]


async def test_a_withdrawal_retracts_the_article_once_and_stops_what_is_owed(
    ingest: Ingest, wire: Source, storage: Storage
) -> None:
    await keep(ingest, wire, draft())
    assert (await storage.deliveries.stats(now=NOON)).fanouts_open == 1
    gone = Draft(title="", guid=GUID, withdrawn=True, version=2)
    assert await keep(ingest, wire, gone) == (0, 0, 1, 0)
    assert await keep(ingest, wire, gone) == (0, 0, 0, 1)
    assert await bodies(storage) == []
    assert (await storage.deliveries.stats(now=NOON)).fanouts_open == 0
    assert await keep(ingest, wire, draft()) == (0, 0, 0, 1)  # the first version comes late


async def test_a_late_withdrawal_of_an_earlier_version_retracts_nothing(ingest: Ingest, wire: Source) -> None:
    await keep(ingest, wire, draft(version=3))
    assert await keep(ingest, wire, draft(version=2, withdrawn=True)) == (0, 0, 0, 1)


async def test_a_withdrawal_of_what_was_never_stored_stores_nothing(
    ingest: Ingest, wire: Source, storage: Storage
) -> None:
    gone = [Draft(title="", guid=f"{GUID}-{number}", withdrawn=True) for number in range(3)]
    assert await keep(ingest, wire, *gone, Draft(title="", withdrawn=True)) == (0, 0, 0, 4)
    assert await bodies(storage) == []


async def test_what_was_withdrawn_before_it_came_is_not_published_in_an_earlier_version(
    ingest: Ingest, wire: Source, storage: Storage
) -> None:
    gone = Draft(title="", guid=GUID, withdrawn=True, version=3)
    for _ in range(2):
        assert await keep(ingest, wire, gone) == (0, 0, 0, 1)
        assert await keep(ingest, wire, draft(version=2)) == (0, 0, 0, 1)
    assert await keep(ingest, wire, draft(version=3)) == (0, 0, 0, 1)
    assert await keep(ingest, wire, replace(gone, version=2)) == (0, 0, 0, 1)  # another call that was overtaken
    assert await keep(ingest, wire, draft(version=3), push=Push.ALWAYS) == (0, 0, 0, 1)
    other = draft(guid="other", title="Choir wins prize", body="They sang in the square all evening long.")
    assert await keep(ingest, wire, other) == (1, 0, 0, 0)
    assert await keep(ingest, wire, draft(version=4)) == (1, 0, 0, 0)
    assert await keep(ingest, wire, replace(gone, version=5)) == (0, 0, 1, 0)
    assert await bodies(storage) == [other.body]


async def test_a_withdrawal_that_names_only_a_link_is_kept_and_one_with_an_identifier_blocks_no_other_article_there(
    ingest: Ingest, wire: Source
) -> None:
    url = "https://wire.example/ferry"
    await keep(ingest, wire, Draft(title="", url=url, withdrawn=True, version=3))
    assert await keep(ingest, wire, draft(url=f"{url}?utm_source=feed")) == (0, 0, 0, 1)
    front = "https://wire.example/"  # which this wire gives with all its articles
    await keep(ingest, wire, Draft(title="", guid="gone", url=front, withdrawn=True, version=3))
    assert await keep(ingest, wire, draft(guid="other", url=front)) == (1, 0, 0, 0)


async def test_a_withdrawal_without_a_version_does_not_stop_what_comes_later(ingest: Ingest, wire: Source) -> None:
    assert await keep(ingest, wire, Draft(title="", guid=GUID, withdrawn=True)) == (0, 0, 0, 1)
    assert await keep(ingest, wire, draft(version=None)) == (1, 0, 0, 0)


@pytest.mark.parametrize("own", [SourceKind.FEED, SourceKind.HOOK, SourceKind.FOLDER, None], ids=str)
async def test_only_the_source_that_withdrew_an_article_before_it_came_does_not_publish_it(
    ingest: Ingest, storage: Storage, own: SourceKind | None
) -> None:
    url = "https://wire.example/ferry"
    source = await add(ingest, "https://wire.example/own", own) if own else None
    assert await keep(ingest, source, Draft(title="", url=url, withdrawn=True, version=2)) == (0, 0, 0, 1)
    assert await keep(ingest, source, draft(url=url)) == (0, 0, 0, 1)
    other = await add(ingest, "https://other.example/feed")
    assert await keep(ingest, other, draft(url=url)) == (1, 0, 0, 0)


async def test_a_withdrawal_that_was_decided_on_while_its_article_was_stored_withdraws_it(
    ingest: Ingest, wire: Source, storage: Storage
) -> None:
    overtaken = EarlyWithdrawal(keys=(f"guid:{wire.id}:{GUID}",), version=2, source_id=wire.id)
    kept = await ingest.keeper.keep([draft()], push=Push.FRESH, source=wire)
    stored = await storage.articles.store([], now=NOON, withdrawn=[overtaken])
    assert stored.withdrawn == kept.stored.added
    assert await bodies(storage) == []
    assert await storage.archive.withdrawn_versions(overtaken.keys, wire.id) == {}


async def test_an_article_that_was_decided_on_while_its_withdrawal_was_stored_is_passed_over(
    ingest: Ingest, wire: Source, storage: Storage
) -> None:
    keys = (f"guid:{wire.id}:{GUID}",)
    await storage.articles.store([], now=NOON, withdrawn=[EarlyWithdrawal(keys=keys, version=2, source_id=wire.id)])
    late = new_article(GUID, keys=keys, source_id=wire.id, version=2)
    assert (await storage.articles.store([late], now=NOON)).passed_over == (late.identity,)


async def test_an_early_withdrawal_is_forgotten_after_a_while(
    ingest: Ingest, wire: Source, storage: Storage, clock: Clock
) -> None:
    await keep(ingest, wire, Draft(title="", guid=GUID, withdrawn=True, version=2))
    keys = [f"guid:{wire.id}:{GUID}"]
    for moved, kept in ((timedelta(0), {keys[0]: 2}), (timedelta(milliseconds=1), {})):
        await storage.archive.forget_keys(before=clock() + moved, now=clock())
        assert await storage.archive.withdrawn_versions(keys, wire.id) == kept


@pytest.mark.parametrize("first", ["article", "withdrawal"])
async def test_of_an_imported_file_a_withdrawn_article_is_not_published_whatever_comes_first(
    ingest: Ingest, storage: Storage, tmp_path: Path, first: str
) -> None:
    lines = [
        json.dumps({"id": GUID, "version": 1, "title": "Ferry sails at noon", "body": "It left at noon."}),
        json.dumps({"id": GUID, "version": 2, "withdrawn": True}),
    ]
    file = tmp_path / "wire.jsonl"
    file.write_text("\n".join(lines if first == "article" else reversed(lines)))
    [result] = [one async for one in import_files(ingest, [file], push=Push.FRESH)]
    assert (result.added, result.unchanged, result.errors) == (0, 1, ())
    assert await bodies(storage) == []


async def test_another_source_withdraws_nothing(ingest: Ingest, wire: Source, storage: Storage) -> None:
    url = "https://wire.example/ferry"
    await keep(ingest, wire, draft(url=url))
    other = await add(ingest, "https://other.example/feed")
    assert await keep(ingest, other, draft(url=url, withdrawn=True, version=9)) == (0, 0, 0, 1)
    assert await keep(ingest, None, draft(url=url, withdrawn=True, version=9)) == (0, 0, 0, 1)
    assert len(await bodies(storage)) == 1


async def test_what_its_source_withdrew_its_source_publishes_again(
    ingest: Ingest, wire: Source, storage: Storage
) -> None:
    await keep(ingest, wire, draft())
    for version in (2, 4):
        assert await keep(ingest, wire, draft(version=version, withdrawn=True)) == (0, 0, 1, 0)
        again = draft(version=version + 1, body=f"It left, says version {version + 1}.")
        assert await keep(ingest, wire, again) == (1, 0, 0, 0)
        assert await keep(ingest, wire, again) == (0, 0, 0, 1)
        assert await bodies(storage) == [again.body]


async def test_what_an_editor_retracted_stays_retracted(ingest: Ingest, wire: Source, storage: Storage) -> None:
    kept = await ingest.keeper.keep([draft()], push=Push.FRESH, source=wire)
    await storage.articles.retract(kept.stored.added[0], now=NOON)
    assert await keep(ingest, wire, draft(version=2, withdrawn=True)) == (0, 0, 0, 1)
    assert await keep(ingest, wire, draft(version=3, body="It left.")) == (0, 0, 0, 1)


async def test_an_article_that_continues_another_joins_its_story(
    ingest: Ingest, wire: Source, storage: Storage
) -> None:
    first = await ingest.keeper.keep([draft(other_ids=("desk-7",))], push=Push.FRESH, source=wire)
    for number, named in enumerate((GUID, "desk-7")):
        later = draft(title=f"Choir wins prize {number}", body="They sang.", guid=f"x{number}", evolved_from=(named,))
        second = await ingest.keeper.keep([later], push=Push.FRESH, source=wire)
        stories = await storage.stories.of_articles([*first.stored.added, *second.stored.added])
        assert len(set(stories.values())) == 1
    other = await add(ingest, "https://other.example/feed")
    third = await ingest.keeper.keep(
        [draft(title="Rain falls", body="It rained.", guid="z", evolved_from=(GUID,))], push=Push.FRESH, source=other
    )
    stories = await storage.stories.of_articles([*first.stored.added, *third.stored.added])
    assert len(set(stories.values())) == 2


@pytest.mark.parametrize(("hours", "lane"), [(1, Lane.BREAKING), (400, None)])
async def test_what_its_publisher_marks_as_breaking_is_pushed_so_while_it_is_fresh(
    ingest: Ingest, wire: Source, storage: Storage, clock: Clock, hours: int, lane: Lane | None
) -> None:
    clock.advance(hours=hours)
    kept = await ingest.keeper.keep([draft(breaking=True)], push=Push.FRESH, source=wire)
    article = await storage.articles.get(kept.stored.added[0])
    assert article is not None
    assert article.lane is lane


async def lane_of(storage: Storage, article_id: int) -> Lane | None:
    article = await storage.articles.get(article_id)
    assert article is not None
    return article.lane


@pytest.mark.parametrize("body", ["It left at noon.", "It left at one."])
async def test_a_correction_that_makes_an_article_breaking_news_pushes_it_so_once(
    ingest: Ingest, wire: Source, storage: Storage, body: str
) -> None:
    [article] = (await ingest.keeper.keep([draft()], push=Push.FRESH, source=wire)).stored.added
    urgent = draft(version=2, body=body, breaking=True)
    kept = await ingest.keeper.keep([urgent], push=Push.FRESH, source=wire)
    assert (kept.stored.pushed, await lane_of(storage, article)) == ((article,), Lane.BREAKING)
    assert kept.decision.unchanged == 0
    for later in (urgent, replace(urgent, version=3)):
        kept = await ingest.keeper.keep([later], push=Push.FRESH, source=wire)
        assert (kept.stored.pushed, kept.decision.raised) == ((), ())


@pytest.mark.parametrize(
    ("changes", "push"),
    [
        ({"version": 1}, Push.FRESH),  # comes late
        ({"version": 2}, Push.NEVER),
        ({"version": 2, "published": NOON - timedelta(days=9)}, Push.FRESH),
        ({"version": 2, "withdrawn": True}, Push.FRESH),
    ],
    ids="outdated no-push old withdrawn".split(),
)
async def test_what_is_no_news_becomes_no_breaking_news(
    ingest: Ingest, wire: Source, changes: dict[str, Any], push: Push
) -> None:
    await keep(ingest, wire, draft())
    kept = await ingest.keeper.keep([draft(breaking=True, **changes)], push=push, source=wire)
    assert kept.stored.pushed == ()


async def test_another_source_makes_nothing_breaking_news(ingest: Ingest, wire: Source) -> None:
    url = "https://wire.example/ferry"
    await keep(ingest, wire, draft(url=url))
    other = await add(ingest, "https://other.example/feed")
    kept = await ingest.keeper.keep([draft(url=url, version=9, breaking=True)], push=Push.FRESH, source=other)
    assert kept.stored.pushed == ()


async def test_a_backlog_with_breaking_news_is_pushed_only_in_a_new_version(
    ingest: Ingest, wire: Source, storage: Storage
) -> None:
    def read(version: int | None) -> Draft:
        return draft(breaking=True, version=version)

    [article] = (await ingest.keeper.keep([read(None)], push=Push.NEVER, source=wire)).stored.added
    assert (await ingest.keeper.keep([read(None)], push=Push.FRESH, source=wire)).stored.pushed == ()
    assert (await ingest.keeper.keep([read(1)], push=Push.FRESH, source=wire)).stored.pushed == (article,)


async def test_no_more_articles_become_breaking_news_in_one_reading_than_are_pushed(
    ingest: Ingest, wire: Source
) -> None:
    names = [
        f"{'ferry choir harvest bridge'.split()[number % 4]} {number} sails"
        for number in range(ingest.config.max_burst + 5)
    ]
    first = [draft(title=name, guid=name, body=f"{name} at noon, they say.") for name in names]
    await ingest.keeper.keep(first, push=Push.FRESH, source=wire)
    urgent = [replace(one, version=2, breaking=True) for one in first]
    kept = await ingest.keeper.keep(urgent, push=Push.FRESH, source=wire)
    assert len(kept.stored.pushed) == ingest.config.max_burst


async def test_on_the_desk_an_article_becomes_breaking_news_as_well(
    ingest: Ingest, wire: Source, storage: Storage
) -> None:
    await storage.sources.set_desk(wire.id, True)
    await keep(ingest, wire, draft())
    [before] = await storage.desk.page(limit=9)
    await keep(ingest, wire, draft(version=2, breaking=True))
    [waiting] = await storage.desk.page(limit=9)
    assert (waiting.article.lane, waiting.revision) == (Lane.BREAKING, before.revision + 1)
    await storage.desk.approve(
        waiting.id, revision=None, lane=None, by=Actor(origin=Origin.CHAT), now=NOON, decide=place_article
    )
    await keep(ingest, wire, draft(version=3, breaking=True))
    [article] = await storage.articles.newest(limit=9)
    assert article.lane is Lane.BREAKING


def test_of_the_versions_in_one_reading_the_last_one_counts() -> None:
    versions = [draft(version=number, title=f"Version {number}") for number in (1, 3, 2)]
    assert latest_versions(versions) == [versions[1]]
    gone = replace(versions[1], withdrawn=True)
    assert latest_versions([*versions, gone]) == [gone]
    assert latest_versions([draft(version=None), Draft(title="", guid=GUID, withdrawn=True)])[0].withdrawn
    misused = [draft(version=None, title="One"), draft(version=None, title="Two")]
    assert latest_versions(misused) == misused


async def test_a_file_in_a_folder_corrects_its_article(
    ingest: Ingest, storage: Storage, clock: Clock, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text(SAVED)
    await add(ingest, str(tmp_path), SourceKind.FOLDER)
    await ingest.refresh_due()
    (tmp_path / "a.txt").write_text(f"{SAVED}It is expected back in the evening, says the harbour office.\n")
    clock.advance(days=1)
    [visit] = await ingest.refresh_due()
    assert (visit.added, visit.changed) == (0, 1)
    [body] = await bodies(storage)
    assert body.endswith("says the harbour office.")


async def test_a_withdrawal_by_its_identifier_finds_an_article_of_a_folder_that_has_a_link_and_no_version(
    ingest: Ingest, storage: Storage, tmp_path: Path
) -> None:
    folder = await add(ingest, str(tmp_path), SourceKind.FOLDER)
    await keep(ingest, folder, draft(version=None, url="https://wire.example/ferry"))
    assert await keep(ingest, folder, Draft(title="", guid=GUID, withdrawn=True)) == (0, 0, 1, 0)
