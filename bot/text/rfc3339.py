"""Writes times as RFC 3339 has them, in UTC: "2026-12-01T08:00:00Z"."""

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """Returns an aware time, without parts of a second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def rfc3339_or_none(moment: datetime | None) -> str | None:
    """Returns the same for a time that may not be known."""
    return rfc3339(moment) if moment is not None else None
