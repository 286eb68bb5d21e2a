"""Reactions to the posts about an article, in words."""

from collections.abc import Sequence
from typing import Final

from telegram.constants import CallbackQueryLimit

from bot.locale import Voice
from storage.records import PostReactions

LONGEST: Final = int(CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH)  # characters of an alert on the screen
KINDS_SHOWN: Final = 6  # of one post
LONGEST_TITLE: Final = 30  # characters of a channel's name
_SIGNS: Final = {"paid": "⭐", "custom": "🧩"}


def reactions_text(posts: Sequence[PostReactions], voice: Voice) -> str:
    """Returns the counts as plain text, a line for each channel, as many as an alert on the screen holds."""
    if not posts:
        return voice.say("No reactions yet.")
    shown = ""
    for post in posts:
        name = (post.title or str(post.chat_id))[:LONGEST_TITLE]
        counts = " · ".join(
            f"{_SIGNS.get(sign, sign)} {voice.number(count)}" for sign, count in post.counts[:KINDS_SHOWN]
        )
        longer = f"{shown}\n{voice.align(voice.labelled(voice.embed(name), counts))}".strip()
        if len(longer.encode("utf-16-le")) // 2 > LONGEST:
            break
        shown = longer
    return shown
