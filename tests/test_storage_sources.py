"""Sources: known by their address, visited when due, and remembered only as far as their articles are stored."""

import sqlite3
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from storage import Storage
from storage.records import ChangedArticle, DueSource, NewSource, Source, SourceKind, Visit
from tests.makers import NOON, found, new_article, stored

FEED = "https://news.example/feed"
HOUR = timedelta(hours=1)


async def added(storage: Storage, url: str = FEED, *, now: datetime = NOON, **settings: Any) -> Source:
    source, _ = await storage.sources.add(url, SourceKind.FEED, now=now, **settings)
    return source


async def only(storage: Storage) -> Source:
    [source] = await storage.sources.all()
    return source


def went_well(source: Source, **found: Any) -> Visit:
    values: dict[str, Any] = {"due_at": NOON + HOUR, "succeeded_at": NOON}
    return Visit(source_id=source.id, **(values | found))


def failed(source: Source, error: str = "it did not answer", **found: Any) -> Visit:
    values: dict[str, Any] = {"due_at": NOON + HOUR, "error": error}
    return Visit(source_id=source.id, **(values | found))


# Adding and removing


@pytest.mark.parametrize("kind", list(SourceKind))
async def test_a_new_source_is_due_at_once_and_was_never_read(storage: Storage, kind: SourceKind) -> None:
    source, is_new = await storage.sources.add(
        FEED, kind, now=NOON, category="Town", every_seconds=60, title="The Wire"
    )
    assert is_new
    assert source == Source(
        id=source.id,
        url=FEED,
        kind=kind,
        title="The Wire",
        category="Town",
        every_seconds=60,
        due_at=NOON,
        refreshed_at=None,
        etag=None,
        last_modified=None,
        failures=0,
        last_error=None,
    )
    assert await storage.sources.all() == [source]


async def test_a_source_that_sends_its_articles_by_itself_is_never_due(storage: Storage) -> None:
    for kind in SourceKind:
        await storage.sources.add(f"https://{kind}.example", kind, now=NOON)
    due = {source.url for source in await storage.sources.due_sources(NOON + HOUR)}
    assert due == {f"https://{kind}.example" for kind in SourceKind if not kind.is_pushed}


async def test_a_source_that_is_added_twice_is_one_with_the_new_settings(storage: Storage) -> None:
    first = await added(storage, category="Town", every_seconds=60, title="The Wire")
    again, is_new = await storage.sources.add(FEED, SourceKind.FEED, now=NOON + HOUR, category="Sea")
    assert not is_new
    assert (again.id, again.category, again.every_seconds, again.title) == (first.id, "Sea", 60, "The Wire")
    assert await storage.sources.all() == [again]


async def test_a_source_that_is_added_again_is_due_at_once_and_asked_for_all(storage: Storage) -> None:
    source = await added(storage, title="The Wire")
    await storage.sources.record_visits(went_well(source, etag='"1"', due_at=NOON + 9 * HOUR))
    again = await added(storage, now=NOON + HOUR, every_seconds=30, title="The New Wire")
    assert (again.due_at, again.every_seconds, again.title) == (NOON + HOUR, 30, "The New Wire")
    assert (again.etag, again.refreshed_at) == (None, NOON)


async def test_a_source_that_is_another_kind_now_has_a_backlog_again(storage: Storage) -> None:
    source = await added(storage)
    await storage.sources.record_visits(went_well(source, etag='"1"'))
    again, _ = await storage.sources.add(FEED, SourceKind.PAGE, now=NOON)
    assert (again.id, again.kind, again.etag, again.refreshed_at) == (source.id, SourceKind.PAGE, None, None)


async def test_a_folder_that_is_added_again_is_not_read_anew(storage: Storage) -> None:
    folder, _ = await storage.sources.add("/srv/news", SourceKind.FOLDER, now=NOON)
    await storage.sources.record_visits(went_well(folder, etag="17"))
    again, _ = await storage.sources.add("/srv/news", SourceKind.FOLDER, now=NOON)
    assert again.etag == "17"


async def test_adding_again_does_not_put_off_one_that_waits_already(storage: Storage) -> None:
    await added(storage)
    assert (await added(storage, now=NOON + HOUR)).due_at == NOON


