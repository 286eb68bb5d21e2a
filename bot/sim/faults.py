"""Faults on request: errors that servers, networks and people cause for a bot."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

Kind = Literal[
    "too_many",  # status 429: retry after `seconds`
    "forbidden",  # status 403 with `text`
    "bad_request",  # status 400 with `text`
    "server_error",  # status 502 with an HTML body, as proxies send it
    "reset_before",  # the connection breaks before the request is handled
    "reset_after",  # the connection breaks after the message was accepted: the bot does not learn of that
    "no_answer",  # the message is accepted, and the connection stays open without an answer
    "slow",  # the request is handled and answered after `seconds`
    "answer",  # the answer is `status`, `headers` and `text`, and the method is not called
    "raw",  # `text` is sent byte for byte instead of an HTTP answer, then the connection ends
]


@dataclass(slots=True)
class Fault:
    kind: Kind
    method: str | None = None  # None: any method except getUpdates
    chat_id: int | None = None  # None: any chat
    holds: str = ""  # only messages whose text, caption or page contains this
    times: float = 1  # number of requests that it affects; math.inf: no limit
    seconds: float = 1.0
    text: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    chance: float = 1.0  # the probability that a matching request is affected, from 0 to 1


@dataclass(slots=True)
class Faults:
    """The planned faults. The first fault that matches a request affects it."""

    seed: int = 0
    planned: list[Fault] = field(default_factory=list)
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    def add(self, *faults: Fault) -> None:
        self.planned += faults

    def clear(self) -> None:
        self.planned.clear()

    def next_for(self, method: str, values: Mapping[str, Any]) -> Fault | None:
        for fault in self.planned:
            fits = (
                fault.method in (None, method)
                and fault.chat_id in (None, values.get("chat_id"))
                and fault.holds in _words(values)
            )
            if not fits or (fault.method is None and method == "getUpdates"):
                continue
            if self.random.random() < fault.chance:
                fault.times -= 1
                if fault.times <= 0:
                    self.planned.remove(fault)
                return fault
        return None


def _words(values: Mapping[str, Any]) -> str:
    page = json.dumps(values["rich_message"], ensure_ascii=False) if "rich_message" in values else ""
    return str(values.get("text", "")) + str(values.get("caption", "")) + page
