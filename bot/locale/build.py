"""Compile the gettext catalogues when the project is built or installed: each `newsbot.po` gets its `newsbot.mo`."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def compile_catalogues(folder: Path) -> None:
    """Write a .mo beside every .po below `folder`; entries marked fuzzy are left out, as gettext does."""
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        with source.open("rb") as po, source.with_suffix(".mo").open("wb") as mo:
            write_mo(mo, read_po(po, locale=source.parts[-3], abort_invalid=True))


class CompileCatalogues(BuildHookInterface[Any]):
    """Compiles the catalogues whenever the package is built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        compile_catalogues(Path(self.root) / "bot" / "locale")
