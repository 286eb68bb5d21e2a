"""News for the tests of the dashboard: a story, chats that were sent it, what failed, and what waits on the desk."""

from dataclasses import dataclass
from datetime import timedelta

from bot.ingest.story_index import place_article
from storage import Storage
from storage.records import Died, Lane, Sent, SourceKind
from tests.conftest import Clock
from tests.makers import NOON, new_article, reader, stored

HOSTILE = '<script>alert("1")</script> & <b>bold</b> \u202ertl'
ARABIC = "رافعة الميناء تعبر المدينة ليلًا عبر Main Street"
READERS = 5  # of whom one can't be sent anything
REFUSED = "Bad Request: <b>refused</b>"


@dataclass(frozen=True)
class News:
    hostile: int  # the article that was sent
    arabic: int  # in one story with the next
    other: int
    desk: tuple[int, int]  # on the desk: one that waits for an editor, and one with a hostile title
    source: int


async def fill(storage: Storage, clock: Clock) -> News:
    """Store all that a page can show. The clock is where the articles were just sent."""
    source, _ = await storage.sources.add(
        "https://wire.example/feed", SourceKind.FEED, now=NOON, title="Coast Wire", desk=True
    )
    chats = [await reader(storage, 1000 + number) for number in range(READERS - 1)]
    chats.append(await reader(storage, -5000, title="A private person's name"))
    hostile, arabic, other = await stored(
        storage,
        new_article("hostile", title=HOSTILE, body=f"{HOSTILE}\n\nSecond.", category="Sports"),
        new_article("arabic", title=ARABIC, language="ar", category="اقتصاد", lane=None),
        new_article("other", title="Crane moved by rail", category="Economy", lane=None),
        now=NOON,
    )
    await storage.stories.merge(arabic, other, now=NOON, decide=place_article)
    await storage.deliveries.expand(limit=100, now=NOON)
    claims = await storage.deliveries.claim(limit=100, now=NOON + timedelta(seconds=1))
    at = NOON + timedelta(seconds=2)
    await storage.deliveries.settle(
        [
            *(Sent(claim, at, 50 + claim.chat_row, 1, at + timedelta(seconds=1)) for claim in claims[:-1]),
            *(Died(claim, at, REFUSED) for claim in claims[-1:]),
        ]
    )
    waiting = [
        new_article("waits", title="Ferries are free in May", source_id=source.id, lane=Lane.ALERT),
        new_article("hostile waits", title=HOSTILE, source_id=source.id, editor_note=HOSTILE),
    ]
    await storage.articles.store(waiting, now=NOON)
    first, second = await storage.desk.page(limit=2)
    clock.advance(minutes=1)
    assert chats
    return News(hostile, arabic, other, (first.id, second.id), source.id)
