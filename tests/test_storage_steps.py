"""What an action costs does not grow with what is kept: SQLite's steps are counted beside few and many rows.

A plan may say SEARCH and still read all of an index, so that the plans (tests/plans.py) are not enough.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from storage import Storage, open_storage
from storage.records import (
    ChatKind,
    ChatState,
    Claim,
    NewSource,
    Rhythm,
    Sent,
    SubjectKind,
    SubjectName,
    Timetable,
    Unreachable,
    Viewer,
)
from tests.makers import NOON, new_article, reader, readers, settings, stored, the

LONG_AGO = NOON - timedelta(days=2)
DAILY = Timetable(rhythm=Rhythm.DAILY)
OLD_GROUP, NEW_GROUP = -1, -2
EVERY = 10  # steps that are counted as one


@dataclass(frozen=True, slots=True)
class Kept:
    chats: int
    articles: int  # each was sent to every chat


FEW = Kept(20, 2)
MANY_CHATS = Kept(2_000, 2)
MANY_ARTICLES = Kept(20, 200)


@asynccontextmanager
async def keeping(path: Path, kept: Kept) -> AsyncIterator[Storage]:
    """A database with so many deliveries that were sent, and one article on its way to all chats."""
    async with open_storage(f"sqlite:///{path}") as storage:
        await readers(storage, kept.chats)
        for group in (OLD_GROUP, NEW_GROUP):
            await storage.settings.put([settings(chat_id=group, kind=ChatKind.GROUP)], now=LONG_AGO)
        await stored(storage, *(new_article(f"old {n}") for n in range(kept.articles)), now=LONG_AGO)
        async with storage.database.transaction() as transaction:
            await transaction.execute("DELETE FROM fanouts")
            await transaction.execute(
                """
                INSERT INTO deliveries (
                    chat, chat_id, kind, article_id, lane, place, state, message_id, revision, queued_at, settled_at)
                SELECT chats.id, chats.chat_id, 'alert', articles.id, 3, published_at, 'sent', articles.id, 1,
                       stored_at, stored_at
                FROM articles CROSS JOIN chats
                """
            )
        await stored(storage, new_article("new"), now=NOON)
        await storage.deliveries.expand(limit=5, now=NOON)
        yield storage


async def steps(storage: Storage, action: Callable[[], Awaitable[object]]) -> int:
    """Returns how many steps all connections take for the action."""
    taken = 0

    def count() -> None:
        nonlocal taken
        taken += 1

    connections = storage.database._connections  # type: ignore[attr-defined]  # the port says nothing of steps
    for connection in connections:
        await connection.set_progress_handler(count, EVERY)
    await action()
    for connection in connections:
        await connection.set_progress_handler(None, 0)
    return taken


async def claimed(storage: Storage) -> Claim:
    return (await storage.deliveries.claim(limit=1, now=NOON))[0]


async def block(storage: Storage) -> None:
    await storage.chats.pause(1, state=ChatState.PAUSED, reason="blocked", now=NOON)


async def find_out_that_it_is_blocked(storage: Storage) -> None:
    claim = await claimed(storage)
    await storage.deliveries.settle([Unreachable(claim, NOON, ChatState.PAUSED, "blocked")])


async def find_a_topic_closed(storage: Storage) -> None:
    claim = await claimed(storage)
    await storage.deliveries.settle([Unreachable(claim, NOON, ChatState.PAUSED, "closed", topic_only=True)])


async def send(storage: Storage) -> None:
    claim = await claimed(storage)
    await storage.deliveries.settle([Sent(claim, NOON, 7, 1, NOON + timedelta(seconds=1))])


async def expand(storage: Storage) -> None:
    assert await storage.deliveries.expand(limit=5, now=NOON) == 5


async def stop(storage: Storage) -> None:
    await storage.chats.unsubscribe_from_everything((await the(storage, 1)).id, now=NOON)


async def change_to_digests(storage: Storage) -> None:
    await storage.chats.set_timetable((await the(storage, 1)).id, DAILY, digest_at=NOON, now=NOON)


async def change_time_zone(storage: Storage) -> None:
    await storage.chats.set_timezone((await the(storage, 1)).id, "Asia/Beirut", digest_at=None, now=NOON)


async def migrate(storage: Storage) -> None:
    await storage.chats.migrate(OLD_GROUP, NEW_GROUP, now=NOON)


async def migrate_to_an_unknown_group(storage: Storage) -> None:
    await storage.chats.migrate(OLD_GROUP, -3, now=NOON)


async def gather(storage: Storage) -> None:
    claim = await claimed(storage)
    assert await storage.deliveries.merge_into_catch_up(claim, before=NOON + timedelta(days=1), least=1, now=NOON)


async def store(storage: Storage) -> None:
    await stored(storage, new_article("newer"), now=NOON)


async def recover(storage: Storage) -> None:
    await storage.deliveries.recover(now=NOON)


async def be_watched(storage: Storage) -> None:
    await storage.deliveries.count_owed()
    await storage.deliveries.next_send_at()
    await storage.deliveries.due_digests(limit=10, now=NOON)


async def remember(storage: Storage) -> None:
    chat = await the(storage, 1)
    await storage.lists.save_list(chat.id, [1, 2])
    await storage.lists.save_search(chat.id, "words", now=NOON)


async def list_categories(storage: Storage) -> None:
    await storage.categories.list_with_counts()


ACTIONS = (
    *(block, find_out_that_it_is_blocked, find_a_topic_closed, send, expand, stop, change_to_digests),
    *(change_time_zone, gather, store, recover, remember, list_categories),
)


@pytest.mark.parametrize("many", [MANY_CHATS, MANY_ARTICLES], ids=["many chats", "many articles"])
@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.__name__.replace("_", " "))
async def test_an_action_costs_the_same_beside_many_kept_deliveries(
    tmp_path: Path, action: Callable[[Storage], Awaitable[None]], many: Kept
) -> None:
    await _costs_the_same(tmp_path, action, many)


@pytest.mark.parametrize("action", [migrate, migrate_to_an_unknown_group], ids=["known", "unknown"])
async def test_a_group_moves_at_the_cost_of_its_own_messages(
    tmp_path: Path, action: Callable[[Storage], Awaitable[None]]
) -> None:
    await _costs_the_same(tmp_path, action, MANY_CHATS)


async def _costs_the_same(folder: Path, action: Callable[[Storage], Awaitable[None]], many: Kept) -> None:
    async with keeping(folder / "few.db", FEW) as few, keeping(folder / "many.db", many) as large:
        before, after = await steps(few, lambda: action(few)), await steps(large, lambda: action(large))
    assert before > 0
    assert after <= 1.2 * before + 20


async def test_counting_what_is_owed_does_not_grow_with_open_fan_outs(tmp_path: Path) -> None:
    """An import may open thousands, each to all chats: nobody who asks how it goes on walks through them all."""
    taken: dict[int, int] = {}
    for count in (40, 400):
        async with open_storage(f"sqlite:///{tmp_path / f'{count}.db'}") as storage:
            await readers(storage, 500)
            await stored(storage, *(new_article(f"{n}") for n in range(count)))
            taken[count] = await steps(storage, storage.deliveries.count_owed)
            taken[count] += await steps(storage, partial(storage.deliveries.stats, now=NOON))
    assert taken[400] <= 2 * taken[40]


async def _list_steps(path: Path, articles: int, *, muted: bool) -> int:
    """Returns the steps of a page for a chat that mutes the category, beside private articles of another chat."""
    async with open_storage(f"sqlite:///{path}") as storage:
        chat = await reader(storage, 1)
        source, _ = await storage.sources.add_private(
            NewSource(url="https://own.example/"), chat_row=chat.id + 1, now=LONG_AGO
        )
        await stored(storage, *(new_article(f"old {n}") for n in range(15)), now=LONG_AGO)
        others = {"private": not muted, "source_id": None if muted else source.id}
        await stored(storage, *(new_article(f"{n}", **others, published_at=NOON) for n in range(articles)))
        news = await storage.categories.find("news")
        assert news is not None
        if muted:
            subject = await storage.follows.ensure_subject(SubjectName(kind=SubjectKind.CATEGORY, ref=news.id))
            await storage.follows.mute(chat.id, subject.id, now=LONG_AGO)
        viewer = Viewer(chat_row=chat.id, at=NOON)

        async def page() -> None:
            shown = await storage.articles.page(limit=10, category=news.id, viewer=viewer)
            assert len(shown) == (0 if muted else 10)
            if not muted:
                assert len(await storage.articles.page(limit=10, viewer=viewer)) == 10

        return await steps(storage, page)


@pytest.mark.parametrize("muted", [False, True], ids=["private articles of others", "a muted category"])
async def test_a_page_costs_the_same_beside_many_articles_that_it_does_not_show(tmp_path: Path, muted: bool) -> None:
    few = await _list_steps(tmp_path / "few.db", 5, muted=muted)
    assert await _list_steps(tmp_path / "many.db", 500, muted=muted) <= 1.2 * few + 20
