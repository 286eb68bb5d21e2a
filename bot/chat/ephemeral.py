"""Ephemeral answers: messages in a group that only the person who asked sees (Bot API 10.3).

Telegram takes them from a bot that is an administrator of the group, and from any bot for some seconds after a button
was pressed. A server that does not know them shows the message to everybody.
"""

import json
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from telegram.error import TelegramError

CHATS_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Receiver:
    """The person whom an answer is for."""

    person: int  # Telegram's number
    query: str | None = None  # id of the callback query, if the person pressed a button

    def forms(self, *, admin: bool) -> Iterator[str]:
        """Yields the values of `ephemeral_message_parameters` to try. `admin`: the bot may be an administrator."""
        if self.query is not None:
            yield json.dumps({"receiver_user_id": self.person, "callback_query_id": self.query})
        if admin:
            yield json.dumps({"receiver_user_id": self.person})


class EphemeralSupport:
    """Remembers where Telegram takes no ephemeral messages, for as long as the process runs."""

    def __init__(self) -> None:
        self.is_known = True  # by the server
        self._not_admin: OrderedDict[int, None] = OrderedDict()  # chats in which the bot is no administrator

    def may_be_admin(self, chat_id: int) -> bool:
        return chat_id not in self._not_admin

    def note_refusal(self, chat_id: int, error: TelegramError) -> None:
        """Remember a refusal that says that the bot is no administrator of the chat."""
        if "admin" not in error.message.lower():
            return
        self._not_admin[chat_id] = None
        if len(self._not_admin) > CHATS_KEPT:
            self._not_admin.popitem(last=False)

    def membership_changed(self, chat_id: int) -> None:
        """Try again in this chat, since the bot may have become an administrator."""
        self._not_admin.pop(chat_id, None)
