"""Who imports whom: the parts that others stand on know nothing of them."""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("bot", "storage")
INSIDE = ("storage.sqlite", "storage.postgres", "storage.topics")


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
        ("storage/records", "*.py", ("storage.records.",)),
        ("bot/text", "**/*.py", ("bot.text.", "storage.records.")),
        (
            "bot/messages",
            "**/*.py",
            ("bot.messages.", "bot.text.", "bot.locale.", "bot.timetable.", "storage.records.", "storage.times."),
        ),
        ("bot/sim", "**/*.py", ("bot.sim.",)),
    ],
    ids="storage records text messages sim".split(),
)
def test_a_lower_part_imports_no_higher_one(folder: str, files: str, known: tuple[str, ...]) -> None:
    paths = sorted((ROOT / folder).glob(files))
    assert paths
    strangers = [(path.name, name) for path in paths for name in imported(path) if not f"{name}.".startswith(known)]
    assert strangers == []


def test_of_texts_only_those_that_search_and_documents_know_the_records_of_storage() -> None:
    knowing = {path.stem for path in (ROOT / "bot/text").glob("*.py") if any("storage" in n for n in imported(path))}
    assert knowing == {"search", "ranking", "excerpt", "followed_words", "document"}


@pytest.mark.parametrize("folder", ["bot/ingest", "bot/deliver"])
def test_the_ways_in_and_out_do_not_know_what_stands_beside_or_above_them(folder: str) -> None:
    above = ("bot.chat.", "bot.cli.", "bot.app.", "bot.demo.", "bot.jobs.")
    beside = {"bot/ingest": ("bot.deliver.",), "bot/deliver": ("bot.ingest.",)}[folder]
    paths = sorted((ROOT / folder).glob("**/*.py"))
    assert paths
    wrong = [(path.name, name) for path in paths for name in imported(path) if f"{name}.".startswith(above + beside)]
    assert wrong == []


def test_only_storage_knows_which_database_it_is() -> None:
    paths = sorted((ROOT / "bot").glob("**/*.py"))
    assert paths
    wrong = [(path.name, name) for path in paths for name in imported(path) if name.startswith(INSIDE)]
    assert wrong == []


def import_table() -> dict[str, set[str]]:
    """The table of docs/how-it-works.md: for each folder, the folders and modules that it may import."""
    lines = (ROOT / "docs/how-it-works.md").read_text("utf-8").splitlines()
    rows = [line.split(" | ") for line in lines if line.startswith(("| `bot/", "| `storage"))]
    return {row[0].strip("| `"): set(re.findall("`([a-z_/.]+)`", row[2])) for row in rows}


MAY_IMPORT = {folder: known for folder, known in import_table().items() if folder != "bot/cli"}  # may import all
MODULES_OF_BOT = {  # of those in `bot` itself, the ones that parts stand on
    "bot.backoff", "bot.channels", "bot.chat_lines", "bot.chat_values", "bot.clock", "bot.config", "bot.desk",
    "bot.editing", "bot.errors", "bot.finding", "bot.logins", "bot.logs", "bot.notices", "bot.overview",
    "bot.telegram_http", "bot.timetable",
}  # fmt: skip


def test_the_table_of_imports_names_every_folder() -> None:
    folders = {f"bot/{path.parent.name}" for path in (ROOT / "bot").glob("*/__init__.py")}
    assert import_table().keys() == folders | {"storage"}


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_each_folder_imports_what_the_table_names(folder: str) -> None:
    def within(name: str, part: str) -> bool:
        return f"{name}.".startswith(part.removesuffix(".py").replace("/", ".") + ".")

    parts = MAY_IMPORT[folder]
    names = {name for path in (ROOT / folder).glob("**/*.py") for name in imported(path) if not within(name, folder)}
    if folder in ("bot/ingest", "bot/deliver", "bot/chat", "bot/web"):
        names = {name for name in names if not any(within(name, module) for module in MODULES_OF_BOT)}
    assert {name for name in names if not any(within(name, part) for part in parts)} == set()
    assert {part for part in parts if not any(within(name, part) for name in names)} == set()


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_within(folder: str) -> dict[str, set[str]]:
    """For each module in a folder, the other modules there that it imports, also those for its types only."""
    paths = {module_name(path): path for path in sorted((ROOT / folder).rglob("*.py"))}
    found: dict[str, set[str]] = {}
    for name, path in paths.items():
        wanted = {known for known in imported(path) if known.startswith(folder.replace("/", "."))}
        # `from package import name` asks for the module of that name, or for the package.
        found[name] = {one if one in paths else one.rpartition(".")[0] for one in wanted} & set(paths) - {name}
    return found


@pytest.mark.parametrize("folder", OURS)
def test_modules_import_one_another_in_one_direction(folder: str) -> None:
    TopologicalSorter(imports_within(folder)).prepare()  # raises CycleError with the circle
