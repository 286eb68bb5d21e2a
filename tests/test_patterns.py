"""No regular expression of the bot holds anything up, whatever letters a publisher or a reader sends."""

import ast
import importlib
import pkgutil
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

import bot
import storage
from tests.pumping import pumps, slow_growth

ROOT: Final = Path(__file__).parent.parent
ENOUGH: Final = 0.5  # seconds for a pattern; most need a tenth of it
FUNCTIONS: Final = ("search", "match", "fullmatch", "findall", "finditer", "split", "sub", "subn")


def modules() -> Iterator[ModuleType]:
    for package in (bot, storage):
        yield package
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not info.name.endswith(("__main__", ".build")):
                yield importlib.import_module(info.name)


def patterns_in(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, Mapping):
        yield from (pattern for one in value.values() for pattern in patterns_in(one))
    elif isinstance(value, tuple | list | set | frozenset):
        yield from (pattern for one in value for pattern in patterns_in(one))


def inline_calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Calls such as `re.sub("a+", …)`, with the function."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = node.func.value
            if isinstance(of, ast.Name) and of.id == "re" and node.func.attr in FUNCTIONS:
                yield node.func.attr, node


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def uses(path: Path) -> Mapping[str, set[str]]:
    """The methods that a file calls of each name; "search" stands for every other use."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for node in ast.walk(tree_of(path)):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load):
                found[child.id].add(node.attr if isinstance(node, ast.Attribute) else "search")
    return found


@cache
def importers() -> Mapping[str, list[Path]]:
    """The files that import each name from a module of ours."""
    found: defaultdict[str, list[Path]] = defaultdict(list)
    for path in sources():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    found[alias.name].append(path)
    return found


def ways_of_use(module: ModuleType, name: str) -> frozenset[str]:
    """The methods by which the code uses a pattern; "search" where it hands the pattern on."""
    found = set().union(
        *(uses(path).get(name, ()) for path in (Path(str(module.__file__)), *importers().get(name, [])))
    )
    return frozenset(found & set(FUNCTIONS)) or frozenset({"search"})


def sources() -> list[Path]:
    return [path for package in ("bot", "storage") for path in sorted((ROOT / package).rglob("*.py"))]


def _of_bytes(method: Callable[[bytes], object], text: str) -> object:
    return method(text.encode())


def runs(pattern: re.Pattern[Any], ways: frozenset[str]) -> Iterator[Callable[[str], object]]:
    encode = isinstance(pattern.pattern, bytes)
    text_pattern: Any = pattern
    if ways - {"match", "fullmatch"}:
        ways = (ways & {"match", "fullmatch"}) | {"findall"}  # finds all that `search` would find, one by one
    for way in sorted(ways):
        method = getattr(text_pattern, way)
        yield partial(_of_bytes, method) if encode else method


def collected() -> dict[str, tuple[re.Pattern[Any], frozenset[str]]]:
    found: dict[str, tuple[re.Pattern[Any], frozenset[str]]] = {}
    for module in modules():
        for name, value in vars(module).items():
            for number, pattern in enumerate(patterns_in(value)):
                key = f"{module.__name__}.{name}" + (f"[{number}]" if number else "")
                found.setdefault(key, (pattern, ways_of_use(module, name)))
    for path in sources():
        for way, call in inline_calls(path):
            if isinstance(call.args[0], ast.Constant):
                flags = re.IGNORECASE if "IGNORECASE" in ast.unparse(call) else re.NOFLAG
                key = f"{path.relative_to(ROOT)}:{call.lineno}"
                found[key] = (re.compile(call.args[0].value, flags), frozenset({way}))
    return found


def slow_uses(pattern: re.Pattern[Any], ways: frozenset[str]) -> Iterator[str]:
    """Says of each way to use this pattern for which texts it takes more time than they are longer."""
    written = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    makers = list(pumps(written, pattern.flags & ~re.UNICODE))
    begun = time.process_time()
    for run in runs(pattern, ways):
        for make in makers:
            if (slow := slow_growth(run, make)) is not None:
                yield f"{written!r}: {slow}"
            if time.process_time() - begun > ENOUGH:
                return


@pytest.mark.slow
def test_the_time_of_a_pattern_grows_as_its_text_does() -> None:
    """One test for all, since each process that runs tests would have to read the whole code to name them."""
    patterns = collected()
    assert len(patterns) > 300
    assert {name: slow for name, one in patterns.items() if (slow := list(slow_uses(*one)))} == {}


def test_patterns_that_are_made_while_the_bot_runs_stay_out_of_the_code() -> None:
    """They can't be tried here."""
    made = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in sources()
        for _, call in inline_calls(path)
        if not isinstance(call.args[0], ast.Constant)
    ]
    assert made == []
