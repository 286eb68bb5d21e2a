"""The contract of storage: a Protocol for each topic, which says what each method promises.

Callers may rely on this in every topic:

- A method that writes does so in one transaction, all of it or nothing, unless it says that it works in steps. When
  it returns, a power cut takes nothing back, unless it says otherwise.
- A method that only reads sees the last commit, and never waits for a writer.
- Times are aware UTC. `chat_row` is the id of our row for a chat or one of its topics, and `chat_id` is Telegram's
  number of the chat.
- A limit below one takes nothing. Lists are as long as their limit at most. A row that can't be read is left out of a
  list and logged, and stops no other row.
- Every method may raise the errors of `storage.errors` that concern the database as a whole (busy, full, read-only,
  damaged). Other errors are named where they are raised.

An implementer must not call the network, must not retry a transaction, and must not walk through all chats, articles
or deliveries in a method that a reader, a delivery or a source causes.
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from storage.records import (
    EVERYTHING_READ,
    Article,
    ArticleTimes,
    Category,
    CategoryName,
    ChangedArticle,
    Chat,
    ChatKind,
    ChatSettings,
    ChatState,
    Claim,
    DeadDelivery,
    Decide,
    DigestSnapshot,
    DueDigest,
    DueSource,
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
    Subscription,
    Term,
    Throughput,
    Timetable,
    Visit,
    WaitingUpdate,
    WantedPage,
)


class Sources(Protocol):
    """Where articles come from, and when each is due."""

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
        """Add a source that is due at once. Returns it, and whether it is new.

        A known source gets the settings that are not None, and is due at once as well.
        """

    async def add_all(self, sources: Sequence[tuple[NewSource, datetime]], *, now: datetime) -> list[bool]:
        """Add sources, each with the time of its first visit. Returns for each whether it is new.

        A known source gets the settings that are named, and keeps its next visit.
        """

    async def remove(self, source_id: int) -> bool:
        """Delete a source; its articles stay. Returns False if there is none of that id."""

    async def set_breaking(self, source_id: int, on: bool) -> bool:
        """Push what the source publishes from now on as breaking news, or not.

        Returns False if there is no such source.
        """

    async def set_full_text(self, source_id: int, on: bool) -> bool:
        """Read the pages behind the source's new articles, or not. Returns False if there is no such source."""

    async def all(self) -> list[Source]:
        """Returns all sources in the order in which they were added."""

    async def get(self, source_id: int) -> Source | None:
        """Returns the source of that id, or None."""

    async def due_sources(
        self, now: datetime, *, limit: int = 1000, besides: Collection[int] = ()
    ) -> list[DueSource]:
        """Returns the sources whose time has come, the longest waiting first, without those in `besides`."""

    async def correct_times(self, now: datetime) -> int:
        """Correct the times of sources after the wall clock was set back. Returns the number of sources.

        A source that was visited in the future is due as long after `now` as it was due after that visit.
        """

    async def bring_forward(self, due: Mapping[int, datetime]) -> None:
        """Make these sources, by id, due at these times. A source that is due earlier keeps its time."""

    async def record_visits(self, *visits: Visit) -> None:
        """Record visits that brought no articles. A visit that a power cut takes back is made again."""


