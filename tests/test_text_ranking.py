"""Which of the articles found come first: small texts of one thing each."""

from datetime import timedelta

import pytest

from bot.text.ranking import RANKED_AGAIN, Scored, by_letters, by_words, to_be_read
from bot.text.search import search_text, understood
from storage.records import Candidate, Query, SearchCandidates, SourceText
from tests.makers import NOON

DAY = timedelta(days=1)
FILLER = "and further down the report goes on about other things of the week for many more words"

Texts = dict[str, tuple[str, str]]  # name -> title and body


def ranked(
    typed: str, texts: Texts, *, ages: dict[str, int] | None = None, partly: str = "", lang: str = "en"
) -> list[str]:
    """Names of the texts, the best first. `ages` are days; what is named in `partly` lacks one of the words."""
    names = list(texts)
    words = understood(typed)
    query = Query(terms=words.terms, without=words.without)
    found = SearchCandidates(
        candidates=tuple(
            Candidate(
                id=n,
                search=search_text(title, body, lang),
                published_at=NOON - (ages or {}).get(name, 0) * DAY,
                whole=name not in partly.split(),
            )
            for n, (name, (title, body)) in enumerate(texts.items())
        ),
        weights=(2.0,) * len(query.terms),
        newest=len(names),
    )
    scored = by_words(query, found)
    written = {n: SourceText(*texts[names[n]]) for n in to_be_read(query, scored)}
    return [names[one.id] for one in by_letters(query, scored, written)]


def test_a_word_in_the_title_is_worth_more_than_in_the_body() -> None:
    texts = {"body": ("Harbour", f"A ferry sank. {FILLER}"), "title": ("A ferry sank", f"Harbour. {FILLER}")}
    assert ranked("ferry", texts) == ["title", "body"]


def test_a_word_among_the_first_of_the_body_is_worth_more_than_further_down() -> None:
    many = " ".join([FILLER] * 4)
    texts = {"further": ("x", f"{many} ferry {many}"), "first": ("x", f"ferry {many} {many}")}
    assert ranked("ferry", texts, ages={"first": 1}) == ["first", "further"]


def test_what_has_all_words_goes_before_what_has_some_of_them_more_often() -> None:
    texts = {"some": ("Ferry ferry", "ferry ferry ferry"), "all": ("Harbour", f"The ferry of the island. {FILLER}")}
    assert ranked("ferry island", texts, partly="some", ages={"all": 900}) == ["all", "some"]


def test_among_equals_the_newest_is_first() -> None:
    texts = dict.fromkeys(("old", "new", "older"), ("Ferry", "A ferry sank."))
    assert ranked("ferry", texts, ages={"old": 5, "new": 0, "older": 500}) == ["new", "old", "older"]


def test_an_old_article_about_it_stays_before_a_new_one_that_mentions_it() -> None:
    texts = {
        "mentions": ("Week in review", f"{FILLER}, among them a ferry, {FILLER}"),
        "about": ("Ferry to the island sinks", "The ferry sank off the island. The ferry was old."),
    }
    assert ranked("ferry", texts, ages={"about": 2_000}) == ["about", "mentions"]


def test_articles_of_one_age_are_ranked_as_without_ages() -> None:
    texts = {"a": ("x", f"ferry {FILLER}"), "b": ("ferry", "ferry"), "c": ("x", f"ferry ferry {FILLER}")}
    order = ranked("ferry", texts)
    assert order == ranked("ferry", texts, ages=dict.fromkeys(texts, 40))
    assert order[0] == "b"


def test_words_side_by_side_go_before_the_same_words_apart() -> None:
    texts = {
        "apart": ("x", f"The council met. {FILLER}. The harbour slept."),
        "together": ("x", f"The harbour council met. {FILLER}. They slept."),
    }
    assert ranked("harbour council", texts)[0] == "together"


def test_a_word_that_shares_letters_counts_where_stems_do_not_meet() -> None:
    texts = {
        "other": ("خبر", "زار الوزير المصنع صباح الاحد"),
        "kin": ("خبر", "زار الوزير المستكتبين صباح الاحد"),
    }
    assert ranked("الوزير الكتبة", texts, lang="ar") == ["kin", "other"]


def test_a_phrase_must_stand_as_it_is_written() -> None:
    texts = {
        "as written": ("x", "The Harbour Council, met."),
        "stems": ("x", "The harbours council met."),
        "over title and body": ("The harbour", "council met."),
        "title": ("Harbour council", "It met."),
    }
    assert sorted(ranked('"harbour council"', texts)) == ["as written", "title"]
    assert sorted(ranked('met -"harbour council"', texts)) == ["over title and body", "stems"]


def test_a_phrase_at_the_end_of_a_long_text_is_found() -> None:
    assert ranked('"harbour council"', {"long": ("x", f"{FILLER} " * 99 + "harbour council")}) == ["long"]


def test_only_the_best_are_read_unless_it_must_be_seen_what_is_written() -> None:
    scored = [Scored(n, True, 1.0, NOON) for n in range(RANKED_AGAIN + 9)]
    assert len(to_be_read(Query(terms=understood("a").terms), scored)) == RANKED_AGAIN
    assert len(to_be_read(Query(terms=understood('"a b"').terms), scored)) == len(scored)
    assert to_be_read(Query(terms=()), scored) == []


@pytest.mark.parametrize("typed", ["ferry", '"ferry"', "-ferry", "🚢"])
def test_nothing_found_is_nothing_ranked(typed: str) -> None:
    assert ranked(typed, {}) == []
