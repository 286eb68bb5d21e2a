"""The contract of what keeps the bot running: updates from Telegram, settings, imports, and the account."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from storage.records import (
    AddedChats,
    BotAccount,
    ChatSettings,
    ImportProgress,
    InboxStats,
    ReceivedUpdate,
    ReplacedSettings,
    UnknownNames,
    WaitingUpdate,
)


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

    async def prune(self, *, now: datetime) -> None:
        """Delete receipts that are no longer needed, and updates that were set aside long ago."""


class Settings(Protocol):
    """Import and export of the complete settings of chats.

    With the commit of replaced settings, the senders of all processes are told of the chat.
    """

    async def put(self, batch: Iterable[ChatSettings], *, now: datetime) -> int:
        """Replace the settings of these chats, and create the chats that are new. Returns the number of new chats.

        Articles are saved beside those that a chat has saved. A banned chat is paused and stays banned.

        If a chat occurs twice in the batch, its last settings are stored.
        """

    async def replace(self, chat_row: int, settings: ChatSettings, *, now: datetime) -> ReplacedSettings | None:
        """Replace the settings of a chat by those that a person has sent. Returns None if there is no such chat.

        All is changed, or nothing. The chat stays what it is: number, kind, title, state and who added the bot. A
        private source counts only if the chat follows or mutes it already, and a new category is not offered to other
        chats. Articles are saved beside those that the chat has saved. `Choices.undo` restores what was changed.
        """

    async def unknown_names(self, batch: Iterable[ChatSettings]) -> UnknownNames:
        """Counts the articles, stories and sources that these settings name and that the database does not have.

        It is called after `put`, which passes them over. A saved article counts as well if the chat may not see it or
        has no room for it.
        """

    async def add(self, batch: Iterable[ChatSettings], *, now: datetime) -> AddedChats:
        """Create the chats that are new. A chat that is known keeps its settings and gets the follows that it lacks.

        If such a line says that the chat has stopped, the known chat mutes what the line follows. So nothing begins
        that a person has ended. A new chat is banned if its line says so, or if its number was banned before. If a
        chat occurs twice in the batch, its last settings count.
        """

    async def of_chat(self, chat_row: int) -> ChatSettings | None:
        """Returns the settings of one chat, or None if there is no such chat."""

    async def count(self) -> int:
        """Returns the number of chats that `export` yields."""

    def export(self) -> AsyncIterator[ChatSettings]:
        """Yields the settings of all chats, oldest chat first. Each query reads a few hundred chats."""


class Imports(Protocol):
    """The progress of file imports. A stopped import continues from it."""

    async def progress(self, options: str) -> dict[bytes, ImportProgress]:
        """Returns the progress of each file of an unfinished import with these options, by file path."""

    async def forget(self, options: str, files: Iterable[bytes]) -> None:
        """Delete the progress of these files, because their import has ended or begins again."""

    async def forget_older(self, *, before: datetime) -> int:
        """Delete the progress of imports that made none since `before`. Returns the number of their files."""


class BotAccounts(Protocol):
    """The bot at Telegram that uses the database.

    Its chats have written to this bot, and the numbers of its messages and updates are those of this bot.
    """

    async def get(self) -> BotAccount | None:
        """Returns the bot that uses this database, or None if no bot has used it."""

    async def check_writable(self) -> None:
        """Write the record as it is. Raises the errors of the whole database if nothing can be written now."""

    async def remember(self, account: BotAccount) -> BotAccount:
        """Record the bot that uses this database, unless another bot uses it. Returns the recorded bot."""

    async def replace(self, account: BotAccount, *, now: datetime) -> int:
        """Give the database to another bot. Returns the number of chats that were paused.

        All active chats are paused until they write to the new bot. The new bot corrects no message of the former
        bot, and answers no update of it. No bot may run on the database meanwhile. The method works in steps. If it
        is stopped, the former bot is still recorded, and the next call does the rest.
        """
