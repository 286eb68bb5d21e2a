"""Inline mode: what people find when they type the name of the bot in any chat, and what is posted there."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.chat.inline import AT_ONCE, PEOPLE_WAITING, Answer, InlineQueries, InlineQuery
from bot.config import Config
from bot.ingest.draft import Draft
from bot.sim import Chat, Fault, Person
from storage import Storage
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom
from tests.test_chat_commands import ARABIC, draft
from tests.test_chat_deep_links import private_source
from tests.test_cli_stories import LAUNCH


async def ask(room: Newsroom, person: Person, words: str = "", **more: Any) -> dict[str, Any]:
    """The answer to a query that a person types in a group that the bot does not know."""
    asked = room.sim.inline.ask(elsewhere(room), person, words, **more)
    return await asyncio.wait_for(asked.answered, 30) | {"query": asked.id}


def elsewhere(room: Newsroom) -> Chat:
    """A group that the bot is no member of."""
    group = room.sim.group("Friends")
    del group.members[room.sim.bot["id"]]
    return group


def titles(answer: dict[str, Any]) -> list[str]:
    return [one["title"] for one in answer["results"]]


def pictured(title: str) -> Draft:
    return Draft(
        title=title,
        body="It went to a museum on Monday.\n\nThe quay is empty now.",
        url="https://herald.example/crane",
        image_url="https://herald.example/crane.jpg",
        categories=("Trade",),
        publisher="Harbour News",
    )


# What is found


async def test_an_empty_query_gives_the_newest_with_category_source_and_age(room: Newsroom) -> None:
    await room.publish(draft("Old crane sold"), draft("New crane bought", "Trade"))
    answer = await ask(room, room.sim.person("Stranger"))
    assert titles(answer) == ["New crane bought", "Old crane sold"]
    assert answer["results"][0]["description"] == "\u200e⁨Trade⁩ · ⁨Harbour News⁩ · ⁨1 minute ago⁩"


async def test_words_give_the_articles_that_have_them(room: Newsroom) -> None:
    await room.publish(draft("Crane sold", body="Sold."), draft("Choir sings", body="It sang."))
    assert titles(await ask(room, room.sim.person("Stranger"), "choir")) == ["Choir sings"]


async def test_a_story_is_one_line_in_both_lists(room: Newsroom) -> None:
    await room.publish(draft("New pilot launch", body=LAUNCH), compared=True)
    await room.publish(draft("Pilots get a launch", body=LAUNCH), compared=True)
    for words in ("", "launch"):
        assert len((await ask(room, room.sim.person("Stranger"), words))["results"]) == 1


async def test_what_is_posted_is_an_alert_whose_buttons_work_in_any_chat(room: Newsroom) -> None:
    (article,) = await room.publish(pictured("Crane sold"))
    person = room.sim.person("Stranger")
    answer = await ask(room, person, "crane")
    assert answer["results"][0]["thumbnail_url"] == "https://herald.example/crane.jpg"
    group = elsewhere(room)
    posted = room.sim.inline.choose(answer["query"], answer["results"][0]["id"], group, person)
    assert posted.text.startswith("Crane sold\n\nIt went to a museum")
    assert "Harbour News" in posted.text
    assert [one["url"] for row in posted.rows for one in row] == [
        f"https://t.me/newsbot?start=art_{article}",
        "https://herald.example/crane",
    ]


async def test_an_arabic_article_has_arabic_words_for_everybody(room: Newsroom) -> None:
    await room.publish(draft("افتتاح الحوض الجديد", "اقتصاد", ARABIC))
    answer = await ask(room, room.sim.person("Stranger", "en"), "الحوض")
    (result,) = answer["results"]
    assert "قبل دقيقة" in result["description"]
    assert result["message"]["reply_markup"]["inline_keyboard"][0][0]["text"].startswith("📖")
    assert "Read" not in str(result["message"]["reply_markup"])


async def test_a_share_names_exactly_its_article(room: Newsroom) -> None:
    first, _ = await room.publish(draft("Crane sold"), draft("Crane sold again"))
    assert titles(await ask(room, room.sim.person("Stranger"), f"art_{first}")) == ["Crane sold"]
    assert titles(await ask(room, room.sim.person("Stranger"), "art_999")) == []


async def test_a_withdrawn_article_is_not_shared(room: Newsroom) -> None:
    (article,) = await room.publish(draft("Crane sold"))
    await room.storage.articles.retract(article, now=room.clock())
    person = room.sim.person("Stranger")
    for words in (f"art_{article}", "crane", ""):
        assert titles(await ask(room, person, words)) == []


@pytest.mark.parametrize(("typed", "language"), [("harb", "en"), ("الحو", "ar"), ("حوض", "ar")])
async def test_a_word_that_is_half_typed_finds_what_begins_so(room: Newsroom, typed: str, language: str) -> None:
    await room.publish(draft("Harbour opens"), draft("افتتاح الحوض الجديد", "اقتصاد", ARABIC))
    expected = {"en": "Harbour opens", "ar": "افتتاح الحوض الجديد"}[language]
    assert expected in titles(await ask(room, room.sim.person("Stranger", language), typed))


async def test_a_stranger_gets_the_newest_in_their_own_language(room: Newsroom) -> None:
    await room.publish(draft("Harbour opens"), draft("افتتاح الحوض الجديد", "اقتصاد", ARABIC))
    assert titles(await ask(room, room.sim.person("Stranger", "ar"))) == ["افتتاح الحوض الجديد"]
    assert titles(await ask(room, room.sim.person("Stranger", "en-GB"))) == ["Harbour opens"]


async def test_nothing_found_is_said_in_the_persons_language_with_a_way_to_the_bot(room: Newsroom) -> None:
    await room.publish(draft("Crane sold"))
    answer = await ask(room, room.sim.person("Stranger", "ar"), "xyzzyx")
    assert answer["button"] == {"text": "لا نتائج. اسألني في محادثتنا", "start_parameter": "inline"}
    assert answer["is_personal"]


# Pages


@pytest.mark.parametrize("words", ["", "crane"])
async def test_pages_go_on_where_the_last_one_ended_while_news_arrives(room: Newsroom, words: str) -> None:
    await room.publish(*[draft(f"Crane {number:02}") for number in range(23)])
    person, seen, offset = room.sim.person("Stranger"), list[str](), ""
    for page in range(3):
        answer = await ask(room, person, words, offset=offset)
        seen += titles(answer)
        offset = answer["next_offset"]
        await room.publish(draft(f"Crane later {page}"))
    assert sorted(seen) == [f"Crane {number:02}" for number in range(23)]
    assert offset == ""


@pytest.mark.parametrize("offset", ["x", "-1_-1", "1_2_3"])
async def test_an_offset_that_can_not_be_read_counts_as_the_beginning(room: Newsroom, offset: str) -> None:
    await room.publish(draft("Crane sold"))
    for words in ("", "crane"):
        assert titles(await ask(room, room.sim.person("Stranger"), words, offset=offset)) == ["Crane sold"]


async def test_behind_the_last_result_there_is_none(room: Newsroom) -> None:
    await room.publish(draft("Crane sold"))
    assert (
        titles(await ask(room, room.sim.person("Stranger"), "crane", offset="99999999999999_999999999999999")) == []
    )


# For whom an answer is kept


async def test_what_is_the_same_for_all_is_kept_for_all(room: Newsroom) -> None:
    await room.publish(draft("Crane sold"))
    for words in ("", "crane"):
        answer = await ask(room, room.sim.person("Stranger"), words)
        assert (answer["is_personal"], answer["cache_time"] > 0) == (False, True)
    calls = len(room.sim.calls)
    assert titles(await ask(room, room.sim.person("Other"), "crane")) == ["Crane sold"]
    assert [one for one in room.sim.calls[calls:] if one.method == "answerInlineQuery"] == []


async def own_news(room: Newsroom) -> Person:
    """A person with a private source that brought an article."""
    owner, person = room.reader(name="Owner")
    source = await private_source(room, owner)
    await room.publish(draft("Diary of May"), source=source)
    return person


async def test_private_articles_are_found_by_those_who_follow_the_source_alone(room: Newsroom) -> None:
    owner = await own_news(room)
    for words in ("diary", "", "art_1"):
        answer = await ask(room, owner, words)
        assert titles(answer) == ["Diary of May"]
        assert answer["is_personal"]
        assert titles(await ask(room, room.sim.person("Stranger"), words)) == []
    assert titles(await ask(room, room.sim.person("Stranger"), 'source:"Own diary"')) == []


async def test_what_a_person_mutes_is_left_out_for_that_person_alone(room: Newsroom) -> None:
    await room.publish(draft("Crane sold", "Trade"), draft("Choir sings", "Music"))
    chat, person = room.reader()
    await room.ask(chat, "/mute Trade")
    answer = await ask(room, person)
    assert (titles(answer), answer["is_personal"]) == (["Choir sings"], True)
    assert titles(await ask(room, room.sim.person("Stranger"))) == ["Choir sings", "Crane sold"]


async def test_languages_make_the_newest_personal_and_words_not(room: Newsroom) -> None:
    await room.publish(draft("Harbour opens"), draft("افتتاح الحوض الجديد", "اقتصاد", ARABIC))
    person = room.sim.person("Stranger", "en")
    assert (await ask(room, person))["is_personal"]
    assert not (await ask(room, person, "harbour"))["is_personal"]


# What nobody is to notice


async def test_a_query_leaves_nothing_behind(room: Newsroom) -> None:
    await room.publish(draft("Crane sold"))
    person = room.sim.person("Stranger")
    answer = await ask(room, person, "crane")
    await room.heard()
    assert await room.storage.chats.get(person.id) is None
    assert (await room.storage.inbox.stats()).waiting == 0
    chat = room.sim.private(person)
    room.sim.inline.choose(answer["query"], answer["results"][0]["id"], chat, person)  # in the chat with the bot
    await room.heard()
    assert chat.messages == []


async def test_letters_use_up_no_commands(storage: Storage, clock: Clock) -> None:
    async with newsroom(storage, clock, Config(commands_per_minute=2)) as room:
        await room.publish(draft("Crane sold"))
        chat, person = room.reader()
        for number in range(8):
            await ask(room, person, f"crane{number}")
        assert "Crane sold" in (await room.ask(chat, "/latest")).text


async def test_somebody_who_asks_without_end_is_asked_to_slow_down_and_then_not_answered(
    storage: Storage, clock: Clock
) -> None:
    async with newsroom(storage, clock, Config(commands_per_minute=1)) as room:
        await room.publish(draft("Crane sold"))
        person = room.sim.person("Stranger")
        answers = [await ask(room, person, f"crane -{number}") for number in range(7)]
        assert [len(one["results"]) for one in answers] == [1] * 6 + [0]
        assert answers[-1]["button"]["text"] == "Slower, please"
        ignored = room.sim.inline.ask(elsewhere(room), person, "crane -8")
        assert titles(await ask(room, room.sim.person("Other"), "crane")) == ["Crane sold"]
        assert not ignored.answered.done()


async def test_a_banned_person_is_not_answered(room: Newsroom) -> None:
    await room.publish(draft("Crane sold"))
    banned, other = room.sim.person("Banned"), room.sim.person("Other")
    await room.storage.bans.add(banned.id, by=1, now=room.clock())
    asked = room.sim.inline.ask(elsewhere(room), banned, "crane")
    await ask(room, other, "choir")
    assert not asked.answered.done()


async def test_one_address_that_telegram_refuses_costs_its_button_and_not_the_results(room: Newsroom) -> None:
    await room.publish(pictured("Crane sold"))
    room.sim.faults.add(Fault("bad_request", "answerInlineQuery", text="WEBDOCUMENT_URL_INVALID"))
    answer = await ask(room, room.sim.person("Stranger"), "crane")
    (result,) = answer["results"]
    assert "thumbnail_url" not in result
    assert "link_preview_options" not in result["message"]
    assert [one["text"] for row in result["message"]["reply_markup"]["inline_keyboard"] for one in row] == ["📖 Read"]


async def test_a_server_that_is_away_stops_no_later_query(room: Newsroom) -> None:
    await room.publish(draft("Crane sold"))
    room.sim.faults.add(Fault("server_error", "answerInlineQuery"))
    lost = room.sim.inline.ask(elsewhere(room), room.sim.person("Stranger"), "crane")
    await room.sim.until(lambda: any(one.method == "answerInlineQuery" for one in room.sim.calls))
    assert titles(await ask(room, room.sim.person("Other"), "sold")) == ["Crane sold"]
    assert not lost.answered.done()


# Turns


def update(person: int, words: str) -> dict[str, Any]:
    query = {"id": words, "from": {"id": person, "language_code": "en"}, "query": words, "offset": ""}
    return {"update_id": 1, "inline_query": query}


class Typing:
    """Queries that are found when a test says so, on a clock that it moves."""

    def __init__(self) -> None:
        self.time = 0.0
        self.begun: list[str] = []
        self.sent: list[str] = []
        self.free = asyncio.Event()
        self.queries = InlineQueries(self._find, self._send, steady=lambda: self.time)

    async def _find(self, query: InlineQuery) -> Answer | None:
        self.begun.append(query.words)
        await self.free.wait()
        return Answer()

    async def _send(self, query: InlineQuery, answer: Answer) -> None:
        self.sent.append(query.words)


async def test_of_the_letters_that_a_person_types_the_newest_wins() -> None:
    typing = Typing()
    for words in ("c", "cr", "cra", "cran", "crane"):
        typing.queries.take(update(7, words))
        await asyncio.sleep(0)
    assert typing.begun == ["c"]
    typing.free.set()
    await typing.queries.wait_until_answered()
    assert typing.begun == ["c", "crane"]
    assert typing.sent == ["crane"]


async def test_one_person_takes_one_turn_and_leaves_the_others_theirs() -> None:
    typing = Typing()
    for number in range(100):
        typing.queries.take(update(7, f"fast {number}"))
        await asyncio.sleep(0)
    for person in range(AT_ONCE + 1):
        typing.queries.take(update(100 + person, f"person {person}"))
    await asyncio.sleep(0)
    assert typing.begun == ["fast 0", *(f"person {number}" for number in range(AT_ONCE - 1))]
    typing.free.set()
    await typing.queries.wait_until_answered()
    assert typing.sent[-1] == "fast 99"
    assert len(typing.sent) == AT_ONCE + 2


async def test_a_query_that_waited_too_long_is_dropped() -> None:
    typing = Typing()
    for person in range(AT_ONCE + 1):
        typing.queries.take(update(person, f"person {person}"))
    await asyncio.sleep(0)
    typing.time = timedelta(seconds=11).total_seconds()
    typing.free.set()
    await typing.queries.wait_until_answered()
    assert f"person {AT_ONCE}" not in typing.begun


async def test_more_people_than_can_be_answered_are_not_kept() -> None:
    typing = Typing()
    for person in range(PEOPLE_WAITING + AT_ONCE + 50):
        assert typing.queries.take(update(person, f"person {person}"))
    await asyncio.sleep(0)
    typing.free.set()
    await typing.queries.wait_until_answered()
    assert len(typing.sent) <= PEOPLE_WAITING + AT_ONCE


async def test_what_is_no_query_is_not_taken_and_what_is_a_broken_one_is_dropped() -> None:
    typing = Typing()
    assert not typing.queries.take({"update_id": 1, "message": {}})
    assert not typing.queries.take(["nothing"])
    broken: list[Any] = [{}, [], {"id": 7}, {"from": {"id": True}}, update(1, "x" * 300)["inline_query"]]
    for query in broken:
        assert typing.queries.take({"update_id": 1, "inline_query": query})
    await asyncio.sleep(0)
    assert typing.begun == []


async def test_the_end_drops_what_is_under_way() -> None:
    typing = Typing()
    typing.queries.take(update(7, "crane"))
    await asyncio.sleep(0)
    await typing.queries.stop()
    typing.free.set()
    assert typing.sent == []
