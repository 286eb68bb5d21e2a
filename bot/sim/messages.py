"""The Bot API methods that send and edit messages."""

from collections.abc import Callable
from typing import Any, Final

from bot.sim.content import caption, extras, formatted_text, reply_to
from bot.sim.keyboards import asks_for_reply, reply_keyboard
from bot.sim.parameters import SENDING, Readers, decoded
from bot.sim.refusal import bad_request
from bot.sim.telegram import Telegram
from bot.sim.world import Chat, Json

_TEXT: Final[Readers] = {"text": str, "parse_mode": str, "entities": decoded, "link_preview_options": decoded}
_EDITED: Final[Readers] = {"chat_id": int, "message_id": int, "reply_markup": decoded}

PARAMETERS: Final[dict[str, Readers]] = {
    "sendMessage": {**SENDING, **_TEXT},
    "sendDocument": {**SENDING, "document": str, "caption": str, "parse_mode": str},
    "editMessageText": {**_EDITED, **_TEXT},
    "editMessageReplyMarkup": _EDITED,
}
REQUIRED: Final = {
    "sendMessage": ("chat_id", "text"),
    "sendDocument": ("chat_id", "document"),
    "editMessageText": ("chat_id", "message_id", "text"),
    "editMessageReplyMarkup": ("chat_id", "message_id"),
}


def _send_message(sim: Telegram, values: Json) -> Json:
    chat = sim.chat(values["chat_id"])
    topic = values.get("message_thread_id")
    chat.check_writable(topic)
    text, entities = formatted_text(values)
    replied = reply_to(chat, values)
    markup = values.get("reply_markup")
    asks = asks_for_reply(markup)
    keyboard = None if asks else reply_keyboard(markup)
    extra = extras(values if keyboard is None and not asks else values | {"reply_markup": None})
    sim.flood.count(chat.id, paid=bool(values.get("allow_paid_broadcast")))
    if keyboard is not None:
        chat.keyboard = keyboard
        sim.tell({"kind": "keyboard", "chat_id": chat.id, "keyboard": keyboard})
    return chat.accept(text, entities, topic, replied, extra)


def _send_document(sim: Telegram, values: Json) -> Json:
    chat = sim.chat(values["chat_id"])
    topic = values.get("message_thread_id")
    chat.check_writable(topic)
    document = sim.documents.get(values["document"])
    if document is None:  # Telegram would look for a file of its own, or fetch an address
        raise bad_request("wrong remote file identifier specified: only uploads are known")
    text, entities = caption(values)
    extra = extras(values)
    replied = reply_to(chat, values)
    sim.flood.count(chat.id, paid=False)
    captioned = {"caption": text} | ({"caption_entities": entities} if entities else {}) if text else {}
    return chat.accept(None, [], topic, replied, {"document": document.to_json(), **captioned, **extra})


def _edit_message_text(sim: Telegram, values: Json) -> Json:
    chat, message = _own_message(sim, values)
    text, entities = formatted_text(values)
    extra = extras(values)
    sim.flood.count(chat.id, paid=False)
    changed = {"text": text, "entities": entities} | extra
    return _edited(sim, chat, message, {name: value for name, value in changed.items() if value})


def _edit_message_reply_markup(sim: Telegram, values: Json) -> Json:
    chat, message = _own_message(sim, values)
    markup = extras({"reply_markup": values.get("reply_markup")})
    sim.flood.count(chat.id, paid=False)
    kept = {name: message[name] for name in ("text", "entities", "link_preview_options") if message.get(name)}
    return _edited(sim, chat, message, kept | markup)


def _edited(sim: Telegram, chat: Chat, message: Json, content: Json) -> Json:
    names = ("text", "entities", "reply_markup", "link_preview_options")
    if {name: message[name] for name in names if message.get(name)} == {n: v for n, v in content.items() if v}:
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same as a"
            " current content and reply markup of the message"
        )
    for name in names:
        message.pop(name, None)
    message |= content
    message["edit_date"] = sim.unix_time()
    sim.show("edit", chat, message)
    return message


def _own_message(sim: Telegram, values: Json) -> tuple[Chat, Json]:
    chat = sim.chat(values["chat_id"])
    chat.check_writable(None)
    message = chat.raw.get(values["message_id"])
    if message is None:
        raise bad_request("message to edit not found")
    if chat.kind != "channel" and message.get("from", {}).get("id") != sim.bot["id"]:
        raise bad_request("message can't be edited")
    return chat, message


METHODS: Final[dict[str, Callable[[Telegram, Json], Any]]] = {
    "sendMessage": _send_message,
    "sendDocument": _send_document,
    "editMessageText": _edit_message_text,
    "editMessageReplyMarkup": _edit_message_reply_markup,
}
