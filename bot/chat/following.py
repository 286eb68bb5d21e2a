"""Follows and mutes: the commands, the card of one subject, and the list of all."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from telegram import InlineKeyboardButton

from bot.chat import undoing
from bot.chat.conversation import Conversation, require_manager, target_chat
from bot.chat.names import is_all_news
from bot.chat.questions import Question, question_link
from bot.chat.references import remember_list
from bot.chat.searching import remember_query
from bot.chat.wanted import may_choose, misspelt, understand
from bot.messages import following as following_messages
from bot.messages.actions import (
    AskToFollow,
    EndFollow,
    FollowMeant,
    RunTyped,
    Screen,
    SetFollow,
    SetLeastSources,
    ShowFollow,
    SwapTitles,
)
from bot.messages.following import COUNTED
from bot.messages.message import Message, isolated_name
from bot.text.followed_words import words_subject
from bot.text.fuzzy_names import comparable
from bot.text.search import phrase_form, understood
from bot.text.times import split_time
from storage.errors import NotFound
from storage.records import Chat, ChatKind, Follow, Subject, SubjectKind, SubjectName

NEWEST: Final = 3  # articles of a subject that are shown
LONGEST_DAYS: Final = 366  # of a mute that ends


async def follow(conversation: Conversation, words: str) -> None:
    """/follow WHAT."""
    if await require_manager(conversation):
        await _choose(conversation, words.strip(), command="follow")


async def mute(conversation: Conversation, words: str) -> None:
    """/mute WHAT [1d|7d|30d]."""
    if await require_manager(conversation):
        what, days = split_days(words.strip())
        await _choose(conversation, what if days != 0 else "", command="mute", days=days or 0)


async def unfollow(conversation: Conversation, words: str) -> None:
    """/unfollow WHAT: end a follow or a mute. Without WHAT, show all."""
    if not await require_manager(conversation):
        return
    typed = words.strip()
    if not typed:
        await conversation.answer(await following_screen(conversation, Screen("following")))
        return
    follows = await conversation.context.storage.follows.of_chat(conversation.chat.id, now=conversation.context.now())
    found = await _meant(conversation, typed, follows)
    if found is None and is_all_news(typed):
        await conversation.answer(await _about_all_news(conversation, muting=True))
        return
    if found is None:
        await conversation.answer(following_messages.not_followed(typed, conversation.voice))
        return
    async with undoing.undoable(conversation, conversation.chat) as step:
        await _unfollow(conversation, conversation.chat, found)
    await conversation.answer(await _card(conversation, conversation.chat, found, ShowFollow(found.id), step))


async def following(conversation: Conversation, words: str) -> None:
    """/following: all that the chat follows and mutes."""
    if await require_manager(conversation):
        await conversation.answer(await following_screen(conversation, Screen("following")))


def split_days(typed: str) -> tuple[str, int | None]:
    """Returns what is to be muted, and for how many days, or None if that is not said. Hours are rounded up."""
    what, time = split_time(typed)
    return what, None if time is None else min(LONGEST_DAYS, -(-time // timedelta(days=1)))


async def _choose(conversation: Conversation, typed: str, *, command: str, days: int = 0) -> None:
    voice, muting = conversation.voice, command == "mute"
    if not typed:
        await conversation.answer(following_messages.what_to_follow(voice, muting=muting))
        return
    if is_all_news(typed):
        await conversation.answer(await _about_all_news(conversation, muting=muting))
        return
    named = await understand(conversation, typed, command)
    if isinstance(named, Message):
        await conversation.answer(named)
        return
    await choose_named(conversation, named, typed=typed, muted=muting, days=days)


async def choose_named(
    conversation: Conversation, named: SubjectName, *, typed: str = "", muted: bool = False, days: int = 0
) -> None:
    """Let the chat follow or mute a subject, and answer with its card and the button that undoes it.

    `typed` are the words that were understood as words, and may be a misspelt name.
    """
    async with undoing.undoable(conversation, conversation.chat) as step:
        subject = await choose(conversation, conversation.chat, named, muted=muted, days=days)
    if isinstance(subject, str):
        await conversation.answer(Message(subject))
    else:
        asked = ShowFollow(subject.id)
        meant = await _meant_instead(conversation, typed, subject, asked, muted=muted, days=days)
        await conversation.answer(await _card(conversation, conversation.chat, subject, asked, step, meant))


async def _meant_instead(
    conversation: Conversation, typed: str, subject: Subject, asked: ShowFollow, *, muted: bool = False, days: int = 0
) -> tuple[Subject, FollowMeant] | None:
    """Returns the subject whose name was misspelt and so taken for words, with the action that puts it right."""
    meant = await misspelt(conversation, typed) if subject.kind is SubjectKind.WORDS else None
    if meant is None:
        return None
    return meant, FollowMeant(meant.id, subject.id, int(muted), days, asked.page, asked.target)


async def _about_all_news(conversation: Conversation, *, muting: bool) -> Message:
    """Returns which command is about all news: no subject stands for everything."""
    meant = "/stop" if muting else "/subscribe all"
    offer = RunTyped(await remember_query(conversation, meant))
    return following_messages.about_all_news(meant, offer, conversation.voice, muting=muting)


async def ask_what(conversation: Conversation, asked: AskToFollow) -> None:
    """Ask in a private chat what a chat should follow: a channel can't type."""
    chat = await target_chat(conversation, asked.target)
    if chat is None:
        return
    await conversation.answer_query()
    link = question_link(conversation.bot, Question("about", chat.id))
    await conversation.answer(following_messages.ask_what(chat, link, conversation.voice))


