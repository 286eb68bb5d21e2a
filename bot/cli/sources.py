"""`newsbot source` and `newsbot refresh`."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from bot.cli import source_lists
from bot.cli.bot_account import telegram_bot
from bot.cli.context import actor, ingest_without_database, opened_ingest, opened_storage, read_storage, run_command
from bot.cli.errors import FAILED, Failed
from bot.cli.output import columns, complain, counted, say, say_json, say_list
from bot.cli.params import SOURCE, TakesNumbers, interval, json_option, read_category, read_interval
from bot.text.rfc3339 import rfc3339, rfc3339_or_none

if TYPE_CHECKING:
    from bot.channels import Channel
    from bot.config import Config
    from bot.ingest.discovery import SourcePreview
    from bot.ingest.draft import Draft
    from storage import Storage
    from storage.records import AuditAction, HubSubscription, Source

SHOWN: Final = 10  # of what a source holds, in `source check`
SHOWN_IN_FULL: Final = 3  # of these, with `--full-text`: pages are read one by one


@click.group()
def source() -> None:
    """Choose where articles come from."""


source.add_command(source_lists.import_)
source.add_command(source_lists.export)


@source.command()
@click.argument("url")
@click.option("--category", metavar="C", callback=read_category, help="The section of articles that bring none.")
@click.option(
    "--every", metavar="5m", callback=read_interval, help="How often it is read; else NEWSBOT_REFRESH_SECONDS."
)
@click.option("--breaking/--no-breaking", default=None, help="Whether what it publishes is breaking news.")
@click.option(
    "--full-text/--no-full-text",
    default=None,
    help="Whether the article pages are read, of a feed that carries only excerpts.",
)
@click.option(
    "--teaser/--no-teaser",
    default=None,
    help="Whether readers see only a summary and the link, as you promised the publisher.",
)
@click.option("--desk/--no-desk", default=None, help="Whether what it publishes waits for an editor's approval.")
def add(url: str, **given: Any) -> None:
    """Read the feed, page or folder at URL from now on. What it holds now is stored, and not pushed.

    URL may also be a channel of Telegram, like @name or https://t.me/name, of which the bot is an administrator. Its
    posts become articles while the bot runs.
    """
    run_command(_add(url, **given))


async def _add(
    url: str,
    *,
    category: str | None,
    every: int | None,
    breaking: bool | None,
    full_text: bool | None,
    teaser: bool | None,
    desk: bool | None,
) -> None:
    from bot import editing
    from bot.ingest.discovery import preview_source
    from storage.records import AuditAction

    async with opened_ingest(create=True) as (storage, ingest):
        channel = await _channel_at(url, ingest.config)
        checked = channel.preview() if channel is not None else await preview_source(ingest, url)
        source, is_new = await storage.sources.add(
            checked.url,
            checked.kind,
            now=ingest.now(),
            category=category,
            every_seconds=every,
            title=checked.title,
            breaking=breaking,
            full_text=full_text,
            teaser=teaser,
            desk=desk,
        )
        action = AuditAction.SOURCE_ADD if is_new else AuditAction.SOURCE_EDIT
        await editing.note_source(storage, action, source, by=actor(), now=ingest.now())
        folded = await storage.deliveries.fold_opened(source.id, now=ingest.now()) if teaser and not is_new else 0
        if channel is not None and (visit := channel.membership(source, ingest.now())) is not None:
            await storage.sources.record_visits(visit)
    did = "added" if is_new else "was there already, and has the new settings"
    holds = f", with {counted(len(checked.drafts), 'article')} now" if channel is None else ""
    say(f"Source {source.id} {did}: {_named(checked, url)}{holds}.")
    _say_other_feeds(checked)
    if teaser and not is_new:
        say(_told_of_folded(folded))
    if channel is not None:
        say(_told_of_channel(channel))
    elif is_new:
        say("These are stored and not pushed; what it publishes from then on is.")


async def _channel_at(url: str, config: "Config") -> "Channel | None":
    """Returns the channel of Telegram that an address means, or None if it means something else. Raises Failed."""
    from bot.channels import channel_in, find_channel

    wanted = channel_in(url)
    if wanted is None:
        return None
    async with telegram_bot(config) as bot:
        await bot.get_me()
        channel = await find_channel(bot, wanted)
    if channel is None:
        raise Failed(
            f"{url}: there is no such channel, or it is private and the bot is no administrator there; expected a"
            " channel like @name, or add the bot to the channel first"
        )
    return channel


def _told_of_channel(channel: "Channel") -> str:
    if channel.is_administrator:
        return "The bot is an administrator of the channel: what it posts from now on is pushed while the bot runs."
    return "The bot is no administrator of the channel yet. Make it one there; until then it sees no posts."


def _named(checked: "SourcePreview", typed: str) -> str:
    from storage.records import hide_password

    shown = hide_password(checked.url)
    found = f"{shown} (found at {hide_password(typed)})" if checked.url != typed else shown
    return f"{checked.kind} {checked.title!r}, {found}" if checked.title else f"{checked.kind} {found}"


def _say_other_feeds(checked: "SourcePreview") -> None:
    from storage.records import hide_password

    if checked.other_feeds:
        say("The page also links to other feeds. Each can be a source by its own address:")
    for address in checked.other_feeds:
        say(f"  {hide_password(address)}")


@source.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the sources, and how each is doing."""
    run_command(_list(as_json))


