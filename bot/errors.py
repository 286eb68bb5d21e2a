"""Errors that the person who runs the bot can mend, beside those of `bot.ingest.errors` and `storage.errors`:

NewsbotError
├── BadSetting       a setting that can't be used
├── AlreadyRunning   another process runs the bot on this database
└── PortTaken        another program listens on the port that was asked for

Each text says what is wrong, and what was expected or how to mend it.
"""


class NewsbotError(Exception):
    """The bot can't do what was asked."""


class BadSetting(NewsbotError):
    """A setting that can't be used; a line for each, with its name."""


class AlreadyRunning(NewsbotError):
    """Another process runs the bot on this database."""


class PortTaken(NewsbotError):
    """Another program listens on the port that was asked for."""
