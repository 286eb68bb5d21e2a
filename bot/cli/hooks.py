"""`newsbot hook`: addresses to which other programs send their articles."""

import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from bot.cli.context import actor, opened_storage, read_storage, run_command
from bot.cli.errors import Failed
from bot.cli.output import complain, counted, say, say_json, say_list
from bot.cli.params import json_option, read_category
from bot.text.rfc3339 import rfc3339, rfc3339_or_none

if TYPE_CHECKING:
    from bot.config import Config
    from storage import Storage
    from storage.records import AuditAction, Hook, Source

KINDS: Final = ("generic", "ghost", "wordpress", "superdesk")
FORMER_VALID: Final = timedelta(days=1)  # a former secret, so that no call is lost while the new one is entered
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_NEVER_SHOWN_AGAIN: Final = "It is shown only now; `newsbot hook rotate {name}` makes another one."


def read_name(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Returns the name of a hook, which is the end of its address."""
    if not _NAME.fullmatch(value):
        raise click.BadParameter(
            f"{value[:60]!r} can't be the end of an address; expected at most 40 of a-z 0-9 _ -, like newsroom"
        )
    return value


NAME: Final = click.argument("name", metavar="NAME", callback=read_name)


@click.group()
def hook() -> None:
    """Let a newsroom's own program send its articles."""


@hook.command()
@NAME
@click.option("--kind", type=click.Choice(KINDS), default="generic", show_default=True, help="The calling program.")
@click.option("--category", metavar="C", callback=read_category, help="The section of articles that bring none.")
@click.option("--breaking/--no-breaking", default=None, help="Whether what it sends is breaking news.")
@json_option
def add(name: str, kind: str, category: str | None, breaking: bool | None, as_json: bool) -> None:
    """Take articles at an address of its own. Shows the address and the secret, which is shown only now.

    The hook is a source: `source list` has it, and readers follow it like any other one.
    """
    run_command(_add(name, kind, category, breaking, as_json))


async def _add(name: str, kind: str, category: str | None, breaking: bool | None, as_json: bool) -> None:
    from storage.records import AuditAction, HookKind

    secret = _new_secret()
    async with opened_storage(create=True) as (storage, config):
        added = await storage.hooks.add(
            name, HookKind(kind), secret, now=datetime.now(UTC), category=category, breaking=breaking
        )
        if added is not None:
            await _note(storage, AuditAction.SOURCE_ADD, added.source_id, "hook")
    if added is None:
        raise Failed(f"hook {name}: there is one already; `newsbot hook rotate {name}` makes a new secret for it")
    if as_json:
        say_json(
            {"name": name, "kind": kind, "source": added.source_id, "url": _address(config, name), "secret": secret}
        )
        return
    say(f"Hook {name} added, as source {added.source_id}.")
    say(f"Address: {_address(config, name)} ({_reached_from(config)})")
    say(f"Secret: {secret}")
    say(_NEVER_SHOWN_AGAIN.format(name=name))
    if config.web is None:
        complain("NEWSBOT_WEB is empty, so the bot takes no calls; expected an address like 127.0.0.1:8081")


def _new_secret() -> str:
    import secrets

    return secrets.token_urlsafe(32)


def _address(config: "Config", name: str) -> str:
    base = config.public_url or f"http://{config.web or '127.0.0.1:8081'}"
    return f"{base}/hooks/{name}"


def _reached_from(config: "Config") -> str:
    if config.public_url:
        return "by NEWSBOT_PUBLIC_URL"
    return "the local address by NEWSBOT_WEB; set NEWSBOT_PUBLIC_URL to the address that other machines reach"


@hook.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the hooks, their last calls, and what came of them."""
    run_command(_list(as_json))


async def _list(as_json: bool) -> None:
    async with read_storage() as (storage, config):
        hooks = await storage.hooks.all()
        sources = {source.id: source for source in await storage.sources.all()}
    say_list(
        hooks,
        as_json=as_json,
        to_json=lambda one: _json(one, sources[one.source_id], config),
        to_row=lambda one: _row(one, sources[one.source_id], config),
        none="No hooks yet: `newsbot hook add NAME` adds one.",
    )


def _json(hook: "Hook", source: "Source", config: "Config") -> dict[str, Any]:
    return {
        "name": hook.name,
        "kind": hook.kind.value,
        "source": hook.source_id,
        "url": _address(config, hook.name),
        "category": source.category,
        "breaking": source.breaking,
        "paused": source.paused,
        "last_call": rfc3339_or_none(hook.called_at),
        "last_refused": rfc3339_or_none(hook.failed_at),
        "last_error": hook.last_error,
        "calls": hook.calls,
        "refused": hook.refused,
        **asdict(hook.counts),
    }


def _row(hook: "Hook", source: "Source", config: "Config") -> tuple[str, ...]:
    return hook.name, hook.kind.value, source.category or "-", _address(config, hook.name), describe(hook, source)


def describe(hook: "Hook", source: "Source") -> str:
    """Returns what became of the calls of a hook, as one line."""
    doing = "no call yet"
    if hook.called_at is not None:
        counts = hook.counts
        doing = (
            f"{counted(hook.calls, 'call')}, the last {rfc3339(hook.called_at)}: {counts.stored} stored,"
            f" {counts.changed} changed, {counts.withdrawn} withdrawn, {counts.unchanged} unchanged"
        )
    if hook.failed_at is not None:
        doing = f"{doing}; {hook.refused} refused, the last {rfc3339(hook.failed_at)}: {hook.last_error}"
    return f"paused, {doing}" if source.paused else doing


@hook.command()
@NAME
@click.option("--at-once", is_flag=True, help="The former secret is no longer valid, since others may know it.")
@json_option
def rotate(name: str, at_once: bool, as_json: bool) -> None:
    """Make a new secret. The former one stays valid for a day, so that no call is lost meanwhile."""
    run_command(_rotate(name, at_once, as_json))


async def _rotate(name: str, at_once: bool, as_json: bool) -> None:
    from storage.records import AuditAction

    secret, now = _new_secret(), datetime.now(UTC)
    former_until = now if at_once else now + FORMER_VALID
    async with opened_storage() as (storage, _):
        found = await storage.hooks.find(name)
        if found is None or not await storage.hooks.replace_secret(name, secret, former_until=former_until):
            raise _no_hook(name)
        await _note(storage, AuditAction.SOURCE_EDIT, found.source_id, "new secret")
    if as_json:
        say_json({"name": name, "secret": secret, "former_valid_until": rfc3339_or_none(former_until)})
        return
    say(f"Secret: {secret}")
    say(_NEVER_SHOWN_AGAIN.format(name=name))
    say(
        "The former secret is valid no more."
        if at_once
        else f"The former secret is valid until {rfc3339(former_until)}."
    )


@hook.command()
@NAME
def remove(name: str) -> None:
    """Stop taking calls at this address. The articles that came stay."""
    run_command(_remove(name))


async def _remove(name: str) -> None:
    from bot import editing
    from storage.records import AuditAction

    async with opened_storage() as (storage, _):
        found = await storage.hooks.find(name)
        source = await storage.sources.get(found.source_id) if found is not None else None
        if source is None or not await storage.sources.remove(source.id):
            raise _no_hook(name)
        await editing.note_source(storage, AuditAction.SOURCE_REMOVE, source, by=actor(), now=datetime.now(UTC))
    say(f"Hook {name} removed; its articles stay.")


async def _note(storage: "Storage", action: "AuditAction", source_id: int, detail: str) -> None:
    """Note what was done to a hook."""
    from bot import editing

    source = await storage.sources.get(source_id)
    if source is not None:
        await editing.note_source(storage, action, source, by=actor(), now=datetime.now(UTC), detail=detail)


def _no_hook(name: str) -> Failed:
    return Failed(f"hook {name}: there is none of that name; `newsbot hook list` shows them")
