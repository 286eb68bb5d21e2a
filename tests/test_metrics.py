"""What Prometheus reads: names, labels and numbers, of a bot that runs and of parts that report."""

import asyncio
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError, TimedOut

from bot.metrics import Metrics, StoredNumbers
from bot.metrics.definitions import DEFINITIONS, Kind
from bot.metrics.meters import METHODS_KEPT, OUTCOMES, UPDATE_KINDS
from bot.sim import Simulator
from bot.web.metrics import metrics_routes
from storage import Storage
from storage.records import AlarmKind, Died, Lane, Sent, WorkKind
from tests.conftest import Clock
from tests.makers import NOON, claim, new_article, readers, stored
from tests.processes import Newsbot
from tests.scrapes import Series, parse_scrape, value
from tests.site import Page, Site, rss
from tests.web import free_port, serving

ROOT = Path(__file__).parent.parent
LANES = {"retraction", "breaking", "alert", "digest", "edit"}
KINDS = {"alert", "digest", "notice"}
ALLOWED: dict[str, set[str]] = {  # each label's values, where they are known beforehand
    "lane": LANES,
    "muted": {"true", "false"},
    "kept": {"true", "false"},
    "work": {"read", "write", "wait"},
    "file": {"main", "log"},
    "state": {"active", "paused", "gone", "ok", "failing", "unread", "waiting", "set_aside"},
    "result": {"added", "pushed", "changed", "withdrawn", "unreadable"},
    "kind": KINDS
    | UPDATE_KINDS
    | {"private", "group", "channel"}
    | {"category", "source", "author", "words", "story", "everything"}
    | set(AlarmKind),
    "outcome": set(OUTCOMES.values())
    | {"ok", "failed", "flood", "forbidden", "migrated", "token_refused", "conflict", "refused", "timeout", "network"}
    | {"read", "unchanged"},
}
WORDS = re.compile(r"[a-zA-Z_]{2,40}")


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(version="1.2", sqlite="3", promise_seconds=120)


def shown(metrics: Metrics) -> list[Series]:
    return parse_scrape(metrics.render().decode())


def test_the_document_lists_every_metric_with_its_labels() -> None:
    text = (ROOT / "docs/metrics.md").read_text()
    rows = re.findall(r"^\| `(newsbot_\w+)` \| (\w+) \| (.*?) \| (.*) \|$", text, re.MULTILINE)
    assert rows == [
        (one.name, one.kind.value, ", ".join(f"`{label}`" for label in one.labels) or "–", one.meaning)
        for one in DEFINITIONS
    ]


def test_names_follow_the_conventions() -> None:
    assert len({one.name for one in DEFINITIONS}) == len(DEFINITIONS)
    for one in DEFINITIONS:
        assert re.fullmatch(r"newsbot(_[a-z]+)+", one.name)
        assert one.name.endswith("_total") == (one.kind is Kind.COUNTER)
        assert one.kind is not Kind.HISTOGRAM or one.name.endswith("_seconds")
        assert not set(one.labels) & {"chat", "chat_id", "user", "user_id", "article", "url", "source", "le"}


