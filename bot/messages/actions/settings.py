"""Actions of the settings: how, when and in which languages the news comes, and what is kept of the chat."""

from dataclasses import dataclass
from typing import ClassVar

from bot.messages.actions.choosing import ShowFollow


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen of the settings."""

    code: ClassVar[str] = "s"
    name: str
    target: int = 0  # `Chat.id` of the chat whose settings change; 0: this chat
    page: int = 0


@dataclass(frozen=True, slots=True)
class Undo:
    """Restore what a step changed. `back` is shown then; None: a confirmation is."""

    code: ClassVar[str] = "U"
    step: int
    target: int = 0
    back: Screen | ShowFollow | None = None


@dataclass(frozen=True, slots=True)
class SetLeastSources:
    """Send only what so many sources report."""

    code: ClassVar[str] = "ls"
    least: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetLanguage:
    code: ClassVar[str] = "g"
    language: str
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetTimezone:
    code: ClassVar[str] = "z"
    timezone: str
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetSilent:
    code: ClassVar[str] = "q"
    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetPreview:
    """Where pictures are shown, and how large. `preview` is the value of a `Preview`."""

    code: ClassVar[str] = "pv"
    preview: str
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetOpensAs:
    """How an opened article is shown. `shape` is the value of an `OpensAs`."""

    code: ClassVar[str] = "oa"
    shape: str
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetRhythm:
    """Alerts or a digest. `rhythm` is the value of a `Rhythm`."""

    code: ClassVar[str] = "r"
    rhythm: str
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetDigestHour:
    code: ClassVar[str] = "h"
    hour: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetDigestWeekday:
    code: ClassVar[str] = "y"
    weekday: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetQuiet:
    """Quiet hours from `begin` until `end`. No quiet hours if both are equal."""

    code: ClassVar[str] = "n"
    begin: int
    end: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetBreaking:
    """Whether breaking news ignores quiet hours and digests."""

    code: ClassVar[str] = "k"
    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetReads:
    """Whether the chat reads a language. "" stands for all languages."""

    code: ClassVar[str] = "p"
    language: str
    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetGrouped:
    """Whether lists and digests show each story once."""

    code: ClassVar[str] = "u"
    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetWithSaved:
    """Whether the weekly digest names the articles that were saved."""

    code: ClassVar[str] = "D"
    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetPrivateAnswers:
    """Whether only the person who asks in a group sees the answer."""

    code: ClassVar[str] = "pa"
    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetSnooze:
    """No alerts for so many hours, or until the morning after so many nights. Neither: a snooze ends."""

    code: ClassVar[str] = "zs"
    hours: int = 0
    mornings: int = 0
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetMostADay:
    """The largest number of alerts in a day. 0: no limit."""

    code: ClassVar[str] = "Y"
    most: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class Forget:
    """Delete all that is kept of this chat."""

    code: ClassVar[str] = "F"


@dataclass(frozen=True, slots=True)
class KeepData:
    """Delete nothing after all."""

    code: ClassVar[str] = "P"


@dataclass(frozen=True, slots=True)
class Export:
    """Send the sources and the settings of a chat as files."""

    code: ClassVar[str] = "ex"
    target: int  # `Chat.id`


@dataclass(frozen=True, slots=True)
class ReplaceSettings:
    """Replace the settings of a chat by those of the file that the message quotes."""

    code: ClassVar[str] = "rs"
    target: int = 0


@dataclass(frozen=True, slots=True)
class KeepSettings:
    """Replace no settings after all."""

    code: ClassVar[str] = "ks"


@dataclass(frozen=True, slots=True)
class SetKeyboard:
    """Show or hide the keyboard below the text field."""

    code: ClassVar[str] = "B"
    on: int


SettingAction = (
    Screen
    | Undo
    | SetLeastSources
    | SetLanguage
    | SetTimezone
    | SetSilent
    | SetPreview
    | SetOpensAs
    | SetRhythm
    | SetDigestHour
    | SetDigestWeekday
    | SetQuiet
    | SetBreaking
    | SetReads
    | SetGrouped
    | SetWithSaved
    | SetPrivateAnswers
    | SetSnooze
    | SetMostADay
    | Forget
    | KeepData
    | Export
    | ReplaceSettings
    | KeepSettings
    | SetKeyboard
)
