"""Whose turn it is among the sources that are due: lanes, hosts, and what a slow one costs the others."""

import pytest

from bot.ingest.network.fetch import host_and_port
from bot.ingest.visit_queue import PAUSE, PER_HOST, QueuedVisit, VisitLane, VisitQueue


def queue(at_once: int = 64) -> VisitQueue[str]:
    return VisitQueue(at_once=at_once)


def add(visits: VisitQueue[str], *names: str, host: str | None = None, lane: VisitLane = VisitLane.DUE) -> None:
    for name in names:
        visits.add(name, host=host or name, lane=lane, due=0.0)


def begun(visits: VisitQueue[str], now: float = 0.0) -> list[str]:
    return [one.visit for one in visits.start(now)]


def test_the_longest_due_is_first_and_so_many_are_under_way_at_once() -> None:
    visits = queue(at_once=3)
    for name, due in (("late", 3.0), ("early", 1.0), ("middle", 2.0), ("latest", 4.0)):
        visits.add(name, host=name, lane=VisitLane.DUE, due=due)
    under_way = list(visits.start(0.0))
    assert [one.visit for one in under_way] == ["early", "middle", "late"]
    assert begun(visits) == []
    visits.finish(under_way[0], 1.0)
    assert begun(visits, 1.0) == ["latest"]


def test_two_of_a_host_are_under_way_and_the_next_waits_for_a_pause() -> None:
    visits = queue()
    add(visits, "a", "b", "c", "d", host="one.example")
    add(visits, "other")
    under_way = list(visits.start(0.0))
    assert [one.visit for one in under_way] == ["a", "b", "other"]
    assert PER_HOST == 2
    visits.finish(under_way[0], 10.0)
    assert begun(visits, 10.0) == []
    assert visits.next_place_at() == 10.0 + PAUSE
    assert begun(visits, 10.0 + PAUSE) == ["c"]


def test_a_host_with_a_thousand_sources_delays_only_its_own() -> None:
    visits = queue(at_once=4)
    add(visits, *(f"crowd {number}" for number in range(1_000)), host="crowd.example")
    add(visits, "alone", "another")
    assert begun(visits) == ["crowd 0", "crowd 1", "alone", "another"]


def test_everything_that_waits_for_a_crowded_host_comes_at_last() -> None:
    visits = queue(at_once=64)
    names = [f"{lane.name} {number}" for number in range(30) for lane in VisitLane]
    for name in names:
        add(visits, name, host="one.example", lane=VisitLane[name.split()[0]])
    now, seen = 0.0, list[str]()
    while under_way := list(visits.start(now)):
        assert len(under_way) <= PER_HOST
        seen += [one.visit for one in under_way]
        now += 1.0
        for one in under_way:
            visits.finish(one, now)
        now += PAUSE
    assert sorted(seen) == sorted(names)
    assert [name.split()[0] for name in seen] == ["DUE"] * 30 + ["SLOW"] * 30 + ["FIRST"] * 30
    assert visits.next_place_at() is None  # and nothing is remembered of the host


@pytest.mark.parametrize("lane", [VisitLane.SLOW, VisitLane.FIRST])
def test_hosts_that_hang_and_backlogs_leave_places_for_what_becomes_due(lane: VisitLane) -> None:
    visits = queue(at_once=64)
    add(visits, *(f"other {number}" for number in range(500)), lane=lane)
    others = list(visits.start(0.0))
    assert len(others) == 48
    add(visits, *(f"due {number}" for number in range(500)))
    assert len(begun(visits)) == 16
    for one in others[:40]:
        visits.finish(one, 1.0)
    assert [name.split()[0] for name in begun(visits, 1.0)] == ["due"] * 40


def test_backlogs_leave_most_places_free_and_due_visits_go_before_them() -> None:
    visits = queue(at_once=8)
    add(visits, *(f"new {number}" for number in range(100)), lane=VisitLane.FIRST)
    under_way = list(visits.start(0.0))
    assert len(under_way) == 6
    add(visits, *(f"due {number}" for number in range(100)))
    assert len(begun(visits)) == 2
    visits.finish(under_way[0], 1.0)
    assert begun(visits, 1.0) == ["due 2"]


def test_without_end_of_due_visits_the_other_lanes_still_have_a_place() -> None:
    visits = queue(at_once=64)
    add(visits, *(f"due {number}" for number in range(100)))
    add(visits, *(f"slow {number}" for number in range(100)), lane=VisitLane.SLOW)
    add(visits, *(f"new {number}" for number in range(100)), lane=VisitLane.FIRST)
    found = begun(visits)
    assert [sum(name.startswith(kind) for name in found) for kind in ("due", "slow", "new")] == [56, 4, 4]


def test_where_nothing_else_waits_due_visits_have_all_places() -> None:
    visits = queue(at_once=64)
    add(visits, *(f"due {number}" for number in range(100)))
    assert len(begun(visits)) == 64


def test_one_place_serves_all_lanes() -> None:
    visits = queue(at_once=1)
    add(visits, "new", lane=VisitLane.FIRST)
    add(visits, "due")
    under_way: list[QueuedVisit[str]] = list(visits.start(0.0))
    assert [one.visit for one in under_way] == ["due"]
    visits.finish(under_way[0], 1.0)
    assert begun(visits, 1.0) == ["new"]


def test_hosts_are_told_apart_by_name_and_port() -> None:
    assert host_and_port("https://u:p@Example.org:8080/feed?x=1") == "example.org:8080"
    assert host_and_port("https://example.org/a") == host_and_port("http://example.org/b")
    assert host_and_port("/srv/texts") == "/srv/texts"
    assert host_and_port("http://[::/feed") == "http://[::/feed"


def test_what_waits_for_a_host_can_be_removed() -> None:
    visits = queue()
    add(visits, "a", "b", "c", host="one.example")
    assert begun(visits) == ["a", "b"]
    add(visits, "d", host="one.example")
    add(visits, "other")
    assert sorted(visits.remove("one.example")) == ["c", "d"]
    assert visits.remove("nobody.example") == []
    assert begun(visits, 9.0) == ["other"]
