"""Sources in the chat: who may add how many, /add, and what follows from it."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from telegram import InlineKeyboardButton

from bot import editing
from bot.channels import channel_in, find_channel
from bot.chat import channel_posts, following, undoing
from bot.chat.addresses import ADDRESS, offer_to_add, source_at
from bot.chat.administration import actor, is_operator, most_private_sources
from bot.chat.conversation import Conversation, require_manager, target_chat
from bot.chat.wanted import may_choose, source_subject
from bot.ingest.discovery import SourcePreview
from bot.ingest.draft import Draft, sorting_time
from bot.locale import Voice
from bot.messages import menu, times
from bot.messages import sources as source_messages
from bot.messages.actions import (
    MAKE_PRIVATE,
    MAKE_PUBLIC,
    AddSource,
    ChangeSource,
    SetReads,
    ShowFollow,
    ShowSource,
    UndoSource,
)
from bot.messages.buttons import button
from bot.messages.following import COUNTED
from bot.messages.message import Message, isolated_name
from storage.records import AuditAction, Chat, ChatKind, NewSource, Source, SourceProblem

NEWEST: Final = 3  # articles of a source that are shown
CATEGORIES: Final = 3  # of a source that are named
LONGEST_ADDRESS: Final = 2_000  # characters
# A host alone may be added as well, since nobody sends /add with words: /add news.example
_HOST: Final = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}(?::\d{1,5})?(?:[/?#]\S*)?")
_CODE: Final = re.compile("[a-z]{2,3}")  # of a language, ISO 639
_CHANNEL: Final = re.compile(
    r"@\w+|(?:https?://)?(?:[\w-]+\.)?(?:t\.me|telegram\.me|telegram\.dog)(?:[/?#:]\S*)?", re.IGNORECASE
)


def adds_public(conversation: Conversation) -> bool:
    """Returns whether what the person adds here is public: for an administrator of the bot, in the private chat."""
    return is_operator(conversation) and conversation.chat.kind is ChatKind.PRIVATE


async def sources_left(conversation: Conversation, chat: Chat) -> int | None:
    """Returns how many more private sources a person may add for a chat, or None if there is no limit.

    The sources that a chat added and left are deleted a day later. It may leave as many as it may have: so a chat
    that changes its mind is not kept waiting, and one that goes on and on does not fill the database.
    """
    most = most_private_sources(conversation)
    if most is None:
        return None
    added = await conversation.context.storage.sources.count_added(chat.id)
    return max(0, most - added.kept - max(0, added.left - most))


# Commands


async def answer_address(conversation: Conversation, address: str) -> None:
    """Answer an address without a command: with the card of the source that has it, or with the offer to add it."""
    chat, voice = conversation.chat, conversation.voice
    known = await _known_at(conversation, chat, address)
    is_channel = channel_in(address) is not None and adds_public(conversation)
    refusal = None if is_channel else _understood(address, voice)
    if known is not None:
        subject = await conversation.context.storage.follows.ensure_subject(source_subject(known.id))
        answer = await following.card_screen(conversation, chat, ShowFollow(subject.id))
    elif refusal is not None:
        answer = refusal
    elif await _has_room(conversation, chat):
        answer = await offer_to_add(conversation, address)
    elif most := conversation.context.config.reader_sources:
        answer = Message(source_messages.quota_reached(most, voice))
    else:
        answer = menu.cannot_add(voice)
    await conversation.answer(answer)


async def answer_forwarded_post(conversation: Conversation, channel: int) -> None:
    """Answer a post that a person forwarded from a channel: for an administrator, the channel becomes a source."""
    if adds_public(conversation):
        await conversation.answer(await _add_channel(conversation, conversation.chat, channel))
    else:
        await conversation.answer(source_messages.telegram_channel(conversation.voice))


async def add(conversation: Conversation, words: str) -> None:
    """/add URL: add a source, and let this chat follow it."""
    if await require_manager(conversation):
        await add_for(conversation, conversation.chat, words.strip())


async def follow(conversation: Conversation, words: str) -> None:
    """/follow WHAT. An unknown address is added as a source first."""
    typed = words.strip()
    if ADDRESS.fullmatch(typed) and await _known_at(conversation, conversation.chat, typed) is None:
        await add(conversation, typed)
    else:
        await following.follow(conversation, typed)


async def follow_for(conversation: Conversation, typed: str, target: int) -> None:
    """Let a chat follow what a person typed as the answer to a question.

    An unknown address is added as a source first.
    """
    if not ADDRESS.fullmatch(typed):
        await following.follow_for(conversation, typed, target)
    elif (chat := await target_chat(conversation, target)) is not None:
        await add_for(conversation, chat, typed)


async def add_for(conversation: Conversation, chat: Chat, typed: str) -> None:
    """Add what is at a typed address, and let a chat follow it. Whether the person may do so has been checked."""
    voice = conversation.voice
    if (channel := channel_in(typed)) is not None and adds_public(conversation) and chat.id == conversation.chat.id:
        await conversation.show(await _add_channel(conversation, chat, channel))
        return
    refusal = _understood(typed, voice)
    if refusal is not None:
        await conversation.show(refusal)
        return
    if (known := await _known_at(conversation, chat, typed)) is not None:
        await conversation.show(await _follow_known(conversation, chat, known))
    elif not await _has_room(conversation, chat):
        most = conversation.context.config.reader_sources
        await conversation.show(Message(source_messages.quota_reached(most, voice)))
    else:
        await _read(conversation, chat, typed)


async def add_chosen(conversation: Conversation, asked: AddSource) -> None:
    """Add the feed that was chosen from those of a page."""
    chat = await target_chat(conversation, asked.target)
    if chat is None:
        return
    await conversation.answer_query()
    typed = await conversation.context.storage.lists.search_words(asked.words, chat_row=conversation.chat.id)
    if typed is None or _understood(typed, conversation.voice) is not None:
        await conversation.replace(menu.expired(conversation.voice))
    else:
        await add_for(conversation, chat, typed)


def _understood(typed: str, voice: Voice) -> Message | None:
    """Returns None if this is an address to read, or else the answer."""
    if not typed:
        return source_messages.which_source(voice)
    if _CHANNEL.fullmatch(typed):
        return source_messages.telegram_channel(voice)
    if len(typed) > LONGEST_ADDRESS or not (ADDRESS.fullmatch(typed) or _HOST.fullmatch(typed)):
        return source_messages.not_an_address(typed, voice)
    return None


async def _has_room(conversation: Conversation, chat: Chat) -> bool:
    left = await sources_left(conversation, chat)
    return left is None or left > 0


async def _known_at(conversation: Conversation, chat: Chat, address: str) -> Source | None:
    """Returns the source with that address, if the chat may know of it."""
    found = await source_at(conversation.context.storage, address)
    return found if found is not None and await _may_know(conversation, chat, found) else None


async def _may_know(conversation: Conversation, chat: Chat, source: Source) -> bool:
    return await may_choose(conversation, chat, source_subject(source.id))


# Reading an address


async def _read(conversation: Conversation, chat: Chat, address: str) -> None:
    """Say that an address is being read, read it, and put the result in the place of that message.

    In a group, other people are answered meanwhile.
    """
    waiting = await conversation.announce(source_messages.reading(address, conversation.voice))
    if conversation.chat.kind is ChatKind.GROUP:
        conversation.replies.let_others_in()
    found = await conversation.context.finder.find(address)
    if isinstance(found, SourceProblem):
        await waiting.replace(source_messages.not_found(found, address, conversation.voice))
    elif len(found) > 1:
        await waiting.replace(await _choice(conversation, chat, address, found))
    else:
        await waiting.replace(await _add_found(conversation, chat, found[0]))


async def _choice(conversation: Conversation, chat: Chat, address: str, feeds: Sequence[SourcePreview]) -> Message:
    """Returns the question which feed of a page is meant. Feeds with one title are named by their addresses."""
    titles = Counter(one.title for one in feeds)
    lists, now = conversation.context.storage.lists, conversation.context.now()
    named: list[tuple[str, AddSource]] = []
    for one in feeds:
        name = one.title if one.title and titles[one.title] == 1 else source_messages.source_host(one.url)
        words = await lists.save_search(conversation.chat.id, one.url, now=now)
        named.append((name, AddSource(words, _target(conversation, chat))))
    return source_messages.choose_feed(address, named, conversation.voice)


async def _add_found(conversation: Conversation, chat: Chat, found: SourcePreview) -> Message:
    """Add the source that was found, and return the answer. A public source that is known is followed."""
    storage, now = conversation.context.storage, conversation.context.now()
    known = await storage.sources.find(found.url)
    if known is not None and await _may_know(conversation, chat, known):
        return await _follow_known(conversation, chat, known)
    pages = True if found.titles_only else None  # the texts are on the pages of the articles
    async with undoing.undoable(conversation, chat) as step:
        if adds_public(conversation) and chat.id == conversation.chat.id:
            source, is_new = await storage.sources.add(
                found.url, found.kind, title=found.title, full_text=pages, now=now
            )
            action = AuditAction.SOURCE_ADD if is_new else AuditAction.SOURCE_EDIT
            await editing.note_source(storage, action, source, by=actor(conversation), now=now)
        else:
            new = NewSource(url=found.url, kind=found.kind, title=found.title, full_text=pages)
            source, is_new = await storage.sources.add_private(new, chat_row=chat.id, now=now)
        refusal = await _follow(conversation, chat, source)
    if refusal is not None:
        return Message(refusal)
    contents = _contents(conversation, chat, found)
    created = is_new and not source.private
    rows = [
        _language_button(conversation, chat, contents),
        _visibility_button(conversation, chat, source),
        [
            *_undo_button(conversation, chat, step, source, created=created),
            _screen_button(conversation, chat, source),
        ],
    ]
    stopped = (await storage.chats.subscription(chat.id)).stopped
    about = _about(conversation, chat)
    return source_messages.added(source, contents, conversation.voice, about=about, stopped=stopped, rows=rows)


async def _add_channel(conversation: Conversation, chat: Chat, wanted: int | str) -> Message:
    """Add a channel of Telegram, whose posts become articles for everyone."""
    voice, context = conversation.voice, conversation.context
    channel = await find_channel(conversation.bot, wanted)
    if channel is None:
        return source_messages.no_such_channel(str(wanted), voice)
    found = channel.preview()
    answer = await _add_found(conversation, chat, found)
    source = await context.storage.sources.find(found.url)
    if source is None:
        return answer
    await channel_posts.mute_own_news(source, context)
    if channel.is_administrator:
        return answer
    await channel_posts.note_membership(channel.chat_id, context, reads=False, tell=False)
    return source_messages.with_missing_rights(answer, voice)


async def _follow_known(conversation: Conversation, chat: Chat, source: Source) -> Message:
    """Let a chat follow a source that is read already, and return the answer."""
    storage, voice, now = conversation.context.storage, conversation.voice, conversation.context.now()
    async with undoing.undoable(conversation, chat) as step:
        refusal = await _follow(conversation, chat, source)
    if refusal is not None:
        return Message(refusal)
    subject = await storage.follows.ensure_subject(source_subject(source.id))
    _, newest = await storage.follows.recent(subject.id, chat_row=chat.id, since=now - COUNTED, limit=NEWEST)
    stopped = (await storage.chats.subscription(chat.id)).stopped
    return source_messages.followed(
        source,
        [(one.title, times.age(one.published_at, one.published_on, now, voice)) for one in newest],
        voice,
        about=_about(conversation, chat),
        new=step.number is not None,
        stopped=stopped,
        rows=[
            [
                *_undo_button(conversation, chat, step, source, created=False),
                _screen_button(conversation, chat, source),
            ]
        ],
    )


async def _follow(conversation: Conversation, chat: Chat, source: Source) -> str | None:
    """Let a chat follow a source. Returns None, or why that is not possible (HTML).

    The source may be private, and the chat may not know of it yet: its address was typed. Whether the chat has room
    for it is decided in the database, since two people may add sources for one chat at once.
    """
    storage, now = conversation.context.storage, conversation.context.now()
    subject = await storage.follows.ensure_subject(source_subject(source.id))
    known = await following.follow_of(conversation, chat, subject, now)
    if known is not None and not known.muted:
        return None
    if (refusal := await following.no_room(conversation, chat, subject)) is not None:
        return refusal
    most = most_private_sources(conversation)
    if await storage.follows.follow(chat.id, subject.id, most_private=most, now=now):
        conversation.context.wake()
        return None
    return source_messages.quota_reached(most or 0, conversation.voice)


def _contents(conversation: Conversation, chat: Chat, found: SourcePreview) -> source_messages.Contents:
    voice, now = conversation.voice, conversation.context.now()
    categories = Counter(draft.category for draft in found.drafts if draft.category)
    codes = Counter((draft.language or "").partition("-")[0].lower() for draft in found.drafts)
    language = next((one for one, _ in codes.most_common(1) if _CODE.fullmatch(one)), None)
    reads = chat.reading.languages
    newest = sorted(found.drafts, key=lambda one: _time(one, voice, now), reverse=True)
    return source_messages.Contents(
        categories=tuple(name for name, _ in categories.most_common(CATEGORIES)),
        newest=tuple((draft.title, _age(draft, voice, now)) for draft in newest[:NEWEST]),
        unread_language=language if reads and language not in reads else None,
    )


def _time(draft: Draft, voice: Voice, now: datetime) -> datetime:
    return sorting_time(draft.published, voice.timezone, now)


def _age(draft: Draft, voice: Voice, now: datetime) -> str:
    """Returns the age of an article that is not stored (HTML), or "" if it has no date."""
    if draft.published is None:
        return ""
    day = None if isinstance(draft.published, datetime) else draft.published
    return times.age(_time(draft, voice, now), day, now, voice)


def _target(conversation: Conversation, chat: Chat) -> int:
    return 0 if chat.id == conversation.chat.id else chat.id


def _about(conversation: Conversation, chat: Chat) -> str:
    """Returns the name of the chat that a source is added for, if that is another one (HTML)."""
    return f"<b>{isolated_name(chat.title or str(chat.chat_id))}</b>" if _target(conversation, chat) else ""


# Buttons


def _undo_button(
    conversation: Conversation, chat: Chat, step: undoing.Step, source: Source, *, created: bool
) -> list[InlineKeyboardButton]:
    if step.number is None:
        return []
    action = UndoSource(step.number, source.id, int(created), _target(conversation, chat))
    return [button(conversation.voice.say("↩ Undo"), action)]


def _screen_button(conversation: Conversation, chat: Chat, source: Source) -> InlineKeyboardButton:
    return button(conversation.voice.say("⚙️ This source"), ShowSource(source.id, 1, _target(conversation, chat)))


def _visibility_button(conversation: Conversation, chat: Chat, source: Source) -> list[InlineKeyboardButton]:
    """Returns the button with which an administrator of the bot makes a source private or public."""
    if not adds_public(conversation):
        return []
    voice = conversation.voice
    label, what = (
        (voice.say("🌍 Make public"), MAKE_PUBLIC) if source.private else (voice.say("🔒 Make private"), MAKE_PRIVATE)
    )
    return [button(label, ChangeSource(source.id, what, 1, _target(conversation, chat)))]


def _language_button(
    conversation: Conversation, chat: Chat, contents: source_messages.Contents
) -> list[InlineKeyboardButton]:
    """Returns the button that adds the language of a source to those that the chat reads."""
    language, voice = contents.unread_language, conversation.voice
    if language is None:
        return []
    label = voice.say("👓 Read {language} too", language=voice.language_name(language))
    return [button(label, SetReads(language, 1, _target(conversation, chat)))]
