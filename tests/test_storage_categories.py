"""Categories: one section under its name and its aliases, whichever came first."""

from dataclasses import replace
from datetime import timedelta

import pytest

from storage import Storage
from storage.records import (
    Category,
    CategoryName,
    ChangedArticle,
    Lane,
    Reading,
    SearchText,
    StoryPlacement,
    Subscription,
)
from tests.makers import NOON, new_article, reader, stored
from tests.test_storage_deliveries import expand_all, owed_to


def named(name: str) -> CategoryName:
    return CategoryName(name, name.casefold())


async def filed(storage: Storage, *names: str) -> None:
    """An article in each of these categories, of which nobody is told."""
    known = (await storage.deliveries.stats(now=NOON)).articles
    await stored(storage, *(new_article(f"{known + n}", category=name, lane=None) for n, name in enumerate(names)))


async def alias(storage: Storage, alias: str, name: str) -> Category:
    return await storage.categories.set_alias(named(alias), named(name))


async def the(storage: Storage, name: str) -> Category:
    found = await storage.categories.find(name.casefold())
    assert found is not None
    return found


async def counts(storage: Storage) -> list[tuple[str, int]]:
    return [(one.name, one.articles) for one in await storage.categories.list_with_counts()]


async def typed(storage: Storage) -> list[tuple[str, str]]:
    return sorted((name, category.name) for name, category in await storage.categories.names())


def says(subscription: Subscription) -> tuple[bool, list[str], list[str]]:
    """(everything, wanted, muted) by name."""
    return (
        subscription.everything,
        [one.name for one in subscription.categories],
        [one.name for one in subscription.muted],
    )


# Names


async def test_categories_are_counted_most_first_then_by_name(storage: Storage) -> None:
    await filed(storage, "Sea", "Land", "Law", "Sea", "Air", "Law", "Sea")
    await stored(storage, new_article("none", category=None))
    assert await counts(storage) == [("Sea", 3), ("Law", 2), ("Air", 1), ("Land", 1)]


async def test_categories_are_counted_in_the_languages_that_are_read(storage: Storage) -> None:
    """Without what was withdrawn, and with what is in no language that is known."""
    articles = [
        replace(new_article(f"{n}", category=name), text=replace(new_article("x").text, language=language))
        for n, (name, language) in enumerate(
            [("Sea", "ar"), ("Sea", "en"), ("Sea", "ar"), ("Law", "en"), ("Air", "und"), ("Air", "ar"), ("Air", "ar")]
        )
    ]
    ids = await stored(storage, *articles)
    for withdrawn in (ids[0], ids[1]):
        await storage.articles.retract(withdrawn, now=NOON)
    counted = await storage.categories.list_with_counts(Reading(languages=("ar",)))
    assert [(one.name, one.articles) for one in counted] == [("Air", 3), ("Sea", 1)]


async def test_a_category_is_found_by_its_folded_name_and_shown_as_it_was_first_written(storage: Storage) -> None:
    await filed(storage, "High Court", "HIGH COURT")
    court = await the(storage, "high court")
    assert court.name == "High Court"
    assert await storage.categories.get(court.id) == court
    assert await counts(storage) == [("High Court", 2)]


@pytest.mark.parametrize("normalized", ["hig", "high  court", "", "High Court"])
async def test_what_is_not_a_name_finds_nothing(storage: Storage, normalized: str) -> None:
    await filed(storage, "High Court")
    assert await storage.categories.find(normalized) is None
    assert await storage.categories.get(404) is None


async def test_names_are_all_that_a_reader_may_type(storage: Storage) -> None:
    assert await typed(storage) == []
    await filed(storage, "Law", "Sea")
    await alias(storage, "Justice", "Law")
    assert await typed(storage) == [("Justice", "Law"), ("Law", "Law"), ("Sea", "Sea")]


# Several categories of an article


async def in_order(storage: Storage, article: int) -> list[str]:
    found = await storage.articles.get(article)
    assert found is not None
    assert found.category == (found.categories[0] if found.categories else None)
    return [one.name for one in found.categories]


async def listed(storage: Storage, name: str) -> list[str]:
    page = await storage.articles.page(limit=9, category=(await the(storage, name)).id)
    return [headline.title for headline in page]


