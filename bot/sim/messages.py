"""The Bot API methods that send and edit messages."""

from collections.abc import Callable
from typing import Any, Final

from bot.sim import ephemeral
from bot.sim.content import extras, formatted_text, reply_to
from bot.sim.editing import EDITABLE, new_content, replace_content
from bot.sim.keyboards import asks_for_reply, reply_keyboard
from bot.sim.parameters import SENDING, TEXT, Readers, decoded
from bot.sim.refusal import bad_request
from bot.sim.rich import has_media, read_rich_message
from bot.sim.telegram import Telegram
from bot.sim.world import Chat, Json

_EDITED: Final[Readers] = {"chat_id": int, "message_id": int, "reply_markup": decoded}

PARAMETERS: Final[dict[str, Readers]] = {
    "sendMessage": {**SENDING, **TEXT},
    "sendRichMessage": {**SENDING, "rich_message": decoded},
    "editMessageText": {**_EDITED, **TEXT, "rich_message": decoded},
    "editMessageReplyMarkup": _EDITED,
    "deleteMessage": {"chat_id": int, "message_id": int},
}
REQUIRED: Final = {
    "sendMessage": ("chat_id", "text"),
    "sendRichMessage": ("chat_id", "rich_message"),
    "editMessageText": ("chat_id", "message_id"),
    "editMessageReplyMarkup": ("chat_id", "message_id"),
    "deleteMessage": ("chat_id", "message_id"),
}
SINCE: Final = {
    "sendRichMessage": (10, 1),
    "editMessageText.rich_message": (10, 1),
    **dict.fromkeys(
        ("sendMessage.ephemeral_message_parameters", "sendRichMessage.ephemeral_message_parameters"), (10, 3)
    ),
}


def _send_message(sim: Telegram, values: Json) -> Json:
    chat = sim.chat(values["chat_id"])
    topic = values.get("message_thread_id")
    chat.check_writable(topic)
    text, entities = formatted_text(values)
    if values.get("ephemeral_message_parameters"):
        sim.flood.count(chat.id, paid=False)
        shown = {"text": text} | ({"entities": entities} if entities else {}) | extras(values)
        return ephemeral.accept(sim, chat, shown, values)
    replied = reply_to(chat, values)
    markup = values.get("reply_markup")
    asks = asks_for_reply(markup)
    keyboard = None if asks else reply_keyboard(markup)
    extra = extras(values if keyboard is None and not asks else values | {"reply_markup": None})
    sim.flood.count(chat.id, paid=bool(values.get("allow_paid_broadcast")))
    if keyboard is not None:
        chat.keyboard = keyboard
        sim.tell({"kind": "keyboard", "chat_id": chat.id, "keyboard": keyboard})
    message = chat.accept(text, entities, topic, replied, extra)
    if asks:
        sim.tell({"kind": "question", "chat_id": chat.id, "message_id": message["message_id"]})
    return message


async def _send_rich_message(sim: Telegram, values: Json) -> Json:
    chat = sim.chat(values["chat_id"])
    topic = values.get("message_thread_id")
    chat.check_writable(topic)
    rich = await read_rich_message(sim, values)
    if has_media(rich) and not chat.allows_media:
        raise bad_request("not enough rights to send the rich message to the chat")
    if values.get("ephemeral_message_parameters"):
        sim.flood.count(chat.id, paid=False)
        return ephemeral.accept(sim, chat, {"rich_message": rich} | extras(values), values)
    replied = reply_to(chat, values)
    extra = extras(values)
    sim.flood.count(chat.id, paid=bool(values.get("allow_paid_broadcast")))
    return chat.accept(None, [], topic, replied, {"rich_message": rich, **extra})


async def _edit_message_text(sim: Telegram, values: Json) -> Json:
    chat, message = _own_message(sim, values)
    if not message.keys() & {"text", "rich_message"}:
        raise bad_request("there is no text in the message to edit")
    changed = await new_content(sim, chat, values)
    sim.flood.count(chat.id, paid=False)
    return _edited(sim, chat, message, changed)


def _edit_message_reply_markup(sim: Telegram, values: Json) -> Json:
    chat, message = _own_message(sim, values)
    markup = extras({"reply_markup": values.get("reply_markup")})
    sim.flood.count(chat.id, paid=False)
    kept = {name: message[name] for name in EDITABLE if name != "reply_markup" and message.get(name)}
    return _edited(sim, chat, message, kept | markup)


def _delete_message(sim: Telegram, values: Json) -> bool:
    """A message of the bot goes. Open pages still show it."""
    chat = sim.chat(values["chat_id"])
    message = chat.raw.get(values["message_id"])
    if message is None:
        raise bad_request("message to delete not found")
    if message.get("from", {}).get("id") != sim.bot["id"]:
        raise bad_request("message can't be deleted")
    del chat.raw[values["message_id"]]
    return True


def _edited(sim: Telegram, chat: Chat, message: Json, content: Json) -> Json:
    replace_content(message, content)
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
    "deleteMessage": _delete_message,
}
