"""The contract of articles, of the archive of pruned ones, and of stories."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from storage.records import (
    EVERYTHING_READ,
    Article,
    AuditEntry,
    ChangedArticle,
    Decide,
    EarlyWithdrawal,
    Headline,
    ImportProgress,
    KnownArticle,
    Lane,
    Merged,
    NewArticle,
    Place,
    Reading,
    Revisions,
    SeenArticle,
    Stored,
    StoryArticle,
    Viewer,
    Visit,
    WithdrawnArticle,
)


class Articles(Protocol):
    """Articles. Their keys make sure that each is stored once, and lists order them by time.

    With the commit, the senders of all processes are told of each article that looks different to readers now.
    """

    async def store(
        self,
        new: Sequence[NewArticle],
        changed: Sequence[ChangedArticle] = (),
        *,
        now: datetime,
        visit: Visit | None = None,
        listed: Sequence[str] | None = None,
        seen: Sequence[SeenArticle] = (),
        withdrawn: Sequence[WithdrawnArticle | EarlyWithdrawal] = (),
        versions: Sequence[tuple[int, int]] = (),
        raised: Sequence[int] = (),
        decide: Decide | None = None,
        progress: Callable[[Stored], Sequence[ImportProgress]] | None = None,
    ) -> Stored:
        """Store new and changed articles, their fan-outs and the visit that brought them. Returns what was stored.

        `listed` holds the keys of all articles that the visited source lists, or None if they are not known. `seen`
        holds articles of other sources that the visited source lists as well. `withdrawn` holds articles that their
        source retracts; unlike an article that a person retracts, the source may publish such an article again.
        Of an article that did not come yet, the withdrawal is kept, and no earlier version of the article is stored.
        `versions` holds article ids with the version that their source gives to a text that is stored already.
        `raised` holds the ids of articles that became breaking news: they are pushed as by `push`.

        `decide` places each article that has a fingerprint in a story. It is called inside the transaction, so that
        of two articles with the same text, one is always the first. The words that chats follow are looked for in
        each article as well. `progress` is also called inside the transaction. It returns how far the import has read
        the files that the articles come from.

        A new article is passed over if another process has stored its identity or key meanwhile. A change is passed
        over if its `from_revision` is no longer the newest revision. The next refresh decides again. A new article
        joins the story of the articles of its source that have a key in its `evolved_from`.
        """

    async def revisions(self, article_ids: Iterable[int]) -> dict[int, Revisions]:
        """Returns the newest revisions of these articles, by id. Articles that are not stored are left out."""

    async def retract(
        self, article_id: int, *, now: datetime, reason: str = "", noted: AuditEntry | None = None
    ) -> bool:
        """Withdraw an article. Returns False if no article has that id, or if it was withdrawn before.

        `reason` is shown to readers: a word of `RetractReason`, or "text:" and a text.

        `noted` is written to the audit log in the same transaction, here and in the other methods that take it.

        The article is no longer shown anywhere. Its unsent deliveries are never sent. Its sent messages are corrected
        before any other message goes out.
        """

    async def push(self, article_id: int, lane: Lane, *, now: datetime, noted: AuditEntry | None = None) -> bool:
        """Send an article to all chats that want it and were not sent it yet.

        Returns False if no article has that id, or if it was withdrawn. A delivery that is already queued moves to
        `lane` if that lane is more urgent. If the article becomes breaking news, the messages that show it already
        are corrected, so that they say so.
        """

    async def send_again(self, article_id: int, *, now: datetime, noted: AuditEntry | None = None) -> bool:
        """Send an article again, as a new message in the lane of breaking news, to the chats that have it.

        Returns False if it is gone, or if it was sent again within the last hour.
        """

    async def expand_resends(self, *, limit: int, now: datetime) -> int:
        """Queue the messages of the next chats for an article that is sent again.

        Returns the number of chats that were looked at, or 0 if there are none.
        """

    async def find_by_keys(self, keys: Iterable[str]) -> dict[str, tuple[KnownArticle, ...]]:
        """Returns the stored articles that have one of these keys, grouped by key."""

    async def get(self, article_id: int, *, chat_row: int | None = None) -> Article | None:
        """Returns the article with that id, even if it was withdrawn. Returns None if there is no such article.

        If `chat_row` is given, the method also returns None for an article that this chat may not see.
        """

    async def all_of(self, ids: Sequence[int], *, chat_row: int | None = None) -> list[Article]:
        """Returns the articles with these ids, in this order, without withdrawn ones. Unknown ids are left out.

        If `chat_row` is given, articles that this chat may not see are left out too. The ids are few: one query reads
        them all.
        """

    async def newest(self, *, limit: int, category: int | None = None, source: int | None = None) -> list[Article]:
        """Returns the newest public articles with their full text, without withdrawn ones.

        Those of a source are the ones that were stored last. Feeds, the command line and exports use it.
        """

    async def page(
        self,
        *,
        limit: int,
        category: int | None = None,
        older_than: Place | None = None,
        newer_than: Place | None = None,
        reading: Reading = EVERYTHING_READ,
        viewer: Viewer | None = None,
    ) -> list[Headline]:
        """Returns one page of headlines, newest first: the first page, or the page after or before a place.

        If `reading` shows stories once, each appears as its newest article in that category and those languages that
        the viewer sees. Without a viewer, the page has all public articles.
        """

    async def count(
        self,
        *,
        category: int | None = None,
        reading: Reading = EVERYTHING_READ,
        viewer: Viewer | None = None,
        most: int,
    ) -> int:
        """Returns the number of headlines that all pages of `page` have together, or `most` if there are as many."""

    async def count_muted(
        self,
        viewer: Viewer,
        *,
        category: int | None = None,
        newest: Place | None = None,
        oldest: Place | None = None,
        reading: Reading = EVERYTHING_READ,
    ) -> int:
        """Returns the number of articles between two places of a list that the viewer does not see for its mutes.

        A place that is None is the beginning or the end of the list. The number is at most 100.
        """

    async def languages(self) -> list[str]:
        """Returns the languages of the newest articles, the most common first."""

    async def headlines(self, ids: Sequence[int], *, grouped: bool = False) -> list[Headline]:
        """Returns the headlines of these articles, in this order. Deleted and withdrawn articles are left out.

        If `grouped`, each has the numbers of articles and sources of its story.
        """

    async def missed_headlines(
        self, chat_row: int, *, since: datetime, until: datetime, limit: int
    ) -> tuple[list[Headline], int]:
        """Returns the newest headlines that a chat wanted and was not sent, and how many there are in total.

        Only articles that were stored from `since` on and before `until` count. Articles with the same text count
        once. If the chat is shown stories once, the articles of one story count once as well.
        """

    async def snapshot_headlines(self, ids: Sequence[int], *, grouped: bool) -> list[Headline | None]:
        """Returns the headlines of these articles, in this order. Withdrawn articles are included.

        The list has None in the place of an article that is no longer kept.
        """


class Archive(Protocol):
    """The deletion of old articles, and the keys that storage remembers of them."""

    async def pruned_keys(self, identities: Iterable[str]) -> set[str]:
        """Returns the keys among these that belong to pruned articles which their source may still list."""

    async def withdrawn_versions(self, keys: Iterable[str], source_id: int | None) -> dict[str, int]:
        """Returns the versions that a source withdrew before their articles came, by key.

        Keys without such a withdrawal are left out. None as the source means imports.
        """

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete up to `limit` articles that were stored and published before that time. Returns their number.

        The method works in steps, and other writers may write between them. An article stays while it has an open
        fan-out or an unsent delivery, while a kept digest lists it, or while a chat has saved it. The keys of deleted
        articles are remembered until `forget_keys` removes them.
        """

    async def prune_orphans(self, *, limit: int) -> int:
        """Delete up to `limit` articles of private sources that were removed. Returns their number.

        The method works in steps, and keeps the articles that `prune` keeps.
        """

    async def forget_keys(self, *, before: datetime, now: datetime) -> int:
        """Forget the keys of pruned articles that no source has listed since `before`. Returns their number.

        Withdrawals that came before that time, and before their articles, are forgotten as well.
        """


