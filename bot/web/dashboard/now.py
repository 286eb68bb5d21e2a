"""The page Now: what is owed, how fast it goes out, whom the last articles reached, and what is wrong."""

from typing import Any, Final

from aiohttp import web

from bot.web.dashboard.view import PageRoute, View
from storage.records import Alarm, AlarmKind, Lane, WorkKind, WorkState

ARTICLES: Final = 8
WORKS: Final = 5
DEAD: Final = 5  # messages that were given up last


async def show(view: View) -> web.Response:
    return view.show("now.html", **await _found(view))


async def show_live(view: View) -> web.Response:
    """Returns the part of the page that is fetched again and again."""
    return view.show("now_live.html", **await _found(view))


async def _found(view: View) -> dict[str, Any]:
    storage, now = view.storage, view.now
    owed = await storage.metrics.owed(now=now)
    return {
        "lanes": [(lane_text(view, one.lane), one) for one in owed],
        "owed": sum(one.queued for one in owed),
        "oldest": min((one.oldest for one in owed if one.oldest is not None), default=None),
        "minute": await storage.metrics.last_minute(now),
        "day": await storage.metrics.last_day(now),
        "counts": await storage.metrics.counts(),
        "articles": await storage.reach.newest(limit=ARTICLES),
        "alarms": [(alarm_text(view, alarm), alarm) for alarm in await storage.alarms.all()],
        "dead": await storage.dead_letters.latest(limit=DEAD),
        "works": [
            (work_kind_text(view, one.kind), one, one.state(now)) for one in await storage.work.latest(limit=WORKS)
        ],
        "running": WorkState.RUNNING,
        "state_text": lambda state: work_state_text(view, state),
        "spreading": sum(one.spreading for one in owed),
    }


def lane_text(view: View, lane: Lane) -> str:
    texts = {
        Lane.REPLY: view.voice.say("Answers"),
        Lane.RETRACTION: view.voice.say("Retractions"),
        Lane.BREAKING: view.voice.say("Breaking news"),
        Lane.ALERT: view.voice.say("Alerts"),
        Lane.DIGEST: view.voice.say("Digests"),
        Lane.EDIT: view.voice.say("Corrections"),
    }
    return texts[lane]


def alarm_text(view: View, alarm: Alarm) -> str:
    texts = {
        AlarmKind.REACH: view.voice.say("Alerts reach their chats too late."),
        AlarmKind.STUCK: view.voice.say("Messages wait, and none is sent."),
        AlarmKind.SOURCE_SILENT: view.voice.say("A source has been silent for much longer than usual."),
        AlarmKind.HUB_SILENT: view.voice.say("A hub no longer tells of new articles."),
        AlarmKind.CANARY: view.voice.say("The self-test failed."),
    }
    return texts[alarm.kind]


def work_kind_text(view: View, kind: WorkKind) -> str:
    texts = {
        WorkKind.IMPORT: view.voice.say("Import of articles"),
        WorkKind.CHATS: view.voice.say("Chats, in or out"),
        WorkKind.SOURCES: view.voice.say("Import of sources"),
        WorkKind.BACKUP: view.voice.say("Backup"),
        WorkKind.COPY: view.voice.say("Copy of the database"),
        WorkKind.REINDEX: view.voice.say("New search index"),
    }
    return texts[kind]


def work_state_text(view: View, state: WorkState) -> str:
    texts = {
        WorkState.RUNNING: view.voice.say("running"),
        WorkState.DONE: view.voice.say("done"),
        WorkState.FAILED: view.voice.say("failed"),
        WorkState.LOST: view.voice.say("stopped without explanation"),
    }
    return texts[state]


PAGES: Final = (
    PageRoute(name="now", path="now", run=show),
    PageRoute(name="now_live", path="now/live", run=show_live, is_polled=True),
)
