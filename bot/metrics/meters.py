"""The metrics: their names, labels and buckets, and the functions that the parts of the bot report to.

`docs/metrics.md` lists them. Counting one message costs a few microseconds, so the sender is not slowed.
"""

import platform
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.process_collector import ProcessCollector
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.metrics.definitions import DEFINITIONS, Kind
from storage.records import (
    ArticleReach,
    Counts,
    DeliveryKind,
    Died,
    Dropped,
    Edited,
    Lane,
    Outcome,
    OwedInLane,
    PutOff,
    Sent,
    Unreachable,
)

LONG_POLL: Final = "getUpdates"
DATABASE_WORK: Final = ("read", "write", "wait")
OTHER: Final = "other"
METHODS_KEPT: Final = 64  # methods of the Bot API that have series of their own
UPDATE_KINDS: Final = frozenset(
    """
    message edited_message channel_post edited_channel_post inline_query chosen_inline_result callback_query
    my_chat_member chat_member message_reaction message_reaction_count guest_message
    """.split()
)
OUTCOMES: Final[dict[type, str]] = {
    Sent: "sent",
    Edited: "edited",
    PutOff: "put_off",
    Dropped: "dropped",
    Died: "dead",
    Unreachable: "unreachable",
}
LANES_OF_KIND: Final = {
    DeliveryKind.ALERT: (Lane.RETRACTION, Lane.BREAKING, Lane.ALERT, Lane.EDIT),
    DeliveryKind.DIGEST: (Lane.DIGEST, Lane.EDIT),
    DeliveryKind.NOTICE: (Lane.ALERT, Lane.DIGEST),
}
ANSWERS: Final[tuple[tuple[type[TelegramError], str], ...]] = (
    (RetryAfter, "flood"),
    (Forbidden, "forbidden"),
    (ChatMigrated, "migrated"),
    (InvalidToken, "token_refused"),
    (Conflict, "conflict"),
    (BadRequest, "refused"),
    (TimedOut, "timeout"),
)


OF_THE_TALKER: Final = (
    "newsbot_inbox_updates", "newsbot_owed_messages", "newsbot_open_fanouts", "newsbot_oldest_owed_seconds",
    "newsbot_sources", "newsbot_chats", "newsbot_follows", "newsbot_database_bytes", "newsbot_alarms",
)  # fmt: skip
TIMES_OF_THE_TALKER: Final = ("newsbot_canary_success_timestamp_seconds", "newsbot_backup_timestamp_seconds")


