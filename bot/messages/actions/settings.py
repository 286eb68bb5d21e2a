"""Actions of the settings: how, when and in which languages the news comes, and what is kept of the chat."""

from dataclasses import dataclass

from bot.messages.actions.choosing import ShowFollow


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen of the settings."""

    name: str
    target: int = 0  # `Chat.id` of the chat whose settings change; 0: this chat
    page: int = 0


@dataclass(frozen=True, slots=True)
class Undo:
    """Restore what a step changed. `back` is shown then; None: a confirmation is."""

    step: int
    target: int = 0
    back: Screen | ShowFollow | None = None


@dataclass(frozen=True, slots=True)
class SetLeastSources:
    """Send only what so many sources report."""

    least: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetLanguage:
    language: str
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetTimezone:
    timezone: str
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetSilent:
    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetRhythm:
    """Alerts or a digest. `rhythm` is the value of a `Rhythm`."""

    rhythm: str
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetDigestHour:
    hour: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetDigestWeekday:
    weekday: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetQuiet:
    """Quiet hours from `begin` until `end`. No quiet hours if both are equal."""

    begin: int
    end: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetBreaking:
    """Whether breaking news ignores quiet hours and digests."""

    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetReads:
    """Whether the chat reads a language. "" stands for all languages."""

    language: str
    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetGrouped:
    """Whether lists and digests show each story once."""

    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetWithSaved:
    """Whether the weekly digest names the articles that were saved."""

    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetSnooze:
    """No alerts for so many hours, or until the morning after so many nights. Neither: a snooze ends."""

    hours: int = 0
    mornings: int = 0
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetMostADay:
    """The largest number of alerts in a day. 0: no limit."""

    most: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class Forget:
    """Delete all that is kept of this chat."""


@dataclass(frozen=True, slots=True)
class KeepData:
    """Delete nothing after all."""


@dataclass(frozen=True, slots=True)
class Export:
    """Send the sources and the settings of a chat as files."""

    target: int  # `Chat.id`


@dataclass(frozen=True, slots=True)
class ReplaceSettings:
    """Replace the settings of a chat by those of the file that the message quotes."""

    target: int = 0


@dataclass(frozen=True, slots=True)
class KeepSettings:
    """Replace no settings after all."""


@dataclass(frozen=True, slots=True)
class SetKeyboard:
    """Show or hide the keyboard below the text field."""

    on: int
