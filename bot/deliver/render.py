"""Messages made of articles and notices: pure, from a record to Telegram HTML with its buttons and preview."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import islice
from typing import Final
from urllib.parse import quote

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import MessageLimit

from bot.actions import Action, ShowAlert, ShowArticle, ShowDigest, ShowList, ShowStory, ShowText, encode
from bot.deliver.notices import Notice
from bot.locale import Voice
from bot.text.html import escape, isolate, length, one_line, plain, split_lazily, truncate
from storage.records import Article, ChatKind, Headline

ALERT_SENTENCES: Final = 2
ALERT_LONGEST: Final = 900  # UTF-16 units of an alert's summary: a glance, not an article
LONGEST_TITLE: Final = 300
# UTF-16 units of a title and of a name in a list: the first pair with which the list fits. With the last, 30 do.
LISTED_LENGTHS: Final = ((160, 60), (120, 40), (90, 30), (60, 20), (40, 12))
LISTED_ROOM: Final = MessageLimit.MAX_TEXT_LENGTH - 400  # what stands around a list has the rest
LONGEST_NAME: Final = 60  # of another source of the same text
ALSO_NAMED: Final = 5  # of these; how many more there are is said
ON_BUTTON: Final = 28
NUMBERS_IN_ROW: Final = 5
STORIES_IN_ROW: Final = 3
LONGEST_HEAD: Final = 2_500  # of an opened article, above its full text
_QUOTES: Final = re.compile("</?blockquote>")  # the full text is one already, and they don't nest
NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Message:
    html: str
    buttons: InlineKeyboardMarkup | None = None
    preview: LinkPreviewOptions = NO_PREVIEW


def button(text: str, action: Action) -> InlineKeyboardButton:
    return InlineKeyboardButton(text, callback_data=encode(action))


def keyboard(*rows: list[InlineKeyboardButton]) -> InlineKeyboardMarkup | None:
    """Rows of buttons; empty rows are left out, and None stands for no buttons at all."""
    full = [row for row in rows if row]
    return InlineKeyboardMarkup(full) if full else None


def in_rows(buttons: list[InlineKeyboardButton], width: int = 2) -> list[list[InlineKeyboardButton]]:
    return [buttons[start : start + width] for start in range(0, len(buttons), width)]


def mark(chosen: bool) -> str:
    """What stands before a choice on a button."""
    return "✅" if chosen else "▫️"


def on_button(text: str) -> str:
    return plain(truncate(escape(one_line(text)), ON_BUTTON))


def name(text: str) -> str:
    """A name between other words, kept apart from their direction."""
    return escape(isolate(text))


def alert(
    article: Article,
    *,
    language: str,
    timezone: tzinfo,
    kind: ChatKind,
    bot_username: str,
    breaking: bool = False,
) -> Message:
    """An article as it is pushed: headline, a glance, where it is from, and ways to more."""
    voice = Voice(language, timezone)
    glance = " ".join(article.text.summary[:ALERT_SENTENCES]) or article.text.lead
    mark = "⚡ " if breaking else ""
    parts = [
        f"{mark}<b>{escape(_title(article))}</b>",
        truncate(escape(glance), ALERT_LONGEST) if glance else "",
        "\n".join(line for line in (origin(article, voice), also_in(article, voice)) if line),
    ]
    return Message(
        "\n\n".join(part for part in parts if part),
        _alert_buttons(article, voice, kind, bot_username),
        _preview(article),
    )


def summary(
    article: Article, voice: Voice, *, back: ShowList | ShowStory | ShowDigest | None = None, of_alert: bool = False
) -> Message:
    """An article opened: its summary, and the full text folded up; a long one goes on behind a button."""
    if article.retracted:
        return retracted(article, language=voice.language)
    head, all_parts = _opened(article, voice)
    parts = list(islice(all_parts, 2))  # the first, and whether there are more: a body may be a megabyte
    if parts:
        head += f"{_full_text_label(voice)}<blockquote expandable>{parts[0]}</blockquote>"
    url = article.text.url
    rows = [
        [button(voice.say("📖 Read on"), ShowText(article.id, 1))] if len(parts) > 1 else [],
        [InlineKeyboardButton(voice.say("🔗 Read at the source"), url=url)] if url else [],
        [button(voice.say("↩ Back to the list"), back)] if back else [],
        [button(voice.say("▲ Less"), ShowAlert(article.id))] if of_alert else [],
    ]
    return Message(head, keyboard(*rows), _preview(article))


def full_text(article: Article, voice: Voice, part: int) -> Message:
    """A further part of a long article."""
    parts = list(_opened(article, voice)[1])
    if article.retracted or not 0 < part < len(parts):  # it was changed meanwhile
        return summary(article, voice)
    place = f"{voice.number(part + 1)}/{voice.number(len(parts))}"
    turning = [
        button(voice.say("« Back"), ShowText(article.id, part - 1) if part > 1 else ShowArticle(article.id)),
        *([button(voice.say("More »"), ShowText(article.id, part + 1))] if part + 1 < len(parts) else []),
    ]
    return Message(f"<b>{escape(_title(article))}</b> ({place})\n\n{parts[part]}", keyboard(turning))


def _opened(article: Article, voice: Voice) -> tuple[str, Iterator[str]]:
    """What stands above the full text, and the parts of that, each of which has room below it."""
    text = article.text
    sentences = "\n\n".join(escape(sentence) for sentence in text.summary) or escape(text.lead)
    of = "\n".join(line for line in (origin(article, voice), also_in(article, voice)) if line)
    opened = (f"<b>{escape(_title(article))}</b>", of, sentences)
    head = truncate("\n\n".join(part for part in opened if part), LONGEST_HEAD)
    if not text.body or text.body == "\n\n".join(text.summary):
        return head, iter(())
    room = MessageLimit.MAX_TEXT_LENGTH - length(head) - length(_full_text_label(voice))
    return head, split_lazily(_QUOTES.sub("", text.markup) or escape(text.body), room)


def _full_text_label(voice: Voice) -> str:
    return f"\n\n<b>{voice.say('Full text')}</b>\n"


def headline_lines(numbered: Iterable[tuple[int, Headline]], voice: Voice, now: datetime) -> list[str]:
    """Articles in a list, with their numbers. Where they are long, all are shortened and none is left out."""
    listed, lines = list(numbered), list[str]()
    for lengths in LISTED_LENGTHS:
        lines = [_headline_line(number, headline, voice, now, *lengths) for number, headline in listed]
        if length("\n\n".join(lines)) <= LISTED_ROOM:
            break
    return lines


def _headline_line(
    position: int, headline: Headline, voice: Voice, now: datetime, title_length: int, name_length: int
) -> str:
    """Number and title, and what it is of in the line below."""
    title = _short(headline.title, title_length)
    age = voice.age(headline.published_at, headline.published_on, now)
    names = [headline.category.name if headline.category else "", headline.source or ""]
    line = voice.aligned(f"{voice.number(position)}. {voice.apart(title)}")
    parts = [*(_short(name, name_length) for name in names), told_by(headline, voice), age]
    return f"<b>{escape(line)}</b>\n{about(parts, voice)}"


def told_by(headline: Headline, voice: Voice) -> str:
    """How many sources tell a story that stands in a list once; "" where it is one article's."""
    if headline.sources > 1:
        return voice.plural("{n} source", "{n} sources", headline.sources)
    return voice.plural("{n} article", "{n} articles", headline.told_by) if headline.told_by > 1 else ""


