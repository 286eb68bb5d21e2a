"""The log: lines that machines can read, and no token in any of them."""

import ast
import io
import json
import logging
import math
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from bot import logs
from storage.errors import DatabaseUnreachable

TOKEN = "7:short"
LOOKS_LIKE_A_TOKEN = "123456789:AAAbbbCCCdddEEEfffGGGhhhIIIjjjKKK"
log = logs.get_logger("bot.test")
library = logging.getLogger("library")


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def failing_with(text: str) -> Exception:
    """An error that was raised, so that it has a traceback."""
    try:
        raise RuntimeError(text)
    except RuntimeError as error:
        return error


def test_an_event_is_written_as_one_json_object_with_its_values(stream: io.StringIO) -> None:
    logs.configure("INFO", json=True, stream=stream)
    log.info("refreshed", source=7, added=2, share=0.5, whole=True, title="ميناء", since=None, kind=ValueError("odd"))
    line = json.loads(stream.getvalue())
    moment = line.pop("time")
    assert line == {
        **{"level": "INFO", "logger": "bot.test", "event": "refreshed", "source": 7, "added": 2, "share": 0.5},
        **{"whole": True, "title": "ميناء", "since": None, "kind": "odd"},
    }
    assert moment.endswith("Z")


def test_a_value_never_takes_the_place_of_the_time_or_level(stream: io.StringIO) -> None:
    logs.configure("INFO", json=True, stream=stream)
    log.info("odd", level="LOUD", logger="theirs")
    line = json.loads(stream.getvalue())
    assert (line["level"], line["logger"]) == ("INFO", "bot.test")


def test_an_error_without_a_text_and_a_number_that_json_has_not_are_told_all_the_same(stream: io.StringIO) -> None:
    logs.configure("INFO", json=True, stream=stream)
    log.info("odd", reason=TimeoutError(), rate=math.inf)
    line = json.loads(stream.getvalue())
    assert (line["reason"], line["rate"]) == ("TimeoutError", "inf")


@pytest.mark.parametrize("text", ["Free text of a library: a=b", "سطر عربي", 'with "quotes" and\nlines', "event a=1"])
def test_what_a_library_logs_is_a_message_and_stays_one_line(stream: io.StringIO, text: str) -> None:
    logs.configure("INFO", json=True, stream=stream)
    library.info("%s", text)
    assert stream.getvalue().count("\n") == 1
    line = json.loads(stream.getvalue())
    assert set(line) == {"time", "level", "logger", "message"}
    assert line["message"] == text


HOSTILE = [
    "HTTP 500 source=1 level=ERROR",
    'said "no" event="forged"',
    "a\nforged line",
    "a\r\n2026-11-28T10:00:00Z",
    *("a\u2028b", "a\x85b", "a\x0bb", "a\x1c"),  # what `str.splitlines` takes for the end of a line
    "\x1b[2Jgone",  # clears a terminal
    "\x9b2J",
    "abc\u202edesrever",
    "half a pair \ud83d",
    "back\\slash\\n",
    "",
    "=",
    "سطر عربي",
]


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("logged_by", ["ours", "library"])
def test_a_text_from_outside_is_one_value_in_json(stream: io.StringIO, hostile: str, logged_by: str) -> None:
    logs.configure("INFO", json=True, stream=stream)
    if logged_by == "ours":
        log.info("source_failed", source=3, reason=RuntimeError(hostile), url=hostile)
    else:
        library.info("%s", hostile)
    line = json.loads(stream.getvalue())
    if logged_by == "ours":
        assert set(line) == {"time", "level", "logger", "event", "source", "reason", "url"}
        assert (line["event"], line["url"], line["reason"]) == ("source_failed", hostile, hostile or "RuntimeError")
    else:
        assert (set(line), line["message"]) == ({"time", "level", "logger", "message"}, hostile)
    assert_one_printable_line(stream)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_text_from_outside_is_one_value_in_a_plain_line(stream: io.StringIO, hostile: str) -> None:
    logs.configure("INFO", stream=stream)
    log.info("source_failed", source=3, reason=hostile, after=1)
    read = read_plain(stream.getvalue())
    assert list(read) == ["time", "level", "logger", "event", "source", "reason", "after"]
    assert (read["reason"], read["after"]) == (hostile, "1")
    assert_one_printable_line(stream)


def read_plain(line: str) -> dict[str, str]:
    """Reads key=value pairs as any reader of such lines does: quoted values are JSON's texts."""
    rest, values = line.rstrip("\n"), {}
    while rest:
        name, rest = rest.split("=", 1)
        if rest.startswith('"'):
            values[name], end = json.JSONDecoder().raw_decode(rest)
            rest = rest[end:]
        else:
            values[name], space, rest = rest.partition(" ")
            rest = space + rest
        rest = rest.removeprefix(" ")
    return values


def assert_one_printable_line(stream: io.StringIO) -> None:
    line = stream.getvalue()
    assert line.endswith("\n")
    assert line[:-1].isprintable()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "reason=plain"),
        ("two words", 'reason="two words"'),
        ('say "no"', 'reason="say \\"no\\""'),
        ("a\nforged line", 'reason="a\\nforged line"'),
        ("", 'reason=""'),
        (2.5, "reason=2.5"),
        (None, "reason=null"),
    ],
)
def test_a_plain_line_quotes_what_would_run_into_the_next_value(
    stream: io.StringIO, value: object, shown: str
) -> None:
    logs.configure("INFO", stream=stream)
    log.info("source_failed", source=3, reason=value)
    assert stream.getvalue().endswith(f" event=source_failed source=3 {shown}\n")