async def _list(as_json: bool) -> None:
    async with read_storage() as (storage, config):
        sources = await storage.sources.all()
        hubs = {one.source_id: one for one in await storage.hub_subscriptions.all()}
    now = datetime.now(UTC)
    say_list(
        sources,
        as_json=as_json,
        to_json=lambda source: source_json(source, config, now) | {"hub": _hub_json(hubs.get(source.id), source)},
        to_row=lambda source: _row(source, config, now),
        none="No sources yet: `newsbot source add URL` adds one.",
    )


def source_json(source: "Source", config: "Config", now: datetime) -> dict[str, Any]:
    from bot.ingest import rhythm

    published = rhythm.articles_per_day(source, now)
    return {
        "id": source.id,
        "url": source.url,
        "kind": source.kind.value,
        "title": source.title,
        "category": source.category,
        "every_seconds": source.every_seconds,
        "interval_seconds": None if source.kind.is_pushed else round(_interval(source, config, now)),
        "articles_a_day": round(published, 1) if published is not None else None,
        "breaking": source.breaking,
        "full_text": source.full_text,
        "teaser": source.teaser,
        "desk": source.desk,
        "due": None if source.kind.is_pushed else rfc3339(source.due_at),
        "refreshed": rfc3339_or_none(source.refreshed_at),
        "answer_seconds": source.answer_seconds,
        "failures": source.failures,
        "last_error": source.last_error,
        "problem": source.problem.value if source.problem else None,
        "private": source.private,
        "paused": source.paused,
        "dropped": source.dropped,
        "drop_reasons": list(source.drop_reasons),
    }


def _hub_json(hub: "HubSubscription | None", source: "Source") -> dict[str, Any] | None:
    """Returns the hub that sends what a feed publishes, or None."""
    if hub is None:
        return None
    return {
        "url": hub.hub,
        "topic": hub.topic,
        "state": source.hub.value if source.hub else None,
        "lease_until": rfc3339_or_none(hub.lease_until),
        "last_told": rfc3339_or_none(hub.told_at),
        "deliveries": hub.deliveries,
        "last_error": hub.last_error,
    }


def _row(source: "Source", config: "Config", now: datetime) -> tuple[str, ...]:
    from bot.ingest import rhythm

    doing = f"failed {counted(source.failures, 'time')}: {source.last_error}" if source.failures else "ok"
    if source.refreshed_at is None and not source.failures:
        doing = "nothing came yet" if source.kind.is_pushed else "not read yet"
    if source.dropped:
        doing = f"{doing}, {counted(source.dropped, 'item')} dropped: {source.drop_reasons[0]}"
    if source.is_slow and not source.failures:
        doing = f"{doing}, slow: answers after {source.answer_seconds:.0f} s"
    published = rhythm.articles_per_day(source, now)
    doing = f"{doing}, about {published:.2g} a day" if published is not None else doing
    doing = f"hub {source.hub}, {doing}" if source.hub else doing
    doing = f"paused, {doing}" if source.paused else doing
    doing = f"full text, {doing}" if source.full_text else doing
    doing = f"teaser, {doing}" if source.teaser else doing
    doing = f"desk, {doing}" if source.desk else doing
    doing = f"breaking, {doing}" if source.breaking else doing
    doing = f"private, {doing}" if source.private else doing
    every = "-" if source.kind.is_pushed else interval(round(_interval(source, config, now)))
    return str(source.id), source.kind.value, every, source.category or "-", source.shown_url, doing


