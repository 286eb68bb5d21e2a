"""`newsbot stats` and `newsbot check`: how the bot is, and what is wrong with it."""

import fcntl
import os
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bot.cli.bot_account import TOKEN, NotAsked, account_of, ask_telegram, telegram_bot
from bot.cli.context import load_config, opened_storage, read_storage, run_command
from bot.cli.errors import FAILED
from bot.cli.output import columns, counted, say, say_json
from bot.cli.params import json_option
from bot.cli.update_findings import update_findings
from bot.cli.web_findings import web_findings
from bot.finding import Finding
from bot.text.rfc3339 import rfc3339

if TYPE_CHECKING:
    from bot.config import Config
    from bot.locale import Voice
    from bot.overview import Overview
    from storage.errors import StorageError
    from storage.records import Alarm, ArticleTimes, BotAccount, InboxStats, ReachSummary, Source, Stats

LATE: Final = timedelta(minutes=10)  # past its time, a source that nobody reads is worth a word
WAITING_COUNTED: Final = 1_000  # articles on the desk
LEAST_FREE: Final = 100_000_000  # bytes on the disk: the log of changes alone may take this much


@click.command()
@json_option
@click.option("--detail", is_flag=True, help="In the JSON, what else the text shows.")
def stats(as_json: bool, detail: bool) -> None:
    """Show what is stored, owed, sent and given up.

    That includes how fast the newest articles reached everybody. The times of an article that a million chats were
    sent take some seconds to find.
    """
    run_command(_stats(as_json, detail))


async def _stats(as_json: bool, detail: bool) -> None:
    from bot.overview import ARTICLES, DAY, load_overview

    async with read_storage() as (storage, config):
        if as_json and not detail:
            now = datetime.now(UTC)
            say_json(
                stats_json(await storage.deliveries.stats(now=now))
                | promise_json(await storage.reach.summary(since=now - DAY), await storage.alarms.all(), config)
            )
            return
        found = await load_overview(storage, datetime.now(UTC))
        times = await storage.metrics.newest_sent(limit=ARTICLES)
    if as_json:
        say_json(
            stats_json(found.stats) | promise_json(found.reach, found.alarms, config) | detail_json(found, times)
        )
        return
    for line in columns([*_stats_rows(found.stats), *_promise_rows(found, config), *_detail_rows(found, times)]):
        say(line)


def stats_json(stats: "Stats") -> dict[str, Any]:
    return {
        "articles": stats.articles,
        "sources": stats.sources,
        "chats": stats.chats,
        "deliveries": stats.deliveries,
        "fanouts": {"open": stats.fanouts_open, "chats_left": stats.chats_left},
        "oldest_owed_seconds": stats.oldest_owed_seconds,
    }


def promise_json(reach: "ReachSummary", alarms: "list[Alarm]", config: "Config") -> dict[str, Any]:
    return {
        "reach": {
            "promised_seconds": config.reach_seconds,
            "articles": reach.articles,
            "kept": reach.kept,
            "share_in_time": round(reach.in_time / reach.due, 4) if reach.due else None,
        },
        "alarms": [
            {
                "kind": alarm.kind.value,
                "subject": alarm.subject,
                "since": rfc3339(alarm.since),
                "detail": alarm.detail,
            }
            for alarm in alarms
        ],
    }


def _promise_rows(found: "Overview", config: "Config") -> list[tuple[str, str]]:
    reach = found.reach
    kept = f"{reach.kept} of {reach.articles} articles reached 90 % of their chats within {config.reach_seconds:g} s"
    return [
        ("promise", f"{kept} in the last day"),
        *(("alarm", f"{alarm.kind.value} since {alarm.since:%Y-%m-%d %H:%M} UTC") for alarm in found.alarms),
    ]


def detail_json(found: "Overview", times: "list[ArticleTimes]") -> dict[str, Any]:
    return {
        "owed": found.waiting,
        "last_minute": {"sent": found.minute.sent, "edited": found.minute.edited},
        "last_day": {"sent": found.day.sent, "edited": found.day.edited},
        "dead_reasons": found.dead_reasons,
        "articles_sent": [
            {
                "id": article.article_id,
                "title": article.title,
                "sent": article.sent,
                "first_seconds": _seconds(article.first),
                "p50_seconds": _seconds(article.p50),
                "p99_seconds": _seconds(article.p99),
                "last_seconds": _seconds(article.last),
            }
            for article in times
        ],
    }


