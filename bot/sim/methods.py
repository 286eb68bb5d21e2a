"""The Bot API methods that the bot calls, and no others. Each method has a list of its known parameters."""

import json
import re
from collections.abc import Callable
from typing import Any, Final

from bot.sim import forums
from bot.sim.markup import find_entities, parse
from bot.sim.refusal import Refusal, bad_request
from bot.sim.telegram import Telegram
from bot.sim.world import Chat, Json, require_fitting_text

MOST_ENTITIES: Final = 100
MOST_IN_CAPTION: Final = 1024  # UTF-16 units
MOST_BUTTONS: Final = 100
MOST_IN_ROW: Final = 8
COMMANDS: Final = 100
PLACEHOLDER: Final = 64  # characters
# Telegram accepts no host without a dot.
_ADDRESS: Final = re.compile(
    r"tg://\S+|https?://(?:[^\s/?#]+@)?(?:[^\s/?#:@][^\s/?#:@.]*+\.[^\s/?#:@]++|\[[0-9a-fA-F:.]+\])(?::\d+)?(?:[/?#]\S*)?"
)


def _integer(text: str) -> int:
    return int(text)


def _boolean(text: str) -> bool:
    return {"true": True, "false": False, "True": True, "False": False}[text]


def _object(text: str) -> Any:
    return json.loads(text)


Readers = dict[str, Callable[[str], Any]]
_WHERE: Final[Readers] = {"chat_id": _integer, "message_thread_id": _integer}
_TEXT: Final[Readers] = {
    "text": str, "parse_mode": str, "entities": _object, "link_preview_options": _object, "reply_markup": _object,
}  # fmt: skip
_LANGUAGE: Final[Readers] = {"language_code": str}

PARAMETERS: Final[dict[str, Readers]] = {
    "getMe": {},
    "getUpdates": {"offset": _integer, "limit": _integer, "timeout": _integer, "allowed_updates": _object},
    "deleteWebhook": {"drop_pending_updates": _boolean},
    "setMyCommands": {"commands": _object, "scope": _object, **_LANGUAGE},
    "setMyDescription": {"description": str, **_LANGUAGE},
    "setMyShortDescription": {"short_description": str, **_LANGUAGE},
    "sendMessage": {
        **_WHERE, **_TEXT, "disable_notification": _boolean, "protect_content": _boolean,
        "allow_paid_broadcast": _boolean, "reply_parameters": _object,
    },
    "sendDocument": {
        **_WHERE, "document": str, "caption": str, "parse_mode": str, "disable_notification": _boolean,
        "reply_parameters": _object, "reply_markup": _object,
    },
    "editMessageText": {"chat_id": _integer, "message_id": _integer, **_TEXT},
    "editMessageReplyMarkup": {"chat_id": _integer, "message_id": _integer, "reply_markup": _object},
    "answerCallbackQuery": {"callback_query_id": str, "text": str, "show_alert": _boolean, "cache_time": _integer},
    "getChat": {"chat_id": _integer},
    "getChatMember": {"chat_id": _integer, "user_id": _integer},
    "getFile": {"file_id": str},
    **forums.PARAMETERS,
}  # fmt: skip
REQUIRED: Final = {
    "sendMessage": ("chat_id", "text"),
    "sendDocument": ("chat_id", "document"),
    "editMessageText": ("chat_id", "message_id", "text"),
    "editMessageReplyMarkup": ("chat_id", "message_id"),
    "answerCallbackQuery": ("callback_query_id",),
    "getChat": ("chat_id",),
    "getChatMember": ("chat_id", "user_id"),
    "getFile": ("file_id",),
    **forums.REQUIRED,
    "setMyCommands": ("commands",),
}


def parse_parameters(method: str, given: dict[str, str]) -> Json:
    """Returns the typed parameters of a call. Raises Refusal if Telegram, or a stricter server, would refuse them."""
    known = PARAMETERS.get(method)
    if known is None:
        raise Refusal(404, "Not Found: method not found")
    values: Json = {}
    for name, text in given.items():
        if name not in known:
            raise bad_request(f"unknown parameter {name!r} of {method}")
        try:
            values[name] = known[name](text)
        except (ValueError, KeyError) as error:
            raise bad_request(f"parameter {name!r} of {method} can't be {text[:60]!r}") from error
    for name in REQUIRED.get(method, ()):
        if values.get(name) in (None, "") and name != "commands":
            raise bad_request("message text is empty" if name == "text" else f"parameter {name!r} is missing")
    return values


