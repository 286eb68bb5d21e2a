"""The chat page of the demo, in a real browser: the whole bot runs behind it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest
from playwright.sync_api import Browser, Error, FilePayload, Locator, Page, expect

from tests.stage import BROWSER_TESTS

START = """
import asyncio, sys
from bot.demo import run_demo
_, news_every, language, port = sys.argv
asyncio.run(run_demo(port=int(port), open_browser=False, news_every=float(news_every), language=language or None))
"""
ARABIC, ENGLISH, GROUP, ADMINISTRATOR, CHANNEL, FRIENDS = 1, 2, 3, 4, 6, 7  # places in the list of chats

pytestmark = BROWSER_TESTS


@contextmanager
def starting_demo(
    news_every: float, language: str = "", port: int = 0, complaints: TextIO | None = None
) -> Iterator["subprocess.Popen[str]"]:
    command, root = [sys.executable, "-c", START, str(news_every), language, str(port)], Path(__file__).parent.parent
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True, cwd=root) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextmanager
def running_demo(
    news_every: float, language: str = "", complaints: TextIO | None = None
) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    with starting_demo(news_every, language, complaints=complaints) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Newsbot is at http://127.0.0.1:"), line
        yield line.split()[3], process


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    with running_demo(news_every=4) as (url, _):
        yield url


@pytest.fixture
def page(demo: str, browser: Browser) -> Iterator[Page]:
    with browser.new_context(locale="en-GB") as context:
        opened = context.new_page()
        wrong: list[Error] = []
        opened.on("pageerror", lambda error: wrong.append(error))
        opened.goto(demo)
        expect(opened.locator("#chats li")).to_have_count(7)
        yield opened
        assert wrong == []


ALERT = ".//*[contains(@class, 'key') and contains(., '📖')]"  # it may come between a command and its answer


def open_chat(page: Page, number: int) -> None:
    link = page.locator(f"#chats li:nth-child({number}) a")
    link.click()
    expect(link).to_have_class("open")  # what is typed before that belongs to the chat before


def say(page: Page, text: str) -> Locator:
    """Type that, and wait for what the bot says to it."""
    page.locator("#text").fill(text)
    with page.expect_response("**/page/send") as sent:
        page.keyboard.press("Enter")
    own = page.locator(f".message.own[data-id='{sent.value.json()['message']['message_id']}']")
    return answer_to(own)


def answer_to(own: Locator) -> Locator:
    """Wait for what the bot says to that message: the message that follows."""
    answer = own.locator(f"xpath=following-sibling::article[not(contains(@class, 'own')) and not({ALERT})][1]")
    expect(answer).to_be_visible()
    # Pinned to its number: later messages are no answer.
    return own.page.locator(f".message[data-id='{answer.get_attribute('data-id')}']")


def test_every_chat_begins_with_a_greeting_and_the_picker_in_its_language(page: Page) -> None:
    for number, greeting, button in (
        (ARABIC, "أهلًا بك", "كل الأخبار"),
        (ENGLISH, "Welcome", "All news"),
        (GROUP, "Hello! I'm", "All news"),
    ):
        open_chat(page, number)
        expect(page.locator(".message", has_text=greeting).first.locator(".key", has_text=button)).to_be_visible()


def test_a_command_is_answered_without_reloading(page: Page) -> None:
    open_chat(page, ENGLISH)
    answer = say(page, "/latest 3")
    expect(answer.locator("strong").nth(1)).to_contain_text("1. ")
    expect(answer.locator(".key", has_text="Older")).to_be_visible()


def test_a_button_changes_its_message_in_place(page: Page) -> None:
    open_chat(page, ENGLISH)
    answer = say(page, "/latest 4")
    answer.locator(".key", has_text="2").first.click()
    expect(answer.locator(".key", has_text="Back to the list")).to_be_visible()
    expect(answer.locator(".foot")).to_contain_text("edited")
    answer.locator(".key", has_text="Back to the list").click()
    expect(answer.locator(".key", has_text="Older")).to_be_visible()


def test_alerts_arrive_by_themselves_and_count_as_unread_elsewhere(page: Page) -> None:
    open_chat(page, ARABIC)
    badge = page.locator(f"#chats li:nth-child({GROUP}) .badge")
    expect(badge).to_be_visible(timeout=30_000)
    expect(page).to_have_title(re.compile(r"\(\d+\) Newsbot"))
    open_chat(page, GROUP)
    alert = page.locator(".message", has_text="Coast Wire").last
    expect(alert.locator(".key", has_text=re.compile("📖 Read$"))).to_be_visible()
    shown = page.locator(".message").count()
    expect(page.locator(".message")).not_to_have_count(shown, timeout=30_000)  # the next one


def test_one_text_of_two_sources_is_one_alert_and_one_story(page: Page) -> None:
    open_chat(page, ENGLISH)
    # Whichever of the two sources is read first gives the alert.
    titles = re.compile("Harbour crane moved by rail in a single night|Giant crane crosses Marsan harbour overnight")
    expect(page.locator(".message", has_text=titles).first).to_be_visible(timeout=30_000)
    story = page.locator(".message .key", has_text="All coverage (2)")
    for _ in range(20):
        say(page, '/search "moved by rail"').locator(".key", has_text="1").first.click()
        expect(page.locator(".message .key", has_text="Back to the list").last).to_be_visible()
        if story.count():
            break
    story.last.click()
    opened = page.locator(".message", has_text="All articles on this story").last
    expect(opened).to_contain_text("Giant crane crosses Marsan harbour overnight")
    expect(opened).to_contain_text("Harbour crane moved by rail in a single night")
    alerts = page.locator(".message").filter(has=page.locator(".key", has_text=re.compile("📖 Read$")))
    expect(alerts.filter(has_text=titles)).to_have_count(1)


def test_the_administrator_of_the_bot_splits_and_merges_and_sees_how_deliveries_are_doing(page: Page) -> None:
    open_chat(page, ADMINISTRATOR)
    greeting = page.locator(".message", has_text="For administrators of the bot").first
    for command in ("/breaking", "/retract", "/split", "/merge", "/stats"):
        expect(greeting).to_contain_text(command)
    expect(say(page, "/stats")).to_contain_text("Statistics")
    say(page, "/latest 10")
    expect(say(page, "/merge 9 10")).to_contain_text("Grouped as one story")
    expect(say(page, "/split 10")).to_contain_text("Separated")


def test_what_the_administrator_withdraws_is_withdrawn_for_the_readers(page: Page) -> None:
    open_chat(page, ADMINISTRATOR)
    say(page, '"Bees count landmarks"')
    asked = say(page, "/retract 1")
    expect(asked).to_contain_text("Bees count landmarks, and stop at four")
    asked.locator(".key", has_text="Withdraw it").click()
    expect(asked).to_contain_text("Withdrawn.")
    open_chat(page, ENGLISH)
    expect(say(page, '/search "Bees count landmarks"')).not_to_contain_text("and stop at four")
    expect(say(page, "/stats")).to_contain_text("Only administrators and editors of the bot can do this.")


def test_the_administrator_approves_what_the_council_announces(page: Page) -> None:
    open_chat(page, ADMINISTRATOR)
    card = page.locator(".message", has_text="Council lowers mooring fees").first
    expect(card).to_contain_text("Waiting for approval since", timeout=45_000)
    expect(card).to_contain_text("It goes to")
    card.locator(".key", has_text="Approve").click()
    expect(card).to_contain_text("✅ Approved by")
    open_chat(page, ENGLISH)
    alert = page.locator(".message", has_text="Council lowers mooring fees").last
    expect(alert.locator(".key", has_text="📖")).to_be_visible()


def test_arabic_runs_from_right_to_left_and_english_from_left_to_right(page: Page) -> None:
    open_chat(page, ARABIC)
    answer = say(page, "/latest 5")
    expect(page.locator("#chat")).to_have_attribute("dir", "rtl")
    expect(page.locator("#text")).to_have_attribute("placeholder", "اكتب رسالة أو / لأمر")
    bubble, own = answer.locator(".bubble").bounding_box(), page.locator(".own").last.bounding_box()
    assert bubble
    assert own
    assert bubble["x"] > own["x"]  # what others say stands at the side where reading begins
    open_chat(page, ENGLISH)
    expect(page.locator("#chat")).to_have_attribute("dir", "ltr")
    english = page.locator(".message:not(.own) .bubble").first.bounding_box()
    assert english
    assert english["x"] < bubble["x"]


def test_a_file_that_is_sent_is_answered(page: Page) -> None:
    open_chat(page, ENGLISH)
    settings = b'{"chat_id": 1, "silent": true}'
    sent = FilePayload(name="settings.json", mimeType="application/json", buffer=settings)
    page.locator("#file").set_input_files(sent)
    expect(page.locator(".message.own .card", has_text="settings.json")).to_be_visible()
    asked = page.locator(".message", has_text="Replace the settings here").last
    expect(asked).to_contain_text("without sound")
    asked.locator(".key", has_text="Replace").click()
    expect(page.locator(".message", has_text="The settings were replaced.").last).to_be_visible()
    page.locator(".message", has_text="The settings were replaced.").last.locator(".key", has_text="Undo").click()
    expect(page.locator(".message", has_text="Undone.").last).to_be_visible()


def test_what_is_typed_in_a_topic_is_answered_there(page: Page) -> None:
    open_chat(page, GROUP)
    page.get_by_role("tab", name="Sports").click()
    answer = say(page, "/categories")
    expect(answer).to_contain_text("Sports")
    page.get_by_role("tab", name="General").click()
    expect(page.locator(".message.own", has_text="/categories")).to_have_count(0)


def test_markup_that_was_typed_stays_text(page: Page) -> None:
    open_chat(page, ENGLISH)
    hostile = '<img src=x onerror="document.title=1"><b>bold</b>'
    answer = say(page, f"/search {hostile}")
    expect(answer).to_contain_text("<b>bold</b>")
    assert page.locator("#messages img[src$='/x'], #messages img[onerror]").count() == 0
    assert page.title() != "1"


def test_commands_are_offered_and_chosen_with_the_keyboard(page: Page) -> None:
    open_chat(page, ARABIC)
    page.locator("#text").press_sequentially("/s")
    offered = page.locator("#commands li")
    expect(offered.first).to_contain_text("/summary")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#commands .chosen")).to_contain_text("/search")
    page.keyboard.press("Tab")
    expect(page.locator("#text")).to_have_value("/search ")
    expect(offered).to_have_count(0)


def test_a_reply_to_an_alert_opens_its_summary(page: Page) -> None:
    open_chat(page, GROUP)
    latest = page.locator(".message", has_text="Coast Wire").last
    expect(latest).to_be_visible(timeout=30_000)
    alert = page.locator(f".message[data-id='{latest.get_attribute('data-id')}']")  # the next one may come meanwhile
    title = alert.locator(".text strong").first.text_content()
    alert.locator(".bubble").dblclick()
    expect(page.locator("#reply")).to_be_visible()
    page.locator("#text").fill("/summary")
    page.keyboard.press("Enter")
    own = page.locator(".message.own", has_text="/summary")
    answers = own.locator("xpath=following-sibling::article")  # a long article has "Read" below it, as alerts have
    expect(answers.filter(has=page.locator(".text strong", has_text=str(title))).first).to_be_visible()
    expect(page.locator("#reply")).to_be_hidden()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_is_wider_than_the_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    open_chat(page, ARABIC)
    say(page, "/latest 10")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("document.getElementById('scroll').scrollWidth <= innerWidth")


def test_on_a_phone_the_list_and_a_chat_take_turns(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("#chats")).to_be_visible()
    expect(page.locator("#messages")).to_be_hidden()
    open_chat(page, ENGLISH)
    expect(page.locator("#messages")).to_be_visible()
    expect(page.locator("#chats")).to_be_hidden()
    page.locator("#back").click()
    expect(page.locator("#chats")).to_be_visible()


def test_light_or_dark_as_the_system_says_until_a_person_chooses(demo: str, browser: Browser) -> None:
    with browser.new_context(color_scheme="dark") as context:
        page = context.new_page()
        page.goto(demo)
        body = page.locator("body")
        dark = body.evaluate("node => getComputedStyle(node).backgroundColor")
        page.locator("#theme").click()
        light = body.evaluate("node => getComputedStyle(node).backgroundColor")
        assert (dark, light) == ("rgb(23, 33, 43)", "rgb(255, 255, 255)")
        page.reload()
        assert body.evaluate("node => getComputedStyle(node).backgroundColor") == light


def test_a_whole_arabic_article_with_its_pictures_is_two_presses_away(browser: Browser) -> None:
    with running_demo(news_every=60) as (url, _), browser.new_context(locale="ar") as context:
        page = context.new_page()
        page.goto(url)
        open_chat(page, ARABIC)
        page.locator(".key", has_text="📖 اقرأ").click(timeout=60_000)
        page.locator(".key", has_text="📰 صفحة كاملة").click()
        article = page.locator(".message", has=page.locator("table"))
        expect(article).to_contain_text("أول قطار شحن منذ عشرين عامًا يعبر الجبل من ميناء مرسان", timeout=60_000)
        expect(article).to_contain_text("وتبدأ الرحلة الثانية صباح الأحد")  # its last paragraph
        expect(article.locator("img")).to_have_count(6)
        expect(article.locator("img").first).to_have_js_property("naturalWidth", 960)
        assert article.locator("h2, h3, h4").first.evaluate("node => getComputedStyle(node).direction") == "rtl"


def test_a_reader_follows_words_mutes_from_an_alert_and_saves(browser: Browser) -> None:
    with running_demo(news_every=6) as (url, _), browser.new_context(locale="en-GB") as context:
        page = context.new_page()
        page.goto(url)
        open_chat(page, ENGLISH)
        # Whichever of the two sources is read first gives the alert.
        titles = re.compile("win the derby with the last throw|Last-second throw decides")
        alert = page.locator(".message", has_text=titles)
        expect(alert).to_have_count(1, timeout=60_000)
        expect(say(page, "/follow harbour")).to_contain_text("Followed: words, in any form: \u2068harbour\u2069.")
        alert.locator(".key", has_text="⭐").click()
        expect(alert.locator(".key", has_text="🌟")).to_be_visible()
        alert.locator(".key", has_text="⋯").click()
        menu = page.locator(".message", has=page.locator(".key", has_text="Why this alert?"))
        menu.locator(".key", has_text="Sports").click()
        page.locator(".key", has_text="🔕 1 day").click()
        expect(menu.locator(".key", has_text="🔕 Sports")).to_be_visible()
        expect(say(page, "/latest sports")).to_contain_text("hidden by your mutes")
        expect(say(page, "/saved")).to_contain_text("1 article")


def test_a_reader_adds_the_source_that_the_demo_names_and_an_administrator_makes_it_public(browser: Browser) -> None:
    with running_demo(news_every=60) as (url, process), browser.new_context(locale="en-GB") as context:
        assert process.stdout is not None
        command = process.stdout.readline().partition("/add ")[2].strip()
        page = context.new_page()
        page.goto(url)
        open_chat(page, ENGLISH)
        expect(page.locator(".message", has_text="The buttons below are always")).to_be_visible()  # ends the greeting
        answer = say(page, f"/add {command}")
        answer.locator(".key", has_text="Marsan Sailing Club").click()
        expect(answer).to_contain_text("Added for this chat: \u2068Marsan Sailing Club\u2069")
        news = page.locator(".message", has_text="Start of the regatta moves to eleven")
        expect(news).to_be_visible(timeout=60_000)
        open_chat(page, ADMINISTRATOR)
        answer = say(page, f"/add {command}")
        answer.locator(".key", has_text="Marsan Sailing Club").click()
        expect(answer).to_contain_text("Added for everyone: \u2068Marsan Sailing Club\u2069")
        expect(answer.locator(".key", has_text="Make private")).to_be_visible()
        open_chat(page, ARABIC)
        answer = say(page, f"/add {command}")
        answer.locator(".key", has_text="نادي مرسان للإبحار").click()
        expect(answer).to_contain_text("أُضيف لهذه المحادثة: \u2068نادي مرسان للإبحار\u2069")


def test_words_after_the_name_of_the_bot_find_an_article_to_post_in_any_chat(page: Page) -> None:
    open_chat(page, FRIENDS)
    page.locator("#hint .chip", has_text="@newsbot glacier").click()
    result = page.get_by_role("option", name=re.compile("glacier"))
    expect(result).to_be_visible()
    result.click()
    posted = page.locator(".message.own").last
    expect(posted).to_contain_text("Swarm of small sensors finds where a glacier drinks its own lake")
    expect(posted).to_contain_text("via @newsbot")


def test_a_mention_where_the_bot_is_no_member_is_answered(page: Page) -> None:
    open_chat(page, FRIENDS)
    page.locator("#hint .chip", has_text="What about the harbour").click()
    answer = page.locator(".message:not(.own)", has=page.locator(".author", has_text="Newsbot")).last
    expect(answer).to_contain_text(re.compile("harbour", re.IGNORECASE))  # which article it is depends on the time
    title = answer.locator(".text strong").first.inner_text()
    answer.locator(".key", has_text="📖 Read").click()
    expect(page.locator("#title")).to_have_text("Newsbot")
    expect(page.locator(".message:not(.own)", has_text=title).last).to_be_visible()


def test_a_post_of_the_channel_takes_reactions(page: Page) -> None:
    open_chat(page, CHANNEL)
    post = page.locator(".message").first
    expect(post).to_be_visible(timeout=30_000)
    expect(page.locator("#compose")).to_be_hidden()
    post.get_by_role("button", name="👍").click()
    expect(post.get_by_role("button", name="👍")).to_have_text("👍 1")


def test_the_page_says_that_the_bot_is_gone(browser: Browser) -> None:
    with running_demo(news_every=60) as (url, process), browser.new_context() as context:
        page = context.new_page()
        page.goto(url)
        expect(page.locator("#chats li")).to_have_count(7)
        process.terminate()
        assert process.wait(timeout=15) == 0
        expect(page.locator("#offline")).to_be_visible()
