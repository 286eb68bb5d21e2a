"""Finds the articles for an inline query: the newest, those with the words, or the one that a share names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.chat.completing import with_last_word_completed
from bot.chat.context import HandlerContext
from bot.chat.conversation import own_reading, spoken_language
from bot.chat.searching import LONGEST_QUERY, NoSuchName, resolve_names, run_search, search_with_correction
from bot.locale import LANGUAGES
from bot.messages.deep_links import Start, Target, read_start
from bot.text.search import understood
from storage.records import Article, Chat, Place, Reading, Viewer
from storage.times import from_ms, to_ms

PAGE: Final = 10  # results in one answer; a client asks for more when its list is scrolled
NO_CHAT: Final = 0  # no row has this id, so only public articles are seen
# Of the newest: the time of the last result in milliseconds, and its id. Of a search: hits to skip, newest article.
_OFFSET: Final = re.compile(r"(\d{1,14})_(\d{1,15})")


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks. The person need not have a chat with the bot."""

    id: int  # Telegram's number
    language: str  # that the bot speaks to the person
    chat: Chat | None  # the private chat with the bot
    reading: Reading
    reads_all: bool  # whether no language that is published is left out
    viewer: Viewer | None  # None: the person sees what everybody sees


@dataclass(frozen=True, slots=True)
class Found:
    """The articles that answer an inline query."""

    articles: Sequence[Article]
    next_offset: str  # "" if there are no more
    personal: bool  # whether the same query brings others something else


NOTHING: Final = Found((), "", personal=True)


async def who_asks(
    context: HandlerContext, person_id: int, language_code: str | None, published: Sequence[str]
) -> Person:
    """Returns a person as the private chat with the bot knows them, or as Telegram tells of them.

    `published` are the languages of the newest articles.
    """
    chat = await context.storage.chats.get(person_id)
    if chat is None:
        spoken = spoken_language(language_code)
        language = spoken if spoken in LANGUAGES else context.config.language
        reading = own_reading(published, spoken, context.config.language)
        return Person(
            id=person_id,
            language=language,
            chat=None,
            reading=reading,
            reads_all=_reads_all(reading, published),
            viewer=None,
        )
    follows = await context.storage.follows.of_chat(chat.id, now=context.now())
    sees_apart = any(one.muted or one.subject.private for one in follows)
    viewer = Viewer(chat_row=chat.id, at=context.now()) if sees_apart else None
    return Person(
        id=person_id,
        language=chat.language,
        chat=chat,
        reading=chat.reading,
        reads_all=_reads_all(chat.reading, published),
        viewer=viewer,
    )


def _reads_all(reading: Reading, published: Sequence[str]) -> bool:
    return not reading.languages or set(published) <= set(reading.languages)


async def find_articles(context: HandlerContext, person: Person, typed: str, offset: str) -> Found:
    """Returns a page of results. An offset that can't be read counts as the beginning."""
    place = _OFFSET.fullmatch(offset)
    numbers = (int(place[1]), int(place[2])) if place else None
    start = read_start(typed)
    if start is not None and start.target is Target.ARTICLE:
        return await _shared(context, person, start)
    if not typed.strip():
        return await _newest(context, person, numbers)
    return await _searched(context, person, typed[:LONGEST_QUERY], numbers)


async def _shared(context: HandlerContext, person: Person, start: Start) -> Found:
    """Returns the article that the query of a button names."""
    return Found(await _read(context, person, [start.number]), "", personal=True)


async def _newest(context: HandlerContext, person: Person, numbers: tuple[int, int] | None) -> Found:
    """Returns the newest articles in the languages that the person reads, each story once."""
    reading = replace(person.reading, grouped=True)
    found = await context.storage.articles.page(
        limit=PAGE + 1,
        older_than=Place(from_ms(numbers[0]), numbers[1]) if numbers else None,
        reading=reading,
        viewer=person.viewer,
    )
    last = found[PAGE - 1] if len(found) > PAGE else None
    personal = person.viewer is not None or not person.reads_all
    articles = await _read(context, person, [one.id for one in found[:PAGE]])
    return Found(articles, f"{to_ms(last.published_at)}_{last.id}" if last else "", personal=personal)


async def _searched(context: HandlerContext, person: Person, typed: str, numbers: tuple[int, int] | None) -> Found:
    """Returns the articles with the words. They say in which language: all languages are searched."""
    storage, personal = context.storage, person.viewer is not None
    words, query = await resolve_names(storage, understood(typed), person.viewer)
    if isinstance(query, NoSuchName) or not (query.terms or query.narrowed):
        return NOTHING
    words = await with_last_word_completed(storage, words)
    query = replace(query, terms=words.terms, grouped=True)
    skip, newest = numbers or (0, None)
    corrected = None
    if skip:
        hits = await run_search(storage, replace(query, newest=newest), limit=PAGE, skip=skip)
    else:
        hits, corrected = await search_with_correction(storage, words, query, limit=PAGE)
    more = hits.more and corrected is None  # a further page would search for the words as they were typed
    articles = await _read(context, person, [one.id for one in hits.headlines])
    return Found(articles, f"{skip + PAGE}_{hits.newest}" if more else "", personal=personal)


async def best_article(context: HandlerContext, typed: str) -> Article | None:
    """Returns the public article that fits the words best, or None."""
    storage = context.storage
    words, query = await resolve_names(storage, understood(typed[:LONGEST_QUERY]), None)
    if isinstance(query, NoSuchName) or not (query.terms or query.narrowed):
        return None
    hits, _ = await search_with_correction(storage, words, query, limit=1)
    for headline in hits.headlines:
        return await public_article(context, headline.id)
    return None


async def newest_article(context: HandlerContext, person: Person) -> Article | None:
    """Returns the newest public article in a language that the person reads, or None."""
    for headline in await context.storage.articles.page(limit=1, reading=person.reading):
        return await public_article(context, headline.id)
    return None


async def public_article(context: HandlerContext, article_id: int) -> Article | None:
    """Returns an article that everybody may see and that was not withdrawn, or None."""
    article = await context.storage.articles.get(article_id, chat_row=NO_CHAT)
    return article if article is not None and not article.retracted else None


async def _read(context: HandlerContext, person: Person, ids: Sequence[int]) -> list[Article]:
    """Returns these articles, without those that the person may not see and those that were withdrawn."""
    row = person.chat.id if person.chat is not None else NO_CHAT
    return await context.storage.articles.all_of(ids, chat_row=row)
