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


@dataclass(frozen=True, slots=True)
class SendBreaking:
    """Send an article as breaking news, after an editor saw it. It counts only for the text that the editor saw."""

    code: ClassVar[str] = "D3"
    article: int
    shown: int  # the revision of the alert
    again: int  # whether chats that have it get a new message as well


@dataclass(frozen=True, slots=True)
class SendAgain:
    """Send breaking news again, as a new message, to the chats that have it."""

    code: ClassVar[str] = "D4"
    article: int


@dataclass(frozen=True, slots=True)
class AskReason:
    """Show how readers will see a withdrawal with this reason. 0 asks an editor to type one."""

    code: ClassVar[str] = "D5"
    article: int
    reason: int  # the place in RetractReason, from 1


@dataclass(frozen=True, slots=True)
class WithdrawFor:
    """Retract an article for good, for a reason."""

    code: ClassVar[str] = "D6"
    article: int
    reason: int  # the place in RetractReason, from 1; 0: it was typed
    words: int  # the id of the typed text; 0: none was typed
    shown: int  # whether readers see it


@dataclass(frozen=True, slots=True)
class CancelEditing:
    """Leave an article as it is."""

    code: ClassVar[str] = "D7"
    article: int


EditorAction = OnDesk | ShowDesk | SendBreaking | SendAgain | AskReason | WithdrawFor | CancelEditing
