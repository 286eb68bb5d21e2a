"""The page of dead letters: messages that were given up, by reason, to be tried again."""

from typing import Final

from aiohttp import web

from bot import editing
from bot.web.dashboard.notes import Note
from bot.web.dashboard.view import PageRoute, View

LATEST: Final = 50
AT_ONCE: Final = 10_000  # messages that one press tries again: more would keep the browser waiting


async def show(view: View) -> web.Response:
    reasons = await view.storage.dead_letters.reasons()
    return view.show(
        "dead.html",
        reasons=reasons,
        total=sum(reasons.values()),
        latest=await view.storage.dead_letters.latest(limit=LATEST),
        at_once=AT_ONCE,
    )


async def retry(view: View) -> web.Response:
    """Queue the messages of one reason again."""
    form = await view.form()
    ids = await view.storage.dead_letters.ids(until=view.now, reason=form.get("reason", ""), limit=AT_ONCE)
    done = await editing.retry_dead(view.storage, ids, by=view.actor, now=view.now)
    view.parts.wake()
    return view.go(Note.RETRIED if done else Note.CHANGED_MEANWHILE, "dead")


PAGES: Final = (
    PageRoute(name="dead", path="dead", run=show),
    PageRoute(name="dead_retry", path="dead/retry", run=retry, method="POST", seconds=60.0),
)
