"""Decides whether a delivery waits for quiet hours to end, or joins a catch-up message of its chat. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.timetable import find_time_zone, last_quiet_hours, quiet_hours_end
from storage.records import Claim, DeliveryKind, Lane, Rhythm

CATCH_UP_FROM: Final = 6  # alerts held back by quiet hours or while we were down: so many are one catch-up


@dataclass(frozen=True, slots=True)
class CatchUp:
    """One message instead of the alerts that the chat is owed since before a moment, if there are so many."""

    before: datetime
    min_alerts: int


def quiet_hold_end(claim: Claim, now: datetime) -> datetime | None:
    """Returns the end of the quiet hours that hold this delivery back, or None."""
    if claim.message_id is not None or claim.kind is DeliveryKind.NOTICE or claim.timetable.quiet is None:
        return None
    chosen_hour = claim.kind is DeliveryKind.DIGEST and claim.timetable.rhythm in (Rhythm.DAILY, Rhythm.WEEKLY)
    if chosen_hour or (claim.lane is Lane.BREAKING and claim.timetable.breaking):
        return None
    return quiet_hours_end(claim.timetable, find_time_zone(claim.timezone), now)


def possible_catch_ups(
    claim: Claim, now: datetime, *, started_at: datetime, max_age: timedelta | None
) -> Iterator[CatchUp]:
    """The catch-ups that it may belong to, to be tried in this order: of what piled up, and of what outlived its use.

    `started_at` is when the sender began: what is owed since before waited while we were down. An alert that is older
    than `max_age` is out of date; None is for ever.
    """
    if claim.message_id is not None or claim.kind is not DeliveryKind.ALERT or claim.lane is not Lane.ALERT:
        return
    if claim.waiting >= CATCH_UP_FROM and (before := _held_before(claim, now, started_at)) is not None:
        yield CatchUp(before, CATCH_UP_FROM)
    if max_age is not None and claim.queued_at < now - max_age:
        yield CatchUp(now - max_age, 1)


def _held_before(claim: Claim, now: datetime, started_at: datetime) -> datetime | None:
    """Before when this chat's alerts were held back, if this one was: we were down, or it was quiet."""
    bounds = [started_at]
    if (quiet := last_quiet_hours(claim.timetable, find_time_zone(claim.timezone), now)) is not None:
        bounds += [quiet[1]] if quiet[0] <= claim.queued_at else []
    return max((bound for bound in bounds if claim.queued_at < bound), default=None)
