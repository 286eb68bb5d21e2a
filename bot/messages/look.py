"""The screen for how articles look: where their picture is shown, and how large."""

from typing import Final

from telegram import InlineKeyboardButton

from bot.locale import Voice
from bot.messages.actions import SetPreview
from bot.messages.buttons import button, choice_mark, keyboard
from bot.messages.delivery_times import back_to_settings
from bot.messages.message import Message, isolated_name
from storage.records import Chat, Preview

_LARGE: Final = {Preview.ABOVE_LARGE: Preview.ABOVE_SMALL, Preview.BELOW_LARGE: Preview.BELOW_SMALL}
_SMALL: Final = {small: large for large, small in _LARGE.items()}


def look_screen(chat: Chat, voice: Voice, target: int) -> Message:
    """Returns the choice of the place and the size of pictures. `target` is as in `Screen`."""
    now, large = chat.preview, chat.preview in (*_LARGE, Preview.NONE)
    above = Preview.ABOVE_LARGE if large else Preview.ABOVE_SMALL
    below = Preview.BELOW_LARGE if large else Preview.BELOW_SMALL
    about = [f"<b>{isolated_name(chat.title or str(chat.chat_id))}</b>"] if target else []
    text = voice.say("Where should an alert show the picture of its article?")
    return Message(
        "\n\n".join([*about, f"<b>{voice.say('Appearance')}</b>", text]),
        keyboard(
            [_choice(voice.say("Above the text"), above, now, target)],
            [_choice(voice.say("Below the text"), below, now, target)],
            [_choice(voice.say("No picture"), Preview.NONE, now, target)],
            [_size_button(now, voice, target)] if now is not Preview.NONE else [],
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


def _size_button(now: Preview, voice: Voice, target: int) -> InlineKeyboardButton:
    large = now in _LARGE
    other = _LARGE[now] if large else _SMALL[now]
    return button(f"{choice_mark(large)} {voice.say('Large pictures')}", SetPreview(other, target))