def call(sim: Telegram, method: str, values: Json) -> Any:
    """Returns the result of any method except getUpdates. Raises Refusal."""
    return _METHODS[method](sim, values)


def _get_me(sim: Telegram, values: Json) -> Json:
    return sim.bot | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def _accepted(sim: Telegram, values: Json) -> bool:
    return True


def _set_my_commands(sim: Telegram, values: Json) -> bool:
    commands = values["commands"]
    if not isinstance(commands, list) or len(commands) > COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for one in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", one.get("command", "")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(one.get("description", "")) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    scope = values.get("scope") or {"type": "default"}
    if scope["type"] == "chat":
        sim.chat(scope["chat_id"])  # or Telegram refuses the menu
    sim.menus[(json.dumps(scope, sort_keys=True), values.get("language_code", ""))] = commands
    sim.tell({"kind": "commands"})
    return True


def _set_description(sim: Telegram, values: Json) -> bool:
    if len(values.get("description", "")) > 512 or len(values.get("short_description", "")) > 120:
        raise bad_request("description is too long")
    return True


def _send_message(sim: Telegram, values: Json) -> Json:
    chat = sim.chat(values["chat_id"])
    topic = values.get("message_thread_id")
    chat.check_writable(topic)
    text, entities = _formatted(values)
    reply_to = _reply_to(chat, values)
    markup = values.get("reply_markup")
    asks = _asks_for_reply(markup)
    keyboard = None if asks else _reply_keyboard(markup)
    extra = _extra(values if keyboard is None and not asks else values | {"reply_markup": None}, entities)
    sim.flood.count(chat.id, paid=bool(values.get("allow_paid_broadcast")))
    if keyboard is not None:
        chat.keyboard = keyboard
        sim.tell({"kind": "keyboard", "chat_id": chat.id, "keyboard": keyboard})
    return chat.accept(text, entities, topic, reply_to, extra)


def _send_document(sim: Telegram, values: Json) -> Json:
    chat = sim.chat(values["chat_id"])
    topic = values.get("message_thread_id")
    chat.check_writable(topic)
    document = sim.documents.get(values["document"])
    if document is None:  # Telegram would look for a file of its own, or fetch an address
        raise bad_request("wrong remote file identifier specified: only uploads are known")
    text, entities = _caption(values)
    extra = _extra(values, entities)
    reply_to = _reply_to(chat, values)
    sim.flood.count(chat.id, paid=False)
    caption = {"caption": text} | ({"caption_entities": entities} if entities else {}) if text else {}
    return chat.accept(None, [], topic, reply_to, {"document": document.to_json(), **caption, **extra})


def _caption(values: Json) -> tuple[str, list[Json]]:
    if not values.get("caption"):
        return "", []
    text, entities = _formatted(values | {"text": values["caption"]})
    return require_fitting_text(text, MOST_IN_CAPTION), entities


def _edit_message_text(sim: Telegram, values: Json) -> Json:
    chat, message = _own_message(sim, values)
    text, entities = _formatted(values)
    extra = _extra(values, entities)
    sim.flood.count(chat.id, paid=False)
    changed = {"text": text, "entities": entities} | extra
    return _edited(sim, chat, message, {name: value for name, value in changed.items() if value})


def _edit_message_reply_markup(sim: Telegram, values: Json) -> Json:
    chat, message = _own_message(sim, values)
    markup = _extra({"reply_markup": values.get("reply_markup")}, [])
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


def _answer_callback_query(sim: Telegram, values: Json) -> bool:
    if len(values.get("text", "")) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    sim.answer(values["callback_query_id"], values.get("text"), bool(values.get("show_alert")))
    return True


def _get_chat(sim: Telegram, values: Json) -> Json:
    chat = sim.chat(values["chat_id"])
    if chat.kind != "private":
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
    document = sim.documents.get(values["file_id"])
    if document is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    return document.to_file() | {"file_path": sim.links.add(document)}


# The parts of messages


def _formatted(values: Json) -> tuple[str, list[Json]]:
    mode = values.get("parse_mode")
    if mode not in (None, "HTML"):
        raise bad_request(f"unsupported parse_mode {mode!r}")
    text, entities = (
        parse(values["text"]) if mode == "HTML" else (values["text"].strip(), values.get("entities") or [])
    )
    require_fitting_text(text)
    own = [
        (entity["offset"], entity["offset"] + entity["length"])
        for entity in entities
        if entity["type"] in ("text_link", "code", "pre")
    ]
    found = [
        entity
        for entity in find_entities(text)
        if not any(start < entity["offset"] + entity["length"] and entity["offset"] < end for start, end in own)
    ]
    return text, sorted([*entities, *found], key=lambda entity: entity["offset"])[:MOST_ENTITIES]


