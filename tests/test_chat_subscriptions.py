"""What a chat is sent, and how it is settled: subscriptions, settings, and buttons that are pressed late or twice."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.ingest.draft import Draft
from bot.sim import Chat, Fault
from storage import Storage
from storage.records import CategoryName, Lane, Subscription
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom

BODY = "The council met in the old town hall on Monday.\n\nIt decided to paint the lighthouse white and red again."


def draft(title: str, category: str) -> Draft:
    return Draft(title=title, body=BODY, categories=(category,), publisher="Harbour News")


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock) as opened:
        await opened.publish(draft("a", "Trade"), draft("b", "Sports"), draft("c", "Culture"))
        yield opened


async def subscription(room: Newsroom, chat: Chat, topic: int | None = None) -> Subscription:
    ours = await room.storage.chats.get(chat.id, topic)
    return await room.storage.chats.subscription(ours.id) if ours else Subscription()


def names(subscribed: Subscription) -> list[str]:
    return sorted(one.name for one in subscribed.categories)


def muted(subscribed: Subscription) -> list[str]:
    return sorted(one.name for one in subscribed.muted)


# /subscribe, /unsubscribe, /stop


async def test_subscribe_without_a_name_is_everything(room: Newsroom) -> None:
    chat, _ = room.reader()
    answer = await room.ask(chat, "/subscribe")
    assert answer.text.startswith("✅ Alerts are on.\n\nYou get all news.")
    assert "✅ Trade" in answer.buttons
    assert (await subscription(room, chat)).everything


async def test_the_first_category_narrows_nothing_to_it_and_further_ones_add(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe trade")
    answer = await room.ask(chat, "/subscribe Sports")
    assert answer.text == "✅ ⁨Sports⁩ alerts are on.\n\nYour categories: ⁨Sports⁩ and ⁨Trade⁩."
    assert names(await subscription(room, chat)) == ["Sports", "Trade"]


async def test_a_chat_that_has_everything_is_told_so_and_offered_to_narrow(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    answer = await room.ask(chat, "/subscribe trade")
    assert answer.text == "You already get ⁨Trade⁩ as part of all news."
    assert (await subscription(room, chat)).everything
    await room.press(chat, "Only Trade")
    assert names(await subscription(room, chat)) == ["Trade"]


async def test_unsubscribing_from_one_of_everything_leaves_everything_but_that(room: Newsroom) -> None:
    chat, _ = room.reader("ar")
    await room.ask(chat, "/subscribe")
    answer = await room.ask(chat, "/unsubscribe sports")
    assert answer.text.endswith("تصلك كل الأخبار ما عدا ⁨Sports⁩.")
    assert muted(await subscription(room, chat)) == ["Sports"]
    await room.ask(chat, "/subscribe sports")
    assert muted(await subscription(room, chat)) == []


async def test_unsubscribing_always_says_what_is_left(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe trade")
    await room.ask(chat, "/subscribe culture")
    assert (await room.ask(chat, "/unsubscribe trade")).text.endswith("Your categories: ⁨Culture⁩.")
    assert (await room.ask(chat, "/unsubscribe culture")).text.endswith("You get no alerts.")
    await room.ask(chat, "/subscribe")
    assert (await room.ask(chat, "/unsubscribe")).text.endswith("You get no alerts.")
    assert (await subscription(room, chat)).nothing


# Nothing that was chosen is lost


async def test_subscribe_after_stop_brings_back_what_was_chosen(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe trade")
    await room.ask(chat, "/subscribe sports")
    assert (await room.ask(chat, "/stop")).buttons == ["↩ Undo"]
    assert (await subscription(room, chat)).nothing
    answer = await room.ask(chat, "/subscribe")
    assert "Your categories: ⁨Sports⁩ and ⁨Trade⁩." in answer.text
    assert {"✅ Sports", "✅ Trade", "▫️ Culture", "▫️ All news", "✅ Only what I choose"} <= set(answer.buttons)
    assert names(await subscription(room, chat)) == ["Sports", "Trade"]


async def test_subscribe_without_a_name_leaves_a_narrow_choice_as_it_is(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe trade")
    await room.ask(chat, "/subscribe")
    assert names(await subscription(room, chat)) == ["Trade"]
    assert "You get all news." in (await room.ask(chat, "/subscribe All news")).text
    assert "Your categories: ⁨Trade⁩." in (await room.press(chat, "↩ Undo")).text


@pytest.mark.parametrize(
    "typed", ["/stop", "/unsubscribe", "/unsubscribe trade", "/subscribe culture", "/subscribe all"]
)
async def test_each_step_can_be_undone_once(room: Newsroom, typed: str) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe trade")
    await room.ask(chat, typed)
    assert names(await subscription(room, chat)) != ["Trade"] or (await subscription(room, chat)).stopped
    undone = await room.press(chat, "↩ Undo")
    assert undone.text == "↩ Undone.\n\nYour categories: ⁨Trade⁩."
    assert undone.buttons == []
    assert names(await subscription(room, chat)) == ["Trade"]
    assert not (await subscription(room, chat)).stopped


async def test_an_undo_keeps_what_was_chosen_after_the_step(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe trade")
    first = await room.ask(chat, "/unsubscribe trade")
    await room.ask(chat, "/subscribe culture")
    pressed = first.rows[0][0]["callback_data"]
    assert (await chat.press_data(first.id, pressed).answered)["text"] == "↩ Undone."
    assert names(await subscription(room, chat)) == ["Culture", "Trade"]
    again = await chat.press_data(first.id, pressed).answered
    assert again["text"] == "This can't be undone any more."


async def test_an_article_that_was_published_before_stop_was_undone_arrives(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    await room.ask(chat, "/stop")
    room.clock.advance(seconds=1)
    await room.publish(draft("Meanwhile", "Trade"), lane=Lane.ALERT)
    await room.press(chat, "↩ Undo")
    async with room.sending():
        await room.sim.until(lambda: "Meanwhile" in chat.last.text)


async def test_all_news_and_chosen_news_is_a_switch_that_keeps_both_choices(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe trade")
    await room.ask(chat, "/settings")
    await room.press(chat, "📂 Categories")
    shown = await room.press(chat, "▫️ All news")
    assert {"✅ All news", "▫️ Only what I choose", "✅ Trade", "✅ Sports"} <= set(shown.buttons)
    shown = await room.press(chat, "✅ Sports")
    assert {"🚫 Sports", "✅ Trade"} <= set(shown.buttons)
    assert "You get all news except ⁨Sports⁩." in shown.text
    shown = await room.press(chat, "▫️ Only what I choose")
    assert {"✅ Trade", "▫️ Sports", "▫️ Culture"} <= set(shown.buttons)
    assert "Your categories: ⁨Trade⁩." in shown.text
    shown = await room.press(chat, "↩ Undo")
    assert {"✅ All news", "🚫 Sports"} <= set(shown.buttons)


async def test_who_gets_all_news_and_follows_a_category_besides_still_gets_all_after_an_import(
    room: Newsroom,
) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe trade")
    await room.ask(chat, "/settings")
    await room.press(chat, "📂 Categories")
    await room.press(chat, "▫️ All news")
    exported = [one async for one in room.storage.settings.export()]
    await room.storage.settings.put(exported, now=room.clock())
    assert (await subscription(room, chat)).everything


async def test_stopped_alerts_are_turned_on_again_in_the_settings(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe trade")
    await room.ask(chat, "/settings")
    await room.press(chat, "📂 Categories")
    shown = await room.press(chat, "🔕 No alerts")
    assert "You get no alerts." in shown.text
    shown = await room.press(chat, "🔔 Turn alerts on again")
    assert "Your categories: ⁨Trade⁩." in shown.text


async def test_a_misspelt_subscription_offers_names_that_subscribe_when_pressed(room: Newsroom) -> None:
    chat, _ = room.reader()
    answer = await room.ask(chat, "/subscribe Sprots")
    assert answer.buttons == ["Sports"]
    assert (await subscription(room, chat)).nothing
    assert "⁨Sports⁩ alerts are on" in (await room.press(chat, "Sports")).text
    assert names(await subscription(room, chat)) == ["Sports"]


async def test_stop_drops_what_is_owed_and_keeps_the_settings(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    await room.ask(chat, "/settings Asia/Beirut")
    room.clock.advance(seconds=1)
    await room.publish(draft("Owed", "Trade"), lane=Lane.ALERT)
    await room.storage.deliveries.expand(limit=10, now=room.clock())
    assert await room.storage.deliveries.count_owed() == 1
    assert "All alerts are off" in (await room.ask(chat, "/stop")).text
    assert await room.storage.deliveries.count_owed() == 0
    stored = await room.storage.chats.get(chat.id)
    assert stored
    assert stored.timezone == "Asia/Beirut"


async def test_the_picker_switches_categories_in_place(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/start")
    switched = await room.press(chat, "▫️ Trade")
    assert "✅ Trade" in switched.buttons
    assert "Your categories: ⁨Trade⁩." in switched.text
    await room.press(chat, "▫️ All news")
    assert (await subscription(room, chat)).everything
    await room.press(chat, "✅ Trade")
    assert muted(await subscription(room, chat)) == ["Trade"]
    await room.press(chat, "🔕 No alerts")
    assert (await subscription(room, chat)).nothing
    assert len(chat.messages) == 2  # the greeting and its keyboard


# /settings


async def test_the_language_changes_at_once(room: Newsroom) -> None:
    chat, _ = room.reader("en")
    await room.ask(chat, "/settings")
    await room.press(chat, "🌐 Language and time zone")
    await room.press(chat, "العربية")
    await room.sim.until(lambda: len(chat.messages) == 2)  # the settings, and the buttons below the text field
    assert chat.messages[0].text.startswith("الإعدادات")
    assert (await room.ask(chat, "/latest")).text.startswith("آخر الأخبار")


async def test_the_time_zone_is_chosen_or_typed_and_dates_follow(room: Newsroom) -> None:
    chat, _ = room.reader("ar")
    await room.ask(chat, "/settings")
    await room.press(chat, "🌐 اللغة والمنطقة الزمنية")
    await room.press(chat, "🕒 المنطقة الزمنية")
    changed = await room.press(chat, next(button for button in chat.last.buttons if button.startswith("بيروت")))
    assert "⁨بيروت⁩" in changed.text
    assert "1 آذار 2026، 14:02" in (await room.ask(chat, "/summary 1")).text  # Levantine months, two hours on
    assert "⁨القاهرة⁩" in (await room.ask(chat, "/settings africa/cairo")).text
    assert "لا أعرف منطقة زمنية باسم" in (await room.ask(chat, "/settings Mars/Olympus")).text
    near = await room.ask(chat, "/settings بيرووت")
    assert near.buttons[0] == "بيروت · 14:03"
    assert len(near.rows[0]) == 2
    assert "⁨بيروت⁩" in (await room.press(chat, "بيروت · 14:03")).text
    assert "أي منطقة زمنية تقصد" in (await room.ask(chat, "/settings +3")).text


async def test_silent_alerts_come_without_a_sound(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    await room.ask(chat, "/settings")
    await room.press(chat, "⏰ Delivery")
    await room.press(chat, "🎚 More options")
    await room.press(chat, "🔕 Without sound")
    assert "without sound" in (await room.ask(chat, "/settings")).text
    room.clock.advance(seconds=1)
    await room.publish(draft("Quietly", "Trade"), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: chat.last.text.startswith("Quietly"))
    sent = [call for call in room.sim.calls if call.method == "sendMessage"][-1]
    assert sent.values["disable_notification"] is True


# Buttons and trouble


@pytest.mark.parametrize("data", ["x:1", "l:1", "t:zz:zz", "", "a:1:2:3", "g:xx", "é"])
async def test_an_old_or_forged_button_is_answered_and_changes_nothing(room: Newsroom, data: str) -> None:
    chat, _ = room.reader()
    shown = await room.ask(chat, "/start")
    told = await asyncio.wait_for(chat.press_data(shown.id, data or "?").answered, 30)
    assert told["text"] == "This button is too old. /help shows what I can do."


async def test_a_button_whose_query_is_too_old_to_be_answered_still_does_what_it_says(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/start")
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    room.sim.faults.add(Fault("bad_request", method="answerCallbackQuery", text=too_old, times=2))
    chat.press("▫️ Trade")
    await room.heard()
    assert names(await subscription(room, chat)) == ["Trade"]
    chat.press("✅ Trade")
    await room.heard()
    assert (await subscription(room, chat)).nothing


async def test_a_button_pressed_twice_is_answered_twice(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    first, second = chat.press("1"), chat.press("1")
    await asyncio.wait_for(asyncio.gather(first, second), 30)
    assert (await room.ask(chat, "/help")).text.startswith("⁨Newsbot⁩")
    # Telegram refuses an edit that changes nothing; no reader hears of it.
    assert all("message is not modified" in error for error in room.sim.errors)
    room.sim.errors.clear()


async def test_a_summary_that_is_not_kept_any_more_is_told(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    while await room.storage.archive.prune(before=room.clock(), limit=100):
        pass
    told = await asyncio.wait_for(chat.press("1"), 30)
    assert told["text"] == "This article is no longer available."


async def test_answers_keep_the_order_of_what_was_asked(room: Newsroom) -> None:
    chat, _ = room.reader()
    for command in ("/help", "/latest", "/categories", "/settings"):
        chat.say(command)
    await room.sim.until(lambda: len(chat.messages) == 4)
    beginnings = [message.text.split("\n")[0] for message in chat.messages]
    assert beginnings == ["⁨Newsbot⁩", "Latest news", "Categories", "Settings"]


async def test_a_slow_chat_holds_up_no_other(room: Newsroom) -> None:
    slow, _ = room.reader()
    quick, _ = room.reader("en", "Sam")
    room.sim.faults.add(Fault("slow", method="sendMessage", chat_id=slow.id))
    slow.say("/latest")
    assert (await room.ask(quick, "/latest")).text.startswith("Latest news")
    assert slow.messages == []


async def test_narrowing_to_a_section_that_was_merged_away_changes_nothing(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    await room.ask(chat, "/subscribe trade")
    trade, sports = CategoryName("Trade", "trade"), CategoryName("Sports", "sports")
    await room.storage.categories.set_alias(trade, sports)
    assert "You get all news." in (await room.press(chat, "Only Trade")).text
