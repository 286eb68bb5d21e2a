"""The dashboard in a real browser: how it looks and reads, with and without scripts, in both languages and themes."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from storage.records import Actor, AlarmKind, AuditAction, AuditEntry, Origin, SubjectOfAudit
from tests import dashboards
from tests.contrast import find_faint_texts
from tests.dashboard_news import HOSTILE, News, fill
from tests.dashboards import EDITOR, Office, browsing
from tests.ingesting import FEED
from tests.site import Page as SitePage
from tests.stage import BROWSER_TESTS
from tests.test_demo_page import running_demo

pytestmark = BROWSER_TESTS

ITEMS = "".join(
    f"<item><title>{title}</title><guid>{number}</guid><link>https://news.example/{number}</link></item>"
    for number, title in enumerate(["Harbour crane moved", "Ferries &amp;amp; trains wait"])
)
RSS = f"<rss version='2.0'><channel><title>Harbour Post</title>{ITEMS}</channel></rss>"
SMALL_PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
# What a screen reader needs: each field named, one main heading, each table and landmark named, one of each id.
UNNAMED = """() => {
  const shown = (all) => [...document.querySelectorAll(all)];
  const ids = shown("[id]").map((one) => one.id);
  const wrong = [];
  for (const one of shown("input:not([type=hidden]), select, textarea"))
    if (!one.labels?.length && !one.getAttribute("aria-label")) wrong.push(`no label: ${one.outerHTML}`);
  for (const one of shown("button, summary, a[href]"))
    if (!(one.textContent.trim() || one.getAttribute("aria-label"))) wrong.push(`no name: ${one.outerHTML}`);
  for (const one of shown("table")) if (!one.caption?.textContent.trim()) wrong.push("a table without a caption");
  for (const one of shown("svg"))
    if (!one.getAttribute("aria-label")) wrong.push("a plot without a text");
  for (const one of shown("[aria-labelledby], [aria-describedby]"))
    for (const name of ["aria-labelledby", "aria-describedby"])
      for (const id of (one.getAttribute(name) || "").split(" "))
        if (id && !document.getElementById(id)) wrong.push(`${name} names nothing: ${id}`);
  if (new Set(ids).size !== ids.length) wrong.push(`an id is there twice: ${ids.join(" ")}`);
  if (shown("h1").length !== 1) wrong.push(`${shown("h1").length} main headings`);
  for (const name of ["header", "nav", "main", "footer"]) if (!shown(name).length) wrong.push(`no ${name}`);
  return wrong;
}"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with dashboards.opened(tmp_path_factory.mktemp("dashboard")) as opened:
        opened.site.pages["/feed.xml"] = SitePage(RSS, headers=FEED)
        yield opened


@pytest.fixture(scope="module")
def news(office: Office) -> News:
    return office.run(fill(office.storage, office.clock))


@pytest.fixture
def page(office: Office, browser: Browser, news: News) -> Iterator[Page]:
    """Logged in as an administrator."""
    with browsing(browser) as opened:
        office.enter(opened)
        yield opened


def paths(news: News) -> list[str]:
    return [
        *("now", "sources", "sources/add", f"sources/{news.source}", "stories", f"stories/{news.arabic}", "desk"),
        *("chats", "dead", "categories", "settings", "audit", "nothing"),
        *(f"articles/{news.hostile}?chat=1001", f"articles/{news.arabic}?chat=x", "stories?words=zeppelin"),
    ]


