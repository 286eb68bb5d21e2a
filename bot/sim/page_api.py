"""The interface of the chat page: its files, the state of its chats, the stream of events, and a person's actions."""

import asyncio
import base64
import json
import secrets
from collections import deque
from contextlib import suppress
from importlib.resources import files
from typing import Final

from aiohttp import web

from bot.sim.ephemeral import seen_by
from bot.sim.fetching import BadAddress, Unreachable
from bot.sim.media import recognize
from bot.sim.previews import Previews
from bot.sim.reactions import counts, react
from bot.sim.telegram import Hint, Telegram
from bot.sim.world import Chat, Json, Person, Shown

_TYPES: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
KEEP_ALIVE: Final = 15.0  # seconds between comments on a quiet stream
INLINE_SECONDS: Final = 10.0  # for which a client waits for the results of an inline query
LONGEST_TEXT: Final = 4096
THUMBNAILS: Final = 500
MESSAGES: Final = 300  # the newest messages of a chat that an opened page gets


def add_page(application: web.Application, sim: Telegram) -> None:
    page = _Page(sim)
    application.cleanup_ctx.append(page.previews.running)
    application.router.add_get("/", page.index)
    application.router.add_get("/assets/{name}", page.asset)
    application.router.add_get("/page/state", page.state)
    application.router.add_get("/page/files/{id}", page.file)
    application.router.add_get("/page/preview", page.preview)
    application.router.add_get(r"/page/preview/{number:\d{1,9}}", page.preview_picture)
    application.router.add_get("/page/thumbnail", page.thumbnail)
    application.router.add_get("/page/events", page.events)
    application.router.add_post("/page/send", page.send)
    application.router.add_post("/page/file", page.send_file)
    application.router.add_post("/page/press", page.press)
    application.router.add_post("/page/react", page.react)
    application.router.add_post("/page/inline", page.inline)
    application.router.add_post("/page/choose", page.choose)
    application.router.add_post("/page/add", page.add)
    application.router.add_post("/page/language", page.speak)
    application.router.add_get("/page/dashboard", page.dashboard)


