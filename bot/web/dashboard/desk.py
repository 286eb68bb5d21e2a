"""The page of the desk: what waits for an editor or for its time, exactly as it will look, and the decisions."""

from datetime import UTC, datetime
from typing import Final

from aiohttp import web
from markupsafe import Markup

from bot import editing
from bot.messages.desk import article_of, preview
from bot.web.dashboard.notes import Note
from bot.web.dashboard.view import PageRoute, View
from storage.records import Decided, Decision, DeskState, Lane, WaitingArticle

SHOWN: Final = 20  # articles on a page
MOST_COUNTED: Final = 1_000
LOCAL_TIME: Final = "%Y-%m-%dT%H:%M"  # of a field of the kind "datetime-local"


async def show(view: View) -> web.Response:
    found = await view.storage.desk.page(limit=SHOWN + 1, after=view.asked_number("after") or 0)
    shown = found[:SHOWN]
    return view.show(
        "desk.html",
        rows=[
            (
                one,
                Markup(preview(article_of(one), view.voice, now=view.now).html),
                await view.parts.cards.forecast(one),
            )
            for one in shown
        ],
        count=await view.storage.desk.count(most=MOST_COUNTED),
        most=MOST_COUNTED,
        next_page=view.path("desk", after=shown[-1].id) if len(found) > SHOWN else None,
        is_first=not view.asked("after"),
        local_now=view.now.astimezone(view.voice.timezone).strftime(LOCAL_TIME),
        zone=view.voice.city(view.login.timezone),
        breaking=Lane.BREAKING,
        killed=await _killed(view),
    )


async def _killed(view: View) -> WaitingArticle | None:
    """Returns the article that the last form killed, so that the decision can be taken back."""
    number = view.asked_number("killed")
    article = await view.storage.desk.get(number) if number is not None else None
    return article if article is not None and article.state is DeskState.KILLED else None


async def approve(view: View) -> web.Response:
    """Publish an article: as breaking news, or as an alert though it would only be listed, if the form says so."""
    desk_id, revision = view.number("id"), await view.form_number("revision")
    form = await view.form()
    lane = Lane.BREAKING if "breaking" in form else Lane.ALERT if "send" in form else None
    decision = await editing.approve(view.storage, desk_id, by=view.actor, now=view.now, lane=lane, revision=revision)
    return _decided(view, decision)


async def hold(view: View) -> web.Response:
    """Let an article go out at a time of the viewer's zone."""
    desk_id, revision = view.number("id"), await view.form_number("revision")
    try:
        typed = datetime.fromisoformat((await view.form()).get("until", ""))
        until = typed.replace(tzinfo=view.voice.timezone).astimezone(UTC)
    except (ValueError, OverflowError):  # the second: the first or the last day of the calendar
        return view.go(Note.NO_TIME, "desk")
    if until <= view.now:
        return view.go(Note.NO_TIME, "desk")
    return _decided(
        view, await view.storage.desk.hold(desk_id, revision=revision, until=until, by=view.actor, now=view.now)
    )


async def kill(view: View) -> web.Response:
    desk_id, revision = view.number("id"), await view.form_number("revision")
    decision = await view.storage.desk.kill(desk_id, revision=revision, by=view.actor, now=view.now)
    return _decided(view, decision, killed=desk_id if decision.decided is Decided.DONE else None)


async def restore(view: View) -> web.Response:
    """Let an article that has a time, or that was killed, wait for an editor again."""
    desk_id, revision = view.number("id"), await view.form_number("revision")
    return _decided(view, await view.storage.desk.restore(desk_id, revision=revision, by=view.actor, now=view.now))


def _decided(view: View, decision: Decision, **query: object) -> web.Response:
    view.parts.wake()
    notes = {
        Decided.DONE: Note.DECIDED,
        Decided.SCHEDULED: Note.SCHEDULED,
        Decided.NOT_YET: Note.EMBARGO,
        Decided.CHANGED: Note.CHANGED_MEANWHILE,
        Decided.GONE: Note.CHANGED_MEANWHILE,
    }
    return view.go(notes[decision.decided], "desk", **query)


PAGES: Final = (
    PageRoute(name="desk", path="desk", run=show, for_editors=True),
    PageRoute(name="desk_approve", path="desk/{id}/approve", run=approve, method="POST", for_editors=True),
    PageRoute(name="desk_hold", path="desk/{id}/hold", run=hold, method="POST", for_editors=True),
    PageRoute(name="desk_kill", path="desk/{id}/kill", run=kill, method="POST", for_editors=True),
    PageRoute(name="desk_restore", path="desk/{id}/restore", run=restore, method="POST", for_editors=True),
)
