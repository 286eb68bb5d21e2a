"""The log tells once that a database can't be used, and once that it can be used again."""

import sqlite3
from pathlib import Path

import pytest

from storage.errors import DatabaseFull, DatabaseReadOnly, NotFound, StorageError
from storage.outage import BACK_AFTER, Outage
from storage.sqlite.connection import open_sqlite


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outage(clock: Clock) -> Outage:
    return Outage(clock)


@pytest.fixture(autouse=True)
def _from_info_on(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "storage.outage")


def use(outage: Outage, error: StorageError | None = None, *, writes: bool = True) -> None:
    def work() -> None:
        if error is not None:
            raise error

    if error is None:
        with outage.watched(writes=writes):
            work()
        return
    with pytest.raises(type(error)), outage.watched(writes=writes):
        work()


def test_an_outage_is_logged_once_however_often_the_database_fails(
    outage: Outage, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(100):
        use(outage, DatabaseFull("news.db: the disk is full"))
        clock.seconds += 1
    [record] = caplog.records
    assert (record.getMessage(), record.__dict__["values"]) == (
        "database_away",
        {"reason": "news.db: the disk is full"},
    )


def test_it_is_over_when_the_database_has_worked_for_a_while(
    outage: Outage, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    use(outage, DatabaseReadOnly("news.db: the database can't be written to"))
    clock.seconds += BACK_AFTER
    for _ in range(2):
        use(outage)
    use(outage, DatabaseReadOnly("news.db: the database can't be written to"))
    assert [one.getMessage() for one in caplog.records] == ["database_away", "database_back", "database_away"]


def test_small_writes_that_succeed_on_a_full_disk_do_not_end_it(
    outage: Outage, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(20):
        use(outage, DatabaseFull("news.db: the disk is full"))
        use(outage)
        clock.seconds += BACK_AFTER / 2
        use(outage)
    assert [one.getMessage() for one in caplog.records] == ["database_away"]


def test_an_error_of_one_row_is_no_outage(outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    use(outage, NotFound("article 7"))
    assert caplog.records == []


async def test_a_database_that_refuses_a_write_is_an_outage(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    database = await open_sqlite(tmp_path / "news.db")
    try:
        with pytest.raises(DatabaseFull):
            async with database.transaction():
                raise _full()
    finally:
        await database.close()
    assert [one.getMessage() for one in caplog.records] == ["database_away"]


def _full() -> sqlite3.Error:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


def test_reading_on_a_full_disk_does_not_end_it(
    outage: Outage, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        use(outage, DatabaseFull("news.db: the disk is full"))
        for _ in range(15):
            clock.seconds += 1
            use(outage, writes=False)
    assert [one.getMessage() for one in caplog.records] == ["database_away"]
    use(outage)
    assert [one.getMessage() for one in caplog.records] == ["database_away", "database_back"]


def test_reading_ends_an_outage_in_which_reading_failed(
    outage: Outage, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    use(outage, DatabaseFull("news.db: the disk is full"))
    use(outage, DatabaseReadOnly("news.db: gone"), writes=False)
    clock.seconds += BACK_AFTER
    use(outage, writes=False)
    assert [one.getMessage() for one in caplog.records] == ["database_away", "database_back"]
