"""One request to the dashboard by a person who is logged in: what its page shows, and where it leads."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from aiohttp import web

from bot import logins
from bot.config import Config
from bot.desk import DeskCards
from bot.ingest.discovery import SourceFinder
from bot.ingest.refresh import Ingest
from bot.locale import Voice
from bot.web.dashboard import rendering
from bot.web.dashboard.notes import Note
from storage import Storage
from storage.records import Actor, Article, Login, Origin

NOBODY: Final = 0  # no row of a chat: sees only what everybody may see


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pages depend on."""

    storage: Storage
    config: Config
    ingest: Ingest
    finder: SourceFinder
    cards: DeskCards
    now: Callable[[], datetime]
    wake: Callable[[], None]  # tells the sender that messages may be due


@dataclass(frozen=True, slots=True)
class View:
    """A request, and the person who asks."""

    parts: Parts
    request: web.Request
    login: Login
    session: str  # the hash of the cookie
    csrf: str  # the token that each form sends back
    voice: Voice
    base: str  # the path of the dashboard, as the browser sees it

    @property
    def storage(self) -> Storage:
        return self.parts.storage

    @property
    def now(self) -> datetime:
        return self.parts.now()

    @property
    def is_admin(self) -> bool:
        return is_admin(self.login, self.parts.config)

    @property
    def actor(self) -> Actor:
        """The person as the audit log names it."""
        return Actor(origin=Origin.DASHBOARD, name=self.login.name, user_id=self.login.user_id)

    def path(self, *steps: object, **query: object) -> str:
        """Returns the path of a page. A value of `query` that is None or "" is left out."""
        path = "/".join([self.base, *(quote(str(step), safe="") for step in steps)])
        given = {name: value for name, value in query.items() if value not in (None, "")}
        return f"{path}?{urlencode(given)}" if given else path

    def number(self, name: str) -> int:
        """Returns the number in the path of the page. Raises HTTPNotFound if it is none."""
        return _number(self.request.match_info[name])

    async def article(self, number: int) -> Article:
        """Returns an article that everybody may see. Raises HTTPNotFound if it is none or of a private source."""
        article = await self.storage.articles.get(number, chat_row=NOBODY)
        if article is None:
            raise web.HTTPNotFound
        return article

    def asked(self, name: str) -> str:
        """Returns a value of the query, or an empty text."""
        return self.request.query.get(name, "").strip()

    def asked_number(self, name: str) -> int | None:
        """Returns a number of the query, or None."""
        text = self.asked(name)
        return int(text) if text.isdecimal() and len(text) < 18 else None

    async def form(self) -> dict[str, str]:
        """Returns the fields of the form that was sent, without blanks around them. Raises HTTPBadRequest."""
        try:
            fields = await self.request.post()
        except (ValueError, LookupError):  # no form, or in an encoding that nobody knows
            raise web.HTTPBadRequest from None
        return {name: value.strip() for name, value in fields.items() if isinstance(value, str)}

    async def form_number(self, name: str) -> int:
        """Returns a number of the form. Raises HTTPBadRequest if it is none."""
        text = (await self.form()).get(name, "")
        if not text.isdecimal() or len(text) > 17:
            raise web.HTTPBadRequest
        return int(text)

    def show(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        """Returns a page."""
        shared = {
            "view": self,
            "path": self.path,
            "csrf": self.csrf,
            "menu": rendering.menu(self.voice, is_admin=self.is_admin),
            "note": rendering.note_text(self.asked("did"), self.voice),
            "here": f"{self.base}{self.request.path_qs.removeprefix(logins.PATH)}",
        }
        texts = rendering.texts_for(self.voice, self.now)
        return rendering.response(self.request, self.base, template, status=status, values=texts | shared | values)

    def go(self, note: Note | None, *steps: object, **query: object) -> web.Response:
        """Returns the answer to a form: the browser opens a page, which shows the note."""
        location = self.path(*steps, **(query | ({"did": note.value} if note else {})))
        return web.Response(status=303, headers={"Location": location})


Page = Callable[[View], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRoute:
    """A page, or what a form does."""

    name: str  # for the log and for metrics
    path: str  # below the dashboard's path, without a leading slash
    run: Page
    method: str = "GET"
    for_editors: bool = False  # whether editors may open it as well
    seconds: float = 10.0  # that it may take
    is_polled: bool = False  # whether an open page asks for it again and again, without anybody at the browser


def is_admin(login: Login, config: Config) -> bool:
    """Returns whether a person may see everything: an administrator of the bot, or whoever typed a
    command on the server.
    """
    return login.user_id is None or login.user_id in config.admins


def is_staff(login: Login, config: Config) -> bool:
    """Returns whether a person may open the dashboard at all."""
    return login.user_id is None or login.user_id in config.staff


def base_path(request: web.Request, config: Config) -> str:
    """Returns the path of the dashboard as the browser sees it: a proxy may take off a part of it."""
    public = urlsplit(config.public_url)
    return (public.path if public.netloc == request.host else "") + logins.PATH


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 17:
        raise web.HTTPNotFound
    return int(text)
