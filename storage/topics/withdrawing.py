"""Withdraws articles: those that an editor retracts, and those that their source retracts."""

from datetime import datetime

from storage.database import Lock, Transaction
from storage.records import Lane, SubjectOfAudit, WithdrawnArticle
from storage.times import to_ms
from storage.topics import audit, corrections, story_placing
from storage.topics.search_index import drop_text


async def withdraw(transaction: Transaction, article_id: int, now: datetime) -> list[int] | None:
    """Withdraw an article. Returns the ids of the articles whose messages change.

    Returns None if there is no such article, or if it was withdrawn before.
    """
    await transaction.lock(Lock.CHATS)
    values = {"id": article_id, "now": to_ms(now), "lane": Lane.RETRACTION}
    retracted = await transaction.change(
        """
        UPDATE articles SET retracted_at = :now, changed_at = :now, revision = revision + 1,
            shown_revision = shown_revision + 1, headline_revision = revision + 1
        WHERE id = :id AND retracted_at IS NULL
        """,
        values,
    )
    if not retracted:
        return None
    await drop_text(transaction, article_id)
    await transaction.execute("DELETE FROM fanouts WHERE article_id = :id", values)
    # Mostly a few thousand, since the fan-out keeps no further ahead of the sender. Those of chats in quiet hours
    # wait beside them. The send slots of all find nothing, or what else their chats are owed.
    await transaction.execute(
        "DELETE FROM deliveries WHERE article_id = :id AND state = 'queued' AND message_id IS NULL", values
    )
    others = await story_placing.name_in_duplicates(transaction, article_id, now=now)
    await corrections.correct_now(transaction, values)
    await story_placing.withdraw_article(transaction, article_id)
    return [article_id, *others]


async def withdraw_by_source(
    transaction: Transaction, article: WithdrawnArticle, now: datetime, others: list[int]
) -> bool:
    """Withdraw an article that its source may publish again. Returns False if it was withdrawn before.

    Adds the ids of the other articles whose messages change to `others`.
    """
    changed = await withdraw(transaction, article.article_id, now)
    if changed is None:
        return False
    await transaction.execute(
        "UPDATE articles SET withdrawn_by_source = TRUE, version = coalesce(:version, version) WHERE id = :id",
        {"id": article.article_id, "version": article.version},
    )
    await audit.note_withdrawal(transaction, "articles", SubjectOfAudit.ARTICLE, article.article_id, now)
    others += changed[1:]
    return True
