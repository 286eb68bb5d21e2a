"""The pages of stories: the newest news, a search, one story with its articles, and what an editor corrects there."""

from datetime import datetime
from typing import Final

from aiohttp import web

from bot import editing
from bot.chat.searching import LONGEST_QUERY, NoSuchName, resolve_names, run_search
from bot.text.search import understood
from bot.web.dashboard.notes import Note
from bot.web.dashboard.view import NOBODY, PageRoute, View
from storage.records import Headline, Place, Reading

SHOWN: Final = 40  # stories on a page
EVERYTHING: Final = Reading(grouped=True)


async def show_list(view: View) -> web.Response:
    words = view.asked("words")[:LONGEST_QUERY]
    rows, is_last = await (_found(view, words) if words else _newest(view))
    older = None
    if rows and not is_last:
        last = rows[-1]
        older = view.path("stories", before=last.published_at.isoformat(), id=last.id)
    return view.show(
        "stories.html", rows=rows, words=words, older=older, is_first=not view.asked("before"), search=bool(words)
    )


async def _newest(view: View) -> tuple[list[Headline], bool]:
    """Returns a page of stories, and whether it is the last one."""
    found = await view.storage.articles.page(limit=SHOWN + 1, older_than=_place(view), reading=EVERYTHING)
    return found[:SHOWN], len(found) <= SHOWN


def _place(view: View) -> Place | None:
    """Returns the place that the address of the page names. Raises HTTPNotFound if it is none."""
    if not view.asked("before"):
        return None
    try:
        moment = datetime.fromisoformat(view.asked("before"))
    except ValueError:
        raise web.HTTPNotFound from None
    if moment.tzinfo is None:
        raise web.HTTPNotFound
    return Place(moment, view.asked_number("id") or 0)


async def _found(view: View, words: str) -> tuple[list[Headline], bool]:
    """Returns what a search finds, in the grammar of /search."""
    _, query = await resolve_names(view.storage, understood(words), None)
    if isinstance(query, NoSuchName):
        return [], True
    hits = await run_search(view.storage, query, limit=SHOWN)
    return list(hits.headlines), True


async def show_story(view: View) -> web.Response:
    number = view.number("id")
    articles = await view.storage.stories.list_articles(number)
    if not articles:
        raise web.HTTPNotFound
    await view.article(articles[0].id)  # a story with articles of a private source has no others
    return view.show("story.html", articles=articles, number=number)


async def split(view: View) -> web.Response:
    article = await view.article(view.number("id"))
    done = await editing.split(view.storage, article, by=view.actor, now=view.now)
    view.parts.wake()
    return view.go(Note.SPLIT if done else Note.CHANGED_MEANWHILE, "articles", article.id)


async def merge(view: View) -> web.Response:
    """Make one story of the stories of two articles. The form names one by its number."""
    one = await view.article(view.number("id"))
    other = await view.storage.articles.get(await view.form_number("other"), chat_row=NOBODY)
    if other is None or other.id == one.id or one.retracted or other.retracted:
        return view.go(Note.NO_SUCH_ARTICLE, "articles", one.id)
    merged = await editing.merge(view.storage, one, other, by=view.actor, now=view.now)
    view.parts.wake()
    return view.go(Note.MERGED if merged is not None else Note.CHANGED_MEANWHILE, "articles", one.id)


PAGES: Final = (
    PageRoute(name="stories", path="stories", run=show_list, for_editors=True),
    PageRoute(name="story", path="stories/{id}", run=show_story, for_editors=True),
    PageRoute(name="article_split", path="articles/{id}/split", run=split, method="POST", for_editors=True),
    PageRoute(name="article_merge", path="articles/{id}/merge", run=merge, method="POST", for_editors=True),
)
