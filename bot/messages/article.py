"""An opened article: its summary, and its full text in parts."""

import re
from collections.abc import Iterator
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
)
from bot.messages.alert import also_in_line, link_preview, origin_line, retraction_notice, short_title
from bot.messages.buttons import button, keyboard, more_button
from bot.messages.message import Message
from bot.messages.saved import save_button
from bot.text.document import read_document, to_telegram
from bot.text.html import escape, length, split_lazily, truncate
from storage.records import Article

LONGEST_HEAD: Final = 2_500  # UTF-16 units above the full text
_QUOTES: Final = re.compile("</?blockquote>")  # the folded text is a quote itself, and Telegram does not nest them


def summary(
    article: Article,
    voice: Voice,
    *,
    saved: bool,
    back: HeadlineList | SavedList | ShowStory | ShowDigest | None = None,
    of_alert: bool = False,
    coverage: int = 1,
) -> Message:
    """Returns the summary, with the full text folded up. A button leads to the rest of a long text.

    `saved` says whether the chat has saved the article. `coverage` is the number of articles of its story.
    """
    if article.retracted:
        return retraction_notice(article, language=voice.language)
    head, all_parts = _opened(article, voice)
    parts = list(islice(all_parts, 2))  # two say whether there are more; a body may be a megabyte
    if parts:
        folded = _QUOTES.sub("", parts[0])
        head += f"{_full_text_label(voice)}<blockquote expandable>{folded}</blockquote>"
    url = article.text.url
    rows = [
        [button(voice.say("📖 Read on"), ShowText(article.id, 1))] if len(parts) > 1 else [],
        [
            *([InlineKeyboardButton(voice.say("🔗 Read at the source"), url=url)] if url else []),
            save_button(article.id, voice, saved=saved),
            more_button(_shown(article, back)),
        ],
        _coverage_row(article, back, coverage, voice),
        [button(voice.say("↩ Back to the list"), back)] if back else [],
        [button(voice.say("▲ Less"), ShowAlert(article.id))] if of_alert else [],
    ]
    return Message(head, keyboard(*rows), link_preview(article))


def _coverage_row(
    article: Article, back: HeadlineList | SavedList | ShowStory | ShowDigest | None, coverage: int, voice: Voice
) -> list[InlineKeyboardButton]:
    """Returns the button that opens all articles of the story, unless `back` leads there."""
    if coverage < 2 or isinstance(back, ShowStory):
        return []
    opening = DigestStory(article.id, back.delivery) if isinstance(back, ShowDigest) else ShowStory(article.id, back)
    return [button(voice.say("🗞 All coverage ({n})", n=voice.number(coverage)), opening)]


def _shown(article: Article, back: HeadlineList | SavedList | ShowStory | ShowDigest | None) -> ArticleShown:
    """Returns the action that shows the opened article again."""
    match back:
        case ShowStory():
            return StoryItem(article.id, back)
        case ShowDigest(delivery=delivery):
            return DigestItem(article.id, delivery)
        case page:
            return ShowArticle(article.id, page)


def full_text(article: Article, voice: Voice, part: int, *, saved: bool) -> Message:
    """Returns a further part of the full text, or the summary if there is no such part any more."""
    parts = list(_opened(article, voice)[1])
    if article.retracted or not 0 < part < len(parts):  # the article has changed
        return summary(article, voice, saved=saved)
    place = f"{voice.number(part + 1)}/{voice.number(len(parts))}"
    turning = [
        button(voice.say("« Back"), ShowText(article.id, part - 1) if part > 1 else ShowArticle(article.id)),
        *([button(voice.say("More »"), ShowText(article.id, part + 1))] if part + 1 < len(parts) else []),
    ]
    return Message(f"<b>{escape(short_title(article))}</b> ({place})\n\n{parts[part]}", keyboard(turning))


def _opened(article: Article, voice: Voice) -> tuple[str, Iterator[str]]:
    """Returns the HTML above the full text, and the parts of the full text, each of which fits below it."""
    text = article.text
    sentences = "\n\n".join(escape(sentence) for sentence in text.summary) or escape(text.lead)
    of = "\n".join(line for line in (origin_line(article, voice), also_in_line(article, voice)) if line)
    opened = (f"<b>{escape(short_title(article))}</b>", of, sentences)
    head = truncate("\n\n".join(part for part in opened if part), LONGEST_HEAD)
    if not text.body or text.body == "\n\n".join(text.summary):
        return head, iter(())
    room = MessageLimit.MAX_TEXT_LENGTH - length(head) - length(_full_text_label(voice))
    return head, split_lazily(to_telegram(read_document(text.document, text.body)), room)


def _full_text_label(voice: Voice) -> str:
    return f"\n\n<b>{voice.say('Full text')}</b>\n"
