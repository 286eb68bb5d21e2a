"""Guest mode: answers a message that mentions the bot in a chat where the bot is no member.

Such a chat is a group, or the private chat of two people.

The bot knows nothing of that chat, and keeps nothing about it once the message is answered. Everybody there reads the
answer, so it holds public articles only.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final
from urllib.parse import urlencode

from telegram import Message as TelegramMessage
from telegram import MessageEntity
from telegram.error import BadRequest, RetryAfter, TelegramError
from telegram.ext import ExtBot

from bot import logs
from bot.chat.context import HandlerContext
from bot.chat.inline_results import Person, best_article, newest_article, public_article, who_asks
from bot.chat.replies import Replies
from bot.chat.typed import without_edges
from bot.ingest.identity import link_key
from bot.locale import Voice
from bot.messages.inline import InlineResult, article_result, note_result, request_forms
from bot.telegram_http import Form, post, retry_after_seconds
from storage.records import Article

log = logs.get_logger(__name__)

WORTH_SECONDS: Final = 60.0  # after which nobody waits for an answer that a flood kept back
LINKS_READ: Final = 5  # of a message that the person replied to
_LINKS: Final[list[str | None]] = [MessageEntity.URL, MessageEntity.TEXT_LINK]
# Addresses, and what stands for something in a query: a message that is replied to is none.
_NO_WORDS: Final = re.compile(r"https?://\S+|(?<!\S)[-–—−]+|[:：\"]")
_PAGE_TEXT: Final = frozenset({"text"})
_PAGE_LINKS: Final = frozenset({"url"})


async def answer(
    message: TelegramMessage, replies: Replies, context: HandlerContext, *, too_fast: bool
) -> str | None:
    """Answer a guest message with one article. Returns the reason why it was not answered, or None."""
    person, asked = message.from_user, message.guest_query_id
    if asked is None or person is None or replies.muted:
        return None
    known = await who_asks(context, person.id, person.language_code, await context.published.get())
    voice = Voice(known.language, context.config.timezone)
    if too_fast:
        return await _send(replies.bot, asked, note_result(voice.say("Slower, please"), voice))
    article = await _asked_article(message, _words(message, replies.bot), known, context)
    if article is None:
        return await _send(replies.bot, asked, note_result(voice.say("I found no article for this."), voice))
    result = article_result(
        article,
        language=context.config.language,
        timezone=context.config.timezone,
        bot_username=replies.bot.username,
        now=context.now(),
    )
    return await _send(replies.bot, asked, result)


async def _asked_article(
    message: TelegramMessage, words: str, person: Person, context: HandlerContext
) -> Article | None:
    """Returns the article for the words, for the message that was replied to, or the newest one."""
    if words:
        return await best_article(context, words)
    if message.reply_to_message is not None:
        return await _for_replied(context, message.reply_to_message)
    return await newest_article(context, person)


async def _for_replied(context: HandlerContext, replied: TelegramMessage) -> Article | None:
    """Returns the article that a message links to, or else the one that its words fit best."""
    # In a text, news.example/ferry is a link too.
    links = (link if "://" in link else f"https://{link}" for link in _links(replied))
    keys = [link_key(link) for link in islice(links, LINKS_READ)]
    known = await context.storage.articles.find_by_keys(keys)
    for one in (one for key in keys for one in known.get(key, ())):
        if (article := await public_article(context, one.id)) is not None:
            return article
    told = replied.text or replied.caption or " ".join(_page_parts(replied, _PAGE_TEXT))
    return await best_article(context, _NO_WORDS.sub(" ", told))


def _links(message: TelegramMessage) -> Iterator[str]:
    found = message.parse_entities(_LINKS) | message.parse_caption_entities(_LINKS)
    for entity, text in found.items():
        yield entity.url or text
    yield from _page_parts(message, _PAGE_LINKS)


def _page_parts(message: TelegramMessage, names: frozenset[str]) -> Iterator[str]:
    """Yields the texts under these names in a page, from its top on. The library knows no pages."""
    waiting = [("", message.api_kwargs.get("rich_message"))]
    while waiting:
        name, part = waiting.pop()
        if isinstance(part, str) and name in names:
            yield part
        elif isinstance(part, dict):
            waiting += reversed(part.items())
        elif isinstance(part, list):
            waiting += [(name, one) for one in reversed(part)]


def _words(message: TelegramMessage, bot: ExtBot[Any]) -> str:
    """Returns what a person wrote beside the name of the bot."""
    named = re.compile(rf"(?<!\w)@{re.escape(bot.username)}(?!\w)", re.IGNORECASE)
    return without_edges(named.sub(" ", message.text or message.caption or ""))


async def _send(bot: ExtBot[Any], asked: str, result: InlineResult) -> str | None:
    """Send the answer, in simpler forms if Telegram refuses it. Returns the reason if it takes none."""
    reason, give_up_at = "", asyncio.get_running_loop().time() + WORTH_SECONDS
    for results in request_forms([result]):
        values = {"guest_query_id": asked, "result": json.dumps(results[0], ensure_ascii=False)}
        try:
            await _post(bot, Form(urlencode(values).encode()), give_up_at)
            return None
        except BadRequest as error:
            reason = error.message
            log.warning("guest_answer_refused", reason=reason)
        except TelegramError as error:  # it may have been taken, and a second answer would be refused
            reason = error.message
            break
    return f"not sent: {reason}"


async def _post(bot: ExtBot[Any], form: Form, give_up_at: float) -> None:
    """Post an answer, and wait out a flood until `give_up_at` on the clock of the loop. Raises TelegramError."""
    while True:
        try:
            await post(bot.request, f"{bot.base_url}/answerGuestQuery", form)
            return
        except RetryAfter as error:
            seconds = retry_after_seconds(error)
            if asyncio.get_running_loop().time() + seconds > give_up_at:
                raise
            log.info("guest_answer_waits", seconds=round(seconds))
            await asyncio.sleep(seconds)
