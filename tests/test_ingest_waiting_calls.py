"""How long a call of a hook would wait, and which calls are refused for that."""

from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from bot.ingest.waiting_calls import FEW, MOST_AT_FIRST, MOST_SECONDS, MOST_WAITING, Busy, WaitingCalls

SIZE = 2_000  # bytes of a body
HOOK, OTHER_HOOK = 1, 2


@dataclass
class Seconds:
    """A clock that a test moves."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def enter(waiting: WaitingCalls, calls: int, size: int = SIZE) -> list[ExitStack]:
    """Let so many calls in. Each waits until its stack is closed."""
    entered = [ExitStack() for _ in range(calls)]
    for one in entered:
        one.enter_context(waiting.enter(size, HOOK))
    return entered


def answer(calls: list[ExitStack], clock: Seconds, seconds: float) -> None:
    """Answer calls, one every so many seconds."""
    for one in calls:
        clock.now += seconds
        one.close()


def taken(waiting: WaitingCalls) -> int:
    """How many more calls are let in at this moment."""
    with ExitStack() as entered:
        for count in range(2 * MOST_WAITING):
            try:
                entered.enter_context(waiting.enter(SIZE, HOOK))
            except Busy:
                return count
    raise AssertionError("all calls were let in")


@pytest.mark.parametrize("pace", [0.01, 0.04, 0.1])
def test_no_more_calls_are_let_in_than_are_answered_in_time(pace: float) -> None:
    clock = Seconds()
    waiting = WaitingCalls(clock)
    answer(enter(waiting, 100), clock, pace)
    assert taken(waiting) == pytest.approx(MOST_SECONDS / pace, abs=1)


def test_a_call_that_is_refused_is_told_when_those_before_it_are_done() -> None:
    clock = Seconds()
    waiting = WaitingCalls(clock)
    answer(enter(waiting, 100), clock, 0.1)
    entered = [*enter(waiting, 10), *enter(waiting, 1, size=20 * SIZE)]  # the last as long as twenty others
    with pytest.raises(Busy) as refused:
        enter(waiting, 1)
    assert refused.value.seconds == pytest.approx(3.0)
    answer(entered, clock, 0.1)


def test_a_machine_that_becomes_quicker_is_believed() -> None:
    clock = Seconds()
    waiting = WaitingCalls(clock)
    answer(enter(waiting, 100), clock, 0.5)
    assert taken(waiting) == FEW
    for _ in range(40):  # as few as are let in: they show that the machine is quick now
        answer(enter(waiting, FEW), clock, 0.01)
    assert taken(waiting) > 100


def test_pauses_between_calls_do_not_count() -> None:
    clock = Seconds()
    waiting = WaitingCalls(clock)
    for _ in range(100):
        clock.now += 60
        answer(enter(waiting, 1), clock, 0.01)
    assert taken(waiting) == pytest.approx(MOST_SECONDS / 0.01, abs=1)


def test_calls_are_refused_while_nothing_is_answered_at_all() -> None:
    clock = Seconds()
    waiting = WaitingCalls(clock)
    entered = enter(waiting, 100)
    clock.now += MOST_SECONDS + 0.1
    with pytest.raises(Busy):
        enter(waiting, 1)
    answer(entered, clock, 0.001)
    assert taken(waiting) > FEW


def test_fewer_calls_wait_as_long_as_the_pace_is_not_known() -> None:
    clock = Seconds()
    waiting = WaitingCalls(clock)
    answer(enter(waiting, MOST_AT_FIRST), clock, 0.001)
    assert taken(waiting) == MOST_WAITING
    assert taken(WaitingCalls(clock)) == MOST_AT_FIRST


def test_a_program_that_sends_seldom_is_not_refused_because_another_one_sends_much() -> None:
    """Ghost and WordPress send each article once: what is refused is lost."""
    clock = Seconds()
    waiting = WaitingCalls(clock)
    answer(enter(waiting, 100), clock, 0.5)
    entered = enter(waiting, FEW)
    assert taken(waiting) == 0
    with waiting.enter(SIZE, OTHER_HOOK):
        assert taken(waiting) == 0
    answer(entered, clock, 0.5)
