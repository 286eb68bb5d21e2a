"""What editors and administrators do to articles, sources and people, each with its line in the audit log.

The chat, the command line and the dashboard call these functions, so that an action means the same everywhere. A line
is written only if something was done: in the same transaction, but for settings of sources, categories and the bot.
Decisions on the desk (`storage.desk`) write their lines themselves.
"""

from collections.abc import Sequence
from datetime import datetime

from bot.ingest.story_index import place_article
from storage import Storage
from storage.records import (
    TYPED_REASON,
    Actor,
    Article,
    AuditAction,
    AuditEntry,
    Decision,
    Lane,
    Merged,
    Source,
    SubjectOfAudit,
    WaitingArticle,
)


async def send_breaking(storage: Storage, article: Article, *, by: Actor, now: datetime) -> bool:
    """Send an article as breaking news. Returns False if it was withdrawn or deleted meanwhile."""
    return await storage.articles.push(
        article.id, Lane.BREAKING, now=now, noted=_of_article(AuditAction.BREAKING, article, by)
    )


async def send_again(storage: Storage, article: Article, *, by: Actor, now: datetime) -> bool:
    """Send breaking news again to the chats that have it. Returns False if that was done within the last hour."""
    noted = _of_article(AuditAction.SEND_AGAIN, article, by)
    return await storage.articles.send_again(article.id, now=now, noted=noted)


async def retract(
    storage: Storage, article: Article, *, by: Actor, now: datetime, reason: str = "", is_shown: bool = False
) -> bool:
    """Withdraw an article for good. Returns False if it was withdrawn before.

    `reason` is a RetractReason, or "text:" and a text. The audit log has it, and readers see it if `is_shown`.
    """
    noted = _of_article(AuditAction.RETRACT, article, by, reason.removeprefix(TYPED_REASON))
    return await storage.articles.retract(article.id, now=now, reason=reason if is_shown else "", noted=noted)


async def split(storage: Storage, article: Article, *, by: Actor, now: datetime) -> bool:
    """Take an article out of its story for good. Returns False if its story has no other article."""
    return await storage.stories.split(article.id, now=now, noted=_of_article(AuditAction.SPLIT, article, by))


async def merge(storage: Storage, one: Article, other: Article, *, by: Actor, now: datetime) -> Merged | None:
    """Make one story of the stories of two articles. Returns None if one of them is gone."""
    noted = _of_article(AuditAction.MERGE, one, by, f"{other.id} {other.text.title}")
    return await storage.stories.merge(one.id, other.id, now=now, decide=place_article, noted=noted)


async def ban(storage: Storage, number: int, *, by: Actor, now: datetime) -> bool:
    """Ban a person or a chat by Telegram's number. Returns False if the number is banned already."""
    noted = _of_person(AuditAction.BAN, number, by)
    return await storage.bans.add(number, by=by.user_id or 0, now=now, noted=noted)


async def unban(storage: Storage, number: int, *, by: Actor, now: datetime) -> bool:
    """End a ban. Returns False if the number is not banned."""
    return await storage.bans.remove(number, now=now, noted=_of_person(AuditAction.UNBAN, number, by))


async def approve(
    storage: Storage, desk_id: int, *, by: Actor, now: datetime, lane: Lane | None = None, revision: int | None = None
) -> Decision:
    """Publish an article of the desk, in that lane if one is given. See `contract.Desk.approve`."""
    return await storage.desk.approve(desk_id, revision=revision, lane=lane, by=by, now=now, decide=place_article)


async def release_due(storage: Storage, *, now: datetime, limit: int) -> list[WaitingArticle]:
    """Publish the articles of the desk whose time has come. Returns them."""
    return await storage.desk.release_due(now=now, limit=limit, decide=place_article)


async def note_source(
    storage: Storage, action: AuditAction, source: Source, *, by: Actor, now: datetime, detail: str = ""
) -> None:
    """Note what was done to a source. What a chat does to its private sources is nobody's business, and not noted."""
    if not source.private:
        entry = AuditEntry(
            action=action,
            actor=by,
            subject=SubjectOfAudit.SOURCE,
            subject_id=source.id,
            name=source.shown_name,
            detail=detail,
        )
        await storage.audit.add(entry, now=now)


async def note_source_list(storage: Storage, name: str, detail: str, *, by: Actor, now: datetime) -> None:
    """Note that a list of sources was taken in: the name of its file, and what came of it."""
    entry = AuditEntry(
        action=AuditAction.SOURCE_ADD, actor=by, subject=SubjectOfAudit.SOURCE, name=name, detail=detail
    )
    await storage.audit.add(entry, now=now)


async def note_category(
    storage: Storage, action: AuditAction, name: str, *, by: Actor, now: datetime, detail: str = ""
) -> None:
    """Note what was done to a category."""
    entry = AuditEntry(action=action, actor=by, subject=SubjectOfAudit.CATEGORY, name=name, detail=detail)
    await storage.audit.add(entry, now=now)


async def retry_dead(storage: Storage, ids: Sequence[int], *, by: Actor, now: datetime) -> Sequence[int]:
    """Queue deliveries again that were given up. Returns the ids of those that were dead."""
    revived = await storage.dead_letters.retry(ids, now=now)
    if revived:
        entry = AuditEntry(action=AuditAction.RETRY, actor=by, subject=SubjectOfAudit.BOT, detail=str(len(revived)))
        await storage.audit.add(entry, now=now)
    return revived


async def note_setting(storage: Storage, name: str, value: str, *, by: Actor, now: datetime) -> None:
    """Note that a setting of the bot was changed."""
    entry = AuditEntry(action=AuditAction.SETTINGS, actor=by, subject=SubjectOfAudit.BOT, name=name, detail=value)
    await storage.audit.add(entry, now=now)


def _of_article(action: AuditAction, article: Article, by: Actor, detail: str = "") -> AuditEntry:
    return AuditEntry(
        action=action,
        actor=by,
        subject=SubjectOfAudit.ARTICLE,
        subject_id=article.id,
        name=article.text.title,
        detail=detail,
    )


def _of_person(action: AuditAction, number: int, by: Actor) -> AuditEntry:
    return AuditEntry(action=action, actor=by, subject=SubjectOfAudit.PERSON, subject_id=number)
