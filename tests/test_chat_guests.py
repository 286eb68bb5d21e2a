"""Guest mode: a mention of the bot in a group where it is no member is answered once."""

from collections.abc import AsyncIterator

import pytest

from bot.chat.guests import WORTH_SECONDS
from bot.config import Config
from bot.ingest.draft import Draft
from bot.ingest.identity import link_key
from bot.sim import Chat, Fault, Person, Shown
from storage import Storage
from storage.records import NewArticle
from tests.conftest import Clock
from tests.makers import new_article, stored
from tests.newsroom import Newsroom, newsroom
from tests.test_chat_commands import ARABIC, draft
from tests.test_chat_deep_links import private_source


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock) as opened:
        await polled(opened)
        yield opened


async def polled(room: Newsroom) -> None:
    """The bot has said which updates it wants: guest messages come to no bot that did not ask for them."""
    await room.sim.until(lambda: room.sim.polls_begun > 0)


@pytest.fixture
def person(room: Newsroom) -> Person:
    return room.sim.person("Huda", "en")


@pytest.fixture
def group(room: Newsroom) -> Chat:
    """A group that the bot is no member of."""
    group = room.sim.group("Friends")
    del group.members[room.sim.bot["id"]]
    return group


async def mention(room: Newsroom, group: Chat, text: str, person: Person, *, reply_to: int | None = None) -> Shown:
    before = len(group.messages)
    group.say(text, person, reply_to=reply_to)
    await room.sim.until(lambda: len(group.messages) > before)
    await room.heard()
    assert len(group.messages) == before + 1
    return group.last


async def test_words_are_answered_with_the_best_article(room: Newsroom, group: Chat, person: Person) -> None:
    await room.publish(draft("Crane sold", body="Sold."), draft("Choir sings", body="It sang."))
    answer = await mention(room, group, "@newsbot choir", person)
    assert answer.text.startswith("Choir sings")
    assert answer.rows[0][0]["url"] == "https://t.me/newsbot?start=art_2"


async def test_an_arabic_mention_is_answered_in_arabic(room: Newsroom, group: Chat) -> None:
    await room.publish(draft("افتتاح الحوض الجديد", "اقتصاد", ARABIC))
    answer = await mention(room, group, "ما خبر الحوض يا @newsbot؟", room.sim.person("Huda", "ar"))
    assert answer.text.startswith("افتتاح الحوض الجديد")
    assert answer.buttons[0] == "📖 اقرأ"


async def test_a_message_is_found_by_the_link_in_it(room: Newsroom, group: Chat, person: Person) -> None:
    await stored(room.storage, linked("ferry"), linked("crane"))
    shared = group.say("See https://www.news.example/ferry/?utm_source=x", person)
    answer = await mention(room, group, "@newsbot", person, reply_to=shared.id)
    assert answer.text.startswith("Title ferry")


async def test_a_link_that_was_typed_without_its_scheme_is_known(room: Newsroom, group: Chat, person: Person) -> None:
    await stored(room.storage, new_article("ferry", identity=link_key("https://news.example/7")), linked("crane"))
    shared = group.say("No crane! news.example/7", person)
    shared.raw["entities"] = [{"type": "url", "offset": 10, "length": 14}]
    answer = await mention(room, group, "@newsbot", person, reply_to=shared.id)
    assert answer.text.startswith("Title ferry")


async def test_a_message_without_a_known_link_is_found_by_its_words(
    room: Newsroom, group: Chat, person: Person
) -> None:
    await room.publish(draft("Crane sold", body="Sold."), draft("Choir sings", body="It sang."))
    shared = group.say("Did you hear that the choir sings? https://other.example/x", person)
    answer = await mention(room, group, "@newsbot", person, reply_to=shared.id)
    assert answer.text.startswith("Choir sings")


@pytest.mark.parametrize("said", ["-Choir sings", "Choir sings - source:Reuters", 'category:none "choir sings" now'])
async def test_a_message_that_is_replied_to_is_read_as_words_and_not_as_a_query(
    room: Newsroom, group: Chat, person: Person, said: str
) -> None:
    await room.publish(draft("Choir sings", body="It sang."), draft("Crane sold", body="Sold."))
    shared = group.say(said, person)
    answer = await mention(room, group, "@newsbot", person, reply_to=shared.id)
    assert answer.text.startswith("Choir sings")


