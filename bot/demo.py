"""`newsbot demo`: the whole bot on a simulated Telegram, with sample news and a source that publishes more."""

import asyncio
import errno
import html
import json
import re
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import click
from aiohttp import web
from babel.dates import format_date

from bot import app
from bot.config import Config, Secret
from bot.errors import PortTaken
from bot.ingest.decide import Push
from bot.ingest.discovery import preview_source
from bot.ingest.draft import Draft
from bot.ingest.formats.feed import parse
from bot.ingest.importing import import_files, list_files
from bot.ingest.prepare import category_name
from bot.ingest.refresh import Ingest
from bot.sim import Chat, Hint, Limits, Simulator
from storage.records import ChatKind, ChatSettings, Reading

FIRST_NEWS: Final = 6.0  # seconds from the start to the first report
NEWS_EVERY: Final = 25.0  # seconds between two reports after that
RETOLD_AFTER: Final = 0.4  # the part of NEWS_EVERY after which the second source publishes the report too
REFRESH_SECONDS: Final = 10  # between visits to a source that a reader adds
LOOKED_AT_EVERY: Final = 2  # seconds between visits: the sample source is visited as any other, only more often
ARABIC: Final = ("اقتصاد", "رياضة", "ثقافة", "صحة", "علوم وتقنية")
ENGLISH: Final = ("Economy", "Sports", "Culture", "Health", "Science")
SPORTS: Final = ("Sports", "رياضة")
FEEDS: Final = {"live": "wire.xml", "herald": "herald.xml"}  # of the sample site, each with its first content
OFFERED: Final = {"club-en": "club-en.xml", "club-ar": "club-ar.xml"}  # feeds that a reader may add
CLUB: Final = "/club"  # the page that links to these
CLUB_EVERY: Final = timedelta(seconds=20)  # between two reports of the club, from the first time that it is read
PUBLISHED: Final = {  # samples for the feeds, not for the import
    *("live.jsonl", "bulletins.jsonl", "club.jsonl"),
    *FEEDS.values(),
    *OFFERED.values(),
}
READER_SOURCES: Final = 5
HINTS: Final = (  # of the chats, in the order of the page
    Hint(
        "أنت ليلى، وتقرئين الأخبار بالعربية. تصلك التنبيهات وحدها، ولك أن تسألي متى شئت.",
        ("/latest", "/category رياضة", "ميناء"),
    ),
    Hint(
        "You are Sam, a reader. Alerts come by themselves, and you can ask at any time.",
        ("/latest", "harbour", "/follow harbour"),
    ),
    Hint(
        "You are Sam, an administrator of this group. Sports news goes to a topic of its own.",
        ("/settings", "@newsbot harbour"),
    ),
    Hint(
        "You are Nour, an administrator of the bot: you can withdraw an article everywhere.",
        ("/stats", "/latest", "/retract 1"),
    ),
    Hint("You are Sam, a reader of this channel. React to a post, and the newsroom sees how many did."),
    Hint(
        "You are Sam, in a group that the bot is not in. Mention it, or type its name first and choose from a list.",
        ("What about the harbour, @newsbot?", "@newsbot glacier"),
    ),
)
SITE: Final = "http://wire.example"  # the address of the sample source in the samples
_MOMENT: Final = re.compile(r"\{\{(\d+)h (iso|rfc|day|day-ar)\}\}")
_ARABIC_INDIC: Final = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


async def run_demo(*, port: int, open_browser: bool, news_every: float = NEWS_EVERY) -> None:
    """Run the demo until SIGINT or SIGTERM. All files are in a temporary folder. `news_every` is in seconds.

    Raises PortTaken if the port can't be used.
    """
    async with AsyncExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="newsbot-demo-")))
        sim = await parts.enter_async_context(_simulator(port))
        wire = await parts.enter_async_context(SampleSource().serving())
        cast = _cast(sim)
        config = Config(
            token=Secret(sim.token),
            api_url=sim.url,
            database=f"sqlite:///{folder / 'demo.db'}",
            admins=(cast.administrator.id,),
            allow_private_hosts=True,
            reader_sources=READER_SOURCES,
            refresh_seconds=REFRESH_SECONDS,
        )
        await _prepare(config, folder, wire.url, cast)
        greeting = _greet(sim, cast, f"{wire.url}{CLUB}", open_browser=open_browser)
        await parts.enter_async_context(_beside(wire.publish_periodically(news_every), greeting))
        await app.run(config)


