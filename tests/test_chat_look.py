"""How articles look in a chat: where their picture is shown and how large, in alerts, opened articles and edits."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.ingest.draft import Draft
from storage import Storage
from storage.records import Lane, Preview
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom

PICTURE = "https://harbour.example/basin.jpg"


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock) as opened:
        yield opened
        assert opened.sim.errors == []


def draft(title: str) -> Draft:
    return Draft(title=title, body=f"All about {title}.", url="https://harbour.example/basin", image_url=PICTURE)


async def alerted(room: Newsroom, chat: Any, title: str = "Basin deepened") -> None:
    room.clock.advance(seconds=1)
    await room.publish(draft(title), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: chat.last.text.startswith(title))


def preview(chat: Any) -> dict[str, Any]:
    """The options of the last message. The simulator, as Telegram, keeps none with a message without preview."""
    return dict(chat.last.raw.get("link_preview_options", {}))


async def appearance(room: Newsroom, chat: Any, *pressed: str) -> Any:
    await room.ask(chat, "/settings")
    shown = await room.press(chat, "🎨 Appearance")
    for label in pressed:
        shown = await room.press(chat, label)
    return shown


async def test_a_picture_is_large_and_below_until_the_chat_chooses(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    await alerted(room, chat)
    assert preview(chat) == {"url": PICTURE, "prefer_large_media": True}
    shown = await appearance(room, chat)
    assert shown.buttons[:4] == ["▫️ Above the text", "✅ Below the text", "▫️ No picture", "✅ Large pictures"]


async def test_a_small_picture_above_the_text_stays_there_in_each_edit(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    shown = await appearance(room, chat, "▫️ Above the text", "✅ Large pictures")
    assert shown.buttons[:4] == ["✅ Above the text", "▫️ Below the text", "▫️ No picture", "▫️ Large pictures"]
    chosen = {"url": PICTURE, "prefer_small_media": True, "show_above_text": True}
    await alerted(room, chat)
    assert preview(chat) == chosen
    for label in ("📖 Read", "▲ Less"):
        await room.press(chat, label)
        assert preview(chat) == chosen


async def test_a_chat_without_pictures_gets_none(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    shown = await appearance(room, chat, "▫️ No picture")
    assert "▫️ Large pictures" not in shown.buttons
    await alerted(room, chat)
    assert preview(chat) == {}
    await room.press(chat, "📖 Read")
    assert preview(chat) == {}


async def test_two_chats_get_one_alert_each_as_they_chose(room: Newsroom) -> None:
    first, _ = room.reader()
    second, _ = room.reader(name="Badr")
    for chat in (first, second):
        await room.ask(chat, "/subscribe")
    await appearance(room, second, "▫️ Above the text")
    await alerted(room, second)
    await room.sim.until(lambda: first.last.text.startswith("Basin"))
    assert "show_above_text" not in preview(first)
    assert preview(second)["show_above_text"] is True


async def test_the_choice_for_a_channel_is_made_from_the_persons_chat(room: Newsroom) -> None:
    chat, person = room.reader("en", "Rana")
    await room.ask(chat, "/help")
    channel = room.sim.channel("Harbour wire", admins=[person])
    channel.add_bot(person, admin=True)
    await room.sim.until(lambda: "Harbour wire" in chat.last.text)
    await room.press(chat, "📂 Categories")
    await room.press(chat, "↩ Back")
    shown = await room.press(chat, "🎨 Appearance")
    assert shown.text.startswith("⁨Harbour wire⁩")
    await room.press(chat, "▫️ No picture")
    ours, own = await room.storage.chats.get(channel.id), await room.storage.chats.get(chat.id)
    assert ours
    assert own
    assert (ours.preview, own.preview) == (Preview.NONE, Preview.BELOW_LARGE)
