"""Checks the simulator's answers and updates against another project's types of the Bot API.

The simulator and the bot are ours, so they could agree with each other on what no Telegram ever sent.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from bot.sim.simulator import Simulator
from bot.sim.telegram import Telegram


class Answers:
    """Watches all simulators of a test. Its end checks what they answered: to import the types takes seconds."""

    def __init__(self) -> None:
        self._given: list[tuple[str, bool, str]] = []  # name, whether it is an update, and JSON: messages change

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        result_of, update = Simulator.result_of, Telegram.update

        async def noted_result(sim: Simulator, method: str, values: dict[str, Any]) -> Any:
            result = await result_of(sim, method, values)
            if method != "getUpdates":  # a test may give updates that are wrong
                self._given.append((method, False, json.dumps(result)))
            return result

        def noted_update(sim: Telegram, name: str, payload: dict[str, Any]) -> None:
            self._given.append((name, True, json.dumps(payload)))
            update(sim, name, payload)

        monkeypatch.setattr(Simulator, "result_of", noted_result)
        monkeypatch.setattr(Telegram, "update", noted_update)

    def take_wrong(self) -> set[str]:
        """Returns what was wrong with all that was answered since the last time."""
        given, self._given = self._given, []
        wrong: set[str] = set()
        for name, is_update, told in given:
            check = check_update if is_update else check_answer
            wrong |= {f"{name}: {reason}" for reason in check(name, json.loads(told))}
        return wrong


def check_answer(method: str, result: Any) -> list[str]:
    """Returns what is wrong with the result of a method."""
    return _check_all(_returned()[method], result)


def check_update(name: str, payload: Any) -> list[str]:
    """Returns what is wrong with an update of this kind."""
    from aiogram.types import Update

    return _check_all(Update, {"update_id": 1, name: payload})


def _check_all(kind: Any, value: Any) -> list[str]:
    """Checks a value, and each piece of rich text in it by itself.

    The types have a union of 28 kinds of rich text. A text in a text in a text is tried 28 times at each level, so a
    page with fifteen marks within each other would never end.
    """
    from aiogram.types import RichTextUnion

    pieces: list[Any] = []
    wrong = _check(_adapter(kind), _without_rich_text(value, pieces))
    return wrong + [reason for piece in pieces for reason in _check(_adapter(RichTextUnion), piece)]


def _without_rich_text(value: Any, pieces: list[Any]) -> Any:
    """Returns the value with plain text for each rich text. Adds the rich texts, treated likewise, to `pieces`."""
    if isinstance(value, list):
        return [_without_rich_text(one, pieces) for one in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for name, one in value.items():
        flat = _without_rich_text(one, pieces)
        is_rich = isinstance(one, list) or (isinstance(one, dict) and "type" in one)
        if name in ("text", "summary", "credit", "caption") and is_rich:
            pieces += [piece for piece in (flat if isinstance(flat, list) else [flat]) if isinstance(piece, dict)]
            flat = "text"
        made[name] = flat
    return made


def _check(adapter: Any, value: Any) -> list[str]:
    from pydantic import ValidationError

    try:
        return sorted({f"unknown field {path}" for path in _unknown(adapter.validate_python(value), "")})
    except ValidationError as error:
        return [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5]]


def _unknown(value: Any, path: str) -> Iterator[str]:
    """Yields the paths of fields that the types do not have: they take these without a word."""
    from pydantic import BaseModel

    if isinstance(value, BaseModel):
        yield from (f"{path}.{name}" for name in value.model_extra or ())
        for name in value.model_fields_set & type(value).model_fields.keys():
            yield from _unknown(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list):
        for one in value:
            yield from _unknown(one, f"{path}[]")


@cache
def _returned() -> dict[str, Any]:
    """Returns the type of the result, for each method of the Bot API."""
    import aiogram.methods

    methods = [getattr(aiogram.methods, name) for name in aiogram.methods.__all__]
    named = [one for one in methods if isinstance(getattr(one, "__api_method__", None), str)]
    return {one.__api_method__: one.__returning__ for one in named}


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
