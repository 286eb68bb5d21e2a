"""Computes the next digest and the quiet hours of a chat. Hours are in the chat's time zone."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.logs import get_logger
from storage.records import Rhythm, Timetable

log = get_logger(__name__)

NOTHING, HOUR = timedelta(0), timedelta(hours=1)
WEEK = 7  # days
MORNING = 8  # hour at which a snooze until tomorrow ends
DAY_BREAK = 4  # hour before which tomorrow is the morning that comes next


@lru_cache(1024)  # more than there are zones, so an unknown one is logged once
def find_time_zone(name: str) -> tzinfo:
    """Returns the time zone with this name, or UTC if this machine does not know the name.

    Zones are added and renamed over the years. A chat with an unknown zone must not stop deliveries to other chats.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        log.error("unknown_time_zone", name=name, reason=error)
        return UTC


def next_digest(timetable: Timetable, zone: tzinfo, after: datetime) -> datetime | None:
    """Returns the time of the first digest after `after`, in UTC, or None for a chat that gets alerts.

    Raises ValueError for a weekday or an hour that does not exist.
    """
    if timetable.rhythm is Rhythm.ALERTS:
        return None
    if timetable.rhythm is Rhythm.HOURLY:
        return _next_hour(zone, after)
    today = after.astimezone(zone).date()
    for days in range(WEEK + 2):
        day = today + timedelta(days=days)
        if timetable.rhythm is Rhythm.WEEKLY and day.weekday() != timetable.weekday:
            continue
        moment = _moment_of(day, timetable.hour, zone)
        if moment > after:
            return moment
    raise ValueError(f"no weekday has the number {timetable.weekday}")


def quiet_hours_end(timetable: Timetable, zone: tzinfo, now: datetime) -> datetime | None:
    """Returns the end of the present quiet hours, in UTC, or None outside of quiet hours."""
    window = last_quiet_hours(timetable, zone, now)
    return window[1] if window and window[1] > now else None


def last_quiet_hours(timetable: Timetable, zone: tzinfo, now: datetime) -> tuple[datetime, datetime] | None:
    """Returns begin and end of the last quiet hours that have begun, in UTC, or None if the chat has none."""
    if timetable.quiet is None or timetable.quiet[0] == timetable.quiet[1]:
        return None
    begin, end = timetable.quiet
    day = now.astimezone(zone).date() + timedelta(days=1)
    while True:
        day -= timedelta(days=1)
        begins = _moment_of(day, begin, zone)
        last = day if begin < end else day + timedelta(days=1)
        ends = _moment_of(last, end, zone)
        if begins <= now and begins < ends:
            return begins, ends


def morning(zone: tzinfo, now: datetime, *, nights: int) -> datetime:
    """Returns the morning after so many nights, in UTC. Before the morning of a day, its night has yet to end."""
    today = now.astimezone(zone).date()
    if now < _moment_of(today, DAY_BREAK, zone):
        today -= timedelta(days=1)
    return _moment_of(today + timedelta(days=nights), MORNING, zone)


def day_bounds(timetable: Timetable, zone: tzinfo, now: datetime) -> tuple[datetime, datetime]:
    """Returns begin and end, in UTC, of the day for which the daily limit of alerts counts.

    Such a day begins and ends at the hour of the chat, at which what was above the limit arrives.
    """
    today = now.astimezone(zone).date()
    days = [_moment_of(today + timedelta(days=n), timetable.hour, zone) for n in (-1, 0, 1)]
    return (days[0], days[1]) if now < days[1] else (days[1], days[2])


def _next_hour(zone: tzinfo, after: datetime) -> datetime:
    """Returns the next full hour of local time, in UTC. An hour that occurs twice gets two digests."""
    local = after.astimezone(zone)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    moment = after.astimezone(UTC) - past + HOUR
    # If clocks go back by half an hour, the hour lasts that much longer. If they go forward, the next hour begins
    # after the gap.
    back = (local.utcoffset() or NOTHING) - (moment.astimezone(zone).utcoffset() or NOTHING)
    return moment + back % HOUR if back > NOTHING else moment


def _moment_of(day: date, hour: int, zone: tzinfo) -> datetime:
    """Returns the time, in UTC, at which clocks show this hour.

    Returns the first of two such times. If clocks skip the hour, returns the end of the gap.
    """
    wall = datetime(day.year, day.month, day.day, hour, tzinfo=zone)
    moment = wall.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return moment
    # The clocks skip this hour. The change lies between the times that the offsets before and after it give.
    early, late = wall.replace(fold=1).astimezone(UTC), moment
    before = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)
