"""The contract of storage. It has one Protocol for each topic, and each method says what it promises.

Callers may rely on these rules in every topic:

- A method that writes does so in one transaction: it stores everything or nothing. A method that works in several
  steps says so. When a method returns, a power cut does not undo its writes, unless the method says otherwise.
- A method that only reads sees the last commit, and never waits for a writer.
- Times are aware UTC. `chat_row` is the id of our row for a chat or for one of its topics. `chat_id` is the number
  that Telegram gives to the chat.
- If a limit is below 1, the method does nothing or returns nothing. A list is never longer than its limit. A row that
  can't be read is left out of the list and logged. It does not stop other rows.
- Every method may raise the errors of `storage.errors` that concern the whole database: busy, full, read-only or
  damaged. If a method raises another error, its docstring names the error.

An implementer must not call the network and must not retry a transaction. If a reader, a delivery or a source causes
a call, the method must not walk through all chats, articles or deliveries.
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from storage.records import (
    EVERYTHING_READ,
    AddedChats,
    AddedSources,
    Article,
    ArticleTimes,
    Ban,
    BotAccount,
    Category,
    CategoryName,
    ChangedArticle,
    Chat,
    ChatKind,
    ChatSettings,
    ChatState,
    Chosen,
    Claim,
    DeadDelivery,
    Decide,
    DigestSnapshot,
    DueDigest,
    DueSource,
    Explanation,
    Follow,
    Headline,
    ImportProgress,
    InboxStats,
    KnownArticle,
    Lane,
    Merged,
    NewArticle,
    NewSource,
    Outcome,
    Place,
    Query,
    Reading,
    ReceivedUpdate,
    ReindexItem,
    Revisions,
    SaveResult,
    SearchCandidates,
    SearchText,
    SeenArticle,
    SetAsideUpdate,
    Source,
    SourceKind,
    SourceText,
    Stats,
    Stored,
    StoryArticle,
    Subject,
    SubjectName,
    Subscription,
    Term,
    Throughput,
    Timetable,
    UnknownNames,
    Viewer,
    Visit,
    WaitingUpdate,
    WantedPage,
)


class Sources(Protocol):
    """The sources of articles, and the time at which each source is due.

    A source is public, or it is private: then only the chats that follow it see its articles, in lists, in searches,
    in counts and as alerts.

    `on_change` is called with the id of each article whose messages change.
    """

    on_change: Callable[[int], None]

    async def add(
        self,
        url: str,
        kind: SourceKind,
        *,
        now: datetime,
        category: str | None = None,
        every_seconds: int | None = None,
        title: str | None = None,
        breaking: bool | None = None,
        full_text: bool | None = None,
    ) -> tuple[Source, bool]:
        """Add a source that is due at once. Returns the source, and whether it is new.

        If the source is known, the settings that are not None replace its settings, and it is due at once as well. A
        private source becomes public, as `set_private` does it.
        """

    async def add_all(self, sources: Sequence[tuple[NewSource, datetime]], *, now: datetime) -> list[bool]:
        """Add sources, each with the time of its first visit. Returns for each source whether it is new.

        If a source is known, the settings that are not None replace its settings. Its next visit stays as planned. A
        private source becomes public, as `set_private` does it.
        """

    async def add_all_private(self, sources: Sequence[tuple[NewSource, datetime]], *, now: datetime) -> int:
        """Add private sources, each with the time of its first visit. Returns the number of new sources.

        No chat has added them, so a chat owns such a source only while it is the only one that follows it. A source
        that is known stays as it is.
        """

    async def add_private(self, source: NewSource, *, chat_row: int, now: datetime) -> tuple[Source, bool]:
        """Add a private source for a chat, due at once. Returns the source, and whether it is new.

        If the address is known, its source is returned as it is: a public one, or the private one of another chat.
        The chat sees the articles of a private source after it follows the source.
        """

    async def set_private(self, source_id: int, private: bool, *, now: datetime) -> bool:
        """Make a source private or public, together with its articles. Returns False if no source has that id.

        The method works in steps, and other writers may write between them. If it is interrupted, `finish_moves`
        completes it. An article that becomes private leaves its story, and messages about other articles no longer
        name its source.
        """

    async def finish_moves(self, *, now: datetime) -> int:
        """Complete the changes between private and public that were interrupted. Returns the number of sources."""

    async def of_chat(self, chat_row: int) -> list[Source]:
        """Returns the sources that a chat follows or mutes, in the order in which they were added."""

    async def count_added(self, chat_row: int) -> AddedSources:
        """Returns how many private sources a chat follows or mutes, and how many that it added it has left since."""

    async def is_owned(self, source_id: int, *, chat_row: int) -> bool:
        """Returns whether a chat may pause and rename a source: a private one, which it follows or mutes.

        It must have added the source, or be the only chat that follows or mutes it.
        """

    async def remove_unfollowed(self, *, before: datetime, limit: int) -> int:
        """Delete up to `limit` private sources that were added before that time and that no chat follows.

        Returns their number. Nobody sees their articles any more. `Archive.prune_orphans` deletes them.
        """

    async def rename(self, source_id: int, title: str) -> bool:
        """Give a source a title that its next visits do not change. Returns False if no source has that id."""

    async def set_paused(self, source_id: int, paused: bool, *, now: datetime) -> bool:
        """Stop reading a source, or start again at once. Returns False if no source has that id."""

    async def remove(self, source_id: int) -> bool:
        """Delete a source. Its articles stay. Returns False if no source has that id."""

    async def set_breaking(self, source_id: int, on: bool) -> bool:
        """Set whether the articles that a source publishes from now on are pushed as breaking news.

        Returns False if no source has that id.
        """

    async def set_full_text(self, source_id: int, on: bool) -> bool:
        """Set whether the pages of a source's new articles are read. Returns False if no source has that id."""

    async def all(self) -> list[Source]:
        """Returns all sources in the order in which they were added."""

    async def find(self, url: str) -> Source | None:
        """Returns the source with that address, or None. It may be private."""

    async def names(self, *, viewer: Viewer) -> list[tuple[int, str]]:
        """Returns the ids and titles of the sources that the viewer sees and that have a title, oldest first."""

    async def get(self, source_id: int) -> Source | None:
        """Returns the source with that id, or None."""

    async def due_sources(
        self, now: datetime, *, limit: int = 1000, besides: Collection[int] = ()
    ) -> list[DueSource]:
        """Returns the sources that are due, the longest waiting first. The ids in `besides` are left out."""

    async def correct_times(self, now: datetime) -> int:
        """Correct the times of sources after the wall clock was set back. Returns the number of corrected sources.

        If the last visit of a source lies in the future, that visit now counts as made at `now`. The pause between
        the visit and the next one stays the same.
        """

    async def bring_forward(self, due: Mapping[int, datetime]) -> None:
        """Set when sources are due, by source id. A source that is due earlier keeps its time."""

    async def record_visits(self, *visits: Visit) -> None:
        """Record visits that brought no articles. If a power cut undoes this write, the source is visited again."""