def _extra(values: Json, entities: list[Json]) -> Json:
    extra: Json = {}
    if values.get("reply_markup"):
        extra["reply_markup"] = _keyboard(values["reply_markup"])
    if values.get("link_preview_options"):
        preview = values["link_preview_options"]
        known = {"is_disabled", "url", "prefer_small_media", "prefer_large_media", "show_above_text"}
        if not isinstance(preview, dict) or set(preview) - known:
            raise bad_request("wrong link_preview_options")
        if not preview.get("is_disabled"):
            extra["link_preview_options"] = preview
    return extra


def _asks_for_reply(markup: Any) -> bool:
    """Returns whether the markup makes the client of the reader answer this message. Raises Refusal."""
    if not isinstance(markup, dict) or "force_reply" not in markup:
        return False
    if markup["force_reply"] is not True or set(markup) - {"force_reply", "selective", "input_field_placeholder"}:
        raise bad_request("wrong ForceReply")
    if len(markup.get("input_field_placeholder", "-")) not in range(1, PLACEHOLDER + 1):
        raise bad_request("wrong input_field_placeholder")
    return True


def _reply_keyboard(markup: Any) -> list[list[str]] | None:
    """Returns the labels of a keyboard below the text field, [] if it is to be removed, or None for other markup."""
    if markup == {"remove_keyboard": True}:
        return []
    if not isinstance(markup, dict) or "keyboard" not in markup:
        return None
    if unknown := set(markup) - {"keyboard", "resize_keyboard", "is_persistent", "input_field_placeholder"}:
        raise bad_request(f"unknown field of a reply keyboard: {sorted(unknown)}")
    if len(markup.get("input_field_placeholder", "-")) not in range(1, PLACEHOLDER + 1):
        raise bad_request("wrong input_field_placeholder")
    rows: list[list[Json]] = markup["keyboard"]
    if any(set(key) != {"text"} or not key["text"] for row in rows for key in row):
        raise bad_request("keyboard button text must be non-empty, and nothing else is known of it")
    return [[str(key["text"]) for key in row] for row in rows if row]


def _keyboard(markup: Any) -> Json:
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) and set(markup) == {"inline_keyboard"} else None
    if not isinstance(rows, list):
        raise bad_request("object expected as reply markup: only inline keyboards are known")
    if sum(len(row) for row in rows) > MOST_BUTTONS or any(len(row) > MOST_IN_ROW for row in rows):
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    for button in (button for row in rows for button in row):
        _check_button(button)
    return {"inline_keyboard": [row for row in rows if row]}


_ACTIONS: Final = frozenset({"callback_data", "url", "copy_text"})  # of which a button has one
MOST_COPIED: Final = 256  # characters


def _check_button(button: Json) -> None:
    if set(button) - {"text", *_ACTIONS}:
        raise bad_request(f"unknown field of an inline keyboard button: {sorted(button)}")
    if not button.get("text"):
        raise bad_request("inline keyboard button text must be non-empty")
    if len(set(button) & _ACTIONS) != 1:
        raise bad_request("inline keyboard button must have exactly one action")
    if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
    if "copy_text" in button and not 1 <= len(button["copy_text"].get("text", "")) <= MOST_COPIED:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
    if "url" in button and not _ADDRESS.fullmatch(button["url"]):
        raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")


def _reply_to(chat: Chat, values: Json) -> int | None:
    reply = values.get("reply_parameters")
    if not reply:
        return None
    if reply.get("message_id") not in chat.raw:
        if reply.get("allow_sending_without_reply"):
            return None
        raise bad_request("message to be replied not found")
    return int(reply["message_id"])


_METHODS: Final[dict[str, Callable[[Telegram, Json], Any]]] = {
    "getMe": _get_me,
    "deleteWebhook": _accepted,
    "setMyCommands": _set_my_commands,
    "setMyDescription": _set_description,
    "setMyShortDescription": _set_description,
    "sendMessage": _send_message,
    "sendDocument": _send_document,
    "editMessageText": _edit_message_text,
    "editMessageReplyMarkup": _edit_message_reply_markup,
    "answerCallbackQuery": _answer_callback_query,
    "getChat": _get_chat,
    "getChatMember": _get_chat_member,
    "getFile": _get_file,
    **forums.METHODS,
}
