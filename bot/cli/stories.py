"""`newsbot story`: which articles tell one event, and what an editor knows better."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from bot.cli.articles import no_article
from bot.cli.context import actor, opened_storage, read_storage, run_command
from bot.cli.errors import Failed
from bot.cli.output import columns, counted, say, say_json
from bot.cli.params import ARTICLE, TakesNumbers, json_option
from bot.text.rfc3339 import rfc3339

if TYPE_CHECKING:
    from storage import Storage
    from storage.records import Article, StoryArticle

MOST_NAMED: Final = 3  # articles of a story, in an error


@click.group()
def story() -> None:
    """See, separate and join the articles that tell one event."""


@story.command(cls=TakesNumbers)
@click.argument("article_id", metavar="ID", type=ARTICLE)
@json_option
def show(article_id: int, as_json: bool) -> None:
    """Show the articles of a story, newest first. ID is that of one of them.

    The list says which of them carry the same text.
    """
    run_command(_show(article_id, as_json))


async def _show(article_id: int, as_json: bool) -> None:
    async with read_storage() as (storage, _):
        number = await storage.stories.story_of(article_id)
        if number is None:
            raise await _no_article(storage, article_id)
        articles = await storage.stories.list_articles(number)
    if as_json:
        say_json({"story": number, "articles": [_json(article) for article in articles]})
        return
    for line in columns(_row(article) for article in articles):
        say(line)


def _json(article: "StoryArticle") -> dict[str, Any]:
    return {
        "id": article.id,
        "title": article.title,
        "source": article.source,
        "published": rfc3339(article.published_at),
        "copy_of": article.duplicate_of,
        "placed_by": "person" if article.by_person else "likeness",
        "withdrawn": article.retracted,
    }


def _row(article: "StoryArticle") -> tuple[str, ...]:
    said = [f"copy of {article.duplicate_of}"] if article.duplicate_of else []
    said += ["placed by a person"] if article.by_person else []
    said += ["withdrawn"] if article.retracted else []
    return (
        str(article.id),
        f"{article.published_at:%Y-%m-%d %H:%M}",
        article.source or "-",
        article.title,
        ", ".join(said),
    )


@story.command(cls=TakesNumbers)
@click.argument("article_id", metavar="ID", type=ARTICLE)
def split(article_id: int) -> None:
    """Take the article ID out of its story. It stays out, whatever comes later; only `story merge` brings it back."""
    run_command(_split(article_id))


async def _split(article_id: int) -> None:
    from bot import editing

    async with opened_storage() as (storage, _):
        article = await _shown_article(storage, article_id)
        if not await editing.split(storage, article, by=actor(), now=datetime.now(UTC)):
            raise Failed(f"article {article_id}: it is in no story with others")
    say(f"Article {article_id} stands alone now: {article.text.title}")


@story.command(cls=TakesNumbers)
@click.argument("one", metavar="ID", type=ARTICLE)
@click.argument("other", metavar="ID", type=ARTICLE)
def merge(one: int, other: int) -> None:
    """Join the stories of two articles, for good.

    It undoes a split: an article that was split off those that carry its text is one text with them again, and the
    messages about it name all who carry it, as before.
    """
    run_command(_merge(one, other))


async def _merge(one: int, other: int) -> None:
    if one == other:
        raise click.UsageError(f"article {one} is named twice; expected articles of two stories")
    from bot import editing

    async with opened_storage() as (storage, _):
        articles = [await _shown_article(storage, article_id) for article_id in (one, other)]
        if await storage.stories.story_of(one) == await storage.stories.story_of(other):
            raise Failed(f"articles {one} and {other}: they are in one story already")
        merged = await editing.merge(storage, *articles, by=actor(), now=datetime.now(UTC))
        if merged is None:  # withdrawn or deleted meanwhile
            raise Failed(f"articles {one} and {other}: they can't be made one story; one of them is gone")
        headlines = await storage.stories.headlines(merged.story_id)
    say(f"One story now, with {counted(len(headlines), 'article')}.")
    if merged.one_text:
        say("What was split off is one text with the others again; a running bot lets the messages say so.")


async def _shown_article(storage: "Storage", article_id: int) -> "Article":
    """Returns an article that readers may see."""
    article = await storage.articles.get(article_id)
    if article is None:
        raise await _no_article(storage, article_id)
    if article.retracted:
        raise Failed(f"article {article_id}: it was withdrawn, and stands in no story")
    return article


async def _no_article(storage: "Storage", number: int) -> Failed:
    """A story keeps the number of its first article, which may be kept no longer."""
    whole = await storage.stories.list_articles(number)
    if not whole:
        return no_article(number)
    told = " ".join(str(article.id) for article in whole[:MOST_NAMED])
    return Failed(f"article {number}: it is not kept any more; expected an article of story {number}, like {told}")
