"""`newsbot demo`: the whole bot on a simulated Telegram, with sample news and a source that publishes more."""

import asyncio
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import click

from bot import app, logs
from bot.config import Config, ListenAddress, Secret
from bot.free_ports import free_port
from bot.ingest.decide import Push
from bot.ingest.discovery import preview_source
from bot.ingest.formats.channel_post import source_url
from bot.ingest.import_reading import list_files
from bot.ingest.importing import import_files
from bot.ingest.prepare import category_name
from bot.ingest.refresh import Ingest
from bot.locale import SOURCE_LANGUAGE
from bot.locale.interface_languages import INTERFACE_LANGUAGES
from bot.logins import make_link
from bot.process import open_ingest
from bot.sample_site import (
    CLUB,
    FEEDS,
    NEWS_EVERY,
    OFFERED,
    ON_DESK,
    TELEX,
    TROUBLED,
    SampleSource,
    fill_in_dates,
)
from bot.sim import Chat, Hint, Simulator, Tour
from bot.stand_in import simulated_telegram
from storage import open_storage
from storage.records import ChatKind, ChatSettings, ChosenSubject, Login, Reading, SourceKind, SubjectKind

REFRESH_SECONDS: Final = 10  # between visits to a source that a reader adds
LOOKED_AT_EVERY: Final = 2  # seconds between visits: the sample source is visited as any other, only more often
ARABIC: Final = ("اقتصاد", "رياضة", "ثقافة", "صحة", "علوم وتقنية")
ENGLISH: Final = ("Economy", "Sports", "Culture", "Health", "Science")
TELEX_FOLDER: Final = "Marsan telex"  # a source: what arrives in it is news
SPORTS: Final = ("Sports", "رياضة")
PUBLISHED: Final = {  # samples for the feeds, not for the import
    *("live.jsonl", "bulletins.jsonl", "club.jsonl", TELEX),
    *FEEDS.values(),
    *OFFERED.values(),
    *ON_DESK.values(),
    *TROUBLED.values(),
}
ARTICLES: Final = (".txt", ".jsonl", ".xml")  # the ends of the names of samples with articles
TELEX_EVERY: Final = 0.8  # times `news_every`, so that all of the telex comes within a minute and a half
READER_SOURCES: Final = 5
HINTS: Final = (  # of the chats, in the order of the page
    Hint(
        "أنت ليلى، وتقرئين الأخبار بالعربية. تصلك التنبيهات تلقائيًا، ولك أن تسألي متى شئت.",
        ("/latest", "/category رياضة", "ميناء"),
    ),
    Hint("reader", ("/latest", "harbour", "/follow harbour")),
    Hint("group", ("/settings", "@newsbot harbour")),
    Hint("admin", ("/desk", "/breaking 1", "/retract 1", "/stats", "/dashboard")),
    Hint("office", ("The ferry to the islands sails again on Sunday.",)),
    Hint("channel"),
    Hint("friends", ("What about the harbour, @newsbot?", "@newsbot glacier")),
)


async def run_demo(
    *, port: int, open_browser: bool, language: str | None = None, news_every: float = NEWS_EVERY
) -> None:
    """Run the demo until SIGINT or SIGTERM. All files are in a temporary folder. `news_every` is in seconds.

    `language` is that of the page, of Sam and of Nour. Without it, they speak English until a browser opens the page,
    and then its language.

    Raises PortTaken if the port can't be used.
    """
    logs.configure("ERROR")  # a sample source fails on purpose, and would push the addresses off the terminal
    async with AsyncExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="newsbot-demo-")))
        sim = await parts.enter_async_context(simulated_telegram(port))
        sim.page_opens.clear()  # until there is a tour to show, and a bot that answers
        wire = await parts.enter_async_context(SampleSource().serving())
        sim.spoken = language or ""
        cast = _cast(sim, language or SOURCE_LANGUAGE)
        config = Config(
            token=Secret(sim.token),
            api_url=sim.url,
            database=f"sqlite:///{folder / 'demo.db'}",
            admins=(cast.administrator.id,),
            allow_private_hosts=True,
            language=language or SOURCE_LANGUAGE,
            reader_sources=READER_SOURCES,
            refresh_seconds=REFRESH_SECONDS,
            web=ListenAddress("127.0.0.1", free_port()),
        )
        await _prepare(config, folder, wire.url, cast)
        sim.tour = Tour(
            languages={code: one.name for code, one in INTERFACE_LANGUAGES.items()},
            speak=partial(_speak, sim, cast, config),
            open_dashboard=partial(_dashboard_link, config, cast.administrator),
        )
        link = await sim.tour.open_dashboard()
        greeting = _greet(sim, cast, f"{wire.url}{CLUB}", link, open_browser=open_browser)
        news = wire.publish_periodically(news_every)
        telex = _send_telex(folder / TELEX_FOLDER, news_every)
        await parts.enter_async_context(_beside(news, telex, greeting))
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