async def follow_for(conversation: Conversation, typed: str, target: int) -> None:
    """Let the chat follow what a person typed as the answer to `ask_what`."""
    chat = await target_chat(conversation, target)
    if chat is None:
        return
    # Names of private sources are those that the other chat may know.
    there = replace(conversation, chat=chat)
    named = await understand(there, typed, "follow")
    if isinstance(named, Message):  # its buttons would run a command in this chat
        await conversation.answer(replace(named, buttons=None))
        return
    async with undoing.undoable(conversation, chat) as step:
        subject = await choose(conversation, chat, named, muted=False)
    if isinstance(subject, str):
        await conversation.answer(Message(subject))
        return
    asked = ShowFollow(subject.id, 1, 0 if chat.id == conversation.chat.id else chat.id)
    meant = await _meant_instead(there, typed, subject, asked)
    shown = await _card(conversation, chat, subject, asked, step, meant)
    about = f"<b>{isolated_name(chat.title or str(chat.chat_id))}</b>\n\n" if asked.target else ""
    await conversation.answer(replace(shown, html=f"{about}{shown.html}"))


async def _meant(conversation: Conversation, typed: str, follows: Sequence[Follow]) -> Subject | None:
    """Returns what the chat follows or mutes by this name, or by these words."""
    called = comparable(typed)
    for one in follows:
        if called and comparable(one.subject.name or "") == called:
            return one.subject
    named = await understand(conversation, typed, "unfollow")
    if isinstance(named, Message):
        return None
    same = (
        one.subject
        for one in follows
        if one.subject.kind is named.kind and (one.subject.ref, one.subject.key) == (named.ref, named.key)
    )
    return next(same, None)


async def choose(
    conversation: Conversation, chat: Chat, named: SubjectName, *, muted: bool, days: int = 0, least: int = 1
) -> Subject | str:
    """Let a chat follow or mute a subject. Returns the subject, or why that is not possible (HTML)."""
    storage, voice, now = conversation.context.storage, conversation.voice, conversation.context.now()
    gone = voice.say("This no longer exists. /following shows what you follow.")
    if not await may_choose(conversation, chat, named):
        return gone
    refusal = await no_room(conversation, chat, await storage.follows.find(named))
    if refusal is not None:
        return refusal
    try:
        subject = await storage.follows.ensure_subject(named, phrase_form=phrase_form)
    except NotFound:
        return gone
    until = now + timedelta(days=min(days, LONGEST_DAYS)) if days > 0 else None
    if muted:
        await storage.follows.mute(chat.id, subject.id, until=until, now=now)
    else:
        await storage.follows.follow(chat.id, subject.id, least_sources=max(1, least), until=until, now=now)
    conversation.context.wake()
    return subject


async def no_room(conversation: Conversation, chat: Chat, known: Subject | None) -> str | None:
    """Returns why a chat can't follow or mute one more subject (HTML), or None if it can.

    `known` is the subject, if it is stored. A subject that the chat follows or mutes already needs no room.
    """
    follows = await conversation.context.storage.follows.of_chat(chat.id, now=conversation.context.now())
    most = conversation.context.config.reader_follows
    if len(follows) >= most and (known is None or known.id not in {one.subject.id for one in follows}):
        return following_messages.quota_reached(most, conversation.voice)
    return None


async def _unfollow(conversation: Conversation, chat: Chat, subject: Subject) -> None:
    await conversation.context.storage.follows.unfollow(chat.id, subject.id, now=conversation.context.now())


# Screens


async def following_screen(conversation: Conversation, asked: Screen, chat: Chat | None = None) -> Message:
    storage = conversation.context.storage
    shown = chat or conversation.chat
    return following_messages.following_list(
        await storage.follows.of_chat(shown.id, now=conversation.context.now()),
        await storage.chats.subscription(shown.id),
        conversation.voice,
        page=max(0, asked.page),
        target=chat if asked.target else None,
        adding=AskToFollow(shown.id) if conversation.chat.kind is ChatKind.PRIVATE else None,
    )


