"""One story once: what is found to be one text or one event as it comes in, and what changes that afterwards."""

import asyncio
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.config import Config
from bot.ingest import story_index as placing
from bot.ingest.decide import Push
from bot.ingest.importing import import_files
from bot.ingest.keep import STORED_AT_ONCE
from bot.ingest.network.fetch import Fetcher
from bot.ingest.refresh import Ingest
from bot.ingest.story_index import place_article
from bot.jobs import Pruning
from bot.text.search import index_form
from storage import Storage, open_storage
from storage.records import ChangedArticle, Fingerprint, Merged, NewArticle, SourceKind
from storage.topics.story_index import WINDOW, unpacked
from tests.conftest import Clock
from tests.ingesting import Here, add
from tests.makers import NOON, new_article
from tests.site import Page, Site

pytestmark = pytest.mark.both_databases

HARBOUR = (
    "أعلنت إدارة مرفأ الرمل أن باخرة الشحن «نجمة الشرق» جنحت فجر الأحد على بعد ميلين من المدخل الشمالي، وأن طاقمها"
    " المؤلف من 19 بحارا نقل سالما إلى الشاطئ."
    "\n\nوقال مدير المرفأ سليم حداد إن قاطرتين حاولتا سحب الباخرة عند المد"
    " العالي من دون جدوى، وإن محاولة ثالثة ستجرى مساء الاثنين بمساعدة قاطرة من الميناء المجاور.\n\nوتحمل الباخرة 4200"
    " طن من القمح، ولم يرصد أي تسرب للوقود حتى الآن، بحسب فريق البيئة الذي يراقب المكان بطائرة صغيرة."
)
HARBOUR_ELSEWHERE = (
    "قضى تسعة عشر بحارا ليلتهم في فندق على الشاطئ بعد جنوح باخرة الشحن «نجمة الشرق» أمام مرفأ الرمل، فيما ينتظر"
    " الجميع المد العالي لسحبها.\n\nويروي الصيادون أن الضباب كان كثيفا حين اقتربت الباخرة المحملة بالقمح من المدخل"
    " الشمالي، وأن قاطرتين من المرفأ وصلتا بعد ساعة. وأكد مدير المرفأ سليم حداد أن لا تسرب للوقود."
)
OLIVES = (
    "بدأ قطاف الزيتون في تلال وادي السرو أبكر من العام الماضي بأسبوعين، بعد صيف قليل المطر.\n\nويقول المزارعون إن"
    " الحب أصغر، لكن نسبة الزيت فيه أعلى، وإن المعاصر الخمس في الوادي ستعمل ليلا ونهارا حتى منتصف الشهر."
)
WIRE = (
    "The night ferry between Marsan and the Crane Islands will sail again from Friday, eleven weeks after"
    " a fire in its engine room, the shipping company said on Tuesday."
    "\n\nInspectors of the port authority cleared the ship after a trial in heavy weather. Its captain, Lena"
    " Ordoz, said that both pumps had been replaced and that the crew had trained with them for nine days."
    "\n\nTickets cost 34 crowns, as before. Islanders had been flown in by a chartered plane while the ship"
    " was in the dock, which cost the province 2.1 million crowns."
)


def fingerprint(title: str, body: str, language: str) -> Fingerprint:
    return placing.make_fingerprint(index_form(title, language).split(), index_form(body, language).split(), language)


def article(name: str, title: str, body: str, language: str = "ar", **more: Any) -> NewArticle:
    made = new_article(name, title=title, body=body, lane=None, **more)
    return replace(made, text=replace(made.text, language=language), fingerprint=fingerprint(title, body, language))


async def stored(storage: Storage, *articles: NewArticle, now: datetime = NOON) -> list[int]:
    return list((await storage.articles.store(articles, now=now, decide=place_article)).added)


async def also_in(storage: Storage, article_id: int) -> list[str]:
    """Who else carries its text, as its messages name them."""
    article = await storage.articles.get(article_id)
    return list(article.also_in) if article else []


