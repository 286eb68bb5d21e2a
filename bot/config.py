"""Settings: one table, read from the environment and a .env file, checked before anything starts."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from io import StringIO
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from telegram.constants import SUPPORTED_WEBHOOK_PORTS, FloodLimit

from bot.errors import BadSetting
from bot.locale import LANGUAGES
from bot.locale.zones import is_zone
from storage import check_address, database_name, is_postgres
from storage.errors import UnknownDatabase

PREFIX = "NEWSBOT_"
PAID_MESSAGES_PER_SECOND = 1000  # with allow_paid_broadcast: core.telegram.org/bots/faq#broadcasting-to-users
LONGEST_DAYS = 36500  # dates end with the year 9999
LONGEST_INTERVAL = 366 * 86400  # seconds between two visits to a source
MOST_PUSHED = 1_000_000
MOST_FETCHES = 1_000  # at once: each may hold a connection
MOST_FETCHED = 1024  # MiB: it is read into memory
MOST_PER_SECOND = 100_000
MOST_COMMANDS = 100_000
MOST_FOLLOWS = 10_000
MOST_SOURCES = 10_000
LARGEST_PORT = 65_535
TELEGRAM_API = "https://api.telegram.org"
WEBHOOK_PORTS = tuple(int(port) for port in SUPPORTED_WEBHOOK_PORTS)
POLLING, WEBHOOK = "polling", "webhook"
INGEST, TALK = "ingest", "talk"
ROLES = (INGEST, TALK)
ALL = "all"


class Secret(str):
    """Text that must not be shown: masked in every repr, so in tracebacks and logs of whole objects too."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'" if self else "''"


class DatabaseAddress(str):
    """The address of a database, whose password is in no repr."""

    __slots__ = ()

    @property
    def shown(self) -> str:
        """The address as people may see it: as it is for a file, without password and options for a server."""
        return database_name(self) if is_postgres(self) else str(self)

    def __repr__(self) -> str:
        return repr(self.shown)


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where a server of ours listens."""

    host: str
    port: int  # 0: any free one

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One line of the table."""

    meaning: str  # in English; the catalogues have it in other languages
    default: str  # as it would be written in the environment
    shown: str  # how the default is told, where it depends on another setting
    read: Callable[[str], Any]  # raises ValueError with what was expected

    @property
    def default_value(self) -> Any:
        return self.read(self.default)


def _token(text: str) -> Secret:
    if text and not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]+", text):
        raise ValueError("a bot token like 123456:ABC-DEF, from @BotFather")
    return Secret(text)


def _http_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:
        good = False
    if not good:
        raise ValueError("an address that begins with http:// or https://")
    return text.rstrip("/")


def _listen_address(text: str) -> ListenAddress | None:
    """A port alone is one of this machine's own address, which other machines can't reach."""
    if not text:
        return None
    found = re.fullmatch(r"(?:(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])?:)?(?P<port>[0-9]{1,5})", text)
    if found is None or int(found["port"]) > LARGEST_PORT:
        raise ValueError("an address and a port like 127.0.0.1:8081")
    return ListenAddress((found["host"] or "127.0.0.1").strip("[]"), int(found["port"]))


def _public_url(text: str) -> str:
    if not text:
        return ""
    try:
        url = _http_url(text)
        good = not any(sign in url for sign in "?#@ ")
    except ValueError:
        good = False
    if not good:
        raise ValueError("an address without user, query and fragment, like https://news.example")
    return url


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(one, strict=False) for one in text.replace(",", " ").split())
    except ValueError:
        raise ValueError("addresses or networks, separated by commas, like 127.0.0.1,10.0.0.0/8") from None


def _updates(text: str) -> str:
    if text not in (POLLING, WEBHOOK):
        raise ValueError(f"{POLLING} or {WEBHOOK}")
    return text


def _roles(text: str) -> tuple[str, ...]:
    given = text.replace(",", " ").split()
    if given == [ALL]:
        return ROLES
    if not given or not set(given) <= set(ROLES):
        raise ValueError(f"{INGEST}, {TALK}, or {INGEST},{TALK} ({ALL})")
    return tuple(role for role in ROLES if role in given)


