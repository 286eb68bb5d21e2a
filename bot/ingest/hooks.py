"""Takes the calls of a hook: who sends them is checked, they are read in a worker process, and stored.

find the hook → check the sender → read (worker process) → store (`intake`) → answered

The answer comes after the commit, so a caller that got none sends the call again: an article is known by its id and
its version, and a signed call by its signature.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot import logs
from bot.config import Config
from bot.ingest import rhythm
from bot.ingest.errors import IngestError, Unreadable
from bot.ingest.formats import hook_body
from bot.ingest.hook_reading import Body, BodyReader
from bot.ingest.hook_signatures import WINDOW, NotAuthorized, OutOfTime, check_sender
from bot.ingest.intake import Intake, SourceGone
from bot.ingest.keep import Kept
from bot.ingest.refresh import Ingest
from bot.ingest.waiting_calls import Busy, WaitingCalls
from storage import Storage
from storage.errors import StorageError
from storage.records import AcceptedCall, Hook, HookCounts, HookKind, Source, Visit

log = logs.get_logger(__name__)

REMEMBERED_FOR: Final = 2 * WINDOW  # signatures: a call may be signed with a time that is still to come
REFUSALS_EVERY: Final = timedelta(seconds=10)  # at most so often, refused calls of a hook are written down
SECRETS_CHECKED: Final = 2  # for each call, whether its hook has two, one or does not exist
QUICKLY_CHECKED: Final = 256 * 1024  # bytes of a body; the digests of a longer one would hold up the event loop


class Paused(IngestError):
    """The source of a hook is paused."""


class WrongType(IngestError):
    """A body of a type that this hook can't read."""


@dataclass(slots=True)
class _Refusals:
    """The refused calls of a hook that are not written down yet."""

    number: int = 0
    written_at: datetime | None = None


