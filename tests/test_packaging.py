"""What is installed: the wheel is whole, and works where there is no checkout."""

import ast
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import urllib.request
import zipfile
from collections.abc import Iterator
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution, metadata, packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*build, "--no-build-isolation", "--wheel-dir", folder, ROOT], check=True, timeout=120)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has the wheel, and the dependencies of this one, but not the checkout."""
    folder = tmp_path_factory.mktemp("empty")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=120)
    # Of a folder that a .pth file adds, the .pth files are not read: the editable install stays outside.
    (packages,) = folder.glob("lib/python*/site-packages")
    packages.joinpath("dependencies.pth").write_text(sysconfig.get_path("purelib"))
    install = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--no-deps", wheel], check=True, timeout=120)
    return folder / "bin"


@pytest.mark.slow
def test_the_wheel_holds_every_file_that_the_packages_have(wheel: Path) -> None:
    paths = [path for package in ("bot", "storage") for path in (ROOT / package).rglob("*") if path.is_file()]
    listed = {path.relative_to(ROOT).as_posix() for path in paths if path.suffix != ".pyc"}
    held = set(zipfile.ZipFile(wheel).namelist())
    assert listed - held == set()
    assert "bot/locale/ar/LC_MESSAGES/newsbot.mo" in held
    assert not [name for name in held if name.startswith("tests")]


@pytest.mark.slow
def test_the_source_archive_holds_what_its_documents_and_its_makefile_need(tmp_path: Path) -> None:
    build = "import sys; from hatchling.build import build_sdist; build_sdist(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, tmp_path], check=True, timeout=120, cwd=ROOT)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        held = {name.partition("/")[2] for name in packed.getnames()}
    documents = [path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")) if path.is_file()]
    linked = {
        (document.parent / target).resolve()
        for document in documents
        for target in re.findall(r"\]\(([^)#:]+)[^):]*\)", document.read_text())
    }
    needed = {path.relative_to(ROOT).as_posix() for path in (*documents, *linked) if path.is_file()}
    needed |= set(re.findall(r"requirements[-a-z]*\.txt", (ROOT / "Makefile").read_text()))
    assert needed - held == set()


@pytest.fixture
def demo(installed: Path, tmp_path: Path) -> Iterator[str]:
    command = [str(installed / "newsbot"), "demo", "--port", "0", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        try:
            found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert found, process.poll()
            yield found[0]
        finally:
            process.terminate()
    assert process.returncode == 0


@pytest.mark.slow
def test_the_installed_demo_runs_without_a_checkout(installed: Path, demo: str, tmp_path: Path) -> None:
    where = "import bot, storage; print(bot.__file__, storage.__file__)"
    told = subprocess.run(
        [installed / "python", "-c", where], capture_output=True, text=True, cwd=tmp_path, timeout=60
    )
    assert all(Path(path).is_relative_to(installed.parent) for path in told.stdout.split())
    for path in ("/", "/assets/app.js", "/assets/style.css", "/page/state"):
        with urllib.request.urlopen(demo + path, timeout=10) as answer:
            assert answer.status == 200
    assert "ليلى" in _state_of(demo)
    assert list(tmp_path.iterdir()) == []  # nothing is left beside the user


def _state_of(demo: str) -> str:
    with urllib.request.urlopen(f"{demo}/page/state", timeout=10) as answer:
        state: str = answer.read().decode("unicode-escape")
    return state


def test_requirements_are_pinned_with_hashes_and_name_no_index() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        pinned = re.findall(r"^([A-Za-z0-9._-]+)==\S+", text, re.MULTILINE)
        assert len(pinned) > 10
        assert text.count("--hash=sha256:") >= len(pinned)
        assert not re.search(r"^--|://", text, re.MULTILINE)


def test_every_dependency_of_the_project_is_pinned() -> None:
    pinned = re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[[\w,-]+\])?==", (ROOT / "requirements.txt").read_text(), re.MULTILINE
    )
    assert declared() - {distribution_name(line) for line in pinned} == set()


def dependencies() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines: list[str] = project["dependencies"]
    return lines


def declared() -> set[str]:
    return {distribution_name(line) for line in dependencies()}


def distribution_name(requirement: str) -> str:
    """The name that a line such as `lxml[html_clean]>=5; sys_platform == "linux"` begins with."""
    return normalized(re.split(r"[\[<>=!~;\s(]", requirement)[0])


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# The hook that builds the wheel runs where the build backend is, and nowhere else; a later Python has zstd itself.
UNDECLARED = {"bot/locale/build.py": {"hatchling"}, "bot/ingest/compression.py": {"compression"}}


def test_every_library_that_the_code_imports_is_declared() -> None:
    """A library that only comes along with another one is missing as soon as that one no longer needs it."""
    distributions = packages_distributions()
    missing = [
        f"{path}: {module}"
        for path, module in sorted(third_party_imports())
        if not declared() & {normalized(name) for name in distributions.get(module, [module])}
        and module not in UNDECLARED.get(path, ())
    ]
    assert missing == []


def third_party_imports() -> set[tuple[str, str]]:
    """The file and the top-level module of each import of the code that brings in another library."""
    found = set()
    for path in (path for package in ("bot", "storage") for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            modules = {name.split(".")[0] for name in names}
            found |= {(path.relative_to(ROOT).as_posix(), module) for module in modules}
    ours = {"bot", "storage"}
    return {(path, module) for path, module in found if module not in ours | sys.stdlib_module_names}


def test_an_extra_that_a_dependency_asks_for_is_found_by_every_pip() -> None:
    """Pips before 23.3 compare the name of an extra letter by letter: they skip `lxml[html_clean]` without an error
    where lxml calls it `html-clean`. What such an extra would bring has to be declared here.
    """
    skipped = {
        needed
        for name, extra in extras_asked_for()
        for needed in brought_by(name, extra)
        if extra not in (metadata(name).get_all("Provides-Extra") or [])
    }
    assert "lxml-html-clean" in skipped  # else the dependencies have changed, and so may the declaration
    assert skipped <= declared()


def extras_asked_for() -> set[tuple[str, str]]:
    """The extras that installed distributions ask of one another, as (distribution, extra)."""
    asked = [re.match(r"([\w.-]+)\[([\w., -]+)\]", line) for one in installed_ones() for line in one.requires or []]
    pairs = {(found[1], extra.strip()) for found in asked if found for extra in found[2].split(",")}
    names = {normalized(one.metadata["Name"]) for one in installed_ones()}
    return {(name, extra) for name, extra in pairs if normalized(name) in names}


def brought_by(name: str, extra: str) -> list[str]:
    """The distributions that an extra adds, by its name or by that name in another spelling."""
    found = []
    for line in distribution(name).requires or []:
        marker = re.search(r"extra\s*==\s*[\"']([\w.-]+)[\"']", line)
        if marker and normalized(marker[1]) == normalized(extra):
            found.append(distribution_name(line))
    return found


@cache
def installed_ones() -> list[Distribution]:
    """The distributions that an installed Newsbot consists of."""
    seen: dict[str, Distribution] = {}
    waiting = dependencies()
    while waiting:
        line = waiting.pop()
        name = distribution_name(line)
        if name in seen or "extra ==" in line:
            continue
        try:
            seen[name] = distribution(name)
        except PackageNotFoundError:  # needed by other systems
            continue
        waiting += seen[name].requires or []
    return list(seen.values())
