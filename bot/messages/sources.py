"""Sources in the chat: what is answered to those who add them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from telegram import InlineKeyboardButton

from bot.locale import Voice
from bot.messages import times
from bot.messages.actions import AddSource
from bot.messages.buttons import button, button_label, keyboard
from bot.messages.headlines import shorten
from bot.messages.lists import quote_typed
from bot.messages.message import Message, isolated_name
from bot.text.html import escape, isolate, truncate
from storage.records import Source, SourceKind, SourceProblem, hide_password

LONGEST_NAME: Final = 120
LONGEST_TITLE: Final = 160  # of a headline, in UTF-16 units
LONGEST_CATEGORY: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a source held when it was read before it was added."""

    categories: tuple[str, ...]  # the commonest ones
    newest: tuple[tuple[str, str], ...]  # title (plain text) and age (HTML) of its newest articles
    unread_language: str | None  # the language of its articles, if the chat reads only others


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


# What was typed


def _example() -> str:
    return isolate("<code>/add https://news.example/feed.xml</code>")


def which_source(voice: Voice) -> Message:
    """Returns the question for the address that is to be added."""
    text = voice.say(
        "Which source would you like to add? Send the address of a website or of its feed: {example}",
        example=_example(),
    )
    return Message(text)


def not_an_address(typed: str, voice: Voice) -> Message:
    text = voice.say(
        '"{typed}" is not a web address. Send one like this: {example}', typed=_shown(typed), example=_example()
    )
    return Message(text)


def telegram_channel(voice: Voice) -> Message:
    """Returns the answer to a reader who sends the address of a channel, or a post that was forwarded from one."""
    text = voice.say(
        "Only this bot's administrators can add Telegram channels. If the channel has a website, send its address"
        " instead: {example}",
        example=_example(),
    )
    return Message(text)


def no_such_channel(name: str, voice: Voice) -> Message:
    text = voice.say(
        "I can't find the channel {name}. If it is private, make me an administrator there, and then forward one of"
        " its posts to me.",
        name=quote_typed(name),
    )
    return Message(text)


def with_missing_rights(answer: Message, voice: Voice) -> Message:
    """Returns the confirmation of a new channel, with what is still to be done there."""
    text = voice.say(
        "⚠️ I am not an administrator of this channel yet, and Telegram shows its posts to no other bots. Make me one"
        " there; I need no rights."
    )
    return replace(answer, html=f"{answer.html}\n\n{text}")


def reading(address: str, voice: Voice) -> Message:
    """Returns what is shown until an address was read."""
    return Message(voice.say("⏳ Reading {address} …", address=_shown(address)))


def not_found(problem: SourceProblem, address: str, voice: Voice) -> Message:
    """Returns why nothing was added. It does not tell a private address from one that leads nowhere."""
    shown = _shown(address)
    match problem:
        case SourceProblem.UNREACHABLE:
            text = voice.say("I can't reach {address}. Check the address, or try again later.", address=shown)
        case SourceProblem.MISSING:
            text = voice.say("There is nothing at {address}. Check the address.", address=shown)
        case SourceProblem.FORBIDDEN:
            text = voice.say(
                "{address} does not let me read it. Try the address of its feed, if it has one.", address=shown
            )
        case SourceProblem.BUSY:
            text = voice.say("{address} can't be read right now. Try again in a few minutes.", address=shown)
        case SourceProblem.FAILING:
            text = voice.say("The server of {address} answers with an error. Try again later.", address=shown)
        case SourceProblem.TOO_LARGE:
            text = voice.say("What is at {address} is too large for me to read.", address=shown)
        case SourceProblem.NO_NEWS:
            text = voice.say(
                "I found neither a feed nor an article at {address}. Try another page of that site, or the address of"
                " its feed.",
                address=shown,
            )
        case SourceProblem.OTHER:
            text = voice.say("I could not read {address}. Try again later.", address=shown)
    return Message(text)


def _shown(address: str) -> str:
    return quote_typed(hide_password(address))


# What was found


def choose_feed(address: str, feeds: Sequence[tuple[str, AddSource]], voice: Voice) -> Message:
    """Returns the question which feed of a page is meant. `feeds` are names and what adds each feed."""
    text = voice.say("{address} has several feeds. Which one would you like?", address=_shown(address))
    return Message(text, keyboard(*[[button(f"➕ {button_label(name)}", adding)] for name, adding in feeds]))


