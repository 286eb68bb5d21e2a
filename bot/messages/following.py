"""What a chat follows and mutes: one subject with what it brings, and the list of all."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from telegram import ForceReply, InlineKeyboardButton

from bot.locale import Voice
from bot.messages import times
from bot.messages.actions import (
    CHOSEN,
    AskToFollow,
    EndFollow,
    FollowMeant,
    RunTyped,
    Screen,
    SetFollow,
    SetLeastSources,
    SetScope,
    ShowFollow,
    SwapTitles,
)
from bot.messages.buttons import (
    button,
    button_label,
    button_rows,
    choice_mark,
    keyboard,
    last_page,
    paging_row,
    slice_page,
)
from bot.messages.delivery_times import back_to_options, back_to_settings
from bot.messages.headlines import headline_lines, listed, shorten
from bot.messages.lists import quote_typed
from bot.messages.message import Message, isolated_command, isolated_name
from bot.text.html import escape, isolate, truncate
from storage.records import Chat, Follow, Headline, Subject, SubjectKind, Subscription

WHOLE, FIRST, REST = 5, 4, 5  # subjects on the only page of the list, on the first of several, on each later one
COUNTED: Final = timedelta(days=7)  # time in which a subject's articles are counted
LEAST_SOURCES: Final = (2, 3, 5)
MUTED_DAYS: Final = (1, 7, 30)
LONGEST_NAME: Final = 120
MARKS: Final = {
    SubjectKind.CATEGORY: "📂",
    SubjectKind.SOURCE: "📰",
    SubjectKind.AUTHOR: "✍️",
    SubjectKind.WORDS: "🔎",
    SubjectKind.STORY: "🧵",
}


def subject_name(subject: Subject) -> str:
    """Returns the name of a subject for use within a sentence (HTML)."""
    return isolated_name(shorten(subject.name or "…", LONGEST_NAME))


def subject_text(subject: Subject, voice: Voice) -> str:
    """Returns the kind and the name of a subject (HTML)."""
    name = subject_name(subject)
    match subject.kind:
        case SubjectKind.CATEGORY:
            return voice.say("the category {name}", name=name)
        case SubjectKind.SOURCE:
            return voice.say("the source {name}", name=name)
        case SubjectKind.AUTHOR:
            return voice.say("the author {name}", name=name)
        case SubjectKind.STORY:
            return voice.say('the story "{name}"', name=name)
        case SubjectKind.WORDS if subject.query is not None and subject.query.only_titles:
            return voice.say("words in titles, in any form: {name}", name=name)
        case SubjectKind.WORDS:
            return voice.say("words, in any form: {name}", name=name)


def state_text(follow: Follow | None, subject: Subject, voice: Voice) -> str:
    """Returns whether a subject is followed or muted, and until when (HTML)."""
    named = subject_text(subject, voice)
    if follow is None:
        return voice.say("Neither followed nor muted: {name}.", name=named)
    if subject.kind is SubjectKind.STORY and not follow.muted:
        return voice.say("✅ Followed until 7 days after its last article: {name}.", name=named)
    if follow.until is not None:
        until = times.date_and_time(follow.until, voice)
        if follow.muted:
            return voice.say("🔕 Muted until {time}: {name}.", time=until, name=named)
        return voice.say("✅ Followed until {time}: {name}.", time=until, name=named)
    if follow.muted:
        return voice.say("🔕 Muted: {name}.", name=named)
    return voice.say("✅ Followed: {name}.", name=named)


def follow_card(
    subject: Subject,
    follow: Follow | None,
    recent: tuple[int, Sequence[Headline]],
    subscription: Subscription,
    voice: Voice,
    now: datetime,
    *,
    asked: ShowFollow,
    undo: Sequence[InlineKeyboardButton] = (),
    meant: tuple[Subject, FollowMeant] | None = None,
) -> Message:
    """Returns whether a subject is followed, what it brought in the last 7 days, and buttons that change it.

    `meant` is offered instead of words: the subject whose name was probably misspelt.
    """
    count, newest = recent
    muted = follow is not None and follow.muted
    above = [
        state_text(follow, subject, voice),
        voice.say("Did you mean {name}?", name=subject_text(meant[0], voice)) if meant else "",
        *_notes(follow, subscription, voice, elsewhere=bool(asked.target)),
        _recent_text(count, voice, muted=muted),
    ]
    text = listed("\n\n".join(part for part in above if part), headline_lines(enumerate(newest, 1), voice, now))
    back = [button(voice.say("↩ Back"), Screen("following", asked.target, asked.page - 1))] if asked.page else []
    return Message(
        truncate(text),
        keyboard(
            _meant_button(meant),
            *_card_buttons(subject, follow, voice, asked, is_sure=meant is None),
            [] if asked.page else _only_chosen(follow, subscription, voice, asked.target),
            [*undo, *back],
        ),
    )


def _notes(follow: Follow | None, subscription: Subscription, voice: Voice, *, elsewhere: bool) -> list[str]:
    notes = []
    if follow is not None and follow.least_sources > 1:
        least = follow.least_sources
        notes.append(voice.plural("Only once {n} source reports it.", "Only once {n} sources report it.", least))
    if subscription.stopped and elsewhere:
        notes.append(voice.say("The alerts there are off. “Categories” brings them back."))
    elif subscription.stopped:
        notes.append(voice.say("Your alerts are off. /subscribe brings them back."))
    elif follow is not None and not follow.muted and subscription.everything:
        notes.append(voice.say("You get all news anyway."))
    return notes


def _only_chosen(
    follow: Follow | None, subscription: Subscription, voice: Voice, target: int
) -> list[InlineKeyboardButton]:
    """Returns the switch to chosen news, where a follow changes nothing because the chat gets all news."""
    if follow is None or follow.muted or not subscription.everything or subscription.stopped:
        return []
    return [button(f"▫️ {voice.say('Only what I choose')}", SetScope(CHOSEN, target))]


def _recent_text(count: int, voice: Voice, *, muted: bool) -> str:
    if not count:
        if muted:
            return voice.say("In the last 7 days this would have hidden nothing.")
        return voice.say("In the last 7 days this would have brought nothing.")
    if muted:
        return voice.plural(
            "In the last 7 days this would have hidden {n} article:",
            "In the last 7 days this would have hidden {n} articles. The newest:",
            count,
        )
    return voice.plural(
        "In the last 7 days this would have brought {n} article:",
        "In the last 7 days this would have brought {n} articles. The newest:",
        count,
    )


def _meant_button(meant: tuple[Subject, FollowMeant] | None) -> list[InlineKeyboardButton]:
    if meant is None:
        return []
    subject, action = meant
    return [button(f"{MARKS[subject.kind]} {button_label(subject.name or '…')}", action)]


def _card_buttons(
    subject: Subject, follow: Follow | None, voice: Voice, asked: ShowFollow, *, is_sure: bool
) -> list[list[InlineKeyboardButton]]:
    def setting(muted: int, days: int = 0, least: int = 1) -> SetFollow:
        return SetFollow(subject.id, muted, days, least, asked.page, asked.target)

    if follow is None:
        return [[button(voice.say("➕ Follow"), setting(0)), button(voice.say("🔕 Mute"), setting(1))]]
    ending = EndFollow(subject.id, asked.page, asked.target)
    if follow.muted:
        ends = [button(days_text(days, voice), setting(1, days)) for days in MUTED_DAYS]
        forever = [] if follow.until is None else [button(voice.say("For good"), setting(1))]
        return [
            [*ends, *forever],
            [button(voice.say("➕ Follow instead"), setting(0)), button(voice.say("✖ Unmute"), ending)],
        ]
    titles = (
        [
            button(
                f"{choice_mark(subject.query.only_titles)} {voice.say('Only in titles')}",
                SwapTitles(subject.id, asked.page, asked.target),
            )
        ]
        if subject.query is not None and is_sure
        else []
    )
    least = [
        button(
            f"{choice_mark(follow.least_sources == least)} {sources_text(least, voice)}",
            setting(0, least=1 if follow.least_sources == least else least),
        )
        for least in LEAST_SOURCES
    ]
    narrowing = [*titles, *([] if subject.kind is SubjectKind.STORY else least)]
    return [
        *button_rows(narrowing, 2),  # a phone cuts these labels short in a third of its width
        [button(voice.say("🔕 Mute instead"), setting(1)), button(voice.say("✖ Unfollow"), ending)],
    ]


def days_text(days: int, voice: Voice) -> str:
    return voice.plural("{n} day", "{n} days", days)


def sources_text(least: int, voice: Voice) -> str:
    return voice.plural("From {n} source", "From {n} sources", least)


def following_list(
    follows: Sequence[Follow],
    subscription: Subscription,
    voice: Voice,
    *,
    page: int = 0,
    target: Chat | None = None,
    adding: AskToFollow | None = None,
) -> Message:
    """Returns a page of what a chat follows and mutes. `target` is the chat, if it is changed from another chat.

    `adding` asks what else the chat should follow.
    """
    number = target.id if target else 0
    about = [f"<b>{isolated_name(target.title or str(target.chat_id))}</b>"] if target else []
    back = [back_to_settings(voice, number)]
    add = [button(voice.say("➕ Follow something"), adding)] if adding is not None else []
    add.append(button(voice.say("📡 Sources"), Screen("sources", number)))
    if not follows:
        if target is not None:
            text = voice.say("Nothing is followed there yet.")
            return Message("\n\n".join([*about, text]), keyboard(add, back))
        text = voice.say(
            "You follow nothing yet. To follow words, a category, a source or an author, send for example {example}."
            " /mute leaves something out.",
            example=isolated_command(f"/follow {voice.say('harbour council')}"),
        )
        return Message("\n\n".join([*about, text]), keyboard(add, back))
    page = min(page, last_page(len(follows), whole=WHOLE, first=FIRST, rest=REST))
    part, before, after = slice_page(len(follows), page, whole=WHOLE, first=FIRST, rest=REST)
    shown = list(enumerate(follows, 1))[part]
    lines = [_line(number, follow, voice) for number, follow in shown]
    heading = f"<b>{voice.say('What you follow and mute')}</b>"
    hint = voice.say("Tap a number to change it.")
    general = voice.say("You get all news except what you mute.") if subscription.everything else ""
    numbers = [
        button(voice.number(place), ShowFollow(follow.subject.id, page + 1, number)) for place, follow in shown
    ]
    paging = paging_row(voice, before, after, lambda step: Screen("following", number, page + step))
    text = "\n\n".join(part for part in [*about, heading, general, "\n".join(lines), hint] if part)
    return Message(truncate(text), keyboard(numbers, paging, [] if before else add, back))


def _line(number: int, follow: Follow, voice: Voice) -> str:
    subject = follow.subject
    state = "🔕" if follow.muted else "✅"
    parts = [
        f"{voice.number(number)}. {state} {MARKS[subject.kind]} {isolated_name(shorten(subject.name or '…', 60))}"
    ]
    if subject.query is not None and subject.query.only_titles:
        parts.append(voice.say("in titles"))
    if follow.least_sources > 1:
        parts.append(sources_text(follow.least_sources, voice))
    if follow.until is not None:
        parts.append(voice.say("until {time}", time=times.day(follow.until, voice)))
    return times.aligned(" · ".join(parts), voice)


def ask_what(chat: Chat, link: str, voice: Voice) -> Message:
    """Returns the question what a chat should follow. The link says which chat a reply is about."""
    name = f'<a href="{escape(link)}">{isolated_name(chat.title or str(chat.chat_id))}</a>'
    text = voice.say("What should {name} follow? Type words, or a category, a source or an author.", name=name)
    placeholder = voice.say("Words, a category, a source or an author")
    return Message(text, reply_keyboard=ForceReply(input_field_placeholder=placeholder))


# Answers to what can't be followed


def what_to_follow(voice: Voice, *, muting: bool) -> Message:
    if muting:
        text = voice.say(
            "What should I leave out? Words, a category, a source or an author, for good or for some days: {example}",
            example=isolated_command(f"/mute {voice.say('football 7d')}"),
        )
    else:
        text = voice.say(
            "What would you like to follow? Words, a category, a source or an author: {example}",
            example=isolated_command(f"/follow {voice.say('harbour council')}"),
        )
    return Message(text)


def about_all_news(command: str, offer: RunTyped, voice: Voice, *, muting: bool) -> Message:
    """Returns the answer to /follow and /mute of everything: which command does that, and a button for it."""
    text = (
        voice.say("To turn off all alerts, use /stop.") if muting else voice.say("To get all news, use /subscribe.")
    )
    return Message(text, keyboard([button(command, offer)]))


def too_common(typed: str, voice: Voice) -> Message:
    text = voice.say(
        '"{words}" is in nearly every article. Add a word that says what you are looking for.',
        words=quote_typed(typed),
    )
    return Message(text)


def no_words(voice: Voice) -> Message:
    """Returns the answer to words that are all left out. Its example has no command: it may be about muting, or about
    another chat.
    """
    example = isolate(f"<code>{escape(voice.say('harbour -sport'))}</code>")
    return Message(voice.say("Please add a word to look for: {example}", example=example))


def too_many_words(most: int, voice: Voice) -> Message:
    text = voice.plural(
        "That is too long to follow. Send {n} word at most.",
        "That is too long to follow. Send {n} words at most.",
        most,
    )
    return Message(text)


def unknown_in_query(text: str, near: Sequence[tuple[str, RunTyped]]) -> Message:
    """Returns the answer to an unknown category or source in a query. `near` are labels and commands to offer."""
    return Message(text, keyboard(*[[button(button_label(label), offer)] for label, offer in near]))


def quota_reached(most: int, voice: Voice) -> str:
    """Returns the answer to one follow too many (HTML)."""
    if not most:
        return voice.say("Following is switched off in this bot.")
    text = voice.plural(
        "You follow and mute {n} thing, which is the most.",
        "You follow and mute {n} things, which is the most.",
        most,
    )
    return f"{text} {voice.say('End some in /following first.')}"


def not_followed(typed: str, voice: Voice) -> Message:
    text = voice.say('You neither follow nor mute "{name}". /following shows what you do.', name=quote_typed(typed))
    return Message(text, keyboard([button(voice.say("📋 What I follow"), Screen("following"))]))


def gone(voice: Voice) -> Message:
    """Returns what replaces the card of a subject that does not exist any more."""
    return Message(voice.say("This no longer exists. /following shows what you follow."))


def offer_to_end(subject: Subject, voice: Voice) -> Message:
    """Returns the question whether to end a follow that found nothing for a month."""
    text = voice.say(
        "Nothing was published in the last month about what you follow: {name}. Keep it?",
        name=subject_text(replace(subject), voice),
    )
    return Message(text, keyboard([button(voice.say("✖ Unfollow"), EndFollow(subject.id))]))


def least_sources_screen(chat: Chat, voice: Voice, target: int) -> Message:
    """Returns the choice of how many sources must report a story."""
    choices = [
        button(f"{choice_mark(chat.least_sources == 1)} {voice.say('Everything')}", SetLeastSources(1, target)),
        *(
            button(
                f"{choice_mark(chat.least_sources == least)} {sources_text(least, voice)}",
                SetLeastSources(least, target),
            )
            for least in LEAST_SOURCES
        ),
    ]
    text = voice.say(
        "To get fewer alerts, choose how many sources must report a story before you get it. It comes as soon as the"
        " last of them reports it."
    )
    return Message(
        f"<b>{voice.say('Big stories only')}</b>\n\n{text}",
        keyboard(choices[:2], choices[2:], [back_to_options(voice, target)]),
    )
