"""Reads the database of NodeRSSBot, when it is SQLite.

The schema, first made by a file of SQL, and by migrations of Knex from version 2 on:

- `rss_feed`: `feed_id`, `url` (with its percent signs decoded), `feed_title`, and what was learned at visits:
  `recent_hash_list`, later also `error_count`, `next_fetch_time`, `ttl` and others.
- `subscribes`: `subscribe_id`, `feed_id`, `user_id`: Telegram's number of a chat of any kind.
- `users` (not in the oldest databases): `user_id`, `lang`. A chat that never chose a language is not there.

A chat has no other settings.
"""

from typing import Final
from urllib.parse import quote

from bot.other_bots.database import ForeignDatabase, Values, chat_number, feed, known_feed, text
from bot.other_bots.records import ForeignBot, ForeignChat, ForeignSubscription

NAME: Final = "NodeRSSBot"
_IN_ADDRESSES: Final = "%!#$&'()*+,/:;=?@[]~"  # characters that an address has as they are


def read(database: ForeignDatabase) -> ForeignBot:
    """Returns what that bot has: feeds, chats, subscriptions, and a count of settings that are lost here."""
    bot = ForeignBot()

    def read_feed(row: Values) -> None:
        url = row["url"]
        bot.feeds[row["feed_id"]] = feed(
            quote(url, _IN_ADDRESSES) if isinstance(url, str) else url, row["feed_title"]
        )

    def read_user(row: Values) -> None:
        number = chat_number(row["user_id"])
        bot.chats[number] = ForeignChat(chat_id=number, language=text(row["lang"]))

    def read_subscription(row: Values) -> None:
        number, of_feed = chat_number(row["user_id"]), known_feed(row["feed_id"], bot)
        bot.chats.setdefault(number, ForeignChat(chat_id=number))
        bot.subscriptions.setdefault(number, {})[of_feed] = ForeignSubscription()

    database.read(bot, "rss_feed", read_feed, columns=("feed_id", "url", "feed_title"))
    if database.has_table("users"):
        database.read(bot, "users", read_user, columns=("user_id", "lang"))
    database.read(bot, "subscribes", read_subscription, columns=("feed_id", "user_id"))
    return bot
