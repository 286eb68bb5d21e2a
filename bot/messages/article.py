"""An opened article: its text in parts, each sentence once; and its summary alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from telegram import InlineKeyboardButton
from telegram.constants import MessageLimit

from bot.locale import Voice
from bot.messages.actions import (
    ArticleShown,
    DigestItem,
    DigestStory,
    HeadlineList,
    SavedList,
    ShowAlert,
    ShowArticle,
    ShowDigest,
    ShowStory,
    ShowText,
    StoryItem,
    StoryPage,
)
from bot.messages.alert import (
    also_in_line,
    link_preview,
    linked_title,
    origin_line,
    read_button,
    retraction_notice,
    short_title,
)
from bot.messages.buttons import button, keyboard, more_button
from bot.messages.deep_links import share_button
from bot.messages.media import play_buttons
from bot.messages.message import Message
from bot.messages.saved import save_button
from bot.text.document import read_document, to_telegram
from bot.text.html import escape, length, split_lazily, split_off, truncate
from storage.records import Article, Preview

LONGEST_HEAD: Final = 2_500  # UTF-16 units above the text
SHORT: Final = 1_500  # UTF-16 units of a text that is shown whole: about a phone's screen
OPENING: Final = 900  # UTF-16 units of a longer text that are not folded: as much as an alert shows
_QUOTES: Final = re.compile("</?blockquote>")  # the folded text is a quote itself, and Telegram does not nest them

Back = HeadlineList | SavedList | ShowStory | StoryPage | ShowDigest


@dataclass(frozen=True, slots=True)
class _Opened:
    head: str  # HTML: title and origin
    opening: str  # HTML: what is not folded of the text
    parts: Iterator[str]  # HTML: the rest, in parts that fit below the opening


def opened(
    article: Article,
    voice: Voice,
    *,
    saved: bool,
    back: Back | None = None,
    of_alert: bool = False,
    coverage: int = 1,
    preview: Preview = Preview.BELOW_LARGE,
    inline: bool = False,
) -> Message:
    """Returns an article with its text: a short one whole, a long one from its beginning, with the rest folded up.

    A button leads to what has no room. `saved` says whether the chat has saved the article. `coverage` is the number
    of articles of its story. `inline` says whether the bot answers inline queries, by which the article is shared.
    """
    if article.retracted:
        return retraction_notice(article, voice)
    shown = _opened(article, voice)
    parts = list(islice(shown.parts, 2))  # two say whether there are more; a body may be a megabyte
    folded = f"<blockquote expandable>{_QUOTES.sub('', parts[0])}</blockquote>" if parts else ""
    reading, using = _article_rows(article, voice, saved=saved, inline=inline, shown=_shown(article, back))
    rows = [
        [*([button(voice.say("📖 Read on"), ShowText(article.id, 1))] if len(parts) > 1 else []), *reading],
        using,
        [
            *_coverage_row(article, back, coverage, voice),
            *([button(voice.say("↩ Back to the list"), back)] if back else []),
            *([button(voice.say("▲ Less"), ShowAlert(article.id))] if of_alert else []),
        ],
    ]
    text = "\n\n".join(part for part in (shown.head, shown.opening, folded) if part)
    return Message(text, keyboard(*rows), link_preview(article, preview))


def summary(
    article: Article,
    voice: Voice,
    *,
    saved: bool,
    coverage: int = 1,
    preview: Preview = Preview.BELOW_LARGE,
    inline: bool = False,
) -> Message:
    """Returns the summary of an article, with a button to its text. A short article is opened instead.

    `inline` is as in `opened`.
    """
    sentences = "\n\n".join(escape(sentence) for sentence in article.text.summary)
    if article.retracted or not sentences or not split_off(_text(article), SHORT)[1]:
        return opened(article, voice, saved=saved, coverage=coverage, preview=preview, inline=inline)
    reading, using = _article_rows(article, voice, saved=saved, inline=inline, shown=ShowArticle(article.id))
    rows = [
        [read_button(voice, ShowArticle(article.id)), *reading],
        using,
        _coverage_row(article, None, coverage, voice),
    ]
    text = truncate("\n\n".join([_head(article, voice), sentences]))
    return Message(text, keyboard(*rows), link_preview(article, preview))


def full_text(
    article: Article,
    voice: Voice,
    part: int,
    *,
    saved: bool,
    preview: Preview = Preview.BELOW_LARGE,
    inline: bool = False,
) -> Message:
    """Returns a further part of the text, or the opened article if there is no such part any more."""
    parts = list(_opened(article, voice).parts)
    if article.retracted or not 0 < part < len(parts):  # the article has changed
        return opened(article, voice, saved=saved, preview=preview, inline=inline)
    place = f"{voice.number(part + 1)}/{voice.number(len(parts))}"
    turning = [
        button(voice.say("« Back"), ShowText(article.id, part - 1) if part > 1 else ShowArticle(article.id)),
        *([button(voice.say("More »"), ShowText(article.id, part + 1))] if part + 1 < len(parts) else []),
    ]
    return Message(f"<b>{escape(short_title(article))}</b> ({place})\n\n{parts[part]}", keyboard(turning))


def _coverage_row(article: Article, back: Back | None, coverage: int, voice: Voice) -> list[InlineKeyboardButton]:
    """Returns the button that opens all articles of the story, unless `back` leads there."""
    if coverage < 2 or isinstance(back, ShowStory | StoryPage):
        return []
    opening = DigestStory(article.id, back.delivery) if isinstance(back, ShowDigest) else ShowStory(article.id, back)
    return [button(voice.say("🗞 All coverage ({n})", n=voice.number(coverage)), opening)]


def _article_rows(
    article: Article, voice: Voice, *, saved: bool, inline: bool, shown: ArticleShown
) -> tuple[list[InlineKeyboardButton], list[InlineKeyboardButton]]:
    """Returns what leads to the article elsewhere, and what can be done with it."""
    url = article.text.url
    sharing = [share_button(article.id, voice)] if inline else []
    source = [InlineKeyboardButton(voice.say("🔗 Source"), url=url)] if url else []
    return (
        [*play_buttons(article, voice), *source],
        [save_button(article.id, voice, saved=saved), *sharing, more_button(shown)],
    )


def _shown(article: Article, back: Back | None) -> ArticleShown:
    """Returns the action that shows the opened article again."""
    match back:
        case ShowStory() | StoryPage():
            return StoryItem(article.id, back)
        case ShowDigest(delivery=delivery):
            return DigestItem(article.id, delivery)
        case page:
            return ShowArticle(article.id, page)


def _opened(article: Article, voice: Voice) -> _Opened:
    head, text = _head(article, voice), _text(article)
    whole, rest = split_off(text, SHORT)
    if not rest:
        return _Opened(head, whole, iter(()))
    opening, rest = split_off(text, OPENING)
    room = MessageLimit.MAX_TEXT_LENGTH - length(head) - length(opening) - len("\n\n\n\n")
    return _Opened(head, opening, split_lazily(rest, room))


def _head(article: Article, voice: Voice) -> str:
    of = "\n".join(line for line in (origin_line(article, voice), also_in_line(article, voice)) if line)
    return truncate(f"{linked_title(article)}\n\n{of}", LONGEST_HEAD)


def _text(article: Article) -> str:
    """Returns the text of an article (HTML). Without a body, it is the publisher's summary."""
    text = article.text
    if text.body:
        return to_telegram(read_document(text.document, text.body))
    return "\n\n".join(escape(sentence) for sentence in text.summary) or escape(text.lead)
