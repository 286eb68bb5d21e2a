"""Search: resolves names of categories and sources, finds and ranks articles, and corrects misspelt words."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.chat.conversation import Conversation
from bot.chat.names import category_named, matching_names, similar_names
from bot.chat.references import remember_list
from bot.locale import Voice
from bot.messages import lists as list_messages
from bot.messages.actions import SearchList
from bot.messages.headlines import Match
from bot.messages.message import Message
from bot.text import did_you_mean
from bot.text.document import caption_text
from bot.text.excerpt import excerpt, marked
from bot.text.function_words import all_function_words
from bot.text.fuzzy_names import comparable
from bot.text.html import escape
from bot.text.ranking import Scored, by_letters, by_words, is_exact, to_be_read, with_phrases
from bot.text.search import CATEGORY, SOURCE, Typed, short_words_with_clitic, understood, with_short_clitics
from storage import Storage
from storage.records import NO_OTHER_LANGUAGES, Headline, OtherLanguages, Query, SearchCandidates, Term, Text, Viewer

LONGEST_QUERY: Final = 200  # characters
COUNTED_UP_TO: Final = 100  # hits whose number is shown; a search ends at some more candidates


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of what a search found."""

    headlines: list[Headline]
    more: bool  # there are further pages
    whole: bool  # the first hits contain all words
    newest: int  # id of the newest article at the time of the search
    found: int  # on all pages
    counted: int | None  # lines on all pages, each with all words; None if there may be more
    articles: int  # the articles of these lines that have all words: more, if a line stands for a story
    hidden: int = 0  # hits that are left out because the chat mutes them
    elsewhere: OtherLanguages = NO_OTHER_LANGUAGES  # hits with all words in languages that the chat does not read


@dataclass(frozen=True, slots=True)
class NoSuchName:
    """The query names an unknown category or source. `near` are similar names."""

    field: str
    typed: str
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """Another query, because the typed one finds nothing that has all of it."""

    words: str
    terms: tuple[Term, ...]  # of these words
    shown: bool  # the hits are for it; otherwise the reader is offered it
    is_unquoted: bool = False  # it is the typed query with the words of its phrases; otherwise a word was misspelt


async def run_search(storage: Storage, query: Query, *, limit: int, skip: int = 0) -> Hits:
    """Returns a slice of the ranked hits. Every slice costs the same, since a few hundred hits are ranked at most."""
    if not query.terms and not query.narrowed:
        return Hits(headlines=[], more=False, whole=False, newest=0, found=0, counted=None, articles=0)
    found = await storage.search.candidates(query)
    # In a thread: ranking takes some ten milliseconds in all.
    scored = await asyncio.to_thread(by_words, query, found)
    written = await storage.search.source_texts(to_be_read(query, scored))
    ranked = await asyncio.to_thread(by_letters, query, scored, written)
    whole = [one for one in ranked if one.whole]
    if query.elsewhere and whole:
        ranked = whole  # the number that the button announced
    lines = await _first_of_each_story(storage, ranked) if query.grouped else ranked
    shown = [one.id for one in lines[skip : skip + limit]]
    return Hits(
        headlines=await storage.articles.headlines(shown, grouped=query.grouped),
        more=len(lines) > skip + limit,
        whole=bool(whole),
        newest=found.newest,
        found=len(ranked),
        counted=len(lines) if len(whole) == len(ranked) < COUNTED_UP_TO else None,
        articles=len(whole),
        elsewhere=await _other_languages(storage, query, found),
        hidden=found.hidden,
    )


async def _first_of_each_story(storage: Storage, ranked: Sequence[Scored]) -> list[Scored]:
    """Returns the hits in their order, of each story the first one."""
    stories = await storage.stories.of_articles(one.id for one in ranked)
    first: dict[int, Scored] = {}
    for one in ranked:
        first.setdefault(stories.get(one.id, one.id), one)
    return list(first.values())


