"""Misbehaviour on request: what servers, networks and people do to a bot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

Kind = Literal[
    "too_many",  # 429 for `seconds`
    "forbidden",  # 403 with `text`
    "bad_request",  # 400 with `text`
    "server_error",  # 502 with an HTML body, as proxies send it
    "reset_before",  # the connection breaks before the request is looked at
    "reset_after",  # it breaks after the message was accepted: nobody learns of it
    "no_answer",  # accepted, and the connection stays open without an answer
    "slow",  # answered after `seconds`
    "answer",  # `status`, `headers` and `text` instead of the method's answer; the method is not called
    "raw",  # `text`, byte for byte, instead of an HTTP answer; then the connection ends
]


@dataclass(slots=True)
class Fault:
    kind: Kind
    method: str | None = None  # None: any but getUpdates
    chat_id: int | None = None  # None: any
    holds: str = ""  # only messages whose text holds this
    times: float = 1  # how often; math.inf for always
    seconds: float = 1.0
    text: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    chance: float = 1.0  # of happening to a request that fits


@dataclass(slots=True)
class Faults:
    """What is to go wrong; the first fault that fits a request happens to it."""

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
                and fault.holds in values.get("text", "")
            )
            if not fits or (fault.method is None and method == "getUpdates"):
                continue
            if self.random.random() < fault.chance:
                fault.times -= 1
                if fault.times <= 0:
                    self.planned.remove(fault)
                return fault
        return None