def _short(text: str, longest: int) -> str:
    return plain(truncate(escape(text), longest))


def article_link(article_id: int, bot_username: str) -> str:
    """Opens the summary in the reader's own chat with the bot."""
    return f"https://t.me/{quote(bot_username)}?start=art_{article_id}"


def retracted(article: Article, *, language: str) -> Message:
    """What stands where a withdrawn article stood."""
    voice = Voice(language)
    when = escape(voice.aligned(voice.day(article.published_at)))
    return Message(f"{voice.say('🚫 This article was withdrawn by its newsroom.')}\n{when}")


def origin(article: Article, voice: Voice) -> str:
    """Category, source and date in one line."""
    when = article.published_on or article.published_at
    parts = [article.category.name if article.category else "", article.source or "", voice.when(when)]
    return about(parts, voice)


def also_in(article: Article, voice: Voice) -> str:
    """Who else carries the same text, in one line (HTML); "" where nobody does."""
    if not article.also_in:
        return ""
    names = [isolate(_short(one, LONGEST_NAME)) for one in article.also_in[:ALSO_NAMED]]
    more = len(article.also_in) - len(names)
    if more:
        names.append(voice.plural("{n} more", "{n} more", more))
    return escape(voice.aligned(voice.say("Also in: {names}", names=voice.listing(names))))


def about(parts: Sequence[str], voice: Voice) -> str:
    """What an article is of, in one line: each part in its own direction, the line in the reader's.

    It is not set in italics, which Arabic letters don't have.
    """
    return escape(voice.aligned(" · ".join(isolate(part) for part in parts if part)))


def notice(told: Notice, *, language: str) -> Message:
    """What the operator is told."""
    voice = Voice(language)
    values = {
        key: voice.number(value) if isinstance(value, int) else name(value) for key, value in told.values.items()
    }
    match told.key:
        case "burst":
            text = voice.say(
                "⚠️ {source} brought very many new articles at once: {pushed} were sent, {held_back} only stored.",
                **values,
            )
        case "overload":
            text = voice.say(
                "⚠️ {owed} messages wait to be sent. At the present rate that takes about {minutes} minutes. To be"
                " faster, allow paid broadcasts (<code>NEWSBOT_PAID_BROADCAST=true</code>). To send less, have"
                " readers take digests in /settings, or remove sources with <code>newsbot source remove</code>.",
                **values,
            )
        case _:
            text = voice.say("⚠️ {source} can't be read: {error}", **values)
    return Message(text)


def plain_text(message: Message) -> str:
    """The message without its markup, for when Telegram refuses that."""
    return plain(truncate(escape(plain(message.html)), MessageLimit.MAX_TEXT_LENGTH))


def titled(article: Article) -> str:
    """An article's title in bold (HTML)."""
    return f"<b>{escape(_title(article))}</b>"


def _title(article: Article) -> str:
    return plain(truncate(escape(article.text.title), LONGEST_TITLE))


def _alert_buttons(article: Article, voice: Voice, kind: ChatKind, bot_username: str) -> InlineKeyboardMarkup | None:
    more = voice.say("📄 Summary")
    if kind is ChatKind.CHANNEL:
        # Readers of a channel open the summary in their own chat with the bot.
        opening = InlineKeyboardButton(more, url=article_link(article.id, bot_username))
    else:
        opening = button(more, ShowArticle(article.id))
    source = [InlineKeyboardButton(voice.say("🔗 Source"), url=article.text.url)] if article.text.url else []
    return keyboard([opening, *source])


def _preview(article: Article) -> LinkPreviewOptions:
    shown = article.text.image_url or article.text.url
    return LinkPreviewOptions(url=shown, prefer_large_media=bool(article.text.image_url)) if shown else NO_PREVIEW
