"""The contract of subscriptions at hubs."""

from datetime import datetime
from typing import Protocol

from storage.records import HubSubscription, Source, WantedHub


class HubSubscriptions(Protocol):
    """Subscriptions at hubs. A source has one at most, and `Source.hub` says how its hub is doing.

    If a source is removed, its subscription stays until the hub was told.
    """

    async def want(self, source_id: int, wanted: WantedHub, *, now: datetime) -> bool:
        """Subscribe a source to a hub. Returns False if it is subscribed to that hub, topic and callback already.

        A subscription to another one ends.
        """

    async def end(self, source_id: int, *, now: datetime) -> bool:
        """End the subscription of a source. Returns False if there is none."""

    async def end_paused(self, *, now: datetime) -> int:
        """End the subscriptions of sources that are paused or were removed. Returns their number."""

    async def forget_all(self) -> int:
        """Delete all subscriptions without telling the hubs. Returns their number."""

    async def get(self, subscription_id: str) -> HubSubscription | None:
        """Returns the subscription with that id."""

    async def of_source(self, source_id: int) -> HubSubscription | None:
        """Returns the subscription of a source."""

    async def all(self) -> list[HubSubscription]:
        """Returns all subscriptions."""

    async def due(self, *, now: datetime, limit: int) -> list[HubSubscription]:
        """Returns the subscriptions whose hub is to be asked now, the longest waiting first."""

    async def note_asked(self, subscription_id: str, *, now: datetime, due_at: datetime) -> bool:
        """Record that the hub is being asked. The hub may verify before it answers.

        Returns whether it was due: else another process asks it already. A subscription that is active or is ending
        stays so.
        """

    async def note_failed(self, subscription_id: str, error: str, *, due_at: datetime, refused: bool) -> None:
        """Record that the hub did not take a request. `refused` says that the source has to do without the hub."""

    async def note_verified(
        self, subscription_id: str, *, now: datetime, due_at: datetime, lease_until: datetime
    ) -> None:
        """Record that the hub knows the bot, until the lease ends. It is asked again at `due_at`."""

    async def note_expired(self, *, now: datetime) -> int:
        """Let subscriptions whose lease has ended be asked for anew. Their sources are visited as usual, and now.

        Returns their number.
        """

    async def remove(self, subscription_id: str) -> None:
        """Delete a subscription that has ended."""

    async def note_told(self, subscription_id: str, learned: Source | None, *, now: datetime) -> bool:
        """Record that the hub sent content that was believed. Returns whether the hub was silent before.

        `learned` has what the bot now knows of how often the source publishes. If it is None, that stays as it is.
        """

    async def take_ping(self, subscription_id: str, *, now: datetime, not_before: datetime) -> bool:
        """Let the source be visited now, because its hub called. Returns False if it did so since `not_before`."""

    async def note_missed(self, source_id: int, *, now: datetime) -> None:
        """Record that a visit found what the hub of the source had not sent."""

    async def note_silent(self, *, missed_before: datetime, now: datetime) -> list[int]:
        """Let hubs count as silent that missed something before that time and have sent nothing since.

        Their sources are visited as usual, and now. Returns the ids of these sources.
        """

    async def silent(self) -> list[Source]:
        """Returns the sources whose hub is silent and had sent before.

        Many feeds name a hub to which their publisher tells nothing: these are left out.
        """
