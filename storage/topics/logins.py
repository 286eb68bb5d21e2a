"""Logins to the dashboard: one-time links and sessions, stored by their hashes."""

from datetime import datetime, timedelta
from typing import Final

from storage.database import Database, Row, Transaction
from storage.records import Login
from storage.times import from_ms, to_ms

MOST_SESSIONS: Final = 10  # of one person
NOTED_EVERY: Final = timedelta(minutes=1)  # when a session was used last
_LOGIN: Final = "user_id, name, language, timezone"


class Logins:
    """Implements `contract.Logins`. Its tables have a few rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_link(self, link: str, login: Login, *, expires_at: datetime) -> None:
        async with self._database.transaction() as transaction:
            await _delete_links(transaction, login.user_id)
            await transaction.execute(
                f"""
                INSERT INTO dashboard_links (hash, {_LOGIN}, expires_at)
                VALUES (:hash, :user_id, :name, :language, :timezone, :expires_at)
                """,
                _values(login) | {"hash": link, "expires_at": to_ms(expires_at)},
            )

    async def is_open(self, link: str, *, now: datetime) -> bool:
        rows = await self._database.fetch(
            "SELECT 1 FROM dashboard_links WHERE hash = :hash AND expires_at > :now",
            {"hash": link, "now": to_ms(now)},
        )
        return bool(rows)

    async def use_link(self, link: str, session: str, *, now: datetime) -> Login | None:
        async with self._database.transaction() as transaction:
            rows = await transaction.fetch(
                f"DELETE FROM dashboard_links WHERE hash = :hash AND expires_at > :now RETURNING {_LOGIN}",
                {"hash": link, "now": to_ms(now)},
            )
            if not rows:
                return None
            login = _login_from(rows[0])
            values = _values(login) | {"hash": session, "now": to_ms(now), "others": MOST_SESSIONS - 1}
            await transaction.execute(
                f"""
                INSERT INTO dashboard_sessions (hash, {_LOGIN}, began_at, used_at)
                VALUES (:hash, :user_id, :name, :language, :timezone, :now, :now)
                """,
                values,
            )
            # The new session stays, whatever the clock says: after it was set back, all others seem to be newer.
            await transaction.execute(
                """
                -- scans dashboard_sessions: a few of each administrator
                DELETE FROM dashboard_sessions
                WHERE user_id IS CAST(:user_id AS bigint) AND hash <> :hash AND hash NOT IN (
                    SELECT hash FROM dashboard_sessions
                    WHERE user_id IS CAST(:user_id AS bigint) AND hash <> :hash
                    ORDER BY used_at DESC, began_at DESC LIMIT :others)
                """,
                values,
            )
        return login

    async def session(
        self, session: str, *, idle: timedelta, longest: timedelta, now: datetime, is_use: bool = True
    ) -> Login | None:
        rows = await self._database.fetch(
            f"SELECT {_LOGIN}, began_at, used_at FROM dashboard_sessions WHERE hash = :hash", {"hash": session}
        )
        if not rows or now - from_ms(rows[0]["used_at"]) > idle or now - from_ms(rows[0]["began_at"]) > longest:
            return None
        if is_use and now - from_ms(rows[0]["used_at"]) >= NOTED_EVERY:
            async with self._database.transaction(durable=False) as transaction:
                await transaction.execute(
                    "UPDATE dashboard_sessions SET used_at = :now WHERE hash = :hash",
                    {"hash": session, "now": to_ms(now)},
                )
        return _login_from(rows[0])

    async def set_language(self, session: str, language: str) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "UPDATE dashboard_sessions SET language = :language WHERE hash = :hash",
                {"hash": session, "language": language},
            )

    async def end(self, session: str) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute("DELETE FROM dashboard_sessions WHERE hash = :hash", {"hash": session})

    async def end_all(self, user_id: int | None) -> int:
        async with self._database.transaction() as transaction:
            await _delete_links(transaction, user_id)
            return await transaction.change(
                """
                -- scans dashboard_sessions: a few of each administrator
                DELETE FROM dashboard_sessions WHERE user_id IS CAST(:user_id AS bigint)
                """,
                {"user_id": user_id},
            )

    async def prune(self, *, idle: timedelta, longest: timedelta, now: datetime) -> int:
        values = {"now": to_ms(now), "idle": to_ms(now - idle), "longest": to_ms(now - longest)}
        async with self._database.transaction(durable=False) as transaction:
            links = await transaction.change(
                """
                -- scans dashboard_links: one a person
                DELETE FROM dashboard_links WHERE expires_at <= :now
                """,
                values,
            )
            sessions = await transaction.change(
                """
                -- scans dashboard_sessions: a few of each administrator
                DELETE FROM dashboard_sessions WHERE used_at < :idle OR began_at < :longest
                """,
                values,
            )
        return links + sessions


async def _delete_links(transaction: Transaction, user_id: int | None) -> None:
    await transaction.execute(
        """
        -- scans dashboard_links: one a person
        DELETE FROM dashboard_links WHERE user_id IS CAST(:user_id AS bigint)
        """,
        {"user_id": user_id},
    )


def _values(login: Login) -> dict[str, str | int | None]:
    return {
        "user_id": login.user_id,
        "name": login.name,
        "language": login.language,
        "timezone": login.timezone,
    }


def _login_from(row: Row) -> Login:
    return Login(user_id=row["user_id"], name=row["name"], language=row["language"], timezone=row["timezone"])