async def test_the_articles_of_a_removed_source_stay(storage: Storage) -> None:
    source = await added(storage, title="The Wire")
    other = await added(storage, "https://other.example/feed", title="The Other")
    [bare, named, others] = await stored(
        storage,
        new_article("bare", source_id=source.id),
        new_article("named", source_id=source.id, publisher="The Harbour Post"),
        new_article("of another", source_id=other.id),
    )
    before = {one.id: one.source for one in await storage.articles.newest(limit=5)}
    assert before == {bare: "The Wire", named: "The Harbour Post", others: "The Other"}
    assert await storage.sources.remove(source.id)
    assert await storage.sources.all() == [other]
    shown = {one.id: (one.source, one.source_id) for one in await storage.articles.newest(limit=5)}
    assert shown == {bare: (None, None), named: ("The Harbour Post", None), others: ("The Other", other.id)}
    assert await found(storage, "bare") == ["Title bare"]


async def test_removing_twice_says_that_there_is_none(storage: Storage) -> None:
    source = await added(storage)
    assert [await storage.sources.remove(source.id) for _ in range(2)] == [True, False]


async def test_a_source_that_comes_back_has_a_number_of_its_own(storage: Storage) -> None:
    source = await added(storage)
    await storage.sources.record_visits(went_well(source, etag='"1"'))
    await storage.sources.remove(source.id)
    again = await added(storage)
    assert again.id != source.id
    assert (again.etag, again.refreshed_at) == (None, None)


async def test_a_source_that_comes_back_finds_the_articles_that_it_had(storage: Storage) -> None:
    source = await added(storage)
    [article] = await stored(storage, new_article(f"guid:{source.id}:a", source_id=source.id))
    await storage.sources.remove(source.id)
    again = await added(storage)
    [known] = (await storage.articles.find_by_keys([f"guid:{again.id}:a"]))[f"guid:{again.id}:a"]
    assert known.id == article


# What was dropped


async def test_what_was_dropped_is_kept_until_the_next_whole_reading(storage: Storage) -> None:
    source = await added(storage)
    reasons = tuple(f"item {number} has neither title nor text" for number in range(9))
    await storage.sources.record_visits(went_well(source, whole_at=NOON, dropped=reasons))
    await storage.sources.record_visits(went_well(source))
    kept = await only(storage)
    assert (kept.dropped, kept.drop_reasons, kept.whole_at) == (9, reasons[:5], NOON)
    await storage.sources.record_visits(went_well(source, whole_at=NOON + HOUR))
    kept = await only(storage)
    assert (kept.dropped, kept.drop_reasons, kept.whole_at) == (0, (), NOON + HOUR)


# Whose time has come


async def test_the_longest_waiting_is_due_first(storage: Storage) -> None:
    late = await added(storage, "https://late.example/", now=NOON)
    early = await added(storage, "https://early.example/", now=NOON - HOUR)
    same = await added(storage, "https://same.example/", now=NOON)
    await added(storage, "https://later.example/", now=NOON + timedelta(milliseconds=1))
    assert [one.id for one in await storage.sources.due_sources(NOON)] == [early.id, late.id, same.id]
    assert [one.id for one in await storage.sources.due_sources(NOON, limit=2)] == [early.id, late.id]
    assert await storage.sources.due_sources(NOON - 2 * HOUR) == []


@pytest.mark.parametrize("visit", [went_well, failed])
async def test_a_visited_source_is_due_when_the_visit_said(storage: Storage, visit: Any) -> None:
    source = await added(storage)
    await storage.sources.record_visits(visit(source))
    assert await storage.sources.due_sources(NOON + HOUR - timedelta(seconds=1)) == []
    assert [one.id for one in await storage.sources.due_sources(NOON + HOUR)] == [source.id]


# Visits


async def test_failures_are_counted_until_it_goes_well(storage: Storage) -> None:
    source = await added(storage)
    await storage.sources.record_visits(failed(source, "first"))
    await storage.sources.record_visits(failed(source, "second"))
    broken = await only(storage)
    assert (broken.failures, broken.last_error, broken.refreshed_at) == (2, "second", None)
    await storage.sources.record_visits(went_well(source))
    well = await only(storage)
    assert (well.failures, well.last_error, well.refreshed_at) == (0, None, NOON)


