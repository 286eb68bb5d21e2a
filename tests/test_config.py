"""Settings: every variable with its default, what it takes, what it refuses, and where it is read from."""

from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from bot import config
from bot.config import Config, ListenAddress, load, role_problems, settings, unknown_settings
from bot.errors import BadSetting

NOWHERE = Path("/nonexistent/.env")


class Variable(NamedTuple):
    name: str
    default: Any
    good: dict[str, Any]  # what may be typed, and what it means
    bad: tuple[str, ...]
    expected: str  # part of what a refusal says


NO_NUMBER = ("ten", "-1", "nan", "inf", "1e400", "1,5")
NO_WHOLE = ("ten", "-1", "1.5", "1e3", "9" * 5000)
NO_TRUTH = ("maybe", "2", "да")
TRUTH = {"true": True, "1": True, "YES": True, "On": True, "false": False, "0": False, "no": False, "OFF": False}

VARIABLES = [
    Variable(
        "NEWSBOT_TOKEN", "", {"12:ab_C-d": "12:ab_C-d"}, ("98", ":ab", "98:", "x:ab", "9:a b", '"9:ab"'), "@Bot"
    ),
    Variable(
        "NEWSBOT_API_URL",
        "https://api.telegram.org",
        {"http://127.0.0.1:8081/": "http://127.0.0.1:8081", "https://api.example/x": "https://api.example/x"},
        ("api.example", "ftp://api.example", "http://", "http://[bad", "http://a:port"),
        "begins with http:// or https://",
    ),
    Variable(
        "NEWSBOT_DATABASE",
        "sqlite:///newsbot.db",
        {"sqlite:///a.db": "sqlite:///a.db", "postgresql://u@host/news": "postgresql://u@host/news"},
        (
            "a.db",
            "sqlite:///",
            "sqlite:///:memory:",
            "mysql://host/news",
            "postgresql://host",
            "postgresql:///?host",
        ),
        "sqlite:///relative.db, sqlite:////absolute.db or postgresql://user@host/name",
    ),
    Variable(
        "NEWSBOT_ADMINS",
        (),
        {"5": (5,), "5,6": (5, 6), " 5, 6 ,": (5, 6)},
        ("5;6", "huda", "-5", "0", "1_0", "5.0"),
        "user ids, separated by commas",
    ),
    Variable(
        "NEWSBOT_EDITORS",
        (),
        {"7": (7,), "7 8": (7, 8)},
        ("7;8", "mona", "-7", "0"),
        "user ids, separated by commas",
    ),
    Variable("NEWSBOT_LANGUAGE", "en", {"ar": "ar", "fr": "fr"}, ("AR", "it", "arabic"), "one of ar, en, fa, "),
    Variable(
        "NEWSBOT_TIMEZONE",
        ZoneInfo("UTC"),
        {"Asia/Beirut": ZoneInfo("Asia/Beirut")},
        ("Beirut", "+03:00", "../etc/passwd"),
        "like Asia/Beirut",
    ),
    Variable("NEWSBOT_RATE", None, {"0": 0, "12.5": 12.5}, NO_NUMBER, "a number, 0 or more"),
    Variable("NEWSBOT_PAID_BROADCAST", False, TRUTH, NO_TRUTH, "true or false"),
    Variable("NEWSBOT_FRESH_HOURS", 48, {"0": 0, "0.5": 0.5}, (*NO_NUMBER, "1e9"), "a number, 0 or more"),
    Variable("NEWSBOT_ALERT_HOURS", 6, {"0": 0, "24": 24}, (*NO_NUMBER, "1e9"), "a number, 0 or more"),
    Variable("NEWSBOT_MAX_BURST", 10, {"0": 0, "25": 25}, NO_WHOLE, "a whole number, 0 or more"),
    Variable("NEWSBOT_REACH_SECONDS", 120, {"1": 1, "90.5": 90.5}, ("0", "86401", "soon"), "at most 86400"),
    Variable("NEWSBOT_CANARY", False, TRUTH, NO_TRUTH, "true or false"),
    Variable("NEWSBOT_KEEP_DAYS", 90, {"0": 0, "1.5": 1.5}, (*NO_NUMBER, "1e9"), "a number, 0 or more"),
    Variable("NEWSBOT_MAX_FETCH_MB", 10, {"0.5": 0.5}, (*NO_NUMBER, "0", "1e9"), "a number, 0.01 or more"),
    Variable("NEWSBOT_REFRESH_SECONDS", 300, {"1": 1, "60": 60}, (*NO_WHOLE, "0"), "a whole number, 1 or more"),
    Variable("NEWSBOT_REFRESH_LEAST_SECONDS", None, {"60": 60}, (*NO_WHOLE, "0"), "a whole number, 1 or more"),
    Variable("NEWSBOT_REFRESH_MOST_SECONDS", None, {"3600": 3600}, (*NO_WHOLE, "0"), "a whole number, 1 or more"),
    Variable("NEWSBOT_FETCHES", 64, {"1": 1, "200": 200}, (*NO_WHOLE, "0", "5000"), "a whole number, 1 or more"),
    Variable("NEWSBOT_READER_FOLLOWS", 100, {"0": 0, "5": 5}, (*NO_WHOLE, "1000000"), "a whole number, 0 or more"),
    Variable("NEWSBOT_READER_SOURCES", 0, {"0": 0, "20": 20}, (*NO_WHOLE, "1000000"), "a whole number, 0 or more"),
    Variable(
        "NEWSBOT_COMMANDS_PER_MINUTE", 30, {"0": 0, "60": 60}, (*NO_WHOLE, "1000000"), "a whole number, 0 or more"
    ),
    Variable("NEWSBOT_ALLOW_PRIVATE_HOSTS", False, TRUTH, NO_TRUTH, "true or false"),
    Variable(
        "NEWSBOT_WEB",
        None,
        {
            "8081": ListenAddress("127.0.0.1", 8081),
            ":8081": ListenAddress("127.0.0.1", 8081),
            "0.0.0.0:80": ListenAddress("0.0.0.0", 80),
            "[::1]:8081": ListenAddress("::1", 8081),
            "web.internal:8081": ListenAddress("web.internal", 8081),
        },
        ("127.0.0.1", "http://127.0.0.1:8081", "::1:8081", "a b:80", "127.0.0.1:70000", "127.0.0.1:-1", "host:"),
        "like 127.0.0.1:8081",
    ),
    Variable(
        "NEWSBOT_PUBLIC_URL",
        "",
        {"https://bot.example/": "https://bot.example", "https://a.example/bot": "https://a.example/bot"},
        ("bot.example", "https://", "https://a.example/?q", "https://a.example#x", "https://user@a.example"),
        "like https://news.example",
    ),
    Variable(
        "NEWSBOT_PROXIES",
        (),
        {"127.0.0.1": (ip_network("127.0.0.1"),), "10.1.0.0/16, ::1": (ip_network("10.1.0.0/16"), ip_network("::1"))},
        ("proxy.internal", "10.0.0.0/40", "127.0.0.1:80"),
        "like 127.0.0.1,10.0.0.0/8",
    ),
    Variable(
        "NEWSBOT_UPDATES",
        "polling",
        {"polling": "polling", "webhook": "webhook"},
        ("Webhook", "both"),
        "polling or webhook",
    ),
    Variable(
        "NEWSBOT_ROLES",
        ("ingest", "talk"),
        {"talk": ("talk",), "ingest": ("ingest",), "talk, ingest": ("ingest", "talk"), "all": ("ingest", "talk")},
        ("all,talk", "talk,sleep", ","),
        "ingest, talk, or ingest,talk (all)",
    ),
    Variable("NEWSBOT_LOG_LEVEL", "INFO", {"debug": "DEBUG", "ERROR": "ERROR"}, ("LOUD", "10"), "one of DEBUG, INFO"),
    Variable("NEWSBOT_LOG_JSON", False, TRUTH, NO_TRUTH, "true or false"),
]
NAMED = [pytest.param(variable, id=variable.name) for variable in VARIABLES]