_ADDRESSES = "sqlite:///relative.db, sqlite:////absolute.db or postgresql://user@host/name"
_POSTGRES_ADDRESS = (
    f"{_ADDRESSES}, where signs of a password other than letters and digits are written like %40, and options after ?"
    " are those of libpq"
)


def _database(text: str) -> DatabaseAddress:
    try:
        check_address(text)
    except UnknownDatabase as error:
        raise ValueError(_POSTGRES_ADDRESS if is_postgres(text) else _ADDRESSES) from error
    return DatabaseAddress(text)


def _user_ids(text: str) -> tuple[int, ...]:
    ids = text.replace(",", " ").split()
    if not all(re.fullmatch("[0-9]{1,15}", one) and int(one) for one in ids):  # groups have ids below 0
        raise ValueError("user ids, separated by commas, like 123456,234567")
    return tuple(int(one) for one in ids)


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError(f"one of {', '.join(LANGUAGES)}")
    return text


def _timezone(text: str) -> ZoneInfo:
    if not is_zone(text):
        raise ValueError("an IANA time zone like Asia/Beirut")
    return ZoneInfo(text)


def _number(least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not least <= number <= most:
            raise ValueError(f"a number, {least:g} or more, and at most {most:g}")
        return number

    return read


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch("[0-9]{1,15}", text) or not least <= int(text) <= most:
            raise ValueError(f"a whole number, {least} or more, and at most {most}")
        return int(text)

    return read


def _rate(text: str) -> float | None:
    return _number(0, MOST_PER_SECOND)(text) if text else None


def _interval(text: str) -> int | None:
    return _whole(1, LONGEST_INTERVAL)(text) if text else None


def _yes_or_no(text: str) -> bool:
    if text.lower() in ("true", "1", "yes", "on"):
        return True
    if text.lower() in ("false", "0", "no", "off"):
        return False
    raise ValueError("true or false")


def _log_level(text: str) -> str:
    levels = ("DEBUG", "INFO", "WARNING", "ERROR")
    if text.upper() not in levels:
        raise ValueError(f"one of {', '.join(levels)}")
    return text.upper()


def _setting(meaning: str, default: str, read: Callable[[str], Any], *, shown: str = "") -> Any:
    setting = Setting(meaning=meaning, default=default, read=read, shown=shown or default)
    return field(default_factory=lambda: setting.default_value, metadata={"setting": setting})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings. Each field is the variable NEWSBOT_<FIELD>; its line says what the README's table says."""

    token: Secret = _setting("bot token from @BotFather, needed by `run`; it never appears in logs", "", _token)
    api_url: str = _setting("address of the Bot API server: Telegram's, or one of your own", TELEGRAM_API, _http_url)
    database: str = _setting(
        "`sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://user@host/name`",
        "sqlite:///newsbot.db",
        _database,
    )
    admins: tuple[int, ...] = _setting("user ids of the bot's administrators, separated by commas", "", _user_ids)
    editors: tuple[int, ...] = _setting(
        "user ids of editors, separated by commas: they use the desk, breaking news, retractions and stories",
        "",
        _user_ids,
    )
    language: str = _setting("language for new chats when Telegram doesn't report one", "en", _language)
    timezone: ZoneInfo = _setting("time zone for new chats, and for dates without a zone", "UTC", _timezone)
    rate: float | None = _setting(
        "messages per second across all chats; 0 = unlimited (for your own Bot API server)", "", _rate, shown="30"
    )
    paid_broadcast: bool = _setting(
        "send with `allow_paid_broadcast`; the rate is then 1000 unless you set it", "false", _yes_or_no
    )
    fresh_hours: float = _setting(
        "articles older than this are stored but not sent", "48", _number(0, LONGEST_DAYS * 24)
    )
    alert_hours: float = _setting(
        "alerts delayed longer than this arrive together as one catch-up message (0 = no limit)",
        "6",
        _number(0, LONGEST_DAYS * 24),
    )
    max_burst: int = _setting(
        "how many articles of one source are sent per refresh; any more are only stored", "10", _whole(0, MOST_PUSHED)
    )
    reach_seconds: float = _setting(
        "an alert should reach 90 % of its chats within so many seconds; measured, shown, and alarmed if not",
        "120",
        _number(1, 86_400),
    )
    canary: bool = _setting(
        "each hour, a silent self-test article goes to one administrator and is withdrawn; its failure is alarmed",
        "false",
        _yes_or_no,
    )
    keep_days: float = _setting(
        "how many days articles and deliveries are kept (0 = for ever)", "90", _number(0, LONGEST_DAYS)
    )
    max_fetch_mb: float = _setting(
        "largest feed or page in MiB, after decompression", "10", _number(0.01, MOST_FETCHED)
    )
    refresh_seconds: int = _setting(
        "seconds between two visits to a source, until the bot knows how often it publishes",
        "300",
        _whole(1, LONGEST_INTERVAL),
    )
    refresh_least_seconds: int | None = _setting(
        "the same for a source that publishes often", "", _interval, shown="NEWSBOT_REFRESH_SECONDS / 5"
    )
    refresh_most_seconds: int | None = _setting(
        "the same for a source that seldom publishes", "", _interval, shown="NEWSBOT_REFRESH_SECONDS × 6"
    )
    fetches: int = _setting(
        "how many sources are read at once (at most 2 of one host)", "64", _whole(1, MOST_FETCHES)
    )
    reader_follows: int = _setting(
        "how many follows and mutes a chat may have, categories included", "100", _whole(0, MOST_FOLLOWS)
    )
    reader_sources: int = _setting(
        "how many sources a chat may add for itself with `/add`; 0: only administrators of the bot add sources",
        "0",
        _whole(0, MOST_SOURCES),
    )
    commands_per_minute: int = _setting(
        "how many commands of one person are answered in a minute, a pressed button counting as half; the first one"
        ' above that gets "slower, please", the others nothing; of what is typed after the name of the bot in other'
        " chats, six times as much is answered (0 = no limit)",
        "30",
        _whole(0, MOST_COMMANDS),
    )
    allow_private_hosts: bool = _setting("allow sources on private or loopback addresses", "false", _yes_or_no)
    web: ListenAddress | None = _setting(
        "address and port of the HTTP server, such as `127.0.0.1:8081`; a port alone is on 127.0.0.1, which only this"
        " machine reaches; empty: no server",
        "",
        _listen_address,
    )
    public_url: str = _setting("where that server is reached from outside, behind TLS", "", _public_url)
    proxies: tuple[IPv4Network | IPv6Network, ...] = _setting(
        "addresses or networks of your own proxies, separated by commas; what they say in `X-Forwarded-For` and"
        " `X-Forwarded-Proto` is believed",
        "",
        _networks,
    )
    updates: str = _setting(
        "how updates come from Telegram: `polling` or `webhook`; `webhook` needs `NEWSBOT_WEB` and"
        " `NEWSBOT_PUBLIC_URL`",
        POLLING,
        _updates,
    )
    roles: tuple[str, ...] = _setting(
        "what this process does, separated by commas: `ingest` reads sources, `talk` sends messages and answers,"
        " `all` is both; with SQLite, one process does both",
        ",".join(ROLES),
        _roles,
    )
    log_level: str = _setting("DEBUG, INFO, WARNING or ERROR", "INFO", _log_level)
    log_json: bool = _setting("write each log line as a JSON object", "false", _yes_or_no)

    @property
    def staff(self) -> tuple[int, ...]:
        """The user ids of all editors: administrators of the bot are editors as well."""
        return tuple(dict.fromkeys((*self.admins, *self.editors)))

    @property
    def messages_per_second(self) -> float | None:
        """The budget over all chats; None is unlimited."""
        if self.rate is not None:
            return self.rate or None
        return float(PAID_MESSAGES_PER_SECOND if self.paid_broadcast else FloodLimit.MESSAGES_PER_SECOND)

    @property
    def web_url(self) -> str:
        """The HTTP server's address: from outside if that is known, else on this machine; "" without a server."""
        return self.public_url or (f"http://{self.web}" if self.web is not None else "")

    @property
    def max_fetch_bytes(self) -> int:
        return int(self.max_fetch_mb * 1024 * 1024)


def settings() -> dict[str, Setting]:
    """Returns the table: variable name -> its line."""
    return {PREFIX + line.name.upper(): line.metadata["setting"] for line in fields(Config)}


def load(environment: Mapping[str, str] | None = None, *, dotenv: Path = Path(".env")) -> Config:
    """Settings of the environment (the process's unless given), over those of a .env file, over the defaults.

    Raises BadSetting with every setting that is wrong, a line each.
    """
    given = _given(environment, dotenv)
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for name, setting in settings().items():
        text = given.get(name, "").strip()
        if not text:
            continue
        try:
            values[name.removeprefix(PREFIX).lower()] = setting.read(text)
        except ValueError as error:
            is_secret = setting.read is _token or (setting.read is _database and "@" in text)
            shown = "its value" if is_secret else repr(text)
            wrong.append(f"{name}: {shown} can't be used; expected {error}")
    if wrong:
        raise BadSetting("\n".join(wrong))
    return Config(**values)


def unknown_settings(environment: Mapping[str, str] | None = None, *, dotenv: Path = Path(".env")) -> list[str]:
    """Names that look like settings and are none: typing errors, for `newsbot check` and a warning at start."""
    table = settings()
    return sorted(name for name in _given(environment, dotenv) if name.startswith(PREFIX) and name not in table)


def webhook_problems(config: Config) -> list[str]:
    """Returns why updates can't come by a webhook with these settings, a line for each setting."""
    if config.updates != WEBHOOK or TALK not in config.roles:
        return []
    problems = []
    if config.web is None:
        problems.append("NEWSBOT_WEB: not set; NEWSBOT_UPDATES=webhook needs an address such as 127.0.0.1:8081")
    if not config.public_url:
        problems.append(
            "NEWSBOT_PUBLIC_URL: not set; NEWSBOT_UPDATES=webhook needs the address at which Telegram reaches the"
            " server, such as https://bot.example"
        )
    elif config.api_url == TELEGRAM_API:  # a Bot API server of one's own takes any address
        parts = urlsplit(config.public_url)
        if parts.scheme != "https":
            problems.append(
                f"NEWSBOT_PUBLIC_URL: {config.public_url!r} can't be used; Telegram sends to https:// only"
            )
        elif (parts.port or 443) not in WEBHOOK_PORTS:
            ports = ", ".join(map(str, WEBHOOK_PORTS))
            problems.append(
                f"NEWSBOT_PUBLIC_URL: {config.public_url!r} can't be used; Telegram sends to the ports {ports} only"
            )
    return problems


def role_problems(config: Config) -> list[str]:
    """Returns why the process can't have these roles, a line for each setting."""
    if not is_postgres(config.database) and config.roles != ROLES:
        given = ",".join(config.roles)
        return [
            f"NEWSBOT_ROLES: {given!r} can't be used with SQLite, where one process does everything; expected"
            f" {','.join(ROLES)}, or a PostgreSQL database in NEWSBOT_DATABASE"
        ]
    return []


def _given(environment: Mapping[str, str] | None, dotenv: Path) -> dict[str, str]:
    return _from_file(dotenv) | dict(os.environ if environment is None else environment)


def _from_file(dotenv: Path) -> dict[str, str]:
    """Returns what a .env file sets, which is nothing if there is no such file.

    Raises BadSetting if the file is no UTF-8 text, or if a line that names a setting of ours would be passed over:
    "NEWSBOT_ADMINS: 5".
    """
    if not dotenv.is_file():
        return {}
    try:  # editors on Windows put a BOM first, which would be part of the first name
        lines = list(parse_stream(StringIO(dotenv.read_text("utf-8-sig"))))
    except UnicodeDecodeError as error:
        raise BadSetting(f"{dotenv}: this is no UTF-8 text; expected lines like NEWSBOT_LANGUAGE=ar") from error
    wrong = [
        f"{dotenv}, line {one.original.line}: can't be read; expected a line like NEWSBOT_LANGUAGE=ar"
        for one in lines
        if one.error and PREFIX in one.original.string
    ]
    if wrong:
        raise BadSetting("\n".join(wrong))
    # The library would log each line that it can't read, at every reading. What is left of them is not ours.
    readable = "".join(one.original.string for one in lines if not one.error)
    return {name: text or "" for name, text in dotenv_values(stream=StringIO(readable)).items()}
