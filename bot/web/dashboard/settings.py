"""The page of settings: what the operator has set, with secrets masked, and what `newsbot check` says."""

import asyncio
import re
import sys
from dataclasses import fields
from typing import Any, Final

from aiohttp import web
from markupsafe import Markup, escape

from bot.config import PREFIX, Config, DatabaseAddress, Secret, load, settings
from bot.errors import BadSetting
from bot.finding import Finding
from bot.text.html import clean_inline
from bot.web.dashboard.view import PageRoute, View

CHECK_SECONDS: Final = 60.0
# What is typed or named: in backticks, or a setting, or somebody at Telegram, or a moment.
_TYPED: Final = re.compile(
    r"`([^`]+)`|(?<![A-Za-z_])NEWSBOT_[A-Z_]+|(?<![\w/])@[A-Za-z]\w+|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} UTC"
)
_SHORT: Final = 24  # characters of code that fit on a line of a small phone


async def show(view: View) -> web.Response:
    return _page(view)


def _page(view: View, *, findings: list[Finding] | None = None, problem: str = "", error: str = "") -> web.Response:
    """Returns the page. `problem` tells why there are no findings, and `error` is what the check wrote instead."""
    return view.show(
        "settings.html",
        rows=_rows(view),
        findings=findings,
        wrong=sum(not finding.ok for finding in findings or ()),
        problem=problem,
        error=error,
        can_check=_can_check(view.parts.config),
        with_code=with_code,
    )


def with_code(text: str) -> Markup:
    """Returns a text with what is typed in it as code, which runs from the left in each language."""
    shown, end = Markup(), 0
    for typed in _TYPED.finditer(text):
        code = clean_inline(typed[1] or typed[0])
        tag = Markup('<code dir="ltr"{}>').format(Markup(' class="short"') if len(code) <= _SHORT else "")
        shown += escape(text[end : typed.start()]) + tag + code + Markup("</code>")
        end = typed.end()
    return shown + escape(text[end:])


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
        found.append((name, _shown(value), is_default, table[name].shown, view.voice.say(table[name].meaning)))
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
    """Run `newsbot check` with the environment of the bot, and show what it finds."""
    try:
        return _page(view, findings=await run_check(view.voice.language))
    except TimeoutError:
        return _page(view, problem=view.voice.say("The check took too long. Run it on the server."))
    except CheckFailed as error:
        problem = view.voice.say("The check failed. Run `newsbot check` on the server.")
        return _page(view, problem=problem, error=str(error))


class CheckFailed(Exception):
    """`newsbot check` ended without its findings. The text is what it wrote."""


async def run_check(language: str) -> list[Finding]:
    """Returns what is right and wrong, in a language. Raises CheckFailed, and TimeoutError."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "check", "--for-dashboard", language),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            said, complained = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise CheckFailed(complained.decode("utf-8", "replace").strip())
    return [Finding.of_json(line) for line in said.decode().splitlines()]


PAGES: Final = (
    PageRoute(name="settings", path="settings", run=show),
    PageRoute(name="settings_check", path="settings", run=check, method="POST", seconds=CHECK_SECONDS + 5),
)
