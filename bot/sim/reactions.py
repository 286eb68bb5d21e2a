"""Reactions of people to posts of a channel. The bot is told how many there are, not whose."""

from collections import Counter
from typing import Final

from bot.sim.world import Chat, Json, Person, Shown

# Those of one character that everybody has, as Telegram lists them.
EMOJI: Final = frozenset(
    "👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳"
    " 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👀 🎃 🙈 😇 😨"
    " 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷 😡".split()
)


def react(chat: Chat, post: Shown, person: Person, emoji: str | None) -> None:
    """A person reacts to a post, or takes the reaction back with None. A new reaction replaces the one before.

    The bot gets an update if it is an administrator of the channel and asked for this kind of update.
    """
    if chat.kind != "channel" or chat.raw.get(post.id) is None:
        raise ValueError("only posts of a channel have reactions here")
    if emoji is not None and emoji not in EMOJI:
        raise ValueError(f"{emoji!r} is no reaction that everybody has")
    given = chat.reactions.setdefault(post.id, {})
    given.pop(person.id, None)
    if emoji is not None:
        given[person.id] = emoji
    chat.sim.tell({"kind": "reactions", "chat_id": chat.id, "message_id": post.id, "counts": counts(chat, post.id)})
    if chat.members.get(chat.sim.bot["id"]) == "administrator":
        told = [
            {"type": {"type": "emoji", "emoji": one["emoji"]}, "total_count": one["count"]}
            for one in counts(chat, post.id)
        ]
        changed = {"chat": chat.to_json(), "message_id": post.id, "date": chat.sim.unix_time(), "reactions": told}
        chat.sim.update("message_reaction_count", changed)


def counts(chat: Chat, message_id: int) -> list[Json]:
    """Returns the reactions to a post with their counts, the most frequent first."""
    found = Counter(chat.reactions.get(message_id, {}).values())
    return [{"emoji": emoji, "count": count} for emoji, count in found.most_common()]
