"""What the bot shows: pure functions from records to messages with buttons."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from telegram import InlineKeyboardButton

from bot.actions import (
    Action,
    Everything,
    Only,
    Screen,
    SetLanguage,
    SetSilent,
    SetTimezone,
    ShowArticle,
    ShowList,
    ShowStory,
    Toggle,
    Want,
)
from bot.chat import reading
from bot.chat.hours import back_to_settings, timetable_said
from bot.deliver.render import (
    NUMBERS_IN_ROW,
    STORIES_IN_ROW,
    Message,
    button,
    headline_lines,
    in_rows,
    keyboard,
    mark,
    name,
    on_button,
    told_by,
)
from bot.locale import NAMES, Voice
from bot.text.html import escape, isolate, truncate
from bot.text.search import CATEGORY
from storage.records import NOTHING_ELSEWHERE, Category, Chat, ChatKind, Elsewhere, Headline, Reading, Subscription
from storage.times import to_ms

ZONES_IN_ROW: Final = 3
CATEGORIES_ON_SCREEN: Final = 16
LONGEST_TYPED: Final = 100  # letters of what was typed that are said again
CHIPS: Final = 4  # categories offered below the newest headlines
ZONES: Final = (
    "UTC Asia/Beirut Asia/Damascus Asia/Amman Asia/Jerusalem Asia/Baghdad Asia/Riyadh Asia/Kuwait Asia/Qatar"
    " Asia/Dubai Asia/Tehran Africa/Cairo Africa/Khartoum Africa/Tripoli Africa/Tunis Africa/Algiers"
    " Africa/Casablanca Europe/Istanbul Europe/London Europe/Paris Europe/Berlin Europe/Moscow"
    " America/New_York America/Los_Angeles Asia/Karachi Asia/Kolkata Asia/Jakarta"
).split()  # fmt: skip


# Headlines


def headlines(
    found: Sequence[Headline],
    page: ShowList,
    voice: Voice,
    now: datetime,
    *,
    heading: str,
    older: bool,
    newer: bool,
    chips: Sequence[Category] = (),
    elsewhere: Elsewhere = NOTHING_ELSEWHERE,
) -> Message:
    """A page of a list. `heading` is HTML; `older` and `newer` say whether there is more on that side, `elsewhere`
    what a search found in languages that are not read.
    """
    lines = headline_lines(enumerate(found, page.first), voice, now)
    numbers = [
        button(voice.number(position), ShowArticle.of(headline.id, page))
        for position, headline in enumerate(found, page.first)
    ]
    rows = in_rows(numbers, NUMBERS_IN_ROW)
    stories = [
        button(f"{voice.number(position)} · {told_by(headline, voice)}", ShowStory.of(headline.id, page))
        for position, headline in enumerate(found, page.first)
        if headline.told_by > 1
    ]
    paging = [
        *([button(voice.say("« Newer"), _newer_page(found, page))] if newer else []),
        *([button(voice.say("Older »"), _older_page(found, page))] if older else []),
    ]
    chosen = [button(on_button(one.name), ShowList(category=one.id)) for one in chips[:CHIPS]]
    others = _other_languages(page, voice) if elsewhere.articles or (page.search and page.newer) else []
    rest = [_found_elsewhere(len(elsewhere.articles), voice, more=elsewhere.more)] if elsewhere.articles else []
    text = "\n\n".join([f"<b>{heading}</b>", *lines, *rest])
    return Message(
        truncate(text), keyboard(*rows, *in_rows(stories, STORIES_IN_ROW), paging, others, *in_rows(chosen, 2))
    )


def _found_elsewhere(articles: int, voice: Voice, *, more: bool = False) -> str:
    """How much a search found in languages that are not read."""
    if more:
        return voice.plural(
            "In languages that you don't read: {n} article or more",
            "In languages that you don't read: {n} articles or more",
            articles,
        )
    return voice.plural(
        "In languages that you don't read: {n} article", "In languages that you don't read: {n} articles", articles
    )


def _other_languages(page: ShowList, voice: Voice) -> list[InlineKeyboardButton]:
    """From what a search found in the languages that are read to what it found in others, or back."""
    other = replace(page, newer=int(not page.newer), place_id=0, first=1)
    return [button(voice.say("↩ Back to the list") if page.newer else voice.say("🌐 In other languages"), other)]


def story(
    found: Sequence[Headline],
    voice: Voice,
    now: datetime,
    *,
    item: Callable[[int], Action],
    back: Action | None,
    more: int = 0,
) -> Message:
    """All articles of a story, but for `more` older ones. `item` is the action of a button that opens one of them."""
    lines = headline_lines(enumerate(found, 1), voice, now)
    numbers = [button(voice.number(position), item(headline.id)) for position, headline in enumerate(found, 1)]
    returning = [button(voice.say("↩ Back to the list"), back) if back else _all_news(voice)]
    alone = len(found) == 1  # by now: the button is older
    heading = voice.say("This article is alone in its story.") if alone else voice.say("All articles of this story")
    rest = [voice.plural("… and {n} more article", "… and {n} more articles", more)] if more else []
    return Message(
        truncate("\n\n".join([f"<b>{heading}</b>", *lines, *rest])),
        keyboard(*in_rows(numbers, NUMBERS_IN_ROW), returning),
    )


def _older_page(found: Sequence[Headline], page: ShowList) -> ShowList:
    if page.search:
        return replace(page, place_id=page.place_id + page.size, first=page.first + page.size)
    last = found[-1]
    return ShowList(page.category, 0, to_ms(last.published_at), last.id, 0, page.first + len(found), page.size)


def _newer_page(found: Sequence[Headline], page: ShowList) -> ShowList:
    if page.search:
        skip = max(0, page.place_id - page.size)
        return replace(page, place_id=skip, first=skip + 1)
    first = found[0]
    position = max(1, page.first - page.size)
    return ShowList(page.category, 0, to_ms(first.published_at), first.id, 1, position, page.size)


def no_headlines(voice: Voice, read: Reading, *, heading: str | None = None) -> Message:
    """Nothing to list, of all news or of what `heading` names (HTML), in the languages that are read."""
    if read.languages:
        languages = voice.listing([name(voice.language_name(code)) for code in read.languages])
        text = (
            voice.say(
                "There is nothing in {name} in the languages that you read: {languages}.",
                name=heading,
                languages=languages,
            )
            if heading is not None
            else voice.say("There is no news in the languages that you read: {languages}.", languages=languages)
        )
        choice = [button(voice.say("👓 What is shown"), Screen("reading"))]
        return Message(text, keyboard(choice, [_all_news(voice)] if heading is not None else []))
    if heading is not None:
        return Message(voice.say("There is nothing in {name} yet.", name=heading), keyboard([_all_news(voice)]))
    return Message(voice.say("There is no news yet. As soon as some arrives, /latest shows it."))


def nothing_found(words: str, page: ShowList, voice: Voice, *, elsewhere: int = 0) -> Message:
    """A search for these words found nothing, but for so much in languages that are not read."""
    shown = _typed(words)
    if elsewhere:
        text = voice.say("Nothing was found for {words} in the languages that you read.", words=shown)
        return Message(f"{text}\n\n{_found_elsewhere(elsewhere, voice)}", keyboard(_other_languages(page, voice)))
    text = voice.say("Nothing was found for {words}. Fewer or other words may help.", words=shown)
    return Message(text, keyboard([_all_news(voice)]))


def nothing_asked(words: str, voice: Voice) -> Message:
    """A search for signs alone, or for what is only to be left out."""
    text = voice.say("Nothing was found for {words}: it has no word to search for.", words=_typed(words))
    return Message(f"{text}\n\n{search_syntax(voice)}", keyboard([_all_news(voice)]))


def _typed(words: str) -> str:
    """What somebody typed, between our words; the beginning of it where it is long."""
    return name(words if len(words) <= LONGEST_TYPED else f"{words[: LONGEST_TYPED - 1].rstrip()}…")


def search_syntax(voice: Voice) -> str:
    return voice.say(
        "In a search, a phrase in quotes is found as it is written, a minus leaves a word out, and category: and"
        ' source: narrow it: <code>/search "harbour council" -sport category:economy</code>'
    )


def no_such_name(field: str, typed: str, near: Sequence[tuple[str, ShowList]], voice: Voice) -> Message:
    """A search is narrowed to a category or source that there is not: the nearest ones, each with its search."""
    shown = _typed(typed)
    text = (
        voice.say("There is no category {name}.", name=shown)
        if field == CATEGORY
        else voice.say("There is no source {name}.", name=shown)
    )
    text += " " + (voice.say("Did you mean one of these?") if near else voice.say("/search without it finds more."))
    return Message(text, keyboard(*in_rows([button(on_button(label), search) for label, search in near])))


def _all_news(voice: Voice) -> InlineKeyboardButton:
    return button(voice.say("📰 Latest news"), ShowList())


# Categories


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
        button(f"{on_button(one.name)} ({voice.number(one.articles)})", ShowList(category=one.id)) for one in chosen
    ]
    return Message(f"<b>{voice.say('Choose a category')}</b>", keyboard(*in_rows(buttons), paging))


def suggestions(typed: str, near: Sequence[Category], voice: Voice, *, wanting: bool = False) -> Message:
    """No such category: the nearest ones, to look at or to subscribe to."""
    text = voice.say("There is no category {name}.", name=_typed(typed))
    offers: list[Action] = [Want(one.id) if wanting else ShowList(category=one.id) for one in near]
    buttons = [button(on_button(one.name), offer) for one, offer in zip(near, offers, strict=True)]
    text += " " + (voice.say("Did you mean one of these?") if near else voice.say("/categories lists them all."))
    picker = button(voice.say("📂 Choose a category"), Screen("categories" if wanting else "browse"))
    return Message(text, keyboard(*in_rows(buttons), [] if near else [picker]))


def several(typed: str, fitting: Sequence[Category], voice: Voice) -> Message:
    buttons = [button(on_button(one.name), ShowList(category=one.id)) for one in fitting]
    text = voice.say("Several categories fit {name}. Which one?", name=_typed(typed))
    return Message(text, keyboard(*in_rows(buttons)))


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


# Subscriptions


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
    return Message(text, keyboard(*picker, [_all_news(voice)], more))


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


# Settings


def settings(
    chat: Chat,
    subscription: Subscription,
    voice: Voice,
    now: datetime,
    *,
    target: bool = False,
    channels: bool = False,
) -> Message:
    """What is set, and a button for each."""
    number = chat.id if target else 0
    about = [f"<b>{name(chat.title or str(chat.chat_id))}</b>" if target else f"<b>{voice.say('Settings')}</b>"]
    silent = voice.say("without a sound") if chat.silent else voice.say("with a sound")
    lines = [
        f"{voice.say('Language')}: {name(NAMES.get(chat.language, chat.language))}",
        f"{voice.say('Time zone')}: {name(chat.timezone)}",
        f"{voice.say('Alerts')}: {silent}",
        f"{voice.say('News in')}: {reading.said(chat.reading, voice)}",
    ]
    rows = [
        [
            button(voice.say("🌐 Language"), Screen("language", number)),
            button(voice.say("📂 Categories"), Screen("categories", number)),
        ],
        [
            button(voice.say("🕒 Time zone"), Screen("timezone", number)),
            button(
                voice.say("🔔 With sound") if chat.silent else voice.say("🔕 Without sound"),
                SetSilent(int(not chat.silent), number),
            ),
        ],
        [
            button(voice.say("⏰ When news comes"), Screen("times", number)),
            button(voice.say("👓 What is shown"), Screen("reading", number)),
        ],
        [button(voice.say("📣 My channels"), Screen("channels"))] if channels or target else [],
    ]
    gets = [wanted(subscription, voice), *([] if subscription.nothing else [timetable_said(chat, voice, now)])]
    return Message("\n\n".join([*about, "\n".join(gets), "\n".join(lines)]), keyboard(*rows))


def languages(voice: Voice, target: int) -> Message:
    buttons = [button(shown, SetLanguage(code, target)) for code, shown in NAMES.items()]
    return Message(f"<b>{voice.say('Language')}</b>", keyboard(buttons, [back_to_settings(voice, target)]))


def timezones(voice: Voice, target: int, now: datetime) -> Message:
    buttons = [
        button(
            f"{zone.rpartition('/')[2].replace('_', ' ')} {now.astimezone(ZoneInfo(zone)):%H:%M}",
            SetTimezone(zone, target),
        )
        for zone in ZONES
    ]
    text = voice.say(
        "Choose a time zone, or type it, for example {example}.", example=isolate("<code>/settings Asia/Aden</code>")
    )
    rows = in_rows(buttons, ZONES_IN_ROW)
    return Message(f"<b>{voice.say('Time zone')}</b>\n\n{text}", keyboard(*rows, [back_to_settings(voice, target)]))


def channels(chats: Sequence[Chat], voice: Voice) -> Message:
    """The channels and groups that a person brought the bot into."""
    if not chats:
        return Message(
            voice.say("Add me to your channel as an administrator who may post; then it appears here to be settled."),
            keyboard([back_to_settings(voice, 0)]),
        )
    marks = {ChatKind.CHANNEL: "📣", ChatKind.GROUP: "👥", ChatKind.PRIVATE: "👤"}
    rows = [
        [button(f"{marks[chat.kind]} {on_button(chat.title or str(chat.chat_id))}", Screen("manage", chat.id))]
        for chat in chats
    ]
    return Message(f"<b>{voice.say('My channels')}</b>", keyboard(*rows, [back_to_settings(voice, 0)]))


def brought(chat: Chat, voice: Voice) -> Message:
    """To who added us to a channel."""
    text = voice.say("I am in {name} now. Choose what it gets.", name=name(chat.title or str(chat.chat_id)))
    return Message(text, keyboard([button(voice.say("📂 Categories"), Screen("categories", chat.id))]))


def group_greeting(voice: Voice, *, named: str) -> Message:
    text = voice.say(
        "Hello! I am {bot}. /latest shows the news. An administrator can have alerts sent here with /subscribe.",
        bot=name(named),
    )
    return Message(text)


def help_text(
    voice: Voice, commands: Sequence[tuple[str, str]], operating: Sequence[tuple[str, str]] = (), *, named: str
) -> Message:
    """`operating` are the commands of the bot's administrators, for one of them."""
    heading = f"<b>{voice.say('For administrators of the bot')}</b>"
    theirs = ["\n".join([heading, *_listed(operating, voice)])] if operating else []
    tips = voice.say(
        "Words alone are searched for. After a list, <code>/summary 3</code> opens its third article. In a group,"
        " only administrators choose the alerts. I can post in your channel as well: add me there as an administrator"
        " who may post."
    )
    return Message(
        "\n\n".join(
            [
                f"<b>{escape(isolate(named) if voice.apart(named) == named else voice.aligned(isolate(named)))}</b>",
                "\n".join(_listed(commands, voice)),
                *theirs,
                tips,
                search_syntax(voice),
            ]
        )
    )


def _listed(commands: Sequence[tuple[str, str]], voice: Voice) -> list[str]:
    return [escape(voice.aligned(f"{voice.apart(f'/{command}')} — {described}")) for command, described in commands]
