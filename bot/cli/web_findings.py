"""What `newsbot check` says about the HTTP server: does it answer on this machine, and from outside?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from bot.finding import Finding

if TYPE_CHECKING:
    from bot.config import Config
    from bot.locale import Voice

SECONDS: Final = 5.0  # for an answer
HEALTH: Final = "/healthz"


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why a server is not ours."""

    text: str
    error: str = ""  # in the words of a library


async def web_findings(config: "Config", *, is_running: bool, voice: "Voice") -> AsyncIterator[Finding]:
    """Ask the server of a running bot. `is_running`: whether a bot runs, without which there is no server."""
    if config.web is None:
        if config.public_url:
            text = voice.say("set, and NEWSBOT_WEB is not: there is no server at that address; set both, or neither")
            yield Finding("NEWSBOT_PUBLIC_URL", False, text)
        return
    server = voice.say("server")
    address = voice.embed(str(config.web))
    if not is_running:
        yield Finding(server, True, voice.say("{address}; it answers when the bot runs", address=address))
        return
    local = f"http://{config.web}"
    fault = await _fault(local, voice)
    url = voice.embed(local)
    if fault is None:
        yield Finding(server, True, voice.say("it answers at {url}", url=url))
    else:
        text = voice.say(
            "the bot does not answer at {url} ({reason}); the bot that runs has other settings, so start it again",
            url=url,
            reason=fault.text,
        )
        yield Finding(server, False, text, fault.error)
    if config.public_url:
        yield await _public(config.public_url, voice)


async def _public(public_url: str, voice: "Voice") -> Finding:
    fault = await _fault(public_url, voice)
    url = voice.embed(public_url)
    if fault is not None:
        text = voice.say(
            "{url} does not lead to the bot ({reason}); check DNS, the proxy, its certificate",
            url=url,
            reason=fault.text,
        )
        return Finding("NEWSBOT_PUBLIC_URL", False, text, fault.error)
    if is_open(public_url):
        text = voice.say(
            "it answers at {url}, without TLS: secrets and sessions can be read on the way; expected `https://`"
            " (`docs/running.md`)",
            url=url,
        )
        return Finding("NEWSBOT_PUBLIC_URL", True, text)
    return Finding("NEWSBOT_PUBLIC_URL", True, voice.say("it answers at {url}", url=url))


def is_open(url: str) -> bool:
    """Returns whether requests to that address leave this machine without TLS."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    with suppress(ValueError):  # a name
        return parts.scheme == "http" and not ip_address(host).is_loopback
    return parts.scheme == "http" and host != "localhost"


async def _fault(url: str, voice: "Voice") -> _Fault | None:
    """Returns why a server is not ours, or None if it is."""
    import aiohttp

    try:
        async with (
            asyncio.timeout(SECONDS),
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client,
            client.get(f"{url}{HEALTH}", allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                return _Fault(voice.say("status {status}", status=str(answer.status)))
            is_ours = (await answer.content.read(100)).strip() == b'{"ok": true}'
            return None if is_ours else _Fault(voice.say("another program answers"))
    except TimeoutError:
        return _Fault(voice.say("no answer in time"))
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return _Fault(voice.say("no connection"), " ".join(str(error).split())[:200] or type(error).__name__)
