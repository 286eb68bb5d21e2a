"""The contract of hooks."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from storage.records import AcceptedCall, Hook, HookCounts, HookKind


class Hooks(Protocol):
    """Hooks: addresses to which programs send their articles. A hook ends together with its source."""

    async def add(
        self,
        name: str,
        kind: HookKind,
        secret: str,
        *,
        now: datetime,
        category: str | None = None,
        breaking: bool | None = None,
    ) -> Hook | None:
        """Add a hook and its source. Returns None if there is a hook of that name, which stays as it is."""

    async def find(self, name: str) -> Hook | None:
        """Returns the hook of that name."""

    async def all(self) -> list[Hook]:
        """Returns all hooks, in the order of their names."""

    async def replace_secret(self, name: str, secret: str, *, former_until: datetime) -> bool:
        """Give a hook a new secret. The former one is valid until that time. Returns False if there is no such hook.

        The secret before the former one is valid no more.
        """

    async def answers(self, source_id: int, signatures: Collection[str]) -> dict[str, HookCounts]:
        """Returns what became of the calls among these that were accepted already, by signature."""

    async def note_accepted(
        self, source_id: int, calls: Sequence[AcceptedCall], *, now: datetime, forget_before: datetime
    ) -> None:
        """Count calls, and remember their signatures. Signatures that were taken before that time are forgotten.

        A power cut may undo this write. A call that comes again is then compared with what is stored, as a new one.
        """

    async def note_refused(self, source_id: int, number: int, reason: str, *, now: datetime) -> None:
        """Count calls that were refused, the last one for that reason. A power cut may undo this write."""
