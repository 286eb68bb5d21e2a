"""What handlers work with: storage, settings, the clock, and a bell for the sender."""

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
    wake: Callable[[], None]  # something may be owed
