"""The desk at work: what ingest reads waits, goes out at its second, and is corrected or withdrawn meanwhile."""

from datetime import datetime, timedelta
from typing import Any

from bot.desk import DeskReleases
from bot.ingest.decide import Changed, Push
from bot.ingest.draft import Draft
from bot.ingest.formats.wire_item import WITHOUT_END
from bot.ingest.keep import Part
from bot.ingest.refresh import Ingest
from bot.ingest.story_index import place_article
from storage import Storage
from storage.records import (
    Actor,
    DeskState,
    KnownArticle,
    Origin,
    Source,
    SubjectOfAudit,
    WaitingArticle,
    WithdrawnArticle,
)
from tests import ingesting
from tests.conftest import Clock
from tests.makers import NOON, owed, reader

MONA = Actor(origin=Origin.CHAT, name="Mona", user_id=7)
HOUR = timedelta(hours=1)


def draft(title: str = "Harbour opens at noon", **changes: Any) -> Draft:
    values: dict[str, Any] = {
        "title": title,
        "body": f"{title}. The mayor was there.",
        "guid": "g1",
        "published": NOON,
    }
    return Draft(**(values | changes))


async def keep(ingest: Ingest, source: Source | None, *drafts: Draft) -> Any:
    return await ingest.keeper.keep(drafts, push=Push.FRESH, source=source)


def known_of(waiting: WaitingArticle) -> KnownArticle:
    """What ingest knew of an article before an editor decided."""
    article = waiting.article
    return KnownArticle(
        id=-waiting.id,
        identity=article.identity,
        revision=waiting.revision,
        text=article.text,
        published_at=article.published_at,
        published_on=None,
        source_id=article.source_id,
    )


