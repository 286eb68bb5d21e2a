"""Who imports whom: the parts that others stand on know nothing of them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("bot", "storage")


def imported(path: Path) -> Iterator[str]:
    """The modules of ours that a file imports, wherever in it it does so."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] in OURS)


@pytest.mark.parametrize(
    ("folder", "files", "known"),
    [
        ("storage", "**/*.py", ("storage.",)),
        ("storage", "records.py", ()),
        ("bot/text", "**/*.py", ("bot.text.", "storage.records.")),
    ],
    ids="storage records text".split(),
)
def test_a_lower_part_imports_no_higher_one(folder: str, files: str, known: tuple[str, ...]) -> None:
    paths = sorted((ROOT / folder).glob(files))
    assert paths
    strangers = [(path.name, name) for path in paths for name in imported(path) if not f"{name}.".startswith(known)]
    assert strangers == []


def test_of_texts_only_those_that_search_know_the_records_of_storage() -> None:
    knowing = {path.stem for path in (ROOT / "bot/text").glob("*.py") if any("storage" in n for n in imported(path))}
    assert knowing == {"search", "ranking"}