class Articles(Protocol):
    """Articles. Their keys make sure that each is stored once, and lists order them by time.

    After a commit, `on_change` is called with the id of each article that looks different to readers now.
    """

    on_change: Callable[[int], None]

    async def store(
        self,
        new: Sequence[NewArticle],
        changed: Sequence[ChangedArticle] = (),
        *,
        now: datetime,
        visit: Visit | None = None,
        listed: Sequence[str] | None = None,
        seen: Sequence[SeenArticle] = (),
        decide: Decide | None = None,
        progress: Callable[[Stored], Sequence[ImportProgress]] | None = None,
    ) -> Stored:
        """Store new and changed articles, their fan-outs and the visit that brought them. Returns what was stored.

        `listed` holds the keys of all articles that the visited source lists, or None if they are not known. `seen`
        holds articles of other sources that the visited source lists as well.

        `decide` places each article that has a fingerprint in a story. It is called inside the transaction, so that
        of two articles with the same text, one is always the first. The words that chats follow are looked for in
        each article as well. `progress` is also called inside the transaction. It returns how far the import has read
        the files that the articles come from.

        A new article is passed over if another process has stored its identity or key meanwhile. A change is passed
        over if its `from_revision` is no longer the newest revision. The next refresh decides again.
        """

    async def revisions(self, article_ids: Iterable[int]) -> dict[int, Revisions]:
        """Returns the newest revisions of these articles, by id. Articles that are not stored are left out."""

    async def retract(self, article_id: int, *, now: datetime) -> bool:
        """Withdraw an article. Returns False if no article has that id, or if it was withdrawn before.

        The article is no longer shown anywhere. Its unsent deliveries are never sent. Its sent messages are corrected
        before any other message goes out.
        """

    async def push(self, article_id: int, lane: Lane, *, now: datetime) -> bool:
        """Send an article to all chats that want it and were not sent it yet.

        Returns False if no article has that id, or if it was withdrawn. A delivery that is already queued moves to
        `lane` if that lane is more urgent.
        """

    async def find_by_keys(self, keys: Iterable[str]) -> dict[str, tuple[KnownArticle, ...]]:
        """Returns the stored articles that have one of these keys, grouped by key."""

    async def get(self, article_id: int, *, chat_row: int | None = None) -> Article | None:
        """Returns the article with that id, even if it was withdrawn. Returns None if there is no such article.

        If `chat_row` is given, the method also returns None for an article that this chat may not see.
        """

    async def newest(self, *, limit: int, category: int | None = None) -> list[Article]:
        """Returns the newest public articles with their full text, without withdrawn ones.

        The command line and exports use it.
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

    async def headlines(self, ids: Sequence[int]) -> list[Headline]:
        """Returns the headlines of these articles, in this order. Deleted and withdrawn articles are left out."""

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
        """Forget the keys of pruned articles that no source has listed since `before`. Returns their number."""


class Categories(Protocol):
    """The sections that publishers use. Each category has a name and may have aliases."""

    async def list_with_counts(
        self, reading: Reading = EVERYTHING_READ, *, viewer: Viewer | None = None
    ) -> list[Category]:
        """Returns the categories that have articles in these languages, with their number of articles, largest first.

        Every article of a story counts, because a story that is shown once opens all of its articles. Articles that
        the viewer does not see do not count: at most 2,000 muted articles are left out, the newest of each mute, but
        a muted category is left out as a whole. Without a viewer, all public articles count.
        """

    async def get(self, category_id: int, *, viewer: Viewer | None = None) -> Category | None:
        """Returns the category with that id, or None if it does not exist or was merged into another category.

        A category that only private sources have named is found only for a viewer who sees one of these sources.
        """

    async def find(self, normalized: str, *, viewer: Viewer | None = None) -> Category | None:
        """Returns the category with that normalized name or alias, or None. An alias takes precedence over a name.

        The viewer sees the same categories as with `get`.
        """

    async def names(self, *, viewer: Viewer | None = None) -> list[tuple[str, Category]]:
        """Returns all names and aliases that a reader may type, each with its category, as `find` finds them."""

    async def set_alias(self, alias: CategoryName, name: CategoryName) -> Category:
        """Make `alias` another name for the category `name`. Returns the category.

        If a category has the alias as its own name, it is merged into the category `name`.

        The method works in steps, and other writers may write between them. No chat misses an article meanwhile. If
        the method is interrupted before the alias is set, it can be called again. If it is interrupted later,
        `finish_merges` completes the merge.
        """

    async def finish_merges(self) -> int:
        """Complete the merges that were interrupted. Returns the number of merged categories."""

    async def prune(self, *, limit: int) -> int:
        """Delete up to `limit` categories without articles. Returns their number.

        A category stays if a chat has chosen or muted it, if it has an alias, or if it is marked as breaking news.
        """

    async def set_breaking(self, name: CategoryName, on: bool) -> Category:
        """Set whether the articles that are published in a category from now on are pushed as breaking news.

        Returns the category. If it does not exist, it is created.
        """


class Pages(Protocol):
    """Article pages that still have to be read, for sources whose feeds carry only excerpts."""

    async def due_pages(self, source_id: int, *, now: datetime, limit: int) -> list[WantedPage]:
        """Returns the articles of a source whose pages are due, newest first."""

    async def record_failure(self, article_id: int, *, again_at: datetime | None) -> None:
        """Record that an article page could not be read.

        The page is due again at `again_at`. If that is None, it is not tried again.
        """


class Search(Protocol):
    """Full-text search for articles, and the known words that help to correct typing errors."""

    async def candidates(self, query: Query) -> SearchCandidates:
        """Returns the articles that may match a query. They have no order: the caller ranks them.

        Their number has an upper bound.
        """

    async def source_texts(self, ids: Iterable[int]) -> dict[int, SourceText]:
        """Returns the original texts of these articles, by article id."""

    async def source_names(self, *, viewer: Viewer | None = None) -> list[str]:
        """Returns the source names that headlines show, in alphabetical order.

        Names of private sources are only those of sources that the viewer sees.
        """

    async def known_words(self, words: Iterable[str]) -> set[str]:
        """Returns the words among these that occur in an article."""

    async def document_frequencies(self, terms: Sequence[Term]) -> list[float]:
        """Returns the estimated number of articles that contain each term."""

    async def words_with_prefix(self, letters: str) -> list[str]:
        """Returns known words that begin with these letters: a few thousand at most."""

    async def articles_to_reindex(self) -> list[ReindexItem]:
        """Returns the next articles that were indexed by an older version of the word rules, newest first."""

    async def reindex(self, texts: Mapping[ReindexItem, SearchText | None]) -> None:
        """Index the words of these articles again.

        If the text of an article is None, the article keeps its indexed words, and `articles_to_reindex` does not
        return it again. If an article has changed meanwhile, it is passed over.
        """

    async def prune_words(self, *, before: datetime, after: str, limit: int) -> str:
        """Look at the next `limit` words in their order, and forget the words that were last read before that time.

        The day of the last reading is known only roughly, so a word may stay for up to a month longer. The method
        begins after the word `after`. Returns the last word that it looked at, for the next call. Returns an empty
        string if no words are left.
        """


class Stories(Protocol):
    """Stories: articles of several sources about the same event.

    `on_change` is called with the id of each article whose messages change.
    """

    on_change: Callable[[int], None]

    async def story_of(self, article_id: int) -> int | None:
        """Returns the story id of an article, or None if there is no such article."""

    async def headlines(self, story_id: int) -> list[Headline]:
        """Returns the headlines of a story, newest first. Withdrawn articles are left out."""

    async def list_articles(self, story_id: int) -> list[StoryArticle]:
        """Returns all articles of a story, newest first, and how each of them was placed in it."""

    async def split(self, article_id: int, *, now: datetime) -> bool:
        """Take an article out of its story permanently.

        Returns False if there is no such article, or if it is alone in its story. If the article counted as a
        duplicate, or others counted as its duplicates, chats are sent the articles that they did not get for that
        reason.
        """

    async def merge(self, one: int, other: int, *, now: datetime, decide: Decide) -> Merged | None:
        """Merge the stories of two articles permanently. Returns None if an article is missing or withdrawn.

        If the story now has more sources than each of the two had, chats that ask for so many are sent the article
        that brought them. If an article was split off from its duplicates, it becomes a duplicate again, unless
        `decide` says that the two texts differ now.
        """

    async def prune(self, *, now: datetime, limit: int) -> int:
        """Close up to `limit` stories that are too old for an article to join. Returns their number."""


class Chats(Protocol):
    """The chats of the bot, with their settings and subscriptions.

    `on_change` is called with the row id of each chat after its new choices were committed.
    """

    on_change: Callable[[int], None]

    async def ensure(
        self,
        chat_id: int,
        topic_id: int | None,
        *,
        kind: ChatKind,
        title: str | None,
        language: str,
        timezone: str,
        now: datetime,
        added_by: int | None = None,
        reading: Reading = EVERYTHING_READ,
    ) -> Chat:
        """Returns the chat. If it is new, it is created with these settings. If it is known, its title is updated."""

    async def get(self, chat_id: int, topic_id: int | None = None) -> Chat | None:
        """Returns the chat with that Telegram number and topic, or None."""

    async def get_by_id(self, chat_row: int) -> Chat | None:
        """Returns the chat with that row id, or None."""

    async def chats_added_by(self, user_id: int) -> list[Chat]:
        """Returns the active channels and groups that this user added the bot to."""

    async def set_language(self, chat_row: int, language: str, *, now: datetime) -> None:
        """Set the language of the messages to the chat."""

    async def set_timezone(self, chat_row: int, timezone: str, *, digest_at: datetime | None, now: datetime) -> None:
        """Set the time zone of the chat. `digest_at` is the time of its next digest in that zone."""

    async def set_timetable(
        self, chat_row: int, timetable: Timetable, *, digest_at: datetime | None, now: datetime
    ) -> None:
        """Set when the chat is sent messages. `digest_at` is the time of its next digest, or None if it gets none.

        No article is lost by the change. If the chat changes from alerts to digests, the first digest lists the
        articles of the waiting alerts. If it changes from digests to alerts, one message lists the articles that the
        next digest would have listed.
        """

    async def snooze(self, chat_row: int, until: datetime, *, now: datetime) -> None:
        """Let the alerts of the chat wait until that time. If it is `now`, they wait no longer."""

    async def set_silent(self, chat_row: int, silent: bool, *, now: datetime) -> None:
        """Set whether messages to the chat arrive without a sound."""

    async def set_keyboard_hidden(self, chat_row: int, hidden: bool, *, now: datetime) -> None:
        """Remember whether a reader has hidden the keyboard below the text field."""

    async def set_least_sources(self, chat_row: int, least: int, *, now: datetime) -> None:
        """Set how many sources the story of an article must have, so that the chat is sent the article.

        The article that brings the last of these sources is the first one that is owed.
        """

    async def set_reading(self, chat_row: int, reading: Reading, *, now: datetime) -> None:
        """Set the languages of the articles that the chat is shown, and whether a story is shown only once."""

    async def subscription(self, chat_row: int) -> Subscription:
        """Returns the subscription of the chat. It is empty if there is no such chat."""

    async def subscribe_to_everything(self, chat_row: int, *, now: datetime) -> None:
        """Subscribe the chat to all categories, without exceptions. Mutes of other subjects than categories stay."""

    async def set_everything(self, chat_row: int, everything: bool, *, now: datetime) -> None:
        """Give the chat all news but what it mutes, or only what it follows. What it follows and mutes stays.

        A chat that had stopped starts again.
        """

    async def subscribe(self, chat_row: int, category_id: int, *, now: datetime) -> None:
        """Subscribe the chat to this category as well. If the chat has all categories, the category is unmuted."""

    async def subscribe_only(self, chat_row: int, category_id: int, *, now: datetime) -> None:
        """Subscribe the chat to this category instead of to all categories."""

    async def unsubscribe(self, chat_row: int, category_id: int, *, now: datetime) -> None:
        """Unsubscribe the chat from this category. If the chat has all categories, the category is muted."""

    async def unsubscribe_from_everything(self, chat_row: int, *, now: datetime) -> None:
        """Stop all alerts and digests of the chat, and delete those that are queued.

        What the chat has chosen stays. It counts again after `resume_subscription`, or after one of the methods that
        subscribe. If a chat has stopped all news, `subscribe` gives it that category alone.
        """

    async def resume_subscription(self, chat_row: int, now: datetime) -> None:
        """Start again what the chat had chosen before `unsubscribe_from_everything`.

        The chat is owed the articles that are stored from then on. If it had not stopped, nothing changes.
        """

    async def resume(self, chat_id: int, *, now: datetime) -> bool:
        """Start to deliver again to a chat that had left. Returns False if it had not left.

        The chat gets articles from now on, one catch-up message that lists the articles that it missed, and the
        corrections of its older messages.
        """

    async def pause(self, chat_id: int, *, state: ChatState, reason: str, now: datetime) -> None:
        """Stop delivering to a chat that the bot can't write to. Its settings stay, and its queue is deleted."""

    async def migrate(self, old: int, new: int, *, now: datetime) -> None:
        """Give a chat the new Telegram number of its group. Its deliveries get the new number as well.

        If a chat with the new number is stored already, the two chats are merged. The settings that were chosen later
        stay.
        """

    async def save_list(self, chat_row: int, articles: Sequence[int], *, first: int = 1) -> None:
        """Remember a list that the chat was shown, from position `first` on.

        A list that begins at position 1 replaces the previous list. The last 1,000 positions are kept. A power cut
        may lose the last list.
        """

    async def article_at(self, chat_row: int, position: int) -> int | None:
        """Returns the id of the article at a position of the last list, or None."""

    async def save_search(self, chat_row: int, words: str, *, now: datetime) -> int:
        """Returns a number that stands for these words in a button. The latest 100 searches of a chat are kept.

        Raises NotFound if there is no such chat.
        """

    async def search_words(self, number: int) -> str | None:
        """Returns the words of the search with that number, or None."""

    async def prune_searches(self, *, before: datetime) -> int:
        """Forget the searches that were last used before that time. Returns their number."""


