"""Updates of Telegram in the inbox, and those that were set aside."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingUpdate:
    """An update of Telegram that is not answered yet."""

    update_id: int  # Telegram's number
    chat_id: int  # Telegram's number of its chat; 0: it belongs to none
    asked_at: datetime  # when the person wrote; where Telegram does not say that, when we received it
    asks: bool  # whether the person waits for an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedUpdate(WaitingUpdate):
    """An update as Telegram gave it."""

    payload: str  # JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAsideUpdate:
    """An update that could not be read or answered."""

    update_id: int
    chat_id: int
    set_aside_at: datetime
    reason: str
    payload: str  # JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxStats:
    waiting: int
    set_aside: int  # of the last days
    last_reason: str | None  # of the one that was set aside last
