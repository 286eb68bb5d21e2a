"""The command line: what an operator types. `main` is the `newsbot` command.

The modules here import only click and the standard library at their top, and what a command needs inside it, so that
`newsbot --help` answers at once.
"""

import click

from bot.cli import (
    articles,
    backup,
    bot_account,
    categories,
    chats,
    dashboard,
    databases,
    deliveries,
    desk,
    feeds,
    health,
    hooks,
    importing,
    links,
    running,
    sources,
    stories,
    why,
)
from bot.cli.errors import run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="newsbot", message="%(prog)s %(version)s")
def newsbot() -> None:
    """A Telegram news bot: sources in, alerts and answers out.

    Settings come from NEWSBOT_… variables or a .env file; `newsbot check` reports what is set up correctly.
    """


for _command in (
    running.demo,
    running.run,
    running.simulator,
    importing.import_,
    sources.source,
    sources.refresh,
    hooks.hook,
    chats.chats,
    articles.articles,
    categories.category,
    links.links,
    feeds.feeds,
    articles.retract,
    desk.desk,
    desk.audit,
    why.why,
    stories.story,
    deliveries.deliveries,
    dashboard.dashboard,
    backup.backup,
    databases.database,
    bot_account.replace_bot,
    health.stats,
    health.check,
):
    newsbot.add_command(_command)


def main() -> None:
    """Run the command that was typed, and exit with its status."""
    run(newsbot)
