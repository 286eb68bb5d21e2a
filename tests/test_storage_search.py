"""Candidates for a search: bounded, whole ones before others, narrowed, and never what was withdrawn."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.jobs import Reindexing
from bot.text.document import stored_form
from bot.text.search import search_text, understood
from storage import Storage
from storage.records import (
    CategoryName,
    ChangedArticle,
    NewArticle,
    Query,
    SearchText,
    SourceKind,
    SubjectKind,
    SubjectName,
    Term,
    Text,
    WordsQuery,
)
from storage.records.documents import Paragraph, Picture, Run
from storage.topics import search as storage_search
from storage.topics import search_index
from storage.topics.categories import add_categories, ensure_category
from tests.makers import NOON, found, new_article, stored

HOUR = timedelta(hours=1)


def terms(*words: str) -> tuple[Term, ...]:
    return tuple(Term(word, (word,)) for word in words)


async def whole(storage: Storage, *words: str) -> dict[str, bool]:
    """Which titles are candidates, and whether they are said to have all the words."""
    candidates = (await storage.search.candidates(Query(terms=terms(*words)))).candidates
    headlines = await storage.articles.headlines([one.id for one in candidates])
    return {headline.title: one.whole for headline, one in zip(headlines, candidates, strict=True)}


# Words


async def test_all_words_or_else_some(storage: Storage) -> None:
    await stored(storage, *[new_article(name, title=name) for name in ("ferry harbour", "ferry", "train")])
    assert await whole(storage, "ferry", "harbour") == {"ferry harbour": True, "ferry": False}
    assert await whole(storage, "ferry", "tram") == {"ferry harbour": False, "ferry": False}
    assert await whole(storage, "tram") == {}


async def test_nothing_stored_and_nothing_asked_for_is_nothing_found(storage: Storage) -> None:
    assert await found(storage, "ferry") == []
    assert await found(storage) == []
    await stored(storage, new_article("ferry"))
    assert await found(storage) == []


async def test_one_of_several_forms_will_do_and_a_form_may_be_words_side_by_side(storage: Storage) -> None:
    await stored(
        storage, new_article("night boat", title="night boat"), new_article("boat night", title="boat night")
    )
    query = Query(terms=(Term("x", ("train", "night boat")),))
    assert len((await storage.search.candidates(query)).candidates) == 1


async def test_where_some_words_are_all_there_is_the_rarest_count_most(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_search, "MOST_OF_SOME", 2)
    await stored(
        storage, new_article("rare one", title="comet"), *[new_article(f"{n}", title="sea") for n in range(9)]
    )
    assert await found(storage, "sea", "comet", "unheard") == ["sea", "comet"]


def searches_cost(monkeypatch: pytest.MonkeyPatch, storage: Storage, **costs: int) -> None:
    index = storage.database.full_text
    monkeypatch.setattr(type(index), "costs", replace(index.costs, **costs))


async def test_common_words_are_looked_for_in_the_newest_articles_and_rare_ones_in_all(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches_cost(monkeypatch, storage, whole_postings=10)
    monkeypatch.setattr(storage_search, "SAMPLED", 5)
    first = [new_article("old", title="comet sea wind")]
    await stored(storage, *first, *[new_article(f"{n}", title=f"sea wind {n}") for n in range(99)])
    assert (await whole(storage, "comet", "sea", "wind"))["comet sea wind"]
    assert await found(storage, "sea", "wind") == [f"sea wind {n}" for n in range(98, 88, -1)]


async def test_what_lacks_a_word_that_nearly_all_articles_have_does_not_have_all_words(storage: Storage) -> None:
    await stored(
        storage,
        *[new_article(f"{n}", title=f"sea wind {n}") for n in range(20)],
        *[
            new_article("both", title="comet sea"),
            new_article("one", title="comet"),
            new_article("in", body="sea comet"),
        ],
    )
    told = await whole(storage, "comet", "sea")
    assert {title: told[title] for title in told if "comet" in title} == {"comet sea": True, "comet": False}
    assert sum(told.values()) == 2  # the third has them in its body


@pytest.mark.parametrize("languages", [(), ("ar", "en")])
async def test_what_has_two_common_words_that_keep_apart_is_found_behind_what_has_one(
    storage: Storage, languages: tuple[str, ...]
) -> None:
    await stored(storage, written_in("ar", "match budget"))
    await stored(storage, *[written_in("ar", f"match {n}") for n in range(250)])
    await stored(storage, *[written_in("en", f"budget {n}") for n in range(160)])
    candidates = await storage.search.candidates(Query(terms=terms("match", "budget"), languages=languages))
    [both] = [one.id for one in candidates.candidates if one.whole]
    assert [headline.title for headline in await storage.articles.headlines([both])] == ["match budget"]
    _, elsewhere, more = await in_languages(storage, Query(terms=terms("match", "budget"), languages=("fr",)))
    assert (elsewhere, more) == (["match budget"], False)


async def test_titles_are_not_looked_through_for_words_that_stand_in_too_many_articles(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_search, "MOST", 3)
    searches_cost(monkeypatch, storage, title_postings=5)
    bodies = [new_article(f"{n}", title=f"other {n}", body="a comet") for n in range(9)]
    await stored(storage, new_article("comet", title="comet"), *bodies)
    assert await found(storage, "comet") == ["other 8", "other 7", "other 6"]


async def test_an_old_article_with_the_words_in_its_title_is_found_behind_many_that_have_them_in_the_body(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_search, "MOST", 3)
    bodies = [new_article(f"{n}", title=f"other {n}", body="a comet") for n in range(9)]
    await stored(storage, new_article("comet", title="comet"), *bodies)
    assert await found(storage, "comet") == ["other 8", "other 7", "comet"]


async def test_no_query_has_more_candidates_than_can_be_ranked_at_once(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_search, "MOST", 4)
    monkeypatch.setattr(storage_search, "MOST_OF_SOME", 4)
    await stored(storage, *[new_article(f"{n}", title=f"ferry {n}") for n in range(9)])
    for words in (("ferry",), ("ferry", "none")):
        assert len(await found(storage, *words)) == 4


async def test_rarer_words_weigh_more_and_unknown_ones_nothing(storage: Storage) -> None:
    await stored(storage, *[new_article(f"{n}", title="sea comet" if n == 3 else "sea") for n in range(9)])
    weights = (await storage.search.candidates(Query(terms=terms("sea", "comet", "none")))).weights
    assert weights[1] > weights[0] > weights[2] == 0


# What holds in any case


async def test_what_has_an_excluded_word_is_no_candidate(storage: Storage) -> None:
    await stored(storage, *[new_article(name, title=name) for name in ("ferry sails", "ferry sinks", "train sinks")])
    assert await found(storage, "ferry", without=terms("sinks")) == ["ferry sails"]
    assert await found(storage, "ferry", "train", without=terms("sinks")) == ["ferry sails"]


async def test_a_search_is_narrowed_to_categories(storage: Storage) -> None:
    await stored(
        storage,
        *[new_article(f"ferry {name}", title=f"ferry {name}", category=name) for name in ("Sea", "Land", "Air")],
        new_article("ferry", title="ferry", category=None),
    )
    sea, land = [await storage.categories.find(name) for name in ("sea", "land")]
    assert sea
    assert land
    assert await found(storage, "ferry", categories=(sea.id,)) == ["ferry Sea"]
    assert await found(storage, "ferry", "none", categories=(sea.id, land.id)) == ["ferry Land", "ferry Sea"]
    assert await found(storage, categories=(sea.id,)) == ["ferry Sea"]
    assert await found(storage, categories=(sea.id,), without=terms("ferry")) == []


async def test_articles_of_a_category_that_was_merged_are_found_under_the_other(storage: Storage) -> None:
    await stored(storage, new_article("ferry", title="ferry", category="Ships"))
    await storage.categories.set_alias(CategoryName("Ships", "ships"), CategoryName("Sea", "sea"))
    async with storage.database.transaction() as transaction:
        sea = await ensure_category(transaction, CategoryName("Ships", "ships"))
    assert await found(storage, "ferry", categories=(sea,)) == ["ferry"]


async def test_a_search_is_narrowed_to_the_sources_that_headlines_name(storage: Storage) -> None:
    source, _ = await storage.sources.add("https://a.example/feed", SourceKind.FEED, now=NOON, title="Harbour News")
    await stored(
        storage,
        new_article("1", title="ferry of the feed", source_id=source.id),
        new_article("2", title="ferry of another", source_id=source.id, publisher="Coast Post"),
        new_article("3", title="ferry imported", publisher="Harbour News"),
        new_article("4", title="ferry of nobody"),
    )
    assert await storage.search.source_names() == ["Coast Post", "Harbour News"]
    assert await found(storage, "ferry", sources=("Harbour News",)) == ["ferry imported", "ferry of the feed"]
    assert await found(storage, sources=("Coast Post",)) == ["ferry of another"]


async def test_pages_of_a_list_do_not_see_what_came_later(storage: Storage) -> None:
    await stored(storage, new_article("1", title="ferry 1"))
    newest = (await storage.search.candidates(Query(terms=terms("ferry")))).newest
    await stored(storage, new_article("2", title="ferry 2"))
    assert await found(storage, "ferry", newest=newest) == ["ferry 1"]
    assert await found(storage, "ferry", "none", newest=newest) == ["ferry 1"]
    assert await found(storage, "ferry") == ["ferry 2", "ferry 1"]


async def test_what_was_withdrawn_or_pruned_is_found_no_more(storage: Storage) -> None:
    category = "Sea"
    withdrawn, _, _ = await stored(
        storage,
        new_article("withdrawn", title="ferry", lane=None),
        new_article("old", title="ferry", lane=None, published_at=NOON - 9 * HOUR, category=category),
        new_article("new", title="ferry new", category=category),
        now=NOON - HOUR,
    )
    await storage.articles.retract(withdrawn, now=NOON)
    await storage.archive.prune(before=NOON - HOUR / 2, limit=9)
    sea = await storage.categories.find("sea")
    assert sea
    assert await found(storage, "ferry") == ["ferry new"]
    assert await found(storage, categories=(sea.id,)) == ["ferry new"]


# Words that typing errors may have meant


async def test_words_are_known_from_the_articles_as_they_are_written(storage: Storage) -> None:
    words = frozenset({"harbour", "harbours", "مرفا"})
    await stored(storage, *[new_article(name, search=SearchText(title="x", body="", words=words)) for name in "ab"])
    assert await storage.search.known_words(["harbour", "harbor", "مرفا"]) == {"harbour", "مرفا"}
    assert await storage.search.words_with_prefix("harb") == ["harbour", "harbours"]
    assert await storage.search.words_with_prefix("مر") == ["مرفا"]


async def test_how_common_a_word_is_is_told_from_its_newest_articles(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_search, "SAMPLED", 10)
    names = itertools.cycle(["sea comet", "sea", "sea", "sea"])
    await stored(storage, *[new_article(f"{n}", title=name) for n, name in zip(range(80), names, strict=False)])
    sea, comet, none = await storage.search.document_frequencies(terms("sea", "comet", "none"))
    assert (sea, none) == (80, 0)
    assert 20 <= comet <= 22


# Reindexing anew


async def old(storage: Storage, *names: str) -> list[int]:
    """Articles as a database has them that is from before."""
    ids = await stored(storage, *[new_article(name, search=SearchText(title="oldstem", body="")) for name in names])
    async with storage.database.transaction() as transaction:
        await transaction.execute("UPDATE articles SET indexed = FALSE")
    return ids


async def test_articles_from_before_are_found_by_their_old_words_and_then_by_the_new_ones(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "INDEXED_AT_ONCE", 2)
    await old(storage, "one", "two", "three")
    assert len(await found(storage, "oldstem")) == 3
    await Reindexing(storage)()
    assert await found(storage, "oldstem") == []
    assert len(await found(storage, "paragraph")) == 3
    assert await storage.search.known_words(["paragraph"]) == {"paragraph"}
    assert await storage.search.articles_to_reindex() == []


async def test_an_article_from_before_is_found_by_its_captions_when_it_is_indexed_anew(storage: Storage) -> None:
    picture = Picture("https://h.example/a.jpg", (Run("Seagulls above the lighthouse"),))
    await stored(storage, new_article("one", document=stored_form((Paragraph((Run("Text of one."),)), picture))))
    async with storage.database.transaction() as transaction:
        await transaction.execute("UPDATE articles SET indexed = FALSE")
    assert await found(storage, "lighthous") == []
    await Reindexing(storage)()
    assert await found(storage, "lighthous") == ["Title one"]


async def test_what_changed_or_went_while_it_was_indexed_anew_keeps_its_words(storage: Storage) -> None:
    changed, withdrawn = await old(storage, "changed", "withdrawn")
    before = await storage.search.articles_to_reindex()
    text = Text(title="new", body="", lead="", summary=(), language="en")
    change = ChangedArticle(article_id=changed, text=text, search=SearchText(title="fresh", body=""), from_revision=1)
    await storage.articles.store([], [change], now=NOON)
    await storage.articles.retract(withdrawn, now=NOON)
    await storage.search.reindex({one: SearchText(title="late", body="") for one in before})
    assert await found(storage, "late") == []
    assert await found(storage, "fresh") == ["new"]
    assert await storage.search.articles_to_reindex() == []


async def test_words_that_were_followed_before_are_filed_under_their_stems_of_now(storage: Storage) -> None:
    typed = understood("kadınlar -spor")
    old_stem = replace(typed.terms[0], forms=("oldstem",))
    query = WordsQuery(terms=(old_stem,), without=typed.without)
    subject = await storage.follows.ensure_subject(
        SubjectName(kind=SubjectKind.WORDS, key="text kadınlar", name=typed.text, query=query)
    )
    async with storage.database.transaction() as transaction:
        await transaction.execute("UPDATE subjects SET filed = FALSE")
    assert [one.id for one in await storage.follows.words_to_file()] == [subject.id]
    await Reindexing(storage)()
    assert await storage.follows.words_to_file() == []
    [one, other] = await stored(
        storage,
        new_article("one", search=search_text("Kadının adı", "", "tr")),
        new_article("other", search=search_text("Oldstem", "", "tr")),
    )
    assert subject.id in [found.id for found in await storage.follows.subjects_of(one)]
    assert subject.id not in [found.id for found in await storage.follows.subjects_of(other)]


# Languages


def written_in(language: str, name: str) -> NewArticle:
    made = new_article(name, title=name)
    return replace(made, text=replace(made.text, language=language))


async def in_languages(storage: Storage, query: Query) -> tuple[list[str], list[str], bool]:
    """The titles in the languages that are asked for, those in others, and whether there may be more of these."""
    asked = await storage.search.candidates(query)
    read, other = [
        [one.title for one in await storage.articles.headlines(sorted(ids))]
        for ids in ({one.id for one in asked.candidates}, asked.elsewhere.articles)
    ]
    return read, other, asked.elsewhere.more


async def test_a_search_in_some_languages_passes_over_others_and_tells_of_them(storage: Storage) -> None:
    """What is in no language that is known is for everybody."""
    await stored(storage, *[written_in(code, f"ferry {code}") for code in ("ar", "en", "fr", "und")])
    asked = Query(terms=terms("ferry"), languages=("en", "fr"))
    assert await in_languages(storage, asked) == (["ferry en", "ferry fr", "ferry und"], ["ferry ar"], False)
    assert await in_languages(storage, replace(asked, elsewhere=True)) == (["ferry ar"], [], False)
    some = Query(terms=terms("ferry", "train"), languages=("fr",))
    assert await in_languages(storage, some) == (["ferry fr", "ferry und"], [], False)


async def test_of_other_languages_is_told_what_has_the_words_that_nearly_all_articles_have_too(
    storage: Storage,
) -> None:
    await stored(storage, *[written_in("ar", f"sea {n}") for n in range(9)])
    await stored(storage, written_in("en", "comet sea"), written_in("en", "comet"), written_in("ar", "sea comet"))
    _, other, _ = await in_languages(storage, Query(terms=terms("comet", "sea"), languages=("ar",)))
    assert other == ["comet sea"]


async def test_articles_in_other_languages_leave_room_for_those_that_are_read(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_search, "MOST", 4)
    monkeypatch.setattr(storage_search, "ENOUGH_READ", 2)
    await stored(storage, *[written_in("ar", f"ferry {n}") for n in range(3)])
    await stored(storage, *[written_in("en", f"ferry {n}") for n in range(3, 9)])
    read, other, more = await in_languages(storage, Query(terms=terms("ferry"), languages=("ar",)))
    assert (read, len(other), more) == (["ferry 0", "ferry 1", "ferry 2"], 4, True)


async def test_a_category_alone_is_searched_in_some_languages(storage: Storage) -> None:
    await stored(storage, written_in("ar", "ferry"), written_in("en", "train"))
    async with storage.database.transaction() as transaction:
        category = await ensure_category(transaction, CategoryName("Transport", "transport"))
        for article in (1, 2):
            await add_categories(transaction, article, [category])
    asked = Query(terms=(), categories=(category,), languages=("ar",))
    assert await in_languages(storage, asked) == (["ferry"], ["train"], False)


async def test_an_old_title_is_found_among_newer_texts_in_other_languages_too(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_search, "MOST", 4)
    monkeypatch.setattr(storage_search, "ENOUGH_READ", 2)
    await stored(storage, written_in("ar", "ferry"))
    newer = [replace(written_in("ar", f"{n}"), search=SearchText(title="x", body="ferry")) for n in range(4)]
    await stored(storage, *newer)
    await stored(storage, written_in("en", "ferry en"))
    read, other, more = await in_languages(storage, Query(terms=terms("ferry"), languages=("ar",)))
    assert "ferry" in read
    assert (other, more) == (["ferry en"], True)
