"""Saves articles to read later, lists them, and removes them."""

from bot.chat.conversation import Conversation, require_manager
from bot.chat.references import remember_list
from bot.messages import saved as saved_messages
from bot.messages.actions import RemoveSaved, SavedList, SetSaved
from bot.messages.message import Message
from storage.records import SAVED_MOST, SaveResult


async def saved(conversation: Conversation, words: str) -> None:
    """/saved."""
    await conversation.answer(await saved_screen(conversation, SavedList()))


async def saved_screen(conversation: Conversation, asked: SavedList) -> Message:
    """Returns a page of the saved articles, and stores its numbers for commands such as /summary 3."""
    storage, chat = conversation.context.storage, conversation.chat.id
    skip = max(0, asked.skip)
    found, total = await storage.saved.page(chat, limit=saved_messages.PAGE, skip=skip)
    if not found and total:  # the last article of the last page was removed
        skip = (total - 1) // saved_messages.PAGE * saved_messages.PAGE
        found, total = await storage.saved.page(chat, limit=saved_messages.PAGE, skip=skip)
    await remember_list(conversation, [headline.id for headline in found], first=skip + 1)
    asked = SavedList(skip, asked.removing)
    return saved_messages.saved_list(found, total, asked, conversation.voice, conversation.context.now())


async def set_saved(conversation: Conversation, asked: SetSaved) -> None:
    """Save the article whose star was pressed, or remove it, and change the star."""
    if not await _may_save(conversation):
        return
    storage, chat, voice = conversation.context.storage.saved, conversation.chat.id, conversation.voice
    if not asked.on:
        await storage.remove(chat, asked.article)
        await conversation.answer_query(voice.say("Removed from the saved articles."))
    else:
        match await storage.save(chat, asked.article, most=SAVED_MOST, now=conversation.context.now()):
            case SaveResult.SAVED:
                await conversation.answer_query(voice.say("⭐ Saved. /saved shows all."))
            case SaveResult.FULL:
                most = voice.plural(
                    "You have saved {n} article, which is the most.",
                    "You have saved {n} articles, which is the most.",
                    SAVED_MOST,
                )
                text = f"{most} {voice.say('Remove some in /saved first.')}"
                await conversation.answer_query(text, show_alert=True)
                return
            case SaveResult.GONE:
                await conversation.answer_query(voice.say("This article is no longer available."))
                return
    if conversation.buttons is not None:
        shown = saved_messages.with_star(conversation.buttons, asked.article, voice, saved=bool(asked.on))
        if shown != conversation.buttons:
            await conversation.replace_buttons(shown)


async def remove(conversation: Conversation, asked: RemoveSaved) -> None:
    """Remove an article from the list in which it was pressed."""
    if await _may_save(conversation):
        await conversation.context.storage.saved.remove(conversation.chat.id, asked.article)
        await conversation.answer_query(conversation.voice.say("Removed from the saved articles."))
        await conversation.replace(await saved_screen(conversation, SavedList(asked.skip, 1)))


async def _may_save(conversation: Conversation) -> bool:
    """Returns whether the person may change what this chat has saved. Refuses if not."""
    return await require_manager(
        conversation,
        conversation.voice.say("Only administrators can save articles here. In our private chat, you can."),
    )
