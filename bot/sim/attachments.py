"""The Bot API methods that send a photo, a video, an audio file or a document, with a caption."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from bot.sim.content import caption, extras, reply_to
from bot.sim.fetching import BadAddress, Unreachable
from bot.sim.files import File
from bot.sim.parameters import SENDING, Readers, boolean, decoded
from bot.sim.refusal import bad_request
from bot.sim.sources import UPLOADED, NoFile, find_file
from bot.sim.telegram import Telegram
from bot.sim.world import Json

_CAPTION: Final[Readers] = {"caption": str, "parse_mode": str, "caption_entities": decoded}
_ABOVE: Final[Readers] = {"show_caption_above_media": boolean, "has_spoiler": boolean}
PARAMETERS: Final[dict[str, Readers]] = {
    "sendPhoto": {**SENDING, **_CAPTION, **_ABOVE, "photo": str},
    "sendVideo": {
        **SENDING, **_CAPTION, **_ABOVE, "video": str, "duration": int, "width": int, "height": int,
        "supports_streaming": boolean,
    },
    "sendAudio": {**SENDING, **_CAPTION, "audio": str, "duration": int, "performer": str, "title": str},
    "sendDocument": {**SENDING, **_CAPTION, "document": str},
}  # fmt: skip
REQUIRED: Final = {f"send{kind.title()}": ("chat_id", kind) for kind in ("photo", "video", "audio", "document")}
_TOLD: Final = ("duration", "width", "height", "performer", "title")  # what the bot may tell of a file
_BY_ADDRESS: Final = (b"%PDF", b"PK\x03\x04")  # how a document begins that Telegram fetches
_FLAGS: Final = {"show_caption_above_media": "show_caption_above_media", "has_spoiler": "has_media_spoiler"}


async def _send(kind: str, sim: Telegram, values: Json) -> Json:
    """Send a file of this kind."""
    chat = sim.chat(values["chat_id"])
    topic = values.get("message_thread_id")
    chat.check_writable(topic)
    if not chat.allows_media:
        raise bad_request(f"not enough rights to send {kind}s to the chat")
    file = await _file(kind, sim, values)
    text, entities = caption(values)
    extra = extras(values)
    replied = reply_to(chat, values)
    sim.flood.count(chat.id, paid=bool(values.get("allow_paid_broadcast")))
    told = {name: values[name] for name in _TOLD if values.get(name)}
    sent = file.to_json() | told if told else file.to_json()
    captioned = {"caption": text} | ({"caption_entities": entities} if entities else {}) if text else {}
    flags = {shown: True for given, shown in _FLAGS.items() if values.get(given)}
    return chat.accept(None, [], topic, replied, {kind: sent, **captioned, **flags, **extra})


async def _file(kind: str, sim: Telegram, values: Json) -> File:
    named = values[kind]
    try:
        file = await find_file(sim, values, named, as_document=kind == "document")
    except Unreachable:
        raise bad_request("WEBPAGE_CURL_FAILED") from None
    except (BadAddress, NoFile):
        raise bad_request("wrong file identifier/HTTP URL specified") from None
    if named.startswith(("http://", "https://")):
        fits = file.content.startswith(_BY_ADDRESS) if kind == "document" else file.kind == kind
        if not fits:
            raise bad_request("WEBPAGE_MEDIA_EMPTY")
    elif file.kind != kind:
        if named.startswith(UPLOADED):
            raise bad_request("IMAGE_PROCESS_FAILED" if kind == "photo" else f"{kind.upper()}_INVALID")
        raise bad_request(f"can't use file of type {file.kind} as {kind}")
    return file


METHODS: Final[dict[str, Callable[[Telegram, Json], Awaitable[Any]]]] = {
    f"send{kind.title()}": partial(_send, kind) for kind in ("photo", "video", "audio", "document")
}