class HookReceiver:
    """Takes calls. Use one for the whole process, and call `close` at the end."""

    def __init__(
        self,
        storage: Storage,
        config: Config,
        ingest: Ingest,
        *,
        now: Callable[[], datetime],
        on_called: Callable[[str, str], None] = lambda kind, result: None,
        waiting: WaitingCalls | None = None,
    ) -> None:
        """`on_called` is called with the kind of the hook and the result of each call, both of a few words."""
        self._hooks = storage.hooks
        self._storage = storage
        self._reader = BodyReader(ingest.worker, config.timezone)
        self._now = now
        self._on_called = on_called
        self._intake = Intake(
            storage,
            config,
            ingest.keeper,
            now=now,
            on_accepted=self._note_accepted,
            answers=storage.hooks.answers,
            visit=self._visit,
        )
        self._waiting = waiting or WaitingCalls()
        self._seen: dict[str, Hook] = {}  # by name, as they were at their last calls
        self._refusals: dict[int, _Refusals] = {}
        self._dummy = secrets.token_urlsafe(32)  # stands for the secret of a hook that does not exist

    def check_room(self, name: str, headers: Mapping[str, str]) -> None:
        """Raises Busy if a call would wait for too long and its secret is right. Ask before its body is read.

        Refusing hundreds of calls a second must cost next to nothing. Any other call, also one that is signed, is
        judged by `receive`: so a stranger learns nothing here.
        """
        if self._waiting.is_room:
            return
        hook, now = self._seen.get(name), self._now()
        try:
            check_sender(_kind(hook), headers, b"", self._secrets(hook, now), now)
        except (NotAuthorized, OutOfTime):
            return
        if hook is None:
            return
        try:
            self._waiting.check(hook.source_id)
        except Busy:
            self._on_called(hook.kind, "busy")
            raise

    async def receive(
        self, name: str, headers: Mapping[str, str], body: bytes, *, content_type: str, charset: str | None = None
    ) -> HookCounts:
        """Take one call. `headers` ignores the case of names. Returns what became of its articles.

        Raises NotAuthorized, OutOfTime, Paused, WrongType, Unreadable, Busy, and the errors of `storage.errors`.
        """
        hook = await self._hooks.find(name)
        result, now = "failed", self._now()
        try:
            proof = (_kind(hook), headers, body, self._secrets(hook, now), now)
            is_quick = len(body) <= QUICKLY_CHECKED
            signature = check_sender(*proof) if is_quick else await asyncio.to_thread(check_sender, *proof)
            if hook is None:
                raise NotAuthorized
            self._seen[name] = hook
            counts = await self._taken(hook, body, content_type, charset, signature)
            result = "stored" if counts.stored + counts.changed + counts.withdrawn else "unchanged"
            return counts
        except (NotAuthorized, OutOfTime, Paused, WrongType, Unreadable) as error:
            result = "refused"
            if hook is not None:
                await self._note_refused(hook, error, now)
            raise
        except Busy:
            result = "busy"
            raise
        finally:
            self._on_called(hook.kind if hook is not None else "unknown", result)

    async def close(self) -> None:
        """Wait for the calls that are under way, for a bounded time."""
        await self._reader.close()
        await self._intake.close()

    def _secrets(self, hook: Hook | None, now: datetime) -> Sequence[str]:
        known = hook.secrets(now) if hook is not None else ()
        return (*known, *[self._dummy] * (SECRETS_CHECKED - len(known)))

    async def _taken(
        self, hook: Hook, body: bytes, content_type: str, charset: str | None, signature: str | None
    ) -> HookCounts:
        # First of all, since what is asked below waits as well, for the readers whose questions are answered.
        with self._waiting.enter(len(body), hook.source_id):
            counts = await self._answer_of(hook, body, content_type, charset, signature)
        log.info("hook_called", source=hook.source_id, stored=counts.stored, changed=counts.changed)
        return counts

    async def _answer_of(
        self, hook: Hook, body: bytes, content_type: str, charset: str | None, signature: str | None
    ) -> HookCounts:
        if signature is not None and (known := await self._hooks.answers(hook.source_id, [signature])):
            return known[signature]
        source = await self._storage.sources.get(hook.source_id)
        if source is not None and source.paused:
            raise Paused("this hook is paused")
        if not hook_body.is_readable(hook.kind, content_type):
            expected = hook_body.EXPECTED[hook.kind]
            raise WrongType(f"Content-Type is {content_type or 'missing'}; expected {expected}")
        body_of = Body(content=body, kind=hook.kind, content_type=content_type, charset=charset)
        try:
            drafts = await self._reader.read(body_of)
            return await self._intake.store(hook.source_id, drafts, signature=signature)
        except SourceGone as error:
            raise NotAuthorized from error

    async def _note_accepted(self, source: Source, calls: Sequence[AcceptedCall], kept: Kept) -> None:
        now = self._now()
        await self._hooks.note_accepted(source.id, calls, now=now, forget_before=now - REMEMBERED_FOR)

    def _visit(self, source: Source, added: int) -> Visit:
        """Returns the record by which the bot knows how often the source publishes. The source is never due."""
        now = self._now()
        visit = rhythm.good_visit(rhythm.learn(source, added, now), added, now, due_at=source.due_at)
        return replace(visit, whole_at=now)

    async def _note_refused(self, hook: Hook, error: Exception, now: datetime) -> None:
        """Write down that calls were refused, seldom enough that strangers can't keep the database busy."""
        refusals = self._refusals.setdefault(hook.source_id, _Refusals())
        refusals.number += 1
        log.warning("hook_refused", source=hook.source_id, reason=error)
        if refusals.written_at is None or now - refusals.written_at >= REFUSALS_EVERY:
            number, refusals.number, refusals.written_at = refusals.number, 0, now
            with suppress(StorageError):  # the caller learns why its call was refused all the same
                await self._hooks.note_refused(hook.source_id, number, str(error), now=now)


def _kind(hook: Hook | None) -> HookKind:
    return hook.kind if hook is not None else HookKind.GENERIC