class Choices(Protocol):
    """What chats want, and how a step that changed it is undone.

    `on_change` is called with the row id of each chat after its choices were restored.
    """

    on_change: Callable[[int], None]

    async def of_chat(self, chat_row: int) -> Chosen:
        """Returns all that a chat follows and mutes. The result is empty if there is no such chat."""

    async def remember_step(self, chat_row: int, before: Chosen, *, now: datetime) -> int | None:
        """Returns a number that undoes what was changed since `before`. Returns None if nothing was changed.

        The latest 20 steps of a chat are kept.
        """

    async def undo(self, chat_row: int, step: int, *, now: datetime) -> bool:
        """Restore what a step changed, and nothing else. Returns False if the chat has no such step any more.

        A follow that is restored has its old date, so that the chat is owed the articles that are still on their way.
        """


class Bans(Protocol):
    """People and chats that the bot does not answer and sends nothing."""

    async def add(self, number: int, *, by: int, now: datetime) -> bool:
        """Ban a person or a chat, and pause the chat with that number. Returns False if it was banned before.

        `number` is Telegram's number of the person or the chat, and `by` is that of the administrator.
        """

    async def remove(self, number: int, *, now: datetime) -> bool:
        """End a ban. A chat that the ban had paused returns. Returns False if there was no such ban."""

    async def among(self, numbers: Collection[int]) -> set[int]:
        """Returns those of these numbers that are banned."""

    async def latest(self, *, limit: int) -> list[Ban]:
        """Returns the latest bans, latest first."""