def test_a_link_logs_in_once_by_a_press(office: Office, browser: Browser) -> None:
    link = office.link()
    for _ in range(2):  # whoever only looks at the link uses nothing up
        with browsing(browser) as previewing:
            previewing.goto(link)
            expect(previewing.get_by_role("button", name="Open")).to_be_visible()
    with browsing(browser) as page:
        page.goto(link)
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_role("heading", name="Now", exact=True)).to_be_visible()
        [cookie] = page.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
        answer = page.goto(link)
        assert answer is not None
        assert answer.status == 410
        expect(page.get_by_role("heading", name="can't be used any more")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_source_is_found_looked_at_added_paused_and_removed(
    office: Office, browser: Browser, news: News, scripts: bool
) -> None:
    sources = office.storage.sources
    before = len(office.run(sources.all()))
    with browsing(browser, java_script_enabled=scripts) as page:
        office.enter(page)
        page.get_by_role("link", name="Sources", exact=True).click()
        page.get_by_role("link", name="Add a source").click()
        page.get_by_label("Address").fill(f"{office.site.url}/feed.xml")
        page.get_by_role("button", name="Preview it first").click()
        expect(page.get_by_role("heading", name="Harbour Post")).to_be_visible()
        expect(page.get_by_text("Ferries & trains wait")).to_be_visible()
        assert len(office.run(sources.all())) == before  # only looked at
        page.get_by_role("button", name="Add this source").click()
        expect(page.get_by_role("status")).to_contain_text("The source was added")
        office.run(office.ingest.refresh_due())
        page.reload()
        expect(page.get_by_role("row").filter(has_text="2026").first).to_contain_text("2")
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_role("status")).to_contain_text("Paused")
        source = office.run(sources.all())[-1]
        assert source.paused
        page.get_by_text("Remove…").click()
        page.get_by_role("button", name="Remove it").click()
        expect(page.get_by_role("status")).to_contain_text("Removed")
    assert office.run(sources.get(source.id)) is None
    noted = office.run(office.storage.audit.page(limit=3))
    expected = [AuditAction.SOURCE_REMOVE, AuditAction.SOURCE_PAUSE, AuditAction.SOURCE_ADD]
    assert [entry.action for entry in noted] == expected


def test_what_happens_shows_without_a_reload(office: Office, page: Page) -> None:
    page.evaluate("document.body.dataset.loaded = 'once'")
    alarms = office.storage.alarms
    office.run(alarms.begin(AlarmKind.STUCK, 0, {}, now=office.clock()))
    try:
        expect(page.get_by_text("Messages wait, and none is sent.")).to_be_visible()
        assert page.evaluate("document.body.dataset.loaded") == "once"
    finally:
        office.run(alarms.end(AlarmKind.STUCK))
    office.run(office.storage.logins.end_all(99))
    expect(page.get_by_text("Send /dashboard to the bot")).to_be_visible()  # the session ended meanwhile