class Articles(Protocol):
    """Articles, stored once by their keys and listed by time.

    `on_change` is called with the id of each article that a commit changed for readers.
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

        `listed` are the keys of everything that the visited source holds, or None if that is not known. `seen` are
        articles of other sources that it holds. `decide` places each article that has a fingerprint in a story; it is
        called inside the transaction, so one of two articles with the same text is always the first. `progress` is
        called there as well, and says how far the files came that the articles are from.

        An article is passed over if another process stored its identity or key meanwhile, and a change if it was
        decided against a revision that is no longer the newest. The next refresh decides again.
        """

    async def revisions(self, article_ids: Iterable[int]) -> dict[int, Revisions]:
        """Returns the newest revisions of those of these articles that are stored."""

    async def retract(self, article_id: int, *, now: datetime) -> bool:
        """Withdraw an article. Returns False if there is none, or it was withdrawn before.

        It is shown nowhere any more, its unsent deliveries are never sent, and its sent messages are corrected before
        anything else goes out.
        """

    async def push(self, article_id: int, lane: Lane, *, now: datetime) -> bool:
        """Send an article to everybody who wants it and does not have it yet.

        Returns False if there is none, or it was withdrawn. A delivery that is queued moves to that lane if it is the
        better one.
        """

    async def find_by_keys(self, keys: Iterable[str]) -> dict[str, tuple[KnownArticle, ...]]:
        """Returns the stored articles that have one of these keys, by key."""

    async def get(self, article_id: int) -> Article | None:
        """Returns the article of that id, also a withdrawn one, or None."""

    async def newest(self, *, limit: int, category: int | None = None) -> list[Article]:
        """Returns the newest articles that were not withdrawn, whole; for the command line and exports."""

    async def page(
        self,
        *,
        limit: int,
        category: int | None = None,
        older_than: Place | None = None,
        newer_than: Place | None = None,
        reading: Reading = EVERYTHING_READ,
    ) -> list[Headline]:
        """Returns one page of headlines, newest first: the first page, or the one behind or before a place.

        If stories are shown once, each is its newest article of that category and in those languages.
        """

    async def languages(self) -> list[str]:
        """Returns the languages of the newest articles, the most common first."""

    async def headlines(self, ids: Sequence[int]) -> list[Headline]:
        """Returns the headlines of these articles in this order, without those that are gone or were withdrawn."""

    async def missed_headlines(
        self, chat_row: int, *, since: datetime, until: datetime, limit: int
    ) -> tuple[list[Headline], int]:
        """Returns the newest headlines that a chat wanted and was not sent, and the number of all of them.

        Only articles that were stored in the stretch of time count. A text counts once, and so does a story if the
        chat is shown stories once.
        """

    async def snapshot_headlines(self, ids: Sequence[int], *, grouped: bool) -> list[Headline | None]:
        """Returns the headlines of these articles in this order, also withdrawn ones; None for one that is no longer
        kept.
        """


class Archive(Protocol):
    """Articles that are no longer kept, and what is remembered of them."""

    async def pruned_keys(self, identities: Iterable[str]) -> set[str]:
        """Returns those of these keys that belong to pruned articles which their source may still list."""

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete up to `limit` articles that were stored and published before that time. Returns their number.

        It works in steps, between which others write. An article stays while it has an open fan-out or an owed
        delivery, and while a kept digest lists it. The keys of deleted articles are remembered until `forget`.
        """

    async def forget_keys(self, *, before: datetime, now: datetime) -> int:
        """Forget the keys of pruned articles that nobody has listed since `before`. Returns their number."""


class Categories(Protocol):
    """The sections of publishers, each under its name and its aliases."""

    async def list_with_counts(self, reading: Reading = EVERYTHING_READ) -> list[Category]:
        """Returns the categories that have articles in these languages with the number of those, largest first.

        Each article of a story counts, since a story that is shown once opens all of its articles.
        """

    async def get(self, category_id: int) -> Category | None:
        """Returns the category of that id, or None if there is none or it was merged into another."""

    async def find(self, normalized: str) -> Category | None:
        """Returns the category of that normalized name or alias, or None. An alias goes before a name."""

    async def names(self) -> list[tuple[str, Category]]:
        """Returns each name and alias that a reader may type, with its category."""

    async def set_alias(self, alias: CategoryName, name: CategoryName) -> Category:
        """Let `alias` mean the category `name`, and merge the category of the alias's own name into it.

        Returns the category.

        It works in steps, between which others write, and no chat misses an article meanwhile. If it is interrupted
        before the alias is set, it can be called again; after that, `finish_merges` goes on with it.
        """

    async def finish_merges(self) -> int:
        """Go on with merges that were interrupted. Returns the number of categories that were merged."""

    async def prune(self, *, limit: int) -> int:
        """Delete up to `limit` categories without articles. Returns their number.

        A category stays if a chat has chosen it, if it has an alias, or if it is marked as breaking.
        """

    async def set_breaking(self, name: CategoryName, on: bool) -> Category:
        """Push what is published in a category from now on as breaking news, or not.

        Returns the category, which is made if it is new.
        """


class Pages(Protocol):
    """Article pages that are still to be read, for sources whose feeds carry only excerpts."""

    async def due_pages(self, source_id: int, *, now: datetime, limit: int) -> list[WantedPage]:
        """Returns the articles of a source whose pages are due, the newest first."""

    async def record_failure(self, article_id: int, *, again_at: datetime | None) -> None:
        """Note that an article's page could not be read. It is due again at that time; with None, it is given up."""


