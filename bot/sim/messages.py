"""The Bot API methods that send and edit messages."""

from collections.abc import Callable
from typing import Any, Final

from bot.sim.content import extras, formatted_text, reply_to
from bot.sim.keyboards import asks_for_reply, reply_keyboard
from bot.sim.parameters import SENDING, Readers, decoded
from bot.sim.refusal import bad_request
from bot.sim.rich import has_media, read_rich_message
from bot.sim.telegram import Telegram
from bot.sim.world import Chat, Json

_TEXT: Final[Readers] = {"text": str, "parse_mode": str, "entities": decoded, "link_preview_options": decoded}
_EDITED: Final[Readers] = {"chat_id": int, "message_id": int, "reply_markup": decoded}

PARAMETERS: Final[dict[str, Readers]] = {
    "sendMessage": {**SENDING, **_TEXT},
    "sendRichMessage": {**SENDING, "rich_message": decoded},
    "editMessageText": {**_EDITED, **_TEXT, "rich_message": decoded},
    "editMessageReplyMarkup": _EDITED,
}
REQUIRED: Final = {
    "sendMessage": ("chat_id", "text"),
    "sendRichMessage": ("chat_id", "rich_message"),
    "editMessageText": ("chat_id", "message_id"),
    "editMessageReplyMarkup": ("chat_id", "message_id"),
}
SINCE: Final = {"sendRichMessage": (10, 1), "editMessageText.rich_message": (10, 1)}
_EDITABLE: Final = ("text", "entities", "link_preview_options", "rich_message", "reply_markup")  # of a message


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


async def _send_rich_message(sim: Telegram, values: Json) -> Json:
    chat = sim.chat(values["chat_id"])
    topic = values.get("message_thread_id")
    chat.check_writable(topic)
    rich = await read_rich_message(sim, values)
    if has_media(rich) and not chat.allows_media:
        raise bad_request("not enough rights to send the rich message to the chat")
    replied = reply_to(chat, values)
    extra = extras(values)
    sim.flood.count(chat.id, paid=bool(values.get("allow_paid_broadcast")))
    return chat.accept(None, [], topic, replied, {"rich_message": rich, **extra})


async def _edit_message_text(sim: Telegram, values: Json) -> Json:
    chat, message = _own_message(sim, values)
    if not message.keys() & {"text", "rich_message"}:
        raise bad_request("there is no text in the message to edit")
    changed = await _new_content(sim, chat, values)
    sim.flood.count(chat.id, paid=False)
    return _edited(sim, chat, message, {name: value for name, value in changed.items() if value})


async def _new_content(sim: Telegram, chat: Chat, values: Json) -> Json:
    if "rich_message" not in values:
        if not values.get("text"):
            raise bad_request("message text is empty")
        text, entities = formatted_text(values)
        return {"text": text, "entities": entities} | extras(values)
    if extra := values.keys() & _TEXT.keys():  # Telegram takes one and says nothing
        raise bad_request(f"a rich message can't be with {sorted(extra)}")
    rich = await read_rich_message(sim, values)
    if has_media(rich) and not chat.allows_media:
        raise bad_request("not enough rights to send the rich message to the chat")
    return {"rich_message": rich} | extras(values)


def _edit_message_reply_markup(sim: Telegram, values: Json) -> Json:
    chat, message = _own_message(sim, values)
    markup = extras({"reply_markup": values.get("reply_markup")})
    sim.flood.count(chat.id, paid=False)
    kept = {name: message[name] for name in _EDITABLE if name != "reply_markup" and message.get(name)}
    return _edited(sim, chat, message, kept | markup)


def _edited(sim: Telegram, chat: Chat, message: Json, content: Json) -> Json:
    if {name: message[name] for name in _EDITABLE if message.get(name)} == {n: v for n, v in content.items() if v}:
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same as a"
            " current content and reply markup of the message"
        )
    for name in _EDITABLE:
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
    "sendRichMessage": _send_rich_message,
    "editMessageText": _edit_message_text,
    "editMessageReplyMarkup": _edit_message_reply_markup,
}