@pytest.mark.slow
async def test_a_bot_that_runs_shows_what_it_does(sim: Simulator, site: Site, tmp_path: Path) -> None:
    port = free_port()
    newsbot = Newsbot(tmp_path, sim, NEWSBOT_WEB=f"127.0.0.1:{port}")
    site.pages["/feed"] = Page(rss("Old one"))
    chat = sim.private(sim.person("Huda", "en"))
    async with newsbot.running(), aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
        chat.say("/subscribe")
        await sim.until(lambda: len(chat.messages) == 1)
        assert (await newsbot("source", "add", f"{site.url}/feed"))[0] == 0
        await site.until_asked("/feed", 2)
        site.pages["/feed"] = Page(rss("Ferry sails", "Old one"))
        await sim.until(lambda: len(chat.messages) == 2)
        await site.until_asked("/feed", 2)
        scrape: list[Series] = []
        while value(scrape, "newsbot_deliveries_total", outcome="sent") < 1:
            async with client.get("/metrics") as answer:
                assert answer.status == 200
                assert answer.headers["Content-Type"].startswith("text/plain; version=")
                text = await answer.text()
            scrape = parse_scrape(text)
            await asyncio.sleep(0.05)  # a message is counted once it is marked; nothing tells of that
    assert value(scrape, "newsbot_deliveries_total", kind="alert", lane="alert", outcome="sent") == 1
    assert value(scrape, "newsbot_delivery_delay_seconds_count", kind="alert", lane="alert") == 1
    assert value(scrape, "newsbot_updates_total", kind="message") == 1
    assert value(scrape, "newsbot_reply_seconds_count") == 1
    assert value(scrape, "newsbot_telegram_requests_total", method="sendMessage", outcome="ok") >= 2
    assert value(scrape, "newsbot_source_visits_total", outcome="read") >= 2
    assert value(scrape, "newsbot_articles_total", result="added") == 2
    assert value(scrape, "newsbot_articles_total", result="pushed") == 1
    assert value(scrape, "newsbot_database_seconds_count", work="write") > 3
    assert value(scrape, "newsbot_job_runs_total", job="deliver", outcome="ok") > 0
    assert value(scrape, "newsbot_build_info") == 1
    assert value(scrape, "newsbot_reach_promise_seconds") == 120
    assert value(scrape, "process_resident_memory_bytes") > 10_000_000
    check_labels(scrape)
    assert not {"Huda", "Ferry", site.url, "/feed", sim.token} & set(re.split(r'[\s"]', text))
    labels = {given for one in scrape for label, given in one.labels if label != "le"}
    assert str(chat.id) not in labels


def check_labels(scrape: list[Series]) -> None:
    """No label has a value that people or publishers can choose, and no metric has many series."""
    known = {one.name.removesuffix("_total") for one in DEFINITIONS}
    for one in scrape:
        base = re.sub(r"_(total|bucket|sum|count)$", "", one.name)
        assert one.name.startswith("process_") or one.name in known or base in known, one.name
        for label, given in one.labels - {("le", "")}:
            if label in ALLOWED:
                assert given in ALLOWED[label], one
            elif label in ("method", "job", "route"):
                assert WORDS.fullmatch(given), one
            else:
                assert label in ("le", "version", "python", "sqlite", "status"), one
    most = Counter(one.name for one in scrape if not one.name.endswith("_bucket")).most_common(1)[0]
    assert most[1] <= 60, most


def test_another_reader_of_the_format_reads_it(metrics: Metrics) -> None:
    metrics.telegram_answered("sendMessage", None, 0.1)
    families = {one.name: one for one in text_string_to_metric_families(metrics.render().decode())}
    for one in DEFINITIONS:
        family = families[one.name.removesuffix("_total")]
        assert (family.type, family.documentation) == (one.kind.value, one.meaning)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "ok"),
        (RetryAfter(7), "flood"),
        (Forbidden("blocked"), "forbidden"),
        (BadRequest("chat not found"), "refused"),
        (TimedOut(), "timeout"),
        (TelegramError("?"), "network"),
    ],
)
def test_answers_of_telegram_are_counted_by_what_they_mean(
    metrics: Metrics, error: TelegramError | None, outcome: str
) -> None:
    metrics.telegram_answered("sendMessage", error, 0.2)
    scrape = shown(metrics)
    assert value(scrape, "newsbot_telegram_requests_total", method="sendMessage", outcome=outcome) == 1
    assert value(scrape, "newsbot_flood_waits_total") == (outcome == "flood")
    assert value(scrape, "newsbot_flood_wait_seconds_total") == (7 if outcome == "flood" else 0)


