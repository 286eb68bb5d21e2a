"""Rows that become records, and texts that become rows.

A row with a broken value is left out of a list and logged: it never stops the others.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from storage.database import Row

log = logging.getLogger(__name__)

Record = TypeVar("Record")

# Raised by a value that is not of the kind, or not in the range, that its column promises.
BROKEN: Final = (ValueError, TypeError, OverflowError)


def storable(text: str) -> str:
    """Returns the text with "?" for lone surrogates, which no database stores. Names of files may have some."""
    return text.encode("utf-8", "replace").decode()


def readable(rows: Iterable[Row], record_from: Callable[[Row], Record]) -> list[Record]:
    """Returns the records of these rows, without those that can't be read. Each row has an `id`."""
    return split_readable(rows, record_from)[0]


def split_readable(rows: Iterable[Row], record_from: Callable[[Row], Record]) -> tuple[list[Record], list[Row]]:
    """Returns the records of the rows that can be read, and the rows that can't, so that a caller sets them aside."""
    records: list[Record] = []
    broken: list[Row] = []
    for row in rows:
        try:
            records.append(record_from(row))
        except BROKEN as error:
            broken.append(row)
            values = {"record": record_from.__name__.strip("_"), "id": row["id"], "reason": str(error)}
            log.error("row_unreadable", extra={"values": values})
    return records, broken
