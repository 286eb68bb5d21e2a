"""Actions of editors: decisions on the desk, breaking news, and retractions."""

from dataclasses import dataclass
from typing import ClassVar, Final

# What an editor does with an article on the desk.
APPROVE: Final = "a"
SEND: Final = "s"  # as an alert, though it would only be listed
BREAKING: Final = "b"
ASK_TIME: Final = "h"
HOLD: Final = "t"  # until `at`
TYPE_TIME: Final = "y"
KILL: Final = "k"
RESTORE: Final = "r"  # a killed one waits again, or one that has a time
SHOW: Final = "v"


@dataclass(frozen=True, slots=True)
class OnDesk:
    """A decision on an article of the desk. It counts only for the revision that the editor saw."""

    code: ClassVar[str] = "D1"
    what: str
    desk: int
    revision: int
    at: int = 0  # minutes since 1970
    listed: int = 0  # the first number of the page of the list from which it was opened; 0: from none


@dataclass(frozen=True, slots=True)
class ShowDesk:
    """A page of the articles that wait: those with numbers above `after`."""

    code: ClassVar[str] = "D2"
    after: int = 0


EditorAction = OnDesk | ShowDesk