async def stories(storage: Storage) -> dict[int, tuple[int, int | None]]:
    """(story, copy of) of each article."""
    rows = await storage.database.fetch("SELECT id, story_id, duplicate_of FROM articles")
    return {row["id"]: (row["story_id"], row["duplicate_of"]) for row in rows}


async def leftovers(storage: Storage) -> list[str]:
    """The tables of the window that are not empty."""
    names = ("fingerprints", "open_stories", "story_words", "word_counts", "text_runs")
    found = [name for name in names if await storage.database.fetch(f"SELECT 1 FROM {name} LIMIT 1")]
    counted = await storage.database.fetch("SELECT 1 FROM language_counts WHERE stories <> 0")
    return [*found, *(["language_counts"] if counted else [])]


async def counted_right(storage: Storage) -> bool:
    """Whether each word is counted once for each story that has it."""
    rows = await storage.database.fetch(
        """
        SELECT coalesce(open_stories.words, fingerprints.words) AS words
        FROM open_stories LEFT JOIN fingerprints ON article_id = story_id
        """
    )
    held: dict[int, int] = {}
    for row in rows:
        for word in unpacked(row["words"]):
            held[word] = held.get(word, 0) + 1
    counts = await storage.database.fetch("SELECT word, stories FROM word_counts")
    return held == {row["word"]: row["stories"] for row in counts}


# What belongs together


async def test_an_agency_text_of_two_sources_is_one_text_and_another_report_of_it_one_story(storage: Storage) -> None:
    first, copy, other, olives = await stored(
        storage,
        article("a", "جنوح باخرة شحن أمام مرفأ الرمل", HARBOUR),
        article("b", "إنقاذ 19 بحارا بعد جنوح «نجمة الشرق»", f"الرمل (وكالة الساحل) - {HARBOUR.rpartition('.')[0]}"),
        article("c", "ليلة في الفندق لبحارة «نجمة الشرق»", HARBOUR_ELSEWHERE),
        article("d", "الزيتون يسبق موعده في وادي السرو", OLIVES),
    )
    assert await stories(storage) == {
        first: (first, None),
        copy: (first, first),
        other: (first, None),
        olives: (olives, None),
    }
    assert await counted_right(storage)


async def test_a_copy_of_a_copy_points_at_the_first(storage: Storage) -> None:
    one, two, three = await stored(
        storage, *(article(name, "The night ferry sails again", WIRE, "en") for name in "abc")
    )
    assert await stories(storage) == {one: (one, None), two: (one, one), three: (one, one)}


@pytest.mark.parametrize("days", [2, 4])
async def test_what_was_published_more_than_three_days_apart_is_not_one_story(storage: Storage, days: int) -> None:
    then = NOON - timedelta(days=30)
    one, two = await stored(
        storage,
        article("a", "The night ferry sails again", WIRE, "en", published_at=then),
        article("b", "The night ferry sails again", WIRE, "en", published_at=then + timedelta(days=days)),
    )
    assert ((await stories(storage))[two] == (one, one)) is (days == 2)


def bulletin(day: str, gold: int, silver: int, dollar: str) -> tuple[str, str]:
    return (
        f"أسعار الذهب والعملات في سوق المدينة اليوم {day}",
        f"سجل غرام الذهب من عيار 21 في سوق المدينة القديمة اليوم {day} سعر {gold} دينارا للبيع و{gold - 3} للشراء،"
        f" فيما بلغ سعر كيلو الفضة {silver} دينارا. وأغلق الدولار في محلات الصرافة على {dollar} دينارا للبيع، واستقر"
        " اليورو عند مستواه السابق وسط حركة ضعيفة قبيل عطلة نهاية الأسبوع، بحسب نشرة جمعية الصاغة.",
    )


async def test_two_bulletins_of_one_form_are_two_texts_and_two_stories(storage: Storage) -> None:
    one, two = await stored(
        storage,
        article("a", *bulletin("الثلاثاء", 4310, 512, "14,75")),
        article("b", *bulletin("الأربعاء", 4298, 507, "14,81")),
    )
    assert await stories(storage) == {one: (one, None), two: (two, None)}


