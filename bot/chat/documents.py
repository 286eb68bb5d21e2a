"""Documents that people send: the settings of a chat, and lists of sources."""

from typing import Final

from telegram import Document
from telegram import Message as TelegramMessage

from bot.chat import settings_files, source_files
from bot.chat.conversation import Conversation, target_chat
from bot.chat.downloads import FileTooLarge, NotDownloaded, download
from bot.messages import documents
from bot.messages.actions import ReplaceSettings
from bot.messages.message import Message
from storage.records import ChatKind

LARGEST: Final = 5 * 2**20  # bytes: a list of some 20,000 sources
_ENDS_OF_SETTINGS: Final = (".json", ".jsonl")
_ENDS: Final = (*_ENDS_OF_SETTINGS, ".opml", ".xml")
_MIME_TYPES: Final = ("application/json", "application/xml", "text/xml", "text/x-opml", "text/x-opml+xml")


def is_for_us(conversation: Conversation, message: TelegramMessage) -> bool:
    """Returns whether a message brings a file that the bot takes. In a group, the file must reply to the bot."""
    document = message.document
    if document is None or not _is_taken(document) or (message.caption or "").startswith("/"):
        return False
    return conversation.chat.kind is ChatKind.PRIVATE or conversation.reply_to is not None


def _is_taken(document: Document) -> bool:
    return _file_name(document).lower().endswith(_ENDS) or document.mime_type in _MIME_TYPES


def _file_name(document: Document) -> str:
    return document.file_name if isinstance(document.file_name, str) else ""


async def receive(conversation: Conversation, document: Document) -> None:
    """Answer a file that a person sent, for this chat or for the one that the replied message is about."""
    private = conversation.chat.kind is ChatKind.PRIVATE
    chat = await target_chat(
        conversation, conversation.question.chat if private and conversation.question is not None else 0
    )
    if chat is None:
        return
    name = _file_name(document)
    of_settings = name.lower().endswith(_ENDS_OF_SETTINGS)
    content = await _content(conversation, document, settings_files.LARGEST if of_settings else LARGEST)
    if content is None:
        return
    if content.lstrip().startswith(b"{") and len(content) > settings_files.LARGEST:
        await conversation.answer(Message(documents.too_large(settings_files.LARGEST, conversation.voice)))
    elif of_settings or content.lstrip().startswith(b"{"):
        await settings_files.offer(conversation, chat, content)
    else:
        await source_files.take(conversation, chat, name, content)


async def refuse(conversation: Conversation) -> None:
    """Answer a file that the bot does not take."""
    await conversation.answer(documents.other_file(conversation.voice))


async def replace_settings(conversation: Conversation, asked: ReplaceSettings) -> None:
    """Replace the settings of a chat by those of the file that the question quotes."""
    chat = await target_chat(conversation, asked.target)
    if chat is None:
        return
    await conversation.answer_query()
    document = settings_files.document_of_question(conversation)
    if document is None:
        await conversation.show(documents.gone(conversation.voice))
        return
    content = await _content(conversation, document, settings_files.LARGEST)
    if content is not None:
        await settings_files.replace_settings(conversation, chat, content)


async def _content(conversation: Conversation, document: Document, most: int) -> bytes | None:
    """Returns the content of a file of up to `most` bytes. If there is none, says so and returns None."""
    try:
        return await download(conversation.bot, document, most=most)
    except FileTooLarge:
        text = documents.too_large(most, conversation.voice)
    except NotDownloaded:
        text = documents.not_downloaded(conversation.voice)
    await conversation.show(Message(text))
    return None