class Stories(Protocol):
    """Stories: articles of several sources about the same event.

    With the commit, the senders of all processes are told of each article whose messages change.
    """

    async def story_of(self, article_id: int) -> int | None:
        """Returns the story id of an article, or None if there is no such article."""

    async def coverage(self, article_id: int) -> int:
        """Returns the number of articles that `headlines` returns of this article's story; 0 without an article."""

    async def of_articles(self, ids: Iterable[int]) -> dict[int, int]:
        """Returns the story ids of these articles, by article id."""

    async def headlines(self, story_id: int) -> list[Headline]:
        """Returns the headlines of a story, newest first, and of a serial the newest issue.

        Withdrawn articles are left out.
        """

    async def list_articles(self, story_id: int) -> list[StoryArticle]:
        """Returns all articles of a story, newest first, and how each of them was placed in it."""

    async def split(self, article_id: int, *, now: datetime, noted: AuditEntry | None = None) -> bool:
        """Take an article out of its story permanently.

        Returns False if there is no such article, or if it is alone in its story. If the article counted as a
        duplicate, or others counted as its duplicates, chats are sent the articles that they did not get for that
        reason.
        """

    async def merge(
        self, one: int, other: int, *, now: datetime, decide: Decide, noted: AuditEntry | None = None
    ) -> Merged | None:
        """Merge the stories of two articles permanently. Returns None if an article is missing or withdrawn.

        If the story now has more sources than each of the two had, chats that ask for so many are sent the article
        that brought them. If an article was split off from its duplicates, it becomes a duplicate again, unless
        `decide` says that the two texts differ now.
        """

    async def prune(self, *, now: datetime, limit: int) -> int:
        """Close up to `limit` stories that are too old for an article to join. Returns their number."""
