"""Lists of sources (OPML) that people send: their sources become sources of the chat, which follows them."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.chat import undoing
from bot.chat.administration import most_private_sources
from bot.chat.conversation import Conversation
from bot.ingest.errors import BadList
from bot.ingest.formats import opml
from bot.ingest.source_list import (
    ComparedEntry,
    DuplicateEntry,
    compare_entries,
    for_chat,
    listed_sources,
)
from bot.messages import source_list
from bot.messages.message import isolated_name
from storage.records import Chat, ListOutcome, NewSource

MOST_ENTRIES: Final = 10_000  # of a list that are read
BATCH: Final = 200  # sources in one transaction: the sender marks its deliveries between two
PROGRESS_SECONDS: Final = 3.0  # between two changes of the message that shows how far the list is


@dataclass(slots=True)
class _Done:
    """What became of the entries until now."""

    outcomes: Counter[ListOutcome] = field(default_factory=Counter)
    twice: int = 0
    errors: list[BadList] = field(default_factory=list)


async def take(conversation: Conversation, chat: Chat, file_name: str, content: bytes) -> None:
    """Add the sources of a list for a chat, show how far it is, and report at the end."""
    voice = conversation.voice
    waiting = await conversation.announce(source_list.reading(file_name, voice))
    allow_private = conversation.context.config.allow_private_hosts
    try:
        # In a thread, since a list may have thousands of entries.
        entries, unread = await asyncio.to_thread(_entries, content, allow_private=allow_private)
    except BadList as error:
        await waiting.replace(source_list.not_a_list(error.problem, voice))
        return
    async with undoing.undoable(conversation, chat) as step:
        done = await _follow_all(waiting, chat, entries)
    conversation.context.wake()
    context, target = conversation.context, chat.id != conversation.chat.id
    shown = source_list.Report(
        outcomes=done.outcomes,
        twice=done.twice,
        failed=len(done.errors),
        problems=[(error.problem, error.entry) for error in done.errors[: source_list.SHOWN]],
        unread=unread,
        most_private=context.config.reader_sources,
        most_follows=context.config.reader_follows,
        stopped=(await context.storage.chats.subscription(chat.id)).stopped,
    )
    about = f"<b>{isolated_name(chat.title or str(chat.chat_id))}</b>" if target else ""
    await waiting.replace(source_list.report(shown, voice, about=about, rows=[step.back_to()]))


def _entries(content: bytes, *, allow_private: bool) -> tuple[list[ComparedEntry], int]:
    """Returns the entries of a list, and the number of those at its end that are not read. Raises BadList."""
    read = opml.read(content, name="")
    taken = (for_chat(entry, allow_private=allow_private) for entry in read[:MOST_ENTRIES])
    return list(compare_entries(taken, (), name="")), max(0, len(read) - MOST_ENTRIES)


async def _follow_all(waiting: Conversation, chat: Chat, entries: Sequence[ComparedEntry]) -> _Done:
    done = _Done()
    shown_at = time.monotonic()
    for start in range(0, len(entries), BATCH):
        if start and time.monotonic() - shown_at >= PROGRESS_SECONDS:
            await waiting.replace(source_list.progress(start, len(entries), waiting.voice))
            shown_at = time.monotonic()
        batch = entries[start : start + BATCH]
        done.errors += [one for one in batch if isinstance(one, BadList)]
        done.twice += sum(isinstance(one, DuplicateEntry) for one in batch)
        sources = [one for one in batch if isinstance(one, NewSource)]
        done.outcomes.update(await _follow_batch(waiting, chat, sources, done.outcomes[ListOutcome.ADDED]))
    return done


async def _follow_batch(
    conversation: Conversation, chat: Chat, sources: Sequence[NewSource], added: int
) -> list[ListOutcome]:
    """Let a chat follow some sources. `added` is the number of those that the list has added before."""
    context = conversation.context
    now = context.now()
    return await context.storage.follows.follow_listed(
        chat.id,
        listed_sources(sources, now, already_scheduled=added),
        most_private=most_private_sources(conversation),
        most_follows=context.config.reader_follows,
        now=now,
    )
