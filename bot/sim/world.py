"""The people, chats and messages of the simulated Telegram. The bot sees only plain Bot API JSON."""

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from bot.sim.files import File
from bot.sim.markup import find_entities, units
from bot.sim.refusal import Refusal, bad_request, forbidden

Json = dict[str, Any]
Kind = Literal["private", "group", "supergroup", "channel"]

ANONYMOUS: Json = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
_RIGHTS = """
    can_be_edited can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members can_promote_members
    can_change_info can_invite_users can_post_stories can_edit_stories can_delete_stories can_send_welcome_messages
""".split()
_FIRST_MADE_TOPIC = 100  # higher than the ids of the topics that a forum begins with


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    first_name: str
    language_code: str | None = None

    def to_json(self) -> Json:
        user: Json = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        return user | ({"language_code": self.language_code} if self.language_code else {})


@dataclass(frozen=True, slots=True)
class Query:
    """A pressed button. `answered` becomes the bot's answer: text and show_alert."""

    id: str
    answered: "asyncio.Future[Json]"


class Shown:
    """A message in its present state. Tests examine it."""

    def __init__(self, raw: Json) -> None:
        self.raw = raw

    @property
    def id(self) -> int:
        return int(self.raw["message_id"])

    @property
    def text(self) -> str:
        return str(self.raw.get("text", ""))

    @property
    def entities(self) -> list[Json]:
        return list(self.raw.get("entities", []))

    @property
    def caption(self) -> str:
        return str(self.raw.get("caption", ""))

    @property
    def blocks(self) -> list[Json]:
        """The blocks of a rich message, [] for any other message."""
        return list(self.raw.get("rich_message", {}).get("blocks", []))

    @property
    def topic(self) -> int | None:
        return self.raw.get("message_thread_id")

    @property
    def edited(self) -> bool:
        return "edit_date" in self.raw

    @property
    def rows(self) -> list[list[Json]]:
        return list(self.raw.get("reply_markup", {}).get("inline_keyboard", []))

    @property
    def buttons(self) -> list[str]:
        return [button["text"] for row in self.rows for button in row]

    def __repr__(self) -> str:
        return f"Shown({self.id}, {self.text!r}, buttons={self.buttons})"


class Server(Protocol):
    """The part of the simulated Telegram that a chat needs."""

    bot: Json

    def user(self, user_id: int) -> Json: ...

    def unix_time(self) -> int: ...

    def add_chat(self, chat: "Chat") -> "Chat": ...

    def keep(self, name: str, content: bytes, *, told_size: int | None = None) -> File:
        """Keep a file that is sent, so that it can be downloaded."""

    def update(self, name: str, payload: Json) -> None:
        """Give the bot an update of this kind."""

    def query(self, chat: "Chat", message: Json, person: Person, data: str) -> Query:
        """Give the bot a callback query for a pressed button."""

    def call_guest(self, chat: "Chat", message: Json) -> None:
        """Tell the bot of a message in a chat where it is no member, if the message mentions the bot."""

    def tell(self, event: Json) -> None:
        """Send an event to every open page."""

    def show(self, kind: str, chat: "Chat", message: Json) -> None:
        """Show a message on every open page that lists the chat."""


