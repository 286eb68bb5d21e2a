"""Does with an installed Newsbot what people install it for: imports a page, starts the demo, asks it for news.

Run it with the Python of the environment that has the package, in an empty folder outside the checkout.
"""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

NEWSBOT = Path(sys.executable).with_name("newsbot")
SETTINGS = os.environ | {"NEWSBOT_DATABASE": "sqlite:///tried.db"}
SECONDS = 60  # for an answer of the demo
TITLE = "Harbour council opens the second ferry pier"
PARAGRAPH = "The council of Marsan opened a second pier on Monday, so that two ferries can load at the same time."


def main() -> None:
    print(newsbot("--version").strip())
    import_a_page()
    ask_the_demo()
    print("the installed Newsbot imports a page and answers a command")


def newsbot(*arguments: str) -> str:
    return subprocess.run([NEWSBOT, *arguments], check=True, text=True, stdout=subprocess.PIPE, env=SETTINGS).stdout


def import_a_page() -> None:
    body = "".join(f"<p>{PARAGRAPH} It was report {number} of the day.</p>" for number in range(8))
    page = f"<html><head><title>{TITLE}</title></head><body><article><h1>{TITLE}</h1>{body}</article></body></html>"
    Path("page.html").write_text(page, "utf-8")
    newsbot("import", "page.html")
    stored = json.loads(newsbot("stats", "--json"))["articles"]
    assert stored == 1, f"expected one article after importing a page, got {stored}"


def ask_the_demo() -> None:
    command = [NEWSBOT, "demo", "--port", "0", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
        try:
            assert demo.stdout is not None
            line = demo.stdout.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+", line)
            assert address, f"expected the address of the demo, got {line!r}"
            ask_for_news(address[0])
        finally:
            demo.terminate()
    assert demo.returncode == 0, f"expected the demo to end by itself, got exit status {demo.returncode}"


def ask_for_news(url: str) -> None:
    english = next(chat for chat in chats(url) if chat["viewer"].get("language_code") == "en")["chat"]["id"]
    asked = json.dumps({"chat_id": english, "text": "/latest 2"}).encode()
    request = urllib.request.Request(f"{url}/page/send", asked, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        number = json.load(answer)["message"]["message_id"]
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        messages = next(chat["messages"] for chat in chats(url) if chat["chat"]["id"] == english)
        later = [one["text"] for one in messages if one["message_id"] > number and one["from"]["is_bot"]]
        if any("1. " in text and "2. " in text for text in later):
            return
        time.sleep(0.2)
    raise AssertionError(f"/latest was not answered within {SECONDS} seconds")


def chats(url: str) -> list[Any]:
    with urllib.request.urlopen(f"{url}/page/state", timeout=SECONDS) as answer:
        listed: list[Any] = json.load(answer)["chats"]
    return listed


if __name__ == "__main__":
    main()
