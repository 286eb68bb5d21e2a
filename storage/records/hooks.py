"""Hooks: addresses to which other programs send their articles, and what came of the calls."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class HookKind(StrEnum):
    """The program that calls a hook. It decides how calls are signed, and what their bodies look like."""

    GENERIC = "generic"
    GHOST = "ghost"
    WORDPRESS = "wordpress"
    SUPERDESK = "superdesk"


@dataclass(frozen=True, slots=True, kw_only=True)
class HookCounts:
    """What became of the articles of one call, or of all calls of a hook."""

    stored: int = 0
    changed: int = 0
    withdrawn: int = 0
    unchanged: int = 0

    def __add__(self, other: "HookCounts") -> "HookCounts":
        return HookCounts(
            stored=self.stored + other.stored,
            changed=self.changed + other.changed,
            withdrawn=self.withdrawn + other.withdrawn,
            unchanged=self.unchanged + other.unchanged,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A hook. Its articles belong to a source of kind HOOK."""

    source_id: int
    name: str
    kind: HookKind
    secret: str = field(repr=False)
    former_secret: str | None = field(default=None, repr=False)  # valid until `former_until`
    former_until: datetime | None = None
    called_at: datetime | None = None  # the last call that was accepted
    failed_at: datetime | None = None  # the last call that was refused, and
    last_error: str | None = None  # the reason
    calls: int = 0  # accepted ones
    refused: int = 0
    counts: HookCounts = HookCounts()

    def secrets(self, now: datetime) -> tuple[str, ...]:
        """Returns the secrets that are valid at that time, the newest first."""
        if self.former_secret is None or self.former_until is None or self.former_until <= now:
            return (self.secret,)
        return self.secret, self.former_secret


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedCall:
    """A call whose articles are stored."""

    counts: HookCounts
    signature: str | None = None  # None: nothing tells this call from one that comes later