@pytest.mark.parametrize("as_json", [False, True])
def test_a_traceback_is_part_of_its_line(stream: io.StringIO, as_json: bool) -> None:
    logs.configure("INFO", json=as_json, stream=stream)
    log.error("job_failed", job="prune", exc_info=failing_with("the shelf\nbroke event=forged"))
    try:
        raise RuntimeError("once more")
    except RuntimeError:
        log.exception("job_failed", job="prune")
    first, second = stream.getvalue().splitlines()
    assert "the shelf" in first
    assert "failing_with" in first
    assert "once more" in second
    if as_json:
        assert set(json.loads(first)) == {"time", "level", "logger", "event", "job", "traceback"}
    else:
        assert list(read_plain(first)) == ["time", "level", "logger", "event", "job", "traceback"]


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("secret", [TOKEN, quote(TOKEN), LOOKS_LIKE_A_TOKEN])
@pytest.mark.parametrize(
    "value",
    [
        "https://api.telegram.example/bot{}/getMe",
        "the token {} in the text",
        "{}",
        {"token": "{}"},
        ["{}"],
        ConnectionError("no way to {}"),
    ],
    ids=repr,
)
def test_a_token_is_masked_in_messages_and_values(
    stream: io.StringIO, as_json: bool, secret: str, value: object
) -> None:
    logs.configure("INFO", json=as_json, secrets=[TOKEN], stream=stream)
    filled: object = value.format(secret) if isinstance(value, str) else value
    if isinstance(value, dict):
        filled = {"token": secret}
    elif isinstance(value, list):
        filled = [secret]
    elif isinstance(value, ConnectionError):
        filled = ConnectionError(f"no way to {secret}")
    log.info("called", what=filled)
    library.info("called %s", filled)
    assert secret not in stream.getvalue()
    assert stream.getvalue().count("***") == 2


def test_a_masked_line_is_json_even_where_the_secret_has_quotation_marks(stream: io.StringIO) -> None:
    logs.configure("INFO", json=True, secrets=['se"cr\\et', "se"], stream=stream)
    log.info("called", what='with se"cr\\et', kind="se")
    line = json.loads(stream.getvalue())
    assert (line["what"], line["kind"]) == ("with ***", "***")


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("secret", [TOKEN, LOOKS_LIKE_A_TOKEN])
def test_a_token_is_masked_in_a_traceback(stream: io.StringIO, as_json: bool, secret: str) -> None:
    logs.configure("INFO", json=as_json, secrets=[TOKEN], stream=stream)
    error = failing_with(f"no way to /bot{secret}/sendMessage for {secret}")
    error.__cause__ = failing_with(f"because of {secret}")
    error.add_note(f"a note on {secret}")
    log.error("job_failed", job="refresh", exc_info=error)
    assert "no way to" in stream.getvalue()
    assert "because of" in stream.getvalue()
    assert secret not in stream.getvalue()


def test_an_outage_of_the_database_is_one_line_with_its_reason_and_no_traceback(stream: io.StringIO) -> None:
    logs.configure("INFO", stream=stream)
    try:
        raise DatabaseUnreachable("news: the database server can't be reached")
    except DatabaseUnreachable:
        log.exception("pruning_failed", step="prune_inbox")
    line = stream.getvalue().partition("event=")[2]
    assert line == 'pruning_failed step=prune_inbox reason="news: the database server can\'t be reached"\n'


def test_a_token_of_no_usual_form_is_masked_in_an_address_before_it_is_known(stream: io.StringIO) -> None:
    logs.configure("INFO", stream=stream)
    log.info("asked", urls="http://127.0.0.1:81/bot9:zz/getMe and http://127.0.0.1:81/bot9%3Azz/getMe")
    assert "zz" not in stream.getvalue()


@pytest.mark.parametrize("text", ["12:30:45", "sqlite:///news.db", "source:12:30", "http://127.0.0.1:8080/bots"])
def test_what_is_no_token_stays_readable(stream: io.StringIO, text: str) -> None:
    logs.configure("INFO", secrets=["", TOKEN], stream=stream)
    log.info("seen", text=text)
    assert text in stream.getvalue()


@pytest.mark.parametrize(("level", "said"), [("DEBUG", True), ("INFO", False), ("ERROR", False)])
def test_the_level_is_the_settings_and_libraries_stay_quiet_about_every_call(
    stream: io.StringIO, level: str, said: bool
) -> None:
    logs.configure(level, stream=stream)
    log.debug("looked", at=1)
    assert bool(stream.getvalue()) is said
    before = stream.getvalue()
    logging.getLogger("apscheduler").info("a job ran")
    assert stream.getvalue() == before
    logging.getLogger("telegram").error("something broke")
    assert "something broke" in stream.getvalue()


SOURCES = Path(__file__).parent.parent / "bot"
METHODS = {"debug", "info", "warning", "error", "exception", "critical"}
TAKEN = {"time", "level", "logger", "event", "message", "traceback", None}  # None: **values


def faults_of(path: Path) -> Iterator[str]:
    """Says where a file logs something other than one word and named values."""
    tree = ast.parse(path.read_text("utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    if "logging" in imported and path.name != "logs.py":
        yield "imports logging"
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        if call.func.attr not in METHODS or ast.unparse(call.func.value) != "log":
            continue
        match call.args:
            case [ast.Constant(value=str(word))] if re.fullmatch(r"[a-z][a-z_]+", word):
                if not TAKEN & {keyword.arg for keyword in call.keywords}:
                    continue
        yield f"line {call.lineno}: {ast.unparse(call)}"


def test_code_logs_one_word_and_named_values() -> None:
    """So nothing that came from outside can be the word or the name of a value."""
    found = {path: list(faults_of(path)) for path in SOURCES.rglob("*.py")}
    assert len(found) > 300
    assert {path.relative_to(SOURCES): faults for path, faults in found.items() if faults} == {}
