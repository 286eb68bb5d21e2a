"""`newsbot database copy`: from SQLite to PostgreSQL, and back."""

from contextlib import ExitStack

import click

from bot import logs
from bot.cli.context import run_command
from bot.cli.output import counted, say


@click.group()
def database() -> None:
    """Move the bot to a database of another kind."""


@database.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option(
    "--while-running",
    is_flag=True,
    help="Copy one moment of FROM while a bot runs on it, to try things out. The copy lacks what comes later.",
)
def copy(source: str, target: str, while_running: bool) -> None:
    """Copy a database into an empty one. FROM and TO are like sqlite:///newsbot.db and postgresql://user@host/name,
    or the other way round.

    Stop the bot first. All rows are copied and then compared. If the command is stopped or killed, run it again: it
    goes on where it was. No bot starts on an unfinished copy. FROM stays as it is.
    """
    from storage import copy_database, database_name, password_of
    from storage.records import WorkKind

    _check_addresses(source, target)
    _check_file(source)
    logs.hide([password_of(source), password_of(target)])
    with ExitStack() as locks:
        _lock_files(locks, [target] if while_running else [source, target])
        from bot.cli.copying import Copying

        copied = run_command(
            Copying(
                lambda note: copy_database(source, target, in_use=while_running, on_progress=note),
                kind=WorkKind.COPY,
                subject=database_name(target),
                shown_in=source if while_running else None,
            ).run()
        )
    say(
        f"{database_name(target)}: {counted(copied.rows, 'row')} of {counted(copied.tables, 'table')} copied and"
        f" compared{', the first of them by an earlier run' if copied.resumed else ''}."
    )
    say(
        f"{counted(copied.owed, 'message')} still to be sent, and {counted(copied.unanswered, 'update')} to be"
        " answered."
    )
    if not while_running:
        say(f"Set NEWSBOT_DATABASE to the copy, start the bot, and run no bot on {database_name(source)} any more.")


def _check_addresses(source: str, target: str) -> None:
    """Raises UsageError if these are not the addresses of a SQLite database and a PostgreSQL database."""
    from storage import check_address, database_name, is_postgres
    from storage.errors import UnknownDatabase

    for name, address in (("FROM", source), ("TO", target)):
        try:
            check_address(address)
        except UnknownDatabase as error:
            raise click.UsageError(f"{name}: {error}") from error
    if is_postgres(source) == is_postgres(target):
        kind, other = (
            ("PostgreSQL databases", "pg_dump and pg_restore")
            if is_postgres(source)
            else ("SQLite databases", "newsbot backup")
        )
        raise click.UsageError(
            f"{database_name(source)} and {database_name(target)} are both {kind}; expected one of each kind: use"
            f" {other} for two of one kind"
        )


def _check_file(source: str) -> None:
    """Raises NoDatabase if the file that is to be read does not exist. The lock would leave a file beside it."""
    from storage import database_path, is_postgres
    from storage.errors import NoDatabase

    if not is_postgres(source) and not database_path(source).is_file():
        raise NoDatabase(f"{database_path(source)}: there is no database; expected one there")


def _lock_files(locks: ExitStack, addresses: list[str]) -> None:
    """Let no bot run on the SQLite file among these databases meanwhile."""
    from bot.instance_lock import single_instance_lock
    from storage import database_path, is_postgres

    for address in addresses:
        if not is_postgres(address):
            locks.enter_context(single_instance_lock(database_path(address)))
