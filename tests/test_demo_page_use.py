"""How the chat page is used: the keyboard, a phone, a reload, link previews, and colours that can be read."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.locale import LANGUAGES, Voice
from bot.messages.menu import reply_keyboard
from tests.contrast import find_faint_texts
from tests.site import Page as SitePage
from tests.site import serving
from tests.stage import BROWSER_TESTS, DESKTOP, PHONE, Stage, open_page, picture, shown, staged

pytestmark = BROWSER_TESTS


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as set_up:
        set_up.do(
            lambda: set_up.sim.menus.update(
                {
                    ('{"type": "default"}', ""): [
                        {"command": name, "description": f"The {name}"}
                        for name in ("search", "summary", "settings", "stop", "latest")
                    ]
                }
            )
        )
        yield set_up


@pytest.fixture
def page(stage: Stage, browser: Browser) -> Iterator[Page]:
    with shown(browser, stage.sim.url, **DESKTOP) as opened:
        yield opened


def two_buttons(last: str = "b") -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "One", "callback_data": "a"}, {"text": "Two", "callback_data": last}]]}


def sent_by_reader(stage: Stage) -> list[str]:
    return [raw["text"] for number, raw in stage.chat.raw.items() if number in stage.chat.by_people]


# The keyboard


def test_enter_takes_the_highlighted_command(stage: Stage, page: Page) -> None:
    page.locator("#text").press_sequentially("/s")
    expect(page.locator("#commands .chosen")).to_contain_text("/search")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".message.own .text")).to_have_text("/summary")
    expect(page.locator("#text")).to_have_value("")
    assert sent_by_reader(stage) == ["/summary"]


def test_a_command_that_is_typed_wholly_is_the_highlighted_one(stage: Stage, page: Page) -> None:
    page.locator("#text").press_sequentially("/stop")
    page.keyboard.press("Enter")
    expect(page.locator(".message.own .text")).to_have_text("/stop")


def test_escape_and_a_click_outside_close_the_menu(page: Page) -> None:
    menu = page.locator("#commands")
    page.locator("#menu").click()
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    page.locator("#text").fill("/")
    expect(menu).to_be_visible()
    page.locator("#scroll").click()
    expect(menu).to_be_hidden()
    expect(page.locator("#text")).to_have_attribute("aria-expanded", "false")


def test_the_text_field_has_the_focus_when_a_chat_opens(page: Page) -> None:
    expect(page.locator("#text")).to_be_focused()
    page.locator("#chats a").nth(1).click()
    expect(page.locator("#text")).to_be_focused()


def test_the_focus_stays_with_a_pressed_button_when_its_message_is_edited(stage: Stage, page: Page) -> None:
    sent = stage.send("Before", reply_markup=two_buttons())
    page.locator(".key", has_text="Two").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".key", has_text="Two")).to_have_class("key waiting")
    edit = {"chat_id": stage.chat.id, "message_id": sent["message_id"], "reply_markup": two_buttons("c")}
    stage.call("editMessageText", text="After", **edit)
    expect(page.locator(".message", has_text="After")).to_be_visible()
    expect(page.locator(".key", has_text="Two")).to_be_focused()


def test_the_messages_are_one_stop_of_the_tab_key_and_the_arrows_move_among_them(stage: Stage, page: Page) -> None:
    for number in range(40):
        stage.send(f"Message {number}", reply_markup=two_buttons())
    expect(page.locator(".message")).to_have_count(40)
    stops = page.evaluate(
        """[...document.querySelectorAll("a[href], button, textarea, [tabindex]")]
           .filter((node) => node.tabIndex >= 0 && node.checkVisibility()).length"""
    )
    assert stops < 25
    page.keyboard.press("Shift+Tab")  # attach
    page.keyboard.press("Shift+Tab")  # menu
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".message").last.locator(".key").last).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".message").nth(38)).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.message').dataset.id") == "39"
    page.keyboard.press("Home")
    expect(page.locator(".message").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#text")).to_be_focused()


def test_the_buttons_below_the_text_field_are_whole_on_a_small_phone_in_each_language(
    stage: Stage, page: Page
) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.locator("#chats a").first.click()
    cut = {}
    for language in LANGUAGES:
        shown = reply_keyboard(Voice(language), saved=True).to_dict()
        stage.send(language, reply_markup=shown)
        expect(page.locator("#keyboard button").first).to_have_text(shown["keyboard"][0][0]["text"])
        cut[language] = page.evaluate(CUT_KEYS)
    assert {language: keys for language, keys in cut.items() if keys} == {}


CUT_KEYS = """() => [...document.querySelectorAll("#keyboard button")].map(key => {
    const range = document.createRange();
    range.selectNodeContents(key);
    const room = key.clientWidth - 2 * parseFloat(getComputedStyle(key).paddingLeft);
    return range.getBoundingClientRect().width > room ? key.textContent : "";
}).filter(Boolean)"""


def test_the_text_field_says_in_each_language_what_to_type_without_a_cut_on_a_small_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.locator("#chats a").first.click()
    expect(page.locator("#text")).to_be_visible()
    assert page.evaluate(CUT_PLACEHOLDERS, LANGUAGES) == []


CUT_PLACEHOLDERS = """async (languages) => {
    const { words } = await import("/assets/words.js");
    const field = document.getElementById("text"), style = getComputedStyle(field);
    const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const ink = document.createElement("canvas").getContext("2d");
    ink.font = style.font;
    return languages.map(language => words(language).placeholder).filter(told => ink.measureText(told).width > room);
}"""


# Writing


def test_the_text_field_grows_with_text_that_wraps_and_shrinks_when_it_is_sent(page: Page) -> None:
    field = page.locator("#text")
    one_line = field.bounding_box()
    field.fill("many words " * 40)
    grown = field.bounding_box()
    assert one_line
    assert grown
    assert grown["height"] > 2 * one_line["height"]
    page.keyboard.press("Enter")
    expect(field).to_have_value("")
    assert field.bounding_box() == one_line


def test_a_draft_and_the_unread_marks_survive_a_reload(stage: Stage, browser: Browser) -> None:
    with browser.new_context(**DESKTOP) as context:
        page = open_page(context, stage.sim.url)
        page.locator("#text").fill("half a sentence")
        stage.send("one", stage.arabic)
        stage.send("two", stage.arabic)
        badge = page.locator("#chats li:nth-child(2) .badge")
        expect(badge).to_have_text("2")
        page.reload()
        expect(page.locator("#text")).to_have_value("half a sentence")
        expect(badge).to_have_text("2")
        with staged() as another:  # its chats have the same ids
            assert another.chat.id == stage.chat.id
            page.goto(another.sim.url)
            expect(page.locator("#text")).to_have_value("")


def test_a_sign_tells_that_the_bot_works_until_it_answers(stage: Stage, page: Page) -> None:
    status = page.locator("#status")
    expect(status).to_have_text("bot")
    page.locator("#text").fill("hello")
    page.keyboard.press("Enter")
    expect(status).to_contain_text("typing")
    page.locator("#chats a").nth(1).click()
    expect(status).to_have_text("بوت")  # another chat
    page.locator("#chats a").first.click()
    expect(status).to_contain_text("typing")
    stage.send("Hello, Sam.")
    expect(status).to_have_text("bot")


def test_no_sign_for_a_message_in_a_group_that_the_bot_does_not_get(stage: Stage, page: Page) -> None:
    page.locator("#chats a").nth(2).click()
    expect(page.locator("#chats a").nth(2)).to_have_class("open")  # what is typed before belongs to the chat before
    page.locator("#text").fill("hello everybody")
    page.keyboard.press("Enter")
    expect(page.locator(".message.own")).to_be_visible()
    expect(page.locator("#status")).to_have_text("group")


def test_a_hint_tells_who_one_is_and_what_to_try_until_it_is_hidden(stage: Stage, page: Page) -> None:
    hint = page.locator("#hint")
    expect(hint).to_contain_text("You are Sam, a reader.")
    hint.locator(".chip", has_text="/search").click()
    expect(page.locator("#text")).to_have_value("/search ")
    hint.locator(".chip", has_text="/latest").click()
    expect(page.locator(".message.own .text")).to_have_text("/latest")
    page.locator("#chats a").nth(1).click()
    expect(hint).to_contain_text("أنت ليلى.")
    hint.get_by_role("button", name="إخفاء هذا التلميح").click()
    expect(hint).to_be_hidden()
    page.reload()
    expect(page.locator("#chat")).to_have_attribute("dir", "rtl")
    expect(hint).to_be_hidden()
    page.locator("#chats a").first.click()
    expect(hint).to_be_visible()


def test_a_phone_has_a_button_to_reply(stage: Stage, browser: Browser) -> None:
    stage.send("Reply to me")
    with shown(browser, f"{stage.sim.url}/#{stage.chat.id}", **PHONE) as page:
        page.locator(".message .answer").tap()
        expect(page.locator("#reply")).to_contain_text("Reply to me")
        page.locator("#text").fill("yes")
        page.locator("#send").tap()
        expect(page.locator(".message.own .quoted")).to_contain_text("Reply to me")
        size = page.locator(".message .answer").first.bounding_box()
        assert size
        assert min(size["width"], size["height"]) >= 32


# Link previews


def test_a_link_is_previewed_with_its_title_and_picture(stage: Stage, browser: Browser) -> None:
    manager = serving()
    site = stage.wait(manager.__aenter__())
    try:
        head = (
            '<meta property="og:title" content="Crane moved &amp; set down"><meta property="og:site_name"'
            ' content="Coast Wire"><meta property="og:description" content="In one night."><meta'
            ' property="og:image" content="/crane.jpg">'
        )
        site.pages["/crane"] = SitePage(f"<!doctype html><title>Other</title>{head}")
        site.pages["/crane.jpg"] = SitePage(picture("navy"))
        site.pages["/bare"] = SitePage("<title>Only a title</title><img src=x>")
        for path in ("/crane", "/crane.jpg", "/bare", "/gone"):
            stage.send(f"Look at {path}", link_preview_options={"url": f"{site.url}{path}"})
        above = {"url": f"{site.url}/crane", "show_above_text": True, "prefer_small_media": True}
        stage.send("Above", link_preview_options=above)
        with shown(browser, stage.sim.url, **DESKTOP) as page:
            card = page.locator(".message", has=page.get_by_text("Look at /crane", exact=True)).locator(".preview")
            expect(card).to_contain_text("Coast WireCrane moved & set downIn one night.")
            expect(card.locator("img")).to_have_js_property("naturalWidth", 900)
            itself = page.locator(".message", has_text="/crane.jpg").locator(".preview")
            expect(itself.locator("img")).to_have_js_property("naturalWidth", 900)
            expect(itself).to_have_text("")
            expect(page.locator(".preview", has_text="Only a title")).to_be_visible()
            expect(page.locator(".message", has_text="/gone").locator(".preview .address")).to_contain_text("/gone")
            first = page.locator(".message", has_text="Above").locator(".bubble > *").first
            expect(first).to_have_class("card preview small")
            assert site.asked("/crane") == 1
    finally:
        stage.wait(manager.__aexit__(None, None, None))


def test_the_simulator_reads_no_page_for_a_link_that_no_message_has(stage: Stage, page: Page) -> None:
    answer = page.request.get(f"{stage.sim.url}/page/preview", params={"url": "http://127.0.0.1:1/secret"})
    assert answer.status == 404


# What a message looks like


def test_a_long_quote_is_folded_until_it_is_pressed(stage: Stage, page: Page) -> None:
    stage.send(f"<blockquote expandable>{'Many words of a text. ' * 60}</blockquote>", parse_mode="HTML")
    quote = page.locator(".message blockquote")
    expect(quote).to_have_attribute("aria-expanded", "false")
    folded = quote.bounding_box()
    quote.click()
    expect(quote).to_have_attribute("aria-expanded", "true")
    opened = quote.bounding_box()
    assert folded
    assert opened
    assert opened["height"] > folded["height"]


def test_buttons_have_the_style_that_they_were_sent_with(stage: Stage, page: Page) -> None:
    keys = [{"text": style, "callback_data": style, "style": style} for style in ("primary", "success", "danger")]
    stage.send("Styles", reply_markup={"inline_keyboard": [keys]})
    for style, colour in (("primary", "rgb(28, 108, 174)"), ("danger", "rgb(185, 58, 46)")):
        expect(page.locator(f".key.{style}")).to_have_css("background-color", colour)


def test_a_time_is_shown_in_the_zone_and_language_of_the_browser(stage: Stage, browser: Browser) -> None:
    html = '<tg-time unix="1767225600" format="wDT">31 Dec</tg-time>'
    for chat in (stage.chat, stage.arabic):
        stage.send(html, chat, parse_mode="HTML")
    for zone, english, arabic in (
        ("Asia/Beirut", "Thursday, 1 January 2026, 02:00:00", "الخميس، 1 كانون الثاني 2026، 02:00:00"),
        ("America/New_York", "Wednesday, 31 December 2025, 19:00:00", "الأربعاء، 31 كانون الأول 2025، 19:00:00"),
    ):
        for chat, written in ((stage.chat, english), (stage.arabic, arabic)):
            with shown(browser, f"{stage.sim.url}/#{chat.id}", timezone_id=zone, **DESKTOP) as page:
                expect(page.locator(".text time")).to_have_text(written)


def test_a_relative_time_moves_on_by_itself(stage: Stage, browser: Browser) -> None:
    now = stage.sim.unix_time()
    stage.send(f'<tg-time unix="{now}" format="r">now</tg-time>', parse_mode="HTML")
    with browser.new_context(locale="en-GB", **DESKTOP) as context:
        page = context.new_page()
        page.clock.install(time=datetime.fromtimestamp(now, UTC))
        page.goto(stage.sim.url)
        expect(page.locator(".text time")).to_contain_text("now")
        page.clock.fast_forward("02:10:00")
        expect(page.locator(".text time")).to_have_text("2 hours ago")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read_in_both_themes(stage: Stage, browser: Browser, scheme: str) -> None:
    for chat in (stage.chat, stage.arabic, stage.group):
        stage.send(
            "<b>Bold</b> <a href='https://a.example'>link</a> <blockquote>quote</blockquote> /latest",
            chat,
            parse_mode="HTML",
            reply_markup={
                "inline_keyboard": [
                    [
                        {"text": style, "callback_data": "x", "style": style}
                        for style in ("primary", "success", "danger")
                    ],
                    [{"text": "plain", "callback_data": "y"}, {"text": "out", "url": "https://a.example"}],
                ]
            },
        )
        stage.send_page(
            "<h2>Title</h2><h6>Small</h6><p><mark>marked</mark> <code>code</code></p>"
            "<aside>pull<cite>who</cite></aside>"
            "<table striped><caption>Table</caption><tr><th>a</th></tr><tr><td>b</td></tr></table>"
            "<details open><summary>More</summary><p>inside</p></details><ul><li>item</li></ul>"
            "<pre><code class='language-python'>x = 1</code></pre><footer>The end</footer>",
            chat,
        )
    stage.call(
        "sendMessage",
        chat_id=stage.chat.id,
        text="tiles",
        reply_markup={"keyboard": [[{"text": "Tile"}]], "resize_keyboard": True},
    )
    for options in (DESKTOP, PHONE):
        for chat in (stage.chat, stage.arabic, stage.group):
            url = f"{stage.sim.url}/#{chat.id}"
            with shown(browser, url, **options, color_scheme=scheme, reduced_motion="reduce") as page:
                page.locator("#text").fill("hello")
                page.locator("#send").click()
                expect(page.locator(".message.own").first).to_be_visible()
                page.locator("#text").fill("/")
                assert find_faint_texts(page) == []
