"""Links that log a person in to the dashboard, for the chat, the command line and the demo."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from bot.config import Config
from storage import Storage
from storage.records import Login

PATH: Final = "/dashboard"
LINK_LASTS: Final = timedelta(minutes=10)
IDLE: Final = timedelta(hours=12)  # a session that is not used for so long ends
LONGEST: Final = timedelta(days=7)  # that a session lasts
SECRET_BYTES: Final = 32


def hash_of(secret: str) -> str:
    """Returns what storage keeps of the secret of a link or of a session."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def new_secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


async def make_link(storage: Storage, config: Config, login: Login, *, now: datetime) -> str | None:
    """Returns an address that logs the person in once, within LINK_LASTS. None if there is no HTTP server."""
    base = base_address(config)
    if base is None:
        return None
    secret = new_secret()
    await storage.logins.add_link(hash_of(secret), login, expires_at=now + LINK_LASTS)
    return f"{base}{PATH}/login/{secret}"


def base_address(config: Config) -> str | None:
    """Returns the address of the HTTP server for a browser, or None if the settings want no server."""
    if config.web is None:
        return None
    if config.public_url:
        return config.public_url
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}
    host = everywhere.get(config.web.host)
    return f"http://{host}:{config.web.port}" if host else f"http://{config.web}"
