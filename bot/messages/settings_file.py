"""A file of settings that a person sent: what it would change, and what it has changed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.locale import NAMES, Voice
from bot.messages.actions import KeepSettings, ReplaceSettings
from bot.messages.buttons import PRIMARY, button, keyboard
from bot.messages.delivery_times import timetable_text
from bot.messages.following import sources_text
from bot.messages.look import preview_text
from bot.messages.message import Message, isolated_name
from bot.messages.reading import reading_text
from bot.messages.times import chat_time
from bot.text.html import escape, isolate
from bot.timetable import find_time_zone
from storage.records import Chat, ChatKind, ChatSettings, OpensAs, SubjectKind, UnknownNames


def offer(
    before: ChatSettings, after: ChatSettings, chat: Chat, voice: Voice, now: datetime, *, left_out: int, target: int
) -> Message:
    """Returns what a file would change, and the question whether it should. `left_out`: what has no room here."""
    changes = _changes(before, after, chat, voice, now)
    name = f"<b>{isolated_name(chat.title or str(chat.chat_id))}</b>\n\n" if target else ""
    if not changes:
        return Message(name + voice.say("These settings are already in use here."))
    notes = [_left_out_text(left_out, voice)] if left_out else []
    asked = voice.say("Replace the settings here with those in the file? This would change:")
    lines = "\n".join(f"• {change}" for change in changes)
    return Message(
        name + "\n\n".join([asked, lines, *notes]),
        keyboard(
            [
                button(voice.say("✅ Replace"), ReplaceSettings(target), style=PRIMARY),
                button(voice.say("✖ Cancel"), KeepSettings()),
            ]
        ),
    )


def _left_out_text(left_out: int, voice: Voice) -> str:
    return voice.plural(
        "{n} follow or mute of the file has no room here and is left out.",
        "{n} follows and mutes of the file have no room here and are left out.",
        left_out,
    )


def replaced(unknown: UnknownNames, voice: Voice) -> str:
    """Returns what is said after the settings were replaced (HTML)."""
    missing = [
        *([voice.plural("{n} source", "{n} sources", unknown.sources)] if unknown.sources else []),
        *([voice.plural("{n} story", "{n} stories", unknown.stories)] if unknown.stories else []),
        *([voice.plural("{n} saved article", "{n} saved articles", unknown.saved)] if unknown.saved else []),
    ]
    parts = [voice.say("✅ The settings were replaced.")]
    if missing:
        parts.append(voice.say("Left out, because I don't have them: {names}.", names=voice.join_names(missing)))
    if unknown.sources:
        parts.append(voice.say("Send the list of sources (OPML), and then this file again, to follow them too."))
    return " ".join(parts)


def kept(voice: Voice) -> Message:
    return Message(voice.say("The settings stay as they are."))


def problem(kind: str, key: str, voice: Voice) -> str:
    """Returns why a file was not taken (HTML). `kind` is the value of a `LineProblem`, `key` what it is about."""
    shown = isolate(f"<code>{escape(key[:60])}</code>")
    match kind:
        case "unknown_key":
            reason = voice.say(
                "I don't know the setting {key} in this file. The file may come from a newer Newsbot, or from another"
                " program.",
                key=shown,
            )
        case "bad_value":
            reason = voice.say("The value of {key} in this file is not one that I can use.", key=shown)
        case "several":
            reason = voice.say("This file has the settings of several chats. I take a file with those of one.")
        case "not_a_chat":
            reason = voice.say("This is not a settings file of a Newsbot. /export makes one.")
        case _:
            reason = voice.say("This file is damaged, or it is not a settings file. /export makes one.")
    return f"{reason} {voice.say('Nothing was changed.')}"


# What changes


def _changes(before: ChatSettings, after: ChatSettings, chat: Chat, voice: Voice, now: datetime) -> list[str]:
    """Returns a line (HTML) for each thing that changes, as it will be."""

    def what_it_gets(one: ChatSettings) -> str:
        if not one.subscribed:
            return voice.say("You get no alerts.")
        if _has_everything(one):
            return voice.say("You get all news except what you mute.")
        return voice.say("You get only what you follow.")

    def times(one: ChatSettings) -> str:
        return timetable_text(replace(chat, timetable=one.timetable, timezone=one.timezone), voice, now)

    def snooze(one: ChatSettings) -> str:
        if one.snoozed_until is None or one.snoozed_until <= now:
            return voice.say("Alerts are not paused.")
        when = chat_time(one.snoozed_until, Voice(voice.language, find_time_zone(one.timezone)))
        return voice.say("😴 No alerts until {when}.", when=when)

    shown: list[Callable[[ChatSettings], str]] = [
        what_it_gets,
        lambda one: sources_text(one.least_sources, voice) if one.least_sources > 1 else voice.say("From any source"),
        times,
        snooze,
        lambda one: voice.labelled(voice.say("Language"), isolated_name(NAMES.get(one.language, one.language))),
        lambda one: voice.labelled(voice.say("Time zone"), isolated_name(voice.city(one.timezone))),
        lambda one: voice.labelled(voice.say("News in"), reading_text(one.reading, voice)),
        lambda one: voice.labelled(
            voice.say("Alerts"), voice.say("without sound") if one.silent else voice.say("with sound")
        ),
        lambda one: (
            voice.say("Articles open as pages.")
            if one.opens_as is OpensAs.PAGE
            else voice.say("Articles open as text.")
        ),
        lambda one: preview_text(one.preview, voice),
        lambda one: (
            voice.say("The weekly digest lists saved articles.")
            if one.timetable.with_saved
            else voice.say("The weekly digest does not list saved articles.")
        ),
        lambda one: (
            voice.say("Only the person who asks sees the answer.")
            if one.private_answers and chat.kind is ChatKind.GROUP
            else voice.say("Everybody sees the answers.")
        ),
        lambda one: (
            voice.say("The buttons below the text field stay hidden.")
            if one.keyboard_hidden and chat.kind is ChatKind.PRIVATE
            else voice.say("The buttons below the text field come with /start.")
        ),
    ]
    lists = [_list_change(before, after, voice, muted=False), _list_change(before, after, voice, muted=True)]
    others = [line(after) for line in shown if line(after) != line(before)]
    if before.timetable != after.timetable and times(before) == times(after):
        others.append(voice.say("Details of delivery that are not in use now."))
    return [*filter(None, [*lists, _saved_change(before, after, voice)]), *others]


def _has_everything(settings: ChatSettings) -> bool:
    if settings.everything is not None:
        return settings.everything
    return not settings.categories and all(one.muted for one in settings.follows)


def _list_change(before: ChatSettings, after: ChatSettings, voice: Voice, *, muted: bool) -> str:
    old, new = _chosen(before, muted=muted), _chosen(after, muted=muted)
    if old == new:
        return ""
    numbers = {
        "count": voice.number(len(new)),
        "new": voice.number(len(new - old)),
        "ended": voice.number(len(old - new)),
    }
    return (
        voice.say("Muted: {count} (new: {new}, ended: {ended})", **numbers)
        if muted
        else voice.say("Followed: {count} (new: {new}, ended: {ended})", **numbers)
    )


def _chosen(settings: ChatSettings, *, muted: bool) -> set[tuple[object, ...]]:
    names = settings.muted if muted else settings.categories
    found: set[tuple[object, ...]] = {(SubjectKind.CATEGORY, name.normalized, None, 1) for name in names}
    for one in settings.follows:
        if one.muted == muted:
            named = one.value if one.kind in (SubjectKind.STORY, SubjectKind.SOURCE) else one.key
            found.add((one.kind, named, one.until, one.least_sources))
    return found


def _saved_change(before: ChatSettings, after: ChatSettings, voice: Voice) -> str:
    new = {one.url for one in after.saved} - {one.url for one in before.saved}
    return voice.say("Saved articles that are added: {n}", n=voice.number(len(new))) if new else ""