async def test_a_failed_visit_forgets_nothing_and_learns_nothing(storage: Storage) -> None:
    source = await added(storage, title="The Wire")
    await storage.sources.record_visits(went_well(source, etag='"1"', last_modified="yesterday"))
    learnt = {"etag": '"2"', "last_modified": "today", "title": "Not found", "moved_to": "https://moved.example/"}
    await storage.sources.record_visits(failed(source, **learnt))
    kept = await only(storage)
    assert (kept.etag, kept.last_modified, kept.title, kept.url) == ('"1"', "yesterday", "The Wire", FEED)
    assert kept.refreshed_at == NOON


async def test_a_source_that_stops_sending_marks_is_asked_without_them(storage: Storage) -> None:
    source = await added(storage)
    await storage.sources.record_visits(went_well(source, etag='"1"', last_modified="yesterday"))
    await storage.sources.record_visits(went_well(source))
    kept = await only(storage)
    assert (kept.etag, kept.last_modified) == (None, None)


async def test_a_source_keeps_its_title_until_it_has_another(storage: Storage) -> None:
    source = await added(storage, title="The Wire")
    await storage.sources.record_visits(went_well(source))
    assert (await only(storage)).title == "The Wire"
    await storage.sources.record_visits(went_well(source, title="The New Wire"))
    assert (await only(storage)).title == "The New Wire"


async def test_a_visit_changes_one_source_and_one_that_is_gone_is_no_trouble(storage: Storage) -> None:
    source, other = await added(storage), await added(storage, "https://other.example/feed")
    await storage.sources.record_visits(failed(source))
    await storage.sources.remove(source.id)
    await storage.sources.record_visits(went_well(source, etag='"1"', moved_to="https://moved.example/"))
    await storage.sources.record_visits(failed(source))
    assert await storage.sources.all() == [other]


# What a visit brought


async def test_a_visit_is_stored_with_its_articles(storage: Storage) -> None:
    source = await added(storage)
    visit = went_well(source, etag='"1"', last_modified="today", title="The Wire")
    result = await storage.articles.store([new_article("one", source_id=source.id)], now=NOON, visit=visit)
    assert len(result.added) == 1
    kept = await only(storage)
    assert (kept.etag, kept.last_modified, kept.title) == ('"1"', "today", "The Wire")
    assert (kept.due_at, kept.refreshed_at) == (NOON + HOUR, NOON)


async def test_a_visit_that_brought_nothing_new_is_stored_as_well(storage: Storage) -> None:
    source = await added(storage)
    await stored(storage, new_article("one"))
    await storage.articles.store([new_article("one")], now=NOON, visit=went_well(source, etag='"1"'))
    assert (await only(storage)).etag == '"1"'


async def test_where_its_articles_can_not_be_stored_the_visit_never_was(storage: Storage) -> None:
    """Else the source would answer "not modified" from then on, and what it published is lost."""
    source = await added(storage)
    articles = [new_article("one", source_id=source.id), new_article("two", source_id=404)]
    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.ForeignKeyViolation)):
        await storage.articles.store(articles, now=NOON, visit=went_well(source, etag='"1"'))
    assert await storage.sources.all() == [source]
    assert await storage.articles.newest(limit=5) == []


async def test_where_the_visit_can_not_be_stored_its_articles_are_not(storage: Storage) -> None:
    source = await added(storage)
    naive = NOON.replace(tzinfo=None)
    await stored(storage, new_article("known"))
    known = (await storage.articles.find_by_keys(["known"]))["known"][0]
    again = new_article("known", title="Corrected")
    change = ChangedArticle(article_id=known.id, text=again.text, search=again.search, from_revision=1)
    with pytest.raises(TypeError):
        await storage.articles.store([new_article("one")], [change], now=NOON, visit=went_well(source, due_at=naive))
    assert [article.text.title for article in await storage.articles.newest(limit=5)] == ["Title known"]
    assert await storage.sources.all() == [source]


# Article pages that are still to be read


