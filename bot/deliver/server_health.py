"""Decides whose fault a failure is: the server's, one chat's, or one article's. Pure.

A server that is unwell, or a proxy in front of it, refuses everybody at once. Such refusals say nothing about a chat
or a delivery, however they are worded. So failures are counted in a row, from one accepted message to the next:

- WELL: everything is sent. Many failures in a row raise the question whether the server is well.
- AWAY: nothing is sent. The server is asked for something harmless (`getMe`) until it answers.
- TRIAL: the server answers, and one delivery at a time is sent. The first that is accepted leads back to WELL. One
  that fails leads back to AWAY, for a longer pause.

If only one chat failed in a row, and the server answers, then that chat is the cause. If an article failed in several
chats, and another article was accepted, then that article is the cause. Neither holds the others up.
"""

from collections import Counter, defaultdict
from enum import Enum, auto
from typing import Final

DOUBTED_AFTER: Final = 5  # failures in a row
REFUSALS_DOUBTED_AFTER: Final = (
    50  # chats in a row that can't be written to: an old list of chats has long stretches of them
)
SUSPECT_AFTER: Final = 3  # chats in which an article failed in a row, before another article was accepted
MOST_TRIED: Final = 100  # chats that are looked at for a trial
SUSPECTS: Final = 1_000  # articles that are remembered to fail by themselves


class State(Enum):
    WELL = auto()
    AWAY = auto()
    TRIAL = auto()


class ServerHealth:
    """Told of every answer; `state` says what may be sent."""

    def __init__(self) -> None:
        self.state = State.WELL
        self.returns = 0  # to AWAY, since the last accepted message
        self._failures = 0  # in a row
        self._failed: dict[int | None, set[int]] = defaultdict(
            set
        )  # article -> the chats in which it failed in a row
        self._refused: set[int] = set()  # chats in a row that can't be written to
        self._suspects: dict[int, None] = {}  # articles that fail by themselves, the oldest first

    def record_accepted(self, article_id: int | None) -> None:
        """The server took a message, or a correction of one."""
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
        """The server said in its own words that this chat can't be written to, or that we are too fast."""
        self._refused.add(chat_id)
        if len(self._refused) >= REFUSALS_DOUBTED_AFTER:
            self._doubt()
        elif self.state is not State.AWAY:
            self._well()

    def record_failed(self, chat_id: int, article_id: int | None, *, affects_all_chats: bool = False) -> bool:
        """A message was not accepted, and the answer does not prove why.

        `affects_all_chats` says that the answer can't be meant for one chat. Returns whether the failure counts
        against the delivery.
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
        """The server answered while it was AWAY."""
        if self._one_chat() and len(self._refused) < REFUSALS_DOUBTED_AFTER:
            self._well()
        else:
            self.state = State.TRIAL

    def trial_candidates(self) -> tuple[list[int], list[int]]:
        """Returns chats in which one article failed in a row, and the articles that did.

        If another article is accepted in such a chat, then it is the first one that fails, and not the server.
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
