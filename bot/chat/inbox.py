"""The inbox: stores updates, answers them in order within each chat, and then deletes them.

    receive → admission → committed → the chat's queue → its turn → answered, or set aside with the reason → forgotten

Chats are answered concurrently. A chat that may not be written to yet, because of Telegram's rate limit, takes no
turn meanwhile. So hundreds of commands from one person do not delay the answers to other people.

An update may end the process, for example because its answer uses up the memory. So attempts are counted before they
begin, and an update that ended MOST_ATTEMPTS processes is set aside. The first attempt costs no commit, because an
update that another process left was attempted there. A process may end while it answers several updates. The next
process answers them all at once again, and the one after it answers each of them alone, so only the guilty one is
set aside.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, Final, Protocol, TypeVar

from bot import logs
from bot.backoff import Backoff
from bot.chat.admission import Admission, Verdict
from bot.chat.polling import ReceiveResult
from bot.chat.updates import read_asker, read_raw_update
from storage import Storage
from storage.errors import StorageError
from storage.records import ReceivedUpdate, WaitingUpdate

log = logs.get_logger(__name__)
Result = TypeVar("Result")

AT_ONCE: Final = 256  # turns at the same moment
FRESH_AT_ONCE: Final = 8  # turns whose answer may be sent and not yet forgotten: after a kill it is sent again
FRESH_SECONDS: Final = 1.0  # a turn that takes longer waits for Telegram, and the next one begins beside it
PATIENCE: Final = timedelta(minutes=10)  # an older question is answered only if it is its chat's newest
WAITING_OF_CHAT: Final = 500  # updates of one chat that wait; what people ask there beyond that is ignored
PAYLOADS_KEPT: Final = 2_000  # updates whose JSON stays in memory; that of the others is read at their turn
LOADED_AT_ONCE: Final = 1_000  # updates in one query, while the updates of a former process are queued
LONGEST_WAIT: Final = 60.0  # seconds between looks at a chat that may not be written to
MOST_ATTEMPTS: Final = 5  # processes that may end with the same update: some kills in a row hit an innocent one
AFTER_FAILURE: Final = Backoff(0.5, 5.0)
LONGEST_REASON: Final = 300  # characters
STOP_SECONDS: Final = 9.0  # time that `stop` leaves to the answers that are under way
LAST_SECONDS: Final = 5.0  # time that `stop` leaves to the last commit
REMEMBERED: Final = 10_000  # update ids kept in memory, because a server may deliver an update repeatedly


class Answerer(Protocol):
    """Answers updates."""

    async def __call__(
        self, payload: str, *, late: bool, too_fast: bool, let_others_in: Callable[[], None]
    ) -> str | None:
        """Answer an update. `payload` is its JSON. Returns None, or the reason why the update was not answered.

        The next update of the chat waits for this answer, or until `let_others_in` is called: because the rest of the
        answer takes long, and may come after other answers.

        If `late` is true, the update takes effect, but no reply is sent. If `too_fast` is true, it takes no effect,
        and the person is asked to slow down.
        """


class Inbox:
    """Queues updates and answers them.

    Call `resume` once before the first `receive`, and `stop` before storage is closed.
    """

    def __init__(
        self,
        storage: Storage,
        answer: Answerer,
        admission: Admission,
        *,
        now: Callable[[], datetime],
        reply_in: Callable[[int], float] = lambda chat_id: 0.0,
        passing: Callable[[Any], bool] = lambda raw: False,
        on_received: Callable[[Any], None] = lambda raw: None,
        on_handled: Callable[[float, float | None], None] = lambda seconds, reply_seconds: None,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`on_received` is called with each new raw update. `on_handled` is called after an update was handled with
        the seconds of work, and the seconds since the receipt of a question (None for other updates).

        `reply_in` returns the seconds until a reply may be sent to a chat.

        `passing` takes a raw update that is not to be stored, since it is worth nothing later, and returns True. It
        returns False for all other updates.
        """
        self._storage = storage
        self._answer = answer
        self._admission = admission
        self._verdicts: dict[int, Verdict] = {}  # by update: of those that could not be committed and come again
        self._too_fast: set[int] = set()  # waiting updates whose person is asked to slow down
        self._now = now
        self._reply_in = reply_in
        self._passing = passing
        self._on_received = on_received
        self._on_handled = on_handled
        self._steady = steady
        self._received_at: dict[int, float] = {}  # by update: of questions that wait for an answer
        self._queues: dict[int, deque[WaitingUpdate]] = {}  # by chat; the first update of each may be under way
        self._waiting = 0  # updates in all queues
        self._unsettled = 0  # updates whose turn has begun and not ended, also if others were let in
        self._recent: dict[int, None] = {}  # numbers of the last updates, in the order of their arrival
        self._lined_up: deque[int] = deque()  # chats that are answered as soon as there is room
        self._turns: set[asyncio.Task[None]] = set()
        self._fresh: dict[int, asyncio.TimerHandle] = {}  # by update: turns that began lately and are not committed
        self._alone: int | None = None  # the last update that began alone
        self._counted: set[int] = set()  # updates under way whose attempt storage has counted
        self._answered: list[int] = []  # updates, not committed yet
        self._set_aside: list[tuple[int, str]] = []  # updates with the reason, not committed yet
        self._settling: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()  # nothing waits, and nothing is to be committed
        self._settled.set()
        self._stopped = False

    # In

    async def resume(self) -> None:
        """Queue the updates that a former process received and did not answer."""
        after = count = 0
        while updates := await self._storage.inbox.waiting_updates(after=after, limit=LOADED_AT_ONCE):
            after = updates[-1].update_id
            count += len(updates)
            for update in updates:
                self._queue(update)
        if count:
            log.info("inbox_resumed", updates=count)

    async def receive(self, updates: Sequence[Any], *, confirmed: int = 0) -> ReceiveResult:
        """Commit raw updates and queue them. Those that are not admitted are ignored, and passing ones not stored.

        Telegram has been told that the bot has all updates before `confirmed`. Raises StorageError if the updates
        can't be committed. Then none of them is stored, and they must not be confirmed to Telegram.
        """
        now = self._now()
        numbered = [(update, raw) for raw in updates if (update := read_raw_update(raw, now=now)) is not None]
        if len(numbered) < len(updates):
            log.warning("updates_without_number", count=len(updates) - len(numbered))
        unknown = [(update, raw) for update, raw in numbered if update.update_id not in self._recent]
        passed = [update for update, raw in unknown if self._passing(raw)]
        self._recent |= dict.fromkeys(update.update_id for update in passed)
        for raw in [raw for update, raw in unknown if update.update_id in self._recent]:
            self._on_received(raw)
        unknown = [(update, raw) for update, raw in unknown if update.update_id not in self._recent]
        admitted = self._admitted(unknown)
        new = await self._storage.inbox.receive(admitted, now=now, confirmed=confirmed) if admitted else []
        self._too_fast |= {one for one, verdict in self._verdicts.items() if verdict is Verdict.SLOW_DOWN}
        self._verdicts.clear()
        self._recent |= dict.fromkeys(update.update_id for update, _ in unknown)
        for _, raw in unknown:
            self._on_received(raw)
        self._received_at |= {update.update_id: self._steady() for update in new if update.asks}
        for number in list(islice(self._recent, max(0, len(self._recent) - REMEMBERED))):
            del self._recent[number]
        for update in new:
            self._queue(update if self._waiting < PAYLOADS_KEPT else _without_payload(update))
        ignored = len(unknown) - len(admitted)
        last = max((update.update_id for update, _ in numbered), default=None)
        return ReceiveResult(last, len(new) + ignored + len(passed))

    def _admitted(self, unknown: Sequence[tuple[ReceivedUpdate, Any]]) -> list[ReceivedUpdate]:
        """Returns the updates that are answered. `unknown` holds each with its raw form.

        What people ask beyond the limit of a person or of a chat is left out.
        """
        waiting = Counter({one.chat_id: len(self._queues.get(one.chat_id, ())) for one, _ in unknown})
        full: set[int] = set()
        admitted = []
        for update, raw in unknown:
            if (asker := read_asker(raw)) is not None:
                if waiting[update.chat_id] >= WAITING_OF_CHAT:
                    full.add(update.chat_id)
                    continue
                verdict = self._verdicts.get(update.update_id)
                if verdict is None:
                    verdict = self._admission.judge(asker.person, press=asker.press)
                    self._verdicts[update.update_id] = verdict
                if verdict is Verdict.IGNORE:
                    continue
            waiting[update.chat_id] += 1
            admitted.append(update)
        for chat_id in full:
            log.warning("chat_asks_too_much", chat=chat_id, waiting=waiting[chat_id])
        return admitted

    async def confirm(self, before: int) -> None:
        """Record that Telegram was told that the bot has all updates before this number. Raises StorageError."""
        await self._storage.inbox.confirm(before)

    def _queue(self, update: WaitingUpdate) -> None:
        self._settled.clear()
        self._waiting += 1
        queue = self._queues.setdefault(update.chat_id, deque())
        queue.append(update)
        if len(queue) == 1:
            self._line_up(update.chat_id)

    # Turns

    def _line_up(self, chat_id: int) -> None:
        """Schedule the turn of a chat for the moment at which a reply may be sent there."""
        if self._stopped:
            return
        queue = self._queues[chat_id]
        if queue[0].asks and not self._is_late(queue) and (seconds := self._reply_in(chat_id)) > 0:
            asyncio.get_running_loop().call_later(min(LONGEST_WAIT, seconds), self._line_up, chat_id)
            return
        self._lined_up.append(chat_id)
        self._give_turns()

    def _is_late(self, queue: deque[WaitingUpdate]) -> bool:
        """Returns whether the first update is a question that is older than PATIENCE, with a newer
        question behind it.
        """
        first = queue[0]
        waited = self._now() - first.asked_at
        return first.asks and waited > PATIENCE and any(update.asks for update in islice(queue, 1, None))

    def _give_turns(self) -> None:
        """Begin the next turns.

        Few begin at once. The commit that forgets an answer queues behind what the turns write, so a backlog that is
        answered all at once is sent as a whole before the first of its answers is forgotten.
        """
        loop = asyncio.get_running_loop()
        while self._lined_up and not self._stopped and self._may_begin(self._queues[self._lined_up[0]][0]):
            chat_id = self._lined_up.popleft()
            update = self._queues[chat_id][0]
            number = update.update_id
            if update.attempts > 1:
                self._alone = number
            self._fresh[number] = loop.call_later(FRESH_SECONDS, self._not_fresh, number)
            turn = asyncio.create_task(self._turn(chat_id))
            self._turns.add(turn)
            turn.add_done_callback(self._turn_ended)

    def _may_begin(self, update: WaitingUpdate) -> bool:
        """Returns whether there is room for the turn of this update.

        An update that may have ended a process begins alone.
        """
        if len(self._turns) >= AT_ONCE:
            return False
        if update.attempts > 1:
            return not self._fresh
        return len(self._fresh) < FRESH_AT_ONCE and self._alone not in self._fresh

    def _not_fresh(self, *numbers: int) -> None:
        """Stop counting these updates against FRESH_AT_ONCE."""
        for number in numbers:
            if (timer := self._fresh.pop(number, None)) is not None:
                timer.cancel()
        self._give_turns()

    def _turn_ended(self, turn: asyncio.Task[None]) -> None:
        self._turns.discard(turn)
        self._give_turns()

    async def _turn(self, chat_id: int) -> None:
        """Answer the first update of a chat. Its next update waits for the chats that are in line already."""
        queue = self._queues[chat_id]
        update = queue[0]
        ended = False

        def end() -> None:
            nonlocal ended
            if not ended:
                ended = True
                self._leave_queue(chat_id)

        self._unsettled += 1
        begun = self._steady()
        reason = await self._outcome(update, late=self._is_late(queue), let_others_in=end)
        if reason is None:
            self._answered.append(update.update_id)
        else:
            reason = " ".join(reason.split())[:LONGEST_REASON]
            log.warning("update_set_aside", update=update.update_id, chat=chat_id, reason=reason)
            self._set_aside.append((update.update_id, reason))
        asked_at = self._received_at.pop(update.update_id, None)
        self._on_handled(self._steady() - begun, None if asked_at is None else self._steady() - asked_at)
        self._counted.discard(update.update_id)
        self._too_fast.discard(update.update_id)
        self._unsettled -= 1
        end()
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle())

    def _leave_queue(self, chat_id: int) -> None:
        """Remove the first update of a chat from its queue, so that the next one can have its turn."""
        queue = self._queues[chat_id]
        self._waiting -= 1
        queue.popleft()
        if queue:
            self._line_up(chat_id)
        else:
            del self._queues[chat_id]

    async def _outcome(self, update: WaitingUpdate, *, late: bool, let_others_in: Callable[[], None]) -> str | None:
        """Answer an update. Returns the reason why it was not answered, or None."""
        try:
            if update.attempts >= MOST_ATTEMPTS:
                return f"the bot ended {update.attempts} times while it answered this update"
            if update.attempts:
                await self._until_stored(partial(self._storage.inbox.begin_attempt, update.update_id))
                self._counted.add(update.update_id)
            if (payload := await self._payload(update)) is None:
                return None
            too_fast = update.update_id in self._too_fast
            return await self._answer(payload, late=late, too_fast=too_fast, let_others_in=let_others_in)
        except Exception as error:  # one update must not stop the others
            log.exception("update_failed", update=update.update_id, chat=update.chat_id)
            return f"a mistake of ours: {type(error).__name__}: {error}"

    async def _payload(self, update: WaitingUpdate) -> str | None:
        if isinstance(update, ReceivedUpdate):
            return update.payload
        return await self._until_stored(partial(self._storage.inbox.payload, update.update_id))

    async def _until_stored(self, step: Callable[[], Awaitable[Result]]) -> Result:
        """Repeat a step of storage, until storage does not fail. Returns its result."""
        for pause in AFTER_FAILURE.pauses():
            try:
                return await step()
            except StorageError as error:
                log.error("inbox_failed", reason=error)
            await asyncio.sleep(pause)
        raise AssertionError("the pauses have no end")

    # Out

    async def _settle(self) -> None:
        """Commit the results of turns until none is left.

        A commit begins at once, because an answer is sent twice if the bot is killed before it. The next commit takes
        the results that arrive meanwhile.
        """
        failures = 0
        while self._answered or self._set_aside:
            if failures:
                await asyncio.sleep(AFTER_FAILURE.pause(failures))
            try:
                await self._commit()
                failures = 0
            except Exception as error:  # programming errors too: results that are never committed are answered twice
                failures += 1
                known = isinstance(error, StorageError)
                log.error("answers_not_committed", reason=error, exc_info=None if known else error)
        if not self._queues and not self._unsettled:
            self._settled.set()

    async def _commit(self) -> None:
        answered, set_aside = list(self._answered), list(self._set_aside)
        if not answered and not set_aside:
            return
        await self._storage.inbox.settle(answered, set_aside, now=self._now())
        del self._answered[: len(answered)]
        del self._set_aside[: len(set_aside)]
        self._not_fresh(*answered, *(number for number, _ in set_aside))

    async def wait_until_settled(self) -> None:
        """Return when every received update is answered or set aside, and the results are committed."""
        await self._settled.wait()

    async def stop(self, *, seconds: float | None = None) -> None:
        """Wait for the answers that are under way, at most these seconds; STOP_SECONDS if not given.

        Queued updates are answered after the next start.
        An answer that is stopped here does not count as an attempt.
        """
        self._stopped = True
        if self._turns:
            await asyncio.wait(self._turns, timeout=STOP_SECONDS if seconds is None else seconds)
        ending = [*self._turns, *([self._settling] if self._settling is not None else [])]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        try:
            async with asyncio.timeout(LAST_SECONDS):
                await self._commit()
                if self._counted:
                    await self._storage.inbox.undo_attempts(list(self._counted))
        except (StorageError, TimeoutError) as error:
            count = len(self._answered) + len(self._set_aside)
            log.error("answers_not_committed", count=count, reason=error)


def _without_payload(update: ReceivedUpdate) -> WaitingUpdate:
    return WaitingUpdate(
        update_id=update.update_id, chat_id=update.chat_id, asked_at=update.asked_at, asks=update.asks
    )