def _detail_rows(found: "Overview", times: "list[ArticleTimes]") -> list[tuple[str, str]]:
    return [
        ("owed", str(found.waiting)),
        ("last minute", f"sent {found.minute.sent}, edited {found.minute.edited}"),
        ("last day", f"sent {found.day.sent}, edited {found.day.edited}"),
        *(("dead", f"{count}: {reason}") for reason, count in found.dead_reasons.items()),
        ("inbox", _inbox(found.inbox)),
        *((f"article {article.article_id}", _reached(article)) for article in times),
    ]


def _inbox(inbox: "InboxStats") -> str:
    """What people asked and nobody answered yet, or ever."""
    last = f" (the last: {inbox.last_reason})" if inbox.last_reason else ""
    return f"waiting {inbox.waiting}, set aside {inbox.set_aside}{last}"


def _reached(article: "ArticleTimes") -> str:
    times = (("first", article.first), ("p50", article.p50), ("p99", article.p99), ("last", article.last))
    told = [f"{named} {_seconds(after)} s" for named, after in times if after is not None]
    return f"{', '.join([f'sent {article.sent}', *told])}: {article.title}"


def _seconds(after: timedelta | None) -> float | None:
    return round(after.total_seconds(), 1) if after is not None else None


def _stats_rows(stats: "Stats") -> list[tuple[str, str]]:
    oldest = "-" if stats.oldest_owed_seconds is None else f"{stats.oldest_owed_seconds} s"
    return [
        ("articles", str(stats.articles)),
        ("sources", str(stats.sources)),
        ("chats", _by_state(stats.chats)),
        ("deliveries", _by_state(stats.deliveries)),
        ("fan-outs", f"open {stats.fanouts_open}, chats left {stats.chats_left}"),
        ("oldest owed", oldest),
    ]


def _by_state(counts: dict[str, int]) -> str:
    return ", ".join(f"{state} {count}" for state, count in counts.items())


@click.command()
@click.option("--running", is_flag=True, help="Only whether a bot runs and its database answers; asks no network.")
@click.option("--for-dashboard", hidden=True, metavar="LANGUAGE", help="JSON lines with texts in that language.")
def check(running: bool, for_dashboard: str | None) -> int:
    """Report what is set up correctly and what is not. Settings, token, database and sources are looked at, and each
    mistake is named with its remedy.
    """
    from bot.locale import SOURCE_LANGUAGE, Voice

    if for_dashboard is not None:
        return run_command(_check_for_dashboard(Voice(for_dashboard)))
    return run_command(_check(running_findings() if running else findings(Voice(SOURCE_LANGUAGE))))


async def _check_for_dashboard(voice: "Voice") -> int:
    async for finding in findings(voice):
        say(finding.to_json())
    return 0


async def _check(found: AsyncIterator[Finding]) -> int:
    wrong = 0
    async for finding in found:
        say(f"{'ok   ' if finding.ok else 'wrong'}  {finding.line}")
        wrong += not finding.ok
    say(f"{counted(wrong, 'thing')} to mend" if wrong else "All is well.")
    return FAILED if wrong else 0


async def running_findings() -> AsyncIterator[Finding]:
    """For a container's health check: it counts no deliveries, and neither makes nor changes a database.

    The dashboard does not show these, so they are in English.
    """
    from storage import articles_in, is_postgres
    from storage.errors import StorageError

    url = load_config().database
    try:
        wrong = await _not_running_here(url) if is_postgres(url) else _not_running_on_file(url)
        if wrong is None:
            articles = await articles_in(url)
    except StorageError as error:
        wrong = str(error)
    if wrong is None:
        yield Finding("database", True, f"a bot runs on it, {counted(articles, 'article')}")
    else:
        yield Finding("database", False, wrong)