class Search(Protocol):
    """Articles by their words, and the words by which typing errors are noticed."""

    async def candidates(self, query: Query) -> SearchCandidates:
        """Returns the articles that a query may mean, in no order, for the caller to rank.

        Their number is bounded.
        """

    async def source_texts(self, ids: Iterable[int]) -> dict[int, SourceText]:
        """Returns the texts of these articles as they were written, by id."""

    async def source_names(self) -> list[str]:
        """Returns the names of sources that headlines show, in alphabetical order."""

    async def known_words(self, words: Iterable[str]) -> set[str]:
        """Returns those of these words that stand in an article."""

    async def document_frequencies(self, terms: Sequence[Term]) -> list[float]:
        """Returns for each term about how many articles have it."""

    async def words_with_prefix(self, letters: str) -> list[str]:
        """Returns known words that begin with these letters, a few thousand at most."""

    async def articles_to_reindex(self) -> list[ReindexItem]:
        """Returns the next articles whose words were indexed in an older way, the newest first."""

    async def reindex(self, texts: Mapping[ReindexItem, SearchText | None]) -> None:
        """Index the words of these articles anew. An article without a text keeps the words that it has, and is not
        offered again. An article that has changed meanwhile is passed over.
        """

    async def prune_words(self, *, before: datetime, after: str, limit: int) -> str:
        """Forget those of the next `limit` words that were last read before that time, or up to a month earlier.

        Words are gone through in their order, beginning behind the word `after`. Returns the last of them, for the
        next call, or an empty string when all words have been gone through.
        """


