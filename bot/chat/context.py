"""The dependencies of handlers: storage, configuration, the clock, and the sender's wake-up call."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.config import Config
from storage import Storage


@dataclass(frozen=True, slots=True)
class HandlerContext:
    storage: Storage
    config: Config
    now: Callable[[], datetime]
    wake: Callable[[], None]  # tells the sender that deliveries may be due