async def test_a_page_is_found_by_the_link_in_it_or_by_its_headline(
    room: Newsroom, group: Chat, person: Person
) -> None:
    await stored(room.storage, linked("ferry"), linked("crane"))
    link = {"type": "url", "text": "Source", "url": "https://news.example/ferry"}
    headline = {"type": "heading", "text": ["Title ", {"type": "bold", "text": "ferry"}], "size": 1}
    for block in ({"type": "paragraph", "text": ["Read on: ", link]}, headline):
        shared = group.say("A page", person)
        del shared.raw["text"]
        shared.raw["rich_message"] = {"blocks": [block]}
        answer = await mention(room, group, "@newsbot", person, reply_to=shared.id)
        assert answer.text.startswith("Title ferry")


async def test_a_mention_alone_is_answered_with_the_newest(room: Newsroom, group: Chat, person: Person) -> None:
    await room.publish(draft("Crane sold"), draft("Choir sings"))
    assert (await mention(room, group, "@newsbot", person)).text.startswith("Choir sings")


async def test_nothing_found_is_said_once(room: Newsroom, group: Chat) -> None:
    await room.publish(draft("Crane sold"))
    answer = await mention(room, group, "@newsbot xyzzyx", room.sim.person("Huda", "ar"))
    assert answer.text == "لم أجد خبرًا عن هذا."


async def test_a_guest_shows_no_private_article_even_to_its_owner(room: Newsroom, group: Chat) -> None:
    owner, person = room.reader(name="Owner")
    source = await private_source(room, owner)
    await room.publish(Draft(title="Diary of May", body="It rained.", url="https://own.example/may"), source=source)
    for typed in ("@newsbot diary of may", "@newsbot"):
        assert "Diary" not in (await mention(room, group, typed, person)).text


async def test_nothing_is_stored_about_the_chat_or_the_person(room: Newsroom, group: Chat, person: Person) -> None:
    await room.publish(draft("Crane sold"))
    await mention(room, group, "@newsbot crane", person)
    assert await room.storage.chats.get(group.id) is None
    assert await room.storage.chats.get(person.id) is None


async def test_a_person_has_the_same_limit_as_with_commands(storage: Storage, clock: Clock) -> None:
    async with newsroom(storage, clock, Config(commands_per_minute=1)) as room:
        await polled(room)
        await room.publish(draft("Crane sold"))
        person, group = room.sim.person("Huda"), room.sim.group("Friends")
        del group.members[room.sim.bot["id"]]
        assert (await mention(room, group, "@newsbot crane", person)).text.startswith("Crane sold")
        assert (await mention(room, group, "@newsbot crane", person)).text == "Slower, please"
        group.say("@newsbot crane", person)
        await room.heard()
        assert len(group.messages) == 2


async def test_an_answer_that_telegram_refuses_is_sent_in_a_simpler_form(
    room: Newsroom, group: Chat, person: Person
) -> None:
    await room.publish(draft("Crane sold"))
    room.sim.faults.add(Fault("bad_request", "answerGuestQuery", text="BUTTON_URL_INVALID"))
    answer = await mention(room, group, "@newsbot crane", person)
    assert answer.text.startswith("Crane sold")
    assert answer.buttons == ["📖 Read"]


async def test_an_answer_waits_for_the_end_of_a_flood(room: Newsroom, group: Chat, person: Person) -> None:
    await room.publish(draft("Crane sold"))
    room.sim.faults.add(Fault("too_many", "answerGuestQuery", seconds=1))
    assert (await mention(room, group, "@newsbot crane", person)).text.startswith("Crane sold")


async def test_a_flood_that_lasts_longer_than_the_question_is_not_waited_for(
    room: Newsroom, group: Chat, person: Person
) -> None:
    await room.publish(draft("Crane sold"))
    room.sim.faults.add(Fault("too_many", "answerGuestQuery", seconds=WORTH_SECONDS + 1))
    group.say("@newsbot crane", person)
    await room.heard()
    assert group.messages == []


async def test_a_mention_in_a_private_chat_of_two_people_is_answered_there(room: Newsroom, person: Person) -> None:
    await room.publish(draft("Crane sold"), draft("Choir sings"))
    chat = room.sim.between(person, room.sim.person("Omar"))
    assert (await mention(room, chat, "@newsbot crane", person)).text.startswith("Crane sold")
    chat.say("Nice!", person)
    await room.heard()
    assert len(chat.messages) == 1
    assert await room.storage.chats.get(chat.id) is None


async def test_a_guest_who_is_answered_already_is_not_answered_again_and_stops_nobody(
    room: Newsroom, group: Chat, person: Person
) -> None:
    await room.publish(draft("Crane sold"))
    room.sim.faults.add(Fault("reset_after", "answerGuestQuery"))
    await mention(room, group, "@newsbot crane", person)
    assert (await mention(room, group, "@newsbot crane", person)).text.startswith("Crane sold")


def linked(name: str) -> NewArticle:
    """An article that is known by its address."""
    return new_article(name, identity=link_key(f"https://news.example/{name}"))
