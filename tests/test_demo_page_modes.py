"""Inline mode, messages for one member of a group, and reactions on the chat page, in a real browser."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.stage import BROWSER_TESTS, DESKTOP, Stage, picture, shown, staged

pytestmark = BROWSER_TESTS


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as set_up:
        set_up.call("getUpdates", allowed_updates=["inline_query", "message", "callback_query"])
        yield set_up


@pytest.fixture
def page(stage: Stage, browser: Browser) -> Iterator[Page]:
    with shown(browser, stage.sim.url, **DESKTOP) as opened:
        yield opened


def article(number: int, **more: Any) -> dict[str, Any]:
    content = {"message_text": f"<b>Article {number}</b>", "parse_mode": "HTML"}
    return {
        "type": "article",
        "id": str(number),
        "title": f"Title {number}",
        "description": f"Sports · Coast Wire {number}",
        "input_message_content": content,
        **more,
    }


def answer(stage: Stage, results: list[dict[str, Any]], **more: Any) -> Any:
    """Answer the next inline query. Returns it."""
    asked = stage.next_update("inline_query")
    stage.call("answerInlineQuery", inline_query_id=asked["id"], results=results, **more)
    return asked


def test_words_after_the_name_of_the_bot_are_a_question_and_a_result_is_posted(stage: Stage, page: Page) -> None:
    page.locator("#chats a", has_text="Newsroom").click()
    page.locator("#text").press_sequentially("@newsbot harbour crane")
    assert answer(stage, [article(1), article(2)])["query"] == "harbour crane"
    results = page.get_by_role("option")
    expect(results).to_have_count(2)
    expect(results.first).to_contain_text("Title 1Sports · Coast Wire 1")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    posted = page.locator(".message.own")
    expect(posted.locator(".text strong")).to_have_text("Article 2")
    expect(posted).to_contain_text("via @newsbot")
    expect(page.locator("#text")).to_have_value("")
    expect(results).to_have_count(0)
    assert [raw["via_bot"]["username"] for raw in stage.group.raw.values()] == ["newsbot"]


def test_only_the_newest_letters_are_answered(stage: Stage, page: Page) -> None:
    page.locator("#text").fill("@newsbot a")
    first = stage.next_update("inline_query")
    page.locator("#text").fill("@newsbot ab")
    second = stage.next_update("inline_query")
    for asked, number in ((second, 2), (first, 1)):  # the late answer comes last
        stage.call("answerInlineQuery", inline_query_id=asked["id"], results=[article(number)])
    expect(page.get_by_role("option")).to_have_text(["📰Title 2Sports · Coast Wire 2"])
    page.locator("#text").fill("something else")
    expect(page.get_by_role("option")).to_have_count(0)


def test_escape_ends_a_question_that_is_not_answered_yet(stage: Stage, page: Page) -> None:
    page.locator("#text").fill("@newsbot a")
    stage.next_update("inline_query")
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/page/inline")):
        page.locator("#text").press("Escape")


def test_more_results_come_when_the_list_is_scrolled_to_its_end(stage: Stage, page: Page) -> None:
    page.locator("#text").fill("@newsbot ")
    answer(stage, [article(number) for number in range(20)], next_offset="20")
    results = page.get_by_role("option")
    expect(results).to_have_count(20)
    page.locator("#commands").evaluate("list => list.scrollTo(0, list.scrollHeight)")
    assert answer(stage, [article(number) for number in range(20, 25)])["offset"] == "20"
    expect(results).to_have_count(25)
    results.nth(24).click()
    expect(page.locator(".message.own .text")).to_have_text("Article 24")


def test_the_picture_of_a_result_is_shown_and_no_other_address_is_read(stage: Stage, page: Page) -> None:
    file = stage.keep("a.jpg", picture("navy"))
    stage.sim.fetcher.private = True
    address = f"{stage.sim.url}/page/files/{file.id}"
    page.locator("#text").fill("@newsbot x")
    answer(stage, [article(1, thumbnail_url=address)])
    expect(page.locator("#commands img")).to_have_js_property("naturalWidth", 320)
    other = page.request.get(f"{stage.sim.url}/page/thumbnail", params={"url": f"{stage.sim.url}/"})
    assert other.status == 404


def test_a_link_that_adds_the_bot_to_a_group_asks_which_and_starts_the_bot_there(stage: Stage, page: Page) -> None:
    friends = stage.do(lambda: stage.sim.group("Friends", admins=[stage.reader]))
    stage.do(lambda: friends.members.pop(stage.sim.bot["id"]))
    stage.do(lambda: stage.sim.list_on_page(friends, stage.reader))
    page.reload()
    stage.call("getUpdates", allowed_updates=["my_chat_member", "message"])
    stage.send("Add me", reply_markup=adding("startgroup=sub_3"))
    page.locator(".key", has_text="Add").click()
    expect(page.locator("#share")).to_contain_text("Add the bot to which group?")
    expect(page.locator("#share button")).to_have_text(["Newsroom", "Friends"])
    page.locator("#share").get_by_role("button", name="Friends").click()
    expect(page.locator("#title")).to_contain_text("Friends")
    assert stage.next_update("my_chat_member")["new_chat_member"]["status"] == "member"
    expect(page.locator(".message.own")).to_contain_text("/start@newsbot sub_3")


def test_a_link_that_adds_the_bot_to_a_channel_says_that_it_is_there(stage: Stage, page: Page) -> None:
    stage.send("أضفني", stage.arabic, reply_markup=adding("startchannel&admin=post_messages"))
    page.locator("#chats a", has_text="ليلى").click()
    page.locator(".key", has_text="Add").click()
    page.locator("#share").get_by_role("button", name="Headlines").click()
    expect(page.locator("#toast")).to_have_text("البوت موجود في هذه المحادثة أصلًا")
    expect(page.locator("#title")).to_contain_text("Headlines")


def adding(query: str) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "Add", "url": f"https://t.me/newsbot?{query}"}]]}


def test_what_is_typed_after_a_question_is_a_reply_to_it(stage: Stage, page: Page) -> None:
    page.locator("#text").wait_for()
    asked = stage.send("What is its new name?", reply_markup={"force_reply": True})
    expect(page.locator("#reply")).to_contain_text("What is its new name?")
    page.locator("#text").fill("Sailing club")
    page.locator("#text").press("Enter")
    assert stage.next_update("message")["reply_to_message"]["message_id"] == asked["message_id"]
    expect(page.locator("#reply")).to_be_hidden()


def test_a_share_button_asks_in_which_chat_and_types_the_question_there(stage: Stage, page: Page) -> None:
    keys = [[{"text": "Share", "switch_inline_query": "art_12"}]]
    stage.send("An article", reply_markup={"inline_keyboard": keys})
    page.locator(".key", has_text="Share").click()
    page.locator("#share").get_by_role("button", name="Newsroom").click()
    expect(page.locator("#title")).to_have_text("Newsroom")
    expect(page.locator("#text")).to_have_value("@newsbot art_12")
    assert answer(stage, [article(12)])["query"] == "art_12"
    expect(page.get_by_role("option")).to_have_count(1)


def test_a_message_for_one_member_says_that_nobody_else_sees_it_and_its_buttons_work(
    stage: Stage, page: Page
) -> None:
    stage.do(lambda: stage.group.members.update({stage.sim.bot["id"]: "administrator"}))
    page.locator("#chats a", has_text="Newsroom").click()
    to_reader = {"receiver_user_id": stage.reader.id}
    keys = {"inline_keyboard": [[{"text": "Older", "callback_data": "older"}]]}
    for number in (1, 2):
        stage.send(f"For you {number}", stage.group, ephemeral_message_parameters=to_reader, reply_markup=keys)
    expect(page.locator(".message .only")).to_have_text(["👁 Only you see this message"] * 2)
    first = page.locator(".message").first
    expect(first.locator(".answer")).to_have_count(0)
    first.locator(".key").click()
    assert stage.next_update("callback_query")["message"]["ephemeral_message_id"] == 1
    named = {"chat_id": stage.group.id, "receiver_user_id": stage.reader.id, "ephemeral_message_id": 1}
    stage.call("editEphemeralMessageText", text="Edited for you", **named)
    expect(page.locator(".message .text")).to_have_text(["Edited for you", "For you 2"])
    page.reload()
    expect(page.locator(".message .only")).to_have_count(2)


def test_readers_react_to_a_post_of_a_channel_and_take_it_back(stage: Stage, page: Page) -> None:
    stage.send("News", stage.channel)
    page.locator("#chats a", has_text="Headlines").click()
    thumb = page.get_by_role("button", name="👍")
    thumb.click()
    expect(thumb).to_have_text("👍 1")
    expect(thumb).to_have_attribute("aria-pressed", "true")
    stage.call("editMessageText", chat_id=stage.channel.id, message_id=1, text="News, corrected")
    expect(page.locator(".message .text")).to_have_text("News, corrected")
    expect(thumb).to_have_text("👍 1")
    thumb.click()
    expect(thumb).to_have_text("👍")
