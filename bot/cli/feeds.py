"""`newsbot feeds`: the addresses of the feeds that the HTTP server offers to websites and other readers."""

import click

from bot.cli.context import read_storage, run_command
from bot.cli.output import columns, say, say_json
from bot.cli.params import json_option


@click.command()
@json_option
def feeds(as_json: bool) -> None:
    """Show the feeds that the HTTP server offers. There is one of all news, of each category and of each public
    source, for a website or another reader.

    The running bot answers at these addresses if NEWSBOT_WEB is set. Each is there as Atom and as JSON Feed.
    """
    run_command(_feeds(as_json))


async def _feeds(as_json: bool) -> None:
    from bot.web.feeds import FeedFormat, list_feeds

    async with read_storage() as (storage, config):
        listed = await list_feeds(storage)
    base = config.web_url
    if as_json:
        say_json(
            [
                {
                    "kind": feed.kind,
                    "name": feed.name,
                    "atom": base + feed.path(FeedFormat.ATOM),
                    "json": base + feed.path(FeedFormat.JSON),
                }
                for feed in listed
            ]
        )
        return
    if not base:
        say("NEWSBOT_WEB is not set, so nobody can read these; the addresses below are paths on that server.")
    for line in columns((feed.kind, feed.name or "all news", base + feed.path(FeedFormat.ATOM)) for feed in listed):
        say(line)
    say(f"With .json in the place of .atom, each is a JSON Feed; {base}/feeds/search.atom?q=WORDS is a search.")
