"""Admission: how many commands and presses of one person are answered. The others are ignored before they are stored.

Each person has an allowance that fills up again at a steady rate, in whatever chats the person writes. When it is
used up, the person is told so once. From then on the bot is silent, and only what the allowance has room for is
answered. The person is told again only after the allowance was full in between.
"""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

MINUTE: Final = 60.0  # seconds
PRESS_COST: Final = 0.5  # of a pressed button, in commands: people turn pages faster than they type
PEOPLE_KEPT: Final = 10_000  # with so many known, those whose allowance is full are forgotten
NOTED: Final = 100  # people whose ignored updates are counted, for the administrators of the bot


class Verdict(Enum):
    """What happens to an update."""

    ANSWER = auto()
    SLOW_DOWN = auto()  # the person is told that the allowance is used up
    IGNORE = auto()


@dataclass(slots=True)
class Allowance:
    """What a person may still ask."""

    left: float  # commands
    at: float  # seconds on the steady clock
    told: bool = False  # whether the person was told since the allowance was full


class Admission:
    """Counts what each person asks. Nothing is stored: after a restart, everybody has a full allowance."""

    def __init__(self, per_minute: int, *, steady: Callable[[], float], exempt: Collection[int] = ()) -> None:
        """`per_minute` is 0 if there is no limit. `steady` returns seconds. The people in `exempt` have no limit."""
        self.per_minute = per_minute
        self.ignored: Counter[int] = Counter()  # updates, by the number of the person
        self._steady = steady
        self._exempt = frozenset(exempt)
        self._people: dict[int, Allowance] = {}
        self._sweep_at = PEOPLE_KEPT

    def judge(self, person: int, *, press: bool) -> Verdict:
        """Returns what happens to a command or a press of this person, and takes it off the allowance."""
        if not self.per_minute or person in self._exempt:
            return Verdict.ANSWER
        allowance = self._filled(person)
        cost = PRESS_COST if press else 1.0
        if allowance.left >= cost:
            allowance.left -= cost
            return Verdict.ANSWER
        if not allowance.told:
            allowance.told = True
            return Verdict.SLOW_DOWN
        self._note_ignored(person)
        return Verdict.IGNORE

    def _filled(self, person: int) -> Allowance:
        now, full = self._steady(), float(self.per_minute)
        allowance = self._people.get(person)
        if allowance is None:
            self._sweep(now)
            allowance = self._people[person] = Allowance(full, now)
        allowance.left = min(full, allowance.left + max(0.0, now - allowance.at) * full / MINUTE)
        allowance.at = now
        if allowance.left == full:
            allowance.told = False
        return allowance

    def _sweep(self, now: float) -> None:
        """Forget the people whose allowance is full again. At most a minute's people are kept."""
        if len(self._people) < self._sweep_at:
            return
        self._people = {person: one for person, one in self._people.items() if now - one.at < MINUTE}
        self._sweep_at = max(PEOPLE_KEPT, 2 * len(self._people))

    def _note_ignored(self, person: int) -> None:
        self.ignored[person] += 1
        if len(self.ignored) > 2 * NOTED:
            self.ignored = Counter(dict(self.ignored.most_common(NOTED)))
