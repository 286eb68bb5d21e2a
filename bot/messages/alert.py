"""Alerts, and the notice that replaces a retracted article."""

from datetime import tzinfo
from typing import Final
from urllib.parse import quote

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions

from bot.locale import Voice
from bot.messages.actions import ShowAlert, ShowArticle
from bot.messages.buttons import button, keyboard, more_button
from bot.messages.category_names import own_name
from bot.messages.headlines import details_line, shorten
from bot.messages.message import NO_PREVIEW, Message
from bot.messages.saved import star
from bot.text.html import escape, isolate, plain, truncate
from storage.records import Article, ChatKind

ALERT_SENTENCES: Final = 2
ALERT_LONGEST: Final = 900  # UTF-16 units of an alert's summary: a glance, not an article
LONGEST_TITLE: Final = 300
LONGEST_NAME: Final = 60  # of another source that carries the same text
ALSO_NAMED: Final = 5  # of these sources; the number of the others is shown


def alert(
    article: Article,
    *,
    language: str,
    timezone: tzinfo,
    kind: ChatKind,
    bot_username: str,
    breaking: bool = False,
    saved: bool = False,
) -> Message:
    """Returns the alert of an article: title, short summary, origin, and buttons."""
    voice = Voice(language, timezone)
    glance = " ".join(article.text.summary[:ALERT_SENTENCES]) or article.text.lead
    mark = "⚡ " if breaking else ""
    parts = [
        f"{mark}<b>{escape(short_title(article))}</b>",
        truncate(escape(glance), ALERT_LONGEST) if glance else "",
        "\n".join(line for line in (origin_line(article, voice), also_in_line(article, voice)) if line),
    ]
    return Message(
        "\n\n".join(part for part in parts if part),
        _alert_buttons(article, voice, kind, bot_username, saved=saved),
        link_preview(article),
    )


def article_link(article_id: int, bot_username: str) -> str:
    """Returns the deep link that opens the summary in the reader's private chat with the bot."""
    return f"https://t.me/{quote(bot_username)}?start=art_{article_id}"


def retraction_notice(article: Article, *, language: str) -> Message:
    """Returns the message that replaces a retracted article."""
    voice = Voice(language)
    when = escape(voice.align(voice.date_text(article.published_at)))
    return Message(f"{voice.say('🚫 This article was withdrawn by its newsroom.')}\n{when}")


def origin_line(article: Article, voice: Voice) -> str:
    """Returns category, source and date in one line (HTML)."""
    when = article.published_on or article.published_at
    parts = [
        own_name(article.category, voice) if article.category else "",
        article.source or "",
        voice.date_and_time(when),
    ]
    return details_line(parts, voice)


def also_in_line(article: Article, voice: Voice) -> str:
    """Returns a line with the other sources of the same text (HTML), or "" if there are none."""
    if not article.also_in:
        return ""
    names = [isolate(shorten(one, LONGEST_NAME)) for one in article.also_in[:ALSO_NAMED]]
    more = len(article.also_in) - len(names)
    if more:
        names.append(voice.plural("{n} more", "{n} more", more))
    return escape(voice.align(voice.say("Also in: {names}", names=voice.join_names(names))))


def bold_title(article: Article) -> str:
    """Returns the title in bold (HTML)."""
    return f"<b>{escape(short_title(article))}</b>"


def short_title(article: Article) -> str:
    return plain(truncate(escape(article.text.title), LONGEST_TITLE))


def _alert_buttons(
    article: Article, voice: Voice, kind: ChatKind, bot_username: str, *, saved: bool
) -> InlineKeyboardMarkup | None:
    more = voice.say("📄 Summary")
    source = [InlineKeyboardButton(voice.say("🔗 Source"), url=article.text.url)] if article.text.url else []
    if kind is ChatKind.CHANNEL:
        # Readers of a channel open the summary, and save the article, in their own chat with the bot.
        opening = InlineKeyboardButton(more, url=article_link(article.id, bot_username))
        return keyboard([opening, *source, more_button(ShowAlert(article.id))])
    saving = star(article.id, saved=saved)
    # Two rows, since a phone cuts "Summary" short in a quarter of its width.
    return keyboard([button(more, ShowArticle(article.id)), *source], [saving, more_button(ShowAlert(article.id))])


def link_preview(article: Article) -> LinkPreviewOptions:
    shown = article.text.image_url or article.text.url
    return LinkPreviewOptions(url=shown, prefer_large_media=bool(article.text.image_url)) if shown else NO_PREVIEW
