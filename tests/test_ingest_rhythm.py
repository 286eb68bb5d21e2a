"""When a source is visited next: what the operator, the source's own history and failures say."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.config import Config
from bot.ingest import rhythm
from bot.ingest.errors import Gone, RetryLater, Unreachable
from bot.ingest.rhythm import (
    Bounds,
    articles_per_day,
    count_new_articles,
    longest_pause,
    pause_after_failure,
    pause_after_success,
    visit_interval,
)
from storage.records import Source, SourceKind
from tests.makers import NOON

BOUNDS = Bounds(timedelta(minutes=5), timedelta(minutes=1), timedelta(minutes=30))
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def source(**named: object) -> Source:
    plain = Source(
        id=0,  # which spreads by nothing
        url="https://harbour.example/feed",
        kind=SourceKind.FEED,
        title=None,
        category=None,
        every_seconds=None,
        due_at=NOON,
        refreshed_at=None,
        etag=None,
        last_modified=None,
        failures=0,
        last_error=None,
    )
    return replace(plain, **named)  # type: ignore[arg-type]  # fields of Source by name


def after(days: float, *, gap: timedelta, every: timedelta = 5 * MINUTE) -> Source:
    """A source that was visited for so long and published something new after each gap."""
    one, now, published = source(), NOON, NOON
    while now <= NOON + days * DAY:
        added = (now - published) // gap
        published += added * gap
        one = replace(count_new_articles(one, added, now), visited_at=now, refreshed_at=now)
        now += every
    return one


@pytest.mark.parametrize(
    ("gap", "expected"),
    [(2 * MINUTE, 1.0), (8 * MINUTE, 2.0), (20 * MINUTE, 5.0), (HOUR, 15.0), (6 * HOUR, 30.0), (9 * DAY, 30.0)],
)
def test_about_four_visits_come_to_each_article_within_the_bounds(gap: timedelta, expected: float) -> None:
    one = after(4, gap=gap)
    assert one.visited_at is not None
    assert visit_interval(one, BOUNDS, one.visited_at) / MINUTE == pytest.approx(expected, rel=0.06)


def test_what_a_source_publishes_a_day_is_estimated() -> None:
    for days in (1.1, 3, 10):
        one = after(days, gap=HOUR)
        assert one.visited_at is not None
        assert articles_per_day(one, one.visited_at) == pytest.approx(24, rel=0.08)


def test_nothing_is_said_of_the_first_day() -> None:
    quiet = after(0.9, gap=9 * DAY)
    assert quiet.visited_at is not None
    assert articles_per_day(quiet, quiet.visited_at) is None
    assert visit_interval(quiet, BOUNDS, quiet.visited_at) == BOUNDS.usual


def test_a_backlog_is_not_taken_for_haste() -> None:
    read = replace(count_new_articles(source(), 200, NOON), visited_at=NOON, refreshed_at=NOON)
    assert visit_interval(read, BOUNDS, NOON) == BOUNDS.usual


def test_a_source_that_wakes_up_is_asked_more_often_on_the_same_day() -> None:
    one = after(10, gap=9 * DAY)
    assert one.visited_at is not None
    now = one.visited_at + HOUR
    assert visit_interval(count_new_articles(one, 0, now), BOUNDS, now) == BOUNDS.longest
    assert visit_interval(replace(count_new_articles(one, 40, now), visited_at=now), BOUNDS, now) < BOUNDS.longest


def test_a_source_that_falls_asleep_is_asked_less_often() -> None:
    one = after(10, gap=10 * MINUTE)
    assert one.visited_at is not None
    assert visit_interval(one, BOUNDS, one.visited_at) < BOUNDS.usual
    assert visit_interval(one, BOUNDS, one.visited_at + 10 * DAY) > BOUNDS.usual


def test_the_operators_interval_is_kept_exactly() -> None:
    busy = replace(after(3, gap=2 * MINUTE), every_seconds=700)
    assert visit_interval(busy, BOUNDS, NOON + 3 * DAY) == timedelta(seconds=700)
    assert pause_after_success(busy, BOUNDS, NOON + 3 * DAY, requested_pause=2 * HOUR) == timedelta(seconds=700)


def test_a_feed_may_ask_for_a_longer_pause_within_reason() -> None:
    assert pause_after_success(source(), BOUNDS, NOON, requested_pause=HOUR) == HOUR
    assert pause_after_success(source(), BOUNDS, NOON, requested_pause=30 * DAY) == rhythm.LONGEST_HINT


def test_sources_that_were_added_together_do_not_stay_together() -> None:
    pauses = {pause_after_success(source(id=number), BOUNDS, NOON) for number in range(20)}
    assert len(pauses) == 20
    assert max(pauses) <= BOUNDS.usual * 1.05


def test_pauses_after_failures_grow_to_a_ceiling() -> None:
    error = Unreachable("https://harbour.example/feed", "no answer")
    pauses = [pause_after_failure(source(failures=number), error, BOUNDS, NOON) for number in range(12)]
    assert pauses[0] == BOUNDS.usual
    assert pauses[1:7] == sorted(pauses[1:7])
    assert max(pauses) <= rhythm.LONGEST_BACKOFF < 2 * min(pauses[8:])


def test_a_server_that_names_a_time_gets_it() -> None:
    url = "https://harbour.example/feed"
    assert (
        pause_after_failure(source(), RetryLater(url, 429, 2 * HOUR, host="harbour.example"), BOUNDS, NOON)
        == 2 * HOUR
    )
    assert (
        pause_after_failure(source(), RetryLater(url, 429, MINUTE, host="harbour.example"), BOUNDS, NOON)
        == BOUNDS.usual
    )
    assert pause_after_failure(source(), Gone(url, 410), BOUNDS, NOON) == rhythm.GONE_FOR


def test_the_bounds_follow_the_usual_interval_unless_they_are_set() -> None:
    assert Bounds.from_config(Config()) == BOUNDS
    assert Bounds.from_config(Config(refresh_seconds=2)) == Bounds(*(timedelta(seconds=one) for one in (2, 1, 12)))
    set_so = Config(refresh_seconds=300, refresh_least_seconds=300, refresh_most_seconds=300)
    assert Bounds.from_config(set_so) == Bounds(5 * MINUTE, 5 * MINUTE, 5 * MINUTE)
    assert Bounds.from_config(Config(refresh_most_seconds=200)).usual == timedelta(seconds=200)


def test_the_longest_pause_follows_the_state_of_a_source() -> None:
    assert longest_pause(source(), BOUNDS, NOON) == BOUNDS.usual
    assert longest_pause(source(every_seconds=7200), BOUNDS, NOON) == 2 * HOUR
    assert longest_pause(source(requested_pause=3 * HOUR), BOUNDS, NOON) == 3 * HOUR
    assert longest_pause(source(every_seconds=700, requested_pause=HOUR), BOUNDS, NOON) == timedelta(seconds=700)
    assert longest_pause(source(failures=3), BOUNDS, NOON) == 4 * BOUNDS.usual
    assert longest_pause(source(failures=99), BOUNDS, NOON) == rhythm.LONGEST_BACKOFF
    assert longest_pause(source(failures=1, requested_pause=DAY), BOUNDS, NOON) == DAY


@pytest.mark.parametrize("failures", [0, 1, 4, 20])
@pytest.mark.parametrize(
    "error",
    [
        Unreachable("https://harbour.example/feed", "no answer"),
        RetryLater("https://harbour.example/feed", 429, 2 * HOUR, host="harbour.example"),
        Gone("https://harbour.example/feed", 410),
    ],
)
def test_no_pause_after_a_failure_is_longer_than_the_state_allows(error: Exception, failures: int) -> None:
    given = pause_after_failure(source(failures=failures), error, BOUNDS, NOON)
    after_it = source(failures=failures + 1, requested_pause=rhythm.requested_after_failure(error))
    assert given <= longest_pause(after_it, BOUNDS, NOON)