async def test_a_report_of_tuesday_joins_the_story_of_tuesday_though_the_form_is_that_of_monday(
    storage: Storage,
) -> None:
    title, body = bulletin("الأربعاء", 4298, 507, "14,81")
    [tuesday] = await stored(storage, article("a", *bulletin("الثلاثاء", 4310, 512, "14,75")))
    [wednesday] = await stored(storage, article("b", title, body))
    [elsewhere] = await stored(storage, article("c", "الذهب عند 4298 دينارا في سوق المدينة الأربعاء", body[40:180]))
    found = await stories(storage)
    assert (found[tuesday][0], found[wednesday][0], found[elsewhere][0]) == (tuesday, wednesday, wednesday)


@pytest.mark.parametrize(
    ("title", "same"),
    [
        ("Ferry sails", False),
        ("Crane Islands night ferry cleared to sail Friday after engine room fire", True),
    ],
)
async def test_headlines_alone_are_one_text_only_where_they_say_enough(
    storage: Storage, title: str, same: bool
) -> None:
    one, two = await stored(storage, article("a", title, "", "en"), article("b", title, "", "en"))
    assert ((await stories(storage))[two][1] == one) is same


async def test_stories_of_one_subject_do_not_chain_into_one(storage: Storage) -> None:
    """Each shares a good part with the one before, and the last nothing with the first."""
    words = [f"subject{number}" for number in range(120)]
    chain = [article(str(start), "Report", " ".join(words[start : start + 40]), "en") for start in range(0, 80, 14)]
    placed = await stored(storage, *chain)
    found = await stories(storage)
    assert found[placed[1]][0] == placed[0]
    assert found[placed[-1]][0] != placed[0]


async def test_a_story_found_on_the_first_day_of_an_empty_newsroom(storage: Storage) -> None:
    one, two = await stored(
        storage,
        article("a", "Crane Islands ferry resumes after engine fire", "", "en"),
        article("b", "After engine fire, ferry to Crane Islands to sail again", "", "en"),
    )
    [other] = await stored(storage, article("c", "After the vote, mayor to speak again", "", "en"))
    found = await stories(storage)
    assert found[two][0] == one
    assert found[other][0] == other


# As it comes in


async def ingesting(storage: Storage, clock: Clock, fetcher: Fetcher) -> Ingest:
    return Ingest(storage, Config(allow_private_hosts=True), fetcher=fetcher, worker=Here(), now=clock)


def feed(title: str, *items: tuple[str, str]) -> str:
    entries = "".join(
        f"<item><guid>{name}</guid><title>{name}</title><description>{body}</description></item>"
        for name, body in items
    )
    return f'<rss version="2.0"><channel><title>{title}</title>{entries}</channel></rss>'


async def test_two_sources_refreshed_at_once_with_one_text_are_one_copy_and_its_first(
    storage: Storage, clock: Clock, site: Site
) -> None:
    for name in "ab":
        items = [(f"The night ferry sails again {name}", WIRE)]
        site.pages[f"/{name}"] = Page(feed(f"Paper {name}", *items), headers={"Content-Type": "application/rss+xml"})
    async with Fetcher(max_bytes=1_000_000, allow_private=True, seconds=5) as fetcher:
        ingest = await ingesting(storage, clock, fetcher)
        for name in "ab":
            await add(ingest, f"{site.url}/{name}")
        await ingest.refresh_due()
        await ingest.close()
    found = await stories(storage)
    [first] = {story for story, _ in found.values()}
    assert sorted(copy or 0 for _, copy in found.values()) == [0, first]
    [name] = await also_in(storage, first)
    assert name in ("Paper a", "Paper b")


async def test_two_processes_that_store_one_text_at_once_agree_on_the_first(
    storage: Storage, database_url: str
) -> None:
    async with open_storage(database_url) as other:
        await asyncio.gather(
            *(
                stored(one, article(f"{number} {place}", "The night ferry sails again", WIRE, "en"))
                for number in range(5)
                for place, one in enumerate((storage, other))
            )
        )
    found = await stories(storage)
    first = min(found)
    assert found.pop(first) == (first, None)
    assert set(found.values()) == {(first, first)}


