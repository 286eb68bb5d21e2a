"""What tests share: a real database each, a clock that moves when told, and no settings from outside."""

import logging
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from bench.postgres import Server
from bot import logs
from bot.backoff import Backoff
from storage import Storage, open_storage
from storage.sqlite import connection
from storage.sqlite.connection import create_and_migrate
from tests.bot_api_types import Answers
from tests.makers import NOON
from tests.plans import Plans
from tests.postgres import Databases, shared_server
from tests.site import Site, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from bot.sim import Simulator
    from tests.command_line import CommandLine
    from tests.newsroom import Newsroom

# How long a machine takes says nothing; and where a change is judged, the examples are the same each time.
hypothesis.settings.register_profile("newsbot", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("newsbot")

for name in [name for name in os.environ if name.startswith("NEWSBOT_")]:
    del os.environ[name]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--both-databases", action="store_true", help="run every test of storage on PostgreSQL, too")
    parser.addoption("--runslow", action="store_true", help="run the tests marked slow, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--runslow"):
        config.hook.pytest_deselected(items=[item for item in items if is_slow(item)])
        items[:] = [item for item in items if not is_slow(item)]
    items[:] = spread(items)


def is_slow(item: pytest.Item) -> bool:
    """Whether a test waits for --runslow: it is marked so, or needs a PostgreSQL server."""
    fixtures = item.fixturenames if isinstance(item, pytest.Function) else []
    return item.get_closest_marker("slow") is not None or "postgres" in fixtures


def spread(items: list[pytest.Item]) -> list[pytest.Item]:
    """Put the modules with slow tests evenly between the others, and those that take longest into the first half.

    Slow tests mostly wait: for processes, timers and browsers. The others need the processor meanwhile. A test that
    takes a minute must not be the last.
    """
    modules: dict[Path, list[pytest.Item]] = {}
    for item in items:
        modules.setdefault(item.path, []).append(item)
    longest: list[list[pytest.Item]] = []
    slow: list[list[pytest.Item]] = []
    quick: list[list[pytest.Item]] = []
    for tests in modules.values():
        marked = [one.get_closest_marker("slow") is not None for one in tests]
        (longest if all(marked) else slow if any(marked) else quick).append(tests)
    placed = [(number / len(longest) / 2, tests) for number, tests in enumerate(longest)]
    placed += [(number / len(kind), tests) for kind in (slow, quick) for number, tests in enumerate(kind)]
    return [item for _, tests in sorted(placed, key=lambda one: one[0]) for item in tests]


ON_BOTH = ("test_storage_", "test_flow", "test_deliver_")


class Clock:
    """Call it for the time; it stands still until it is moved."""

    def __init__(self, start: datetime = NOON) -> None:
        self.time = start

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **step: float) -> None:
        """Move on by a step as `timedelta` takes it: `advance(minutes=5)`."""
        self.time += timedelta(**step)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "empty.db"
    create_and_migrate(path, create=True)
    return path


@pytest.fixture(autouse=True)
def new_databases_are_copies(monkeypatch: pytest.MonkeyPatch, empty_database: Path) -> None:
    """A new database is a copy of one that all migrations have made: to make them costs a test 0.1 s of CPU."""

    def copy(path: Path, *, create: bool) -> None:
        if create and connection.is_missing_file(path):
            shutil.copyfile(empty_database, path)
        create_and_migrate(path, create=create)

    monkeypatch.setattr(connection, "create_and_migrate", copy)


