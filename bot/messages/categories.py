"""Categories: the list, the picker, and the choice of what a chat gets."""

from collections.abc import Sequence
from typing import Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.locale import Voice
from bot.messages.actions import Action, CategoryList, Everything, Only, Screen, Toggle, Want
from bot.messages.buttons import button, in_rows, keyboard, mark, on_button
from bot.messages.lists import all_news_button, as_typed, no_headlines
from bot.messages.message import Message, name
from bot.text.html import escape, isolate, truncate
from storage.records import Category, Chat, Reading, Subscription

CATEGORIES_ON_SCREEN: Final = 16


def categories_text(categories: Sequence[Category], read: Reading, voice: Voice) -> Message:
    """All categories with counts, in the text."""
    if not categories:
        return no_headlines(voice, read)
    counts = [voice.plural("{n} article", "{n} articles", one.articles) for one in categories]
    named = [isolate(one.name) for one in categories]
    lines = [escape(voice.aligned(f"• {one} — {count}")) for one, count in zip(named, counts, strict=True)]
    text = "\n".join([f"<b>{voice.say('Categories')}</b>", "", *lines])
    return Message(truncate(text), keyboard([button(voice.say("📂 Choose a category"), Screen("browse"))]))


def browse(categories: Sequence[Category], read: Reading, voice: Voice, page: int = 0) -> Message:
    """The picker: a category with its count on each button opens its headlines."""
    if not categories:
        return no_headlines(voice, read)
    chosen, paging = _paged(categories, voice, "browse", 0, page)
    buttons = [
        button(f"{on_button(one.name)} ({voice.number(one.articles)})", CategoryList(one.id)) for one in chosen
    ]
    return Message(f"<b>{voice.say('Choose a category')}</b>", keyboard(*in_rows(buttons), paging))


def suggestions(typed: str, near: Sequence[Category], voice: Voice, *, wanting: bool = False) -> Message:
    """No such category: the nearest ones, to look at or to subscribe to."""
    text = voice.say("There is no category {name}.", name=as_typed(typed))
    text += " " + (voice.say("Did you mean one of these?") if near else voice.say("/categories lists them all."))
    return Message(text, _offered(near, voice, wanting=wanting))


def several(typed: str, fitting: Sequence[Category], voice: Voice) -> Message:
    """The categories that begin with what was typed. The picker has those that find no room."""
    text = voice.say("Several categories fit {name}. Which one?", name=as_typed(typed))
    return Message(text, _offered(fitting, voice))


def _offered(categories: Sequence[Category], voice: Voice, *, wanting: bool = False) -> InlineKeyboardMarkup | None:
    """A button for each of the first categories, and the picker of all where these are not all that are meant."""
    first = categories[:CATEGORIES_ON_SCREEN]
    offers: list[Action] = [Want(one.id) if wanting else CategoryList(one.id) for one in first]
    buttons = [button(on_button(one.name), offer) for one, offer in zip(first, offers, strict=True)]
    picker = button(voice.say("📂 Choose a category"), Screen("categories" if wanting else "browse"))
    return keyboard(*in_rows(buttons), [] if first and len(first) == len(categories) else [picker])


def _paged(
    categories: Sequence[Category], voice: Voice, screen: str, target: int, page: int
) -> tuple[Sequence[Category], list[InlineKeyboardButton]]:
    start = page * CATEGORIES_ON_SCREEN
    paging = [
        *([button(voice.say("« Back"), Screen(screen, target, page - 1))] if page > 0 else []),
        *(
            [button(voice.say("More »"), Screen(screen, target, page + 1))]
            if start + CATEGORIES_ON_SCREEN < len(categories)
            else []
        ),
    ]
    return categories[start : start + CATEGORIES_ON_SCREEN], paging


def wanted(subscription: Subscription, voice: Voice) -> str:
    """What a chat gets, in a sentence (HTML)."""
    if subscription.everything and subscription.muted:
        names = voice.listing([name(one.name) for one in subscription.muted])
        return voice.say("You get all news but {names}.", names=names)
    if subscription.everything:
        return voice.say("You get all news.")
    if subscription.categories:
        names = voice.listing([name(one.name) for one in subscription.categories])
        return voice.say("You get news of {names}.", names=names)
    return voice.say("You get no alerts.")


def greeting(
    categories: Sequence[Category], subscription: Subscription, voice: Voice, *, named: str, channels: bool
) -> Message:
    text = "\n\n".join(
        [
            voice.say("<b>Welcome to {bot}!</b>", bot=name(named)),
            voice.say(
                "Headlines, summaries and alerts, as they are published. Try /latest, or choose below what you"
                " want to be alerted to."
            ),
            wanted(subscription, voice),
        ]
    )
    picker = _choices(categories, subscription, voice, 0, 0)
    more = [button(voice.say("📣 My channels"), Screen("channels"))] if channels else []
    return Message(text, keyboard(*picker, [all_news_button(voice)], more))


def choose(
    categories: Sequence[Category],
    subscription: Subscription,
    voice: Voice,
    *,
    target: Chat | None = None,
    page: int = 0,
    said: str = "",
) -> Message:
    """What a chat gets, with a button for each category to switch it. `target`: a chat settled from another."""
    about = [f"<b>{name(target.title or str(target.chat_id))}</b>"] if target else []
    text = "\n\n".join(
        [*about, *([said] if said else []), wanted(subscription, voice), voice.say("Press a category to switch it.")]
    )
    back = Screen("manage", target.id) if target else Screen("settings")
    rows = _choices(categories, subscription, voice, target.id if target else 0, page)
    return Message(text, keyboard(*rows, [button(voice.say("↩ Back"), back)]))


def _choices(
    categories: Sequence[Category], subscription: Subscription, voice: Voice, target: int, page: int
) -> list[list[InlineKeyboardButton]]:
    listed = {one.id for one in subscription.categories}
    muted = {one.id for one in subscription.muted}
    chosen, paging = _paged(categories, voice, "categories", target, page)
    buttons = []
    for one in chosen:
        on = one.id not in muted if subscription.everything else one.id in listed
        buttons.append(button(f"{mark(on)} {on_button(one.name)}", Toggle(one.id, target, page)))
    everything = subscription.everything and not muted
    switches = [
        button(f"{mark(everything)} {voice.say('All news')}", Everything(1, target)),
        *([] if subscription.nothing else [button(voice.say("🔕 No alerts"), Everything(0, target))]),
    ]
    return [switches, *in_rows(buttons), paging]


def narrow(category: Category, subscription: Subscription, voice: Voice) -> Message:
    """A chat that has everything asks for one category."""
    text = voice.say("You get all news already, {name} included.", name=name(category.name))
    offer = voice.say("Only {name}", name=on_button(category.name))
    return Message(f"{wanted(subscription, voice)}\n\n{text}", keyboard([button(offer, Only(category.id))]))
