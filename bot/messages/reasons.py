"""Why an article came to a chat as an alert, or did not: each stage in words."""

from collections.abc import Sequence
from typing import Final

from telegram import InlineKeyboardButton

from bot.locale import Voice
from bot.messages.actions import ShowFollow
from bot.messages.alert import bold_title
from bot.messages.buttons import button, button_label, button_rows, keyboard
from bot.messages.following import MARKS, subject_text
from bot.messages.message import Message, isolated_name
from bot.text.html import escape, truncate
from storage.records import Article, ChatState, Explanation, Follow, Stage, StageKind

CHOICES_SHOWN: Final = 4  # follows or mutes that decided, as buttons


def explanation(
    article: Article, why: Explanation, voice: Voice, *, back: Sequence[InlineKeyboardButton] = ()
) -> Message:
    """Returns the stages that an article passed or failed, with a button for each follow or mute that decided."""
    heading = (
        voice.say("You got this article:")
        if why.delivered
        else voice.say("You did not get this article as an alert:")
    )
    shown = (stage for stage in why.stages if not _says_nothing(stage) and not _is_said(stage, why))
    lines = [_line(stage, voice) for stage in shown]
    deciding = {one.subject.id: one for stage in why.stages for one in stage.choices}
    choices = [_choice_button(one) for one in list(deciding.values())[:CHOICES_SHOWN]]
    text = "\n\n".join([f"<b>{heading}</b>", bold_title(article), "\n".join(lines)])
    return Message(truncate(text), keyboard(*button_rows(choices), list(back)))


def _choice_button(follow: Follow) -> InlineKeyboardButton:
    mark = "🔕" if follow.muted else MARKS[follow.subject.kind]
    return button(f"{mark} {button_label(follow.subject.name or '…')}", ShowFollow(follow.subject.id))


def _says_nothing(stage: Stage) -> bool:
    """Returns whether a passed stage is one that readers need not know of."""
    of_one_source = stage.kind is StageKind.SOURCES and int(stage.values.get("least") or 1) < 2
    return stage.passed and (of_one_source or stage.kind is StageKind.VISIBLE)


def _is_said(stage: Stage, why: Explanation) -> bool:
    """Returns whether a stage failed because the chat follows nothing at all, which an earlier stage says."""
    follows_nothing = any(
        one.kind is StageKind.SUBSCRIBED and not one.passed and not one.values.get("stopped") for one in why.stages
    )
    return stage.kind is StageKind.FOLLOWED and not stage.passed and follows_nothing


def _line(stage: Stage, voice: Voice) -> str:
    return f"{'✅' if stage.passed else '❌'} {_passed(stage, voice) if stage.passed else _failed(stage, voice)}"


def _named(stage: Stage, voice: Voice) -> str:
    return voice.join_names([subject_text(one.subject, voice) for one in stage.choices])


def _language(stage: Stage, voice: Voice) -> str:
    return isolated_name(voice.language_name(str(stage.values["language"])))


def _passed(stage: Stage, voice: Voice) -> str:
    match stage.kind:
        case StageKind.PUSHED:
            return voice.say("It was new when I found it.")
        case StageKind.SUBSCRIBED:
            return voice.say("Alerts are on here.")
        case StageKind.REACHABLE:
            return voice.say("I can write to this chat.")
        case StageKind.LANGUAGE:
            return voice.say("Its language is read here: {language}.", language=_language(stage, voice))
        case StageKind.VISIBLE:
            return voice.say("This chat may see its source.")
        case StageKind.FOLLOWED if stage.values.get("everything"):
            return voice.say("All news comes here.")
        case StageKind.FOLLOWED:
            return voice.say("Followed here: {names}.", names=_named(stage, voice))
        case StageKind.SOURCES:
            return voice.plural("{n} source reports it.", "{n} sources report it.", int(stage.values["sources"] or 0))
        case StageKind.NOT_MUTED:
            return voice.say("Nothing of it is muted.")
        case StageKind.RHYTHM:
            return voice.say("Alerts come at once here.")
        case StageKind.NOT_REPEATED:
            return voice.say("The same text had not come before.")
        case StageKind.SENT:
            return voice.say("The message was sent.")


def _failed(stage: Stage, voice: Voice) -> str:
    """Returns why an article did not pass this stage."""
    match stage.kind:
        case StageKind.PUSHED if stage.values.get("retracted"):
            return voice.say("It was withdrawn.")
        case StageKind.PUSHED:
            return voice.say("It was not new any more when I found it, so nobody was alerted.")
        case StageKind.SUBSCRIBED if stage.values.get("stopped"):
            return voice.say("Alerts were stopped here. /subscribe brings them back.")
        case StageKind.SUBSCRIBED:
            return voice.say("Nothing is followed here. /subscribe turns on alerts.")
        case StageKind.REACHABLE if stage.values["state"] == ChatState.ACTIVE:
            return voice.say("I came here, or came back, only after it was published.")
        case StageKind.REACHABLE:
            return voice.say("I can't write to this chat at the moment.")
        case StageKind.LANGUAGE:
            return voice.say(
                "Its language is not read here: {language}. /settings changes that.", language=_language(stage, voice)
            )
        case StageKind.VISIBLE:
            return voice.say("It comes from a private source that is not followed here.")
        case StageKind.FOLLOWED if stage.values.get("too_late"):
            if not stage.choices:
                return voice.say("All news was turned on here only after it was published.")
            return voice.say("Followed only after it was published: {names}.", names=_named(stage, voice))
        case StageKind.FOLLOWED:
            return voice.say("Nothing that it belongs to is followed here.")
        case StageKind.SOURCES:
            return voice.say(
                "It waits for more sources: {sources} of {least} report it.",
                sources=voice.number(int(stage.values["sources"] or 0)),
                least=voice.number(int(stage.values["least"] or 0)),
            )
        case StageKind.NOT_MUTED:
            return voice.say("Muted here: {names}.", names=_named(stage, voice))
        case StageKind.RHYTHM:
            return voice.say("News comes in digests here, and not as alerts.")
        case StageKind.NOT_REPEATED:
            return voice.say("The same text had come before.")
        case StageKind.SENT:
            return _not_sent(stage, voice)


def _not_sent(stage: Stage, voice: Voice) -> str:
    match stage.values.get("state"):
        case "queued" | "sending":
            return voice.say("The message is waiting to be sent.")
        case "dead":
            reason = escape(str(stage.values.get("reason") or ""))
            return voice.say("Telegram did not take the message: {reason}", reason=reason)
        case _:
            return voice.say("No message was sent.")
