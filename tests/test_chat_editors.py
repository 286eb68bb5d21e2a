"""Editors: what they may do beside administrators, and the audit log of what was done."""

from collections.abc import AsyncIterator

import pytest

from bot.chat.commands import OPERATOR_COMMANDS
from bot.config import Config
from bot.sim import Chat, Person
from storage import Storage
from storage.records import AuditAction, Origin
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom
from tests.test_chat_commands import draft

ADMIN, EDITOR = 76, 77


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock, Config(admins=(ADMIN,), editors=(EDITOR,), commands_per_minute=0)) as opened:
        yield opened


def person(room: Newsroom, number: int, name: str, language: str = "en") -> tuple[Chat, Person]:
    made = room.sim.person(name, language, number)
    return room.sim.private(made), made


async def test_an_editor_decides_about_news_and_not_about_people(room: Newsroom) -> None:
    chat, _ = person(room, EDITOR, "Mona")
    await room.publish(draft("First"), draft("Second"))
    await room.ask(chat, "/latest")
    for typed in ("/ban 5", "/unban 5", "/limits"):
        assert (await room.ask(chat, typed)).text == "Only administrators of the bot can do this."
    assert "Statistics" in (await room.ask(chat, "/stats")).text
    help_text = (await room.ask(chat, "/help")).text
    named = {name for name in OPERATOR_COMMANDS if f"/{name}" in help_text}
    assert named == {name for name, one in OPERATOR_COMMANDS.items() if one.for_editors}


async def test_who_did_what_is_in_the_audit_log(room: Newsroom) -> None:
    chat, _ = person(room, EDITOR, "Mona")
    admin, _ = person(room, ADMIN, "Sami")
    await room.publish(draft("First"), draft("Second"), draft("Third"))
    for where, typed in (
        (chat, "/latest"),
        (chat, "/merge 1 2"),
        (chat, "/split 1"),
        (chat, "/split 1"),  # nothing is done, so nothing is noted
        (chat, "/retract 3"),
        (admin, "/ban 5"),
        (admin, "/unban 5"),
    ):
        await room.ask(where, typed)
    await room.press(chat, "🚫 Withdraw it")
    await room.heard()
    entries = await room.storage.audit.page(limit=10)
    assert [(one.action, one.actor.name, one.actor.user_id, one.name) for one in entries] == [
        (AuditAction.RETRACT, "Mona", EDITOR, "First"),
        (AuditAction.UNBAN, "Sami", ADMIN, ""),
        (AuditAction.BAN, "Sami", ADMIN, ""),
        (AuditAction.SPLIT, "Mona", EDITOR, "Third"),
        (AuditAction.MERGE, "Mona", EDITOR, "Third"),
    ]
    assert {one.actor.origin for one in entries} == {Origin.CHAT}
    assert await room.storage.audit.page(limit=10, before=entries[1].id) == entries[2:]
