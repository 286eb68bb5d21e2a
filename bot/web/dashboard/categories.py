"""The page of categories: their articles and other names. A category that becomes another name is merged."""

from typing import Final

from aiohttp import web

from bot import editing
from bot.ingest.prepare import category_name
from bot.web.dashboard.notes import Note
from bot.web.dashboard.view import PageRoute, View
from storage.records import AuditAction, CategoryName


async def show(view: View) -> web.Response:
    storage = view.storage
    return view.show(
        "categories.html",
        rows=await storage.categories.list_with_counts(),
        breaking=set(await storage.categories.breaking_names()),
        desk=set(await storage.categories.desk_names()),
    )


async def set_alias(view: View) -> web.Response:
    """Let one name mean another category. What stands under it moves over."""
    alias, name = await _name(view, "alias"), await _name(view, "name")
    if alias.normalized == name.normalized:
        return view.go(Note.ONE_NAME, "categories")
    category = await view.storage.categories.set_alias(alias, name)
    await _note(view, AuditAction.CATEGORY_ALIAS, category.name, f"also called {alias.name}")
    return view.go(Note.SAVED, "categories")


async def remove_alias(view: View) -> web.Response:
    """Take away another name of a category."""
    alias = await _name(view, "alias")
    category = await view.storage.categories.remove_alias(alias)
    if category is None:
        return view.go(Note.CHANGED_MEANWHILE, "categories")
    await _note(view, AuditAction.CATEGORY_UNALIAS, category.name, f"no longer called {alias.name}")
    return view.go(Note.SAVED, "categories")


async def set_breaking(view: View) -> web.Response:
    """Let the new articles of a category be breaking news, or not."""
    name, on = await _name(view, "name"), "on" in await view.form()
    category = await view.storage.categories.set_breaking(name, on)
    await _note(view, AuditAction.CATEGORY_BREAKING, category.name, "on" if on else "off")
    return view.go(Note.SAVED, "categories")


async def set_desk(view: View) -> web.Response:
    """Let the new articles of a category wait for an editor, or not."""
    name, on = await _name(view, "name"), "on" in await view.form()
    category = await view.storage.categories.set_desk(name, on)
    await _note(view, AuditAction.CATEGORY_DESK, category.name, "on" if on else "off")
    return view.go(Note.SAVED, "categories")


async def _name(view: View, field: str) -> CategoryName:
    """Returns the category that a field names. Raises HTTPBadRequest if it is no name."""
    found = category_name((await view.form()).get(field, ""))
    if found is None:
        raise web.HTTPBadRequest
    return found


async def _note(view: View, action: AuditAction, name: str, detail: str) -> None:
    await editing.note_category(view.storage, action, name, by=view.actor, now=view.now, detail=detail)


PAGES: Final = (
    PageRoute(name="categories", path="categories", run=show),
    PageRoute(name="category_alias", path="categories/alias", run=set_alias, method="POST", seconds=60.0),
    PageRoute(name="category_unalias", path="categories/unalias", run=remove_alias, method="POST"),
    PageRoute(name="category_breaking", path="categories/breaking", run=set_breaking, method="POST"),
    PageRoute(name="category_desk", path="categories/desk", run=set_desk, method="POST"),
)
