"""The pages of sources: the list, one source with its history, adding by an address, and what can be changed."""

from datetime import timedelta
from typing import Any, Final

from aiohttp import web

from bot import editing
from bot.config import LONGEST_INTERVAL
from bot.ingest import rhythm
from bot.ingest.discovery import FIND_SECONDS, SourcePreview
from bot.ingest.prepare import category_name
from bot.messages.source_screens import problem_text
from bot.messages.sources import not_found, source_host
from bot.text.html import one_line, plain
from bot.web.dashboard.notes import Note
from bot.web.dashboard.rendering import days_between
from bot.web.dashboard.view import PageRoute, View
from storage.records import AuditAction, HubHealth, Source, SourceKind, SourceProblem, SourceState, hide_password

SHOWN: Final = 50  # sources on a page
DAYS: Final = 14  # of the plot in the list
MORE_DAYS: Final = 30  # of the plot on the page of a source
VISITS: Final = 30
PREVIEWED: Final = 5  # articles of a source that is about to be added
LONGEST_ADDRESS: Final = 2_000  # characters
LONGEST_TITLE: Final = 200
MOVABLE: Final = (SourceKind.FEED, SourceKind.PAGE)  # kinds that a person adds by an address of the web
READERS: Final = "readers"  # the filter for sources that readers have added
SWITCHES: Final = ("breaking", "full_text", "teaser", "desk")


