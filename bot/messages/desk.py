"""The desk: a waiting article exactly as it will look, what an editor may do with it, and the list of all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from telegram import ForceReply, InlineKeyboardButton, User

from bot.locale import Voice
from bot.messages import times
from bot.messages.actions import OnDesk, ShowDesk
from bot.messages.actions.desk import (
    APPROVE,
    ASK_TIME,
    BREAKING,
    HOLD,
    KILL,
    RESTORE,
    SEND,
    SHOW,
    TYPE_TIME,
)
from bot.messages.alert import alert, needs_date
from bot.messages.buttons import DANGER, PRIMARY, button, button_rows, keyboard, number_rows
from bot.messages.headlines import shorten
from bot.messages.message import Message, isolated_name
from bot.text.html import escape, isolate
from storage.records import Article, ChatKind, DeskState, Lane, WaitingArticle

LISTED: Final = 5  # articles on a page of the list
LONGEST_NOTE: Final = 600  # UTF-16 units of a publisher's note
LONGEST_TITLE: Final = 120  # characters of a title in the list
SOON: Final = (timedelta(minutes=30), timedelta(hours=1), timedelta(hours=3))  # times that are offered
EVENING, MORNING = 18, 8  # hours that are offered
MINUTE: Final = timedelta(minutes=1)
EPOCH_MINUTE: Final = 60  # seconds


@dataclass(frozen=True, slots=True)
class Forecast:
    """How far an article would reach, and how fast."""

    chats: int
    time: timedelta | None  # to send it to all of them; None: it is not known
    in_quiet_hours: int = 0  # chats among these
    have_it: int = 0  # chats that have it already; they are not among `chats`
    is_estimate: bool = False


def article_of(waiting: WaitingArticle) -> Article:
    """Returns the article as readers will see it."""
    new = waiting.article
    return Article(
        id=waiting.article_id or 0,
        text=new.text.as_teaser() if waiting.teaser else new.text,
        category=waiting.category,
        source=waiting.source,
        source_id=new.source_id,
        published_at=new.published_at,
        published_on=new.published_on,
        revision=waiting.revision,
        stored_at=waiting.arrived_at,
        lane=waiting.lane,
    )


def card(
    waiting: WaitingArticle, forecast: Forecast | None, voice: Voice, *, now: datetime, listed: int = 0
) -> Message:
    """Returns an article of the desk with the buttons of an editor.

    `listed` is the place in the list from which it was opened, or 0.
    """
    shown = preview(article_of(waiting), voice, now=now)
    rows = [*_decision_rows(waiting, voice, now=now, listed=listed), *_back_row(voice, listed)]
    return Message(f"{shown.html}\n\n{_facts(waiting, forecast, voice, now)}", keyboard(*rows), shown.preview)


def preview(article: Article, voice: Voice, *, now: datetime, breaking: bool | None = None) -> Message:
    """Returns the alert of an article as a private chat will get it, without its buttons."""
    return replace(
        alert(
            article,
            voice,
            kind=ChatKind.PRIVATE,
            bot_username="",
            dated=needs_date(article, now),
            breaking=article.lane is Lane.BREAKING if breaking is None else breaking,
        ),
        buttons=None,
    )


def times_screen(waiting: WaitingArticle, voice: Voice, *, now: datetime, listed: int = 0) -> Message:
    """Returns the times to choose from, below the article."""
    shown = preview(article_of(waiting), voice, now=now)
    asked = voice.say("⏰ When should it go out? The times are those of {city}.", city=isolated_name(_city(voice)))
    offered = [
        button(_clock_label(moment, voice, now), _hold(waiting, moment, listed))
        for moment in offered_times(now, voice, not_before=waiting.embargo_until)
    ]
    typed = button(voice.say("✍️ Type a time"), _on_desk(TYPE_TIME, waiting, listed))
    back = button(voice.say("« Back"), _on_desk(SHOW, waiting, listed))
    rows = [*button_rows(offered, 3), [typed], [back]]
    return Message(f"{shown.html}\n\n{_quoted([asked])}", keyboard(*rows), shown.preview)


def offered_times(now: datetime, voice: Voice, *, not_before: datetime | None = None) -> list[datetime]:
    """Returns the times that are offered for an article, to the minute, in their order."""
    local = now.astimezone(voice.timezone).replace(second=0, microsecond=0)
    hours = [
        (local + timedelta(days=days)).replace(hour=hour, minute=0) for days in (0, 1) for hour in (MORNING, EVENING)
    ]
    found = {moment.astimezone(now.tzinfo) for moment in (*(local + soon for soon in SOON), *hours)}
    return sorted(one for one in found if one > now + MINUTE and (not_before is None or one >= not_before))[:6]


def ask_time(waiting: WaitingArticle, link: str, voice: Voice, *, person: User | None) -> Message:
    """Returns the question for a time. The link says which article a reply is about.

    In a group, the question is for `person`: only that person's client opens a reply.
    """
    name = f'<a href="{escape(link)}">{isolated_name(shorten(waiting.article.text.title, LONGEST_TITLE))}</a>'
    example = isolate("<code>18:30</code>")
    text = voice.say("When should {name} go out? Type a time, for example {example}.", name=name, example=example)
    named = f'<a href="tg://user?id={person.id}">{isolated_name(person.first_name)}</a>\n' if person else ""
    reply = ForceReply(selective=person is not None or None, input_field_placeholder="18:30")
    return Message(f"{named}{text}", reply_keyboard=reply)


def no_time(voice: Voice) -> Message:
    example = isolate("<code>18:30</code>")
    other = isolate("<code>2026-12-01 08:00</code>")
    return Message(
        voice.say(
            "I don't know that time, or it is past. Type for example {example}, or with the date {other}.",
            example=example,
            other=other,
        )
    )


def _scheduled_text(waiting: WaitingArticle, voice: Voice, now: datetime) -> str:
    """Returns when an article goes out by itself (HTML)."""
    assert waiting.due_at is not None
    if waiting.has_endless_embargo:
        return voice.say("⏰ It goes out when its publisher lifts the embargo.")
    return voice.say("⏰ It goes out by itself: {time}.", time=times.soon(waiting.due_at, voice, now))


def desk_list(
    waiting: Sequence[WaitingArticle],
    count: int,
    voice: Voice,
    *,
    after: int,
    before: int | None,
    most: int,
    now: datetime,
) -> Message:
    """Returns a page of the articles that wait. `count` is the number of all, counted up to `most`.

    `after` is the number above which the page begins, and `before` the one above which the page before it begins.
    """
    if not waiting:
        return Message(voice.say("🗞 Nothing waits on the desk."))
    heading = voice.plural("🗞 {n} article waits on the desk", "🗞 {n} articles wait on the desk", count)
    heading += "+" if count == most else ""
    lines = [_line(one, place, voice, now) for place, one in enumerate(waiting, 1)]
    opening = [
        button(voice.number(place), OnDesk(SHOW, one.id, one.revision, 0, after + 1))
        for place, one in enumerate(waiting, 1)
    ]
    newer = [button(voice.say("« Back"), ShowDesk(before))] if before is not None else []
    older = [button(voice.say("More »"), ShowDesk(waiting[-1].id))] if len(waiting) == LISTED else []
    return Message("\n\n".join([f"<b>{heading}</b>", *lines]), keyboard(*number_rows(opening), [*newer, *older]))


def summary_notice(count: int, voice: Voice) -> Message:
    """Returns the message about articles that wait without a message of their own."""
    text = voice.plural("🗞 {n} more article waits on the desk.", "🗞 {n} more articles wait on the desk.", count)
    return Message(text, keyboard([button(voice.say("🗞 Open the desk"), ShowDesk())]))


def gone(voice: Voice) -> Message:
    return Message(voice.say("This article is no longer on the desk."))


def forecast_text(forecast: Forecast, voice: Voice) -> str:
    """Returns how many chats an article goes to, and in what time (HTML)."""
    if not forecast.chats:
        return voice.say("No chat would get it now.")
    chats = voice.plural("{n} chat", "{n} chats", _rounded(forecast))
    if forecast.time is None:
        return voice.say("It goes to {chats}.", chats=chats)
    if forecast.time < MINUTE:
        return voice.say("It goes to {chats}, in less than a minute.", chats=chats)
    return voice.say("It goes to {chats}, in about {time}.", chats=chats, time=voice.duration(forecast.time))


def _rounded(forecast: Forecast) -> int:
    return round(forecast.chats, -2) if forecast.is_estimate and forecast.chats > 1_000 else forecast.chats


def _facts(waiting: WaitingArticle, forecast: Forecast | None, voice: Voice, now: datetime) -> str:
    lines = [f"<b>{_state(waiting, voice, now)}</b>"]
    if waiting.state is DeskState.WAITING:
        if waiting.embargo_until is not None:
            lines.append(_embargo(waiting, waiting.embargo_until, voice, now))
        if waiting.lane is None:
            lines.append(voice.say("It is only listed: no chat gets an alert."))
        elif forecast is not None:
            lines.append(forecast_text(forecast, voice))
    if note := waiting.article.editor_note:
        lines.append(voice.say("📝 For editors: {note}", note=isolated_name(shorten(note, LONGEST_NOTE))))
    return _quoted(lines)


def _embargo(waiting: WaitingArticle, until: datetime, voice: Voice, now: datetime) -> str:
    if waiting.has_endless_embargo:
        return voice.say("🔒 Embargo without an end: the publisher lifts it with another version.")
    return voice.say("🔒 Embargo until {time}.", time=times.soon(until, voice, now))


def _quoted(lines: Sequence[str]) -> str:
    shown = "\n".join(lines)
    return f"<blockquote>{shown}</blockquote>"


def _state(waiting: WaitingArticle, voice: Voice, now: datetime) -> str:
    """Returns what is to be done with an article, or who did what (HTML)."""
    who = isolated_name(waiting.decided_by)
    when = times.soon(waiting.decided_at, voice, now) if waiting.decided_at is not None else ""
    match waiting.state:
        case DeskState.PUBLISHED if waiting.decided_by:
            return voice.say("✅ Approved by {name}: {time}", name=who, time=when)
        case DeskState.PUBLISHED:
            return voice.say("✅ It went out when its embargo ended: {time}", time=when)
        case DeskState.KILLED if not waiting.decided_by:
            return voice.say("🗑 It waited too long, and was not published.")
        case DeskState.KILLED:
            return voice.say("🗑 Killed by {name}: {time}", name=who, time=when)
        case DeskState.WITHDRAWN:
            return voice.say("🚫 Withdrawn by its publisher.")
        case DeskState.DUPLICATE:
            return voice.say("♻️ Another source has published this article already.")
    if waiting.is_scheduled and waiting.decided_by:
        approved = voice.say("✅ Approved by {name}: {time}", name=who, time=when)
        return f"{approved}\n{_scheduled_text(waiting, voice, now)}"
    if waiting.is_scheduled:
        return _scheduled_text(waiting, voice, now)
    return voice.say("🗞 Waiting for approval since {time}", time=times.soon(waiting.arrived_at, voice, now))


def _decision_rows(
    waiting: WaitingArticle, voice: Voice, *, now: datetime, listed: int
) -> list[list[InlineKeyboardButton]]:
    if waiting.state is DeskState.KILLED:
        return [[button(voice.say("↩ Undo"), _on_desk(RESTORE, waiting, listed))]]
    if waiting.state is not DeskState.WAITING:
        return []
    kill = button(voice.say("🗑 Kill"), _on_desk(KILL, waiting, listed), style=DANGER)
    embargoed, endless = (
        waiting.embargo_until is not None and waiting.embargo_until > now,
        waiting.has_endless_embargo,
    )
    if waiting.is_scheduled:
        publish = [] if embargoed else [button(voice.say("📣 Send now"), _on_desk(APPROVE, waiting, listed))]
        hold = [] if endless else [button(voice.say("⏰ Another time…"), _on_desk(ASK_TIME, waiting, listed))]
        back = [button(voice.say("🗞 Back to the desk"), _on_desk(RESTORE, waiting, listed))]
        return [[*publish, *hold], [*(back if waiting.decided_by else []), kill]]
    approve = button(voice.say("✅ Approve"), _on_desk(APPROVE, waiting, listed), style=PRIMARY)
    breaking = button(voice.say("⚡ Breaking"), _on_desk(BREAKING, waiting, listed))
    send = [button(voice.say("📣 Approve and send"), _on_desk(SEND, waiting, listed))] if waiting.lane is None else []
    hold = [] if endless else [button(voice.say("⏰ Hold until…"), _on_desk(ASK_TIME, waiting, listed))]
    return [[approve, *([breaking] if waiting.lane is not Lane.BREAKING else [])], send, [*hold, kill]]


def _back_row(voice: Voice, listed: int) -> list[list[InlineKeyboardButton]]:
    return [[button(voice.say("↩ Back to the list"), ShowDesk(listed - 1))]] if listed else []


def _on_desk(what: str, waiting: WaitingArticle, listed: int) -> OnDesk:
    return OnDesk(what, waiting.id, waiting.revision, 0, listed)


def _hold(waiting: WaitingArticle, moment: datetime, listed: int) -> OnDesk:
    return OnDesk(HOLD, waiting.id, waiting.revision, int(moment.timestamp()) // EPOCH_MINUTE, listed)


def _line(waiting: WaitingArticle, place: int, voice: Voice, now: datetime) -> str:
    """Returns an article in the list (HTML): its title, its source, and since when it waits or when it goes out."""
    title = f"<b>{escape(voice.embed(shorten(waiting.article.text.title, LONGEST_TITLE)))}</b>"
    mark = "⚡ " if waiting.lane is Lane.BREAKING else ""
    if not waiting.is_scheduled or waiting.due_at is None:
        when = voice.say("since {time}", time=times.soon(waiting.arrived_at, voice, now))
    elif waiting.has_endless_embargo:
        when = voice.say("🔒 embargo without an end")
    else:
        when = voice.say("⏰ goes out {time}", time=times.soon(waiting.due_at, voice, now))
    source = f"{isolated_name(waiting.source)} · " if waiting.source else ""
    heading = f"{voice.number(place)}. {mark}{title}"
    return f"{times.aligned(heading, voice)}\n{times.aligned(f'{source}{when}', voice)}"


def _clock_label(moment: datetime, voice: Voice, now: datetime) -> str:
    local, today = moment.astimezone(voice.timezone), now.astimezone(voice.timezone).date()
    clock = voice.clock(local)
    return clock if local.date() == today else voice.say("tomorrow {time}", time=clock)


def _city(voice: Voice) -> str:
    return voice.city(str(voice.timezone))
