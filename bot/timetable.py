"""When a chat is written to: its next digest, and its quiet hours. Pure; hours are of the chat's own time zone."""

from datetime import UTC, date, datetime, timedelta, tzinfo

from storage.records import Rhythm, Timetable

NOTHING, HOUR = timedelta(0), timedelta(hours=1)


def next_digest(timetable: Timetable, zone: tzinfo, after: datetime) -> datetime | None:
    """The next digest later than `after`, in UTC; None for a chat that gets alerts."""
    if timetable.rhythm is Rhythm.ALERTS:
        return None
    if timetable.rhythm is Rhythm.HOURLY:
        return _next_hour(zone, after)
    day = after.astimezone(zone).date() - timedelta(days=1)
    while True:
        day += timedelta(days=1)
        if timetable.rhythm is Rhythm.WEEKLY and day.weekday() != timetable.weekday:
            continue
        moment = _at(day, timetable.hour, zone)
        if moment > after:
            return moment


def quiet_until(timetable: Timetable, zone: tzinfo, now: datetime) -> datetime | None:
    """The end of the quiet hours that `now` lies in, in UTC; None outside of them."""
    window = quiet_since(timetable, zone, now)
    return window[1] if window and window[1] > now else None


def quiet_since(timetable: Timetable, zone: tzinfo, now: datetime) -> tuple[datetime, datetime] | None:
    """Beginning and end of the last quiet hours that have begun, in UTC; None for a chat without any."""
    if timetable.quiet is None or timetable.quiet[0] == timetable.quiet[1]:
        return None
    begin, end = timetable.quiet
    day = now.astimezone(zone).date() + timedelta(days=1)
    while True:
        day -= timedelta(days=1)
        begins = _at(day, begin, zone)
        last = day if begin < end else day + timedelta(days=1)
        ends = _at(last, end, zone)
        if begins <= now and begins < ends:
            return begins, ends


def _next_hour(zone: tzinfo, after: datetime) -> datetime:
    """The next full hour on the clocks there. An hour that happens twice is two hours of news, with a digest each."""
    local = after.astimezone(zone)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    moment = after.astimezone(UTC) - past + HOUR
    # Where clocks go back by half an hour, the hour has that much left. Forward, that hour begins after the gap.
    back = (local.utcoffset() or NOTHING) - (moment.astimezone(zone).utcoffset() or NOTHING)
    return moment + back % HOUR if back > NOTHING else moment


def _at(day: date, hour: int, zone: tzinfo) -> datetime:
    """The moment, in UTC, at which clocks show that hour: the first of two; where they skip it, the first after."""
    wall = datetime(day.year, day.month, day.day, hour, tzinfo=zone)
    moment = wall.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return moment
    # The change lies between the two readings of the hour that does not exist: by the offset after it, and before it.
    early, late = wall.replace(fold=1).astimezone(UTC), moment
    before = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)
