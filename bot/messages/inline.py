"""Inline results: articles as they are listed, and as they are then posted in a chat that the bot need not know.

Everybody in that chat reads the message, so its words are in the language of the article. So a result is the same
for everybody, and a server can keep it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any, Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import ParseMode

from bot.locale import LANGUAGES, Voice
from bot.messages.alert import alert, article_link, read_button, short_title, shown_address
from bot.messages.buttons import keyboard
from bot.messages.category_names import own_name
from bot.messages.headlines import details_line, shorten
from bot.messages.message import NO_PREVIEW, Message, plain_text
from bot.text.html import escape, plain
from storage.records import Article, ChatKind

LONGEST_NAME: Final = 40  # of a category or a source in the list of results


@dataclass(frozen=True, slots=True)
class InlineResult:
    """A line of the list, and the message that is posted if a person chooses the line."""

    id: str
    title: str
    message: Message
    own_buttons: InlineKeyboardMarkup | None = None  # those of the message that lead to the bot
    description: str | None = None
    picture: str | None = None  # address of a small picture beside the line


def article_result(
    article: Article, *, language: str, timezone: tzinfo, bot_username: str, now: datetime
) -> InlineResult:
    """Returns the result of an article. `language` is used if the bot does not speak that of the article."""
    spoken = article.text.language if article.text.language in LANGUAGES else language
    voice = Voice(spoken, timezone)
    return InlineResult(
        id=str(article.id),
        title=short_title(article),
        message=_posted(article, voice, bot_username),
        own_buttons=keyboard([_opening(article, voice, bot_username)]),
        description=_description(article, voice, now),
        picture=shown_address(article.text.image_url),
    )


def _posted(article: Article, voice: Voice, bot_username: str) -> Message:
    """Returns an alert whose buttons work in a chat that the bot does not know."""
    shown = alert(article, voice, kind=ChatKind.CHANNEL, bot_username=bot_username, dated=True)
    source = [InlineKeyboardButton(voice.say("🔗 Source"), url=article.text.url)] if article.text.url else []
    return replace(shown, buttons=keyboard([_opening(article, voice, bot_username), *source]))


def _opening(article: Article, voice: Voice, bot_username: str) -> InlineKeyboardButton:
    return read_button(voice, article_link(article.id, bot_username))


def _description(article: Article, voice: Voice, now: datetime) -> str:
    """Returns category, source and age (plain text)."""
    category = own_name(article.category, voice) if article.category else ""
    names = [shorten(name, LONGEST_NAME) for name in (category, article.source or "")]
    return plain(details_line([*names, voice.age(article.published_at, article.published_on, now)], voice))


def note_result(text: str, voice: Voice) -> InlineResult:
    """Returns a result that holds a sentence (plain text) instead of an article."""
    return InlineResult("note", text, Message(escape(voice.align(text))))


def request_forms(results: Sequence[InlineResult]) -> Iterator[list[dict[str, Any]]]:
    """Yields the results as a request holds them in JSON, then without the addresses of others, then as plain text.

    One address that Telegram does not accept makes it refuse all results.
    """
    yield [_as_telegram(one, one.message, one.picture) for one in results]
    yield [_as_telegram(one, replace(one.message, buttons=one.own_buttons, preview=NO_PREVIEW)) for one in results]
    yield [_as_telegram(one, Message(escape(plain_text(one.message)), one.own_buttons)) for one in results]


def _as_telegram(one: InlineResult, message: Message, picture: str | None = None) -> dict[str, Any]:
    """Returns an InlineQueryResultArticle. The library's objects would take half of the CPU time of an answer."""
    shown = {"description": one.description, "thumbnail_url": picture}
    return {
        "type": "article",
        "id": one.id,
        "title": one.title,
        "input_message_content": {
            "message_text": message.html,
            "parse_mode": ParseMode.HTML,
            "link_preview_options": message.preview.to_dict(),
        },
        **({"reply_markup": message.buttons.to_dict()} if message.buttons is not None else {}),
        **{name: value for name, value in shown.items() if value},
    }
