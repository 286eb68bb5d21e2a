"""The bench measures what it says: every situation comes to its end, and what can be counted is exact."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.newsroom import QUICK
from bench.scenarios import SCENARIOS
from tests.postgres import need_programs

ROOT = Path(__file__).parent.parent
CHATS = 100
BROADCAST = 90
SMALL = replace(QUICK, chats=CHATS)
KEYS = {
    "scenario",
    "situation",
    "database",
    "messages",
    "seconds",
    "per_second",
    "cpu_us",
    "core_percent",
    "refused",
    "refused_percent",
    "most_in_a_second",
    "p50_ms",
    "p99_ms",
    "resident_mb",
    "more",
}


async def ran(scenarios: Iterable[str], *, database: str = "sqlite") -> list[dict[str, Any]]:
    """The rows of these scenarios, small."""
    only = [option for scenario in scenarios for option in ("--only", scenario)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench", "--quick", "--json", "--database", database, "--chats", str(CHATS), *only),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    found = json.loads(said)
    assert found["failed"] == []
    assert process.returncode == 0
    return list(found["rows"])


Rows = list[dict[str, Any]]


def transport_counts(rows: Rows) -> None:
    assert [row["messages"] for row in rows] == [CHATS, CHATS]


def stock_counts(rows: Rows) -> None:
    for row in rows:
        assert 0 <= row["messages"] - (BROADCAST - row["more"]["lost"]) <= row["more"]["replies"]
        assert row["more"]["replies"] > 0


def whole_broadcast_counts(rows: Rows) -> None:
    (row,) = rows
    assert row["messages"] == CHATS
    assert row["most_in_a_second"] <= CHATS


def limit_counts(rows: Rows) -> None:
    at, above, moving = rows
    assert at["messages"] == above["messages"] == BROADCAST
    assert len(moving["more"]) == 3


def readers_count(rows: Rows) -> None:
    idle, busy = rows
    assert idle["more"]["answered"] == busy["more"]["answered"] == idle["messages"] == 15


def fairness_counts(rows: Rows) -> None:
    alone, beside = rows
    assert alone["messages"] == BROADCAST // 5
    assert beside["refused"] <= 1  # the chat in its flood wait


def commands_count(rows: Rows) -> None:
    *waits, killed = rows
    assert [row["more"]["answered"] for row in waits] == [15, 15, 15, 15]
    assert (killed["more"]["missing"], killed["more"]["left_in_inbox"], killed["more"]["set_aside"]) == (0, 0, 0)


def inline_counts(rows: Rows) -> None:
    for row in rows:
        assert row["more"]["answered"] == row["more"]["asked"] == row["messages"] == 15


def doors_count(rows: Rows) -> None:
    idle, busy, *broadcasts = rows
    assert idle["more"]["answered"] == busy["more"]["answered"] == 15
    for row in (busy, broadcasts[1]):
        assert row["more"]["hooks"] > 0
        assert row["more"]["hooks_failed"] == 0


def enqueue_counts(rows: Rows) -> None:
    (row,) = rows
    assert row["messages"] == CHATS
    assert row["more"]["bytes_each_after_pruning"] < row["more"]["bytes_each"]


def growth_counts(rows: Rows) -> None:
    (week,) = rows
    assert week["messages"] == 7 * 20 * CHATS // 20


def matching_counts(rows: Rows) -> None:
    for row in rows:
        assert row["more"]["subjects_of_an_article"] > 0
        assert row["messages"] == round(row["more"]["deliveries_of_an_article"] * 50)


def blocks_count(rows: Rows) -> None:
    for row in rows:
        assert row["more"]["blocked"] == CHATS // 10
        assert row["messages"] == CHATS - CHATS // 10


def kept_counts(rows: Rows) -> None:
    assert [row["situation"] for row in rows] == ["100 deliveries", "3,000 deliveries"]


def killed_counts(rows: Rows) -> None:
    for row in rows:
        assert row["more"]["missing"] == 0
        assert row["more"]["sent_twice"] == row["more"]["in_flight_at_kills"] == row["messages"] - BROADCAST


def archive_counts(rows: Rows) -> None:
    fresh, again, saved = rows
    assert fresh["messages"] == again["messages"] == 300
    assert fresh["more"]["stored"] == again["more"]["stored"] == 300
    assert 0 < fresh["more"]["stored_before_the_kill"] <= fresh["more"]["stored"]
    assert saved["more"]["stored"] == saved["messages"] == 15


def backup_counts(rows: Rows) -> None:
    alone, beside = rows
    assert alone["messages"] == beside["messages"] == CHATS
    assert beside["more"]["copied_mb"] > 1


def lists_count(rows: Rows) -> None:
    assert [row["messages"] for row in rows] == [30] * 30


def feeds_count(rows: Rows) -> None:
    first, interval = rows
    assert first["messages"] == 6
    assert interval["messages"] >= 60
    assert interval["more"]["on_time_percent"] >= 95


COUNTS: dict[str, Callable[[Rows], None]] = {
    "transport": transport_counts,
    "stock": stock_counts,
    "unlimited": whole_broadcast_counts,
    "paid": whole_broadcast_counts,
    "limit": limit_counts,
    "readers": readers_count,
    "fairness": fairness_counts,
    "commands": commands_count,
    "inline": inline_counts,
    "doors": doors_count,
    "enqueue": enqueue_counts,
    "growth": growth_counts,
    "matching": matching_counts,
    "blocks": blocks_count,
    "kept": kept_counts,
    "killed": killed_counts,
    "feeds": feeds_count,
    "archive": archive_counts,
    "backup": backup_counts,
    "lists": lists_count,
}


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_a_scenario_runs_and_counts_exactly(scenario: str) -> None:
    async with asyncio.timeout(200):
        rows = [row.as_json() async for row in SCENARIOS[scenario](SMALL)]
    assert {row["scenario"] for row in rows} == {scenario}
    assert all(row.keys() == KEYS for row in rows)
    COUNTS[scenario](rows)


@pytest.mark.slow
async def test_a_scenario_runs_on_both_databases_in_turn() -> None:
    need_programs()
    async with asyncio.timeout(300):
        rows = await ran(["unlimited", "growth"], database="both")
    assert [(row["scenario"], row["database"]) for row in rows] == [
        (scenario, database) for scenario in ("unlimited", "growth") for database in ("sqlite", "postgresql")
    ]
    assert [row["messages"] for row in rows] == [CHATS, CHATS, 7 * 20 * CHATS // 20, 7 * 20 * CHATS // 20]
    assert ["server_cpu_us" in row["more"] for row in rows] == [False, True, False, True]


@pytest.mark.slow
async def test_a_scenario_that_does_not_exist_is_refused() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench", "--only", "warp"), cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    _, complained = await process.communicate()
    assert process.returncode == 2
    assert b"warp" in complained
