"""The routes of the dashboard. Each page is behind the login, and each form behind the token of its session."""

from functools import partial
from typing import Final

from aiohttp import web

from bot import logs
from bot.locale import LANGUAGES
from bot.logins import PATH
from bot.web.dashboard import (
    articles,
    audit,
    categories,
    chats,
    dead_letters,
    desk,
    login,
    now,
    rendering,
    settings,
    sources,
    stories,
)
from bot.web.dashboard.login import Doors
from bot.web.dashboard.notes import Note
from bot.web.dashboard.view import PageRoute, Parts, View
from bot.web.route import Handler, Route
from storage.errors import StorageError

log = logs.get_logger(__name__)

LARGEST_FORM: Final = 64 * 1024  # bytes
LOGINS_PER_MINUTE: Final = 30  # of one address: guessing a link is hopeless anyway
PAGES_PER_MINUTE: Final = 600
FILES_PER_MINUTE: Final = 3_000  # style sheets and scripts of pages
FOR_A_YEAR: Final = "public, max-age=31536000, immutable"  # a file that changes has another address


def routes(parts: Parts) -> list[Route]:
    """Returns all routes of the dashboard."""
    doors = Doors(parts)
    pages = [
        *now.PAGES,
        *sources.PAGES,
        *articles.PAGES,
        *stories.PAGES,
        *desk.PAGES,
        *chats.PAGES,
        *dead_letters.PAGES,
        *categories.PAGES,
        *settings.PAGES,
        *audit.PAGES,
        *_OWN,
    ]
    return [
        Route(
            name="dashboard_static",
            method="GET",
            path=f"{PATH}/static/{{hash}}/{{name}}",
            handler=_static,
            per_minute=FILES_PER_MINUTE,
        ),
        Route(
            name="dashboard_link",
            method="GET",
            path=f"{PATH}/login/{{secret}}",
            handler=partial(doors.answer, doors.show_link, "link"),
            per_minute=LOGINS_PER_MINUTE,
        ),
        Route(
            name="dashboard_login",
            method="POST",
            path=f"{PATH}/login/{{secret}}",
            handler=partial(doors.answer, doors.use_link, "login"),
            max_bytes=LARGEST_FORM,
            per_minute=LOGINS_PER_MINUTE,
        ),
        *(_route(page, parts, doors) for page in pages),
    ]


def _route(page: PageRoute, parts: Parts, doors: Doors) -> Route:
    handler: Handler = partial(_answer, page, parts, doors)
    return Route(
        name=f"dashboard_{page.name}",
        method=page.method,
        path=f"{PATH}/{page.path}" if page.path else PATH,
        handler=handler,
        max_bytes=LARGEST_FORM if page.method == "POST" else 0,
        per_minute=PAGES_PER_MINUTE,
        seconds=page.seconds,
    )


async def _answer(page: PageRoute, parts: Parts, doors: Doors, request: web.Request) -> web.Response:
    """Answer a request of somebody who may see the page, and refuse all others."""
    try:
        view = await login.view_of(parts, request, is_use=not page.is_polled)
    except StorageError as error:
        return doors.unavailable(request, page.name, error)
    if view is None:
        return await doors.closed(request)
    if not (view.is_admin or page.for_editors):
        return view.show("message.html", status=403, text=view.voice.say("Only administrators can open this page."))
    try:
        if page.method == "POST" and not (login.comes_from_here(request, parts) and await login.has_token(view)):
            return doors.foreign_form(request)
        return await page.run(view)
    except web.HTTPNotFound:
        return view.show("message.html", status=404, text=view.voice.say("There is no such page."))
    except web.HTTPBadRequest:
        return view.show("message.html", status=400, text=view.voice.say("The form was not filled in as expected."))
    except StorageError as error:
        log.error("dashboard_without_database", page=page.name, reason=error)
        text = view.voice.say("The database can't be used now. The log has the reason.")
        return view.show("message.html", status=503, text=text)


async def _static(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if name not in rendering.STATIC:
        raise web.HTTPNotFound
    is_current = request.match_info["hash"] == rendering.fingerprint(name)
    return web.Response(
        body=rendering.static_file(name),
        content_type=rendering.STATIC[name],
        charset="utf-8",
        headers={"Cache-Control": FOR_A_YEAR if is_current else "no-cache"},
    )


# What belongs to no page


async def _start(view: View) -> web.Response:
    """Returns the address of the dashboard itself: the first page of whoever opens it."""
    return await now.show(view) if view.is_admin else view.go(None, "stories")


async def _set_look(view: View) -> web.Response:
    """Set the language, or the theme of this browser."""
    form = await view.form()
    response = web.Response(status=303, headers={"Location": _own_address(view, form.get("to", ""))})
    if form.get("language") in LANGUAGES:
        await view.storage.logins.set_language(view.session, form["language"])
    if form.get("theme") in rendering.THEMES:
        response.set_cookie(
            rendering.THEME_COOKIE,
            form["theme"],
            max_age=365 * 86400,
            path="/",
            httponly=True,
            secure=login.is_secure(view.parts),
            samesite="Lax",
        )
    return response


def _own_address(view: View, address: str) -> str:
    """Returns an address of the dashboard as it is, and the first page instead of any other address."""
    own = address.startswith((f"{view.base}/", f"{view.base}?")) and address.isprintable() and "\\" not in address
    return address if own else view.base


async def _log_out(view: View) -> web.Response:
    await view.storage.logins.end(view.session)
    return _logged_out(view)


async def _log_out_everywhere(view: View) -> web.Response:
    await view.storage.logins.end_all(view.login.user_id)
    return _logged_out(view)


def _logged_out(view: View) -> web.Response:
    response = view.go(Note.LOGGED_OUT)
    login.clear_session(response, view.parts)
    return response


async def _unknown(view: View) -> web.Response:
    if not view.request.match_info["rest"]:
        return view.go(None)  # the address of the dashboard was typed with a slash at its end
    raise web.HTTPNotFound


_OWN: Final = (
    PageRoute(name="start", path="", run=_start, for_editors=True),
    PageRoute(name="look", path="look", run=_set_look, method="POST", for_editors=True),
    PageRoute(name="logout", path="logout", run=_log_out, method="POST", for_editors=True),
    PageRoute(name="logout_all", path="logout-everywhere", run=_log_out_everywhere, method="POST", for_editors=True),
    PageRoute(name="unknown", path="{rest:.*}", run=_unknown, for_editors=True),
)
