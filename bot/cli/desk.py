"""`newsbot desk` and `newsbot audit`: what waits for an editor, and who did what."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from bot.cli.context import actor, opened_storage, read_storage, run_command
from bot.cli.errors import Failed
from bot.cli.output import say, say_json, say_list
from bot.cli.params import WAITING, TakesNumbers, json_option, limit_option
from bot.text.rfc3339 import rfc3339, rfc3339_or_none

if TYPE_CHECKING:
    from storage.records import AuditEntry, Decision, WaitingArticle


@click.group()
def desk() -> None:
    """See what waits for an editor, and decide."""


@desk.command("list")
@limit_option
@json_option
def list_(limit: int, as_json: bool) -> None:
    """List what waits, longest waiting first. A line has number, since when, when it goes out, source, title."""
    run_command(_list(limit, as_json))


async def _list(limit: int, as_json: bool) -> None:
    async with read_storage() as (storage, _):
        waiting = await storage.desk.page(limit=limit)
    none = "Nothing waits: `newsbot source desk ID` and `newsbot category desk NAME` let articles wait."
    say_list(waiting, as_json=as_json, to_json=waiting_json, to_row=_row, none=none)


def waiting_json(waiting: "WaitingArticle") -> dict[str, Any]:
    return {
        "id": waiting.id,
        "title": waiting.article.text.title,
        "source": waiting.source,
        "source_id": waiting.article.source_id,
        "categories": [one.name for one in waiting.article.categories],
        "url": waiting.article.text.url,
        "state": waiting.state.value,
        "needs_approval": waiting.needs_approval,
        "lane": waiting.lane.name.lower() if waiting.lane is not None else None,
        "arrived": rfc3339(waiting.arrived_at),
        "embargo": rfc3339_or_none(waiting.embargo_until),
        "due": rfc3339_or_none(waiting.due_at),
        "decided": rfc3339_or_none(waiting.decided_at),
        "decided_by": waiting.decided_by or None,
        "editor_note": waiting.article.editor_note or None,
        "revision": waiting.revision,
        "article": waiting.article_id,
    }


def _row(waiting: "WaitingArticle") -> tuple[str, ...]:
    out = f"out {waiting.due_at:%Y-%m-%d %H:%M:%S}" if waiting.due_at is not None else "needs approval"
    if waiting.due_at is not None and waiting.has_endless_embargo:
        out = "embargo without an end"
    return (
        str(waiting.id),
        f"{waiting.arrived_at:%Y-%m-%d %H:%M}",
        out,
        waiting.source or "-",
        waiting.article.text.title,
    )


@desk.command(cls=TakesNumbers)
@click.argument("desk_id", metavar="ID", type=WAITING)
@click.option("--breaking", is_flag=True, help="Send it as breaking news.")
@click.option("--send", is_flag=True, help="Send it as an alert, also if it would only be listed.")
@json_option
def approve(desk_id: int, breaking: bool, send: bool, as_json: bool) -> None:
    """Publish what waits under ID. If its publisher's embargo is not over, it goes out when the embargo ends."""
    if breaking and send:
        raise click.UsageError("--breaking and --send are two ways to send it; expected one of them")
    run_command(_approve(desk_id, breaking=breaking, send=send, as_json=as_json))


async def _approve(desk_id: int, *, breaking: bool, send: bool, as_json: bool) -> None:
    from bot import editing
    from storage.records import Lane

    lane = Lane.BREAKING if breaking else Lane.ALERT if send else None
    async with opened_storage() as (storage, _):
        decision = await editing.approve(storage, desk_id, by=actor(), now=datetime.now(UTC), lane=lane)
    _report(desk_id, decision, as_json=as_json)


@desk.command(cls=TakesNumbers)
@click.argument("desk_id", metavar="ID", type=WAITING)
@click.option(
    "--until",
    metavar="TIME",
    help="When it goes out: 18:30, 2h or 2026-12-01 08:00, in NEWSBOT_TIMEZONE.",
)
@json_option
def hold(desk_id: int, until: str | None, as_json: bool) -> None:
    """Approve what waits under ID for a later time. It then goes out by itself, if the bot runs.

    Without a time, it waits until an editor decides.
    """
    run_command(_hold(desk_id, as_json=as_json) if until is None else _hold_until(desk_id, until, as_json=as_json))


async def _hold(desk_id: int, *, as_json: bool) -> None:
    from storage.records import Decided, Decision, DeskState

    async with opened_storage() as (storage, _):
        waiting = await storage.desk.get(desk_id)
        if waiting is None:
            decision = Decision(Decided.GONE)
        elif waiting.state is not DeskState.WAITING:
            decision = Decision(Decided.CHANGED, waiting)
        elif waiting.due_at is None:
            decision = Decision(Decided.DONE, waiting)
        else:
            decision = await storage.desk.restore(
                desk_id, revision=waiting.revision, by=actor(), now=datetime.now(UTC)
            )
    _report(desk_id, decision, as_json=as_json)


