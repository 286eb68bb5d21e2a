"""Saved articles: the star on alerts and opened articles, /saved, its quota, and the weekly digest."""

from datetime import timedelta
from typing import Any

import pytest

from bot.chat import saving
from bot.messages.actions import RemoveSaved, SetSaved, encode
from bot.sim import Chat
from bot.text.html import plain
from storage import Storage
from storage.records import Lane, SaveResult
from tests.conftest import Clock
from tests.makers import new_article, reader, stored, the
from tests.newsroom import Newsroom
from tests.test_chat_commands import draft
from tests.test_chat_operators import alerted


async def tapped(room: Newsroom, chat: Chat, button: str, person: Any = None) -> Any:
    """Press a button. Returns what the bot says to that, after everything that it changed."""
    answer = await chat.press(button, person=person)
    await room.heard()
    return answer


async def saved_titles(room: Newsroom, chat: Chat) -> list[str]:
    row = await the(room.storage, chat.id)
    found, _ = await room.storage.saved.page(row.id, limit=100)
    return [headline.title for headline in found]


async def test_the_star_of_an_alert_saves_and_removes_and_shows_which(room: Newsroom) -> None:
    chat, _ = room.reader()
    await alerted(room, chat)
    before = chat.last.text
    assert chat.last.buttons == ["📖 Read", "⭐", "⋯"]
    assert (await tapped(room, chat, "⭐"))["text"] == "⭐ Saved. /saved shows all."
    assert chat.last.buttons == ["📖 Read", "🌟", "⋯"]
    assert chat.last.text == before
    assert await saved_titles(room, chat) == ["Alerted"]
    assert (await tapped(room, chat, "🌟"))["text"] == "Removed from the saved articles."
    assert chat.last.buttons == ["📖 Read", "⭐", "⋯"]
    assert await saved_titles(room, chat) == []


async def test_an_opened_article_says_whether_it_is_saved_and_so_does_its_alert(room: Newsroom) -> None:
    chat, _ = room.reader()
    await alerted(room, chat)
    await room.press(chat, "📖 Read")
    assert "⭐ Save" in chat.last.buttons
    await tapped(room, chat, "⭐ Save")
    assert "🌟 Saved" in chat.last.buttons
    assert (await room.press(chat, "▲ Less")).buttons == ["📖 Read", "🌟", "⋯"]
    assert "🌟 Saved" in (await room.press(chat, "📖 Read")).buttons


async def test_saving_twice_keeps_one_and_old_stars_do_no_harm(room: Newsroom) -> None:
    chat, person = room.reader()
    article = await alerted(room, chat)
    for _ in range(2):
        await chat.press_data(chat.last.id, encode(SetSaved(article, 1)), person).answered
        await room.heard()
    assert await saved_titles(room, chat) == ["Alerted"]
    for _ in range(2):
        await chat.press_data(chat.last.id, encode(SetSaved(article, 0)), person).answered
        await room.heard()
    assert await saved_titles(room, chat) == []
    gone = await chat.press_data(chat.last.id, encode(SetSaved(999, 1)), person).answered
    assert gone["text"] == "This article is no longer available."


async def fill(room: Newsroom, chat: Chat, count: int) -> list[int]:
    """So many saved articles, "Title 0" first."""
    await room.ask(chat, "/help")
    row = await the(room.storage, chat.id)
    articles = await room.publish(*(draft(f"Title {number}") for number in range(count)))
    for article in articles:
        await room.storage.saved.save(row.id, article, most=500, now=room.clock())
        room.clock.advance(seconds=1)
    return articles


async def test_the_list_is_newest_first_with_pages_and_opens_and_returns(room: Newsroom) -> None:
    chat, _ = room.reader()
    assert (await room.ask(chat, "/saved")).text.startswith("Nothing saved yet.")
    await fill(room, chat, 7)
    shown = await room.ask(chat, "/saved")
    assert "7 articles" in shown.text
    assert "1. Title 6" in shown.text
    assert shown.buttons == ["1", "2", "3", "4", "5", "\u200e🔄 1–5", "Older »", "🗑 Remove…"]
    older = await room.press(chat, "Older »")
    assert "7. Title 0" in older.text
    assert "Title 0" in (await room.press(chat, "7")).text
    back = await room.press(chat, "↩ Back to the list")
    assert "7. Title 0" in back.text
    assert "Title 1" in (await room.ask(chat, "/summary 6")).text


async def test_articles_are_removed_from_the_list(room: Newsroom) -> None:
    chat, _ = room.reader()
    await fill(room, chat, 6)
    await room.ask(chat, "/saved")
    await room.press(chat, "Older »")
    removing = await room.press(chat, "🗑 Remove…")
    assert removing.buttons == ["✖ 6", "« Newer", "\u200e🔝 6", "✅ Done"]
    left = await room.press(chat, "✖ 6")  # the page is empty now, so the one before is shown
    assert "5. Title 1" in left.text
    assert "✖ 5" in left.buttons
    assert "✖ 5" not in (await room.press(chat, "✅ Done")).buttons
    assert await saved_titles(room, chat) == [f"Title {number}" for number in range(5, 0, -1)]


