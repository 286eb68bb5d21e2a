"""What is measured of one situation, and how it is shown."""

import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from bench.postgres import SERVER
from bench.telegram import Counts

HEAD = (
    f"{'scenario':<10} {'database':<10} {'situation':<42} {'messages':>9} {'seconds':>8} {'per s':>7} {'CPU µs':>7}"
    f" {'core':>6} {'refused':>9} {'most/s':>6} {'p50 ms':>8} {'p99 ms':>8} {'MB':>5}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    scenario: str
    situation: str
    database: str = "sqlite"
    messages: int = 0  # that the server accepted
    seconds: float = 0.0
    cpu_seconds: float | None = None  # of the process that sends, all its threads
    refused: int = 0
    most_in_a_second: int | None = None  # that the server saw in any one second, refused ones too
    waits: tuple[float, ...] = ()  # milliseconds for an answer
    resident_mb: float | None = None  # the most while it was measured
    more: dict[str, float] = field(default_factory=dict)  # what only this scenario tells

    def as_json(self) -> dict[str, Any]:
        cpu = self.cpu_seconds
        return {
            "scenario": self.scenario,
            "situation": self.situation,
            "database": self.database,
            "messages": self.messages,
            "seconds": round(self.seconds, 3),
            "per_second": round(self.messages / self.seconds, 1) if self.seconds else None,
            "cpu_us": round(1e6 * cpu / self.messages) if cpu is not None and self.messages else None,
            "core_percent": round(100 * cpu / self.seconds, 1) if cpu is not None and self.seconds else None,
            "refused": self.refused,
            "refused_percent": round(100 * self.refused / max(1, self.messages + self.refused), 2),
            "most_in_a_second": self.most_in_a_second,
            "p50_ms": quantile(self.waits, 0.5),
            "p99_ms": quantile(self.waits, 0.99),
            "resident_mb": round(self.resident_mb) if self.resident_mb is not None else None,
            "more": self.more,
        }


def line(row: dict[str, Any]) -> str:
    """A row of the table, of what `as_json` gives; what only its scenario tells is in the line below."""

    def told(name: str, form: str = "", unit: str = "") -> str:
        return "" if row[name] is None else format(row[name], form) + unit

    refused = f"{row['refused']:,} {row['refused_percent']:.0f}%" if row["refused"] else "0"
    text = (
        f"{row['scenario']:<10} {row['database']:<10} {row['situation']:<42} {row['messages']:>9,}"
        f" {row['seconds']:>8.2f} {told('per_second', ',.0f'):>7} {told('cpu_us', ',d'):>7}"
        f" {told('core_percent', '.0f', '%'):>6} {refused:>9} {told('most_in_a_second', ','):>6}"
        f" {told('p50_ms', ',.1f'):>8} {told('p99_ms', ',.1f'):>8} {told('resident_mb'):>5}"
    )
    more = " · ".join(f"{name.replace('_', ' ')} {value:,g}" for name, value in row["more"].items())
    return f"{text}\n{'':<21} {more}" if more else text


class Meter:
    """Runs from its making until it is asked for the row."""

    def __init__(self, scenario: str, situation: str) -> None:
        self._scenario = scenario
        self._situation = situation
        _forget_peak()
        self._server = SERVER.get()
        self._server_cpu = self._server.cpu_seconds() if self._server else 0.0
        self.begun = time.monotonic()
        self._cpu = time.process_time()

    def stop(self) -> Self:
        """What comes after this is not measured."""
        self.seconds, self.cpu_seconds = time.monotonic() - self.begun, time.process_time() - self._cpu
        self.resident_mb = _peak_mb()
        if self._server:
            self._server_cpu = self._server.cpu_seconds() - self._server_cpu
        return self

    def row(
        self,
        counts: Counts,
        more: Mapping[str, float] | None = None,
        *,
        before: int = 0,
        waits: tuple[float, ...] = (),
    ) -> Row:
        """`before` is how many messages there were when the meter began."""
        return Row(
            scenario=self._scenario,
            situation=self._situation,
            messages=counts.accepted - before,
            seconds=self.seconds,
            cpu_seconds=self.cpu_seconds,
            refused=counts.refused,
            most_in_a_second=counts.most_in_a_second,
            waits=waits or counts.waits,
            resident_mb=self.resident_mb,
            more=_rounded({**(more or {}), **self._of_server(counts.accepted - before)}),
        )

    def alone(self, messages: int, more: Mapping[str, float]) -> Row:
        """The row of what was measured without a server."""
        return Row(
            scenario=self._scenario,
            situation=self._situation,
            messages=messages,
            seconds=self.seconds,
            cpu_seconds=self.cpu_seconds,
            resident_mb=self.resident_mb,
            more=_rounded({**more, **self._of_server(messages)}),
        )

    def _of_server(self, messages: int) -> dict[str, float]:
        """What the database server took for it."""
        if not self._server:
            return {}
        share = {"server_core_percent": 100 * self._server_cpu / self.seconds}
        return share | ({"server_cpu_us": 1e6 * self._server_cpu / messages} if messages else {})


def _rounded(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in figures.items()}


def quantile(values: tuple[float, ...], share: float) -> float | None:
    """The least value that so large a share does not exceed."""
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))], 1) if values else None


def _forget_peak() -> None:
    """Let the kernel count the peak of our memory anew (Linux; elsewhere it stays that of the whole process)."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def _peak_mb() -> float:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
