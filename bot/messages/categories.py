"""Categories: the list, the picker, and the subscription of a chat."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.locale import Voice
from bot.messages.actions import (
    CHOSEN,
    EVERYTHING,
    RESUMED,
    STOPPED,
    Action,
    AddCategory,
    CategoryList,
    Screen,
    SetOnlyCategory,
    SetReads,
    SetScope,
    ToggleCategory,
)
from bot.messages.buttons import (
    DANGER,
    MOST_ON_SCREEN,
    button,
    button_label,
    button_rows,
    choice_mark,
    fits_in_row,
    keyboard,
    paging_row,
    slice_page,
)
from bot.messages.category_names import category_text, own_name
from bot.messages.category_topics import topics_button
from bot.messages.lists import all_news_button, category_chip, no_headlines, quote_typed
from bot.messages.message import Message, isolated_name
from bot.text.fuzzy_names import comparable
from bot.text.html import escape, isolate, truncate
from storage.records import Category, Chat, ChatKind, Reading, Subscription

BESIDE_SWITCH: Final = 3  # most categories that stand on one screen with the switch between all and chosen news
ON_PAGE: Final = 5  # categories on a page of their own, beside paging and undo
COUNTED_LINES: Final = 100  # headlines of a category that are counted, since counting a million would take seconds
CHIPS: Final = 4  # categories offered below the newest headlines, at most; they share one row


def in_fixed_order(categories: Iterable[Category], voice: Voice) -> list[Category]:
    """Returns the categories in an order that no count changes, so that no button moves under the finger.

    Those with a name in the script of the reader's language have that name and come first. Each group is in
    alphabetical order.
    """
    named = [replace(one, name=own_name(one, voice)) for one in categories]
    return sorted(named, key=lambda one: (not voice.is_own_script(one.name), comparable(one.name), one.id))


def commonest(categories: Sequence[Category], voice: Voice) -> list[Category]:
    """Returns the categories offered in one row below the newest headlines: as many as a phone shows side by side.

    `categories` come in the order of their counts.
    """
    own_first = sorted(categories, key=lambda one: not voice.is_own_script(own_name(one, voice)))
    rows = [own_first[:count] for count in range(CHIPS, 1, -1)]
    ordered = (in_fixed_order(row, voice) for row in rows)
    fitting = (row for row in ordered if fits_in_row([category_chip(one) for one in row]))
    return next(fitting, in_fixed_order(own_first[:1], voice))


def to_choose_from(categories: Iterable[Category], subscription: Subscription, voice: Voice) -> list[Category]:
    """Returns the categories of a picker: those that are read, and those that were chosen or left out before."""
    listed = {
        one.id: one for one in (*subscription.categories, *subscription.topics, *subscription.muted, *categories)
    }
    return in_fixed_order(listed.values(), voice)


def category_list(categories: Sequence[Category], read: Reading, voice: Voice) -> Message:
    """Returns all categories with their numbers of articles, as text."""
    if not categories:
        return no_headlines(voice, read)
    ordered = in_fixed_order(categories, voice)
    counts = [voice.plural("{n} article", "{n} articles", one.articles) for one in ordered]
    named = [isolate(one.name) for one in ordered]
    lines = [escape(voice.align(f"• {one} — {count}")) for one, count in zip(named, counts, strict=True)]
    text = "\n".join([f"<b>{voice.say('Categories')}</b>", "", *lines])
    return Message(truncate(text), keyboard([button(voice.say("📂 Choose a category"), Screen("browse"))]))


def categories_on_page(
    categories: Sequence[Category], voice: Voice, page: int
) -> tuple[Sequence[Category], bool, bool]:
    """Returns the categories on a page of the picker, and whether there is a page before it and one after it."""
    ordered = in_fixed_order(categories, voice)
    shown, before, after = slice_page(
        len(ordered), page, whole=MOST_ON_SCREEN, first=MOST_ON_SCREEN - 1, rest=MOST_ON_SCREEN - 2
    )
    return ordered[shown], before, after


def category_picker(
    categories: Sequence[Category], lines: Mapping[int, int], read: Reading, voice: Voice, page: int = 0
) -> Message:
    """Returns the category picker. Each button opens the headlines of a category.

    `lines` has, by category id, how many headlines that is, up to COUNTED_LINES.
    """
    if not categories:
        return no_headlines(voice, read)
    on_page, before, after = categories_on_page(categories, voice, page)
    buttons = [
        button(f"{button_label(one.name)} ({_lines(lines[one.id], voice)})", CategoryList(one.id)) for one in on_page
    ]
    paging = paging_row(voice, before, after, lambda step: Screen("browse", 0, page + step))
    meant = (
        voice.say("The number of stories is in brackets.")
        if read.grouped
        else voice.say("The number of articles is in brackets.")
    )
    return Message(f"<b>{voice.say('Choose a category')}</b>\n{meant}", keyboard(*button_rows(buttons), paging))


def counted_lines(lines: int, articles: int, voice: Voice) -> str:
    """Returns how many headlines a category has. They are called stories if it has more articles than headlines.

    The articles are not said beside them: they include the older issues of bulletins, which no list shows. From
    COUNTED_LINES headlines on, only the articles are said.
    """
    if lines >= COUNTED_LINES:
        return voice.plural("{n} article", "{n} articles", articles)
    return voice.plural("{n} story", "{n} stories", lines) if lines < articles else voice.number(lines)


def _lines(lines: int, voice: Voice) -> str:
    return voice.number(lines) if lines < COUNTED_LINES else f"{voice.number(COUNTED_LINES - 1)}+"


def category_suggestions(
    typed: str, near: Sequence[Category], voice: Voice, *, to_subscribe: bool = False
) -> Message:
    """Returns the reply to an unknown category: similar ones, to look at or to subscribe to."""
    text = voice.say('There is no category called "{name}".', name=quote_typed(typed))
    text += " " + (voice.say("Did you mean one of these?") if near else voice.say("/categories lists them all."))
    return Message(text, _category_keyboard(near, voice, to_subscribe=to_subscribe))


def nearest_category_note(typed: str, voice: Voice) -> str:
    """Returns the line above a category that is opened because its name is spelt like the typed one (HTML)."""
    return voice.say('There is no category called "{name}". This is the nearest:', name=quote_typed(typed))


def ambiguous_category(typed: str, fitting: Sequence[Category], voice: Voice) -> Message:
    """Returns a choice of the categories that begin with the typed text. The picker holds the remaining ones."""
    text = voice.say('Several categories match "{name}". Which one?', name=quote_typed(typed))
    return Message(text, _category_keyboard(fitting, voice))


def _category_keyboard(
    categories: Sequence[Category], voice: Voice, *, to_subscribe: bool = False
) -> InlineKeyboardMarkup | None:
    """Returns a button for each of the first categories, and the picker if there are none or more."""
    first = categories[: MOST_ON_SCREEN - 1]
    offers: list[Action] = [AddCategory(one.id) if to_subscribe else CategoryList(one.id) for one in first]
    buttons = [button(button_label(one.name), offer) for one, offer in zip(first, offers, strict=True)]
    picker = button(voice.say("📂 Choose a category"), Screen("categories" if to_subscribe else "browse"))
    return keyboard(*button_rows(buttons), [] if first and len(first) == len(categories) else [picker])


def subscription_text(subscription: Subscription, voice: Voice, *, elsewhere: bool = False) -> str:
    """Returns the subscription of a chat as a sentence (HTML).

    `elsewhere`: it is shown in another chat, where /following would show other follows.
    """
    if subscription.nothing:
        return voice.say("You get no alerts.")
    topics = voice.join_names([category_text(one, voice) for one in subscription.topics])
    parts = [
        *_chosen_text(subscription, voice, elsewhere=elsewhere),
        *([voice.say("Categories with a topic of their own: {names}.", names=topics)] if topics else []),
    ]
    return " ".join(parts)


def _chosen_text(subscription: Subscription, voice: Voice, *, elsewhere: bool) -> list[str]:
    """Returns sentences about what the chat itself gets."""
    if subscription.everything and subscription.muted:
        names = voice.join_names([category_text(one, voice) for one in subscription.muted])
        return [voice.say("You get all news except {names}.", names=names)]
    if subscription.everything:
        return [voice.say("You get all news.")]
    names = voice.join_names([category_text(one, voice) for one in subscription.categories])
    return [
        *([voice.say("Your categories: {names}.", names=names)] if names else []),
        *([_others_text(subscription, voice, elsewhere=elsewhere)] if subscription.others else []),
    ]


def _others_text(subscription: Subscription, voice: Voice, *, elsewhere: bool) -> str:
    """Returns the number of subjects that are followed and are no categories."""
    if elsewhere:
        return voice.plural(
            "Besides categories, “What I follow” lists {n}.",
            "Besides categories, “What I follow” lists {n}.",
            subscription.others,
        )
    if subscription.categories:
        return voice.plural(
            "You also follow {n} more: /following.", "You also follow {n} more: /following.", subscription.others
        )
    return voice.plural(
        "You follow {n} subject: /following.", "You follow {n} subjects: /following.", subscription.others
    )


def greeting(
    categories: Sequence[Category],
    subscription: Subscription,
    voice: Voice,
    *,
    read: Reading,
    kind: ChatKind,
    bot_name: str,
    channels: bool,
) -> Message:
    """Returns the greeting with the category picker, and a button that adds the languages that are not read."""
    if kind is ChatKind.PRIVATE:
        welcome = voice.say("<b>Welcome to {bot}!</b>", bot=isolated_name(bot_name))
        about = voice.say(
            "Headlines, summaries and alerts as news is published. Try /latest, or choose the categories you want"
            " alerts for."
        )
    else:
        welcome = voice.say("<b>Hello! I'm {bot}.</b>", bot=isolated_name(bot_name))
        about = voice.say(
            "Everybody here can read the news with /latest. Admins choose below which alerts this group gets."
        )
    text = "\n\n".join([welcome, about, subscription_text(subscription, voice)])
    picker, _ = _choices(to_choose_from(categories, subscription, voice), subscription, voice, 0, 0)
    more = [button(voice.say("📣 My channels and groups"), Screen("channels"))] if channels else []
    others = [button(voice.say("🌐 Add other languages"), SetReads("", 1))] if read.languages else []
    return Message(text, keyboard(*picker, [all_news_button(voice)], others, more))


def category_choices(
    categories: Sequence[Category],
    subscription: Subscription,
    voice: Voice,
    *,
    target: Chat | None = None,
    page: int = 0,
    said: str = "",
    undo: Sequence[InlineKeyboardButton] = (),
    topics: bool = False,
) -> Message:
    """Returns the subscription of a chat, with a button to switch each category.

    `target` is the chat, if its settings are changed from another chat. `said` is HTML above the subscription. `undo`
    is the button that undoes the last step. `topics` says whether to lead to the topics for categories.
    """
    about = [f"<b>{isolated_name(target.title or str(target.chat_id))}</b>"] if target else []
    number = target.id if target else 0
    offered = to_choose_from(categories, subscription, voice)
    rows, listed = _choices(offered, subscription, voice, number, page)
    hint = (
        voice.say("Tap a category to leave it out, or to bring it back.")
        if subscription.everything and not subscription.stopped
        else voice.say("Tap a category to turn it on or off.")
    )
    parts = [
        *about,
        *([said] if said else []),
        subscription_text(subscription, voice, elsewhere=bool(target)),
        *([hint] if listed else []),
    ]
    back = Screen("manage", number) if number else Screen("settings")
    on_page = page > 0 and listed
    last = [*undo, *([] if on_page else [button(voice.say("↩ Back"), back)])]
    return Message(
        "\n\n".join(parts), keyboard(*rows, [topics_button(voice, number)] if topics and not on_page else [], last)
    )


def _choices(
    offered: Sequence[Category], subscription: Subscription, voice: Voice, target: int, page: int
) -> tuple[list[list[InlineKeyboardButton]], bool]:
    """Returns the rows of buttons, and whether there are categories among them.

    A few categories stand beside the switch. Many have pages of their own behind it, from page 1 on.
    """
    switch = _scope_switch(subscription, voice, target)
    if len(offered) <= BESIDE_SWITCH:
        return [*switch, *_category_rows(offered, subscription, target, 0)], bool(offered)
    if page <= 0:
        return [*switch, [button(voice.say("📂 Choose categories"), Screen("categories", target, 1))]], False
    shown, _, after = slice_page(len(offered), page - 1, whole=ON_PAGE, first=ON_PAGE, rest=ON_PAGE)
    paging = paging_row(voice, True, after, lambda step: Screen("categories", target, page + step))
    return [*_category_rows(offered[shown], subscription, target, page), paging], True


def _category_rows(
    categories: Sequence[Category], subscription: Subscription, target: int, page: int
) -> list[list[InlineKeyboardButton]]:
    buttons = []
    for one in categories:
        mark = "🚫" if _is_left_out(one, subscription) else choice_mark(subscription.includes(one.id))
        buttons.append(button(f"{mark} {button_label(one.name)}", ToggleCategory(one.id, target, page)))
    return button_rows(buttons)


def _is_left_out(category: Category, subscription: Subscription) -> bool:
    return subscription.everything and not subscription.stopped and not subscription.includes(category.id)


def _scope_switch(subscription: Subscription, voice: Voice, target: int) -> list[list[InlineKeyboardButton]]:
    """Returns the switch between all news and only what was chosen, and the button that stops or resumes alerts."""
    everything = subscription.everything and not subscription.stopped
    chosen = not (subscription.everything or subscription.nothing)
    switch = [
        button(f"{choice_mark(everything)} {voice.say('All news')}", SetScope(EVERYTHING, target)),
        button(f"{choice_mark(chosen)} {voice.say('Only what I choose')}", SetScope(CHOSEN, target)),
    ]
    if subscription.stopped and not subscription.nothing_chosen:
        return [switch, [button(voice.say("🔔 Turn alerts on again"), SetScope(RESUMED, target))]]
    return [
        switch,
        [] if subscription.nothing else [button(voice.say("🔕 No alerts"), SetScope(STOPPED, target), style=DANGER)],
    ]


def offer_only_category(category: Category, voice: Voice) -> Message:
    """Returns the offer of one category alone, for a chat that gets all news already."""
    text = voice.say("You already get {name} as part of all news.", name=category_text(category, voice))
    offer = voice.say("Only {name}", name=button_label(own_name(category, voice)))
    return Message(text, keyboard([button(offer, SetOnlyCategory(category.id))]))
