"""Links that follow a category, a source or a story with one press, in private chats and in groups."""

import asyncio
import json

import pytest

from bot.messages.deep_links import Start, Target, channel_link, group_link, read_start
from bot.sim import Chat
from storage import open_storage
from storage.records import BotAccount, NewSource, Source, SourceKind, SubjectKind, SubjectName
from tests.command_line import CommandLine
from tests.makers import NOON, reader, the
from tests.newsroom import Newsroom
from tests.test_chat_commands import draft


async def followed(room: Newsroom, chat: Chat) -> list[str]:
    """The names of what the chat follows."""
    ours = await room.storage.chats.get(chat.id)
    if ours is None:
        return []
    return [str(one.subject.name) for one in await room.storage.follows.of_chat(ours.id, now=room.clock())]


async def sub_link(room: Newsroom, category: str) -> str:
    found = await room.storage.categories.find(category)
    assert found
    return f"sub_{found.id}"


async def private_source(room: Newsroom, owner: Chat) -> Source:
    """A source that only the owner follows, and may know of."""
    await room.ask(owner, "/start")
    ours = await the(room.storage, owner.id)
    new = NewSource(url="https://own.example/feed", title="Own diary")
    source, _ = await room.storage.sources.add_private(new, chat_row=ours.id, now=room.clock())
    subject = await room.storage.follows.ensure_subject(SubjectName(kind=SubjectKind.SOURCE, ref=source.id))
    await room.storage.follows.follow(ours.id, subject.id, now=room.clock())
    return source


async def test_a_category_link_follows_it_in_a_chat_that_never_wrote(room: Newsroom) -> None:
    await room.publish(draft("Crane sold", "Trade"))
    chat, _ = room.reader()
    answer = await room.ask(chat, f"/start {await sub_link(room, 'trade')}")
    assert answer.text.startswith("✅ Followed: the category ⁨Trade⁩.")
    assert "Crane sold" in answer.text
    assert await followed(room, chat) == ["Trade"]


async def test_what_a_link_followed_can_be_undone(room: Newsroom) -> None:
    await room.publish(draft("Crane sold", "Trade"))
    chat, _ = room.reader()
    await room.ask(chat, f"/start {await sub_link(room, 'trade')}")
    await room.press(chat, "↩ Undo")
    assert await followed(room, chat) == []


async def test_a_category_link_answers_in_arabic(room: Newsroom) -> None:
    await room.publish(draft("بيع رافعة", "تجارة"))
    chat, _ = room.reader("ar")
    answer = await room.ask(chat, f"/start {await sub_link(room, 'تجاره')}")
    assert "تجارة" in answer.text
    assert answer.text.startswith("✅")


async def test_a_source_link_follows_a_public_source(room: Newsroom) -> None:
    source, _ = await room.storage.sources.add(
        "https://herald.example/feed", SourceKind.FEED, title="Herald", now=room.clock()
    )
    chat, _ = room.reader()
    answer = await room.ask(chat, f"/start src_{source.id}")
    assert answer.text.startswith("✅ Followed: the source ⁨Herald⁩.")


async def test_a_story_link_follows_the_story(room: Newsroom) -> None:
    (article,) = await room.publish(draft("Crane sold"))
    chat, _ = room.reader()
    story = await room.storage.stories.story_of(article)
    answer = await room.ask(chat, f"/start story_{story}")
    assert answer.text.startswith("✅ Followed until 7 days after its last article")


@pytest.mark.parametrize("start", ["sub_999", "src_999", "story_999", "sub_", "src_x", "story_9999999999999999999"])
async def test_a_link_to_nothing_is_a_greeting_and_follows_nothing(room: Newsroom, start: str) -> None:
    chat, _ = room.reader()
    assert "Welcome" in (await room.ask(chat, f"/start {start}")).text
    assert await followed(room, chat) == []


async def test_a_guessed_link_does_not_tell_a_stranger_of_a_private_source(room: Newsroom) -> None:
    owner, _ = room.reader(name="Owner")
    source = await private_source(room, owner)
    (article,) = await room.publish(draft("Diary of May"), source=source)
    stranger, _ = room.reader(name="Stranger")
    for start in (f"src_{source.id}", f"story_{await room.storage.stories.story_of(article)}"):
        answer = await room.ask(stranger, f"/start {start}")
        assert "Welcome" in answer.text
        assert "diary" not in answer.text.lower()
    assert await followed(room, stranger) == []
    assert "Own diary" in (await room.ask(owner, f"/start src_{source.id}")).text


