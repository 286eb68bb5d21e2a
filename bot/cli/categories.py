"""`newsbot category`: name sections, and say which are breaking news."""

import click

from bot.cli.context import opened_storage, run_command
from bot.cli.output import say
from bot.cli.params import read_text


@click.group()
def category() -> None:
    """Name sections, and say which are breaking news."""


@category.command()
@click.argument("alias", callback=read_text)
@click.argument("name", callback=read_text)
def alias(alias: str, name: str) -> None:
    """Let ALIAS mean the category NAME, for readers and for articles to come; what stands under ALIAS moves over."""
    run_command(_alias(alias, name))


async def _alias(alias: str, name: str) -> None:
    from bot.ingest.prepare import category_name

    given, meant = category_name(alias), category_name(name)
    for typed, read in (("ALIAS", given), ("NAME", meant)):
        if read is None:
            raise click.BadParameter("expected a name with at least one letter or digit", param_hint=typed)
    assert given is not None
    assert meant is not None
    if given.normalized == meant.normalized:
        say(f"{given.name} and {meant.name} are one name already.")
        return
    async with opened_storage(create=True) as (storage, _):
        category = await storage.categories.set_alias(given, meant)
    say(f"{given.name} now means {category.name}.")


@category.command()
@click.argument("name", callback=read_text)
@click.option("--off", is_flag=True, help="Ordinary news from now on.")
def breaking(name: str, off: bool) -> None:
    """Push what is published in the category NAME from now on as breaking news."""
    run_command(_breaking(name, not off))


async def _breaking(name: str, on: bool) -> None:
    from bot.ingest.prepare import category_name

    meant = category_name(name)
    if meant is None:
        raise click.BadParameter("expected a name with at least one letter or digit", param_hint="NAME")
    async with opened_storage(create=True) as (storage, _):
        known = await storage.categories.find(meant.normalized)
        category = await storage.categories.set_breaking(meant, on)
    say(f"What is published in {category.name} from now on is {'breaking' if on else 'ordinary'} news.")
    if known is None:
        say("It is a new category: no article has named it yet.")
