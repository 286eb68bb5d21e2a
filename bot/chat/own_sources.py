"""The sources of a chat: /sources, the screen of each source, and what can be changed there."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from telegram import InlineKeyboardButton

from bot import editing
from bot.chat import following, undoing
from bot.chat.administration import actor
from bot.chat.conversation import Conversation, require_manager, target_chat
from bot.chat.questions import Question, question_link
from bot.chat.sources import add_for, adds_public
from bot.chat.wanted import may_choose, source_subject
from bot.messages import source_screens
from bot.messages import sources as source_messages
from bot.messages.actions import (
    MAKE_PRIVATE,
    MAKE_PUBLIC,
    MUTE,
    PAUSE,
    REMOVE,
    RESUME,
    UNMUTE,
    AskForSource,
    ChangeSource,
    Screen,
    ShowSource,
    UndoSource,
)
from bot.messages.buttons import button
from bot.messages.headlines import shorten
from bot.messages.message import Message
from bot.text.html import one_line
from storage.records import AuditAction, Chat, ChatKind, Follow, Source, SubjectKind

LONGEST_NAME: Final = 100  # UTF-16 units
DELETED_WITHIN: Final = timedelta(hours=1)  # from the first reading of a source, by the Undo of adding it


async def sources(conversation: Conversation, words: str) -> None:
    """/sources: the sources that this chat follows or mutes."""
    if await require_manager(conversation):
        await conversation.answer(await sources_screen(conversation, Screen("sources"), conversation.chat))


# Screens


async def sources_screen(
    conversation: Conversation,
    asked: Screen,
    chat: Chat,
    *,
    said: str = "",
    undo: Sequence[InlineKeyboardButton] = (),
) -> Message:
    storage, now = conversation.context.storage, conversation.context.now()
    found = await storage.sources.of_chat(chat.id)
    private = conversation.chat.kind is ChatKind.PRIVATE
    return source_screens.source_list(
        found,
        await _follows(conversation, chat),
        await storage.sources.last_articles([one.id for one in found]),
        conversation.voice,
        now,
        page=max(0, asked.page),
        target=chat if asked.target else None,
        adding=AskForSource(chat.id, 0) if private else None,
        operating=adds_public(conversation) and not asked.target,
        said=said,
        undo=undo,
    )


async def _follows(conversation: Conversation, chat: Chat) -> dict[int, Follow]:
    """Returns what a chat follows and mutes of sources, by source id."""
    follows = await conversation.context.storage.follows.of_chat(chat.id, now=conversation.context.now())
    return {
        one.subject.ref: one
        for one in follows
        if one.subject.kind is SubjectKind.SOURCE and one.subject.ref is not None
    }


async def _source_screen(
    conversation: Conversation, chat: Chat, asked: ShowSource, undo: Sequence[InlineKeyboardButton] = ()
) -> Message:
    """Returns the screen of a source, or the list of all if it is none of the chat's."""
    storage, now = conversation.context.storage, conversation.context.now()
    source = await storage.sources.get(asked.source)
    follow = (await _follows(conversation, chat)).get(asked.source)
    if source is None or follow is None:
        said = source_messages.gone(conversation.voice).html if source is None else ""
        listed = Screen("sources", asked.target, max(0, asked.page - 1))
        return await sources_screen(conversation, listed, chat, said=said)
    last = await storage.sources.last_articles([source.id])
    return source_screens.source_screen(
        source,
        follow,
        last.get(source.id),
        conversation.voice,
        now,
        asked=asked,
        owned=await _may_change(conversation, chat, source),
        operating=adds_public(conversation),
        chat=chat if asked.target else None,
        undo=undo,
    )


async def _may_change(conversation: Conversation, chat: Chat, source: Source) -> bool:
    """Returns whether the person may pause and rename a source of a chat: its own, or as an operator a public one."""
    if not source.private:
        return adds_public(conversation)
    return await conversation.context.storage.sources.is_owned(source.id, chat_row=chat.id)


# Buttons


async def show(conversation: Conversation, asked: ShowSource) -> None:
    chat = await target_chat(conversation, asked.target)
    if chat is not None:
        await conversation.answer_query()
        await conversation.replace(await _source_screen(conversation, chat, asked))


async def change(conversation: Conversation, asked: ChangeSource) -> None:
    """Change a source as the button says, and show it, or the list if it was removed from the chat."""
    chat = await target_chat(conversation, asked.target)
    if chat is None:
        return
    storage = conversation.context.storage
    source = await storage.sources.get(asked.source)
    shown = ShowSource(asked.source, asked.page, asked.target)
    if source is None or (await _follows(conversation, chat)).get(source.id) is None:
        await conversation.answer_query()
        await conversation.replace(await _source_screen(conversation, chat, shown))
        return
    async with undoing.undoable(conversation, chat) as step:
        changed = await _change(conversation, chat, source, asked.change)
    if not changed:
        await conversation.answer_query(source_screens.not_yours(conversation.voice), show_alert=True)
        return
    await conversation.answer_query()
    undo = _undo_button(conversation, asked, step)
    if asked.change == REMOVE:
        said = source_messages.removed(source, conversation.voice)
        listed = Screen("sources", asked.target, max(0, asked.page - 1))
        await conversation.replace(await sources_screen(conversation, listed, chat, said=said, undo=undo))
    else:
        await conversation.replace(await _source_screen(conversation, chat, shown, undo))


