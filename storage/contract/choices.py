"""The contract of what chats chose: follows and mutes, saved articles, steps to undo, and personal data."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from storage.records import (
    EVERYTHING_READ,
    Chosen,
    Explanation,
    Follow,
    Headline,
    ListedSource,
    ListOutcome,
    Place,
    Reading,
    SaveResult,
    Subject,
    SubjectName,
    WordsQuery,
)


class Follows(Protocol):
    """The subjects that chats follow or mute: categories, sources, authors, words and stories.

    A chat wants an article if it has subscribed to everything or follows one of the subjects of the article, and if
    it mutes none of them. A follow or mute whose `until` has passed counts as none.

    With the commit of new choices of a chat, the senders of all processes are told of the chat.
    """

    async def ensure_subject(
        self, subject: SubjectName, *, phrase_form: Callable[[str], str] | None = None
    ) -> Subject:
        """Returns the subject. If it is new, it is stored.

        If the subject is words, the articles of the last 30 days that have them are found as well, up to the newest
        2,000. `phrase_form` makes of a text what exact phrases are looked for in. Without it, phrases are compared by
        their stems.

        Raises NotFound if the category, source or story that it names does not exist.
        """

    async def words_to_file(self) -> list[Subject]:
        """Returns the next subjects of words whose stems are of an older version of the word rules."""

    async def file_again(self, queries: Mapping[int, WordsQuery]) -> None:
        """Keep subjects of words under the stems of these queries, by the ids of the subjects.

        Articles that were found with their old stems stay found.
        """

    async def find(self, subject: SubjectName) -> Subject | None:
        """Returns the subject if it is stored, or None."""

    async def authors_beginning(self, start: str, *, limit: int) -> list[Subject]:
        """Returns the first authors by their normalized names that begin so."""

    async def get(self, subject_id: int) -> Subject | None:
        """Returns the subject with that id, or None."""

    async def follow(
        self,
        chat_row: int,
        subject_id: int,
        *,
        least_sources: int = 1,
        until: datetime | None = None,
        most_private: int | None = None,
        now: datetime,
    ) -> bool:
        """Let the chat follow a subject, instead of muting it. An earlier follow of the subject is replaced.

        Returns False, and changes nothing, if the subject is a private source and the chat follows or mutes
        `most_private` other private sources already.

        Only articles of stories with at least that many sources are owed. The article that brings the last of these
        sources is the first one that is owed. A follow of a story ends seven days after the last article of the
        story, whatever `until` says. A chat that has stopped stays stopped.
        """

    async def follow_listed(
        self,
        chat_row: int,
        listed: Sequence[ListedSource],
        *,
        most_private: int | None = None,
        most_follows: int,
        now: datetime,
    ) -> list[ListOutcome]:
        """Let the chat follow the sources of a list. Returns the outcome of each.

        A source that is not known is added as a private one of the chat. Its folder is its category until another
        chat adds it, as `Sources.add_private` says. No source beyond `most_private` private ones
        is followed or added, and none beyond `most_follows` follows and mutes of any kind. A chat may also leave
        `most_private` sources that it added; as long as it has left more, it adds fewer.
        """

    async def mute(self, chat_row: int, subject_id: int, *, until: datetime | None = None, now: datetime) -> None:
        """Let the chat mute a subject, instead of following it. An earlier mute of the subject is replaced.

        A private source that the chat has not followed is not muted, because a chat can't know of it.
        """

    async def unfollow(self, chat_row: int, subject_id: int, *, now: datetime) -> None:
        """End the follow or the mute of a subject."""

    async def of_chat(self, chat_row: int, *, now: datetime) -> list[Follow]:
        """Returns what the chat follows, and then what it mutes, the newest choice first."""

    async def subjects_of(self, article_id: int) -> list[Subject]:
        """Returns the subjects of an article: its categories, source, authors, story and words, in that order.

        A subject that nobody has followed yet has the id 0. `ensure_subject` stores it.
        """

    async def page(
        self,
        chat_row: int,
        *,
        limit: int,
        older_than: Place | None = None,
        newer_than: Place | None = None,
        reading: Reading = EVERYTHING_READ,
        now: datetime,
    ) -> list[Headline]:
        """Returns a page of the headlines that a chat gets by its follows: the first page, or one beside a place.

        The newest comes first. What the chat mutes is left out. If `reading` shows stories once, each appears as its
        newest article in the list. A page looks at up to 1,000 articles, and at no fewer than 30 of each followed
        subject. The list ends after these.
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


class Choices(Protocol):
    """What chats want, and how a step that changed it is undone.

    With the commit of restored choices, the senders of all processes are told of the chat.
    """

    async def of_chat(self, chat_row: int) -> Chosen:
        """Returns all that a chat follows and mutes. The result is empty if there is no such chat."""

    async def remember_step(self, chat_row: int, before: Chosen, *, now: datetime) -> int | None:
        """Returns a number that undoes what was changed since `before`. Returns None if nothing was changed.

        The latest 20 steps of a chat are kept.
        """

    async def undo(self, chat_row: int, step: int, *, most_private: int | None = None, now: datetime) -> bool:
        """Restore what a step changed, and nothing else. Returns False if the chat has no such step any more.

        Returns False as well, and changes nothing, if the chat would follow or mute a private source again and then
        more than `most_private` of them.

        A follow that is restored has its old date, so that the chat is owed the articles that are still on their way.
        """


class PersonalData(Protocol):
    """Everything that is kept of a chat. `chat_id` stands for the chat with all of its topics.

    With the commit, the senders of all processes are told of each chat that is forgotten.
    """

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