class Follows(Protocol):
    """The subjects that chats follow or mute: categories, sources, authors, words and stories.

    A chat wants an article if it has subscribed to everything or follows one of the subjects of the article, and if
    it mutes none of them. A follow or mute whose `until` has passed counts as none.

    `on_change` is called with the row id of each chat after its new choices were committed.
    """

    on_change: Callable[[int], None]

    async def ensure_subject(
        self, subject: SubjectName, *, as_written: Callable[[str], str] | None = None
    ) -> Subject:
        """Returns the subject. If it is new, it is stored.

        If the subject is words, the articles of the last 30 days that have them are found as well, up to the newest
        2,000. `as_written` makes of a text what exact phrases are looked for in. Without it, phrases are compared by
        their stems.

        Raises NotFound if the category, source or story that it names does not exist.
        """

    async def find(self, subject: SubjectName) -> Subject | None:
        """Returns the subject if it is stored, or None."""

    async def get(self, subject_id: int) -> Subject | None:
        """Returns the subject with that id, or None."""

    async def follow(
        self,
        chat_row: int,
        subject_id: int,
        *,
        least_sources: int = 1,
        until: datetime | None = None,
        now: datetime,
    ) -> None:
        """Let the chat follow a subject, instead of muting it. An earlier follow of the subject is replaced.

        Only articles of stories with at least that many sources are owed. The article that brings the last of these
        sources is the first one that is owed. A follow of a story ends seven days after the last article of the
        story, whatever `until` says. A chat that has stopped stays stopped.
        """

    async def mute(self, chat_row: int, subject_id: int, *, until: datetime | None = None, now: datetime) -> None:
        """Let the chat mute a subject, instead of following it. An earlier mute of the subject is replaced.

        A private source that the chat has not followed is not muted, because a chat can't know of it.
        """

    async def unfollow(self, chat_row: int, subject_id: int, *, now: datetime) -> None:
        """End the follow or the mute of a subject."""

    async def of_chat(self, chat_row: int, *, now: datetime) -> list[Follow]:
        """Returns what the chat follows, and then what it mutes, each in the order in which it was chosen."""

    async def subjects_of(self, article_id: int) -> list[Subject]:
        """Returns the subjects of an article: its categories, source, authors, story and words, in that order.

        A subject that nobody has followed yet has the id 0. `ensure_subject` stores it.
        """

    async def recent(
        self, subject_id: int, *, chat_row: int, since: datetime, limit: int
    ) -> tuple[int, list[Headline]]:
        """Returns the number of articles of a subject that were published since then, and the newest of them.

        Only articles in the languages of the chat count, without those that the chat mutes by other subjects. The
        number is at most 2,000.
        """

    async def explain(self, article_id: int, chat_row: int, *, now: datetime) -> Explanation | None:
        """Returns what an article passed and failed on its way to a chat, or None if one of them does not exist.

        The conditions are those by which messages are queued and sent. The follows and mutes are those of today.
        """

    async def quiet_follows(self, *, now: datetime, limit: int) -> list[tuple[int, Follow]]:
        """Returns follows that found nothing for a month, each with the row id of its chat.

        A follow is left out if it ends by itself, or after `note_offered`.
        """

    async def note_offered(self, offered: Sequence[tuple[int, int]], *, now: datetime) -> None:
        """Record that chats were asked whether to end these follows: pairs of a chat's row id and a subject's id."""

    async def prune(self, *, now: datetime, limit: int) -> int:
        """Delete up to `limit` follows and mutes that have ended, and up to `limit` subjects that are unused.

        A subject is unused a month after `prune` found that nobody follows it, since buttons of older messages can
        follow it again. If there are very many of these, the oldest ones are unused at once. Returns the number of
        all changes, and 0 if there was nothing to do.
        """


