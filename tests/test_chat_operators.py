"""What administrators of the bot type in the chat: breaking news, withdrawing, delivery statistics."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot import chat as conversation
from bot.chat.commands import OPERATOR_COMMANDS
from bot.config import Config
from bot.sim import Chat, Person
from storage import Storage
from storage.records import Died, Lane, Sent
from tests.conftest import Clock
from tests.makers import new_article, reader, stored
from tests.newsroom import Newsroom, newsroom
from tests.test_chat_commands import draft, titles

EDITOR = 77


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock, Config(admins=(EDITOR,))) as opened:
        yield opened


def editor(room: Newsroom, language: str = "en") -> tuple[Chat, Person]:
    person = room.sim.person("Editor", language, EDITOR)
    return room.sim.private(person), person


async def alerted(room: Newsroom, chat: Chat, title: str = "Alerted") -> int:
    """A subscribed chat gets an alert."""
    await room.ask(chat, "/subscribe")
    room.clock.advance(seconds=1)
    [article] = await room.publish(draft(title), lane=Lane.ALERT)
    before = len(chat.messages)
    async with room.sending():
        await room.sim.until(lambda: len(chat.messages) > before)
    return article


# Who may


@pytest.mark.parametrize("typed", ["/breaking 1", "/retract 1", "/stats", "/breaking", "/retract@newsbot 1"])
async def test_others_are_told_politely_that_they_may_not(room: Newsroom, typed: str) -> None:
    [article] = await room.publish(draft("First"))
    chat, person = room.reader()
    group = room.sim.group("Fishers", admins=[person])  # which is not an administrator of the bot
    for where in (chat, group):
        answer = await room.ask(where, typed, person)
        assert answer.text == "Only administrators and editors of the bot can do this."
        assert not answer.buttons
    found = await room.storage.articles.get(article)
    assert found
    assert (found.lane, found.retracted) == (None, False)


async def test_an_anonymous_administrator_of_a_group_is_none_of_the_bot(room: Newsroom) -> None:
    group = room.sim.group("Fishers")
    assert "Only administrators" in (await room.ask(group, "/stats", anonymous=True)).text


async def test_others_cannot_press_the_button_either(room: Newsroom) -> None:
    [article] = await room.publish(draft("First"))
    _, person = editor(room)
    _, other = room.reader()
    group = room.sim.group("Desk", admins=[person, other])
    asked = await room.ask(group, "/retract 1", person)
    assert (await group.press("🚫 Withdraw it", person=other))[
        "text"
    ] == "Only administrators and editors of the bot can do this."
    assert group.messages[-1].text == asked.text
    found = await room.storage.articles.get(article)
    assert found
    assert not found.retracted


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_their_commands_stand_in_their_own_help_and_menu_only(room: Newsroom, language: str) -> None:
    theirs, person = editor(room, language)
    chat, other = room.reader(language)
    for command in OPERATOR_COMMANDS:
        assert f"/{command}" in (await room.ask(theirs, "/help")).text
        assert f"/{command}" not in (await room.ask(chat, "/help")).text
    group = room.sim.group("Desk", admins=[person])
    assert "/retract" not in (await room.ask(group, "/help", person)).text
    await conversation.publish_command_menus(room.bot, room.config)
    assert {one["command"] for one in room.sim.menu(theirs, person)} >= set(OPERATOR_COMMANDS)
    for where, who in ((chat, other), (group, person)):
        assert not {one["command"] for one in room.sim.menu(where, who)} & set(OPERATOR_COMMANDS)


async def test_an_administrator_who_starts_the_bot_later_gets_the_menu_then(room: Newsroom) -> None:
    await conversation.publish_command_menus(room.bot, room.config)  # Telegram knows no such chat yet
    assert room.sim.errors == ["setMyCommands: Bad Request: chat not found"]
    room.sim.errors.clear()
    theirs, person = editor(room)
    await room.ask(theirs, "/start")
    await room.sim.until(
        lambda: bool({one["command"] for one in room.sim.menu(theirs, person)} & set(OPERATOR_COMMANDS))
    )


# Breaking


async def test_breaking_sends_a_stored_article_of_the_last_list_before_everything_else(room: Newsroom) -> None:
    chat, _ = editor(room)
    await room.ask(chat, "/subscribe")
    room.clock.advance(seconds=1)
    await room.publish(draft("First"), draft("Second"))
    await room.ask(chat, "/latest")
    asked = await room.ask(chat, "/breaking ٢")
    assert asked.text.startswith("⚡ First")
    assert asked.buttons == ["⚡ Send now", "✖ Cancel"]
    answer = await room.press(chat, "⚡ Send now")
    assert answer.text.startswith("First\n\n⚡ Sending now as breaking news")
    async with room.sending():
        await room.sim.until(lambda: chat.last.text.startswith("⚡ First"))
    assert "This already went out as breaking news." in (await room.ask(chat, "/breaking 2")).text


async def test_breaking_in_reply_to_an_alert_sends_it_to_nobody_twice(room: Newsroom) -> None:
    chat, _ = editor(room)
    await alerted(room, chat)
    waiting, person = room.reader()
    await room.ask(waiting, "/subscribe", person)
    await room.ask(chat, "/breaking", reply_to=chat.last.id)
    assert "Sending now as breaking news" in (await room.press(chat, "⚡ Mark as breaking")).text
    count = len(chat.messages)
    await room.publish(draft("Next"), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: chat.last.text.startswith("Next"))
    assert len(chat.messages) == count + 1


@pytest.mark.parametrize("command", ["breaking", "retract"])
async def test_which_article_is_asked_for_with_an_example(room: Newsroom, command: str) -> None:
    await room.publish(draft("First"))
    chat, _ = editor(room)
    assert f"\u2068/{command} 1\u2069" in (await room.ask(chat, f"/{command}")).text
    assert "99" in (await room.ask(chat, f"/{command} 99")).text
    assert titles((await room.ask(chat, "/latest")).text) == ["1. First"]


# Withdrawing


async def test_retract_asks_once_and_then_takes_it_back_everywhere(room: Newsroom) -> None:
    chat, _ = editor(room)
    article = await alerted(room, chat)
    alert = chat.last.id
    question = await room.ask(chat, "/retract", reply_to=alert)
    assert question.text.startswith("Alerted\n\nWithdraw this article?")
    assert question.buttons[0] == "🚫 Withdraw it"
    assert len(titles((await room.ask(chat, "/latest")).text)) == 1  # nothing is done before the answer
    count = len(chat.messages)
    done = await room.press(chat, "🚫 Withdraw it")
    assert (done.id, len(chat.messages)) == (question.id, count)
    assert done.text.startswith("Alerted\n\n🚫 Withdrawn.")
    assert not done.buttons
    async with room.sending():
        await room.sim.until(lambda: any(m.id == alert and "🚫 Withdrawn by" in m.text for m in chat.messages))
    assert "no news yet" in (await room.ask(chat, "/latest")).text
    assert "No results for" in (await room.ask(chat, "/search harbour")).text
    assert "no news yet" in (await room.ask(chat, "/categories")).text
    for typed in ("/summary 1", f"/start art_{article}"):
        assert (await room.ask(chat, typed)).text.startswith("Alerted\n\n🚫 Withdrawn by the editors.")
    for command, told in (
        ("retract", "This article has already been withdrawn."),
        ("breaking", "This article has already been withdrawn."),
    ):
        answer = await room.ask(chat, f"/{command}", reply_to=alert)
        assert told in answer.text
        assert not answer.buttons


async def test_two_administrators_who_are_sure_withdraw_once(room: Newsroom) -> None:
    chat, _ = editor(room)
    [article] = await room.publish(draft("First"))
    await room.ask(chat, "/retract 1")
    await room.storage.articles.retract(article, now=room.clock())
    assert (await room.press(chat, "🚫 Withdraw it")).text == "First\n\nThis article has already been withdrawn."


async def test_an_article_that_was_pruned_before_the_answer_is_told(room: Newsroom) -> None:
    chat, _ = editor(room)
    await room.publish(draft("First"))
    await room.ask(chat, "/retract 1")
    assert await room.storage.archive.prune(before=room.clock() + timedelta(days=1), limit=9) == 1
    assert (await room.press(chat, "🚫 Withdraw it")).text == "This article is no longer available."


# How deliveries are doing


async def test_stats_tell_what_is_owed_sent_and_dead_and_how_fast(room: Newsroom) -> None:
    now = room.clock()
    for number in range(1, 104):
        await reader(room.storage, number)
    await stored(room.storage, new_article("Ferry", title="Ferry sails"), now=now)
    await room.storage.deliveries.expand(limit=103, now=now)
    claims = await room.storage.deliveries.claim(limit=102, now=now)
    for second, claim in enumerate(claims[:100], 1):
        at = now + timedelta(seconds=second)
        await room.storage.deliveries.settle([Sent(claim, at, claim.chat_id, 1, at)])
    await room.storage.deliveries.settle([Died(claims[100], now, "can't parse <entities>")])
    room.clock.advance(minutes=2)
    await room.storage.reach.judge(promise=timedelta(minutes=2), now=room.clock())
    chat, _ = editor(room)
    text = re.sub("[\u200e\u200f\u2068\u2069]", "", (await room.ask(chat, "/stats")).text)
    assert text.splitlines() == [
        "📊 Statistics", "Readers: 103",
        "Promise kept in the last 24 hours: 1 of 1 articles (90% of chats within 2 minutes)",
        "Waiting: 1", "Being sent: 1", "Sent: 100", "Edited in the last day: 0",
        "Speed: 41 messages a minute", "Could not be sent: 1", "• can't parse <entities>: 1", "", "Ferry sails",
        "100 messages: not delivered to everyone (waiting: 2, not sent as an alert: 1; half of the sent ones within"
        " 53 seconds, 99% within 100 seconds, the first after 1 second)",
    ]  # fmt: skip


async def test_stats_say_everyone_only_of_an_article_that_has_reached_all_its_chats(room: Newsroom) -> None:
    now = room.clock()
    for number in range(1, 7):
        await reader(room.storage, number)
    await stored(room.storage, new_article("Ferry", title="Ferry sails"), now=now)
    chat, _ = editor(room)

    async def last_line(limit: int, seconds: int) -> str:
        await room.storage.deliveries.expand(limit=limit, now=now)
        at = now + timedelta(seconds=seconds)
        for claim in await room.storage.deliveries.claim(limit=9, now=at):
            await room.storage.deliveries.settle([Sent(claim, at, claim.chat_id, 1, at)])
        text = (await room.ask(chat, "/stats")).text
        return re.sub("[\u200e\u200f\u2066-\u2069]", "", text).splitlines()[-1]

    assert "4 messages: not delivered to everyone (waiting: 0+, not sent as an alert: 0;" in await last_line(4, 1)
    assert "6 messages: delivered to everyone within 3 seconds (half within 1 second" in await last_line(9, 3)


async def test_stats_say_once_that_everyone_had_an_article_within_a_second(room: Newsroom) -> None:
    now = room.clock()
    await reader(room.storage, 1)
    await stored(room.storage, new_article("Ferry", title="Ferry sails"), now=now)
    chat, _ = editor(room)
    await room.storage.deliveries.expand(limit=9, now=now)
    for claim in await room.storage.deliveries.claim(limit=9, now=now):
        await room.storage.deliveries.settle([Sent(claim, now, claim.chat_id, 1, now)])
    text = (await room.ask(chat, "/stats")).text
    assert text.splitlines()[-1] == "1 message: delivered to everyone within less than a second"


async def test_stats_in_arabic_count_in_arabic_plurals(room: Newsroom) -> None:
    now = room.clock()
    for number in (1, 2):
        await reader(room.storage, number)
    await stored(room.storage, new_article("Ferry"), now=now)
    await room.storage.deliveries.expand(limit=10, now=now)
    for claim in await room.storage.deliveries.claim(limit=10, now=now):
        await room.storage.deliveries.settle([Sent(claim, now, claim.chat_id, 1, now)])
    room.clock.advance(seconds=30)
    chat, _ = editor(room, "ar")
    text = (await room.ask(chat, "/stats")).text
    bare = re.sub("[\u200e\u200f\u2068\u2069]", "", text)
    assert "القرّاء: 3" in bare
    assert "وصلت في وقتها خلال آخر 24 ساعة: لا أخبار بعد (الهدف: 90% من المحادثات خلال دقيقتين)" in bare
    assert "السرعة: رسالتان في الدقيقة" in text
    assert "رسالتان: وصلت إلى الجميع" in text