def _not_running_on_file(url: str) -> str | None:
    """Returns why no bot runs on a SQLite database, or not on the file that is there now."""
    from storage import database_file, database_path

    path = database_path(url)
    if not runs_on(path):
        return f"{path}: no bot runs on it; `newsbot run` starts one"
    opened, there = _opened_by_bot(path), database_file(url)
    if there is None:
        return f"{path}: a bot runs, and its database was moved away; put the file back"
    if opened not in ("", there):
        return f"{path}: this file has replaced the one that the bot runs on; start the bot again to use it"
    return None


async def _not_running_here(url: str) -> str | None:
    """Returns why no bot runs on a PostgreSQL database from this machine: its other processes are no concern here.

    Raises the errors of `storage.errors`.
    """
    from storage import database_name, running_machines, this_machine

    machines = await running_machines(url)
    if this_machine() in machines:
        return None
    where = f"it runs on {', '.join(dict.fromkeys(machines))}" if machines else "`newsbot run` starts one"
    return f"{database_name(url)}: no bot runs on it from this machine; {where}"


def _opened_by_bot(database: Path) -> str:
    """Returns the file that a running bot has opened; "" if it has not opened it yet."""
    lines = _lock_of(database).read_text("ascii", "replace").splitlines()
    return lines[1] if len(lines) > 1 else ""


def _lock_of(database: Path) -> Path:
    return database.with_name(database.name + ".lock")


async def findings(voice: "Voice") -> AsyncIterator[Finding]:
    """Yields what is right and wrong, in a language.

    What keeps a bot from starting is in English, since the dashboard of a bot that runs can't show it: settings that
    can't be used, alone or together, and a database that is not there yet.
    """
    from bot.config import role_problems, unknown_settings, webhook_problems
    from bot.errors import BadSetting

    try:
        for name in unknown_settings():
            yield Finding(name, False, _instead_of(name, voice))
        config = load_config()
    except BadSetting as error:
        for line in str(error).splitlines():
            name, _, reason = line.partition(": ")
            yield Finding(name, False, reason)
        return
    yield Finding(voice.say("settings"), True, voice.say("all can be read"))
    for line in webhook_problems(config) + role_problems(config):
        name, _, reason = line.partition(": ")
        yield Finding(name, False, reason)
    account = None
    try:
        me, webhook = await ask_telegram(config)
        account = account_of(me)
        yield Finding(TOKEN, True, voice.say("it is {bot}'s", bot=voice.embed(f"@{account.username}")))
        yield _inline_mode(me.supports_inline_queries, voice)
        yield _guest_mode(me.supports_guest_queries, voice)
        for finding in update_findings(config, webhook, datetime.now(UTC), voice):
            yield finding
    except NotAsked as error:
        yield Finding(TOKEN, False, error.say(voice), error.error)
    async for finding in web_findings(config, is_running=await _is_running(config), voice=voice):
        yield finding
    async for finding in _database(config, account, voice):
        yield finding


def _inline_mode(on: bool | None, voice: "Voice") -> Finding:
    if on:
        text = voice.say("on: people ask the bot in any chat")
    else:
        text = voice.say("off; /setinline at @BotFather lets people ask the bot in any chat")
    return Finding(voice.say("inline mode"), True, text)


def _guest_mode(on: bool | None, voice: "Voice") -> Finding:
    if on:
        text = voice.say("on: people ask the bot in chats without it")
    else:
        text = voice.say("off; “Guest mode” at @BotFather lets people ask the bot in chats without it")
    return Finding(voice.say("guest mode"), True, text)


def _instead_of(name: str, voice: "Voice") -> str:
    from bot.config import settings
    from bot.text.fuzzy_names import fuzzy_matches

    near = fuzzy_matches(name, settings(), limit=1)
    if near:
        return voice.say("there is no such setting; did you mean {name}?", name=near[0])
    return voice.say("there is no such setting; remove it")


async def _is_running(config: "Config") -> bool:
    """Returns whether a bot runs on the database, so that its server answers on this machine."""
    from storage import database_path, is_postgres
    from storage.errors import StorageError

    try:
        if is_postgres(config.database):
            return await _not_running_here(config.database) is None
        return runs_on(database_path(config.database))
    except (OSError, ValueError, StorageError):  # the finding of the database tells what is wrong
        return False


