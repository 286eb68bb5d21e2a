"""The tour of the demo, its choice of languages, and its way to the dashboard, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Locator, Page, expect

from bot.free_ports import free_port
from bot.locale.interface_languages import INTERFACE_LANGUAGES
from tests.stage import BROWSER_TESTS, DESKTOP, PHONE, open_page, shown, staged
from tests.test_demo_page import (
    ADMINISTRATOR,
    ARABIC,
    CHANNEL,
    ENGLISH,
    GROUP,
    answer_to,
    open_chat,
    running_demo,
    say,
    starting_demo,
)

KEYS = """async code => {
  const words = (await import(`/assets/words_${code}.js`)).default;
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === "string" ? [key] : Object.keys(value).map(inner => `${key}.${inner}`));
}"""

pytestmark = BROWSER_TESTS


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    with running_demo(news_every=4) as (url, _):
        yield url


@pytest.fixture
def page(demo: str, browser: Browser) -> Iterator[Page]:
    with shown(browser, demo, **DESKTOP) as opened:
        yield opened


def until_done(page: Page, step: str) -> None:
    """Wait until a step is ticked off. The list shows the last one only, and news may bring another at any time."""
    page.wait_for_function("step => JSON.parse(localStorage.getItem('tour'))?.done.includes(step)", arg=step)


def found(page: Page, word: str) -> Locator:
    """Open the first article with that word. It stays as it is: the newest alert may be withdrawn at any moment."""
    answer = say(page, word)
    answer.locator(".key", has_text="1").first.click()
    expect(answer.locator(".key", has_text="Back to the list")).to_be_visible()
    return answer


def test_the_page_says_everything_in_each_language_of_the_bot(page: Page) -> None:
    english = page.evaluate(KEYS, "en")
    for code in INTERFACE_LANGUAGES:
        assert page.evaluate(KEYS, code) == english, code


def test_a_page_that_is_opened_while_the_demo_is_made_ready_has_the_tour_as_well(browser: Browser) -> None:
    port = free_port()
    with starting_demo(news_every=60, port=port), browser.new_context(locale="fr-FR") as context:
        page = context.new_page()
        while not _opened(page, f"http://127.0.0.1:{port}"):
            page.wait_for_timeout(20)
        expect(page.locator("#tour")).to_contain_text("0/10", timeout=60_000)
        expect(page.locator("#language")).to_have_value("fr")


def _opened(page: Page, url: str) -> bool:
    try:
        page.goto(url, wait_until="commit")
    except Error:  # nothing listens there yet
        return False
    return True


def test_numbers_of_the_page_have_the_digits_of_its_language(page: Page) -> None:
    written = "async code => (await import('/assets/words.js')).digits('3/10', code)"
    assert [page.evaluate(written, code) for code in ("en", "fa", "ar", "ur")] == ["3/10", "۳/۱۰", "3/10", "3/10"]


def test_steps_of_the_tour_tick_off_as_they_are_done_and_stay_done_after_a_reload(page: Page) -> None:
    tour = page.locator("#tour")
    expect(tour.locator(".tally")).to_have_text("0/10")
    tour.get_by_role("button", name="/latest").click()
    expect(page.locator("#title")).to_have_text("Newsbot")
    answer_to(page.locator(".message.own", has_text="/latest").last)
    until_done(page, "latest")
    say(page, "/follow glacier")
    until_done(page, "follow")
    expect(tour.locator("li.done")).to_be_visible()
    found(page, "glacier").locator(".key", has_text="⭐").click()
    expect(tour.locator(".tally")).to_have_text(re.compile("[345]/10"))
    page.reload()
    expect(tour.locator(".tally")).to_have_text(re.compile("[345]/10"))


def test_a_step_about_a_button_brings_the_button_into_view(page: Page) -> None:
    open_chat(page, ENGLISH)
    read = page.locator(".message .key", has_text="📖 Read").last
    expect(read).to_be_visible(timeout=60_000)
    page.locator("#scroll").evaluate("node => node.scrollTop = 0")
    page.locator("#tour").get_by_role("button", name="the whole article").click()
    expect(page.locator(".message .key:focus")).to_contain_text("📖 Read")
    expect(page.locator(".message .key:focus")).to_be_in_viewport()


def test_an_article_that_is_opened_as_a_page_is_a_step_of_the_tour(page: Page) -> None:
    open_chat(page, ENGLISH)
    found(page, "glacier").locator(".key", has_text="📰 As a page").click()
    until_done(page, "page")


def test_the_tour_is_hidden_until_a_visitor_wants_it_back(page: Page) -> None:
    page.get_by_role("button", name="Hide the tour").click()
    expect(page.locator("#tour")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("button", name="Show the tour")).to_be_visible()
    expect(page.locator("#tour")).to_be_hidden()
    page.get_by_role("button", name="Show the tour").click()
    expect(page.locator("#tour")).to_be_visible()


def test_on_a_phone_the_next_step_stands_above_the_open_chat(demo: str, browser: Browser) -> None:
    with shown(browser, demo, **PHONE) as page:
        open_chat(page, ENGLISH)
        expect(page.locator("#tour")).to_be_hidden()
        page.locator("#next").click()
        expect(page.locator(".message.own", has_text="/latest").last).to_be_visible()
        expect(page.locator("#next")).to_contain_text("the whole article")


def test_the_dashboard_opens_from_the_page_as_often_as_a_visitor_likes(page: Page) -> None:
    for _ in range(2):
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="Dashboard of the newsroom").click()
        opened.value.get_by_role("button", name="Open").click()
        expect(opened.value.get_by_text("Logged in: ")).to_contain_text("Nour")
    until_done(page, "dashboard")


def test_the_language_that_a_visitor_chooses_is_spoken_by_the_page_and_by_the_bot(browser: Browser) -> None:
    with running_demo(news_every=60) as (url, _), shown(browser, url, **DESKTOP) as page:
        expect(page.locator("#language option")).to_have_count(len(INTERFACE_LANGUAGES))
        open_chat(page, ENGLISH)
        page.locator("#language").select_option(label="Deutsch")
        expect(page.locator(".message", has_text="Willkommen bei").last).to_be_visible()
        expect(page.locator(".message", has_text="Die Knöpfe unten")).to_be_visible()  # ends the greeting
        expect(page.locator(".message", has_text="Die Knöpfe unten").last).to_be_visible()  # the greeting's end
        expect(page.locator("#hint")).to_contain_text("Du bist Sam")
        expect(page.locator("#tour")).to_contain_text("Ein kurzer Rundgang")
        expect(say(page, "/latest")).to_contain_text("Neueste Nachrichten")
        open_chat(page, GROUP)
        expect(say(page, "/latest")).to_contain_text("Neueste Nachrichten")
        open_chat(page, ADMINISTRATOR)
        expect(say(page, "/stats")).to_contain_text("Statistik")
        open_chat(page, CHANNEL)
        expect(page.locator("#hint")).to_contain_text("Du bist Sam")
        open_chat(page, ARABIC)  # of Layla, who speaks Arabic
        expect(say(page, "/latest")).to_contain_text("آخر الأخبار")
        other = open_page(page.context, url)
        expect(other.locator("#language")).to_have_value("de")


@pytest.mark.parametrize(
    ("locale", "given", "spoken", "chat"),
    [
        ("ar-LB", "", "ar", "ليلى"),
        ("de-DE", "", "de", "Sam"),
        ("ja-JP", "", "en", "Sam"),
        ("ar-LB", "fr", "fr", "Sam"),
    ],
    ids=["arabic", "german", "not offered", "given to the command"],
)
def test_the_page_and_its_first_chat_are_in_the_language_of_the_visitor_or_of_the_command(
    browser: Browser, locale: str, given: str, spoken: str, chat: str
) -> None:
    with (
        running_demo(news_every=60, language=given) as (url, _),
        shown(browser, url, **DESKTOP, locale=locale) as page,
    ):
        expect(page.locator("#chat")).to_have_attribute("lang", spoken)
        expect(page.locator("#language")).to_have_value(spoken)
        expect(page.locator("#side")).to_have_attribute("lang", spoken)
        expect(page.locator("#chats a.open")).to_contain_text(chat)
        open_chat(page, ENGLISH)
        expect(page.locator("#chat")).to_have_attribute("lang", spoken)


def test_a_page_without_a_tour_offers_neither_a_language_nor_a_dashboard(browser: Browser) -> None:
    with staged() as stage, shown(browser, stage.sim.url, **DESKTOP) as page:
        for hidden in ("#tour", "#next", "#guide", "#language", "#dashboard"):
            expect(page.locator(hidden)).to_be_hidden()
        assert page.request.get(f"{stage.sim.url}/page/dashboard").status == 404
        assert page.request.post(f"{stage.sim.url}/page/language", data={"language": "de"}).status == 400


def test_a_visitor_sees_a_correction_a_withdrawal_a_slow_and_a_broken_source(
    browser: Browser, tmp_path: Path
) -> None:
    with (
        (tmp_path / "complaints").open("w") as complaints,
        # With less time between the lines of the telex, a busy machine reads a report together with its withdrawal.
        running_demo(news_every=15, complaints=complaints) as (url, _),
        shown(browser, url, **DESKTOP) as page,
    ):
        open_chat(page, ENGLISH)
        withdrawn = page.locator(".message", has_text="🚫 Withdrawn").filter(has_text="Whale swims into").first
        expect(withdrawn).to_be_visible(timeout=120_000)
        expect(say(page, "/latest")).to_contain_text("sails at nine")  # before the alert says so
        expect(page.locator("#tour .tally")).to_have_text("2/10")
        # The bot waits a minute for more corrections.
        alerts = page.locator(".message", has=page.locator(".key", has_text="📖"))
        corrected = alerts.filter(has_text="sails at nine")
        expect(corrected.first).to_be_visible(timeout=120_000)
        listed = say(page, "/sources")
        expect(listed).to_contain_text("Lighthouse log")
        expect(listed).to_contain_text("Island Post")
        expect(listed).to_contain_text("⚠️")
        expect(listed).to_contain_text("🐢 Slow")
        expect(page.locator("#tour .tally")).to_have_text("4/10")
    assert (
        tmp_path / "complaints"
    ).read_text() == ""  # the terminal shows the addresses of the demo and nothing else
