"""What is said of something that is wrong, and when it is well again."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from bot.locale import Voice
from bot.messages.message import isolated_name
from storage.records import AlarmKind

WRONG: Final = "alarm_"  # begins the key of a notice; the kind of the alarm follows
WELL: Final = "well_"
Values = Mapping[str, str | int]


def alarm_text(kind: AlarmKind, values: Values, voice: Voice) -> str:
    """Returns what is wrong (HTML). `values` are those that `bot/watching.py` stores with the alarm."""
    match kind:
        case AlarmKind.REACH:
            return voice.say(
                "⚠️ Alerts are slow: {title} reached only {share}% of its chats within {time}; 90% was promised.",
                title=isolated_name(str(values["title"])),
                share=values["share"],
                time=_duration(values["seconds"], voice),
            )
        case AlarmKind.STUCK:
            return voice.say(
                "⚠️ Messages are waiting ({owed}), and none was sent in the last {time}. The log says why.",
                owed=voice.number(int(values["owed"])),
                time=_duration(values["seconds"], voice),
            )
        case AlarmKind.SOURCE_SILENT:
            return voice.say(
                "⚠️ {source} has published nothing for {time}, and is usually silent for {usual} at most. See whether"
                " its address is still right.",
                source=isolated_name(str(values["source"])),
                time=_duration(values["seconds"], voice),
                usual=_duration(values["usual"], voice),
            )
        case AlarmKind.HUB_SILENT:
            return voice.say(
                "⚠️ The hub of {source} did not announce its new articles. The bot asks the source itself again.",
                source=isolated_name(str(values["source"])),
            )
        case AlarmKind.CANARY:
            return _canary_text(str(values["stage"]), voice)


def _canary_text(stage: str, voice: Voice) -> str:
    match stage:
        case "store":
            return voice.say("⚠️ The self-test failed: its article was not stored.")
        case "send":
            return voice.say("⚠️ The self-test failed: its article was not sent.")
        case _:
            return voice.say("⚠️ The self-test failed: its article was not withdrawn.")


def well_text(kind: AlarmKind, values: Values, voice: Voice) -> str:
    """Returns what is well again (HTML). `values` are those of the alarm that has ended."""
    match kind:
        case AlarmKind.REACH:
            return voice.say("✅ Alerts reach their chats in time again.")
        case AlarmKind.STUCK:
            return voice.say("✅ Messages are being sent again.")
        case AlarmKind.SOURCE_SILENT:
            return voice.say("✅ {source} publishes again.", source=isolated_name(str(values["source"])))
        case AlarmKind.HUB_SILENT:
            return voice.say(
                "✅ The hub of {source} announces new articles again.", source=isolated_name(str(values["source"]))
            )
        case AlarmKind.CANARY:
            return voice.say("✅ The self-test works again.")


def _duration(seconds: str | int, voice: Voice) -> str:
    return voice.duration(timedelta(seconds=int(seconds)))


def canary_texts(voice: Voice) -> tuple[str, str]:
    """Returns title and text of the article of a self-test (plain)."""
    return (
        voice.say("Self-test"),
        voice.say("This article tests the way from a source to this chat. It disappears by itself."),
    )
