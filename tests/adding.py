"""Adding sources in the chat: feeds and pages on a site, and what the bot answers in the end."""

from bot.sim import Chat, Person, Shown
from tests.ingesting import FEED
from tests.newsroom import Newsroom
from tests.site import Page, Site, rss

ADMIN = 4242
BODY = "The council met in the old town hall on Monday and decided to paint the lighthouse white and red again."


def item(title: str, category: str = "Trade", day: int = 1) -> str:
    return (
        f"<title>{title}</title><guid>{title}</guid><category>{category}</category>"
        f"<pubDate>{24 + day} Feb 2026 12:00:00 GMT</pubDate><description>{BODY}</description>"
    )


def feed(site: Site, path: str = "/feed", title: str = "Harbour News", *items: str) -> str:
    """Put a feed on the site. Returns its address."""
    listed = items or tuple(item(f"Ferry {day}", day=day) for day in (1, 2, 3, 4))
    site.pages[path] = Page(rss(*listed, title=title), headers=FEED)
    return f"{site.url}{path}"


def page(*links: tuple[str, str], body: str = "<p>Welcome.</p>") -> Page:
    heads = "".join(f'<link rel="alternate" type="application/rss+xml" title="{t}" href="{h}">' for h, t in links)
    return Page(f"<html><head>{heads}</head><body>{body}</body></html>", headers={"Content-Type": "text/html"})


def operator(room: Newsroom) -> tuple[Chat, Person]:
    person = room.sim.person("Nour", "en", ADMIN)
    return room.sim.private(person), person


async def add(room: Newsroom, chat: Chat, typed: str, person: Person | None = None, command: str = "/add") -> Shown:
    """What the message of an /add says in the end."""
    shown = await room.ask(chat, f"{command} {typed}", person)
    await room.heard()
    return next(message for message in chat.messages if message.id == shown.id)


async def sources(room: Newsroom) -> list[tuple[str, bool]]:
    return [(one.url, one.private) for one in await room.storage.sources.all()]


async def row(room: Newsroom, chat: Chat) -> int:
    ours = await room.storage.chats.get(chat.id)
    assert ours
    return ours.id
