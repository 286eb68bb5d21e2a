"""A small site on loopback with the demo's sample news: feeds that grow, pages, pictures and a podcast."""

import asyncio
import html
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime
from importlib.resources import files
from typing import Any, Final

from aiohttp import web
from babel.dates import format_date

from bot.ingest.draft import Draft
from bot.ingest.formats.feed import parse
from bot.process import utc_now

FIRST_NEWS: Final = 6.0  # seconds from the start to the first report
NEWS_EVERY: Final = 25.0  # seconds between two reports after that
BRISK: Final = 12  # reports that come so quickly, to show what alerts are like
SLOWER: Final = 5  # times as long between two later reports, so that the demo may run for an hour
BULLETIN_EVERY: Final = 6  # of the later reports, one is a bulletin with new figures; after the last report, all are
RETOLD_AFTER: Final = 0.4  # the part of NEWS_EVERY after which the second source publishes the report too
FEEDS: Final = {"live": "wire.xml", "herald": "herald.xml"}  # of the sample site, each with its first content
OFFERED: Final = {"club-en": "club-en.xml", "club-ar": "club-ar.xml"}  # feeds that a reader may add
ON_DESK: Final = {"council": "council.xml"}  # a feed whose articles wait for an editor
TROUBLED: Final = {"lighthouse": "lighthouse.xml", "islands": "islands.xml"}  # a slow feed, and one that breaks
WELL_READ: Final = 2  # times that a troubled feed answers as any other: when it is added, and when it is read first
SLOW_SECONDS: Final = 6.0  # that the slow feed takes after that
TELEX: Final = "telex.jsonl"  # for a folder: a report and its correction, and a report and its withdrawal
CLUB: Final = "/club"  # the page that links to these
# Between two reports of the club or of the council, from the first time that their feeds are read.
CLUB_EVERY: Final = timedelta(seconds=20)
PICTURES: Final = "/pictures"
PODCAST: Final = "/podcast.mp3"
SITE: Final = "http://wire.example"  # the address of the sample source in the samples
_MOMENT: Final = re.compile(r"\{\{(\d+)h (iso|rfc|day|day-ar)\}\}")
_ARABIC_INDIC: Final = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_PICTURE: Final = re.compile(r'<img src="([^"]+)"')


