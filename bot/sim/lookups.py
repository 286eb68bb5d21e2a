"""The Bot API methods about chats, their members and files, and the answer to a pressed button."""

from collections.abc import Callable
from typing import Any, Final

from bot.sim.parameters import Readers, boolean, chat_number
from bot.sim.refusal import bad_request
from bot.sim.telegram import Telegram
from bot.sim.world import Json

PARAMETERS: Final[dict[str, Readers]] = {
    "answerCallbackQuery": {"callback_query_id": str, "text": str, "show_alert": boolean, "cache_time": int},
    "getChat": {"chat_id": chat_number},
    "getChatMember": {"chat_id": chat_number, "user_id": int},
    "getFile": {"file_id": str},
}
REQUIRED: Final = {
    "answerCallbackQuery": ("callback_query_id",),
    "getChat": ("chat_id",),
    "getChatMember": ("chat_id", "user_id"),
    "getFile": ("file_id",),
}


def _answer_callback_query(sim: Telegram, values: Json) -> bool:
    if len(values.get("text", "")) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    sim.answer(values["callback_query_id"], values.get("text"), bool(values.get("show_alert")))
    return True


def _get_chat(sim: Telegram, values: Json) -> Json:
    chat = sim.chat(values["chat_id"])
    if chat.kind != "private" and not chat.username:  # anybody may look at a public channel
        chat.check_member()
    gifts = "unlimited_gifts limited_gifts unique_gifts premium_subscription gifts_from_channels".split()
    more = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": dict.fromkeys(gifts, False)}
    return chat.to_json() | more


def _get_chat_member(sim: Telegram, values: Json) -> Json:
    chat = sim.chat(values["chat_id"])
    if chat.kind != "private":
        chat.check_member()
    return chat.member(values["user_id"])


def _get_file(sim: Telegram, values: Json) -> Json:
    file = sim.files.get(values["file_id"])
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    return file.to_file() | {"file_path": sim.links.add(file)}


METHODS: Final[dict[str, Callable[[Telegram, Json], Any]]] = {
    "answerCallbackQuery": _answer_callback_query,
    "getChat": _get_chat,
    "getChatMember": _get_chat_member,
    "getFile": _get_file,
}