async def test_a_backlog_is_stored_in_parts_and_its_source_counts_as_visited_with_the_last(
    storage: Storage, clock: Clock, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [(f"Item {number}", f"Body of {number}.") for number in range(25)]
    site.pages["/a"] = Page(feed("Paper", *items), headers={"Content-Type": "application/rss+xml"})
    sizes = []
    store = storage.articles.store

    async def counted(new: Any, *rest: Any, **named: Any) -> Any:
        sizes.append((len(new), named.get("visit") is not None))
        return await store(new, *rest, **named)

    monkeypatch.setattr(storage.articles, "store", counted)
    async with Fetcher(max_bytes=1_000_000, allow_private=True, seconds=5) as fetcher:
        ingest = await ingesting(storage, clock, fetcher)
        await add(ingest, f"{site.url}/a", SourceKind.FEED)
        [result] = await ingest.refresh_due()
        await ingest.close()
    assert result.added == 25
    assert sum(size for size, _ in sizes) == 25
    assert max(size for size, _ in sizes) <= STORED_AT_ONCE
    assert [is_visited for _, is_visited in sizes] == [False] * (len(sizes) - 1) + [True]


async def test_an_import_finds_copies_within_itself(storage: Storage, clock: Clock, tmp_path: Path) -> None:
    paths = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for path in paths:
        path.write_text(json.dumps({"title": f"The night ferry sails again {path.stem}", "body": WIRE}))
    async with Fetcher(max_bytes=1_000_000, allow_private=True, seconds=5) as fetcher:
        ingest = await ingesting(storage, clock, fetcher)
        results = [result async for result in import_files(ingest, paths, push=Push.NEVER)]
        await ingest.close()
    assert [result.errors for result in results] == [(), ()]
    first, second = sorted(await stories(storage))
    assert (await stories(storage))[second] == (first, first)


# What changes


async def change(storage: Storage, article_id: int, title: str, body: str, language: str = "en") -> None:
    found = await storage.articles.get(article_id)
    assert found
    revised = ChangedArticle(
        article_id=article_id,
        text=replace(found.text, title=title, body=body),
        search=new_article("x").search,
        from_revision=found.revision,
        fingerprint=fingerprint(title, body, language),
    )
    assert (await storage.articles.store([], [revised], now=NOON, decide=place_article)).changed == (article_id,)


async def test_an_article_that_was_alone_joins_the_story_that_its_new_text_tells(storage: Storage) -> None:
    first, alone = await stored(
        storage, article("a", "Ferry", WIRE, "en"), article("b", "More soon", "We will report.", "en")
    )
    await change(storage, alone, "The night ferry sails again", WIRE)
    assert (await stories(storage))[alone] == (first, first)
    assert await counted_right(storage)


async def test_a_copy_with_another_text_stays_in_its_story_as_a_text_of_its_own(storage: Storage) -> None:
    first, copy = await stored(storage, article("a", "Ferry sails", WIRE, "en"), article("b", "Ferry", WIRE, "en"))
    await change(storage, copy, "Olives", "Olives are harvested early this year in the valley, after a dry summer.")
    assert (await stories(storage))[copy] == (first, None)
    assert await counted_right(storage)
    [again] = await stored(
        storage,
        article("c", "Olives", "Olives are harvested early this year in the valley, after a dry summer.", "en"),
    )
    assert (await stories(storage))[again] == (first, copy)


async def test_a_first_with_another_text_leaves_its_copies_to_the_next_of_them(storage: Storage) -> None:
    one, two, three = await three_of_one_text(storage)
    shown = {number: found.shown for number in (one, two, three) if (found := await storage.articles.get(number))}
    await change(storage, one, "Ferry tickets", "Tickets are half as dear as last year, and there are fewer of them.")
    assert await stories(storage) == {one: (one, None), two: (one, None), three: (one, two)}
    assert [await also_in(storage, number) for number in (one, two, three)] == [[], ["Paper c"], ["Paper b"]]
    for number in (two, three):  # their messages named it
        found = await storage.articles.get(number)
        assert found
        assert found.shown > shown[number]
    [later] = await stored(storage, article("d", "Night ferry sails", WIRE, "en", publisher="Paper d"))
    assert (await stories(storage))[later] == (one, two)
    assert await counted_right(storage)


async def test_a_first_that_is_lightly_corrected_keeps_its_copies(storage: Storage) -> None:
    one, two, three = await three_of_one_text(storage)
    await change(storage, one, "Night ferry sails on Friday", WIRE.replace("eleven weeks", "twelve weeks"))
    assert await stories(storage) == {one: (one, None), two: (one, one), three: (one, one)}
    assert await also_in(storage, one) == ["Paper b", "Paper c"]


async def test_when_the_first_of_a_text_is_withdrawn_the_next_is_the_first(storage: Storage) -> None:
    first, second, third = await stored(
        storage,
        *(article(name, "The night ferry sails again", WIRE, "en", publisher=f"Paper {name}") for name in "abc"),
    )
    assert await also_in(storage, first) == ["Paper b", "Paper c"]
    assert await also_in(storage, third) == ["Paper a", "Paper b"]
    await storage.articles.retract(first, now=NOON)
    assert await stories(storage) == {first: (first, None), second: (second, None), third: (second, second)}
    assert await also_in(storage, second) == ["Paper c"]
    assert [one.id for one in await storage.stories.headlines(second)] == [third, second]
    [fourth] = await stored(storage, article("d", "Night ferry", WIRE, "en"))
    assert (await stories(storage))[fourth] == (second, second)
    assert await counted_right(storage)


async def test_a_source_that_carries_a_text_twice_is_named_once_and_not_beside_itself(storage: Storage) -> None:
    named = ["Harbour News", "Tribune", "Tribune", "Harbour News", None]
    first, *_ = await stored(
        storage,
        *(article(str(n), "The night ferry sails again", WIRE, "en", publisher=name) for n, name in enumerate(named)),
    )
    assert await also_in(storage, first) == ["Tribune"]


# What a person says


async def test_a_split_article_stays_out_whatever_comes_later(storage: Storage) -> None:
    one, two = await stored(
        storage,
        article("a", "جنوح باخرة شحن أمام مرفأ الرمل", HARBOUR),
        article("b", "ليلة في الفندق لبحارة «نجمة الشرق»", HARBOUR_ELSEWHERE),
    )
    assert (await stories(storage))[two][0] == one
    assert await storage.stories.split(two, now=NOON)
    assert not await storage.stories.split(two, now=NOON)  # it is alone
    assert not await storage.stories.split(404, now=NOON)
    await change(storage, two, "جنوح باخرة شحن أمام مرفأ الرمل", HARBOUR, "ar")
    assert (await stories(storage))[two] == (two, None)
    [three] = await stored(storage, article("c", "جنوح باخرة أمام مرفأ الرمل", HARBOUR))
    assert (await stories(storage))[three][1] in (one, two)
    assert (await stories(storage))[two] == (two, None)
    assert await counted_right(storage)


async def test_a_text_that_was_split_off_is_found_by_its_later_copies(storage: Storage) -> None:
    one, two = await stored(storage, *(article(name, "Night ferry sails", WIRE, "en") for name in "ab"))
    assert await storage.stories.split(two, now=NOON)
    await storage.articles.retract(one, now=NOON)
    [three] = await stored(storage, article("c", "Night ferry sails", WIRE, "en"))
    assert (await stories(storage))[three] == (two, two)


async def test_the_rest_of_a_story_goes_on_when_its_first_is_split_off(storage: Storage) -> None:
    one, two, three = await stored(storage, *(article(name, "Night ferry sails", WIRE, "en") for name in "abc"))
    assert await storage.stories.split(one, now=NOON)
    assert await stories(storage) == {one: (one, None), two: (two, None), three: (two, two)}
    assert await counted_right(storage)


async def test_merged_stories_are_one_and_later_arrivals_find_it_by_either(storage: Storage) -> None:
    ferry, harbour = await stored(
        storage, article("a", "Night ferry sails", WIRE, "en"), article("b", "جنوح باخرة أمام مرفأ الرمل", HARBOUR)
    )
    assert await merged(storage, harbour, ferry) == Merged(story_id=ferry, one_text=False)
    [later] = await stored(storage, article("c", "ليلة في الفندق لبحارة «نجمة الشرق»", HARBOUR_ELSEWHERE))
    assert (await stories(storage))[later][0] == ferry
    assert {one.id for one in await storage.stories.headlines(ferry)} == {ferry, harbour, later}
    assert await merged(storage, ferry, 404) is None
    await storage.articles.retract(harbour, now=NOON)
    assert await merged(storage, ferry, harbour) is None
    assert await counted_right(storage)


CRACK = (
    "Crack in a pillar shuts the harbour bridge",
    "Harbour bridge shut after crack is found in pillar",
    "Engineers inspect crack in pillar of harbour bridge",
)
DETOUR = (
    "Marsan commuters face a detour of two hours",
    "Two hours of detour for commuters in Marsan",
    "Ferry for Marsan commuters after detour of two hours",
)
BOTH = "Harbour bridge shut by crack in pillar: Marsan commuters face detour of two hours"


def headlines(*titles: str, paper: str = "Paper") -> list[NewArticle]:
    return [article(title, title, "", "en", publisher=f"{paper} {number}") for number, title in enumerate(titles)]


async def test_two_stories_that_one_report_fits_become_one_with_what_follows_them(storage: Storage) -> None:
    crack = await stored(storage, *headlines(*CRACK))
    detour = await stored(storage, *headlines(*DETOUR, paper="Gazette"))
    assert {story for story, _ in (await stories(storage)).values()} == {crack[0], detour[0]}
    [both] = await stored(storage, *headlines(BOTH, paper="Wire"))
    assert {story for story, _ in (await stories(storage)).values()} == {crack[0]}
    assert {one.id for one in await storage.stories.headlines(crack[0])} == {*crack, *detour, both}
    [later] = await stored(storage, *headlines("Commuters of Marsan tired of the detour", paper="Evening"))
    assert (await stories(storage))[later][0] == crack[0]
    assert await counted_right(storage)


@pytest.mark.parametrize("placed", ["the one that it joins", "the other one"])
async def test_a_report_makes_no_story_one_that_a_person_has_parted(storage: Storage, placed: str) -> None:
    crack = await stored(storage, *headlines(*CRACK))
    detour = await stored(storage, *headlines(*DETOUR, paper="Gazette"))
    one = crack if placed == "the other one" else detour
    assert await storage.stories.merge(one[0], one[1], now=NOON, decide=place_article)
    await stored(storage, *headlines(BOTH, paper="Wire"))
    assert len({story for story, _ in (await stories(storage)).values()}) == 2
    assert await counted_right(storage)


async def test_a_changed_headline_can_show_that_two_stories_are_one(storage: Storage) -> None:
    crack = await stored(storage, *headlines(*CRACK))
    detour = await stored(storage, *headlines(*DETOUR, paper="Gazette"))
    [alone] = await stored(storage, *headlines("Choir of the valley sings at dawn", paper="Wire"))
    await change(storage, alone, BOTH, "")
    assert {story for story, _ in (await stories(storage)).values()} == {crack[0]}
    assert {one.id for one in await storage.stories.headlines(crack[0])} == {*crack, *detour, alone}


async def merged(storage: Storage, one: int, other: int) -> Merged | None:
    return await storage.stories.merge(one, other, now=NOON, decide=place_article)


async def three_of_one_text(storage: Storage) -> list[int]:
    return await stored(
        storage, *(article(name, "Night ferry sails", WIRE, "en", publisher=f"Paper {name}") for name in "abc")
    )


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("days", [0, 10])
async def test_a_split_is_undone_by_a_merge(storage: Storage, clock: Clock, place: int, days: int) -> None:
    """Whichever of a text was split off, and after the window as well, when nothing can be compared any more."""
    ids = await three_of_one_text(storage)
    before = await stories(storage)
    named = [await also_in(storage, one) for one in ids]
    assert await storage.stories.split(ids[place], now=NOON)
    assert await also_in(storage, ids[place]) == []
    clock.advance(days=days)
    await Pruning(storage, Config(keep_days=0), clock)()
    assert await merged(storage, ids[place], ids[place - 1]) == Merged(story_id=ids[0], one_text=True)
    assert await stories(storage) == before
    assert [await also_in(storage, one) for one in ids] == named
    assert await counted_right(storage)


async def test_what_was_split_off_one_by_one_comes_back_one_by_one(storage: Storage) -> None:
    one, two, three = await three_of_one_text(storage)
    assert await storage.stories.split(one, now=NOON)
    assert await storage.stories.split(two, now=NOON)
    assert set((await stories(storage)).values()) == {(one, None), (two, None), (three, None)}
    await merged(storage, three, two)
    assert await also_in(storage, three) == ["Paper b"]
    await merged(storage, one, two)
    assert await stories(storage) == {one: (one, None), two: (one, one), three: (one, one)}
    [later] = await stored(storage, article("d", "Night ferry sails", WIRE, "en"))
    assert (await stories(storage))[later] == (one, one)
    assert await counted_right(storage)


async def test_a_copy_whose_first_was_withdrawn_meanwhile_comes_back_to_the_next(storage: Storage) -> None:
    one, two, three = await three_of_one_text(storage)
    assert await storage.stories.split(three, now=NOON)
    [four] = await stored(storage, article("d", "Night ferry sails", WIRE, "en", publisher="Paper d"))
    assert await also_in(storage, four)
    await storage.articles.retract(one, now=NOON)
    assert await merged(storage, three, two) is not None
    assert await also_in(storage, two) == ["Paper c", "Paper d"]


async def test_a_text_that_was_rewritten_since_it_was_split_off_comes_back_to_the_story_alone(
    storage: Storage,
) -> None:
    one, two, _ = await three_of_one_text(storage)
    assert await storage.stories.split(two, now=NOON)
    await change(storage, two, "Ferry tickets", "Tickets are half as dear as last year, and there are fewer of them.")
    assert await merged(storage, one, two) == Merged(story_id=one, one_text=False)
    assert (await stories(storage))[two] == (one, None)


async def test_a_merge_of_what_was_never_one_text_leaves_texts_alone(storage: Storage) -> None:
    ferry, olives = await stored(
        storage, article("a", "Night ferry sails", WIRE, "en"), article("b", "الزيتون يسبق موعده", OLIVES)
    )
    await merged(storage, ferry, olives)
    assert await storage.stories.split(olives, now=NOON)
    assert await merged(storage, ferry, olives) == Merged(story_id=ferry, one_text=False)
    assert await stories(storage) == {ferry: (ferry, None), olives: (ferry, None)}


# Upkeep


@pytest.mark.parametrize("keep_days", [90, 1, 0])
async def test_after_the_window_nothing_is_left_of_what_was_compared(
    storage: Storage, clock: Clock, keep_days: int
) -> None:
    await stored(
        storage,
        article("a", "جنوح باخرة شحن أمام مرفأ الرمل", HARBOUR),
        article("b", "إنقاذ 19 بحارا", HARBOUR),
        article("c", "ليلة في الفندق لبحارة «نجمة الشرق»", HARBOUR_ELSEWHERE),
        article("d", "الزيتون يسبق موعده في وادي السرو", OLIVES),
    )
    pruning = Pruning(storage, Config(keep_days=keep_days), clock, steady=lambda: clock().timestamp())
    clock.advance(hours=26)
    await pruning()
    assert await counted_right(storage)
    clock.advance(days=WINDOW.days)
    await pruning()
    assert await leftovers(storage) == []


async def test_a_story_that_nothing_was_pruned_of_can_still_be_split(storage: Storage, clock: Clock) -> None:
    one, two = await stored(storage, *(article(name, "Night ferry sails", WIRE, "en") for name in "ab"))
    clock.advance(days=10)
    await Pruning(storage, Config(), clock)()
    assert await storage.stories.split(one, now=NOON)
    assert await stories(storage) == {one: (one, None), two: (two, None)}
    assert await leftovers(storage) == []
