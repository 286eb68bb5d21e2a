"""The README says what is true: settings, commands and files are those of the code."""

import re
import shlex
from pathlib import Path

import click
import pytest

from bot.chat.commands import COMMANDS, OPERATOR_COMMANDS
from bot.cli import newsbot
from bot.config import settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of the table in a section, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_the_settings_table_is_the_one_of_the_code() -> None:
    expected = [
        [f"`{name}`", setting.meaning, f"`{setting.shown}`" if setting.shown else "none"]
        for name, setting in settings().items()
    ]
    assert rows(section("Settings")) == expected


def test_every_command_of_a_reader_is_listed() -> None:
    listed = " ".join(row[0] for row in rows(section("Commands for readers")))
    assert set(re.findall(r"`/([a-z]+)", listed)) == set(COMMANDS)


def test_every_command_of_the_bots_administrators_is_listed() -> None:
    listed = " ".join(row[0] for row in rows(section("Commands for administrators in the chat")))
    assert set(re.findall(r"`/([a-z]+)", listed)) == set(OPERATOR_COMMANDS)


def paths(command: click.Command, *above: str) -> list[str]:
    if isinstance(command, click.Group):
        return [path for name, one in command.commands.items() for path in paths(one, *above, name)]
    return [" ".join(above)]


def test_every_command_of_an_operator_is_listed() -> None:
    listed = " ".join(row[0] for row in rows(section("Commands for operators")))
    for path in paths(newsbot):
        assert re.search(rf"`(newsbot )?{path}\b", listed), path


@pytest.mark.parametrize("row", rows(section("Commands for operators")), ids=lambda row: row[0][:30])
def test_every_option_that_is_written_there_exists(row: list[str]) -> None:
    for typed in re.findall(r"`([^`]+)`", row[0]):
        words = shlex.split(re.sub(r"[\[\]|…]", " ", typed))
        command: click.Command = newsbot
        for word in [word for word in words if word != "newsbot"]:
            if isinstance(command, click.Group) and word in command.commands:
                command = command.commands[word]
        options = {name for parameter in command.params for name in [*parameter.opts, *parameter.secondary_opts]}
        assert {word for word in words if word.startswith("--")} <= options, typed


@pytest.mark.parametrize("path", paths(newsbot))
def test_every_option_of_a_command_is_written_there(path: str) -> None:
    command: click.Command = newsbot
    for word in path.split():
        assert isinstance(command, click.Group)
        command = command.commands[word]
    cells = [row[0] for row in rows(section("Commands for operators")) if re.search(rf"`(newsbot )?{path}\b", row[0])]
    for option in (one for one in command.params if isinstance(one, click.Option) and not one.hidden):
        written = [name for name in option.opts if any(name in cell for cell in cells)]
        assert written, f"{path} {option.opts[0]}"
