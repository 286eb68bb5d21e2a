"""The bench measures what it says: every situation comes to its end, and what can be counted is exact."""

import asyncio
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from bench.scenarios import SCENARIOS
from tests.postgres import need_programs

ROOT = Path(__file__).parent.parent
CHATS = 100
BROADCAST = 90
AT_ONCE = 4  # processes
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


@pytest.mark.slow
async def test_every_scenario_runs_and_counts_exactly() -> None:
    names = list(SCENARIOS)
    async with asyncio.timeout(600):  # several at once: they mostly wait for their pace
        found = await asyncio.gather(*(ran(names[first::AT_ONCE]) for first in range(AT_ONCE)))
    rows = [row for of_scenario in found for row in of_scenario]
    assert all(row.keys() == KEYS for row in rows)
    scenarios: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        scenarios.setdefault(row["scenario"], []).append(row)

    assert [row["messages"] for row in scenarios.pop("transport")] == [CHATS, CHATS]
    for row in scenarios.pop("stock"):
        assert 0 <= row["messages"] - (BROADCAST - row["more"]["lost"]) <= row["more"]["replies"]
        assert row["more"]["replies"] > 0
    for name in ("unlimited", "paid"):
        (row,) = scenarios.pop(name)
        assert row["messages"] == CHATS
        assert row["most_in_a_second"] <= CHATS
    at, above, moving = scenarios.pop("limit")
    assert at["messages"] == above["messages"] == BROADCAST
    assert len(moving["more"]) == 3
    idle, busy = scenarios.pop("readers")
    assert idle["more"]["answered"] == busy["more"]["answered"] == idle["messages"] == 15
    alone, beside = scenarios.pop("fairness")
    assert alone["messages"] == BROADCAST // 5
    assert beside["refused"] <= 1  # the chat in its flood wait
    *waits, killed = scenarios.pop("commands")
    assert [row["more"]["answered"] for row in waits] == [15, 15, 15, 15]
    assert (killed["more"]["missing"], killed["more"]["left_in_inbox"], killed["more"]["set_aside"]) == (0, 0, 0)
    for row in scenarios.pop("inline"):
        assert row["more"]["answered"] == row["more"]["asked"] == row["messages"] == 15
    idle, busy, *broadcasts = scenarios.pop("doors")
    assert idle["more"]["answered"] == busy["more"]["answered"] == 15
    for row in (busy, broadcasts[1]):
        assert row["more"]["hooks"] > 0
        assert row["more"]["hooks_failed"] == 0
    (enqueued,) = scenarios.pop("enqueue")
    assert enqueued["messages"] == CHATS
    assert enqueued["more"]["bytes_each_after_pruning"] < enqueued["more"]["bytes_each"]
    (week,) = scenarios.pop("growth")
    assert week["messages"] == 7 * 20 * CHATS // 20
    for row in scenarios.pop("matching"):
        assert row["more"]["subjects_of_an_article"] > 0
        assert row["messages"] == round(row["more"]["deliveries_of_an_article"] * 50)
    for row in scenarios.pop("blocks"):
        assert row["more"]["blocked"] == CHATS // 10
        assert row["messages"] == CHATS - CHATS // 10
    assert [row["situation"] for row in scenarios.pop("kept")] == ["100 deliveries", "3,000 deliveries"]
    for row in scenarios.pop("killed"):
        assert row["more"]["missing"] == 0
        assert row["more"]["sent_twice"] == row["more"]["in_flight_at_kills"] == row["messages"] - BROADCAST
    fresh, again, saved = scenarios.pop("archive")
    assert fresh["messages"] == again["messages"] == 300
    assert fresh["more"]["stored"] == again["more"]["stored"] == 300
    assert 0 < fresh["more"]["stored_before_the_kill"] <= fresh["more"]["stored"]
    assert saved["more"]["stored"] == saved["messages"] == 15
    alone, beside = scenarios.pop("backup")
    assert alone["messages"] == beside["messages"] == CHATS
    assert beside["more"]["copied_mb"] > 1
    assert [row["messages"] for row in scenarios.pop("lists")] == [30] * 30
    first, interval = scenarios.pop("feeds")
    assert first["messages"] == 6
    assert interval["messages"] >= 60
    assert interval["more"]["on_time_percent"] >= 95
    assert not scenarios


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
