"""Writes frozen records as JSON, and reads them back by their type hints.

A field that a newer version of the program has added gets its default when an older text is read. A field that is not
known any more is passed over.
"""

import base64
import json
import types
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Record = TypeVar("Record")


def write_record(record: Any) -> str:
    return json.dumps(_plain(record), ensure_ascii=False, separators=(",", ":"))


def read_record(kind: type[Record], text: str) -> Record:
    """Returns the record. Raises ValueError or TypeError if the text holds none."""
    try:
        read: Record = _read(kind, json.loads(text))
    except (AttributeError, KeyError) as error:
        raise ValueError(f"the text is no {kind.__name__}") from error
    return read


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return [[_plain(key), _plain(one)] for key, one in value.items()]
    if isinstance(value, AbstractSet):
        return sorted(_plain(one) for one in value)
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value


@lru_cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(kind: Any, value: Any) -> Any:
    origin, of = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        return _read(next(one for one in of if one is not types.NoneType), value)
    if origin is tuple:
        return tuple(_read(of[0], one) for one in value)
    if origin is frozenset:
        return frozenset(_read(of[0], one) for one in value)
    if origin is not None and issubclass(origin, Mapping):
        return {_read(of[0], key): _read(of[1], one) for key, one in value}
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{name: _read(hints[name], one) for name, one in value.items() if name in hints})
    if kind is datetime or kind is date:
        return kind.fromisoformat(value)
    if kind is bytes:
        return base64.b64decode(value)
    return kind(value) if issubclass(kind, Enum) else value
