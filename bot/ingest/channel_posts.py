"""Posts of channels that are sources become articles. Posts of all other channels are ignored.

post → its source → is it the bot's own? → its draft, joined with its album → stored as any article is (keep)
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from bot import logs
from bot.ingest import rhythm
from bot.ingest.decide import Push
from bot.ingest.draft import Draft
from bot.ingest.formats.channel_post import (
    ChannelPost,
    forwarded_from,
    joined,
    read_post,
    source_url,
    with_album,
)
from bot.ingest.identity import id_keys
from bot.ingest.keep import Keeper
from storage import Storage
from storage.records import KnownArticle, Source, Visit

log = logs.get_logger(__name__)

KINDS: Final = ("channel_post", "edited_channel_post")  # of updates


class ChannelPosts:
    """Stores the posts that Telegram sends."""

    def __init__(self, storage: Storage, keeper: Keeper, *, bot_id: int, now: Callable[[], datetime]) -> None:
        """`bot_id` is Telegram's number of this bot, whose posts are no news."""
        self._storage = storage
        self._keeper = keeper
        self._bot_id = bot_id
        self._now = now

    async def receive(self, update: Mapping[str, Any]) -> str | None:
        """Store the post of a channel that is a source, or its correction.

        Returns None, or the reason why the post can't be stored. Raises StorageError.
        """
        raw = next(update[kind] for kind in KINDS if isinstance(update.get(kind), dict))
        post = read_post(raw, update_id=update["update_id"], bot_id=self._bot_id)
        source = await source_of(self._storage, post.chat_id) if post is not None else None
        if post is None or source is None or source.paused or await self._storage.bans.among([post.chat_id]):
            return None
        if await self._is_ours(post, forwarded_from(raw)):
            return None
        draft = await self._draft(post, source)
        return await self._keep(draft, post, source) if draft is not None else None

    async def _keep(self, draft: Draft, post: ChannelPost, source: Source) -> str | None:
        if post.pictures:
            await self._storage.pictures.put(self._bot_id, post.pictures, now=self._now())
        kept = await self._keeper.keep(
            [draft],
            push=Push.FRESH,
            source=source,
            category=source.category,
            visit=lambda added: _visit(source, added, self._now()),
        )
        log.info(
            "channel_post",
            source=source.id,
            added=len(kept.stored.added),
            pushed=len(kept.stored.pushed),
            changed=len(kept.stored.changed),
        )
        return kept.left_out[0][1] if kept.left_out else None

    async def _is_ours(self, post: ChannelPost, origin: tuple[int, int] | None) -> bool:
        """Returns whether the bot sent this message, or the one that was forwarded here.

        It would send it for ever.
        """
        messages = [(post.chat_id, post.message_id), *([origin] if origin is not None else [])]
        for chat_id, message_id in messages:
            if await self._storage.deliveries.article_of_message(chat_id, message_id) is not None:
                return True
        return False

    async def _draft(self, post: ChannelPost, source: Source) -> Draft | None:
        """Returns what a post makes of its article, or None if it says nothing.

        An album comes as several posts. The first one with words is the article, and the others add their pictures.
        """
        known = await self._known(f"{post.chat_id}/{post.album}", source) if post.album is not None else None
        if known is None:
            return post.draft
        if known.text.url == post.url:
            return with_album(post.draft, known.text) if post.draft is not None else None
        return joined(post, known.text, known.version + 1 if known.version is not None else None)

    async def _known(self, guid: str, source: Source) -> KnownArticle | None:
        """Returns the article of an album, published or on the desk."""
        keys = id_keys([guid], source.id)
        # The desk is asked first: an article that is published between the two queries is found by the second one.
        found = await self._storage.desk.find_by_keys(keys, source_id=source.id)
        found |= await self._storage.articles.find_by_keys(keys)
        return next((article for several in found.values() for article in several if not article.retracted), None)


async def source_of(storage: Storage, chat_id: int) -> Source | None:
    """Returns the source that a channel is, if it is one."""
    return await storage.sources.find(source_url(chat_id))


def _visit(source: Source, added: int, now: datetime) -> Visit:
    """Returns the record of a post that was stored, as that of a visit that went well."""
    return rhythm.good_visit(rhythm.learn(source, added, now), added, now, due_at=now)
