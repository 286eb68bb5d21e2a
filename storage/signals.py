"""What the sender must learn at once, from its own process and from the others on the same database."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from storage.database import Changes


def _ignore(number: int) -> None:
    """Nobody sends in this process."""


def _ignore_all() -> None:
    """Nobody sends in this process."""


class Signals:
    """Tells the sender that a chat or an article has changed, and that messages may be due.

    The database tells `changed` what each transaction has changed. The sender sets what is called then. This class
    reaches the sender of its own process; with SQLite there is no other one. That messages may be due is told after
    the commit and may be lost with a process that is killed, so the sender looks for work each second besides.
    """

    def __init__(self) -> None:
        self.on_chat: Callable[[int], None] = _ignore  # called with the row of a chat
        self.on_article: Callable[[int], None] = _ignore  # called with the id of an article
        self.on_wake: Callable[[], None] = _ignore_all
        self.on_anything: Callable[[], None] = _ignore_all  # called if signals may have been missed

    def forget_sender(self) -> None:
        """Call nobody any more."""
        self.on_chat = self.on_article = _ignore
        self.on_wake = self.on_anything = _ignore_all

    def changed(self, changes: Changes) -> None:
        for chat_row in changes.chats:
            self.on_chat(chat_row)
        for article_id in changes.articles:
            self.on_article(article_id)

    def wake(self) -> None:
        """Tell that messages may be due."""
        self.on_wake()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Inside this context, what other processes tell is told to the sender of this one."""
        yield

    async def flush(self) -> None:
        """Wait until the other processes were told."""