class Sleeps:
    """Sleeps by moving the clock, and a little less than it was asked for, as timers may."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.times: list[datetime] = []

    async def __call__(self, seconds: float) -> None:
        self.clock.advance(seconds=max(0.001, seconds - 0.002))
        self.times.append(self.clock())


async def test_an_item_that_is_listed_again_waits_once(storage: Storage, clock: Clock) -> None:
    async with ingesting.opened(storage, clock) as ingest:
        source = await ingesting.add(ingest, "https://wire.example/feed", desk=True)
        first = await keep(ingest, source, draft())
        assert (len(first.stored.held), len(first.decision.new)) == (1, 1)
        again = await keep(ingest, source, draft())
        assert (again.stored.held, again.decision.new, again.decision.unchanged) == ((), (), 1)
        await keep(ingest, source, draft("Harbour opens at one", body="Harbour opens at noon. The mayor was there."))
        [waiting] = await storage.desk.page(limit=10)
        assert (waiting.article.text.title, waiting.revision) == ("Harbour opens at one", 2)


async def test_a_killed_item_that_is_still_listed_stays_away(storage: Storage, clock: Clock) -> None:
    async with ingesting.opened(storage, clock) as ingest:
        source = await ingesting.add(ingest, "https://wire.example/feed", desk=True)
        await keep(ingest, source, draft())
        await storage.desk.kill(1, revision=None, by=MONA, now=clock())
        for listed in (draft(), draft("Harbour opens at one")):
            kept = await keep(ingest, source, listed)
            assert kept.stored.held == ()
        assert await storage.desk.page(limit=10) == []


async def test_an_embargoed_article_goes_out_at_its_second_and_never_before(storage: Storage, clock: Clock) -> None:
    await reader(storage, 1)
    async with ingesting.opened(storage, clock) as ingest:
        until = clock() + timedelta(minutes=1, seconds=0.5)
        await keep(ingest, None, draft(held_until=until))
        sleeps, woken = Sleeps(clock), list[datetime]()
        job = DeskReleases(storage, clock, lambda: woken.append(clock()), sleep=sleeps)
        for _ in range(65):  # a job runs each second
            await job()
            if not woken:
                clock.advance(seconds=1)
        [article] = await storage.articles.newest(limit=10)
        assert timedelta(0) <= article.stored_at - until < timedelta(seconds=0.01)
        assert (len(woken), article.published_at) == (1, until)
        assert await owed(storage) == 1


async def test_what_came_due_while_the_bot_did_not_run_goes_out_at_its_start(storage: Storage, clock: Clock) -> None:
    async with ingesting.opened(storage, clock) as ingest:
        await keep(ingest, None, draft(held_until=clock() + HOUR))
    clock.advance(hours=5)
    await DeskReleases(storage, clock, lambda: None, sleep=Sleeps(clock))()
    waiting = await storage.desk.get(1)
    assert waiting
    assert waiting.state is DeskState.PUBLISHED


async def test_a_correction_does_not_bring_forward_what_an_editor_holds(storage: Storage, clock: Clock) -> None:
    async with ingesting.opened(storage, clock) as ingest:
        await keep(ingest, None, draft(held_until=clock() + HOUR))
        await storage.desk.hold(1, revision=None, until=clock() + 4 * HOUR, by=MONA, now=clock())
        await keep(ingest, None, draft(held_until=clock() + 2 * HOUR))
        assert await storage.desk.next_due() == clock() + 4 * HOUR
        await keep(ingest, None, draft(held_until=clock() + 5 * HOUR))
        assert await storage.desk.next_due() == clock() + 5 * HOUR


async def test_what_was_approved_for_the_end_of_its_embargo_goes_out_when_the_embargo_is_lifted(
    storage: Storage, clock: Clock
) -> None:
    async with ingesting.opened(storage, clock) as ingest:
        await keep(ingest, None, draft(held_until=WITHOUT_END))
        await storage.desk.approve(1, revision=None, lane=None, by=MONA, now=clock(), decide=place_article)
        assert await storage.desk.next_due() == WITHOUT_END
        await keep(ingest, None, draft(held_until=None))
        assert await storage.desk.next_due() == clock()


async def test_an_embargo_that_was_moved_is_believed(storage: Storage, clock: Clock) -> None:
    async with ingesting.opened(storage, clock) as ingest:
        await keep(ingest, None, draft(held_until=clock() + HOUR))
        await keep(ingest, None, draft(held_until=clock() + 3 * HOUR))
        assert await storage.desk.next_due() == clock() + 3 * HOUR
        await keep(ingest, None, draft(held_until=None))
        assert await storage.desk.next_due() == clock()


async def test_what_its_publisher_withdraws_leaves_the_desk_and_may_come_back(storage: Storage, clock: Clock) -> None:
    async with ingesting.opened(storage, clock) as ingest:
        source = await ingesting.add(ingest, "https://wire.example/feed", desk=True)
        await keep(ingest, source, draft(version=1))
        await keep(ingest, source, Draft(title="", guid="g1", version=2, withdrawn=True))
        assert await storage.desk.page(limit=10) == []
        [entry] = await storage.audit.page(limit=10)
        assert (entry.action, entry.actor.origin, entry.subject) == ("retract", Origin.BOT, SubjectOfAudit.WAITING)
        await keep(ingest, source, draft(version=1))
        assert await storage.desk.page(limit=10) == [], "an older version that comes late"
        await keep(ingest, source, draft(version=3))
        assert [one.id for one in await storage.desk.page(limit=10)] == [2]


async def test_a_publisher_corrects_and_withdraws_what_an_editor_published_meanwhile(
    storage: Storage, clock: Clock
) -> None:
    async with ingesting.opened(storage, clock) as ingest:
        source = await ingesting.add(ingest, "https://wire.example/feed", desk=True)
        await keep(ingest, source, draft(version=1))
        [waiting] = await storage.desk.page(limit=10)
        decided = [Changed(known_of(waiting), draft("Harbour stays closed", version=2))]
        new, changed = await ingest.keeper.prepare_records(Part([], decided), source, None, {})
        await storage.desk.approve(waiting.id, revision=None, lane=None, by=MONA, now=clock(), decide=place_article)
        await storage.articles.store(new, changed, now=clock(), withdrawn=[])
        [article] = await storage.articles.newest(limit=10)
        assert article.text.title == "Harbour stays closed"
        gone = WithdrawnArticle(article_id=-waiting.id, version=3)
        assert (await storage.articles.store([], now=clock(), withdrawn=[gone])).withdrawn == (article.id,)


async def test_a_clock_that_is_set_back_does_not_stop_the_job(storage: Storage, clock: Clock) -> None:
    async with ingesting.opened(storage, clock) as ingest:
        await keep(ingest, None, draft(held_until=clock() + timedelta(seconds=0.5)))
        slept = list[float]()

        async def sleep(seconds: float) -> None:
            slept.append(seconds)
            clock.advance(hours=-3)

        await DeskReleases(storage, clock, lambda: None, sleep=sleep)()
        assert slept == [0.5]
        assert await storage.articles.newest(limit=10) == []
