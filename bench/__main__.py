"""`python -m bench`: run the scenarios one after another, and print a table or JSON."""

import asyncio
import json
import os
import platform
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from bench.newsroom import FULL, QUICK, Size
from bench.postgres import bench_server, programs
from bench.rows import HEAD, line
from bench.scenarios import ON_SQLITE, SCENARIOS
from bench.telegram import ROOT

PATIENCE = 1_200.0  # seconds for one scenario: two million articles are copied to PostgreSQL for the lists
PER_CHAT = 0.004  # and this for each chat more


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
@click.option("--chats", type=click.IntRange(1), help="The largest number of chats; 100,000 unless told.")
@click.option("--only", multiple=True, type=click.Choice(list(SCENARIOS)), help="This scenario; may be repeated.")
@click.option("--database", type=click.Choice(["sqlite", "postgresql", "both"]), default="both", show_default=True)
@click.option("--quick", is_flag=True, help="Everything small: does it run? The figures say little.")
def main(as_json: bool, chats: int | None, only: tuple[str, ...], database: str, quick: bool) -> None:
    """Measure the bot on loopback. bench/README.md tells how to read the table."""
    size = QUICK if quick else FULL
    size = replace(size, chats=chats or size.chats)
    names = only or tuple(SCENARIOS)
    with _servers(names, database) as servers:
        status = asyncio.run(run(names, size, servers, as_json=as_json))
    sys.exit(status)


@contextmanager
def _servers(names: tuple[str, ...], database: str) -> Iterator[list[str]]:
    """The folders of the servers that each scenario runs on; the empty one stands for SQLite."""
    wanted = database != "sqlite" and any(name not in ON_SQLITE for name in names)
    if wanted and programs() is None:
        print("no PostgreSQL here (apt-get install postgresql), so only SQLite is measured", file=sys.stderr)
        wanted = False
    embedded = [] if database == "postgresql" else [""]
    if not wanted:
        yield embedded
        return
    with bench_server() as server:
        yield [*embedded, str(server.folder)]


async def run(names: tuple[str, ...], size: Size, servers: list[str], *, as_json: bool) -> int:
    """1 where a scenario failed."""
    rows: list[dict[str, Any]] = []
    failed: list[str] = []
    if not as_json:
        print(f"{machine()}\n\n{HEAD}", flush=True)
    for name, server in _runs(names, servers):
        try:
            async for row in measure(name, size, server):
                rows.append(row)
                if not as_json:
                    print(line(row), flush=True)
        except Failed as error:
            failed.append(f"{name}: {error}")
            print(failed[-1], file=sys.stderr, flush=True)
    if as_json:
        print(json.dumps({"machine": machine(), "size": asdict(size), "rows": rows, "failed": failed}, indent=1))
    return 1 if failed else 0


class Failed(Exception):
    """A scenario did not come to its end."""


def _runs(names: tuple[str, ...], servers: list[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        for server in [""] if name in ON_SQLITE else servers:
            yield name, server


async def measure(name: str, size: Size, server: str) -> AsyncIterator[dict[str, Any]]:
    """The rows of a scenario, as they come. Raises Failed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bench.scenarios", name, json.dumps(asdict(size)), server),
        cwd=ROOT,
        stdout=PIPE,
        start_new_session=True,  # what it starts can be ended with it
    )
    assert process.stdout is not None
    seconds = PATIENCE + PER_CHAT * size.chats
    try:
        async with asyncio.timeout(seconds):
            async for said in process.stdout:
                yield json.loads(said)
            if status := await process.wait():
                raise Failed(f"ended with status {status}")
    except TimeoutError:
        raise Failed(f"took more than {seconds:.0f} seconds") from None
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def machine() -> str:
    """What it was measured on."""
    model = platform.processor() or platform.machine()
    with suppress(OSError, IndexError):
        model = Path("/proc/cpuinfo").read_text().split("model name\t: ")[1].splitlines()[0]
    busy = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"Python {platform.python_version()}, {os.cpu_count()} × {model}, {platform.system()}{busy}"


if __name__ == "__main__":
    main()
