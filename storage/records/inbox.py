"""The inbox: Telegram updates that wait for an answer, and updates that were set aside."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingUpdate:
    """A Telegram update that is not answered yet."""

    update_id: int  # Telegram's number of the update
    chat_id: int  # Telegram's number of its chat; 0: the update belongs to no chat
    asked_at: datetime  # when the person wrote; if Telegram does not say, when the bot received the update
    asks: bool  # whether a person waits for an answer
    attempts: int = 0  # former processes that ended and may have been answering it


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedUpdate(WaitingUpdate):
    """An update as Telegram sent it."""

    payload: str  # JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxStats:
    """The number of updates in the inbox."""

    waiting: int
    set_aside: int  # number of updates that were set aside in the last days
    last_reason: str | None  # the reason of the update that was set aside last
