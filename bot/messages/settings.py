"""The settings of a chat, the list of channels, greetings, and the help text."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from telegram import InlineKeyboardButton

from bot.locale import NAMES, Voice
from bot.locale.zones import USUAL as USUAL_ZONES
from bot.locale.zones import Zones
from bot.messages import reading
from bot.messages.actions import (
    Export,
    Screen,
    SetLanguage,
    SetTimezone,
)
from bot.messages.buttons import MOST_ON_SCREEN, button, button_label, button_rows, keyboard, paging_row, slice_page
from bot.messages.categories import subscription_text
from bot.messages.deep_links import adding_buttons
from bot.messages.delivery_times import back_to_settings, timetable_text
from bot.messages.lists import search_syntax
from bot.messages.message import Message, isolated_command, isolated_name
from bot.text.html import escape, isolate
from storage.records import Chat, ChatKind, Subscription

LANGUAGES_IN_ROW: Final = 2


def settings_screen(
    chat: Chat,
    subscription: Subscription,
    voice: Voice,
    now: datetime,
    *,
    target: bool = False,
    channels: bool = False,
) -> Message:
    """Returns the settings of a chat. `target` says that they are changed from another chat."""
    number = chat.id if target else 0
    about = [
        f"<b>{isolated_name(chat.title or str(chat.chat_id))}</b>" if target else f"<b>{voice.say('Settings')}</b>"
    ]
    silent = voice.say("without sound") if chat.silent else voice.say("with sound")
    lines = [
        voice.labelled(voice.say("Language"), isolated_name(NAMES.get(chat.language, chat.language))),
        voice.labelled(voice.say("Time zone"), isolated_name(voice.city(chat.timezone))),
        voice.labelled(voice.say("Alerts"), silent),
        voice.labelled(voice.say("News in"), reading.reading_text(chat.reading, voice)),
    ]
    rows = [
        [
            button(voice.say("📂 Categories"), Screen("categories", number)),
            button(voice.say("📋 What I follow"), Screen("following", number)),
        ],
        [
            button(voice.say("⏰ Delivery"), Screen("times", number)),
            button(voice.say("🎨 Appearance"), Screen("look", number)),
        ],
        [
            button(voice.say("👓 Languages and grouping"), Screen("reading", number)),
            button(voice.say("🌐 Language and time zone"), Screen("language", number)),
        ],
        [
            *(
                []
                if target or chat.kind is not ChatKind.PRIVATE
                else [button(voice.say("⌨️ Buttons"), Screen("keyboard"))]
            ),
            *([button(voice.say("📤 Export"), Export(number))] if target else []),
            *([button(voice.say("📣 My channels and groups"), Screen("channels"))] if channels or target else []),
        ],
    ]
    gets = [
        subscription_text(subscription, voice, elsewhere=target),
        *([] if subscription.nothing else [timetable_text(chat, voice, now)]),
    ]
    return Message("\n\n".join([*about, "\n".join(gets), "\n".join(lines)]), keyboard(*rows))


def language_screen(voice: Voice, target: int, page: int = 0) -> Message:
    """Returns the choice of the language, by the own name of each, with a button to the time zones."""
    shown, before, after = slice_page(
        len(NAMES), page, whole=MOST_ON_SCREEN - 2, first=MOST_ON_SCREEN - 3, rest=MOST_ON_SCREEN - 3
    )
    buttons = [button(name, SetLanguage(code, target)) for code, name in list(NAMES.items())[shown]]
    paging = paging_row(voice, before, after, lambda step: Screen("language", target, page + step))
    zone = button(voice.say("🕒 Time zone"), Screen("timezone", target))
    return Message(
        f"<b>{voice.say('Language and time zone')}</b>",
        keyboard(*button_rows(buttons, LANGUAGES_IN_ROW), paging, [zone], [back_to_settings(voice, target)]),
    )


def time_zone_screen(voice: Voice, target: int, now: datetime) -> Message:
    text = voice.say(
        "Choose a time zone, or type a city or country, for example {example}.",
        example=_zone_example(voice),
    )
    rows = _zone_rows(USUAL_ZONES[voice.language], voice, target, now)
    return Message(f"<b>{voice.say('Time zone')}</b>\n\n{text}", keyboard(*rows, [back_to_settings(voice, target)]))


def time_zone_choice(typed: str, found: Zones, voice: Voice, now: datetime) -> Message:
    """Returns the answer to a typed time zone that may be several, or none."""
    if found.sure:
        text = voice.say('Which time zone do you mean by "{name}"?', name=isolated_name(typed))
    else:
        text = voice.say(
            'I don\'t know the time zone "{name}". Try a city, for example {example}.',
            name=isolated_name(typed),
            example=_zone_example(voice),
        )
        text += " " + voice.say("Did you mean one of these?") if found.names else ""
    return Message(text, keyboard(*_zone_rows(found.names, voice, 0, now)))


def _zone_example(voice: Voice) -> str:
    return isolated_command(f"/settings {voice.city(USUAL_ZONES[voice.language][0])}")


def _zone_rows(zones: Sequence[str], voice: Voice, target: int, now: datetime) -> list[list[InlineKeyboardButton]]:
    """Returns a button for each time zone, with the time on its clocks."""
    return button_rows(
        [
            button(f"{voice.city(zone)} · {voice.clock(now.astimezone(ZoneInfo(zone)))}", SetTimezone(zone, target))
            for zone in zones
        ]
    )


def channel_list(chats: Sequence[Chat], voice: Voice, page: int = 0, *, bot_username: str) -> Message:
    """Returns the channels and groups that a person added the bot to, and buttons that add it to more."""
    adding = adding_buttons(bot_username, voice)
    if not chats:
        return Message(
            voice.say(
                "Add me to your channel as an admin with permission to post; it will then appear here so you"
                " can set it up."
            ),
            keyboard(adding, [back_to_settings(voice, 0)]),
        )
    marks = {ChatKind.CHANNEL: "📣", ChatKind.GROUP: "👥", ChatKind.PRIVATE: "👤"}
    shown, before, after = slice_page(
        len(chats), page, whole=MOST_ON_SCREEN - 3, first=MOST_ON_SCREEN - 4, rest=MOST_ON_SCREEN - 5
    )
    rows = [
        [button(f"{marks[chat.kind]} {button_label(chat.title or str(chat.chat_id))}", Screen("manage", chat.id))]
        for chat in chats[shown]
    ]
    paging = paging_row(voice, before, after, lambda step: Screen("channels", 0, page + step))
    return Message(
        f"<b>{voice.say('My channels and groups')}</b>",
        keyboard(*rows, paging, adding, [back_to_settings(voice, 0)]),
    )


def channel_greeting(chat: Chat, voice: Voice) -> Message:
    """Returns the message to the person who added the bot to a channel."""
    text = voice.say(
        "I've joined {name}. Choose what it should get.", name=isolated_name(chat.title or str(chat.chat_id))
    )
    return Message(text, keyboard([button(voice.say("📂 Categories"), Screen("categories", chat.id))]))


def group_greeting(voice: Voice, *, bot_name: str) -> Message:
    text = voice.say(
        "Hello! I'm {bot}. /latest shows the news, and admins can turn on alerts for this group with /subscribe.",
        bot=isolated_name(bot_name),
    )
    return Message(text)


def help_text(
    voice: Voice,
    commands: Sequence[tuple[str, str]],
    operating: Sequence[tuple[str, str]] = (),
    *,
    bot_name: str,
    bot_username: str,
    inline: bool,
) -> Message:
    """Returns the help. `operating` are the commands of the bot's administrators, for one of them.

    `inline` says whether the bot answers inline queries.
    """
    heading = f"<b>{voice.say('For administrators of the bot')}</b>"
    theirs = ["\n".join([heading, *_command_lines(operating, voice)])] if operating else []
    heading_name = isolate(bot_name)
    tips = voice.say(
        "To search, just type your words. To open an article from a list, type its number. I can also"
        " post in your group or channel: add me there; in a channel, as an admin with permission to"
        " post."
    )
    typed = isolate(f"<code>@{escape(bot_username)}</code>")
    anywhere = (
        [voice.say("To post news in any other chat, type {bot} there and a few words, and choose.", bot=typed)]
        if inline
        else []
    )
    files = voice.say("Send me a list of sources (OPML) or a settings file from /export, and I'll use what is in it.")
    return Message(
        "\n\n".join(
            [
                f"<b>{escape(heading_name if voice.embed(bot_name) == bot_name else voice.align(heading_name))}</b>",
                "\n".join(_command_lines(commands, voice)),
                *theirs,
                tips,
                *anywhere,
                files,
                search_syntax(voice),
            ]
        ),
        keyboard(adding_buttons(bot_username, voice)),
    )


def group_help(voice: Voice, commands: Sequence[tuple[str, str]], *, bot_name: str) -> Message:
    """Returns the help for everybody in a group."""
    heading = isolate(bot_name)
    tips = voice.say(
        "In a group I answer commands only. Admins choose what this group gets. If the group has topics, each can"
        " have its own alerts, and /settings can make a topic for each category."
    )
    return Message(
        "\n\n".join(
            [
                f"<b>{escape(heading if voice.embed(bot_name) == bot_name else voice.align(heading))}</b>",
                "\n".join(_command_lines(commands, voice)),
                tips,
                search_syntax(voice),
            ]
        )
    )


def _command_lines(commands: Sequence[tuple[str, str]], voice: Voice) -> list[str]:
    return [escape(voice.align(f"{voice.embed(f'/{command}')} — {described}")) for command, described in commands]
