"""The sender: claims queued deliveries, sends them at the pace that Telegram allows, and records the outcomes.

    queue → claim → late? → render → pace → send or edit → commit the outcome

No delivery is lost: it stays queued in the database until its outcome is committed. If the process is killed at any
instant, it finds the delivery again at its next start. Only messages that were in flight may be sent a second time.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot.backoff import Backoff
from bot.clock import ClockWatch
from bot.deliver.digest_plan import DigestPlan
from bot.deliver.gate import DeliveryDismissed
from bot.deliver.message_cache import MessageCache
from bot.deliver.message_client import MessageClient
from bot.deliver.outcome import (
    MISTAKE,
    RETRY,
    Failed,
    Migrated,
    Refused,
    retry_or_give_up,
)
from bot.deliver.outcome_writer import OnCommitted, OutcomeWriter
from bot.deliver.pace import Pacer
from bot.deliver.quiet_hours import hold_end, possible_catch_ups
from bot.deliver.recalls import InHand, LastLook, Recalled
from bot.deliver.sending import Result, Sending
from bot.deliver.server_health import ServerHealth, State
from bot.logs import get_logger
from storage import Storage
from storage.errors import OUTAGES, DatabaseDamaged, NotFound, StorageError
from storage.records import (
    PROMISE,
    Claim,
    Dropped,
    Edited,
    Lane,
    Outcome,
    PutOff,
    Sent,
    Unreachable,
)

log = get_logger(__name__)

AHEAD: Final = 2_000  # if so many chats are ready for a message, no more deliveries are made
CHUNK: Final = 1_000  # deliveries made in one transaction
CHUNKS: Final = 8  # transactions of that size before the sender claims again
LEAST_WAITING: Final = 16  # claimed deliveries that wait for the pace: enough for one second, within these bounds
MOST_WAITING: Final = 128
MOST_IN_HAND: Final = 512  # claimed deliveries in all: if all are in flight, a kill could send so many twice
POLL_SECONDS: Final = 1.0  # between looks without a wake: another process may have imported articles
LATE_SECONDS: Final = 0.05  # a chat that must wait longer than this gives its place to other chats
PROBE: Final = Backoff(first=1.0, longest=30.0)  # pauses between the questions whether the server is back
STOP_SECONDS: Final = 10.0  # time for messages in flight to end when the sender is stopped
LOOK_SECONDS: Final = 0.05  # between looks whether messages are still in flight
AWAY, UNMARKED, STOPPING = "away", "unmarked", "stopping"  # reasons for which the gate holds deliveries
ALERT_HOURS: Final = 6.0  # an alert that waits longer joins its chat's catch-up
CHATS_KEPT: Final = 10_000  # chats whose failures in a row are remembered


class Sender:
    """Owns the task that sends. Call `wake` when deliveries may be queued, and `stop` before storage closes.

    Only one sender may run on a database at a time. The leadership of the process ensures that.
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
        promise: timedelta = PROMISE,
        on_committed: OnCommitted = lambda outcomes, excused: None,
    ) -> None:
        """`promise` is the time within which an alert should reach its chat. `on_committed` is called with the
        outcomes that were committed, and the ids of those whose chat wished to wait.
        """
        self._storage = storage
        self._pacer = pacer
        self._waiting_wanted = int(min(MOST_WAITING, max(LEAST_WAITING, rate or MOST_WAITING)))
        self._now = now
        self._max_alert_age = timedelta(hours=alert_hours) if alert_hours else None  # None: no age is too old
        self._started_at: datetime | None = None  # None until the deliveries of a killed process are recovered
        self._message_cache = MessageCache(storage, bot, now=now, rate=rate)
        self._client = MessageClient(bot, pacer, paid_broadcast=paid_broadcast)
        self._in_hand = InHand()
        self._last_look = LastLook(storage, self._message_cache, self._in_hand)
        self._messages = Sending(self._client, pacer, self._last_look.check, now=now)
        self._digests = DigestPlan(storage, now=now)
        self._outcomes = OutcomeWriter(
            storage,
            now=now,
            on_trouble=self._on_commit_failed,
            on_settled=self._on_outcomes_committed,
            on_committed=on_committed,
            promise=promise,
        )
        self._woken = asyncio.Event()
        pacer.on_delivery_passed = self._on_delivery_passed
        storage.signals.on_chat = self._chat_changed
        storage.signals.on_article = self._article_changed
        storage.signals.on_anything = self._anything_changed
        self._silent: set[int] = set()  # articles whose messages come without a sound
        self._sending: set[asyncio.Task[None]] = set()
        self._may_have_lost_claims = False
        self._storage_has_failed = False  # since claims and outcomes were compared with it
        self._stopped = False
        self._running: asyncio.Task[None] | None = None
        self._committing: asyncio.Task[None] | None = None
        self._probing: asyncio.Task[None] | None = None
        self._health = ServerHealth()
        self._failures: dict[int, int] = {}  # chat_id -> failures in a row
        self._resting: dict[str, float] = {}  # steps that failed by a bug -> when they are tried again
        self._clock = ClockWatch(now)

    # Start and stop

    def wake(self) -> None:
        """Look for work now. The first call starts the sender. If a bug ended a task of the sender, that task is
        started again. After `stop`, the call does nothing.
        """
        if self._stopped:
            return
        self._woken.set()
        self._running = self._ensure_running(self._running, self._run)
        self._committing = self._ensure_running(self._committing, self._outcomes.run)
        if _has_failed(self._probing):  # the gate stays closed until it ends, whatever became of messages in flight
            self._probing = self._ensure_running(self._probing, self._probe)

    def _ensure_running(
        self, task: asyncio.Task[None] | None, story: Callable[[], Coroutine[Any, Any, None]]
    ) -> asyncio.Task[None]:
        if task is not None and not task.done():
            return task
        if task is not None and _has_failed(task):
            log.error("sender_failed", exc_info=task.exception())
        return asyncio.create_task(story())

    async def stop(self, *, seconds: float | None = None) -> None:
        """Stop within these seconds (STOP_SECONDS if not given), and a little more.

        Messages in flight may end, and their outcomes are committed. Deliveries that wait stay queued.
        """
        self._stopped = True
        self._pacer.hold(STOPPING)
        await _cancel(self._running)
        try:
            async with asyncio.timeout(STOP_SECONDS if seconds is None else seconds):
                while len(self._sending) > self._pacer.deliveries_waiting:
                    # The time-out is short: a delivery that is being rendered now will only wait at the closed gate.
                    await asyncio.wait(self._sending, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            log.warning("stopped_in_flight", count=len(self._sending) - self._pacer.deliveries_waiting)
        for task in [*self._sending, self._probing, self._committing]:
            await _cancel(task)
        await self._last_look.close()
        await self._outcomes.finish()

    def silence(self, article_id: int) -> None:
        """Let the messages about this article come without a sound. The article of an earlier call is forgotten."""
        self._silent = {article_id}

    # From claim to outcome

    async def _run(self) -> None:
        await self._retry_on_storage_error(self._recover)
        while True:
            await self._retry_on_storage_error(self._turn)
            await self._retry_on_storage_error(self._wait)

    async def _recover(self) -> None:
        """Queue again the deliveries that a killed process was sending.

        This is done only once: later, every claimed delivery is claimed by this process.
        """
        if self._started_at is None:
            now = self._now()
            again = await self._storage.deliveries.recover(now=now)
            await self._digests.plan_anew()
            self._started_at = now
            if again:
                log.info("recovered", deliveries=again)

    async def _turn(self) -> None:
        self._woken.clear()
        await self._follow_clock()
        await self._give_back()
        if self._has_enough_claimed():
            return
        await self._run_isolated(self._expand)
        await self._run_isolated(self._owe_digests)
        self._may_have_lost_claims = True  # until the claim has returned
        claims = await self._claim()
        self._may_have_lost_claims = False
        # If the server stored an outcome, and its answer was lost, the outcome will be stored once more. A delivery
        # that was claimed in between waits for that. Otherwise it would be queued while it is being sent, and be sent
        # twice.
        pending, unsettled = self._outcomes.deliveries(), self._unsettled()
        for claim in claims:
            if claim.delivery_id not in unsettled:
                self._begin(claim)
        if waiting := pending.intersection(claim.delivery_id for claim in claims):
            await self._storage.deliveries.unclaim(waiting)

    def _begin(self, claim: Claim) -> None:
        if claim.article_id in self._silent:
            claim = replace(claim, silent=True)
        self._in_hand.add(claim)
        task = asyncio.create_task(self._deliver(claim))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _give_back(self) -> None:
        """Queue again what a failed claim took: if a server's answer was lost, the claim is stored all the same.

        The same is done after other failures: a server that crashed may have lost the last outcomes that it had
        confirmed, for example if a standby took its place.
        """
        if self._may_have_lost_claims or self._storage_has_failed:
            self._storage_has_failed = False
            again = await self._storage.deliveries.give_back(now=self._now(), besides=self._unsettled())
            self._may_have_lost_claims = False
            if again:
                log.info("recovered", deliveries=again)

    def _unsettled(self) -> set[int]:
        """Returns the ids of the claimed deliveries whose outcomes are not known to be stored."""
        return {*self._in_hand.ids, *self._outcomes.deliveries()}

    async def _expand(self) -> None:
        """Make deliveries of the open fan-outs and corrections, a little ahead of the pace."""
        for _ in range(CHUNKS):
            if not await self._storage.deliveries.expand(limit=CHUNK, now=self._now(), ahead=AHEAD):
                break
        else:
            self._woken.set()  # after thousands of new articles, send the deliveries made so far before making more

    async def _owe_digests(self) -> None:
        await self._digests.owe_digests(ahead=AHEAD)

    async def _claim(self) -> list[Claim]:
        deliveries, now = self._storage.deliveries, self._now()
        if self._health.state is State.TRIAL:
            chats, without = self._health.trial_candidates()
            another = await deliveries.claim_another(chats, without=without, now=now)
            return another or await deliveries.claim(limit=1, now=now)
        room = min(self._waiting_wanted - self._pacer.deliveries_waiting, MOST_IN_HAND - len(self._sending))
        return await deliveries.claim(limit=room, now=now)

    async def _deliver(self, claim: Claim) -> None:
        """Take one delivery from claim to outcome. An error in it affects no other delivery."""
        outcome: Outcome | None
        try:
            outcome = await self._attempt(claim)
        except asyncio.CancelledError:
            self._outcomes.put(PutOff(claim, self._now(), "stopped", attempts=0))
            raise
        except (Recalled, DeliveryDismissed):
            outcome = PutOff(claim, self._now(), "changed meanwhile", attempts=0)
        except Exception as error:
            outcome = self._exception_outcome(claim, error)
        finally:
            self._in_hand.remove(claim)
            self._last_look.unwatch(claim)
        if outcome is not None:
            self._outcomes.put(outcome)
        else:
            self._woken.set()

    async def _attempt(self, claim: Claim) -> Outcome | None:
        """Returns the outcome of a delivery, or None if the outcome is stored already."""
        now = self._now()
        if (until := hold_end(claim, now)) is not None:
            return PutOff(claim, until, "on hold", attempts=0, quiet=True)
        for catch_up in possible_catch_ups(
            claim, now, started_at=self._started_at or now, max_age=self._max_alert_age
        ):
            if await self._storage.deliveries.merge_into_catch_up(
                claim, before=catch_up.before, least=catch_up.min_alerts, now=now
            ):
                return None
        late = self._pacer.seconds_until_allowed(claim.chat_id)
        if late > LATE_SECONDS:
            return PutOff(claim, self._now() + timedelta(seconds=late), "pace", attempts=0)
        rendered = await self._message_cache.get_message(claim)
        if rendered is None:
            return Dropped(claim, self._now())
        self._last_look.watch(claim, rendered)
        return await self._to_outcome(claim, await self._messages.send_or_edit(claim, rendered))

    # Outcomes

    async def _to_outcome(self, claim: Claim, result: Result) -> Outcome:
        """Update what is known about the server and the chat. Returns the outcome of the delivery."""
        match result:
            case Sent() | Edited(gone=False):
                self._health.record_accepted(claim.article_id)
                self._failures.pop(claim.chat_id, None)
                return result
            case Unreachable() | Edited():
                self._health.record_refused(claim.chat_id)
                self._hold_if_server_is_away()
                return result
            case Migrated(chat_id=chat_id):
                await self._storage.chats.migrate(claim.chat_id, chat_id, now=self._now())
                log.info("migrated", chat=claim.chat_id, to=chat_id)
                return PutOff(claim, self._now(), "migrated")  # uses up an attempt: two ids may migrate to each other
            case Failed():
                return self._failure_outcome(result)
            case Refused():
                raise AssertionError("a message that was refused twice has another result")
        return result

    def _failure_outcome(self, failed: Failed) -> Outcome:
        """Returns the outcome of a failure.

        A failure delays one delivery. While the server is well, it also delays the chat a little.
        """
        claim = failed.claim
        counts = self._health.record_failed(
            claim.chat_id, claim.article_id, affects_all_chats=failed.affects_all_chats
        )
        log.info("not_accepted", delivery=claim.delivery_id, chat=claim.chat_id, reason=failed.reason, counts=counts)
        self._hold_if_server_is_away()
        return retry_or_give_up(failed, self._now(), counts=counts, chat_at=self._chat_retry_at(claim.chat_id))

    def _chat_retry_at(self, chat_id: int) -> datetime:
        """Returns when the chat may be sent a message again.

        If the server is in doubt, the chat waits no longer than all other chats.
        """
        if self._health.state is not State.WELL:
            return self._now()
        if len(self._failures) >= CHATS_KEPT:
            self._failures.clear()
        self._failures[chat_id] = failures = self._failures.get(chat_id, 0) + 1
        return self._now() + timedelta(seconds=RETRY.pause(failures))

    def _exception_outcome(self, claim: Claim, error: Exception) -> Outcome:
        """Returns the outcome of a delivery that raised an unexpected error."""
        at_storage = isinstance(error, StorageError)
        if not isinstance(error, OUTAGES):  # storage tells of these once
            log.error(
                "delivery_failed",
                delivery=claim.delivery_id,
                chat=claim.chat_id,
                reason=error if at_storage else type(error).__name__,
                exc_info=None if at_storage else error,
            )
        now = self._now()
        if at_storage and not isinstance(error, NotFound | DatabaseDamaged):  # storage fails for all deliveries
            return PutOff(claim, now + timedelta(seconds=RETRY.first), "storage", attempts=0)
        reason = str(error) if at_storage else f"a mistake of ours: {type(error).__name__}"
        failed = Failed(claim=claim, reason=reason, attempts=MISTAKE)
        return retry_or_give_up(failed, now, counts=True, chat_at=now)

    # Changes by readers and by the newsroom

    def _chat_changed(self, chat_row: int) -> None:
        """The settings of a chat changed. Its claimed deliveries that are not sent yet are claimed and made again."""
        self._in_hand.recall_chat(chat_row)

    def _article_changed(self, article_id: int) -> None:
        self._message_cache.forget_article(article_id)
        self._in_hand.recall_article(article_id)

    def _anything_changed(self) -> None:
        """Changes of other processes may have been missed. The message cache compares its articles by itself."""
        self._in_hand.recall_all()
        self._woken.set()

    # Failures of the server, of storage and of the clock

    def _hold_if_server_is_away(self) -> None:
        """Hold all deliveries while the server is away, instead of failing chat by chat."""
        if self._health.state is State.AWAY and (self._probing is None or self._probing.done()):
            self._pacer.hold(AWAY)
            self._pacer.dismiss_deliveries()
            log.warning("telegram_away")
            self._probing = asyncio.create_task(self._probe())

    async def _probe(self) -> None:
        """Ask the server until it answers, then let deliveries pass again."""
        returns = self._health.returns
        await asyncio.sleep(PROBE.pause(returns - 1) if returns > 1 else 0)
        for pause in PROBE.pauses():
            try:
                await self._client.ping()
            except TelegramError as error:
                log.warning("telegram_away", reason=error.message, next_try_seconds=round(pause, 1))
                await asyncio.sleep(pause)
            else:
                break
        self._health.record_answer()
        log.info("telegram_back", trial=self._health.state is State.TRIAL)
        self._release(AWAY)
        self._woken.set()

    def _release(self, reason: str) -> None:
        """Let deliveries pass again. Deliveries that waited at the gate are claimed again.

        While they waited, quiet hours may have begun, another process may have withdrawn an article, and an alert
        may have become out of date.
        """
        if self._pacer.release(reason):
            self._in_hand.recall_all()

    async def _retry_on_storage_error(self, step: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run one step. If storage fails, log the error and try again.

        Such a failure loses no delivery: all of them stay queued.
        """
        while True:
            try:
                return await step()
            except StorageError as error:
                self._storage_has_failed = True
                if not isinstance(error, OUTAGES):  # storage tells of these once
                    log.error("storage_failed", step=step.__name__.strip("_"), reason=error)
                await asyncio.sleep(POLL_SECONDS)

    async def _run_isolated(self, step: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run one step of a turn. A bug in it stops no other step, and the step itself pauses for a while."""
        name = step.__name__.strip("_")
        if self._resting.get(name, 0.0) > time.monotonic():
            return
        try:
            await step()
        except StorageError:
            raise
        except Exception:
            log.exception("sender_step_failed", step=name)
            self._resting[name] = time.monotonic() + POLL_SECONDS

    async def _follow_clock(self) -> None:
        """Correct all stored times after the wall clock was set back.

        Without that, deliveries with times from the old clock would wait for the difference.
        """
        step = self._clock.step()
        if not step:
            return
        log.warning("clock_was_set", seconds=round(step.total_seconds()))
        if step < timedelta(0):
            now = self._now()
            async with self._outcomes.shift_times(step):
                await self._storage.deliveries.correct_times(now=now, by=-step)
            await self._digests.plan_anew()
            self._started_at = (self._started_at or now) + step
        self._clock.accept()  # only after the corrected times are stored

    # When to claim

    def _has_enough_claimed(self) -> bool:
        """Returns whether it would be of no use to claim more deliveries now."""
        if self._health.state is State.TRIAL and self._sending:
            return True
        return (
            not self._storage.leadership.is_sure()
            or self._health.state is State.AWAY
            or self._outcomes.in_trouble
            or self._pacer.deliveries_waiting > self._waiting_wanted // 2
            or len(self._sending) > MOST_IN_HAND - self._waiting_wanted // 2
        )

    def _on_delivery_passed(self) -> None:
        """A delivery left the gate. If few deliveries still wait there, claim more."""
        if not self._has_enough_claimed():
            self._woken.set()

    def _on_commit_failed(self) -> None:
        self._storage_has_failed = True
        self._pacer.hold(UNMARKED)

    def _on_outcomes_committed(self) -> None:
        self._release(UNMARKED)
        if not self._has_enough_claimed():
            self._woken.set()

    async def _wait(self) -> None:
        """Wait until there is work: a wake, a committed outcome, or the next send slot of a chat.

        The wait takes POLL_SECONDS at most.
        """
        seconds = POLL_SECONDS
        if not self._has_enough_claimed():
            next_at = await self._storage.deliveries.next_send_at()
            if next_at is not None:
                seconds = min(POLL_SECONDS, max(0.0, (next_at - self._now()).total_seconds()))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()


def _has_failed(task: asyncio.Task[None] | None) -> bool:
    """Returns whether a bug ended the task."""
    return task is not None and task.done() and not task.cancelled() and task.exception() is not None


async def _cancel(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
