"""Why an article came as an alert, or did not, as the chat is told."""

from dataclasses import replace
from datetime import timedelta

from bot.ingest.draft import Draft
from bot.jobs import QuietFollows
from storage.records import Lane
from tests.newsroom import Newsroom

BODY = "The council met in the old town hall on Monday.\n\nIt decided to paint the lighthouse white and red again."
DRAFT = Draft(title="Lighthouse painted", body=BODY, categories=("Culture",), publisher="Harbour News")


async def test_each_chat_is_told_what_decided(room: Newsroom) -> None:
    await room.publish(replace(DRAFT, title="Market day"))  # so that the category is known
    following, muting, other = [room.reader(name=name)[0] for name in ("A", "B", "C")]
    await room.ask(following, "/follow lighthouse")
    await room.ask(muting, "/subscribe all")
    await room.ask(muting, "/mute culture")
    await room.ask(other, "/follow volcano")
    room.clock.advance(minutes=1)
    await room.publish(DRAFT, lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: "Lighthouse painted" in following.last.text)
    why = await room.ask(following, "/why", reply_to=following.last.id)
    assert why.text.startswith("You got this article:\n\nLighthouse painted")
    assert "✅ Followed here: words, in any form: ⁨lighthouse⁩." in why.text
    why = await room.ask(muting, "/why 1")
    assert why.text.startswith("You did not get this article as an alert:")
    assert "❌ Muted here: the category ⁨Culture⁩." in why.text
    assert (await room.press(muting, "🔕 Culture")).text.startswith("🔕 Muted: the category ⁨Culture⁩.")
    assert "❌ Nothing that it belongs to is followed here." in (await room.ask(other, "/why 1")).text


async def test_what_was_published_before_the_chat_came_is_explained_so(room: Newsroom) -> None:
    await room.publish(DRAFT, lane=Lane.ALERT)
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe all")
    await room.ask(chat, "/latest")
    why = (await room.ask(chat, "/why 1")).text
    assert "❌ I came here, or came back, only after it was published." in why
    assert "❌ All news was turned on here only after it was published." in why


async def test_a_chat_that_follows_nothing_is_told_so_once(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.publish(DRAFT, lane=Lane.ALERT)
    await room.ask(chat, "/latest")
    why = (await room.ask(chat, "/why 1")).text
    assert "❌ Nothing is followed here. /subscribe turns on alerts." in why
    assert why.count("followed here") == 1


async def test_the_menu_of_an_alert_says_why_in_its_place(room: Newsroom) -> None:
    chat, _ = room.reader("ar")
    await room.ask(chat, "/subscribe all")
    room.clock.advance(minutes=1)
    await room.publish(DRAFT, lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: "Lighthouse painted" in chat.last.text)
    text = chat.last.text
    await chat.press("⋯")
    await room.heard()
    assert "تصل كل الأخبار إلى هنا." in (await room.press(chat, "❓ لماذا هذا التنبيه؟")).text
    assert (await room.press(chat, "↩ رجوع")).text == text


async def test_a_follow_that_found_nothing_for_a_month_is_offered_for_removal_once(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/follow volcano")
    offering = QuietFollows(room.storage, room.clock)
    await offering()
    room.clock.advance(days=32)
    await offering()
    await offering()
    async with room.sending():
        await room.sim.until(lambda: "Nothing was published in the last month" in chat.last.text)
    assert len(chat.messages) == 2
    assert (await room.press(chat, "✖ Unfollow")).text.startswith("Neither followed nor muted")
    room.clock.time += timedelta(days=32)
    await offering()
    assert await room.storage.deliveries.count_owed() == 0
