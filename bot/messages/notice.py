"""Notices, most of them for the bot's administrators: the stored form, and the message."""

import json
from dataclasses import dataclass

from bot.locale import Voice
from bot.messages.alarms import WELL, WRONG, alarm_text, well_text
from bot.messages.desk import summary_notice
from bot.messages.following import offer_to_end
from bot.messages.message import Message, isolated_name
from bot.messages.source_screens import problem_text
from bot.text.html import escape, isolate
from storage.records import AlarmKind, SourceProblem, Subject, SubjectKind

DATABASE_MOVED = "database_moved"  # error
BURST = "burst"  # source, pushed, held_back
OVERLOAD = "overload"  # owed, minutes
SOURCE_FAILS = "source_fails"  # source, error; problem: the kind of the error, if it has one
QUIET_FOLLOW = "quiet_follow"  # kind, name, subject
TOPICS_REFUSED = "topics_refused"  # name
DESK = "desk"  # desk: the number of a waiting article; the sender makes its message
DESK_SUMMARY = "desk_summary"  # count
PICTURES_FAIL = "pictures_fail"  # source
PICTURES_WELL = "pictures_well"  # source


@dataclass(frozen=True, slots=True)
class Notice:
    """The kind of a notice with its values. The text is made in the reader's language when the notice is sent."""

    key: str
    values: dict[str, str | int]

    def to_json(self) -> str:
        return json.dumps({"key": self.key, "values": self.values}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Notice":
        stored = json.loads(text)
        return cls(stored["key"], stored["values"])


def notice_message(stored: Notice, *, language: str) -> Message:
    """Returns the message of a notice."""
    voice = Voice(language)
    if stored.key == QUIET_FOLLOW:
        kind, name = SubjectKind(str(stored.values["kind"])), str(stored.values["name"])
        return offer_to_end(Subject(id=int(stored.values["subject"]), kind=kind, name=name), voice)
    if stored.key == DESK_SUMMARY:
        return summary_notice(int(stored.values["count"]), voice)
    if stored.key == SOURCE_FAILS and "problem" in stored.values:
        return _source_fails(stored, voice)
    for prefix, text_of in ((WRONG, alarm_text), (WELL, well_text)):
        if stored.key.startswith(prefix):
            return Message(text_of(AlarmKind(stored.key.removeprefix(prefix)), stored.values, voice))
    values = {
        key: voice.number(value) if isinstance(value, int) else isolated_name(value)
        for key, value in stored.values.items()
    }
    match stored.key:
        case "burst":
            text = voice.say(
                "⚠️ {source} published unusually many articles at once: {pushed} were sent, {held_back} were"
                " only stored.",
                **values,
            )
        case "overload":
            values["minutes"] = voice.plural("about {n} minute", "about {n} minutes", int(stored.values["minutes"]))
            text = voice.say(
                "⚠️ {owed} messages are waiting. Sending them at the current rate takes {minutes}. To go"
                " faster, allow paid broadcasts (<code>NEWSBOT_PAID_BROADCAST=true</code>). To send less, ask"
                " readers to choose digests in /settings, or remove sources with <code>newsbot source"
                " remove</code>.",
                **values,
            )
        case "database_moved":
            text = voice.say(
                "⚠️ The bot can't store anything, so it sends no alerts and forgets button presses: {error}",
                **values,
            )
        case "topics_refused":
            text = voice.say(
                "⚠️ I may not manage the topics of {name} any more, so they stay as they are. Make me an admin of the"
                " group with the right “Manage topics”, and I go on by myself.",
                **values,
            )
        case "pictures_fail":
            text = voice.say(
                "⚠️ The pictures of {source} can't be loaded any more, so its articles are opened without them. The"
                " log says why (<code>picture_not_had</code>).",
                **values,
            )
        case "pictures_well":
            text = voice.say("✅ The pictures of {source} can be loaded again.", **values)
        case _:
            text = voice.say("⚠️ {source} can't be read: {error}", **values)
    return Message(text)


def _source_fails(stored: Notice, voice: Voice) -> Message:
    """Returns what is wrong in the reader's language, and below it the error as the log has it, in English."""
    source, error, problem = (str(stored.values[key]) for key in ("source", "error", "problem"))
    what = voice.align(voice.labelled(f"⚠️ {isolate(source)}", problem_text(SourceProblem(problem), voice)))
    return Message(f"{escape(what)}\n{isolated_name(error)}")
