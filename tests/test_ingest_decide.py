"""What makes an article the same, what of it is new or changed, and what of that is news to push."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ingest.decide import MAX_REVISIONS, Decision, Policy, Push, decide
from bot.ingest.draft import Draft, sorting_time
from bot.ingest.identity import Keys, canonical_link, item_keys, strip_tracking
from bot.ingest.prepare import category_name, prepare_texts
from bot.ingest.recognise import Item
from bot.text.document import from_plain, stored_form
from storage.records import CategoryName, KnownArticle, Lane
from storage.records.documents import Picture
from tests.makers import NOON

BEIRUT = ZoneInfo("Asia/Beirut")
HOUR = timedelta(hours=1)
LAST_DAY = date(9999, 12, 31)


def draft(title: str = "Ferry sails", **changes: Any) -> Draft:
    values: dict[str, Any] = {"body": "It left at noon.", "published": NOON - HOUR}
    return Draft(title=title, **(values | changes))


def known(of: Draft, revision: int = 1) -> KnownArticle:
    """A draft as it is stored."""
    [(text, _, _)] = prepare_texts([of])
    return KnownArticle(id=1, identity="a", revision=revision, text=text, published_at=NOON, published_on=None)


def decided(
    *drafts: Draft, stored: KnownArticle | None = None, zone: tzinfo = UTC, push: Push = Push.FRESH, **policy: Any
) -> Decision:
    """The decision on drafts with the identities a, b, c, …, of which the first may be stored."""
    by = Policy(push=push, fresh_for=timedelta(hours=48), zone=zone, **policy)
    items = [Item(name, one) for name, one in zip("abcdefghij", drafts, strict=False)]
    if stored:
        items[0] = replace(items[0], known=stored)
    return decide(items, by, NOON)


def is_pushed(one: Draft, **policy: Any) -> bool:
    [new] = decided(one, **policy).new
    return new.lane is Lane.ALERT


def keys(one: Draft, source_id: int | None = 1, zone: tzinfo = UTC) -> Keys:
    return item_keys([one], source_id=source_id, zone=zone)[0]


def identity(one: Draft, source_id: int | None = 1, zone: tzinfo = UTC) -> str:
    """The surest key of a draft."""
    return next(iter(keys(one, source_id, zone)))


def test_a_very_long_key_is_bounded_and_still_tells_articles_apart() -> None:
    places = [f"https://a.example/{'ف' * 900}/{number}" for number in range(2)]
    one, other = (keys(draft(guid=place * 2, url=place)) for place in places)
    assert max(len(key.encode()) for key in (*one, *other)) <= 2_000
    assert {*one.guid, one.link}.isdisjoint({*other.guid, other.link})


# Full texts


def completed(of: Draft, body: str = "The whole of its page.") -> KnownArticle:
    """A draft as it is stored with the text of its article page."""
    [(text, _, _)] = prepare_texts([replace(of, body=body)])
    return replace(known(of), text=text, excerpt=of.body)


def test_a_feed_that_gives_its_excerpt_again_has_not_changed_what_the_page_gave() -> None:
    assert decided(draft(), stored=completed(draft())).unchanged == 1
    assert decided(draft(body=""), stored=completed(draft(body=""))).unchanged == 1


@pytest.mark.parametrize("change", [{"body": "It left late."}, {"title": "Ferry stays"}, {"lead": "In short."}])
def test_what_the_feed_gives_otherwise_than_last_time_is_a_change(change: dict[str, str]) -> None:
    [changed] = decided(draft(**change), stored=completed(draft())).changed
    assert changed.known.excerpt == "It left at noon."


# Identity


def test_an_item_is_its_guid_within_its_source() -> None:
    first = identity(draft(guid="7", url="https://a.example/1"))
    assert first == identity(draft("Ferry stays", guid="7", url="https://b.example/2", published=None))
    assert first != identity(draft(guid="8", url="https://a.example/1"))
    assert first != identity(draft(guid="7", url="https://a.example/1"), source_id=2)


def test_without_a_guid_it_is_its_link_whichever_source_has_it() -> None:
    first = identity(draft(url="https://a.example/1"))
    assert first == identity(draft("Ferry stays", url="https://a.example/1", published=None), source_id=2)
    assert first == identity(draft(url="https://a.example/1", guid="7"), source_id=None)
    assert first != identity(draft(url="https://a.example/2"))


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/1?id=5",
        "HTTPS://A.Example:443/1?id=5",
        "https://a.example./1?id=5",
        "https://a.example/1?id=5#comments",
        "https://a.example/1?utm_source=feed&id=5&UTM_Medium=x",
        "https://www.a.example/1/?id=5",
        "https://a.example/1?PHPSESSID=1f0c&id=5",
        "https://a.example/1;jsessionid=1F0C.node3?id=5",
        "https://a.example/1?id=5&sid=1f0c99aa1f0c99aa1f0c99aa",
        "https://a.example/1?id=5&rnd=731",
        "https://a.example/1?_=1772366400&id=5",
        "https://a.example/1?id=5&ref=rss",
        "https://a.example/1?id=5#xtor=RSS-1",
        "https://a.example/%31?id=5",
        "https://a.example/1?id=5&fbclid=abc&at_medium=rss",
        " https://a.example/1?id=5 ",
    ],
)
def test_one_address_in_several_spellings_is_one_article(url: str) -> None:
    assert identity(draft(url=url)) == identity(draft(url="https://a.example/1?id=5"))


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/1?id=6",
        "https://a.example/1",
        "https://a.example/1?id=5&sid=731",
        "https://a.example/1?id=5&s=ferry",
        "https://a.example/1?id=5#v1.1",
        "https://a.example/A?id=5",
        "https://b.example/1?id=5",
        "https://a.example:8080/1?id=5",
        "https://a.example/1?id=5&page=2",
    ],
)
def test_what_the_address_says_of_the_article_keeps_articles_apart(url: str) -> None:
    assert identity(draft(url=url)) != identity(draft(url="https://a.example/1?id=5"))


def test_without_guid_and_link_it_is_its_headline_and_day() -> None:
    first = identity(draft("العبّارة تغادر"))
    assert first == identity(draft("العباره  تغادر", body="Another", published=NOON), source_id=None)
    assert first == identity(draft("العبّارة تغادر", published=date(2026, 3, 1)))
    assert first != identity(draft("العبّارة تغادر", published=date(2026, 3, 2)))
    assert first != identity(draft("العبّارة تغادر", published=None))
    assert first != identity(draft("العبّارة تعود"))


def test_the_day_is_that_of_the_zone() -> None:
    late = draft(published=datetime(2026, 3, 1, 22, 30, tzinfo=UTC))
    assert identity(late, zone=BEIRUT) == identity(draft(published=date(2026, 3, 2)))
    assert identity(late, zone=UTC) == identity(draft(published=date(2026, 3, 1)))


def shared(*drafts: Draft) -> list[Keys]:
    return item_keys(drafts, source_id=1, zone=UTC)


def test_a_guid_that_items_with_different_links_share_says_nothing() -> None:
    assert all(not one.guid for one in shared(*(draft(guid="x", url=f"https://a.example/{n}") for n in (1, 2))))
    assert all(not one.guid for one in shared(draft(guid="x"), draft("Ferry stays", guid="x")))


def test_a_link_that_different_items_share_says_nothing() -> None:
    one, other = shared(*(draft(title, url="https://a.example/changes") for title in ("Ferry 1", "Ferry 2")))
    assert (one.link, other.link) == (None, None)
    assert one.day != other.day
    assert all(
        one.link for one in shared(draft(url="https://a.example/#1"), draft("Two", url="https://a.example/#2"))
    )


def test_an_item_that_is_listed_twice_shares_nothing_with_another() -> None:
    once = draft(guid="x", url="https://a.example/1")
    tracked = draft(guid="x", url="http://a.example/1?utm_source=front#top")
    assert set(shared(once, tracked)) == {keys(once)}


def test_a_guid_that_is_an_address_is_known_with_either_scheme() -> None:
    before, after = keys(draft(guid="http://a.example/1")), keys(draft(guid="https://a.example/1/"))
    assert set(before.guid) & set(after.guid)


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://a.example", "https://a.example/"),
        ("https://a.example/?utm_source=x", "https://a.example/"),
        ("https://a.example/?q=%C7%E1&utm_source=x", "https://a.example/?q=%C7%E1"),  # windows-1256
        ("https://a.example/?a=b%20c&gclid=1&d", "https://a.example/?a=b%20c&d"),
        ("https://a.example/?redirect=utm_source", "https://a.example/?redirect=utm_source"),
        ("https://a.example/?PHPSESSID=1&id=2", "https://a.example/?id=2"),
        ("https://a.example/x?rnd=1#v1.0", "https://a.example/x?rnd=1#v1.0"),
        ("http://[::1]:80/x#xtor=1", "http://[::1]/x"),
        ("https://a.example:99999/x", "https://a.example:99999/x"),
        ("https://[broken/x", "https://[broken/x"),
    ],
)
def test_an_address_loses_its_tracking_and_nothing_else(url: str, clean: str) -> None:
    assert strip_tracking(url) == clean
    assert strip_tracking(clean) == clean


@given(st.text(max_size=60))
def test_any_address_is_taken(text: str) -> None:
    once = strip_tracking(f"https://a.example/{text}")
    assert strip_tracking(once) == once
    assert canonical_link(once) == canonical_link(f"https://a.example/{text}")


# When it counts as published


@pytest.mark.parametrize(
    ("published", "zone", "at"),
    [
        (NOON - HOUR, UTC, NOON - HOUR),
        (NOON + HOUR, UTC, NOON),
        (None, UTC, NOON),
        (date(2026, 2, 27), UTC, datetime(2026, 2, 27, 23, 59, 59, tzinfo=UTC)),
        (date(2026, 2, 27), BEIRUT, datetime(2026, 2, 27, 21, 59, 59, tzinfo=UTC)),
        (date(2025, 7, 27), BEIRUT, datetime(2025, 7, 27, 20, 59, 59, tzinfo=UTC)),
        (date(2026, 3, 1), UTC, NOON),
        (date(2026, 3, 2), UTC, NOON),
        (LAST_DAY, ZoneInfo("America/New_York"), NOON),
    ],
    ids="moment future none day day-in-beirut day-in-summer today tomorrow never".split(),
)
def test_a_day_counts_until_its_end_and_nothing_is_later_than_now(
    published: datetime | date | None, zone: tzinfo, at: datetime
) -> None:
    assert sorting_time(published, zone, NOON) == at
    [new] = decided(draft(published=published), zone=zone).new
    assert new.published_at == at
    assert new.published_on == (None if isinstance(published, datetime) else published)


@pytest.mark.parametrize("zone", [UTC, BEIRUT, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Kiritimati")])
@pytest.mark.parametrize("edge", [LAST_DAY, datetime(9999, 12, 31, 23, 59, tzinfo=UTC), date(1, 1, 1)])
def test_the_ends_of_the_calendar_do_no_harm(zone: ZoneInfo, edge: date) -> None:
    assert sorting_time(edge, zone, NOON) <= NOON
    assert identity(draft(published=edge), zone=zone).endswith(f"{edge:%Y-%m-%d}"[-5:])


# What is pushed


@pytest.mark.parametrize(
    ("published", "fresh"),
    [
        (NOON - HOUR, True),
        (NOON - 48 * HOUR, True),
        (NOON - 48 * HOUR - timedelta(seconds=1), False),
        (NOON + 1000 * HOUR, True),
        (None, True),
        (date(2026, 2, 27), True),  # its last second is 36 hours ago
        (date(2026, 2, 26), False),
    ],
)
def test_what_is_new_is_pushed_while_it_is_fresh(published: datetime | date | None, fresh: bool) -> None:
    assert is_pushed(draft(published=published)) is fresh


def test_a_day_ends_later_further_west() -> None:
    day = draft(published=date(2026, 2, 27))
    west, east = ZoneInfo("Pacific/Pago_Pago"), ZoneInfo("Pacific/Kiritimati")
    by = {zone: decide([Item("a", day)], Policy(Push.FRESH, 40 * HOUR, zone), NOON).new[0] for zone in (west, east)}
    assert [by[zone].lane for zone in (west, east)] == [Lane.ALERT, None]


@pytest.mark.parametrize("published", [NOON, NOON - 10_000 * HOUR, None, date(1999, 1, 1)])
def test_always_and_never_ask_for_no_date(published: datetime | date | None) -> None:
    assert is_pushed(draft(published=published), push=Push.ALWAYS)
    assert not is_pushed(draft(published=published), push=Push.NEVER)


def test_of_too_many_at_once_the_newest_are_pushed_and_all_are_stored() -> None:
    drafts = [draft(f"Ferry {n}", published=NOON - n * HOUR) for n in (3, 1, 4, 2)]
    decision = decided(*drafts, draft("Old ferry", published=NOON - 100 * HOUR), most_pushed=2)
    assert [(new.draft.title, new.lane) for new in decision.new] == [
        ("Old ferry", None),
        ("Ferry 4", None),
        ("Ferry 3", None),
        ("Ferry 2", Lane.ALERT),
        ("Ferry 1", Lane.ALERT),
    ]
    assert decision.burst_skipped == 2


@pytest.mark.parametrize(("most", "held"), [(None, 0), (5, 0), (4, 0), (1, 3), (0, 4)])
def test_only_what_is_past_the_limit_is_held_back(most: int | None, held: int) -> None:
    decision = decided(*(draft(f"Ferry {n}") for n in range(4)), most_pushed=most)
    assert (decision.burst_skipped, sum(new.lane is None for new in decision.new)) == (held, held)


def test_a_held_back_article_keeps_all_but_its_lane() -> None:
    one = draft(published=date(2026, 3, 1))
    [free], [held] = decided(one).new, decided(one, most_pushed=0).new
    assert (held.identity, held.draft, held.published_at, held.published_on) == (
        (free.identity, free.draft, free.published_at, free.published_on)
    )


# New, changed, unchanged


def change_nothing(one: Draft) -> dict[str, Any]:
    return {}


def change_title(one: Draft) -> dict[str, Any]:
    return {"title": f"{one.title}!"}


def change_body(one: Draft) -> dict[str, Any]:
    return {"body": f"{one.body} And came back."}


def add_lead(one: Draft) -> dict[str, Any]:
    return {"lead": "In short."}


def change_what_is_not_read(one: Draft) -> dict[str, Any]:
    document = stored_form((Picture("https://a.example/3.jpg"), *from_plain("One two three")))
    return {
        "url": "https://a.example/1?v=2",
        "image_url": "https://a.example/2.jpg",
        "published": NOON,
        "document": document,
    }


@pytest.mark.parametrize(
    ("change", "is_changed"),
    [
        (change_nothing, False),
        (change_title, True),
        (change_body, True),
        (add_lead, True),
        (change_what_is_not_read, False),
    ],
)
@pytest.mark.parametrize("push", Push)
def test_a_stored_article_is_changed_only_by_what_a_reader_sees(change: Any, is_changed: bool, push: Push) -> None:
    before = draft(url="https://a.example/1")
    stored = known(before)
    after = draft(**({"title": before.title, "url": before.url} | change(before)))
    decision = decided(after, stored=stored, push=push)
    assert (decision.new, decision.unchanged) == ((), 0 if is_changed else 1)
    assert [(one.known, one.draft) for one in decision.changed] == ([(stored, after)] if is_changed else [])


def test_an_item_that_changes_for_ever_is_left_as_it_is() -> None:
    after = draft("Ferry stays")
    assert decided(after, stored=known(draft(), MAX_REVISIONS - 1)).unchanged == 0
    assert decided(after, stored=known(draft(), MAX_REVISIONS)).unchanged == 1


def test_the_same_identity_twice_is_read_once_and_the_first_counts() -> None:
    policy = Policy(push=Push.FRESH, fresh_for=48 * HOUR, zone=UTC)
    decision = decide(
        [Item("a", draft("First")), Item("a", draft("Second")), Item("b", draft("Other"))], policy, NOON
    )
    assert sorted(new.draft.title for new in decision.new) == ["First", "Other"]


def test_of_one_moment_the_lower_in_the_feed_is_the_older() -> None:
    decision = decided(*(draft(title, published=None) for title in ("Third", "Second", "First")))
    assert [new.draft.title for new in decision.new] == ["First", "Second", "Third"]


def test_nothing_read_is_nothing_to_do() -> None:
    assert decided() == Decision((), (), 0, 0)


def test_of_two_sources_that_give_an_article_the_first_changes_it() -> None:
    policy = Policy(push=Push.FRESH, fresh_for=48 * HOUR, zone=UTC)
    other = Item("a", draft("Ferry stays"), known=known(draft()), is_owned=False)
    assert decide([other], policy, NOON).unchanged == 1


# What storage keeps


def test_the_stored_text_has_its_language_a_summary_and_a_clean_link() -> None:
    body = "غادرت العبّارة الميناء صباح اليوم وعلى متنها أربعون راكباً. وكان البحر هادئاً طوال النهار."
    [(text, search, _)] = prepare_texts(
        [draft("العبّارة تغادر", body=body, url="https://a.example/1?utm_source=x#xtor=1")]
    )
    assert (text.title, text.body, text.language) == ("العبّارة تغادر", body, "ar")
    assert text.url == "https://a.example/1"
    assert text.summary
    assert all(sentence in body for sentence in text.summary)
    assert "عبار" in search.title
    assert "ّ" not in search.body


def test_the_lead_is_searched_and_stands_in_for_a_missing_body() -> None:
    [(text, search, _)] = prepare_texts([draft(body="", lead="The captain waited for the mail.")])
    assert text.summary == ("The captain waited for the mail.",)
    assert "captain" in search.body


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("البحر والسفن", CategoryName("البحر والسفن", "البحر والسفن")),
        (" الرياضة\n", CategoryName("الرياضة", "الرياضه")),
        ("SEA", CategoryName("SEA", "sea")),
        (" ", None),
        ("\u202e", None),
        (None, None),
    ],
)
def test_a_section_is_shown_as_written_and_matched_folded(name: str | None, category: CategoryName | None) -> None:
    assert category_name(name) == category


@pytest.mark.parametrize(
    ("link", "changed"),
    [
        ("https://news.example/ferry", False),
        ("https://news.example/ferry?utm_source=feed", False),
        ("http://news.example/ferry?page=2", False),
        ("https://news.example/ferry-sails-again", True),
    ],
)
def test_a_link_that_leads_elsewhere_is_a_change(link: str, changed: bool) -> None:
    stored = known(draft("Ferry", url="https://news.example/ferry"))
    assert bool(decided(draft("Ferry", url=link), stored=stored).changed) is changed
