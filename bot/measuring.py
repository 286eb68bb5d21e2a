"""Makes the metrics of a process, and lets storage and ingest report to them."""

import sqlite3
from importlib.metadata import version

from bot.config import Config
from bot.ingest.keep import Kept
from bot.ingest.refresh import Ingest, RefreshResult
from bot.metrics import Metrics
from storage import Storage


def connect_metrics(config: Config, storage: Storage, ingest: Ingest) -> Metrics:
    """Returns the metrics. Storage and ingest report to them from now on."""
    metrics = Metrics(version=version("newsbot"), sqlite=sqlite3.sqlite_version, promise_seconds=config.reach_seconds)
    storage.database.on_worked = metrics.database_worked

    def visited(result: RefreshResult) -> None:
        outcome = "failed" if result.error is not None else "unchanged" if result.is_unchanged else "read"
        metrics.source_visited(outcome, result.answer_seconds, result.parse_seconds)
        metrics.articles_kept(unreadable=len(result.problems))

    def kept(kept: Kept) -> None:
        metrics.articles_kept(
            added=len(kept.stored.added),
            pushed=len(kept.stored.pushed),
            changed=len(kept.stored.changed),
            withdrawn=len(kept.stored.withdrawn),
        )

    ingest.on_visited = visited
    ingest.keeper.on_kept = kept
    return metrics
