"""What search results show: why each was found, and a story in one line with its number of sources."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.ingest.draft import Draft
from bot.ingest.story_index import place_article
from bot.sim import Shown
from bot.text.document import stored_form, to_plain
from storage import Storage
from storage.records import Reading
from storage.records.documents import Document, Paragraph, Picture, Run
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom
from tests.test_deliver_copies import REPORT, REPRINT

FERRY = Draft(
    title="Timetable of the islands changes",
    body="From Monday on, the first boat leaves an hour later. The company says that its ferries were seldom full.",
    publisher="Coast Wire",
)
ARABIC = Draft(
    title="المرفأ يستعد للشتاء",
    body="أكّد مدير الميناء أن السفن الصغيرة ستنقل إلى الحوض الشرقي قبل نهاية الشهر المقبل.",
    publisher="صحيفة مرسان",
)


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock) as opened:
        await opened.publish(REPORT, FERRY, ARABIC, REPRINT, compared=True)
        yield opened


def marked(shown: Shown, kind: str) -> list[str]:
    """The parts of the text with this kind of entity."""
    units = shown.text.encode("utf-16-le")
    return [
        units[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le")
        for one in shown.entities
        if one["type"] == kind
    ]


async def test_a_word_of_the_text_is_shown_in_an_excerpt(room: Newsroom) -> None:
    chat, _ = room.reader()
    found = await room.ask(chat, "/search ferry")
    title, shown, details = found.text.split("\n")[-3:]
    assert title == "1. Timetable of the islands changes"
    assert shown == "… The company says that its ferries were seldom full."
    assert "Coast Wire" in details
    assert "ferries" in marked(found, "bold")


async def test_a_word_of_a_caption_is_shown_in_an_excerpt(room: Newsroom) -> None:
    captioned: Document = (
        Paragraph((Run("The mail leaves at noon."),)),
        Picture("https://news.example/a.jpg", (Run("A keeper waves from the tower"),)),
    )
    await room.publish(Draft(title="Mail ship", body=to_plain(captioned), document=stored_form(captioned)))
    chat, _ = room.reader()
    found = await room.ask(chat, "/search keeper")
    assert found.text.split("\n")[-2] == "A keeper waves from the tower"
    assert marked(found, "bold")[-1] == "keeper"


async def test_a_word_of_the_headline_is_marked_there_and_needs_no_excerpt(room: Newsroom) -> None:
    chat, _ = room.reader()
    found = await room.ask(chat, "/search timetable island")
    assert marked(found, "underline") == ["Timetable", "islands"]
    assert "…" not in found.text


async def test_an_arabic_word_is_marked_with_its_signs_and_its_article(room: Newsroom) -> None:
    chat, _ = room.reader("ar")
    found = await room.ask(chat, "/search اكد سفن مرفأ")
    assert marked(found, "underline") == ["المرفأ"]
    assert {"أكّد", "السفن"} <= set(marked(found, "bold"))


async def test_a_story_is_one_line_and_its_articles_are_counted_beside(room: Newsroom) -> None:
    chat, _ = room.reader()
    found = await room.ask(chat, "/search crane")
    assert found.text.split("\n")[0] == 'Results for "⁨crane⁩" (1 story, 2 articles)'
    assert "2 sources" in found.text
    assert found.buttons == ["1"]
    assert "🗞 All coverage (2)" in (await room.press(chat, "1")).buttons


async def test_who_switches_grouping_off_finds_each_article(room: Newsroom, clock: Clock) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/help")
    ours = await room.storage.chats.get(chat.id)
    assert ours is not None
    await room.storage.chats.set_reading(ours.id, Reading(grouped=False), now=clock())
    found = await room.ask(chat, "/search crane")
    assert found.text.split("\n")[0] == 'Results for "⁨crane⁩" (2)'
    assert found.buttons == ["1", "2"]


async def test_pages_of_stories_show_each_once(room: Newsroom) -> None:
    for n in range(7):
        own = replace(FERRY, title=f"Basin {n} opens")
        both = await room.publish(own, replace(own, title=f"The new Basin {n} opens", publisher="Bay Herald"))
        await room.storage.stories.merge(*both, now=room.clock(), decide=place_article)
    chat, _ = room.reader()
    first = (await room.ask(chat, "/search basin")).text
    second = (await room.press(chat, "Older »")).text
    for n in range(7):
        assert (first + second).count(f"Basin {n} opens") == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [('"seldom full"', "⁨seldom full⁩"), ('ferry "seldom full"', "⁨ferry 'seldom full'⁩"), ("«seldom»", "⁨seldom⁩")],
)
async def test_typed_quotes_are_not_doubled(room: Newsroom, typed: str, said: str) -> None:
    chat, _ = room.reader()
    assert (await room.ask(chat, f"/search {typed}")).text.startswith(f'Results for "{said}"')


async def test_a_short_arabic_word_is_found_behind_a_clitic_and_not_in_another_word(room: Newsroom) -> None:
    await room.publish(
        Draft(title="فريق المرفأ يفوز بكأس البحارة", body="انتهت المباراة مساء السبت على أرض الفريق."),
        Draft(title="كأس البحارة تنطلق غداً", body="تقام المباريات في ملعب المدينة."),
        Draft(title="الجزيرة جنة للطيور", body="تقول لجنة البيئة إن اللجنة أحصت ألف طائر."),
        Draft(title="اجتماع لجنة الميناء", body="ناقشت اللجنة موعد السفن."),
    )
    chat, _ = room.reader("ar")
    cup = await room.ask(chat, "/search كأس")
    assert "يفوز بكأس" in cup.text
    assert "تنطلق غداً" in cup.text
    assert "بكأس" in marked(cup, "underline")
    garden = await room.ask(chat, "/search جنة")
    assert "الجزيرة جنة" in garden.text
    assert "اجتماع" not in garden.text