async def test_a_group_follows_what_the_link_names_if_an_administrator_adds_the_bot(room: Newsroom) -> None:
    await room.publish(draft("Crane sold", "Trade"))
    admin, member = room.sim.person("Admin"), room.sim.person("Member")
    group = room.sim.group("Readers", admins=[admin])
    link = await sub_link(room, "trade")
    refused = await room.ask(group, f"/start@newsbot {link}", member)
    assert refused.text == "Only administrators can change what is sent here."
    answer = await room.ask(group, f"/start@newsbot {link}", admin)
    assert answer.text.startswith("✅ Followed: the category")
    assert await followed(room, group) == ["Trade"]


async def test_help_and_the_list_of_channels_add_the_bot_with_the_rights_it_needs(room: Newsroom) -> None:
    chat, _ = room.reader()
    helped = await room.ask(chat, "/help")
    expected = ["https://t.me/newsbot?startgroup=true", "https://t.me/newsbot?startchannel&admin=post_messages"]
    assert [one["url"] for row in helped.rows for one in row] == expected
    channel = room.sim.channel("Harbour", admins=[room.sim.people[chat.id]])
    channel.add_bot(room.sim.people[chat.id], admin=True)
    await room.heard()
    await room.ask(chat, "/settings")
    listed = await room.press(chat, "📣 My channels and groups")
    assert [one["url"] for row in listed.rows for one in row if "url" in one] == expected


def test_start_parameters_have_the_letters_and_the_length_that_telegram_allows() -> None:
    for target in Target:
        start = Start(target, 10**15 - 1)
        assert len(str(start)) <= 64
        assert str(start).replace("_", "").isalnum()
        assert read_start(str(start)) == start
    assert read_start("sub_٣x") is None
    assert group_link("newsbot", Start(Target.FOLLOW_CATEGORY, 3)) == "https://t.me/newsbot?startgroup=sub_3"
    assert channel_link("newsbot") == "https://t.me/newsbot?startchannel&admin=post_messages"


# newsbot links


async def prepare(database: str) -> None:
    """Let there be a bot, a public source and a private one."""
    async with open_storage(database) as storage:
        await storage.bot_accounts.remember(BotAccount(bot_id=1, username="harbour_bot"))
        await storage.sources.add("https://herald.example/feed", SourceKind.FEED, title="Herald", now=NOON)
        chat = await reader(storage, 7)
        private = NewSource(url="https://own.example/feed", title="Own diary")
        await storage.sources.add_private(private, chat_row=chat.id, now=NOON)


def test_links_names_each_category_and_each_public_source(newsbot: CommandLine) -> None:
    path = newsbot.folder / "news.jsonl"
    path.write_text(json.dumps({"title": "Crane sold", "body": "It was.", "category": "Trade"}))
    newsbot.good("import", str(path))
    newsbot.good("category", "alias", "تجارة", "Trade")

    asyncio.run(prepare(f"sqlite:///{newsbot.folder / 'news.db'}"))
    assert json.loads(newsbot.good("links", "--json")) == [
        {"kind": "category", "name": "Trade", "start": "sub_1", "link": "https://t.me/harbour_bot?start=sub_1"},
        {"kind": "source", "name": "Herald", "start": "src_1", "link": "https://t.me/harbour_bot?start=src_1"},
    ]
    assert newsbot.good("links").splitlines() == [
        "category  Trade   https://t.me/harbour_bot?start=sub_1",
        "source    Herald  https://t.me/harbour_bot?start=src_1",
    ]


def test_links_of_an_empty_database_need_no_token(newsbot: CommandLine) -> None:
    newsbot.begin()
    assert newsbot.good("links", "--json") == "[]\n"


def test_links_say_what_is_missing_if_nobody_knows_the_bots_name(newsbot: CommandLine) -> None:
    path = newsbot.folder / "news.jsonl"
    path.write_text(json.dumps({"title": "Crane sold", "body": "It was.", "category": "Trade"}))
    newsbot.good("import", str(path))
    status, _, complained = newsbot("links")
    assert (status, "NEWSBOT_TOKEN: not set" in complained) == (1, True)
