"""`newsbot why`: which stage stopped an article on its way to a chat."""

import json
from pathlib import Path

import pytest

from tests.command_line import CommandLine


@pytest.fixture
def newsbot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    command_line = CommandLine(tmp_path, monkeypatch, capsys)
    command_line.begin()
    chats = [
        {"chat_id": 5, "follows": [{"kind": "words", "value": "harbour"}]},
        {"chat_id": 6, "mutes": [{"kind": "category", "value": "Sea"}]},
        {"chat_id": -7, "categories": ["Land"]},
    ]
    (tmp_path / "chats.jsonl").write_text("".join(f"{json.dumps(chat)}\n" for chat in chats))
    command_line.good("chats", "import", "chats.jsonl")
    article = {"title": "Harbour council meets", "body": "It met today.", "category": "Sea"}
    (tmp_path / "news.jsonl").write_text(json.dumps(article | {"url": "https://a.example/1"}))
    command_line.good("import", "--push", "news.jsonl")
    return command_line


def stages(newsbot: CommandLine, chat: int) -> dict[str, tuple[bool, str]]:
    told = json.loads(newsbot.good("why", "1", str(chat), "--json"))
    assert set(told) == {"delivered", "stages"}
    assert told["delivered"] is False
    return {one["stage"]: (one["passed"], one["detail"]) for one in told["stages"]}


def test_the_follow_or_the_mute_that_decided_is_named(newsbot: CommandLine) -> None:
    assert stages(newsbot, 5)["followed"] == (True, "words harbour")
    assert stages(newsbot, 6)["not muted"] == (False, "muted: category Sea")
    assert stages(newsbot, -7)["followed"] == (False, "the chat follows no subject of the article")
    assert stages(newsbot, 5)["sent"] == (False, "no message was queued")


def test_people_read_a_line_for_each_stage(newsbot: CommandLine) -> None:
    said = newsbot.good("why", "1", "-7")
    assert said.startswith("not delivered\n")
    assert "no   followed" in said


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (("9", "5"), 1, "article 9: there is none"),
        (("1", "99"), 1, "chat 99: the bot knows no chat with that number"),
        (("x", "5"), 2, "expected the number of an article"),
        (("1",), 2, "CHAT_ID"),
    ],
)
def test_what_does_not_exist_is_named(
    newsbot: CommandLine, arguments: tuple[str, ...], status: int, reason: str
) -> None:
    exit_status, _, complained = newsbot("why", *arguments)
    assert exit_status == status
    assert reason in complained
