"""Reads the database of RSS-to-Telegram-Bot 2, when it is SQLite. (Version 1 kept its feeds in a file or in Redis.)

The schema, made by Tortoise ORM, with the migration that added a column in brackets:

- `user`: a chat of any kind. `id`: Telegram's number. `state`: -1 banned, 0 guest, 1 user, 50 channel, 51 group, 100
  administrator of the bot. `lang`. `admin`: an administrator of the group or channel. `sub_limit` [3]. The usual
  settings of its subscriptions: `interval`, `notify`, `send_mode`, `length_limit`, `link_preview`, `display_author`,
  `display_via`, `display_title`, `display_media`, `style` [all 2], `display_entry_tags` [4].
- `feed`: `id`, `state` (0: not read any more), `link`, `title`, and what was learned at visits.
- `sub`: `user_id`, `feed_id`, `state` (0: paused), `title` [1], `tags`, and the settings above. From migration 2 on,
  -100 stands for the setting of the `user`. `interval` is in minutes.
- `option`: settings of the bot, `key` and `value`.
"""

from typing import Any, Final

from bot.other_bots.database import BadRow, ForeignDatabase, Values, chat_number, feed, known_feed, minutes, text
from bot.other_bots.records import ForeignBot, ForeignChat, ForeignSubscription
from storage.records import ChatKind

NAME: Final = "RSS-to-Telegram-Bot"
INHERITED: Final = -100
_KINDS: Final = {50: ChatKind.CHANNEL, 51: ChatKind.GROUP}
_BANNED, _ADMINISTRATOR = -1, 100
# Settings that have no counterpart here, with the value that they have at first.
_LOST: Final = {
    "send_mode": 0, "length_limit": 0, "link_preview": 0, "display_author": 0, "display_via": 0, "display_title": 0,
    "display_media": 0, "display_entry_tags": -1, "style": 0,
}  # fmt: skip


def read(database: ForeignDatabase) -> ForeignBot:
    """Returns what that bot has: feeds, chats, subscriptions, and a count of settings that are lost here."""
    bot = ForeignBot()
    usual: dict[int, Values] = {}  # the settings of each chat for its subscriptions

    def read_feed(row: Values) -> None:
        bot.feeds[row["id"]] = feed(row["link"], row["title"], paused=row["state"] == 0)

    def read_user(row: Values) -> None:
        number = chat_number(row["id"])
        kind = _KINDS.get(row["state"])
        if kind is not None and number > 0:
            raise BadRow(f"a {kind} has the number {number}; expected one below 0")
        bot.chats[number] = ForeignChat(
            chat_id=number,
            kind=kind,
            language=text(row["lang"]),
            added_by=row["admin"] if isinstance(row["admin"], int) and row["admin"] > 0 else None,
            banned=row["state"] == _BANNED,
        )
        usual[number] = row
        if row["state"] == _ADMINISTRATOR:
            bot.lost["administrator (see NEWSBOT_ADMINS)", "chat"] += 1
        if row["sub_limit"] is not None:
            bot.lost["sub_limit", "chat"] += 1
        for name, at_first in _LOST.items():
            if row[name] != at_first:
                bot.lost[name, "chat"] += 1

    def read_sub(row: Values) -> None:
        number = chat_number(row["user_id"])
        if number not in bot.chats:
            raise BadRow(f"there is no user {number} that can be read; expected the id of one")

        def own_or_usual(name: str) -> Any:
            return usual[number][name] if row[name] in (INHERITED, None) else row[name]

        bot.subscriptions.setdefault(number, {})[known_feed(row["feed_id"], bot)] = ForeignSubscription(
            paused=row["state"] == 0,
            silent=own_or_usual("notify") == 0,
            minutes=minutes(own_or_usual("interval"), usual=(None, INHERITED)),
            title=text(row["title"]),
        )
        if text(row["tags"]):
            bot.lost["tags", "subscription"] += 1
        for name, at_first in _LOST.items():
            if row[name] not in (at_first, INHERITED):
                bot.lost[name, "subscription"] += 1

    def read_option(row: Values) -> None:
        bot.lost[text(row["key"]) or "?", "bot"] += 1

    at_first = {"interval": None, "notify": 1, **_LOST}
    database.read(bot, "feed", read_feed, columns=("id", "state", "link", "title"))
    database.read(
        bot, "user", read_user, columns=("id", "state", "lang", "admin"), later={"sub_limit": None, **at_first}
    )
    database.read(
        bot,
        "sub",
        read_sub,
        columns=("user_id", "feed_id", "state", "tags"),
        later={"title": None, **at_first},
    )
    database.read(bot, "option", read_option, columns=("key",))
    return bot
