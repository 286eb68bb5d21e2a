"""What is installed: the wheel is whole, and works where there is no checkout."""

import re
import subprocess
import sys
import sysconfig
import tomllib
import urllib.request
import zipfile
from collections.abc import Iterator
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
    install = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
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


@pytest.fixture
def demo(installed: Path, tmp_path: Path) -> Iterator[str]:
    command = [installed / "newsbot", "demo", "--port", "0", "--no-browser"]
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
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[\[<>=]", line)[0].lower() for line in project["dependencies"]]
    pinned = (ROOT / "requirements.txt").read_text().lower()
    assert [name for name in names if f"\n{name}==" not in f"\n{pinned}" and f"\n{name}[" not in pinned] == []