def test_what_strangers_choose_makes_no_series(metrics: Metrics) -> None:
    for number in range(1_000):
        metrics.telegram_answered(f"method{number}", None, 0.1)
        metrics.update_received({"update_id": number, f"kind{number}": {}})
    metrics.update_received({"update_id": 1, "message": {}})
    metrics.update_received(["no object"])
    scrape = shown(metrics)
    assert len({one.labels for one in scrape if one.name == "newsbot_telegram_requests_total"}) == METHODS_KEPT + 1
    assert value(scrape, "newsbot_telegram_requests_total", method="other") == 1_000 - METHODS_KEPT
    assert value(scrape, "newsbot_updates_total", kind="other") == 1_001
    assert value(scrape, "newsbot_updates_total", kind="message") == 1


def test_a_long_poll_is_no_slow_answer(metrics: Metrics) -> None:
    metrics.telegram_answered("getUpdates", None, 25)
    assert value(shown(metrics), "newsbot_telegram_request_seconds_count") == 0


def test_a_chat_that_wished_to_wait_is_no_delay(metrics: Metrics) -> None:
    held, prompt, dead = (claim(delivery_id=one, queued_at=NOON) for one in (1, 2, 3))
    sent_at = NOON + timedelta(seconds=3)
    night = NOON + timedelta(hours=8)
    metrics.outcomes_committed(
        [Sent(held, night, 1, 1, night), Sent(prompt, sent_at, 2, 1, sent_at), Died(dead, NOON, "?")], {1}
    )
    scrape = shown(metrics)
    assert value(scrape, "newsbot_deliveries_total", outcome="sent") == 2
    assert value(scrape, "newsbot_deliveries_total", outcome="dead") == 1
    assert value(scrape, "newsbot_delivery_delay_seconds_sum") == 3


async def test_numbers_of_what_is_stored_are_read_now_and_then(
    storage: Storage, metrics: Metrics, clock: Clock
) -> None:
    await readers(storage, 3)
    await stored(storage, new_article("one", lane=Lane.BREAKING))
    await storage.alarms.begin(AlarmKind.STUCK, 0, {}, now=NOON)
    work = await storage.work.begin(WorkKind.BACKUP, now=NOON)
    await storage.work.end(work, now=NOON)
    steady = iter([0.0, 2.0, 50.0, 103.0, 103.1])
    clock.advance(seconds=90)
    numbers = StoredNumbers(storage, metrics, clock, steady=lambda: next(steady))
    await numbers()
    scrape = shown(metrics)
    assert value(scrape, "newsbot_chats", kind="private", state="active") == 3
    assert value(scrape, "newsbot_follows", kind="everything") == 3
    assert value(scrape, "newsbot_open_fanouts", lane="breaking") == 1
    assert value(scrape, "newsbot_oldest_owed_seconds", lane="breaking") == 90
    assert value(scrape, "newsbot_oldest_owed_seconds", lane="alert") == 0
    assert value(scrape, "newsbot_alarms", kind="stuck") == 1
    assert value(scrape, "newsbot_alarms", kind="reach") == 0
    assert value(scrape, "newsbot_database_bytes", file="main") > 100_000
    assert value(scrape, "newsbot_backup_timestamp_seconds") == NOON.timestamp()
    clock.advance(seconds=50)
    await numbers()  # reading took two seconds, so nothing is read for a hundred
    assert value(shown(metrics), "newsbot_oldest_owed_seconds", lane="breaking") == 90
    await numbers()
    assert value(shown(metrics), "newsbot_oldest_owed_seconds", lane="breaking") == 140


async def test_a_scrape_needs_no_secret_and_asks_no_database(metrics: Metrics) -> None:
    routes: Any = metrics_routes(metrics.render, metrics.content_type)
    async with serving(routes) as (_, client), client.get("/metrics") as answer:
        assert answer.status == 200
        assert "newsbot_build_info" in await answer.text()
