"""Whether everybody in a group sees the answers to commands, or only the person who asked: the screen."""

from bot.locale import Voice
from bot.messages.actions import SetPrivateAnswers
from bot.messages.buttons import button, choice_mark, keyboard
from bot.messages.delivery_times import back_to_options
from bot.messages.message import Message, isolated_name
from storage.records import Chat


def private_answers_screen(chat: Chat, voice: Voice, target: int, *, is_admin: bool) -> Message:
    """Returns the choice. `is_admin`: the bot is an administrator of the group."""
    about = [f"<b>{isolated_name(chat.title or str(chat.chat_id))}</b>"] if target else []
    parts = [
        *about,
        f"<b>{voice.say('🙈 Private answers')}</b>",
        voice.say(
            "Who sees what I answer to /latest, /search, /summary, /settings and other commands that change nothing?"
            " Alerts are for everybody in any case."
        ),
    ]
    if not is_admin:
        parts.append(
            voice.say(
                "I'm not an admin here, so Telegram lets me answer one person privately only right after a button was"
                " pressed. Everybody sees the other answers."
            )
        )
    choices = [
        (voice.say("Everybody"), 0),
        (voice.say("Only who asks"), 1),
    ]
    row = [
        button(f"{choice_mark(chat.private_answers == bool(on))} {shown}", SetPrivateAnswers(on, target))
        for shown, on in choices
    ]
    return Message("\n\n".join(parts), keyboard(row, [back_to_options(voice, target)]))
