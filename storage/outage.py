"""Tells the log when a database can't be used, and when it can be used again: one line each.

All parts of a process fail at the same time then, and each of them tries again, often each second.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from storage.errors import OUTAGES, StorageError

log = logging.getLogger(__name__)

# Seconds without a failure after which an outage is over. On a full disk, small transactions succeed between those
# that fail; each of them would begin another outage.
BACK_AFTER: Final = 10.0


class Outage:
    """Watches the uses of one database."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        """`steady` returns seconds since any fixed moment."""
        self._steady = steady
        self._failed_at: float | None = None  # the last failure of an outage that is not over
        self._can_read = False  # whether only writes have failed in it

    @contextmanager
    def watched(self, *, writes: bool = False) -> Iterator[None]:
        """One use of the database, which writes or reads only. Its errors are those of `storage.errors`."""
        try:
            yield
        except OUTAGES as error:
            self._note_failure(error, writes)
            raise
        self._note_success(writes)

    def _note_failure(self, error: StorageError, writes: bool) -> None:
        if self._failed_at is None:
            log.warning("database_away", extra={"values": {"reason": str(error)}})
        self._can_read = writes and (self._can_read or self._failed_at is None)
        self._failed_at = self._steady()

    def _note_success(self, writes: bool) -> None:
        if self._failed_at is None or self._steady() - self._failed_at < BACK_AFTER:
            return
        if writes or not self._can_read:  # on a full disk, reading goes on
            log.info("database_back", extra={"values": {}})
            self._failed_at = None
