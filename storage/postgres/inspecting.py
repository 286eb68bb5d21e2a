"""Looks at a database on a PostgreSQL server without opening it for the bot: nothing is made or migrated."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from storage.errors import DatabaseRefused, NoDatabase
from storage.postgres.connection import COMMAND, RUN, Connection, connect, machine_of, name_of, process_name
from storage.postgres.errors import NO_RIGHTS, translated_errors
from storage.postgres.migrating import version_of


async def is_without_tables(url: str) -> bool:
    """Returns whether no bot has made its tables yet. Raises the errors of `storage.errors`, also if the user of the
    address may not make them.
    """
    async with _looking(url) as connection:
        if await version_of(connection, name_of(url)):
            return False
        [row] = await (
            await connection.execute("SELECT has_schema_privilege(current_schema(), 'CREATE') AS may_create")
        ).fetchall()
        if not row["may_create"]:  # None if the user sees no schema at all
            raise DatabaseRefused(f"{name_of(url)}: {NO_RIGHTS}")
        return True


async def count_articles(url: str) -> int:
    """Returns the number of articles. Raises the errors of `storage.errors`, also if there are no tables."""
    async with _looking(url) as connection:
        if await version_of(connection, name_of(url)) == 0:
            raise NoDatabase(f"{name_of(url)}: the database has no tables of the bot; `newsbot run` makes them")
        [row] = await (await connection.execute("SELECT count(*) AS articles FROM articles")).fetchall()
        return int(row["articles"])


async def running_machines(url: str) -> list[str]:
    """Returns the machine of each process that runs the bot here. Raises the errors of `storage.errors`."""
    async with _looking(url) as connection:
        rows = await (
            await connection.execute(
                """
                SELECT DISTINCT application_name AS process FROM pg_stat_activity
                WHERE datname = current_database() AND application_name LIKE %s
                """,
                [f"{RUN}@%"],
            )
        ).fetchall()
    return sorted(machine_of(row["process"]) for row in rows)


@asynccontextmanager
async def _looking(url: str) -> AsyncIterator[Connection]:
    with translated_errors(name_of(url)):
        connection = await connect(url, process=process_name(COMMAND))
        try:
            yield connection
        finally:
            await connection.close()
