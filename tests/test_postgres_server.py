"""What a PostgreSQL server may refuse, each time for real: the error says what to do, and never shows a password."""

import asyncio
from collections.abc import Iterator

import pytest

from bench.postgres import Server
from bot.config import load
from storage import Storage, check_address, is_missing, open_storage
from storage.errors import (
    DatabaseFull,
    DatabaseReadOnly,
    DatabaseRefused,
    DatabaseUnreachable,
    NewerDatabase,
    NoDatabase,
    StorageError,
    TooManyConnections,
    UnknownDatabase,
)
from storage.postgres.migrating import migrations
from storage.records import HookKind
from tests.makers import NOON
from tests.postgres import own_server

pytestmark = pytest.mark.slow

PASSWORD = "correct-horse-battery"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with own_server() as server:
        yield server


@pytest.fixture
def role(server: Server) -> Iterator[str]:
    """A user without rights, who needs a password."""
    server.run(f"CREATE ROLE reporter LOGIN PASSWORD '{PASSWORD}'")
    yield "reporter"
    server.drop_made()
    server.run("DROP ROLE reporter")


@pytest.fixture
def owned(server: Server, role: str) -> str:
    """The address of an empty database that the user owns."""
    url = server.new_database("template0")
    server.run(f"ALTER DATABASE {name_in(url)} OWNER TO {role}")
    return with_user(url, f"{role}:{PASSWORD}")


@pytest.fixture
def impatient_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.postgres.connection.CONNECTION_SECONDS", 0.2)