class PersonalData(Protocol):
    """Everything that is kept of a chat. `chat_id` stands for the chat with all of its topics.

    `on_change` is called with the row id of each chat that was forgotten.
    """

    on_change: Callable[[int], None]

    async def export(self, chat_id: int) -> dict[str, list[dict[str, Any]]]:
        """Returns all that is kept of a chat, by kind. Times are ISO 8601."""

    async def forget(self, chat_id: int) -> bool:
        """Delete all that is kept of a chat, its deliveries included. Returns False if nothing was kept.

        A ban stays. The method works in steps. If it is interrupted, it can be called again.
        """

    async def prune_chats(self, *, unused_before: datetime, left_before: datetime, limit: int) -> int:
        """Forget chats that nobody uses, at most `limit` of each of the two kinds. Returns their number.

        These are the chats where nobody has ever chosen anything and nobody was seen since `unused_before`, and the
        chats that the bot could not write to since `left_before`.
        """


class Saved(Protocol):
    """The articles that chats keep to read later. An article is not pruned while a chat keeps it."""

    async def save(self, chat_row: int, article_id: int, *, most: int, now: datetime) -> SaveResult:
        """Save an article. `most` is the number of articles that a chat may have saved.

        If the chat has saved the article before, the article keeps its time, even if the chat has no room left.
        """

    async def remove(self, chat_row: int, article_id: int) -> bool:
        """Remove an article from the saved ones. Returns False if it was not among them."""

    async def is_saved(self, chat_row: int, article_id: int) -> bool:
        """Returns whether the chat has saved the article."""

    async def page(
        self,
        chat_row: int,
        *,
        limit: int,
        skip: int = 0,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[list[Headline], int]:
        """Returns some saved articles, those that were saved last first, and the number of all of them.

        Only articles that were saved from `since` on and before `until` count. Withdrawn articles are left out.
        """


class BotAccounts(Protocol):
    """The bot at Telegram that uses the database.

    Its chats have written to this bot, and the numbers of its messages and updates are those of this bot.
    """

    async def get(self) -> BotAccount | None:
        """Returns the bot that uses this database, or None if no bot has used it."""

    async def remember(self, account: BotAccount) -> BotAccount:
        """Record the bot that uses this database, unless another bot uses it. Returns the recorded bot."""

    async def replace(self, account: BotAccount, *, now: datetime) -> int:
        """Give the database to another bot. Returns the number of chats that were paused.

        All active chats are paused until they write to the new bot. The new bot corrects no message of the former
        bot, and answers no update of it. No bot may run on the database meanwhile. The method works in steps. If it
        is stopped, the former bot is still recorded, and the next call does the rest.
        """


class Settings(Protocol):
    """Import and export of the complete settings of chats."""

    async def put(self, batch: Iterable[ChatSettings], *, now: datetime) -> int:
        """Replace the settings of these chats, and create the chats that are new. Returns the number of new chats.

        Articles are saved beside those that a chat has saved. A banned chat is paused and stays banned.

        If a chat occurs twice in the batch, its last settings are stored.
        """

    async def unknown_names(self, batch: Iterable[ChatSettings]) -> UnknownNames:
        """Counts the articles, stories and sources that these settings name and that the database does not have.

        It is called after `put`, which passes them over. A saved article counts as well if the chat may not see it or
        has no room for it.
        """

    async def add(self, batch: Iterable[ChatSettings], *, now: datetime) -> AddedChats:
        """Create the chats that are new. A chat that is known keeps its settings and gets the follows that it lacks.

        If such a line says that the chat has stopped, the known chat mutes what the line follows. So nothing begins
        that a person has ended. If a chat occurs twice in the batch, its last settings count.
        """

    def export(self) -> AsyncIterator[ChatSettings]:
        """Yields the settings of all chats, oldest chat first. Each query reads a few hundred chats."""


class Deliveries(Protocol):
    """Messages that chats are owed, from the moment that they are queued until their outcome is recorded."""

    async def expand(self, *, limit: int, now: datetime, ahead: int | None = None) -> int:
        """Queue the deliveries of the next chunk of the most urgent fan-out or correction.

        Returns their approximate number. Returns 0 if no fan-out or correction is open, or if `ahead` chats are ready
        to be written to in its lane or in more urgent lanes.

        The method uses one short transaction. If a power cut undoes it, the chunk is made again.
        """

    async def due_digests(self, *, limit: int, now: datetime) -> list[DueDigest]:
        """Returns the chats whose next digest is due, the longest waiting first.

        If the row of a chat can't be read, the chat is due again a day later. Otherwise it would stay at the head of
        the list and keep the others back.
        """

    async def digests_too_far_ahead(self, *, limit: int, now: datetime) -> list[DueDigest]:
        """Returns the chats whose next digest is later than their rhythm allows, because a clock was ahead."""

    async def plan_digests(self, planned: Sequence[tuple[DueDigest, datetime | None]]) -> None:
        """Set when the next digests of these chats are due. A digest that was planned again meanwhile is skipped."""

    async def enqueue_digests(self, digests: Sequence[tuple[DueDigest, datetime | None]], *, now: datetime) -> None:
        """Queue these digests, and set the time of each chat's next digest.

        A digest that is no longer due is passed over. A digest lists articles that were stored until 30 seconds ago,
        because another process may still be committing later articles.
        """

    async def merge_into_catch_up(self, claim: Claim, *, before: datetime, least: int, now: datetime) -> bool:
        """Replace the alerts of a chat that were queued before that time by one catch-up message.

        The claimed alert is one of them. Returns False and changes nothing if there are fewer than `least` of them.
        If it returns True, the claim has ended and needs no outcome.
        """

    async def enqueue_notice(self, chats: Sequence[int], notice: str, *, lane: Lane, now: datetime) -> None:
        """Queue a notice (JSON) for these chats. Like any delivery, it survives a restart."""

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete up to `limit` notices, digests and dead deliveries that were settled before that time.

        Returns their number. Sent alerts are deleted together with their articles.
        """

    async def recover(self, *, now: datetime) -> int:
        """Queue the deliveries again that a killed process was sending. Returns their number.

        Call it once, at the start.
        """

    async def correct_times(self, *, now: datetime, by: timedelta) -> None:
        """Correct the times that were stored while the wall clock was ahead by `by`."""

    async def count_ready_chats(self, *, now: datetime, limit: int, lane: Lane = Lane.EDIT) -> int:
        """Returns the number of chats that are ready in that lane or a more urgent one, counted up to `limit`."""

    async def next_send_at(self) -> datetime | None:
        """Returns the time at which the next chat may be written to, or None if no message is owed."""

    async def claim(self, *, limit: int, now: datetime) -> list[Claim]:
        """Claim the next delivery of up to `limit` chats whose send slot is due.

        The most urgent lane comes first. Within a lane, the chat that has waited longest comes first. A claimed chat
        is not claimed again before `settle`. A delivery that its chat no longer wants is deleted. A delivery that
        can't be read becomes dead. If a power cut undoes a claim, the delivery is claimed again.
        """

    async def claim_another(self, chat_ids: Sequence[int], *, without: Sequence[int], now: datetime) -> list[Claim]:
        """Claim one due delivery of one of these chats, in any lane.

        Deliveries about the articles in `without` are left out.
        """

    async def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Record the outcomes of claimed deliveries, and set the next send slot of their chats."""

    async def article_of_message(self, chat_id: int, message_id: int) -> int | None:
        """Returns the id of the article that a message of the bot shows, or None."""

    async def snapshot_of_digest(self, delivery_id: int, chat_row: int) -> tuple[int, datetime, datetime] | None:
        """Returns the snapshot id of a digest of this chat, and the beginning and end of the time that it covers.

        Returns None if the snapshot is not kept.
        """

    async def count_owed(self) -> int:
        """Returns the number of messages that are owed and not sent yet.

        The number of chats that open fan-outs have not reached is an estimate if it is large.
        """

    async def count_in_progress(self, *, now: datetime, limit: int | None = None) -> int:
        """Returns the number of messages that go out within about a minute.

        These are the messages of chats whose send slot is due by then, the messages that are being sent, and one for
        each chat that open fan-outs have not reached. Above `limit`, the number is not exact.
        """

    async def stats(self, *, now: datetime) -> Stats:
        """Returns the statistics for the operator. Counting takes 0.1 seconds for a million deliveries."""


class DigestSnapshots(Protocol):
    """The articles that sent digests list."""

    async def get(self, snapshot: int) -> DigestSnapshot | None:
        """Returns the snapshot with that id, or None if no digest shows it any more."""


class DeadLetters(Protocol):
    """Deliveries that were given up. They stay until the operator retries or drops them."""

    async def latest(self, *, limit: int) -> list[DeadDelivery]:
        """Returns the deliveries that were given up, latest first."""

    async def reasons(self) -> dict[str, int]:
        """Returns the most common reasons, each with its number of deliveries, largest first."""

    async def ids(self, *, until: datetime) -> Sequence[int]:
        """Returns the ids of all deliveries that were given up until that time, oldest first."""

    async def retry(self, ids: Sequence[int], *, now: datetime) -> list[int]:
        """Queue these deliveries again as if they were new.

        Returns the ids of the deliveries that were dead. The method works in steps.
        """

    async def drop(self, ids: Sequence[int]) -> list[int]:
        """Delete these deliveries. Returns the ids of the deliveries that were dead. The method works in steps."""


class Metrics(Protocol):
    """The rate at which messages go out, and the time that an article takes to reach all of its chats."""

    async def last_minute(self, now: datetime) -> Throughput:
        """Returns the throughput of the last minute, in six complete intervals of ten seconds."""

    async def last_day(self, now: datetime) -> Throughput:
        """Returns the throughput of the last 24 hours."""

    async def since(self, moment: datetime) -> Throughput:
        """Returns the throughput since that time. It may include up to ten seconds before."""

    async def newest_sent(self, *, limit: int) -> list[ArticleTimes]:
        """Returns how fast the newest pushed articles reached their chats.

        For each article, the method reads all of its deliveries. That takes about two seconds for a million
        deliveries. Call it if a person asks, but not in a job.
        """

    async def prune(self, *, now: datetime) -> int:
        """Delete the throughput that is older than a day. Returns the number of deleted intervals."""


class Imports(Protocol):
    """The progress of file imports. A stopped import continues from it."""

    async def progress(self, options: str) -> dict[bytes, ImportProgress]:
        """Returns the progress of each file of an unfinished import with these options, by file path."""

    async def forget(self, options: str, files: Iterable[bytes]) -> None:
        """Delete the progress of these files, because their import has ended or begins again."""

    async def forget_older(self, *, before: datetime) -> int:
        """Delete the progress of imports that made none since `before`. Returns the number of their files."""


class Inbox(Protocol):
    """Telegram updates. Each is kept from its receipt until it is answered or set aside."""

    async def receive(
        self, updates: Sequence[ReceivedUpdate], *, now: datetime, confirmed: int = 0
    ) -> list[ReceivedUpdate]:
        """Keep updates until they are answered. Returns the new updates, in their order.

        An update that was received before is not new, even if it was answered already. Storage remembers an update
        until its receipt is confirmed to Telegram. All updates with numbers below `confirmed` are confirmed.
        """

    async def confirm(self, before: int) -> None:
        """Record that the receipt of all updates with lower numbers was confirmed to Telegram."""

    async def waiting_updates(self, *, after: int, limit: int) -> list[WaitingUpdate]:
        """Returns updates that are not answered yet and have numbers above `after`, lowest number first."""

    async def payload(self, update_id: int) -> str | None:
        """Returns the JSON of a waiting update, or None if the update does not wait any more."""

    async def begin_attempt(self, update_id: int) -> None:
        """Count an attempt to answer an update that a former process left. A kill does not undo the count.

        The attempt of the process that received the update is counted from the start.
        """

    async def undo_attempts(self, update_ids: Sequence[int]) -> None:
        """Take back the last attempt to answer these updates, because it was stopped on purpose."""

    async def settle(self, answered: Sequence[int], set_aside: Sequence[tuple[int, str]], *, now: datetime) -> None:
        """Delete the updates in `answered`. Set the updates in `set_aside` aside, each with its reason."""

    async def stats(self) -> InboxStats:
        """Returns the number of waiting updates, the number that was set aside lately, and the latest reason."""

    async def set_aside_updates(self, *, limit: int) -> list[SetAsideUpdate]:
        """Returns the updates that were set aside, latest first."""

    async def prune(self, *, now: datetime) -> None:
        """Delete receipts that are no longer needed, and updates that were set aside long ago."""
