"""Brings the catalogues up to date with the code: `make catalogues`.

Reads each text that the code says, and writes each `newsbot.po` with exactly these texts. A translation stays with
its text. A new text gets no translation, and no similar one is guessed: readers see English until somebody translates
the text. A text that the code no longer says is left out. Texts keep their order, and a new one comes after the text
that precedes it in the code.
"""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from babel.messages.catalog import Message
from babel.messages.pofile import normalize, read_po
from jinja2 import Environment, nodes

from bot.locale.interface_languages import INTERFACE_LANGUAGES, SOURCE_LANGUAGE

# Folders and files of the package with texts for people.
_READ: Final = ("chat", "cli", "config.py", "deliver", "locale", "messages", "web")
_SAYING: Final = {"say": 1, "plural": 2}  # methods of a voice -> texts that they take
# What takes a text that is said elsewhere -> which of its arguments: the description in the menu, and the meaning.
_TAKING: Final = {"Command": 1, "_setting": 0}
_COMMENT: Final = (
    "# {name}. The texts in the code are the English ones. docs/translating.md tells how to translate them."
)
_HEADER: Final = r"""
msgid ""
msgstr ""
"Language: {code}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: {plural_forms}\n"
"""


@dataclass(slots=True)
class Text:
    """A text of the code: English, in one form or in two."""

    forms: tuple[str, ...]
    files: list[str] = field(default_factory=list)  # that say it


@dataclass(frozen=True, slots=True)
class Entry:
    """A text in a catalogue."""

    text: Text
    translations: tuple[str, ...]  # all empty if there is none
    comments: tuple[str, ...] = ()  # by translators

    @property
    def is_translated(self) -> bool:
        return bool(self.translations) and all(self.translations)


@dataclass(frozen=True, slots=True)
class Change:
    """What an update did to a catalogue."""

    new: int
    gone: int
    untranslated: int


def texts_of_the_code(package: Path) -> dict[str, Text]:
    """Returns the texts that the package says to people, in the order of its files. The first form is the key."""
    found: dict[str, Text] = {}
    for name in _READ:
        for path in _files(package / name):
            read = _of_template if path.suffix == ".html" else _of_module
            named = path.relative_to(package.parent).as_posix()
            for forms in read(path.read_text("utf-8")):
                text = found.setdefault(forms[0], Text(forms))
                if len(forms) != len(text.forms):
                    raise ValueError(f"{named}: {forms[0]!r} is said with and without a number")
                if named not in text.files:
                    text.files.append(named)
    return found


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted([*path.rglob("*.py"), *path.rglob("*.html")])


def _of_module(source: str) -> Iterator[tuple[str, ...]]:
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda one: (one.lineno, one.col_offset)):
        if isinstance(call.func, ast.Attribute):
            texts = call.args[: _SAYING.get(call.func.attr, 0)]
        elif isinstance(call.func, ast.Name) and call.func.id in _TAKING:
            texts = call.args[_TAKING[call.func.id] :][:1]
        else:
            continue
        forms = [one.value for one in texts if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if forms:
            yield tuple(forms)


def _of_template(source: str) -> Iterator[tuple[str, ...]]:
    for call in Environment(autoescape=True).parse(source).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in _SAYING:
            texts = call.args[: _SAYING[call.node.name]]
            forms = [str(one.value) for one in texts if isinstance(one, nodes.Const)]
            if len(forms) != len(texts):
                raise ValueError(f"line {call.lineno}: a text that is put together can't be translated")
            yield tuple(forms)


def read_catalogue(path: Path, language: str) -> list[Entry]:
    """Returns the entries of a .po file in their order."""
    if not path.exists():
        return []
    with path.open("rb") as lines:
        messages = [one for one in read_po(lines, locale=language, abort_invalid=True) if one.id]
    return [_entry(message) for message in messages]


def _entry(message: Message) -> Entry:
    forms = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    said = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    trusted = said if not message.fuzzy else ("",) * len(said)
    named = list(dict.fromkeys(file for file, _ in message.locations))
    return Entry(Text(forms, named), trusted, tuple(message.user_comments))


def updated(entries: Sequence[Entry], texts: Mapping[str, Text]) -> list[Entry]:
    """Returns the entries for exactly these texts."""
    known = {entry.text.forms: entry for entry in entries}
    kept = [entry.text.forms[0] for entry in entries if _is_said(entry.text.forms, texts)]
    order = _with_new_texts(kept, texts)
    return [
        Entry(texts[key], entry.translations, entry.comments)
        if (entry := known.get(texts[key].forms)) is not None
        else Entry(texts[key], ())
        for key in order
    ]


def _is_said(forms: tuple[str, ...], texts: Mapping[str, Text]) -> bool:
    return forms[0] in texts and texts[forms[0]].forms == forms


def _with_new_texts(kept: Sequence[str], texts: Iterable[str]) -> list[str]:
    """Returns all texts: the kept ones in their order, and each other one after its predecessor in the code."""
    old, following, before = set(kept), dict[str, list[str]](), ""
    for text in texts:
        if text in old:
            before = text
        else:
            following.setdefault(before, []).append(text)
    return [*following.get("", []), *(one for text in kept for one in [text, *following.get(text, [])])]


def write_catalogue(path: Path, language: str, entries: Iterable[Entry]) -> None:
    """Write a .po file. The head of an existing file stays as it is."""
    known = INTERFACE_LANGUAGES[language]
    new_head = f"{_COMMENT}{_HEADER}".format(name=known.name, code=language, plural_forms=known.plural_forms).rstrip()
    head = path.read_text("utf-8").split("\n\n", 1)[0] if path.exists() else new_head
    forms = int(known.plural_forms.split("nplurals=")[1].split(";")[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join([head, *(_block(entry, forms) for entry in entries)]) + "\n", "utf-8")


def _block(entry: Entry, plural_forms: int) -> str:
    lines = [*(f"# {comment}" for comment in entry.comments), *(f"#: {name}" for name in entry.text.files)]
    one, *many = entry.text.forms
    lines.append(f"msgid {_quoted(one)}")
    if not many:
        return "\n".join([*lines, f"msgstr {_quoted(''.join(entry.translations[:1]))}"])
    said = entry.translations or ("",) * plural_forms
    lines.append(f"msgid_plural {_quoted(many[0])}")
    return "\n".join([*lines, *(f"msgstr[{number}] {_quoted(form)}" for number, form in enumerate(said))])


def _quoted(text: str) -> str:
    return normalize(text, width=0)


def update(package: Path, language: str) -> Change:
    """Bring the catalogue of a language up to date with the code."""
    path = package / "locale" / language / "LC_MESSAGES" / "newsbot.po"
    before = read_catalogue(path, language)
    after = updated(before, texts_of_the_code(package))
    write_catalogue(path, language, after)
    old, new = ({entry.text.forms for entry in entries} for entries in (before, after))
    return Change(len(new - old), len(old - new), sum(not entry.is_translated for entry in after))


def main(languages: Sequence[str]) -> None:
    """Update the catalogues of these languages, or all of them, and print what each lacks."""
    with as_file(files("bot")) as package:
        for language in languages or [code for code in INTERFACE_LANGUAGES if code != SOURCE_LANGUAGE]:
            change = update(package, language)
            print(f"{language}: {change.new} new, {change.gone} gone, {change.untranslated} without a translation")


if __name__ == "__main__":
    main(sys.argv[1:])
