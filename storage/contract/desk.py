"""The contract of the desk, where articles wait for an editor or for their time, and of the audit log."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from storage.records import (
    Actor,
    AuditEntry,
    Decide,
    Decision,
    KnownArticle,
    Lane,
    Reach,
    WaitingArticle,
)


class Desk(Protocol):
    """Articles that wait: for an editor, since their source or category needs approval, or for their time.

    `Articles.store` puts them here. None of them is an article before it is released, so no reader sees it.

    A decision names the revision that the editor saw. If another editor decided meanwhile, or if the text changed, it
    changes nothing. So of two editors the first wins, and nothing is published twice. Each decision is in the audit
    log, in the same transaction, and the messages that show the article to editors are edited.

    With the commit, the senders of all processes are told of each article that looks different to readers now.
    """

    async def find_by_keys(
        self, keys: Iterable[str], *, source_id: int | None
    ) -> dict[str, tuple[KnownArticle, ...]]:
        """Returns the articles of a source on the desk that have one of these keys, grouped by key.

        Their ids are below 0: minus their numbers on the desk. Killed and withdrawn ones
        are among them, as `retracted`.
        """

    async def get(self, desk_id: int) -> WaitingArticle | None:
        """Returns the public article with that number, also if it was published or killed since.

        No editor reads, or decides about, what the private sources of chats bring.
        """

    async def page(self, *, limit: int, after: int = 0, before: int | None = None) -> list[WaitingArticle]:
        """Returns public articles that wait, longest waiting first.

        These are the first ones with numbers above `after`, or the last ones with numbers below `before`.
        """

    async def count(self, *, most: int) -> int:
        """Returns the number of public articles that wait, counted up to `most`."""

    async def approve(
        self, desk_id: int, *, revision: int | None, lane: Lane | None, by: Actor, now: datetime, decide: Decide
    ) -> Decision:
        """Publish an article. If its publisher's embargo is not over, it goes out when the embargo ends.

        `lane` is the lane in which it is pushed. If it is None, the article keeps the lane that it has. If `revision`
        is None, any revision is approved.
        """

    async def hold(
        self, desk_id: int, *, revision: int | None, until: datetime, by: Actor, now: datetime
    ) -> Decision:
        """Approve an article for a later time. An embargo that ends later is not broken."""

    async def kill(self, desk_id: int, *, revision: int | None, by: Actor, now: datetime) -> Decision:
        """Decide that an article is not published. Its source may list it again: it stays away."""

    async def restore(self, desk_id: int, *, revision: int | None, by: Actor, now: datetime) -> Decision:
        """Let an article wait for an editor again that was killed, or that has a time."""

    async def next_due(self) -> datetime | None:
        """Returns when the next article goes out by itself, or None if none has a time."""

    async def release_due(self, *, now: datetime, limit: int, decide: Decide) -> list[WaitingArticle]:
        """Publish up to `limit` articles whose time has come. Returns them. Each has a transaction of its own."""

    async def reach(self, desk_id: int, *, now: datetime) -> Reach | None:
        """Returns how many chats an article on the desk would be sent to, or None if it does not wait."""

    async def reach_of_article(self, article_id: int, *, lane: Lane, now: datetime) -> Reach | None:
        """Returns how many chats `Articles.push` would send an article to in that lane, or None if there is none."""

    async def unannounced(self, *, limit: int) -> list[WaitingArticle]:
        """Returns public articles that wait, and that editors were not told of yet."""

    async def announce(self, desk_ids: Sequence[int], chats: Sequence[int], *, now: datetime) -> None:
        """Queue a message for each of these articles and chats, and note that editors know of the articles."""

    async def note_announced(self, desk_ids: Sequence[int]) -> None:
        """Note that editors know of these articles."""

    async def note_shown(self, chat_id: int, message_id: int, revision: int) -> None:
        """Note that a message shows this revision of its article already, so that it is not edited once more."""

    async def article_of_card(self, chat_id: int, message_id: int) -> int | None:
        """Returns the article that the one became which a message shows to editors, or None if it became none."""

    async def room(self) -> int | None:
        """Returns the row of the chat that shows waiting articles to editors, or None if it is each editor's own."""

    async def set_room(self, chat_row: int | None) -> None:
        """Let this chat show waiting articles to editors, or each editor's own if it is None."""

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete up to `limit` articles that were published or killed before that time. Returns their number.

        The keys of killed ones are remembered, so that they are not stored if their source still lists them.
        """

    async def expire(self, *, before: datetime, now: datetime, limit: int) -> int:
        """Kill up to `limit` articles that have waited for an editor since before that time. Returns their number."""


class Audit(Protocol):
    """The audit log."""

    async def add(self, entry: AuditEntry, *, now: datetime) -> None:
        """Add a line."""

    async def page(self, *, limit: int, before: int | None = None) -> list[AuditEntry]:
        """Returns the newest lines, or the newest of those with ids below `before`."""

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete up to `limit` lines that are older than that time. Returns their number."""