async def _change(conversation: Conversation, chat: Chat, source: Source, what: int) -> bool:
    """Change a source of a chat. Returns False if the person may not do that."""
    storage, now = conversation.context.storage, conversation.context.now()
    match what:
        case _ if what in (PAUSE, RESUME):
            may = await _may_change(conversation, chat, source)
            return may and await storage.sources.set_paused(source.id, what == PAUSE, now=now)
        case _ if what in (MAKE_PRIVATE, MAKE_PUBLIC):
            is_private = what == MAKE_PRIVATE
            if not (adds_public(conversation) and await storage.sources.set_private(source.id, is_private, now=now)):
                return False
            detail, public = "private" if is_private else "public", replace(source, private=False)
            by = actor(conversation)
            await editing.note_source(storage, AuditAction.SOURCE_EDIT, public, by=by, now=now, detail=detail)
            return True
        case _ if what in (MUTE, UNMUTE):
            named = source_subject(source.id)
            return not isinstance(await following.choose(conversation, chat, named, muted=what == MUTE), str)
        case _ if what == REMOVE:
            subject = await storage.follows.ensure_subject(source_subject(source.id))
            await storage.follows.unfollow(chat.id, subject.id, now=now)
            return True
    return False


def _undo_button(conversation: Conversation, asked: ChangeSource, step: undoing.Step) -> list[InlineKeyboardButton]:
    if step.number is None:
        return []
    return [button(conversation.voice.say("↩ Undo"), UndoSource(step.number, asked.source, 0, asked.target))]


async def undo(conversation: Conversation, asked: UndoSource) -> None:
    """Undo a step that followed or muted a source, or ended that.

    A source that the step has just added for everyone is deleted. A source that was deleted meanwhile does not come
    back.
    """
    chat = await target_chat(conversation, asked.target)
    if chat is None:
        return
    stored, voice = conversation.context.storage.sources, conversation.voice
    source = await stored.get(asked.source)
    if source is None:
        await conversation.answer_query()
        await conversation.replace(source_messages.gone(voice))
        return
    knew = await may_choose(conversation, chat, source_subject(source.id))
    if not await undoing.restore(conversation, chat, asked.step):
        return
    if asked.created and _may_delete(conversation, source):
        await stored.remove(source.id)
        storage, now = conversation.context.storage, conversation.context.now()
        await editing.note_source(storage, AuditAction.SOURCE_REMOVE, source, by=actor(conversation), now=now)
        await conversation.replace(source_messages.deleted(source, voice))
    elif source.id in await _follows(conversation, chat):
        shown = ShowSource(source.id, 1, asked.target)
        await conversation.replace(await _source_screen(conversation, chat, shown))
    elif knew:
        await conversation.replace(source_messages.left(source, voice))
    else:  # of another chat: no button of ours says so
        await conversation.replace(await undoing.undone(conversation, chat))


def _may_delete(conversation: Conversation, source: Source) -> bool:
    """Returns whether Undo deletes a source that was added for everyone. Later, others may have come to follow it."""
    read_since = source.watched_since
    is_young = read_since is None or conversation.context.now() - read_since < DELETED_WITHIN
    return is_young and adds_public(conversation) and not source.private


# Questions


async def ask(conversation: Conversation, asked: AskForSource) -> None:
    """Ask for the new name of a source, or in a private chat for the address of a new source."""
    chat = await target_chat(conversation, asked.target)
    if chat is None:
        return
    voice = conversation.voice
    if not asked.source:
        await conversation.answer_query()
        link = question_link(conversation.bot, Question("add", chat.id))
        await conversation.answer(source_screens.ask_address(chat, link, voice))
        return
    source = await _changeable(conversation, chat, asked.source)
    if source is None:
        await conversation.answer_query(source_screens.not_yours(voice), show_alert=True)
        return
    await conversation.answer_query()
    link = question_link(conversation.bot, Question("name", chat.id, source.id))
    asked_person = conversation.user if conversation.chat.kind is ChatKind.GROUP else None
    await conversation.answer(source_screens.ask_name(source, link, voice, person=asked_person))


async def _changeable(conversation: Conversation, chat: Chat, source_id: int) -> Source | None:
    """Returns the source if it is one of the chat's and the person may pause and rename it, or None."""
    source = await conversation.context.storage.sources.get(source_id)
    if source is None or source.id not in await _follows(conversation, chat):
        return None
    return source if await _may_change(conversation, chat, source) else None


async def add_answered(conversation: Conversation, typed: str, question: Question) -> None:
    """Add the source whose address a person typed as the answer to a question."""
    chat = await target_chat(conversation, _target(conversation, question))
    if chat is not None:
        await add_for(conversation, chat, typed)


async def rename(conversation: Conversation, typed: str, question: Question) -> None:
    """Give a source the name that a person typed as the answer to a question."""
    target, voice = _target(conversation, question), conversation.voice
    chat = await target_chat(conversation, target)
    if chat is None:
        return
    source = await _changeable(conversation, chat, question.source)
    name = shorten(one_line(typed), LONGEST_NAME)
    if source is None:
        await conversation.answer(Message(source_screens.not_yours(voice)))
    elif not any(letter.isalnum() for letter in name):
        await conversation.answer(source_screens.no_name(voice))
    else:
        await conversation.context.storage.sources.rename(source.id, name)
        await conversation.answer(await _source_screen(conversation, chat, ShowSource(source.id, 1, target)))


def _target(conversation: Conversation, question: Question) -> int:
    return 0 if question.chat == conversation.chat.id else question.chat
