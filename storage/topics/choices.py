"""Choices: remembers what each step changed, so that it can be undone."""

import json
from datetime import datetime
from typing import Any

from storage.database import Database, Transaction
from storage.records import Chosen
from storage.times import to_ms
from storage.topics.category_topics import open_places
from storage.topics.subjects import OWN_SOURCES
from storage.topics.timetables import carry_over_deliveries, recheck_quiet_hours, timetable_from

STEPS_KEPT = 20  # of one chat

_OF_CHAT = ("everything_since", "stopped_at", "least_sources")
_TIMES = (
    *("timezone", "rhythm", "digest_hour", "digest_weekday", "quiet_from", "quiet_to", "breaking", "most_a_day"),
    *("saved_in_digest", "snoozed_until", "digest_at"),
)
_SETTINGS = (
    *_OF_CHAT,
    *_TIMES,
    "language",
    "silent",
    "reads",
    "grouped",
    "opens_as",
    "preview",
    "private_answers",
    "keyboard_hidden",
)
_OF_FOLLOW = ("muted", "since", "until", "least_sources", "resumes")
# Steps that were remembered on SQLite hold these as numbers.
_FLAGS = frozenset(
    {"breaking", "saved_in_digest", "silent", "grouped", "private_answers", "keyboard_hidden", "muted", "resumes"}
)


class Choices:
    """Implements `contract.Choices`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_chat(self, chat_row: int) -> Chosen:
        return await of_chat(self._database, chat_row)

    async def remember_step(self, chat_row: int, before: Chosen, *, now: datetime) -> int | None:
        """Returns a number that undoes what was changed since `before`, or None if nothing was changed."""
        async with self._database.transaction() as transaction:
            return await remember_step(transaction, chat_row, before, now=now)

    async def undo(self, chat_row: int, step: int, *, most_private: int | None = None, now: datetime) -> bool:
        """Restore what a step changed.

        Returns False if it was undone already, or is too long ago, or would bring the chat too many private sources.
        """
        try:
            return await self._undo(chat_row, step, most_private, now)
        except _TooManySources:  # raised to end the transaction
            return False

    async def _undo(self, chat_row: int, step: int, most_private: int | None, now: datetime) -> bool:
        async with self._database.transaction() as transaction:
            values = {"chat": chat_row, "step": step, "now": to_ms(now)}
            rows = await transaction.fetch("SELECT before FROM undo_steps WHERE id = :step AND chat = :chat", values)
            if not rows:
                return False
            before = json.loads(rows[0]["before"])
            sources = await _count_private(transaction, chat_row)
            await _restore_settings(transaction, chat_row, before["of_chat"], now)
            for subject, line in before["lines"].items():
                await _restore(transaction, chat_row, int(subject), line)
            await transaction.execute_many(
                "DELETE FROM saved WHERE chat = :chat AND article_id = :article",
                [{"chat": chat_row, "article": article} for article in before.get("saved", ())],
            )
            await transaction.execute("UPDATE chats SET settings_at = :now WHERE id = :chat", values)
            await transaction.execute("DELETE FROM undo_steps WHERE id = :step", values)
            if most_private is not None:
                restored = await _count_private(transaction, chat_row)
                if restored > max(sources, most_private):
                    raise _TooManySources
            for chat in (chat_row, *await open_places(transaction, chat_row)):
                transaction.chat_changed(chat)
        return True


class _TooManySources(Exception):
    """A step would bring the chat more private sources than it may have."""


async def _count_private(transaction: Transaction, chat_row: int) -> int:
    rows = await transaction.fetch(f"SELECT count(*) AS n FROM ({OWN_SOURCES}) AS own", {"chat": chat_row})
    return int(rows[0]["n"])


async def remember_step(
    transaction: Transaction, chat_row: int, before: Chosen, *, now: datetime, whole: bool = False
) -> int | None:
    """Returns a number that undoes what was changed since `before`, or None. `whole` is as in `of_chat`."""
    after = await of_chat(transaction, chat_row, whole=whole)
    changed = _changed(before, after)
    if not after.of_chat or not any(changed.values()):
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


async def of_chat(reader: Database | Transaction, chat_row: int, *, whole: bool = False) -> Chosen:
    """Returns what a chat has chosen. If `whole` is True, also its other settings and what it has saved."""
    values, columns = {"chat": chat_row}, _SETTINGS if whole else _OF_CHAT
    chats = await reader.fetch(f"SELECT {', '.join(columns)} FROM chats WHERE id = :chat", values)
    lines = await reader.fetch(
        "SELECT subject_id, muted, since, until, least_sources, resumes FROM follows WHERE chat = :chat", values
    )
    saved = await reader.fetch("SELECT article_id FROM saved WHERE chat = :chat", values) if whole else ()
    return Chosen(
        {column: chats[0][column] for column in columns} if chats else {},
        {line["subject_id"]: tuple(line[name] for name in _OF_FOLLOW) for line in lines},
        frozenset(row["article_id"] for row in saved),
    )


def _changed(before: Chosen, after: Chosen) -> dict[str, Any]:
    """Returns what differs, as it was before. A line that did not exist is None. "saved" has the new articles."""
    subjects = {*before.lines, *after.lines}
    return {
        "of_chat": {column: value for column, value in before.of_chat.items() if after.of_chat.get(column) != value},
        "lines": {
            subject: before.lines.get(subject)
            for subject in subjects
            if before.lines.get(subject) != after.lines.get(subject)
        },
        "saved": sorted(after.saved - before.saved),
    }


async def _restore_settings(transaction: Transaction, chat_row: int, columns: dict[str, Any], now: datetime) -> None:
    """Restore columns of a chat. What waits to be sent follows the restored times."""
    before = {column: _stored(column, value) for column, value in columns.items() if column in _SETTINGS}
    if "stopped_at" in before:
        await _restore_stop_of_topics(transaction, chat_row, before["stopped_at"])
    times = any(column in _TIMES for column in before)
    values = {"chat": chat_row}
    if times:
        [row] = await transaction.fetch("SELECT * FROM chats WHERE id = :chat", values)
        await carry_over_deliveries(transaction, row, timetable_from(dict(row) | before), now)
    for column, value in before.items():
        await transaction.execute(f"UPDATE chats SET {column} = :value WHERE id = :chat", values | {"value": value})
    if times:
        await recheck_quiet_hours(transaction, chat_row, now)


async def _restore_stop_of_topics(transaction: Transaction, chat_row: int, stopped_at: int | None) -> None:
    """Let the category topics that stopped with a group begin again with it, or stop again."""
    await transaction.execute_many(
        """
        UPDATE chats SET stopped_at = :stopped_at
        WHERE id = :place AND stopped_at IS (SELECT stopped_at FROM chats WHERE id = :chat)
        """,
        [
            {"place": place, "chat": chat_row, "stopped_at": stopped_at}
            for place in await open_places(transaction, chat_row)
        ],
    )


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
            values | {name: _stored(name, value) for name, value in zip(_OF_FOLLOW, line, strict=True)},
        )


def _stored(column: str, value: Any) -> Any:
    """Returns a value that was remembered, as its column holds it."""
    return bool(value) if column in _FLAGS else value
