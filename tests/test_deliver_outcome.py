"""What an error of Telegram means for a delivery."""

from datetime import timedelta

import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.deliver.outcome import LONGEST_PAUSE, Migrated, Refused, backoff, meaning
from storage.records import ChatState, PutOff, Unreachable
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
    outcome = meaning(error, claim(), NOON)
    assert isinstance(outcome, Unreachable)
    assert (outcome.state, outcome.topic_only) == (state, False)
    assert outcome.reason == error.message


@pytest.mark.parametrize(
    ("text", "state"), [("Message thread not found", ChatState.GONE), ("TOPIC_CLOSED", ChatState.PAUSED)]
)
def test_a_topic_that_is_no_more_ends_that_topic_only(text: str, state: ChatState) -> None:
    outcome = meaning(BadRequest(text), claim(topic_id=7), NOON)
    assert isinstance(outcome, Unreachable)
    assert (outcome.state, outcome.topic_only) == (state, True)


@pytest.mark.parametrize("text", ["Can't parse entities: unclosed tag", "Message is too long", "BUTTON_DATA_INVALID"])
def test_our_own_mistake_is_tried_again_as_plain_text(text: str) -> None:
    assert isinstance(meaning(BadRequest(text), claim(), NOON), Refused)


def test_a_flood_wait_is_as_long_as_it_says_and_no_failure() -> None:
    outcome = meaning(RetryAfter(35), claim(), NOON)
    assert isinstance(outcome, PutOff)
    assert NOON + timedelta(seconds=35) <= outcome.until < NOON + timedelta(seconds=36)
    assert not outcome.failed


def test_a_migration_carries_the_new_number() -> None:
    assert meaning(ChatMigrated(-1005), claim(chat_id=-5), NOON) == Migrated(claim(chat_id=-5), -1005)


@pytest.mark.parametrize("error", [TimedOut(), NetworkError("Bad Gateway"), InvalidToken("Unauthorized")])
def test_a_failing_server_says_nothing_about_the_chat(error: TelegramError) -> None:
    outcome = meaning(error, claim(), NOON)
    assert isinstance(outcome, PutOff)
    assert outcome.failed


def test_pauses_grow_up_to_a_ceiling() -> None:
    pauses = [backoff(attempts).total_seconds() for attempts in (0, 1, 2, 5, 12, 1_000)]
    assert pauses == [1, 2, 4, 32, LONGEST_PAUSE, LONGEST_PAUSE]