class SampleSource:
    """A small site on loopback: growing feeds, and the pages that their items link to.

    The first feed is the wire. A little later, the second feed, the herald, publishes reports of the wire with its
    own headlines or in its own words. A sailing club has a page that links to two feeds, one in each language. They
    begin to publish when they are read first, so that a reader who adds one sees news of it soon. So does the press
    office of the council, whose articles wait for an editor. The log of the lighthouse takes its time to answer, and
    the feed of the islands breaks.
    """

    def __init__(self, *, now: Callable[[], datetime] = utc_now) -> None:
        self.url = ""
        self._now = now
        samples = files("bot").joinpath("samples")
        self._templates = {
            feed: samples.joinpath(name).read_text("utf-8")
            for feed, name in (FEEDS | OFFERED | ON_DESK | TROUBLED).items()
        }
        self._of_club: list[dict[str, Any]] = _lines(samples.joinpath("club.jsonl").read_text("utf-8"))
        self._reads: Counter[str] = Counter()  # of the troubled feeds
        self._read_first: dict[str, datetime] = {}  # by feed of the club or the council
        self._coming: list[dict[str, Any]] = _lines(samples.joinpath("live.jsonl").read_text("utf-8"))
        self._bulletins: list[dict[str, str]] = _lines(samples.joinpath("bulletins.jsonl").read_text("utf-8"))
        self._started = now()
        self._published: dict[str, list[tuple[datetime, dict[str, Any]]]] = {feed: [] for feed in FEEDS}

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["SampleSource"]:
        application = web.Application()
        feeds = "|".join(FEEDS | OFFERED | ON_DESK)
        application.router.add_get(f"/{{feed:{feeds}}}.xml", self._feed)
        application.router.add_get(f"/{{feed:{'|'.join(TROUBLED)}}}.xml", self._troubled)
        application.router.add_get(CLUB, self._club_page)
        application.router.add_get(f"{PICTURES}/{{name}}", _sample)
        application.router.add_get(f"/{{name:{PODCAST[1:]}}}", _sample)
        application.router.add_get("/{number}", self._page)
        application.router.add_get(f"/{{feed:{feeds}}}/{{number}}", self._page)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield self
        finally:
            await runner.cleanup()

    async def publish_periodically(self, every: float) -> None:
        """Publish the reports in order: the first BRISK of them `every` seconds, later ones more slowly."""
        await asyncio.sleep(min(FIRST_NEWS, every))
        while True:
            report = self.publish()
            pause = every if len(self._published["live"]) < BRISK else every * SLOWER
            await asyncio.sleep(every * RETOLD_AFTER)
            self.retell(report)
            await asyncio.sleep(pause - every * RETOLD_AFTER)

    def publish(self) -> dict[str, Any]:
        """Publish the next report in the wire. Returns the report."""
        report = self._next(len(self._published["live"]))
        self._published["live"].append((self._now(), report))
        return report

    def _next(self, number: int) -> dict[str, Any]:
        """Returns the report with this number, the first being 0."""
        bulletins, position = divmod(max(0, number - BRISK), BULLETIN_EVERY)
        is_bulletin = position == BULLETIN_EVERY - 1
        written = number - bulletins
        return self._bulletin(number) if is_bulletin or written >= len(self._coming) else self._coming[written]

    def _bulletin(self, number: int) -> dict[str, str]:
        """Returns the bulletin with this number. No two bulletins are equal, since a repeated text would be no news.

        Figures before a counted noun are between 11 and 99. For these, Arabic has a single form of the noun.
        """
        figures = {
            "n": number,
            "wind": 11 + 7 * number % 18,
            "wave": 40 + 37 * number % 60,
            "water": 14 + number % 9,
            "back": 20 + 5 * (number % 7),
            "price": 210 + 53 * number % 290,
            "crates": 180 + 91 * number % 400,
        }
        return {
            key: said.format_map(figures)
            for key, said in self._bulletins[(number + number // BULLETIN_EVERY) % len(self._bulletins)].items()
        }

    def retell(self, report: dict[str, Any]) -> None:
        """Publish the report in the herald too, if the report has a version for it."""
        if (told := report.get("herald")) is not None:
            self._published["herald"].append((self._now(), report | told))

    async def _troubled(self, request: web.Request) -> web.Response:
        """Answer slowly, or with an error, after the first WELL_READ times."""
        feed = request.match_info["feed"]
        self._reads[feed] += 1
        if self._reads[feed] > WELL_READ:
            if feed == "islands":
                raise web.HTTPInternalServerError(text="The cable is down.")
            await asyncio.sleep(SLOW_SECONDS)
        return await self._feed(request)

    async def _club_page(self, request: web.Request) -> web.Response:
        links = "".join(
            f'<link rel="alternate" type="application/rss+xml" href="/{feed}.xml" hreflang="{feed[-2:]}">'
            for feed in OFFERED
        )
        welcome = "Marsan Sailing Club · نادي مرسان للإبحار"
        return web.Response(
            text=f'<!doctype html><html><meta charset="utf-8"><title>{welcome}</title>{links}<h1>{welcome}</h1>',
            content_type="text/html",
        )

    def _reports(self, feed: str) -> list[tuple[datetime, dict[str, Any]]]:
        """Returns what a feed has published by now, oldest first."""
        if feed in FEEDS:
            return self._published[feed]
        begun = self._read_first.setdefault(feed, self._now())
        coming = enumerate((one for one in self._of_club if one["feed"] == feed), 1)
        timed = [(begun + number * CLUB_EVERY, report) for number, report in coming]
        return [(at, report) for at, report in timed if at <= self._now()]

    async def _feed(self, request: web.Request) -> web.Response:
        return web.Response(text=self._xml(request.match_info["feed"]), content_type="application/rss+xml")

    async def _page(self, request: web.Request) -> web.Response:
        address = f"{self.url}{request.path}"
        for item in parse(self._xml(request.match_info.get("feed", "live")).encode(), url=self.url).items:
            if item.url == address:
                return web.Response(text=_as_page(item, self._written(request)), content_type="text/html")
        raise web.HTTPNotFound

    def _written(self, request: web.Request) -> str:
        """Returns the HTML of the report that a page shows, or "" if the page has only paragraphs."""
        feed, number = request.match_info.get("feed"), request.match_info["number"]
        reports = self._reports(feed) if feed else []
        found = reports[int(number) - 1][1] if number.isdecimal() and 0 < int(number) <= len(reports) else {}
        return str(found.get("html", "")).replace(SITE, self.url)

    def _xml(self, feed: str) -> str:
        newest = list(enumerate(self._reports(feed), 1))[-len(self._coming) :]
        items = "".join(self._item(feed, number, at, report) for number, (at, report) in reversed(newest))
        written = fill_in_dates(self._templates[feed], self._started).replace("</link>", "</link>" + items, 1)
        return written.replace(SITE, self.url)

    def _item(self, feed: str, number: int, at: datetime, report: dict[str, str]) -> str:
        values = {
            "title": report["title"],
            "link": f"{self.url}/{feed}/{number}",
            "guid": f"{feed}-{number}",
            "category": report["category"],
            "dc:language": report["language"],
            "pubDate": format_datetime(at),
            "content:encoded": report.get("html") or _paragraphs(report["body"]),
        }
        return f"<item>{''.join(f'<{tag}>{html.escape(value)}</{tag}>' for tag, value in values.items())}</item>"


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def _paragraphs(body: str) -> str:
    return "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in body.split("\n\n"))


def _as_page(item: Draft, written: str) -> str:
    title, summary = html.escape(item.title), html.escape(item.body.split("\n\n")[0])
    picture = _PICTURE.search(written)
    shown = f'<meta property="og:image" content="{picture[1]}">' if picture else ""
    return (
        f'<!doctype html><html lang="{item.language}" dir="auto"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f'<meta property="og:title" content="{title}"><meta property="og:description" content="{summary}">{shown}'
        "<style>body{max-width:40rem;margin:auto;padding:1rem}img{max-width:100%;height:auto}figure{margin:1rem 0}"
        "table{border-collapse:collapse}td,th{border:1px solid;padding:.2rem .5rem}</style>"
        f'<body dir="auto"><h1>{title}</h1>{written or _paragraphs(item.body)}'
    )


async def _sample(request: web.Request) -> web.Response:
    """Answer with a picture or the podcast."""
    name = request.match_info["name"]
    folder = files("bot").joinpath("samples")
    sample = folder.joinpath("pictures", name) if request.path.startswith(PICTURES) else folder.joinpath(name)
    if "/" in name or name.startswith(".") or not sample.is_file():
        raise web.HTTPNotFound
    kind = "audio/mpeg" if name.endswith(".mp3") else "image/jpeg"
    return web.Response(body=sample.read_bytes(), content_type=kind, headers={"Cache-Control": "max-age=86400"})


def fill_in_dates(sample: str, now: datetime) -> str:
    """Returns the sample with its placeholders filled in: {{5h iso}} is the time five hours before `now`."""

    def written(found: re.Match[str]) -> str:
        moment = now - timedelta(hours=int(found[1]))
        forms: dict[str, Callable[[], str]] = {
            "iso": lambda: moment.isoformat(timespec="seconds"),
            "rfc": lambda: format_datetime(moment),
            "day": lambda: f"{moment:%d/%m/%Y}",
            "day-ar": lambda: format_date(moment, "d MMMM y", locale="ar_LB").translate(_ARABIC_INDIC),
        }
        return forms[found[2]]()

    return _MOMENT.sub(written, sample)