@dataclass(slots=True, eq=False)
class Chat:
    """A chat. `say`, `press`, `block` and similar methods are actions of people in it."""

    sim: Server
    id: int
    kind: Kind
    title: str
    topics: dict[int, str] | None = None  # topic id -> name, only in a forum
    members: dict[int, str] = field(default_factory=dict)  # user id -> status
    started: bool = True  # in a private chat: whether the person wrote first
    blocked: bool = False
    migrated_to: int | None = None
    without_bot: bool = False  # a private chat of two people
    allows_media: bool = True  # whether the bot may send photos, videos and files here
    manages_topics: bool = True  # whether the bot may, if it is an administrator
    closed_topics: set[int | None] = field(default_factory=set)  # None: the general topic
    raw: dict[int, Json] = field(default_factory=dict)
    reactions: dict[int, dict[int, str]] = field(default_factory=dict)  # to a post: by person, an emoji
    ephemeral: dict[int, Json] = field(default_factory=dict)  # messages of the bot that one member sees, by their ids
    person: Person | None = None
    username: str | None = None  # of a public channel, without "@"
    keyboard: list[list[str]] = field(default_factory=list)  # below the text field; empty: none
    by_people: set[int] = field(default_factory=set)  # ids of messages that people wrote
    ephemeral_counter: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    counter: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    topic_counter: "itertools.count[int]" = field(default_factory=lambda: itertools.count(_FIRST_MADE_TOPIC))

    # Contents

    @property
    def messages(self) -> list[Shown]:
        """The bot's messages in their present state, oldest first."""
        return [Shown(message) for number, message in self.raw.items() if number not in self.by_people]

    @property
    def last(self) -> Shown:
        return self.messages[-1]

    @property
    def topic_names(self) -> dict[int, str]:
        """The names of the topics of a forum, by id."""
        if self.topics is None:
            raise ValueError(f"{self.title} is no forum")
        return self.topics

    def to_json(self) -> Json:
        if self.kind == "private":
            return {"id": self.id, "type": "private", "first_name": self.title}
        chat: Json = {"id": self.id, "type": self.kind, "title": self.title}
        named = {"username": self.username} if self.username else {}
        return chat | named | ({"is_forum": True} if self.topics is not None else {})

    # Actions of people

    def say(
        self,
        text: str,
        person: Person | None = None,
        *,
        topic: int | None = None,
        reply_to: int | None = None,
        anonymous: bool = False,
        edited: bool = False,
    ) -> Shown:
        """A person writes a message. In a channel, the channel itself writes it. Returns the message."""
        message = self._new_message(text, find_entities(text), topic, reply_to)
        return self._said(message, person, anonymous=anonymous, edited=edited)

    def share(
        self, what: Json, person: Person | None = None, *, topic: int | None = None, reply_to: int | None = None
    ) -> Shown:
        """A person sends a message without text. `what` is the content of the message, such as a sticker."""
        message = self._new_message(None, [], topic, reply_to)
        message |= what
        return self._said(message, person)

    def send_file(
        self,
        name: str,
        content: bytes,
        person: Person | None = None,
        *,
        caption: str = "",
        topic: int | None = None,
        reply_to: int | None = None,
        told_size: int | None = None,
    ) -> Shown:
        """A person sends a file. `told_size` is the number of bytes that the bot is told, if not the true one."""
        what: Json = {"document": self.sim.keep(name, content, told_size=told_size).to_json()}
        if caption:
            found = find_entities(caption)
            what |= {"caption": caption} | ({"caption_entities": found} if found else {})
        return self.share(what, person, topic=topic, reply_to=reply_to)

    def edit(self, post: Shown, text: str) -> Shown:
        """The channel edits one of its posts: the text, or the caption of a picture."""
        message, entities = self.raw[post.id], find_entities(text)
        key = "text" if "text" in message else "caption"
        message |= {key: text, "edit_date": self.sim.unix_time()}
        message.pop(f"{'caption_' if key == 'caption' else ''}entities", None)
        if entities:
            message["caption_entities" if key == "caption" else "entities"] = entities
        self.sim.show("edit", self, message)
        if self.bot_sees(message):
            self.sim.update("edited_channel_post", message)
        return Shown(message)

    def _said(self, message: Json, person: Person | None, *, anonymous: bool = False, edited: bool = False) -> Shown:
        author = person or self.person
        self.by_people.add(message["message_id"])
        if self.kind == "channel":
            message["sender_chat"] = self.to_json()
        elif anonymous:
            message |= {"from": ANONYMOUS, "sender_chat": self.to_json()}
        elif author is not None:
            message["from"] = author.to_json()
            self.members.setdefault(author.id, "member")
        else:
            raise ValueError("in a group, say who says it")
        if self.kind == "private":
            self.started, self.blocked = True, False
        name = "channel_post" if self.kind == "channel" else "message"
        if edited:
            message["edit_date"] = message["date"]
            name = f"edited_{name}"
        self.sim.show("message", self, message)
        if self.bot_sees(message):
            self.sim.update(name, message)
        elif not edited and self.members.get(self.sim.bot["id"]) not in ("member", "administrator"):
            self.sim.call_guest(self, message)
        return Shown(message)

    def press(self, button: str, *, on: Shown | None = None, person: Person | None = None) -> "asyncio.Future[Json]":
        """A person presses a button of the last message that has it. `button` is its text or its data.

        Returns a future of the bot's answer: text and show_alert.
        """
        found = [
            (message, one)
            for message in ([on] if on else self.messages[::-1])
            for row in message.rows
            for one in row
            if button in (one["text"], one.get("callback_data"))
        ]
        if not found:
            raise ValueError(f"no button {button!r}; there are {[m.buttons for m in self.messages[-3:]]}")
        message, pressed = found[0]
        return self.press_data(message.id, pressed["callback_data"], person).answered

    def press_data(self, message_id: int, data: str, person: Person | None = None) -> Query:
        author = person or self.person
        if author is None:
            raise ValueError("in a group, say who presses")
        return self.sim.query(self, self.raw[message_id], author, data)

    def block(self) -> None:
        """The person blocks the bot."""
        self.blocked = True
        self._membership_changed("member", "kicked")

    def unblock(self) -> None:
        self.blocked = False
        self._membership_changed("kicked", "member")

    def add_bot(self, by: Person, *, admin: bool = False) -> None:
        before = self.members.get(self.sim.bot["id"], "left")
        self.members[self.sim.bot["id"]] = "administrator" if admin else "member"
        self._membership_changed(before, self.members[self.sim.bot["id"]], by)

    def kick_bot(self, by: Person) -> None:
        before = self.members.get(self.sim.bot["id"], "left")
        self.members[self.sim.bot["id"]] = "kicked"
        self._membership_changed(before, "kicked", by)

    def reopen_topic(self, topic: int | None, by: Person) -> None:
        """A person reopens a topic. None is the general topic."""
        self.closed_topics.discard(topic)
        message = self._new_message(None, [], topic, None) | {"forum_topic_reopened": {}, "from": by.to_json()}
        self.by_people.add(message["message_id"])
        self.sim.update("message", message)

    def delete_topic(self, topic: int) -> None:
        """A topic is deleted with its messages. The bot gets no update about that."""
        del self.topic_names[topic]
        self.closed_topics.discard(topic)

    def let_bot_manage_topics(self, on: bool, by: Person) -> None:
        """A person gives the bot the right to manage topics, or takes it."""
        before = self.member(self.sim.bot["id"])
        self.manages_topics = on
        self._tell_membership(before, self.member(self.sim.bot["id"]), by)

    def migrate(self) -> "Chat":
        """The group becomes a supergroup with a new id. Returns the supergroup."""
        new = self.sim.add_chat(
            Chat(self.sim, -(10**12) + self.id, "supergroup", self.title, members=dict(self.members))
        )
        self.migrated_to = new.id
        for chat, name, other in ((self, "migrate_to_chat_id", new.id), (new, "migrate_from_chat_id", self.id)):
            message = chat._new_message(None, [], None, None) | {name: other, "from": ANONYMOUS}
            chat.by_people.add(message["message_id"])
            self.sim.update("message", message)
        return new

    # Actions of the server

    def check_writable(self, topic: int | None) -> None:
        """Raises Refusal, as Telegram answers, if the bot can't write here."""
        if self.migrated_to is not None:
            raise Refusal(
                400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=self.migrated_to
            )
        if self.kind == "private":
            if self.blocked:
                raise forbidden("bot was blocked by the user")
            if not self.started:
                raise forbidden("bot can't initiate conversation with a user")
        else:
            self.check_member()
        if self.kind == "channel" and self.members[self.sim.bot["id"]] != "administrator":
            raise bad_request("need administrator rights in the channel chat")
        if topic is not None and topic not in (self.topics or {}):
            raise bad_request("message thread not found")
        if topic in self.closed_topics and not self.member(self.sim.bot["id"]).get("can_manage_topics"):
            raise bad_request("TOPIC_CLOSED")

    def check_member(self) -> None:
        """Raises Refusal, as Telegram answers, if the bot is no member of this group or channel."""
        status = self.members.get(self.sim.bot["id"], "left")
        if status == "kicked":
            raise forbidden(f"bot was kicked from the {self.kind} chat")
        if status == "left":
            raise forbidden(f"bot is not a member of the {self.kind} chat")

    def add_topic(self, name: str) -> int:
        """Add a topic to a forum. Returns its id."""
        topic = next(self.topic_counter)
        self.topic_names[topic] = name
        return topic

    def accept(
        self, text: str | None, entities: list[Json], topic: int | None, reply_to: int | None, extra: Json
    ) -> Json:
        """Add a message of the bot. Returns it."""
        message = self._new_message(text, entities, topic, reply_to) | extra
        if self.kind == "channel":
            message["sender_chat"] = self.to_json()
        else:
            message["from"] = self.sim.bot
        self.raw[message["message_id"]] = message
        self.sim.show("message", self, message)
        return message

    def member(self, user_id: int) -> Json:
        status = self.members.get(user_id, "left")
        user = self.sim.user(user_id)
        if status == "creator":
            return {"status": status, "user": user, "is_anonymous": False}
        if status == "administrator":
            rights = dict.fromkeys(_RIGHTS, True)
            posting = {"can_post_messages": True, "can_edit_messages": True} if self.kind == "channel" else {}
            manages = self.manages_topics or user_id != self.sim.bot["id"]
            topics = {"can_manage_topics": manages} if self.kind == "supergroup" else {}
            return {"status": status, "user": user, "is_anonymous": False, **rights, **posting, **topics}
        return {"status": status, "user": user} | ({"until_date": 0} if status == "kicked" else {})

    def bot_sees(self, message: Json) -> bool:
        """Returns whether the bot gets this message. In a group, privacy mode applies.

        The bot then sees only commands, replies to its own messages and what was posted by its inline mode, unless it
        is an administrator.
        """
        if self.kind == "private":
            return not self.without_bot
        if self.kind == "channel":
            return self.members.get(self.sim.bot["id"]) == "administrator"
        if self.members.get(self.sim.bot["id"]) not in ("member", "administrator"):
            return False
        entities = [*message.get("entities", []), *message.get("caption_entities", [])]
        commands = any(entity["type"] == "bot_command" for entity in entities)
        reply = message.get("reply_to_message", {}).get("from", {}).get("id") == self.sim.bot["id"]
        return commands or reply or "via_bot" in message or self.members[self.sim.bot["id"]] == "administrator"

    def _new_message(self, text: str | None, entities: list[Json], topic: int | None, reply_to: int | None) -> Json:
        message: Json = {"message_id": next(self.counter), "date": self.sim.unix_time(), "chat": self.to_json()}
        if text is not None:
            message["text"] = text
        if entities:
            message["entities"] = entities
        if topic is not None:
            message |= {"message_thread_id": topic, "is_topic_message": True}
        if reply_to is not None and reply_to in self.raw:
            message["reply_to_message"] = {
                name: value for name, value in self.raw[reply_to].items() if name != "reply_to_message"
            }
        self.raw[message["message_id"]] = message
        return message

    def _membership_changed(self, before: str, after: str, by: Person | None = None) -> None:
        bot = self.sim.bot["id"]
        old = Chat(self.sim, self.id, self.kind, self.title, members={bot: before}).member(bot)
        new = Chat(self.sim, self.id, self.kind, self.title, members={bot: after}).member(bot)
        self._tell_membership(old, new, by)

    def _tell_membership(self, old: Json, new: Json, by: Person | None) -> None:
        author = by or self.person
        self.sim.update(
            "my_chat_member",
            {
                "chat": self.to_json(),
                "from": author.to_json() if author else ANONYMOUS,
                "date": self.sim.unix_time(),
                "old_chat_member": old,
                "new_chat_member": new,
            },
        )


def require_fitting_text(text: str, most: int = 4096) -> str:
    """Returns the text of a message. Raises Refusal if it is empty or too long (`most` is in UTF-16 code units)."""
    if not text:
        raise bad_request("message text is empty")
    if units(text) > most:
        raise bad_request("message is too long")
    return text