async def wanting(storage: Storage, name: str, source: Source, *, due_at: datetime = NOON, **changes: Any) -> int:
    article = new_article(name, source_id=source.id, page_due_at=due_at, **changes)
    return (await stored(storage, article))[0]


async def wanted(storage: Storage, source: Source, *, now: datetime = NOON) -> list[tuple[int, int]]:
    pages = await storage.pages.due_pages(source.id, now=now, limit=10)
    return [(page.article_id, page.tries) for page in pages]


async def test_the_pages_of_a_source_are_wanted_when_they_are_due_the_newest_first(storage: Storage) -> None:
    source, other = await added(storage), await added(storage, "https://other.example/feed")
    old = await wanting(storage, "old", source, published_at=NOON - 3 * HOUR)
    new = await wanting(storage, "new", source)
    later = await wanting(storage, "later", source, due_at=NOON + HOUR)
    await wanting(storage, "of another", other)
    assert await wanted(storage, source) == [(new, 0), (old, 0)]
    assert {one for one, _ in await wanted(storage, source, now=NOON + HOUR)} == {old, new, later}
    assert len(await storage.pages.due_pages(source.id, now=NOON, limit=1)) == 1


async def test_a_page_that_failed_is_due_later_or_never(storage: Storage) -> None:
    source = await added(storage)
    one = await wanting(storage, "one", source)
    await storage.pages.record_failure(one, again_at=NOON + HOUR)
    assert await wanted(storage, source) == []
    assert await wanted(storage, source, now=NOON + HOUR) == [(one, 1)]
    await storage.pages.record_failure(one, again_at=None)
    assert await wanted(storage, source, now=NOON + 9 * HOUR) == []


async def test_a_page_that_was_read_is_not_wanted_any_more(storage: Storage) -> None:
    source = await added(storage)
    one = await wanting(storage, "one", source)
    whole = new_article("one", body="The whole of its page.")
    change = ChangedArticle(article_id=one, text=whole.text, search=whole.search, from_revision=1, excerpt="Short.")
    await storage.articles.store([], [change], now=NOON)
    assert await wanted(storage, source) == []
    known = (await storage.articles.find_by_keys(["one"]))["one"][0]
    assert (known.text.body, known.excerpt, known.revision) == ("The whole of its page.", "Short.", 2)


async def test_nothing_is_wanted_of_what_is_gone(storage: Storage) -> None:
    source = await added(storage)
    withdrawn = await wanting(storage, "withdrawn", source)
    await storage.articles.retract(withdrawn, now=NOON)
    assert await wanted(storage, source) == []
    await wanting(storage, "kept", source)
    await storage.sources.remove(source.id)
    assert await storage.database.fetch("SELECT * FROM pages_wanted") == []


# Moving


async def test_a_source_that_moved_is_asked_at_its_new_address(storage: Storage) -> None:
    source = await added(storage)
    await stored(storage, new_article("one", source_id=source.id))
    await storage.sources.record_visits(went_well(source, moved_to="https://moved.example/feed", etag='"1"'))
    moved = await only(storage)
    assert (moved.id, moved.url, moved.etag) == (source.id, "https://moved.example/feed", '"1"')
    [article] = await storage.articles.newest(limit=5)
    assert article.source_id == source.id


async def test_a_source_that_moved_to_the_address_of_another_becomes_that_one(storage: Storage) -> None:
    source, other = await added(storage, category="Sea"), await added(storage, "https://other.example/feed")
    visit = went_well(source, moved_to=other.url, etag='"1"')
    article = new_article(f"guid:{source.id}:a", source_id=source.id)
    result = await storage.articles.store([article], now=NOON, visit=visit)
    kept = await only(storage)
    assert (kept.id, kept.url, kept.etag, kept.category) == (other.id, other.url, None, "Sea")
    assert kept.refreshed_at is not None  # its next reading is no backlog
    [moved] = await storage.articles.newest(limit=5)
    assert moved.source_id == other.id
    [known] = (await storage.articles.find_by_keys([f"guid:{other.id}:a"]))[f"guid:{other.id}:a"]
    assert known.id == result.added[0]


# The rhythm


