"""`newsbot articles` and `newsbot retract`: look at what is stored, and withdraw it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from bot.cli.context import actor, opened_storage, read_storage, run_command
from bot.cli.errors import Failed
from bot.cli.output import say, say_json, say_list
from bot.cli.params import ARTICLE, TakesNumbers, json_option, limit_option, read_text
from bot.text.rfc3339 import rfc3339

if TYPE_CHECKING:
    from storage import Storage
    from storage.records import Article, PostReactions

POSTS_SHOWN: Final = 1_000  # in channels, those with the most reactions first


@click.group()
def articles() -> None:
    """Look at what is stored."""


@articles.command("list")
@limit_option
@click.option("--category", metavar="C", callback=read_text, help="Only of this category, by its name or alias.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list, with bodies.")
def list_(limit: int, category: str | None, as_json: bool) -> None:
    """List the newest articles."""
    run_command(_list(limit, category, as_json))


async def _list(limit: int, category: str | None, as_json: bool) -> None:
    async with read_storage() as (storage, _):
        within = await _category_id(storage, category) if category is not None else None
        newest = await storage.articles.newest(limit=limit, category=within)
    none = "No articles yet: `newsbot source add URL` or `newsbot import PATH` brings some."
    say_list(newest, as_json=as_json, to_json=article_json, to_row=_row, none=none)


def _row(article: "Article") -> tuple[str, ...]:
    category = article.category.name if article.category else "-"
    return str(article.id), _published(article)[:16].replace("T", " "), category, article.text.title


async def _category_id(storage: "Storage", name: str) -> int:
    from bot.text.arabic import normalize
    from bot.text.fuzzy_names import fuzzy_matches

    found = await storage.categories.find(normalize(name))
    if found is None:
        near = fuzzy_matches(name, [typed for typed, _ in await storage.categories.names()])
        meant = f"; did you mean {', '.join(near)}?" if near else ""
        raise Failed(f"--category {name!r}: there is no such category{meant}")
    return found.id


@articles.command(cls=TakesNumbers)
@click.argument("article_id", metavar="ID", type=ARTICLE)
@json_option
def show(article_id: int, as_json: bool) -> None:
    """Show one article, whole."""
    run_command(_show(article_id, as_json))


async def _show(article_id: int, as_json: bool) -> None:
    async with read_storage() as (storage, _):
        article = await storage.articles.get(article_id)
        reactions = await storage.reactions.of_article(article_id, limit=POSTS_SHOWN)
    if article is None:
        raise no_article(article_id)
    if as_json:
        posts = [{"chat_id": one.chat_id, "title": one.title, "counts": dict(one.counts)} for one in reactions]
        say_json(article_json(article) | {"reactions": posts})
        return
    given = article_json(article) | {
        "category": ", ".join(one.name for one in article.categories),
        "categories": None,
        "reactions": "; ".join(map(_reactions_text, reactions)),
    }
    given |= {"withdrawn": "yes" if article.retracted else None}
    body = given.pop("body")
    for name, value in given.items():
        if value not in (None, ""):
            say(f"{name}: {value}")
    say(f"\n{body}")


def _reactions_text(post: "PostReactions") -> str:
    counts = ", ".join(f"{reaction} {count}" for reaction, count in post.counts)
    return f"{post.title or post.chat_id}: {counts}"


def article_json(article: "Article") -> dict[str, Any]:
    """Returns an article as `--json` shows it. A day without a time is that day, not a moment of it."""
    return {
        "id": article.id,
        "title": article.text.title,
        "category": article.category.name if article.category else None,
        "categories": [category.name for category in article.categories],
        "published": _published(article),
        "published_precision": "day" if article.published_on else "time",
        "language": article.text.language,
        "source": article.source,
        "url": article.text.url,
        "body": article.text.body,
        "summary": " ".join(article.text.summary),
        "revision": article.revision,
    }


def _published(article: "Article") -> str:
    if article.published_on:
        return article.published_on.isoformat()
    return rfc3339(article.published_at)


def no_article(article_id: int) -> Failed:
    return Failed(f"article {article_id}: there is none with that number; `newsbot articles list` shows them")


@click.command(cls=TakesNumbers)
@click.argument("article_id", metavar="ID", type=ARTICLE)
@click.option(
    "--reason",
    default="",
    callback=read_text,
    metavar="R",
    help="Why: errors, unconfirmed, mistake, legal, or a sentence. The audit log has it.",
)
@click.option("--tell-readers", is_flag=True, help="Whether readers see the reason as well.")
def retract(article_id: int, reason: str, tell_readers: bool) -> None:
    """Withdraw an article: it can't be undone.

    It is no longer listed or sent, and the messages that were sent become a short notice.
    """
    if tell_readers and not reason.strip():
        raise click.UsageError("--tell-readers shows a reason, and there is none; expected --reason as well")
    run_command(_retract(article_id, reason.strip(), tell_readers))


async def _retract(article_id: int, reason: str, tell_readers: bool) -> None:
    from bot import editing
    from storage.records import TYPED_REASON, RetractReason

    if reason and reason not in list(RetractReason):
        reason = f"{TYPED_REASON}{reason}"

    async with opened_storage() as (storage, _):
        article = await storage.articles.get(article_id)
        if article is None:
            raise no_article(article_id)
        if not await editing.retract(
            storage, article, by=actor(), now=datetime.now(UTC), reason=reason, is_shown=tell_readers
        ):
            raise Failed(f"article {article_id}: it was withdrawn already")
    say(f"Article {article_id} withdrawn: {article.text.title}")
    say("A running bot corrects the messages about it before it sends anything else.")
