"""A digest or a catch-up: many headlines in one message, with a button for each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from telegram import InlineKeyboardButton

from bot.actions import DigestItem, ShowList
from bot.deliver.render import Message, article_link, button, headline_line, keyboard
from bot.locale import Voice
from bot.text.html import escape, truncate
from storage.records import ChatKind, Headline, Rhythm

LISTED: Final = 20  # headlines in one digest, the newest; how many more there are is said
NUMBERS_IN_ROW: Final = 5


def digest(
    headlines: Sequence[Headline],
    found: int,
    voice: Voice,
    *,
    delivery_id: int,
    rhythm: Rhythm,
    until: datetime,
    kind: ChatKind,
    bot_username: str,
) -> Message:
    """`found` is how many articles there are in all, of which `headlines` are the newest."""
    lines = [headline_line(position, headline, voice, until) for position, headline in enumerate(headlines, 1)]
    if kind is ChatKind.CHANNEL:
        # A channel's readers open a summary in their own chat with the bot.
        lines = [
            f'{line} <a href="{article_link(headline.id, bot_username)}">↗</a>'
            for line, headline in zip(lines, headlines, strict=True)
        ]
        return Message(
            truncate("\n\n".join([_heading(found, voice, rhythm, until), *lines, *_rest(found, lines, voice)]))
        )
    numbers = [
        button(voice.number(position), DigestItem(headline.id, delivery_id))
        for position, headline in enumerate(headlines, 1)
    ]
    rows = [numbers[start : start + NUMBERS_IN_ROW] for start in range(0, len(numbers), NUMBERS_IN_ROW)]
    all_news: list[InlineKeyboardButton] = (
        [button(voice.say("📰 Latest news"), ShowList())] if found > len(headlines) else []
    )
    return Message(_text(found, lines, voice, rhythm, until), keyboard(*rows, all_news))


def _text(found: int, lines: Sequence[str], voice: Voice, rhythm: Rhythm, until: datetime) -> str:
    return truncate("\n\n".join([_heading(found, voice, rhythm, until), *lines, *_rest(found, lines, voice)]))


def _heading(found: int, voice: Voice, rhythm: Rhythm, until: datetime) -> str:
    counted = voice.plural("{n} article", "{n} articles", found)
    match rhythm:
        case Rhythm.ALERTS:
            named = voice.say("🗂 What you missed")
        case Rhythm.HOURLY:
            named = voice.say("🗞 The last hour")
        case Rhythm.DAILY:
            named = voice.say("🗞 The news of the day")
        case Rhythm.WEEKLY:
            named = voice.say("🗞 The news of the week")
    return f"<b>{named}</b>\n{escape(voice.aligned(f'{counted} · {voice.day(until)}'))}"


def _rest(found: int, lines: Sequence[str], voice: Voice) -> list[str]:
    more = found - len(lines)
    return [voice.plural("… and {n} more article", "… and {n} more articles", more)] if more > 0 else []