async def _database(config: "Config", account: "BotAccount | None", voice: "Voice") -> AsyncIterator[Finding]:
    """Yields what the database tells: its own state, messages that could not be sent, the desk, and each source."""
    from storage import database_name
    from storage.errors import StorageError

    subject = voice.say("database")
    try:
        if missing := await _missing(config.database):
            yield missing
            return
        async with opened_storage() as (storage, _):
            await storage.bot_accounts.check_writable()
            stats = await storage.deliveries.stats(now=datetime.now(UTC))
            sources = await storage.sources.all()
            known = await storage.bot_accounts.get()
            hooks = await storage.hooks.all()
            needs_editor = any(source.desk for source in sources) or bool(await storage.categories.desk_names())
            waiting = await storage.desk.count(most=WAITING_COUNTED)
            tests_itself = not config.canary or await storage.canary.has_chat(config.admins)
        running = await _running(config.database, voice)
    except StorageError as error:
        yield Finding(subject, False, _fault_of_database(error, voice), str(error).removeprefix("database: "))
        return
    database = voice.embed(database_name(config.database))
    text = voice.plural("{n} article in {database}", "{n} articles in {database}", stats.articles, database=database)
    yield Finding(subject, True, text)
    yield Finding(subject, True, running)
    if full := _full_disk(config.database, voice):
        yield full
    if account is not None and known is not None and known.bot_id != account.bot_id:
        yield _another_bot(known.username, account.username, voice)
    if dead := stats.deliveries["dead"]:
        text = voice.plural(
            "{n} message could not be sent; `newsbot deliveries list` says why",
            "{n} messages could not be sent; `newsbot deliveries list` says why",
            dead,
        )
        yield Finding(voice.say("deliveries"), True, text)
    if needs_editor and not config.staff:
        text = voice.say("articles wait for approval, and nobody is told; expected user ids in NEWSBOT_EDITORS")
        yield Finding(voice.say("desk"), False, text)
    elif waiting:
        text = voice.plural(
            "{n} article on the desk; `newsbot desk list` shows them",
            "{n} articles on the desk; `newsbot desk list` shows them",
            waiting,
        )
        yield Finding(voice.say("desk"), True, text)
    if not tests_itself:
        text = voice.say(
            "no self-test runs; expected somebody in NEWSBOT_ADMINS who has started the bot and gets breaking news"
        )
        yield Finding("NEWSBOT_CANARY", False, text)
    for source in sources:
        yield await _channel(source, config, voice) or _source(source, datetime.now(UTC), voice)
    if not sources:
        yield Finding(voice.say("sources"), True, voice.say("none yet; `newsbot source add URL` adds one"))
    if hooks and config.web is None:
        text = voice.say("it is empty, so no call reaches a hook; expected one like `127.0.0.1:8081`")
        yield Finding("NEWSBOT_WEB", False, text)
    elif hooks and not config.public_url:
        text = voice.say("it is empty, so hooks are called from this machine only")
        yield Finding("NEWSBOT_PUBLIC_URL", True, text)


def _fault_of_database(error: "StorageError", voice: "Voice") -> str:
    from storage import errors

    texts = {
        errors.DatabaseBusy: voice.say("another process holds it for too long"),
        errors.DatabaseFull: voice.say("its disk is full or broken"),
        errors.DatabaseReadOnly: voice.say("it can't be written to"),
        errors.DatabaseDamaged: voice.say("it is damaged"),
        errors.DatabaseUnreachable: voice.say("its server does not answer"),
        errors.DatabaseRefused: voice.say("its server refuses the bot"),
        errors.TooManyConnections: voice.say("its server has no connection left"),
    }
    return texts.get(type(error)) or voice.say("it can't be used")


def _another_bot(known: str, given: str, voice: "Voice") -> Finding:
    text = voice.say(
        "the database is that of {known}, and NEWSBOT_TOKEN is a token of {given}: set a token of {known}, or set"
        " NEWSBOT_DATABASE to another database, or run `newsbot replace-bot` to give the chats to {given}",
        known=voice.embed(f"@{known}"),
        given=voice.embed(f"@{given}"),
    )
    return Finding(voice.say("bot"), False, text)


