"""The storage of the bot: sources, articles, chats, and the messages that each chat is owed.

`open_storage("sqlite:///newsbot.db")` opens it. The package knows nothing about Telegram, feeds or languages. Callers
pass texts that are already normalized and summarised, and they pass the current time.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from storage import contract
from storage.database import Database
from storage.errors import UnknownDatabase
from storage.sqlite.alarms import Alarms
from storage.sqlite.archive import Archive
from storage.sqlite.articles import Articles
from storage.sqlite.audit import Audit
from storage.sqlite.backup import Progress, back_up, check_database, remove_killed
from storage.sqlite.bans import Bans
from storage.sqlite.bot_account import BotAccounts
from storage.sqlite.canary import Canary
from storage.sqlite.categories import Categories
from storage.sqlite.category_topics import CategoryTopics
from storage.sqlite.chats import Chats
from storage.sqlite.choices import Choices
from storage.sqlite.connection import count_articles, file_of, has_newest_version, is_missing_file, open_sqlite
from storage.sqlite.dead_letters import DeadLetters
from storage.sqlite.deliveries import Deliveries
from storage.sqlite.desk import Desk
from storage.sqlite.digest_snapshots import DigestSnapshots
from storage.sqlite.follows import Follows
from storage.sqlite.histories import Histories
from storage.sqlite.hooks import Hooks
from storage.sqlite.hubs import HubSubscriptions
from storage.sqlite.imports import Imports
from storage.sqlite.inbox import Inbox
from storage.sqlite.logins import Logins
from storage.sqlite.metrics import Metrics
from storage.sqlite.pages import Pages
from storage.sqlite.personal_data import PersonalData
from storage.sqlite.pictures import Pictures
from storage.sqlite.reach import ReachLog
from storage.sqlite.reactions import Reactions
from storage.sqlite.saved import Saved
from storage.sqlite.search import Search
from storage.sqlite.settings import Settings
from storage.sqlite.shown_lists import ShownLists
from storage.sqlite.sources import Sources
from storage.sqlite.stories import Stories
from storage.sqlite.work import Work

SQLITE = "sqlite:///"


class Storage:
    """The topics of storage over one database. `storage.contract` says what each of them promises."""

    def __init__(self, database: Database) -> None:
        self.database = database
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


def database_path(url: str) -> Path:
    """Returns the file path in `sqlite:///relative.db` or `sqlite:////absolute.db`.

    Raises UnknownDatabase for any other address.
    """
    path = url.removeprefix(SQLITE)
    if not url.startswith(SQLITE) or path in ("", ":memory:"):  # each connection would have its own memory
        raise UnknownDatabase(
            f"{url!r} is no database address: expected sqlite:///relative.db or sqlite:////absolute.db"
        )
    return Path(path)


def is_missing(url: str) -> bool:
    """Returns whether the database at that address does not exist, in a folder that exists."""
    return is_missing_file(database_path(url))


def database_file(url: str) -> str | None:
    """Returns what tells the file of that database from every other file. Returns None if there is no file.

    The answer stays the same if the file is renamed. It changes if another file replaces the file.
    """
    return file_of(database_path(url))


def is_current(url: str) -> bool:
    """Returns whether the database at that address needs no migration. Raises the errors of `storage.errors`."""
    return has_newest_version(database_path(url))


async def articles_in(url: str) -> int:
    """Returns the number of articles in the database at that address. The database does not change.

    Raises the errors of `storage.errors`, also if there is no such database.
    """
    return await asyncio.to_thread(count_articles, database_path(url))


def back_up_database(url: str, target: Path, *, replace: bool = False, on_progress: Progress) -> int:
    """Copy the database at that address to a file while it is in use. Returns the size of the copy in bytes.

    The call blocks for the whole copy. See `storage.sqlite.backup.back_up` for what it promises and raises.
    """
    return back_up(database_path(url), target, replace=replace, on_progress=on_progress)


def remove_killed_backups(folder: Path, name: re.Pattern[str]) -> None:
    """Delete what killed backups have left in a folder. See `storage.sqlite.backup.remove_killed`."""
    remove_killed(folder, name)


def check_copy(path: Path) -> int:
    """Check each page of a copy that nobody has open. Returns the version of its schema.

    Raises NoDatabase, DatabaseDamaged or NewerDatabase.
    """
    return check_database(path)


@asynccontextmanager
async def open_storage(url: str, *, create: bool = True) -> AsyncIterator[Storage]:
    """Open the database at that address, migrate it if it is older than the program, and close it at the end.

    A missing database is created, unless `create` is False.
    """
    database = await open_sqlite(database_path(url), create=create)
    try:
        yield Storage(database)
    finally:
        await database.close()
