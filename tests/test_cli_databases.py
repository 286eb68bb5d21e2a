"""Which commands may create a database, and what the others say if there is none."""

import pytest

from tests.command_line import CommandLine, line

READING = [
    "stats",
    "stats --json",
    "articles list",
    "articles list --json",
    "source list",
    "source export",
    "chats export -",
    "deliveries list",
]
WRITING = [
    "source remove 1",
    "source breaking 1",
    "source full-text 1",
    "refresh",
    "retract 1",
    "story split 1",
    "story merge 1 2",
    "deliveries retry --all",
    "deliveries drop 1",
]


@pytest.mark.parametrize("command", READING)
def test_a_command_that_reads_answers_as_from_an_empty_database_says_so_and_creates_none(
    newsbot: CommandLine, command: str
) -> None:
    status, _, complained = newsbot(*command.split())
    assert status == 0
    told = f"newsbot: {newsbot.folder / 'news.db'}: there is no database, and this is what an empty one holds; "
    assert complained.startswith(told)
    assert "`newsbot run`, `import`, `source add`" in complained
    assert list(newsbot.folder.iterdir()) == []


@pytest.mark.parametrize("command", WRITING)
def test_a_command_that_changes_what_is_stored_refuses_and_creates_none(newsbot: CommandLine, command: str) -> None:
    assert newsbot(*command.split()) == (
        1,
        "",
        f"newsbot: {newsbot.folder / 'news.db'}: there is no database; expected one there, or another in"
        " NEWSBOT_DATABASE\n",
    )
    assert list(newsbot.folder.iterdir()) == []


@pytest.mark.parametrize("command", ["check", "check --running"])
def test_a_check_creates_nothing(newsbot: CommandLine, command: str) -> None:
    _, said, _ = newsbot(*command.split())
    assert "database" in said
    assert list(newsbot.folder.iterdir()) == []


@pytest.mark.parametrize(
    "command", ["import a.jsonl", "chats import chats.jsonl", "category alias Sport رياضة", "category breaking Sport"]
)
def test_a_command_that_brings_something_in_creates_the_database(newsbot: CommandLine, command: str) -> None:
    (newsbot.folder / "a.jsonl").write_text(line("Ferry sails"))
    (newsbot.folder / "chats.jsonl").write_text('{"chat_id": 5}\n')
    newsbot.good(*command.split())
    assert (newsbot.folder / "news.db").exists()
