"""What waits for the end of quiet hours, and what becomes part of a catch-up."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.deliver.quiet_hours import CATCH_UP_FROM, CatchUp, hold_end, possible_catch_ups
from storage.records import DeliveryKind, Lane, Rhythm, Timetable
from tests.makers import NOON, claim

HOUR = timedelta(hours=1)
NIGHT = Timetable(quiet=(22, 7))
MIDNIGHT, SEVEN, EIGHT = NOON + 12 * HOUR, NOON + 19 * HOUR, NOON + 20 * HOUR


def found(now: datetime, started_at: datetime = NOON - HOUR, **changes: Any) -> list[CatchUp]:
    return list(possible_catch_ups(claim(**changes), now, started_at=started_at, max_age=6 * HOUR))


@pytest.mark.parametrize(
    ("changes", "waits"),
    [
        ({}, True),
        ({"lane": Lane.BREAKING}, False),
        ({"lane": Lane.BREAKING, "timetable": Timetable(quiet=(22, 7), breaking=False)}, True),
        ({"kind": DeliveryKind.NOTICE}, False),
        ({"message_id": 5, "lane": Lane.EDIT}, False),
        ({"kind": DeliveryKind.DIGEST}, True),  # a catch-up has no hour of its own
        ({"kind": DeliveryKind.DIGEST, "timetable": Timetable(Rhythm.HOURLY, quiet=(22, 7))}, True),
        ({"kind": DeliveryKind.DIGEST, "timetable": Timetable(Rhythm.DAILY, hour=23, quiet=(22, 7))}, False),
        ({"timetable": Timetable()}, False),
    ],
)
def test_quiet_hours_hold_back_what_has_no_hour_of_its_own(changes: dict[str, Any], waits: bool) -> None:
    assert hold_end(claim(**({"timetable": NIGHT} | changes)), MIDNIGHT) == (SEVEN if waits else None)


@pytest.mark.parametrize(
    ("changes", "waits"),
    [
        ({}, True),
        ({"alerts_sent": 2}, False),
        ({"alerts_since": NOON - 24 * HOUR}, False),  # the count is that of yesterday
        ({"lane": Lane.BREAKING, "timetable": Timetable(most_a_day=3, breaking=False)}, False),
        ({"kind": DeliveryKind.DIGEST, "lane": Lane.DIGEST}, False),
        ({"message_id": 5}, False),
        ({"timetable": Timetable()}, False),
    ],
)
def test_only_alerts_that_are_no_breaking_news_wait_for_the_end_of_a_day_with_a_limit(
    changes: dict[str, Any], waits: bool
) -> None:
    reached = {"timetable": Timetable(most_a_day=3), "alerts_since": NOON - HOUR, "alerts_sent": 3}
    assert hold_end(claim(**(reached | changes)), NOON) == (EIGHT if waits else None)


def test_what_came_while_we_were_down_is_one_message_where_it_is_much() -> None:
    begun = NOON + HOUR
    assert found(begun, begun, waiting=CATCH_UP_FROM) == [CatchUp(begun, CATCH_UP_FROM)]
    assert found(begun, begun, waiting=CATCH_UP_FROM - 1) == []


def test_what_came_in_quiet_hours_is_one_message_where_it_is_much() -> None:
    held: dict[str, Any] = {"timetable": NIGHT, "queued_at": SEVEN - HOUR}
    assert found(SEVEN, waiting=CATCH_UP_FROM, **held) == [CatchUp(SEVEN, CATCH_UP_FROM)]
    before = NOON + 9 * HOUR  # it was not quiet yet, and it only waits for its turn
    assert found(before + HOUR, timetable=NIGHT, queued_at=before, waiting=CATCH_UP_FROM) == []


def test_what_outlived_its_use_joins_a_catch_up_however_little_it_is() -> None:
    late = NOON + 6 * HOUR + timedelta(seconds=1)
    assert found(late) == [CatchUp(late - 6 * HOUR, 1)]
    assert found(NOON + 6 * HOUR) == []


@pytest.mark.parametrize(
    "changes",
    [{"lane": Lane.BREAKING}, {"kind": DeliveryKind.NOTICE}, {"kind": DeliveryKind.DIGEST}, {"message_id": 5}],
)
def test_only_alerts_join_a_catch_up(changes: dict[str, Any]) -> None:
    assert found(NOON + 20 * HOUR, NOON + HOUR, waiting=CATCH_UP_FROM, **changes) == []
