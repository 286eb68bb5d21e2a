"""What an error of Telegram means for a delivery."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.deliver.outcome import (
    Failed,
    Migrated,
    Refused,
    classify_error,
    classify_plain_text_error,
    retry_or_give_up,
)
from bot.telegram_http import ConnectionLost
from storage.records import ChatState, Died, Outcome, PutOff, Unreachable
from tests.makers import NOON, claim


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Forbidden("Forbidden: bot was blocked by the user"), ChatState.PAUSED),
        (Forbidden("Forbidden: bot was kicked from the supergroup chat"), ChatState.PAUSED),
        (Forbidden("Forbidden: bot can't initiate conversation with a user"), ChatState.PAUSED),
        (Forbidden("Forbidden: user is deactivated"), ChatState.GONE),
        (BadRequest("Chat not found"), ChatState.GONE),
        (BadRequest("PEER_ID_INVALID"), ChatState.GONE),
        (BadRequest("Not enough rights to send text messages to the chat"), ChatState.PAUSED),
        (BadRequest("Need administrator rights in the channel chat"), ChatState.PAUSED),
        (BadRequest("CHAT_WRITE_FORBIDDEN"), ChatState.PAUSED),
    ],
)
def test_a_chat_that_can_not_be_written_to_is_left_alone(error: TelegramError, state: ChatState) -> None:
    outcome = classify_error(error, claim(), NOON)
    assert isinstance(outcome, Unreachable)
    assert (outcome.state, outcome.topic_only) == (state, False)
    assert outcome.reason == error.message


@pytest.mark.parametrize(
    ("text", "state"), [("Message thread not found", ChatState.GONE), ("TOPIC_CLOSED", ChatState.PAUSED)]
)
def test_a_topic_that_is_no_more_ends_that_topic_only(text: str, state: ChatState) -> None:
    outcome = classify_error(BadRequest(text), claim(topic_id=7), NOON)
    assert isinstance(outcome, Unreachable)
    assert (outcome.state, outcome.topic_only) == (state, True)


@pytest.mark.parametrize(
    "text", ["Bad Request: chat is confused", "Can't parse entities: unclosed tag", "BUTTON_DATA_INVALID"]
)
def test_our_own_mistake_is_tried_again_as_plain_text(text: str) -> None:
    assert isinstance(classify_error(BadRequest(text), claim(), NOON), Refused)


def test_plain_text_that_is_refused_too_may_be_a_lie_and_is_tried_again() -> None:
    failed = classify_plain_text_error(BadRequest("Bad Request: the server is confused"), claim(), NOON)
    assert isinstance(failed, Failed)
    assert tries(failed) == 6


@pytest.mark.parametrize("text", ["Message text is empty", "Message is too long"])
def test_plain_text_that_can_not_be_sent_at_all_is_dead_at_once(text: str) -> None:
    assert classify_plain_text_error(BadRequest(text), claim(), NOON) == Died(claim(), NOON, text)


def test_forbidden_in_words_that_are_not_known_leaves_the_chat_only_after_some_attempts() -> None:
    failed = classify_error(Forbidden("Forbidden: maintenance"), claim(), NOON)
    assert isinstance(failed, Failed)
    assert isinstance(last(failed), Unreachable)


def test_a_flood_wait_is_as_long_as_it_says_and_no_failure() -> None:
    outcome = classify_error(RetryAfter(35), claim(), NOON)
    assert isinstance(outcome, PutOff)
    assert NOON + timedelta(seconds=35) <= outcome.until < NOON + timedelta(seconds=36)
    assert outcome.attempts == 0


@pytest.mark.parametrize("there", [-1001234567890, -1007])  # the servers of tests have short numbers as well
def test_a_migration_carries_the_new_number(there: int) -> None:
    assert classify_error(ChatMigrated(there), claim(chat_id=-5), NOON) == Migrated(claim(chat_id=-5), there)


@pytest.mark.parametrize(("chat_id", "to"), [(100, -1001234567890), (-5, 7), (-5, -5)])
def test_a_migration_that_can_not_be_is_no_migration(chat_id: int, to: int) -> None:
    assert isinstance(classify_error(ChatMigrated(to), claim(chat_id=chat_id), NOON), Failed)


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (NetworkError("Bad Gateway"), 12),
        (InvalidToken("Unauthorized"), 12),
        (Conflict("Conflict"), 12),
        (ConnectionLost("connection lost"), 6),
        (TimedOut(), 3),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, TelegramError) else "",
)
def test_a_failing_server_is_asked_again_less_often_where_the_message_may_have_arrived(
    error: TelegramError, sent: int
) -> None:
    failed = classify_error(error, claim(), NOON)
    assert isinstance(failed, Failed)
    assert tries(failed) == sent
    assert isinstance(last(failed), Died)


def test_what_is_the_servers_fault_uses_up_nothing() -> None:
    failed = classify_error(NetworkError("Bad Gateway"), claim(attempts=11), NOON)
    assert isinstance(failed, Failed)
    outcome = retry_or_give_up(failed, NOON, counts=False, chat_at=NOON)
    assert isinstance(outcome, PutOff)
    assert outcome.attempts == 0


def test_a_time_out_counts_whosever_fault_it_is_since_it_may_leave_a_copy() -> None:
    failed = classify_error(TimedOut(), claim(attempts=8), NOON)
    assert isinstance(failed, Failed)
    assert isinstance(retry_or_give_up(failed, NOON, counts=False, chat_at=NOON), Died)


def test_all_attempts_together_take_some_twenty_minutes() -> None:
    failed = classify_error(NetworkError("Bad Gateway"), claim(), NOON)
    assert isinstance(failed, Failed)
    waited = sum(((put_off.until - NOON) for put_off in put_offs(failed)), timedelta())
    assert timedelta(minutes=12) < waited < timedelta(minutes=20)


def put_offs(failed: Failed) -> Iterator[PutOff]:
    while isinstance(outcome := retry_or_give_up(failed, NOON, counts=True, chat_at=NOON), PutOff):
        yield outcome
        failed = replace(failed, claim=replace(failed.claim, attempts=failed.claim.attempts + outcome.attempts))


def tries(failed: Failed) -> int:
    return 1 + sum(1 for _ in put_offs(failed))


def last(failed: Failed) -> Outcome:
    *_, before = put_offs(failed)
    used = before.claim.attempts + before.attempts
    return retry_or_give_up(
        replace(failed, claim=replace(failed.claim, attempts=used)), NOON, counts=True, chat_at=NOON
    )
