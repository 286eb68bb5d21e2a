"""The contract of chats, and of who may not use the bot."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from storage.records import (
    EVERYTHING_READ,
    AuditEntry,
    Ban,
    Chat,
    ChatKind,
    ChatState,
    OpensAs,
    Preview,
    Reading,
    Subscription,
    Timetable,
    TopicTask,
)


class Chats(Protocol):
    """The chats of the bot, with their settings and subscriptions.

    With the commit of new choices of a chat, the senders of all processes are told of the chat.
    """

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

    async def set_opens_as(self, chat_row: int, shape: OpensAs, *, now: datetime) -> None:
        """Set whether an opened article is shown as text or as a page."""

    async def set_preview(self, chat_row: int, preview: Preview, *, now: datetime) -> None:
        """Set where alerts and opened articles show their picture, and how large."""

    async def set_keyboard_hidden(self, chat_row: int, hidden: bool, *, now: datetime) -> None:
        """Remember whether a reader has hidden the keyboard below the text field."""

    async def set_private_answers(self, chat_id: int, private: bool, *, now: datetime) -> None:
        """Set whether only the person who asked sees what commands show in this group.

        `chat_id` is Telegram's number: the choice holds for all topics of the group, and for those to come.
        """

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
        """Unsubscribe the chat from this category. If the chat has all categories, the category is muted.

        If the group has a topic for the category, the topic no longer gets it.
        """

    async def unsubscribe_from_everything(self, chat_row: int, *, now: datetime) -> None:
        """Stop all alerts and digests of the chat, and delete those that are queued.

        What the chat has chosen stays. It counts again after `resume_subscription`, or after one of the methods that
        subscribe. If a chat has stopped all news, `subscribe` gives it that category alone. The category topics of a
        group stop and begin again with its general topic.
        """

    async def resume_subscription(self, chat_row: int, now: datetime) -> None:
        """Start again what the chat had chosen before `unsubscribe_from_everything`.

        The chat is owed the articles that are stored from then on. If it had not stopped, nothing changes.
        """

    async def resume(self, chat_id: int, *, now: datetime) -> bool:
        """Start to deliver again to a chat that had left. Returns False if it had not left.

        The chat gets articles from now on, and the corrections of its older messages. What it missed is listed: in
        one catch-up message if it gets alerts, and in its next digest otherwise.
        """

    async def pause(self, chat_id: int, *, state: ChatState, reason: str, now: datetime) -> None:
        """Stop delivering to a chat that the bot can't write to. Its settings stay, and its queue is deleted."""

    async def migrate(self, old: int, new: int, *, now: datetime) -> None:
        """Give a chat the new Telegram number of its group. Its deliveries get the new number as well.

        If a chat with the new number is stored already, the two chats are merged. The settings that were chosen later
        stay.
        """


class ShownLists(Protocol):
    """The last lists that chats and people were shown, for commands such as /summary 3; the searches of buttons."""

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

    async def search_words(self, number: int, *, chat_row: int) -> str | None:
        """Returns the words of the chat's search with that number, or None."""

    async def prune_searches(self, *, before: datetime) -> int:
        """Forget the searches that were last used before that time. Returns their number."""

    async def save_for_one(
        self, chat_row: int, person: int, articles: Sequence[int], *, first: int, now: datetime
    ) -> None:
        """Remember a list that only one person in a group was shown, from position `first` on.

        `person` is Telegram's number. The last 300 positions are kept. A power cut may lose the last list.
        """

    async def last_for_one(self, chat_row: int, person: int) -> dict[int, int] | None:
        """Returns the article ids of the person's last list by position.

        Returns None if there is no such list, or if the whole group was shown another list since.
        """

    async def prune_for_one(self, *, before: datetime) -> int:
        """Forget the lists of one person that were shown before that time. Returns their number."""


class CategoryTopics(Protocol):
    """The topics that the bot makes in forums, one for each category that the group follows.

    A forum is a group in which this is turned on. If its general topic follows a category until further notice, a
    topic for the category is due. An open topic follows the category instead of the general one. The methods change
    only what is stored: the caller tells Telegram, and then tells storage what became of it.

    With the commit of new follows of a chat, the senders of all processes are told of the chat.
    """

    async def is_on(self, chat_row: int) -> bool:
        """Returns whether a group has a topic for each category that it follows."""

    async def turn_on(self, chat_row: int) -> None:
        """Let a group have a topic for each category that it follows. `chat_row` is its general topic."""

    async def turn_off(self, chat_row: int) -> None:
        """Give the general topic back what the topics of categories follow. The topics are due to be closed then."""

    async def due(self, *, chat_id: int | None = None, now: datetime) -> list[TopicTask]:
        """Returns what is to be done in the forum with this number, or in all forums, one forum after another.

        Groups that the bot can't write to are left out. An attempt to make a topic that got no answer is due again
        after 10 minutes, up to 3 times. After that, it is due when the category is followed anew.
        """

    async def begin(self, task: TopicTask, *, now: datetime) -> int | None:
        """Record an attempt to make a topic, before Telegram is asked.

        Returns the row id of the topic, or None if another attempt has begun within 10 minutes.
        """

    async def opened(self, topic: int, *, topic_id: int, name: str | None = None, now: datetime) -> None:
        """Record that a topic is open. It follows its category now, and the general topic does not any more.

        A new topic gets the settings and mutes of the general one. The alerts that are queued for the general topic
        and belong to the category go to the topic. `name` is the name of the category, if the topic was given that
        name now.
        """

    async def closed(self, topic: int) -> None:
        """Record that a topic is closed."""

    async def renamed(self, topic: int, name: str) -> None:
        """Record that a topic has the name of its category, which is `name`."""

    async def missing(self, topic: int, *, now: datetime | None = None) -> None:
        """Record that there is no such topic, and end its follow. It is due when the category is followed anew.

        If Telegram refused to make the topic, `now` is the time, and the next attempt is due after 10 minutes.
        """

    async def forget(self, topic: int) -> None:
        """Delete what is stored of a topic. The chat of the topic stays."""

    async def set_refused(self, chat_row: int, refused: bool, *, now: datetime) -> bool:
        """Record whether the bot may not manage the topics of a forum. Returns whether that is new."""


class Bans(Protocol):
    """People and chats that the bot does not answer and sends nothing."""

    async def add(self, number: int, *, by: int, now: datetime, noted: AuditEntry | None = None) -> bool:
        """Ban a person or a chat, and pause the chat with that number. Returns False if it was banned before.

        `number` is Telegram's number of the person or the chat, and `by` is that of the administrator. `noted` is
        written to the audit log in the same transaction, here and in `remove`.
        """

    async def remove(self, number: int, *, now: datetime, noted: AuditEntry | None = None) -> bool:
        """End a ban. A chat that the ban had paused returns. Returns False if there was no such ban."""

    async def among(self, numbers: Collection[int]) -> set[int]:
        """Returns those of these numbers that are banned."""

    async def latest(self, *, limit: int) -> list[Ban]:
        """Returns the latest bans, latest first."""
