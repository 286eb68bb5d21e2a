"""From a source to a subscriber's chat, through the command line and a bot that runs, is killed, and runs again."""

import asyncio
import json
from collections import Counter
from functools import partial
from itertools import islice
from pathlib import Path

import pytest

from bot.sim import Chat, Shown, Simulator
from tests.processes import (
    Newsbot,
    all_have_arrived,
    children_of,
    is_gone,
    rows_of,
    until_nothing_is_owed,
    until_stored,
)
from tests.site import Page, Site, rss

SAVED_PAGE = """صحيفة المرفأ

الاقتصاد والموانئ

افتتاح خط بحري جديد بين المدينتين
١٩/٠١/٢٠٢٢

افتتاح خط بحري جديد بين المدينتين

افتتحت سلطة المرفأ أمس خطًا بحريًا جديدًا يربط المدينتين في ثلاث ساعات، بعد عامين من المفاوضات بين الجانبين.

وقال مدير المرفأ إن العلاقات التجارية بين المدينتين ستزداد قوة، وإن عدة اتفاقيات ستوقع قبل نهاية العام.

وأضاف أن أسعار التذاكر ستبقى منخفضة في الأشهر الأولى، وأن الرحلات ستكون يومية.

إقرأ المزيد في: الاقتصاد والموانئ
"""


async def ask(sim: Simulator, chat: Chat, text: str) -> Shown:
    before = len(chat.messages)
    chat.say(text)
    await sim.until(lambda: len(chat.messages) > before)
    return chat.last


async def test_a_saved_page_is_imported_pushed_listed_summarised_and_found(
    sim: Simulator, tmp_path: Path, database_url: str
) -> None:
    newsbot = Newsbot(tmp_path, sim, NEWSBOT_DATABASE=database_url)
    page = tmp_path / "page.txt"
    page.write_text(SAVED_PAGE)
    chat = sim.private(sim.person("Huda", "ar"))
    async with newsbot.running():
        await ask(sim, chat, "/subscribe")
        status, said, complained = await newsbot("import", page, "--push")
        assert (status, complained) == (0, ""), said
        await sim.until(lambda: len(chat.messages) == 2)
        alert = chat.last.text
        assert alert.count("افتتاح خط بحري جديد بين المدينتين") == 1
        assert "19 يناير 2022" in alert
        assert "الاقتصاد والموانئ" in alert
        listed = await ask(sim, chat, "/category الاقتصاد والموانئ")
        assert "1. افتتاح خط بحري" in listed.text
        summary = await ask(sim, chat, "/summary 1")
        assert "ثلاث ساعات" in summary.text
        for words in ("العلاقة", "اتفاقية"):
            assert "1. افتتاح خط بحري" in (await ask(sim, chat, f"/search {words}")).text
        status, shown, _ = await newsbot("articles", "show", "1", "--json")
        article = json.loads(shown)
        assert (article["category"], article["published"][:10], article["published_precision"]) == (
            "الاقتصاد والموانئ",
            "2022-01-19",
            "day",
        )
        assert article["body"].startswith("افتتحت سلطة المرفأ")
        assert article["body"].endswith("يومية.")
        status, said, _ = await newsbot("import", page, "--push")
        assert status == 0
    assert [message.text for message in chat.messages].count(alert) == 1


async def test_a_feed_is_added_to_a_running_bot_and_its_later_items_are_pushed_once(
    sim: Simulator, site: Site, tmp_path: Path, database_url: str
) -> None:
    newsbot = Newsbot(tmp_path, sim, NEWSBOT_DATABASE=database_url)
    site.pages["/feed"] = Page(rss("Old one", "Old two"))
    chat = sim.private(sim.person("Huda", "en"))
    async with newsbot.running():
        await ask(sim, chat, "/subscribe")
        status, _, complained = await newsbot("source", "add", f"{site.url}/feed", "--category", "Harbour")
        assert status == 0, complained
        await site.until_asked("/feed", 2)
        assert len(chat.messages) == 1
        site.pages["/feed"] = Page(rss("Ferry sails", "Old one", "Old two"))
        await sim.until(lambda: len(chat.messages) == 2)
        assert "Ferry sails" in chat.last.text
        assert "Harbour" in chat.last.text
        site.pages["/feed"] = Page(rss("Old two", "Ferry sails", "Old one"))
        await site.until_asked("/feed", 2)
    assert len(chat.messages) == 2


