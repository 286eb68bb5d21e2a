"""A topic for each category: the screen with the question, and with the topics that there are."""

from typing import Final

from telegram import InlineKeyboardButton

from bot.locale import Voice
from bot.messages.actions import Screen, SetTopics
from bot.messages.buttons import button, keyboard
from bot.messages.category_names import category_text
from bot.messages.message import Message, isolated_name
from bot.text.html import truncate
from storage.records import Category, Chat, Subscription

TURNED_ON: Final = "turned on"  # what a press has just done
TURNED_OFF: Final = "turned off"


def topics_screen(
    chat: Chat, subscription: Subscription, voice: Voice, target: int, *, on: bool, allowed: bool, done: str = ""
) -> Message:
    """Returns what the topics of a group are or would be, with the button that changes it.

    `on`: the group has a topic for each category. `allowed`: the bot may manage topics there. `done` is TURNED_ON or
    TURNED_OFF after such a press, which a button then undoes.
    """
    about = [f"<b>{isolated_name(chat.title or str(chat.chat_id))}</b>"] if target else []
    heading = f"<b>{voice.say('🧵 A topic for each category')}</b>"
    parts, buttons = _on(subscription, voice, target, done) if on else _off(subscription, voice, target, done)
    if not allowed:
        parts.append(
            voice.say("I may not manage topics there. Make me an admin of the group with the right “Manage topics”.")
        )
        buttons = buttons if on else []
    text = truncate("\n\n".join([*about, heading, *parts]))
    return Message(text, keyboard(buttons, [button(voice.say("↩ Back"), Screen("categories", target))]))


def topics_button(voice: Voice, target: int) -> InlineKeyboardButton:
    return button(voice.say("🧵 A topic for each category"), Screen("topics", target))


def has_categories_for_topics(subscription: Subscription) -> bool:
    """Returns whether the group has chosen categories. One that gets all news has chosen none."""
    return bool(subscription.categories) and not subscription.everything


def _on(
    subscription: Subscription, voice: Voice, target: int, done: str
) -> tuple[list[str], list[InlineKeyboardButton]]:
    waiting = () if subscription.everything else subscription.categories
    parts = [
        *([voice.say("Topics: {names}.", names=_names(subscription.topics, voice))] if subscription.topics else []),
        *([voice.say("Still to be created: {names}.", names=_names(waiting, voice))] if waiting else []),
        voice.say("Choose categories, and each gets a topic. Leave one out, and its topic is closed."),
    ]
    label = voice.say("↩ Undo") if done == TURNED_ON else voice.say("Turn off")
    return parts, [button(label, SetTopics(0, target))]


def _off(
    subscription: Subscription, voice: Voice, target: int, done: str
) -> tuple[list[str], list[InlineKeyboardButton]]:
    if done == TURNED_OFF:
        said = voice.say("Turned off. The topics are closed, and the general topic gets their categories again.")
        return [said], [button(voice.say("↩ Undo"), SetTopics(1, target))]
    if not has_categories_for_topics(subscription):
        said = voice.say("This group has chosen no categories yet. Choose some first: each can then get a topic.")
        return [said], []
    count = len(subscription.categories)
    parts = [
        voice.plural(
            "I'll create {n} topic in the group: {names}.",
            "I'll create {n} topics in the group: {names}.",
            count,
            names=_names(subscription.categories, voice),
        ),
        voice.say(
            "The news of a category then comes to its topic, and no longer to the general topic. A category that you"
            " choose later gets a topic as well."
        ),
    ]
    label = voice.plural("✅ Create {n} topic", "✅ Create {n} topics", count)
    return parts, [button(label, SetTopics(1, target))]


def _names(categories: tuple[Category, ...], voice: Voice) -> str:
    return voice.join_names([category_text(one, voice) for one in categories])
