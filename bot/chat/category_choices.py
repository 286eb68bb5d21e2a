"""The categories that a chat chooses by pressed buttons."""

from bot.chat import following, screens, undoing
from bot.chat.commands import subscribe_to, subscription_message
from bot.chat.conversation import Conversation
from bot.chat.settings import settings_of
from bot.messages import actions
from bot.messages.actions import AddCategory, Screen, SetOnlyCategory, SetScope, ShowFollow, ToggleCategory, Undo
from bot.messages.category_names import category_text


async def toggle_category(conversation: Conversation, asked: ToggleCategory) -> None:
    chat = await settings_of(conversation, asked.target)
    if chat is None:
        return
    storage, now = conversation.context.storage, conversation.context.now()
    async with undoing.undoable(conversation, chat) as step:
        is_chosen = (await storage.chats.subscription(chat.id)).includes(asked.category)
        if await storage.categories.get(asked.category, viewer=conversation.viewer()) is not None:
            change = storage.chats.unsubscribe if is_chosen else storage.chats.subscribe
            await change(chat.id, asked.category, now=now)
    undo = step.back_to(Screen("categories", asked.target, asked.page))
    await conversation.replace(
        await screens.category_choices(conversation, chat, target=asked.target, page=asked.page, undo=undo)
    )


async def set_scope(conversation: Conversation, asked: SetScope) -> None:
    """Let the chat get all news, the chosen categories, or nothing."""
    chat = await settings_of(conversation, asked.target)
    if chat is None:
        return
    chats, now = conversation.context.storage.chats, conversation.context.now()
    async with undoing.undoable(conversation, chat) as step:
        match asked.scope:
            case actions.STOPPED:
                await chats.unsubscribe_from_everything(chat.id, now=now)
            case actions.RESUMED:
                await chats.resume_subscription(chat.id, now)
            case actions.EVERYTHING | actions.CHOSEN:
                await chats.set_everything(chat.id, asked.scope == actions.EVERYTHING, now=now)
    undo = step.back_to(Screen("categories", asked.target))
    await conversation.replace(await screens.category_choices(conversation, chat, target=asked.target, undo=undo))


async def narrow_to_category(conversation: Conversation, asked: SetOnlyCategory) -> None:
    """Let the chat get one category, and nothing else."""
    chat = await settings_of(conversation, asked.target)
    if chat is None:
        return
    context, voice = conversation.context, conversation.voice
    wanted = await context.storage.categories.get(asked.category)
    if wanted is None:  # it was merged into another since
        await conversation.replace(await screens.category_choices(conversation, chat))
        return
    async with undoing.undoable(conversation, chat) as step:
        await context.storage.chats.subscribe_only(chat.id, asked.category, now=context.now())
    said = voice.say("✅ You'll now get only {name}.", name=category_text(wanted, voice))
    await conversation.replace(await subscription_message(conversation, said, step))


async def add_category(conversation: Conversation, asked: AddCategory) -> None:
    """Subscribe this chat to a category that was suggested for a misspelt name."""
    if await settings_of(conversation, 0) is None:
        return
    wanted = await conversation.context.storage.categories.get(asked.category, viewer=conversation.viewer())
    if wanted is not None:
        await subscribe_to(conversation, wanted)


async def undo(conversation: Conversation, asked: Undo) -> None:
    """Undo a step, and show the screen from which it was made, or what the chat gets now."""
    chat = await undoing.undo(conversation, asked)
    if chat is None:
        return
    match asked.back:
        case ShowFollow() as card:
            await conversation.replace(await following.card_screen(conversation, chat, card))
        case Screen() as screen:
            await conversation.replace(
                await screens.category_choices(conversation, chat, target=asked.target, page=screen.page)
            )
        case None:
            await conversation.replace(await undoing.undone(conversation, chat))
