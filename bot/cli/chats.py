"""`newsbot chats`: subscribers as JSON Lines, in and out, and chats that are forgotten."""

import codecs
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from bot.cli.context import opened_storage, read_storage, run_command
from bot.cli.errors import FAILED, Failed
from bot.cli.files import STANDARD, reading, writing
from bot.cli.moving_in import BOTS, move_in
from bot.cli.output import Complaints, complain, counted, say
from bot.cli.work import shown_work

if TYPE_CHECKING:
    from bot.config import Config
    from storage.records import ChatSettings

BATCH: Final = 1000  # chats in one transaction: a running bot marks its deliveries between two


@click.group()
def chats() -> None:
    """Bring subscribers in, take them out, or forget a chat."""


@chats.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--from", "bot", type=click.Choice(BOTS), help="FILE is the SQLite database of this bot.")
@click.option("--public", is_flag=True, help="With --from: make the feeds public sources, in everybody's lists.")
def import_(file: Path, bot: str | None, public: bool) -> int:
    """Import chats, one JSON object a line; only "chat_id" is needed. "-" reads standard input.

    A chat that is there already gets the settings of its line. Bad lines are named and passed over, and the exit
    status is 1.

    With --from, FILE is the database of another bot: RSS-to-Telegram-Bot (rsstt), NodeRSSBot or flowerss-bot. Stop
    that bot first. Its chats come with the feeds that they follow. Each feed becomes a private source, which only
    these chats see, or with --public a source in everybody's lists. A chat that is there already keeps its settings
    and gets the follows that it lacks. The other database is only read, and settings without a counterpart are
    counted.
    """
    if bot is not None:
        return run_command(move_in(file, bot, public=public))
    if public:
        raise click.UsageError("--public is for the feeds of another bot; expected --from with it")
    return run_command(_import(file))


async def _import(file: Path) -> int:
    from storage.records import WorkKind

    new = updated = failed = 0
    complaints = Complaints()
    unknown: Counter[str] = Counter()
    with reading(file) as (lines, size):
        async with (
            opened_storage(create=True) as (storage, config),
            shown_work(storage, WorkKind.CHATS, subject=file.name, length=size) as advance,
        ):
            for batch in _batches(lines, file, config):
                added = await storage.settings.put(batch.chats, now=batch.read_at)
                new, updated = new + added, updated + len(batch.chats) - added
                unknown.update(asdict(await storage.settings.unknown_names(batch.chats)))
                for problem in batch.problems:
                    complaints.add(problem)
                failed += len(batch.problems)
                advance(batch.size)
    complaints.end()
    say(f"{counted(new + updated, 'chat')}: {new} new, {updated} updated" + (f", {failed} failed" if failed else ""))
    for kind, one, many in _NAMES:
        if unknown[kind]:
            say(f"passed over, because this database does not have them: {counted(unknown[kind], one, many)}")
    return FAILED if failed else 0


_NAMES: Final = (  # of what a line may name: the field of UnknownNames, one and several
    ("saved", "saved article", "saved articles"),
    ("stories", "followed story", "followed stories"),
    ("sources", "followed source", "followed sources"),
)


@dataclass(frozen=True, slots=True)
class _Batch:
    chats: "list[ChatSettings]"
    problems: list[str]
    size: int  # bytes read
    read_at: datetime


def _batches(lines: Iterable[bytes], file: Path, config: "Config") -> Iterator[_Batch]:
    from bot.chat_lines import BadLine, from_line

    numbered = enumerate(lines, 1)
    while batch := list(islice(numbered, BATCH)):
        now = datetime.now(UTC)
        chats: list[ChatSettings] = []
        problems: list[str] = []
        for number, line in batch:
            if number == 1:
                _refuse_other_formats(line, file)
            try:
                if stripped := line.removeprefix(codecs.BOM_UTF8).strip():
                    chats.append(from_line(stripped, config, now))
            except BadLine as error:
                problems.append(f"{file}, line {number}: {error}")
        yield _Batch(chats, problems, sum(len(line) for _, line in batch), now)


def _refuse_other_formats(first: bytes, file: Path) -> None:
    """Raise Failed if the first line is that of a file of another kind, of which each line would be an error."""
    from bot.other_bots.database import MAGIC

    if first.startswith(MAGIC):
        bots = ", ".join(f"--from {bot}" for bot in BOTS)
        raise Failed(f"{file}: this is an SQLite database; expected one JSON object a line, or one of {bots} with it")
    if first.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<"):
        raise Failed(
            f"{file}: this is XML or HTML; expected one JSON object a line (`newsbot source import` takes OPML)"
        )


@chats.command()
@click.argument("file", type=click.Path(path_type=Path))
def export(file: Path) -> None:
    """Export all chats with every setting, one JSON object a line. "-" writes to standard output."""
    run_command(_export(file))


async def _export(file: Path) -> None:
    from bot.chat_lines import to_line
    from storage.records import WorkKind

    count = 0
    async with read_storage() as (storage, _):
        length = await storage.settings.count()
        shown = shown_work(storage, WorkKind.CHATS, subject=file.name, length=length, label="Exporting")
        with writing(file) as out:
            async with shown as advance:
                async for settings in storage.settings.export():
                    out.write(to_line(settings) + "\n")
                    count += 1
                    advance(1)
    if file != STANDARD:
        say(f"{counted(count, 'chat')} exported to {file}")


@chats.command(context_settings={"ignore_unknown_options": True})  # the numbers of groups begin with a minus
@click.argument("chat_id", type=int)
def forget(chat_id: int) -> int:
    """Delete everything that is kept of a chat. That includes settings, saved articles, searches and the record
    of sent messages.

    CHAT_ID is Telegram's number of the person, group or channel. The messages in the chat stay, and so does a ban.
    """
    return run_command(_forget(chat_id))


async def _forget(chat_id: int) -> int:
    async with opened_storage(create=False) as (storage, _):
        if await storage.personal_data.forget(chat_id):
            say(f"chat {chat_id}: forgotten")
            return 0
    complain(f"chat {chat_id}: nothing is kept of it; expected Telegram's number of a chat")
    return FAILED
