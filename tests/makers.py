"""Makers of records for tests: override what matters, the rest is plausible."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.ingest.prepare import category_name
from bot.ingest.visits import HostPause
from storage import Storage
from storage.database import Row
from storage.records import (
    CategoryName,
    Chat,
    ChatKind,
    ChatSettings,
    Claim,
    DeliveryKind,
    Lane,
    NewArticle,
    Query,
    SearchText,
    Term,
    Text,
)

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass
class VisitOutcome:
    """What a visit to a source found out; by default, a server that answered at once."""

    answer_seconds: float = 0.1
    host_pause: HostPause | None = None
    unsaved_pause: timedelta | None = None


def new_article(name: str = "one", **changes: Any) -> NewArticle:
    """An article to store; `category` and `categories` are plain names, `lane=None` is not pushed."""
    category = changes.pop("category", "News")
    categories = changes.pop("categories", (category,) if category else ())
    text = Text(
        title=changes.pop("title", f"Title {name}"),
        body=changes.pop("body", f"The first paragraph of {name}.\n\nThe second one."),
        lead="",
        summary=(f"The first paragraph of {name}.",),
        language=changes.pop("language", "en"),
        url=f"https://news.example/{name}",
        document=changes.pop("document", ""),
    )
    values: dict[str, Any] = {
        "identity": name,
        "text": text,
        "search": SearchText(title=text.title.casefold(), body=text.body.casefold()),
        "categories": named(*categories),
        "published_at": NOON - timedelta(hours=1),
        "published_on": None,
        "lane": Lane.ALERT,
    }
    return NewArticle(**(values | changes))


async def stored(storage: Storage, *articles: NewArticle, now: datetime = NOON) -> list[int]:
    """Store these; their ids."""
    return list((await storage.articles.store(articles, now=now)).added)


async def found(storage: Storage, *words: str, **narrowing: Any) -> list[str]:
    """The titles of what has all of these words in its search text, or else some of them, the last stored first."""
    query = Query(terms=tuple(Term(word, (word,)) for word in words), **narrowing)
    candidates = (await storage.search.candidates(query)).candidates
    ids = sorted((one.id for one in candidates), reverse=True)
    return [headline.title for headline in await storage.articles.headlines(ids)]


async def reader(storage: Storage, chat_id: int, **changes: Any) -> Chat:
    """A chat that is subscribed to everything since before NOON, unless `everything=False`."""
    everything = changes.pop("everything", True)
    values: dict[str, Any] = {
        "kind": ChatKind.PRIVATE if chat_id > 0 else ChatKind.GROUP,
        "title": None,
        "language": "en",
        "timezone": "UTC",
        "now": NOON - timedelta(days=1),
    }
    topic = changes.pop("topic_id", None)
    chat = await storage.chats.ensure(chat_id, topic, **(values | changes))
    if everything:
        await storage.chats.subscribe_to_everything(chat.id, now=(values | changes)["now"])
    return chat


async def readers(storage: Storage, count: int, *, first: int = 1) -> None:
    """Many private chats that are subscribed to everything."""
    batch = (ChatSettings(chat_id=number, language="en", timezone="UTC") for number in range(first, first + count))
    await storage.settings.put(batch, now=NOON - timedelta(days=1))


def settings(**changes: Any) -> ChatSettings:
    values: dict[str, Any] = {"chat_id": 1, "language": "ar", "timezone": "Asia/Beirut"}
    return ChatSettings(**(values | changes))


def category(name: str) -> CategoryName:
    """The category that a publisher's section of that name becomes."""
    found = category_name(name)
    assert found is not None
    return found


def named(*given: str) -> tuple[CategoryName, ...]:
    return tuple(CategoryName(name, name.casefold()) for name in given)


async def exported(storage: Storage) -> list[ChatSettings]:
    return [one async for one in storage.settings.export()]


async def owed(storage: Storage) -> int:
    """How many deliveries are owed, a minute past NOON."""
    await storage.deliveries.expand(limit=100, now=NOON + timedelta(minutes=1))
    return await storage.deliveries.count_owed()


async def set_aside_updates(storage: Storage) -> Sequence[Row]:
    """Returns the updates that were set aside, the latest first."""
    return await storage.database.fetch("SELECT * FROM inbox_set_aside ORDER BY id DESC")


async def the(storage: Storage, chat_id: int, topic_id: int | None = None) -> Chat:
    chat = await storage.chats.get(chat_id, topic_id)
    assert chat
    return chat


def claim(**changes: Any) -> Claim:
    """An alert in the sender's hands, for a private chat."""
    values: dict[str, Any] = {
        "delivery_id": 1,
        "kind": DeliveryKind.ALERT,
        "chat_row": 1,
        "chat_id": 100,
        "topic_id": None,
        "chat_kind": ChatKind.PRIVATE,
        "language": "en",
        "timezone": "UTC",
        "silent": False,
        "article_id": 1,
        "notice": None,
        "lane": Lane.ALERT,
        "attempts": 0,
        "queued_at": NOON,
    }
    return Claim(**(values | changes))
