"""What waits for its turn is compared with what its articles are now, whichever process changed them."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.deliver.revisions import RevisionCheck
from bot.sim import Simulator
from storage import Storage, open_storage
from storage.records import Revisions, Rhythm, Timetable
from tests.delivering import sending, sends_per_chat, until, wait_until_settled
from tests.makers import NOON, new_article, reader, readers, stored

pytestmark = pytest.mark.both_databases


@pytest.fixture
async def elsewhere(storage: Storage, database_url: str) -> AsyncIterator[Storage]:
    """The same database in another process, as far as the first one can tell."""
    async with open_storage(database_url) as opened:
        yield opened


@pytest.mark.slow
async def test_what_waits_at_the_gate_is_not_sent_once_another_process_has_withdrawn_it(
    storage: Storage, sim: Simulator, elsewhere: Storage
) -> None:
    sim.crowd(1, 24)
    await readers(storage, 24)
    [article] = await stored(storage, new_article())
    async with sending(storage, sim, rate=4):
        await sim.until(lambda: len(sends_per_chat(sim)) >= 14)
        await elsewhere.articles.retract(article, now=NOON)
        before = len(sends_per_chat(sim))
        await wait_until_settled(storage, sim, queued=0)
        assert len(sends_per_chat(sim)) <= before + 1  # which was under way
    withdrawn = [chat for chat in sim.chats.values() if "🚫 Withdrawn" in chat.last.text]
    assert len(withdrawn) == len(sends_per_chat(sim))


@pytest.mark.slow
async def test_what_waits_at_the_gate_is_sent_as_another_process_has_changed_it(
    storage: Storage, sim: Simulator, elsewhere: Storage
) -> None:
    sim.crowd(1, 20)
    await readers(storage, 20)
    [article] = await stored(storage, new_article())
    async with sending(storage, sim, rate=4):
        await sim.until(lambda: len(sends_per_chat(sim)) >= 14)
        async with elsewhere.database.transaction() as transaction:
            await transaction.execute(
                "UPDATE articles SET title = 'Another title', shown_revision = shown_revision + 1 WHERE id = :id",
                {"id": article},
            )
        before = len(sends_per_chat(sim))
        await wait_until_settled(storage, sim, sent=20)
    texts = [
        call.values["text"].split("\n")[0]
        for call in sim.calls
        if call.method == "sendMessage" and call.status == 200
    ]
    assert set(texts[before + 1 :]) == {'<a href="https://news.example/one"><b>Another title</b></a>'}


@pytest.mark.slow
async def test_a_digest_that_waits_does_not_list_what_another_process_has_withdrawn(
    storage: Storage, sim: Simulator, elsewhere: Storage
) -> None:
    sim.crowd(1, 20)
    hourly = Timetable(rhythm=Rhythm.HOURLY)
    for number in range(1, 21):
        chat = await reader(storage, number)
        await storage.chats.set_timetable(chat.id, hourly, digest_at=NOON, now=NOON - timedelta(hours=2))
    before = NOON - timedelta(hours=1)
    [_, article] = await stored(storage, new_article("one"), new_article("two"), now=before)
    async with sending(storage, sim, rate=4):
        await sim.until(lambda: len(sends_per_chat(sim)) >= 14)
        await elsewhere.articles.retract(article, now=NOON)
        already = len(sends_per_chat(sim))

        async def all_told() -> bool:
            return len(sends_per_chat(sim)) == 20

        await until(all_told)
    texts = [c.values["text"] for c in sim.calls if c.method == "sendMessage" and c.status == 200]
    assert all("Title one" in text for text in texts)
    assert not any("Title two" in text for text in texts[already + 1 :])


async def test_all_that_wait_are_looked_at_in_one_query(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.deliver.revisions.LOOK_SECONDS", 60.0)
    monkeypatch.setattr("bot.deliver.revisions.OLDEST_SECONDS", 60.0)
    one, two = await stored(storage, new_article("one"), new_article("two"))
    check, queries = RevisionCheck(storage), 0
    revisions = storage.articles.revisions

    async def counting(ids: frozenset[int]) -> dict[int, Revisions]:
        nonlocal queries
        queries += 1
        return await revisions(ids)

    monkeypatch.setattr(storage.articles, "revisions", counting)
    for delivery, articles in enumerate([[one], [two], [one, two]]):
        check.watch(delivery, articles)
    assert await check.latest([one]) == [Revisions(1, 1)]
    assert await check.latest([one, two]) == [Revisions(1, 1)] * 2
    assert queries == 1
