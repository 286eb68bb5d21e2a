"""Raw updates of Telegram: reads what storage needs of an update, and parses an update into the library's object."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from inspect import Parameter, signature
from typing import Any, Final, TypeGuard

from telegram import Bot, ChatMemberAdministrator, ChatMemberOwner, ChatMemberRestricted, Update
from telegram.constants import ChatType

from bot.chat.questions import question_in
from bot.chat.typed import parse_typed
from storage.records import ReceivedUpdate

LARGEST_ID: Final = 2**53  # of a chat or a person; Telegram says that 52 bits are enough
LARGEST_NUMBER: Final = 2**53  # of an update; larger ones are no numbers of Telegram's
LARGEST_PAYLOAD: Final = 1_000_000  # characters
NO_CHAT_ID: Final = 0

# What a message may hold instead of text. A service message holds none of these.
_WITHOUT_TEXT: Final = (
    *("animation", "audio", "contact", "dice", "document", "location", "photo", "poll", "sticker", "story", "venue"),
    *("video", "video_note", "voice"),
)

_MESSAGES: Final = ("message", "edited_message", "guest_message")

Json = dict[str, Any]


class Unreadable(Exception):
    """Neither the library nor the bot can read the update."""


def read_raw_update(raw: object, *, now: datetime) -> ReceivedUpdate | None:
    """Returns the record of an update. Returns None if it has no number, because it can't be confirmed then."""
    number = raw.get("update_id") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or type(number) is not int or not 0 < number < LARGEST_NUMBER:
        return None
    contents = [content for content in raw.values() if isinstance(content, dict)]
    message = _message(raw)
    return ReceivedUpdate(
        update_id=number,
        chat_id=next((chat_id for content in contents for chat_id in _chat_ids(content)), NO_CHAT_ID),
        asked_at=_written_at(message, now) if message is not None else now,
        asks="callback_query" in raw or (message is not None and _asks(message)),
        payload=_payload(number, raw),
    )