async def _dashboard_link(config: Config, administrator: Chat) -> str:
    """Returns a link that opens the dashboard as the administrator of the bot."""
    assert administrator.person is not None
    language = administrator.person.language_code or config.language
    person = Login(user_id=administrator.id, name="Nour", language=language, timezone=config.timezone.key)
    async with open_storage(config.database) as storage:
        link = await make_link(storage, config, person, now=datetime.now(UTC))
    assert link is not None
    return link


async def _speak(sim: Simulator, cast: "_Cast", config: Config, language: str) -> None:
    """Let Sam and Nour speak a language, and let the bot answer them in it from now on. Both greet the bot again."""
    for chat in (cast.english, cast.administrator):
        sim.speak(sim.people[chat.id], language)
    async with open_storage(config.database) as storage:
        for chat, topic in cast.of_sam_and_nour:
            known = await storage.chats.get(chat.id, topic)
            if known is not None:
                await storage.chats.set_language(known.id, language, now=datetime.now(UTC))
    cast.english.say("/start")
    cast.administrator.say("/help")


# The chats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cast:
    """The chats of the page, in the order in which the page lists them."""

    arabic: Chat
    english: Chat
    group: Chat
    administrator: Chat  # of the bot: commands in this chat may correct stories and withdraw articles
    office: Chat  # a channel whose posts are news
    channel: Chat
    friends: Chat  # a group without the bot

    @property
    def chats(self) -> tuple[Chat, ...]:
        return self.arabic, self.english, self.group, self.administrator, self.office, self.channel, self.friends

    @property
    def of_sam_and_nour(self) -> list[tuple[Chat, int | None]]:
        """The chats, with topics, in which the bot speaks the language of Sam and Nour."""
        topics = [(self.group, topic) for topic in (None, *(self.group.topics or ()))]
        return [(self.english, None), *topics, (self.administrator, None), (self.channel, None)]


def _cast(sim: Simulator, language: str) -> _Cast:
    sam = sim.person("Sam", language)
    cast = _Cast(
        arabic=sim.private(sim.person("ليلى", "ar")),
        english=sim.private(sam),
        group=sim.group("Marsan newsroom", admins=[sam], topics=["Sports · رياضة"]),
        administrator=sim.private(sim.person("Nour (admin)", language)),
        office=sim.channel("Harbour office of Marsan", username="marsan_harbour"),
        channel=sim.channel("Marsan headlines", admins=[sam]),
        friends=sim.group("Friends of Marsan"),
    )
    cast.channel.members[sim.bot["id"]] = "administrator"
    cast.office.members = {sam.id: "creator", sim.bot["id"]: "administrator"}
    del cast.friends.members[sim.bot["id"]]
    cast.friends.say("Has anybody heard the crane go by last night?", sim.person("Rami", "en"))
    for chat, hint in zip(cast.chats, HINTS, strict=True):
        sim.list_on_page(chat, chat.person or sam, hint)
    return cast


