"""Who is at the dashboard: one-time links, session cookies, and the protection of forms against other websites.

A link is opened by GET and used by POST, since programs that look at links open them. The cookie's secret is stored
as a hash. The token of the forms is made from that secret, so that it needs no storage.
"""

import hashlib
import hmac
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from bot import logs
from bot.locale import LANGUAGES, Voice
from bot.logins import IDLE, LONGEST, hash_of, new_secret
from bot.timetable import find_time_zone
from bot.web.dashboard import rendering
from bot.web.dashboard.notes import Note
from bot.web.dashboard.view import Parts, View, base_path, is_staff
from bot.web.route import Handler
from storage.errors import StorageError
from storage.records import Login

log = logs.get_logger(__name__)

COOKIE: Final = "newsbot-session"
FORM_TOKEN: Final = "csrf"


def is_secure(parts: Parts) -> bool:
    """Returns whether browsers come through TLS, so that the cookie may be for TLS only."""
    return parts.config.public_url.startswith("https://")


def cookie_name(parts: Parts) -> str:
    """Returns the name of the session cookie. Browsers take one with the prefix only from this host, over TLS."""
    return f"__Host-{COOKIE}" if is_secure(parts) else COOKIE


def set_session(response: web.Response, parts: Parts, secret: str) -> None:
    response.set_cookie(
        cookie_name(parts),
        secret,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        httponly=True,
        secure=is_secure(parts),
        samesite="Lax",
    )


def clear_session(response: web.Response, parts: Parts) -> None:
    response.del_cookie(cookie_name(parts), path="/", httponly=True, secure=is_secure(parts), samesite="Lax")


def form_token(secret: str) -> str:
    """Returns the token that the forms of a session carry."""
    return hmac.new(secret.encode(), b"dashboard form", hashlib.sha256).hexdigest()


async def view_of(parts: Parts, request: web.Request, *, is_use: bool = True) -> View | None:
    """Returns the request as one of a person who is logged in, or None. Only a use keeps an idle session alive."""
    secret = request.cookies.get(cookie_name(parts), "")
    if not secret:
        return None
    session = hash_of(secret)
    login = await parts.storage.logins.session(session, idle=IDLE, longest=LONGEST, now=parts.now(), is_use=is_use)
    if login is None:
        return None
    if not is_staff(login, parts.config):
        await parts.storage.logins.end_all(login.user_id)
        return None
    return View(
        parts=parts,
        request=request,
        login=login,
        session=session,
        csrf=form_token(secret),
        voice=voice_of(login),
        base=base_path(request, parts.config),
    )


def voice_of(login: Login) -> Voice:
    return Voice(login.language, find_time_zone(login.timezone))


def comes_from_here(request: web.Request, parts: Parts) -> bool:
    """Returns whether a form was sent by a page of ours, as far as the browser says. The token decides the rest."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    public = urlsplit(parts.config.public_url)
    return origin in (f"{request.scheme}://{request.host}", f"{public.scheme}://{public.netloc}")


async def has_token(view: View) -> bool:
    """Returns whether a form carries the token of its session."""
    return hmac.compare_digest((await view.form()).get(FORM_TOKEN, "").encode(), view.csrf.encode())


class Doors:
    """The pages for those who are not logged in."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def closed(self, request: web.Request) -> web.Response:
        """Say how to log in."""
        did = request.query.get("did")
        note = rendering.note_text(did, Voice(self._language(request))) if did == Note.LOGGED_OUT else None
        response = self._page(request, "closed.html", status=401, note=note)
        if request.headers.get("HX-Request"):
            response.headers["HX-Refresh"] = "true"  # the page that asked loads anew, and shows this
        return response

    async def show_link(self, request: web.Request) -> web.Response:
        """Show the button that uses a link."""
        if not await self._parts.storage.logins.is_open(self._link(request), now=self._parts.now()):
            return self._page(request, "used_link.html", status=410)
        return self._page(request, "link.html", action=request.match_info["secret"])

    async def use_link(self, request: web.Request) -> web.Response:
        """Log in."""
        if not comes_from_here(request, self._parts):
            return self._page(request, "foreign_form.html", status=403)
        secret = new_secret()
        login = await self._parts.storage.logins.use_link(self._link(request), hash_of(secret), now=self._parts.now())
        if login is None or not is_staff(login, self._parts.config):
            return self._page(request, "used_link.html", status=410)
        log.info("dashboard_opened", user=login.user_id)
        response = web.Response(status=303, headers={"Location": base_path(request, self._parts.config)})
        set_session(response, self._parts, secret)
        return response

    async def answer(self, page: Handler, name: str, request: web.Request) -> web.StreamResponse:
        """Answer with a page, or say that the database can't be used. `name` is for the log."""
        try:
            return await page(request)
        except StorageError as error:
            return self.unavailable(request, name, error)

    def unavailable(self, request: web.Request, name: str, error: StorageError) -> web.Response:
        """Say that the database can't be used, so that nobody can be recognised."""
        log.error("dashboard_without_database", page=name, reason=error)
        return self._page(request, "unavailable.html", status=503)

    def foreign_form(self, request: web.Request) -> web.Response:
        """Refuse a form that no page of ours has sent."""
        return self._page(request, "foreign_form.html", status=403)

    def _link(self, request: web.Request) -> str:
        return hash_of(request.match_info["secret"])

    def _language(self, request: web.Request) -> str:
        return _browser_language(request) or self._parts.config.language

    def _page(self, request: web.Request, template: str, *, status: int = 200, **values: object) -> web.Response:
        config = self._parts.config
        voice = Voice(self._language(request), config.timezone)
        base = base_path(request, config)
        texts = rendering.texts_for(voice, self._parts.now())
        return rendering.response(request, base, template, status=status, values=texts | values)


def _browser_language(request: web.Request) -> str | None:
    """Returns the first language of the browser that the dashboard speaks, or None."""
    for part in request.headers.get("Accept-Language", "")[:200].split(","):
        code = part.partition(";")[0].strip().partition("-")[0].lower()
        if code in LANGUAGES:
            return code
    return None
