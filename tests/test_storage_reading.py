"""Which articles a chat is shown: in the languages that its readers read."""

import pytest

from storage import Storage
from storage.records import Chat, Reading, Sent
from tests.makers import NOON, new_article, reader, readers, stored

ARABIC = Reading(languages=("ar",))


async def reads(storage: Storage, chat_id: int, *languages: str) -> Chat:
    """A chat that wants everything in these languages."""
    chat = await reader(storage, chat_id)
    await storage.chats.set_reading(chat.id, Reading(languages=languages), now=NOON)
    return chat


async def claimed(storage: Storage) -> list[int]:
    await storage.deliveries.expand(limit=100, now=NOON)
    return sorted(claim.chat_id for claim in await storage.deliveries.claim(limit=100, now=NOON))


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("ar", [1, 2, 4]),
        ("fa", [1, 4]),
        ("en", [1, 3]),
        ("r", [1]),
        ("und", [1, 2, 3, 4]),  # nobody misses what might be for them
    ],
)
async def test_an_alert_is_for_who_reads_its_language(storage: Storage, language: str, told: list[int]) -> None:
    await reader(storage, 1)
    await reads(storage, 2, "ar")
    await reads(storage, 3, "en")
    await reads(storage, 4, "fa", "ar")
    await stored(storage, new_article(language=language))
    assert (await storage.deliveries.stats(now=NOON)).chats_left == len(told)
    assert await claimed(storage) == told


async def test_it_is_so_for_who_subscribed_to_a_category(storage: Storage) -> None:
    (first,) = await stored(storage, new_article("before", lane=None, category="Sea"), now=NOON)
    article = await storage.articles.get(first)
    assert article is not None
    assert article.category is not None
    for chat_id, language in ((1, "ar"), (2, "en")):
        chat = await reader(storage, chat_id, everything=False)
        await storage.chats.subscribe(chat.id, article.category.id, now=NOON)
        await storage.chats.set_reading(chat.id, Reading(languages=(language,)), now=NOON)
    await stored(storage, new_article(language="ar", category="Sea"))
    assert await claimed(storage) == [1]


async def test_a_language_that_is_chosen_applies_to_what_is_owed_already(storage: Storage) -> None:
    await readers(storage, 2)
    await stored(storage, new_article(language="en"))
    await storage.deliveries.expand(limit=100, now=NOON)
    chat = await storage.chats.get(1)
    assert chat is not None
    await storage.chats.set_reading(chat.id, ARABIC, now=NOON)
    assert await claimed(storage) == [2]
    assert await storage.deliveries.count_owed() == 1


async def test_a_page_of_a_list_passes_over_other_languages(storage: Storage) -> None:
    languages = ["ar", "en", "fa", "und", "ar", "en"]
    await stored(storage, *(new_article(f"{n}", language=one) for n, one in enumerate(languages)))
    found = await storage.articles.page(limit=3, reading=ARABIC)
    assert [headline.language for headline in found] == ["ar", "und", "ar"]
    assert len(await storage.articles.page(limit=10)) == 6


async def test_a_digest_has_only_what_its_readers_read(storage: Storage) -> None:
    chat = await reads(storage, 1, "ar")
    await stored(storage, new_article("one", language="en"), new_article("two", language="ar"))
    found, count = await storage.articles.missed_headlines(
        chat.id, since=NOON.replace(hour=11), until=NOON.replace(hour=13), limit=5
    )
    assert ([headline.language for headline in found], count) == (["ar"], 1)


async def test_the_languages_that_are_offered_are_those_of_the_newest_articles(storage: Storage) -> None:
    languages = ["en", "ar", "ar", "und"]
    await stored(storage, *(new_article(f"{n}", language=one) for n, one in enumerate(languages)))
    assert await storage.articles.languages() == ["ar", "en"]


async def test_a_correction_reaches_who_reads_another_language_by_now(storage: Storage) -> None:
    """What stands in a chat is put right, whatever its readers chose since."""
    chat = await reader(storage, 1)
    (article,) = await stored(storage, new_article(language="en"))
    await storage.deliveries.expand(limit=100, now=NOON)
    (claim,) = await storage.deliveries.claim(limit=1, now=NOON)
    await storage.deliveries.settle([Sent(claim, NOON, message_id=7, revision=1, next_at=NOON)])
    await storage.chats.set_reading(chat.id, ARABIC, now=NOON)
    await storage.articles.retract(article, now=NOON)
    await storage.deliveries.expand(limit=100, now=NOON)
    (claim,) = await storage.deliveries.claim(limit=1, now=NOON)
    assert claim.message_id == 7
