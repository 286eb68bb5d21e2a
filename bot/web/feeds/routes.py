"""`/feeds`: the routes of the feeds, and what each feed holds. Only public articles that were not withdrawn."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote

from aiohttp import web

from bot.chat.searching import LONGEST_QUERY, NoSuchName, resolve_names, run_search
from bot.locale import Voice
from bot.text.search import understood
from bot.web.feeds import atom, index, json_feed
from bot.web.feeds.addresses import PATH, FeedAddress, FeedFormat, FeedKind, list_feeds, name_of_source
from bot.web.feeds.items import Feed, feed_id, items_of, writable
from bot.web.feeds.pages import Busy, Pages, answer
from bot.web.route import Route, refusal
from storage import Storage
from storage.records import Article

ITEMS: Final = 50  # of a feed
HITS: Final = 200  # of a search, of which the newest are taken
PER_MINUTE: Final = 120
AT_ONCE: Final = 32
SECONDS: Final = 15.0
_WRITERS: Final = {FeedFormat.ATOM: atom.write, FeedFormat.JSON: json_feed.write}


class Feeds:
    """Answers for feeds. `public_url` is the address of the server from outside."""

    def __init__(self, storage: Storage, public_url: str, voice: Voice, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._public_url = public_url
        self._voice = voice
        self._pages = Pages(now)

    def routes(self) -> list[Route]:
        form = "{form:atom|json}"
        return [
            self._route("feeds", PATH, self._index),
            self._route("feeds_opml", f"{PATH}/index.opml", self._opml),
            self._route("feed_latest", f"{PATH}/latest.{form}", self._latest),
            self._route("feed_category", f"{PATH}/category/{{number:[0-9]{{1,15}}}}.{form}", self._category),
            self._route("feed_source", f"{PATH}/source/{{number:[0-9]{{1,15}}}}.{form}", self._source),
            self._route("feed_search", f"{PATH}/search.{form}", self._search),
        ]

    def _route(self, name: str, path: str, handler: Callable[[web.Request], Awaitable[web.Response]]) -> Route:
        return Route(
            name=name,
            method="GET",
            path=path,
            handler=handler,
            per_minute=PER_MINUTE,
            at_once=AT_ONCE,
            seconds=SECONDS,
        )

    # The lists of feeds

    async def _index(self, request: web.Request) -> web.Response:
        async def build() -> tuple[bytes, str]:
            listed = await list_feeds(self._storage)
            return await asyncio.to_thread(index.page, listed, self._public_url, self._voice), "text/html"

        return await self._answer(request, PATH, build)

    async def _opml(self, request: web.Request) -> web.Response:
        async def build() -> tuple[bytes, str]:
            listed = await list_feeds(self._storage)
            return await asyncio.to_thread(index.opml, listed, self._public_url, self._voice), "text/x-opml"

        return await self._answer(request, f"{PATH}/index.opml", build)

    # Feeds

    async def _latest(self, request: web.Request) -> web.Response:
        async def build() -> tuple[str, Sequence[Article]]:
            return self._voice.say("All news"), await self._storage.articles.newest(limit=ITEMS)

        return await self._feed(request, FeedAddress(FeedKind.LATEST, ""), build)

    async def _category(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])

        async def build() -> tuple[str, Sequence[Article]] | None:
            category = await self._storage.categories.get(number)
            if category is None:
                return None
            return category.name, await self._storage.articles.newest(limit=ITEMS, category=number)

        return await self._feed(request, FeedAddress(FeedKind.CATEGORY, "", number), build)

    async def _source(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])

        async def build() -> tuple[str, Sequence[Article]] | None:
            source = await self._storage.sources.get(number)
            if source is None or source.private:
                return None
            return name_of_source(source), await self._storage.articles.newest(limit=ITEMS, source=number)

        return await self._feed(request, FeedAddress(FeedKind.SOURCE, "", number), build)

    async def _search(self, request: web.Request) -> web.Response:
        words = " ".join(request.query.get("q", "").split())
        if not words or len(words) > LONGEST_QUERY:
            return refusal(400, f"the address has no query; expected ?q=WORDS, at most {LONGEST_QUERY} characters")

        async def build() -> tuple[str, Sequence[Article]]:
            return words, await self._found(words)

        return await self._feed(request, FeedAddress(FeedKind.SEARCH, words), build, query=f"?q={quote(words)}")

    async def _found(self, words: str) -> Sequence[Article]:
        """Returns the newest articles that have all of the words."""
        _, query = await resolve_names(self._storage, understood(words), None)
        if isinstance(query, NoSuchName):
            return []
        hits = await run_search(self._storage, query, limit=HITS)
        whole = hits.headlines[: hits.articles]  # those with all words come first
        newest = sorted(whole, key=lambda one: (one.published_at, one.id), reverse=True)[:ITEMS]
        found = [await self._storage.articles.get(one.id) for one in newest]
        return [article for article in found if article is not None and not article.retracted]

    async def _feed(
        self,
        request: web.Request,
        address: FeedAddress,
        build: Callable[[], Awaitable[tuple[str, Sequence[Article]] | None]],
        *,
        query: str = "",
    ) -> web.Response:
        form = FeedFormat(request.match_info["form"])
        path = address.path(form) + query

        async def write() -> tuple[bytes, str] | None:
            found = await build()
            if found is None:
                return None
            title, articles = found
            account = await self._storage.bot_accounts.get()
            bot_id, name = (account.bot_id, f" · @{account.username}") if account is not None else (0, "")

            def whole() -> bytes:
                feed = Feed(
                    id=feed_id(bot_id, path),
                    title=writable(f"{title}{name}"),
                    address=f"{self._public_url}{path}",
                    home=f"{self._public_url}{PATH}",
                    items=items_of(articles, bot_id),
                )
                return _WRITERS[form](feed)

            return await asyncio.to_thread(whole), form.media_type

        return await self._answer(request, path, write)

    async def _answer(
        self, request: web.Request, address: str, build: Callable[[], Awaitable[tuple[bytes, str] | None]]
    ) -> web.Response:
        try:
            page = await self._pages.get(address, build)
        except Busy:
            return refusal(503, "too many feeds are asked for", headers={"Retry-After": "5"})
        return refusal(404, "there is no such feed; /feeds lists them") if page is None else answer(request, page)