def _interval(source: "Source", config: "Config", now: datetime) -> float:
    """Returns the seconds between two visits."""
    from bot.ingest import rhythm

    return rhythm.visit_interval(source, rhythm.Bounds.from_config(config), now).total_seconds()


@source.command(cls=TakesNumbers)
@click.argument("source_id", metavar="ID", type=SOURCE)
def remove(source_id: int) -> None:
    """Stop reading this source. Its articles stay."""
    run_command(_remove(source_id))


async def _remove(source_id: int) -> None:
    from storage.records import AuditAction

    async with opened_storage() as (storage, _):
        source = await storage.sources.get(source_id)
        if source is None or not await storage.sources.remove(source_id):
            raise _no_source(source_id)
        await _note(storage, AuditAction.SOURCE_REMOVE, source)
    say(f"Source {source_id} removed; its articles stay.")


async def _note(storage: "Storage", action: "AuditAction", source: "Source", detail: str = "") -> None:
    from bot import editing

    await editing.note_source(storage, action, source, by=actor(), now=datetime.now(UTC), detail=detail)


async def _switch(
    storage: "Storage",
    source_id: int,
    switch: "Callable[[int, bool], Awaitable[bool]]",
    action: "AuditAction",
    on: str,
) -> None:
    """Switch a setting of a source, and note who did. `on` ends with "on" or "off", and is what the audit log says.

    Raises Failed if there is no such source.
    """
    source = await storage.sources.get(source_id)
    if source is None or not await switch(source_id, on.endswith("on")):
        raise _no_source(source_id)
    await _note(storage, action, source, on)


def _no_source(source_id: int) -> Failed:
    return Failed(f"source {source_id}: there is none with that number; `newsbot source list` shows them")


@source.command(cls=TakesNumbers)
@click.argument("source_id", metavar="ID", type=SOURCE)
@click.option("--off", is_flag=True, help="Ordinary news from now on.")
def breaking(source_id: int, off: bool) -> None:
    """Push what this source publishes from now on as breaking news."""
    run_command(_breaking(source_id, not off))


async def _breaking(source_id: int, on: bool) -> None:
    from storage.records import AuditAction

    async with opened_storage() as (storage, _):
        detail = f"breaking {_on(on)}"
        await _switch(storage, source_id, storage.sources.set_breaking, AuditAction.SOURCE_EDIT, detail)
    say(f"What source {source_id} publishes from now on is {'breaking' if on else 'ordinary'} news.")


@source.command("full-text", cls=TakesNumbers)
@click.argument("source_id", metavar="ID", type=SOURCE)
@click.option("--off", is_flag=True, help="Only what the feed carries, from now on.")
def full_text(source_id: int, off: bool) -> None:
    """Read the pages of this feed's new articles, not only excerpts."""
    run_command(_full_text(source_id, not off))


async def _full_text(source_id: int, on: bool) -> None:
    from storage.records import AuditAction

    async with opened_storage() as (storage, _):
        detail = f"full text {_on(on)}"
        await _switch(storage, source_id, storage.sources.set_full_text, AuditAction.SOURCE_EDIT, detail)
    what = "with the text of its article pages" if on else "as its feed carries it"
    say(f"What source {source_id} publishes from now on is stored {what}.")


@source.command(cls=TakesNumbers)
@click.argument("source_id", metavar="ID", type=SOURCE)
@click.option("--off", is_flag=True, help="Readers may see the full text again.")
def teaser(source_id: int, off: bool) -> None:
    """Show only a summary and the link of this source's articles."""
    run_command(_teaser(source_id, not off))


async def _teaser(source_id: int, on: bool) -> None:
    from storage.records import AuditAction

    async with opened_storage() as (storage, _):
        await _switch(storage, source_id, storage.sources.set_teaser, AuditAction.SOURCE_TEASER, _on(on))
        folded = await storage.deliveries.fold_opened(source_id, now=datetime.now(UTC)) if on else 0
    what = "a summary and the link" if on else "the full text"
    say(f"Readers see {what} of each article of source {source_id}.")
    if on:
        say(_told_of_folded(folded))


def _told_of_folded(messages: int) -> str:
    if not messages:
        return "No message that was sent shows the full text."
    return f"{counted(messages, 'message')} that readers opened: the running bot takes the full text out of them."


