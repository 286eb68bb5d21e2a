"""The page of settings: what the operator has set, with secrets masked, and what `newsbot check` says."""

import asyncio
import sys
from dataclasses import fields
from typing import Any, Final

from aiohttp import web

from bot.config import PREFIX, Config, DatabaseAddress, Secret, load, settings
from bot.errors import BadSetting
from bot.web.dashboard.view import PageRoute, View

CHECK_SECONDS: Final = 60.0
_WELL: Final = ("ok ", "All is well.")  # how a line of `newsbot check` begins that asks for nothing


async def show(view: View) -> web.Response:
    return _page(view, findings=None)


def _page(view: View, *, findings: list[tuple[bool, str]] | None, problem: str = "") -> web.Response:
    return view.show(
        "settings.html", rows=_rows(view), findings=findings, problem=problem, can_check=_can_check(view.parts.config)
    )


def _can_check(config: Config) -> bool:
    """Returns whether `newsbot check` would look at this bot: not in the demo, whose settings are
    in no environment.
    """
    try:
        return load() == config
    except BadSetting:
        return False


def _rows(view: View) -> list[tuple[str, str, bool, str, str]]:
    """Returns each setting: its name, its value, whether it is the default, the default, and what it means."""
    table, found = settings(), []
    for line in fields(view.parts.config):
        name = PREFIX + line.name.upper()
        value = getattr(view.parts.config, line.name)
        is_default = value == table[name].default_value
        found.append((name, _shown(value), is_default, table[name].shown, table[name].meaning))
    return found


def _shown(value: Any) -> str:
    if isinstance(value, Secret):
        return "***" if value else ""
    if isinstance(value, DatabaseAddress):
        return value.shown
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(getattr(value, "key", value))


async def check(view: View) -> web.Response:
    """Run `newsbot check` with the environment of the bot, and show what it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "check", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            said, _ = await process.communicate()
    except TimeoutError:
        return _page(view, findings=None, problem=view.voice.say("The check took too long. Run it on the server."))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return _page(view, findings=[(line.startswith(_WELL), line) for line in lines])


PAGES: Final = (
    PageRoute(name="settings", path="settings", run=show),
    PageRoute(name="settings_check", path="settings", run=check, method="POST", seconds=CHECK_SECONDS + 5),
)
