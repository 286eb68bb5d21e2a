"""Values on their way to PostgreSQL and back, so that the topics of storage see the same ones as from SQLite."""

from typing import Final

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Loader
from psycopg.types.numeric import FloatLoader, Int8BinaryDumper, Int8Dumper
from psycopg.types.string import StrDumperUnknown, TextLoader


class _StorableText(StrDumperUnknown):
    """Texts without NUL characters, which PostgreSQL refuses. Nobody sees them."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "") if "\0" in obj else obj)


class _Number(Loader):
    """What adds up whole numbers is of the type `numeric`: whole numbers stay whole."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data).decode()
        return int(text) if text.lstrip("-").isdecimal() else float(text)


def _adapters() -> AdaptersMap:
    made = AdaptersMap(psycopg.adapters)
    made.register_dumper(str, _StorableText)
    # Of one size: else PostgreSQL prepares a statement once for each size that its numbers have had.
    made.register_dumper(int, Int8Dumper)
    made.register_dumper(int, Int8BinaryDumper)
    made.register_loader("numeric", _Number)
    made.register_loader("float8", FloatLoader)
    for name in ("json", "jsonb"):  # the topics read JSON themselves
        made.register_loader(name, TextLoader)
    return made


ADAPTERS: Final = _adapters()
