"""The screens of the settings: each has at most 8 buttons, and each is at most three presses from /settings.

All buttons count, those that lead back as well. Turning the pages of one screen is no press here: a list of a hundred
categories has as many pages as it needs, and a name can be typed instead.
"""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.config import Config
from bot.deliver.category_topics import CategoryTopics
from bot.locale.interface_languages import INTERFACE_LANGUAGES
from bot.messages.actions import Action, Screen, decode, encode
from bot.messages.buttons import MOST_ON_SCREEN, slice_page
from bot.sim import Chat, Person, Shown
from storage import Storage
from storage.records import Lane, Rhythm, Timetable
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom
from tests.test_chat_subscriptions import draft

PRESSES = 3
LANGUAGES = "en ar fr de es it pt ru tr fa ur he nl sv fi da el pl cs ro".split()
CHANNELS = 9


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    """A newsroom with many categories, and a reader with many channels."""
    async with newsroom(storage, clock, Config(commands_per_minute=0, reader_follows=100)) as opened:
        await opened.publish(*[draft(f"t{n}", f"Section {n:02}") for n in range(24)])
        yield opened


async def walk(room: Newsroom, chat: Chat, root: str, person: Person | None = None) -> dict[str, tuple[int, int]]:
    """Press every button that leads to a screen, from /settings on. Returns the presses to each, and its buttons."""
    chat.say("/settings", person)
    await room.heard()
    asked = chat.last
    found: dict[str, tuple[int, int]] = {}
    waiting = [(root, 0)]
    while waiting:
        data, presses = waiting.pop(0)
        if data in found:
            continue
        if data:
            await chat.press_data(asked.id, data, person).answered
            await room.heard()
            asked = next(message for message in chat.messages if message.id == asked.id)
        found[data] = (presses, len(asked.buttons))
        for row in asked.rows:
            for one in row:
                action = decode(one.get("callback_data", ""))
                if isinstance(action, Screen) and action.name != "browse":
                    turned = _is_page_of(action, decode(data) if data else None)
                    waiting.append((one["callback_data"], presses + (not turned)))
    return found


def _is_page_of(action: Screen, shown: Action | None) -> bool:
    return isinstance(shown, Screen) and (action.name, action.target) == (shown.name, shown.target)


def assert_short(found: dict[str, tuple[int, int]]) -> None:
    assert {data: buttons for data, (_, buttons) in found.items() if buttons > MOST_ON_SCREEN} == {}
    assert {data: presses for data, (presses, _) in found.items() if presses > PRESSES} == {}


async def choose_much(room: Newsroom, chat_row: int) -> None:
    """Let a chat have all that makes its screens long."""
    storage, now = room.storage, room.clock()
    categories = await storage.categories.names()
    for one in list(dict(categories).values())[:12]:
        await storage.chats.subscribe(chat_row, one.id, now=now)
    ours = await storage.chats.get_by_id(chat_row)
    assert ours
    await storage.chats.set_reading(chat_row, replace(ours.reading, languages=tuple(LANGUAGES)), now=now)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "rhythm", "most"),
    [("en", Rhythm.ALERTS, 5), ("ar", Rhythm.WEEKLY, None), ("en", Rhythm.DAILY, None)],
)
async def test_every_screen_of_a_private_chat_is_short_and_near(
    room: Newsroom, language: str, rhythm: Rhythm, most: int | None
) -> None:
    chat, person = room.reader(language)
    for n in range(CHANNELS):
        room.sim.channel(f"Wire {n}", admins=[person]).add_bot(person, admin=True)
    await room.ask(chat, "/help")
    await room.heard()
    ours = await room.storage.chats.get(chat.id)
    assert ours
    await choose_much(room, ours.id)
    timetable = Timetable(rhythm, quiet=(21, 5), most_a_day=most)
    await room.storage.chats.set_timetable(ours.id, timetable, digest_at=None, now=room.clock())
    found = await walk(room, chat, "")
    own = {
        data: counted for data, counted in found.items() if not isinstance(s := decode(data), Screen) or not s.target
    }
    assert_short(own)
    assert {data.split(":")[1] for data in own if data} >= {
        *(
            "categories",
            "following",
            "times",
            "options",
            "quiet",
            "quiet_from",
            "quiet_to",
            "reading",
            "language",
            "look",
        ),
        *("timezone", "keyboard", "channels", "least", "sources"),
    }