@asynccontextmanager
async def _beside(*stories: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run these coroutines inside this context, and cancel them at its end."""
    tasks = [asyncio.create_task(story) for story in stories]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result


@asynccontextmanager
async def _simulator(port: int) -> AsyncIterator[Simulator]:
    try:
        async with Simulator(limits=Limits(), port=port) as sim:
            yield sim
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        reason = "another program uses it" if error.errno == errno.EADDRINUSE else "it needs more rights"
        raise PortTaken(
            f"--port {port}: {reason}; expected a free port, like --port 8081, or --port 0 for any"
        ) from None


# The chats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cast:
    """The chats of the page, in the order in which the page lists them."""

    arabic: Chat
    english: Chat
    group: Chat
    administrator: Chat  # of the bot: commands in this chat may correct stories and withdraw articles
    channel: Chat
    friends: Chat  # a group without the bot

    @property
    def chats(self) -> tuple[Chat, ...]:
        return self.arabic, self.english, self.group, self.administrator, self.channel, self.friends


def _cast(sim: Simulator) -> _Cast:
    sam = sim.person("Sam", "en")
    cast = _Cast(
        arabic=sim.private(sim.person("ليلى", "ar")),
        english=sim.private(sam),
        group=sim.group("Marsan newsroom", admins=[sam], topics=["Sports · رياضة"]),
        administrator=sim.private(sim.person("Nour (admin)", "en")),
        channel=sim.channel("Marsan headlines", admins=[sam]),
        friends=sim.group("Friends of Marsan"),
    )
    cast.channel.members[sim.bot["id"]] = "administrator"
    del cast.friends.members[sim.bot["id"]]
    cast.friends.say("Has anybody heard the crane go by last night?", sim.person("Rami", "en"))
    for chat, hint in zip(cast.chats, HINTS, strict=True):
        sim.list_on_page(chat, chat.person or sam, hint)
    return cast


def _subscriptions(cast: _Cast, zone: str) -> list[ChatSettings]:
    def settings(chat: Chat, language: str, **more: Any) -> ChatSettings:
        return ChatSettings(chat_id=chat.id, language=language, timezone=zone, **more)

    def named(*names: str) -> Any:
        return tuple(category_name(name) for name in names)

    group = cast.group
    in_group: dict[str, Any] = {"kind": ChatKind.GROUP, "title": group.title}
    return [
        settings(cast.arabic, "ar", categories=named(*ARABIC), reading=Reading(languages=("ar",))),
        settings(cast.english, "en", categories=named(*ENGLISH), reading=Reading(languages=("en",))),
        settings(group, "en", muted=named(*SPORTS), **in_group),
        settings(group, "en", topic_id=min(group.topics or ()), categories=named(*SPORTS), **in_group),
        settings(
            cast.channel,
            "en",
            kind=ChatKind.CHANNEL,
            title=cast.channel.title,
            categories=named(*ENGLISH),
            reading=Reading(languages=("en",)),
        ),
        settings(
            cast.administrator, "en", categories=named(ARABIC[0], ENGLISH[0])
        ),  # only two, so that commands and answers stay visible
    ]


async def _greet(sim: Simulator, cast: _Cast, club: str, *, open_browser: bool) -> None:
    """When the bot polls for updates, send /start in every chat that the bot answers, and print the page's address.

    Below it, the address of a source is printed that a reader may add. The administrator sends /help instead of
    /start, since the bot tells administrators more there.
    """
    await sim.until(lambda: sim.polls_begun > 0, seconds=60)
    for chat, person in sim.shown:
        if chat not in (cast.channel, cast.friends):
            chat.say("/help" if chat is cast.administrator else "/start", person)
    click.echo(f"Newsbot is at {sim.url} (Ctrl-C ends it)")
    click.echo(f"A source to add in a chat: /add {club}")
    if open_browser:
        await asyncio.to_thread(webbrowser.open, sim.url)


# The news


async def _prepare(config: Config, folder: Path, wire: str, cast: _Cast) -> None:
    """Store sample news, the sample source and subscriptions in the database."""
    now = datetime.now(UTC)
    samples = folder / "samples"
    samples.mkdir()
    for sample in files("bot").joinpath("samples").iterdir():
        if sample.name not in PUBLISHED:
            samples.joinpath(sample.name).write_text(fill_in_dates(sample.read_text("utf-8"), now), "utf-8")
    async with app.open_ingest(config) as (storage, ingest):
        async for result in import_files(ingest, list_files([samples]), push=Push.NEVER):
            if result.errors:
                raise RuntimeError(result.errors)
        for feed in FEEDS:
            await _add_source(ingest, f"{wire}/{feed}.xml")
        await storage.settings.put(_subscriptions(cast, config.timezone.key), now=now)


async def _add_source(ingest: Ingest, url: str) -> None:
    checked = await preview_source(ingest, url)
    source, _ = await ingest.storage.sources.add(
        checked.url, checked.kind, title=checked.title, every_seconds=LOOKED_AT_EVERY, now=ingest.now()
    )
    await ingest.refresh(source)


class SampleSource:
    """A small site on loopback: growing feeds, and the pages that their items link to.

    The first feed is the wire. A little later, the second feed, the herald, publishes reports of the wire with its
    own headlines or in its own words. A sailing club has a page that links to two feeds, one in each language. They
    begin to publish when they are read first, so that a reader who adds one sees news of it soon.
    """

    def __init__(self, *, now: Callable[[], datetime] = app.utc_now) -> None:
        self.url = ""
        self._now = now
        samples = files("bot").joinpath("samples")
        self._templates = {
            feed: samples.joinpath(name).read_text("utf-8") for feed, name in (FEEDS | OFFERED).items()
        }
        self._of_club: list[dict[str, Any]] = _lines(samples.joinpath("club.jsonl").read_text("utf-8"))
        self._read_first: dict[str, datetime] = {}  # by feed of the club
        self._coming: list[dict[str, Any]] = _lines(samples.joinpath("live.jsonl").read_text("utf-8"))
        self._bulletins: list[dict[str, str]] = _lines(samples.joinpath("bulletins.jsonl").read_text("utf-8"))
        self._started = now()
        self._published: dict[str, list[tuple[datetime, dict[str, Any]]]] = {feed: [] for feed in FEEDS}

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["SampleSource"]:
        application = web.Application()
        feeds = "|".join(FEEDS | OFFERED)
        application.router.add_get(f"/{{feed:{feeds}}}.xml", self._feed)
        application.router.add_get(CLUB, self._club_page)
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
        """Publish the reports in order. After the last report, publish bulletins with new figures each time."""
        await asyncio.sleep(min(FIRST_NEWS, every))
        while True:
            report = self.publish()
            await asyncio.sleep(every * RETOLD_AFTER)
            self.retell(report)
            await asyncio.sleep(every * (1 - RETOLD_AFTER))

    def publish(self) -> dict[str, Any]:
        """Publish the next report in the wire. Returns the report."""
        number = len(self._published["live"])
        report = self._coming[number] if number < len(self._coming) else self._bulletin(number)
        self._published["live"].append((self._now(), report))
        return report

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
        return {key: said.format_map(figures) for key, said in self._bulletins[number % len(self._bulletins)].items()}

    def retell(self, report: dict[str, Any]) -> None:
        """Publish the report in the herald too, if the report has a version for it."""
        if (told := report.get("herald")) is not None:
            self._published["herald"].append((self._now(), report | told))

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
        if feed not in OFFERED:
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
                return web.Response(text=_as_page(item), content_type="text/html")
        raise web.HTTPNotFound

    def _xml(self, feed: str) -> str:
        newest = list(enumerate(self._reports(feed), 1))[-len(self._coming) :]
        items = "".join(self._item(feed, number, at, report) for number, (at, report) in reversed(newest))
        written = fill_in_dates(self._templates[feed], self._started).replace("</link>", "</link>" + items, 1)
        return written.replace(SITE, self.url)

    def _item(self, feed: str, number: int, at: datetime, report: dict[str, str]) -> str:
        body = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in report["body"].split("\n\n"))
        values = {
            "title": report["title"],
            "link": f"{self.url}/{feed}/{number}",
            "guid": f"{feed}-{number}",
            "category": report["category"],
            "dc:language": report["language"],
            "pubDate": format_datetime(at),
            "content:encoded": body,
        }
        return f"<item>{''.join(f'<{tag}>{html.escape(value)}</{tag}>' for tag, value in values.items())}</item>"


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def _as_page(item: Draft) -> str:
    paragraphs = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in item.body.split("\n\n"))
    title = html.escape(item.title)
    return (
        f'<!doctype html><html lang="{item.language}" dir="auto"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f'<body dir="auto"><h1>{title}</h1>{paragraphs}'
    )


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