class Stories(Protocol):
    """Articles of several sources that tell one event.

    `on_change` is called with the id of each article whose messages change.
    """

    on_change: Callable[[int], None]

    async def story_of(self, article_id: int) -> int | None:
        """Returns the story of an article, or None if there is no such article."""

    async def headlines(self, story_id: int) -> list[Headline]:
        """Returns the headlines of a story, newest first, without those of withdrawn articles."""

    async def list_articles(self, story_id: int) -> list[StoryArticle]:
        """Returns all articles of a story with how they came there, newest first."""

    async def split(self, article_id: int, *, now: datetime) -> bool:
        """Take an article out of its story, for good. Returns False if there is none, or it is alone.

        If it was held for a duplicate, or others for its duplicates, chats get what was kept from them.
        """

    async def merge(self, one: int, other: int, *, now: datetime, decide: Decide) -> Merged | None:
        """Make the stories of two articles one, for good. Returns None if an article is missing or withdrawn.

        An article that was split off comes back to its text, unless `decide` says that the two texts differ by now.
        """

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Close up to `limit` stories that no article has joined since then. Returns their number."""


class Chats(Protocol):
    """Where the bot talks, what each chat wants, and how.

    `on_change` is called with the id of each chat whose choices were committed.
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
    ) -> Chat:
        """Returns the chat, which is made with these settings if it is new. Its title is brought up to date."""

    async def get(self, chat_id: int, topic_id: int | None = None) -> Chat | None:
        """Returns the chat of that Telegram number and topic, or None."""

    async def get_by_id(self, chat_row: int) -> Chat | None:
        """Returns the chat of that id of ours, or None."""

    async def chats_added_by(self, user_id: int) -> list[Chat]:
        """Returns the active channels and groups that this user added the bot to."""

    async def set_language(self, chat_row: int, language: str, *, now: datetime) -> None:
        """Speak this language to the chat."""

    async def set_timezone(self, chat_row: int, timezone: str, *, digest_at: datetime | None, now: datetime) -> None:
        """Count the chat's hours in this zone; `digest_at` is when its next digest is due there."""

    async def set_timetable(
        self, chat_row: int, timetable: Timetable, *, digest_at: datetime | None, now: datetime
    ) -> None:
        """Write to the chat at these times from now on; `digest_at` is when its next digest is due, None without
        digests.

        What was owed by the old timetable is told by the new one: alerts that wait become part of the first digest,
        and what the next digest would have told comes in one message.
        """

    async def set_silent(self, chat_row: int, silent: bool, *, now: datetime) -> None:
        """Send to the chat without a sound, or with one."""

    async def set_reading(self, chat_row: int, reading: Reading, *, now: datetime) -> None:
        """Show the chat articles in these languages, and stories once or article by article."""

    async def subscription(self, chat_row: int) -> Subscription:
        """Returns what the chat wants; nothing if there is no such chat."""

    async def subscribe_to_everything(self, chat_row: int, *, now: datetime) -> None:
        """Subscribe the chat to everything, without exceptions."""

    async def subscribe(self, chat_row: int, category_id: int, *, now: datetime) -> None:
        """Subscribe the chat to this category as well. For a chat that has everything, an exception ends."""

    async def subscribe_only(self, chat_row: int, category_id: int, *, now: datetime) -> None:
        """Subscribe the chat to this category instead of everything."""

    async def unsubscribe(self, chat_row: int, category_id: int, *, now: datetime) -> None:
        """Unsubscribe the chat from this category. For a chat that has everything, it becomes an exception."""

    async def unsubscribe_from_everything(self, chat_row: int, *, now: datetime) -> None:
        """End all subscriptions of the chat and delete its unsent alerts and digests. Its settings stay."""

    async def resume(self, chat_id: int, *, now: datetime) -> bool:
        """Deliver to a chat again that had left. Returns False if it had not left.

        It is owed articles from now on, one catch-up about what it missed, and the corrections of its messages.
        """

    async def pause(self, chat_id: int, *, state: ChatState, reason: str, now: datetime) -> None:
        """Stop delivering to a chat that can't be written to. Its settings stay, and its queue is deleted."""

    async def migrate(self, old: int, new: int, *, now: datetime) -> None:
        """Give a chat the new Telegram number of its group, also in what is owed to it.

        If the new number is known already, the two become one chat, with the settings of the later choice.
        """

    async def save_list(self, chat_row: int, articles: Sequence[int], *, first: int = 1) -> None:
        """Remember a list that the chat was shown, from position `first` on.

        A list from position 1 on forgets the last one.

        The last thousand positions are kept. A power cut may take the last list.
        """

    async def article_at(self, chat_row: int, position: int) -> int | None:
        """Returns the article at a position of the last list, or None."""

    async def save_search(self, words: str, *, now: datetime) -> int:
        """Returns a number for these words, for a button to carry. The latest ten thousand searches are kept."""

    async def search_words(self, number: int) -> str | None:
        """Returns the words of a search by its number, or None."""


class Settings(Protocol):
    """Whole settings of chats, in and out at once."""

    async def put(self, batch: Iterable[ChatSettings], *, now: datetime) -> int:
        """Store whole settings over those that are there. Returns the number of new chats.

        If a chat is named twice, the last settings hold.
        """

    def export(self) -> AsyncIterator[ChatSettings]:
        """Yields all chats in the order in which they came, a few hundred from one look."""


