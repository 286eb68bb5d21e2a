"""`newsbot links`: the deep links that let a reader follow a category or a source with one press."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from bot.cli.bot_account import own_account
from bot.cli.context import read_storage, run_command
from bot.cli.output import columns, say, say_json
from bot.cli.params import json_option

if TYPE_CHECKING:
    from bot.messages.deep_links import Start
    from storage import Storage


@dataclass(frozen=True, slots=True)
class _Followed:
    kind: str  # "category" or "source"
    name: str
    start: "Start"


@click.command()
@json_option
def links(as_json: bool) -> None:
    """Show the links that follow a category or a public source. They are for a website's "get this on Telegram".

    The link opens the bot. With ?startgroup= in the place of ?start=, it adds the bot to a group, which then follows
    the same.
    """
    run_command(_links(as_json))


async def _links(as_json: bool) -> None:
    from bot.messages.deep_links import start_link

    async with read_storage() as (storage, config):
        listed = [*await _categories(storage), *await _sources(storage)]
        known = await storage.bot_accounts.get()
        username = (known or await own_account(config)).username if listed else ""
    rows = [(one.kind, one.name, str(one.start), start_link(username, one.start)) for one in listed]
    if as_json:
        say_json([dict(zip(("kind", "name", "start", "link"), row, strict=True)) for row in rows])
        return
    if not rows:
        say("There is no category and no public source yet; `newsbot source add URL` adds a source.")
    for line in columns((kind, name, link) for kind, name, _, link in rows):
        say(line)


async def _categories(storage: "Storage") -> Iterator[_Followed]:
    from bot.messages.deep_links import Start, Target

    named = {one.id: one.name for _, one in await storage.categories.names()}
    ordered = sorted(named.items(), key=lambda one: (one[1].casefold(), one[0]))
    return (_Followed("category", name, Start(Target.FOLLOW_CATEGORY, number)) for number, name in ordered)


async def _sources(storage: "Storage") -> Iterator[_Followed]:
    from bot.messages.deep_links import Start, Target

    return (
        _Followed("source", one.shown_name, Start(Target.FOLLOW_SOURCE, one.id))
        for one in await storage.sources.all()
        if not one.private
    )
