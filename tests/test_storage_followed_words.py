"""Words and authors that are followed: which articles they find, and when."""

from dataclasses import replace
from typing import Any

import pytest

from bot.ingest.prepare import author_names
from bot.text.followed_words import words_subject
from bot.text.search import search_text, understood
from storage import Storage
from storage.records import (
    ChangedArticle,
    SubjectKind,
)
from tests.choosing import BEFORE, article, follow_words, source, waiting, words
from tests.makers import NOON, named, new_article, reader, stored

HARBOUR = {
    "a": ("Harbour council meets", "The boats of the old port are painted blue."),
    "b": ("The council of the harbours", "Nothing about a new port."),
    "c": ("Weather", "The council looked at the harbour."),
    "d": ("Weather", "It rains."),
    "e": ("قرار لمجلس المرفأ", "عن نورس"),
    "f": ("مجالس المرفأ", "حزن والنورس على القرار"),
}


@pytest.mark.parametrize(
    ("typed", "how", "titles"),
    [
        ("harbour council", {}, "abc"),
        ("council harbour", {}, "abc"),
        ('"harbour council"', {}, "a"),
        ("harbour -weather", {}, "ab"),
        ("harbour", {"only_titles": True}, "ab"),
        ('harbour -"old port"', {}, "bc"),
        ("boats", {}, "a"),
        ('"مجلس المرفأ"', {}, "e"),
        ('"المجلس مرفأ"', {"only_titles": True}, "e"),
        ('"النورس"', {}, "ef"),
        ('قرار -"الحزن"', {}, "e"),
        ('"النورس" "المجالس"', {}, "f"),
    ],
)
@pytest.mark.parametrize("stored_before", [False, True])
async def test_words_find_articles_as_search_does(
    storage: Storage, typed: str, how: dict[str, Any], titles: str, stored_before: bool
) -> None:
    chat = await reader(storage, 1, everything=False)
    articles = [article(name, *text) for name, text in HARBOUR.items()]
    if stored_before:
        ids = await stored(storage, *articles)
        subject = await follow_words(storage, chat.id, typed, **how)
    else:
        subject = await follow_words(storage, chat.id, typed, **how)
        ids = await stored(storage, *articles)
    found = await storage.database.fetch(
        "SELECT article_id FROM article_subjects WHERE subject_id = :id", {"id": subject.id}
    )
    assert (
        "".join(name for name, number in zip(HARBOUR, ids, strict=True) if number in {r["article_id"] for r in found})
        == titles
    )


async def test_arabic_words_are_found_in_all_their_forms_and_owed(storage: Storage) -> None:
    chat = await reader(storage, 1, everything=False)
    await follow_words(storage, chat.id, "أسعار المدرسة")
    await stored(
        storage,
        article("a", "تعليم", "ارتفعت الأسعار بالمدارس، والسعر في مدرسة القرية", language="ar"),
        article("b", "أسعار مدرسة", "", language="ar"),
        article("c", "أسعار النفط", "", language="ar"),
    )
    assert "أسعار مدرسة" in (await waiting(storage))[1]
    assert "أسعار النفط" not in (await waiting(storage)).get(1, [])


async def test_words_in_another_order_are_one_subject(storage: Storage) -> None:
    one, other = words("harbour council -football"), words("-football council harbour")
    assert (await storage.follows.ensure_subject(one)).id == (await storage.follows.ensure_subject(other)).id
    assert one.key != words("harbour council -football", only_titles=True).key
    assert words_subject(understood("the of")) is None


async def test_words_of_one_category_and_source_only(storage: Storage) -> None:
    harbour = await source(storage, "Harbour News")
    chat = await reader(storage, 1, everything=False)
    sea, maritime = named("Sea", "Maritime")
    subject = await follow_words(storage, chat.id, "boats", categories=[sea], sources=["Harbour News"])
    await storage.categories.set_alias(maritime, sea)
    await stored(
        storage,
        article("a", "Boats one", category="Maritime", source_id=harbour.ref),
        article("b", "Boats two", category="Sea"),
        article("c", "Boats three", category="Land", source_id=harbour.ref),
    )
    assert await waiting(storage) == {1: ["Boats one"]}
    assert subject.query


async def test_words_are_looked_for_again_when_an_article_changes(storage: Storage) -> None:
    chat = await reader(storage, 1, everything=False)
    boats, cars = await follow_words(storage, chat.id, "boats"), await follow_words(storage, chat.id, "cars")
    (number,) = await stored(storage, article("a", "Boats"))
    (kept,) = (await storage.articles.find_by_keys(["a"]))["a"]
    text = replace(kept.text, title="Cars")
    change = ChangedArticle(
        article_id=number, text=text, search=search_text("Cars", "", "en"), from_revision=kept.revision
    )
    await storage.articles.store([], [change], now=NOON)
    found = [one for one in await storage.follows.subjects_of(number) if one.kind is SubjectKind.WORDS]
    assert found == [cars]
    assert boats != cars


async def test_an_author_is_followed_and_a_second_author_counts_as_well(storage: Storage) -> None:
    chat = await reader(storage, 1, everything=False)
    mona, omar = author_names("Mona Saleh and Omar")
    (first,) = await stored(storage, new_article("a", authors=(mona,)))
    (author,) = [one for one in await storage.follows.subjects_of(first) if one.kind is SubjectKind.AUTHOR]
    assert author.name == "Mona Saleh"
    await storage.follows.follow(chat.id, author.id, now=BEFORE)
    await stored(storage, new_article("b", authors=(omar, mona)), new_article("c", authors=(omar,)))
    assert await waiting(storage) == {1: ["a", "b"]}
