"""A channel of Telegram as a source: its posts become articles, and are corrected when the channel edits them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot.channels import channel_in
from bot.config import Config
from bot.ingest.draft import Draft
from bot.ingest.formats.channel_post import read_post
from bot.sim import Chat, Person
from bot.text.document import read_document
from storage import Storage
from storage.records import Article, ChatKind, Lane, SourceKind
from storage.records.documents import Code, Gallery, Mark, Paragraph, Picture, Quote, Run, Video
from tests.conftest import Clock
from tests.makers import reader
from tests.newsroom import Newsroom, newsroom

POST = "Ferry sails again\n\nThe ferry left at noon with forty on board.\n\n#Harbour_News @marsan"


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock, Config(commands_per_minute=0, admins=(99,))) as opened:
        yield opened


@pytest.fixture
def admin(room: Newsroom) -> Chat:
    return room.sim.private(room.sim.person("Nour", "en", 99))


@pytest.fixture
async def channel(room: Newsroom) -> Chat:
    """A public channel that is a source, and of which the bot is an administrator."""
    made = room.sim.channel("Marsan", username="marsan")
    made.members[room.sim.bot["id"]] = "administrator"
    await room.storage.sources.add(f"channel:{made.id}", SourceKind.CHANNEL, title="Marsan", now=room.clock())
    return made


async def articles(room: Newsroom) -> list[Article]:
    await room.heard()
    return await room.storage.articles.newest(limit=20)


async def titles(room: Newsroom) -> list[str]:
    return [article.text.title for article in await articles(room)]


def photo(number: int = 1, *, width: int = 800, **more: Any) -> dict[str, Any]:
    small = {"file_id": f"s{number}", "file_unique_id": f"us{number}", "width": 90, "height": 60}
    large = {"file_id": f"l{number}", "file_unique_id": f"ul{number}", "width": width, "height": 600}
    return {"photo": [small, large], **more}


def blocks(article: Article) -> tuple[Any, ...]:
    return read_document(article.text.document, article.text.body)


# Posts


async def test_a_post_becomes_an_article_that_is_pushed(room: Newsroom, channel: Chat) -> None:
    chat, _ = room.reader()
    await reader(room.storage, chat.id)
    post = channel.say(POST)
    [article] = await articles(room)
    assert (article.text.title, article.text.body) == (
        "Ferry sails again",
        "The ferry left at noon with forty on board.",
    )
    assert (article.text.url, article.source) == (f"https://t.me/marsan/{post.id}", "Marsan")
    assert [category.name for category in article.categories] == ["Harbour News"]
    assert article.lane is Lane.ALERT
    async with room.sending():
        await room.sim.until(lambda: any("Ferry sails again" in message.text for message in chat.messages))


async def test_an_edited_post_is_a_correction(room: Newsroom, channel: Chat, clock: Clock) -> None:
    post = channel.say(POST)
    await room.heard()
    for text in ("Ferry sails at one", "Ferry sails at two"):  # within one second
        channel.edit(post, f"{text}\n\nThe ferry left with forty on board.")
    [article] = await articles(room)
    assert (article.text.title, article.revision) == ("Ferry sails at two", 3)


async def test_a_post_that_comes_again_changes_nothing(room: Newsroom, channel: Chat) -> None:
    post = channel.say(POST)
    await room.heard()
    first = dict(post.raw)
    channel.edit(post, "Ferry stays\n\nThe wind is too strong for it, says the harbour office.")
    await room.heard()
    room.sim.give({"channel_post": first})  # as after a kill, before the first answer was committed
    [article] = await articles(room)
    assert (article.text.title, article.revision) == ("Ferry stays", 2)


async def test_the_usual_gap_between_posts_is_known(room: Newsroom, channel: Chat, clock: Clock) -> None:
    for number in range(4):
        channel.say(f"Ferry {number} sails again\n\nOn board were {number} people.")
        await room.heard()
        clock.advance(hours=2)
    [source] = await room.storage.sources.all()
    assert (source.gaps, source.usual_gap) == (2, timedelta(hours=2))  # the first post is no news


async def test_posts_of_a_private_channel_are_linked_for_its_members(room: Newsroom) -> None:
    private = room.sim.channel("Desk")
    private.members[room.sim.bot["id"]] = "administrator"
    await room.storage.sources.add(f"channel:{private.id}", SourceKind.CHANNEL, now=room.clock())
    post = private.say(POST)
    [article] = await articles(room)
    assert article.text.url == f"https://t.me/c/{-private.id - 10**12}/{post.id}"


@pytest.mark.parametrize(
    "content",
    [
        {"poll": {"id": "1", "question": "Which ferry?", "options": []}},
        {"sticker": {"file_id": "1"}},
        {"pinned_message": {"text": "Ferry sails"}},
        {"new_chat_title": "Ferry"},
        {"text": "🎉🎉🎉"},
        {"text": "  "},
        {"photo": [{"file_id": "1", "width": 9, "height": 9}]},
        {"text": "Ferry sails today", "via_bot": {"id": 0}},
        {"text": "Ferry sails today", "from": {"id": 0}},
        {"text": "Ferry sails today", "forward_origin": {"type": "user", "sender_user": {"id": 0}}},
        {"text": ["Ferry"], "caption": 7},
    ],
)
async def test_what_is_no_news_is_ignored(room: Newsroom, channel: Chat, content: dict[str, Any]) -> None:
    ours = str(content).replace("'id': 0", f"'id': {room.sim.bot['id']}")
    raw = {"message_id": 5, "date": 1, "chat": channel.to_json(), **eval(ours, {})}
    room.sim.give({"channel_post": raw})
    channel.say("Choir wins the prize")
    assert await titles(room) == ["Choir wins the prize"]


async def test_posts_of_other_channels_are_ignored(room: Newsroom, channel: Chat) -> None:
    other = room.sim.channel("Other")
    other.members[room.sim.bot["id"]] = "administrator"
    other.say(POST)
    await room.storage.sources.set_paused(1, True, now=room.clock())
    channel.say(POST)
    assert await titles(room) == []


async def test_the_news_of_the_bot_in_the_channel_are_no_articles(room: Newsroom, channel: Chat, admin: Chat) -> None:
    await reader(room.storage, channel.id, kind=ChatKind.CHANNEL)
    [article] = await room.publish(Draft(title="Bridge opens", body="At noon."), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: len(channel.messages) == 1)
    sent = channel.last
    await room.sim.until(lambda: True)
    room.sim.give({"channel_post": sent.raw})
    origin = {"type": "channel", "chat": channel.to_json(), "message_id": sent.id, "date": 1}
    room.sim.give({"channel_post": {**sent.raw, "message_id": 77, "forward_origin": origin}})
    assert [one.id for one in await articles(room)] == [article]


async def test_a_channel_that_gets_news_does_not_get_its_own_posts(
    room: Newsroom, channel: Chat, admin: Chat
) -> None:
    await reader(room.storage, channel.id, kind=ChatKind.CHANNEL)
    await room.ask(admin, "/add @marsan")
    channel.say(POST)
    await room.heard()
    assert await titles(room) == ["Ferry sails again"]
    await room.storage.deliveries.expand(limit=10, now=room.clock())
    owed = await room.storage.deliveries.claim(limit=10, now=room.clock())
    assert channel.id not in {one.chat_id for one in owed}


# Pictures


async def test_the_picture_of_a_post_is_the_file_that_telegram_has(room: Newsroom, channel: Chat) -> None:
    post = channel.share(photo(caption=POST))
    [article] = await articles(room)
    address = f"https://t.me/marsan/{post.id}"
    assert blocks(article)[0] == Picture(address, width=800, height=600)
    assert await room.pictures.known([address]) is not None
    assert await room.storage.pictures.known(room.bot.id, [address], failed_since=room.clock()) == {address: "l1"}


async def test_an_album_is_one_article_with_all_its_pictures(room: Newsroom, channel: Chat) -> None:
    posts = [
        channel.share(photo(number, media_group_id="7") | ({"caption": POST} if number == 1 else {}))
        for number in (1, 2, 3)
    ]
    [article] = await articles(room)
    gallery = blocks(article)[0]
    assert isinstance(gallery, Gallery)
    assert [one.address for one in gallery.pictures] == [f"https://t.me/marsan/{post.id}" for post in posts]
    room.clock.advance(minutes=1)
    channel.edit(posts[0], "Ferry sails at one\n\nIt left with forty on board.")
    [article] = await articles(room)
    assert article.text.title == "Ferry sails at one"
    assert len(blocks(article)[0].pictures) == 3
    room.sim.give({"channel_post": posts[2].raw})
    [again] = await articles(room)
    assert again.revision == article.revision


async def test_an_album_waits_on_the_desk_with_all_its_pictures(room: Newsroom, channel: Chat) -> None:
    source = await room.storage.sources.find(f"channel:{channel.id}")
    assert source
    await room.storage.sources.set_desk(source.id, True)
    first = channel.share(photo(1, media_group_id="7", caption=POST))
    channel.share(photo(2, media_group_id="7"))
    room.clock.advance(minutes=1)
    channel.edit(first, "Ferry sails at one\n\nIt left with forty on board.")
    await room.heard()
    [waiting] = await room.storage.desk.page(limit=2)
    assert waiting.article.text.title == "Ferry sails at one"
    [gallery, *_] = read_document(waiting.article.text.document, waiting.article.text.body)
    assert isinstance(gallery, Gallery)
    assert len(gallery.pictures) == 2


async def test_a_second_caption_of_an_album_belongs_to_its_picture(room: Newsroom, channel: Chat) -> None:
    channel.share(photo(1, media_group_id="7", caption=POST))
    channel.share(photo(2, media_group_id="7", caption="The harbour at noon"))
    [article] = await articles(room)
    assert article.text.title == "Ferry sails again"
    assert [one.caption for one in blocks(article)[0].pictures] == [(), (Run("The harbour at noon"),)]


async def test_a_film_is_shown_at_its_post(room: Newsroom, channel: Chat) -> None:
    video = {"file_id": "v", "file_unique_id": "uv", "duration": 3, "width": 640, "height": 360}
    post = channel.share({"video": video, "caption": POST})
    [article] = await articles(room)
    assert blocks(article)[0] == Video(f"https://t.me/marsan/{post.id}")


# Headlines and texts


def drafted(text: str, entities: list[dict[str, Any]] | None = None, **more: Any) -> Draft:
    chat = {"id": -1000000000007, "type": "channel", "title": "Marsan", "username": "marsan"}
    raw = {"message_id": 5, "date": 1_700_000_000, "chat": chat, "text": text, "entities": entities or [], **more}
    post = read_post(raw, update_id=3, bot_id=1)
    assert post is not None
    assert post.draft is not None
    return post.draft


LONG = "The harbour council of Marsan decided on Thursday evening to build a second line of the tram. It opens soon. "


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("Ferry sails again today", "Ferry sails again today", ""),
        ("Ferry sails again today.\nIt left at noon.", "Ferry sails again today.", "It left at noon."),
        ("⚡️ BREAKING\n\nFerry sails again\n\nAt noon.", "⚡️ BREAKING: Ferry sails again", "At noon."),
        ("عاجل:\nالعبارة تبحر من جديد\nعند الظهر.", "عاجل: العبارة تبحر من جديد", "عند الظهر."),
        (LONG * 3, LONG.partition(". ")[0] + ".", ("It opens soon. " + LONG * 2).strip()),
        ("#News @marsan\nFerry sails again\nAt noon.\nhttps://t.me/marsan", "Ferry sails again", "At noon."),
        ("Ferry sails again\n\nAt noon.\n\n👉 @marsan\n———\nt.me/+abc", "Ferry sails again", "At noon."),
        ("Ferry sails\n\nOne.\n\n\nTwo.\nThree.", "Ferry sails", "One.\n\nTwo.\nThree."),
        ("خبر عاجل\nالعبارة تبحر", "خبر عاجل: العبارة تبحر", ""),
    ],
)
def test_the_headline_of_a_post_is_its_first_line_or_sentence(text: str, title: str, body: str) -> None:
    draft = drafted(text)
    assert (draft.title, draft.body) == (title, body)


def test_a_sentence_without_an_end_is_cut_and_told_again_in_the_text() -> None:
    words = "harbour council " * 40
    draft = drafted(words)
    assert draft.title.endswith(" harbour…")
    assert len(draft.title) <= 121
    assert draft.body == words.strip()


def test_entities_are_counted_in_utf_16_and_become_blocks() -> None:
    text = "😀 Ferry sails again\n\nThe 😀 bold and linked words.\n\nSaid she.\n\nx = 1\n\nSee a.example/x"
    words = ("bold", "linked", "Said", "x = 1", "a.ex")
    offset = {word: len(text[: text.index(word)].encode("utf-16-le")) // 2 for word in words}
    entities: list[dict[str, Any]] = [
        {"type": "bold", "offset": offset["bold"], "length": 4},
        {"type": "text_link", "offset": offset["linked"], "length": 6, "url": "https://a.example/"},
        {"type": "blockquote", "offset": offset["Said"], "length": 9},
        {"type": "pre", "offset": offset["x = 1"], "length": 5},
        {"type": "url", "offset": offset["a.ex"], "length": 11},
        {"type": "bold", "offset": "x", "length": []},
        {"type": "bold", "offset": 1, "length": 3},  # half of a letter
        {"type": "bold", "offset": 5, "length": 9_999},
    ]
    draft = drafted(text, entities)
    assert read_document(draft.document, draft.body) == (
        Paragraph(
            (
                Run("The 😀 "),
                Run("bold", frozenset({Mark.BOLD})),
                Run(" and "),
                Run("linked", link="https://a.example/"),
                Run(" words."),
            )
        ),
        Quote((Paragraph((Run("Said she."),)),)),
        Code("x = 1"),
        Paragraph((Run("See "), Run("a.example/x", link="https://a.example/x"))),
    )


def test_a_rich_post_is_read_as_text() -> None:
    deep: Any = "too deep"
    for _ in range(500):
        deep = {"type": "bold", "text": deep}
    blocks = [
        {"type": "heading", "size": 1, "text": "Ferry sails again"},
        {"type": "paragraph", "text": ["It ", {"type": "bold", "text": "left"}, " at noon."]},
        {"type": "list", "items": [{"blocks": [{"type": "paragraph", "text": "Forty people"}]}, 7]},
        {"type": "photo", "photo": []},
        {"type": "paragraph", "text": deep},
        "no block",
    ]
    draft = drafted("", rich_message={"blocks": blocks})
    assert (draft.title, draft.body) == ("Ferry sails again", "It left at noon.\n\nForty people")


@pytest.mark.parametrize("wrong", [7, [], {}, None, "x", True, -1, 2**70])
def test_a_value_of_a_wrong_type_costs_only_itself(wrong: Any) -> None:
    people = ("author_signature", "via_bot", "from", "forward_origin")
    for field in (*people, *"rich_message date edit_date entities photo video media_group_id".split()):
        assert drafted("Ferry sails again", **{field: wrong}).title == "Ferry sails again"


# Adding a channel


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("@marsan", "@marsan"),
        ("https://t.me/marsan", "@marsan"),
        ("t.me/s/marsan", "@marsan"),
        ("http://telegram.me/marsan/12?single", "@marsan"),
        ("https://t.me/c/123/45", -1_000_000_000_123),
        ("channel:-1000000000123", -1_000_000_000_123),
        ("https://t.me/+abcdef", None),
        ("https://t.me/joinchat/abcdef", None),
        ("@me", None),
        ("https://news.example/@marsan", None),
        ("https://not-t.me/marsan", None),
    ],
)
def test_the_address_of_a_channel_is_recognised(typed: str, meant: int | str | None) -> None:
    assert channel_in(typed) == meant


@pytest.mark.parametrize("typed", ["/add @marsan", "/add https://t.me/marsan/3"])
async def test_an_administrator_adds_a_channel(room: Newsroom, admin: Chat, typed: str) -> None:
    made = room.sim.channel("Marsan", username="marsan")
    answer = await room.ask(admin, typed)
    assert "Added for everyone" in answer.text
    assert "I am not an administrator of this channel yet" in answer.text
    [source] = await room.storage.sources.all()
    assert (source.kind, source.url, source.title) == (SourceKind.CHANNEL, f"channel:{made.id}", "Marsan (@marsan)")
    assert source.last_error == "the bot is no administrator of this channel, so Telegram does not send its posts"
    made.add_bot(admin.person or Person(1, "x"), admin=True)
    made.say(POST)
    assert await titles(room) == ["Ferry sails again"]
    [source] = await room.storage.sources.all()
    assert (source.failures, source.last_error) == (0, None)
    room.sim.errors.clear()  # a channel where the bot is no member yet


async def test_the_administrators_are_told_when_the_bot_may_not_read_any_more(
    room: Newsroom, channel: Chat, admin: Chat
) -> None:
    await room.ask(admin, "/start")
    channel.kick_bot(admin.person or Person(1, "x"))
    await room.heard()
    [source] = await room.storage.sources.all()
    assert source.failures == 1
    async with room.sending():
        await room.sim.until(lambda: "no administrator of this channel" in admin.last.text)


async def test_a_forwarded_post_adds_its_channel(room: Newsroom, admin: Chat) -> None:
    made = room.sim.channel("Desk")
    made.members[room.sim.bot["id"]] = "administrator"
    origin = {"type": "channel", "date": 1, "chat": made.to_json(), "message_id": 7}
    admin.share({"text": "Ferry", "forward_origin": origin})
    await room.heard()
    assert "Added for everyone" in admin.last.text
    assert "not an administrator" not in admin.last.text
    assert [source.url for source in await room.storage.sources.all()] == [f"channel:{made.id}"]


async def test_a_channel_that_is_not_there_is_refused(room: Newsroom, admin: Chat) -> None:
    room.sim.channel("Secret")
    for typed in ("/add @nobody_here", "/add https://t.me/c/1/2"):
        assert (await room.ask(admin, typed)).text.startswith("I can't find the channel")
    assert await room.storage.sources.all() == []
    room.sim.errors.clear()


async def test_readers_add_no_channel(room: Newsroom) -> None:
    chat, _ = room.reader()
    room.sim.channel("Marsan", username="marsan")
    answer = await room.ask(chat, "/add @marsan")
    assert answer.text.startswith("Only this bot's administrators can add Telegram channels.")
    assert await room.storage.sources.all() == []