class Deliveries(Protocol):
    """Messages that are owed, whose send slot is due, and what came of them."""

    async def expand(self, *, limit: int, now: datetime, ahead: int | None = None) -> int:
        """Make deliveries of the next stretch of the most urgent fan-out or correction.

        Returns about how many; 0 if none is open, or `ahead` chats are ready in its lane and better ones.

        One short transaction. A stretch that a power cut takes back is made again.
        """

    async def due_digests(self, *, limit: int, now: datetime) -> list[DueDigest]:
        """Returns the chats whose next digest is due, the longest waiting first.

        A chat whose row can't be read is asked for again a day later, so that it does not stand before the others.
        """

    async def digests_too_far_ahead(self, *, limit: int, now: datetime) -> list[DueDigest]:
        """Returns chats whose next digest is planned for later than their rhythm allows: a clock was ahead."""

    async def plan_digests(self, planned: Sequence[tuple[DueDigest, datetime | None]]) -> None:
        """Set when these chats' next digests are due. A digest that was planned anew meanwhile is passed over."""

    async def enqueue_digests(self, digests: Sequence[tuple[DueDigest, datetime | None]], *, now: datetime) -> None:
        """Owe these digests, each with the time of the chat's next one.

        A digest that is no longer due is passed over.

        A digest tells what was stored until half a minute ago: another process may still be committing later
        articles.
        """

    async def merge_into_catch_up(self, claim: Claim, *, before: datetime, least: int, now: datetime) -> bool:
        """Replace the chat's alerts that wait since before that time, the claimed one among them, by one catch-up.

        Returns False, and changes nothing, if there are fewer than `least`. Otherwise the claim ends with it.
        """

    async def enqueue_notice(self, chats: Sequence[int], notice: str, *, lane: Lane, now: datetime) -> None:
        """Owe a notice (JSON) to these chats. It survives a restart as any delivery does."""

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete up to `limit` settled notices and digests, and dead deliveries, from before that time.

        Returns their number.

        Sent alerts go with their articles.
        """

    async def recover(self, *, now: datetime) -> int:
        """Owe again what a killed process was sending.

        Returns the number of deliveries. To be called once, at the start.
        """

    async def correct_times(self, *, now: datetime, by: timedelta) -> None:
        """Bring back times that were noted while the wall clock was ahead by so much."""

    async def count_ready_chats(self, *, now: datetime, limit: int, lane: Lane = Lane.EDIT) -> int:
        """Returns how many chats may be written to now in that lane or a better one, counted up to `limit`."""

    async def next_send_at(self) -> datetime | None:
        """Returns the moment at which the next chat may be written to, or None if nothing is owed."""

    async def claim(self, *, limit: int, now: datetime) -> list[Claim]:
        """Take the next delivery of up to `limit` chats whose send slot is due: the best lane first, then who waits
        longest.

        A claimed chat is not claimed again before `settle`. A delivery that its chat no longer wants is deleted, and
        one that can't be read becomes dead. A claim that a power cut takes back is made again.
        """

    async def claim_another(self, chat_ids: Sequence[int], *, without: Sequence[int], now: datetime) -> list[Claim]:
        """Take one due delivery of one of these chats. Its lane does not matter.

        A delivery about one of the articles in `without` is not taken.
        """

    async def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Record the outcomes of claimed deliveries, and give their chats the next send slot."""

    async def article_of_message(self, chat_id: int, message_id: int) -> int | None:
        """Returns the article that a message of ours told about, or None."""

    async def snapshot_of_digest(self, delivery_id: int, chat_row: int) -> tuple[int, datetime] | None:
        """Returns the snapshot that a digest of this chat shows, and until when it tells, or None if it is
        not kept."""

    async def count_owed(self) -> int:
        """Returns how many messages are owed and not sent.

        The chats that fan-outs have not reached are estimated if they are many.
        """

    async def count_in_progress(self, *, now: datetime, limit: int | None = None) -> int:
        """Returns how many messages go out within about a minute: those of chats whose send slot comes,
        those in flight, and those of chats that fan-outs have not reached. Above `limit`, the number is not exact.
        """

    async def stats(self, *, now: datetime) -> Stats:
        """Returns the numbers that an operator asks for. Some of them are counted: 0.1 s for a million deliveries."""


