"""The full-text indexes of both databases: they find the same articles, and take every text."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.postgres import Server
from bot.text.search import search_text, understood
from storage import Storage, open_storage
from storage.full_text import Match, Within
from storage.postgres import full_text as postgres_full_text
from storage.records import Query, SearchCandidates, SearchText, Term

APART = 700  # from one id to the next, so that they are in several portions of PostgreSQL's index
WORDS = {
    "en": "harbour council ferry GPT-5 budget strike museum rain opens closes votes reports comet".split(),
    "ar": "الميناء مجلس المرفأ إضراب الميزانية المتحف الأمطار يفتح يصوت التقرير بالبرلمان والبرلمان لجنة".split(),
    "ja": "東京 大阪 港 会議 船 新聞".split(),
}
TYPED = [
    "harbour", "harbours", "comet", "unheard", "harbour unheard", "council votes", "budget strike museum rain",
    '"harbour council"', '"council harbour"', '"harbour council" ferry', 'ferry -"harbour council"', "ferry -rain",
    "ferry rain -council -budget", "gpt-5", "gpt 5", "-harbour", "مجلس", "المجلس", "برلمان", "البرلمان",
    "لجنة الميزانية", '"مجلس المرفأ"', '"المجلس المرفأ"', "إضراب -الميزانية", "東京", "東京 港", '"東京 会議"',
    "harbour مجلس", "harbour council ferry budget strike museum rain opens",
]  # fmt: skip


def typed_query(typed: str, **asked: Any) -> Query:
    parsed = understood(typed)
    return Query(terms=parsed.terms, without=parsed.without, **asked)


async def fill(storage: Storage, texts: Mapping[int, SearchText], languages: Mapping[int, str] | None = None) -> None:
    """Articles with these search texts. Two of ten are in the second category."""
    rows = [
        {
            "id": number,
            "language": (languages or {}).get(number, "en"),
            "at": 1_000 * number,
            "category": 1 + number % 5 // 4,
        }
        for number in texts
    ]
    async with storage.database.transaction() as transaction:
        await transaction.execute_many(
            "INSERT INTO categories (id, name, folded) VALUES (:id, :name, :name)",
            [{"id": 1, "name": "harbour"}, {"id": 2, "name": "rest"}],
        )
        await transaction.execute_many(
            """
            INSERT INTO articles (id, identity, title, body, document, lead, summary, language, published_at,
                stored_at, changed_at, indexed)
            VALUES (:id, :id, '', '', '', '', '', :language, :at, :at, :at, TRUE)
            """,
            rows,
        )
        await transaction.execute_many(
            """
            INSERT INTO article_categories (
                category_id, article_id, place, published_at, language, audience, retracted)
            VALUES (:category, :id, 0, :at, :language, 0, FALSE)
            """,
            rows,
        )
        await transaction.full_text.put(transaction, texts, private={})


def written(chance: random.Random, articles: int) -> tuple[dict[int, SearchText], dict[int, str]]:
    texts, languages = {}, {}
    for number in range(1, articles + 1):
        language = chance.choice(list(WORDS))
        words = [chance.choice(WORDS[language][: chance.randint(2, 20)]) for _ in range(chance.randint(6, 40))]
        texts[number * APART] = search_text(" ".join(words[:4]), " ".join(words[4:]), language)
        languages[number * APART] = language
    return texts, languages


def comparable(found: SearchCandidates) -> tuple[Any, ...]:
    return (
        {(one.id, one.whole, one.search.title, one.search.body) for one in found.candidates},
        found.weights, found.newest, set(found.elsewhere.articles), found.elsewhere.more,
    )  # fmt: skip


async def test_both_databases_find_the_same_articles_for_a_query(tmp_path: Path, postgres: Server) -> None:
    texts, languages = written(random.Random(5), 400)
    async with (
        open_storage(f"sqlite:///{tmp_path / 'one.db'}") as one,
        open_storage(postgres.new_database()) as other,
    ):
        for storage in (one, other):
            await fill(storage, texts, languages)
        found = 0
        for typed in TYPED:
            for asked in ({}, {"languages": ("en",)}, {"categories": (2,)}, {"newest": 150 * APART}):
                query = typed_query(typed, **asked)
                expected = await one.search.candidates(query)
                assert comparable(await other.search.candidates(query)) == comparable(expected), (typed, asked)
                found += len(expected.candidates)
        assert found > 1_000
    postgres.drop_made()


async def ids(storage: Storage, *words: str, limit: int = 100, **more: Any) -> list[int]:
    match = Match(every=tuple(Term(word, (word,)) for word in words), **more)
    newest = max([0, *(row["id"] for row in await storage.database.fetch("SELECT max(id) AS id FROM articles"))])
    rows = await storage.database.full_text.newest(storage.database, match, Within(newest=newest), limit=limit)
    return [row["id"] for row in rows]


def having(numbers: Sequence[int], title: str = "", body: str = "") -> dict[int, SearchText]:
    return {number: SearchText(title=title, body=body) for number in numbers}


async def test_the_newest_articles_come_first_wherever_the_index_keeps_them(storage: Storage) -> None:
    numbers = [1, 4_095, 4_096, 65_535, 65_536, 69_631, 69_632, 131_071, 131_072, 1_000_000]
    await fill(storage, having(numbers, body="sea wind"))
    assert await ids(storage, "sea") == numbers[::-1]
    assert await ids(storage, "sea", "wind", limit=3) == [1_000_000, 131_072, 131_071]


async def test_words_may_be_anything(storage: Storage) -> None:
    odd = ["o'clock", "back\\slash", 'quo"te', "a/b", "=", "!", "&", ":*", "\x01", "%s", "{}", "w" * 300, "𝔘" * 64]
    await fill(storage, having([1], title=" ".join(odd), body="sea"))
    assert await ids(storage, "sea") == [1]
    for word in odd:
        await ids(storage, "sea", word.replace('"', ""))  # finds it or not, and does not fail


async def test_a_text_of_any_length_is_indexed_and_found_by_its_first_words(storage: Storage) -> None:
    body = " ".join(f"ط{number:x}ظ" for number in range(200_000))
    await fill(storage, having([1], title="sea", body=body))
    assert await ids(storage, "sea", "ط0ظ", "ط2710ظ") == [1]


async def test_a_phrase_of_common_words_is_looked_for_in_the_newest_articles_that_have_them(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_full_text, "PHRASES_LOOKED_FOR", 5)
    texts = having([1], body="red sea") | having(range(2, 6), body="sea red") | having([6], body="deep red sea")
    await fill(storage, texts)
    found = await ids(storage, "red sea")
    assert found[0] == 6
    assert found in ([6, 1], [6])
    assert await ids(storage, "red sea", "deep") == [6]


async def test_an_excluded_phrase_excludes_no_article_with_its_words_elsewhere(storage: Storage) -> None:
    await fill(storage, having([1], title="red", body="sea") | having([2], body="a red sea"))
    assert await ids(storage, "red", none_of=(Term("red sea", ("red sea",)),)) == [1]
    assert await ids(storage, of_title=(Term("red", ("red",)),)) == [1]


async def test_an_article_is_found_no_more_once_it_is_dropped(storage: Storage) -> None:
    await fill(storage, having([1, 2], body="sea"))
    async with storage.database.transaction() as transaction:
        await transaction.full_text.drop(transaction, [1, 7])
    assert await ids(storage, "sea") == [2]


async def test_how_common_a_phrase_is_is_estimated_from_the_newest_articles_with_its_words(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_full_text, "PHRASES_SAMPLED", 10)
    both = [having([number], body="red sea" if number % 2 else "sea red") for number in range(1, 41)]
    await fill(storage, {number: text for one in both for number, text in one.items()})
    index, phrase = storage.database.full_text, Term("red sea", ("red sea",))
    [sample, rare] = await index.sampled(
        storage.database, [phrase, Term("blue sea", ("blue sea",))], newest=40, most=100
    )
    assert (sample.found, rare.found) == (20, 0)
    [sample] = await index.sampled(storage.database, [phrase], newest=40, most=5)
    assert sample.found == 5
    assert 29 <= sample.oldest <= 32  # each second one has it