@source.command(cls=TakesNumbers)
@click.argument("source_id", metavar="ID", type=SOURCE)
@click.option("--off", is_flag=True, help="It is published at once again; what waits already goes on waiting.")
def desk(source_id: int, off: bool) -> None:
    """Let new articles of this source wait for an editor's approval."""
    run_command(_desk(source_id, not off))


async def _desk(source_id: int, on: bool) -> None:
    from storage.records import AuditAction

    async with opened_storage() as (storage, _):
        await _switch(storage, source_id, storage.sources.set_desk, AuditAction.SOURCE_DESK, _on(on))
    what = "waits for approval: `newsbot desk list` shows it" if on else "is published at once"
    say(f"What source {source_id} publishes from now on {what}.")


def _on(on: bool) -> str:
    return "on" if on else "off"


@source.command()
@click.argument("url")
@click.option("--full-text", is_flag=True, help=f"With the article pages behind the first {SHOWN_IN_FULL}.")
@click.option("--json", "as_json", is_flag=True, help="All that was read, as JSON.")
def check(url: str, full_text: bool, as_json: bool) -> None:
    """Show what would be read at URL. Stores nothing in the list of sources or articles."""
    run_command(_check(url, full_text, as_json))


async def _check(url: str, full_text: bool, as_json: bool) -> None:
    from bot.ingest.discovery import add_full_texts, preview_source

    async with ingest_without_database() as ingest:
        channel = await _channel_at(url, ingest.config)
        checked = channel.preview() if channel is not None else await preview_source(ingest, url)
        if full_text:
            checked = await add_full_texts(ingest, checked, first=SHOWN_IN_FULL)
    if as_json:
        say_json(_checked_json(checked))
        return
    if channel is not None:
        say(f"{_named(checked, url)}: {_told_of_channel(channel)}")
        return
    dropped = f", {counted(len(checked.problems), 'item')} dropped" if checked.problems else ""
    say(f"{_named(checked, url)}: {counted(len(checked.drafts), 'article')}{dropped}")
    for line in columns(_draft_row(draft) for draft in checked.drafts[:SHOWN]):
        say(f"  {line}")
    if len(checked.drafts) > SHOWN:
        say(f"  and {len(checked.drafts) - SHOWN} more")
    _say_other_feeds(checked)
    for problem in checked.problems:
        complain(problem)


def _checked_json(checked: "SourcePreview") -> dict[str, Any]:
    return {
        "url": checked.url,
        "kind": checked.kind.value,
        "title": checked.title,
        "dropped": len(checked.problems),
        "drop_reasons": list(checked.problems),
        "articles": [
            {
                "title": draft.title,
                "url": draft.url,
                "guid": draft.guid,
                "published": draft.published.isoformat() if draft.published else None,
                "category": draft.category,
                "categories": list(draft.categories),
                "image_url": draft.image_url,
                "words": len(draft.body.split()),
            }
            for draft in checked.drafts
        ],
    }


def _draft_row(draft: "Draft") -> tuple[str, ...]:
    published = draft.published.isoformat()[:16].replace("T", " ") if draft.published else "no date"
    return published, draft.category or "-", counted(len(draft.body.split()), "word"), draft.title


@click.command()
def refresh() -> int:
    """Read all sources whose time has come, once. Exit status 1 if any failed."""
    return run_command(_refresh())


async def _refresh() -> int:
    async with opened_ingest() as (storage, ingest):
        rounds = await ingest.refresh_due()
        sources = await storage.sources.all()
    for one in sorted(rounds, key=lambda one: one.source.id):
        for problem in one.problems:
            complain(f"source {one.source.id}: {problem}")
        if one.error:
            complain(f"source {one.source.id}: {one.error}")
        else:
            on_desk = f", {one.held} on the desk" if one.held else ""
            say(f"{one.source.shown_url}: {one.added} added ({one.pushed} to push), {one.changed} changed{on_desk}")
    if not rounds:
        say(_nothing_due(sources))
    return FAILED if any(one.error for one in rounds) else 0


def _nothing_due(sources: "Sequence[Source]") -> str:
    if not sources:
        return "No sources yet: `newsbot source add URL` adds one."
    due = min((source.due_at for source in sources if not source.kind.is_pushed), default=None)
    return f"No source is due; the next one is at {rfc3339(due)}." if due else "No source is visited."
