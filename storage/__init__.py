"""The storage of the bot: sources, articles, chats, and the messages that each chat is owed.

`open_storage("sqlite:///newsbot.db")` opens it. The package knows nothing about Telegram, feeds or languages. Callers
pass texts that are already normalized and summarised, and they pass the current time.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, closing
from pathlib import Path

from storage import contract
from storage.copying import Copied, Source, Target, copy_rows
from storage.database import Database
from storage.errors import UnknownDatabase
from storage.leadership import Leadership
from storage.leases import Leases, NoLeases
from storage.postgres import inspecting
from storage.postgres.connection import check_postgres_address, machine, name_of, open_postgres, password_in
from storage.postgres.copying import PostgresSource, PostgresTarget
from storage.postgres.leadership import PostgresLeadership
from storage.postgres.leases import PostgresLeases
from storage.postgres.signals import PostgresSignals
from storage.signals import Signals
from storage.sqlite.backup import Progress, back_up, remove_killed
from storage.sqlite.connection import count_articles, file_of, has_newest_version, is_missing_file, open_sqlite
from storage.sqlite.copying import SqliteSource, SqliteTarget
from storage.sqlite.leadership import OnlyProcess
from storage.topics.alarms import Alarms
from storage.topics.archive import Archive
from storage.topics.articles import Articles
from storage.topics.audit import Audit
from storage.topics.bans import Bans
from storage.topics.bot_account import BotAccounts
from storage.topics.canary import Canary
from storage.topics.categories import Categories
from storage.topics.category_topics import CategoryTopics
from storage.topics.chats import Chats
from storage.topics.choices import Choices
from storage.topics.dead_letters import DeadLetters
from storage.topics.deliveries import Deliveries
from storage.topics.desk import Desk
from storage.topics.digest_snapshots import DigestSnapshots
from storage.topics.follows import Follows
from storage.topics.histories import Histories
from storage.topics.hooks import Hooks
from storage.topics.hubs import HubSubscriptions
from storage.topics.imports import Imports
from storage.topics.inbox import Inbox
from storage.topics.logins import Logins
from storage.topics.metrics import Metrics
from storage.topics.pages import Pages
from storage.topics.personal_data import PersonalData
from storage.topics.pictures import Pictures
from storage.topics.reach import ReachLog
from storage.topics.reactions import Reactions
from storage.topics.saved import Saved
from storage.topics.search import Search
from storage.topics.settings import Settings
from storage.topics.shown_lists import ShownLists
from storage.topics.sources import Sources
from storage.topics.stories import Stories
from storage.topics.work import Work

SQLITE = "sqlite:///"
MOST_LEASED = 500  # sources of one process; of 64 that are read at once, each takes a second or two
POSTGRES = ("postgresql://", "postgres://")


class Storage:
    """The topics of storage over one database. `storage.contract` says what each of them promises."""

    def __init__(
        self,
        database: Database,
        *,
        leadership: Leadership | None = None,
        signals: Signals | None = None,
        leases: Leases | None = None,
    ) -> None:
        """Without the last three, this is the only process on the database."""
        self.database = database
        self.leases: Leases = leases or NoLeases()
        self.leadership: Leadership = leadership or OnlyProcess()
        self.signals = signals or Signals()
        self.alarms: contract.Alarms = Alarms(database)
        self.archive: contract.Archive = Archive(database)
        self.articles: contract.Articles = Articles(database)
        self.audit: contract.Audit = Audit(database)
        self.bans: contract.Bans = Bans(database)
        self.bot_accounts: contract.BotAccounts = BotAccounts(database)
        self.canary: contract.Canary = Canary(database)
        self.categories: contract.Categories = Categories(database)
        self.category_topics: contract.CategoryTopics = CategoryTopics(database)
        self.chats: contract.Chats = Chats(database)
        self.choices: contract.Choices = Choices(database)
        self.deliveries: contract.Deliveries = Deliveries(database)
        self.desk: contract.Desk = Desk(database)
        self.dead_letters: contract.DeadLetters = DeadLetters(database)
        self.digest_snapshots: contract.DigestSnapshots = DigestSnapshots(database)
        self.follows: contract.Follows = Follows(database)
        self.hooks: contract.Hooks = Hooks(database)
        self.hub_subscriptions: contract.HubSubscriptions = HubSubscriptions(database)
        self.histories: contract.Histories = Histories(database)
        self.inbox: contract.Inbox = Inbox(database)
        self.imports: contract.Imports = Imports(database)
        self.lists: contract.ShownLists = ShownLists(database)
        self.logins: contract.Logins = Logins(database)
        self.pages: contract.Pages = Pages(database)
        self.personal_data: contract.PersonalData = PersonalData(database)
        self.pictures: contract.Pictures = Pictures(database)
        self.reach: contract.ReachLog = ReachLog(database)
        self.reactions: contract.Reactions = Reactions(database)
        self.saved: contract.Saved = Saved(database)
        self.search: contract.Search = Search(database)
        self.settings: contract.Settings = Settings(database)
        self.sources: contract.Sources = Sources(database)
        self.stories: contract.Stories = Stories(database)
        self.metrics: contract.Metrics = Metrics(database)
        self.work: contract.Work = Work(database)
        database.on_changes = self.signals.changed


def is_postgres(url: str) -> bool:
    """Returns whether the address names a database on a PostgreSQL server."""
    return url.startswith(POSTGRES)


def check_address(url: str) -> None:
    """Raises UnknownDatabase if the address names no database that could be opened."""
    if is_postgres(url):
        check_postgres_address(url)
    else:
        database_path(url)


def password_of(url: str) -> str:
    """Returns the password in the address of a database, or "". It must not be shown."""
    return password_in(url) if is_postgres(url) else ""


def database_path(url: str) -> Path:
    """Returns the file path in `sqlite:///relative.db` or `sqlite:////absolute.db`.

    Raises UnknownDatabase for any other address.
    """
    path = url.removeprefix(SQLITE)
    if not url.startswith(SQLITE) or path in ("", ":memory:"):  # each connection would have its own memory
        shown = "this" if "@" in url else repr(url)  # a mistyped address of a server may have a password
        raise UnknownDatabase(
            f"{shown} is no database address: expected sqlite:///relative.db or sqlite:////absolute.db"
        )
    return Path(path)


def database_name(url: str) -> str:
    """Returns how a database is called in messages: its file, or its address without the password."""
    return name_of(url) if is_postgres(url) else str(database_path(url))


async def is_missing(url: str) -> bool:
    """Returns whether the bot has made no database at that address yet: there is no file in a folder that exists, or
    the database on the server has no tables.

    Raises the errors of `storage.errors` if a server does not say.
    """
    if is_postgres(url):
        return await inspecting.is_without_tables(url)
    return is_missing_file(database_path(url))


async def running_machines(url: str) -> list[str]:
    """Returns the machine of each process that runs the bot on that PostgreSQL database.

    Raises the errors of `storage.errors`.
    """
    return await inspecting.running_machines(url)


def this_machine() -> str:
    """Returns the name that this machine has in `running_machines`."""
    return machine()


def database_file(url: str) -> str | None:
    """Returns what tells the file of a SQLite database from every other file. Returns None if there is no file.

    The answer stays the same if the file is renamed. It changes if another file replaces the file.
    """
    return file_of(database_path(url))


def is_current(url: str) -> bool:
    """Returns whether a SQLite database needs no migration. Raises the errors of `storage.errors`."""
    return has_newest_version(database_path(url))


async def articles_in(url: str) -> int:
    """Returns the number of articles in the database at that address. The database does not change.

    Raises the errors of `storage.errors`, also if there is no such database.
    """
    if is_postgres(url):
        return await inspecting.count_articles(url)
    return await asyncio.to_thread(count_articles, database_path(url))


def back_up_database(url: str, target: Path, *, replace: bool = False, on_progress: Progress) -> int:
    """Copy the SQLite database at that address to a file while it is in use. Returns the size of the copy in bytes.

    The call blocks for the whole copy. See `storage.sqlite.backup.back_up` for what it promises and raises.
    """
    return back_up(database_path(url), target, replace=replace, on_progress=on_progress)


def remove_killed_backups(folder: Path, name: re.Pattern[str]) -> None:
    """Delete what killed backups have left in a folder. See `storage.sqlite.backup.remove_killed`."""
    remove_killed(folder, name)


def copy_database(url: str, to: str, *, in_use: bool = False, on_progress: Progress) -> Copied:
    """Copy a database to an empty one of the other kind. The call blocks for the whole copy.

    One address is that of a SQLite file, which no bot has open, unless `in_use` is True and it is read from. See
    `storage.copying` for what a copy promises and raises.
    """
    source: Source
    target: Target
    on_server: PostgresSource | PostgresTarget
    with ExitStack() as opened:
        if is_postgres(url):
            source = on_server = PostgresSource(url)
            target = SqliteTarget(database_path(to))
        else:
            source = SqliteSource(database_path(url), in_use=in_use)
            target = on_server = PostgresTarget(to)
        for end in (source, target):
            opened.enter_context(closing(end)).open()
        return copy_rows(source, target, on_server.tables(), in_use=in_use, on_progress=on_progress)


@asynccontextmanager
async def open_storage(url: str, *, create: bool = True, runs: bool = False) -> AsyncIterator[Storage]:
    """Open the database at that address, migrate it if it is older than the program, and close it at the end.

    A missing database is created, unless `create` is False. `runs` says that the process runs the bot: others find it
    by `running_machines`.
    """
    if is_postgres(url):
        postgres = await open_postgres(url, create=create, runs=runs)
        storage = Storage(
            postgres,
            leadership=PostgresLeadership(url, postgres),
            signals=PostgresSignals(url, postgres),
            leases=PostgresLeases(postgres, most=MOST_LEASED),
        )
    else:
        storage = Storage(await open_sqlite(database_path(url), create=create))
    try:
        yield storage
    finally:
        await storage.signals.flush()
        await storage.leadership.release()
        await storage.database.close()
