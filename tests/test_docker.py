"""The image, as far as it can be tested without an engine: what it copies exists, and what it starts is there."""

import fnmatch
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import newsbot
from bot.config import settings

ROOT = Path(__file__).parent.parent
LINES = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text()).splitlines()


def instructions(name: str) -> list[str]:
    return [line.removeprefix(f"{name} ").strip() for line in LINES if line.startswith(f"{name} ")]


def test_every_copied_path_exists_and_is_not_ignored() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = [line.removeprefix("!") for line in lines if line.startswith("!")]
    copied = [path for line in instructions("COPY") if "--from" not in line for path in line.split()[:-1]]
    assert copied
    for path in copied:
        assert (ROOT / path).exists(), path
        assert path in allowed
    assert "*" in lines


@pytest.mark.parametrize("secret", [".env", "newsbot.db", ".git", "tests"])
def test_what_does_not_belong_into_an_image_is_ignored(secret: str) -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert not any(fnmatch.fnmatch(secret, pattern) for pattern in allowed)


def test_the_base_is_pinned_and_one_for_both_stages() -> None:
    bases = {line.split()[0] for line in instructions("FROM")}
    assert len(bases) == 1
    assert re.fullmatch(r"python:\d+\.\d+\.\d+-slim-[a-z]+", bases.pop())


def test_it_runs_as_somebody_without_rights_and_keeps_its_data_in_the_volume() -> None:
    (user,) = instructions("USER")
    (volume,) = instructions("VOLUME")
    assert user not in ("root", "0")
    assert LINES.index(f"USER {user}") > max(n for n, line in enumerate(LINES) if line.startswith("RUN"))
    given = dict(pair.split("=", 1) for line in instructions("ENV") for pair in line.split())
    assert given["NEWSBOT_DATABASE"] == f"sqlite:///{volume}/newsbot.db"
    assert {name for name in given if name.startswith("NEWSBOT_")} <= set(settings())


def test_what_it_starts_and_its_health_check_are_commands_of_ours() -> None:
    (entry,) = instructions("ENTRYPOINT")
    (command,) = instructions("CMD")
    (health,) = instructions("HEALTHCHECK")
    checked = json.loads(health[health.index("CMD ") + 4 :])
    for arguments in (json.loads(entry) + json.loads(command), checked):
        assert arguments[0] == "newsbot"
        assert CliRunner().invoke(newsbot, [*arguments[1:], "--help"]).exit_code == 0
    assert Path(sys.executable).with_name("newsbot").exists()


def test_the_health_check_fails_where_no_bot_runs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bot", "check", "--running"]
    settings = {"NEWSBOT_DATABASE": f"sqlite:///{tmp_path}/newsbot.db", "PYTHONPATH": str(ROOT)}
    told = subprocess.run(command, cwd=tmp_path, env=settings, capture_output=True, text=True, timeout=60)
    assert told.returncode == 1
    assert "no bot runs on it" in told.stdout
