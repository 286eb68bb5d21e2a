"""What is the same article, what is new, what has changed, and what of it is news."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.ingest.decide import MOST_REVISIONS, Decision, Policy, Push, decide, sorting_time
from bot.ingest.draft import Draft
from bot.ingest.identity import identities, without_tracking
from bot.ingest.texts import category_name, texts
from storage.records import KnownArticle, Lane
from tests.makers import NOON

BEIRUT = ZoneInfo("Asia/Beirut")
HOUR = timedelta(hours=1)


def draft(title: str = "Ferry arrives", **changes: Any) -> Draft:
    return replace(Draft(title=title, body="It came at noon.", published=NOON - HOUR), **changes)


def policy(**changes: Any) -> Policy:
    return replace(Policy(Push.FRESH, fresh_for=48 * HOUR, zone=UTC), **changes)


def known(of: Draft, identity: str = "a", revision: int = 1) -> dict[str, KnownArticle]:
    ((text, _),) = texts([of])
    return {identity: KnownArticle(id=1, identity=identity, revision=revision, text=text)}


def decided(*drafts: Draft, stored: dict[str, KnownArticle] | None = None, **changes: Any) -> Decision:
    named = [(chr(97 + number), one) for number, one in enumerate(drafts)]
    return decide(named, stored or {}, policy(**changes), NOON)


# Identity


def identity(of: Draft, source: int | None = 7) -> str:
    return identities([of], source_id=source, zone=UTC)[0]


def test_a_feed_item_is_its_guid_within_its_source() -> None:
    one = draft(guid="g1", url="https://a.example/1")
    assert identity(one) == identity(replace(one, title="Other", url="https://a.example/2"))
    assert identity(one) != identity(one, source=8)
    assert identity(one) != identity(replace(one, guid="g2"))


@pytest.mark.parametrize(
    "other",
    [
        "https://a.example/1?utm_source=x&utm_medium=y",
        "https://a.example/1#comments",
        "http://a.example/1",
        "https://A.Example:443/1",
        "https://a.example/1?fbclid=abc",
    ],
)
def test_without_a_guid_it_is_its_link_without_tracking(other: str) -> None:
    assert identity(draft(url="https://a.example/1")) == identity(draft("Other", url=other))


@pytest.mark.parametrize("other", ["https://a.example/2", "https://a.example/1?id=2", "https://b.example/1"])
def test_another_link_is_another_article(other: str) -> None:
    assert identity(draft(url="https://a.example/1")) != identity(draft(url=other))


def test_parameters_that_say_what_is_read_stay_as_they_were_written() -> None:
    assert without_tracking("https://a.example/p?b=%C7&a=1&utm_x=2&a=3") == "https://a.example/p?b=%C7&a=1&a=3"


def test_without_guid_and_link_it_is_the_folded_title_and_the_day() -> None:
    one = draft("أُولى العبّارات", published=NOON)
    assert identity(one) == identity(draft("اولي العبارات", published=NOON + HOUR))
    assert identity(one) != identity(draft("أولى العبارات", published=NOON + 24 * HOUR))


def test_the_day_is_that_of_the_operators_time_zone() -> None:
    late = draft(published=datetime(2026, 3, 1, 23, 0, tzinfo=UTC))
    assert identities([late], source_id=None, zone=BEIRUT)[0].endswith("2026-03-02")


def test_a_guid_that_items_with_different_links_share_says_nothing() -> None:
    two = [draft(guid="same", url=f"https://a.example/{number}") for number in (1, 2)]
    assert len(set(identities(two, source_id=7, zone=UTC))) == 2


# New, changed, the same


def test_the_same_text_again_changes_nothing() -> None:
    one = draft()
    assert decided(one, stored=known(one)) == Decision((), (), unchanged=1, held_back=0)


@pytest.mark.parametrize("change", [{"title": "Ferry arrived"}, {"body": "It came at one."}, {"lead": "Late."}])
def test_a_changed_text_is_a_change(change: dict[str, str]) -> None:
    changed = decided(replace(draft(), **change), stored=known(draft())).changed
    assert len(changed) == 1


@pytest.mark.parametrize(
    "change", [{"url": "https://a.example/1?x=2"}, {"published": NOON}, {"image_url": "https://a.example/i"}]
)
def test_what_no_reader_sees_is_no_change(change: dict[str, Any]) -> None:
    assert not decided(replace(draft(), **change), stored=known(draft())).changed


def test_an_item_that_changes_at_every_read_is_left_alone_after_a_while() -> None:
    decision = decided(draft("Counter 51"), stored=known(draft("Counter 50"), revision=MOST_REVISIONS))
    assert (decision.changed, decision.unchanged) == ((), 1)


def test_the_same_item_twice_in_one_reading_is_read_once() -> None:
    decision = decide([("a", draft("First")), ("a", draft("Again"))], {}, policy(), NOON)
    assert [article.draft.title for article in decision.new] == ["First"]


# Fresh


@pytest.mark.parametrize(
    ("published", "lane"),
    [
        (NOON - HOUR, Lane.ALERT),
        (NOON - 48 * HOUR, Lane.ALERT),
        (NOON - 48 * HOUR - timedelta(seconds=1), None),
        (NOON + 100 * HOUR, Lane.ALERT),  # a date in the future counts as now
        (None, Lane.ALERT),  # no date: now
        (date(2026, 2, 27), Lane.ALERT),  # a day counts until its end: 36 h before noon of March 1
        (date(2026, 2, 26), None),
        (datetime.max.replace(tzinfo=UTC), Lane.ALERT),
    ],
)
def test_what_is_fresh_is_pushed(published: Any, lane: Lane | None) -> None:
    (article,) = decided(draft(published=published)).new
    assert article.lane == lane


@pytest.mark.parametrize(("push", "lane"), [(Push.ALWAYS, Lane.ALERT), (Push.NEVER, None)])
def test_all_or_nothing_can_be_asked_for(push: Push, lane: Lane | None) -> None:
    (old,) = decided(draft(published=NOON - 9999 * HOUR), push=push).new
    (new,) = decided(draft(), push=push).new
    assert (old.lane, new.lane) == (lane, lane)


@pytest.mark.parametrize(
    ("published", "zone", "sorts"),
    [
        (date(2026, 2, 28), UTC, datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC)),
        (date(2026, 2, 28), BEIRUT, datetime(2026, 2, 28, 21, 59, 59, tzinfo=UTC)),
        (date(2026, 3, 1), UTC, NOON),  # today's end is still to come
        (NOON + HOUR, UTC, NOON),
        (None, UTC, NOON),
    ],
)
def test_an_article_sorts_by_its_day_and_never_later_than_now(published: Any, zone: Any, sorts: datetime) -> None:
    assert sorting_time(published, zone, NOON) == sorts


def test_of_too_many_at_once_the_newest_are_pushed_and_the_rest_stored() -> None:
    many = [draft(f"Story {number}", published=NOON - number * HOUR) for number in range(15)]
    decision = decided(*many, most_pushed=10)
    pushed = [article.draft.title for article in decision.new if article.lane]
    assert len(decision.new) == 15
    assert pushed == [f"Story {number}" for number in range(9, -1, -1)]  # oldest first
    assert decision.held_back == 5


@pytest.mark.parametrize("name", ["", "  ", "!!", "🚢", None, "\u200f"])
def test_a_section_without_a_word_is_none(name: str | None) -> None:
    assert category_name(name) is None