async def _other_languages(storage: Storage, query: Query, found: SearchCandidates) -> OtherLanguages:
    if not found.elsewhere.articles or not is_exact(query):
        return found.elsewhere
    written = await storage.search.source_texts(found.elsewhere.articles)
    return replace(found.elsewhere, articles=tuple(await asyncio.to_thread(with_phrases, query, written)))


async def search_page(conversation: Conversation, asked: SearchList) -> Message:
    """Returns a page of the results of a search that was stored, or says why there are none."""
    storage = conversation.context.storage
    words = await storage.lists.search_words(asked.search, chat_row=conversation.chat.id)
    if words is None:
        return Message(conversation.voice.say("That list has expired. Please search again."))
    languages = conversation.chat.reading.languages
    if not languages:
        asked = replace(asked, elsewhere=0)  # the chat reads all languages by now
    typed, query = await resolve_names(storage, understood(words), conversation.viewer(with_muted=bool(asked.muted)))
    if isinstance(query, NoSuchName):
        return list_messages.unknown_name(
            query.field, query.typed, await _other_searches(conversation, typed, query), conversation.voice
        )
    if not query.terms and not query.narrowed:
        return list_messages.no_search_words(conversation.voice)
    query = replace(
        query,
        newest=asked.newest or None,
        languages=languages,
        elsewhere=bool(asked.elsewhere),
        grouped=conversation.chat.reading.grouped,
    )
    voice, correction = conversation.voice, None
    if asked.skip:
        hits = await run_search(storage, query, limit=asked.size, skip=asked.skip)
    else:
        hits, correction = await search_with_correction(storage, typed, query, limit=asked.size)
    heading = _heading(typed, words, voice)
    if query.elsewhere:
        heading = voice.say('Results for "{words}" in other languages', words=list_messages.quote_typed(words))
    if correction is not None:
        corrected = replace(asked, search=await remember_query(conversation, correction.words))
        if not correction.shown:
            return list_messages.nothing_found(words, asked, voice, meant=(correction.words, corrected))
        asked = corrected
        heading = _corrected_heading(words, correction, voice)
    elif hits.counted is not None:
        heading = f"{heading} ({list_messages.counted(hits.counted, hits.articles, voice)})"
    if not hits.headlines:
        others = await _in_other_languages(storage, typed, query)
        return list_messages.nothing_found(words, asked, voice, elsewhere=others, hidden=hits.hidden)
    await remember_list(conversation, [headline.id for headline in hits.headlines], first=asked.first)
    return list_messages.headline_list(
        hits.headlines,
        replace(asked, newest=hits.newest),
        conversation.voice,
        conversation.context.now(),
        heading=heading,
        older=hits.more,
        newer=asked.skip > 0,
        elsewhere=NO_OTHER_LANGUAGES if asked.skip else hits.elsewhere,
        hidden=0 if asked.skip else hits.hidden,
        matches=await _matches(conversation, hits.headlines, correction.terms if correction else query.terms),
    )


async def _matches(conversation: Conversation, shown: Sequence[Headline], terms: Sequence[Term]) -> dict[int, Match]:
    """Returns, by article id, where the shown articles have the words of the query."""
    articles = conversation.context.storage.articles
    found = [await articles.get(one.id, chat_row=conversation.chat.id) for one in shown]
    texts = {one.id: one.text for one in found if one is not None}
    # In a thread: a long text takes some thirty milliseconds.
    return await asyncio.to_thread(lambda: {number: _match(text, terms) for number, text in texts.items()})


def _match(text: Text, terms: Sequence[Term]) -> Match:
    """Returns where an article has the words: in its headline, and in its text or else in its captions."""
    language, title = text.language, text.title
    found = excerpt(f"{text.lead} {text.body}", language, terms, known=title)
    if found is None:
        found = excerpt(caption_text(text.document, text.body), language, terms, known=title)
    return Match(marked(title, language, terms), found)


