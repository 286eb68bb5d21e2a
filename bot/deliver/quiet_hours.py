"""Decides whether a delivery waits (quiet hours, a snooze, a daily limit), or joins a catch-up message. No I/O."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.timetable import day_bounds, find_time_zone, last_quiet_hours, quiet_hours_end
from storage.records import Claim, DeliveryKind, Lane, Rhythm

CATCH_UP_FROM: Final = 6  # so many alerts, held by quiet hours or a downtime, become one catch-up


@dataclass(frozen=True, slots=True)
class CatchUp:
    """One message that replaces all waiting alerts of a chat that were queued before a time.

    It is made only if there are at least `min_alerts` of them.
    """

    before: datetime
    min_alerts: int


def hold_end(claim: Claim, now: datetime) -> datetime | None:
    """Returns when the hold on this delivery ends, or None if nothing holds it.

    A delivery may be held by quiet hours, by a snooze, or by a daily limit. When the last of these holds ends, the
    delivery is checked again.
    """
    if claim.message_id is not None or claim.kind is DeliveryKind.NOTICE:
        return None
    if claim.lane is Lane.BREAKING and claim.timetable.breaking:
        return None
    holds = (_snooze_end(claim), _quiet_hours_end(claim, now), _daily_limit_end(claim, now))
    return max((end for end in holds if end is not None and end > now), default=None)


def _snooze_end(claim: Claim) -> datetime | None:
    return claim.snoozed_until


def _quiet_hours_end(claim: Claim, now: datetime) -> datetime | None:
    chosen_hour = claim.kind is DeliveryKind.DIGEST and claim.timetable.rhythm in (Rhythm.DAILY, Rhythm.WEEKLY)
    if claim.timetable.quiet is None or chosen_hour:
        return None
    return quiet_hours_end(claim.timetable, find_time_zone(claim.timezone), now)


def _daily_limit_end(claim: Claim, now: datetime) -> datetime | None:
    if (most := limit_of(claim)) is None:
        return None
    begin, end = day_bounds(claim.timetable, find_time_zone(claim.timezone), now)
    return end if claim.alerts_since >= begin and claim.alerts_sent >= most else None


def limit_of(claim: Claim) -> int | None:
    """Returns the daily limit that this delivery counts for, or None. Only alerts that are no breaking news count."""
    counts = claim.kind is DeliveryKind.ALERT and claim.lane is Lane.ALERT and claim.message_id is None
    return claim.timetable.most_a_day if counts else None


def possible_catch_ups(
    claim: Claim, now: datetime, *, started_at: datetime, max_age: timedelta | None
) -> Iterator[CatchUp]:
    """Yields the catch-ups that an alert may join, in the order in which to try them.

    The first ones are for alerts above a daily limit, and for alerts that a snooze held. Then come alerts that piled
    up, and alerts that are out of date.

    `started_at` is when the sender started: alerts that were queued before waited while the bot was down. An alert
    that is older than `max_age` is out of date. If `max_age` is None, no alert is.
    """
    if claim.message_id is not None or claim.kind is not DeliveryKind.ALERT or claim.lane is not Lane.ALERT:
        return
    if (evening := _limited_until(claim, now)) is not None:
        yield CatchUp(evening, 1)
    if claim.snoozed_until is not None and claim.queued_at < claim.snoozed_until:
        yield CatchUp(claim.snoozed_until, 2)
    if claim.waiting >= CATCH_UP_FROM and (before := _held_before(claim, now, started_at)) is not None:
        yield CatchUp(before, CATCH_UP_FROM)
    if max_age is not None and claim.queued_at < now - max_age:
        yield CatchUp(now - max_age, 1)


def _limited_until(claim: Claim, now: datetime) -> datetime | None:
    """Returns the end of yesterday, if its limit was reached and this alert was queued before it ended."""
    if (most := limit_of(claim)) is None or claim.alerts_sent < most:
        return None
    zone = find_time_zone(claim.timezone)
    today, _ = day_bounds(claim.timetable, zone, now)
    yesterday, _ = day_bounds(claim.timetable, zone, today - timedelta(seconds=1))
    return today if yesterday <= claim.alerts_since < today and claim.queued_at < today else None


def _held_before(claim: Claim, now: datetime, started_at: datetime) -> datetime | None:
    """Returns the end of the latest downtime or quiet hours that held this alert, or None if none did.

    All alerts of the chat that were queued before that time were held too.
    """
    bounds = [started_at]
    if (quiet := last_quiet_hours(claim.timetable, find_time_zone(claim.timezone), now)) is not None:
        bounds += [quiet[1]] if quiet[0] <= claim.queued_at else []
    return max((bound for bound in bounds if claim.queued_at < bound), default=None)
