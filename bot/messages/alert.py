"""Alerts, and the notice that replaces a retracted article."""

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions

from bot.locale import Voice
from bot.messages import times
from bot.messages.actions import Action, ShowAlert, ShowArticle
from bot.messages.buttons import PRIMARY, button, keyboard, more_button
from bot.messages.category_names import own_name
from bot.messages.headlines import details_line, shorten
from bot.messages.media import play_buttons
from bot.messages.message import NO_PREVIEW, Message, isolated_name
from bot.messages.saved import star
from bot.text.html import escape, isolate, plain, truncate, web_address
from storage.records import TYPED_REASON, Article, ChatKind, Preview, RetractReason

ALERT_SENTENCES: Final = 2
ALERT_LONGEST: Final = 900  # UTF-16 units of an alert's summary: a glance, not an article
LONGEST_TITLE: Final = 300
LONGEST_REASON: Final = 300  # of a reason that an editor typed
LONGEST_NAME: Final = 60  # of another source that carries the same text
LONGEST_ADDRESS: Final = 2_000  # characters: of what is longer, a server may refuse the whole message
ALSO_NAMED: Final = 5  # of these sources; the number of the others is shown
# The time of an alert says when an article of the last hour was published. An older one has its date in the text.
UNDATED: Final = timedelta(hours=1)


def alert(
    article: Article,
    voice: Voice,
    *,
    kind: ChatKind,
    bot_username: str,
    dated: bool,
    preview: Preview = Preview.BELOW_LARGE,
    breaking: bool = False,
    saved: bool = False,
) -> Message:
    """Returns the alert of an article: title, short summary, origin, and buttons. `dated`: with its date."""
    glance = " ".join(article.text.summary[:ALERT_SENTENCES]) or article.text.lead
    mark = "⚡ " if breaking else ""
    origin = origin_line(article, voice, dated=dated)
    parts = [
        f"{mark}{linked_title(article)}",
        truncate(escape(glance), ALERT_LONGEST) if glance else "",
        "\n".join(line for line in (origin, also_in_line(article, voice)) if line),
    ]
    return Message(
        "\n\n".join(part for part in parts if part),
        _alert_buttons(article, voice, kind, bot_username, saved=saved),
        link_preview(article, preview),
    )


def needs_date(article: Article, now: datetime) -> bool:
    """Returns whether an alert that is sent now has the date of its article in its text.

    An article of today whose publisher gave no time counts from when it was stored, as in lists.
    """
    return now - article.published_at >= UNDATED


def article_link(article_id: int, bot_username: str) -> str:
    """Returns the deep link that opens the summary in the reader's private chat with the bot."""
    return f"https://t.me/{quote(bot_username)}?start=art_{article_id}"


def retraction_notice(article: Article, voice: Voice) -> Message:
    """Returns the message that replaces a retracted article: which one it was, and who withdrew it."""
    if not article.withdrawn_by_source:
        by = voice.say("🚫 Withdrawn by the editors.")
    elif article.source:
        by = voice.say("🚫 Withdrawn by {name}.", name=isolated_name(shorten(article.source, LONGEST_NAME)))
    else:
        by = voice.say("🚫 Withdrawn by its publisher.")
    when = times.aligned(times.date_and_time(article.published_on or article.published_at, voice), voice)
    reason = f" {told}" if (told := reason_text(article.retract_reason, voice)) else ""
    return Message(f"<s>{escape(short_title(article))}</s>\n\n{by}{reason}\n{when}")


def reason_text(reason: str, voice: Voice) -> str:
    """Returns why an article was withdrawn, as a sentence (HTML), or ""."""
    match reason:
        case "":
            return ""
        case RetractReason.ERRORS:
            return voice.say("It contained errors.")
        case RetractReason.UNCONFIRMED:
            return voice.say("It could not be confirmed.")
        case RetractReason.MISTAKE:
            return voice.say("It was published by mistake.")
        case RetractReason.LEGAL:
            return voice.say("It was withdrawn for legal reasons.")
    return isolated_name(shorten(reason.removeprefix(TYPED_REASON), LONGEST_REASON))


def origin_line(article: Article, voice: Voice, *, dated: bool = True) -> str:
    """Returns category, source and date in one line (HTML), or "" if nothing of them is known."""
    parts = [own_name(article.category, voice) if article.category else "", article.source or ""]
    when = times.date_and_time(article.published_on or article.published_at, voice) if dated else ""
    return details_line(parts, voice, when=when) if when or any(parts) else ""


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


def linked_title(article: Article) -> str:
    """Returns the title in bold, as a link to the article at its source (HTML)."""
    url = article.text.url
    return f'<a href="{escape(url)}">{bold_title(article)}</a>' if url else bold_title(article)


def short_title(article: Article) -> str:
    return plain(truncate(escape(article.text.title), LONGEST_TITLE))


def _alert_buttons(
    article: Article, voice: Voice, kind: ChatKind, bot_username: str, *, saved: bool
) -> InlineKeyboardMarkup | None:
    source = [InlineKeyboardButton(voice.say("🔗 Source"), url=article.text.url)] if article.text.url else []
    if kind is ChatKind.CHANNEL:
        # Readers of a channel open the summary, and save the article, in their own chat with the bot.
        opening = read_button(voice, article_link(article.id, bot_username))
        playing = play_buttons(article, voice, kind=kind, bot_username=bot_username)
        more = more_button(ShowAlert(article.id))
        return keyboard([opening, *source], [*playing, more]) if playing else keyboard([opening, *source, more])
    saving = star(article.id, saved=saved)
    # Two rows, since a phone cuts the words short in a quarter of its width.
    return keyboard(
        [read_button(voice, ShowArticle(article.id)), *source],
        [*play_buttons(article, voice), saving, more_button(ShowAlert(article.id))],
    )


def read_button(voice: Voice, opening: Action | str) -> InlineKeyboardButton:
    """Returns the button that opens an article, by an action or by a link."""
    label = voice.say("📖 Read")
    if isinstance(opening, str):
        return InlineKeyboardButton(label, url=opening, style=PRIMARY)
    return button(label, opening, style=PRIMARY)


def shown_address(address: str | None) -> str | None:
    """Returns the address of a picture or a page if Telegram may take it beside a text, or None."""
    found = web_address(address)
    return found if found is not None and len(found) <= LONGEST_ADDRESS else None


def link_preview(article: Article, preview: Preview) -> LinkPreviewOptions:
    """Returns the preview of the article's picture, or of its page. Each edit repeats it, or Telegram drops it."""
    picture = shown_address(article.text.image_url)
    shown = picture or shown_address(article.text.url)
    if shown is None or preview is Preview.NONE:
        return NO_PREVIEW
    return LinkPreviewOptions(
        url=shown,
        prefer_small_media=preview.is_small or None,
        prefer_large_media=(picture is not None and not preview.is_small) or None,
        show_above_text=preview.is_above or None,
    )
