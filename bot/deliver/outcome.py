"""What an error of Telegram means for a delivery: a pure decision, tried first to last."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.telegram_http import seconds_told
from storage.records import ChatState, Claim, Edited, Outcome, PutOff, Unreachable

FIRST_PAUSE: Final = 1.0  # seconds; doubled with each failed attempt
LONGEST_PAUSE: Final = 300.0

# Where the library has no type for it, Telegram's words decide. Lower case; a part of the text is enough.
_GONE: Final = (
    "chat not found",
    "user is deactivated",
    "peer_id_invalid",
    "group chat was deactivated",
    "chat was deleted",
    "channel_invalid",
)
_NO_RIGHTS: Final = (
    "not enough rights",
    "have no rights to send",
    "need administrator rights",
    "chat_write_forbidden",
    "chat_restricted",
    "chat_admin_required",
    "chat_send_plain_forbidden",
    "not a member",
)
_TOPIC_GONE: Final = ("message thread not found", "topic_deleted", "topic_id_invalid", "message_thread_not_found")
_TOPIC_CLOSED: Final = ("topic_closed",)


@dataclass(frozen=True, slots=True)
class Migrated:
    """The group has a new number, under which it is to be sent now."""

    claim: Claim
    chat_id: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Our text or its markup was refused: to be tried as plain text, and else dead."""

    claim: Claim
    reason: str


def meaning(error: TelegramError, claim: Claim, now: datetime) -> Outcome | Migrated | Refused:
    """What to do about a delivery that Telegram answered with an error."""
    match error:
        case RetryAfter():
            # The same second twice would be refused again: a little more than it says.
            return PutOff(claim, now + timedelta(seconds=seconds_told(error) + 0.05), "flood", failed=False)
        case ChatMigrated():
            return Migrated(claim, error.new_chat_id)
        case Forbidden() | BadRequest():
            return _refusal(error, claim, now)
        case _:
            return PutOff(claim, now + backoff(claim.attempts), type(error).__name__)


def meaning_of_edit(error: TelegramError, claim: Claim, now: datetime, revision: int) -> Outcome:
    """What to do about a correction that Telegram answered with an error."""
    if isinstance(error, BadRequest) and "message is not modified" in error.message.lower():
        return Edited(claim, now, revision, now)
    result = meaning(error, claim, now)
    if isinstance(result, Migrated | Refused):
        # The message was deleted, or belongs to a group that moved, or can't be changed: it stays as it is.
        return Edited(claim, now, revision, now, gone=True)
    return result


def backoff(attempts: int) -> timedelta:
    """The pause after one more failure than that: 1 s, 2 s, 4 s, up to 5 minutes."""
    return timedelta(seconds=min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempts, 20)))


def _refusal(error: Forbidden | BadRequest, claim: Claim, now: datetime) -> Outcome | Refused:
    said = error.message.lower()

    def says(parts: tuple[str, ...]) -> bool:
        return any(part in said for part in parts)

    if claim.topic_id is not None and says(_TOPIC_GONE):
        return Unreachable(claim, now, ChatState.GONE, error.message, topic_only=True)
    if says(_TOPIC_CLOSED):  # of a forum's chat itself, it is the general one
        return Unreachable(claim, now, ChatState.PAUSED, error.message, topic_only=True)
    if says(_GONE):
        return Unreachable(claim, now, ChatState.GONE, error.message)
    if isinstance(error, Forbidden) or says(_NO_RIGHTS):
        return Unreachable(claim, now, ChatState.PAUSED, error.message)
    return Refused(claim, error.message)
