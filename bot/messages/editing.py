"""What editors see before they send breaking news or withdraw an article: how it will look, whom it reaches."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from telegram import ForceReply, InlineKeyboardButton, User

from bot.locale import Voice
from bot.messages.actions import AskReason, CancelEditing, SendAgain, SendBreaking, Withdraw, WithdrawFor
from bot.messages.alert import bold_title, retraction_notice, short_title
from bot.messages.buttons import DANGER, PRIMARY, button, button_rows, keyboard
from bot.messages.desk import Forecast, forecast_text, preview
from bot.messages.message import Message, isolated_name
from bot.text.html import escape
from storage.records import Article, Lane, RetractReason

REASONS: Final = tuple(RetractReason)


def ask_to_send(article: Article, forecast: Forecast, voice: Voice, *, now: datetime, note: str = "") -> Message:
    """Returns breaking news as it will look, whom it reaches, and the question whether to send it.

    `note` says what happened since the last question (HTML).
    """
    shown = preview(article, voice, now=now, breaking=True)
    is_breaking = article.lane is not None and article.lane <= Lane.BREAKING
    lines = [note] if note else []
    if is_breaking:
        lines.append(voice.say("This already went out as breaking news."))
    if forecast.chats or not (is_breaking or forecast.have_it):
        lines.append(forecast_text(forecast, voice))
    if forecast.in_quiet_hours:
        lines.append(
            voice.plural(
                "{n} of them has quiet hours now and gets it later.",
                "{n} of them have quiet hours now and get it later.",
                forecast.in_quiet_hours,
            )
        )
    if forecast.have_it:
        lines.append(_have_it(forecast.have_it, voice, marked=not is_breaking))
    facts = "\n".join(lines)
    return Message(
        f"{shown.html}\n\n<blockquote>{facts}</blockquote>",
        keyboard(*_send_rows(article, forecast, voice, is_breaking=is_breaking)),
        shown.preview,
    )


def _have_it(chats: int, voice: Voice, *, marked: bool) -> str:
    if marked:
        return voice.plural(
            "{n} chat has it already: ⚡ is added to its message.",
            "{n} chats have it already: ⚡ is added to their messages.",
            chats,
        )
    return voice.plural("{n} chat has it already.", "{n} chats have it already.", chats)


def _send_rows(
    article: Article, forecast: Forecast, voice: Voice, *, is_breaking: bool
) -> list[list[InlineKeyboardButton]]:
    cancel = button(voice.say("✖ Cancel"), CancelEditing(article.id))
    if is_breaking:
        again = [button(voice.say("🔁 Send it again"), SendAgain(article.id))] if forecast.have_it else []
        return [[*again, cancel]] if again else []
    label = voice.say("⚡ Send now") if forecast.chats or not forecast.have_it else voice.say("⚡ Mark as breaking")
    send = button(label, SendBreaking(article.id, article.shown, 0), style=PRIMARY)
    if not forecast.have_it:
        return [[send, cancel]]
    to_all = button(voice.say("🔁 Send, also to those who have it"), SendBreaking(article.id, article.shown, 1))
    return [[send], [to_all], [cancel]]


def sent(article: Article, voice: Voice, *, again: bool, have_it: int) -> Message:
    """Returns what was done with breaking news, and the button that sends it again to those who have it."""
    lines = [voice.say("⚡ Sending now as breaking news, ahead of everything else.")]
    rows: list[list[InlineKeyboardButton]] = []
    if again:
        lines.append(voice.say("🔁 Those who have it get it again, as a new message."))
    elif have_it:
        lines.append(_have_it(have_it, voice, marked=True))
        rows = [[button(voice.say("🔁 Send it again"), SendAgain(article.id))]]
    return Message(f"{bold_title(article)}\n\n" + "\n".join(lines), keyboard(*rows))


def sent_again(article: Article, voice: Voice, *, done: bool) -> Message:
    text = (
        voice.say("🔁 Those who have it get it again, as a new message.")
        if done
        else voice.say("It was sent again less than an hour ago.")
    )
    return Message(f"{bold_title(article)}\n\n{text}")


def left_alone(article: Article, voice: Voice) -> Message:
    return Message(f"{bold_title(article)}\n\n{voice.say('✖ Nothing was changed.')}")


def gone(voice: Voice) -> Message:
    return Message(voice.say("This article is no longer available."))


def withdrawn(article: Article, voice: Voice) -> Message:
    text = voice.say("🚫 Withdrawn. Messages about it will be corrected before anything else is sent.")
    return Message(f"{bold_title(article)}\n\n{text}")


def already_withdrawn(article: Article, voice: Voice) -> Message:
    return Message(f"{bold_title(article)}\n\n{voice.say('This article has already been withdrawn.')}")


def ask_to_withdraw(article: Article, voice: Voice, *, note: str = "") -> Message:
    """Returns the question whether an article is withdrawn, and why."""
    asked = voice.say(
        "Withdraw this article? It will no longer be shown or sent, and messages about it will be"
        " replaced by a short notice. This can't be undone."
    )
    hint = voice.say("You may choose a reason first.")
    sure = button(voice.say("🚫 Withdraw it"), Withdraw(article.id), style=DANGER)
    labels = {
        RetractReason.ERRORS: voice.say("Errors"),
        RetractReason.UNCONFIRMED: voice.say("Not confirmed"),
        RetractReason.MISTAKE: voice.say("By mistake"),
        RetractReason.LEGAL: voice.say("Legal reasons"),
    }
    reasons = [button(labels[one], AskReason(article.id, place)) for place, one in enumerate(REASONS, 1)]
    typed = button(voice.say("✍️ Another reason"), AskReason(article.id, 0))
    cancel = button(voice.say("✖ Cancel"), CancelEditing(article.id))
    text = "\n\n".join(part for part in (note, bold_title(article), asked, hint) if part)
    return Message(text, keyboard([sure], *button_rows(reasons, 2), [typed], [cancel]))


def confirm_reason(article: Article, reason: str, voice: Voice, *, place: int, words: int) -> Message:
    """Returns the notice as readers will see it, and the question whether they see the reason."""
    shown = retraction_notice(replace(article, retracted=True, retract_reason=reason), voice)
    asked = voice.say("This is how readers will see it. This can't be undone.")
    told = button(voice.say("🚫 Withdraw, with the reason"), WithdrawFor(article.id, place, words, 1), style=DANGER)
    silent = button(voice.say("🚫 Withdraw, reason for us only"), WithdrawFor(article.id, place, words, 0))
    cancel = button(voice.say("✖ Cancel"), CancelEditing(article.id))
    return Message(f"{shown.html}\n\n<blockquote>{asked}</blockquote>", keyboard([told], [silent], [cancel]))


def ask_reason(article: Article, link: str, voice: Voice, *, person: User | None) -> Message:
    """Returns the question for a reason. The link says which article a reply is about."""
    name = f'<a href="{escape(link)}">{isolated_name(short_title(article))}</a>'
    text = voice.say("Why is {name} withdrawn? Type one sentence for readers.", name=name)
    named = f'<a href="tg://user?id={person.id}">{isolated_name(person.first_name)}</a>\n' if person else ""
    reply = ForceReply(selective=person is not None or None, input_field_placeholder=voice.say("Reason"))
    return Message(f"{named}{text}", reply_keyboard=reply)


def too_old(voice: Voice) -> str:
    """Returns what is said of a button that was pressed an hour after its question."""
    return voice.say("This question is an hour old. Please look again, then decide.")


def has_changed(voice: Voice) -> str:
    return voice.say("This article has changed meanwhile. Look again, then decide.")
