"""The log: lines that machines can read, and no token in any of them."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bot import logs

TOKEN = "7:short"
LOOKS_LIKE_A_TOKEN = "123456789:AAAbbbCCCdddEEEfffGGGhhhIIIjjjKKK"


@contextmanager
def log_restored() -> Iterator[None]:
    """`configure` is for a process of its own; here it is taken back."""
    root = logging.getLogger()
    handlers, secrets = root.handlers[:], set(logs._secrets)
    loggers = [root, *(logging.getLogger(name) for name in logs._QUIET)]
    levels = [logger.level for logger in loggers]
    root.handlers = []
    try:
        yield
    finally:
        root.handlers = handlers
        logs._secrets.clear()
        logs._secrets.update(secrets)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    with log_restored():
        yield io.StringIO()


def failing_with(text: str) -> Exception:
    """An error that was raised, so that it has a traceback."""
    try:
        raise RuntimeError(text)
    except RuntimeError as error:
        return error


def test_an_event_is_written_as_one_json_object_with_its_values(stream: io.StringIO) -> None:
    log = logs.configure("INFO", json=True, stream=stream)
    log.info("refreshed source=%d added=%d", 7, 2)
    line = json.loads(stream.getvalue())
    moment = line.pop("time")
    assert line == {"level": "INFO", "logger": "bot", "event": "refreshed", "source": "7", "added": "2"}
    assert moment.endswith("Z")


def test_a_value_never_takes_the_place_of_the_time_or_level(stream: io.StringIO) -> None:
    log = logs.configure("INFO", json=True, stream=stream)
    log.info("odd level=%s logger=%s event=%s", "LOUD", "theirs", "other")
    line = json.loads(stream.getvalue())
    assert (line["level"], line["logger"]) == ("INFO", "bot")


@pytest.mark.parametrize("text", ["Free text of a library: a=b", "سطر عربي", 'with "quotes" and\nlines', ""])
def test_what_is_no_event_is_a_message_and_stays_one_line(stream: io.StringIO, text: str) -> None:
    log = logs.configure("INFO", json=True, stream=stream)
    log.info(text)
    assert stream.getvalue().count("\n") == 1
    assert json.loads(stream.getvalue())["message"] == text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "reason=plain"),
        ("two words", 'reason="two words"'),
        ('say "no"', 'reason="say \\"no\\""'),
        ("a\nforged line", 'reason="a\\nforged line"'),
        ("", 'reason=""'),
    ],
)
def test_a_plain_line_quotes_what_would_run_into_the_next_value(stream: io.StringIO, value: str, shown: str) -> None:
    log = logs.configure("INFO", stream=stream)
    log.info("source_failed source=%d reason=%s", 3, value)
    assert stream.getvalue().endswith(f" event=source_failed source=3 {shown}\n")


@pytest.mark.parametrize("as_json", [False, True])
def test_a_traceback_is_part_of_its_line(stream: io.StringIO, as_json: bool) -> None:
    log = logs.configure("INFO", json=as_json, stream=stream)
    log.error("job_failed job=prune", exc_info=failing_with("the shelf broke"))
    assert stream.getvalue().count("\n") == 1
    assert "the shelf broke" in stream.getvalue()
    assert "failing_with" in stream.getvalue()


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("secret", [TOKEN, LOOKS_LIKE_A_TOKEN])
@pytest.mark.parametrize(
    ("message", "args"),
    [
        ("asked %s", ("https://api.telegram.example/bot{}/getMe",)),
        ("asked url=%s", ("https://api.telegram.example/bot{}/getMe",)),
        ("the token {} in the text", ()),
        ("called %r", ({"token": "{}"},)),
        ("called {}=%s", ("{}",)),
    ],
)
def test_a_token_is_masked_in_messages_and_arguments(
    stream: io.StringIO, as_json: bool, secret: str, message: str, args: tuple[Any, ...]
) -> None:
    log = logs.configure("INFO", json=as_json, secrets=[TOKEN], stream=stream)
    filled = tuple(
        {name: value.format(secret) for name, value in one.items()} if isinstance(one, dict) else one.format(secret)
        for one in args
    )
    log.info(message.format(secret), *filled)
    assert secret not in stream.getvalue()
    assert "***" in stream.getvalue()


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("secret", [TOKEN, LOOKS_LIKE_A_TOKEN])
def test_a_token_is_masked_in_a_traceback(stream: io.StringIO, as_json: bool, secret: str) -> None:
    log = logs.configure("INFO", json=as_json, secrets=[TOKEN], stream=stream)
    log.error("job_failed job=refresh", exc_info=failing_with(f"no way to /bot{secret}/sendMessage for {secret}"))
    assert "no way to" in stream.getvalue()
    assert secret not in stream.getvalue()


def test_a_token_of_no_usual_form_is_masked_in_an_address_before_it_is_known(stream: io.StringIO) -> None:
    log = logs.configure("INFO", stream=stream)
    log.info("http://127.0.0.1:81/bot9:zz/getMe and http://127.0.0.1:81/bot9%3Azz/getMe")
    assert "zz" not in stream.getvalue()


@pytest.mark.parametrize("text", ["12:30:45", "sqlite:///news.db", "source=12:30", "http://127.0.0.1:8080/bots"])
def test_what_is_no_token_stays_readable(stream: io.StringIO, text: str) -> None:
    log = logs.configure("INFO", secrets=["", TOKEN], stream=stream)
    log.info("seen %s", text)
    assert text in stream.getvalue()


@pytest.mark.parametrize(("level", "said"), [("DEBUG", True), ("INFO", False), ("ERROR", False)])
def test_the_level_is_the_settings_and_libraries_stay_quiet_about_every_call(
    stream: io.StringIO, level: str, said: bool
) -> None:
    log = logs.configure(level, stream=stream)
    log.debug("looked at=1")
    assert bool(stream.getvalue()) is said
    before = stream.getvalue()
    logging.getLogger("apscheduler").info("a job ran")
    assert stream.getvalue() == before
    logging.getLogger("telegram").error("something broke")
    assert "something broke" in stream.getvalue()
