"""Renders pages: jinja2 templates that escape every value, in the language and the time zone of the viewer."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.locale import LANGUAGES, NAMES, Voice
from bot.text.html import isolate
from bot.text.language import is_rtl
from bot.web.dashboard import plots
from bot.web.dashboard.notes import Note, text_of

THEME_COOKIE: Final = "newsbot-theme"
THEMES: Final = ("auto", "light", "dark")
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",  # with "no-referrer", browsers would not tell where a form comes from
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Vary": "Cookie, HX-Request",
}
STATIC: Final = {"dashboard.css": "text/css", "htmx.min.js": "text/javascript", "icon.svg": "image/svg+xml"}
_HERE: Final = files("bot.web.dashboard")
# Pages in the order of the menu: the name, and whether editors have it as well.
MENU: Final = (
    ("now", False),
    ("sources", False),
    ("stories", True),
    ("desk", True),
    ("chats", False),
    ("dead", False),
    ("categories", False),
    ("settings", False),
    ("audit", False),
)


def response(
    request: web.Request, base: str, template: str, *, status: int = 200, values: dict[str, Any]
) -> web.Response:
    """Returns a page. `base` is the path of the dashboard as the browser sees it."""
    theme = request.cookies.get(THEME_COOKIE, "")
    text = (
        _environment()
        .get_template(template)
        .render(
            base=base,
            theme=theme if theme in THEMES else THEMES[0],
            themes=THEMES,
            static=lambda name: f"{base}/static/{fingerprint(name)}/{name}",
            **values,
        )
    )
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8", headers=HEADERS)


def texts_for(voice: Voice, now: datetime) -> dict[str, Any]:
    """Returns what a template says texts, numbers and times with."""

    def when(moment: datetime | None) -> Markup:
        """Returns how long ago a moment was, or when it will be."""
        if moment is None:
            return Markup("—")
        told = voice.age(moment, None, now) if moment <= now else _ahead(voice, moment, now)
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            moment.isoformat(timespec="seconds"), voice.date_and_time(moment), told
        )

    def clock_time(moment: datetime) -> Markup:
        return Markup('<time datetime="{}">{}</time>').format(
            moment.isoformat(timespec="seconds"), voice.date_and_time(moment)
        )

    return {
        "voice": voice,
        "language": voice.language,
        "languages": [(code, NAMES[code]) for code in LANGUAGES],
        "direction": "rtl" if is_rtl(voice.language) else "ltr",
        "say": voice.say,
        "plural": voice.plural,
        "number": voice.number,
        "when": when,
        "clock_time": clock_time,
        "lasting": lambda time, *, alone=False: _lasting(voice, time, alone=alone),
        "percent": voice.percent,
        "isolate": isolate,
        "bars": lambda counts, label, days=(): plots.bars(
            counts,
            label,
            titles=[
                voice.labelled(voice.date_and_time(day), voice.number(count))
                for day, count in zip(days, counts, strict=False)
            ],
            rtl=is_rtl(voice.language),
        ),
        "now": now,
    }


def _lasting(voice: Voice, time: timedelta | None, *, alone: bool) -> str:
    """Returns how long something takes or took."""
    return "—" if time is None else voice.duration(time, alone=alone)


def _ahead(voice: Voice, moment: datetime, now: datetime) -> str:
    if moment - now > timedelta(days=1):
        return voice.date_and_time(moment)
    if moment - now < timedelta(seconds=1):
        return voice.say("now")
    return voice.say("in {time}", time=voice.duration(moment - now))


def menu(voice: Voice, *, is_admin: bool) -> list[tuple[str, str]]:
    """Returns the pages of the menu that a person may open: the path and the name of each."""
    return [(name, menu_text(name, voice)) for name, editors in MENU if editors or is_admin]


def menu_text(name: str, voice: Voice) -> str:
    """Returns the name of a page of the menu."""
    texts = {
        "now": voice.say("Now"),
        "sources": voice.say("Sources"),
        "stories": voice.say("Stories"),
        "desk": voice.say("Desk"),
        "chats": voice.say("Chats"),
        "dead": voice.say("Dead letters"),
        "categories": voice.say("Categories"),
        "settings": voice.say("Settings"),
        "audit": voice.say("Audit log"),
    }
    return texts[name]


def note_text(name: str, voice: Voice) -> tuple[str, bool] | None:
    """Returns the note of that name, and whether it is a warning. None: there is no such note."""
    with suppress(ValueError):
        note = Note(name)
        return text_of(note, voice), note.is_warning
    return None


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(str(_HERE.joinpath("templates"))),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def static_file(name: str) -> bytes:
    """Returns a file of STATIC."""
    return _HERE.joinpath("static", name).read_bytes()


@cache
def fingerprint(name: str) -> str:
    """Returns what changes in the address of a file when the file changes, so that browsers may keep it."""
    return hashlib.sha256(static_file(name)).hexdigest()[:12]


def days_between(counts: dict[Any, int], days: Sequence[Any]) -> list[int]:
    """Returns the number of each of these days."""
    return [counts.get(day, 0) for day in days]