async def test_a_full_list_says_so(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "SAVED_MOST", 2)
    chat, person = room.reader()
    first, second, third = await room.publish(*(draft(f"Title {number}") for number in range(3)))
    shown = await room.ask(chat, "/latest")

    async def save(article: int) -> Any:
        return await chat.press_data(shown.id, encode(SetSaved(article, 1)), person).answered

    await save(first)
    await save(second)
    full = {"text": "You have saved 2 articles, which is the most. Remove some in /saved first.", "show_alert": True}
    assert await save(third) == full
    assert (await save(second))["text"] == "⭐ Saved. /saved shows all."  # it was saved already
    assert len(await saved_titles(room, chat)) == 2


async def test_only_administrators_save_in_a_group(room: Newsroom) -> None:
    admin, member = room.sim.person("Rana"), room.sim.person("Omar")
    group = room.sim.group("Readers", admins=[admin])
    [article] = await room.publish(draft("First"))
    shown = await room.ask(group, "/latest@newsbot", member)
    refused = await group.press_data(shown.id, encode(SetSaved(article, 1)), member).answered
    assert refused["show_alert"]
    assert refused["text"] == "Only administrators can save articles here. In our private chat, you can."
    await group.press_data(shown.id, encode(SetSaved(article, 1)), admin).answered
    assert await saved_titles(room, group) == ["First"]
    assert "First" in (await room.ask(group, "/saved@newsbot", member)).text
    await group.press_data(group.last.id, encode(RemoveSaved(article, 0)), member).answered
    assert await saved_titles(room, group) == ["First"]


async def test_in_arabic(room: Newsroom) -> None:
    chat, _ = room.reader("ar")
    await fill(room, chat, 3)
    shown = await room.ask(chat, "/saved")
    assert plain(shown.text).replace("\u200f", "").startswith("⭐ المحفوظات\n3 أخبار")
    assert shown.buttons[-1] == "🗑 إزالة…"


async def test_a_saved_article_outlives_the_others_and_its_deliveries_do_not(storage: Storage, clock: Clock) -> None:
    chat = await reader(storage, 1)
    kept, pruned = await stored(storage, new_article("kept"), new_article("pruned"), now=clock())
    assert await storage.saved.save(chat.id, kept, most=5, now=clock()) is SaveResult.SAVED
    await storage.deliveries.expand(limit=100, now=clock())
    await storage.database.fetch("SELECT 1 FROM deliveries")
    async with storage.database.transaction() as transaction:
        await transaction.execute("UPDATE deliveries SET state = 'sent', message_id = id")
    later = clock() + timedelta(days=100)
    while await storage.archive.prune(before=later, limit=1):
        pass
    assert await storage.articles.get(pruned) is None
    assert await storage.articles.get(kept) is not None
    assert await storage.database.fetch("SELECT * FROM deliveries WHERE article_id IS NOT NULL") == []
    await storage.saved.remove(chat.id, kept)
    assert await storage.archive.prune(before=later, limit=1) == 1


async def test_a_withdrawn_article_leaves_the_list(storage: Storage, clock: Clock) -> None:
    chat = await reader(storage, 1)
    one, other = await stored(storage, new_article("one"), new_article("other"), now=clock())
    for article in (one, other):
        await storage.saved.save(chat.id, article, most=5, now=clock())
    await storage.articles.retract(one, now=clock())
    found, total = await storage.saved.page(chat.id, limit=5)
    assert ([headline.id for headline in found], total) == ([other], 1)
    assert await storage.saved.save(chat.id + 1, one, most=5, now=clock()) is SaveResult.GONE


async def test_the_weekly_digest_names_what_was_saved_if_wanted(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    await room.ask(chat, "/settings")
    await room.press(chat, "⏰ Delivery")
    await room.press(chat, "🎚 More options")
    assert "▫️ With what was saved" not in chat.last.buttons
    await room.press(chat, "↩ Back")
    await room.press(chat, "▫️ Weekly digest")
    await room.press(chat, "🎚 More options")
    assert "✅ With what was saved" in (await room.press(chat, "▫️ With what was saved")).buttons
    room.clock.advance(minutes=5)
    [kept, _] = await room.publish(draft("To be read later"), draft("Another"), lane=Lane.ALERT)
    row = await the(room.storage, chat.id)
    await room.storage.saved.save(row.id, kept, most=5, now=room.clock())
    room.clock.advance(days=8)
    before = len(chat.messages)
    async with room.sending():
        await room.sim.until(lambda: len(chat.messages) > before)
    assert "⭐ You saved 1 article:\n• To be read later" in chat.last.text
    shown = chat.last.text
    await room.press(chat, "1")
    assert (await room.press(chat, "↩ Back to the list")).text == shown
    assert "To be read later" in (await room.press(chat, "⭐ Saved articles")).text
