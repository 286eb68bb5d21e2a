"""Watches what goes wrong without an error: slow alerts, a queue that stands still, sources that fell silent.

The administrators are told of each once, and once more when it is well again. Alarms are stored, so a restart repeats
nothing.
"""

import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from bot import logs
from bot.config import Config
from bot.messages.alarms import WELL, WRONG
from bot.messages.notice import Notice
from bot.notices import notify_admins
from storage import Storage
from storage.records import Alarm, AlarmKind, ArticleReach, HubHealth, SilentSource

log = logs.get_logger(__name__)

KEPT_AGAIN: Final = 3  # articles in a row that keep the promise, after which it is well again
STUCK_AFTER: Final = timedelta(minutes=10)
SILENT_TIMES: Final = 3.0  # times the usual gap
LEAST_GAP: Final = timedelta(hours=1)  # so a wire that pauses for an hour is not silent
GAPS_KNOWN: Final = 5  # before that, chance says more than the source


class Alarms:
    """Tells the administrators what is wrong, and what is well again."""

    def __init__(self, storage: Storage, config: Config, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._config = config
        self._now = now

    async def tell(self, kind: AlarmKind, subject: int, detail: Mapping[str, str | int]) -> None:
        """Tell that something is wrong, unless that was told already.

        If the process is killed between notice and record, the notice may come twice, but it is never lost.
        """
        if await self._storage.alarms.get(kind, subject) is not None:
            return
        log.warning("alarm", kind=kind.value, subject=subject, detail=json.dumps(dict(detail), ensure_ascii=False))
        await self._notify(WRONG, kind, detail)
        await self._storage.alarms.begin(kind, subject, detail, now=self._now())

    async def well(self, kind: AlarmKind, subject: int = 0, *, quietly: bool = False) -> None:
        """Tell that something is well again, if it was told that it is wrong. `quietly` only forgets the alarm."""
        alarm = await self._storage.alarms.get(kind, subject)
        if alarm is None:
            return
        log.info("alarm_ended", kind=kind.value, subject=subject)
        if not quietly:
            await self._notify(WELL, kind, alarm.detail)
        await self._storage.alarms.end(kind, subject)

    async def of_kind(self, kind: AlarmKind) -> list[Alarm]:
        return [alarm for alarm in await self._storage.alarms.all() if alarm.kind is kind]

    async def _notify(self, which: str, kind: AlarmKind, detail: Mapping[str, str | int]) -> None:
        notice = Notice(f"{which}{kind.value}", dict(detail))
        await notify_admins(self._storage, self._config, [notice], now=self._now())


class ReachWatch:
    """Judges the promise of each article when its time is over."""

    def __init__(
        self,
        storage: Storage,
        config: Config,
        alarms: Alarms,
        now: Callable[[], datetime],
        *,
        on_judged: Callable[[ArticleReach], None] = lambda reach: None,
    ) -> None:
        self._storage = storage
        self._promise = timedelta(seconds=config.reach_seconds)
        self._alarms = alarms
        self._now = now
        self._on_judged = on_judged

    async def __call__(self) -> None:
        judged = await self._storage.reach.judge(promise=self._promise, now=self._now())
        for reach in judged:
            self._on_judged(reach)
            if not reach.kept:
                await self._alarms.tell(AlarmKind.REACH, 0, self._detail(reach))
        if judged:
            latest = await self._storage.reach.latest_verdicts(limit=KEPT_AGAIN)
            if len(latest) == KEPT_AGAIN and all(latest):
                await self._alarms.well(AlarmKind.REACH)

    def _detail(self, reach: ArticleReach) -> dict[str, str | int]:
        seconds = round(self._promise.total_seconds())
        return {"title": reach.title, "share": int(100 * reach.share), "seconds": seconds}


class QueueWatch:
    """Notices a queue that is not empty while nothing is sent."""

    def __init__(
        self,
        storage: Storage,
        alarms: Alarms,
        now: Callable[[], datetime],
        *,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`steady` returns seconds since any fixed moment."""
        self._storage = storage
        self._alarms = alarms
        self._now = now
        self._steady = steady
        self._started = steady()

    async def __call__(self) -> None:
        if self._steady() - self._started < STUCK_AFTER.total_seconds():
            return  # what waited while the bot was down has had no time to be sent
        now = self._now()
        sent = await self._storage.metrics.since(now - STUCK_AFTER)
        if sent.sent or sent.edited:
            await self._alarms.well(AlarmKind.STUCK)
            return
        owed = await self._storage.metrics.owed(now=now)
        oldest = min((one.oldest for one in owed if one.oldest is not None), default=None)
        if oldest is None:
            await self._alarms.well(AlarmKind.STUCK)
        elif oldest <= now - STUCK_AFTER:
            waiting = await self._storage.deliveries.count_owed()
            detail = {"owed": waiting, "seconds": round(STUCK_AFTER.total_seconds())}
            await self._alarms.tell(AlarmKind.STUCK, 0, detail)


class HubWatch:
    """Notices hubs that no longer send what their feeds publish."""

    def __init__(self, storage: Storage, alarms: Alarms) -> None:
        self._storage = storage
        self._alarms = alarms

    async def __call__(self) -> None:
        silent = {source.id: source for source in await self._storage.hub_subscriptions.silent()}
        for alarm in await self._alarms.of_kind(AlarmKind.HUB_SILENT):
            if alarm.subject not in silent:
                source = await self._storage.sources.get(alarm.subject)
                # If the source has no hub any more, nothing sends again: nothing is said.
                speaks = source is not None and source.hub is HubHealth.ALIVE
                await self._alarms.well(AlarmKind.HUB_SILENT, alarm.subject, quietly=not speaks)
        for source in silent.values():
            detail = {"source": source.shown_name}
            await self._alarms.tell(AlarmKind.HUB_SILENT, source.id, detail)


class SourceWatch:
    """Notices sources that give nothing for much longer than usual."""

    def __init__(self, storage: Storage, alarms: Alarms, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._alarms = alarms
        self._now = now
        self._started = now()

    async def __call__(self) -> None:
        found = await self._storage.sources.silent(
            times=SILENT_TIMES, least=LEAST_GAP, gaps=GAPS_KNOWN, listening_since=self._started, now=self._now()
        )
        silent = {source.id: source for source in found}
        for alarm in await self._alarms.of_kind(AlarmKind.SOURCE_SILENT):
            if alarm.subject not in silent:
                await self._end(alarm)
        for source in silent.values():
            await self._alarms.tell(AlarmKind.SOURCE_SILENT, source.id, self._detail(source))

    async def _end(self, alarm: Alarm) -> None:
        """End an alarm. If the source is gone, paused or failing, it does not publish again: nothing is said."""
        source = await self._storage.sources.get(alarm.subject)
        speaks = source is not None and source.newest_at is not None and source.newest_at >= alarm.since
        if not speaks and source is not None and source.kind.is_pushed and not (source.paused or source.failures):
            return  # the bot was started anew, and listens again for as long before it would say so
        await self._alarms.well(AlarmKind.SOURCE_SILENT, alarm.subject, quietly=not speaks)

    def _detail(self, source: SilentSource) -> dict[str, str | int]:
        return {
            "source": source.shown_name,
            "seconds": round((self._now() - source.newest_at).total_seconds()),
            "usual": round(max(source.usual_gap, LEAST_GAP).total_seconds()),
        }
