"""The last lists that chats and people were shown, and the searches that buttons repeat."""

import json
from datetime import timedelta

import pytest

from storage import Storage
from storage.errors import NotFound
from storage.topics.shown_lists import POSITIONS_OF_PERSON
from tests.makers import NOON, reader

HUDA, OMAR = 7, 8
MINUTE = timedelta(minutes=1)


async def test_positions_are_those_of_the_last_list_and_its_pages(storage: Storage) -> None:
    chat = (await reader(storage, 1)).id
    await storage.lists.save_list(chat, [11, 12, 13])
    await storage.lists.save_list(chat, [14, 15], first=4)
    assert [await storage.lists.article_at(chat, position) for position in range(1, 7)] == [11, 12, 13, 14, 15, None]
    await storage.lists.save_list(chat, [13], first=3)  # a page back: what came after it is no longer on the screen
    assert [await storage.lists.article_at(chat, position) for position in (2, 3, 4)] == [12, 13, None]
    await storage.lists.save_list(chat, [21])
    assert [await storage.lists.article_at(chat, position) for position in (1, 2, 4)] == [21, None, None]


async def test_the_same_words_of_a_chat_have_the_same_number(storage: Storage) -> None:
    one, other = (await reader(storage, 1)).id, (await reader(storage, 2)).id
    number = await storage.lists.save_search(one, "sea breeze", now=NOON)
    assert await storage.lists.save_search(one, "sea breeze", now=NOON + MINUTE) == number
    assert await storage.lists.search_words(number, chat_row=one) == "sea breeze"
    assert await storage.lists.search_words(number + 1, chat_row=one) is None
    assert await storage.lists.search_words(number, chat_row=other) is None
    assert await storage.lists.save_search(other, "sea breeze", now=NOON) != number


async def test_only_so_many_searches_of_a_chat_are_kept_and_one_that_is_used_stays(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.topics.shown_lists.SEARCHES_OF_CHAT", 2)
    one, other = (await reader(storage, 1)).id, (await reader(storage, 2)).id
    theirs = await storage.lists.save_search(other, "of another chat", now=NOON)
    numbers = {}
    for minute, words in enumerate(("first", "second", "first", "third")):
        numbers[words] = await storage.lists.save_search(one, words, now=NOON + minute * MINUTE)
    kept = [words for words, number in numbers.items() if await storage.lists.search_words(number, chat_row=one)]
    assert kept == ["first", "third"]
    assert await storage.lists.search_words(theirs, chat_row=other) == "of another chat"
    assert await storage.lists.prune_searches(before=NOON + 3 * MINUTE) == 2
    with pytest.raises(NotFound):
        await storage.lists.save_search(999, "of nobody", now=NOON)


async def test_a_search_that_was_just_made_is_kept_though_the_clock_was_set_back(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.topics.shown_lists.SEARCHES_OF_CHAT", 2)
    chat = (await reader(storage, 1)).id
    for words in ("first", "second"):
        await storage.lists.save_search(chat, words, now=NOON)
    number = await storage.lists.save_search(chat, "third", now=NOON - MINUTE)
    assert await storage.lists.search_words(number, chat_row=chat) == "third"


async def test_list_of_one_person_goes_on_and_a_page_back_forgets_what_came_after_it(storage: Storage) -> None:
    chat, other = (await reader(storage, 1)).id, (await reader(storage, 2)).id
    lists = storage.lists
    await lists.save_for_one(chat, HUDA, [11, 12], first=1, now=NOON)
    await lists.save_for_one(chat, HUDA, [13, 14], first=3, now=NOON)
    assert await lists.last_for_one(chat, HUDA) == {1: 11, 2: 12, 3: 13, 4: 14}
    await lists.save_for_one(chat, HUDA, [12], first=2, now=NOON)
    assert await lists.last_for_one(chat, HUDA) == {1: 11, 2: 12}
    assert await lists.last_for_one(chat, OMAR) is None
    assert await lists.last_for_one(other, HUDA) is None


async def test_list_of_one_person_ends_when_the_whole_group_is_shown_another_one(storage: Storage) -> None:
    chat, lists = (await reader(storage, 1)).id, storage.lists
    await lists.save_list(chat, [1, 2])
    await lists.save_for_one(chat, HUDA, [11], first=1, now=NOON)
    assert await lists.last_for_one(chat, HUDA) == {1: 11}
    await lists.save_list(chat, [3, 2])
    assert await lists.last_for_one(chat, HUDA) is None


async def test_lists_of_people_are_bounded_pruned_and_forgotten_with_the_person(storage: Storage) -> None:
    chat, lists = (await reader(storage, -5)).id, storage.lists
    await reader(storage, HUDA)
    for page in range(5):
        await lists.save_for_one(chat, HUDA, range(100), first=1 + 100 * page, now=NOON)
    assert len(await lists.last_for_one(chat, HUDA) or {}) == POSITIONS_OF_PERSON
    exported = await storage.personal_data.export(HUDA)
    assert len(json.loads(exported["last_lists_in_groups"][0]["articles"])) == POSITIONS_OF_PERSON
    await lists.save_for_one(chat, OMAR, [1], first=1, now=NOON + MINUTE)
    assert await storage.personal_data.forget(HUDA)
    assert await lists.last_for_one(chat, HUDA) is None
    assert await lists.prune_for_one(before=NOON + MINUTE) == 0
    assert await lists.prune_for_one(before=NOON + 2 * MINUTE) == 1
    assert await lists.last_for_one(chat, OMAR) is None
