"""Undoes a step that changed what a chat gets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from telegram import InlineKeyboardButton

from bot.chat.administration import most_private_sources
from bot.chat.category_topics import keep_topics
from bot.chat.conversation import Conversation, target_chat
from bot.locale import Voice
from bot.messages.actions import Screen, ShowFollow, Undo
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

    def back_to(self, screen: Screen | ShowFollow | None = None) -> list[InlineKeyboardButton]:
        """Returns the button that undoes the step and then shows the screen, or [] if nothing was changed."""
        return (
            [button(self.voice.say("↩ Undo"), Undo(self.number, self.target, screen))]
            if self.number is not None
            else []
        )


@asynccontextmanager
async def undoable(conversation: Conversation, chat: Chat) -> AsyncIterator[Step]:
    """What is changed in the block can be undone. The step that is yielded has its number after the block.

    The topics of a group are brought in step at once. What has moved to a topic can't be undone here.
    """
    choices = conversation.context.storage.choices
    before = await choices.of_chat(chat.id)
    step = Step(conversation.voice, 0 if chat.id == conversation.chat.id else chat.id)
    yield step
    await keep_topics(conversation, chat)
    step.number = await choices.remember_step(chat.id, before, now=conversation.context.now())


async def undo(conversation: Conversation, asked: Undo) -> Chat | None:
    """Undo a step. Returns the chat, or None if the step can't be undone, which is said then."""
    chat = await target_chat(conversation, asked.target)
    return chat if chat is not None and await restore(conversation, chat, asked.step) else None


async def restore(conversation: Conversation, chat: Chat, step: int) -> bool:
    """Undo a step of a chat, and say so. Returns False if it can't be undone any more."""
    voice, choices = conversation.voice, conversation.context.storage.choices
    most = most_private_sources(conversation)
    undone = await choices.undo(chat.id, step, most_private=most, now=conversation.context.now())
    if undone:
        await keep_topics(conversation, chat)
        conversation.context.wake()
        await conversation.answer_query(voice.say("↩ Undone."))
    else:
        await conversation.answer_query(voice.say("This can't be undone any more."), show_alert=True)
    return undone


async def undone(conversation: Conversation, chat: Chat) -> Message:
    """Returns what replaces a message whose step was undone: what the chat gets now."""
    voice = conversation.voice
    subscription = await conversation.context.storage.chats.subscription(chat.id)
    return Message(f"{voice.say('↩ Undone.')}\n\n{subscription_text(subscription, voice)}")
