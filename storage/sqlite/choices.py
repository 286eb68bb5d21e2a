"""Choices: remembers what each step changed, so that it can be undone."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from storage.database import Database, Transaction
from storage.records import Chosen
from storage.sqlite.subjects import OWN_SOURCES
from storage.times import to_ms

STEPS_KEPT = 20  # of one chat

_OF_CHAT = ("everything_since", "stopped_at", "least_sources")
_OF_FOLLOW = ("muted", "since", "until", "least_sources", "resumes")


class Choices:
    """The SQLite implementation of `contract.Choices`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.on_change: Callable[[int], None] = lambda chat: None  # called after the choices of a chat were stored

    async def of_chat(self, chat_row: int) -> Chosen:
        return await _choices(self._database, chat_row)

    async def remember_step(self, chat_row: int, before: Chosen, *, now: datetime) -> int | None:
        """Returns a number that undoes what was changed since `before`, or None if nothing was changed."""
        async with self._database.transaction() as transaction:
            after = await _choices(transaction, chat_row)
            changed = _changed(before, after)
            if not after.of_chat or not (changed["of_chat"] or changed["lines"]):
                return None
            rows = await transaction.fetch(
                "INSERT INTO undo_steps (chat, before, done_at) VALUES (:chat, :before, :now) RETURNING id",
                {"chat": chat_row, "before": json.dumps(changed), "now": to_ms(now)},
            )
            await transaction.execute(
                """
                DELETE FROM undo_steps WHERE chat = :chat AND id <= (
                    SELECT id FROM undo_steps WHERE chat = :chat ORDER BY id DESC LIMIT 1 OFFSET :kept)
                """,
                {"chat": chat_row, "kept": STEPS_KEPT},
            )
        return int(rows[0]["id"])

    async def undo(self, chat_row: int, step: int, *, most_private: int | None = None, now: datetime) -> bool:
        """Restore what a step changed.

        Returns False if it was undone already, or is too long ago, or would bring the chat too many private sources.
        """
        try:
            undone = await self._undo(chat_row, step, most_private, now)
        except _TooManySources:  # raised to end the transaction
            return False
        if undone:
            self.on_change(chat_row)
        return undone

    async def _undo(self, chat_row: int, step: int, most_private: int | None, now: datetime) -> bool:
        async with self._database.transaction() as transaction:
            values = {"chat": chat_row, "step": step, "now": to_ms(now)}
            rows = await transaction.fetch("SELECT before FROM undo_steps WHERE id = :step AND chat = :chat", values)
            if not rows:
                return False
            before = json.loads(rows[0]["before"])
            sources = await _count_private(transaction, chat_row)
            for column, value in before["of_chat"].items():
                if column in _OF_CHAT:
                    await transaction.execute(
                        f"UPDATE chats SET {column} = :value WHERE id = :chat", values | {"value": value}
                    )
            for subject, line in before["lines"].items():
                await _restore(transaction, chat_row, int(subject), line)
            await transaction.execute("UPDATE chats SET settings_at = :now WHERE id = :chat", values)
            await transaction.execute("DELETE FROM undo_steps WHERE id = :step", values)
            if most_private is not None:
                restored = await _count_private(transaction, chat_row)
                if restored > max(sources, most_private):
                    raise _TooManySources
        return True


class _TooManySources(Exception):
    """A step would bring the chat more private sources than it may have."""


async def _count_private(transaction: Transaction, chat_row: int) -> int:
    rows = await transaction.fetch(f"SELECT count(*) AS n FROM ({OWN_SOURCES})", {"chat": chat_row})
    return int(rows[0]["n"])


async def _choices(reader: Database | Transaction, chat_row: int) -> Chosen:
    values = {"chat": chat_row}
    chats = await reader.fetch(f"SELECT {', '.join(_OF_CHAT)} FROM chats WHERE id = :chat", values)
    lines = await reader.fetch(
        "SELECT subject_id, muted, since, until, least_sources, resumes FROM follows WHERE chat = :chat", values
    )
    return Chosen(
        {column: chats[0][column] for column in _OF_CHAT} if chats else {},
        {line["subject_id"]: tuple(line[name] for name in _OF_FOLLOW) for line in lines},
    )


def _changed(before: Chosen, after: Chosen) -> dict[str, Any]:
    """Returns what differs, as it was before. A line that did not exist is None."""
    subjects = {*before.lines, *after.lines}
    return {
        "of_chat": {column: value for column, value in before.of_chat.items() if after.of_chat.get(column) != value},
        "lines": {
            subject: before.lines.get(subject)
            for subject in subjects
            if before.lines.get(subject) != after.lines.get(subject)
        },
    }


async def _restore(transaction: Transaction, chat_row: int, subject: int, line: list[int | None] | None) -> None:
    values: dict[str, int | None] = {"chat": chat_row, "subject": subject}
    await transaction.execute("DELETE FROM follows WHERE chat = :chat AND subject_id = :subject", values)
    if line is not None:
        await transaction.execute(
            # The SELECT inserts nothing if the subject was removed meanwhile.
            """
            INSERT INTO follows (chat, subject_id, muted, since, until, least_sources, resumes)
            SELECT :chat, id, :muted, :since, :until, :least_sources, :resumes FROM subjects WHERE id = :subject
            """,
            values | dict(zip(_OF_FOLLOW, line, strict=True)),
        )