async def card_screen(conversation: Conversation, chat: Chat, asked: ShowFollow) -> Message:
    """Returns the card of a subject, or what replaces it if there is no such subject any more."""
    subject = await conversation.context.storage.follows.get(asked.subject)
    if subject is None or not await may_choose(conversation, chat, subject.as_name):
        return following_messages.gone(conversation.voice)
    return await _card(conversation, chat, subject, asked)


async def _card(
    conversation: Conversation,
    chat: Chat,
    subject: Subject,
    asked: ShowFollow,
    step: undoing.Step | None = None,
    meant: tuple[Subject, FollowMeant] | None = None,
) -> Message:
    storage, now = conversation.context.storage, conversation.context.now()
    count, newest = await storage.follows.recent(subject.id, chat_row=chat.id, since=now - COUNTED, limit=NEWEST)
    if newest and chat.id == conversation.chat.id:
        await remember_list(conversation, [one.id for one in newest])
    undo: list[InlineKeyboardButton] = step.back_to(asked) if step is not None else []
    return following_messages.follow_card(
        subject,
        await follow_of(conversation, chat, subject, now),
        (count, newest),
        await storage.chats.subscription(chat.id),
        conversation.voice,
        now,
        asked=asked,
        undo=undo,
        meant=meant,
    )


async def follow_of(conversation: Conversation, chat: Chat, subject: Subject, now: datetime) -> Follow | None:
    """Returns the follow or the mute of a subject, or None."""
    follows = await conversation.context.storage.follows.of_chat(chat.id, now=now)
    return next((one for one in follows if one.subject.id == subject.id), None)


# Buttons


async def show(conversation: Conversation, asked: ShowFollow) -> None:
    chat = await target_chat(conversation, asked.target)
    if chat is not None:
        await conversation.answer_query()
        await conversation.replace(await card_screen(conversation, chat, asked))


async def change(conversation: Conversation, asked: SetFollow | EndFollow | SwapTitles | FollowMeant) -> None:
    """Change the follow of a subject as the button says, and show its card."""
    chat = await target_chat(conversation, asked.target)
    if chat is None:
        return
    storage = conversation.context.storage
    subject = await storage.follows.get(asked.subject)
    if subject is None or not await may_choose(conversation, chat, subject.as_name):
        await conversation.answer_query()
        await conversation.replace(following_messages.gone(conversation.voice))
        return
    changed: Subject | str = subject
    async with undoing.undoable(conversation, chat) as step:
        match asked:
            case SetFollow():
                changed = await choose(
                    conversation,
                    chat,
                    subject.as_name,
                    muted=bool(asked.mutes),
                    days=asked.days,
                    least=asked.least,
                )
            case EndFollow():
                await _unfollow(conversation, chat, subject)
            case SwapTitles():
                changed = await _swap_titles(conversation, chat, subject)
            case FollowMeant():
                changed = await _put_right(conversation, chat, subject, asked)
    if isinstance(changed, str):
        await conversation.answer_query(changed, show_alert=True)
        return
    await conversation.answer_query()
    shown = ShowFollow(changed.id, asked.page, asked.target)
    await conversation.replace(await _card(conversation, chat, changed, shown, step))


async def _swap_titles(conversation: Conversation, chat: Chat, subject: Subject) -> Subject | str:
    """Let the chat follow the same words only in titles instead, or everywhere again."""
    query = subject.query
    before = await follow_of(conversation, chat, subject, conversation.context.now())
    if query is None or before is None:
        return subject
    other = words_subject(
        understood(subject.name or ""),
        categories=query.categories,
        sources=query.sources,
        only_titles=not query.only_titles,
    )
    if other is None:
        return subject
    await _unfollow(conversation, chat, subject)
    return await choose(conversation, chat, other, muted=before.muted, least=before.least_sources)


async def _put_right(conversation: Conversation, chat: Chat, subject: Subject, asked: FollowMeant) -> Subject | str:
    """Let the chat follow or mute a subject instead of the words that were typed for it."""
    words = await conversation.context.storage.follows.get(asked.words)
    if words is not None:
        await _unfollow(conversation, chat, words)
    return await choose(conversation, chat, subject.as_name, muted=bool(asked.mutes), days=asked.days)


async def set_least_sources(conversation: Conversation, asked: SetLeastSources) -> None:
    """Set how many sources must report what the chat is sent."""
    chat = await target_chat(conversation, asked.target)
    if chat is None:
        return
    await conversation.answer_query()
    least = asked.least if asked.least in following_messages.LEAST_SOURCES else 1
    chats = conversation.context.storage.chats
    await chats.set_least_sources(chat.id, least, now=conversation.context.now())
    changed = await chats.get_by_id(chat.id)
    if changed is not None:
        await conversation.replace(following_messages.least_sources_screen(changed, conversation.voice, asked.target))
