"""What editors do to an article: breaking news is looked at before it goes out, and a withdrawal has a reason."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest

from bot.config import Config
from bot.desk import Resends
from bot.sim import Chat, Person
from storage import Storage
from storage.database import Transaction
from storage.records import AuditAction, Lane, Timetable
from storage.times import to_ms
from storage.topics.digest_queue import enqueue_catch_ups
from tests.conftest import Clock
from tests.makers import readers, settings, the
from tests.newsroom import Newsroom, newsroom
from tests.test_chat_commands import draft
from tests.test_chat_operators import alerted

MONA, SAMI = 77, 78


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock, Config(editors=(MONA, SAMI), commands_per_minute=0)) as opened:
        yield opened


def editor(room: Newsroom, number: int = MONA, language: str = "en") -> Chat:
    return room.sim.private(room.sim.person({MONA: "Mona", SAMI: "Sami"}[number], language, number))


async def lane_of(room: Newsroom, article: int) -> Lane | None:
    found = await room.storage.articles.get(article)
    assert found
    return found.lane


# Breaking news


async def test_nothing_goes_out_before_an_editor_has_seen_it_and_whom_it_reaches(room: Newsroom) -> None:
    await readers(room.storage, 12_403, first=1_000)
    nights = {number: Timetable(quiet=(11, 14), breaking=number == 7) for number in (5, 6, 7)}
    await room.storage.settings.put(
        [settings(chat_id=number, timezone="UTC", timetable=one) for number, one in nights.items()],
        now=room.clock() - timedelta(days=1),
    )
    mona = editor(room)
    [article] = await room.publish(draft("Harbour closed"))
    asked = await room.ask(mona, "/breaking 1")
    assert asked.text.startswith("⚡ Harbour closed")
    assert "It goes to 12,406 chats, in about 7 minutes." in asked.text
    assert "2 of them have quiet hours now and get it later." in asked.text
    assert await lane_of(room, article) is None
    assert "Nothing was changed" in (await room.press(mona, "✖ Cancel")).text
    assert await lane_of(room, article) is None
    await room.ask(mona, "/breaking 1")
    await room.press(mona, "⚡ Send now")
    assert await lane_of(room, article) is Lane.BREAKING
    assert [one.action for one in await room.storage.audit.page(limit=5)] == [AuditAction.BREAKING]


async def test_those_who_have_it_are_marked_and_get_it_again_only_if_asked(room: Newsroom) -> None:
    mona = editor(room)
    chat, person = room.reader()
    article = await alerted(room, chat)
    first = chat.last.id
    asked = await room.ask(mona, "/breaking 1")
    assert "1 chat has it already: ⚡ is added to its message." in asked.text
    assert asked.buttons == ["⚡ Mark as breaking", "🔁 Send, also to those who have it", "✖ Cancel"]
    sent = await room.press(mona, "⚡ Mark as breaking")
    assert sent.buttons == ["🔁 Send it again"]
    async with room.sending():
        await room.sim.until(lambda: chat.last.text.startswith("⚡ Alerted"))
    assert chat.last.id == first, "edited, and not sent again"
    await room.press(mona, "🔁 Send it again")
    await Resends(room.storage, room.clock, lambda: None)()
    async with room.sending():
        await room.sim.until(lambda: chat.last.id > first)
    assert chat.last.text.startswith("⚡ Alerted")
    assert chat.last.buttons[:1] == ["📖 Read"]
    # A withdrawal reaches both.
    await room.ask(mona, "/retract 1")
    await room.press(mona, "🚫 Withdraw it")
    async with room.sending():
        await room.sim.until(lambda: sum("🚫 Withdrawn by" in one.text for one in chat.messages) == 2)
    assert await lane_of(room, article) is Lane.BREAKING
    assert isinstance(person, Person)


async def test_it_is_sent_again_once_in_an_hour_and_only_to_chats_that_are_there(room: Newsroom) -> None:
    mona, sami = editor(room), editor(room, SAMI)
    chat, person = room.reader()
    gone, other = room.reader(name="Omar")
    await room.ask(gone, "/subscribe", other)
    await alerted(room, chat)
    async with room.sending():
        await room.sim.until(lambda: gone.last.text.startswith("Alerted"))
    await room.ask(gone, "/stop", other)
    await room.ask(mona, "/breaking 1")
    await room.ask(sami, "/breaking 1")
    await room.press(mona, "🔁 Send, also to those who have it")
    assert "This already went out as breaking news." in (await room.press(sami, "⚡ Mark as breaking")).text
    refused = await room.press(sami, "🔁 Send it again")
    assert refused.text.endswith("It was sent again less than an hour ago.")
    counts = len(chat.messages), len(gone.messages)
    await Resends(room.storage, room.clock, lambda: None)()
    async with room.sending():
        await room.sim.until(lambda: len(chat.messages) > counts[0])
    assert (len(chat.messages), len(gone.messages)) == (counts[0] + 1, counts[1])
    assert person


async def test_a_second_message_that_waits_is_no_digest_to_be_merged(room: Newsroom) -> None:
    mona = editor(room)
    chat, _ = room.reader()
    await alerted(room, chat)
    await room.ask(mona, "/breaking 1")
    await room.press(mona, "🔁 Send, also to those who have it")
    await Resends(room.storage, room.clock, lambda: None)()
    row = await the(room.storage, chat.id)
    now = to_ms(room.clock())
    owed = {"chat": row.id, "chat_id": chat.id, "lane": Lane.DIGEST, "since": 0, "now": now}
    for _ in range(2):
        await room.storage.database.write(partial(enqueue_catch_ups, owed=[owed]))
    rows = await room.storage.database.fetch(
        "SELECT lane FROM deliveries WHERE chat_id = :chat AND state = 'queued' AND kind = 'digest' ORDER BY lane",
        {"chat": chat.id},
    )
    assert [one["lane"] for one in rows] == [Lane.BREAKING, Lane.DIGEST]


async def test_an_old_question_is_asked_again(room: Newsroom) -> None:
    mona = editor(room)
    [article] = await room.publish(draft("First"))
    await room.ask(mona, "/breaking 1")
    room.clock.advance(minutes=61)
    before = len(mona.messages)
    await mona.press("⚡ Send now")
    await room.heard()
    assert len(mona.messages) == before + 1
    assert "This question is an hour old." in mona.last.text
    assert await lane_of(room, article) is None
    await room.press(mona, "⚡ Send now")
    assert await lane_of(room, article) is Lane.BREAKING


async def test_of_two_questions_one_sends_and_the_other_says_that_it_went_out(room: Newsroom) -> None:
    mona = editor(room)
    await room.publish(draft("Harbour closed"))
    await room.ask(mona, "/breaking 1")
    await room.ask(mona, "/breaking 1")
    assert "Sending now as breaking news" in (await room.press(mona, "⚡ Send now")).text
    assert "This already went out as breaking news." in (await room.press(mona, "⚡ Send now")).text
    assert [one.action for one in await room.storage.audit.page(limit=5)] == [AuditAction.BREAKING]


async def test_a_text_that_changed_since_the_question_is_shown_first(room: Newsroom) -> None:
    mona = editor(room)
    [article] = await room.publish(draft("First"))
    await room.ask(mona, "/breaking 1")
    found = await room.storage.articles.get(article)
    assert found
    await room.storage.database.write(_changed)
    again = await room.press(mona, "⚡ Send now")
    assert "has changed meanwhile" in again.text
    assert await lane_of(room, article) is None
    await room.press(mona, "⚡ Send now")
    assert await lane_of(room, article) is Lane.BREAKING


async def _changed(transaction: Transaction) -> None:
    await transaction.execute("UPDATE articles SET title = 'Other', shown_revision = shown_revision + 1")


@pytest.mark.parametrize("button", ["⚡ Send now", "✖ Cancel"])
async def test_an_article_that_is_gone_is_told(room: Newsroom, button: str) -> None:
    mona = editor(room)
    await room.publish(draft("First"))
    await room.ask(mona, "/breaking 1")
    assert await room.storage.archive.prune(before=room.clock() + timedelta(days=1), limit=9) == 1
    assert (await room.press(mona, button)).text == "This article is no longer available."


async def test_what_was_withdrawn_meanwhile_is_not_sent(room: Newsroom) -> None:
    mona = editor(room)
    [article] = await room.publish(draft("First"))
    await room.ask(mona, "/breaking 1")
    await room.storage.articles.retract(article, now=room.clock())
    assert "already been withdrawn" in (await room.press(mona, "⚡ Send now")).text
    assert await room.storage.deliveries.count_owed() == 0


# Withdrawing


@pytest.mark.parametrize(
    ("button", "shown", "told"),
    [
        ("🚫 Withdraw, with the reason", True, "It contained errors."),
        ("🚫 Withdraw, reason for us only", False, "It contained errors."),
    ],
)
async def test_a_reason_is_shown_to_readers_only_if_wished(
    room: Newsroom, button: str, shown: bool, told: str
) -> None:
    mona = editor(room)
    chat, _ = room.reader()
    await alerted(room, chat)
    await room.ask(mona, "/retract 1")
    confirmed = await room.press(mona, "Errors")
    assert told in confirmed.text
    await room.press(mona, button)
    async with room.sending():
        await room.sim.until(lambda: "🚫 Withdrawn by" in chat.last.text)
    assert (told in chat.last.text) is shown
    [entry] = await room.storage.audit.page(limit=1)
    assert (entry.action, entry.detail) == (AuditAction.RETRACT, "errors")


async def test_a_typed_reason_is_shown_as_it_was_typed_in_every_language(room: Newsroom) -> None:
    mona = editor(room)
    arabic, _ = room.reader("ar", "ليلى")
    await room.ask(arabic, "/subscribe")
    room.clock.advance(seconds=1)
    await room.publish(draft("Alerted"), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: "Alerted" in arabic.last.text)
    await room.ask(mona, "/retract 1")
    await room.press(mona, "✍️ Another reason")
    await room.heard()
    asked = await room.ask(mona, "The <photo> shows another harbour", reply_to=mona.last.id)
    assert "\u2068The <photo> shows another harbour\u2069" in asked.text
    await room.press(mona, "🚫 Withdraw, with the reason")
    async with room.sending():
        await room.sim.until(lambda: "\u2068The <photo> shows another harbour\u2069" in arabic.last.text)
    assert "سحبته هيئة التحرير" in arabic.last.text


async def test_a_withdrawal_is_cancelled_and_an_old_question_asked_again(room: Newsroom) -> None:
    mona = editor(room)
    [article] = await room.publish(draft("First"))
    await room.ask(mona, "/retract 1")
    assert "Nothing was changed" in (await room.press(mona, "✖ Cancel")).text
    await room.ask(mona, "/retract 1")
    room.clock.advance(hours=2)
    await mona.press("🚫 Withdraw it")
    await room.heard()
    assert mona.last.text.startswith("This question is an hour old.")
    found = await room.storage.articles.get(article)
    assert found
    assert not found.retracted
