"""Sends or edits one message, in the first form that Telegram takes.

A new message that Telegram refuses is sent without its preview, and then as plain text. A page that Telegram refuses
becomes the page without its pictures, and then text.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from telegram.error import BadRequest, TelegramError

from bot.deliver.message_client import MessageClient, RenderedMessage, simpler_form, strip_markup
from bot.deliver.outcome import (
    Failed,
    Migrated,
    Refused,
    classify_edit_error,
    classify_error,
    classify_plain_text_error,
    is_of_markup,
)
from bot.deliver.pace import Pacer
from bot.deliver.quiet_hours import limit_of
from bot.logs import get_logger
from bot.timetable import day_bounds, find_time_zone
from storage.records import ChatKind, Claim, Edited, Outcome, Sent

log = get_logger(__name__)

Result = Outcome | Migrated | Refused | Failed


class Sending:
    """Hands messages to Telegram."""

    def __init__(
        self,
        client: MessageClient,
        pacer: Pacer,
        check: Callable[[Claim, RenderedMessage], Awaitable[None]],
        *,
        now: Callable[[], datetime],
    ) -> None:
        """`check` is awaited at the last moment before a message is sent. What it raises is raised again."""
        self._client = client
        self._pacer = pacer
        self._check = check
        self._now = now

    async def send_or_edit(self, claim: Claim, rendered: RenderedMessage) -> Result:
        """Returns the result of sending or editing this message."""
        if claim.message_id is not None:
            return await self._edit(claim, rendered)
        form: RenderedMessage | None = rendered
        while form is not None:
            result = await self._send(claim, form, classify_error)
            if not isinstance(result, Refused):
                return result
            log.warning("markup_refused", delivery=claim.delivery_id, reason=result.reason)
            form = simpler_form(form) if not is_of_markup(result.reason) else None
        return await self._send(claim, strip_markup(rendered), classify_plain_text_error)

    async def _send(
        self, claim: Claim, rendered: RenderedMessage, means: Callable[[TelegramError, Claim, datetime], Result]
    ) -> Result:
        try:
            accepted = await self._client.send(claim, rendered, partial(self._check, claim, rendered))
        except TelegramError as error:
            return means(error, claim, self._now())
        now, next_at = self._now(), self._next_send_at(claim)
        return Sent(
            claim=claim,
            at=now,
            message_id=accepted.id,
            revision=rendered.revision,
            next_at=next_at,
            snapshot=rendered.snapshot,
            counts_for=_counts_for(claim, now),
            is_channel=accepted.in_channel and claim.chat_kind is not ChatKind.CHANNEL,
        )

    async def _edit(self, claim: Claim, rendered: RenderedMessage) -> Result:
        try:
            await self._client.edit(claim, rendered, partial(self._check, claim, rendered))
        except TelegramError as error:
            result = classify_edit_error(error, claim, self._now(), rendered.revision)
            simpler = simpler_form(rendered)
            if simpler is not None and isinstance(result, Failed) and isinstance(error, BadRequest):
                log.warning("markup_refused", delivery=claim.delivery_id, reason=error.message)
                return await self._edit(claim, simpler)
            return result
        return Edited(claim, self._now(), rendered.revision, self._next_send_at(claim))

    def _next_send_at(self, claim: Claim) -> datetime:
        return self._now() + timedelta(seconds=self._pacer.seconds_until_allowed(claim.chat_id))


def _counts_for(claim: Claim, now: datetime) -> datetime | None:
    """Returns the beginning of the day whose limit a sent alert counts for, or None if its chat has no limit."""
    if limit_of(claim) is None:
        return None
    return day_bounds(claim.timetable, find_time_zone(claim.timezone), now)[0]