@pytest.mark.parametrize("status", [503, 429])
def test_the_live_page_outlives_an_answer_that_fails(office: Office, page: Page, status: int) -> None:
    page.clock.install()
    page.goto(f"{office.url}/dashboard/now")
    failing = [status]
    page.route(
        "**/now/live",
        lambda route: route.fulfill(status=failing.pop(), body="Busy") if failing else route.continue_(),
    )
    with page.expect_response(lambda answer: answer.status == status):
        page.clock.run_for(5_500)
    expect(page.get_by_text("Needs your attention")).to_be_visible()
    expect(page.get_by_text("Busy")).to_have_count(0)
    with page.expect_response(lambda answer: answer.status == 200):
        page.clock.run_for(5_500)
    expect(page.get_by_text("As of")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_can_be_read(office: Office, browser: Browser, news: News, language: str, theme: Any) -> None:
    with browsing(browser, color_scheme=theme, **SMALL_PHONE) as page:
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        office.enter(page, language=language)
        for path in paths(news):
            page.goto(f"{office.url}/dashboard/{path}")
            assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
            assert page.evaluate(UNNAMED) == [], path
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            assert find_faint_texts(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        assert dialogs == []


@pytest.mark.parametrize("language", ["en", "ar", "fr", "de", "ru"])
def test_on_a_small_phone_a_label_stands_above_its_field_and_a_detail_below_its_value(
    office: Office, browser: Browser, news: News, language: str
) -> None:
    merged = AuditEntry(
        action=AuditAction.MERGE,
        actor=Actor(origin=Origin.DASHBOARD, name="Nour"),
        subject=SubjectOfAudit.ARTICLE,
        name="Harbour crane moved",
        detail="Giant crane crosses the harbour overnight",
    )
    office.run(office.storage.audit.add(merged, now=office.clock()))
    with browsing(browser, **SMALL_PHONE) as page:
        office.enter(page, language=language)
        for path, pairs in (("sources", ABOVE_FIELDS), ("audit", ABOVE_DETAILS)):
            page.goto(f"{office.url}/dashboard/{path}")
            beside = page.evaluate(pairs)
            assert beside, path
            assert not any(beside.values()), path


# The names of what stands above something else, each with whether it stands beside that instead.
ABOVE_FIELDS = """() => Object.fromEntries([...document.querySelectorAll(".search label")].map(label =>
    [label.textContent, label.getBoundingClientRect().bottom > label.control.getBoundingClientRect().top + 1]))"""
ABOVE_DETAILS = """() => Object.fromEntries([...document.querySelectorAll("td > small")].map(small => {
    const value = document.createRange();
    value.setStart(small.parentNode, 0);
    value.setEndBefore(small);
    return [small.textContent, value.getBoundingClientRect().bottom > small.getBoundingClientRect().top + 8];
}))"""


def test_hostile_titles_are_shown_as_they_are_written(office: Office, page: Page, news: News) -> None:
    for path in ("now", "stories", f"articles/{news.hostile}", "desk", "dead"):
        page.goto(f"{office.url}/dashboard/{path}")
        expect(page.get_by_text('<script>alert("1")</script> & <b>bold</b>').first).to_be_visible()
        isolated = page.evaluate(
            "(title) => [...document.querySelectorAll('bdi')].some((one) => one.textContent === title)", HOSTILE
        )
        assert isolated, path  # an override in a title turns nothing around it


def test_language_and_colours_are_chosen_on_each_page(office: Office, browser: Browser, news: News) -> None:
    with browsing(browser, java_script_enabled=False) as page:
        office.enter(page)
        page.goto(f"{office.url}/dashboard/sources?state=paused")
        page.get_by_role("button", name="dark").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.get_by_role("button", name="العربية").click()
        expect(page.locator("html")).to_have_attribute("lang", "ar")
        assert page.url.endswith("/dashboard/sources?state=paused")
        expect(page.get_by_role("heading", name="المصادر", exact=True)).to_be_visible()


def test_the_keyboard_reaches_the_content_first_and_shows_where_it_is(office: Office, page: Page) -> None:
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_an_editor_approves_what_waits(office: Office, browser: Browser, news: News) -> None:
    with browsing(browser) as page:
        office.enter(page, EDITOR, name="Sami")
        expect(page.get_by_role("heading", name="Stories")).to_be_visible()
        expect(page.get_by_role("link", name="Sources", exact=True)).to_have_count(0)
        page.get_by_role("link", name="Desk").click()
        card = page.get_by_role("article").filter(has_text="Ferries are free in May")
        expect(card.get_by_text("It goes to")).to_be_visible()
        card.get_by_role("button", name="Approve").click()
        expect(page.get_by_role("status")).to_contain_text("Done.")
        expect(card).to_have_count(0)
    [entry] = office.run(office.storage.audit.page(limit=1))
    assert (entry.action, entry.actor.name) == (AuditAction.APPROVE, "Sami")


def test_the_demo_opens_the_dashboard_as_its_administrator(browser: Browser) -> None:
    with running_demo(news_every=2) as (_, process), browsing(browser) as page:
        assert process.stdout is not None
        process.stdout.readline()
        page.goto(process.stdout.readline().partition("minutes: ")[2].split()[0])
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_text("Logged in: ")).to_contain_text("Nour")
        reached = page.get_by_role("table", name="How many chats").get_by_role("row")
        expect(reached.nth(1)).to_be_visible(timeout=30_000)  # an article was sent
        page.get_by_role("link", name="Settings").click()
        expect(page.get_by_role("button", name="Check now")).to_have_count(0)  # the demo is not what it would check


def test_an_article_is_withdrawn_after_a_question(office: Office, page: Page, news: News) -> None:
    page.goto(f"{office.url}/dashboard/articles/{news.other}")
    page.get_by_text("🚫 Withdraw…").click()
    page.get_by_label("Reason", exact=True).select_option("errors")
    page.get_by_role("button", name="Withdraw it").click()
    expect(page.get_by_role("status")).to_contain_text("Withdrawn")
    expect(page.get_by_text("🚫 This article was withdrawn.")).to_be_visible()
    article = office.run(office.storage.articles.get(news.other))
    assert article is not None
    assert article.retracted
