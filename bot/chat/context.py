"""The dependencies of handlers: storage, configuration, admission, the clock, and the sender's wake-up call."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.chat.admission import Admission
from bot.config import Config
from storage import Storage


@dataclass(frozen=True, slots=True)
class HandlerContext:
    storage: Storage
    config: Config
    admission: Admission
    now: Callable[[], datetime]
    wake: Callable[[], None]  # tells the sender that deliveries may be due
