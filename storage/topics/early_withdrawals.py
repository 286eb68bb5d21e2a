"""Withdrawals that came before their articles: what a source withdrew, and no stored article has its key yet.

Calls and messages overtake each other. The version of such a withdrawal is kept with the key of its article, so that
an earlier version of the article is not published when it comes.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from storage.database import Transaction
from storage.records import EarlyWithdrawal, WithdrawnArticle
from storage.times import to_ms

WITHDRAWN_VERSIONS = """
SELECT key, version FROM early_withdrawals
WHERE key IN (SELECT value FROM json_each(:keys)) AND source_id = coalesce(:source_id, 0)
"""


async def is_withdrawn(
    transaction: Transaction, keys: Sequence[str], *, source_id: int | None, version: int | None
) -> bool:
    """Returns whether its source has withdrawn an article in this version or a later one, before the article came."""
    if version is None:
        return False
    rows = await transaction.fetch(WITHDRAWN_VERSIONS, {"keys": json.dumps(list(keys)), "source_id": source_id})
    return any(row["version"] >= version for row in rows)


async def put(transaction: Transaction, withdrawal: EarlyWithdrawal, now: datetime) -> WithdrawnArticle | None:
    """Keep a withdrawal. If its article was stored meanwhile, nothing is kept, and the article is returned."""
    values = {
        "keys": json.dumps(list(withdrawal.keys)),
        "source_id": withdrawal.source_id,
        "version": withdrawal.version,
        "now": to_ms(now),
    }
    stored = await transaction.fetch(
        """
        SELECT articles.id FROM json_each(:keys) AS wanted
        CROSS JOIN article_keys ON article_keys.key = wanted.value
        JOIN articles ON articles.id = article_keys.article_id
        WHERE coalesce(articles.source_id, 0) = coalesce(:source_id, 0) AND articles.retracted_at IS NULL
          AND coalesce(articles.version, :version) <= :version
        """,
        values,
    )
    if stored:
        return WithdrawnArticle(article_id=stored[0]["id"], version=withdrawal.version)
    await transaction.execute(
        """
        INSERT INTO early_withdrawals (key, source_id, version, came_at)
        SELECT DISTINCT value, coalesce(:source_id, 0), :version, :now FROM json_each(:keys) WHERE TRUE
        ON CONFLICT (key, source_id) DO UPDATE SET version = excluded.version, came_at = excluded.came_at
        WHERE early_withdrawals.version < excluded.version
        """,
        values,
    )
    return None