def value_of(loaded: Config, name: str) -> Any:
    return getattr(loaded, name.removeprefix("NEWSBOT_").lower())


def read(**environment: str) -> Config:
    return load(environment, dotenv=NOWHERE)


def test_these_are_all_variables() -> None:
    assert list(settings()) == [variable.name for variable in VARIABLES]


@pytest.mark.parametrize("variable", NAMED)
def test_a_variable_that_is_not_set_or_empty_has_its_default(variable: Variable) -> None:
    for environment in ({}, {variable.name: ""}, {variable.name: "  "}):
        assert value_of(load(environment, dotenv=NOWHERE), variable.name) == variable.default
    assert value_of(Config(), variable.name) == variable.default


@pytest.mark.parametrize("variable", NAMED)
def test_a_variable_means_what_was_typed(variable: Variable) -> None:
    for text, meaning in variable.good.items():
        assert value_of(read(**{variable.name: f" {text} "}), variable.name) == meaning


@pytest.mark.parametrize(
    ("variable", "text"), [pytest.param(one, bad, id=f"{one.name}={bad[:9]}") for one in VARIABLES for bad in one.bad]
)
def test_a_wrong_value_is_refused_with_its_variable_and_what_was_expected(variable: Variable, text: str) -> None:
    with pytest.raises(BadSetting) as refused:
        read(**{variable.name: text})
    told = str(refused.value)
    assert told.startswith(f"{variable.name}: ")
    assert "can't be used; expected " in told
    assert variable.expected in told
    assert (text in told) is (variable.name != "NEWSBOT_TOKEN")


def test_all_wrong_settings_are_told_at_once_a_line_each() -> None:
    with pytest.raises(BadSetting) as refused:
        read(NEWSBOT_RATE="much", NEWSBOT_LANGUAGE="it", NEWSBOT_KEEP_DAYS="30")
    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == ["NEWSBOT_LANGUAGE", "NEWSBOT_RATE"]


