"""The dashboard in a real browser, over real HTTP: who gets in, what each page shows, and what each form does."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from storage.records import AuditAction
from tests import dashboards
from tests.dashboards import Office, browsing
from tests.ingesting import FEED
from tests.site import Page as SitePage
from tests.stage import BROWSER_TESTS

pytestmark = BROWSER_TESTS

ITEMS = "".join(
    f"<item><title>{title}</title><guid>{number}</guid><link>https://news.example/{number}</link></item>"
    for number, title in enumerate(["Harbour crane moved", "Ferries &amp;amp; trains wait"])
)
RSS = f"<rss version='2.0'><channel><title>Coast Wire</title>{ITEMS}</channel></rss>"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with dashboards.opened(tmp_path_factory.mktemp("dashboard")) as opened:
        opened.site.pages["/feed.xml"] = SitePage(RSS, headers=FEED)
        opened.site.pages["/moved.xml"] = SitePage(RSS.replace("Coast Wire", "Coast Wire II"), headers=FEED)
        yield opened


@pytest.fixture
def page(office: Office, browser: Browser) -> Iterator[Page]:
    """Logged in as an administrator."""
    with browsing(browser) as opened:
        office.enter(opened)
        yield opened


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
        cookie = page.context.cookies()[0]
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
        answer = page.goto(link)
        assert answer is not None
        assert answer.status == 410
        expect(page.get_by_role("heading", name="can't be used any more")).to_be_visible()


def test_a_source_is_found_looked_at_added_and_paused(office: Office, page: Page) -> None:
    page.get_by_role("link", name="Sources", exact=True).click()
    page.get_by_role("link", name="Add a source").click()
    page.get_by_label("Address").fill(f"{office.site.url}/feed.xml")
    page.get_by_role("button", name="Look at it first").click()
    expect(page.get_by_role("heading", name="Coast Wire")).to_be_visible()
    expect(page.get_by_text("Ferries & trains wait")).to_be_visible()
    assert office.run(office.storage.sources.all()) == []
    page.get_by_role("button", name="Add this source").click()
    expect(page.get_by_role("status")).to_contain_text("The source was added")
    office.run(office.ingest.refresh_due())
    page.reload()
    expect(page.get_by_role("row").filter(has_text="read")).to_contain_text("2")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("status")).to_contain_text("Paused")
    [source] = office.run(office.storage.sources.all())
    assert source.paused
    noted = office.run(office.storage.audit.page(limit=5))
    assert [entry.action for entry in noted] == [AuditAction.SOURCE_PAUSE, AuditAction.SOURCE_ADD]
    assert {entry.actor.name for entry in noted} == {"Nour"}