def name_in(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def with_user(url: str, user: str) -> str:
    return url.replace("//postgres@", f"//{user}@")


async def store(storage: Storage) -> None:
    await storage.hooks.add("wire", HookKind.GENERIC, "secret", now=NOON)


async def refusal(url: str, *, create: bool = True) -> StorageError:
    with pytest.raises(StorageError) as refused:
        async with open_storage(url, create=create):
            pass
    assert PASSWORD not in str(refused.value)
    return refused.value


async def test_a_user_who_owns_the_database_needs_no_other_right(owned: str) -> None:
    async with open_storage(owned) as storage:
        await store(storage)
        assert storage.database.name.startswith("postgresql://reporter@/")
        assert PASSWORD not in storage.database.name


async def test_a_user_without_rights_is_told_which_are_needed(server: Server, role: str) -> None:
    error = await refusal(with_user(server.new_database("template0"), role))
    assert isinstance(error, DatabaseRefused)
    assert "the bot's user must own the database" in str(error)


async def test_a_wrong_password_is_refused_and_not_shown(server: Server, owned: str) -> None:
    server.let_in("local all reporter scram-sha-256", "local all postgres trust")
    try:
        async with open_storage(owned) as storage:
            await store(storage)
        error = await refusal(owned.replace(PASSWORD, "mistyped-" + PASSWORD))
        nobody = await refusal(with_user(server.url("postgres"), f"nobody:{PASSWORD}"))
    finally:
        server.let_in("local all all trust")
    assert isinstance(error, DatabaseRefused)
    assert isinstance(nobody, DatabaseRefused)
    assert "check user and password in NEWSBOT_DATABASE" in str(error)
    assert "mistyped" not in str(error)


async def test_a_database_that_nobody_has_made_is_told_with_how_to_make_it(server: Server) -> None:
    error = await refusal(server.url("elsewhere"))
    assert isinstance(error, NoDatabase)
    assert "createdb" in str(error)


async def test_a_database_without_tables_is_left_alone_by_a_command_that_creates_none(server: Server) -> None:
    url = server.new_database("template0")
    assert isinstance(await refusal(url, create=False), NoDatabase)
    assert await is_missing(url)
    async with open_storage(url):
        pass
    assert not await is_missing(url)


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
async def test_a_database_that_can_not_hold_all_languages_is_refused(server: Server, encoding: str) -> None:
    url = server.new_database("template0", options=f"ENCODING '{encoding}'")
    error = await refusal(url)
    assert isinstance(error, DatabaseRefused)
    assert f"encoded in {encoding}" in str(error)


async def test_a_server_that_is_not_there_is_told_with_what_to_look_at(server: Server) -> None:
    error = await refusal(f"postgresql://reporter:{PASSWORD}@/news?host={server.folder}/nowhere")
    assert isinstance(error, DatabaseUnreachable)
    assert "check that it runs, and its host and port in NEWSBOT_DATABASE" in str(error)


@pytest.mark.usefixtures("impatient_pool")
async def test_a_server_that_was_stopped_is_used_again_when_it_is_back(server: Server) -> None:
    async with open_storage(server.new_database()) as storage:
        server.stop()
        try:
            with pytest.raises(DatabaseUnreachable):
                await store(storage)
            with pytest.raises(DatabaseUnreachable):
                await storage.sources.all()
        finally:
            server.start()
        await used_again(storage)


async def used_again(storage: Storage) -> None:
    """The server takes connections at once. The pool makes new ones when it tries again."""
    for _ in range(100):
        try:
            await store(storage)
        except DatabaseUnreachable:
            continue
        return
    pytest.fail("the server is back, and the pool does not connect")


async def test_a_user_who_has_too_many_connections_is_told_so(server: Server, owned: str) -> None:
    server.run("ALTER ROLE reporter CONNECTION LIMIT 0")
    error = await refusal(owned)
    assert isinstance(error, TooManyConnections)
    assert "raise max_connections, or run fewer processes" in str(error)


@pytest.mark.usefixtures("impatient_pool")
async def test_a_server_that_has_too_few_connections_is_told_from_one_that_is_away(server: Server) -> None:
    server.stop("fast")
    server.start(max_connections=4, superuser_reserved_connections=0, max_wal_senders=0)
    try:
        async with open_storage(server.url("newest")):
            error = await refusal(server.url("newest"))
    finally:
        server.stop("fast")
        server.start()
    assert isinstance(error, TooManyConnections)


async def test_a_standby_server_is_read_and_takes_no_write(server: Server) -> None:
    url = server.new_database()
    server.run(f"ALTER DATABASE {name_in(url)} SET default_transaction_read_only = on")
    async with open_storage(url) as storage:
        assert await storage.sources.all() == []
        with pytest.raises(DatabaseReadOnly, match="expected the main server"):
            await store(storage)


async def test_a_full_disk_undoes_the_whole_transaction(server: Server) -> None:
    url = server.new_database()
    async with open_storage(url) as storage:
        async with storage.database.transaction() as transaction:
            await transaction.execute(
                """
                CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE 'could not extend file' USING ERRCODE = 'disk_full';
                END $$
                """
            )
            await transaction.execute(
                "CREATE TRIGGER full_disk BEFORE INSERT ON hooks FOR EACH ROW EXECUTE FUNCTION full_disk()"
            )
        with pytest.raises(DatabaseFull, match="make room and try again; nothing was stored halfway"):
            await store(storage)
        assert await storage.database.fetch("SELECT id FROM sources") == []


async def test_the_database_of_a_newer_program_is_refused(server: Server) -> None:
    url = server.new_database()
    async with open_storage(url) as storage, storage.database.transaction() as transaction:
        await transaction.execute("INSERT INTO schema_version VALUES (9999)")
    error = await refusal(url)
    assert isinstance(error, NewerDatabase)
    assert "run the newer program" in str(error)


async def test_processes_that_start_together_on_an_empty_database_make_the_tables_once(server: Server) -> None:
    url = server.new_database("template0")

    async def open_it() -> None:
        async with open_storage(url) as storage:
            assert await storage.sources.all() == []

    await asyncio.gather(*(open_it() for _ in range(4)))
    async with open_storage(url) as storage:
        rows = await storage.database.fetch("SELECT version FROM schema_version ORDER BY version")
    assert [row["version"] for row in rows] == [number for number, _ in migrations()]


def test_the_settings_show_no_password() -> None:
    config = load({"NEWSBOT_DATABASE": f"postgresql://reporter:{PASSWORD}@db.example/news"})
    assert config.database.endswith("@db.example/news")
    assert PASSWORD in config.database
    assert PASSWORD not in repr(config)
    assert "postgresql://reporter@db.example/news" in repr(config)


@pytest.mark.parametrize("begin", ["postgresql://", "postgresql:/", "postgres//"])
async def test_an_address_that_can_not_be_read_shows_no_password(begin: str) -> None:
    with pytest.raises(UnknownDatabase) as refused:
        async with open_storage(f"{begin}reporter:{PASSWORD}%@db.example/news"):
            pass
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize("sign", ["@", "/", "/7", "7/"])
async def test_an_address_whose_password_has_a_sign_as_it_is_shows_no_part_of_it(sign: str) -> None:
    with pytest.raises(UnknownDatabase, match="written like %40") as refused:
        async with open_storage(f"postgresql://reporter:harbour{sign}lantern@db.example/news"):
            pass
    assert "harbour" not in str(refused.value)
    assert "lantern" not in str(refused.value)


@pytest.mark.parametrize("place", ["db1.example:5432,db2.example:5433", "db1.example,db2.example", "[::1]:5432", ""])
def test_addresses_of_several_servers_and_of_none_can_be_read(place: str) -> None:
    check_address(f"postgresql://reporter:{PASSWORD}@{place}/news")
