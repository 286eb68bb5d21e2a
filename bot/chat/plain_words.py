"""Answers words without a command in a private chat: a request, a number, a name, an address, or else a search."""

from dataclasses import replace
from typing import Final

from bot.chat import commands, screens, searching, sources
from bot.chat.addresses import ADDRESS
from bot.chat.conversation import Conversation
from bot.chat.headline_pages import headline_page
from bot.chat.names import category_named, source_named
from bot.chat.references import LARGEST_COUNT, NUMBER, article_in_last_list, no_such_number
from bot.messages import menu
from bot.messages.actions import CategoryList, SearchList
from bot.messages.buttons import with_row
from bot.messages.message import Message
from bot.text.arabic import normalize
from bot.text.intents import Intent, Request, name_asked_for, understand

LONGEST_NAME: Final = 80  # characters of a text that may be a name of a category or a source


async def answer(conversation: Conversation, words: str) -> None:
    """Answer plain words. What is understood as nothing else is searched for."""
    key = menu.key_pressed(words)
    request = Request(key) if key is not None else understand(words)
    if request is not None:
        await _grant(conversation, request)
    elif ADDRESS.fullmatch(words):
        await sources.answer_address(conversation, words)
    elif not (await _open_number(conversation, words) or await _open_name(conversation, words)):
        await commands.search(conversation, words)


async def cannot_read(conversation: Conversation, *, spoken: bool) -> None:
    """Answer a message without text, such as a picture. `spoken` stands for a voice message."""
    await conversation.answer(menu.cannot_read(conversation.voice, spoken=spoken))


async def _grant(conversation: Conversation, request: Request) -> None:
    match request.intent:
        case Intent.GREETING | Intent.THANKS:
            await conversation.answer(menu.pleasantry(conversation.voice, thanks=request.intent is Intent.THANKS))
        case Intent.MINE:
            await conversation.answer(await screens.category_choices(conversation, conversation.chat))
        case Intent.SEARCH if request.words:
            await commands.search(conversation, request.words)
        case intent if intent.value in commands.COMMANDS:
            await commands.COMMANDS[intent.value].run(conversation, "")
        case intent:
            await conversation.answer(menu.not_available(conversation.voice))


async def _open_number(conversation: Conversation, words: str) -> bool:
    """Open the article with that number in the last list. A larger number, such as a year, is searched for."""
    typed = normalize(words)
    if not NUMBER.match(typed):
        return False
    position = int(typed)
    if await article_in_last_list(conversation, position) is not None:
        await commands.open_number(conversation, words)
        return True
    if position > LARGEST_COUNT:
        return False
    await conversation.answer(await _with_search(conversation, no_such_number(position, conversation.voice), words))
    return True


async def _open_name(conversation: Conversation, words: str) -> bool:
    """Open the category or the source of that name, with a button that searches for the words instead.

    The name may stand in a request for its news, such as "sports news".
    """
    if len(words) > LONGEST_NAME:
        return False
    page = await _page_named(conversation, words)
    if page is None and (name := name_asked_for(words)) is not None:
        page = await _page_named(conversation, name)
    if page is None:
        return False
    shown = await headline_page(conversation, page)
    await conversation.answer(await _with_search(conversation, shown, words))
    return True


async def _page_named(conversation: Conversation, name: str) -> CategoryList | SearchList | None:
    """Returns the list of the category or the source with that name."""
    storage = conversation.context.storage
    if (category := await category_named(storage, name, conversation.viewer())) is not None:
        return CategoryList(category.id)
    source = await source_named(storage, name, conversation.viewer())
    if source is None or '"' in source:
        return None
    return SearchList(await searching.remember_query(conversation, f'source:"{source}"'))


async def _with_search(conversation: Conversation, message: Message, words: str) -> Message:
    query = SearchList(await searching.remember_query(conversation, words))
    offered = [menu.search_button(words, query, conversation.voice)]
    return replace(message, buttons=with_row(message.buttons, offered))