def source_name(source: Source) -> str:
    """Returns the name of a source for use within a sentence (HTML)."""
    return isolated_name(shorten(source.title or source_host(source.url), LONGEST_NAME))


def source_host(address: str) -> str:
    """Returns an address for people: without its scheme, and without a user name and a password."""
    bare = address.partition("://")[2] or address
    host, slash, path = bare.partition("/")
    return f"{host.rpartition('@')[2]}{slash if path else ''}{path}"


def added(
    source: Source,
    contents: Contents,
    voice: Voice,
    *,
    about: str,
    stopped: bool,
    rows: list[list[InlineKeyboardButton]],
) -> Message:
    """Returns the confirmation of a new source. `about` is HTML above it, and `stopped` says that alerts are off."""
    name = source_name(source)
    text = (
        voice.say("✅ Added for this chat: {name}.", name=name)
        if source.private
        else voice.say("✅ Added for everyone: {name}.", name=name)
    )
    parts = [about, text]
    if contents.categories:
        names = voice.join_names([isolated_name(shorten(one, LONGEST_CATEGORY)) for one in contents.categories])
        single = len(contents.categories) == 1
        parts.append(
            voice.say("Category: {names}.", names=names) if single else voice.say("Categories: {names}.", names=names)
        )
    parts.append(_newest(contents.newest, voice))
    if source.kind is SourceKind.PAGE:
        parts.append(
            voice.say(
                "There is no feed at this address, so I read this page alone. When it carries another article, you"
                " get that one."
            )
        )
    elif not stopped:
        parts.append(voice.say("You get what it publishes from now on."))
    if contents.unread_language is not None:
        language = isolated_name(voice.language_name(contents.unread_language))
        parts.append(voice.say("⚠️ Its news is in {language}, which this chat does not read.", language=language))
    parts.append(_alerts_are_off(voice) if stopped else "")
    return Message(truncate("\n\n".join(part for part in parts if part)), keyboard(*rows))


def followed(
    source: Source,
    newest: Sequence[tuple[str, str]],
    voice: Voice,
    *,
    about: str,
    new: bool,
    stopped: bool,
    rows: list[list[InlineKeyboardButton]],
) -> Message:
    """Returns the answer to the address of a source that is known. `new`: the chat follows it from now on."""
    name = source_name(source)
    text = (
        voice.say("✅ Followed: {name}. I read this source already.", name=name)
        if new
        else voice.say("{name} is among your sources already.", name=name)
    )
    parts = [about, text, _newest(newest, voice), _alerts_are_off(voice) if stopped else ""]
    return Message(truncate("\n\n".join(part for part in parts if part)), keyboard(*rows))


def _alerts_are_off(voice: Voice) -> str:
    return voice.say("Your alerts are off. /subscribe brings them back.")


def _newest(articles: Sequence[tuple[str, str]], voice: Voice) -> str:
    """Returns the newest articles as lines (HTML), each with its age in a second line."""
    lines = [
        f"<b>{escape(voice.align(f'• {voice.embed(shorten(title, LONGEST_TITLE))}'))}</b>"
        + (f"\n{times.aligned(age, voice)}" if age else "")
        for title, age in articles
    ]
    return "\n".join([voice.say("The newest:"), *lines]) if lines else ""


def left(source: Source, voice: Voice) -> Message:
    """Returns what replaces a message whose step was undone: the chat does not follow the source any more."""
    return Message(voice.say("↩ Undone. {name} is no longer among your sources.", name=source_name(source)))


def deleted(source: Source, voice: Voice) -> Message:
    """Returns what replaces a message whose step was undone: the source is read for nobody any more."""
    return Message(voice.say("↩ Undone. {name} is deleted.", name=source_name(source)))


def removed(source: Source, voice: Voice) -> str:
    """Returns the confirmation that a source was taken from a chat (HTML)."""
    return voice.say("✖ Removed: {name}.", name=source_name(source))


def gone(voice: Voice) -> Message:
    """Returns what replaces a message about a source that was deleted."""
    text = voice.say(
        "This source has been deleted meanwhile, because nobody followed it. /add with its address adds it again."
    )
    return Message(text)
