"""The dependencies of handlers: storage, configuration, admission, discovery, pictures, the clock, the sender."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.chat.admission import Admission
from bot.chat.page_pictures import PagePictures
from bot.config import Config
from bot.ingest.discovery import SourceFinder
from storage import Storage


@dataclass(frozen=True, slots=True)
class HandlerContext:
    storage: Storage
    config: Config
    admission: Admission
    finder: SourceFinder
    pictures: PagePictures
    now: Callable[[], datetime]
    wake: Callable[[], None]  # tells the sender that deliveries may be due
