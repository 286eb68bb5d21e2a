"""Stores articles that programs send by themselves: the calls of one source in their order, several together.

call → the source's queue → stored together with the calls that wait beside it → answered

One transaction for many calls costs little more than one for a single call, so a program that sends hundreds of
articles a second does not hold up the sender, which commits its outcomes in between.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Final

from bot import logs
from bot.config import Config
from bot.ingest.burst import tell_of_burst
from bot.ingest.decide import Push
from bot.ingest.draft import Draft
from bot.ingest.errors import IngestError, Unreadable
from bot.ingest.keep import Keeper, Kept
from bot.ingest.worker import high_priority
from bot.text.arabic import normalize
from storage import Storage
from storage.errors import StorageError
from storage.records import AcceptedCall, HookCounts, KnownArticle, Source, SourceKind, Visit

log = logs.get_logger(__name__)

TOGETHER: Final = 50  # articles that are stored together
STOP_SECONDS: Final = 5.0  # time that `close` leaves to the calls that are under way


class SourceGone(IngestError):
    """The source of a call was removed meanwhile."""


@dataclass(eq=False, slots=True)
class _Call:
    """A call that waits to be stored."""

    drafts: Sequence[Draft]
    signature: str | None
    answer: asyncio.Future[HookCounts]
    keys: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.keys = frozenset(key for draft in self.drafts for key in _keys(draft))


Accepted = Callable[[Source, Sequence[AcceptedCall], Kept], Awaitable[None]]
Answers = Callable[[int, Sequence[str]], Awaitable[dict[str, HookCounts]]]
MakesVisit = Callable[[Source, int], Visit]


class Intake:
    """Stores the articles of calls. Use one for the whole process, and call `close` at the end."""

    def __init__(
        self,
        storage: Storage,
        config: Config,
        keeper: Keeper,
        *,
        now: Callable[[], datetime],
        on_accepted: Accepted,
        answers: Answers | None = None,
        visit: MakesVisit | None = None,
    ) -> None:
        """`on_accepted` is awaited after calls of a source were stored. `answers` returns what became of the calls
        with these signatures, if they were accepted before. `visit` makes the record of a visit, which is stored with
        the articles, from the source and the number of new articles.
        """
        self._storage = storage
        self._config = config
        self._keeper = keeper
        self._now = now
        self._on_accepted = on_accepted
        self._answers = answers
        self._visit = visit
        self._waiting: dict[int, deque[_Call]] = {}  # by source; a source that is here has a task
        self._tasks: set[asyncio.Task[None]] = set()

    async def store(self, source_id: int, drafts: Sequence[Draft], *, signature: str | None = None) -> HookCounts:
        """Store the articles of one call. Returns what became of them, when they are committed.

        Raises SourceGone, Unreadable if an article can't be prepared, and the errors of `storage.errors`.
        """
        call = _Call(drafts, signature, asyncio.get_running_loop().create_future())
        if source_id in self._waiting:
            self._waiting[source_id].append(call)
        else:
            self._waiting[source_id] = deque([call])
            task = asyncio.create_task(self._serve(source_id), name=f"intake {source_id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await call.answer

    async def close(self) -> None:
        """Wait for the calls that are under way, for a bounded time."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _serve(self, source_id: int) -> None:
        """Store the calls of a source until none waits."""
        waiting = self._waiting[source_id]
        try:
            while waiting:
                calls = [call for call in self._next_calls(waiting) if not call.answer.done()]
                await self._store_or_fail(source_id, calls)
        finally:
            del self._waiting[source_id]
            for call in waiting:
                call.answer.cancel()

    async def _store_or_fail(self, source_id: int, calls: Sequence[_Call]) -> None:
        """Store these calls. The callers get what goes wrong."""
        try:
            await self._store_calls(source_id, calls)
        except Exception as error:
            left = [call for call in calls if not call.answer.done()]
            is_of_all = isinstance(error, StorageError | SourceGone)
            if len(left) > 1 and not is_of_all:  # one of them is the cause, and the others are innocent
                for call in left:
                    await self._store_or_fail(source_id, [call])
                return
            for call in left:
                call.answer.set_exception(error)

    def _next_calls(self, waiting: deque[_Call]) -> Iterable[_Call]:
        """Returns the calls that are stored together next: none of them is about an article of another one.

        A call about an article of an earlier call waits for that one, and others overtake it. A call with more
        articles than are pushed at once is stored alone, since that limit counts for each call.
        """
        calls = [waiting.popleft()]
        if self._may_be_burst(calls[0]):
            return calls
        keys, articles = set(calls[0].keys), len(calls[0].drafts)
        later: list[_Call] = []
        while waiting and articles < TOGETHER and len(later) < TOGETHER:
            call = waiting.popleft()
            if self._may_be_burst(call) or not keys.isdisjoint(call.keys):
                later.append(call)
            else:
                calls.append(call)
                articles += len(call.drafts)
            keys |= call.keys
        waiting.extendleft(reversed(later))
        return calls

    def _may_be_burst(self, call: _Call) -> bool:
        return len(call.drafts) > self._config.max_burst

    async def _store_calls(self, source_id: int, calls: Sequence[_Call]) -> None:
        signatures = [call.signature for call in calls if call.signature]
        known = await self._answers(source_id, signatures) if signatures and self._answers else {}
        repeated = [call for call in calls if call.signature in known]
        new = [call for call in calls if call.signature not in known]
        for call in repeated:
            _answer(call, known[str(call.signature)])
        if not new:
            return
        source = await self._storage.sources.get(source_id)
        if source is None:
            raise SourceGone("this source was removed")
        kept = await self._kept(source, new)
        await tell_of_burst(self._storage, self._config, source, kept, now=self._now())
        outcomes = {call: _outcome(call, kept) for call in new}
        good = [AcceptedCall(counts=one, signature=call.signature) for call, one in _accepted(outcomes)]
        await self._on_accepted(source, good, kept)
        for call, outcome in outcomes.items():
            if isinstance(outcome, HookCounts):
                _answer(call, outcome)
            elif not call.answer.done():
                call.answer.set_exception(outcome)

    async def _kept(self, source: Source, calls: Sequence[_Call]) -> Kept:
        alone = len(calls) == 1 and self._may_be_burst(calls[0])
        drafts = [draft for call in calls for draft in call.drafts]
        if source.kind is SourceKind.HOOK:  # it sends whole texts, and its caller waits for the answer
            source = replace(source, full_text=False)
        with high_priority():  # callers wait, and what they send is news
            return await self._keeper.keep(
                drafts,
                source=source,
                category=source.category,
                push=Push.FRESH,  # what a program sends is no backlog, not even its first call
                visit=partial(self._visit, source) if self._visit else None,
                most_pushed=None if alone else len(drafts),
            )


