"""The command line on a PostgreSQL database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.postgres import Server
from storage import open_storage, this_machine
from tests.command_line import CommandLine, beside
from tests.test_cli_databases import READING, WRITING

PASSWORD = "correct-horse-battery"


@pytest.fixture
def empty(postgres: Server) -> Iterator[str]:
    """A database without tables, and an address with a password, which this server does not ask for."""
    yield postgres.new_database("template0").replace("postgres@", f"postgres:{PASSWORD}@")
    postgres.drop_made()


@pytest.fixture
def newsbot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], empty: str
) -> CommandLine:
    newsbot = CommandLine(tmp_path, monkeypatch, capsys)
    newsbot.set(NEWSBOT_DATABASE=empty)
    return newsbot


@pytest.mark.parametrize("command", READING)
def test_a_command_that_reads_answers_as_from_an_empty_database_says_so_and_makes_no_tables(
    newsbot: CommandLine, command: str
) -> None:
    for _ in range(2):
        status, _, complained = newsbot(*command.split())
        assert status == 0
        assert complained.startswith("newsbot: postgresql://postgres@/")
        assert "there is no database, and this is what an empty one holds" in complained
        assert PASSWORD not in complained


@pytest.mark.parametrize("command", WRITING)
def test_a_command_that_changes_what_is_stored_refuses_a_database_without_tables(
    newsbot: CommandLine, command: str
) -> None:
    status, _, complained = newsbot(*command.split())
    assert status == 1
    assert "the database has no tables of the bot" in complained
    assert PASSWORD not in complained


def test_a_command_that_brings_something_in_makes_the_tables(newsbot: CommandLine) -> None:
    newsbot.good("category", "alias", "Sport", "رياضة")
    assert '"articles": 0' in newsbot.good("stats", "--json")


def test_a_check_tells_what_is_there_and_makes_no_tables(newsbot: CommandLine) -> None:
    for _ in range(2):
        _, said, _ = newsbot("check")
        assert "has no tables yet; the first `newsbot run` makes them" in said
        assert PASSWORD not in said


def test_a_health_check_wants_a_bot_that_runs_on_this_machine(newsbot: CommandLine, empty: str) -> None:
    status, said, _ = newsbot("check", "--running")
    assert status == 1
    assert "no bot runs on it from this machine; `newsbot run` starts one" in said
    with beside(open_storage(empty, runs=True)):
        assert newsbot.good("check", "--running").startswith("ok     database: a bot runs on it, 0 articles\n")
        _, said, _ = newsbot("check")
        assert f"database: 1 process of the bot on it, from {this_machine()}" in said
    status, said, _ = newsbot("check")
    assert "no bot runs on it now" in said


def test_the_bot_of_another_machine_is_told_and_is_none_of_this_one(
    newsbot: CommandLine, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("socket.gethostname", lambda: "a-machine-with-a-very-long-name-7f9c")
        other = open_storage(empty, runs=True)
        with beside(other):
            elsewhere.undo()
            status, said, _ = newsbot("check", "--running")
    assert status == 1
    assert "no bot runs on it from this machine; it runs on ine-with-a-very-long-name-7f9c" in said


def test_a_server_that_is_away_is_told_without_a_traceback(newsbot: CommandLine) -> None:
    newsbot.set(NEWSBOT_DATABASE=f"postgresql://reporter:{PASSWORD}@/news?host={newsbot.folder}")
    for command in ("stats", "retract 1", "import a.jsonl"):
        status, said, complained = newsbot(*command.split())
        assert (status, said) == (1, "")
        assert complained.startswith(f"newsbot: postgresql://reporter@{newsbot.folder}/news: ")
        assert "check that it runs" in complained
        assert "Traceback" not in complained
        assert PASSWORD not in complained
    for command in ("check", "check --running"):
        status, said, _ = newsbot(*command.split())
        assert status == 1
        assert "check that it runs" in said
        assert PASSWORD not in said


def test_a_backup_of_a_server_names_the_programs_for_it(newsbot: CommandLine) -> None:
    status, said, complained = newsbot("backup", "news.dump")
    assert (status, said) == (2, "")
    assert "expected pg_dump" in complained
    assert not (newsbot.folder / "news.dump").exists()


def test_an_address_that_can_not_be_read_is_refused_without_its_password(newsbot: CommandLine) -> None:
    newsbot.set(NEWSBOT_DATABASE=f"postgresql://reporter:{PASSWORD}%@db.example/news")
    status, _, complained = newsbot("stats")
    assert status == 2
    assert complained.startswith("newsbot: NEWSBOT_DATABASE: its value can't be used; expected sqlite:///")
    assert "are written like %40" in complained
    assert PASSWORD not in complained


def test_a_check_finds_that_the_user_may_not_make_the_tables(newsbot: CommandLine, postgres: Server) -> None:
    url = postgres.new_database("template0")
    postgres.run("CREATE ROLE stranger LOGIN")
    newsbot.set(NEWSBOT_DATABASE=url.replace("postgres@", "stranger@"))
    try:
        status, said, _ = newsbot("check")
    finally:
        postgres.drop_made()
        postgres.run("DROP ROLE stranger")
    assert status == 1
    assert "wrong  database: its server refuses the bot (postgresql://stranger@" in said
    assert "the user has no rights there: the bot's user must own the database" in said


def test_a_check_finds_that_the_server_takes_no_writes(newsbot: CommandLine, empty: str) -> None:
    newsbot.good("category", "alias", "Sport", "رياضة")
    newsbot.set(NEWSBOT_DATABASE=f"{empty}&options=-c%20default_transaction_read_only%3Don")
    status, said, _ = newsbot("check")
    assert status == 1
    assert "the database can't be written to: is this a standby server" in said
