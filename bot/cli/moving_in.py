"""`newsbot chats import --from BOT`: the chats and feeds of another bot."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from bot.cli.context import actor, opened_storage
from bot.cli.errors import FAILED
from bot.cli.output import complain, counted, say
from bot.cli.work import shown_work

if TYPE_CHECKING:
    from bot.other_bots.plan import Plan
    from bot.other_bots.records import ForeignBot
    from storage import Storage
    from storage.records import NewSource, Source

Item = TypeVar("Item")
BOTS: Final = ("rsstt", "noderssbot", "flowerss")
BATCH: Final = 500  # sources or chats in one transaction: a running bot marks its deliveries between two


async def move_in(file: Path, bot: str, *, public: bool) -> int:
    from bot.other_bots.plan import make_plan

    read = _read(file, bot)  # whole, before anything is stored
    for problem in read.bad_rows:
        complain(problem)
    async with opened_storage(create=True) as (storage, config):
        known = await storage.sources.all()
        plan = make_plan(read, known, language=config.language, timezone=config.timezone.key)
        now = datetime.now(UTC)
        new_sources = await _add_sources(storage, plan.sources, known, public=public, file=file, now=now)
        await _add_chats(storage, plan, file.name, now)
    _say_sources(plan, new_sources, public=public)
    for line in _lost(plan.lost):
        say(line)
    if read.bad_rows:
        say(f"{counted(len(read.bad_rows), 'row')} failed")
    return FAILED if read.bad_rows else 0


def _read(file: Path, bot: str) -> "ForeignBot":
    from bot.other_bots.database import opened

    reader = import_module(f"bot.other_bots.{bot}")
    with opened(file, bot=reader.NAME) as database:
        found: ForeignBot = reader.read(database)
    return found


async def _add_sources(
    storage: "Storage",
    sources: "Sequence[NewSource]",
    known: "Sequence[Source]",
    *,
    public: bool,
    file: Path,
    now: datetime,
) -> int:
    """Returns the number of new sources. A source that is known keeps its settings. `file` is for the audit log."""
    from bot import editing
    from bot.ingest.source_list import schedule_first_visits

    known_private = {source.url: source.private for source in known}
    scheduled = schedule_first_visits([one for one in sources if one.url not in known_private], now)
    for batch in _batches(scheduled):
        if public:
            await storage.sources.add_all(batch, now=now)
        else:
            await storage.sources.add_all_private(batch, now=now)
    if public:
        wanted = {one.url for one in sources}
        for source in known:
            if source.private and source.url in wanted:
                await storage.sources.set_private(source.id, False, now=now)
        await editing.note_source_list(storage, file.name, counted(len(scheduled), "new source"), by=actor(), now=now)
    return len(scheduled)


async def _add_chats(storage: "Storage", plan: "Plan", subject: str, now: datetime) -> None:
    from storage.records import WorkKind

    new = follows = 0
    async with shown_work(storage, WorkKind.CHATS, subject=subject, length=len(plan.chats)) as advance:
        for batch in _batches(plan.chats):
            added = await storage.settings.add(batch, now=now)
            new, follows = new + len(added.new), follows + added.follows_of_known
            advance(len(batch))
    known = len(plan.chats) - new
    say(
        f"{counted(len(plan.chats), 'chat')}: {new} new"
        + (f", {known} there already ({counted(follows, 'new follow')})" if known else "")
    )


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


def _say_sources(plan: "Plan", new: int, *, public: bool) -> None:
    kind = "public" if public else "private"
    known = len(plan.sources) - new
    say(
        f"{counted(len(plan.sources), 'feed')} that chats follow: {counted(new, f'new {kind} source')}"
        + (f", {known} there already" if known else "")
    )
    if plan.unfollowed:
        say(f"{counted(plan.unfollowed, 'feed')} that no chat follows: left out")
    if new:
        say("A running bot visits new sources one after another. What they hold then is stored and not pushed.")


def _lost(lost: Counter[tuple[str, str]]) -> list[str]:
    """Returns a line for each setting that has no counterpart here."""
    rows = sorted((kind, name, count) for (name, kind), count in lost.items() if count)
    return [
        f"no counterpart: {name} of the bot" if kind == "bot" else f"no counterpart: {name} of {counted(count, kind)}"
        for kind, name, count in rows
    ]