async def test_every_screen_of_a_channel_is_short_and_near(room: Newsroom) -> None:
    chat, person = room.reader()
    channel = room.sim.channel("Wire", admins=[person])
    await room.ask(chat, "/help")
    channel.add_bot(person, admin=True)
    await room.heard()
    ours = await room.storage.chats.get(channel.id)
    assert ours
    await choose_much(room, ours.id)
    timetable = Timetable(Rhythm.WEEKLY, quiet=(21, 5))
    await room.storage.chats.set_timetable(ours.id, timetable, digest_at=None, now=room.clock())
    found = await walk(room, chat, encode(Screen("manage", ours.id)))
    assert_short({d: c for d, c in found.items() if isinstance(s := decode(d), Screen) and s.target == ours.id})


@pytest.mark.parametrize("topics", [False, True])
async def test_every_screen_of_a_group_is_short_and_near(room: Newsroom, topics: bool) -> None:
    admin = room.sim.person("Rana", "en")
    group = room.forum(admin)
    await room.ask(group, "/settings", admin)
    ours = await room.storage.chats.get(group.id)
    assert ours
    await choose_much(room, ours.id)
    if topics:
        await room.storage.category_topics.turn_on(ours.id)
        await CategoryTopics(room.storage, room.bot, room.clock).keep(group.id)
    found = await walk(room, group, "", admin)
    assert_short(found)
    assert encode(Screen("topics")) in found


async def test_every_screen_of_a_forum_is_short_in_the_private_chat(room: Newsroom) -> None:
    chat, person = room.reader()
    group = room.forum(person)
    await room.ask(chat, "/help")
    del group.members[room.sim.bot["id"]]
    group.add_bot(person, admin=True)
    await room.heard()
    ours = await room.storage.chats.get(group.id)
    assert ours
    await choose_much(room, ours.id)
    found = await walk(room, chat, encode(Screen("manage", ours.id)))
    assert_short({d: c for d, c in found.items() if isinstance(s := decode(d), Screen) and s.target == ours.id})
    assert encode(Screen("topics", ours.id)) in found


async def test_a_step_that_can_be_undone_makes_no_screen_too_long(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    await room.ask(chat, "/settings")
    await room.press(chat, "📂 Categories")
    shown = await room.press(chat, "▫️ Only what I choose")
    assert "↩ Undo" in shown.buttons
    assert len(shown.buttons) <= MOST_ON_SCREEN
    await room.press(chat, "📂 Choose categories")
    await room.press(chat, "More »")
    shown = await room.press(chat, "▫️ Section 06")
    assert {"✅ Section 06", "↩ Undo", "« Back", "More »"} <= set(shown.buttons)
    assert len(shown.buttons) == MOST_ON_SCREEN
    assert len((await room.ask(chat, "/start")).buttons) <= MOST_ON_SCREEN


async def test_the_card_of_a_follow_from_the_list_is_short(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe all")
    await room.ask(chat, "/follow ferry")
    await room.ask(chat, "/following")
    await room.press(chat, "1")
    shown = await room.press(chat, "▫️ From 2 sources")
    assert {"↩ Undo", "↩ Back"} <= set(shown.buttons)
    assert len(shown.buttons) <= MOST_ON_SCREEN


@pytest.mark.parametrize("language", INTERFACE_LANGUAGES)
async def test_a_phone_cuts_no_label_of_an_alert_or_of_a_follow_short(room: Newsroom, language: str) -> None:
    chat, _ = room.reader(language)
    await room.ask(chat, "/subscribe all")
    room.clock.advance(minutes=1)
    await room.publish(draft("Ferry sails", "Coast"), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: "Ferry sails" in chat.last.text)
    assert cut_short(chat.last) == []
    assert cut_short(await room.ask(chat, "/follow ferry")) == []
    assert cut_short(await room.ask(chat, "/mute ferry 1d")) == []


def cut_short(shown: Shown) -> list[str]:
    """The labels that are longer than their part of a row, of which a phone of 360 pixels shows 36 characters."""
    return [one["text"] for row in shown.rows for one in row if len(one["text"]) > 36 // len(row)]


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 9, 10, 21])
def test_pages_show_every_choice_once(count: int) -> None:
    seen: list[int] = []
    page, after = 0, True
    while after:
        shown, before, after = slice_page(count, page, whole=5, first=4, rest=5)
        assert before == bool(page)
        seen += range(count)[shown]
        page += 1
    assert seen == list(range(count))
