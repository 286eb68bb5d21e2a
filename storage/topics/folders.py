"""The category of a private source: the folder of the list with which a chat added it."""

from storage.database import Transaction


async def forget_folder(transaction: Transaction, source_id: int, *, chat_row: int) -> None:
    """Take its category from a private source that is about to be followed by one more chat.

    The articles that it brought lose that category, too, if they are in no other. Otherwise a stranger who added an
    address first would name a category for all who follow it. An article whose feed named the same category alone
    can't be told from them.
    """
    found = await transaction.fetch(
        # Served by the keys of sources, subjects and follows.
        """
        SELECT category FROM sources
        WHERE id = :id AND private AND category IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM subjects CROSS JOIN follows ON follows.subject_id = subjects.id AND follows.chat = :chat
            WHERE subjects.kind = 'source' AND subjects.ref = sources.id)
        """,
        {"id": source_id, "chat": chat_row},
    )
    if not found:
        return
    filed = await transaction.fetch(
        # Served by articles_of_source, article_categories_of, category_aliases_of and the key of categories.
        """
        UPDATE articles SET category_id = NULL
        WHERE source_id = :id AND :category IN (
                SELECT name FROM categories WHERE id = articles.category_id
                UNION ALL SELECT alias FROM category_aliases WHERE category_id = articles.category_id)
            AND NOT EXISTS (SELECT 1 FROM article_categories WHERE article_id = articles.id AND place > 0)
        RETURNING id
        """,
        {"id": source_id, "category": found[0]["category"]},
    )
    await transaction.execute_many(
        "DELETE FROM article_categories WHERE article_id = :article", [{"article": row["id"]} for row in filed]
    )
    await transaction.execute("UPDATE sources SET category = NULL WHERE id = :id", {"id": source_id})
