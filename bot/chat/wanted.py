"""Understands what a person wants to follow or mute: an address, a name, or else words."""

from datetime import timedelta
from typing import Final

from bot.chat.addresses import ADDRESS, offer_to_add, source_at
from bot.chat.conversation import Conversation
from bot.chat.names import category_named
from bot.chat.searching import LONGEST_QUERY, NoSuchName, remember_query, resolve_names
from bot.messages import following as following_messages
from bot.messages import lists as list_messages
from bot.messages.actions import RunTyped
from bot.messages.message import Message
from bot.text.arabic import normalize, normalized_words
from bot.text.followed_words import words_subject
from bot.text.fuzzy_names import comparable, meant_name
from bot.text.search import CATEGORY, MOST_WORDS, Typed, understood
from storage.errors import NotFound
from storage.records import CategoryName, Chat, Subject, SubjectKind, SubjectName, Viewer

AUTHOR_KNOWN_FOR: Final = timedelta(days=30)  # after the last article
_BEGINNING: Final = 2  # letters of an author's name that must be right
_AUTHORS: Final = 500  # that begin so and are compared
_OF_STORY: Final = 10  # newest articles of a story that are looked at
_SIGNS: Final = frozenset('"“”„‟«»‹›＂:：-–—−')  # with one of these, words are a query and no name


async def understand(conversation: Conversation, typed: str, command: str) -> SubjectName | Message:
    """Returns the subject that a typed text means, or the answer to a text that means none.

    `command` is the one that is offered with a corrected text.
    """
    storage, voice = conversation.context.storage, conversation.voice
    if ADDRESS.fullmatch(typed):
        source = await source_at(storage, typed)
        if source is not None and await may_choose(conversation, conversation.chat, source_subject(source.id)):
            return source_subject(source.id)
        return await offer_to_add(conversation, typed)
    if len(typed) > LONGEST_QUERY or len(normalized_words(typed)) > MOST_WORDS:
        return following_messages.too_many_words(MOST_WORDS, voice)
    if not _SIGNS & set(typed) and (named := await _named(conversation, typed)) is not None:
        return named
    query, known = await resolve_names(storage, understood(typed), conversation.viewer())
    if isinstance(known, NoSuchName):
        return await _unknown_name(conversation, query, known, command)
    if not (query.terms or query.without) and len(known.categories) + len(query.sources) == 1:
        return await _only_name(conversation, query, known.categories)
    if not query.terms:
        return following_messages.no_words(voice)
    filed = [await storage.categories.get(number) for number in known.categories]
    subject = words_subject(
        query,
        categories=[CategoryName(one.name, normalize(one.name)) for one in filed if one is not None],
        sources=known.sources,
    )
    return subject or following_messages.too_common(typed, voice)


def source_subject(source: int) -> SubjectName:
    return SubjectName(kind=SubjectKind.SOURCE, ref=source)


async def may_choose(conversation: Conversation, chat: Chat, named: SubjectName) -> bool:
    """Returns whether a chat may know of a subject: a private source is known to those who follow it alone.

    A story is known to a chat that may see one of its articles.

    Buttons are checked as well, because a person can send what no button held.
    """
    storage, viewer = conversation.context.storage, Viewer(chat_row=chat.id, at=conversation.context.now())
    if named.ref is not None and named.kind is SubjectKind.SOURCE:
        source = await storage.sources.get(named.ref)
        if source is None or not source.private:
            return source is not None
        return source.id in {one.id for one in await storage.sources.of_chat(chat.id)}
    if named.ref is not None and named.kind is SubjectKind.CATEGORY:
        return await storage.categories.get(named.ref, viewer=viewer) is not None
    if named.ref is not None and named.kind is SubjectKind.STORY:
        told = await storage.stories.headlines(named.ref)
        return any([await storage.articles.get(one.id, chat_row=chat.id) for one in told[:_OF_STORY]])
    return True


async def _named(conversation: Conversation, typed: str) -> SubjectName | None:
    """Returns the category, the source or the author with this name, or None."""
    storage, viewer = conversation.context.storage, conversation.viewer()
    category = await category_named(storage, typed, viewer)
    if category is not None:
        return SubjectName(kind=SubjectKind.CATEGORY, ref=category.id)
    called = comparable(typed)
    for number, title in await storage.sources.names(viewer=viewer):
        if called and comparable(title) == called:
            return source_subject(number)
    author = await storage.follows.find(SubjectName(kind=SubjectKind.AUTHOR, key=normalize(typed)))
    return author.as_name if author is not None and await _is_known(conversation, author) else None


async def _is_known(conversation: Conversation, author: Subject) -> bool:
    """Returns whether the chat may know an author: not one whom only private sources of others name."""
    since = conversation.context.now() - AUTHOR_KNOWN_FOR
    seen, _ = await conversation.context.storage.follows.recent(
        author.id, chat_row=conversation.chat.id, since=since, limit=1
    )
    return bool(seen)


async def misspelt(conversation: Conversation, typed: str) -> Subject | None:
    """Returns the category, the source or the author whose name was misspelt, or None."""
    if _SIGNS & set(typed):
        return None
    follows = conversation.context.storage.follows
    named = await _near_named(conversation, typed)
    if named is not None:
        try:
            return await follows.ensure_subject(named)
        except NotFound:  # it was removed meanwhile
            return None
    authors = await follows.authors_beginning(normalize(typed)[:_BEGINNING], limit=_AUTHORS)
    by_name = {one.name: one for one in authors if one.name}
    meant = meant_name(typed, by_name)
    return by_name[meant] if meant is not None and await _is_known(conversation, by_name[meant]) else None


async def _near_named(conversation: Conversation, typed: str) -> SubjectName | None:
    """Returns the category or the source whose name was misspelt, or None."""
    storage, viewer = conversation.context.storage, conversation.viewer()
    categories = dict(await storage.categories.names(viewer=viewer))
    category = meant_name(typed, categories)
    if category is not None:
        return SubjectName(kind=SubjectKind.CATEGORY, ref=categories[category].id)
    sources = {title: number for number, title in await storage.sources.names(viewer=viewer)}
    source = meant_name(typed, sources)
    return source_subject(sources[source]) if source is not None else None


async def _only_name(conversation: Conversation, query: Typed, categories: tuple[int, ...]) -> SubjectName | Message:
    """Returns the category or source, if a query names one and has no words: category:Sport."""
    if categories:
        return SubjectName(kind=SubjectKind.CATEGORY, ref=categories[0])
    named = await _named(conversation, query.sources[0])
    is_source = named is not None and named.kind is SubjectKind.SOURCE
    return named if named is not None and is_source else following_messages.no_words(conversation.voice)


async def _unknown_name(conversation: Conversation, query: Typed, missing: NoSuchName, command: str) -> Message:
    voice, name = conversation.voice, list_messages.quote_typed(missing.typed)
    near = [(other, f"/{command} {query.with_name(missing.field, missing.typed, other)}") for other in missing.near]
    offers = [(other, RunTyped(await remember_query(conversation, text))) for other, text in near]
    text = (
        voice.say('There is no category called "{name}".', name=name)
        if missing.field == CATEGORY
        else voice.say('There is no source called "{name}".', name=name)
    )
    asked = voice.say("Did you mean one of these?") if offers else ""
    return following_messages.unknown_in_query(f"{text} {asked}".strip(), offers)
