"""What handlers depend on: storage, configuration, admission, discovery, pictures, the clock, the sender."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.chat.admission import Admission
from bot.chat.page_pictures import PagePictures
from bot.chat.published import PublishedLanguages
from bot.config import Config
from bot.desk import DeskCards
from bot.ingest.discovery import SourceFinder
from storage import Storage


@dataclass(frozen=True, slots=True)
class HandlerContext:
    """The parts of the bot that answers need. All conversations have the same ones."""

    storage: Storage
    config: Config
    admission: Admission
    finder: SourceFinder
    pictures: PagePictures
    now: Callable[[], datetime]
    wake: Callable[[], None]  # tells the sender that deliveries may be due
    published: PublishedLanguages
    cards: DeskCards = field(init=False)

    def __post_init__(self) -> None:
        cards = DeskCards(self.storage, rate=self.config.messages_per_second, now=self.now)
        object.__setattr__(self, "cards", cards)