@pytest.mark.slow
async def test_killed_in_the_middle_of_a_broadcast_it_resumes_and_loses_nothing(
    sim: Simulator, tmp_path: Path, database_url: str
) -> None:
    newsbot = Newsbot(tmp_path, sim, NEWSBOT_DATABASE=database_url, NEWSBOT_RATE="20")
    sim.crowd(1_000, 300)
    chats = tmp_path / "chats.jsonl"
    chats.write_text("".join(f'{{"chat_id": {number}}}\n' for number in range(1_000, 1_300)))
    page = tmp_path / "page.txt"
    page.write_text(SAVED_PAGE)
    assert (await newsbot("chats", "import", chats))[0] == 0

    def reached() -> Counter[int]:
        return Counter(call.values["chat_id"] for call in sim.calls if call.method == "sendMessage")

    async with newsbot.running() as process:
        assert (await newsbot("import", page, "--push"))[0] == 0
        await sim.until(lambda: len(reached()) > 60)
        process.kill()
        await process.wait()
    await all_have_arrived(sim)
    marked = {chat for (chat,) in rows_of(database_url, "SELECT chat_id FROM deliveries WHERE state = 'sent'")}
    in_flight = reached().keys() - marked
    assert len(reached()) < 250
    async with Newsbot(tmp_path, sim, NEWSBOT_DATABASE=database_url).running():
        await sim.until(lambda: len(reached()) == 300)
        await until_nothing_is_owed(database_url)
        stats = json.loads((await newsbot("stats", "--json"))[1])
    counted = reached()
    assert sorted(counted) == list(range(1_000, 1_300))
    assert max(counted.values()) <= 2
    assert {chat for chat, times in counted.items() if times > 1} <= in_flight
    assert stats["deliveries"]["sent"] == 300


@pytest.mark.only_sqlite  # the next process of a PostgreSQL database stands by
async def test_a_second_run_on_the_same_database_is_refused_until_the_first_is_gone(
    sim: Simulator, tmp_path: Path, database_url: str
) -> None:
    newsbot = Newsbot(tmp_path, sim, NEWSBOT_DATABASE=database_url)
    async with newsbot.running() as first:
        status, _, complained = await newsbot("run")
        assert status == 1
        assert "another newsbot runs on this database" in complained
        assert "Traceback" not in complained
        first.kill()
        await first.wait()
    async with newsbot.running():
        chat = sim.private(sim.person("Huda", "en"))
        await ask(sim, chat, "/help")


async def test_a_telegram_that_is_away_at_the_start_is_waited_for(
    sim: Simulator, tmp_path: Path, database_url: str
) -> None:
    from bot.sim import Fault

    sim.faults.add(Fault("server_error", method="getMe", times=2))
    async with Newsbot(tmp_path, sim, NEWSBOT_DATABASE=database_url).running():
        chat = sim.private(sim.person("Huda", "en"))
        await ask(sim, chat, "/help")


async def test_a_refused_token_ends_the_start_with_a_clear_message(
    sim: Simulator, tmp_path: Path, database_url: str
) -> None:
    newsbot = Newsbot(tmp_path, sim, NEWSBOT_DATABASE=database_url, NEWSBOT_TOKEN="1:forgotten-secret")
    status, said, complained = await newsbot("run")
    assert status == 1
    assert "NEWSBOT_TOKEN" in complained
    assert "forgotten-secret" not in said + complained
    assert "Traceback" not in complained


@pytest.mark.slow
async def test_nothing_of_a_bot_that_is_killed_stays_behind(
    sim: Simulator, tmp_path: Path, database_url: str, site: Site
) -> None:
    newsbot = Newsbot(tmp_path, sim, NEWSBOT_DATABASE=database_url)
    site.pages["/feed"] = Page(rss("Ferry sails"), headers={"Content-Type": "application/rss+xml"})
    assert (await newsbot("source", "add", f"{site.url}/feed"))[0] == 0
    async with newsbot.running() as process:
        await until_stored(database_url, "SELECT 1 FROM articles")  # then its worker process has read the feed
        children = children_of(process.pid)
        assert children
        process.kill()
        await process.wait()
        for child in children:
            assert await asyncio.to_thread(is_gone, child)


def _sends_after(sim: Simulator, before: int) -> bool:
    return any(call.method == "sendMessage" for call in sim.calls[before:])


@pytest.mark.slow
async def test_what_people_ask_around_kills_is_all_answered(
    sim: Simulator, tmp_path: Path, database_url: str
) -> None:
    newsbot = Newsbot(tmp_path, sim, NEWSBOT_DATABASE=database_url)
    chats = [sim.private(sim.person(f"Reader {number}", "en")) for number in range(30)]
    quiet = iter(chats)
    for _ in range(2):
        async with newsbot.running() as process:
            for chat in islice(quiet, 10):
                chat.say("/help")
            before = len(sim.calls)
            await sim.until(partial(_sends_after, sim, before))
            process.kill()
            await process.wait()
            for chat in islice(quiet, 5):
                chat.say("/help")
    async with newsbot.running():
        await sim.until(lambda: all(chat.messages for chat in chats), 30)
        status, said, _ = await newsbot("stats")
    assert status == 0
    assert "inbox        waiting 0, set aside 0" in said.splitlines()
    assert max(len(chat.messages) for chat in chats) <= 3
