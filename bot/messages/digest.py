"""Digests and catch-ups: many headlines in one message, with a button for each."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from telegram import InlineKeyboardButton

from bot.locale import Voice
from bot.messages import times
from bot.messages.actions import DigestItem, NewestList, SavedList
from bot.messages.alert import article_link
from bot.messages.buttons import button, keyboard, number_rows
from bot.messages.headlines import headline_lines, listed, shorten
from bot.messages.message import Message
from bot.messages.saved import saved_in_digest
from bot.text.html import escape, truncate
from storage.records import ChatKind, DigestSnapshot, Headline, Rhythm, Timetable

SAVED_LISTED: Final = 5  # saved articles that a weekly digest names
LONGEST_WITHDRAWN: Final = 160  # UTF-16 units of the title of a withdrawn article
LISTED_MOST: Final = 20  # headlines in one digest, the newest; the number of the others is shown
# The longest period with the heading of its rhythm. It allows for a clock change and for short outages.
LONGEST: Final = {
    Rhythm.HOURLY: timedelta(hours=2),
    Rhythm.DAILY: timedelta(hours=26),
    Rhythm.WEEKLY: timedelta(days=7, hours=2),
}


def heading_rhythm(rhythm: Rhythm, since: datetime, until: datetime) -> Rhythm:
    """Returns the rhythm for the heading. If the digest reaches back further, it is a catch-up (ALERTS)."""
    return rhythm if until - since <= LONGEST.get(rhythm, timedelta()) else Rhythm.ALERTS


def names_saved(timetable: Timetable) -> bool:
    """Returns whether a digest of this timetable names what the chat has saved."""
    return timetable.with_saved and timetable.rhythm is Rhythm.WEEKLY


def digest(
    headlines: Sequence[Headline | None],
    snapshot: DigestSnapshot,
    voice: Voice,
    *,
    delivery_id: int,
    until: datetime,
    kind: ChatKind,
    bot_username: str,
    saved: Sequence[Headline] = (),
    saved_count: int = 0,
) -> Message:
    """Returns the message of a digest.

    `headlines` are the present articles of the snapshot, with None for deleted ones. Retracted articles keep their
    numbers, so that "/summary 3" still means the same article. `saved` are the first of `saved_count` articles that
    the chat saved in the time of the digest.
    """
    standing = [(number, one) for number, one in enumerate(headlines, 1) if one is not None and not one.retracted]
    withdrawn = sum(one is not None and one.retracted for one in headlines)
    if snapshot.found == withdrawn:
        count = f"{_withdrawn_count(withdrawn, voice)}\n{times.aligned(times.day(until, voice), voice)}"
        return Message(truncate("\n\n".join([count, *_struck_out(headlines, voice)])))
    more = snapshot.found - len(headlines)
    lines = headline_lines(standing, voice, until)
    if kind is ChatKind.CHANNEL:
        # Readers of a channel open a summary in their private chat with the bot.
        lines = [
            f'{line} <a href="{article_link(headline.id, bot_username)}">↗</a>'
            for line, (_, headline) in zip(lines, standing, strict=True)
        ]
    heading = _heading(snapshot.found - withdrawn, voice, snapshot.rhythm, until)
    told = [_withdrawn_count(withdrawn, voice)] if withdrawn else []
    rest = [voice.plural("… and {n} more article", "… and {n} more articles", more)] if more else []
    kept = [saved_in_digest(saved, saved_count, voice)] if saved else []
    text = truncate(listed(heading, lines, *rest, *told, *kept))
    if kind is ChatKind.CHANNEL:
        return Message(text)
    numbers = [button(voice.number(number), DigestItem(headline.id, delivery_id)) for number, headline in standing]
    all_news: list[InlineKeyboardButton] = [
        *([button(voice.say("📰 Latest news"), NewestList())] if more else []),
        *([button(voice.say("⭐ Saved articles"), SavedList())] if saved else []),
    ]
    return Message(text, keyboard(*number_rows(numbers), all_news))


def _struck_out(headlines: Sequence[Headline | None], voice: Voice) -> list[str]:
    """Returns the titles of withdrawn articles as lines (HTML)."""
    titles = [voice.align(voice.embed(shorten(one.title, LONGEST_WITHDRAWN))) for one in headlines if one is not None]
    return [f"<s>{escape(title)}</s>" for title in titles]


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
    return f"<b>{named}</b>\n{times.aligned(f'{counted} · {times.day(until, voice)}', voice)}"


def _withdrawn_count(count: int, voice: Voice) -> str:
    return voice.plural("🚫 {n} article was withdrawn.", "🚫 {n} articles were withdrawn.", count)
