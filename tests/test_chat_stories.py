"""One story once: lists show it with its sources, a button opens all of it, administrators put it right."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.config import Config
from bot.ingest.draft import Draft
from bot.ingest.story_index import place_article
from storage import Storage
from storage.records import Lane, Reading, SourceKind
from tests.conftest import Clock
from tests.makers import new_article, stored
from tests.newsroom import Newsroom, newsroom
from tests.test_deliver_copies import REPORT, REPRINT

OTHER = Draft(
    title="Lighthouse will be red and white again",
    body="The council decided on Monday that the lighthouse gets back the colours that it had a hundred years ago.",
    publisher="Coast Wire",
    categories=("Culture",),
)
ADMIN = 77


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock, Config(admins=(ADMIN,))) as opened:
        await opened.publish(REPORT, OTHER, REPRINT, compared=True)
        yield opened


async def test_a_list_shows_a_story_once_by_its_newest_article(room: Newsroom) -> None:
    chat, _ = room.reader()
    listed = await room.ask(chat, "/latest")
    assert REPRINT.title in listed.text
    assert REPORT.title not in listed.text
    assert "⁨Bay Herald⁩ · ⁨2 sources⁩" in listed.text
    assert listed.buttons[:3] == ["1", "2", "Culture"]


async def test_a_button_opens_all_articles_of_a_story_and_leads_back(room: Newsroom) -> None:
    chat, _ = room.reader()
    first = await room.ask(chat, "/latest")
    await room.press(chat, "2")
    assert not any("coverage" in one for one in chat.last.buttons)
    await room.press(chat, "↩ Back to the list")
    await room.press(chat, "1")
    story = await room.press(chat, "🗞 All coverage (2)")
    assert story.text.startswith("All articles on this story")
    assert story.text.index(REPRINT.title) < story.text.index(REPORT.title)
    assert OTHER.title not in story.text
    opened = await room.press(chat, "2")
    assert opened.text.startswith(REPORT.title)
    assert "🗞 All coverage (2)" not in opened.buttons  # the way back leads there
    assert (await room.press(chat, "↩ Back to the list")).text == story.text
    assert (await room.press(chat, "↩ Back to the list")).text == first.text


async def test_numbers_mean_what_was_shown_last(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    await room.press(chat, "1")
    await room.press(chat, "🗞 All coverage (2)")
    assert (await room.ask(chat, "/summary 2")).text.startswith(REPORT.title)
    await room.ask(chat, "/latest")
    assert (await room.ask(chat, "/summary 2")).text.startswith(OTHER.title)


async def test_a_category_shows_its_own_newest_of_a_story(room: Newsroom) -> None:
    chat, _ = room.reader()
    listed = await room.ask(chat, "/category harbour")
    assert REPORT.title in listed.text
    assert "2 sources" in listed.text


async def test_who_switches_grouping_off_sees_each_article(room: Newsroom, clock: Clock) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/help")
    ours = await room.storage.chats.get(chat.id)
    assert ours is not None
    await room.storage.chats.set_reading(ours.id, Reading(grouped=False), now=clock())
    listed = await room.ask(chat, "/latest")
    assert REPRINT.title in listed.text
    assert REPORT.title in listed.text
    assert "2 sources" not in listed.text
    assert not any("sources" in button for button in listed.buttons)


async def test_pages_hold_as_many_stories_as_they_have_numbers(room: Newsroom) -> None:
    """What is not shown takes no place, on the first page and on those after it."""
    await room.publish(*(replace(OTHER, title=f"Report number {n}", body=f"{n}") for n in range(4)), REPORT)
    chat, _ = room.reader()
    listed = await room.ask(chat, "/latest 3")
    assert listed.buttons[:3] == ["1", "2", "3"]
    older = await room.press(chat, "Older »")
    assert older.buttons[:3] == ["4", "5", "6"]
    newest = await room.press(chat, "« Newer")
    assert newest.text == listed.text


async def test_two_feeds_of_one_newsroom_are_one_source(storage: Storage, clock: Clock) -> None:
    async with newsroom(storage, clock) as room:
        feeds = [
            await storage.sources.add(f"https://bay.example/{part}", SourceKind.FEED, title="Bay Herald", now=clock())
            for part in ("news", "harbour")
        ]
        articles = [new_article(f"crane-{n}", source_id=feed.id) for n, (feed, _) in enumerate(feeds)]
        added = await stored(storage, *articles, now=clock())
        await storage.stories.merge(*added, now=clock(), decide=place_article)
        chat, _ = room.reader()
        listed = await room.ask(chat, "/latest")
        assert "⁨Bay Herald⁩ · ⁨2 articles⁩" in listed.text
        await room.press(chat, "1")
        assert "🗞 All coverage (2)" in chat.last.buttons


async def test_long_story_has_pages_and_an_article_leads_back_to_its_page(storage: Storage, clock: Clock) -> None:
    async with newsroom(storage, clock) as room:
        first, *others = await stored(storage, *(new_article(f"report-{n}") for n in range(20)), now=clock())
        for other in others:
            await storage.stories.merge(first, other, now=clock(), decide=place_article)
        chat, _ = room.reader()
        listed = await room.ask(chat, "/latest")
        await room.press(chat, "1")
        story = await room.press(chat, "🗞 All coverage (20)")
        assert story.text.startswith("All articles on this story (20)")
        assert [len(row) for row in story.rows] == [6, 2, 1]
        second = await room.press(chat, "Older »")
        assert "7. Title report-13" in second.text
        assert (await room.ask(chat, "/summary 10")).text.startswith("Title report-10")
        await room.press(chat, "12")
        assert (await room.press(chat, "↩ Back to the list")).text == second.text
        await room.press(chat, "Older »")
        last = await room.press(chat, "Older »")
        assert [len(row) for row in last.rows] == [2, 2, 1]
        assert "20. Title report-0" in last.text
        await storage.articles.retract(first, now=clock())
        await room.press(chat, "« Newer")
        assert "19. Title report-1\n" in (await room.press(chat, "Older »")).text
        first_page = next(label for label in chat.messages[0].buttons if "🔝" in label)
        assert (await room.press(chat, first_page)).text.startswith("All articles on this story (19)")
        assert (await room.press(chat, "↩ Back to the list")).text.splitlines()[0] == listed.text.splitlines()[0]


async def test_an_opened_article_names_who_carries_its_text_as_well(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    assert "Also in: ⁨Coast Wire⁩" in (await room.press(chat, "1")).text


async def test_an_administrator_splits_and_merges(room: Newsroom) -> None:
    admin = room.sim.person("Ines", "en", user_id=ADMIN)
    chat = room.sim.private(admin)
    await room.ask(chat, "/latest", admin)
    assert "Separated." in (await room.ask(chat, "/split 1", admin)).text
    listed = await room.ask(chat, "/latest", admin)
    assert REPORT.title in listed.text
    assert "No other articles on this story" in (await room.ask(chat, "/split 2", admin)).text
    assert "Grouped as one story again" in (await room.ask(chat, "/merge 1 3", admin)).text
    assert "already grouped as one story" in (await room.ask(chat, "/merge 1 3", admin)).text
    listed = await room.ask(chat, "/latest", admin)
    assert REPORT.title not in listed.text
    assert "Grouped as one story.\n" in (await room.ask(chat, "/merge 1 2", admin)).text + "\n"
    assert "the same article" in (await room.ask(chat, "/merge 1 1", admin)).text
    assert "Send two numbers" in (await room.ask(chat, "/merge 1", admin)).text
    assert "no article 9" in (await room.ask(chat, "/merge 1 9", admin)).text.replace("⁨", "").replace("⁩", "")


async def test_the_button_of_a_story_that_was_split_since_says_that_it_is_none(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    await room.press(chat, "1")
    admin = room.sim.private(room.sim.person("Ines", "en", user_id=ADMIN))
    await room.ask(admin, "/latest")
    await room.ask(admin, "/split 1")
    opened = (await room.press(chat, "🗞 All coverage (2)")).text
    assert opened.startswith(f"No other articles on this story.\n\n1. {REPRINT.title}")
    assert "2 sources" not in (await room.press(chat, "↩ Back to the list")).text


async def test_the_coverage_of_an_alert_leads_back_to_the_opened_alert(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe all")
    await room.publish(replace(REPORT, title="Crane on rails again"), lane=Lane.ALERT, compared=True)
    async with room.sending():
        await room.sim.until(lambda: "Crane on rails again" in chat.last.text)
    opened = await room.press(chat, chat.last.buttons[0])
    story = await room.press(chat, "🗞 All coverage (3)")
    assert REPRINT.title in story.text
    assert (await room.press(chat, "↩ Back")).text == opened.text


async def test_what_was_withdrawn_is_neither_split_nor_merged(room: Newsroom) -> None:
    admin = room.sim.private(room.sim.person("Ines", "en", user_id=ADMIN))
    await room.ask(admin, "/latest")
    await room.ask(admin, "/retract 1")
    await room.press(admin, "🚫 Withdraw it")
    for typed in ("/split 1", "/merge 1 2", "/merge 2 1"):
        assert (await room.ask(admin, typed)).text.endswith("A withdrawn article is not part of any story.")


@pytest.mark.parametrize("typed", ["/merge", "/merge 1", "/merge 1 2 3", "/merge 1 x", "/merge 1 -2", "/merge 1,2"])
async def test_what_are_not_two_numbers_is_asked_for(room: Newsroom, typed: str) -> None:
    admin = room.sim.private(room.sim.person("إيناس", "ar", user_id=ADMIN))
    await room.ask(admin, "/latest")
    assert "اكتب" in (await room.ask(admin, typed)).text
    assert "/merge 1 3" in admin.last.text


async def test_others_may_not(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    for typed in ("/split 1", "/merge 1 2"):
        assert "Only administrators and editors of the bot" in (await room.ask(chat, typed)).text