class _Page:
    def __init__(self, sim: Telegram) -> None:
        self._sim = sim
        self._session = secrets.token_hex(8)  # another run has other chats with the same ids
        self.previews = Previews()
        self._thumbnails: deque[str] = deque(maxlen=THUMBNAILS)  # addresses in the results of inline queries

    async def index(self, request: web.Request) -> web.Response:
        return _file("index.html")

    async def asset(self, request: web.Request) -> web.Response:
        return _file(request.match_info["name"])

    async def state(self, request: web.Request) -> web.Response:
        await self._sim.page_opens.wait()
        chats = [self._chat(chat, viewer) for chat, viewer in self._sim.shown]
        tour = self._sim.tour
        told: Json = {"session": self._session, "bot": self._sim.bot, "chats": chats, "spoken": self._sim.spoken}
        told["languages"] = dict(tour.languages) if tour else None
        return web.json_response(told, headers={"Cache-Control": "no-store"})

    async def file(self, request: web.Request) -> web.Response:
        file = self._sim.files.get(request.match_info["id"])
        if file is None:
            raise web.HTTPNotFound
        if file.kind != "document":
            return _ranged(request, file.content, file.mime_type)
        headers = _HEADERS | {"Content-Disposition": f'attachment; filename="{file.name}"'}
        return web.Response(body=file.content, content_type="application/octet-stream", headers=headers)

    async def preview(self, request: web.Request) -> web.Response:
        """Answer with the preview of a link that stands in a listed chat. Other addresses are not read."""
        address = request.query.get("url", "")
        if not any(address in _links(message) for chat, _ in self._sim.shown for message in chat.raw.values()):
            raise web.HTTPNotFound
        told = await self.previews.get(address)
        if told is None:
            raise web.HTTPNotFound
        return web.json_response(told)

    async def preview_picture(self, request: web.Request) -> web.Response:
        picture = self.previews.picture(int(request.match_info["number"]))
        if not picture:
            raise web.HTTPNotFound
        return web.Response(body=picture, content_type=recognize(picture).mime_type, headers=_HEADERS)

    async def thumbnail(self, request: web.Request) -> web.Response:
        """Answer with the picture of a result that was offered. Other addresses are not read."""
        address = request.query.get("url", "")
        if address not in self._thumbnails:
            raise web.HTTPNotFound
        try:
            file = await self._sim.fetcher.fetch(address)
        except (BadAddress, Unreachable):
            raise web.HTTPNotFound from None
        if file.kind != "photo":
            raise web.HTTPNotFound
        small = file.small or file
        return web.Response(body=small.content, content_type=small.mime_type, headers=_HEADERS)

    def _chat(self, chat: Chat, viewer: Person) -> Json:
        return {
            "chat": chat.to_json(),
            "viewer": viewer.to_json(),
            "can_write": chat.kind != "channel" or chat.members.get(viewer.id) == "creator",
            "hint": self._sim.hints.get(chat.id, Hint()).to_json(),
            "topics": [{"message_thread_id": number, "name": name} for number, name in (chat.topics or {}).items()],
            "commands": self._sim.menu(chat, viewer),
            "keyboard": chat.keyboard,
            "reactions": {number: counts(chat, number) for number in chat.reactions},
            "messages": [*list(chat.raw.values())[-MESSAGES:], *(one.raw for one in seen_by(chat, viewer))],
        }

    async def events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        events: asyncio.Queue[Json] = asyncio.Queue()
        self._sim.listeners.add(events)
        try:
            await response.prepare(request)
            await response.write(b"retry: 1000\n\n")
            while (event := await _next(events)) != {"kind": "end"}:
                line = f"data: {json.dumps(event)}\n\n" if event else ": still here\n\n"
                await response.write(line.encode())
        except (ConnectionError, asyncio.CancelledError):
            pass  # the page was closed
        finally:
            self._sim.listeners.discard(events)
        return response

    async def send(self, request: web.Request) -> web.Response:
        asked = await _json(request)
        chat, viewer = self._listed(asked.get("chat_id"))
        text = _text(asked.get("text"))
        said = chat.say(text, viewer, topic=_topic(asked, chat), reply_to=_number(asked, "reply_to_message_id"))
        # The page waits for an answer to what the bot sees, and a post of a channel has none.
        answers = chat.kind != "channel" and chat.bot_sees(said.raw)
        return web.json_response({"message": said.raw, "seen": answers})

    async def send_file(self, request: web.Request) -> web.Response:
        asked = await _json(request)
        chat, viewer = self._listed(asked.get("chat_id"))
        name, content = _text(asked.get("name")), _bytes(asked.get("content"))
        reply_to = _number(asked, "reply_to_message_id")
        said = chat.send_file(name, content, viewer, topic=_topic(asked, chat), reply_to=reply_to)
        return web.json_response({"message": said.raw, "seen": chat.bot_sees(said.raw)})

    async def press(self, request: web.Request) -> web.Response:
        asked = await _json(request)
        chat, viewer = self._listed(asked.get("chat_id"))
        ephemeral = _number(asked, "ephemeral_message_id")
        message = chat.raw.get(_number(asked, "message_id") or 0)
        if ephemeral is not None:
            message = next(
                (one.raw for one in seen_by(chat, viewer) if one.raw["ephemeral_message_id"] == ephemeral), None
            )
        rows = message.get("reply_markup", {}).get("inline_keyboard", []) if message else []
        pressed = [button["callback_data"] for row in rows for button in row if "callback_data" in button]
        if not message or asked.get("data") not in pressed:
            raise _bad("there is no such button any more")
        query = self._sim.query(chat, message, viewer, asked["data"])
        return web.json_response({"query_id": query.id})

    async def react(self, request: web.Request) -> web.Response:
        asked = await _json(request)
        chat, viewer = self._listed(asked.get("chat_id"))
        message = chat.raw.get(_number(asked, "message_id") or 0)
        emoji = asked.get("emoji")
        if message is None or not isinstance(emoji, str | None):
            raise _bad("expected a message and an emoji or null")
        try:
            react(chat, Shown(message), viewer, emoji)
        except ValueError as error:
            raise _bad(str(error)) from error
        return web.json_response({"counts": counts(chat, message["message_id"])})

    async def inline(self, request: web.Request) -> web.Response:
        """Answer with the results of an inline query, or with none if the bot does not answer in time."""
        asked = await _json(request)
        chat, viewer = self._listed(asked.get("chat_id"))
        query, offset = asked.get("query", ""), asked.get("offset", "")
        if not isinstance(query, str) or not isinstance(offset, str):
            raise _bad("expected a query and an offset as texts")
        try:
            typed = self._sim.inline.ask(chat, viewer, query, offset=offset)
        except ValueError as error:
            raise _bad(str(error)) from error
        answer: Json = {"results": [], "next_offset": "", "button": None}
        with suppress(TimeoutError):
            async with asyncio.timeout(INLINE_SECONDS):
                answer = await typed.answered
        self._thumbnails.extend(one["thumbnail_url"] for one in answer["results"] if "thumbnail_url" in one)
        results = [{name: one[name] for name in one if name != "message"} for one in answer["results"]]
        shown = {"results": results, "next_offset": answer["next_offset"], "button": answer["button"]}
        return web.json_response({"query_id": typed.id} | shown)

    async def choose(self, request: web.Request) -> web.Response:
        asked = await _json(request)
        chat, viewer = self._listed(asked.get("chat_id"))
        query_id, result_id = _text(asked.get("query_id")), _text(asked.get("result_id"))
        try:
            said = self._sim.inline.choose(query_id, result_id, chat, viewer, topic=_topic(asked, chat))
        except ValueError as error:
            raise _bad(str(error)) from error
        return web.json_response({"message": said.raw})

    async def add(self, request: web.Request) -> web.Response:
        """Add the bot to a group or a channel. Unless it is there already, it is told; in a group, it gets /start."""
        asked = await _json(request)
        chat, viewer = self._listed(asked.get("chat_id"))
        start = asked.get("start")
        if chat.kind == "private" or not isinstance(start, str):
            raise _bad("expected a group or a channel and a start parameter")
        is_new = chat.members.get(self._sim.bot["id"]) not in ("member", "administrator")
        if is_new:
            chat.add_bot(viewer, admin=bool(asked.get("admin")))
        if chat.kind != "channel" and start:
            chat.say(f"/start@{self._sim.bot['username']} {start}", viewer)
        return web.json_response({"added": is_new})

    async def speak(self, request: web.Request) -> web.Response:
        """Let the people of the page speak the language that a visitor chose."""
        language = (await _json(request)).get("language")
        tour = self._sim.tour
        if tour is None or not isinstance(language, str) or language not in tour.languages:
            raise _bad("expected one of the languages that the page offers")
        self._sim.spoken = language
        await tour.speak(language)
        self._sim.tell({"kind": "language"})
        return web.json_response({})

    async def dashboard(self, request: web.Request) -> web.Response:
        """Lead to the dashboard of the bot. Each visit gets a login of its own, since a login works once."""
        if self._sim.tour is None:
            raise web.HTTPNotFound
        raise web.HTTPSeeOther(await self._sim.tour.open_dashboard(), headers={"Cache-Control": "no-store"})

    def _listed(self, chat_id: object) -> tuple[Chat, Person]:
        for chat, viewer in self._sim.shown:
            if chat.id == chat_id:
                return chat, viewer
        raise _bad("there is no such chat on this page")


