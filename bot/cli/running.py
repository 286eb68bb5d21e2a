"""`newsbot run`, `newsbot demo` and `newsbot simulator`: what goes on until it is stopped."""

import asyncio

import click

from bot import logs
from bot.locale.interface_languages import INTERFACE_LANGUAGES

log = logs.get_logger("bot")


@click.command()
def run() -> None:
    """Run the bot until Ctrl-C or SIGTERM ends it. It answers readers, reads sources and pushes what is new."""
    from bot import app
    from bot.config import TALK, load, role_problems, unknown_settings, webhook_problems
    from bot.errors import BadSetting
    from storage import password_of

    config = load()
    if not config.token and TALK in config.roles:
        raise BadSetting(
            "NEWSBOT_TOKEN: not set; expected the token that @BotFather gives, in the environment or in .env"
            " (`newsbot demo` needs none)"
        )
    if problems := webhook_problems(config) + role_problems(config):
        raise BadSetting("\n".join(problems))
    logs.configure(config.log_level, json=config.log_json, secrets=[config.token, password_of(config.database)])
    for name in unknown_settings():
        log.warning("unknown_setting", name=name)
    asyncio.run(app.run(config))


_port = click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 takes any free one."
)


@click.command()
@_port
@click.option(
    "--language",
    type=click.Choice(list(INTERFACE_LANGUAGES)),
    help="Of the page, the reader and the administrator.  [default: that of the browser]",
)
@click.option("--no-browser", is_flag=True, help="Don't open the page in a browser.")
def demo(port: int, language: str | None, no_browser: bool) -> None:
    """Try everything on a web page, without a Telegram account. Nothing is saved when you stop it."""
    from bot.demo import run_demo

    asyncio.run(run_demo(port=port, language=language, open_browser=not no_browser))


@click.command()
@_port
@click.option(
    "--language",
    default="en",
    show_default=True,
    type=click.Choice(list(INTERFACE_LANGUAGES)),
    help="That you speak.",
)
def simulator(port: int, language: str) -> None:
    """Simulate Telegram for a bot of your own.

    `newsbot run` then works with your sources and without an account. The settings that connect it are printed.
    """
    from bot.stand_in import run_stand_in

    asyncio.run(run_stand_in(port=port, language=language))
