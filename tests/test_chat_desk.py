"""The desk in the chat: what waits is shown as it will look, and editors decide by buttons."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.config import Config
from bot.desk import DeskAnnouncements, DeskReleases
from bot.jobs import Pruning
from bot.sim import Chat
from storage import Storage
from storage.records import AuditAction, ChangedArticle, DeskState, Lane, SourceKind
from tests.conftest import Clock
from tests.makers import new_article, readers
from tests.newsroom import Newsroom, newsroom

ADMIN, MONA, SAMI = 76, 77, 78
CARD = "🗞 Waiting for approval since"


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    config = Config(admins=(ADMIN,), editors=(MONA, SAMI), commands_per_minute=0)
    async with newsroom(storage, clock, config) as opened:
        yield opened


def editor(room: Newsroom, number: int = MONA, language: str = "en") -> Chat:
    name = {MONA: "Mona", SAMI: "Sami", ADMIN: "Huda"}[number]
    return room.sim.private(room.sim.person(name, language, number))


async def put(room: Newsroom, *names: str, **changes: Any) -> None:
    """Articles of a source that needs approval."""
    source, _ = await room.storage.sources.add("https://wire.example/", SourceKind.FEED, now=room.clock(), desk=True)
    values: dict[str, Any] = {"source_id": source.id, "lane": Lane.ALERT, "publisher": "Wire"}
    articles = [new_article(name, **(values | changes)) for name in names]
    stored = await room.storage.articles.store(articles, now=room.clock())
    assert len(stored.held) == len(names)


async def announce(room: Newsroom, *chats: Chat) -> None:
    """Tell editors of what waits, and send it."""
    before = [len(chat.messages) for chat in chats]
    await DeskAnnouncements(room.storage, room.config, room.clock, lambda: None)()
    async with room.sending():
        await room.sim.until(
            lambda: all(len(chat.messages) > count for chat, count in zip(chats, before, strict=True))
        )


async def started(room: Newsroom, *numbers: int) -> list[Chat]:
    """All editors have started the bot, and get no alerts themselves. Returns the chats of these."""
    chats = {number: editor(room, number) for number in (MONA, SAMI, ADMIN)}
    for chat in chats.values():
        await room.ask(chat, "/start")
    return [chats[number] for number in numbers]


async def test_it_is_shown_exactly_as_it_will_look_with_its_reach(room: Newsroom) -> None:
    mona, sami, huda = await started(room, MONA, SAMI, ADMIN)
    await room.ask(mona, "/subscribe")
    room.clock.advance(seconds=1)
    await put(room, "one", editor_note="Ring the mayor first.")
    await announce(room, mona, sami, huda)
    card = mona.last
    assert card.buttons == ["✅ Approve", "⚡ Breaking", "⏰ Hold until…", "🗑 Kill"]
    assert sami.last.text == huda.last.text == card.text
    assert "It goes to 1 chat." in card.text
    assert "📝 For editors: \u2068Ring the mayor first.\u2069" in card.text
    text = card.text
    await room.press(mona, "✅ Approve")
    async with room.sending():
        await room.sim.until(lambda: mona.last.buttons[:1] == ["📖 Read"])
    assert text.startswith(mona.last.text), "the same text as the alert"
    assert "Ring the mayor" not in mona.last.text


async def test_the_reach_is_counted_and_timed(room: Newsroom) -> None:
    await readers(room.storage, 12_403, first=1_000)
    [mona] = await started(room, MONA)
    await put(room, "one")
    await room.ask(mona, "/desk")
    card = await room.press(mona, "1")
    assert "It goes to 12,403 chats, in about 7 minutes." in card.text


async def test_one_editors_decision_is_shown_to_all_others_at_once(room: Newsroom) -> None:
    mona, sami = await started(room, MONA, SAMI)
    await put(room, "one")
    await announce(room, mona, sami)
    pressed = await room.press(mona, "✅ Approve")
    assert "✅ Approved by \u2068Mona\u2069" in pressed.text
    assert not pressed.buttons
    async with room.sending():
        await room.sim.until(lambda: "✅ Approved by \u2068Mona\u2069" in sami.last.text)
    assert not sami.last.buttons


async def test_of_two_editors_the_first_wins_and_the_other_is_told(room: Newsroom) -> None:
    mona, sami = await started(room, MONA, SAMI)
    await put(room, "one")
    await announce(room, mona, sami)
    await room.press(mona, "🗑 Kill")
    told = await sami.press("✅ Approve")
    await room.heard()
    assert told["text"] == "Mona was first. This is how it stands now."
    assert "🗑 Killed by \u2068Mona\u2069" in sami.last.text
    assert await room.storage.articles.newest(limit=10) == []


async def test_a_reply_to_the_message_withdraws_what_it_published(room: Newsroom) -> None:
    [mona] = await started(room, MONA)
    await put(room, "one")
    await announce(room, mona)
    card = mona.last
    assert "Which article?" in (await room.ask(mona, "/retract", reply_to=card.id)).text
    await room.press(mona, "✅ Approve")
    assert "Withdraw this article?" in (await room.ask(mona, "/retract", reply_to=card.id)).text
    await room.press(mona, "🚫 Withdraw it")
    [entry, _] = await room.storage.audit.page(limit=10)
    assert (entry.action, entry.name) == (AuditAction.RETRACT, "Title one")


async def test_a_kill_is_undone(room: Newsroom) -> None:
    [mona] = await started(room, MONA)
    await put(room, "one")
    await announce(room, mona)
    await room.press(mona, "🗑 Kill")
    assert mona.last.buttons == ["↩ Undo"]
    assert CARD in (await room.press(mona, "↩ Undo")).text
    entries = await room.storage.audit.page(limit=10)
    assert [one.action for one in entries] == [AuditAction.RESTORE, AuditAction.KILL]


async def test_it_is_held_until_a_time_of_the_editors_own_zone(room: Newsroom) -> None:
    [mona] = await started(room, MONA)
    await room.ask(mona, "/settings Asia/Beirut")
    await put(room, "one")
    await announce(room, mona)
    offered = await room.press(mona, "⏰ Hold until…")
    assert "The times are those of \u2068Beirut\u2069" in offered.text
    assert "18:00" in offered.buttons
    held = await room.press(mona, "18:00")
    assert "⏰ It goes out by itself" in held.text
    due = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)  # two hours before Beirut's clocks
    assert await room.storage.desk.next_due() == due
    room.clock.advance(seconds=(due - room.clock()).total_seconds())
    await DeskReleases(room.storage, room.clock, lambda: None)()
    assert [one.published_at for one in await room.storage.articles.newest(limit=10)] == [due]
    async with room.sending():
        await room.sim.until(lambda: "✅ Approved by \u2068Mona\u2069" in mona.last.text)


@pytest.mark.parametrize(
    ("typed", "hours"), [("2h", 2), ("15:30", 3.5), ("٢٠:٠٠", 8), ("tomorrow 8:00", 20), ("2026-03-03 12:00", 48)]
)
async def test_an_editor_types_a_time(room: Newsroom, typed: str, hours: float) -> None:
    [mona] = await started(room, MONA)
    await put(room, "one")
    begun = room.clock()
    await announce(room, mona)
    await room.press(mona, "⏰ Hold until…")
    await room.press(mona, "✍️ Type a time")
    await room.heard()
    question = mona.last
    assert "When should" in question.text
    wrong = await room.ask(mona, "yesterday", reply_to=question.id)
    assert "I don't know that time" in wrong.text
    answer = await room.ask(mona, typed, reply_to=question.id)
    assert "⏰ It goes out by itself" in answer.text
    due = await room.storage.desk.next_due()
    assert due
    assert abs(due - begun - timedelta(hours=hours)) < timedelta(minutes=10)


async def test_a_time_that_comes_too_late_is_told_whatever_the_other_editor_is_called(room: Newsroom) -> None:
    [mona] = await started(room, MONA)
    sami = room.sim.private(room.sim.person("Sami <b>&", "en", SAMI))
    await put(room, "one")
    await announce(room, mona, sami)
    await room.press(mona, "⏰ Hold until…")
    await room.press(mona, "✍️ Type a time")
    await room.heard()
    question = mona.last
    await room.press(sami, "🗑 Kill")
    answer = await room.ask(mona, "2h", reply_to=question.id)
    assert answer.text.startswith("Sami <b>& was first.")


async def test_others_decide_nothing(room: Newsroom) -> None:
    await started(room)
    chat, person = room.reader()
    await put(room, "one")
    assert "Only administrators and editors" in (await room.ask(chat, "/desk")).text
    group = room.sim.group("Newsroom", admins=[person])
    mona_person = room.sim.person("Mona", "en", MONA)
    group.members[mona_person.id] = "member"
    assert "not public" in (await room.ask(group, "/desk", mona_person)).text


async def test_a_group_is_the_desk(room: Newsroom) -> None:
    [mona] = await started(room, MONA)
    admin, mona_person = room.sim.person("Huda", "en", ADMIN), room.sim.person("Mona", "en", MONA)
    group = room.sim.group("Desk", admins=[admin, mona_person])
    outsider = room.sim.person("Guest", "en")
    group.members[outsider.id] = "member"
    assert "Only administrators of the bot" in (await room.ask(group, "/desk here", mona_person)).text
    assert "shown here from now on" in (await room.ask(group, "/desk here", admin)).text
    await put(room, "one")
    before = len(mona.messages)
    await announce(room, group)
    assert CARD in group.last.text
    assert len(mona.messages) == before, "not in the private chats as well"
    told = await group.press("✅ Approve", person=outsider)
    assert told["text"] == "Only administrators and editors of the bot can do this."
    assert "Approved by" in (await room.press(group, "✅ Approve", mona_person)).text
    assert "Nothing waits" in (await room.ask(group, "/desk", mona_person)).text
    assert "private chat" in (await room.ask(group, "/desk off", admin)).text
    assert await room.storage.desk.room() is None


async def test_the_list_has_pages_and_opens_an_article(room: Newsroom) -> None:
    [mona] = await started(room, MONA)
    await put(room, *map(str, range(1, 13)))
    first = await room.ask(mona, "/desk")
    assert first.text.startswith("🗞 12 articles wait on the desk")
    assert first.buttons == ["1", "2", "3", "4", "5", "More »"]
    second = await room.press(mona, "More »")
    assert "Title 6" in second.text
    third = await room.press(mona, "More »")
    assert third.buttons == ["1", "2", "« Back"]
    assert "Title 6" in (await room.press(mona, "« Back")).text
    opened = await room.press(mona, "2")
    assert opened.text.startswith("Title 7")
    assert "Approved by" in (await room.press(mona, "✅ Approve")).text
    assert "Title 8" in (await room.press(mona, "↩ Back to the list")).text


async def test_the_list_begins_on_the_side_of_an_editor_who_reads_from_the_right(room: Newsroom) -> None:
    [mona] = await started(room, MONA)
    await put(room, "1", "2")
    await room.ask(mona, "/settings")
    await room.press(mona, "🌐 Language and time zone")
    before = len(mona.messages)
    await room.press(mona, "العربية")
    await room.sim.until(lambda: len(mona.messages) == before + 1)  # the buttons below the text field
    titles = [line for line in (await room.ask(mona, "/desk")).text.split("\n") if "Title" in line]
    assert titles == ["\u200f1. \u2068Title 1\u2069", "\u200f2. \u2068Title 2\u2069"]


async def test_a_backlog_is_counted_and_not_shown_one_by_one(room: Newsroom) -> None:
    [mona] = await started(room, MONA)
    await put(room, *map(str, range(1, 13)), lane=None)
    room.clock.advance(seconds=6)
    before = len(mona.messages)
    await announce(room, mona)
    assert [one.text for one in mona.messages[before:]] == ["🗞 12 more articles wait on the desk."]
    await room.press(mona, "🗞 Open the desk")
    card = await room.press(mona, "1")
    assert "It is only listed: no chat gets an alert." in card.text
    await room.press(mona, "📣 Approve and send")
    [article] = await room.storage.articles.newest(limit=10)
    assert article.lane is Lane.ALERT


async def test_a_corrected_text_is_approved_again(room: Newsroom) -> None:
    [mona] = await started(room, MONA)
    await put(room, "one")
    await announce(room, mona)
    await change(room, "Another title")
    told = await mona.press("✅ Approve")
    await room.heard()
    assert told["text"] == "This article has changed meanwhile. Look again, then decide."
    assert mona.last.text.startswith("Another title")
    assert "Approved by" in (await room.press(mona, "✅ Approve")).text


async def change(room: Newsroom, title: str) -> None:
    [waiting] = await room.storage.desk.page(limit=1)
    changed = ChangedArticle(
        article_id=-waiting.id,
        text=replace(waiting.article.text, title=title),
        search=waiting.article.search,
        from_revision=waiting.revision,
    )
    await room.storage.articles.store([], [changed], now=room.clock())


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_a_card_in_both_languages(room: Newsroom, language: str) -> None:
    for number in (SAMI, ADMIN, MONA):
        mona = editor(room, number, language)
        await room.ask(mona, "/start")
    await put(room, "one", held_until=room.clock() + timedelta(hours=2))
    await announce(room, mona)
    assert len(mona.last.buttons) == 4
    await mona.press(mona.last.buttons[0])
    await room.heard()
    waiting = await room.storage.desk.get(1)
    assert waiting
    assert (waiting.state, waiting.is_scheduled) == (DeskState.WAITING, True)


async def test_of_many_news_at_once_a_few_are_shown_and_the_others_counted(room: Newsroom) -> None:
    [mona] = await started(room, MONA)
    before = len(mona.messages)
    await put(room, *map(str, range(1, 13)))
    job = DeskAnnouncements(room.storage, room.config, room.clock, lambda: None)
    for _ in range(10):  # a job runs each second
        await job()
        room.clock.advance(seconds=1)
    async with room.sending():
        await room.sim.until(lambda: len(mona.messages) == before + 6)
    assert sum(CARD in one.text for one in mona.messages[before:]) == 5
    assert any(one.text == "🗞 7 more articles wait on the desk." for one in mona.messages[before:])


async def test_editors_are_asked_in_private_if_the_desk_was_closed_to_the_bot(room: Newsroom) -> None:
    [mona] = await started(room, MONA)
    admin = room.sim.person("Huda", "en", ADMIN)
    group = room.sim.group("Desk", admins=[admin])
    await room.ask(group, "/desk here", admin)
    group.kick_bot(admin)
    await room.heard()
    await put(room, "one")
    await announce(room, mona)
    assert CARD in mona.last.text


async def test_what_nobody_decides_about_is_not_published_any_more(room: Newsroom) -> None:
    [mona] = await started(room, MONA)
    await put(room, "one")
    await announce(room, mona)
    room.clock.advance(days=31)
    await Pruning(room.storage, room.config, room.clock)()
    waiting = await room.storage.desk.get(1)
    assert waiting
    assert waiting.state is DeskState.KILLED
    async with room.sending():
        await room.sim.until(lambda: "It waited too long" in mona.last.text)
    assert mona.last.buttons == ["↩ Undo"]


@pytest.mark.parametrize(("language", "said"), [("en", "Embargo without an end"), ("ar", "محظور النشر بلا موعد")])
async def test_an_embargo_without_an_end_is_no_date(room: Newsroom, language: str, said: str) -> None:
    for number in (SAMI, ADMIN, MONA):
        mona = editor(room, number, language)
        await room.ask(mona, "/start")
    await put(room, "one", held_until=datetime(9999, 12, 31, tzinfo=UTC))
    await announce(room, mona)
    assert said in mona.last.text
    assert "9999" not in mona.last.text
    await mona.press(mona.last.buttons[0])  # approved, and it still waits for its publisher
    await room.heard()
    assert "9999" not in mona.last.text
    assert len(mona.last.buttons) == 2, "back to the desk, kill: there is no time to choose"
    assert "9999" not in (await room.ask(mona, "/desk")).text
    waiting = await room.storage.desk.get(1)
    assert waiting is not None
    assert waiting.state is DeskState.WAITING