async def _next(events: "asyncio.Queue[Json]") -> Json:
    """Returns the next event, or an empty event if none came for KEEP_ALIVE seconds."""
    try:
        async with asyncio.timeout(KEEP_ALIVE):
            return await events.get()
    except TimeoutError:
        return {}


async def _json(request: web.Request) -> Json:
    # Browsers let a page of another site post a form here, but not JSON.
    if request.content_type != "application/json":
        raise _bad("expected JSON")
    try:
        asked = await request.json()
    except (ValueError, RecursionError, LookupError):  # LookupError is for an unknown charset
        raise _bad("expected JSON") from None
    if not isinstance(asked, dict):
        raise _bad("expected an object")
    return asked


def _links(message: Json) -> set[str]:
    """Returns the addresses whose preview a client may show for a message."""
    text = message.get("text", "").encode("utf-16-le")
    links = {message.get("link_preview_options", {}).get("url")}
    for entity in message.get("entities", []):
        start, end = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
        if entity["type"] in ("url", "text_link"):
            links.add(entity.get("url") or text[start:end].decode("utf-16-le"))
    return links - {None}


def _ranged(request: web.Request, content: bytes, kind: str) -> web.Response:
    """Returns a media file, or the part of it that a player asks for."""
    headers = _HEADERS | {"Accept-Ranges": "bytes"}
    part = request.http_range
    start, end, _ = part.indices(len(content))
    if part.start is None or start >= end:
        return web.Response(body=content, content_type=kind, headers=headers)
    headers |= {"Content-Range": f"bytes {start}-{end - 1}/{len(content)}"}
    return web.Response(status=206, body=content[start:end], content_type=kind, headers=headers)


def _number(asked: Json, name: str) -> int | None:
    value = asked.get(name)
    if value is not None and type(value) is not int:  # isinstance would accept True too
        raise _bad(f"expected a whole number as {name}")
    return value


def _topic(asked: Json, chat: Chat) -> int | None:
    topic = _number(asked, "message_thread_id")
    if topic is not None and topic not in (chat.topics or {}):
        raise _bad("there is no such topic")
    return topic


def _bytes(sent: object) -> bytes:
    try:
        return base64.b64decode(sent if isinstance(sent, str) else "?", validate=True)
    except ValueError:
        raise _bad("expected a file as base64") from None


def _text(said: object) -> str:
    text = said.strip() if isinstance(said, str) else ""
    if not text or len(text) > LONGEST_TEXT:
        raise _bad(f"expected a text of 1 to {LONGEST_TEXT} characters")
    if any("\ud800" <= character <= "\udfff" for character in text):  # possible in JSON, but never from Telegram
        raise _bad("there is half a character in it")
    return text


def _bad(reason: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=json.dumps({"error": reason}), content_type="application/json")


def _file(name: str) -> web.Response:
    asset = files("bot.sim").joinpath("page", name)
    suffix = f".{name.rpartition('.')[2]}"
    if "/" in name or name.startswith(".") or suffix not in _TYPES or not asset.is_file():
        raise web.HTTPNotFound
    return web.Response(body=asset.read_bytes(), content_type=_TYPES[suffix], charset="utf-8", headers=_HEADERS)
