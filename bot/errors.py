"""Errors that the person who runs the bot can mend, beside those of `bot.ingest.errors` and `storage.errors`:

NewsbotError
├── BadSetting       a setting that can't be used
├── AlreadyRunning   another process runs the bot on this database
├── AnotherBot       another bot at Telegram has used this database
├── PortTaken        another program listens on the port that was asked for
└── UnreadableDatabase   the database of another bot can't be read (in `bot.other_bots.database`)

Each text says what is wrong, and what was expected or how to mend it.
"""


class NewsbotError(Exception):
    """The bot can't do what was asked."""


class BadSetting(NewsbotError):
    """A setting that can't be used; a line for each, with its name."""


class AlreadyRunning(NewsbotError):
    """Another process runs the bot on this database."""


class AnotherBot(NewsbotError):
    """Another bot at Telegram has used this database."""

    def __init__(self, known: str, given: str) -> None:
        """`known` is the username of the bot that used the database, and `given` is that of the bot of the token."""
        super().__init__(
            f"the database is that of @{known}, and NEWSBOT_TOKEN is a token of @{given}: set a token of @{known}, or"
            f" set NEWSBOT_DATABASE to another file, or run `newsbot replace-bot` to give the chats to @{given}"
        )


class PortTaken(NewsbotError):
    """Another program listens on the port that was asked for."""
