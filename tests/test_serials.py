"""A bulletin that comes again with other numbers: lists and digests show its newest issue."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.config import Config
from bot.ingest.draft import Draft
from bot.text.search import index_words
from bot.text.serials import serial
from storage import Storage
from storage.records import Lane, Reading
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom

ADMIN = 77


def sea(n: int, publisher: str = "Coast Wire") -> Draft:
    return Draft(
        title=f"Sea bulletin no. {n}: wind {n + 7} knots, waves up to {n * 3 + 40} cm",
        body=f"The harbour office of Marsan measured a wind of {n + 7} knots at the outer buoy, with waves of up to"
        f" {n * 3 + 40} centimetres. The water has {n % 9 + 12} degrees.\n\nSmall boats come back early.",
        categories=("Science",),
        publisher=publisher,
    )


def robbery(place: str, age: int) -> Draft:
    return Draft(
        title=f"Two arrested after robbery in the port at {age}:00",
        body=f"Police stopped a van in {place} Street on Monday, {age} minutes after the call. A man of"
        f" {age + 9} years and one of {age + 3} were taken to the station.",
        categories=("Crime",),
        publisher="Coast Wire",
    )


def number_of(draft: Draft, language: str) -> int | None:
    return serial(index_words(draft.title, language), index_words(draft.body, language))


def arabic(n: int, day: str) -> Draft:
    return Draft(
        title=f"أسعار الذهب في مرسان يوم {day}: {n} ليرة",
        body=f"سجل غرام الذهب من عيار 21 سعر {n} ليرة يوم {day}، وبلغ سعر الأونصة {n * 31} ليرة عند الإغلاق.",
    )


def test_issues_share_a_number_whatever_their_figures_and_days() -> None:
    assert number_of(sea(1), "en") == number_of(sea(22), "en") is not None
    assert number_of(arabic(845, "الاثنين"), "ar") == number_of(arabic(1_210, "الخميس"), "ar") is not None


def test_two_events_with_one_headline_are_no_serial() -> None:
    assert number_of(robbery("Basin", 31), "en") != number_of(robbery("Chapel", 40), "en")


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Results 3:1", "The team of 11 won 3 to 1 before 4000 people."),
        ("Letter from the editor", "This week we thought about the harbour."),
        ("", ""),
    ],
)
def test_a_short_headline_or_a_text_without_numbers_is_no_issue(title: str, body: str) -> None:
    assert serial(index_words(title, "en"), index_words(body, "en")) is None


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock, Config(admins=(ADMIN,), commands_per_minute=0)) as opened:
        await opened.publish(*(sea(n) for n in range(1, 16)), compared=True)
        yield opened


async def test_lists_show_the_newest_issue_alone(room: Newsroom) -> None:
    chat, _ = room.reader()
    for typed in ("/latest", "/latest science", "/category science"):
        shown = await room.ask(chat, typed)
        assert "Sea bulletin no. 15" in shown.text
        assert shown.text.count("Sea bulletin") == 1
        assert "15 articles" not in shown.text
    await room.ask(chat, "/follow science")
    assert "🗞 All coverage (15)" not in (await room.ask(chat, "/summary 1")).buttons


async def test_another_source_has_its_own_bulletin_and_other_news_stays(room: Newsroom) -> None:
    await room.publish(sea(30, "Bay Herald"), robbery("Basin", 31), robbery("Chapel", 40), compared=False)
    chat, _ = room.reader()
    shown = (await room.ask(chat, "/latest")).text
    assert shown.count("Sea bulletin") == 2
    assert shown.count("Two arrested") == 2


async def test_the_issue_before_comes_back_when_the_newest_is_withdrawn(room: Newsroom) -> None:
    admin = room.sim.private(room.sim.person("Ines", "en", user_id=ADMIN))
    await room.ask(admin, "/latest")
    await room.ask(admin, "/retract 1")
    await room.press(admin, "🚫 Withdraw it")
    assert "Sea bulletin no. 14" in (await room.ask(admin, "/latest")).text


async def test_an_older_issue_is_found_by_a_search(room: Newsroom) -> None:
    chat, _ = room.reader()
    assert "Sea bulletin no. 4" in (await room.ask(chat, '/search "bulletin no. 4"')).text


async def test_who_sees_each_article_sees_each_issue(room: Newsroom, clock: Clock) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/help")
    ours = await room.storage.chats.get(chat.id)
    assert ours is not None
    await room.storage.chats.set_reading(ours.id, Reading(grouped=False), now=clock())
    assert (await room.ask(chat, "/latest")).text.count("Sea bulletin") == 5


async def test_a_digest_names_the_newest_issue(room: Newsroom, clock: Clock) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe all")
    ours = await room.storage.chats.get(chat.id)
    assert ours is not None
    begun = clock()
    await room.publish(*(sea(n) for n in range(16, 20)), robbery("Basin", 31), lane=Lane.ALERT)
    found, total = await room.storage.articles.missed_headlines(
        ours.id, since=begun, until=clock() + timedelta(hours=1), limit=20
    )
    assert [one.title[:19] for one in found] == ["Two arrested after ", "Sea bulletin no. 19"]
    assert total == 2
