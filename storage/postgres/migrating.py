"""Brings a PostgreSQL database to the newest version of its tables."""

from importlib.resources import files
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection

from storage.copying import FINISH_IT
from storage.errors import NewerDatabase, NoDatabase, UnfinishedCopy

LOCK: Final = 0x6E657773_626F7401  # of those that PostgreSQL lets programs agree on; "newsbot" and a number of ours


def migrations() -> list[tuple[int, str]]:
    """(number, SQL) of each migration, in order. The number leads the file's name."""
    steps = [
        file for file in files("storage.postgres").joinpath("migrations").iterdir() if file.name.endswith(".sql")
    ]
    return sorted((int(step.name.split("_")[0]), step.read_text("utf-8")) for step in steps)


async def version_of(connection: AsyncConnection[Any], subject: str) -> int:
    """Returns the version of a database, 0 without tables. Raises NewerDatabase, and UnfinishedCopy."""
    if not await _value(connection, "SELECT to_regclass('schema_version') IS NOT NULL AS value"):
        return 0
    version: int = await _value(connection, "SELECT coalesce(max(version), 0) AS value FROM schema_version")
    if await _value(connection, "SELECT to_regclass('unfinished_copy') IS NOT NULL AS value"):
        raise UnfinishedCopy(f"{subject}: {FINISH_IT}")
    newest = migrations()[-1][0]
    if version > newest:
        raise NewerDatabase(
            f"{subject}: this database is of version {version}, and this program knows versions up to {newest}:"
            " run the newer program, or restore the backup made before the update"
        )
    return version


async def migrate(connection: AsyncConnection[Any], subject: str, *, create: bool) -> None:
    """Apply the missing migrations; each step and its record (`schema_version`) are one transaction.

    One process does it at a time, and others wait. Raises NoDatabase if there are no tables and `create` is false.
    """
    version = await version_of(connection, subject)
    if version == 0 and not create:
        raise NoDatabase(f"{subject}: the database has no tables of the bot; expected some, since the bot makes them")
    if version == migrations()[-1][0]:
        return
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        await connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version bigint PRIMARY KEY)")
    for number, sql in migrations():
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            # Another process may have taken this step while we waited for the lock.
            if number > await version_of(connection, subject):
                await connection.execute(sql.encode())
                await connection.execute("INSERT INTO schema_version VALUES (%s)", [number])


async def _value(connection: AsyncConnection[Any], sql: LiteralString) -> Any:
    row = await (await connection.execute(sql)).fetchone()
    assert row is not None
    return row["value"]
