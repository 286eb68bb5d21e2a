"""Takes the README's pictures of the demo: `.venv/bin/python docs/screenshots/take.py` in a development environment.

It starts the demo, waits for an alert, types a command, and saves each view in light and in dark. It needs Chromium,
fonts for Arabic and emoji (on Debian `fonts-noto-core fonts-noto-color-emoji`), and pngquant, which makes the files a
third as large.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

from playwright.sync_api import Browser, expect, sync_playwright

HERE = Path(__file__).parent
START = """
import asyncio
from bot.demo import run_demo
asyncio.run(run_demo(port=0, open_browser=False, news_every=40))
"""
VIEWS = {"desktop": (1180, 860), "phone": (412, 960)}  # name: width and height
CHATS = {  # name: place in the list, locale of the browser, what is typed
    "ar": (1, "ar-LB", "/latest 2 علوم"),
    "en": (2, "en-GB", "/latest 2 economy"),
}
expect.set_options(timeout=60_000)


@contextmanager
def demo() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-c", START], stdout=subprocess.PIPE, text=True, cwd=HERE.parents[1]
    ) as bot:
        try:
            assert bot.stdout is not None
            found = re.search(r"http://\S+", bot.stdout.readline())
            assert found, "the demo did not start"
            yield found[0]
        finally:
            bot.terminate()


def take(browser: Browser, url: str, chat: str) -> None:
    place, locale, typed = CHATS[chat]
    with browser.new_context(device_scale_factor=1.5, locale=locale) as context:
        page = context.new_page()
        page.goto(url)
        page.locator(f"#chats li:nth-child({place}) a").click()
        expect(page.locator(".message .key", has_text="🔗").first).to_be_visible()
        shown = page.locator(".message").count()
        page.locator("#text").fill(typed)
        page.keyboard.press("Enter")
        expect(page.locator(".message")).to_have_count(shown + 2)
        for view, (width, height) in VIEWS.items():
            page.set_viewport_size({"width": width, "height": height})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.locator("#scroll").evaluate("node => node.scrollTo(0, node.scrollHeight)")
                page.wait_for_timeout(500)  # for what moves gently
                picture = HERE / f"{view}-{chat}-{scheme}.png"
                page.screenshot(path=picture)
                subprocess.run(["pngquant", "--force", "--output", picture, "256", picture], check=True)


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
        for chat in CHATS:
            with demo() as url:
                take(browser, url, chat)
        browser.close()


if __name__ == "__main__":
    main()
