"""Snooze: the choice of a time, and what was set."""

from datetime import datetime, timedelta
from typing import Final

from telegram import InlineKeyboardButton

from bot.locale import Voice
from bot.messages import times
from bot.messages.actions import SetSnooze
from bot.messages.buttons import button, button_rows, keyboard
from bot.messages.delivery_times import back_to_options
from bot.messages.message import Message, isolated_name
from bot.text.html import isolate
from bot.text.snooze import Snooze
from bot.timetable import find_time_zone
from storage.records import Chat

OFFERED: Final = (1, 2, 8)  # hours
WEEK: Final = 7 * 24  # hours


def meaning(asked: SetSnooze) -> Snooze:
    """Returns what a button says."""
    if asked.mornings:
        return Snooze(mornings=min(30, max(1, asked.mornings)))
    return Snooze(timedelta(hours=max(0, asked.hours)))


def snooze_screen(chat: Chat, voice: Voice, target: int, now: datetime) -> Message:
    """Returns the times to choose from, as a screen of the settings."""
    about = [f"<b>{isolated_name(chat.title or str(chat.chat_id))}</b>"] if target else []
    heading = f"<b>{voice.say('😴 Pause alerts')}</b>"
    present = [_snoozed_text(chat, voice)] if _is_snoozed(chat, now) else []
    asked = voice.say("How long should alerts wait? What you miss comes afterwards in one message.")
    rows = _time_rows(chat, voice, now, target)
    return Message("\n\n".join([*about, heading, *present, asked]), keyboard(*rows, [back_to_options(voice, target)]))


def choices(chat: Chat, voice: Voice, now: datetime, *, unknown: bool = False) -> Message:
    """Returns the times to choose from. `unknown` says that something was typed that is no time."""
    example = isolate("<code>/snooze 2h</code>")
    asked = (
        voice.say("I don't know that time. Choose one, or type for example {example}.", example=example)
        if unknown
        else voice.say("How long should alerts wait? Choose, or type for example {example}.", example=example)
    )
    present = [_snoozed_text(chat, voice)] if _is_snoozed(chat, now) else []
    return Message("\n\n".join([*present, asked]), keyboard(*_time_rows(chat, voice, now, 0)))


def _time_rows(chat: Chat, voice: Voice, now: datetime, target: int) -> list[list[InlineKeyboardButton]]:
    times = [button(voice.plural("{n} hour", "{n} hours", hours), SetSnooze(hours, 0, target)) for hours in OFFERED]
    times += [
        button(voice.say("Until tomorrow"), SetSnooze(0, 1, target)),
        button(voice.say("A week"), SetSnooze(WEEK, 0, target)),
    ]
    end = [button(voice.say("🔔 Alerts now"), SetSnooze(target=target))] if _is_snoozed(chat, now) else []
    return [*button_rows(times, 3), end]


def snoozed(chat: Chat, voice: Voice, now: datetime) -> Message:
    """Returns the confirmation."""
    if not _is_snoozed(chat, now):
        return Message(voice.say("🔔 Alerts arrive again. What waited comes now."))
    breaking = (
        voice.say("Breaking news still arrives immediately.")
        if chat.timetable.breaking
        else voice.say("Breaking news waits too.")
    )
    later = voice.say("What you miss comes afterwards in one message.")
    end = button(voice.say("🔔 Alerts now"), SetSnooze())
    return Message(f"{_snoozed_text(chat, voice)} {breaking} {later}", keyboard([end]))


def _is_snoozed(chat: Chat, now: datetime) -> bool:
    return chat.snoozed_until is not None and chat.snoozed_until > now


def _snoozed_text(chat: Chat, voice: Voice) -> str:
    assert chat.snoozed_until is not None
    when = times.chat_time(chat.snoozed_until, Voice(voice.language, find_time_zone(chat.timezone)))
    return voice.say("😴 No alerts until {when}.", when=when)