async def test_an_article_keeps_all_of_its_categories_in_their_order(storage: Storage) -> None:
    [one, two] = await stored(
        storage, new_article("one", categories=("Sea", "Law", "Air")), new_article("two", categories=("Law", "Sea"))
    )
    assert (await in_order(storage, one), await in_order(storage, two)) == (["Sea", "Law", "Air"], ["Law", "Sea"])
    assert await counts(storage) == [("Law", 2), ("Sea", 2), ("Air", 1)]
    assert await listed(storage, "Law") == ["Title two", "Title one"]
    assert await listed(storage, "Air") == ["Title one"]
    assert [line.category and line.category.name for line in await storage.articles.page(limit=9)] == ["Law", "Sea"]


async def test_all_categories_lose_an_article_that_is_withdrawn_or_deleted(storage: Storage) -> None:
    one, _ = await stored(storage, *(new_article(f"{n}", categories=("Sea", "Law"), lane=None) for n in range(2)))
    await storage.articles.retract(one, now=NOON)
    assert await counts(storage) == [("Law", 1), ("Sea", 1)]
    assert await listed(storage, "Law") == ["Title 1"]
    assert await storage.archive.prune(before=NOON + timedelta(days=1), limit=9) == 2
    assert await counts(storage) == []
    assert await storage.categories.prune(limit=9) == 2


async def test_an_article_of_both_merged_categories_counts_once_and_keeps_the_earlier_place(storage: Storage) -> None:
    [both, only] = await stored(
        storage,
        new_article("both", categories=("Justice", "Sea", "Law")),
        new_article("only", categories=("Sea", "Justice")),
    )
    await alias(storage, "Justice", "Law")
    assert (await in_order(storage, both), await in_order(storage, only)) == (["Law", "Sea"], ["Sea", "Law"])
    assert await counts(storage) == [("Law", 2), ("Sea", 2)]


async def test_two_names_of_one_category_are_one_category_of_an_article(storage: Storage) -> None:
    await alias(storage, "Justice", "Law")
    [article] = await stored(storage, new_article(categories=("Justice", "Sea", "Law")))
    assert await in_order(storage, article) == ["Law", "Sea"]


async def test_breaking_news_is_what_any_category_says(storage: Storage) -> None:
    await storage.categories.set_breaking(named("Alarm"), True)
    [article] = await stored(storage, new_article(categories=("Sea", "Alarm")))
    found = await storage.articles.get(article)
    assert found is not None
    assert found.lane is Lane.BREAKING


async def test_a_story_is_listed_in_a_category_by_its_newest_article_there(storage: Storage) -> None:
    await stored(
        storage,
        new_article("old", categories=("Law", "Sea"), published_at=NOON - timedelta(hours=3)),
        new_article("new", categories=("Air",)),
    )
    await storage.stories.merge(1, 2, now=NOON, decide=lambda *_: StoryPlacement())
    assert await listed(storage, "Sea") == ["Title old"]
    assert [line.title for line in await storage.articles.page(limit=9)] == ["Title new"]


async def test_an_article_in_another_language_is_counted_there_in_all_of_its_categories(storage: Storage) -> None:
    [article] = await stored(storage, new_article(categories=("Sea", "Law")))
    found = await storage.articles.get(article)
    assert found is not None
    changed = ChangedArticle(
        article_id=article,
        text=replace(found.text, language="ar"),
        search=SearchText(title="", body=""),
        from_revision=1,
    )
    await storage.articles.store([], [changed], now=NOON)
    in_arabic = await storage.categories.list_with_counts(Reading(languages=("ar",)))
    assert [(one.name, one.articles) for one in in_arabic] == [("Law", 1), ("Sea", 1)]
    assert await storage.categories.list_with_counts(Reading(languages=("en",))) == []


# Aliases


async def test_an_alias_of_a_category_that_is_to_come_makes_it(storage: Storage) -> None:
    law = await alias(storage, "Justice", "Law")
    assert (law.name, await the(storage, "justice"), await the(storage, "law")) == ("Law", law, law)
    await filed(storage, "Justice", "Law")
    assert await counts(storage) == [("Law", 2)]


async def test_an_alias_to_a_new_name_takes_along_what_stood_under_it(storage: Storage) -> None:
    await filed(storage, "Justice", "Justice")
    law = await alias(storage, "Justice", "Law")
    assert await counts(storage) == [("Law", 2)]
    assert await the(storage, "justice") == law
    assert await typed(storage) == [("Justice", "Law"), ("Law", "Law")]


