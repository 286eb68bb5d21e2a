"""`newsbot dashboard`: the way in for whoever has no chat with the bot yet."""

from datetime import UTC, datetime

import click

from bot.cli.context import actor, opened_storage, run_command
from bot.cli.errors import Failed
from bot.cli.output import say


@click.group()
def dashboard() -> None:
    """Open the dashboard in a browser."""


@dashboard.command()
def link() -> None:
    """Print a link that opens the dashboard once. It works for 10 minutes, while the bot runs."""
    run_command(_link())


async def _link() -> None:
    from bot import logins
    from storage.records import Login

    async with opened_storage() as (storage, config):
        login = Login(user_id=None, name=actor().name, language=config.language, timezone=config.timezone.key)
        made = await logins.make_link(storage, config, login, now=datetime.now(UTC))
    if made is None:
        raise Failed("NEWSBOT_WEB: not set; the dashboard needs the HTTP server, at an address like 127.0.0.1:8081")
    say(made)
