"""Ephemeral messages: messages in a group that one member sees, and the Bot API methods that edit them."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from bot.sim.content import extras
from bot.sim.editing import EDITABLE, new_content, replace_content
from bot.sim.parameters import TEXT, Readers, decoded
from bot.sim.refusal import bad_request
from bot.sim.telegram import Telegram
from bot.sim.world import Chat, Json, Person, Shown

QUERY_SECONDS: Final = 15.0  # for which a pressed button lets a bot without rights answer

_EDITED: Final[Readers] = {
    "chat_id": int,
    "receiver_user_id": int,
    "ephemeral_message_id": int,
    "reply_markup": decoded,
}
PARAMETERS: Final[dict[str, Readers]] = {
    "editEphemeralMessageText": {**_EDITED, **TEXT, "rich_message": decoded},
    "editEphemeralMessageReplyMarkup": _EDITED,
}
_NAMED: Final = ("chat_id", "receiver_user_id", "ephemeral_message_id")
REQUIRED: Final = dict.fromkeys(PARAMETERS, _NAMED)
SINCE: Final = dict.fromkeys(PARAMETERS, (10, 2))


# What people see and press


def seen_by(chat: Chat, person: Person) -> list[Shown]:
    """Returns the ephemeral messages that this person sees in a chat, oldest first."""
    return [Shown(raw) for raw in chat.ephemeral.values() if raw["receiver_user"]["id"] == person.id]


def press(chat: Chat, button: str, person: Person) -> "asyncio.Future[Json]":
    """A person presses a button of the last ephemeral message. Returns a future of the bot's answer."""
    message = seen_by(chat, person)[-1]
    found = [one["callback_data"] for row in message.rows for one in row if one["text"] == button]
    if not found:
        raise ValueError(f"no button {button!r}; there are {message.buttons}")
    return chat.sim.query(chat, message.raw, person, found[0]).answered


# What the bot sends and edits


def accept(sim: Telegram, chat: Chat, content: Json, values: Json) -> Json:
    """Add an ephemeral message of the bot. `content` is what the message shows. Returns the message.

    Raises Refusal if the bot may not send it, or nobody can receive it.
    """
    asked = values["ephemeral_message_parameters"]
    if not isinstance(asked, dict) or set(asked) - {"receiver_user_id", "callback_query_id"}:
        raise bad_request("wrong ephemeral_message_parameters")
    if chat.kind not in ("group", "supergroup"):
        raise bad_request("BOT_NOT_ADMIN")
    if values.get("reply_parameters"):  # the bot replies to no message that may be gone
        raise bad_request("an ephemeral message replies to nothing")
    if "keyboard" in (markup := values.get("reply_markup") or {}) or "remove_keyboard" in markup:
        raise bad_request("an ephemeral message can't have a keyboard for the group")
    receiver = asked.get("receiver_user_id")
    if type(receiver) is not int or chat.members.get(receiver, "left") in ("left", "kicked"):
        raise bad_request("USER_NOT_PARTICIPANT")
    if (query := asked.get("callback_query_id")) is not None:
        _require_fresh(sim, chat, query, receiver)
    elif chat.members.get(sim.bot["id"]) != "administrator":
        raise bad_request("BOT_NOT_ADMIN")
    number = next(chat.ephemeral_counter)
    message: Json = {"message_id": 0, "ephemeral_message_id": number, "receiver_user": sim.user(receiver)}
    message |= {"date": sim.unix_time(), "chat": chat.to_json(), "from": sim.bot} | content
    if (topic := values.get("message_thread_id")) is not None:
        message |= {"message_thread_id": topic, "is_topic_message": True}
    chat.ephemeral[number] = message
    sim.show("message", chat, message)
    return message


def _require_fresh(sim: Telegram, chat: Chat, query: object, receiver: int) -> None:
    pressed = sim.pressed.get(str(query))
    if pressed is None or pressed[:2] != (chat.id, receiver) or sim.clock() - pressed[2] > QUERY_SECONDS:
        raise bad_request("QUERY_ID_INVALID")


async def _edit_text(sim: Telegram, values: Json) -> bool:
    chat, message = _own(sim, values)
    return _edited(sim, chat, message, await new_content(sim, chat, values))


def _edit_reply_markup(sim: Telegram, values: Json) -> bool:
    chat, message = _own(sim, values)
    kept = {name: message[name] for name in EDITABLE if name != "reply_markup" and name in message}
    return _edited(sim, chat, message, kept | extras({"reply_markup": values.get("reply_markup")}))


def _own(sim: Telegram, values: Json) -> tuple[Chat, Json]:
    chat = sim.chat(values["chat_id"])
    chat.check_member()
    message = chat.ephemeral.get(values["ephemeral_message_id"])
    if message is None or message["receiver_user"]["id"] != values["receiver_user_id"]:
        raise bad_request("message to edit not found")
    return chat, message


def _edited(sim: Telegram, chat: Chat, message: Json, content: Json) -> bool:
    sim.flood.count(chat.id, paid=False)
    replace_content(message, content)
    message["edit_date"] = sim.unix_time()
    sim.show("edit", chat, message)
    return True


METHODS: Final[dict[str, Callable[[Telegram, Json], Any]]] = {
    "editEphemeralMessageText": _edit_text,
    "editEphemeralMessageReplyMarkup": _edit_reply_markup,
}
