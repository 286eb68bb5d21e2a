"""Articles, categories and sources in storage: pages, search, pruning, aliases, visits."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from storage import Storage
from storage.records import (
    CategoryName,
    ChangedArticle,
    Headline,
    Lane,
    Place,
    SearchText,
    Sent,
    Source,
    SourceKind,
    Text,
    Visit,
)
from tests.makers import NOON, found, new_article, reader, stored

HOUR = timedelta(hours=1)


def place(headline: Headline) -> Place:
    return Place(headline.published_at, headline.id)


def titles(headlines: list[Headline]) -> list[str]:
    return [headline.title.removeprefix("Title ") for headline in headlines]


def named(name: str) -> CategoryName:
    return CategoryName(name, name.casefold())


async def change(storage: Storage, article_id: int, *, title: str, from_revision: int = 1) -> tuple[int, ...]:
    article = await storage.articles.get(article_id)
    assert article
    revised = ChangedArticle(
        article_id=article_id,
        text=replace(article.text, title=title),
        search=SearchText(title=title.casefold(), body=""),
        from_revision=from_revision,
    )
    return (await storage.articles.store([], [revised], now=NOON)).changed


# Storing


async def test_an_article_comes_back_as_it_was_stored(storage: Storage) -> None:
    given = new_article(category="Coast", publisher="Harbour News")
    (number,) = await stored(storage, given)
    article = await storage.articles.get(number)
    assert article
    assert article.text == given.text
    assert article.category
    assert (article.category.name, article.source, article.revision) == ("Coast", "Harbour News", 1)
    assert await storage.articles.get(number + 1) is None


async def test_the_same_identity_is_stored_once(storage: Storage) -> None:
    await stored(storage, new_article("a"))
    again = await storage.articles.store([new_article("a", title="Other"), new_article("b")], now=NOON)
    assert len(again.added) == len(again.pushed) == 1
    assert set(await storage.articles.find_by_keys(["a", "b", "c"])) == {"a", "b"}


async def test_more_identities_than_one_question_takes_are_all_looked_up(storage: Storage) -> None:
    for first in range(0, 1200, 100):
        await stored(storage, *[new_article(f"n{number}", lane=None) for number in range(first, first + 100)])
    assert len(await storage.articles.find_by_keys([f"n{number}" for number in range(1300)])) == 1200


async def test_a_change_is_a_new_revision_and_its_words_are_found_instead_of_the_old(storage: Storage) -> None:
    (number,) = await stored(storage, new_article(title="harbour"))
    assert await change(storage, number, title="lighthouse") == (number,)
    article = await storage.articles.get(number)
    assert article
    assert (article.revision, article.text.title) == (2, "lighthouse")
    assert await found(storage, "harbour") == []
    assert len(await found(storage, "lighthouse")) == 1


async def test_a_change_that_was_decided_against_an_older_revision_is_passed_over(storage: Storage) -> None:
    (number,) = await stored(storage, new_article())
    await change(storage, number, title="first")
    assert await change(storage, number, title="second", from_revision=1) == ()
    article = await storage.articles.get(number)
    assert article
    assert article.text.title == "first"


EVERY_FIELD = Text(
    title="فتح الجسر بعد ترميمه",
    body="عبر أوّل المارّة الجسر صباحًا.\n\nوقال المهندس: «سيبقى».",
    lead="جسر المدينة يعود.",
    summary=("عبر أوّل المارّة الجسر صباحًا.", "وقال المهندس: «سيبقى»."),
    language="ar",
    author="سلمى",
    url="https://news.example/bridge",
    image_url="https://news.example/bridge.jpg",
)


@pytest.mark.parametrize("text", [EVERY_FIELD, Text(title="Bare", body="", lead="", summary=(), language="und")])
@pytest.mark.parametrize("day", [date(2026, 3, 1), None])
async def test_every_field_of_a_text_and_its_day_come_back(storage: Storage, text: Text, day: date | None) -> None:
    [number] = await stored(storage, new_article("bridge", text=text, category=None, published_on=day))
    article = await storage.articles.get(number)
    assert article
    assert (article.text, article.published_on, article.category, article.source) == (text, day, None, None)
    assert (await storage.articles.find_by_keys(["bridge"]))["bridge"][0].text == text


async def test_one_article_that_can_not_be_stored_undoes_the_batch(storage: Storage) -> None:
    [number] = await stored(storage, new_article("before"))
    article = await storage.articles.get(number)
    assert article
    text = replace(article.text, title="Changed")
    search = SearchText(title="changed", body="")
    revised = ChangedArticle(article_id=number, text=text, search=search, from_revision=1)
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        await storage.articles.store([new_article("good"), new_article("bad", source_id=404)], [revised], now=NOON)
    assert await storage.articles.newest(limit=5) == [article]
    assert await found(storage, "good", "changed") == []


async def test_a_change_that_comes_too_late_leaves_no_words_behind(storage: Storage) -> None:
    raced, pruned = await stored(storage, new_article("raced"), new_article("pruned", lane=None))
    await change(storage, raced, title="quick")
    assert await change(storage, raced, title="late") == ()
    article = await storage.articles.get(pruned)
    assert article
    gone = ChangedArticle(
        article_id=pruned, text=article.text, search=SearchText(title="late", body=""), from_revision=1
    )
    assert await storage.archive.prune(before=NOON + HOUR, limit=5) == 1
    assert (await storage.articles.store([], [gone], now=NOON)).changed == ()
    assert await found(storage, "late") == []
    assert await found(storage, "quick") == ["quick"]


# Pages


async def test_pages_show_everything_once_though_times_are_equal(storage: Storage) -> None:
    await stored(storage, *[new_article(f"{number:02}", published_at=NOON) for number in range(7)])
    seen: list[str] = []
    page = await storage.articles.page(limit=3)
    while page:
        seen += titles(page)
        page = await storage.articles.page(limit=3, older_than=place(page[-1]))
    assert seen == [f"{number:02}" for number in range(6, -1, -1)]


async def test_what_is_stored_meanwhile_moves_no_page(storage: Storage) -> None:
    await stored(storage, *[new_article(str(n), published_at=NOON - n * HOUR) for n in range(4)])
    first = await storage.articles.page(limit=2)
    await stored(storage, new_article("late", published_at=NOON + HOUR), now=NOON + HOUR)
    second = await storage.articles.page(limit=2, older_than=place(first[-1]))
    assert titles(first + second) == ["0", "1", "2", "3"]
    assert titles(await storage.articles.page(limit=2, newer_than=place(second[0]))) == ["0", "1"]
    assert titles(await storage.articles.page(limit=2, newer_than=place(first[0]))) == ["late"]


async def test_a_category_has_pages_of_its_own(storage: Storage) -> None:
    await stored(storage, *[new_article(str(n), category="Odd" if n % 2 else "Even") for n in range(6)])
    odd = await storage.categories.find("odd")
    assert odd
    assert titles(await storage.articles.page(limit=9, category=odd.id)) == ["5", "3", "1"]
    assert len(await storage.articles.newest(limit=9, category=odd.id)) == 3


@pytest.mark.parametrize("size", [1, 2, 3])
async def test_the_way_back_shows_the_pages_of_the_way_there(storage: Storage, size: int) -> None:
    together = [new_article(str(n), published_at=NOON - n // 3 * HOUR) for n in range(3 * size)]
    await stored(storage, *together)
    there = [await storage.articles.page(limit=size)]
    while page := await storage.articles.page(limit=size, older_than=place(there[-1][-1])):
        there.append(page)
    assert [len(page) for page in there] == [size] * 3
    back = [there[-1]]
    while page := await storage.articles.page(limit=size, newer_than=place(back[-1][0])):
        back.append(page)
    assert back[::-1] == there


async def test_what_comes_late_among_equal_times_neither_repeats_nor_hides_anything(storage: Storage) -> None:
    await stored(storage, *[new_article(str(n), published_at=NOON - n // 2 * HOUR) for n in range(6)])
    first = await storage.articles.page(limit=2)
    await stored(
        storage,
        new_article("as old as the last shown", published_at=first[-1].published_at),
        new_article("old", published_at=NOON - 1.5 * HOUR),
    )
    second = await storage.articles.page(limit=2, older_than=place(first[-1]))
    third = await storage.articles.page(limit=9, older_than=place(second[-1]))
    assert titles(first + second + third) == ["1", "0", "3", "2", "old", "5", "4"]
    assert await storage.articles.page(limit=2, newer_than=place(second[0])) == first


# Pruning


async def test_old_articles_go_a_few_at_a_time_with_their_words(storage: Storage) -> None:
    old = [new_article(f"old{n}", lane=None, published_at=NOON - 99 * HOUR) for n in range(5)]
    await stored(storage, *old, now=NOON - 98 * HOUR)
    await stored(storage, new_article("new", lane=None))
    assert await storage.archive.prune(before=NOON - HOUR * 2, limit=3) == 3
    assert await storage.archive.prune(before=NOON - HOUR * 2, limit=3) == 2
    assert await storage.archive.prune(before=NOON - HOUR * 2, limit=3) == 0
    assert titles(await storage.articles.page(limit=9)) == ["new"]
    assert await found(storage, "paragraph")
    rows = await storage.database.fetch("SELECT count(*) AS n FROM articles_text")
    assert rows[0]["n"] == 1


async def test_what_is_still_owed_is_not_pruned(storage: Storage) -> None:
    await reader(storage, 1)
    await stored(storage, new_article(published_at=NOON - HOUR), now=NOON)
    later = NOON + 9999 * HOUR
    assert await storage.archive.prune(before=later, limit=9) == 0  # its fan-out is open
    await storage.deliveries.expand(limit=10, now=NOON)
    assert await storage.archive.prune(before=later, limit=9) == 0  # its delivery is queued
    chat = await storage.chats.get(1)
    assert chat
    await storage.chats.unsubscribe_from_everything(chat.id, now=NOON)
    assert await storage.archive.prune(before=later, limit=9) == 1


@pytest.mark.parametrize(("stored_at", "published_at"), [(NOON, NOON - HOUR), (NOON - HOUR, NOON)])
async def test_what_is_young_by_either_time_stays(
    storage: Storage, stored_at: datetime, published_at: datetime
) -> None:
    await stored(storage, new_article(lane=None, published_at=published_at), now=stored_at)
    assert await storage.archive.prune(before=NOON, limit=9) == 0
    assert await storage.archive.prune(before=NOON + HOUR, limit=9) == 1


async def test_the_oldest_go_first_past_what_is_owed_and_no_longer_count(storage: Storage) -> None:
    ages = {"owed": 5, "young": 2, "old": 4, "middle": 3}
    lanes = {"owed": Lane.ALERT}
    await stored(
        storage,
        *[new_article(name, published_at=NOON - age * HOUR, lane=lanes.get(name)) for name, age in ages.items()],
    )
    left = []
    while await storage.archive.prune(before=NOON + HOUR, limit=1):
        left.append(titles(await storage.articles.page(limit=9)))
    assert left == [["young", "middle", "owed"], ["young", "owed"], ["owed"]]
    assert [one.articles for one in await storage.categories.list_with_counts()] == [1]


async def test_what_was_sent_goes_with_its_delivery_and_its_number_is_not_used_again(storage: Storage) -> None:
    await reader(storage, 1)
    [number] = await stored(storage, new_article())
    await storage.deliveries.expand(limit=10, now=NOON)
    [claim] = await storage.deliveries.claim(limit=1, now=NOON)
    assert await storage.archive.prune(before=NOON + HOUR, limit=9) == 0  # it is being sent
    await storage.deliveries.settle([Sent(claim, NOON, 77, 1, NOON)])
    assert await storage.archive.prune(before=NOON + HOUR, limit=9) == 1
    assert await storage.deliveries.article_of_message(1, 77) is None
    assert await stored(storage, new_article()) == [number + 1]


# Categories


async def test_categories_are_counted_most_first(storage: Storage) -> None:
    names = ["Sea", "Sea", "Land", "Air", None]
    await stored(storage, *[new_article(str(n), category=name) for n, name in enumerate(names)])
    counted = await storage.categories.list_with_counts()
    assert [(one.name, one.articles) for one in counted] == [("Sea", 2), ("Air", 1), ("Land", 1)]


async def test_an_alias_merges_two_sections_with_articles_and_subscriptions(storage: Storage) -> None:
    await stored(storage, new_article("1", category="Sports"), new_article("2", category="رياضة"))
    english, arabic = await storage.categories.find("sports"), await storage.categories.find("رياضة")
    assert english
    assert arabic
    one, both = await reader(storage, 1, everything=False), await reader(storage, 2, everything=False)
    muting = await reader(storage, 3)
    await storage.chats.subscribe(one.id, english.id, now=NOON)
    await storage.chats.subscribe(both.id, english.id, now=NOON)
    await storage.chats.subscribe(both.id, arabic.id, now=NOON)
    await storage.chats.unsubscribe(muting.id, english.id, now=NOON)
    merged = await storage.categories.set_alias(named("Sports"), named("رياضة"))
    assert merged.id == arabic.id
    assert [(one.name, one.articles) for one in await storage.categories.list_with_counts()] == [("رياضة", 2)]
    for chat in (one, both):
        assert [c.name for c in (await storage.chats.subscription(chat.id)).categories] == ["رياضة"]
    assert [c.name for c in (await storage.chats.subscription(muting.id)).muted] == ["رياضة"]
    found = await storage.categories.find("sports")
    assert found == merged
    await stored(storage, new_article("3", category="Sports"))
    assert (await storage.categories.list_with_counts())[0].articles == 3


async def test_an_alias_may_come_before_its_articles_and_be_given_again(storage: Storage) -> None:
    sea = await storage.categories.set_alias(named("Maritime"), named("Sea"))
    await stored(storage, new_article(category="Maritime"))
    assert [one.name for one in await storage.categories.list_with_counts()] == ["Sea"]
    coast = await storage.categories.set_alias(named("Maritime"), named("Coast"))
    assert coast.id != sea.id
    assert await storage.categories.find("maritime") == coast
    assert {typed for typed, _ in await storage.categories.names()} == {"Sea", "Coast", "Maritime"}


async def test_an_alias_of_an_alias_means_the_same_section(storage: Storage) -> None:
    sea = await storage.categories.set_alias(named("Maritime"), named("Sea"))
    assert await storage.categories.set_alias(named("Ships"), named("Maritime")) == sea
    assert await storage.categories.find("ships") == sea


# Sources


async def source(storage: Storage, url: str = "https://a.example/feed", **how: Any) -> Source:
    added, _ = await storage.sources.add(url, SourceKind.FEED, **({"now": NOON} | how))
    return added


async def test_a_source_that_is_added_again_gets_the_new_settings(storage: Storage) -> None:
    first = await source(storage, category="Sea", every_seconds=60)
    again, is_new = await storage.sources.add(first.url, SourceKind.FEED, now=NOON, every_seconds=90)
    assert (again.id, is_new) == (first.id, False)
    assert (again.category, again.every_seconds) == ("Sea", 90)


async def test_sources_are_due_in_the_order_of_their_waiting(storage: Storage) -> None:
    urls = [f"https://{name}.example/" for name in "abc"]
    numbers = [(await source(storage, url)).id for url in urls]
    for number, minutes in zip(numbers, (3, 1, 9), strict=True):
        await storage.sources.record_visits(
            Visit(source_id=number, due_at=NOON + timedelta(minutes=minutes), error="x")
        )
    due = await storage.sources.due_sources(NOON + timedelta(minutes=5))
    assert [one.id for one in due] == [numbers[1], numbers[0]]


async def test_failures_are_counted_and_forgotten_with_the_next_success(storage: Storage) -> None:
    one = await source(storage)
    for _ in range(3):
        await storage.sources.record_visits(Visit(source_id=one.id, due_at=NOON, error="HTTP 500"))
    (failing,) = await storage.sources.all()
    assert (failing.failures, failing.last_error, failing.refreshed_at) == (3, "HTTP 500", None)
    success = Visit(source_id=one.id, due_at=NOON + HOUR, succeeded_at=NOON, etag='"7"', title="Wire")
    await storage.articles.store([new_article(source_id=one.id)], now=NOON, visit=success)
    (well,) = await storage.sources.all()
    assert (well.failures, well.last_error, well.etag, well.title) == (0, None, '"7"', "Wire")


async def test_an_etag_is_kept_only_together_with_the_items_that_it_vouches_for(storage: Storage) -> None:
    one = await source(storage)
    visit = Visit(source_id=one.id, due_at=NOON + HOUR, succeeded_at=NOON, etag='"7"')
    broken = new_article(source_id=99999)  # no such source: the whole is refused
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        await storage.articles.store([new_article("good", source_id=one.id), broken], now=NOON, visit=visit)
    (unchanged,) = await storage.sources.all()
    assert (unchanged.etag, unchanged.refreshed_at) == (None, None)
    assert await storage.articles.newest(limit=5) == []


async def test_a_source_moves_and_becomes_the_one_that_is_there_already(storage: Storage) -> None:
    one, other = await source(storage, "https://a.example/"), await source(storage, "https://b.example/")
    visit = Visit(source_id=one.id, due_at=NOON, succeeded_at=NOON, moved_to="https://c.example/")
    await storage.sources.record_visits(visit)
    await storage.sources.record_visits(replace(visit, source_id=other.id))
    assert [(found.id, found.url) for found in await storage.sources.all()] == [(one.id, "https://c.example/")]


async def test_articles_outlive_their_source(storage: Storage) -> None:
    one = await source(storage)
    (number,) = await stored(storage, new_article(source_id=one.id))
    assert await storage.sources.remove(one.id)
    assert not await storage.sources.remove(one.id)
    article = await storage.articles.get(number)
    assert article
    assert article.source_id is None


async def test_of_a_column_with_one_title_for_all_the_newest_are_looked_at(storage: Storage) -> None:
    await stored(
        storage, *(new_article(f"n{number}", keys=("title:1:weather", f"own:{number}")) for number in range(50))
    )
    found = await storage.articles.find_by_keys(["title:1:weather", "own:3"])
    assert [known.identity for known in found["title:1:weather"]] == [f"n{number}" for number in range(30, 50)]
    assert [known.identity for known in found["own:3"]] == ["n3"]