class DigestSnapshots(Protocol):
    """What digests show, as they were sent."""

    async def get(self, snapshot: int) -> DigestSnapshot | None:
        """Returns what a digest shows, or None if no digest shows it any more."""


class DeadLetters(Protocol):
    """Deliveries that were given up, until the operator retries or drops them."""

    async def latest(self, *, limit: int) -> list[DeadDelivery]:
        """Returns the deliveries that were given up, the latest first."""

    async def reasons(self) -> dict[str, int]:
        """Returns the commonest reasons, with the number of deliveries of each, largest first."""

    async def ids(self, *, until: datetime) -> Sequence[int]:
        """Returns the ids of all deliveries that were given up until then, the oldest first."""

    async def retry(self, ids: Sequence[int], *, now: datetime) -> list[int]:
        """Owe these deliveries again, as if they were new.

        Returns the ids of those that were dead. It works in steps.
        """

    async def drop(self, ids: Sequence[int]) -> list[int]:
        """Delete these deliveries. Returns the ids of those that were dead. It works in steps."""


class Metrics(Protocol):
    """How fast messages go out, and how long an article took to reach everybody."""

    async def last_minute(self, now: datetime) -> Throughput:
        """Returns what went out in the last full minute, in whole stretches of ten seconds."""

    async def last_day(self, now: datetime) -> Throughput:
        """Returns what went out in the last 24 hours."""

    async def since(self, moment: datetime) -> Throughput:
        """Returns what went out since then, and in up to ten seconds before."""

    async def newest_sent(self, *, limit: int) -> list[ArticleTimes]:
        """Returns how the newest pushed articles reached their chats.

        Each article costs a walk through its deliveries: some two seconds for a million. For a person who asks, not
        for a job.
        """

    async def prune(self, *, now: datetime) -> int:
        """Forget the throughput of more than a day ago. Returns the number of stretches."""


class Imports(Protocol):
    """How far imports of files came, so that they can go on after they were stopped."""

    async def progress(self, options: str) -> dict[bytes, ImportProgress]:
        """How far each file of an unfinished import with these options came, by its path."""

    async def forget(self, options: str, files: Iterable[bytes]) -> None:
        """Forget how far these files came: their import has ended, or begins anew."""

    async def forget_older(self, *, before: datetime) -> int:
        """Forget imports that nobody went on with since then. Returns the number of their files."""


class Inbox(Protocol):
    """Updates of Telegram, from the moment at which they are received until each is answered or set aside."""

    async def receive(
        self, updates: Sequence[ReceivedUpdate], *, now: datetime, confirmed: int = 0
    ) -> list[ReceivedUpdate]:
        """Keep updates until they are answered. Returns those that are new, in their order.

        An update that was received before is not new, even if it was answered, as long as Telegram was not told that
        we have it. Telegram was told so of all updates before `confirmed`.
        """

    async def confirm(self, before: int) -> None:
        """Note that Telegram was told that we have all updates before this number."""

    async def waiting_updates(self, *, after: int, limit: int) -> list[WaitingUpdate]:
        """Returns updates that are not answered yet, in the order of their numbers, which are above `after`."""

    async def payload(self, update_id: int) -> str | None:
        """Returns the JSON of an update that waits. Returns None if it does not wait any more."""

    async def settle(self, answered: Sequence[int], set_aside: Sequence[tuple[int, str]], *, now: datetime) -> None:
        """Forget the updates that were answered, and set the others aside, each with its reason."""

    async def stats(self) -> InboxStats:
        """Returns how many updates wait and how many were set aside lately, with the reason of the last of them."""

    async def set_aside_updates(self, *, limit: int) -> list[SetAsideUpdate]:
        """Returns the updates that were set aside, the latest first."""

    async def prune(self, *, now: datetime) -> None:
        """Forget the receipts that nobody needs any more, and what was set aside long ago."""
