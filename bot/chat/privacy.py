"""What is kept of a chat: handed out as a file with /mydata, and deleted with /forgetme."""

import json
from typing import Final

from bot.chat.conversation import Conversation, require_manager
from bot.messages.actions import Forget, KeepData
from bot.messages.buttons import DANGER, button, keyboard
from bot.messages.message import Message

FILE_NAME: Final = "newsbot-data.json"


async def my_data(conversation: Conversation, words: str) -> None:
    """/mydata: a JSON file with all that is kept of this chat."""
    if not await _may_manage(conversation):
        return
    kept = await conversation.context.storage.personal_data.export(conversation.chat.chat_id)
    content = json.dumps(kept, ensure_ascii=False, indent=1).encode()
    caption = conversation.voice.say("Everything that I keep about this chat. /forgetme deletes it.")
    await conversation.answer_with_file(FILE_NAME, content, caption)


async def forget_me(conversation: Conversation, words: str) -> None:
    """/forgetme: ask for a confirmation, because it can't be undone."""
    if not await _may_manage(conversation):
        return
    voice = conversation.voice
    asked = voice.say(
        "Delete everything that I keep about this chat? That is its settings, categories, saved articles, searches"
        " and the record of what I sent. Alerts stop. The messages in this chat stay. This can't be undone."
    )
    sure = button(voice.say("🗑 Delete everything"), Forget(), style=DANGER)
    await conversation.answer(Message(asked, keyboard([sure], [button(voice.say("↩ Keep it"), KeepData())])))


async def forget(conversation: Conversation, asked: Forget) -> None:
    """Delete everything after the confirmation of `forget_me`, and answer a last time."""
    if not await _may_manage(conversation):
        return
    await conversation.answer_query()
    await conversation.context.storage.personal_data.forget(conversation.chat.chat_id)
    text = conversation.voice.say("🗑 Done: nothing about this chat is kept. If you write to me again, we start anew.")
    await conversation.replace(Message(text))


async def keep_data(conversation: Conversation, asked: KeepData) -> None:
    """Delete nothing after all."""
    await conversation.answer_query()
    await conversation.replace(Message(conversation.voice.say("Nothing was deleted.")))


async def _may_manage(conversation: Conversation) -> bool:
    return await require_manager(conversation, conversation.voice.say("Only administrators can do this here."))