def test_a_token_is_masked_in_every_repr_and_whole_where_it_is_used() -> None:
    loaded = read(NEWSBOT_TOKEN="12:forgotten")
    assert "forgotten" not in f"{loaded!r} {loaded.token!r} {[loaded.token]}"
    assert f"{loaded.token}" == "12:forgotten"


@pytest.mark.parametrize(
    ("environment", "per_second"),
    [
        ({}, 30),
        ({"NEWSBOT_PAID_BROADCAST": "true"}, 1000),
        ({"NEWSBOT_PAID_BROADCAST": "true", "NEWSBOT_RATE": "200"}, 200),
        ({"NEWSBOT_RATE": "5"}, 5),
        ({"NEWSBOT_RATE": "0"}, None),
    ],
)
def test_the_rate_is_telegrams_unless_paid_for_or_set(environment: dict[str, str], per_second: float | None) -> None:
    assert read(**environment).messages_per_second == per_second


def test_the_largest_fetch_is_told_in_megabytes() -> None:
    assert read(NEWSBOT_MAX_FETCH_MB="0.5").max_fetch_bytes == 512 * 1024


def test_the_environment_goes_before_a_dotenv_file(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("# ours\nNEWSBOT_LANGUAGE=ar\nexport NEWSBOT_ADMINS='5, 6'\nNEWSBOT_RATE=7\nNEWSBOT_LOG_JSON\n")
    loaded = load({"NEWSBOT_RATE": "9"}, dotenv=dotenv)
    assert (loaded.language, loaded.admins, loaded.rate, loaded.log_json) == ("ar", (5, 6), 9, False)


def test_the_process_and_its_folder_are_read_where_nothing_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("NEWSBOT_LANGUAGE=ar\nNEWSBOT_KEEP_DAYS=7\n")
    monkeypatch.setenv("NEWSBOT_KEEP_DAYS", "8")
    assert (load().language, load().keep_days) == ("ar", 8)


def test_a_dotenv_file_with_a_byte_order_mark_loses_no_setting(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("NEWSBOT_LANGUAGE=ar\n", encoding="utf-8-sig")
    assert load({}, dotenv=dotenv).language == "ar"


@pytest.mark.parametrize(
    "line",
    [
        "NEWSBOT_ADMINS: 5",
        "NEWSBOT_ADMINS 5",
        "export NEWSBOT_ADMINS 5",
        "- NEWSBOT_ADMINS=5 6",
        "NEWSBOT_TOKEN='1:a",
    ],
)
def test_a_line_of_a_dotenv_file_that_would_be_passed_over_is_named_once_and_without_its_text(
    tmp_path: Path, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"# ours\nNEWSBOT_LANGUAGE=ar\nnot ours\n{line}\n")
    with pytest.raises(BadSetting, match=r"\.env, line 4: can't be read; expected a line like NEWSBOT_LANGUAGE=ar$"):
        load({}, dotenv=dotenv)
    assert caplog.records == []


def test_a_dotenv_file_of_another_encoding_is_named(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_bytes("# مرحبا\nNEWSBOT_RATE=7\n".encode("windows-1256"))
    with pytest.raises(BadSetting, match=r"\.env: this is no UTF-8 text; expected"):
        load({}, dotenv=dotenv)


def test_names_that_look_like_settings_and_are_none_are_found_in_both_places(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("NEWSBOT_TOKENS=1:a\nOTHER=1\n")
    environment = {"NEWSBOT_RTAE": "1", "NEWSBOT_RATE": "1", "PATH": "/bin", "newsbot_rate": "1"}
    assert unknown_settings(environment, dotenv=dotenv) == ["NEWSBOT_RTAE", "NEWSBOT_TOKENS"]
    assert unknown_settings({"NEWSBOT_RATE": "1"}, dotenv=NOWHERE) == []


def test_every_setting_says_what_it_means() -> None:
    for name, setting in settings().items():
        assert setting.meaning, name
        assert setting.read(setting.default) == setting.default_value
    assert len(fields(Config)) == len(settings())
    assert config.PREFIX == "NEWSBOT_"


def test_a_wrong_address_of_a_database_does_not_show_its_password() -> None:
    with pytest.raises(BadSetting, match="NEWSBOT_DATABASE: its value can't be used") as refused:
        read(NEWSBOT_DATABASE="postgresql://bot:salt@host")
    assert "salt" not in str(refused.value)


# Roles


@pytest.mark.parametrize("roles", ["ingest", "talk"])
def test_with_sqlite_one_process_has_all_roles(roles: str) -> None:
    [problem] = role_problems(read(NEWSBOT_ROLES=roles))
    assert problem.startswith(
        f"NEWSBOT_ROLES: '{roles}' can't be used with SQLite, where one process does everything"
    )
    assert role_problems(read(NEWSBOT_ROLES="talk,ingest")) == []
