"""Takes the README's pictures of the demo: `.venv/bin/python docs/screenshots/take.py` in a development environment.

For each picture it starts the demo, waits for an alert, and shows what the picture is about, in light and in dark. It
needs Chromium, fonts for Arabic and emoji (on Debian `fonts-noto-core fonts-noto-color-emoji`), and pngquant, which
makes the files a third as large.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

HERE = Path(__file__).parent
START = """
import asyncio
from bot.demo import run_demo
asyncio.run(run_demo(port=0, open_browser=False, news_every=40))
"""
# name: width, height and pixels per unit
VIEWS = {"desktop": (1180, 860, 1.25), "phone": (412, 960, 1.5), "inline": (900, 640, 1.25)}
LOCALES = {"ar": "ar-LB", "en": "en-GB"}
ARABIC, ENGLISH = 1, 2  # places in the list of chats
expect.set_options(timeout=60_000)


@contextmanager
def demo(line: int = 1) -> Iterator[str]:
    """The address in that line of what the demo says: 1 is the chat page, 3 the link to the dashboard."""
    with subprocess.Popen(
        [sys.executable, "-c", START], stdout=subprocess.PIPE, text=True, cwd=HERE.parents[1]
    ) as bot:
        try:
            assert bot.stdout is not None
            said = [bot.stdout.readline() for _ in range(line)]
            found = re.search(r"http://\S+", said[-1])
            assert found, "the demo did not start"
            yield found[0]
        finally:
            bot.terminate()


def open_chat(page: Page, place: int) -> None:
    link = page.locator(f"#chats li:nth-child({place}) a")
    link.evaluate("link => link.click()")  # on a phone the list may be out of sight
    expect(link).to_have_class("open")


def show_page(page: Page) -> Locator:
    """Open the first article as a page."""
    open_chat(page, ARABIC)
    page.locator(".message .key", has_text="📖").first.click()
    page.locator(".message .key", has_text="📰 صفحة").first.click()
    opened = page.locator(".message:has(.rich)")
    expect(opened.locator("img").first).to_have_js_property("complete", True)
    return opened


def show_alert(page: Page) -> Locator:
    open_chat(page, ENGLISH)
    alert = page.locator(".message:has(img)", has=page.locator(".key", has_text="📖")).first
    expect(alert.locator("img")).to_have_js_property("complete", True)
    return alert


def show_inline_mode(page: Page) -> Locator:
    """Type the name of the bot in a group that it is not in, and a word that several articles have."""
    page.locator("#chats a", has_text="Friends").evaluate("link => link.click()")
    page.locator("#text").press_sequentially("@newsbot marsan")
    results = page.locator("#commands").get_by_role("option")
    expect(results.nth(3)).to_be_visible()
    expect(results.locator("img").first).to_have_js_property("complete", True)
    return results.first


SHOTS = {  # by view and language
    ("desktop", "ar"): show_page,
    ("phone", "ar"): show_page,
    ("desktop", "en"): show_alert,
    ("phone", "en"): show_alert,
    ("inline", "en"): show_inline_mode,
}


def take(browser: Browser, view: str, language: str) -> None:
    width, height, scale = VIEWS[view]
    with demo() as url, browser.new_context(device_scale_factor=scale, locale=LOCALES[language]) as context:
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.goto(url)
        expect(page.locator("#language")).to_have_value(language)  # the page may load again in the browser's language
        open_chat(page, ARABIC if language == "ar" else ENGLISH)
        expect(page.locator(".message:has(img) .key", has_text="📖").first).to_be_visible()
        subject = SHOTS[view, language](page)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            subject.evaluate("node => node.scrollIntoView({ block: 'start' })")
            page.wait_for_timeout(800)  # for what moves gently
            picture = HERE / f"{view}-{language}-{scheme}.png"
            page.screenshot(path=picture)
            shrink(picture)


def take_dashboard(browser: Browser) -> None:
    """Show what happens, after some articles were sent."""
    with demo(3) as link, browser.new_context(device_scale_factor=1.25, locale=LOCALES["en"]) as context:
        page = context.new_page()
        page.set_viewport_size({"width": 1180, "height": 860})
        page.goto(link)
        page.get_by_role("button", name="Open").click()
        sent = page.get_by_role("table", name="How many chats").get_by_role("row")
        expect(sent.nth(4)).to_be_visible(timeout=300_000)
        picture = HERE / "dashboard-en-light.png"
        page.screenshot(path=picture)
        shrink(picture)


def shrink(picture: Path) -> None:
    subprocess.run(["pngquant", "--force", "--output", picture, "150", picture], check=True)


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
        for view, language in SHOTS:
            take(browser, view, language)
        take_dashboard(browser)
        browser.close()


if __name__ == "__main__":
    main()
