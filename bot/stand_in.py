"""`newsbot simulator`: a simulated Telegram for a bot of one's own, and the chats to try it in."""

import asyncio
import errno
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import click

from bot.app import stopped_by_signals
from bot.errors import PortTaken
from bot.sim import Limits, Simulator

READER: Final = "Sam"
ADMINISTRATOR: Final = "Nour (admin)"
GROUP: Final = "A group"
TOPIC: Final = "A topic"
CHANNEL: Final = "A channel"


async def run_stand_in(*, port: int, language: str) -> None:
    """Run a simulated Telegram until SIGINT or SIGTERM, and print the settings that connect a bot to it.

    A reader and an administrator of the bot have a private chat with it each. The bot is not in the group and the
    channel yet, and the administrator may add it. All of them speak `language`.

    Raises PortTaken if the port can't be used.
    """
    stop = asyncio.Event()
    with stopped_by_signals(stop):
        async with simulated_telegram(port) as sim:
            sim.count_from(int(time.time()))
            administrator = _people(sim, language)
            click.echo(f"A simulated Telegram is at {sim.url} (Ctrl-C ends it)")
            click.echo("Settings that connect a bot to it:")
            click.echo(f"NEWSBOT_API_URL={sim.url}\nNEWSBOT_TOKEN={sim.token}\nNEWSBOT_ADMINS={administrator}")
            await stop.wait()


def _people(sim: Simulator, language: str) -> int:
    """Make the chats of the page. Returns the number of the administrator."""
    reader, administrator = sim.person(READER, language), sim.person(ADMINISTRATOR, language)
    group = sim.group(GROUP, admins=[administrator], topics=[TOPIC])
    group.members = {reader.id: "member", administrator.id: "creator"}
    channel = sim.channel(CHANNEL)
    channel.members = {administrator.id: "creator"}
    for person in (reader, administrator):
        sim.list_on_page(sim.private(person), person)
    for chat in (group, channel):
        sim.list_on_page(chat, administrator)
    return administrator.id


@asynccontextmanager
async def simulated_telegram(port: int) -> AsyncIterator[Simulator]:
    """Raises PortTaken if the port can't be used."""
    try:
        async with Simulator(limits=Limits(), port=port, fetches_private=True) as sim:
            yield sim
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        reason = "another program uses it" if error.errno == errno.EADDRINUSE else "it needs more rights"
        raise PortTaken(
            f"--port {port}: {reason}; expected a free port, like --port 8081, or --port 0 for any"
        ) from None
