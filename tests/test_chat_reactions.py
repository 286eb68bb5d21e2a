"""Reactions to posts: counted in channels, and shown to those who run the channel or the bot."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest

from bot.cli.articles import _reactions_text
from bot.config import Config
from bot.sim import Chat, Person, Shown
from bot.sim.reactions import react
from storage import Storage
from storage.records import Lane, PostReactions
from storage.topics.reactions import MOST_KINDS
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom
from tests.test_chat_subscriptions import draft

OPERATOR = 77


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock, Config(admins=(OPERATOR,), commands_per_minute=0)) as opened:
        yield opened


async def channel_with_post(room: Newsroom, owner: Person, title: str = "Wire") -> tuple[Chat, Shown]:
    """A channel that its owner added the bot to, with a post about an article."""
    if owner.id not in room.sim.chats:
        room.sim.private(owner)
    channel = room.sim.channel(title, admins=[owner])
    channel.add_bot(owner, admin=True)
    await room.heard()
    ours = await room.storage.chats.get(channel.id)
    assert ours
    await room.storage.chats.subscribe_to_everything(ours.id, now=room.clock())
    room.clock.advance(minutes=1)
    await room.publish(draft(f"Ferries of {title}", "Trade"), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: bool(channel.messages))
    return channel, channel.last


async def counts(room: Newsroom, article: int = 1) -> list[PostReactions]:
    await room.heard()
    return await room.storage.reactions.of_article(article, limit=10)


async def test_reactions_are_counted_without_names_as_they_come_and_go(room: Newsroom) -> None:
    owner = room.sim.person("Rana")
    channel, sent = await channel_with_post(room, owner)
    readers = [room.sim.person(f"Reader {n}") for n in range(3)]
    for reader, emoji in zip(readers, "👍👍🔥", strict=True):
        react(channel, sent, reader, emoji)
    assert await counts(room) == [PostReactions(chat_id=channel.id, title="Wire", counts=(("👍", 2), ("🔥", 1)))]
    react(channel, sent, readers[2], "👍")
    react(channel, sent, readers[0], None)
    assert await counts(room) == [PostReactions(chat_id=channel.id, title="Wire", counts=(("👍", 2),))]
    for reader in readers[1:]:
        react(channel, sent, reader, None)
    assert await counts(room) == []


async def test_own_emoji_and_paid_stars_are_counted_by_kind(room: Newsroom) -> None:
    channel, sent = await channel_with_post(room, room.sim.person("Rana"))
    given = [
        {"type": {"type": "custom_emoji", "custom_emoji_id": "1"}, "total_count": 2},
        {"type": {"type": "custom_emoji", "custom_emoji_id": "2"}, "total_count": 3},
        {"type": {"type": "paid"}, "total_count": 4},
        {"type": {"type": "emoji", "emoji": "👍"}, "total_count": 1},
    ]
    changed = {"chat": channel.to_json(), "message_id": sent.id, "date": 1, "reactions": given}
    room.sim.update("message_reaction_count", changed)
    [post_] = await counts(room)
    assert post_.counts == (("custom", 5), ("paid", 4), ("👍", 1))


async def test_reactions_to_a_message_that_is_about_no_article_are_not_kept(room: Newsroom) -> None:
    channel, _ = await channel_with_post(room, room.sim.person("Rana"))
    own = channel.say("Good morning")
    react(channel, own, room.sim.person("Omar"), "👍")
    assert await counts(room) == []


def has_alert(chat: Chat) -> bool:
    return "Ferries" in chat.last.text


async def pressed(room: Newsroom, chat: Chat, label: str, person: Person) -> dict[str, object]:
    told = await asyncio.wait_for(chat.press(label, person=person), 30)
    await room.heard()
    return told


async def test_who_runs_the_channel_sees_them_in_the_menu_of_the_post(room: Newsroom) -> None:
    owner = room.sim.person("Rana", "en")
    channel, sent = await channel_with_post(room, owner)
    await pressed(room, channel, "⋯", owner)
    assert "📊 Reactions" not in channel.last.buttons
    await pressed(room, channel, "↩ Back", owner)
    for n in range(12):
        react(channel, sent, room.sim.person(f"Reader {n}"), "👍")
    await room.heard()
    await pressed(room, channel, "⋯", owner)
    told = await pressed(room, channel, "📊 Reactions", owner)
    assert told["show_alert"] is True
    assert told["text"] == "Wire: 👍 12"
    refused = await pressed(room, channel, "📊 Reactions", room.sim.person("Omar"))
    assert "Only administrators" in str(refused["text"])


async def test_in_private_chats_each_sees_only_the_channels_that_are_theirs(room: Newsroom) -> None:
    owner, other, operator = (
        room.sim.person("Rana", "en"),
        room.sim.person("Omar", "en"),
        room.sim.person("Samar", "en", OPERATOR),
    )
    chats = {person: room.sim.private(person) for person in (owner, other, operator)}
    for person, chat in chats.items():
        await room.ask(chat, "/subscribe all", person)
    channel, sent = await channel_with_post(room, owner)
    react(channel, sent, other, "🔥")
    await room.heard()
    for person, sees in ((owner, True), (other, False), (operator, True)):
        chat = chats[person]
        async with room.sending():
            await room.sim.until(partial(has_alert, chat))
        await pressed(room, chat, "⋯", person)
        assert ("📊 Reactions" in chat.last.buttons) is sees, person
        if sees:
            told = await pressed(room, chat, "📊 Reactions", person)
            assert "🔥 1" in str(told["text"])
            assert told["show_alert"] is True


async def test_the_counts_go_with_the_article_and_with_the_channel(room: Newsroom, storage: Storage) -> None:
    channel, sent = await channel_with_post(room, room.sim.person("Rana"))
    react(channel, sent, room.sim.person("Omar"), "👍")
    assert len(await counts(room)) == 1
    kept = await storage.personal_data.export(channel.id)
    assert [(one["reaction"], one["count"]) for one in kept["reactions"]] == [("👍", 1)]
    await storage.personal_data.forget(channel.id)
    assert await storage.database.fetch("SELECT * FROM reactions") == []
    other, again = await channel_with_post(room, room.sim.person("Huda"), "Second")
    react(other, again, room.sim.person("Omar"), "👍")
    assert len(await counts(room, 2)) == 1
    room.clock.advance(days=999)
    await storage.archive.prune(before=room.clock(), limit=100)
    assert await storage.database.fetch("SELECT * FROM reactions") == []


async def test_few_kinds_are_kept_of_a_post_and_the_busiest_posts_come_first(
    room: Newsroom, storage: Storage
) -> None:
    channel, sent = await channel_with_post(room, room.sim.person("Rana"))
    many = {chr(0x1F600 + n): n + 1 for n in range(MOST_KINDS + 5)}
    assert await storage.reactions.set(channel.id, sent.id, many)
    [one] = await storage.reactions.of_article(1, limit=10)
    assert len(one.counts) == MOST_KINDS
    assert one.counts[0][1] == MOST_KINDS + 5
    assert await storage.reactions.of_article(1, limit=0) == []
    assert not await storage.reactions.set(channel.id, 999, many)
    assert (
        _reactions_text(PostReactions(chat_id=-5, title=None, counts=(("👍", 2), ("paid", 1)))) == "-5: 👍 2, paid 1"
    )
