"""The Bot API methods for the topics of forums."""

from collections.abc import Callable
from typing import Any, Final

from bot.sim.parameters import Readers
from bot.sim.refusal import bad_request
from bot.sim.telegram import Telegram
from bot.sim.world import Chat, Json

LONGEST_NAME: Final = 128  # characters
COLOURS: Final = frozenset({7322096, 16766590, 13338331, 9367192, 16749490, 16478047})

_TOPIC: Final[Readers] = {"chat_id": int, "message_thread_id": int}
PARAMETERS: Final[dict[str, Readers]] = {
    "createForumTopic": {"chat_id": int, "name": str, "icon_color": int},
    "editForumTopic": {**_TOPIC, "name": str},
    "closeForumTopic": _TOPIC,
    "reopenForumTopic": _TOPIC,
}
REQUIRED: Final = {
    "createForumTopic": ("chat_id", "name"),
    **dict.fromkeys(("editForumTopic", "closeForumTopic", "reopenForumTopic"), ("chat_id", "message_thread_id")),
}


def _create(sim: Telegram, values: Json) -> Json:
    chat = _forum(sim, values, "create a topic")
    name, colour = _name(values), values.get("icon_color", min(COLOURS))
    if colour not in COLOURS:
        raise bad_request("wrong icon color specified")
    sim.flood.count(chat.id, paid=False)
    return {"message_thread_id": chat.add_topic(name), "name": name, "icon_color": colour}


def _edit(sim: Telegram, values: Json) -> bool:
    chat, topic = _topic(sim, values, "edit the topic")
    name = _name(values)
    if chat.topic_names[topic] == name:
        raise bad_request("TOPIC_NOT_MODIFIED")
    sim.flood.count(chat.id, paid=False)
    chat.topic_names[topic] = name
    return True


def _close(sim: Telegram, values: Json) -> bool:
    chat, topic = _topic(sim, values, "close the topic")
    if topic in chat.closed_topics:
        raise bad_request("TOPIC_NOT_MODIFIED")
    sim.flood.count(chat.id, paid=False)
    chat.closed_topics.add(topic)
    return True


def _reopen(sim: Telegram, values: Json) -> bool:
    chat, topic = _topic(sim, values, "reopen the topic")
    if topic not in chat.closed_topics:
        raise bad_request("TOPIC_NOT_MODIFIED")
    sim.flood.count(chat.id, paid=False)
    chat.closed_topics.discard(topic)
    return True


def _forum(sim: Telegram, values: Json, doing: str) -> Chat:
    chat = sim.chat(values["chat_id"])
    chat.check_member()
    if chat.topics is None:
        raise bad_request("the chat is not a forum")
    if not chat.member(sim.bot["id"]).get("can_manage_topics"):
        raise bad_request(f"not enough rights to {doing}")
    return chat


def _topic(sim: Telegram, values: Json, doing: str) -> tuple[Chat, int]:
    chat = _forum(sim, values, doing)
    topic = values["message_thread_id"]
    if topic not in chat.topic_names:
        raise bad_request("TOPIC_ID_INVALID")
    return chat, topic


def _name(values: Json) -> str:
    name = str(values.get("name", "")).strip()
    if not name:
        raise bad_request("TOPIC_TITLE_EMPTY")
    if len(name) > LONGEST_NAME:
        raise bad_request("topic name is too long")
    return name


METHODS: Final[dict[str, Callable[[Telegram, Json], Any]]] = {
    "createForumTopic": _create,
    "editForumTopic": _edit,
    "closeForumTopic": _close,
    "reopenForumTopic": _reopen,
}
