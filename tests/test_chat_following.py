"""Follows and mutes in the chat: how WHAT is understood, what is answered, who gets an article then, and undo."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.chat.following import split_days
from bot.config import Config
from bot.ingest.draft import Draft
from bot.messages.actions import SetFollow, encode
from bot.sim import Chat
from storage import Storage
from storage.records import Lane, NewSource, SourceKind, SubjectKind, SubjectName
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom

BODY = "The council met in the old town hall on Monday.\n\nIt decided to paint the lighthouse white and red again."
ARABIC_BODY = "اجتمع المجلس يوم الاثنين في دار البلدية القديمة.\n\nوقرر طلاء المنارة من جديد."


def draft(title: str, category: str = "Trade", body: str = BODY) -> Draft:
    return Draft(title=title, body=body, categories=(category,), publisher="Harbour News")


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock) as opened:
        await opened.publish(draft("Ferries are late"), draft("A cup final", "Sports"), draft("Ferry prices rise"))
        yield opened


async def sent(room: Newsroom, *chats: Chat) -> list[list[str]]:
    """The first lines of what each chat was sent."""
    before = [len(chat.messages) for chat in chats]
    async with room.sending():
        await room.sim.until(lambda: True)
        while await room.storage.deliveries.expand(limit=100, now=room.clock()):
            pass
        while await room.storage.deliveries.count_owed():
            await room.sim.until(lambda: any(len(c.messages) > n for c, n in zip(chats, before, strict=True)))
    return [[m.text.split("\n")[0] for m in chat.messages[n:]] for chat, n in zip(chats, before, strict=True)]


async def follows(room: Newsroom, chat: Chat) -> list[tuple[str | None, bool, int]]:
    ours = await room.storage.chats.get(chat.id)
    assert ours
    chosen = await room.storage.follows.of_chat(ours.id, now=room.clock())
    return [(one.subject.name, one.muted, one.least_sources) for one in chosen]


# How WHAT is understood


async def test_words_are_followed_in_all_their_forms_and_the_answer_says_what_they_would_have_brought(
    room: Newsroom,
) -> None:
    chat, _ = room.reader()
    answer = await room.ask(chat, "/follow ferry")
    assert answer.text.startswith("✅ Followed: words, in any form: ⁨ferry⁩.")
    assert "In the last 7 days this would have brought 2 articles. The newest:" in answer.text
    assert "1. Ferry prices rise" in answer.text
    assert "2. Ferries are late" in answer.text
    assert answer.buttons == [
        "▫️ Only in titles", "▫️ From 2 sources", "▫️ From 3 sources", "▫️ From 5 sources",
        "🔕 Mute instead", "✖ Unfollow", "↩ Undo",
    ]  # fmt: skip
    assert "Ferries are late" in (await room.ask(chat, "2")).text


async def test_several_chats_get_one_article_each_by_its_own_choice(room: Newsroom) -> None:
    by_words, by_category, muting, other = [room.reader(name=name)[0] for name in ("A", "B", "C", "D")]
    await room.ask(by_words, "/follow lighthouses")
    await room.ask(by_category, "/follow sports")
    await room.ask(muting, "/subscribe all")
    await room.ask(muting, "/mute lighthouse")
    await room.ask(other, "/follow volcano")
    room.clock.advance(minutes=1)
    await room.publish(draft("Lighthouse painted", "Culture"), lane=Lane.ALERT)
    got = await sent(room, by_words, by_category, muting, other)
    assert got == [["Lighthouse painted"], [], [], []]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("sports", "the category ⁨Sports⁩"),
        ("Sports wire", "the source ⁨Sports wire⁩"),
        ("https://wire.example/feed", "the source ⁨Sports wire⁩"),
        ("wire.example/feed/", "the source ⁨Sports wire⁩"),
        ("category:sports", "the category ⁨Sports⁩"),
        ('"cup final" -sport', 'words, in any form: ⁨"cup final" -sport⁩'),
        ("cup category:sports", "words, in any form: ⁨cup category:sports⁩"),
    ],
)
async def test_the_answer_says_how_it_was_understood(room: Newsroom, typed: str, said: str) -> None:
    await room.storage.sources.add(
        "https://wire.example/feed", SourceKind.FEED, now=room.clock(), title="Sports wire"
    )
    chat, _ = room.reader()
    assert said in (await room.ask(chat, f"/follow {typed}")).text


async def test_an_author_is_followed_by_name(room: Newsroom) -> None:
    await room.publish(replace(draft("On boats"), author="Huda Haddad"))
    chat, _ = room.reader()
    assert "the author ⁨Huda Haddad⁩" in (await room.ask(chat, "/follow huda haddad")).text


async def test_arabic_words_meet_in_all_their_forms(room: Newsroom) -> None:
    chat, _ = room.reader("ar")
    answer = await room.ask(chat, "/follow منارة")
    assert answer.text.startswith("✅ متابَع: كلمات بكل صيغها: ⁨منارة⁩.")
    room.clock.advance(minutes=1)
    await room.publish(draft("طلاء المنارات", "محليات", ARABIC_BODY), lane=Lane.ALERT)
    assert (await sent(room, chat))[0][0].endswith("طلاء المنارات")


async def test_examples_are_in_the_language_of_the_reader_and_begin_with_the_command(room: Newsroom) -> None:
    chat, _ = room.reader("ar")
    assert (await room.ask(chat, "/follow")).text.endswith("\u2066/follow مجلس الميناء\u2069")
    assert (await room.ask(chat, "/mute")).text.endswith("\u2066/mute كرة القدم 7 أيام\u2069")


async def test_of_what_is_hidden_or_not_read_is_said_that_nothing_would_have_come(room: Newsroom) -> None:
    await room.publish(draft("طلاء المنارة", "محليات", ARABIC_BODY))
    chat, _ = room.reader("ar")  # and reads Arabic alone
    assert "ما كان ليصلك منه شيء في آخر 7 أيام." in (await room.ask(chat, "/follow ferry")).text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("/follow", "What would you like to follow?"),
        ("/mute", "What should I leave out?"),
        ("/mute 7d", "What should I leave out?"),
        ("/mute boats 0d", "What should I leave out?"),
        ("/follow all", "To get all news, use /subscribe."),
        ("/mute كل الأخبار", "To turn off all alerts, use /stop."),
        ("/unfollow everything", "To turn off all alerts, use /stop."),
        ("/follow the and of", "is in nearly every article"),
        ("/follow في من على", "is in nearly every article"),
        ("/follow -sport", "Please add a word to look for: ⁨harbour -sport⁩"),
        ("/mute -sport", "Please add a word to look for: ⁨harbour -sport⁩"),
        ("/follow " + "word " * 200, "That is too long to follow. Send 12 words at most."),
        ("/follow boats category:nonsense", 'There is no category called "⁨nonsense⁩".'),
        ("/unfollow volcano", 'You neither follow nor mute "⁨volcano⁩".'),
    ],
)
async def test_what_can_not_be_followed_gets_an_answer_that_says_why(room: Newsroom, typed: str, said: str) -> None:
    chat, _ = room.reader()
    assert said in (await room.ask(chat, typed)).text
    assert await follows(room, chat) == []


async def test_a_misspelt_category_in_a_query_offers_the_query_with_the_right_one(room: Newsroom) -> None:
    chat, _ = room.reader()
    assert (await room.ask(chat, "/follow cup category:sprots")).buttons == ["Sports"]
    await chat.press("Sports")
    await room.heard()
    assert await follows(room, chat) == [('cup category:"Sports"', False, 1)]


@pytest.mark.parametrize(
    ("typed", "meant", "label"),
    [
        ("/follow sprots", "the category ⁨Sports⁩", "📂 Sports"),
        ("/follow Harbor Gazete", "the source ⁨Harbour Gazette⁩", "📰 Harbour Gazette"),
        ("/follow huda hadad", "the author ⁨Huda Haddad⁩", "✍️ Huda Haddad"),
    ],
)
async def test_a_misspelt_name_is_followed_as_words_and_the_near_name_takes_their_place(
    room: Newsroom, typed: str, meant: str, label: str
) -> None:
    await room.storage.sources.add("https://g.example/", SourceKind.FEED, now=room.clock(), title="Harbour Gazette")
    await room.publish(replace(draft("On boats"), author="Huda Haddad"))
    chat, _ = room.reader()
    answer = await room.ask(chat, typed)
    assert answer.text.startswith("✅ Followed: words, in any form:")
    assert f"Did you mean {meant}?" in answer.text
    assert len(answer.buttons) <= 8
    assert (await room.press(chat, label)).text.startswith(f"✅ Followed: {meant}.")
    assert await follows(room, chat) == [(label.partition(" ")[2], False, 1)]
    await room.press(chat, "↩ Undo")
    assert await follows(room, chat) == [(typed.removeprefix("/follow "), False, 1)]


async def test_a_misspelt_name_that_was_muted_for_days_is_muted_for_these_days(room: Newsroom) -> None:
    await room.publish(draft("سباق القوارب", "الرياضة", ARABIC_BODY))
    chat, _ = room.reader("ar")
    assert "هل تقصد قسم ⁨الرياضة⁩؟" in (await room.ask(chat, "/mute رياظة 7d")).text
    assert (await room.press(chat, "📂 الرياضة")).text.startswith("🔕 مكتوم حتى")
    assert await follows(room, chat) == [("الرياضة", True, 1)]


@pytest.mark.parametrize("typed", ["lighthouse", "trad", "cup final", "-sprots ferry", "sprots ferry"])
async def test_words_that_are_no_misspelt_name_are_not_asked_about(room: Newsroom, typed: str) -> None:
    chat, _ = room.reader()
    assert "Did you mean" not in (await room.ask(chat, f"/follow {typed}")).text


async def test_a_name_that_the_chat_may_not_know_is_not_offered(room: Newsroom) -> None:
    other, _ = room.reader(name="Badr")
    await room.ask(other, "/help")
    row = await room.storage.chats.get(other.id)
    assert row
    new = NewSource(url="https://own.example/feed", title="Secret Gazette")
    source, _ = await room.storage.sources.add_private(new, chat_row=row.id, now=room.clock())
    await room.publish(replace(draft("On boats", "Smuggling"), author="Huda Haddad"), source=source)
    chat, _ = room.reader()
    for typed in ("secret gazete", "smugling", "huda hadad"):
        assert "Did you mean" not in (await room.ask(chat, f"/follow {typed}")).text


async def test_an_address_that_is_no_source_is_offered_to_be_added_where_it_is_muted(room: Newsroom) -> None:
    chat, _ = room.reader()
    answer = await room.ask(chat, "/mute https://new.example/feed")
    assert "https://new.example/feed" in answer.text
    assert answer.buttons == ["➕ Add this source"]


@pytest.mark.parametrize(
    ("typed", "split"),
    [
        ("football 7d", ("football", 7)),
        ("football", ("football", None)),
        ("the 7", ("the 7", None)),
        ("independence day", ("independence day", None)),
        ("football for a day", ("football", 1)),
        ("football for 7 days", ("football", 7)),
        ("football 3 months", ("football", 90)),
        ("football 12h", ("football", 1)),
        ("football 0d", ("football", 0)),
        ("كرة القدم يومين", ("كرة القدم", 2)),
        ("كرة القدم أسبوعين", ("كرة القدم", 14)),
        ("كرة القدم لمدة أسبوع", ("كرة القدم", 7)),
        ("كرة القدم ٧ أيام", ("كرة القدم", 7)),
        ("كرة القدم ٣٠ يومًا", ("كرة القدم", 30)),
        ("football 2 weeks", ("football", 14)),
        ("7d", ("", 7)),
        ("football 999d", ("football", 366)),
    ],
)
def test_the_days_of_a_mute_are_the_last_words(typed: str, split: tuple[str, int | None]) -> None:
    assert split_days(typed) == split


# Changing


async def test_a_mute_ends_by_itself(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe all")
    answer = await room.ask(chat, "/mute boats 1d")
    assert answer.text.startswith("🔕 Muted until ⁨2 March 2026, 12:0")
    assert await follows(room, chat) == [("boats", True, 1)]
    room.clock.advance(hours=25)
    assert await follows(room, chat) == []


async def test_the_buttons_of_the_answer_change_the_follow_in_place(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/follow ferry")
    shown = await room.press(chat, "▫️ From 3 sources")
    assert "Only once 3 sources report it." in shown.text
    assert "✅ From 3 sources" in shown.buttons
    shown = await room.press(chat, "▫️ Only in titles")
    assert shown.text.startswith("✅ Followed: words in titles, in any form: ⁨ferry⁩.")
    assert await follows(room, chat) == [("ferry", False, 3)]
    shown = await room.press(chat, "✅ From 3 sources")
    assert await follows(room, chat) == [("ferry", False, 1)]
    shown = await room.press(chat, "🔕 Mute instead")
    assert shown.text.startswith("🔕 Muted: words in titles")
    shown = await room.press(chat, "7 days")
    assert shown.text.startswith("🔕 Muted until")
    shown = await room.press(chat, "↩ Undo")
    assert shown.text.startswith("🔕 Muted: words in titles")
    shown = await room.press(chat, "✖ Unmute")
    assert shown.text.startswith("Neither followed nor muted")
    assert await follows(room, chat) == []
    assert len(chat.messages) == 1


async def test_following_lists_everything_in_pages_and_opens_each(room: Newsroom) -> None:
    chat, _ = room.reader()
    assert "You follow nothing yet." in (await room.ask(chat, "/following")).text
    for n in range(7):
        await room.ask(chat, f"/follow volcano{n}")
        room.clock.advance(seconds=1)
    await room.ask(chat, "/mute sports 7d")
    listed = await room.ask(chat, "/following")
    assert "1. ✅ 🔎 ⁨volcano6⁩" in listed.text
    assert listed.buttons == ["1", "2", "3", "4", "More »", "➕ Follow something", "📡 Sources", "↩ Back"]
    listed = await room.press(chat, "More »")
    assert "8. 🔕 📂 ⁨Sports⁩ · until ⁨8 March 2026⁩" in listed.text
    card = await room.press(chat, "8")
    assert card.text.startswith("🔕 Muted until")
    await room.press(chat, "✖ Unmute")
    listed = await room.press(chat, "↩ Back")
    assert "Sports" not in listed.text


async def test_unfollow_ends_by_name_and_can_be_undone(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/follow sports")
    await room.ask(chat, "/follow ferry prices")
    assert "Neither followed nor muted: the category" in (await room.ask(chat, "/unfollow Sports")).text
    assert "Neither" in (await room.ask(chat, "/unfollow prices ferry")).text  # the same words
    assert await follows(room, chat) == []
    await room.press(chat, "↩ Undo")
    assert await follows(room, chat) == [("ferry prices", False, 1)]


async def test_who_gets_all_news_is_told_that_a_follow_changes_nothing_and_may_narrow(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe all")
    answer = await room.ask(chat, "/follow ferry")
    assert "You get all news anyway." in answer.text
    shown = await room.press(chat, "▫️ Only what I choose")
    assert "You follow 1 subject: /following." in shown.text


async def test_who_stopped_is_told_that_alerts_are_off(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/stop")
    assert "Your alerts are off. /subscribe brings them back." in (await room.ask(chat, "/follow ferry")).text


async def test_the_quota_is_told_and_leaves_what_is_followed_to_be_changed(storage: Storage, clock: Clock) -> None:
    async with newsroom(storage, clock, Config(commands_per_minute=0, reader_follows=1)) as room:
        chat, _ = room.reader()
        await room.ask(chat, "/follow ferry")
        refused = await room.ask(chat, "/follow volcano")
        assert refused.text == "You follow and mute 1 thing, which is the most. End some in /following first."
        assert (await room.ask(chat, "/mute ferry")).text.startswith("🔕 Muted")
        assert await follows(room, chat) == [("ferry", True, 1)]


async def test_in_a_group_only_administrators_follow_and_press(room: Newsroom) -> None:
    admin, member = room.sim.person("Admin"), room.sim.person("Member")
    group = room.sim.group("Town", admins=[admin])
    assert "Only administrators" in (await room.ask(group, "/follow ferry", member)).text
    await room.ask(group, "/follow ferry", admin)
    refused = await group.press("🔕 Mute instead", person=member)
    assert "Only administrators" in refused["text"]
    assert await follows(room, group) == [("ferry", False, 1)]


async def test_only_big_stories_is_a_setting_of_the_chat(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/settings")
    await room.press(chat, "⏰ Delivery")
    await room.press(chat, "🎚 More options")
    await room.press(chat, "🗞 Big stories only")
    shown = await room.press(chat, "▫️ From 3 sources")
    assert "✅ From 3 sources" in shown.buttons
    ours = await room.storage.chats.get(chat.id)
    assert ours
    assert ours.least_sources == 3


async def test_a_private_source_is_known_by_name_and_address_to_its_followers_alone(room: Newsroom) -> None:
    owner, stranger = room.reader(name="A")[0], room.reader(name="B")[0]
    await room.ask(owner, "/latest")
    ours = await room.storage.chats.get(owner.id)
    assert ours
    new = NewSource(url="https://mine.example/feed", kind=SourceKind.FEED, title="Mine")
    source, _ = await room.storage.sources.add_private(new, chat_row=ours.id, now=room.clock())
    subject = await room.storage.follows.ensure_subject(SubjectName(kind=SubjectKind.SOURCE, ref=source.id))
    await room.storage.follows.follow(ours.id, subject.id, now=room.clock())
    for typed in ("Mine", "https://mine.example/feed"):
        assert "the source ⁨Mine⁩" in (await room.ask(owner, f"/follow {typed}")).text
    assert "words, in any form: ⁨Mine⁩" in (await room.ask(stranger, "/follow Mine")).text
    answer = await room.ask(stranger, "/follow https://mine.example/feed")
    assert answer.text == "Only administrators of the bot can add sources here."  # as to any unknown address
    forged = encode(SetFollow(subject.id, 0))
    await stranger.press_data(stranger.last.id, forged).answered
    await room.sim.until(lambda: stranger.last.text == "This no longer exists. /following shows what you follow.")
    assert await follows(room, stranger) == [("Mine", False, 1)]  # the words
