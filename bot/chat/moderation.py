"""Commands of the bot's administrators against abuse: bans, and a list of limits and of people who ask too much."""

import re
from typing import Final

from bot import editing
from bot.chat.administration import actor, require_operator
from bot.chat.conversation import Conversation
from bot.config import Config
from bot.locale import Voice
from bot.messages import times
from bot.messages.message import Message
from bot.text.arabic import normalize
from bot.text.html import escape, isolate
from storage.records import Ban

NUMBER: Final = re.compile(r"-?\d{1,15}")  # of a person or, below 0, of a group or channel
SHOWN: Final = 10  # people who ask too much, and bans, in /limits


async def ban(conversation: Conversation, words: str) -> None:
    """/ban number, or as a reply to a message of the person."""
    number = await _resolve_number(conversation, words, "ban")
    if number is None:
        return
    voice, context = conversation.voice, conversation.context
    if number in context.config.admins or number == conversation.bot.id:
        await conversation.answer(Message(voice.say("Administrators of the bot can't be banned.")))
        return
    shown = isolate(f"<code>{number}</code>")
    if await editing.ban(context.storage, number, by=actor(conversation), now=context.now()):
        context.admission.ignored.pop(number, None)
        text = voice.say(
            "⛔ {number} is banned: no answers, no alerts. {command} ends the ban.",
            number=shown,
            command=isolate(f"<code>/unban {number}</code>"),
        )
    else:
        text = voice.say("{number} is banned already.", number=shown)
    await conversation.answer(Message(text))


async def unban(conversation: Conversation, words: str) -> None:
    """/unban number, or as a reply to a message of the person."""
    number = await _resolve_number(conversation, words, "unban")
    if number is None:
        return
    shown = isolate(f"<code>{number}</code>")
    context = conversation.context
    if await editing.unban(context.storage, number, by=actor(conversation), now=context.now()):
        context.wake()
        text = conversation.voice.say("✅ {number} is no longer banned.", number=shown)
    else:
        text = conversation.voice.say("{number} is not banned.", number=shown)
    await conversation.answer(Message(text))


async def limits(conversation: Conversation, words: str) -> None:
    """/limits."""
    if not await require_operator(conversation):
        return
    context = conversation.context
    busiest = context.admission.ignored.most_common(SHOWN)
    bans = await context.storage.bans.latest(limit=SHOWN)
    await conversation.answer(limits_message(context.config, busiest, bans, conversation.voice))


def limits_message(config: Config, busiest: list[tuple[int, int]], bans: list[Ban], voice: Voice) -> Message:
    """Returns the limits. `busiest` holds the numbers of people, and how many of their updates were ignored."""
    per_minute, follows, sources = config.commands_per_minute, config.reader_follows, config.reader_sources
    rate = (
        voice.plural("{n} request a minute from each person", "{n} requests a minute from each person", per_minute)
        if per_minute
        else voice.say("Any number of requests from each person")
    )
    kept = voice.plural("{n} follow or mute in each chat", "{n} follows and mutes in each chat", follows)
    own = (
        voice.plural("{n} private source in each chat", "{n} private sources in each chat", sources)
        if sources
        else voice.say("Only administrators of the bot add sources")
    )
    lines = [escape(voice.align(one)) for one in (rate, kept, own)]
    parts = ["\n".join([f"<b>🚦 {voice.say('Limits')}</b>", *lines])]
    if busiest:
        lines = [
            "• "
            + voice.labelled(isolate(f"<code>{person}</code>"), voice.plural("{n} ignored", "{n} ignored", count))
            for person, count in busiest
        ]
        parts.append("\n".join([voice.say("Asked too much:"), *lines]))
    if bans:
        lines = [f"• {isolate(f'<code>{one.number}</code>')} · {times.day(one.banned_at, voice)}" for one in bans]
        parts.append("\n".join([voice.say("Banned:"), *lines]))
    else:
        parts.append(voice.say("Nobody is banned."))
    return Message("\n\n".join(parts))


async def _resolve_number(conversation: Conversation, words: str, command: str) -> int | None:
    """Returns Telegram's number of a person or chat: the typed one, or of the person who is replied to.

    Refuses everybody but administrators of the bot. If there is no number, asks for it.
    """
    if not await require_operator(conversation):
        return None
    typed = normalize(words.strip().replace("−", "-"))
    if NUMBER.fullmatch(typed):
        return int(typed)
    if not typed and conversation.replied_person is not None:
        return conversation.replied_person
    asking = conversation.voice.say(
        "Who? Type the number of a person or chat, for example {example}, or reply to a message of that person.",
        example=isolate(f"<code>/{command} 123456789</code>"),
    )
    await conversation.answer(Message(asking))
    return None
