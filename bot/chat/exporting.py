"""/export: the sources and the settings of a chat as files, which another Newsbot takes."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from bot.chat.conversation import Conversation, require_manager, target_chat
from bot.chat.questions import Question, question_link
from bot.chat_lines import to_line
from bot.ingest.formats import opml
from bot.messages import documents
from bot.messages.actions import Export
from storage.records import Chat, ChatSettings, NewSource, Source, SourceKind, SubjectKind

SCHEMES: Final = ("http", "https")


async def export(conversation: Conversation, words: str) -> None:
    """/export: two files, with the sources of this chat and with its settings."""
    if await require_manager(conversation, conversation.voice.say("Only administrators can do this here.")):
        await _send_files(conversation, conversation.chat)


async def export_of(conversation: Conversation, asked: Export) -> None:
    """Send the files of a chat to the person who presses the button in its settings."""
    chat = await target_chat(conversation, asked.target)
    if chat is not None:
        await conversation.answer_query()
        await _send_files(conversation, chat)


async def _send_files(conversation: Conversation, chat: Chat) -> None:
    storage, voice = conversation.context.storage, conversation.voice
    settings = await storage.settings.of_chat(chat.id)
    if settings is None:  # it was forgotten meanwhile
        return
    chosen = await storage.sources.of_chat(chat.id)
    withheld = {source.url for source in chosen if not await _may_be_shared(conversation, chat, source)}
    followed = await _followed_sources(conversation, chat)
    link = question_link(conversation.bot, Question("file", chat.id))
    about = documents.about_chat(chat, link) if chat.id != conversation.chat.id else ""
    shared = [source for source in chosen if source.id in followed and source.url not in withheld]
    if shared:
        content = "\n".join(opml.write(map(_as_entry, shared), title=conversation.bot.first_name))
        caption = documents.sources_caption(len(shared), voice, about=about)
        await conversation.answer_with_file(_file_name(conversation, "sources.opml"), content.encode(), caption)
    caption = documents.settings_caption(voice, chat.kind, about=about, sources=len(shared), withheld=len(withheld))
    line = to_line(_shareable(settings, withheld))
    await conversation.answer_with_file(_file_name(conversation, "settings.json"), f"{line}\n".encode(), caption)


async def _followed_sources(conversation: Conversation, chat: Chat) -> set[int | None]:
    """Returns the ids of the sources that a chat follows, also those that it mutes for a time."""
    follows = await conversation.context.storage.follows.of_chat(chat.id, now=conversation.context.now())
    return {
        one.subject.ref
        for one in follows
        if one.subject.kind is SubjectKind.SOURCE and (not one.muted or one.until is not None)
    }


async def _may_be_shared(conversation: Conversation, chat: Chat, source: Source) -> bool:
    """Returns whether the address of a source may be told: no folder of the server, and no
    password of somebody else.
    """
    parts = urlsplit(source.url)
    if source.kind is SourceKind.FOLDER or parts.scheme not in SCHEMES:
        return False
    return "@" not in parts.netloc or await conversation.context.storage.sources.is_owned(source.id, chat_row=chat.id)


def _as_entry(source: Source) -> NewSource:
    """Returns what readers know of a source, without what the operator has set for it."""
    return NewSource(url=source.url, kind=source.kind, title=source.title, category=source.category)


def _shareable(settings: ChatSettings, withheld: Collection[str]) -> ChatSettings:
    """Returns the settings without what they say of other people and of the operator."""
    follows = tuple(
        one for one in settings.follows if one.kind is not SubjectKind.SOURCE or one.value not in withheld
    )
    return replace(settings, follows=follows, added_by=None)


def _file_name(conversation: Conversation, end: str) -> str:
    today = conversation.context.now().astimezone(conversation.voice.timezone)
    return f"{conversation.bot.username}-{today:%Y-%m-%d}-{end}"
