"""Undoes a step that changed what a chat gets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from telegram import InlineKeyboardButton

from bot.chat import screens
from bot.chat.conversation import Conversation, target_chat
from bot.locale import Voice
from bot.messages.actions import Screen, Undo
from bot.messages.buttons import button
from bot.messages.categories import subscription_text
from bot.messages.message import Message
from storage.records import Chat


@dataclass(slots=True)
class Step:
    """A step that can be undone. `number` is None if nothing was changed."""

    voice: Voice
    target: int  # 0: the chat of the conversation
    number: int | None = None

    def back_to(self, screen: Screen | None = None) -> list[InlineKeyboardButton]:
        """Returns the button that undoes the step and then shows the screen, or [] if nothing was changed."""
        return (
            [button(self.voice.say("↩ Undo"), Undo(self.number, self.target, screen))]
            if self.number is not None
            else []
        )


@asynccontextmanager
async def undoable(conversation: Conversation, chat: Chat) -> AsyncIterator[Step]:
    """What is changed in the block can be undone. The step that is yielded has its number after the block."""
    choices = conversation.context.storage.choices
    before = await choices.of_chat(chat.id)
    step = Step(conversation.voice, 0 if chat.id == conversation.chat.id else chat.id)
    yield step
    step.number = await choices.remember_step(chat.id, before, now=conversation.context.now())


async def undo(conversation: Conversation, asked: Undo) -> None:
    """Undo a step, and show the screen from which it was made, or what the chat gets now."""
    chat = await target_chat(conversation, asked.target)
    if chat is None:
        return
    storage, voice = conversation.context.storage, conversation.voice
    if not await storage.choices.undo(chat.id, asked.step, now=conversation.context.now()):
        await conversation.answer_query(voice.say("This can't be undone any more."), show_alert=True)
        return
    said = voice.say("↩ Undone.")
    await conversation.answer_query(said)
    if asked.back is not None:
        await conversation.replace(
            await screens.category_choices(conversation, chat, target=asked.target, page=asked.back.page)
        )
    else:
        subscription = await storage.chats.subscription(chat.id)
        await conversation.replace(Message(f"{said}\n\n{subscription_text(subscription, voice)}"))
