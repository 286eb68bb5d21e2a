"""The page of the audit log: who did what, when and from where."""

from typing import Final

from aiohttp import web

from bot.web.dashboard.view import PageRoute, View
from storage.records import AuditAction, AuditEntry, Origin, SubjectOfAudit

SHOWN: Final = 100  # lines on a page


async def show(view: View) -> web.Response:
    found = await view.storage.audit.page(limit=SHOWN + 1, before=view.asked_number("before"))
    shown = found[:SHOWN]
    return view.show(
        "audit.html",
        rows=[
            (one, action_text(view, one.action), origin_text(view, one.actor.origin), _link(view, one))
            for one in shown
        ],
        next_page=view.path("audit", before=shown[-1].id) if len(found) > SHOWN else None,
        is_first=not view.asked("before"),
    )


def _link(view: View, entry: AuditEntry) -> str | None:
    """Returns the path of what an action was done to, if it has a page."""
    pages = {SubjectOfAudit.ARTICLE: "articles", SubjectOfAudit.SOURCE: "sources"}
    page = pages.get(entry.subject)
    return view.path(page, entry.subject_id) if page and entry.subject_id else None


def origin_text(view: View, origin: Origin) -> str:
    texts = {
        Origin.CHAT: view.voice.say("chat"),
        Origin.COMMAND_LINE: view.voice.say("command line"),
        Origin.DASHBOARD: view.voice.say("dashboard"),
        Origin.HOOK: view.voice.say("hook"),
        Origin.BOT: view.voice.say("the bot itself"),
    }
    return texts.get(origin, origin.value)


def action_text(view: View, action: AuditAction) -> str:
    voice = view.voice
    texts = {
        AuditAction.APPROVE: voice.say("approved"),
        AuditAction.HOLD: voice.say("held until a time"),
        AuditAction.KILL: voice.say("killed"),
        AuditAction.RESTORE: voice.say("put back on the desk"),
        AuditAction.PUBLISH: voice.say("published at its time"),
        AuditAction.BREAKING: voice.say("sent as breaking news"),
        AuditAction.SEND_AGAIN: voice.say("sent again"),
        AuditAction.RETRACT: voice.say("withdrawn"),
        AuditAction.SPLIT: voice.say("separated from its story"),
        AuditAction.MERGE: voice.say("grouped with another"),
        AuditAction.BAN: voice.say("banned"),
        AuditAction.UNBAN: voice.say("ban ended"),
        AuditAction.SOURCE_ADD: voice.say("source added"),
        AuditAction.SOURCE_EDIT: voice.say("source changed"),
        AuditAction.SOURCE_REMOVE: voice.say("source removed"),
        AuditAction.SOURCE_PAUSE: voice.say("source paused"),
        AuditAction.SOURCE_RESUME: voice.say("source resumed"),
        AuditAction.SOURCE_TEASER: voice.say("teaser only"),
        AuditAction.SOURCE_DESK: voice.say("approval of a source"),
        AuditAction.CATEGORY_ALIAS: voice.say("category named"),
        AuditAction.CATEGORY_UNALIAS: voice.say("name of a category removed"),
        AuditAction.CATEGORY_BREAKING: voice.say("breaking category"),
        AuditAction.CATEGORY_DESK: voice.say("approval of a category"),
        AuditAction.SETTINGS: voice.say("setting changed"),
        AuditAction.RETRY: voice.say("dead letters tried again"),
    }
    return texts.get(action, action.value)


PAGES: Final = (PageRoute(name="audit", path="audit", run=show),)
