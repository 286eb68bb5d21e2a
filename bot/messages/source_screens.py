"""The sources of a chat: the list of all, and the screen of one source with its health in words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from telegram import ForceReply, InlineKeyboardButton, User

from bot.locale import Voice
from bot.messages import times
from bot.messages.actions import (
    MAKE_PRIVATE,
    MAKE_PUBLIC,
    MUTE,
    PAUSE,
    REMOVE,
    RESUME,
    UNMUTE,
    AskForSource,
    ChangeSource,
    Screen,
    ShowSource,
)
from bot.messages.buttons import button, keyboard, last_page, paging_row, slice_page
from bot.messages.headlines import shorten
from bot.messages.message import Message, isolated_name
from bot.messages.sources import LONGEST_NAME, source_host, source_name
from bot.text.html import escape, isolate, truncate
from storage.records import Chat, Follow, Source, SourceProblem

# Sources on the only page, on the first of several, and on each later one: with undo, a screen has 8 buttons.
WHOLE, FIRST, REST = 5, 4, 4
LONGEST_LISTED: Final = 60  # of a name in the list, in UTF-16 units


def health(source: Source, last_article: datetime | None, voice: Voice, now: datetime) -> str:
    """Returns how a source is doing (HTML). `last_article` is when it last gave an article."""
    if source.paused:
        return voice.say("⏸ Paused")
    if source.failures:
        said = problem_text(source.problem, voice)
        if source.refreshed_at is None:
            return f"⚠️ {said}"
        age = times.age(source.refreshed_at, None, now, voice)
        return f"⚠️ {voice.say('{problem}; last read {age}', problem=said, age=age)}"
    if source.refreshed_at is None:
        return voice.say("⏳ Not read yet")
    said = voice.say("🟢 No articles yet")
    if last_article is not None:
        said = voice.say("🟢 Last article: {age}", age=times.age(last_article, None, now, voice))
    return f"{said} · {voice.say('🐢 Slow')}" if source.is_slow else said


def problem_text(problem: SourceProblem | None, voice: Voice) -> str:
    """Returns why a source can't be read, as its readers are told (HTML)."""
    match problem:
        case SourceProblem.UNREACHABLE:
            return voice.say("Can't be reached")
        case SourceProblem.MISSING:
            return voice.say("There is nothing at its address any more")
        case SourceProblem.FORBIDDEN:
            return voice.say("Does not let me read it")
        case SourceProblem.BUSY:
            return voice.say("Asks me to come back later")
        case SourceProblem.FAILING:
            return voice.say("Its server answers with an error")
        case SourceProblem.TOO_LARGE:
            return voice.say("Too large for me to read")
        case SourceProblem.NO_NEWS:
            return voice.say("No feed and no article at its address")
        case SourceProblem.OTHER | None:
            return voice.say("Can't be read")


def source_list(
    sources: Sequence[Source],
    follows: Mapping[int, Follow],
    last_articles: Mapping[int, datetime],
    voice: Voice,
    now: datetime,
    *,
    page: int,
    target: Chat | None,
    adding: AskForSource | None,
    operating: bool,
    said: str = "",
    undo: Sequence[InlineKeyboardButton] = (),
) -> Message:
    """Returns a page of the sources that a chat follows or mutes. `follows` and `last_articles` are by source id.

    `target` is the chat, if it is changed from another chat. `operating`: the person operates the bot, and is told
    where all its sources are listed. `said` is HTML above the list.
    """
    number = target.id if target else 0
    about = f"<b>{isolated_name(target.title or str(target.chat_id))}</b>" if target else ""
    add = [button(voice.say("➕ Add a source"), adding)] if adding is not None else []
    back = [*undo, button(voice.say("↩ Back"), Screen("following", number))]
    elsewhere = _all_sources(voice) if operating else ""
    if not sources:
        text = voice.say("No single source is followed here yet.")
        if target is None:  # what is typed here is about this chat
            how = voice.say("/add with an address adds one, and /follow with a name follows one that I read already.")
            text = f"{text} {how}"
        parts = [about, said, text, elsewhere]
        return Message("\n\n".join(part for part in parts if part), keyboard(add, back))
    page = min(page, last_page(len(sources), whole=WHOLE, first=FIRST, rest=REST))
    shown, before, after = slice_page(len(sources), page, whole=WHOLE, first=FIRST, rest=REST)
    numbered = list(enumerate(sources, 1))[shown]
    lines = [_line(place, one, follows.get(one.id), last_articles.get(one.id), voice, now) for place, one in numbered]
    numbers = [button(voice.number(place), ShowSource(one.id, page + 1, number)) for place, one in numbered]
    paging = paging_row(voice, before, after, lambda step: Screen("sources", number, page + step))
    heading = f"<b>{voice.say('Sources')}</b>"
    hint = voice.say("Tap a number to change it.")
    parts = [about, said, heading, "\n\n".join(lines), hint, elsewhere]
    return Message(
        truncate("\n\n".join(part for part in parts if part)),
        keyboard(numbers, paging, [] if before else add, back),
    )


