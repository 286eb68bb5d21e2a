"""The sound or film of an article, and the button that plays it."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from telegram import InlineKeyboardButton

from bot.locale import Voice
from bot.messages.actions import Play
from bot.messages.buttons import button
from bot.messages.deep_links import Start, Target, start_link
from bot.text.document import read_document
from bot.text.html import web_address
from storage.records import Article, ChatKind
from storage.records.documents import Audio, Video

# Files that Telegram may fetch and play by their address. Anything else is a page, or a file that it does not play.
_SOUND: Final = re.compile(r"\.(?:mp3|m4a|aac|oga|ogg|opus|wav)\Z", re.IGNORECASE)
_FILM: Final = re.compile(r"\.(?:mp4|m4v)\Z", re.IGNORECASE)
_SOUND_TYPES: Final = frozenset(
    f"audio/{name}" for name in ("mpeg", "mp3", "mp4", "m4a", "x-m4a", "aac", "ogg", "opus", "wav", "x-wav")
)
_FILM_TYPES: Final = frozenset({"video/mp4", "video/x-m4v"})
# As documents are stored. An article without these words in its document has neither sound nor film, and its document
# is not read for each alert.
_STORED: Final = ('"type":"audio"', '"type":"video"')


@dataclass(frozen=True, slots=True)
class Medium:
    """A sound or film of an article."""

    address: str  # http or https
    is_film: bool
    is_file: bool  # whether Telegram may fetch and play it; otherwise the address is that of a page


def medium_of(article: Article) -> Medium | None:
    """Returns the first sound or film of an article, or None if it has none. Further ones are links in its text."""
    text = article.text
    if not any(mark in text.document for mark in _STORED):
        return None
    for block in read_document(text.document, text.body):
        if isinstance(block, Audio | Video) and (address := web_address(block.address)):
            return Medium(address, is_film := isinstance(block, Video), _is_file(address, block.media_type, is_film))
    return None


def _is_file(address: str, media_type: str, is_film: bool) -> bool:
    """Returns whether Telegram may fetch and play it, as the name of the file or the type that its
    publisher gave tells.
    """
    names, types = (_FILM, _FILM_TYPES) if is_film else (_SOUND, _SOUND_TYPES)
    return media_type in types or names.search(urlsplit(address).path) is not None


def play_buttons(
    article: Article, voice: Voice, *, kind: ChatKind = ChatKind.PRIVATE, bot_username: str = ""
) -> list[InlineKeyboardButton]:
    """Returns the button that plays the sound or film of an article, or nothing if it has none.

    Readers of a channel get it in their own chat with the bot, whose name is `bot_username`. A page is opened.
    """
    medium = medium_of(article)
    if medium is None:
        return []
    label = voice.say("▶ Watch") if medium.is_film else voice.say("▶ Listen")
    if not medium.is_file:
        return [InlineKeyboardButton(label, url=medium.address)]
    if kind is ChatKind.CHANNEL:
        return [InlineKeyboardButton(label, url=start_link(bot_username, Start(Target.PLAY, article.id)))]
    return [button(label, Play(article.id))]
