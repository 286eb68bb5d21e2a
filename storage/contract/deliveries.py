"""The contract of deliveries: what each chat is owed, what was sent, and what could not be."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from storage.records import (
    PROMISE,
    ArticleReport,
    ArticleTimes,
    Claim,
    Counts,
    DeadDelivery,
    DigestSnapshot,
    DueDigest,
    Lane,
    Outcome,
    OwedInLane,
    ShownAs,
    Stats,
    Throughput,
)


class Deliveries(Protocol):
    """Messages that chats are owed, from the moment that they are queued until their outcome is recorded."""

    async def expand(self, *, limit: int, now: datetime, ahead: int | None = None) -> int:
        """Queue the deliveries of the next chunk of the most urgent fan-out or correction.

        Returns their approximate number. Returns 0 if no fan-out or correction is open, or if `ahead` chats are ready
        to be written to in its lane or in more urgent lanes.

        The method uses one short transaction. If a power cut undoes it, the chunk is made again.
        """

    async def due_digests(self, *, limit: int, now: datetime) -> list[DueDigest]:
        """Returns the chats whose next digest is due, the longest waiting first.

        If the row of a chat can't be read, the chat is due again a day later. Otherwise it would stay at the head of
        the list and keep the others back.
        """

    async def digests_too_far_ahead(self, *, limit: int, now: datetime) -> list[DueDigest]:
        """Returns the chats whose next digest is later than their rhythm allows, because a clock was ahead."""

    async def plan_digests(self, planned: Sequence[tuple[DueDigest, datetime | None]]) -> None:
        """Set when the next digests of these chats are due. A digest that was planned again meanwhile is skipped."""

    async def enqueue_digests(self, digests: Sequence[tuple[DueDigest, datetime | None]], *, now: datetime) -> None:
        """Queue these digests, and set the time of each chat's next digest.

        A digest that is no longer due is passed over. A digest lists articles that were stored until 30 seconds ago,
        because another process may still be committing later articles.
        """

    async def merge_into_catch_up(self, claim: Claim, *, before: datetime, least: int, now: datetime) -> bool:
        """Replace the alerts of a chat that were queued before that time by one catch-up message.

        The claimed alert is one of them. Returns False and changes nothing if there are fewer than `least` of them.
        If it returns True, the claim has ended and needs no outcome.
        """

    async def enqueue_notice(self, chats: Sequence[int], notice: str, *, lane: Lane, now: datetime) -> None:
        """Queue a notice (JSON) for these chats. Like any delivery, it survives a restart."""

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete up to `limit` notices, digests and dead deliveries that were settled before that time.

        Returns their number. Sent alerts are deleted together with their articles.
        """

    async def recover(self, *, now: datetime) -> int:
        """Queue the deliveries again that a killed process was sending. Returns their number.

        Call it once, at the start.
        """

    async def give_back(self, *, now: datetime, besides: Collection[int]) -> int:
        """Queue the claimed deliveries again that are not in `besides`. Returns their number.

        Call it after a claim that failed: if the connection to the database was lost, the claim may be stored, and
        nobody knows its deliveries.
        """

    async def unclaim(self, delivery_ids: Collection[int]) -> None:
        """Queue these claimed deliveries again. Their chats stay locked until an outcome is settled.

        Call it for deliveries that were claimed although their outcome is still to be settled once more.
        """

    async def correct_times(self, *, now: datetime, by: timedelta) -> None:
        """Correct the times that were stored while the wall clock was ahead by `by`."""

    async def count_ready_chats(self, *, now: datetime, limit: int, lane: Lane = Lane.EDIT) -> int:
        """Returns the number of chats that are ready in that lane or a more urgent one, counted up to `limit`."""

    async def next_send_at(self) -> datetime | None:
        """Returns the time at which the next chat may be written to, or None if no message is owed."""

    async def claim(self, *, limit: int, now: datetime) -> list[Claim]:
        """Claim the next delivery of up to `limit` chats whose send slot is due.

        The most urgent lane comes first. Within a lane, the chat that has waited longest comes first. A claimed chat
        is not claimed again before `settle`. A delivery that its chat no longer wants is deleted. A delivery that
        can't be read becomes dead. If a power cut undoes a claim, the delivery is claimed again.
        """

    async def claim_another(self, chat_ids: Sequence[int], *, without: Sequence[int], now: datetime) -> list[Claim]:
        """Claim one due delivery of one of these chats, in any lane.

        Deliveries about the articles in `without` are left out.
        """

    async def settle(self, outcomes: Sequence[Outcome], *, promise: timedelta = PROMISE) -> frozenset[int]:
        """Record the outcomes of claimed deliveries, and set the next send slot of their chats.

        Returns the ids of the deliveries that waited because their chat wished it, or that became due later.

        An alert is in time if it was sent within `promise` after it became due (see `ReachLog`).
        """

    async def article_of_message(self, chat_id: int, message_id: int) -> int | None:
        """Returns the id of the article that a message of the bot shows, or None if it shows none or several."""

    async def note_shape(self, chat_id: int, message_id: int, shown_as: ShownAs) -> None:
        """Record how a message that was sent shows its article now: a correction keeps a page.

        A message that is no delivery is not recorded. If a power cut undoes this write, a correction shows the text.
        """

    async def fold_opened(self, source_id: int, *, now: datetime) -> int:
        """Queue edits of the messages that show articles of a source as pages or opened texts, newest articles first.

        Each of them becomes what it was when it was sent, as the source's articles are shown now. Returns the number
        of messages. The method works in steps: after an error, it can be called again.
        """

    async def snapshot_of_digest(self, delivery_id: int, chat_row: int) -> tuple[int, datetime, datetime] | None:
        """Returns the snapshot id of a digest of this chat, and the beginning and end of the time that it covers.

        Returns None if the snapshot is not kept.
        """

    async def count_owed(self) -> int:
        """Returns the number of messages that are owed and not sent yet.

        The number of chats that open fan-outs have not reached is an estimate if it is large.
        """

    async def count_in_progress(self, *, now: datetime, limit: int | None = None) -> int:
        """Returns the number of messages that go out within about a minute.

        These are the messages of chats whose send slot is due by then, the messages that are being sent, and one for
        each chat that open fan-outs have not reached. Above `limit`, the number is not exact.
        """

    async def stats(self, *, now: datetime) -> Stats:
        """Returns the statistics for the operator. Counting takes 0.1 seconds for a million deliveries."""