def _all_sources(voice: Voice) -> str:
    """Returns where an operator finds the sources that this chat does not follow by themselves."""
    command = isolate("<code>newsbot source list</code>")
    return voice.say("{command} or /dashboard shows all sources that I read.", command=command)


def _line(
    place: int, source: Source, follow: Follow | None, last_article: datetime | None, voice: Voice, now: datetime
) -> str:
    name = voice.embed(shorten(source.title or source_host(source.url), LONGEST_LISTED))
    muted = "🔕 " if follow is not None and follow.muted else ""
    first = escape(voice.align(f"{voice.number(place)}. {muted}{name}"))
    return f"<b>{first}</b>\n{times.aligned(health(source, last_article, voice, now), voice)}"


def source_screen(
    source: Source,
    follow: Follow,
    last_article: datetime | None,
    voice: Voice,
    now: datetime,
    *,
    asked: ShowSource,
    owned: bool,
    operating: bool,
    chat: Chat | None,
    undo: Sequence[InlineKeyboardButton] = (),
) -> Message:
    """Returns one source of a chat, with buttons that change it.

    `owned`: the person may pause and rename it. `operating`: the person may make
    it public or private. `chat` is the chat, if it is changed from another one.
    """
    seen = (
        voice.say("🔒 Only the chats that added it see its news.")
        if source.private
        else voice.say("🌍 Everyone sees its news.")
    )
    lines = [
        f"<b>{isolated_name(chat.title or str(chat.chat_id))}</b>\n" if chat else "",
        f"<b>{source_name(source)}</b>",
        isolated_name(shorten(source_host(source.url), LONGEST_NAME)),
        "",
        times.aligned(health(source, last_article, voice, now), voice),
        seen,
        voice.say("🔕 Muted: no alerts, and its articles are left out of lists.") if follow.muted else "",
    ]
    return Message(
        truncate("\n".join(lines).strip()),
        keyboard(*_change_buttons(source, follow, voice, asked, owned, operating), [*undo, *_back(asked, voice)]),
    )


def _back(asked: ShowSource, voice: Voice) -> list[InlineKeyboardButton]:
    return [button(voice.say("↩ Back"), Screen("sources", asked.target, max(0, asked.page - 1)))]


def _change_buttons(
    source: Source, follow: Follow, voice: Voice, asked: ShowSource, owned: bool, operating: bool
) -> list[list[InlineKeyboardButton]]:
    def change(label: str, what: int) -> InlineKeyboardButton:
        return button(label, ChangeSource(source.id, what, asked.page, asked.target))

    pause = change(voice.say("▶️ Resume"), RESUME) if source.paused else change(voice.say("⏸ Pause"), PAUSE)
    rename = button(voice.say("✏️ Rename"), AskForSource(asked.target, source.id))
    mute = change(voice.say("🔔 Unmute"), UNMUTE) if follow.muted else change(voice.say("🔕 Mute"), MUTE)
    shown_to = (
        change(voice.say("🌍 Make public"), MAKE_PUBLIC)
        if source.private
        else change(voice.say("🔒 Make private"), MAKE_PRIVATE)
    )
    return [
        [*([pause] if owned else []), *([rename] if owned else [])],
        [mute, change(voice.say("✖ Remove"), REMOVE)],
        [shown_to] if operating else [],
    ]


def ask_name(source: Source, link: str, voice: Voice, *, person: User | None = None) -> Message:
    """Returns the question how a source should be called. The link says which source a reply is about.

    In a group, the question is for `person`, who is named in it: only that person's client opens a reply.
    """
    name = f'<a href="{escape(link)}">{source_name(source)}</a>'
    text = voice.say("What should {name} be called? Type its new name.", name=name)
    placeholder = voice.say("New name")
    if person is None:
        return Message(text, reply_keyboard=ForceReply(input_field_placeholder=placeholder))
    named = f'<a href="tg://user?id={person.id}">{isolated_name(person.first_name)}</a>'
    reply = ForceReply(selective=True, input_field_placeholder=placeholder)
    return Message(f"{named}\n{text}", reply_keyboard=reply)


def ask_address(chat: Chat, link: str, voice: Voice) -> Message:
    """Returns the question for an address. The link says which chat a reply is about."""
    name = f'<a href="{escape(link)}">{isolated_name(chat.title or str(chat.chat_id))}</a>'
    text = voice.say("Which source should {name} get? Type the address of a website or of its feed.", name=name)
    return Message(text, reply_keyboard=ForceReply(input_field_placeholder="https://"))


def no_name(voice: Voice) -> Message:
    return Message(voice.say("Please type a name with at least one letter."))


def not_yours(voice: Voice) -> str:
    """Returns the answer to a button that the person may not use, or not any more."""
    return voice.say("You can't change this source any more.")
