"""The metrics by name: what each counts, and its labels. `docs/metrics.md` is compared with this table."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Kind(Enum):
    """The kinds of metrics, as Prometheus names them."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric."""

    kind: Kind
    name: str
    meaning: str
    labels: tuple[str, ...] = ()
    buckets: Sequence[float] = ()  # of a histogram: the upper bounds, in seconds


REQUEST_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
DELAY_SECONDS: Final = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600, 21_600)
WORK_SECONDS: Final = (0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30)


def _counter(name: str, meaning: str, *labels: str) -> Definition:
    return Definition(Kind.COUNTER, name, meaning, labels)


def _gauge(name: str, meaning: str, *labels: str) -> Definition:
    return Definition(Kind.GAUGE, name, meaning, labels)


def _histogram(name: str, meaning: str, buckets: Sequence[float], *labels: str) -> Definition:
    return Definition(kind=Kind.HISTOGRAM, name=name, meaning=meaning, labels=labels, buckets=buckets)


DEFINITIONS: Final = (
    _gauge("newsbot_build_info", "The program that runs. Always 1.", "version", "python", "sqlite"),
    _counter("newsbot_updates_total", "Updates that Telegram sent.", "kind"),
    _histogram("newsbot_update_handling_seconds", "Work on one update until it is done.", REQUEST_SECONDS),
    _histogram(
        "newsbot_reply_seconds", "Time from the receipt of a question until its answer was sent.", REQUEST_SECONDS
    ),
    _gauge("newsbot_inbox_updates", "Updates that wait for an answer, or were set aside.", "state"),
    _counter("newsbot_telegram_requests_total", "Requests to Telegram.", "method", "outcome"),
    _histogram(
        "newsbot_telegram_request_seconds", "Time until Telegram answered, without long polls.", REQUEST_SECONDS
    ),
    _counter("newsbot_flood_waits_total", "Answers that asked the bot to wait (429)."),
    _counter("newsbot_flood_wait_seconds_total", "Seconds that these answers asked for."),
    _gauge("newsbot_talking", "1 while this process talks to Telegram, 0 while it stands by."),
    _gauge("newsbot_send_rate", "Messages per second that Telegram is known to accept now."),
    _counter("newsbot_deliveries_total", "Outcomes of deliveries.", "kind", "lane", "outcome"),
    _histogram(
        "newsbot_delivery_delay_seconds",
        "Time from the moment when a message was due until it was sent.",
        DELAY_SECONDS,
        "kind",
        "lane",
    ),
    _gauge("newsbot_owed_messages", "Messages in the queue.", "lane"),
    _gauge("newsbot_open_fanouts", "Articles whose chats are still looked up.", "lane"),
    _gauge("newsbot_oldest_owed_seconds", "Age of the oldest message that only the bot holds back.", "lane"),
    _histogram(
        "newsbot_article_reach_seconds", "Time within which an article reached 90 % of its chats.", DELAY_SECONDS
    ),
    _counter("newsbot_articles_judged_total", "Articles, by whether the promise of their reach was kept.", "kept"),
    _gauge("newsbot_reach_promise_seconds", "The promised time: NEWSBOT_REACH_SECONDS."),
    _gauge("newsbot_sources", "Sources by their state.", "state"),
    _counter("newsbot_source_visits_total", "Visits to sources.", "outcome"),
    _histogram("newsbot_source_fetch_seconds", "Time until the server of a source answered.", REQUEST_SECONDS),
    _histogram("newsbot_source_parse_seconds", "Time to parse an answer, with the wait for it.", REQUEST_SECONDS),
    _counter("newsbot_articles_total", "Articles that were read, by what came of them.", "result"),
    _gauge("newsbot_chats", "Chats by kind and state.", "kind", "state"),
    _gauge("newsbot_follows", "Follows and mutes by the kind of their subject.", "kind", "muted"),
    _histogram(
        "newsbot_database_seconds",
        "Time of reads, of transactions, and of waits for the writer.",
        WORK_SECONDS,
        "work",
    ),
    _gauge("newsbot_database_bytes", "Size of the database and of its log.", "file"),
    _counter("newsbot_job_runs_total", "Runs of periodic jobs.", "job", "outcome"),
    _histogram("newsbot_job_seconds", "Time of a run of a periodic job.", REQUEST_SECONDS, "job"),
    _histogram("newsbot_loop_lag_seconds", "Delay of the event loop, measured each second.", WORK_SECONDS),
    _gauge("newsbot_alarms", "What is wrong at the moment, by kind.", "kind"),
    _gauge("newsbot_canary_success_timestamp_seconds", "When the self-test last went all the way."),
    _counter("newsbot_canary_runs_total", "Self-tests.", "outcome"),
    _gauge("newsbot_backup_timestamp_seconds", "When the last backup ended."),
    _counter("newsbot_http_requests_total", "Requests to our server.", "route", "method", "status"),
    _histogram("newsbot_http_request_seconds", "Time to answer them.", REQUEST_SECONDS, "route"),
    _counter("newsbot_hook_calls_total", "Calls of hooks.", "kind", "result"),
)
