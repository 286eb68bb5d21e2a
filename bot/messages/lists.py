"""Lists of headlines: pages, stories and search results, and the messages for empty ones."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from telegram import InlineKeyboardButton

from bot.locale import Voice
from bot.messages.actions import (
    Action,
    CategoryList,
    ChosenList,
    HeadlineList,
    NewestList,
    Screen,
    SearchList,
    ShowArticle,
)
from bot.messages.buttons import button, button_label, button_rows, keyboard, list_paging_row, number_rows
from bot.messages.headlines import Match, headline_lines, listed
from bot.messages.message import Message, isolated_name
from bot.text.html import truncate
from bot.text.search import CATEGORY
from storage.records import NO_OTHER_LANGUAGES, Category, Headline, OtherLanguages, Reading
from storage.times import to_ms

STORY_PAGE: Final = 6  # articles of a story, with one row of numbers: they fit on a phone with their buttons
LONGEST_TYPED: Final = 100  # characters of typed text that a reply repeats
_SINGLE_QUOTES: Final = str.maketrans('"“”„‟«»', "'" * 5 + "‹›")
_PHRASE: Final = re.compile('\\s*["“”„‟«»]([^"“”„‟«»]*)["“”„‟«»]\\s*$')


def headline_list(
    found: Sequence[Headline],
    page: HeadlineList,
    voice: Voice,
    now: datetime,
    *,
    heading: str,
    older: bool,
    newer: bool,
    categories: Sequence[Category] = (),
    elsewhere: OtherLanguages = NO_OTHER_LANGUAGES,
    hidden: int = 0,
    matches: Mapping[int, Match] | None = None,
) -> Message:
    """Returns a page of a list.

    `heading` is HTML. `older` and `newer` say whether there are more pages on that side. `categories` are offered
    below the first page, in one row. `elsewhere` holds hits in languages that the chat does not read. `hidden` is the
    number of articles that this page leaves out because the chat mutes them. `matches` say, by article id, why a
    search found the articles.
    """
    category = page.category if isinstance(page, CategoryList) else None
    lines = headline_lines(enumerate(found, page.first), voice, now, category=category, matches=matches)
    numbers = [
        button(voice.number(position), ShowArticle(headline.id, page))
        for position, headline in enumerate(found, page.first)
    ]
    paging = list_paging_row(
        voice,
        page.first,
        len(found),
        newest=_first_page(page),
        newer=_newer_page(found, page) if newer else None,
        older=_older_page(found, page) if older else None,
    )
    chosen = [] if newer else [category_chip(one) for one in categories]
    others = _other_languages_button(page, voice, offered=bool(elsewhere.articles))
    rest = [_other_languages_count(len(elsewhere.articles), voice, more=elsewhere.more)] if elsewhere.articles else []
    rest += [hidden_by_mutes(hidden, voice)] if hidden else []
    muted = _muted_button(page, voice, offered=bool(hidden))
    return Message(
        truncate(listed(f"<b>{heading}</b>", lines, *rest)),
        keyboard(*number_rows(numbers), paging, others, muted, chosen),
    )


def counted(lines: int, articles: int, voice: Voice) -> str:
    """Returns how many lines a list has. If some of them stand for a story, the articles are counted beside them."""
    if lines == articles:
        return voice.number(lines)
    stories = voice.plural("{n} story", "{n} stories", lines)
    return voice.say(
        "{stories}, {articles}", stories=stories, articles=voice.plural("{n} article", "{n} articles", articles)
    )


def category_chip(category: Category) -> InlineKeyboardButton:
    return button(button_label(category.name), CategoryList(category.id))


def hidden_by_mutes(articles: int, voice: Voice) -> str:
    """Returns a line with the number of articles that a list leaves out because the chat mutes them."""
    return voice.plural("{n} article is hidden by your mutes.", "{n} articles are hidden by your mutes.", articles)


def _muted_button(page: HeadlineList, voice: Voice, *, offered: bool) -> list[InlineKeyboardButton]:
    """Returns the button between a list without the articles that the chat mutes and the list with them."""
    if not (offered or page.muted):
        return []
    label = voice.say("🔇 Hide muted news") if page.muted else voice.say("👁 Show hidden news")
    return [button(label, replace(page, muted=int(not page.muted)))]


def _other_languages_count(articles: int, voice: Voice, *, more: bool = False) -> str:
    """Returns a line with the number of hits in languages that the chat does not read."""
    if more:
        return voice.plural(
            "In other languages: {n} article or more",
            "In other languages: {n} articles or more",
            articles,
        )
    return voice.plural("In other languages: {n} article", "In other languages: {n} articles", articles)


def _other_languages_button(page: HeadlineList, voice: Voice, *, offered: bool) -> list[InlineKeyboardButton]:
    """Returns the button between the results in languages that the chat reads and those in other languages."""
    if not isinstance(page, SearchList) or not (offered or page.elsewhere):
        return []
    other = replace(page, elsewhere=int(not page.elsewhere), skip=0, first=1)
    return [button(voice.say("↩ Back to the list") if page.elsewhere else voice.say("🌐 In other languages"), other)]


def story_list(
    whole: Sequence[Headline],
    turned: int,
    voice: Voice,
    now: datetime,
    *,
    item: Callable[[int], Action],
    page: Callable[[int], Action],
    back: Action,
) -> Message:
    """Returns a page of the articles of a story, of which `whole` are all. `turned` is as in `StoryPage`.

    `item` returns the action that opens an article, and `page` the action that shows a page. `back` is what the story
    was opened from: an article or a list.
    """
    first = first_of_story_page(turned)
    found = whole[first - 1 : first - 1 + STORY_PAGE]
    lines = headline_lines(enumerate(found, first), voice, now)
    numbers = [button(voice.number(position), item(headline.id)) for position, headline in enumerate(found, first)]
    paging = list_paging_row(
        voice,
        first,
        len(found),
        newest=page(0),
        newer=page(turned - 1) if turned else None,
        older=page(turned + 1) if first - 1 + len(found) < len(whole) else None,
    )
    is_article = isinstance(back, ShowArticle)
    returning = [button(voice.say("↩ Back") if is_article else voice.say("↩ Back to the list"), back)]
    alone = len(whole) == 1  # the story had more articles when the button was sent
    heading = voice.say("No other articles on this story.") if alone else voice.say("All articles on this story")
    counted = f" ({voice.number(len(whole))})" if paging else ""
    shown = listed(f"<b>{heading}{counted}</b>", lines)
    return Message(truncate(shown), keyboard(*number_rows(numbers), paging, returning))


def first_of_story_page(turned: int) -> int:
    """Returns the position of the first article on a page of a story."""
    return turned * STORY_PAGE + 1


def _first_page(page: HeadlineList) -> HeadlineList:
    if isinstance(page, SearchList):
        return replace(page, newest=0, skip=0, first=1)
    return replace(page, place_ms=0, place_id=0, newer=0, first=1)


def _older_page(found: Sequence[Headline], page: HeadlineList) -> HeadlineList:
    if isinstance(page, SearchList):
        return replace(page, skip=page.skip + page.size, first=page.first + page.size)
    return _beside(found[-1], replace(page, newer=0, first=page.first + len(found)))


def _newer_page(found: Sequence[Headline], page: HeadlineList) -> HeadlineList:
    if isinstance(page, SearchList):
        skip = max(0, page.skip - page.size)
        return replace(page, skip=skip, first=skip + 1)
    return _beside(found[0], replace(page, newer=1, first=max(1, page.first - page.size)))


def _beside(
    headline: Headline, page: NewestList | CategoryList | ChosenList
) -> NewestList | CategoryList | ChosenList:
    """Returns the page that is next to this headline."""
    return replace(page, place_ms=to_ms(headline.published_at), place_id=headline.id)


def no_headlines(voice: Voice, read: Reading, *, heading: str | None = None) -> Message:
    """Returns the message for an empty list of all news, or of the category `heading` (HTML)."""
    if read.languages:
        languages = voice.join_names([isolated_name(voice.language_name(code)) for code in read.languages])
        text = (
            voice.say(
                "No news in {name} in your languages ({languages}).",
                name=heading,
                languages=languages,
            )
            if heading is not None
            else voice.say("No news in your languages ({languages}).", languages=languages)
        )
        choice = [button(voice.say("👓 Languages and grouping"), Screen("reading"))]
        return Message(text, keyboard(choice, [all_news_button(voice)] if heading is not None else []))
    if heading is not None:
        return Message(voice.say("No news in {name} yet.", name=heading), keyboard([all_news_button(voice)]))
    return Message(voice.say("There is no news yet. As soon as there is some, /latest shows it."))


def nothing_found(
    words: str,
    page: SearchList,
    voice: Voice,
    *,
    elsewhere: int = 0,
    hidden: int = 0,
    meant: tuple[str, SearchList] | None = None,
) -> Message:
    """Returns the message for a search without hits.

    `hidden` is the number of hits that are left out because the chat mutes them. `elsewhere` is the number of hits in
    other languages. `meant` is a correction with its search, to be offered.
    """
    shown = quote_typed(words)
    if meant is not None:
        text = " ".join([voice.say('No results for "{words}".', words=shown), voice.say("Did you mean this?")])
        return Message(text, keyboard([button(button_label(meant[0]), meant[1])], [all_news_button(voice)]))
    if hidden:
        text = voice.say('No results for "{words}".', words=shown)
        muted = _muted_button(page, voice, offered=True)
        return Message(f"{text}\n\n{hidden_by_mutes(hidden, voice)}", keyboard(muted, [all_news_button(voice)]))
    if elsewhere:
        text = voice.say('No results for "{words}" in your languages.', words=shown)
        return Message(
            f"{text}\n\n{_other_languages_count(elsewhere, voice)}",
            keyboard(_other_languages_button(page, voice, offered=True)),
        )
    text = voice.say('No results for "{words}". Try fewer or different words.', words=shown)
    return Message(text, keyboard([all_news_button(voice)]))


def no_search_words(voice: Voice) -> Message:
    """Returns the message for a query without words to search for."""
    text = voice.say("Please type a word to search for.")
    return Message(f"{text}\n\n{search_syntax(voice)}", keyboard([all_news_button(voice)]))


def quote_typed(words: str) -> str:
    """Returns typed text for use between quotes (HTML), shortened if it is long.

    Its own quotes are told apart from these: a phrase loses them, and others become single ones.
    """
    phrase = _PHRASE.match(words)
    words = (phrase[1] if phrase else words).translate(_SINGLE_QUOTES)
    return isolated_name(words if len(words) <= LONGEST_TYPED else f"{words[: LONGEST_TYPED - 1].rstrip()}…")


def search_syntax(voice: Voice) -> str:
    return voice.say(
        "Put a phrase in quotes to match it exactly, put - before a word to leave it out, and add"
        ' category: or source: to narrow the search.\n<code>/search "harbour council" -sport'
        " category:economy</code>"
    )


def unknown_name(field: str, typed: str, near: Sequence[tuple[str, SearchList]], voice: Voice) -> Message:
    """Returns the message for a query with an unknown category or source. `near` are labels and searches to offer."""
    shown = quote_typed(typed)
    text = (
        voice.say('There is no category called "{name}".', name=shown)
        if field == CATEGORY
        else voice.say('There is no source called "{name}".', name=shown)
    )
    text += " " + (voice.say("Did you mean one of these?") if near else voice.say("Search without it to find more."))
    return Message(text, keyboard(*button_rows([button(button_label(label), search) for label, search in near])))


def all_news_button(voice: Voice) -> InlineKeyboardButton:
    return button(voice.say("📰 Latest news"), NewestList())
