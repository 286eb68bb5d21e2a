"""Decides whether the server, one chat or one article causes a failure. No I/O.

A server with problems, or a proxy in front of it, refuses messages to all chats at once. Whatever the text of such a
refusal, it says nothing about a chat or a delivery. So failures in a row are counted, from one accepted message to
the next. The state of the server is one of three:

- WELL: all deliveries are sent. After many failures in a row, the server is in doubt, and the state becomes AWAY.
- AWAY: no delivery is sent. The server is asked for something harmless (`getMe`) until it answers.
- TRIAL: the server answers, and one delivery at a time is sent. The first accepted delivery leads back to WELL. A
  delivery that fails leads back to AWAY, for a longer pause.

If all failures in a row are in one chat, and the server answers, then that chat is the cause. If an article failed in
several chats, and another article was accepted, then that article is the cause. Neither delays the others.
"""

from collections import Counter, defaultdict
from enum import Enum, auto
from typing import Final

DOUBTED_AFTER: Final = 5  # failures in a row after which the server is in doubt
REFUSALS_DOUBTED_AFTER: Final = 50  # refused chats in a row, likewise: an old list of chats has long runs of them
SUSPECT_AFTER: Final = 3  # chats in a row in which an article failed before another article was accepted
MOST_TRIED: Final = 100  # chats from which a trial is chosen
SUSPECTS: Final = 1_000  # articles that are remembered as the cause of failures


class State(Enum):
    """How the Bot API server is doing."""

    WELL = auto()
    AWAY = auto()  # no delivery is sent until the server answers
    TRIAL = auto()  # the server answers, and one delivery at a time shows whether it accepts them


class ServerHealth:
    """Records every answer of the server. `state` says which deliveries may be sent."""

    def __init__(self) -> None:
        self.state = State.WELL
        self.returns = 0  # changes to AWAY since the last accepted message
        self._failures = 0  # failures in a row
        # Article id (None for a message without one) -> the chats in which it failed in a row.
        self._failed: dict[int | None, set[int]] = defaultdict(set)
        self._refused: set[int] = set()  # chats in a row that can't be written to
        self._suspects: dict[int, None] = {}  # articles that cause failures, the oldest first

    def record_accepted(self, article_id: int | None) -> None:
        """Record that the server accepted a message or a correction."""
        for failed, chats in self._failed.items():
            if failed is not None and failed != article_id and len(chats) >= SUSPECT_AFTER:
                self._suspects[failed] = None
        while len(self._suspects) > SUSPECTS:
            del self._suspects[next(iter(self._suspects))]
        if article_id is not None:
            self._suspects.pop(article_id, None)
        self._refused.clear()
        self._well()

    def record_refused(self, chat_id: int) -> None:
        """Record a known refusal: this chat can't be written to, or its message can't be edited any more."""
        self._refused.add(chat_id)
        if len(self._refused) >= REFUSALS_DOUBTED_AFTER:
            self._doubt()
        elif self.state is not State.AWAY:
            self._well()

    def record_failed(self, chat_id: int, article_id: int | None, *, affects_all_chats: bool = False) -> bool:
        """Record that a message was not accepted, and that the answer does not prove why.

        `affects_all_chats` says that the answer can't be meant for one chat only. Returns whether the failure uses up
        attempts of the delivery.
        """
        if article_id in self._suspects:
            return True
        was_well = self.state is State.WELL
        self._failures += 1
        self._failed[article_id].add(chat_id)
        if self.state is State.TRIAL or affects_all_chats or self._failures >= DOUBTED_AFTER:
            self._doubt()
        return was_well or self._one_chat()

    def record_answer(self) -> None:
        """Record that the server answered while it was AWAY."""
        if self._one_chat() and len(self._refused) < REFUSALS_DOUBTED_AFTER:
            self._well()
        else:
            self.state = State.TRIAL

    def trial_candidates(self) -> tuple[list[int], list[int]]:
        """Returns the chats in which exactly one article failed in a row, and the articles that failed.

        If another article is accepted in such a chat, then the first article is the cause, and not the server.
        """
        failed = Counter(chat for chats in self._failed.values() for chat in chats)
        chats = [chat for chat, articles in failed.items() if articles == 1]
        return chats[:MOST_TRIED], [article for article in self._failed if article is not None]

    def _doubt(self) -> None:
        if self.state is not State.AWAY:
            self.state = State.AWAY
            self.returns += 1

    def _one_chat(self) -> bool:
        return len(set[int]().union(*self._failed.values())) <= 1

    def _well(self) -> None:
        self.state = State.WELL
        self.returns = self._failures = 0
        self._failed.clear()