def _subscriptions(cast: _Cast, zone: str, spoken: str, followed: Sequence[str]) -> list[ChatSettings]:
    """Returns the settings with which the chats begin. Sam follows the sources with these addresses."""

    def settings(chat: Chat, language: str, **more: Any) -> ChatSettings:
        return ChatSettings(chat_id=chat.id, language=language, timezone=zone, **more)

    def named(*names: str) -> Any:
        return tuple(category_name(name) for name in names)

    group = cast.group
    in_group: dict[str, Any] = {"kind": ChatKind.GROUP, "title": group.title}
    return [
        settings(cast.arabic, "ar", categories=named(*ARABIC), reading=Reading(languages=("ar",))),
        settings(
            cast.english,
            spoken,
            categories=named(*ENGLISH),
            reading=Reading(languages=("en",)),
            follows=tuple(ChosenSubject(kind=SubjectKind.SOURCE, value=address, key=address) for address in followed),
        ),
        settings(group, spoken, muted=named(*SPORTS), **in_group),
        settings(group, spoken, topic_id=min(group.topics or ()), categories=named(*SPORTS), **in_group),
        settings(
            cast.channel,
            spoken,
            kind=ChatKind.CHANNEL,
            title=cast.channel.title,
            categories=named(*ENGLISH),
            reading=Reading(languages=("en",)),
        ),
        settings(
            cast.administrator, spoken, categories=named(ARABIC[0], ENGLISH[0])
        ),  # only two, so that commands and answers stay visible
    ]


async def _greet(sim: Simulator, cast: _Cast, club: str, dashboard: str, *, open_browser: bool) -> None:
    """When the bot polls for updates, greet it in every chat that it answers, and open the page.

    Print the page's address, and below it the address of a source that a reader may add, and the link that opens the
    dashboard. The administrator sends /help instead of /start, since the bot tells administrators more there.
    """
    await sim.until(lambda: sim.polls_begun > 0, seconds=60)
    for chat, person in sim.shown:
        if chat not in (cast.channel, cast.office, cast.friends):
            chat.say("/help" if chat is cast.administrator else "/start", person)
    sim.page_opens.set()
    click.echo(f"Newsbot is at {sim.url} (Ctrl-C ends it)")
    click.echo(f"A source to add in a chat: /add {club}")
    click.echo(f"The dashboard, within 10 minutes: {dashboard} (later: /dashboard as the administrator)")
    if open_browser:
        await asyncio.to_thread(webbrowser.open, sim.url)


# The news


async def _prepare(config: Config, folder: Path, wire: str, cast: _Cast) -> None:
    """Store sample news, the sample source and subscriptions in the database."""
    now = datetime.now(UTC)
    samples = folder / "samples"
    samples.mkdir()
    for sample in files("bot").joinpath("samples").iterdir():
        if sample.name not in PUBLISHED and sample.name.endswith(ARTICLES):
            samples.joinpath(sample.name).write_text(fill_in_dates(sample.read_text("utf-8"), now), "utf-8")
    async with open_ingest(config) as (storage, ingest):
        async for result in import_files(ingest, list_files([samples]), push=Push.NEVER):
            if result.errors:
                raise RuntimeError(result.errors)
        await storage.sources.add(
            source_url(cast.office.id), SourceKind.CHANNEL, title=cast.office.title, category=ENGLISH[0], now=now
        )
        for feed in (*FEEDS, *ON_DESK):
            await _add_source(ingest, f"{wire}/{feed}.xml", desk=feed in ON_DESK)
        # Their host has another name, so that the sources of the sample site do not wait for the slow one.
        troubled = [f"{wire.replace('127.0.0.1', 'localhost')}/{feed}.xml" for feed in TROUBLED]
        for address in troubled:
            await _add_source(ingest, address, desk=False)
        folder.joinpath(TELEX_FOLDER).mkdir()
        await _add_source(ingest, str(folder / TELEX_FOLDER), desk=False)
        await storage.settings.put(_subscriptions(cast, config.timezone.key, config.language, troubled), now=now)


async def _send_telex(folder: Path, news_every: float) -> None:
    """Let the lines of the telex arrive in the folder: a report, its correction, another report, its withdrawal."""
    for number, line in enumerate(files("bot").joinpath("samples", TELEX).read_text("utf-8").splitlines()):
        await asyncio.sleep(news_every * TELEX_EVERY)
        arriving = folder / f"{number}.part"  # the source reads only whole files
        arriving.write_text(line, "utf-8")
        arriving.rename(folder / f"{number}.jsonl")


async def _add_source(ingest: Ingest, url: str, *, desk: bool) -> None:
    checked = await preview_source(ingest, url)
    source, _ = await ingest.storage.sources.add(
        checked.url,
        checked.kind,
        title=checked.title,
        every_seconds=LOOKED_AT_EVERY,
        desk=desk,
        now=ingest.now(),
    )
    await ingest.refresh(source)