def _heading(typed: Typed, words: str, voice: Voice) -> str:
    """Returns the heading of the results (HTML). It is the name of a source if all its articles are asked for."""
    if typed.sources and not (typed.terms or typed.without or typed.categories):
        return escape(voice.align(voice.embed(voice.join_names(list(typed.sources)))))
    return voice.say('Results for "{words}"', words=list_messages.quote_typed(words))


def _corrected_heading(words: str, correction: Correction, voice: Voice) -> str:
    if correction.is_unquoted:
        return voice.say(
            'No exact match for "{words}". Showing results for the words without the quotes.',
            words=list_messages.quote_typed(words),
        )
    return voice.say(
        'No results for "{words}". Showing results for "{meant}".',
        words=list_messages.quote_typed(words),
        meant=list_messages.quote_typed(correction.words),
    )


async def _in_other_languages(storage: Storage, typed: Typed, query: Query) -> int:
    """Returns the number of hits in languages that the chat does not read."""
    if not query.languages or query.elsewhere:
        return 0
    hits, _ = await search_with_correction(storage, typed, replace(query, elsewhere=True), limit=1)
    return hits.found


async def remember_query(conversation: Conversation, words: str) -> int:
    """Store a query. Returns its id, which fits into a button."""
    words = " ".join(words.split())
    if len(words) > LONGEST_QUERY:
        words = words[: LONGEST_QUERY + 1].rpartition(" ")[0] or words[:LONGEST_QUERY]
    now = conversation.context.now()
    return await conversation.context.storage.lists.save_search(conversation.chat.id, words, now=now)


# Categories and sources by their names


async def resolve_names(storage: Storage, typed: Typed, viewer: Viewer | None) -> tuple[Typed, Query | NoSuchName]:
    """Returns the query with the ids of its categories and the names of its sources, or the first unknown name.

    A label with a space behind its colon may be part of a headline. If the name is unknown, the label is then a word,
    except that in a short query a similar name is offered. The typed text that is returned has no such label.
    """
    query = await _resolved(storage, typed, viewer)
    while isinstance(query, NoSuchName) and (typed.is_headline or not query.near):
        words = typed.without_label(query.field, query.typed)
        if words is None:
            break
        typed = understood(words)
        query = await _resolved(storage, typed, viewer)
    if isinstance(query, NoSuchName):
        return typed, query
    terms, without = await _with_clitics(storage, typed.terms), await _with_clitics(storage, typed.without)
    return replace(typed, terms=terms, without=without), replace(query, terms=terms, without=without)


async def _with_clitics(storage: Storage, terms: tuple[Term, ...]) -> tuple[Term, ...]:
    """Returns the terms, each short Arabic word also with the clitics that texts put before it."""
    asked = {
        one
        for term in terms
        for word, short in short_words_with_clitic(term).items()
        for one in (word, *short.itself, *short.definite)
    }
    if not asked:
        return terms
    known = await storage.search.known_words(asked)
    return tuple(with_short_clitics(term, known) for term in terms)


async def _resolved(storage: Storage, typed: Typed, viewer: Viewer | None) -> Query | NoSuchName:
    categories: list[int] = []
    if typed.categories:
        known = dict(await storage.categories.names(viewer=viewer))
        for called in typed.categories:
            found = await category_named(storage, called, viewer)
            fitting = [known[one].id for one in matching_names(called, known)] if found is None else [found.id]
            if len(set(fitting)) != 1:
                return NoSuchName(CATEGORY, called, similar_names(called, known))
            categories.append(fitting[0])
    sources: list[str] = []
    if typed.sources:
        names = await storage.search.source_names(viewer=viewer)
        for called in typed.sources:
            fitting_names = matching_names(called, names)
            if len({comparable(one) for one in fitting_names}) != 1:
                return NoSuchName(SOURCE, called, similar_names(called, names))
            sources += fitting_names
    return Query(
        terms=typed.terms,
        without=typed.without,
        categories=tuple(categories),
        sources=tuple(sources),
        viewer=viewer,
    )


