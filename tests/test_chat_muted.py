"""What a chat mutes is left out of its lists, which say so and show it when a button is pressed."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.ingest.draft import Draft
from storage import Storage
from storage.records import NewSource, SubjectKind, SubjectName
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom

BODY = "The council met in the old town hall on Monday.\n\nIt decided to paint the lighthouse white and red again."
NEWS = Draft(title="Lighthouse painted", body=BODY, categories=("Coast", "Culture"), publisher="Harbour News")


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock) as opened:
        await opened.publish(
            replace(NEWS, title="Harbour budget passed", categories=("Economy",)),
            NEWS,
            replace(NEWS, title="Harbour races off", categories=("Sport",)),
        )
        yield opened


async def mute(room: Newsroom, chat_id: int, *names: str) -> None:
    ours = await room.storage.chats.get(chat_id)
    assert ours is not None
    for name in names:
        category = await room.storage.categories.find(name)
        assert category is not None
        subject = await room.storage.follows.ensure_subject(SubjectName(kind=SubjectKind.CATEGORY, ref=category.id))
        await room.storage.follows.mute(ours.id, subject.id, now=room.clock())


@pytest.mark.parametrize(
    ("language", "says", "show", "hide"),
    [
        ("en", "2 articles are hidden by your mutes.", "👁 Show hidden news", "🔇 Hide muted news"),
        ("ar", "خبران مخفيان لأنك كتمتهما.", "👁 إظهار المخفي", "🔇 إخفاء المكتوم"),
    ],
)
async def test_a_list_says_what_mutes_hide_and_shows_it(
    room: Newsroom, language: str, says: str, show: str, hide: str
) -> None:
    chat, _ = room.reader(language)
    await room.ask(chat, "/help")
    await mute(room, chat.id, "sport", "culture")
    listed = await room.ask(chat, "/latest")
    assert ("Harbour budget passed" in listed.text, "Harbour races off" in listed.text) == (True, False)
    assert says in listed.text
    whole = await room.press(chat, show)
    assert "Harbour races off" in whole.text
    assert "Lighthouse painted" in whole.text
    again = await room.press(chat, hide)
    assert again.text == listed.text


async def test_a_page_counts_what_it_would_have_shown_itself(room: Newsroom) -> None:
    chat, _ = room.reader("en")
    await room.ask(chat, "/help")
    await mute(room, chat.id, "culture")
    assert "hidden" not in (await room.ask(chat, "/latest 1")).text
    older = await room.press(chat, "Older »")
    assert "Harbour budget passed" in older.text
    assert "1 article is hidden by your mutes." in older.text
    newer = await room.press(chat, "« Newer")
    assert "Harbour races off" in newer.text
    assert "hidden" not in newer.text


async def test_a_list_of_hidden_news_only_says_so(room: Newsroom) -> None:
    chat, _ = room.reader("en")
    await room.ask(chat, "/help")
    await mute(room, chat.id, "sport")
    shown = await room.ask(chat, "/category sport")
    assert shown.text == "Sport\n\n1 article is hidden by your mutes."
    assert "Harbour races off" in (await room.press(chat, "👁 Show hidden news")).text


async def test_a_search_says_what_mutes_hide(room: Newsroom) -> None:
    chat, _ = room.reader("en")
    await room.ask(chat, "/help")
    await mute(room, chat.id, "sport")
    shown = await room.ask(chat, "/search harbour")
    assert "Harbour races off" not in shown.text
    assert "1 article is hidden by your mutes." in shown.text
    assert "Harbour races off" in (await room.press(chat, "👁 Show hidden news")).text
    nothing = await room.ask(chat, "/search races")
    assert "1 article is hidden by your mutes." in nothing.text
    assert "Harbour races off" in (await room.press(chat, "👁 Show hidden news")).text


async def test_a_chat_that_mutes_nothing_reads_nothing_of_mutes(room: Newsroom) -> None:
    chat, _ = room.reader("en")
    listed = await room.ask(chat, "/latest")
    assert "hidden" not in listed.text
    assert not any("muted" in label or "hidden" in label for label in listed.buttons)


async def test_a_stranger_opens_no_private_article_by_its_number(room: Newsroom) -> None:
    owner, _ = room.reader("en")
    await room.ask(owner, "/help")
    ours = await room.storage.chats.get(owner.id)
    assert ours is not None
    source, _ = await room.storage.sources.add_private(
        NewSource(url="https://own.example/feed", title="Own Letter"), chat_row=ours.id, now=room.clock()
    )
    subject = await room.storage.follows.ensure_subject(SubjectName(kind=SubjectKind.SOURCE, ref=source.id))
    await room.storage.follows.follow(ours.id, subject.id, now=room.clock())
    [secret] = await room.publish(replace(NEWS, title="Diary of May", categories=("Diary",)), source=source)
    assert "Diary of May" in (await room.ask(owner, f"/start art_{secret}")).text
    assert "Diary of May" in (await room.ask(owner, "/latest")).text
    stranger, _ = room.reader("en")
    for typed in (f"/start art_{secret}", "/latest", "/search diary", "/category diary", "/search source:own"):
        await room.ask(stranger, typed)
        assert all("Diary of May" not in message.text for message in stranger.messages)
    assert "Diary" not in (await room.ask(stranger, "/categories")).text
