"""Decides whether a delivery waits until quiet hours end, or joins a catch-up message of its chat. No I/O."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.timetable import find_time_zone, last_quiet_hours, quiet_hours_end
from storage.records import Claim, DeliveryKind, Lane, Rhythm

CATCH_UP_FROM: Final = 6  # so many alerts, held by quiet hours or a downtime, become one catch-up


@dataclass(frozen=True, slots=True)
class CatchUp:
    """One message that replaces all waiting alerts of a chat that were queued before a time.

    It is made only if there are at least `min_alerts` of them.
    """

    before: datetime
    min_alerts: int


def quiet_hold_end(claim: Claim, now: datetime) -> datetime | None:
    """Returns the end of the quiet hours that hold this delivery, or None if none hold it."""
    if claim.message_id is not None or claim.kind is DeliveryKind.NOTICE or claim.timetable.quiet is None:
        return None
    chosen_hour = claim.kind is DeliveryKind.DIGEST and claim.timetable.rhythm in (Rhythm.DAILY, Rhythm.WEEKLY)
    if chosen_hour or (claim.lane is Lane.BREAKING and claim.timetable.breaking):
        return None
    return quiet_hours_end(claim.timetable, find_time_zone(claim.timezone), now)


def possible_catch_ups(
    claim: Claim, now: datetime, *, started_at: datetime, max_age: timedelta | None
) -> Iterator[CatchUp]:
    """Yields the catch-ups that an alert may join, in the order in which to try them.

    The first is for alerts that piled up, the second for alerts that are out of date.

    `started_at` is when the sender started: alerts that were queued before waited while the bot was down. An alert
    that is older than `max_age` is out of date. If `max_age` is None, no alert is.
    """
    if claim.message_id is not None or claim.kind is not DeliveryKind.ALERT or claim.lane is not Lane.ALERT:
        return
    if claim.waiting >= CATCH_UP_FROM and (before := _held_before(claim, now, started_at)) is not None:
        yield CatchUp(before, CATCH_UP_FROM)
    if max_age is not None and claim.queued_at < now - max_age:
        yield CatchUp(now - max_age, 1)


def _held_before(claim: Claim, now: datetime, started_at: datetime) -> datetime | None:
    """Returns the end of the latest downtime or quiet hours that held this alert, or None if none did.

    All alerts of the chat that were queued before that time were held too.
    """
    bounds = [started_at]
    if (quiet := last_quiet_hours(claim.timetable, find_time_zone(claim.timezone), now)) is not None:
        bounds += [quiet[1]] if quiet[0] <= claim.queued_at else []
    return max((bound for bound in bounds if claim.queued_at < bound), default=None)
