"""Decides what an error of Telegram means for a delivery, and when its attempts end. No I/O.

An error is taken for final at once only if its text is known to mean that the chat can't be written to. Any other
error may be the fault of a server, of a proxy, of one article or of the bot. So the delivery is tried again for a
while.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError, TimedOut

from bot.backoff import Backoff
from bot.telegram_http import ConnectionLost, retry_after_seconds
from storage.records import ChatState, Claim, Died, Edited, Outcome, PutOff, Unreachable

# A delivery that fails is tried so many times, within about 20 minutes. Then it is dead. Most failures use up one
# attempt. If the message may have arrived nevertheless, a failure uses up more: each attempt may send another copy.
MOST_ATTEMPTS: Final = 12
RETRY: Final = Backoff(first=1.0, longest=300.0)
NO_ANSWER: Final = 4  # a time-out: the message is sent up to 3 times
CONNECTION_LOST: Final = 2  # during a request: sent up to 6 times. Most connections close before it is read
REFUSED: Final = 2  # with an unknown text, as plain text too
MISTAKE: Final = 4  # a bug: another attempt will hardly help

# If the library has no type for an error, its text decides. These parts of texts are in lower case.
_GONE: Final = (
    "chat not found",
    "user is deactivated",
    "peer_id_invalid",
    "group chat was deactivated",
    "group chat was deleted",
    "chat was deleted",
    "channel_invalid",
)
_LEFT: Final = (
    "blocked by the user",
    "was kicked",
    "not a member",
    "can't initiate conversation",
    "can't send messages to",
    "user_is_blocked",
    "bot was removed",
)
_NO_RIGHTS: Final = (
    "not enough rights",
    "have no rights to send",
    "need administrator rights",
    "chat_write_forbidden",
    "chat_restricted",
    "chat_admin_required",
    "chat_send_plain_forbidden",
    "channel_private",
)
TOPIC_GONE: Final = ("message thread not found", "topic_deleted", "topic_id_invalid", "message_thread_not_found")
_TOPIC_CLOSED: Final = ("topic_closed",)
_NO_TEXT: Final = ("text is empty", "text must be non-empty", "message is too long", "message_too_long", "utf-8")
_OF_MARKUP: Final = ("can't parse", "button", "reply markup", "reply_markup")
_NOT_TO_BE_EDITED: Final = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "no text in the message to edit",
)


@dataclass(frozen=True, slots=True)
class Migrated:
    """The group has a new id. The message must now be sent to that id."""

    claim: Claim
    chat_id: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Telegram refused the text or its markup. The message must be tried as plain text."""

    claim: Claim
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The message was not accepted, and the answer does not prove why."""

    claim: Claim
    reason: str
    attempts: int = 1  # attempts that the failure uses up
    affects_all_chats: bool = False  # True if the answer can't be meant for one chat only
    forbidden: bool = False  # after the last attempt, the chat counts as one that can't be written to


def classify_error(error: TelegramError, claim: Claim, now: datetime) -> Outcome | Migrated | Refused | Failed:
    """Returns what to do about a delivery that Telegram answered with this error."""
    match error:
        case RetryAfter():
            # A little longer than the error says: in the same second, the message would be refused again.
            pause = timedelta(seconds=retry_after_seconds(error) + 0.05)
            return PutOff(claim, now + pause, "flood", attempts=0)
        case ChatMigrated(new_chat_id=chat_id) if claim.chat_id < 0 and chat_id < 0 and chat_id != claim.chat_id:
            return Migrated(claim, chat_id)
        case Forbidden() | BadRequest():
            return _refusal(error, claim, now)
        case TimedOut():
            return Failed(claim=claim, reason="no answer in time", attempts=NO_ANSWER)
        case ConnectionLost():
            return Failed(claim=claim, reason=error.message, attempts=CONNECTION_LOST)
        case _:
            return Failed(claim=claim, reason=error.message, affects_all_chats=isinstance(error, InvalidToken))


def classify_plain_text_error(error: TelegramError, claim: Claim, now: datetime) -> Outcome | Migrated | Failed:
    """Returns what to do about this error on the second try, which has no markup and no buttons."""
    result = classify_error(error, claim, now)
    if not isinstance(result, Refused):
        return result
    if has_text(result.reason, _NO_TEXT):
        return Died(claim, now, result.reason)
    return Failed(claim=claim, reason=result.reason, attempts=REFUSED)


def classify_edit_error(error: TelegramError, claim: Claim, now: datetime, revision: int) -> Outcome | Failed:
    """Returns what to do about a correction that Telegram answered with this error."""
    if isinstance(error, BadRequest) and has_text(error.message, ("message is not modified",)):
        return Edited(claim, now, revision, now)
    result = classify_error(error, claim, now)
    if isinstance(result, Migrated) or (isinstance(result, Refused) and has_text(result.reason, _NOT_TO_BE_EDITED)):
        # The message was deleted, is too old, or belongs to a group that migrated: it stays as it is.
        return Edited(claim, now, revision, now, gone=True)
    if isinstance(result, Refused):
        return Failed(claim=claim, reason=result.reason, attempts=REFUSED)
    return result


def retry_or_give_up(failed: Failed, now: datetime, *, counts: bool, chat_at: datetime) -> Outcome:
    """Returns the outcome of a failure: the next attempt or, after the last attempt, the end of the delivery.

    If `counts` is False, the failure is the server's fault. It then uses up no attempts, unless the message may have
    arrived. The chat may be sent other messages from `chat_at` on.
    """
    claim = failed.claim
    used = failed.attempts if counts or failed.attempts >= NO_ANSWER else 0
    attempts = claim.attempts + used
    if attempts >= MOST_ATTEMPTS:
        if failed.forbidden:
            return Unreachable(claim, now, ChatState.PAUSED, failed.reason)
        return Died(claim, now, failed.reason)
    until = now + timedelta(seconds=RETRY.pause(attempts))
    return PutOff(claim, until, failed.reason, attempts=used, chat_at=chat_at)


def _refusal(error: Forbidden | BadRequest, claim: Claim, now: datetime) -> Outcome | Refused | Failed:
    text = error.message
    if claim.topic_id is not None and has_text(text, TOPIC_GONE):
        return Unreachable(claim, now, ChatState.GONE, text, topic_only=True)
    if has_text(text, _TOPIC_CLOSED):  # without a topic id, it is the general topic of a forum
        return Unreachable(claim, now, ChatState.PAUSED, text, topic_only=True)
    if has_text(text, _GONE):
        return Unreachable(claim, now, ChatState.GONE, text)
    if has_text(text, (*_LEFT, *_NO_RIGHTS)):
        return Unreachable(claim, now, ChatState.PAUSED, text)
    if isinstance(error, Forbidden):
        return Failed(claim=claim, reason=text, attempts=REFUSED, forbidden=True)
    return Refused(claim, text)


def is_of_markup(reason: str) -> bool:
    """Returns whether Telegram refused the markup or the buttons of a text, so that its preview may be well."""
    return has_text(reason, _OF_MARKUP)


def has_text(text: str, parts: tuple[str, ...]) -> bool:
    """Returns whether the text of an error has one of these parts, which are in lower case."""
    return any(part in text.lower() for part in parts)