async def show_list(view: View) -> web.Response:
    wanted = view.asked("state")
    state = SourceState(wanted) if wanted in list(SourceState) else None
    words = view.asked("words")[:LONGEST_TITLE]
    found = await view.storage.sources.page(
        limit=SHOWN + 1,
        after=view.asked_number("after") or 0,
        state=state,
        words=words,
        private=wanted == READERS,
    )
    shown = found[:SHOWN]
    days = [view.now.date() - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    counts = await view.storage.histories.articles_by_day([one.id for one in shown], since=days[0])
    return view.show(
        "sources.html",
        rows=[(one, days_between(counts[one.id], days)) for one in shown],
        wanted=wanted,
        words=words,
        filters=[("", view.voice.say("All")), *_states(view), (READERS, view.voice.say("Added by readers"))],
        next_page=view.path("sources", state=wanted, words=words, after=shown[-1].id) if len(found) > SHOWN else None,
        is_first=not view.asked("after"),
        counts=(await view.storage.metrics.counts()).sources,
        **_texts(view),
    )


async def show_one(view: View) -> web.Response:
    source = await _source(view)
    days = [view.now.date() - timedelta(days=back) for back in range(MORE_DAYS - 1, -1, -1)]
    counts = await view.storage.histories.articles_by_day([source.id], since=days[0])
    bounds = rhythm.Bounds.from_config(view.parts.config)
    return view.show(
        "source.html",
        source=source,
        problem=plain(problem_text(source.problem, view.voice)),
        days=days_between(counts[source.id], days),
        dates=days,
        visits=await view.storage.histories.visits(source.id, limit=VISITS),
        interval=rhythm.visit_interval(source, bounds, view.now),
        a_day=rhythm.articles_per_day(source, view.now),
        can_move=source.kind in MOVABLE,
        hook=next((one for one in await view.storage.hooks.all() if one.source_id == source.id), None)
        if source.kind is SourceKind.HOOK
        else None,
        hub=await view.storage.hub_subscriptions.of_source(source.id),
        hub_text=hub_text(view, source.hub) if source.hub else "",
        silent_for=None if source.newest_at is None else view.now - source.newest_at,
        minutes="" if source.every_seconds is None else f"{source.every_seconds / 60:g}",
        switches=[(name, getattr(source, name), *_switch_text(view, name)) for name in SWITCHES],
        **_texts(view),
    )


def _texts(view: View) -> dict[str, Any]:
    """Returns what a template needs to name sources."""
    states = dict(_states(view))
    return {
        "name_of": lambda source: source.title or source_host(source.url),
        "shown_address": hide_password,
        "state_text": lambda state: states[state.value],
        "kind_text": lambda kind: kind_text(view, kind),
    }


def _states(view: View) -> list[tuple[str, str]]:
    return [
        (SourceState.OK.value, view.voice.say("Working")),
        (SourceState.FAILING.value, view.voice.say("Failing")),
        (SourceState.PAUSED.value, view.voice.say("Paused")),
        (SourceState.UNREAD.value, view.voice.say("Not read yet")),
    ]


def kind_text(view: View, kind: SourceKind) -> str:
    texts = {
        SourceKind.FEED: view.voice.say("feed"),
        SourceKind.PAGE: view.voice.say("page"),
        SourceKind.FOLDER: view.voice.say("folder"),
        SourceKind.HOOK: view.voice.say("hook"),
        SourceKind.CHANNEL: view.voice.say("channel"),
    }
    return texts.get(kind, kind.value)


def hub_text(view: View, health: HubHealth) -> str:
    texts = {
        HubHealth.ASKED: view.voice.say("asked, and has not answered yet"),
        HubHealth.UNPROVEN: view.voice.say("subscribed, and has sent nothing yet"),
        HubHealth.ALIVE: view.voice.say("sends"),
        HubHealth.SILENT: view.voice.say("silent: a visit found what it had not sent"),
        HubHealth.REFUSED: view.voice.say("does not take the subscription"),
    }
    return texts[health]


def _switch_text(view: View, name: str) -> tuple[str, str]:
    """Returns the name of a setting of a source, and what it does."""
    texts = {
        "breaking": (
            view.voice.say("Breaking news"),
            view.voice.say("What it publishes goes out before everything else."),
        ),
        "full_text": (
            view.voice.say("Full text"),
            view.voice.say("The pages of its articles are read as well, for a feed that carries only excerpts."),
        ),
        "teaser": (
            view.voice.say("Teaser only"),
            view.voice.say("Readers see a summary and the link, as you promised the publisher."),
        ),
        "desk": (
            view.voice.say("Needs approval"),
            view.voice.say("New articles wait on the desk for an editor."),
        ),
    }
    return texts[name]


# What can be done to a source


async def pause(view: View) -> web.Response:
    return await _set_paused(view, True)


async def resume(view: View) -> web.Response:
    return await _set_paused(view, False)


async def _set_paused(view: View, paused: bool) -> web.Response:
    source = await _source(view)
    await view.storage.sources.set_paused(source.id, paused, now=view.now)
    await _note(view, AuditAction.SOURCE_PAUSE if paused else AuditAction.SOURCE_RESUME, source)
    return view.go(Note.PAUSED if paused else Note.RESUMED, "sources", source.id)


async def visit(view: View) -> web.Response:
    """Let a source be visited at once."""
    source = await _source(view)
    await view.storage.sources.bring_forward({source.id: view.now})
    return view.go(Note.DUE, "sources", source.id)


async def remove(view: View) -> web.Response:
    source = await _source(view)
    await view.storage.sources.remove(source.id)
    await _note(view, AuditAction.SOURCE_REMOVE, source)
    return view.go(Note.REMOVED, "sources")


async def save(view: View) -> web.Response:
    """Save the form of a source: its title, its category, the time between visits, and the switches."""
    source, form, storage = await _source(view), await view.form(), view.storage
    title = one_line(form.get("title", ""))[:LONGEST_TITLE]
    category = category_name(form.get("category", ""))
    every = _seconds(form.get("minutes", ""))
    changed: list[str] = []
    if title and title != (source.title or ""):
        await storage.sources.rename(source.id, title)
        changed.append(title)
    if (category.name if category else None, every) != (source.category, source.every_seconds):
        await storage.sources.change(source.id, category=category.name if category else None, every_seconds=every)
        changed.append(category.name if category else "-")
    for name in SWITCHES:
        on = name in form
        if on != getattr(source, name):
            await _switch(view, source, name, on)
            changed.append(f"{name} {'on' if on else 'off'}")
    if changed:
        await _note(view, AuditAction.SOURCE_EDIT, source, ", ".join(changed))
    return view.go(Note.SAVED, "sources", source.id)


async def _switch(view: View, source: Source, name: str, on: bool) -> None:
    sources = view.storage.sources
    match name:
        case "breaking":
            await sources.set_breaking(source.id, on)
        case "full_text":
            await sources.set_full_text(source.id, on)
        case "desk":
            await sources.set_desk(source.id, on)
        case "teaser":
            await sources.set_teaser(source.id, on)
            if on:
                await view.storage.deliveries.fold_opened(source.id, now=view.now)
                view.parts.wake()


def _seconds(minutes: str) -> int | None:
    """Returns the typed time between visits, or None for the one that the bot finds itself."""
    if not minutes:
        return None
    try:
        seconds = round(float(minutes.replace(",", ".")) * 60)
    except (ValueError, OverflowError):
        raise web.HTTPBadRequest from None
    if not 1 <= seconds <= LONGEST_INTERVAL:
        raise web.HTTPBadRequest
    return seconds


# Adding a source, and moving it to another address


async def ask_address(view: View) -> web.Response:
    return view.show("source_add.html", address="", found=(), problem="", source=None)


async def preview(view: View) -> web.Response:
    """Show what would be read at an address. Nothing is stored."""
    return await _preview(view, None)


async def preview_move(view: View) -> web.Response:
    """Show what would be read at the new address of a source. Nothing is stored."""
    return await _preview(view, await _movable(view))


async def _preview(view: View, source: Source | None) -> web.Response:
    address = (await view.form()).get("address", "")
    found: tuple[SourcePreview, ...] = ()
    problem = ""
    if not address or len(address) > LONGEST_ADDRESS or not _is_web_address(address):
        problem = view.voice.say("Type the address of a website or of its feed.")
    else:
        answer = await view.parts.finder.find(address)
        if isinstance(answer, SourceProblem):
            problem = plain(not_found(answer, address, view.voice).html)
        else:
            found = answer
    return view.show(
        "source_add.html",
        status=422 if problem else 200,
        address=address,
        found=[(one, [draft for draft in one.drafts if draft.title][:PREVIEWED]) for one in found],
        problem=problem,
        source=source,
        **_texts(view),
    )


def _is_web_address(address: str) -> bool:
    """Returns whether an address is one of the web. A folder of the server is added on the server only."""
    scheme, separator, _ = address.partition("://")
    return scheme.lower() in ("http", "https") if separator else "/" not in address[:1] and " " not in address


async def add(view: View) -> web.Response:
    """Add the source that the preview has shown."""
    url, kind, title = await _previewed(view)
    if (known := await view.storage.sources.find(url)) is not None and not known.private:
        return view.go(Note.KNOWN, "sources", known.id)
    source, is_new = await view.storage.sources.add(
        url,
        kind,
        title=title,
        category=None,
        full_text=True if "full_text" in await view.form() else None,
        now=view.now,
    )
    await _note(view, AuditAction.SOURCE_ADD, source)
    return view.go(Note.ADDED if is_new else Note.KNOWN, "sources", source.id)


async def move(view: View) -> web.Response:
    """Give a source the address that the preview has shown."""
    source = await _movable(view)
    url, kind, _ = await _previewed(view)
    if not await view.storage.sources.set_address(source.id, url, kind, now=view.now):
        return view.go(Note.ADDRESS_TAKEN, "sources", source.id)
    await _note(view, AuditAction.SOURCE_EDIT, source, hide_password(url))
    return view.go(Note.SAVED, "sources", source.id)


async def _previewed(view: View) -> tuple[str, SourceKind, str | None]:
    """Returns what the form of a preview names. Raises HTTPBadRequest if it is none of ours."""
    form = await view.form()
    url, kind = form.get("url", ""), form.get("kind", "")
    if kind not in MOVABLE or len(url) > LONGEST_ADDRESS or "://" not in url:
        raise web.HTTPBadRequest
    if not _is_web_address(url):
        raise web.HTTPBadRequest
    return url, SourceKind(kind), one_line(form.get("title", ""))[:LONGEST_TITLE] or None


async def _source(view: View) -> Source:
    """Returns the source in the path. Raises HTTPNotFound."""
    source = await view.storage.sources.get(view.number("id"))
    if source is None:
        raise web.HTTPNotFound
    return source


async def _movable(view: View) -> Source:
    """Returns the source in the path, if it is one of the web: others have no address that could be another."""
    source = await _source(view)
    if source.kind not in MOVABLE:
        raise web.HTTPNotFound
    return source


async def _note(view: View, action: AuditAction, source: Source, detail: str = "") -> None:
    await editing.note_source(view.storage, action, source, by=view.actor, now=view.now, detail=detail)


_READING: Final = FIND_SECONDS + 5.0  # seconds of a page that reads an address
PAGES: Final = (
    PageRoute(name="sources", path="sources", run=show_list),
    PageRoute(name="source_add", path="sources/add", run=ask_address),
    PageRoute(name="source_preview", path="sources/preview", run=preview, method="POST", seconds=_READING),
    PageRoute(name="source_added", path="sources/add", run=add, method="POST"),
    PageRoute(name="source", path="sources/{id}", run=show_one),
    PageRoute(name="source_save", path="sources/{id}", run=save, method="POST"),
    PageRoute(name="source_pause", path="sources/{id}/pause", run=pause, method="POST"),
    PageRoute(name="source_resume", path="sources/{id}/resume", run=resume, method="POST"),
    PageRoute(name="source_visit", path="sources/{id}/visit", run=visit, method="POST"),
    PageRoute(name="source_remove", path="sources/{id}/remove", run=remove, method="POST"),
    PageRoute(
        name="source_move_preview", path="sources/{id}/preview", run=preview_move, method="POST", seconds=_READING
    ),
    PageRoute(name="source_move", path="sources/{id}/move", run=move, method="POST"),
)