async def test_what_was_taken_already_is_not_due_again(storage: Storage) -> None:
    sources = [await added(storage, f"{FEED}/{number}") for number in range(5)]
    ids = [source.id for source in sources]
    assert [one.id for one in await storage.sources.due_sources(NOON, besides=ids[:2])] == ids[2:]
    assert [one.id for one in await storage.sources.due_sources(NOON, besides={ids[0], ids[3]}, limit=2)] == [
        ids[1],
        ids[2],
    ]


@pytest.mark.only_sqlite
async def test_due_sources_are_found_in_a_stretch_of_an_index(storage: Storage) -> None:
    plan = await storage.database.fetch(
        """
        EXPLAIN QUERY PLAN SELECT id, url, due_at, refreshed_at, failures FROM sources
        WHERE due_at <= 5 AND NOT paused AND id NOT IN (SELECT value FROM json_each('[1, 2]'))
            ORDER BY due_at, id LIMIT 10
        """
    )
    steps = [row["detail"] for row in plan]
    assert steps[0] == "SEARCH sources USING INDEX sources_due (due_at<?)"
    assert not any("B-TREE" in step for step in steps)


async def test_what_is_known_before_its_turn_comes_is_little(storage: Storage) -> None:
    new, read, failing = [await added(storage, f"{FEED}/{number}") for number in range(3)]
    await storage.sources.record_visits(went_well(read, due_at=NOON), failed(failing, due_at=NOON))
    due = {one.id: one for one in await storage.sources.due_sources(NOON)}
    assert due[new.id] == DueSource(id=new.id, url=new.url, due_at=NOON, never_read=True, failures=0)
    assert (due[read.id].never_read, due[failing.id].failures) == (False, 1)


async def test_visits_are_recorded_together(storage: Storage) -> None:
    first, second = await added(storage), await added(storage, f"{FEED}/other")
    learned = {"visited_at": NOON, "watched_since": NOON - HOUR, "recent_articles": 2.5}
    await storage.sources.record_visits(went_well(first, **learned), failed(second, visited_at=NOON))
    one, other = await storage.sources.get(first.id), await storage.sources.get(second.id)
    assert one is not None
    assert other is not None
    assert (one.visited_at, one.watched_since, one.recent_articles) == (NOON, NOON - HOUR, 2.5)
    assert (other.visited_at, other.watched_since, other.recent_articles) == (NOON, None, 0.0)
    await storage.sources.record_visits(failed(first, visited_at=NOON + HOUR))
    one = await storage.sources.get(first.id)
    assert one is not None
    assert (one.visited_at, one.watched_since, one.recent_articles) == (NOON + HOUR, NOON - HOUR, 2.5)


async def test_a_source_that_is_not_there_is_none(storage: Storage) -> None:
    assert await storage.sources.get(7) is None


async def test_visits_in_the_future_of_a_clock_that_was_set_back_are_brought_back(storage: Storage) -> None:
    ahead, before, new = [await added(storage, f"{FEED}/{number}") for number in range(3)]
    await storage.sources.record_visits(
        went_well(ahead, visited_at=NOON, due_at=NOON + HOUR), went_well(before, visited_at=NOON - 9 * HOUR)
    )
    back = NOON - 2 * HOUR
    assert await storage.sources.correct_times(back) == 2
    assert {one.id: (one.visited_at, one.due_at) for one in await storage.sources.all()} == {
        ahead.id: (back, back + HOUR),
        before.id: (NOON - 9 * HOUR, NOON + HOUR),
        new.id: (None, back),
    }
    assert await storage.sources.correct_times(back) == 0


async def test_first_visits_that_are_spread_out_are_not_taken_for_a_clock_that_was_ahead(storage: Storage) -> None:
    sources = [NewSource(url=f"https://{n}.example/feed", kind=SourceKind.FEED) for n in range(3)]
    planned = [NOON + n * HOUR for n in range(3)]
    await storage.sources.add_all(list(zip(sources, planned, strict=True)), now=NOON)
    assert await storage.sources.correct_times(NOON) == 0
    assert await storage.sources.correct_times(NOON - HOUR) == 3
    assert [one.due_at for one in await storage.sources.all()] == [one - HOUR for one in planned]
