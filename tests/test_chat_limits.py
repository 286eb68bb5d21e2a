"""Strangers can't harm: one person's flood is ignored, bans hold, and administrators see who asks too much."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.chat import inbox as inbox_module
from bot.chat.admission import MINUTE, PEOPLE_KEPT, Admission, Verdict
from bot.chat.inbox import Inbox
from bot.config import Config
from bot.messages.actions import NewestList, encode
from storage import Storage
from storage.errors import DatabaseFull
from storage.records import ChatState, Lane
from tests.conftest import Clock
from tests.makers import the
from tests.newsroom import Newsroom, newsroom
from tests.test_chat_commands import draft
from tests.test_chat_inbox import UNLIMITED, Answers, asked, waiting

ADMIN = 77
LIMIT = 5
SLOWER = "Slower, please. I answer 5 requests a minute."


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock, Config(admins=(ADMIN,), commands_per_minute=LIMIT)) as opened:
        yield opened


@pytest.fixture
def answers() -> Answers:
    return Answers()


def texts(chat: Any) -> list[str]:
    return [message.text for message in chat.messages]


def sent_by(person: int) -> dict[str, Any]:
    """The part of a message that names its sender."""
    return {"from": {"id": person}}


# One person's allowance


def admission(clock: Clock, per_minute: int = LIMIT, exempt: tuple[int, ...] = ()) -> Admission:
    return Admission(per_minute, steady=lambda: clock().timestamp(), exempt=exempt)


def judged(to: Admission, times: int, person: int = 1, *, press: bool = False) -> list[Verdict]:
    return [to.judge(person, press=press) for _ in range(times)]


def test_what_is_beyond_the_limit_is_told_once_and_then_ignored(clock: Clock) -> None:
    verdicts = judged(admission(clock), 300)
    assert verdicts == [Verdict.ANSWER] * LIMIT + [Verdict.SLOW_DOWN] + [Verdict.IGNORE] * (299 - LIMIT)


def test_there_is_room_again_as_time_goes_on_and_nothing_is_told_twice(clock: Clock) -> None:
    limited = admission(clock)
    judged(limited, 100)
    clock.advance(seconds=MINUTE / LIMIT)
    assert judged(limited, 3) == [Verdict.ANSWER, Verdict.IGNORE, Verdict.IGNORE]
    clock.advance(seconds=MINUTE)
    assert judged(limited, LIMIT + 2) == [Verdict.ANSWER] * LIMIT + [Verdict.SLOW_DOWN, Verdict.IGNORE]


def test_a_press_counts_as_half_a_command(clock: Clock) -> None:
    assert judged(admission(clock), 2 * LIMIT + 1, press=True)[-2:] == [Verdict.ANSWER, Verdict.SLOW_DOWN]


def test_people_do_not_share_an_allowance_and_administrators_have_no_limit(clock: Clock) -> None:
    limited = admission(clock, exempt=(ADMIN,))
    judged(limited, 100, 1)
    assert judged(limited, LIMIT, 2) == [Verdict.ANSWER] * LIMIT
    assert set(judged(limited, 300, ADMIN)) == {Verdict.ANSWER}
    assert set(judged(admission(clock, 0), 300)) == {Verdict.ANSWER}


def test_the_memory_for_people_is_bounded(clock: Clock) -> None:
    limited = admission(clock)
    for person in range(3 * PEOPLE_KEPT):
        limited.judge(person, press=False)
        if person % 1_000 == 0:
            clock.advance(seconds=MINUTE)
        judged(limited, LIMIT + 2, person) if person % 100 == 0 else None
    assert len(limited._people) <= PEOPLE_KEPT + 1_000
    assert len(limited.ignored) <= 200


# In the chat


async def test_a_flood_gets_one_polite_answer_and_leaves_no_trace(room: Newsroom) -> None:
    chat, person = room.reader()
    for number in range(300):
        chat.say(f"/summary {number}", person)
    await room.heard()
    assert len(chat.messages) == LIMIT + 1
    assert texts(chat)[-1] == SLOWER
    assert (await room.storage.inbox.stats()).waiting == 0
    assert (await room.storage.inbox.stats()).set_aside == 0


async def test_it_is_counted_by_person_in_groups_too(room: Newsroom) -> None:
    one, other = room.sim.person("Amal"), room.sim.person("Badr")
    group = room.sim.group("Fishers")
    chat = room.sim.private(one)
    for _ in range(LIMIT):
        await room.ask(group, "/help@newsbot", one)
    assert (await room.ask(group, "/help@newsbot", one)).text == SLOWER
    chat.say("/help", one)
    group.say("/help@newsbot", one)
    group.say("no command at all", one)
    assert (await room.ask(group, "/help@newsbot", other)).text != SLOWER
    await room.heard()
    assert len(group.messages) == LIMIT + 2
    assert chat.messages == []


async def test_anonymous_administrators_of_two_groups_are_two_people(room: Newsroom) -> None:
    groups = [room.sim.group("Fishers"), room.sim.group("Farmers")]
    for group in groups:
        for _ in range(LIMIT):
            assert (await room.ask(group, "/help@newsbot", anonymous=True)).text != SLOWER
        assert (await room.ask(group, "/help@newsbot", anonymous=True)).text == SLOWER


async def test_a_press_too_many_is_answered_with_an_alert_once(room: Newsroom) -> None:
    await room.publish(*(draft(f"Title {number}") for number in range(30)))
    chat, person = room.reader()
    shown = await room.ask(chat, "/latest")
    for number in range(2 * (LIMIT - 1)):
        assert (await chat.press_data(shown.id, encode(NewestList(size=6 + number % 2)), person).answered)[
            "text"
        ] is None
        await room.heard()
    refused = await chat.press_data(shown.id, "N", person).answered
    assert refused == {"text": SLOWER, "show_alert": True}
    silent = chat.press_data(shown.id, "N", person).answered
    await room.heard()
    assert not silent.done()


async def test_administrators_of_the_bot_have_no_limit(room: Newsroom) -> None:
    admin = room.sim.person("Editor", "en", ADMIN)
    chat = room.sim.private(admin)
    for _ in range(3 * LIMIT):
        assert (await room.ask(chat, "/help")).text != SLOWER


async def test_arabic_readers_are_asked_in_arabic(room: Newsroom) -> None:
    chat, person = room.reader("ar")
    for _ in range(LIMIT + 1):
        chat.say("/help", person)
    await room.heard()
    assert chat.last.text == "تمهّل قليلًا من فضلك. أجيب عن 5 طلبات في الدقيقة."


# The inbox


async def test_updates_that_could_not_be_stored_are_not_counted_again(
    storage: Storage, clock: Clock, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox(storage, answers, admission(clock), now=clock)
    updates = [asked(number, 7, **sent_by(7)) for number in range(1, 20)]
    receive = storage.inbox.receive

    async def full(*values: Any, **more: Any) -> None:
        raise DatabaseFull("the disk is full")

    monkeypatch.setattr(storage.inbox, "receive", full)
    for _ in range(3):
        with pytest.raises(DatabaseFull):
            await inbox.receive(updates)
    monkeypatch.setattr(storage.inbox, "receive", receive)
    await inbox.receive(updates)
    await inbox.wait_until_settled()
    assert answers.seen == [1, 2, 3, 4, 5]
    assert answers.too_fast == [6]
    await inbox.stop()


async def test_what_waits_for_one_chat_is_bounded(
    storage: Storage, clock: Clock, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "WAITING_OF_CHAT", 10)
    inbox = Inbox(storage, answers, UNLIMITED, now=clock, reply_in=lambda chat_id: 60.0 if chat_id == 7 else 0.0)
    for first in (1, 101, 201):  # each from somebody else
        await inbox.receive([asked(first + n, 7, **sent_by(first + n)) for n in range(50)])
    await inbox.receive([asked(500, 8, **sent_by(8))])
    await answers.until(lambda: answers.seen == [500])
    assert len([number for number in await waiting(storage) if number < 500]) == 10
    membership = {"chat": {"id": 7, "type": "private"}, "from": {"id": 7}}
    await inbox.receive([{"update_id": 501, "my_chat_member": membership}])  # is never left out
    assert 501 in await waiting(storage)
    await inbox.stop()


# Bans


async def admin_chat(room: Newsroom) -> Any:
    return room.sim.private(room.sim.person("Editor", "en", ADMIN))


async def test_a_banned_person_gets_no_answer_and_no_alert_until_the_ban_ends(room: Newsroom) -> None:
    chat, person = room.reader()
    await room.ask(chat, "/subscribe")
    editor = await admin_chat(room)
    answer = await room.ask(editor, f"/ban {person.id}")
    assert answer.text.startswith(f"⛔ \u2068{person.id}\u2069 is banned")
    before = len(chat.messages)
    chat.say("/latest", person)
    group = room.sim.group("Fishers")
    group.say("/latest@newsbot", person)
    await room.heard()
    assert (len(chat.messages), len(group.messages)) == (before, 0)
    assert (await the(room.storage, chat.id)).state is ChatState.PAUSED
    room.clock.advance(minutes=1)
    await room.publish(draft("For the others"), lane=Lane.ALERT)
    await room.ask(editor, f"/unban {person.id}")
    assert (await the(room.storage, chat.id)).state is ChatState.ACTIVE
    async with room.sending():
        await room.sim.until(lambda: "For the others" in chat.last.text)
    room.clock.advance(minutes=1)
    assert (await room.ask(chat, "/help")).text


async def test_what_a_banned_person_had_asked_before_is_not_answered(room: Newsroom) -> None:
    chat, person = room.reader()
    await room.ask(chat, "/help")
    await room.storage.bans.add(person.id, by=ADMIN, now=room.clock())
    chat.say("/help", person)
    await room.heard()
    assert len(chat.messages) == 1
    assert (await the(room.storage, chat.id)).state is ChatState.PAUSED


async def test_a_reply_names_the_person_and_digits_may_be_arabic(room: Newsroom) -> None:
    admin, person = room.sim.person("Editor", "en", ADMIN), room.sim.person("Badr")
    group = room.sim.group("Fishers", admins=[admin])
    rude = group.say("/latest@newsbot", person)
    await room.heard()
    await room.ask(group, "/ban@newsbot", admin, reply_to=rude.id)
    assert await room.storage.bans.among([person.id, 5]) == {person.id}
    digits = str(person.id).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    await room.ask(group, f"/unban@newsbot {digits}", admin)
    assert await room.storage.bans.among([person.id]) == set()


async def test_a_reply_to_the_bot_names_nobody(room: Newsroom) -> None:
    admin = room.sim.person("Editor", "en", ADMIN)
    group = room.sim.group("Fishers", admins=[admin])
    ours = await room.ask(group, "/help@newsbot", admin)
    answer = await room.ask(group, "/ban@newsbot", admin, reply_to=ours.id)
    assert answer.text.startswith("Who?")


async def test_a_banned_group_stays_banned_under_its_new_number(room: Newsroom) -> None:
    person = room.sim.person("Badr")
    group = room.sim.group("Fishers", basic=True)
    await room.ask(group, "/help@newsbot", person)
    await room.ask(await admin_chat(room), f"/ban {group.id}")
    new = group.migrate()
    await room.heard()
    assert await room.storage.bans.among([group.id, new.id]) == {new.id}
    new.say("/help@newsbot", person)
    await room.heard()
    assert new.messages == []


async def test_administrators_can_not_be_banned_and_others_may_not_ban(room: Newsroom) -> None:
    editor = await admin_chat(room)
    assert (await room.ask(editor, f"/ban {ADMIN}")).text == "Administrators of the bot can't be banned."
    assert (await room.ask(editor, "/ban Badr")).text.startswith("Who?")
    assert (await room.ask(editor, "/unban 5")).text == "\u20685\u2069 is not banned."
    await room.ask(editor, "/ban 5")
    assert (await room.ask(editor, "/ban 5")).text == "\u20685\u2069 is banned already."
    chat, _ = room.reader()
    for typed in ("/ban 5", "/unban 5", "/limits"):
        assert (await room.ask(chat, typed)).text == "Only administrators of the bot can do this."


async def test_limits_shows_who_asks_too_much_and_who_is_banned(room: Newsroom) -> None:
    editor = await admin_chat(room)
    assert "Nobody is banned." in (await room.ask(editor, "/limits")).text
    chat, person = room.reader()
    for _ in range(30):
        chat.say("/help", person)
    await room.heard()
    await room.ask(editor, "/ban -100123")
    shown = (await room.ask(editor, "/limits")).text
    assert "5 requests a minute from each person" in shown
    assert "100 follows and mutes in each chat" in shown
    assert "Only administrators of the bot add sources" in shown
    assert f"\u2068{person.id}\u2069: 24 ignored" in shown
    assert "\u2068-100123\u2069 · \u20681 March 2026\u2069" in shown


async def test_files_count_as_requests_where_the_bot_answers_them(room: Newsroom) -> None:
    admin = room.sim.person("Rana")
    group = room.sim.group("Readers", admins=[admin])
    group.add_bot(admin, admin=True)  # it sees every message
    for _ in range(LIMIT * 2):
        group.send_file("picture.png", b"", admin)  # for other people
    asked_first = await room.ask(group, "/help@newsbot", admin)
    before = len(group.messages)
    for _ in range(LIMIT * 2):
        group.send_file("settings.json", b"{", admin, reply_to=asked_first.id)
    await room.heard()
    told = texts(group)[before:]
    assert ["damaged" in one for one in told] == [True] * (LIMIT - 1) + [False]
    assert told[-1] == SLOWER