async def test_two_categories_become_one(storage: Storage) -> None:
    await filed(storage, "Justice", "Law", "Law", "Sea")
    justice = await the(storage, "justice")
    law = await alias(storage, "Justice", "Law")
    assert await counts(storage) == [("Law", 3), ("Sea", 1)]
    assert len(await storage.articles.page(limit=9, category=law.id)) == 3
    assert await storage.categories.get(justice.id) is None
    await filed(storage, "JUSTICE")  # what comes under the old name later is filed under the new one
    assert await counts(storage) == [("Law", 4), ("Sea", 1)]


async def test_an_alias_of_an_alias_means_the_category_itself(storage: Storage) -> None:
    law = await alias(storage, "Justice", "Law")
    assert await alias(storage, "Courts", "Justice") == law
    assert await the(storage, "courts") == law
    assert await typed(storage) == [("Courts", "Law"), ("Justice", "Law"), ("Law", "Law")]


async def test_the_aliases_of_a_category_move_with_it(storage: Storage) -> None:
    await filed(storage, "Law", "Politics")
    await alias(storage, "Justice", "Law")
    politics = await alias(storage, "Law", "Politics")
    assert [await the(storage, name) for name in ("justice", "law", "politics")] == [politics] * 3
    assert await counts(storage) == [("Politics", 2)]


async def test_an_alias_may_be_given_to_another_category(storage: Storage) -> None:
    await alias(storage, "Justice", "Law")
    await filed(storage, "Justice")
    politics = await alias(storage, "Justice", "Politics")
    await filed(storage, "Justice")
    assert await the(storage, "justice") == politics
    assert await counts(storage) == [("Law", 1), ("Politics", 1)]  # what was filed before stays where it is


@pytest.mark.parametrize("again", [("Justice", "Law"), ("Law", "Law"), ("LAW", "Law"), ("Law", "Justice")])
async def test_what_is_one_category_already_stays_one(storage: Storage, again: tuple[str, str]) -> None:
    law = await alias(storage, "Justice", "Law")
    await filed(storage, "Justice", "Law")
    assert await alias(storage, *again) == law
    assert await counts(storage) == [("Law", 2)]
    assert await typed(storage) == [("Justice", "Law"), ("Law", "Law")]


# What readers had said


@pytest.mark.parametrize("wanted", [["Justice"], ["Law"], ["Justice", "Law"]], ids=" and ".join)
async def test_who_wanted_either_wants_the_one_that_both_became(storage: Storage, wanted: list[str]) -> None:
    await filed(storage, "Justice", "Law", "Sea")
    chat = await reader(storage, 1, everything=False)
    for name in [*wanted, "Sea"]:
        await storage.chats.subscribe(chat.id, (await the(storage, name)).id, now=NOON)
    await alias(storage, "Justice", "Law")
    assert says(await storage.chats.subscription(chat.id)) == (False, ["Law", "Sea"], [])


@pytest.mark.parametrize("muted", [["Justice"], ["Law"], ["Justice", "Law"]], ids=" and ".join)
async def test_who_muted_either_mutes_the_one_that_both_became(storage: Storage, muted: list[str]) -> None:
    await filed(storage, "Justice", "Law")
    chat = await reader(storage, 1)
    for name in muted:
        await storage.chats.unsubscribe(chat.id, (await the(storage, name)).id, now=NOON)
    await alias(storage, "Justice", "Law")
    assert says(await storage.chats.subscription(chat.id)) == (True, [], ["Law"])


async def test_who_wanted_neither_is_left_alone(storage: Storage) -> None:
    await filed(storage, "Justice", "Law", "Sea")
    chat = await reader(storage, 1, everything=False)
    await storage.chats.subscribe(chat.id, (await the(storage, "sea")).id, now=NOON)
    await alias(storage, "Justice", "Law")
    assert says(await storage.chats.subscription(chat.id)) == (False, ["Sea"], [])


@pytest.mark.parametrize("order", [("Justice", "Law"), ("Law", "Justice")], ids=" then ".join)
async def test_what_was_on_its_way_when_two_became_one_is_still_owed_once(
    storage: Storage, order: tuple[str, str]
) -> None:
    await filed(storage, "Justice", "Law")
    chat = await reader(storage, 1, everything=False)
    wanted_at = [NOON - timedelta(hours=2), NOON + timedelta(minutes=1)]
    for name, moment in zip(order, wanted_at, strict=True):
        await storage.chats.subscribe(chat.id, (await the(storage, name)).id, now=moment)
    await stored(storage, new_article("on its way", category=order[0]))
    await alias(storage, "Justice", "Law")
    await expand_all(storage)
    assert await owed_to(storage) == [1]
