"""`newsbot deliveries`: what was given up, to be tried again or let go."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from bot.cli.context import actor, opened_storage, read_storage, run_command
from bot.cli.errors import FAILED
from bot.cli.output import complain, counted, say, say_list
from bot.cli.params import DELIVERY, TakesNumbers, json_option, limit_option
from bot.text.rfc3339 import rfc3339

if TYPE_CHECKING:
    from storage import Storage
    from storage.records import DeadDelivery


@click.group()
def deliveries() -> None:
    """See what could not be sent, and send it again or drop it."""


@deliveries.command("list")
@limit_option
@json_option
def list_(limit: int, as_json: bool) -> None:
    """List what was given up, the latest first. A line has number, when, chat, article, reason."""
    run_command(_list(limit, as_json))


async def _list(limit: int, as_json: bool) -> None:
    async with read_storage() as (storage, _):
        dead = await storage.dead_letters.latest(limit=limit)
    say_list(dead, as_json=as_json, to_json=delivery_json, to_row=_row, none="No delivery was given up.")


def delivery_json(delivery: "DeadDelivery") -> dict[str, Any]:
    return {
        "id": delivery.id,
        "chat_id": delivery.chat_id,
        "topic_id": delivery.topic_id,
        "kind": delivery.kind.value,
        "article": delivery.article_id,
        "title": delivery.title,
        "reason": delivery.reason,
        "died": rfc3339(delivery.died_at),
    }


def _row(delivery: "DeadDelivery") -> tuple[str, ...]:
    chat = f"{delivery.chat_id}/{delivery.topic_id}" if delivery.topic_id else str(delivery.chat_id)
    told = f"{delivery.article_id} {delivery.title}" if delivery.article_id else delivery.kind.value
    return str(delivery.id), f"{delivery.died_at:%Y-%m-%d %H:%M}", chat, told, delivery.reason


@deliveries.command(cls=TakesNumbers)
@click.argument("ids", metavar="[ID…]", nargs=-1, type=DELIVERY)
@click.option("--all", "everything", is_flag=True, help="All that were given up until now.")
def retry(ids: tuple[int, ...], everything: bool) -> int:
    """Queue these again. A running bot sends them to chats that still want them."""

    async def again(storage: "Storage", ids: Sequence[int]) -> Sequence[int]:
        from bot import editing

        return await editing.retry_dead(storage, ids, by=actor(), now=datetime.now(UTC))

    return _act(ids, everything, "queued again", again)


@deliveries.command(cls=TakesNumbers)
@click.argument("ids", metavar="[ID…]", nargs=-1, type=DELIVERY)
@click.option("--all", "everything", is_flag=True, help="All that were given up until now.")
def drop(ids: tuple[int, ...], everything: bool) -> int:
    """Forget these: they are never sent."""

    async def forget(storage: "Storage", ids: Sequence[int]) -> Sequence[int]:
        return await storage.dead_letters.drop(ids)

    return _act(ids, everything, "dropped", forget)


def _act(
    ids: Sequence[int],
    everything: bool,
    did: str,
    act: "Callable[[Storage, Sequence[int]], Awaitable[Sequence[int]]]",
) -> int:
    if bool(ids) is everything:
        raise click.UsageError("expected the numbers that `newsbot deliveries list` shows, or --all")
    return run_command(_acted(list(dict.fromkeys(ids)), everything, did, act))


async def _acted(
    ids: Sequence[int],
    everything: bool,
    did: str,
    act: "Callable[[Storage, Sequence[int]], Awaitable[Sequence[int]]]",
) -> int:
    async with opened_storage() as (storage, _):
        if everything:
            ids = await storage.dead_letters.ids(until=datetime.now(UTC))
        done = await act(storage, ids)
    missing = [] if everything else sorted(set(ids) - set(done))
    for delivery in missing:
        complain(f"delivery {delivery}: none of that number was given up; `newsbot deliveries list` shows them")
    say(f"{counted(len(done), 'delivery', 'deliveries')} {did}.")
    return FAILED if missing else 0
