"""The contract names each method of storage, says what it promises, and is all that callers can see."""

import inspect
from typing import Any

import pytest

from storage import Storage, contract


def protocols() -> list[type]:
    members = [member for _, member in inspect.getmembers(contract, inspect.isclass)]
    return [member for member in members if member.__module__.startswith(contract.__name__)]


def methods(of: type) -> dict[str, Any]:
    return {name: member for name, member in vars(of).items() if inspect.isfunction(member) and name[0] != "_"}


def parameters(method: Any) -> list[tuple[str, Any, Any]]:
    return [(one.name, one.kind, one.default) for one in inspect.signature(method).parameters.values()]


async def test_every_topic_has_a_contract_and_no_method_beside_it(storage: Storage) -> None:
    others = ("database", "leadership", "leases", "signals")
    topics = {type(topic).__name__: type(topic) for name, topic in vars(storage).items() if name not in others}
    assert topics.keys() == {protocol.__name__ for protocol in protocols()}
    for protocol in protocols():
        promised, kept = methods(protocol), methods(topics[protocol.__name__])
        assert promised.keys() == kept.keys()
        assert {name: parameters(kept[name]) for name in kept} == {name: parameters(promised[name]) for name in kept}


@pytest.mark.parametrize("protocol", protocols(), ids=lambda protocol: protocol.__name__)
def test_every_method_says_what_it_promises(protocol: type) -> None:
    assert all(inspect.getdoc(member) for member in (protocol, *methods(protocol).values()))
