"""Reads the database of flowerss-bot, when it is SQLite.

The schema, made by GORM, which adds the columns of newer versions to the tables of older ones:

- `sources`: `id`, `link`, `title`, `error_count`: with 100 or more (a setting of that bot) a feed is not
  read any more.
- `subscribes`: `user_id`: Telegram's number of a chat of any kind; `source_id`; `enable_notification` and
  `enable_telegraph`: 0 or 1; `tag`; `interval` in minutes and `wait_time` (both not in older databases; 0: not set).
- `users`: `id`, and `state` in the oldest databases. A channel is not among them.
- `options`: settings of the bot, `name` and `value` (gone in newer versions).
- `contents`: the articles that were sent. They are left out.
"""

from typing import Final

from bot.other_bots.database import ForeignDatabase, Values, chat_number, feed, known_feed, minutes, text
from bot.other_bots.records import ForeignBot, ForeignChat, ForeignSubscription

NAME: Final = "flowerss-bot"
ERRORS_OF_A_PAUSED_FEED: Final = 100


def read(database: ForeignDatabase) -> ForeignBot:
    """Returns what that bot has: feeds, chats, subscriptions, and a count of settings that are lost here."""
    bot = ForeignBot()

    def read_source(row: Values) -> None:
        errors = row["error_count"]
        paused = isinstance(errors, int) and errors >= ERRORS_OF_A_PAUSED_FEED
        bot.feeds[row["id"]] = feed(row["link"], row["title"], paused=paused)

    def read_user(row: Values) -> None:
        number = chat_number(row["id"])
        bot.chats[number] = ForeignChat(chat_id=number)

    def read_subscription(row: Values) -> None:
        number, of_feed = chat_number(row["user_id"]), known_feed(row["source_id"], bot)
        subscription = ForeignSubscription(
            silent=row["enable_notification"] == 0, minutes=minutes(row["interval"], usual=(None, 0))
        )
        bot.chats.setdefault(number, ForeignChat(chat_id=number))
        bot.subscriptions.setdefault(number, {})[of_feed] = subscription
        if text(row["tag"]):
            bot.lost["tag", "subscription"] += 1
        if row["enable_telegraph"]:
            bot.lost["enable_telegraph", "subscription"] += 1

    def read_option(row: Values) -> None:
        bot.lost[text(row["name"]) or "?", "bot"] += 1

    database.read(bot, "sources", read_source, columns=("id", "link", "title", "error_count"))
    if database.has_table("users"):
        database.read(bot, "users", read_user, columns=("id",))
    database.read(
        bot,
        "subscribes",
        read_subscription,
        columns=("user_id", "source_id", "enable_notification", "enable_telegraph", "tag"),
        later={"interval": None},
    )
    if database.has_table("options"):
        database.read(bot, "options", read_option, columns=("name",))
    return bot
