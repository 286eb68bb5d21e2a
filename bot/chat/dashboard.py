"""/dashboard: a link that opens the dashboard once."""

from typing import Final

from telegram import InlineKeyboardButton

from bot import logins
from bot.chat.administration import require_editor
from bot.chat.conversation import Conversation
from bot.messages.buttons import keyboard
from bot.messages.message import Message
from bot.text.html import escape, isolate
from storage.records import ChatKind, Login

MINUTES: Final = int(logins.LINK_LASTS.total_seconds() // 60)


async def dashboard(conversation: Conversation, words: str) -> None:
    """/dashboard: answer an editor in the private chat. Anybody in a group could use the link."""
    if not await require_editor(conversation):
        return
    voice, user, chat = conversation.voice, conversation.user, conversation.chat
    if chat.kind is not ChatKind.PRIVATE or user is None:
        await conversation.refuse(voice.say("Send /dashboard to me in our private chat: the link is for you alone."))
        return
    login = Login(user_id=user.id, name=user.full_name, language=voice.language, timezone=chat.timezone)
    context = conversation.context
    link = await logins.make_link(context.storage, context.config, login, now=context.now())
    if link is None:
        text = voice.say(
            "There is no dashboard: whoever runs me has to set {setting} first.",
            setting=isolate("<code>NEWSBOT_WEB</code>"),
        )
        await conversation.answer(Message(text))
        return
    text = voice.plural(
        "This link opens the dashboard once, within {n} minute. Do not pass it on.",
        "This link opens the dashboard once, within {n} minutes. Do not pass it on.",
        MINUTES,
    )
    await conversation.answer(_message(text, link, voice.say("Open the dashboard")))


def _message(text: str, link: str, label: str) -> Message:
    """Returns the answer with the link. Telegram takes no button for an address of this machine or without TLS."""
    if link.startswith("https://"):
        return Message(text, keyboard([InlineKeyboardButton(label, url=link)]))
    return Message(f'{text}\n\n<a href="{escape(link)}">{isolate(escape(link))}</a>')
