"""Sources in the chat: what is answered to those who add them."""

from bot.locale import Voice


def quota_reached(most: int, voice: Voice) -> str:
    """Returns the answer to one source too many (HTML)."""
    if not most:
        return voice.say("Only administrators of the bot can add sources here.")
    text = voice.plural(
        "You have added {n} source, which is the most.",
        "You have added {n} sources, which is the most.",
        most,
    )
    return f"{text} {voice.say('Remove some in /sources first.')}"
