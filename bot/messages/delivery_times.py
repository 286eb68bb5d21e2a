"""Screens for the timetable of a chat: alerts or digests, quiet hours, breaking news."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time
from typing import Final

from telegram import InlineKeyboardButton

from bot.locale import Voice
from bot.messages import times
from bot.messages.actions import (
    Action,
    Screen,
    SetBreaking,
    SetDigestHour,
    SetDigestWeekday,
    SetMostADay,
    SetQuiet,
    SetRhythm,
    SetSilent,
    SetWithSaved,
)
from bot.messages.buttons import button, button_rows, choice_mark, keyboard
from bot.messages.message import Message, isolated_name
from bot.timetable import find_time_zone, next_digest
from storage.records import Chat, ChatKind, Rhythm, Timetable

HOURS: Final = range(24)
HOURS_ON_PAGE: Final = 6
HOURS_IN_ROW: Final = 3
USUAL_BEGIN, USUAL_END = 22, 7  # quiet hours that are begun from where only one of both is chosen
WEEKDAYS: Final = range(7)
WEEKDAYS_IN_ROW: Final = 2
DAILY_LIMITS: Final = (3, 5, 10, 20)  # alerts in a day that are offered
EVENING_FROM: Final = 15  # hour from which on the rest of a day may arrive without asking
EVENING: Final = 20  # hour at which it arrives if the hour of the chat is earlier
USUAL: Final = ((22, 7), (23, 8), (0, 6))  # suggested quiet hours

TimetableChoice = SetRhythm | SetDigestHour | SetDigestWeekday | SetQuiet | SetBreaking | SetMostADay | SetWithSaved


def apply_choice(timetable: Timetable, choice: TimetableChoice) -> Timetable:
    """Returns the timetable with this choice. A choice with an invalid value changes nothing."""
    match choice:
        case SetRhythm(rhythm=rhythm) if rhythm in list(Rhythm):
            return replace(timetable, rhythm=Rhythm(rhythm))
        case SetDigestHour(hour=hour) if hour in HOURS:
            return replace(timetable, hour=hour)
        case SetDigestWeekday(weekday=weekday) if weekday in WEEKDAYS:
            return replace(timetable, weekday=weekday)
        case SetQuiet(begin=begin, end=end) if begin in HOURS and end in HOURS:
            return replace(timetable, quiet=(begin, end) if begin != end else None)
        case SetBreaking(on=on):
            return replace(timetable, breaking=bool(on))
        case SetMostADay(most=most) if most in (0, *DAILY_LIMITS):
            evening = timetable.hour if timetable.hour >= EVENING_FROM else EVENING
            return replace(timetable, most_a_day=most, hour=evening) if most else replace(timetable, most_a_day=None)
        case SetWithSaved(on=on):
            return replace(timetable, with_saved=bool(on))
        case _:
            return timetable


def timetable_text(chat: Chat, voice: Voice, now: datetime) -> str:
    """Returns the timetable of a chat as sentences (HTML)."""
    timetable = chat.timetable
    sentences = [_rhythm_text(timetable, voice)]
    zone = find_time_zone(chat.timezone)
    following = next_digest(timetable, zone, now)
    if following is not None:
        # In the time zone of the chat, which may differ from that of the reader.
        sentences.append(voice.say("Next: {when}.", when=times.chat_time(following, Voice(voice.language, zone))))
    if _has_limit(timetable):
        sentences.append(
            voice.plural(
                "You get at most {n} alert a day; the rest arrives as one message at {hour}.",
                "You get at most {n} alerts a day; the rest arrives as one message at {hour}.",
                timetable.most_a_day or 0,
                hour=_clock(timetable.hour, voice),
            )
        )
    if timetable.quiet is not None:
        begin, end = timetable.quiet
        begins, ends = _clock(begin, voice), _clock(end, voice)
        sentences.append(voice.say("Quiet hours are from {begin} to {end}.", begin=begins, end=ends))
    if _can_hold_back(timetable):
        sentences.append(
            voice.say("Breaking news still arrives immediately.")
            if timetable.breaking
            else voice.say("Breaking news waits too.")
        )
    return " ".join(sentences)


def _rhythm_text(timetable: Timetable, voice: Voice) -> str:
    hour = _clock(timetable.hour, voice)
    match timetable.rhythm:
        case Rhythm.ALERTS:
            return voice.say("You get each article as soon as it is published.")
        case Rhythm.HOURLY:
            return voice.say("You get a digest every hour.")
        case Rhythm.DAILY:
            return voice.say("You get a digest every day at {hour}.", hour=hour)
        case Rhythm.WEEKLY:
            return voice.say(
                "You get a digest every {weekday} at {hour}.",
                weekday=voice.every_weekday(timetable.weekday),
                hour=hour,
            )


def delivery_times_screen(chat: Chat, voice: Voice, target: int, now: datetime) -> Message:
    """Returns the choice between alerts and digests, with its details and a button to the quiet hours."""
    timetable = chat.timetable
    rhythms = {
        Rhythm.ALERTS: voice.say("Every article"),
        Rhythm.HOURLY: voice.say("Hourly digest"),
        Rhythm.DAILY: voice.say("Daily digest"),
        Rhythm.WEEKLY: voice.say("Weekly digest"),
    }
    choices = [
        _choice_button(shown, SetRhythm(rhythm, target), rhythm is timetable.rhythm)
        for rhythm, shown in rhythms.items()
    ]
    weekly = timetable.rhythm is Rhythm.WEEKLY
    hour = _clock(timetable.hour, voice)
    details = (
        # The hour is asked after the day.
        [button(f"📅 {voice.capitalised(voice.weekday(timetable.weekday))} · {hour}", Screen("weekday", target))]
        if weekly
        else [button(f"🕗 {hour}", hour_page("hour", target, timetable.hour))]
        if timetable.rhythm is Rhythm.DAILY or _has_limit(timetable)
        else []
    )
    rows = [
        *button_rows(choices, 2),
        details,
        [
            button(voice.say("🌙 Quiet hours"), Screen("quiet", target)),
            button(voice.say("🎚 More options"), Screen("options", target)),
        ],
        [back_to_settings(voice, target)],
    ]
    return _screen(chat, voice, target, voice.say("Delivery"), timetable_text(chat, voice, now), rows)


def options_screen(chat: Chat, voice: Voice, target: int, now: datetime) -> Message:
    """Returns the rarer choices of the delivery."""
    timetable = chat.timetable
    breaking = _choice_button(
        voice.say("Breaking news immediately"), SetBreaking(int(not timetable.breaking), target), timetable.breaking
    )
    with_saved = _choice_button(
        voice.say("With what was saved"), SetWithSaved(int(not timetable.with_saved), target), timetable.with_saved
    )
    limited = timetable.rhythm is Rhythm.ALERTS
    sound = button(
        voice.say("🔔 With sound") if chat.silent else voice.say("🔕 Without sound"),
        SetSilent(int(not chat.silent), target),
    )
    rows = [
        [
            button(voice.say("🗞 Big stories only"), Screen("least", target)),
            *([button(voice.say("🔢 Daily limit"), Screen("most", target))] if limited else []),
        ],
        [
            button(voice.say("😴 Pause alerts"), Screen("snooze", target)),
            *(
                [button(voice.say("🙈 Private answers"), Screen("answers", target))]
                if chat.kind is ChatKind.GROUP
                else []
            ),
        ],
        [sound],
        [breaking] if _can_hold_back(timetable) else [],
        [with_saved] if timetable.rhythm is Rhythm.WEEKLY else [],
        [_back_to_times(voice, target)],
    ]
    return _screen(chat, voice, target, voice.say("More options"), timetable_text(chat, voice, now), rows)


def daily_limit_screen(chat: Chat, voice: Voice, target: int) -> Message:
    most = chat.timetable.most_a_day
    limits = [
        _choice_button(voice.plural("{n} alert", "{n} alerts", limit), SetMostADay(limit, target), limit == most)
        for limit in DAILY_LIMITS
    ]
    rows = [
        [_choice_button(voice.say("No limit"), SetMostADay(0, target), most is None)],
        *button_rows(limits, 2),
        [back_to_options(voice, target)],
    ]
    text = voice.say("How many alerts a day? The rest arrives as one message in the evening.")
    return _screen(chat, voice, target, voice.say("Daily limit"), text, rows)


def digest_hour_screen(chat: Chat, voice: Voice, target: int, page: int) -> Message:
    rows = _hour_rows(
        Screen("hour", target, page), voice, lambda hour: SetDigestHour(hour, target), chosen=chat.timetable.hour
    )
    asked = voice.say("What time should the digest arrive?")
    return _screen(chat, voice, target, voice.say("Delivery"), asked, [*rows, [_back_to_times(voice, target)]])


def digest_weekday_screen(chat: Chat, voice: Voice, target: int) -> Message:
    days = [
        _choice_button(
            voice.capitalised(voice.weekday(day)), SetDigestWeekday(day, target), day == chat.timetable.weekday
        )
        for day in Voice(voice.language, find_time_zone(chat.timezone)).weekdays()
    ]
    asked = voice.say("What day should the digest arrive?")
    rows = [*button_rows(days, WEEKDAYS_IN_ROW), [_back_to_times(voice, target)]]
    return _screen(chat, voice, target, voice.say("Delivery"), asked, rows)


def quiet_hours_screen(chat: Chat, voice: Voice, target: int, now: datetime) -> Message:
    """Returns the choice of suggested quiet hours, none, or other hours."""
    quiet = chat.timetable.quiet
    begin, end = quiet or (USUAL_BEGIN, USUAL_END)
    offered = [*USUAL, *([quiet] if quiet is not None and quiet not in USUAL else [])]
    rows = [
        [_choice_button(voice.say("No quiet hours"), SetQuiet(0, 0, target), quiet is None)],
        *button_rows(
            [
                _choice_button(_hours_range(window, voice), SetQuiet(*window, target), window == quiet)
                for window in offered
            ],
            2,
        ),
        [
            button(voice.say("✏️ From {hour}", hour=_clock(begin, voice)), hour_page("quiet_from", target, begin)),
            button(voice.say("✏️ Until {hour}", hour=_clock(end, voice)), hour_page("quiet_to", target, end)),
        ],
        [_back_to_times(voice, target)],
    ]
    text = voice.say("Alerts wait during quiet hours and arrive when they end; if there are many, as one message.")
    present = [timetable_text(chat, voice, now)] if quiet is not None else []
    return _screen(chat, voice, target, voice.say("Quiet hours"), "\n\n".join([*present, text]), rows)


def quiet_begin_screen(chat: Chat, voice: Voice, target: int, page: int) -> Message:
    begin, end = chat.timetable.quiet or (None, USUAL_END)
    rows = _hour_rows(
        Screen("quiet_from", target, page),
        voice,
        lambda hour: SetQuiet(hour, end, target),
        chosen=begin,
        without=end,
    )
    asked = voice.say("When should quiet hours start?")
    return _screen(chat, voice, target, voice.say("Quiet hours"), asked, [*rows, [_back_to_quiet(voice, target)]])


def quiet_end_screen(chat: Chat, voice: Voice, target: int, page: int) -> Message:
    begin, end = chat.timetable.quiet or (USUAL_BEGIN, None)
    rows = _hour_rows(
        Screen("quiet_to", target, page),
        voice,
        lambda hour: SetQuiet(begin, hour, target),
        chosen=end,
        without=begin,
    )
    asked = voice.say("And when should they end? (from {begin})", begin=_clock(begin, voice))
    return _screen(chat, voice, target, voice.say("Quiet hours"), asked, [*rows, [_back_to_quiet(voice, target)]])


def back_to_settings(voice: Voice, target: int) -> InlineKeyboardButton:
    return button(voice.say("↩ Back"), Screen("manage", target) if target else Screen("settings"))


def _back_to_times(voice: Voice, target: int) -> InlineKeyboardButton:
    return button(voice.say("↩ Back"), Screen("times", target))


def back_to_options(voice: Voice, target: int) -> InlineKeyboardButton:
    return button(voice.say("↩ Back"), Screen("options", target))


def _back_to_quiet(voice: Voice, target: int) -> InlineKeyboardButton:
    return button(voice.say("↩ Back"), Screen("quiet", target))


def _screen(
    chat: Chat, voice: Voice, target: int, heading: str, text: str, rows: list[list[InlineKeyboardButton]]
) -> Message:
    about = [f"<b>{isolated_name(chat.title or str(chat.chat_id))}</b>"] if target else []
    # Tells a new reader what the hours refer to.
    zone = voice.labelled(voice.say("Time zone"), isolated_name(voice.city(chat.timezone)))
    return Message("\n\n".join([*about, f"<b>{heading}</b>", text, zone]), keyboard(*rows))


def _has_limit(timetable: Timetable) -> bool:
    return timetable.rhythm is Rhythm.ALERTS and timetable.most_a_day is not None


def _can_hold_back(timetable: Timetable) -> bool:
    """Returns whether the timetable can delay articles, so that breaking news makes a difference."""
    return timetable.rhythm is not Rhythm.ALERTS or timetable.quiet is not None or timetable.most_a_day is not None


def _choice_button(shown: str, action: Action, chosen: bool) -> InlineKeyboardButton:
    return button(f"{choice_mark(chosen)} {shown}", action)


def hour_page(name: str, target: int, hour: int) -> Screen:
    """Returns the screen with this name at the page that shows the hour."""
    return Screen(name, target, hour // HOURS_ON_PAGE)


def _hour_rows(
    screen: Screen,
    voice: Voice,
    action: Callable[[int], Action],
    *,
    chosen: int | None = None,
    without: int | None = None,
) -> list[list[InlineKeyboardButton]]:
    """Returns the six hours of a part of the day, and a button to the next part. The chosen hour has a dot."""
    pages = len(HOURS) // HOURS_ON_PAGE
    page = screen.page % pages
    shown = HOURS[page * HOURS_ON_PAGE : (page + 1) * HOURS_ON_PAGE]
    buttons = [
        button(f"{_clock(hour, voice)} •" if hour == chosen else _clock(hour, voice), action(hour))
        for hour in shown
        if hour != without
    ]
    later = button(voice.say("Other hours »"), replace(screen, page=(page + 1) % pages))
    return [*button_rows(buttons, HOURS_IN_ROW), [later]]


def _hours_range(window: tuple[int, int], voice: Voice) -> str:
    return voice.say("{begin} to {end}", begin=_clock(window[0], voice), end=_clock(window[1], voice))


def _clock(hour: int, voice: Voice) -> str:
    return voice.clock(time(hour))