class DigestSnapshots(Protocol):
    """The articles that sent digests list."""

    async def get(self, snapshot: int) -> DigestSnapshot | None:
        """Returns the snapshot with that id, or None if no digest shows it any more."""


class DeadLetters(Protocol):
    """Deliveries that were given up. They stay until the operator retries or drops them."""

    async def latest(self, *, limit: int) -> list[DeadDelivery]:
        """Returns the deliveries that were given up, latest first."""

    async def reasons(self) -> dict[str, int]:
        """Returns the most common reasons, each with its number of deliveries, largest first."""

    async def ids(self, *, until: datetime, reason: str | None = None, limit: int | None = None) -> Sequence[int]:
        """Returns the ids of the deliveries that were given up until that time, oldest first.

        If `reason` is not None, they are those of that reason. If `limit` is not None, they are the first ones.
        """

    async def retry(self, ids: Sequence[int], *, now: datetime) -> list[int]:
        """Queue these deliveries again as if they were new.

        Returns the ids of the deliveries that were dead. The method works in steps.
        """

    async def drop(self, ids: Sequence[int]) -> list[int]:
        """Delete these deliveries. Returns the ids of the deliveries that were dead. The method works in steps."""


class Metrics(Protocol):
    """The rate at which messages go out, and the time that an article takes to reach all of its chats."""

    async def last_minute(self, now: datetime) -> Throughput:
        """Returns the throughput of the last minute, in six complete intervals of ten seconds."""

    async def last_day(self, now: datetime) -> Throughput:
        """Returns the throughput of the last 24 hours."""

    async def since(self, moment: datetime) -> Throughput:
        """Returns the throughput since that time. It may include up to ten seconds before."""

    async def newest_sent(self, *, limit: int) -> list[ArticleTimes]:
        """Returns how fast the newest pushed articles reached their chats.

        For each article, the method reads all of its deliveries. That takes about two seconds for a million
        deliveries. Call it if a person asks, but not in a job.
        """

    async def owed(self, *, now: datetime) -> list[OwedInLane]:
        """Returns what is owed in each lane, the most urgent lane first.

        Above 100,000 queued messages, their numbers by lane are estimated. For a million, that takes 0.2 seconds.
        """

    async def report(self, article_id: int) -> ArticleReport:
        """Returns what became of the messages about an article.

        The method reads up to 200,000 of its messages, which takes about 0.2 seconds.
        """

    async def counts(self) -> Counts:
        """Returns the numbers of what is stored. They are kept up to date, so nothing large is counted."""

    async def prune(self, *, now: datetime) -> int:
        """Delete the throughput that is older than a day. Returns the number of deleted intervals."""
