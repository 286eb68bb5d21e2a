"""Values of JSON objects that other programs write. A value of a wrong type counts as missing."""

from collections.abc import Mapping, Sequence
from typing import Any

Object = Mapping[str, Any]


def text_at(values: Object, *keys: str) -> str:
    """Returns the first of these values that is a text with something in it, or ""."""
    for key in keys:
        value = values.get(key)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def object_at(values: Object, key: str) -> Object:
    """Returns the object under a key, or an empty one."""
    value = values.get(key)
    return value if isinstance(value, Mapping) else {}


def list_at(values: Object, key: str) -> Sequence[Any]:
    """Returns the list under a key, or an empty one."""
    value = values.get(key)
    return value if isinstance(value, list) else ()


def objects_at(values: Object, key: str) -> list[Object]:
    """Returns the objects in the list under a key. What else stands there is left out."""
    return [one for one in list_at(values, key) if isinstance(one, Mapping)]


def id_at(values: Object, *keys: str) -> str:
    """Returns the first of these values that is an id, a text or a whole number, or ""."""
    for key in keys:
        value = values.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def kind_of(value: Any) -> str:
    """Returns what a value is, for an error: "a text", "a list"."""
    kinds = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
        str: "a text",
    }
    return "null" if value is None else kinds.get(type(value), "something else")
