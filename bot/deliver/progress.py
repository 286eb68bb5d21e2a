"""Shows the progress of a long broadcast: one message in each administrator's private chat, edited as it goes on."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, TelegramError
from telegram.ext import ExtBot

from bot.config import Config
from bot.deliver.pace import Pacer
from bot.locale import Voice
from bot.logs import get_logger
from bot.messages import times
from bot.notices import admin_chats
from bot.text.html import escape
from bot.timetable import find_time_zone
from storage import Storage
from storage.records import Chat, ChatState, Lane

log = get_logger(__name__)

LONG: Final = timedelta(seconds=60)  # at the present rate: a shorter broadcast is not shown
EVERY: Final = timedelta(seconds=15)  # between two edits of the message
WAIT_SECONDS: Final = 10.0  # time for a message to be sent
BAR: Final = 10  # blocks in the progress bar
ENDING: Final = 2  # looks in a row with hardly any messages left: the few that still come belong to no broadcast
LAST_TRIES: Final = 20  # looks at the end, for the last edit to be sent
# A broadcast fills the gate with messages of its own lane. In a lower lane, progress would pass only at its end.
LANE: Final = Lane.RETRACTION


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastProgress:
    """The state of a broadcast at one moment."""

    sent: int
    remaining: int
    messages_per_second: float
    started_at: datetime
    now: datetime
    ended: bool = False

    @property
    def total(self) -> int:
        return self.sent + self.remaining

    @property
    def expected_end(self) -> datetime | None:
        """The time at which the broadcast is expected to end. None if nothing is sent, or the end is a year away."""
        seconds = self.remaining / self.messages_per_second if self.messages_per_second > 0 else math.inf
        return self.now + timedelta(seconds=seconds) if seconds < timedelta(days=365).total_seconds() else None


@dataclass(slots=True)
class _Broadcast:
    started_at: datetime
    counted: int  # messages sent before it began, in the same stretch of the metrics
    shown_at: datetime
    shown_done: int = 0
    ending: int = 0
    messages: dict[int, int] = field(default_factory=dict)  # chat id of an administrator -> id of the message there
    unreachable: set[int] = field(default_factory=set)


class Progress:
    """A job: call it every few seconds.

    Its state is not stored. After a restart, a broadcast is shown as if it began then.
    """

    def __init__(
        self, storage: Storage, bot: ExtBot[Lane], pacer: Pacer, config: Config, now: Callable[[], datetime]
    ) -> None:
        self._storage = storage
        self._bot: ExtBot[Any] = bot
        self._pacer = pacer
        self._config = config
        self._now = now
        self._broadcast: _Broadcast | None = None

    async def __call__(self) -> None:
        if not self._config.admins:
            return
        now = self._now()
        if self._broadcast is None:
            if not await self._is_long(now):
                return
            self._broadcast = await self._start_broadcast(now)
        elif now < self._broadcast.shown_at:  # the wall clock was set back: count from now on
            begun = await self._start_broadcast(now)
            self._broadcast = replace(begun, messages=self._broadcast.messages)
        elif now - self._broadcast.shown_at < EVERY:
            return
        progress = await self._measure(self._broadcast, now)
        told = await self._show(self._broadcast, progress)
        self._broadcast.shown_at, self._broadcast.shown_done = now, progress.sent
        if progress.ended and (told or self._broadcast.ending >= LAST_TRIES):
            self._broadcast = None

    async def _is_long(self, now: datetime) -> bool:
        rate = self._pacer.rate
        if math.isinf(rate):
            return False
        many = int(rate * LONG.total_seconds())
        return await self._storage.deliveries.count_in_progress(now=now, limit=many + 1) > many

    async def _start_broadcast(self, now: datetime) -> _Broadcast:
        before = await self._storage.metrics.since(now)
        return _Broadcast(started_at=now, counted=before.sent + before.edited, shown_at=now)

    async def _measure(self, broadcast: _Broadcast, now: datetime) -> BroadcastProgress:
        left = await self._storage.deliveries.count_in_progress(now=now)
        counted = await self._storage.metrics.since(broadcast.started_at)
        done = max(0, counted.sent + counted.edited - broadcast.counted)
        seconds = (now - broadcast.shown_at).total_seconds()
        rate = self._pacer.rate
        hardly = left <= min(rate, 1_000.0)
        broadcast.ending = broadcast.ending + 1 if hardly else 0
        return BroadcastProgress(
            sent=done,
            remaining=left,
            messages_per_second=(done - broadcast.shown_done) / seconds if seconds > 0 else rate,
            started_at=broadcast.started_at,
            now=now,
            ended=left == 0 or broadcast.ending >= ENDING,
        )

    async def _show(self, broadcast: _Broadcast, progress: BroadcastProgress) -> bool:
        """Show the progress to every administrator. If one can't be reached, the others still see it.

        Returns whether no message has to be tried again.
        """
        chats = await admin_chats(self._storage, self._config, now=progress.now)
        reachable = [
            chat for chat in chats if chat.state is ChatState.ACTIVE and chat.chat_id not in broadcast.unreachable
        ]
        showing = [self._show_to(chat, broadcast, progress) for chat in reachable]
        shown = await asyncio.gather(*showing, return_exceptions=True)
        for chat, result in zip(reachable, shown, strict=True):
            if isinstance(result, BaseException):
                log.error("progress_failed", chat=chat.chat_id, exc_info=result)
        return all(result is True for result in shown)

    async def _show_to(self, chat: Chat, broadcast: _Broadcast, progress: BroadcastProgress) -> bool:
        shown: dict[str, Any] = {
            "chat_id": chat.chat_id,
            "text": progress_text(progress, Voice(chat.language, find_time_zone(chat.timezone))),
            "parse_mode": ParseMode.HTML,
            "rate_limit_args": LANE,
        }
        message = broadcast.messages.get(chat.chat_id)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                if message is not None:
                    await self._bot.edit_message_text(message_id=message, **shown)
                elif not progress.ended:
                    sent = await self._bot.send_message(disable_notification=True, **shown)
                    broadcast.messages[chat.chat_id] = sent.message_id
        except (BadRequest, Forbidden) as error:
            if "not modified" not in error.message.lower():  # blocked, or the message was deleted: no further try
                broadcast.unreachable.add(chat.chat_id)
                log.info("progress_not_shown", chat=chat.chat_id, reason=error.message)
        except (TelegramError, TimeoutError) as error:  # tried again at the next look
            log.info("progress_not_shown", chat=chat.chat_id, reason=error)
            return False
        return True


def progress_text(progress: BroadcastProgress, voice: Voice) -> str:
    """Returns the text that an administrator sees, as HTML."""
    part = 1.0 if progress.ended or not progress.total else progress.sent / progress.total
    bar = "▓" * int(BAR * part) + "░" * (BAR - int(BAR * part))
    lines = [f"{bar} {voice.number(int(100 * part))}%"]
    if progress.ended:
        heading = voice.say("✅ The broadcast is done")
        messages = voice.plural("{n} message", "{n} messages", progress.sent)
        lines.append(voice.say("{messages} in {time}", messages=messages, time=_span(progress, voice)))
    else:
        heading = voice.say("📤 Sending a broadcast")
        done, total = voice.number(progress.sent), voice.number(progress.total)
        lines.append(voice.say("{done} of {total} sent", done=done, total=total))
        lines.append(
            voice.plural("{n} message a minute", "{n} messages a minute", round(60 * progress.messages_per_second))
        )
        if progress.expected_end is not None:
            lines.append(voice.say("Done at about {when}", when=times.date_and_time(progress.expected_end, voice)))
    return "\n".join([f"<b>{escape(voice.align(heading))}</b>", *(times.aligned(line, voice) for line in lines)])


def _span(progress: BroadcastProgress, voice: Voice) -> str:
    return voice.duration(max(timedelta(), progress.now - progress.started_at))
