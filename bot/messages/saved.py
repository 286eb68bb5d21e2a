"""Saved articles: the list of a chat, and the star on alerts and opened articles."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.locale import Voice
from bot.messages.actions import NewestList, RemoveSaved, SavedList, SetSaved, ShowArticle, encode
from bot.messages.buttons import button, keyboard, list_paging_row, number_rows
from bot.messages.headlines import headline_lines, listed, shorten
from bot.messages.message import Message
from bot.text.html import escape, truncate
from storage.records import Headline

PAGE: Final = 5  # saved articles on one page
STAR, FILLED_STAR = "⭐", "🌟"
LONGEST_TITLE: Final = 160


def star(article_id: int, *, saved: bool) -> InlineKeyboardButton:
    """Returns the button on an alert. It saves the article, or removes it if it is saved."""
    return button(FILLED_STAR if saved else STAR, SetSaved(article_id, int(not saved)))


def save_button(article_id: int, voice: Voice, *, saved: bool) -> InlineKeyboardButton:
    """Returns the button on an opened article."""
    label = voice.say("🌟 Saved") if saved else voice.say("⭐ Save")
    return button(label, SetSaved(article_id, int(not saved)))


def with_star(buttons: InlineKeyboardMarkup, article_id: int, voice: Voice, *, saved: bool) -> InlineKeyboardMarkup:
    """Returns the buttons of a message, with the star of this article as it is now."""
    pressed = encode(SetSaved(article_id, int(saved)))

    def shown(one: InlineKeyboardButton) -> InlineKeyboardButton:
        if one.callback_data != pressed:
            return one
        on_alert = one.text in (STAR, FILLED_STAR)
        return star(article_id, saved=saved) if on_alert else save_button(article_id, voice, saved=saved)

    return InlineKeyboardMarkup([[shown(one) for one in row] for row in buttons.inline_keyboard])


def saved_list(found: Sequence[Headline], total: int, asked: SavedList, voice: Voice, now: datetime) -> Message:
    """Returns a page of the saved articles. `total` is the number of all of them."""
    if not found:
        text = voice.say("Nothing saved yet. Tap ⭐ below an alert or an article, and it will be here.")
        return Message(text, keyboard([button(voice.say("📰 Latest news"), NewestList())]))
    numbered = list(enumerate(found, asked.skip + 1))
    counted = voice.plural("{n} article", "{n} articles", total)
    heading = f"<b>⭐ {voice.say('Saved articles')}</b>\n{escape(voice.align(counted))}"
    if asked.removing:
        heading += f"\n{voice.say('Tap a number to remove that article.')}"
        numbers = [button(f"✖ {voice.number(n)}", RemoveSaved(one.id, asked.skip)) for n, one in numbered]
        switch = button(voice.say("✅ Done"), SavedList(asked.skip))
    else:
        numbers = [button(voice.number(n), ShowArticle(one.id, asked)) for n, one in numbered]
        switch = button(voice.say("🗑 Remove…"), SavedList(asked.skip, 1))
    before, after = max(0, asked.skip - PAGE), asked.skip + PAGE
    paging = list_paging_row(
        voice,
        asked.skip + 1,
        len(found),
        newest=SavedList(0, asked.removing),
        newer=SavedList(before, asked.removing) if asked.skip else None,
        older=SavedList(after, asked.removing) if after < total else None,
    )
    text = listed(heading, headline_lines(numbered, voice, now))
    return Message(truncate(text), keyboard(*number_rows(numbers), paging, [switch]))


def saved_in_digest(found: Sequence[Headline], total: int, voice: Voice) -> str:
    """Returns the part of a weekly digest that names what was saved since the last one (HTML). "" if nothing was."""
    if not found:
        return ""
    heading = voice.plural("⭐ You saved {n} article:", "⭐ You saved {n} articles:", total)
    lines = [escape(voice.align(f"• {voice.embed(shorten(one.title, LONGEST_TITLE))}")) for one in found]
    return "\n".join([f"<b>{heading}</b>", *lines])
