"""What `newsbot check` says about the HTTP server: does it answer on this machine, and from outside?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from bot.cli.finding import Finding

if TYPE_CHECKING:
    from bot.config import Config

SECONDS: Final = 5.0  # for an answer
SERVER: Final = "server"
HEALTH: Final = "/healthz"


async def web_findings(config: "Config", *, is_running: bool) -> AsyncIterator[Finding]:
    """Ask the server of a running bot. `is_running`: whether a bot runs, without which there is no server."""
    if config.web is None:
        if config.public_url:
            text = "set, and NEWSBOT_WEB is not: there is no server at that address; set both, or neither"
            yield Finding("NEWSBOT_PUBLIC_URL", False, text)
        return
    if not is_running:
        yield Finding(SERVER, True, f"{config.web}; it answers when the bot runs")
        return
    local = f"http://{config.web}"
    reason = await _reason(local)
    if reason is None:
        yield Finding(SERVER, True, f"it answers at {local}")
    else:
        text = f"{local} does not answer ({reason}); the bot that runs has other settings, so start it again"
        yield Finding(SERVER, False, text)
    if config.public_url:
        reason = await _reason(config.public_url)
        if reason is None:
            text = f"it answers at {config.public_url}"
            if is_open(config.public_url):
                text += (
                    ", without TLS: secrets and sessions can be read on the way; expected https:// (docs/running.md)"
                )
            yield Finding("NEWSBOT_PUBLIC_URL", True, text)
        else:
            text = f"{config.public_url} does not lead to the bot ({reason}); check DNS, the proxy, its certificate"
            yield Finding("NEWSBOT_PUBLIC_URL", False, text)


def is_open(url: str) -> bool:
    """Returns whether requests to that address leave this machine without TLS."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    with suppress(ValueError):  # a name
        return parts.scheme == "http" and not ip_address(host).is_loopback
    return parts.scheme == "http" and host != "localhost"


async def _reason(url: str) -> str | None:
    """Returns why a server is not ours, or None if it is."""
    import aiohttp

    try:
        async with (
            asyncio.timeout(SECONDS),
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client,
            client.get(f"{url}{HEALTH}", allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                return f"status {answer.status}"
            return None if (await answer.content.read(100)).strip() == b'{"ok": true}' else "another program answers"
    except TimeoutError:
        return "no answer in time"
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return " ".join(str(error).split())[:200] or type(error).__name__
