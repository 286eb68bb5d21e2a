"""What is sent when a reader plays the sound or film of an article."""

from typing import Final

from telegram import LinkPreviewOptions
from telegram.constants import MessageLimit

from bot.locale import Voice
from bot.messages.alert import linked_title, origin_line
from bot.messages.media import Medium
from bot.messages.message import Message
from bot.text.html import escape, truncate
from storage.records import Article

_CAPTION: Final = int(MessageLimit.CAPTION_LENGTH)


def caption(article: Article, voice: Voice) -> str:
    """Returns the caption of the sound or film (HTML)."""
    return truncate("\n".join(filter(None, [linked_title(article), origin_line(article, voice)])), _CAPTION)


def medium_link(article: Article, medium: Medium, voice: Voice) -> Message:
    """Returns the message with the address, for a file that Telegram can't fetch: it is too large or not there."""
    label = voice.say("▶ Watch at the source") if medium.is_film else voice.say("▶ Listen at the source")
    link = f'<a href="{escape(medium.address)}">{label}</a>'
    return Message(f"{caption(article, voice)}\n\n{link}", preview=LinkPreviewOptions(url=medium.address))
