"""The sender: takes what is owed, sends it at the pace that Telegram allows, and records what came of it.

    owe → claim → late? → render → pace → send or edit → mark

Nothing is dropped: a delivery leaves the database's care only when its outcome is committed, so a process that is
killed at any instant finds it again at its next start, and sends at most what was in flight a second time.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from telegram.error import BadRequest, InvalidToken, NetworkError, TelegramError
from telegram.ext import ExtBot

from bot import logs
from bot.deliver.message_cache import MessageCache
from bot.deliver.message_client import MessageClient, RenderedMessage, without_markup
from bot.deliver.outcome import Migrated, Refused, backoff, meaning, meaning_of_edit
from bot.deliver.outcome_writer import OutcomeWriter
from bot.deliver.pace import Pacer
from bot.deliver.quiet_hours import catch_ups, waits_until
from bot.timetable import next_digest
from storage import Storage
from storage.errors import StorageError
from storage.records import (
    Claim,
    DeliveryKind,
    Died,
    Dropped,
    Edited,
    Lane,
    Outcome,
    PutOff,
    Sent,
)

log = logs.get_logger(__name__)

AHEAD: Final = 2_000  # chats that are ready to be written to, before more deliveries are made
CHUNK: Final = 1_000  # deliveries made in one transaction
CHUNKS: Final = 8  # such transactions before we send again
LEAST_WAITING: Final = 16  # claimed and waiting for the pace: one second's worth, within these bounds
MOST_WAITING: Final = 128
MOST_IN_HAND: Final = 512  # claimed in all: what a kill could send twice, if all of it were under way
POLL_SECONDS: Final = 1.0  # how often we look without being woken: another process may have imported
LATE_SECONDS: Final = 0.05  # a chat that can't be written to within this gives its place to others
AWAY_AFTER: Final = 5  # failures of the network in a row that mean Telegram itself, not one chat
PROBE_SECONDS: Final = (1.0, 30.0)  # between questions whether it is back, doubled up to the second
STOP_SECONDS: Final = 10.0  # for what is under way when we are asked to stop
LOOK_SECONDS: Final = 0.05  # between looks whether something still is
AWAY, UNMARKED, STOPPING = "away", "unmarked", "stopping"  # why deliveries are held at the gate
CLOCK_SLACK: Final = timedelta(seconds=2)  # by which the wall clock may fall back before chats' turns are corrected
ALERT_HOURS: Final = 6.0  # an alert that is owed for longer joins its chat's catch-up


class Sender:
    """An owned task: `wake` it when something may be owed, `stop` it before storage closes.

    Only one may run on a database at a time; the process's lock sees to that.
    """

    def __init__(
        self,
        storage: Storage,
        bot: ExtBot[Lane],
        pacer: Pacer,
        *,
        rate: float | None,
        paid_broadcast: bool,
        now: Callable[[], datetime],
        alert_hours: float = ALERT_HOURS,
    ) -> None:
        self._storage = storage
        self._bot = bot
        self._pacer = pacer
        self._waiting_wanted = int(min(MOST_WAITING, max(LEAST_WAITING, rate or MOST_WAITING)))
        self._now = now
        self._useful = timedelta(hours=alert_hours) if alert_hours else None  # None: for ever
        self._started_at: datetime | None = None  # None: what a killed process left is still to be found
        self._message_cache = MessageCache(storage, bot)
        self._client = MessageClient(bot, pacer, paid_broadcast=paid_broadcast)
        self._outcomes = OutcomeWriter(storage, on_trouble=partial(pacer.hold, UNMARKED), on_settled=self._settled)
        self._woken = asyncio.Event()
        pacer.on_delivery_passed = self._passed
        storage.chats.on_change = self._chat_changed
        storage.articles.on_change = self._article_changed
        storage.stories.on_change = self._article_changed
        self._sending: set[asyncio.Task[None]] = set()
        self._in_hand: dict[int, Claim] = {}  # by delivery
        self._recalled: set[int] = set()  # those among them that are to be claimed anew
        self._stopped = False
        self._running: asyncio.Task[None] | None = None
        self._marking: asyncio.Task[None] | None = None
        self._probing: asyncio.Task[None] | None = None
        self._network_failures = 0
        self._away = False
        self._clock = (now(), time.monotonic())

    # Its life

    def wake(self) -> None:
        """Look for work now. The first call starts the sender; one whose task ended by a mistake starts it again; and
        after its end nothing does.
        """
        if self._stopped:
            return
        self._woken.set()
        self._running = self._alive(self._running, self._run)
        self._marking = self._alive(self._marking, self._outcomes.run)
        if self._away:
            self._probing = self._alive(self._probing, self._until_back)

    def _alive(
        self, task: asyncio.Task[None] | None, story: Callable[[], Coroutine[Any, Any, None]]
    ) -> asyncio.Task[None]:
        if task is not None and not task.done():
            return task
        if task is not None and not task.cancelled():
            log.error("sender_failed", exc_info=task.exception())
        return asyncio.create_task(story())

    async def stop(self) -> None:
        """End within some 10 seconds: what is under way is waited for and marked, what waits stays owed."""
        self._stopped = True
        self._pacer.hold(STOPPING)
        await _cancelled(self._running)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                while len(self._sending) > self._pacer.deliveries_waiting:
                    # Not without end: what is being rendered now ends at the gate, where nobody passes any more.
                    await asyncio.wait(self._sending, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            log.warning("stopped_in_flight", count=len(self._sending) - self._pacer.deliveries_waiting)
        for task in [*self._sending, self._probing, self._marking]:
            await _cancelled(task)
        await self._outcomes.finish()

    # The story

    async def _run(self) -> None:
        await self._despite_storage(self._recover)
        while True:
            await self._despite_storage(self._turn)
            await self._despite_storage(self._wait)

    async def _recover(self) -> None:
        """Once: later, what is in hand is in our own."""
        if self._started_at is None:
            now = self._now()
            again = await self._storage.deliveries.recover(now=now)
            self._started_at = now
            if again:
                log.info("recovered", deliveries=again)

    async def _turn(self) -> None:
        self._woken.clear()
        await self._follow_the_clock()
        if self._full():
            return
        await self._owe_more()
        for claim in await self._claim():
            self._in_hand[claim.delivery_id] = claim
            task = asyncio.create_task(self._deliver(claim))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _owe_more(self) -> None:
        """Make deliveries of what is open, a little ahead of the pace."""
        deliveries = self._storage.deliveries
        for _ in range(CHUNKS):
            if not await deliveries.expand(limit=CHUNK, now=self._now(), ahead=AHEAD):
                break
        else:
            self._woken.set()  # thousands of articles at once: what is made already goes out in between
        now = self._now()
        while (due := await deliveries.due_digests(limit=CHUNK, now=now)) and (
            await deliveries.ready(now=now, limit=AHEAD, lane=Lane.DIGEST) < AHEAD
        ):
            planned = [(one, next_digest(one.timetable, ZoneInfo(one.timezone), now)) for one in due]
            await deliveries.owe_digests(planned, now=now)

    async def _claim(self) -> list[Claim]:
        room = min(self._waiting_wanted - self._pacer.deliveries_waiting, MOST_IN_HAND - len(self._sending))
        return await self._storage.deliveries.claim(limit=room, now=self._now())

    async def _deliver(self, claim: Claim) -> None:
        """One delivery from claim to outcome. Whatever happens to it stays its own affair."""
        outcome: Outcome | None
        try:
            outcome = await self._outcome(claim)
        except asyncio.CancelledError:
            self._outcomes.put(PutOff(claim, self._now(), "stopped", failed=False))
            raise
        except _Recalled:
            outcome = PutOff(claim, self._now(), "changed meanwhile", failed=False)
        except StorageError as error:
            log.error("delivery_failed", delivery=claim.delivery_id, chat=claim.chat_id, reason=error)
            outcome = PutOff(claim, self._now() + backoff(claim.attempts), "storage", failed=False)
        except Exception:
            log.exception("delivery_failed", delivery=claim.delivery_id, chat=claim.chat_id)
            outcome = PutOff(claim, self._now() + backoff(claim.attempts), "a mistake of ours, see the log")
        finally:
            self._in_hand.pop(claim.delivery_id, None)
            self._recalled.discard(claim.delivery_id)
        if outcome is not None:
            self._outcomes.put(outcome)
        else:
            self._woken.set()

    async def _outcome(self, claim: Claim) -> Outcome | None:
        """What came of it; None where it was settled already."""
        now = self._now()
        if (until := waits_until(claim, now)) is not None:
            return PutOff(claim, until, "quiet hours", failed=False, quiet=True)
        for catch_up in catch_ups(claim, now, started_at=self._started_at or now, useful=self._useful):
            if await self._storage.deliveries.gather(claim, before=catch_up.before, least=catch_up.least, now=now):
                return None
        late = self._pacer.ready_in(claim.chat_id)
        if late > LATE_SECONDS:
            return PutOff(claim, self._now() + timedelta(seconds=late), "pace", failed=False)
        rendered = await self._message_cache.of(claim)
        if rendered is None:
            return Dropped(claim, self._now())
        if claim.message_id is not None:
            return await self._edit(claim, rendered)
        result = await self._send(claim, rendered)
        if isinstance(result, Refused):
            log.warning("markup_refused", delivery=claim.delivery_id, reason=result.reason)
            result = await self._send(claim, without_markup(rendered))
        match result:
            case Migrated():
                await self._storage.chats.migrate(claim.chat_id, result.chat_id, now=self._now())
                log.info("migrated", chat=claim.chat_id, to=result.chat_id)
                return PutOff(claim, self._now(), "migrated", failed=False)
            case Refused():
                return Died(claim, self._now(), result.reason)
        return result

    async def _send(self, claim: Claim, rendered: RenderedMessage) -> Outcome | Migrated | Refused:
        try:
            message_id = await self._client.send(claim, rendered, partial(self._check, claim))
        except TelegramError as error:
            self._note_failure(error)
            return meaning(error, claim, self._now())
        self._network_failures = 0
        return Sent(claim, self._now(), message_id, rendered.revision, self._next_at(claim), rendered.snapshot)

    async def _edit(self, claim: Claim, rendered: RenderedMessage) -> Outcome:
        try:
            await self._client.edit(claim, rendered, partial(self._check, claim))
        except TelegramError as error:
            self._note_failure(error)
            return meaning_of_edit(error, claim, self._now(), rendered.revision)
        self._network_failures = 0
        return Edited(claim, self._now(), rendered.revision, self._next_at(claim))

    def _next_at(self, claim: Claim) -> datetime:
        return self._now() + timedelta(seconds=self._pacer.ready_in(claim.chat_id))

    # What a reader chose

    def _chat_changed(self, chat: int) -> None:
        """What a chat wants was changed: what is in hand for it is made anew, if it was not sent yet."""
        self._recalled.update(number for number, claim in self._in_hand.items() if claim.chat == chat)

    def _article_changed(self, article_id: int) -> None:
        self._message_cache.forget(article_id)
        self._recalled.update(
            number
            for number, claim in self._in_hand.items()
            if claim.article_id == article_id or claim.kind is DeliveryKind.DIGEST  # which may list it
        )

    def _check(self, claim: Claim) -> None:
        """At the last moment before it is sent."""
        if claim.delivery_id in self._recalled:
            raise _Recalled

    # Its troubles

    def _note_failure(self, error: TelegramError) -> None:
        """Where Telegram itself can't be reached, hold everything instead of failing chat by chat."""
        telegram_answered = isinstance(error, BadRequest) or not isinstance(error, NetworkError | InvalidToken)
        if telegram_answered:
            self._network_failures = 0
            return
        self._network_failures += 1
        if not self._away and (self._network_failures >= AWAY_AFTER or isinstance(error, InvalidToken)):
            self._away = True
            self._pacer.hold(AWAY)
            log.warning("telegram_away", reason=type(error).__name__)
            self._probing = asyncio.create_task(self._until_back())

    async def _until_back(self) -> None:
        pause, longest = PROBE_SECONDS
        while self._away:
            await asyncio.sleep(pause)
            try:
                await self._bot.get_me()
            except TelegramError as error:
                pause = min(longest, 2 * pause)
                log.warning("telegram_away", reason=type(error).__name__, next_try_seconds=round(pause))
            else:
                log.info("telegram_back")
                self._away = False
        self._network_failures = 0
        self._go_on_after(AWAY)
        self._woken.set()

    def _go_on_after(self, reason: str) -> None:
        """Let deliveries pass again. What waited at the gate is claimed anew: however long that was, quiet hours may
        have begun, another process may have withdrawn an article, and news may be none any more.
        """
        if self._pacer.release(reason):
            self._recalled.update(self._in_hand)

    async def _despite_storage(self, step: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do one step; while storage can't, say so and try again: nothing is owed less because of it."""
        while True:
            try:
                return await step()
            except StorageError as error:
                log.error("storage_failed", step=step.__name__.strip("_"), reason=error)
                await asyncio.sleep(POLL_SECONDS)

    async def _follow_the_clock(self) -> None:
        """Where the wall clock was set back, chats would wait for the difference."""
        wall, steady = self._clock
        clock = (self._now(), time.monotonic())
        expected = wall + timedelta(seconds=clock[1] - steady)
        back = expected - clock[0]
        if back > CLOCK_SLACK:
            log.warning("clock_went_back", seconds=round(back.total_seconds()))
            await self._storage.deliveries.clock_went_back(now=clock[0], by=back)
        self._clock = clock  # not before that is stored

    # Its rhythm

    def _full(self) -> bool:
        """Whether there is no use in claiming more now."""
        return (
            self._away
            or self._outcomes.in_trouble
            or self._pacer.deliveries_waiting > self._waiting_wanted // 2
            or len(self._sending) > MOST_IN_HAND - self._waiting_wanted // 2
        )

    def _passed(self) -> None:
        """A delivery left the gate: claim again when those that wait there become few."""
        if not self._full():
            self._woken.set()

    def _settled(self) -> None:
        self._go_on_after(UNMARKED)
        if not self._full():
            self._woken.set()

    async def _wait(self) -> None:
        """Until there is something to do: a wake, an outcome, a chat whose turn comes, or a look around."""
        seconds = POLL_SECONDS
        if not self._full():
            next_at = await self._storage.deliveries.next_ready_at()
            if next_at is not None:
                seconds = min(POLL_SECONDS, max(0.0, (next_at - self._now()).total_seconds()))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()


class _Recalled(Exception):
    """What this delivery was made of has changed while it waited."""


async def _cancelled(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
