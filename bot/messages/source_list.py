"""A list of sources that a person sent: how far it is read, and what became of its entries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from telegram import InlineKeyboardButton

from bot.locale import Voice
from bot.messages.buttons import keyboard
from bot.messages.headlines import shorten
from bot.messages.message import Message, isolated_name
from bot.messages.sources import quota_reached, source_host
from bot.text.html import one_line
from storage.records import ListOutcome

SHOWN: Final = 10  # entries that can't be read
LONGEST_ENTRY: Final = 80  # of what is shown of one
LONGEST_FILE_NAME: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a list. Problems are values of a `ListProblem`."""

    outcomes: Mapping[ListOutcome, int]
    twice: int  # entries that name the source of an earlier one
    failed: int
    problems: Sequence[tuple[str, str]]  # of the first entries that can't be read, with what the list says of each
    unread: int  # entries at the end of a list that is too long
    most_private: int
    most_follows: int
    stopped: bool  # whether the chat has stopped its alerts


def reading(file_name: str, voice: Voice) -> Message:
    """Returns what is shown while a list is read."""
    name = isolated_name(shorten(one_line(file_name), LONGEST_FILE_NAME))
    return Message(voice.say("⏳ Reading {name} …", name=name))


def progress(done: int, whole: int, voice: Voice) -> Message:
    text = voice.say("⏳ {done} of {whole} sources …", done=voice.number(done), whole=voice.number(whole))
    return Message(text)


def not_a_list(problem: str, voice: Voice) -> Message:
    """Returns why a file is no list of sources. `problem` is the value of a `ListProblem`."""
    match problem:
        case "empty":
            reason = voice.say("This file is empty.")
        case "web_page":
            reason = voice.say("This file is a web page.")
        case _:
            reason = voice.say("I found no source in this file.")
    expected = voice.say("I take lists of sources as OPML, as feed readers export them, and settings from /export.")
    return Message(f"{reason} {expected}")


def report(done: Report, voice: Voice, *, about: str, rows: list[list[InlineKeyboardButton]]) -> Message:
    """Returns what became of a list. `about` is HTML above it."""
    added, followed = done.outcomes[ListOutcome.ADDED], done.outcomes[ListOutcome.FOLLOWED]
    parts = [about, "\n".join(_counts(done, voice)), "\n".join(_problems(done, voice))]
    if added or followed:
        parts.append(
            voice.say("Your alerts are off. /subscribe brings them back.")
            if done.stopped
            else voice.say("You get what it publishes from now on.")
            if added + followed == 1
            else voice.say("You get what they publish from now on.")
        )
    return Message("\n\n".join(part for part in parts if part), keyboard(*rows))


def _counts(done: Report, voice: Voice) -> list[str]:
    counts = done.outcomes
    lines: list[str] = []
    if n := counts[ListOutcome.ADDED]:
        lines.append(voice.plural("✅ {n} source was added.", "✅ {n} sources were added.", n))
    if n := counts[ListOutcome.FOLLOWED]:
        lines.append(
            voice.plural(
                "✅ {n} source that I read already is followed now.",
                "✅ {n} sources that I read already are followed now.",
                n,
            )
        )
    if n := counts[ListOutcome.THERE]:
        lines.append(voice.plural("{n} source was there already.", "{n} sources were there already.", n))
    if n := done.twice:
        lines.append(voice.plural("{n} entry names a source again.", "{n} entries name a source again.", n))
    if n := counts[ListOutcome.TOO_MANY_SOURCES]:
        count = voice.plural("⚠️ {n} source was not added.", "⚠️ {n} sources were not added.", n)
        lines.append(f"{count} {_source_limit(done.most_private, voice)}")
    if n := counts[ListOutcome.TOO_MANY_FOLLOWS]:
        count = voice.plural("⚠️ {n} source was not added.", "⚠️ {n} sources were not added.", n)
        most = voice.plural(
            "You can follow and mute {n} thing here.", "You can follow and mute {n} things here.", done.most_follows
        )
        lines.append(f"{count} {most}")
    if n := done.unread:
        lines.append(
            voice.plural(
                "⚠️ The list is too long: {n} entry at its end was not read.",
                "⚠️ The list is too long: {n} entries at its end were not read.",
                n,
            )
        )
    return lines


def _source_limit(most: int, voice: Voice) -> str:
    if not most:
        return quota_reached(0, voice)
    return voice.plural("This chat may have {n} source.", "This chat may have {n} sources.", most)


def _problems(done: Report, voice: Voice) -> list[str]:
    if not done.failed:
        return []
    lines = [voice.plural("⚠️ {n} entry can't be read:", "⚠️ {n} entries can't be read:", done.failed)]
    for problem, entry in done.problems[:SHOWN]:
        # A wrong scheme is shown, but no password.
        shown = entry if problem == "not_an_address" and "@" not in entry else source_host(entry)
        name = shorten(one_line(shown), LONGEST_ENTRY)
        reason = entry_problem(problem, voice)
        lines.append(f"• {voice.labelled(isolated_name(name), reason)}" if name else f"• {reason}")
    if (rest := done.failed - len(lines) + 1) > 0:
        lines.append(voice.plural("… and {n} more.", "… and {n} more.", rest))
    return lines


def entry_problem(problem: str, voice: Voice) -> str:
    """Returns why an entry can't be read. `problem` is the value of a `ListProblem`."""
    match problem:
        case "cut_off":
            return voice.say("the file ends within this entry")
        case "no_address":
            return voice.say("it has no address")
        case "site":
            return voice.say("this is a website, not a feed; send its address with /add")
        case "another_list":
            return voice.say("this is another list; send that list by itself")
        case "bad_interval":
            return voice.say("its interval is wrong")
        case "not_public":
            return voice.say("I can't read this address")
        case _:
            return voice.say("this is not a web address")