async def _channel(source: "Source", config: "Config", voice: "Voice") -> Finding | None:
    """Returns whether Telegram sends the posts of a channel. None: the source is none, or Telegram can't be asked."""
    from bot.channels import is_administrator
    from bot.ingest.formats.channel_post import chat_of_source

    chat_id = chat_of_source(source.url)
    if chat_id is None or not config.token:
        return None
    try:
        async with telegram_bot(config) as bot:
            await bot.get_me()
            reads = await is_administrator(bot, chat_id)
    except NotAsked:
        return None
    name = voice.embed(source.shown_name)
    if reads:
        text = voice.say("{name}: the bot is an administrator of the channel", name=name)
    else:
        text = voice.say(
            "{name}: the bot is no administrator of this channel, so Telegram does not send its posts; make it one"
            " in the channel",
            name=name,
        )
    return Finding(_subject(source, voice), reads, text)


def _source(source: "Source", now: datetime, voice: "Voice") -> Finding:
    # Findings are shown on the dashboard, and sent to those who are asked for help.
    subject, url = _subject(source, voice), voice.embed(source.shown_url)
    if source.failures:
        text = voice.plural(
            "{url} failed {n} time in a row; `newsbot source check {url}` tries it,"
            " `newsbot source remove {id}` ends it",
            "{url} failed {n} times in a row; `newsbot source check {url}` tries it,"
            " `newsbot source remove {id}` ends it",
            source.failures,
            url=url,
            id=str(source.id),
        )
        return Finding(subject, False, text, source.last_error or "")
    if source.due_at < now - LATE and not source.kind.is_pushed:
        due = voice.embed(f"{source.due_at:%Y-%m-%d %H:%M} UTC")
        return Finding(subject, True, voice.say("{url}, due since {moment}", url=url, moment=due))
    return Finding(subject, True, url)


def _subject(source: "Source", voice: "Voice") -> str:
    return voice.say("source {id}", id=source.id)


async def _running(url: str, voice: "Voice") -> str:
    from storage import database_path, is_postgres, running_machines

    machines = await running_machines(url) if is_postgres(url) else []
    if machines:
        return voice.plural(
            "{n} process of the bot on it, from {machines}",
            "{n} processes of the bot on it, from {machines}",
            len(machines),
            machines=voice.embed(", ".join(sorted(set(machines)))),
        )
    if not is_postgres(url) and runs_on(database_path(url)):
        return voice.say("a bot runs on it")
    return voice.say("no bot runs on it now")


def _full_disk(url: str, voice: "Voice") -> Finding | None:
    """Returns what is wrong if the disk of a SQLite database is almost full. A server's disk can't be seen."""
    from storage import database_path, is_postgres

    if is_postgres(url):
        return None
    path = database_path(url).absolute()
    free = shutil.disk_usage(path.parent).free
    if free >= LEAST_FREE:
        return None
    text = voice.say(
        "{free} MB are free in {folder}; make room: on a full disk, nothing is sent",
        free=free // 1_000_000,
        folder=voice.embed(str(path.parent)),
    )
    return Finding(voice.say("disk"), False, text)


async def _missing(url: str) -> Finding | None:
    """Returns what is wrong if no bot has made the database yet. Raises the errors of `storage.errors`."""
    from storage import database_name, database_path, is_missing, is_postgres

    if not is_postgres(url):
        path = database_path(url)
        return None if path.exists() else _missing_file(path)
    if not await is_missing(url):
        return None
    return Finding("database", True, f"{database_name(url)} has no tables yet; the first `newsbot run` makes them")


def _missing_file(path: Path) -> Finding:
    folder = path.absolute().parent
    if not folder.is_dir():
        return Finding("database", False, f"{path}: there is no folder {folder}; make it, or set NEWSBOT_DATABASE")
    if not os.access(folder, os.W_OK):
        return Finding("database", False, f"{path}: its folder {folder} can't be written to; mend its rights")
    return Finding("database", True, f"{path} is not there yet; the first `newsbot run` makes it")


def runs_on(database: Path) -> bool:
    """Returns whether a running bot holds the lock of this database."""
    try:
        descriptor = os.open(_lock_of(database), os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
