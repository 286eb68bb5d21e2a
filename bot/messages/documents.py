"""Files in the chat: what is said about those that the bot hands out, and those that people send."""

from bot.locale import Voice
from bot.messages.menu import menu_buttons
from bot.messages.message import Message, isolated_name
from bot.text.html import escape, isolate
from storage.records import Chat, ChatKind


def sources_caption(count: int, voice: Voice, *, about: str) -> str:
    """Returns the caption of the list of a chat's sources (HTML). `about` is HTML above it."""
    text = voice.plural(
        "The source that is followed here. Every feed reader takes this file.",
        "The {n} sources that are followed here. Every feed reader takes this file.",
        count,
    )
    return f"{about}{text}"


def settings_caption(voice: Voice, kind: ChatKind, *, about: str, sources: int, withheld: int) -> str:
    """Returns the caption of the settings of a chat of this kind (HTML). `about` is HTML above it.

    `sources` is the number of sources in the other file, and `withheld` that of the sources that are in neither.
    """
    parts = [voice.say("The settings: what is followed and muted, saved articles, times, languages.")]
    if not sources and not withheld:
        parts.append(voice.say("No single source is followed here, so there is no list of sources."))
    if withheld:
        parts.append(
            voice.plural(
                "{n} source is left out, because its address is not for sharing.",
                "{n} sources are left out, because their addresses are not for sharing.",
                withheld,
            )
        )
    parts.append(
        voice.say("To restore these settings, send this file to me or to another Newsbot.")
        if kind is ChatKind.PRIVATE
        else voice.say("To restore these settings, reply to this message with the file.")
    )
    return f"{about}{' '.join(parts)}"


def about_chat(chat: Chat, link: str) -> str:
    """Returns the name of the chat that a file is of (HTML). The link says which chat that is."""
    return f'<a href="{escape(link)}">{isolated_name(chat.title or str(chat.chat_id))}</a>\n\n'


# Files that people send


def other_file(voice: Voice) -> Message:
    """Returns the answer to a file that the bot does not take."""
    text = voice.say(
        "I can't read this file. I take lists of sources (OPML, from any feed reader) and the settings that /export"
        " makes. To search, type words instead."
    )
    return Message(text, menu_buttons(voice))


def too_large(most: int, voice: Voice) -> str:
    """Returns the answer to a file of more than `most` bytes (HTML)."""
    size = isolate(voice.file_size(most))
    return voice.say("This file is too large. I take files of up to {size}.", size=size)


def not_downloaded(voice: Voice) -> str:
    return voice.say("Telegram did not give me this file. Please send it again in a moment.")


def gone(voice: Voice) -> Message:
    """Returns what replaces a question about a file that is not there any more."""
    return Message(voice.say("The file is no longer there. Please send it again."))
