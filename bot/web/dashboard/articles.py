"""The page of an article: its text, its story, whom it reached, why, and what an editor may do with it."""

from typing import Final

from aiohttp import web
from markupsafe import Markup

from bot import editing
from bot.desk import forecast_of
from bot.messages.reasons import explanation
from bot.text.document import read_document, to_telegram
from bot.text.html import one_line, plain
from bot.web.dashboard.notes import Note
from bot.web.dashboard.view import PageRoute, View
from storage.records import TYPED_REASON, Article, Lane, RetractReason

POSTS: Final = 10  # in channels, those with the most reactions
LONGEST_REASON: Final = 200  # characters
LONGEST_NUMBER: Final = 17  # digits


async def show(view: View) -> web.Response:
    article = await view.article(view.number("id"))
    storage = view.storage
    story = await storage.stories.story_of(article.id)
    reach = None
    if not article.retracted:
        reach = await storage.desk.reach_of_article(article.id, lane=Lane.BREAKING, now=view.now)
    why, why_problem = await _why(view, article)
    document = read_document(article.text.document, article.text.body)
    return view.show(
        "article.html",
        article=article,
        report=await storage.metrics.report(article.id),
        reach=await storage.reach.of_article(article.id),
        posts=await storage.reactions.of_article(article.id, limit=POSTS),
        story=story,
        others=[one for one in await storage.stories.list_articles(story or 0) if one.id != article.id],
        earlier=await storage.histories.earlier_texts(article.id),
        document=Markup(to_telegram(document)),  # escaped there
        is_breaking=article.lane is not None and article.lane <= Lane.BREAKING,
        forecast=None
        if reach is None
        else forecast_of(reach, view.parts.config.messages_per_second, view.now, breaking=True),
        reasons=_reasons(view),
        why=why,
        why_problem=why_problem,
        asked_chat=view.asked("chat"),
    )


def _reasons(view: View) -> list[tuple[str, str]]:
    """Returns the reasons of a retraction that readers may see, each with its name."""
    return [
        ("", view.voice.say("No reason")),
        (RetractReason.ERRORS.value, view.voice.say("Errors")),
        (RetractReason.UNCONFIRMED.value, view.voice.say("Not confirmed")),
        (RetractReason.MISTAKE.value, view.voice.say("By mistake")),
        (RetractReason.LEGAL.value, view.voice.say("Legal reasons")),
    ]


async def _why(view: View, article: Article) -> tuple[str, str]:
    """Returns why the chat that was asked for got the article or not, and why that is not known."""
    asked = view.asked("chat")
    digits = asked.removeprefix("-")
    if not asked or not view.is_admin:
        return "", ""
    if not (digits.isdecimal() and digits.isascii() and len(digits) <= LONGEST_NUMBER):
        return "", view.voice.say("Type Telegram's number of the chat, such as 123456789.")
    chat = await view.storage.chats.get(int(asked))
    if chat is None:
        return "", view.voice.say("The bot knows no chat with that number.")
    found = await view.storage.follows.explain(article.id, chat.id, now=view.now)
    if found is None:
        return "", view.voice.say("This article is no longer available.")
    return plain(explanation(article, found, view.voice).html), ""


# What an editor does


async def retract(view: View) -> web.Response:
    article, form = await view.article(view.number("id")), await view.form()
    chosen, typed = form.get("reason", ""), one_line(form.get("typed", ""))[:LONGEST_REASON]
    reason = f"{TYPED_REASON}{typed}" if typed else chosen if chosen in list(RetractReason) else ""
    if not await _is_as_shown(view, article):
        return view.go(Note.CHANGED_MEANWHILE, "articles", article.id)
    done = await editing.retract(
        view.storage, article, by=view.actor, now=view.now, reason=reason, is_shown="shown" in form
    )
    return _done(view, article, Note.RETRACTED if done else Note.CHANGED_MEANWHILE)


async def send_breaking(view: View) -> web.Response:
    """Send an article as breaking news, or again to those who have it."""
    article, form = await view.article(view.number("id")), await view.form()
    if article.retracted or not await _is_as_shown(view, article):
        return view.go(Note.CHANGED_MEANWHILE, "articles", article.id)
    done = await editing.send_breaking(view.storage, article, by=view.actor, now=view.now)
    if done and "again" in form:
        await editing.send_again(view.storage, article, by=view.actor, now=view.now)
    return _done(view, article, Note.BREAKING if done else Note.CHANGED_MEANWHILE)


async def _is_as_shown(view: View, article: Article) -> bool:
    """Returns whether an article still looks as it did on the page whose form was sent."""
    return (await view.form()).get("shown_revision") == str(article.shown)


def _done(view: View, article: Article, note: Note) -> web.Response:
    view.parts.wake()
    return view.go(note, "articles", article.id)


PAGES: Final = (
    PageRoute(name="article", path="articles/{id}", run=show, for_editors=True),
    PageRoute(name="article_retract", path="articles/{id}/retract", run=retract, method="POST", for_editors=True),
    PageRoute(
        name="article_breaking", path="articles/{id}/breaking", run=send_breaking, method="POST", for_editors=True
    ),
)
