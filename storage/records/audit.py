"""The audit log: who did what to articles, sources and people, when, and from where."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Origin(StrEnum):
    """The door through which an action came."""

    CHAT = "chat"
    COMMAND_LINE = "command line"
    DASHBOARD = "dashboard"
    HOOK = "hook"
    BOT = "bot"  # nobody: a time that had come, or a publisher


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts. Messages and lists show the name."""

    origin: Origin
    name: str = ""  # of the person, of the user account, or of the hook; "" if it is not known
    user_id: int | None = None  # Telegram's number of the person


class AuditAction(StrEnum):
    """What was done."""

    APPROVE = "approve"
    HOLD = "hold"
    KILL = "kill"
    RESTORE = "restore"  # a killed article waits again
    PUBLISH = "publish"  # an article that was held went out, because its time had come
    BREAKING = "breaking"
    SEND_AGAIN = "send again"
    RETRACT = "retract"
    SPLIT = "split"
    MERGE = "merge"
    BAN = "ban"
    UNBAN = "unban"
    SOURCE_ADD = "source add"
    SOURCE_EDIT = "source edit"
    SOURCE_REMOVE = "source remove"
    SOURCE_PAUSE = "source pause"
    SOURCE_RESUME = "source resume"
    SOURCE_TEASER = "source teaser"
    SOURCE_DESK = "source desk"
    CATEGORY_ALIAS = "category alias"
    CATEGORY_UNALIAS = "category unalias"
    CATEGORY_BREAKING = "category breaking"
    CATEGORY_DESK = "category desk"
    SETTINGS = "settings"
    RETRY = "retry"  # messages that were given up are sent again


class SubjectOfAudit(StrEnum):
    """What kind of thing an action was done to."""

    ARTICLE = "article"
    WAITING = "waiting article"  # on the desk
    SOURCE = "source"
    CATEGORY = "category"
    PERSON = "person"  # or a chat: by its number only
    BOT = "bot"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the audit log. It holds no text that a reader wrote."""

    action: AuditAction
    actor: Actor
    subject: SubjectOfAudit
    subject_id: int | None = None
    name: str = ""  # the title of the article, or the address of the source, as it was then
    detail: str = ""  # what was set: a time, "on", "off", a reason
    at: datetime | None = None  # None: not stored yet
    id: int = 0  # 0: not stored yet