async def _hold_until(desk_id: int, until: str, *, as_json: bool) -> None:
    from bot.text.moments import understood_moment

    now = datetime.now(UTC)
    async with opened_storage() as (storage, config):
        moment = understood_moment(until, now, config.timezone)
        if moment is None:
            raise click.BadParameter(
                f"{until!r} is no time to come; expected one like 18:30, 2h, tomorrow 8:00 or 2026-12-01 08:00",
                param_hint="--until",
            )
        decision = await storage.desk.hold(desk_id, revision=None, until=moment, by=actor(), now=now)
    _report(desk_id, decision, as_json=as_json)


@desk.command(cls=TakesNumbers)
@click.argument("desk_id", metavar="ID", type=WAITING)
@json_option
def kill(desk_id: int, as_json: bool) -> None:
    """Decide that what waits under ID is not published. `newsbot desk restore` undoes that."""
    run_command(_kill(desk_id, as_json=as_json))


async def _kill(desk_id: int, *, as_json: bool) -> None:
    async with opened_storage() as (storage, _):
        decision = await storage.desk.kill(desk_id, revision=None, by=actor(), now=datetime.now(UTC))
    _report(desk_id, decision, as_json=as_json)


@desk.command(cls=TakesNumbers)
@click.argument("desk_id", metavar="ID", type=WAITING)
@json_option
def restore(desk_id: int, as_json: bool) -> None:
    """Let ID wait for an editor again. It was killed, or has a time."""
    run_command(_restore(desk_id, as_json=as_json))


async def _restore(desk_id: int, *, as_json: bool) -> None:
    async with opened_storage() as (storage, _):
        decision = await storage.desk.restore(desk_id, revision=None, by=actor(), now=datetime.now(UTC))
    _report(desk_id, decision, as_json=as_json)


def _report(desk_id: int, decision: "Decision", *, as_json: bool) -> None:
    """Say what came of a decision. Raises Failed if nothing was done."""
    from storage.records import Decided, DeskState

    waiting = decision.waiting
    if waiting is None:
        raise Failed(f"desk {desk_id}: nothing waits under that number; `newsbot desk list` shows what does")
    if decision.decided is Decided.CHANGED:
        by = f" by {waiting.decided_by}" if waiting.decided_by else ""
        raise Failed(f"desk {desk_id}: it does not wait any more, it was {waiting.state.value}{by}")
    if decision.decided is Decided.NOT_YET:
        ends = f"ends later, at {rfc3339_or_none(waiting.embargo_until)}"
        ends = "has no end" if waiting.has_endless_embargo else ends
        raise Failed(f"desk {desk_id}: its publisher's embargo {ends}")
    if as_json:
        say_json(waiting_json(waiting))
        return
    title = waiting.article.text.title
    match waiting.state:
        case DeskState.PUBLISHED:
            say(f"Published as article {waiting.article_id}: {title}")
        case DeskState.DUPLICATE:
            say(f"Another source has published it already: {title}")
        case DeskState.KILLED:
            say(f"Killed: {title}")
        case _ if waiting.due_at is not None and waiting.has_endless_embargo:
            say(f"It goes out when its publisher lifts the embargo: {title}")
        case _ if waiting.due_at is not None:
            say(f"It goes out at {rfc3339(waiting.due_at)}, if the bot runs: {title}")
        case _:
            say(f"It waits for approval: {title}")


@click.command()
@limit_option
@click.option("--before", type=click.IntRange(1), metavar="ID", help="Only lines before this one.")
@json_option
def audit(limit: int, before: int | None, as_json: bool) -> None:
    """List who did what, the latest first. A line has number, when, who, from where, what, to what.

    Lines are kept for a year.
    """
    run_command(_audit(limit, before, as_json))


async def _audit(limit: int, before: int | None, as_json: bool) -> None:
    async with read_storage() as (storage, _):
        entries = await storage.audit.page(limit=limit, before=before)
    none = "Nobody did anything yet that is noted here."
    say_list(entries, as_json=as_json, to_json=audit_json, to_row=_audit_row, none=none)


def audit_json(entry: "AuditEntry") -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": rfc3339_or_none(entry.at),
        "action": entry.action.value,
        "origin": entry.actor.origin.value,
        "actor": entry.actor.name or None,
        "user_id": entry.actor.user_id,
        "subject": entry.subject.value,
        "subject_id": entry.subject_id,
        "name": entry.name or None,
        "detail": entry.detail or None,
    }


def _audit_row(entry: "AuditEntry") -> tuple[str, ...]:
    number = str(entry.subject_id) if entry.subject_id is not None else ""
    what = " ".join(part for part in (entry.subject.value, number, entry.name) if part)
    return (
        str(entry.id),
        f"{entry.at:%Y-%m-%d %H:%M}" if entry.at else "-",
        entry.actor.name or "-",
        entry.actor.origin.value,
        entry.action.value,
        f"{what} ({entry.detail})" if entry.detail else what,
    )