def _keys(draft: Draft) -> Iterable[str]:
    """Yields what an article may be known by, within its source."""
    if draft.guid:
        yield f"guid:{draft.guid}"
    if draft.url:
        yield f"link:{draft.url}"
    if draft.title:
        yield f"title:{normalize(draft.title)}"


def _outcome(call: _Call, kept: Kept) -> HookCounts | Unreadable:
    for draft, reason in kept.left_out:
        if _is_of(call, draft):
            return Unreadable("an article", reason)
    passed_over = {*kept.stored.passed_over}
    stored = sum(_is_of(call, one.draft) and one.identity not in passed_over for one in kept.decision.new)
    changed = sum(
        _is_of(call, one.draft) and _is_done(one.known, kept.stored.changed) for one in kept.decision.changed
    )
    changed += sum(_is_of(call, one.draft) for one in kept.decision.only_raised)
    withdrawn = sum(
        _is_of(call, one.draft) and _is_done(one.known, kept.stored.withdrawn) for one in kept.decision.withdrawn
    )
    return HookCounts(
        stored=stored,
        changed=changed,
        withdrawn=withdrawn,
        unchanged=len(call.drafts) - stored - changed - withdrawn,
    )


def _is_done(known: KnownArticle, done: Sequence[int]) -> bool:
    """Returns whether a decision on an article was carried out. An article with an id below 0 waits on the desk."""
    return known.id < 0 or known.id in done


def _is_of(call: _Call, draft: Draft) -> bool:
    return not call.keys.isdisjoint(_keys(draft))


def _accepted(outcomes: dict[_Call, HookCounts | Unreadable]) -> Iterable[tuple[_Call, HookCounts]]:
    return [(call, outcome) for call, outcome in outcomes.items() if isinstance(outcome, HookCounts)]


def _answer(call: _Call, counts: HookCounts) -> None:
    if not call.answer.done():
        call.answer.set_result(counts)
