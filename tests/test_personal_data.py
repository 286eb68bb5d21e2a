"""What is kept of a chat: /mydata hands out all of it, and /forgetme leaves nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.jobs import LEFT_KEPT_FOR, UNUSED_KEPT_FOR, Pruning
from bot.sim import Chat, Person
from storage import Storage
from storage.records import ChatState, Lane, NewSource, SubjectKind, SubjectName
from storage.topics.personal_data import REFERENCES
from tests.command_line import CommandLine
from tests.makers import NOON, new_article, reader, stored, the
from tests.newsroom import Newsroom
from tests.test_chat_commands import draft
from tests.test_chat_operators import alerted

NAMES = ("chat", "chat_id", "added_by", "added_by_chat", "banned_by", "user_id", "person", "number")


async def tables(storage: Storage) -> dict[str, list[str]]:
    """The columns of each table."""
    found = await storage.database.fetch(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'bot_account'"
    )
    return {
        row["name"]: [
            column["name"]
            for column in await storage.database.fetch(f"SELECT name FROM pragma_table_info('{row['name']}')")
        ]
        for row in found
    }


async def left_of(storage: Storage, chat_id: int, chat_row: int) -> set[tuple[str, str]]:
    """The columns that still hold this chat."""
    found = set()
    for table, column in REFERENCES:
        number = chat_row if column in ("chat", "added_by_chat") else chat_id
        if await storage.database.fetch(f"SELECT 1 FROM {table} WHERE {column} = {number}"):
            found.add((table, column))
    return found


@pytest.mark.only_sqlite  # whose list of tables is read
async def test_every_column_that_holds_a_chat_or_a_person_is_known(storage: Storage) -> None:
    columns = {(table, name) for table, names in (await tables(storage)).items() for name in names if name in NAMES}
    assert columns == set(REFERENCES)


async def used(room: Newsroom) -> tuple[Chat, Person, int]:
    """A chat of which there is something in every table. Its row id."""
    chat, person = room.reader()
    await alerted(room, chat)
    await room.press(chat, "📖 Read")
    await chat.press("⭐ Save")
    await room.ask(chat, "/search harbour")
    await room.ask(chat, "/latest")
    row = await the(room.storage, chat.id)
    words = SubjectName(kind=SubjectKind.AUTHOR, key="huda", name="Huda")
    subject = await room.storage.follows.ensure_subject(words)
    await room.storage.follows.follow(row.id, subject.id, now=room.clock())
    source = NewSource(url="https://feeds.example/of-huda")
    await room.storage.sources.add_private(source, chat_row=row.id, now=room.clock())
    group = room.sim.group("Fishers")
    group.kick_bot(person)
    group.add_bot(person)
    await room.heard()
    return chat, person, row.id


async def test_the_file_holds_all_that_is_kept(room: Newsroom) -> None:
    chat, person, _ = await used(room)
    await room.ask(chat, "/mydata")
    assert chat.last.caption.startswith("Everything that I keep about this chat.")
    document = chat.last.raw["document"]
    assert document["file_name"] == "newsbot-data.json"
    kept = json.loads(room.sim.content_of(document["file_id"]))
    assert [one["chat_id"] for one in kept["chats"]] == [person.id]
    assert kept["chats"][0]["everything_since"].startswith("2026-03-01T")
    assert [one["title"] for one in kept["saved"]] == ["Alerted"]
    assert [one["title"] for one in kept["messages"]] == ["Alerted"]
    assert [one["words"] for one in kept["searches"]] == ["harbour"]
    assert [(one["kind"], one["name"]) for one in kept["follows"]] == [("author", "Huda")]
    assert [one["title"] for one in kept["added_chats"]] == ["Fishers"]
    assert len(kept["last_list"]) == 1
    assert [one["url"] for one in kept["added_sources"]] == ["https://feeds.example/of-huda"]
    assert "/mydata" in kept["received"][0]["payload"]


async def test_forgetting_asks_once_and_leaves_nothing(room: Newsroom) -> None:
    chat, person, row = await used(room)
    other, _ = room.reader(name="Badr")
    await room.ask(other, "/subscribe")
    asked = await room.ask(chat, "/forgetme")
    assert asked.buttons == ["🗑 Delete everything", "↩ Keep it"]
    assert (await room.press(chat, "↩ Keep it")).text == "Nothing was deleted."
    assert await left_of(room.storage, chat.id, row) != set()
    await room.ask(chat, "/forgetme")
    assert (await room.press(chat, "🗑 Delete everything")).text.startswith("🗑 Done")
    await room.heard()
    assert await left_of(room.storage, chat.id, row) == set()
    assert await room.storage.database.fetch("SELECT * FROM subjects WHERE kind = 'author'") == []
    assert await room.storage.chats.get(other.id) is not None
    room.clock.advance(minutes=1)
    before = len(chat.messages)
    await room.publish(draft("Later"), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: "Later" in other.last.text)
    assert len(chat.messages) == before
    assert (await room.storage.deliveries.stats(now=room.clock())).deliveries["sending"] == 0
    await room.ask(chat, "/start", person)
    assert (await the(room.storage, chat.id)).id != row


async def test_only_administrators_take_and_delete_what_is_kept_of_a_group(room: Newsroom) -> None:
    admin, member = room.sim.person("Rana"), room.sim.person("Omar")
    group = room.sim.group("Readers", admins=[admin])
    for typed in ("/mydata@newsbot", "/forgetme@newsbot"):
        assert (await room.ask(group, typed, member)).text == "Only administrators can do this here."
    await room.ask(group, "/forgetme@newsbot", admin)
    refused = await group.press("🗑 Delete everything", person=member)
    assert refused["show_alert"]
    assert await room.storage.chats.get(group.id) is not None
    await room.press(group, "🗑 Delete everything", admin)
    assert await room.storage.chats.get(group.id) is None


@pytest.mark.parametrize("state", ["sending", "dead", "queued", "gone"])
async def test_deliveries_in_every_state_are_forgotten(storage: Storage, state: str) -> None:
    chat, other = await reader(storage, 1), await reader(storage, 2)
    await stored(storage, new_article())
    await storage.deliveries.expand(limit=10, now=NOON)
    claims = {
        claim.chat_id: claim for claim in await storage.deliveries.claim(limit=9, now=NOON + timedelta(minutes=1))
    }
    if state != "sending":
        changed = {
            "dead": "state = 'dead', settled_at = 1",
            "queued": "state = 'queued'",
            "gone": "state = 'sent', settled_at = 1",
        }[state]
        async with storage.database.transaction() as transaction:
            await transaction.execute(f"UPDATE deliveries SET {changed} WHERE chat_id = 1")
    assert await storage.personal_data.forget(1)
    assert await left_of(storage, 1, chat.id) == set()
    assert not await storage.personal_data.forget(1)
    rows = await storage.database.fetch("SELECT id, chat, chat_id FROM deliveries WHERE chat_id <> 2")
    number = claims[1].delivery_id
    assert [(row["id"], row["chat"], row["chat_id"]) for row in rows] == (
        [(number, -number, 0)] if state == "sending" else []
    )
    assert await left_of(storage, 2, other.id) >= {("deliveries", "chat"), ("send_slots", "chat_id")}


async def test_a_message_that_was_on_its_way_belongs_to_nobody_afterwards(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    row = await the(room.storage, chat.id)
    room.clock.advance(minutes=1)
    await room.publish(draft("On its way"), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: "On its way" in chat.last.text)
        await room.storage.personal_data.forget(chat.id)
    assert await left_of(room.storage, chat.id, row.id) == set()
    owed = (await room.storage.deliveries.stats(now=room.clock())).deliveries
    assert (owed["queued"], owed["sending"]) == (0, 0)


# Pruning


async def prune(storage: Storage, now: Any) -> None:
    from bot.config import Config

    await Pruning(storage, Config(), lambda: now)()


async def test_chats_that_nobody_uses_are_forgotten_and_others_stay(storage: Storage) -> None:
    await reader(storage, 1, everything=False, now=NOON)  # never chose anything
    await reader(storage, 2, now=NOON)  # gets everything
    saver = await reader(storage, 3, everything=False, now=NOON)
    [article] = await stored(storage, new_article())
    await storage.saved.save(saver.id, article, most=5, now=NOON)
    await reader(storage, 4, everything=False, now=NOON)
    later = NOON + UNUSED_KEPT_FOR + timedelta(days=1)
    await reader(storage, 4, everything=False, now=later)  # is seen again
    await reader(storage, -5, everything=False, now=NOON, added_by=1)
    await prune(storage, later)
    kept = [row["chat_id"] for row in await storage.database.fetch("SELECT chat_id FROM chats ORDER BY id")]
    assert kept == [2, 3, 4, -5]


async def test_chats_that_left_long_ago_are_forgotten_with_all_that_they_had(storage: Storage) -> None:
    gone, away = await reader(storage, 1), await reader(storage, 2)
    await storage.chats.pause(1, state=ChatState.GONE, reason="deactivated", now=NOON)
    await storage.chats.pause(2, state=ChatState.PAUSED, reason="blocked", now=NOON + timedelta(days=2))
    await prune(storage, NOON + LEFT_KEPT_FOR + timedelta(days=1))
    assert await left_of(storage, 1, gone.id) == set()
    assert await storage.chats.get_by_id(away.id) is not None


# On the command line


def test_a_chat_is_forgotten_by_its_number(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    newsbot = CommandLine(tmp_path, monkeypatch, capsys)
    (newsbot.folder / "chats.jsonl").write_text('{"chat_id": -1007}\n{"chat_id": 5}\n')
    newsbot.good("chats", "import", "chats.jsonl")
    assert newsbot.good("chats", "forget", "-1007") == "chat -1007: forgotten\n"
    status, _, complained = newsbot("chats", "forget", "-1007")
    assert status == 1
    assert "nothing is kept of it" in complained
    assert "-1007" not in newsbot.good("chats", "export", "-")
