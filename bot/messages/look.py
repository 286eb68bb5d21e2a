"""The screen for how articles look: where their picture is shown, how large, and as what an article is opened."""

from typing import Final

from telegram import InlineKeyboardButton

from bot.locale import Voice
from bot.messages.actions import SetOpensAs, SetPreview
from bot.messages.buttons import button, choice_mark, keyboard
from bot.messages.delivery_times import back_to_settings
from bot.messages.message import Message, isolated_name
from storage.records import Chat, ChatKind, OpensAs, Preview

_LARGE: Final = {Preview.ABOVE_LARGE: Preview.ABOVE_SMALL, Preview.BELOW_LARGE: Preview.BELOW_SMALL}
_SMALL: Final = {small: large for large, small in _LARGE.items()}


def look_screen(chat: Chat, voice: Voice, target: int, *, pages: bool) -> Message:
    """Returns the choice of the place and the size of pictures, and of text or page. `target` is as in `Screen`.

    `pages` says whether Telegram's server takes pages.
    """
    # Readers of a channel open an article in their own chat with the bot.
    offered = pages and chat.kind is not ChatKind.CHANNEL
    now, large = chat.preview, chat.preview in (*_LARGE, Preview.NONE)
    above = Preview.ABOVE_LARGE if large else Preview.ABOVE_SMALL
    below = Preview.BELOW_LARGE if large else Preview.BELOW_SMALL
    about = [f"<b>{isolated_name(chat.title or str(chat.chat_id))}</b>"] if target else []
    text = voice.say("Where should an alert show the picture of its article?")
    about_pages = voice.say("A page shows an article with all its pictures. Old apps of Telegram can't show pages.")
    parts = [*about, f"<b>{voice.say('Appearance')}</b>", text, *([about_pages] if offered else [])]
    return Message(
        "\n\n".join(parts),
        keyboard(
            [_choice(voice.say("Above the text"), above, now, target)],
            [_choice(voice.say("Below the text"), below, now, target)],
            [_choice(voice.say("No picture"), Preview.NONE, now, target)],
            [_size_button(now, voice, target)] if now is not Preview.NONE else [],
            [_page_button(chat.opens_as, voice, target)] if offered else [],
            [back_to_settings(voice, target)],
        ),
    )


def preview_text(preview: Preview, voice: Voice) -> str:
    """Returns where pictures are shown, as a sentence (HTML)."""
    match preview:
        case Preview.NONE:
            return voice.say("Alerts come without pictures.")
        case Preview.ABOVE_LARGE:
            return voice.say("Alerts have a large picture above the text.")
        case Preview.ABOVE_SMALL:
            return voice.say("Alerts have a small picture above the text.")
        case Preview.BELOW_LARGE:
            return voice.say("Alerts have a large picture below the text.")
        case Preview.BELOW_SMALL:
            return voice.say("Alerts have a small picture below the text.")


def _choice(shown: str, preview: Preview, now: Preview, target: int) -> InlineKeyboardButton:
    return button(f"{choice_mark(preview is now)} {shown}", SetPreview(preview, target))


def _page_button(now: OpensAs, voice: Voice, target: int) -> InlineKeyboardButton:
    pages = now is OpensAs.PAGE
    other = OpensAs.TEXT if pages else OpensAs.PAGE
    return button(f"{choice_mark(pages)} {voice.say('Open articles as pages')}", SetOpensAs(other, target))


def _size_button(now: Preview, voice: Voice, target: int) -> InlineKeyboardButton:
    large = now in _LARGE
    other = _LARGE[now] if large else _SMALL[now]
    return button(f"{choice_mark(large)} {voice.say('Large pictures')}", SetPreview(other, target))