async def _other_searches(
    conversation: Conversation, typed: Typed, missing: NoSuchName
) -> list[tuple[str, SearchList]]:
    """Returns the same search with each similar name, as label and action."""
    return [
        (near, SearchList(await remember_query(conversation, typed.with_name(missing.field, missing.typed, near))))
        for near in missing.near
    ]


# Phrases that stand nowhere, and misspelt words


async def search_with_correction(
    storage: Storage, typed: Typed, query: Query, *, limit: int
) -> tuple[Hits, Correction | None]:
    """Returns the first page of hits, and the correction if the query finds nothing that has all of it.

    If no article has the phrases of the query, the hits are for their words. The same holds if the query reads as a
    headline, and no article has its phrases and all of its other words: a newsroom puts quotes around what it cites,
    and the text may say it in another form. Muted articles and articles in other languages count as well.

    If a word is misspelt, the hits are for the corrected query if they contain all of its words. Otherwise the
    correction is only to be offered.
    """
    hits = await run_search(storage, query, limit=limit)
    if hits.whole or not query.terms:
        return hits, None
    if _is_too_exact(typed, query, hits):
        words = understood(typed.without_quotes())
        loose = replace(query, terms=words.terms)
        found, correction = await _with_spelling(
            storage, words, loose, await run_search(storage, loose, limit=limit), limit=limit
        )
        if found.headlines or correction:
            return found, correction or Correction(words.text, words.terms, shown=True, is_unquoted=True)
    return await _with_spelling(storage, typed, query, hits, limit=limit)


def _is_too_exact(typed: Typed, query: Query, hits: Hits) -> bool:
    """Returns whether to search for the words of phrases instead of the phrases."""
    has_phrase = any(term.written for term in query.terms)
    exists = bool(hits.hidden or hits.elsewhere.articles)
    return has_phrase and not exists and (not hits.headlines or typed.is_headline)


async def _with_spelling(
    storage: Storage, typed: Typed, query: Query, hits: Hits, *, limit: int
) -> tuple[Hits, Correction | None]:
    """Returns the hits of a query, or those of its correction if a word is misspelt."""
    if hits.whole:
        return hits, None
    meant = typed.with_words(await _corrected_words(storage, query.terms))
    if meant == typed.text:
        return hits, None
    terms = understood(meant).terms
    found = await run_search(storage, replace(query, terms=terms), limit=limit)
    if found.whole:
        return found, Correction(meant, terms, shown=True)
    return hits, Correction(meant, terms, shown=False) if found.headlines and not hits.headlines else None


async def _corrected_words(storage: Storage, terms: Sequence[Term]) -> dict[str, str]:
    """Returns a replacement for each unknown word that has a neighbour: the most common one."""
    counted = zip(terms, await storage.search.document_frequencies(terms), strict=True)
    unknown = [term.word for term, articles in counted if not articles and not term.written]
    meant: dict[str, str] = {}
    for word in unknown:
        near = await _neighbours(storage, word) if did_you_mean.may_be_misspelt(word) else []
        spread = await storage.search.document_frequencies(
            [term for other in near for term in understood(other).terms]
        )
        if any(spread):
            meant[word] = max(zip(spread, near, strict=True))[1]
    return meant


NEIGHBOURS: Final = 12  # of a word, whose frequencies are compared


async def _neighbours(storage: Storage, word: str) -> list[str]:
    near = await storage.search.known_words(did_you_mean.one_error(word))
    if not near and len(word) >= did_you_mean.FOR_TWO_ERRORS:
        beginning = await storage.search.words_with_prefix(word[: did_you_mean.LETTERS_TRUSTED])
        near = set(await asyncio.to_thread(lambda: list(did_you_mean.two_errors(word, beginning))))
    return sorted(near - all_function_words())[:NEIGHBOURS]