def _payload(number: int, raw: Json) -> str:
    """Returns the update as JSON without lone surrogates, which a database can't store.

    An update that is nested too deeply or too large is reduced to its number.
    """
    try:
        payload = json.dumps(raw, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        payload = ""
    if not 0 < len(payload) <= LARGEST_PAYLOAD:
        payload = json.dumps({"update_id": number})
    return payload.encode("utf-8", "replace").decode()


def _chat_ids(content: Json) -> Iterator[int]:
    for holder in (content, content.get("message")):
        chat = holder.get("chat") if isinstance(holder, dict) else None
        chat_id = chat.get("id") if isinstance(chat, dict) else None
        if is_id(chat_id):
            yield chat_id


def _written_at(message: Json, now: datetime) -> datetime:
    date = message.get("edit_date", message.get("date"))
    try:
        return min(now, datetime.fromtimestamp(date, UTC)) if type(date) is int else now
    except (OverflowError, OSError, ValueError):
        return now


def _asks(message: Json) -> bool:
    """Returns whether a message expects an answer.

    In a group, only commands, files that reply to a bot, answers to its questions, and messages for a guest do.
    """
    if "guest_query_id" in message:
        return True
    text = message.get("text", message.get("caption"))
    if _is_private(message):
        return isinstance(text, str) or any(name in message for name in _WITHOUT_TEXT)
    if isinstance(message.get("document"), dict) and _replies_to_bot(message):
        return True
    if isinstance(text, str) and _answers_question(message):
        return True
    return isinstance(text, str) and parse_typed(text).command is not None


def _answers_question(message: Json) -> bool:
    replied = message.get("reply_to_message")
    entities = replied.get("entities") if isinstance(replied, dict) and _replies_to_bot(message) else None
    links = (one.get("url") for one in entities or () if isinstance(one, dict)) if isinstance(entities, list) else ()
    question = question_in(link for link in links if isinstance(link, str))
    return question is not None and question.is_asked_in_groups


def _replies_to_bot(message: Json) -> bool:
    replied = message.get("reply_to_message")
    writer = replied.get("from") if isinstance(replied, dict) else None
    return isinstance(writer, dict) and writer.get("is_bot") is True


def _message(raw: Json) -> Json | None:
    return next((raw[name] for name in _MESSAGES if isinstance(raw.get(name), dict)), None)


def _is_private(message: Json) -> bool:
    chat = message.get("chat")
    return isinstance(chat, dict) and chat.get("type") == ChatType.PRIVATE


@dataclass(frozen=True, slots=True)
class Asker:
    """Who sent a command or a private message, or pressed a button."""

    person: int  # Telegram's number; that of the chat in whose name the person writes, if there is one
    press: bool


def read_asker(raw: Json) -> Asker | None:
    """Returns who asks for something with an update. Returns None if nobody does: a membership, talk in a group."""
    query = raw.get("callback_query")
    if isinstance(query, dict):
        return _asker(query, press=True)
    message = _message(raw)
    if message is None or not (_is_private(message) or _asks(message)):
        return None
    return _asker(message, press=False)


def _asker(content: Json, *, press: bool) -> Asker | None:
    for name in ("sender_chat", "from"):  # all anonymous administrators share one number in "from"
        sender = content.get(name)
        number = sender.get("id") if isinstance(sender, dict) else None
        if is_id(number):
            return Asker(number, press)
    return None


def parse_update(payload: str, bot: Bot) -> Update:
    """Returns the library's object of a stored update. Raises Unreadable.

    The library fails on parts that are newer than it. Such an update may still hold a command, for example as a reply
    to a message of a new kind. Then only the parts that an answer needs are parsed.
    """
    raw = json.loads(payload)
    try:
        update = _checked(Update.de_json(raw, bot))
    except Exception as error:  # what the library raises is whatever its parsers stumble over
        reduced = _reduced(raw)
        if reduced is None:
            raise Unreadable(f"{type(error).__name__}: {error}") from error
        try:
            update = _checked(Update.de_json(reduced, bot))
        except Exception as second:
            raise Unreadable(f"{type(second).__name__}: {second}") from second
    if not any(getattr(update, name, None) for name in Update.ALL_TYPES):
        raise Unreadable(f"unknown kind: {', '.join(name for name in raw if name != 'update_id') or 'none'}")
    return update


def _checked(update: Update) -> Update:
    """Returns the update if the parts that we use are of the types that Telegram gives. Raises TypeError."""
    chat, user, message = update.effective_chat, update.effective_user, update.effective_message
    changed = update.my_chat_member
    if (message or changed) is not None and chat is None:
        raise TypeError("no chat")
    if changed is not None and None in (changed.from_user, changed.old_chat_member, changed.new_chat_member):
        raise TypeError("not all of a membership")
    texts: list[object] = []
    numbers: list[object] = []
    if chat is not None:
        _expect_id(chat.id)
        texts += [chat.type, chat.title, chat.username, chat.first_name, chat.last_name]
    if user is not None:
        _expect_id(user.id)
        texts += [user.language_code]
    if message is not None:
        texts += [getattr(message, name, None) for name in ("text", "caption", "media_group_id", "guest_query_id")]
        names = ("message_id", "message_thread_id", "migrate_to_chat_id", "migrate_from_chat_id")
        numbers += [getattr(message, name, None) for name in names]
    if update.callback_query is not None:
        texts += [update.callback_query.id, update.callback_query.data]
    for text in texts:
        if not isinstance(text, str | None):
            raise TypeError(f"{text!r:.60} is no text")
    for number in numbers:
        if number is not None and not is_id(number):
            raise TypeError(f"{number!r:.60} is no number of Telegram's")
    return update


def _expect_id(value: object) -> None:
    if not is_id(value):
        raise TypeError(f"{value!r:.60} is no number of Telegram's")


def is_id(value: object) -> TypeGuard[int]:
    """Returns whether a value can be the number of a chat, a person or a message."""
    return type(value) is int and abs(value) < LARGEST_ID


_CHAT: Final = ("id", "type", "title", "username", "first_name", "last_name", "is_forum")
_USER: Final = ("id", "is_bot", "first_name", "last_name", "username", "language_code")
_UNNAMED: Final[dict[str, Any]] = {"is_bot": False, "first_name": ""}  # what the library wants of each person
_MESSAGE: Final = (
    *("message_id", "date", "text", "caption", "message_thread_id", "is_topic_message"),
    *("ephemeral_message_id", "guest_query_id", "migrate_to_chat_id", "migrate_from_chat_id"),
)
_QUERY: Final = ("id", "chat_instance", "data")
_MEMBERS: Final = ("old_chat_member", "new_chat_member")
_RIGHTS: Final = tuple(
    name
    for kind in (ChatMemberOwner, ChatMemberAdministrator, ChatMemberRestricted)
    for name, parameter in signature(kind).parameters.items()
    if parameter.default is Parameter.empty and name.startswith(("is_", "can_"))
)


def _reduced(raw: Json) -> Json | None:
    """Returns the update with only those parts that an answer needs. Returns None if nothing is to be answered."""
    query = raw.get("callback_query")
    kind = next((name for name in ("message", "guest_message") if isinstance(raw.get(name), dict)), "message")
    message = raw.get(kind)
    reduced: dict[str, Any] = {"update_id": raw["update_id"]}
    if isinstance(message, dict) and any(name in message for name in ("text", "caption", *_MESSAGE[-2:])):
        replied = message.get("reply_to_message")
        return reduced | {
            kind: _reduced_message(message)
            | ({"reply_to_message": _reduced_message(replied)} if isinstance(replied, dict) else {})
        }
    changed = raw.get("my_chat_member")
    if isinstance(changed, dict):
        return reduced | {
            "my_chat_member": _only(changed, ("date",))
            | _parts(changed, {"chat": _CHAT, "from": _USER})
            | {name: _reduced_member(changed[name]) for name in _MEMBERS if isinstance(changed.get(name), dict)}
        }
    if isinstance(query, dict):
        return reduced | {
            "callback_query": {"chat_instance": ""}
            | _only(query, _QUERY)
            | _parts(query, {"from": _USER})
            | ({"message": _reduced_message(query["message"])} if isinstance(query.get("message"), dict) else {})
        }
    return None


def _reduced_message(message: Json) -> dict[str, Any]:
    return (
        {"date": 0} | _only(message, _MESSAGE) | _parts(message, {"chat": _CHAT, "from": _USER, "sender_chat": _CHAT})
    )


def _reduced_member(member: Json) -> dict[str, Any]:
    """Returns a membership with all rights that the library asks for. A right that is not told is not given."""
    told = _only(member, ("status", "can_post_messages", *_RIGHTS)) | _parts(member, {"user": _USER})
    return dict.fromkeys(_RIGHTS, False) | {"is_member": True, "until_date": 0} | told


def _parts(holder: Json, kept: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    return {
        name: (_UNNAMED if names is _USER else {}) | _only(holder[name], names)
        for name, names in kept.items()
        if isinstance(holder.get(name), dict)
    }


def _only(holder: Json, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: holder[name] for name in names if name in holder}
