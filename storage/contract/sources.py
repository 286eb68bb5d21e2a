"""The contract of sources, and of the pages that their articles still lack."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from storage.records import (
    AddedSources,
    DueSource,
    NewSource,
    PictureHealth,
    SilentSource,
    Source,
    SourceKind,
    SourceState,
    Viewer,
    Visit,
    WantedPage,
)


class Sources(Protocol):
    """The sources of articles, and the time at which each source is due.

    A source is public, or it is private: then only the chats that follow it see its articles, in lists, in searches,
    in counts and as alerts.

    With the commit, the senders of all processes are told of each article whose messages change.
    """

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
        teaser: bool | None = None,
        desk: bool | None = None,
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

        A source that is known stays as it is.
        """

    async def add_private(self, source: NewSource, *, chat_row: int, now: datetime) -> tuple[Source, bool]:
        """Add a private source for a chat, due at once. Returns the source, and whether it is new.

        If the address is known, its source is returned: a public one as it is, or the private one of another chat,
        which is read again if it was paused, called as it calls itself if it was renamed, and loses the category of
        its folder, together with the articles that are in no other category.
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

    async def last_articles(self, source_ids: Collection[int]) -> dict[int, datetime]:
        """Returns when the newest article of each source was stored. A source without articles is left out."""

    async def count_added(self, chat_row: int) -> AddedSources:
        """Returns how many private sources a chat follows or mutes, and how many that it added it has left since."""

    async def is_owned(self, source_id: int, *, chat_row: int) -> bool:
        """Returns whether a chat may pause and rename a source: a private one, which it alone follows or mutes."""

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

    async def set_teaser(self, source_id: int, on: bool) -> bool:
        """Set whether readers see only a summary and the link of the articles of a source, also of older ones.

        Returns False if no source has that id. `Deliveries.fold_opened` corrects the messages that were sent.
        """

    async def set_desk(self, source_id: int, on: bool) -> bool:
        """Set whether the new articles of a source need an editor's approval. Returns False if no source has that id.

        What waits already goes on waiting.
        """

    async def all(self) -> list[Source]:
        """Returns all sources in the order in which they were added."""

    async def page(
        self, *, limit: int, after: int = 0, state: SourceState | None = None, words: str = "", private: bool = False
    ) -> list[Source]:
        """Returns public or private sources with ids above `after`, in the order in which they were added.

        `state` and `words` narrow the list. The words are looked for in titles and addresses, as they are written.
        """

    async def set_address(self, source_id: int, url: str, kind: SourceKind, *, now: datetime) -> bool:
        """Read a source from another address. It keeps its settings and its articles, and is due at once.

        Returns False and changes nothing if no source has that id, or if another source has the address.
        """

    async def change(self, source_id: int, *, category: str | None, every_seconds: int | None) -> bool:
        """Replace the category of articles that name none, and the time between visits.

        Returns False if no source has that id.
        """

    async def find(self, url: str) -> Source | None:
        """Returns the source with that address, or None. It may be private."""

    async def names(self, *, viewer: Viewer) -> list[tuple[int, str]]:
        """Returns the ids and titles of the sources that the viewer sees and that have a title, oldest first."""

    async def get(self, source_id: int) -> Source | None:
        """Returns the source with that id, or None."""

    async def due_sources(
        self, now: datetime, *, limit: int = 1000, besides: Collection[int] = (), process: str | None = None
    ) -> list[DueSource]:
        """Returns the sources that are due, the longest waiting first. The ids in `besides` are left out, and the
        sources that another process than `process` has leased.

        What `process` has leased itself is named again: a server that crashes may lose the end of a lease.

        Sources that send their articles by themselves (`SourceKind.is_pushed`) are never due.
        """

    async def correct_times(self, now: datetime) -> int:
        """Correct the times of sources after the wall clock was set back. Returns the number of corrected sources.

        If the last visit of a source lies in the future, that visit now counts as made at `now`. The pause between
        the visit and the next one stays the same.
        """

    async def bring_forward(self, due: Mapping[int, datetime]) -> None:
        """Set when sources are due, by source id. A source that is due earlier keeps its time."""

    async def silent(
        self, *, times: float, least: timedelta, gaps: int, listening_since: datetime, now: datetime
    ) -> list[SilentSource]:
        """Returns the sources that were silent for `times` times their usual gap, but at least `times` × `least`.

        Silence counts until the last visit that went well. A hook or a channel is not visited: its silence counts
        from `listening_since` on, when the bot started. So no source is silent because the bot was stopped. Left out
        are private, paused and failing sources, and sources of which fewer than `gaps` gaps are known.
        """

    async def record_visits(self, *visits: Visit) -> None:
        """Record visits that brought no articles. If a power cut undoes this write, the source is visited again."""


class Pictures(Protocol):
    """Pictures of pages, by their addresses: the files that Telegram has, and the pictures that can't be had."""

    async def known(self, bot_id: int, addresses: Sequence[str], *, failed_since: datetime) -> dict[str, str | None]:
        """Returns the id of the file of each known picture, or None for one that failed after `failed_since`.

        A bot can't use the files of another one.
        """

    async def put(self, bot_id: int, files: Mapping[str, str | None], *, now: datetime) -> None:
        """Store the ids of files by address. None stands for a picture that could not be had.

        If a power cut undoes this write, the pictures are fetched again.
        """

    async def forget(self, bot_id: int, addresses: Sequence[str]) -> None:
        """Forget these pictures, since Telegram does not take their files."""

    async def note_fetched(self, source_id: int, *, had: int, failed: int) -> PictureHealth | None:
        """Record how many new pictures of a source could be had, and how many could not.

        Returns FAILING once when ten in a row failed, and WELL once when a picture can be had again after that.
        """

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Forget up to `limit` pictures that were stored before that time. Returns their number."""


class Pages(Protocol):
    """Article pages that still have to be read, for sources whose feeds carry only excerpts."""

    async def due_pages(self, source_id: int, *, now: datetime, limit: int) -> list[WantedPage]:
        """Returns the articles of a source whose pages are due, newest first."""

    async def record_failure(self, article_id: int, *, again_at: datetime | None) -> None:
        """Record that an article page could not be read.

        The page is due again at `again_at`. If that is None, it is not tried again.
        """
