"""`newsbot category`: name sections, and say which are breaking news."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from bot.cli.context import actor, opened_storage, run_command
from bot.cli.errors import Failed
from bot.cli.output import say
from bot.cli.params import read_text

if TYPE_CHECKING:
    from storage import Storage
    from storage.records import AuditAction, CategoryName

_NEW: Final = "It is a new category: no article has named it yet."


@click.group()
def category() -> None:
    """Name sections, and say which are breaking news."""


@category.command()
@click.argument("alias", callback=read_text)
@click.argument("name", callback=read_text)
def alias(alias: str, name: str) -> None:
    """Give a category another name. ALIAS means NAME from then on, for readers and for new articles, and what stands
    under ALIAS moves over.
    """
    run_command(_alias(alias, name))


async def _alias(alias: str, name: str) -> None:
    from storage.records import AuditAction

    given, meant = _category(alias, "ALIAS"), _category(name)
    if given.normalized == meant.normalized:
        say(f"{given.name} and {meant.name} are one name already.")
        return
    async with opened_storage(create=True) as (storage, _):
        category = await storage.categories.set_alias(given, meant)
        await _note(storage, AuditAction.CATEGORY_ALIAS, category.name, f"also called {given.name}")
    say(f"{given.name} now means {category.name}.")


@category.command()
@click.argument("alias", callback=read_text)
def unalias(alias: str) -> None:
    """Let ALIAS no longer mean another category. What came under it stays where it is."""
    run_command(_unalias(alias))


async def _unalias(alias: str) -> None:
    from storage.records import AuditAction

    given = _category(alias, "ALIAS")
    async with opened_storage() as (storage, _):
        category = await storage.categories.remove_alias(given)
        if category is None:
            raise Failed(f"ALIAS {alias!r}: no category has this other name; `newsbot category alias` gives one")
        await _note(storage, AuditAction.CATEGORY_UNALIAS, category.name, f"no longer called {given.name}")
    say(f"{given.name} no longer means {category.name}. An article that names it makes a category of it.")


@category.command()
@click.argument("name", callback=read_text)
@click.option("--off", is_flag=True, help="Ordinary news from now on.")
def breaking(name: str, off: bool) -> None:
    """Push new articles of a category as breaking news."""
    run_command(_breaking(name, not off))


async def _breaking(name: str, on: bool) -> None:
    from storage.records import AuditAction

    meant = _category(name)
    async with opened_storage(create=True) as (storage, _):
        known = await storage.categories.find(meant.normalized)
        category = await storage.categories.set_breaking(meant, on)
        await _note(storage, AuditAction.CATEGORY_BREAKING, category.name, "on" if on else "off")
    say(f"What is published in {category.name} from now on is {'breaking' if on else 'ordinary'} news.")
    if known is None:
        say(_NEW)


@category.command()
@click.argument("name", callback=read_text)
@click.option("--off", is_flag=True, help="It is published at once again; what waits already goes on waiting.")
def desk(name: str, off: bool) -> None:
    """Let new articles of a category wait for an editor's approval."""
    run_command(_desk(name, not off))


async def _desk(name: str, on: bool) -> None:
    from storage.records import AuditAction

    meant = _category(name)
    async with opened_storage(create=True) as (storage, _):
        known = await storage.categories.find(meant.normalized)
        category = await storage.categories.set_desk(meant, on)
        await _note(storage, AuditAction.CATEGORY_DESK, category.name, "on" if on else "off")
    what = "waits for approval: `newsbot desk list` shows it" if on else "is published at once"
    say(f"What is published in {category.name} from now on {what}.")
    if known is None:
        say(_NEW)


def _category(name: str, of: str = "NAME") -> "CategoryName":
    from bot.ingest.prepare import category_name

    meant = category_name(name)
    if meant is None:
        raise click.BadParameter("expected a name with at least one letter or digit", param_hint=of)
    return meant


async def _note(storage: "Storage", action: "AuditAction", name: str, detail: str) -> None:
    from bot import editing

    await editing.note_category(storage, action, name, by=actor(), now=datetime.now(UTC), detail=detail)
