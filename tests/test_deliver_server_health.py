"""Whose fault a failure is: the server's, one chat's or one article's."""

from bot.deliver.server_health import DOUBTED_AFTER, REFUSALS_DOUBTED_AFTER, ServerHealth, State

ARTICLE, OTHER = 1, 2


def state_of(health: ServerHealth) -> State:
    """The state now: the type checker takes an attribute to stay as it was checked."""
    return health.state


def doubted() -> ServerHealth:
    """A server that refused one article in several chats."""
    health = ServerHealth()
    for chat in range(DOUBTED_AFTER):
        health.record_failed(chat, ARTICLE)
    assert state_of(health) is State.AWAY
    return health


def test_a_few_failures_are_the_deliveries_own_and_stop_nothing() -> None:
    health = ServerHealth()
    assert all(health.record_failed(chat, ARTICLE) for chat in range(DOUBTED_AFTER - 1))
    assert state_of(health) is State.WELL


def test_failures_between_which_messages_are_accepted_stop_nothing_however_many() -> None:
    health = ServerHealth()
    for chat in range(1_000):
        assert health.record_failed(chat, ARTICLE)
        health.record_accepted(ARTICLE)
    assert state_of(health) is State.WELL


def test_what_fails_while_the_server_refuses_everybody_counts_against_nobody() -> None:
    health = doubted()
    assert not any(health.record_failed(chat, ARTICLE) for chat in range(100, 200))  # these were under way
    health.record_answer()
    assert state_of(health) is State.TRIAL
    assert not health.record_failed(7, ARTICLE)
    assert state_of(health) is State.AWAY


def test_each_failed_trial_waits_longer_until_a_message_is_accepted() -> None:
    health = doubted()
    for returns in (1, 2, 3):
        assert health.returns == returns
        health.record_answer()
        health.record_failed(returns, ARTICLE)
    health.record_answer()
    health.record_accepted(ARTICLE)
    assert (state_of(health), health.returns) == (State.WELL, 0)


def test_one_chat_that_always_fails_holds_no_other_up_while_the_server_answers() -> None:
    health = ServerHealth()
    assert all(health.record_failed(7, article) for article in range(DOUBTED_AFTER))
    assert state_of(health) is State.AWAY  # until the server was asked
    health.record_answer()
    assert state_of(health) is State.WELL


def test_one_article_that_always_fails_says_nothing_about_the_server_once_another_was_accepted() -> None:
    health = doubted()
    health.record_answer()
    assert health.trial_candidates() == (list(range(DOUBTED_AFTER)), [ARTICLE])
    health.record_accepted(OTHER)
    assert all(health.record_failed(chat, ARTICLE) for chat in range(1_000))
    assert state_of(health) is State.WELL


def test_an_article_that_is_accepted_again_is_no_suspect_any_more() -> None:
    health = doubted()
    health.record_answer()
    health.record_accepted(OTHER)
    health.record_accepted(ARTICLE)
    for chat in range(DOUBTED_AFTER):
        health.record_failed(chat, ARTICLE)
    assert state_of(health) is State.AWAY


def test_a_chat_in_which_two_articles_failed_tells_nothing_about_articles() -> None:
    health = doubted()
    health.record_failed(0, OTHER)
    assert health.trial_candidates() == (list(range(1, DOUBTED_AFTER)), [ARTICLE, OTHER])


def test_a_refused_token_stops_everything_at_once() -> None:
    health = ServerHealth()
    health.record_failed(7, ARTICLE, affects_all_chats=True)
    assert state_of(health) is State.AWAY
    assert not health.record_failed(8, ARTICLE, affects_all_chats=True)


def test_a_chat_that_can_not_be_written_to_shows_that_the_server_is_well() -> None:
    health = doubted()
    health.record_answer()
    health.record_refused(7)
    assert state_of(health) is State.WELL


def test_when_very_many_chats_in_a_row_can_not_be_written_to_the_server_is_doubted() -> None:
    health = ServerHealth()
    for chat in range(REFUSALS_DOUBTED_AFTER):
        assert state_of(health) is State.WELL
        health.record_refused(chat)
    assert state_of(health) is State.AWAY
    health.record_answer()
    assert state_of(health) is State.TRIAL
    health.record_refused(1_000)
    assert (state_of(health), health.returns) == (State.AWAY, 2)
    health.record_answer()
    health.record_accepted(ARTICLE)
    assert state_of(health) is State.WELL


def test_one_chat_that_is_refused_again_and_again_is_one_chat() -> None:
    health = ServerHealth()
    for _ in range(10 * REFUSALS_DOUBTED_AFTER):
        health.record_refused(7)
    assert state_of(health) is State.WELL
