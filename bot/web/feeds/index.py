"""The list of all feeds: a page for people, by which readers find them, and OPML."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final
from xml.sax.saxutils import quoteattr

from bot.locale import Voice
from bot.text.html import escape
from bot.text.language import is_rtl
from bot.web.feeds.addresses import FeedAddress, FeedFormat, FeedKind
from bot.web.feeds.items import writable

_PAGE: Final = """<!DOCTYPE html>
<html lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
{links}
</head>
<body>
<main>
<h1>{title}</h1>
{lists}
<p><a href="{opml}">OPML</a></p>
</main>
</body>
</html>
"""

_STYLE: Final = """
body { font: 1.05rem/1.7 system-ui, "Noto Naskh Arabic", sans-serif; margin: 0 auto; max-width: 42rem; padding: 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-block: 1.5rem .25rem }
ul { list-style: none; margin: 0; padding: 0 }
li { border-block-end: 1px solid #8884; display: flex; gap: 1rem; padding-block: .4rem }
bdi { overflow-wrap: anywhere } .formats { margin-inline-start: auto; white-space: nowrap }
"""


def page(feeds: Sequence[FeedAddress], public_url: str, voice: Voice) -> bytes:
    """Returns the page for people. Readers find all but the sources by their <link>, since sources may be many."""
    title = voice.say("News feeds")
    lists = []
    for kind, listed in groupby(feeds, key=lambda feed: feed.kind):
        items = "\n".join(_item(feed, public_url, voice) for feed in listed)
        heading = _heading(kind, voice)
        lists.append(f"{f'<h2>{escape(heading)}</h2>' if heading else ''}\n<ul>\n{items}\n</ul>")
    whole = _PAGE.format(
        language=voice.language,
        direction="rtl" if is_rtl(voice.language) else "ltr",
        title=escape(title),
        style=_STYLE,
        links="\n".join(_link(feed, public_url, voice) for feed in feeds if feed.kind is not FeedKind.SOURCE),
        lists="\n".join(lists),
        opml=escape(f"{public_url}/feeds/index.opml"),
    )
    return whole.encode()


def opml(feeds: Iterable[FeedAddress], public_url: str, voice: Voice) -> bytes:
    outlines = "\n".join(
        f'<outline type="rss" text={quoteattr(_name(feed, voice))} title={quoteattr(_name(feed, voice))}'
        f" xmlUrl={quoteattr(public_url + feed.path(FeedFormat.ATOM))}/>"
        for feed in feeds
    )
    head = f"<head><title>{escape(voice.say('News feeds'))}</title></head>"
    whole = f'<opml version="2.0">{head}<body>\n{outlines}\n</body></opml>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{whole}\n'.encode()


def _heading(kind: FeedKind, voice: Voice) -> str:
    match kind:
        case FeedKind.CATEGORY:
            return voice.say("Categories")
        case FeedKind.SOURCE:
            return voice.say("Sources")
        case _:
            return ""


def _name(feed: FeedAddress, voice: Voice) -> str:
    return writable(feed.name) or voice.say("All news")


def _item(feed: FeedAddress, public_url: str, voice: Voice) -> str:
    formats = " · ".join(
        f'<a href="{escape(public_url + feed.path(form))}">{name}</a>'
        for form, name in ((FeedFormat.ATOM, "Atom"), (FeedFormat.JSON, "JSON"))
    )
    return f'<li><bdi>{escape(_name(feed, voice))}</bdi> <span class="formats">{formats}</span></li>'


def _link(feed: FeedAddress, public_url: str, voice: Voice) -> str:
    return "\n".join(
        f'<link rel="alternate" type="{form.media_type}" title="{escape(_name(feed, voice))}"'
        f' href="{escape(public_url + feed.path(form))}">'
        for form in FeedFormat
    )
