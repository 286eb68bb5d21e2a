"""Files in the chat: what is said about those that the bot hands out, and those that people send."""

from typing import Final

from bot.locale import Voice
from bot.messages.message import Message
from bot.text.html import isolate

MEGABYTE: Final = 2**20  # bytes


def sources_caption(count: int, voice: Voice) -> str:
    """Returns the caption of the list of a chat's sources (HTML)."""
    return voice.plural(
        "The source that is followed here. Every feed reader takes this file.",
        "The {n} sources that are followed here. Every feed reader takes this file.",
        count,
    )


def settings_caption(voice: Voice, *, sources: int, withheld: int) -> str:
    """Returns the caption of the settings of a chat (HTML).

    `sources` is the number of sources in the other file, and `withheld` that of the sources that are in neither.
    """
    parts = [voice.say("The settings: what is followed and muted, saved articles, times, languages.")]
    if not sources and not withheld:
        parts.append(voice.say("No source is followed by itself, so there is no list of sources."))
    if withheld:
        parts.append(
            voice.plural(
                "{n} source is left out, because its address is not for sharing.",
                "{n} sources are left out, because their addresses are not for sharing.",
                withheld,
            )
        )
    return " ".join(parts)


# Files that people send


def too_large(most: int, voice: Voice) -> str:
    """Returns the answer to a file of more than `most` bytes (HTML)."""
    size = isolate(f"{voice.number(most // 1024)} KB" if most < MEGABYTE else f"{voice.number(most // MEGABYTE)} MB")
    return voice.say("This file is too large. I take files of up to {size}.", size=size)


def not_downloaded(voice: Voice) -> str:
    return voice.say("Telegram did not give me this file. Please send it again in a moment.")


def gone(voice: Voice) -> Message:
    """Returns what replaces a question about a file that is not there any more."""
    return Message(voice.say("The file is no longer there. Please send it again."))
