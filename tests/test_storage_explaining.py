"""Why an article was sent to a chat, or was not."""

from datetime import datetime

from storage import Storage
from storage.records import (
    ChatState,
    Reading,
    Rhythm,
    StageKind,
    Timetable,
)
from tests.choosing import BEFORE, MINUTE, category, source, waiting
from tests.makers import NOON, new_article, reader, stored


async def failed(storage: Storage, article_id: int, chat_row: int, now: datetime = NOON + MINUTE) -> list[str]:
    """The stages that the article did not pass, besides the last one."""
    explanation = await storage.follows.explain(article_id, chat_row, now=now)
    assert explanation
    return [stage.kind.value for stage in explanation.stages if not stage.passed and stage.kind is not StageKind.SENT]


async def test_each_stage_is_failed_for_its_own_reason(storage: Storage) -> None:
    one, sea = await source(storage, "one"), await category(storage, "Sea")
    chats = {number: await reader(storage, number, everything=number > 2) for number in range(1, 9)}
    await storage.follows.follow(chats[1].id, sea.id, now=BEFORE)
    await storage.follows.follow(chats[2].id, one.id, now=NOON + MINUTE)
    await storage.follows.mute(chats[3].id, one.id, now=BEFORE)
    await storage.chats.unsubscribe_from_everything(chats[4].id, now=BEFORE)
    await storage.chats.set_reading(chats[5].id, Reading(languages=("ar",)), now=BEFORE)
    await storage.chats.set_least_sources(chats[6].id, 2, now=BEFORE)
    await storage.chats.pause(7, state=ChatState.PAUSED, reason="blocked", now=BEFORE)
    await storage.chats.set_timetable(chats[8].id, Timetable(rhythm=Rhythm.DAILY), digest_at=NOON, now=BEFORE)
    (number,) = await stored(storage, new_article("a", source_id=one.ref, category="Sea"))
    reasons = ["", "followed", "not_muted", "subscribed", "language", "sources", "reachable", "rhythm"]
    assert {chat: await failed(storage, number, row.id) for chat, row in chats.items()} == {
        place: [reason] if reason else [] for place, reason in enumerate(reasons, 1)
    }
    assert list(await waiting(storage)) == [1]  # what is explained is what happens
    explanation = await storage.follows.explain(number, chats[3].id, now=NOON)
    assert explanation
    (muted,) = [stage for stage in explanation.stages if stage.kind is StageKind.NOT_MUTED]
    assert [one.subject.name for one in muted.choices] == ["one"]
    sent = await storage.follows.explain(number, chats[1].id, now=NOON)
    assert sent
    assert sent.delivered


async def test_a_follow_that_came_too_late_is_named(storage: Storage) -> None:
    sea, chat = await category(storage, "Sea"), await reader(storage, 1, everything=False)
    (number,) = await stored(storage, new_article("a", category="Sea"))
    await storage.follows.follow(chat.id, sea.id, now=NOON + MINUTE)
    explanation = await storage.follows.explain(number, chat.id, now=NOON + MINUTE)
    assert explanation
    (followed,) = [stage for stage in explanation.stages if stage.kind is StageKind.FOLLOWED]
    assert (followed.passed, followed.values["too_late"]) == (False, True)
    assert [one.subject.name for one in followed.choices] == ["Sea"]
    assert await storage.follows.explain(99, chat.id, now=NOON) is None
    assert await storage.follows.explain(number, 99, now=NOON) is None