@pytest.fixture(autouse=True)
def log_restored() -> Iterator[None]:
    """What runs as a process of its own configures the log of that process. In a test, that ends with the test.

    Otherwise the tests after it would not see what is logged below the level of an error.
    """
    root = logging.getLogger()
    handlers, secrets = root.handlers[:], set(logs._secrets)
    loggers = [root, *(logging.getLogger(name) for name in (*logs._QUIET, *logs._SILENT))]
    levels = [logger.level for logger in loggers]
    yield
    root.handlers[:] = handlers
    logs._secrets.clear()
    logs._secrets.update(secrets)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL server. Each test has databases of its own there."""
    folder = tmp_path_factory.getbasetemp()
    with shared_server(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_databases(postgres: Server) -> Iterator[Databases]:
    databases = Databases(postgres)
    yield databases
    databases.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is promised of storage and delivery is tested on both databases, the rest on SQLite."""
    if "kind_of_database" in metafunc.fixturenames:
        name = metafunc.module.__name__.rpartition(".")[2]
        marked = metafunc.definition.get_closest_marker("both_databases")
        both = name.startswith(ON_BOTH) or marked or metafunc.config.getoption("--both-databases")
        both = both and not metafunc.definition.get_closest_marker("only_sqlite")
        postgres = pytest.param("postgres", marks=pytest.mark.slow)
        metafunc.parametrize("kind_of_database", ["sqlite", postgres] if both else ["sqlite"], indirect=True)


@pytest.fixture
def kind_of_database(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def database_url(kind_of_database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database that is this test's own, on SQLite or PostgreSQL."""
    if kind_of_database == "sqlite":
        yield f"sqlite:///{tmp_path / 'newsbot.db'}"
        return
    databases: Databases = request.getfixturevalue("postgres_databases")
    url = databases.borrow()
    yield url
    databases.give_back(url)


@pytest.fixture
async def storage(database_url: str) -> AsyncIterator[Storage]:
    async with open_storage(database_url) as opened:
        yield opened


# What the next three need takes a while to import, and many tests do without. A module may have its own instead.


@pytest.fixture
async def sim() -> AsyncIterator["Simulator"]:
    """Telegram, simulated. It must have nothing to complain of."""
    from bot.sim import Simulator

    async with Simulator() as opened:
        yield opened
        assert opened.errors == []


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator["Newsroom"]:
    """A bot that answers people, without articles, sources or administrators."""
    from tests.newsroom import newsroom

    async with newsroom(storage, clock) as opened:
        yield opened


@pytest.fixture
def newsbot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "CommandLine":
    """The command line in a folder of its own."""
    from tests.command_line import CommandLine

    return CommandLine(tmp_path, monkeypatch, capsys)


@pytest.fixture
async def everywhere() -> AsyncIterator[Site]:
    """A site on all loopback addresses, each of which is a host of its own."""
    async with serving("0.0.0.0") as serves:
        yield serves


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sender tries again after pauses that are short enough for a test."""
    monkeypatch.setattr("bot.deliver.sender.PROBE", Backoff(0.02, 0.1))
    monkeypatch.setattr("bot.deliver.sender.RETRY", Backoff(0.02, 0.1))
    monkeypatch.setattr("bot.deliver.outcome.RETRY", Backoff(0.02, 0.1))
    monkeypatch.setattr("bot.deliver.outcome_writer.RETRY", Backoff(0.02, 0.1))


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving() as serves:
        yield serves


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium, for the tests of the chat page."""
    from tests.stage import launched_browser  # the browser's driver takes a while to import, and few tests need it

    with launched_browser() as launched:
        yield launched


PLANS = Plans()


@pytest.fixture(autouse=True)
def no_statement_scans(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test that runs a statement which walks through a whole table fails: see tests/plans.py."""
    PLANS.watch(monkeypatch)
    yield
    if found := PLANS.take_refused():
        pytest.fail("\n\n".join(found))


ANSWERS = Answers()


@pytest.fixture(autouse=True)
def no_answer_is_made_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test whose simulated Telegram answers what the Bot API does not know fails: see tests/bot_api_types.py."""
    ANSWERS.watch(monkeypatch)
    yield
    if wrong := ANSWERS.take_wrong():
        pytest.fail("\n".join(sorted(wrong)))


@pytest.fixture
def made_up(no_answer_is_made_up: None) -> Iterator[None]:
    """For a test whose people send what no Bot API knows yet."""
    yield
    ANSWERS.take_wrong()


def pytest_configure(config: pytest.Config) -> None:
    os.environ["PTB_TIMEDELTA"] = "true"  # as `newsbot run` does
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell lets its background jobs ignore Ctrl-C. The processes that tests interrupt would inherit that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
