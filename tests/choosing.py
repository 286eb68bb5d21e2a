"""Following and muting in storage, for tests: subjects by name, texts with their words, and what chats are sent."""

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

from bot.text.followed_words import words_subject
from bot.text.search import phrase_form, search_text, understood
from storage import Storage
from storage.database import Transaction
from storage.records import (
    NewArticle,
    SourceKind,
    Subject,
    SubjectKind,
    SubjectName,
)
from tests.makers import NOON, named, new_article

MINUTE = timedelta(minutes=1)
BEFORE = NOON - MINUTE
LONG_AGO = NOON - timedelta(days=1)


async def category(storage: Storage, name: str) -> Subject:
    (found,) = named(name)
    stored_as = await storage.categories.set_alias(found, found)
    return await storage.follows.ensure_subject(SubjectName(kind=SubjectKind.CATEGORY, ref=stored_as.id))


async def source(storage: Storage, name: str) -> Subject:
    added, _ = await storage.sources.add(f"https://{name}.example/feed", SourceKind.FEED, now=LONG_AGO, title=name)
    return await storage.follows.ensure_subject(SubjectName(kind=SubjectKind.SOURCE, ref=added.id))


async def waiting(storage: Storage, now: datetime = NOON + MINUTE) -> dict[int, list[str]]:
    """The titles of the alerts that each chat is sent, by Telegram's number."""
    while await storage.deliveries.expand(limit=100, now=now):
        pass
    sent: dict[int, list[str]] = {}
    while claims := await storage.deliveries.claim(limit=100, now=now):
        for claim in claims:
            article = await storage.articles.get(claim.article_id or 0)
            assert article
            sent.setdefault(claim.chat_id, []).append(article.text.title.removeprefix("Title "))
            await storage.database.write(_settled(claim.delivery_id, claim.chat_id))
    return {chat: sorted(titles) for chat, titles in sorted(sent.items())}


def _settled(delivery: int, chat_id: int) -> Callable[[Transaction], Coroutine[Any, Any, None]]:
    async def settle(transaction: Transaction) -> None:
        await transaction.execute("UPDATE deliveries SET state = 'sent' WHERE id = :id", {"id": delivery})
        await transaction.execute("UPDATE send_slots SET next_send_at = 0 WHERE chat_id = :chat", {"chat": chat_id})

    return settle


def words(typed: str, **how: Any) -> SubjectName:
    subject = words_subject(understood(typed), **how)
    assert subject
    return subject


def article(name: str, title: str, body: str = "", **changes: Any) -> NewArticle:
    """An article whose words are indexed as ingest does it."""
    language = changes.setdefault("language", "en")
    return new_article(name, title=title, body=body, search=search_text(title, body, language), **changes)


async def follow_words(storage: Storage, chat_row: int, typed: str, **how: Any) -> Subject:
    subject = await storage.follows.ensure_subject(words(typed, **how), phrase_form=phrase_form)
    await storage.follows.follow(chat_row, subject.id, now=BEFORE)
    return subject
