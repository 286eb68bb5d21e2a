"""The numbers of a category: what its button says is how many headlines it opens, and articles are named as such."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.messages import categories
from storage import Storage
from storage.records import Reading, SourceKind
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom
from tests.test_chat_stories import OTHER
from tests.test_deliver_copies import REPORT, REPRINT
from tests.test_serials import sea


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock) as opened:
        culture = [replace(one, categories=("Culture",)) for one in (REPORT, REPRINT, OTHER)]
        await opened.publish(*culture, *(sea(n) for n in range(1, 8)), compared=True)
        yield opened


def lines(text: str) -> int:
    return sum(line[:1].isdigit() and ". " in line for line in text.split("\n"))


async def test_a_category_opens_as_many_headlines_as_its_button_says(room: Newsroom) -> None:
    chat, _ = room.reader()
    picker = await room.ask(chat, "/category")
    assert picker.text.endswith("The number of stories is in brackets.")
    assert picker.buttons == ["Culture (2)", "Science (1)"]
    opened = await room.press(chat, "Culture (2)")
    assert opened.text.startswith("Culture (2 stories)\n")
    assert lines(opened.text) == 2
    opened = await room.ask(chat, "/category science")
    assert opened.text.startswith("Science (1 story)\n")
    assert lines(opened.text) == 1


async def test_the_list_of_categories_counts_the_articles_that_a_category_says_it_has(room: Newsroom) -> None:
    chat, _ = room.reader()
    assert "Culture⁩ — 3 articles" in (await room.ask(chat, "/categories")).text


async def test_who_sees_each_article_has_one_number(room: Newsroom, clock: Clock) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/help")
    ours = await room.storage.chats.get(chat.id)
    assert ours is not None
    await room.storage.chats.set_reading(ours.id, Reading(grouped=False), now=clock())
    picker = await room.ask(chat, "/category")
    assert picker.text.endswith("The number of articles is in brackets.")
    assert picker.buttons == ["Culture (3)", "Science (7)"]
    assert (await room.press(chat, "Culture (3)")).text.startswith("Culture (3)\n")


async def test_what_the_chat_mutes_is_not_counted(room: Newsroom, clock: Clock) -> None:
    source, _ = await room.storage.sources.add(
        "https://herald.example/feed", SourceKind.FEED, title="Herald", now=clock()
    )
    await room.publish(replace(OTHER, title="Muted", body="Another thing.", publisher=None), source=source)
    chat, _ = room.reader()
    assert "Culture (3)" in (await room.ask(chat, "/category")).buttons
    await room.ask(chat, "/mute Herald")
    assert "Culture (2)" in (await room.ask(chat, "/category")).buttons
    assert (await room.press(chat, "Culture (2)")).text.startswith("Culture (2 stories)\n")


async def test_a_later_page_has_no_numbers_in_its_heading(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/latest 1 culture")
    assert (await room.press(chat, "Older »")).text.startswith("Culture\n")


async def test_from_a_hundred_on_the_button_says_so_and_the_list_counts_articles(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(categories, "COUNTED_LINES", 2)
    chat, _ = room.reader("ar")
    picker = await room.ask(chat, "/category")
    assert "Culture (1+)" in picker.buttons
    assert (await room.press(chat, "Culture (1+)")).text.split("\n")[0].endswith("(3 أخبار)")
