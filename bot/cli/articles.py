"""`newsbot import`, `newsbot articles`, `newsbot retract` and `newsbot category`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.context import in_loop, opened_ingest, opened_storage
from bot.cli.errors import FAILED, Failed
from bot.cli.output import above_progress, columns, complain, counted, progress, say, say_json
from bot.cli.params import ARTICLE, TakesNumbers

if TYPE_CHECKING:
    from bot.ingest.importing import FileResult
    from storage import Storage
    from storage.records import Article


def read_text(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """What was typed, where it can be stored: bytes that are no UTF-8 come as lone surrogates, which can't be."""
    try:
        (value or "").encode()
    except UnicodeEncodeError:
        raise click.BadParameter(f"{value!r} is no UTF-8 text; expected a name in UTF-8") from None
    return value


def read_category(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """The name of a section as it was typed, if there is a word in it."""
    from bot.ingest.prepare import category_name

    if read_text(ctx, param, value) is not None and category_name(value) is None:
        raise click.BadParameter(f"{value!r} is no name; expected one with at least one letter or digit")
    return value


@click.command("import")
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--category", metavar="C", callback=read_category, help="The section of articles that bring none.")
@click.option("--push/--no-push", default=None, help="Push all that is new, or nothing; else what is fresh.")
@click.option("--breaking", is_flag=True, help="Push all that is new as breaking news.")
def import_(paths: tuple[Path, ...], category: str | None, push: bool | None, breaking: bool) -> int:
    """Import files or folders: saved page texts, HTML pages, feeds, JSON Lines.

    A line for each file and a total; what can't be read never stops the rest. Exit status 1 if any failed.
    """
    if breaking and push is False:
        raise click.UsageError("--breaking pushes what is new, and --no-push nothing; expected one of them")
    return in_loop(_import(paths, category, push, breaking))


async def _import(paths: tuple[Path, ...], category: str | None, push: bool | None, breaking: bool) -> int:
    from bot.ingest.decide import Push
    from bot.ingest.formats import files
    from bot.ingest.importing import found, import_files

    empty = [path for path in paths if path.is_dir() and not found([path])]
    for path in empty:
        complain(f"{path}: no file to import in this folder; expected {' '.join(sorted(files.SUFFIXES))}")
    wanted = Push.BREAKING if breaking else {True: Push.ALWAYS, False: Push.NEVER, None: Push.FRESH}[push]
    listed = found(paths)
    results: list[FileResult] = []
    async with opened_ingest() as (_, ingest):
        with progress(len(listed), "Importing") as bar:
            async for result in import_files(ingest, listed, push=wanted, category=category):
                above_progress()
                _tell_file(result)
                results.append(result)
                bar.update(1)
    failed = sum(bool(result.errors) for result in results) + len(empty)
    say(f"{counted(len(results), 'file')}: {_counts(results)}")
    return FAILED if failed else 0


def _tell_file(result: "FileResult") -> None:
    for error in result.errors:
        complain(error)
    say(f"{result.path}: {_counts([result])}")


def _counts(results: "list[FileResult]") -> str:
    added, pushed = sum(one.added for one in results), sum(one.pushed for one in results)
    changed, unchanged = sum(one.changed for one in results), sum(one.unchanged for one in results)
    failed = sum(len(one.errors) for one in results)
    parts = [f"{added} added" + (f" ({pushed} to push)" if pushed else "")]
    parts += [f"{count} {what}" for count, what in ((changed, "changed"), (unchanged, "unchanged")) if count]
    parts += [f"{failed} failed"] if failed else []
    return ", ".join(parts)


@click.group()
def articles() -> None:
    """Look at what is stored."""


@articles.command("list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1_000_000_000))
@click.option("--category", metavar="C", callback=read_text, help="Only of this category, by its name or alias.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list, with bodies.")
def list_(limit: int, category: str | None, as_json: bool) -> None:
    """The newest articles."""
    in_loop(_list(limit, category, as_json))


async def _list(limit: int, category: str | None, as_json: bool) -> None:
    async with opened_storage() as (storage, _):
        within = await _category_id(storage, category) if category is not None else None
        newest = await storage.articles.newest(limit=limit, category=within)
    if as_json:
        say_json([article_json(article) for article in newest])
        return
    for line in columns(_row(article) for article in newest):
        say(line)
    if not newest:
        say("No articles yet: `newsbot source add URL` or `newsbot import PATH` brings some.")


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
@click.option("--json", "as_json", is_flag=True)
def show(article_id: int, as_json: bool) -> None:
    """One article, whole."""
    in_loop(_show(article_id, as_json))


async def _show(article_id: int, as_json: bool) -> None:
    async with opened_storage() as (storage, _):
        article = await storage.articles.get(article_id)
    if article is None:
        raise no_article(article_id)
    if as_json:
        say_json(article_json(article))
        return
    given = article_json(article) | {"withdrawn": "yes" if article.retracted else None}
    body = given.pop("body")
    for name, value in given.items():
        if value not in (None, ""):
            say(f"{name}: {value}")
    say(f"\n{body}")


def article_json(article: "Article") -> dict[str, Any]:
    """An article as `--json` shows it. A day without a time is that day, not a moment of it."""
    return {
        "id": article.id,
        "title": article.text.title,
        "category": article.category.name if article.category else None,
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
    return article.published_at.isoformat(timespec="seconds").replace("+00:00", "Z")


def no_article(article_id: int) -> Failed:
    return Failed(f"article {article_id}: there is none with that number; `newsbot articles list` shows them")


@click.command(cls=TakesNumbers)
@click.argument("article_id", metavar="ID", type=ARTICLE)
def retract(article_id: int) -> None:
    """Withdraw an article: it can't be undone.

    It is in no list any more, what is unsent is never sent, and the messages that were sent become a short notice.
    """
    in_loop(_retract(article_id))


async def _retract(article_id: int) -> None:
    async with opened_storage() as (storage, _):
        article = await storage.articles.get(article_id)
        if article is None:
            raise no_article(article_id)
        if not await storage.articles.retract(article_id, now=datetime.now(UTC)):
            raise Failed(f"article {article_id}: it was withdrawn already")
    say(f"Article {article_id} withdrawn: {article.text.title}")
    say("A running bot corrects the messages about it before it sends anything else.")


@click.group()
def category() -> None:
    """Name sections, and say which are breaking news."""


@category.command()
@click.argument("alias", callback=read_text)
@click.argument("name", callback=read_text)
def alias(alias: str, name: str) -> None:
    """Let ALIAS mean the category NAME, for readers and for articles to come; what stands under ALIAS moves over."""
    in_loop(_alias(alias, name))


async def _alias(alias: str, name: str) -> None:
    from bot.ingest.prepare import category_name

    given, meant = category_name(alias), category_name(name)
    for typed, read in (("ALIAS", given), ("NAME", meant)):
        if read is None:
            raise click.BadParameter("expected a name with at least one letter or digit", param_hint=typed)
    assert given is not None
    assert meant is not None
    if given.normalized == meant.normalized:
        say(f"{given.name} and {meant.name} are one name already.")
        return
    async with opened_storage() as (storage, _):
        category = await storage.categories.alias(given, meant)
    say(f"{given.name} now means {category.name}.")


@category.command()
@click.argument("name", callback=read_text)
@click.option("--off", is_flag=True, help="Ordinary news from now on.")
def breaking(name: str, off: bool) -> None:
    """Push what is published in the category NAME from now on as breaking news."""
    in_loop(_breaking(name, not off))


async def _breaking(name: str, on: bool) -> None:
    from bot.ingest.prepare import category_name

    meant = category_name(name)
    if meant is None:
        raise click.BadParameter("expected a name with at least one letter or digit", param_hint="NAME")
    async with opened_storage() as (storage, _):
        known = await storage.categories.find(meant.normalized)
        category = await storage.categories.set_breaking(meant, on)
    say(f"What is published in {category.name} from now on is {'breaking' if on else 'ordinary'} news.")
    if known is None:
        say("It is a new category: no article has named it yet.")
