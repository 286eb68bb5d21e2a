"""The desk at work: shows what waits to editors, and publishes articles whose time has come, to the second."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, tzinfo
from typing import Final

from bot.config import Config
from bot.editing import release_due
from bot.locale import Voice
from bot.logs import get_logger
from bot.messages.desk import Forecast, card
from bot.messages.message import Message
from bot.messages.notice import DESK_SUMMARY, Notice
from bot.notices import staff_chats
from bot.timetable import find_time_zone, quiet_hours_end
from storage import Storage
from storage.records import ChatState, Lane, QuietChats, Reach, Timetable, WaitingArticle

log = get_logger(__name__)

AT_ONCE: Final = 100  # articles that are published at each run
AHEAD: Final = timedelta(seconds=1)  # the time between two runs: a run waits for what is due before the next one
SHOWN_IN_A_MINUTE: Final = 5  # articles that are shown to editors one by one; the others are only counted
LOOKED_AT: Final = 1_000  # articles that one run tells editors of
SETTLED: Final = timedelta(seconds=5)  # without a new article, before the others are counted
COUNTED_FOR: Final = 60.0  # seconds for which a count of chats is used again
RESENT_AT_ONCE: Final = 1_000  # chats in one transaction, and
RESEND_CHUNKS: Final = 5  # transactions of each second
COUNTS_KEPT: Final = 200


class DeskReleases:
    """Publishes the articles whose embargo has ended, or whose time an editor has set. A job runs it each second.

    An article that is due between two runs is published at its very time, and never before. What came due while the
    bot did not run is published at the first run.
    """

    def __init__(
        self,
        storage: Storage,
        now: Callable[[], datetime],
        wake: Callable[[], None],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`wake` is called after an article was published that is to be pushed."""
        self._storage = storage
        self._now = now
        self._wake = wake
        self._sleep = sleep

    async def __call__(self) -> None:
        due_at = await self._storage.desk.next_due()
        if due_at is None or due_at >= self._now() + AHEAD:
            return
        while (left := due_at - self._now()) > timedelta(0):  # timers may end a little early
            if left > AHEAD:  # the clock was set back meanwhile
                return
            await self._sleep(left.total_seconds())
        released = await release_due(self._storage, now=self._now(), limit=AT_ONCE)
        for one in released:
            log.info("released", desk=one.id, article=one.article_id)
        if released:
            self._wake()


class Resends:
    """Queues the second messages of breaking news that an editor sends again, a little ahead of the pace."""

    def __init__(self, storage: Storage, now: Callable[[], datetime], wake: Callable[[], None]) -> None:
        self._storage = storage
        self._now = now
        self._wake = wake

    async def __call__(self) -> None:
        for _ in range(RESEND_CHUNKS):
            if not await self._storage.articles.expand_resends(limit=RESENT_AT_ONCE, now=self._now()):
                return
            self._wake()


class DeskAnnouncements:
    """Shows new articles of the desk to editors: in the chat that is their desk, or in each editor's private chat.

    Only a few articles in a minute get a message each, and only those that are news. A source that brings its
    backlog must not flood the editors: the others are counted in one message.
    """

    def __init__(
        self, storage: Storage, config: Config, now: Callable[[], datetime], wake: Callable[[], None]
    ) -> None:
        self._storage = storage
        self._config = config
        self._now = now
        self._wake = wake
        self._shown_at: deque[datetime] = deque(maxlen=SHOWN_IN_A_MINUTE)

    async def __call__(self) -> None:
        waiting, now = await self._storage.desk.unannounced(limit=LOOKED_AT), self._now()
        if not waiting:
            return
        room = SHOWN_IN_A_MINUTE - sum(at > now - timedelta(minutes=1) for at in self._shown_at)
        shown = [one.id for one in waiting if one.lane is not None][: max(0, room)]
        others = [one.id for one in waiting if one.id not in shown]
        if max(one.arrived_at for one in waiting) > now - SETTLED:
            others = []  # more may come, and all of them are counted together
        if not (shown or others):
            return
        chats = await desk_chats(self._storage, self._config, now=now)
        await self._storage.desk.announce(shown, chats, now=now)
        self._shown_at.extend(now for _ in shown)
        if others:
            notice = Notice(DESK_SUMMARY, {"count": len(others)})
            await self._storage.deliveries.enqueue_notice(chats, notice.to_json(), lane=Lane.BREAKING, now=now)
            await self._storage.desk.note_announced(others)
        log.info("desk_announced", articles=len(shown) + len(others), chats=len(chats))
        self._wake()


class DeskCards:
    """Makes the messages that show an article of the desk. A count of chats is used for a minute."""

    def __init__(self, storage: Storage, *, rate: float | None, now: Callable[[], datetime]) -> None:
        """`rate` is the number of messages in a second; None if there is no limit."""
        self._storage = storage
        self._rate = rate
        self._now = now
        self._counts: OrderedDict[tuple[int, int], tuple[float, Forecast | None]] = OrderedDict()

    async def message(self, desk_id: int, voice: Voice) -> tuple[Message, int] | None:
        """Returns the message and the revision that it shows, or None if there is no such article."""
        waiting = await self._storage.desk.get(desk_id)
        if waiting is None:
            return None
        return await self.card_of(waiting, voice), waiting.revision

    async def card_of(self, waiting: WaitingArticle, voice: Voice, *, listed: int = 0) -> Message:
        return card(waiting, await self.forecast(waiting), voice, now=self._now(), listed=listed)

    async def forecast(self, waiting: WaitingArticle) -> Forecast | None:
        """Returns how far an article would reach now, or None if it does not wait, or is only listed."""
        key = (waiting.id, waiting.revision)
        known = self._counts.get(key)
        if known is not None and known[0] + COUNTED_FOR > time.monotonic():
            return known[1]
        reach = await self._storage.desk.reach(waiting.id, now=self._now()) if waiting.lane is not None else None
        found = forecast_of(reach, self._rate, self._now(), breaking=waiting.lane is Lane.BREAKING) if reach else None
        self._counts[key] = (time.monotonic(), found)
        if len(self._counts) > COUNTS_KEPT:
            self._counts.popitem(last=False)
        return found


def forecast_of(reach: Reach, rate: float | None, now: datetime, *, breaking: bool) -> Forecast:
    """Returns how far and how fast an article goes that reaches these chats."""
    return Forecast(
        chats=reach.chats,
        time=timedelta(seconds=reach.chats / rate) if rate else None,
        in_quiet_hours=sum(one.chats for one in reach.quiet if _waits(one, now, breaking=breaking)),
        have_it=reach.have_it,
        is_estimate=reach.is_estimate,
    )


def _waits(chats: QuietChats, now: datetime, *, breaking: bool) -> bool:
    if breaking and chats.breaking:
        return False
    zone: tzinfo = find_time_zone(chats.timezone)
    return quiet_hours_end(Timetable(quiet=chats.quiet), zone, now) is not None


async def desk_chats(storage: Storage, config: Config, *, now: datetime) -> list[int]:
    """Returns the rows of the chats that show waiting articles: the desk that was chosen, or all editors' own.

    If the bot can't write to the desk any more, for example since somebody removed it from the group, each editor is
    asked in private.
    """
    room = await storage.desk.room()
    chat = await storage.chats.get_by_id(room) if room is not None else None
    if chat is not None and chat.state is ChatState.ACTIVE:
        return [chat.id]
    return [chat.id for chat in await staff_chats(storage, config, now=now)]