class Metrics:
    """All metrics of one bot, in a registry of their own."""

    content_type: Final = CONTENT_TYPE_LATEST

    def __init__(self, *, version: str, sqlite: str, promise_seconds: float) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a time for each series would double a scrape
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._counters = {
            one.name: Counter(one.name, one.meaning, one.labels, registry=self.registry)
            for one in DEFINITIONS
            if one.kind is Kind.COUNTER
        }
        self._gauges = {
            one.name: Gauge(one.name, one.meaning, one.labels, registry=self.registry)
            for one in DEFINITIONS
            if one.kind is Kind.GAUGE
        }
        self._histograms = {
            one.name: Histogram(one.name, one.meaning, one.labels, registry=self.registry, buckets=one.buckets)
            for one in DEFINITIONS
            if one.kind is Kind.HISTOGRAM
        }
        self._gauges["newsbot_build_info"].labels(version, platform.python_version(), sqlite).set(1)
        self._gauges["newsbot_reach_promise_seconds"].set(promise_seconds)
        self._requests: dict[tuple[str, str], Counter] = {}
        self._begin_at_zero()
        self._request_seconds = self._histograms["newsbot_telegram_request_seconds"]
        self._work = {work: self._histograms["newsbot_database_seconds"].labels(work) for work in DATABASE_WORK}

    def _begin_at_zero(self) -> None:
        """Show the counters that alerts look at from the start.

        Prometheus sees no increase in a series whose first value is 1.
        """
        for kept in ("true", "false"):
            self._counters["newsbot_articles_judged_total"].labels(kept)
        for outcome in ("ok", "failed"):
            self._counters["newsbot_canary_runs_total"].labels(outcome)
        for kind, lanes in LANES_OF_KIND.items():
            for lane in lanes:
                for outcome in OUTCOMES.values():
                    self._counters["newsbot_deliveries_total"].labels(kind.value, lane.name.lower(), outcome)

    def term_began(self, rate: Callable[[], float]) -> None:
        """This process talks now. `rate` returns the messages per second that Telegram is known to accept."""
        self._gauges["newsbot_talking"].set(1)
        self._gauges["newsbot_send_rate"].set_function(rate)

    def term_ended(self) -> None:
        """Forget what only the process that talks looks at: old numbers would look like the present ones."""
        self._gauges["newsbot_talking"].set(0)
        self._gauges["newsbot_send_rate"].set_function(lambda: 0.0)
        for name in OF_THE_TALKER:
            self._gauges[name].clear()
        for name in TIMES_OF_THE_TALKER:
            self._gauges[name].set(0)

    def render(self) -> bytes:
        """Returns all metrics in the text format of Prometheus. Nothing is counted for it."""
        return generate_latest(self.registry)

    # What the parts report

    def update_received(self, raw: Any) -> None:
        kinds = UPDATE_KINDS & raw.keys() if isinstance(raw, dict) else set[str]()
        self._counters["newsbot_updates_total"].labels(min(kinds, default=OTHER)).inc()

    def update_handled(self, seconds: float, reply_seconds: float | None) -> None:
        """`reply_seconds` is the time since the receipt of a question; None for other updates."""
        self._histograms["newsbot_update_handling_seconds"].observe(seconds)
        if reply_seconds is not None:
            self._histograms["newsbot_reply_seconds"].observe(reply_seconds)

    def telegram_answered(self, method: str, error: Exception | None, seconds: float) -> None:
        outcome = _outcome_of(error)
        counter = self._requests.get((method, outcome))  # `labels` takes longer than to count
        if counter is None:
            counter = self._counter_of_requests(method, outcome)
        counter.inc()
        if isinstance(error, RetryAfter):
            self._counters["newsbot_flood_waits_total"].inc()
            wait = error.retry_after
            self._counters["newsbot_flood_wait_seconds_total"].inc(
                float(wait) if isinstance(wait, int) else wait.total_seconds()
            )
        if method != LONG_POLL:
            self._request_seconds.observe(seconds)

    def _counter_of_requests(self, method: str, outcome: str) -> Counter:
        methods = {known for known, _ in self._requests}
        if method not in methods and len(methods) >= METHODS_KEPT:  # a mistake must not make endless series
            return self._counters["newsbot_telegram_requests_total"].labels(OTHER, outcome)
        made = self._counters["newsbot_telegram_requests_total"].labels(method, outcome)
        self._requests[method, outcome] = made
        return made

    def outcomes_committed(self, outcomes: Sequence[Outcome], excused: Collection[int]) -> None:
        """`excused` holds the ids of deliveries that waited because their chat wished it."""
        groups: dict[tuple[DeliveryKind, Lane, type[Outcome]], list[Outcome]] = {}
        for outcome in outcomes:
            groups.setdefault((outcome.claim.kind, outcome.claim.lane, type(outcome)), []).append(outcome)
        for (kind, lane, sort), group in groups.items():
            labels = (kind.value, lane.name.lower())
            self._counters["newsbot_deliveries_total"].labels(*labels, OUTCOMES[sort]).inc(len(group))
            if sort is Sent:
                observe = self._histograms["newsbot_delivery_delay_seconds"].labels(*labels).observe
                for outcome in group:
                    if isinstance(outcome, Sent) and outcome.claim.delivery_id not in excused:
                        observe(max(0.0, (outcome.at - outcome.claim.queued_at).total_seconds()))

    def article_judged(self, reach: ArticleReach) -> None:
        self._counters["newsbot_articles_judged_total"].labels(str(bool(reach.kept)).lower()).inc()
        if (within := reach.within(0.9)) is not None:
            self._histograms["newsbot_article_reach_seconds"].observe(within.total_seconds())

    def source_visited(self, outcome: str, fetch_seconds: float, parse_seconds: float) -> None:
        """`outcome` is "read", "unchanged" or "failed"."""
        self._counters["newsbot_source_visits_total"].labels(outcome).inc()
        self._histograms["newsbot_source_fetch_seconds"].observe(fetch_seconds)
        if outcome == "read":
            self._histograms["newsbot_source_parse_seconds"].observe(parse_seconds)

    def articles_kept(self, **results: int) -> None:
        """`results` are the numbers of articles: added, pushed, changed, withdrawn, unreadable."""
        for result, count in results.items():
            if count:
                self._counters["newsbot_articles_total"].labels(result).inc(count)

    def database_worked(self, work: str, seconds: float) -> None:
        """`work` is "read", "write" or "wait"."""
        self._work[work].observe(seconds)

    def job_ran(self, job: str, succeeded: bool, seconds: float) -> None:
        for outcome, count in (("ok", int(succeeded)), ("failed", int(not succeeded))):
            self._counters["newsbot_job_runs_total"].labels(job, outcome).inc(count)
        self._histograms["newsbot_job_seconds"].labels(job).observe(seconds)

    def loop_lagged(self, seconds: float) -> None:
        self._histograms["newsbot_loop_lag_seconds"].observe(seconds)

    def canary_ended(self, failed_at: str | None, now: float) -> None:
        """`failed_at` is the stage of the failure, or None. `now` is in seconds since 1970."""
        self._counters["newsbot_canary_runs_total"].labels("ok" if failed_at is None else "failed").inc()
        if failed_at is None:
            self._gauges["newsbot_canary_success_timestamp_seconds"].set(now)

    def http_answered(self, route: str, method: str, status: int, seconds: float) -> None:
        self._counters["newsbot_http_requests_total"].labels(route, method.lower(), str(status)).inc()
        self._histograms["newsbot_http_request_seconds"].labels(route).observe(seconds)

    def hook_called(self, kind: str, result: str) -> None:
        """`result` is one of a few words, such as "stored", "refused" or "busy"."""
        self._counters["newsbot_hook_calls_total"].labels(kind, result).inc()

    # What is read from storage now and then

    def set_owed(self, owed: Iterable[OwedInLane], now: float) -> None:
        """`now` is in seconds since 1970."""
        for one in owed:
            lane = one.lane.name.lower()
            self._gauges["newsbot_owed_messages"].labels(lane).set(one.queued)
            self._gauges["newsbot_open_fanouts"].labels(lane).set(one.spreading)
            self._gauges["newsbot_oldest_owed_seconds"].labels(lane).set(
                max(0.0, now - one.oldest.timestamp()) if one.oldest else 0.0
            )

    def set_counts(self, counts: Counts) -> None:
        for (kind, state), count in counts.chats.items():
            self._gauges["newsbot_chats"].labels(kind, state).set(count)
        for (kind, muted), count in counts.follows.items():
            self._gauges["newsbot_follows"].labels(kind, str(muted).lower()).set(count)
        for state in ("ok", "failing", "paused", "unread"):
            self._gauges["newsbot_sources"].labels(state).set(counts.sources.get(state, 0))
        self._gauges["newsbot_database_bytes"].labels("main").set(counts.file_bytes)
        self._gauges["newsbot_database_bytes"].labels("log").set(counts.log_bytes)

    def set_inbox(self, waiting: int, set_aside: int) -> None:
        self._gauges["newsbot_inbox_updates"].labels("waiting").set(waiting)
        self._gauges["newsbot_inbox_updates"].labels("set_aside").set(set_aside)

    def set_alarms(self, kinds: Iterable[str], known: Iterable[str]) -> None:
        """`known` holds all kinds that there are: a kind without an alarm is shown as 0."""
        listed = list(kinds)
        for kind in known:
            self._gauges["newsbot_alarms"].labels(kind).set(listed.count(kind))

    def set_backup(self, at: float) -> None:
        """`at` is in seconds since 1970."""
        self._gauges["newsbot_backup_timestamp_seconds"].set(at)


def _outcome_of(error: Exception | None) -> str:
    if error is None:
        return "ok"
    return next((word for kind, word in ANSWERS if isinstance(error, kind)), "network")
