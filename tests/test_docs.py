"""The documents say what is true: commands, options, settings, files, links and samples are those of the code."""

import re
import shlex
import struct
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bench.scenarios import SCENARIOS
from bot.chat_lines import KEYS
from bot.cli import newsbot
from bot.config import settings
from bot.ingest.formats import json_lines

ROOT = Path(__file__).parent.parent
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), ROOT / "bench/README.md"]
OURS = [document for document in DOCUMENTS if document.parent.name != "bench"]
SAMPLES = sorted((ROOT / "docs/samples").iterdir())
PICTURES = sorted((ROOT / "docs/screenshots").glob("*.png"))

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def blocks(text: str) -> list[str]:
    """The lines of the code blocks that are to be typed: those that name no language, or the shell."""
    found = re.findall(r"^ *```(\w*)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [line.strip() for language, block in found if language in ("", "sh") for line in block.splitlines()]


def inline(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL))


def arguments(line: str) -> list[str] | None:
    """What is typed after `newsbot`, in a checkout, an environment or a container."""
    words = shlex.split(line, comments=True)
    if words[:3] == ["docker", "exec", "newsbot"]:
        words = words[3:]
    starts = [
        number for number, word in enumerate(words) if word.endswith("/newsbot") or (word, number) == ("newsbot", 0)
    ]
    return words[starts[0] + 1 :] if starts and words[0] not in ("git", "docker") else None


def resolved(words: list[str]) -> tuple[click.Command, list[str], list[str]]:
    """The command that these words name, its path, and the words that are left."""
    command: click.Command = newsbot
    path: list[str] = []
    while words and isinstance(command, click.Group) and words[0] in command.commands:
        command = command.commands[words[0]]
        path.append(words[0])
        words = words[1:]
    return command, path, words


TYPED = [
    (document.name, line, typed)
    for document in DOCUMENTS
    for line in blocks(document.read_text())
    if (typed := arguments(line)) is not None
]


@pytest.mark.parametrize(("document", "line", "typed"), TYPED, ids=[line for _, line, _ in TYPED])
def test_every_command_in_a_code_block_is_accepted(document: str, line: str, typed: list[str]) -> None:
    command, path, rest = resolved(typed)
    if rest == ["--help"]:
        return
    assert not isinstance(command, click.Group), f"{document}: {line}"
    with command.make_context(
        " ".join(path), list(rest)
    ):  # parses and checks every option and argument, runs nothing
        pass


@each_document
def test_every_command_in_the_text_exists_with_its_options(document: Path) -> None:
    for code in inline(document.read_text()):
        if not code.startswith("newsbot ") or code.startswith("newsbot.") or "=" in code:
            continue
        words = shlex.split(re.sub(r"[\[\]|…]|\\\|", " ", code))[1:]
        command, path, rest = resolved(words)
        known = {name for parameter in command.params for name in [*parameter.opts, *parameter.secondary_opts]}
        options = {word for word in rest if word.startswith("--")}
        assert options <= known | {"--help", "--version"}, code
        assert path or options or rest == ["COMMAND"], code


@each_document
def test_every_make_target_exists(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    typed = blocks(document.read_text()) + inline(document.read_text())
    for target in {found[1] for code in typed if (found := re.match(r"make ([a-z-]+)", code))}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@each_document
def test_every_setting_that_is_named_exists(document: Path) -> None:
    named = set(re.findall(r"NEWSBOT_[A-Z_]*[A-Z]", document.read_text()))
    assert named <= set(settings())


def test_the_guide_explains_every_setting() -> None:
    guide = (ROOT / "docs/operators-guide.md").read_text()
    assert {name for name in settings() if f"**`{name}`**" not in guide} == set()


def paths(command: click.Command, *above: str) -> list[str]:
    if isinstance(command, click.Group):
        return [path for name, one in command.commands.items() for path in paths(one, *above, name)]
    return [" ".join(above)]


def test_the_glossary_has_the_words_in_italics() -> None:
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    words = {word for row in rows for word in row.split(", ")}
    text = (ROOT / "docs/how-it-works.md").read_text()
    italic = {found.replace("deliveries", "delivery") for found in re.findall(r"(?<!\*)\*(\w[^*\n]*)\*(?!\*)", text)}
    assert {"term", "desk"} <= italic
    assert {word for word in italic - {"italics"} if not {word, word.removesuffix("s")} & words} == set()


def test_the_guide_shows_every_command() -> None:
    shown = [" ".join(resolved(typed)[1]) for document, _, typed in TYPED if document == "operators-guide.md"]
    assert set(paths(newsbot)) - set(shown) == set()


@pytest.mark.parametrize("document", OURS, ids=lambda path: path.name)
def test_every_file_that_is_named_exists(document: Path) -> None:
    named = re.compile(r"(?:bot|storage|tests|bench|docs)/[\w./-]*\w")
    for code in inline(document.read_text()):
        if named.fullmatch(code.rstrip("/")):
            assert (ROOT / code).exists(), code


def anchors(document: Path) -> set[str]:
    """How the headings of a document are linked to."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_document
def test_every_link_within_the_project_leads_somewhere(document: Path) -> None:
    text = document.read_text()
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|srcset)="([^"]+)"', text)
    for link in links:
        if re.match(r"https?://", link):
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def run(folder: Path, *typed: str) -> str:
    result = CliRunner().invoke(newsbot, typed, env={"NEWSBOT_DATABASE": f"sqlite:///{folder}/docs.db"})
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.slow
def test_every_sample_is_imported_as_it_is(tmp_path: Path) -> None:
    told = run(tmp_path, "import", str(ROOT / "docs/samples"), "--no-push")
    for sample in SAMPLES:
        assert re.search(rf"{sample.name}: [1-9]\d* added$", told, re.MULTILINE), sample
    listed = run(tmp_path, "articles", "list")
    for headline in ("Harbour council votes for a second tram line", "مكتبة المرفأ تفتح أبوابها ليلًا طوال الشتاء"):
        assert headline in listed
    assert len(re.findall(r"Economy|Travel|Sports|Culture|اقتصاد|ثقافة", listed)) == 7
    again = run(tmp_path, "import", str(ROOT / "docs/samples"))
    assert f"{len(SAMPLES)} files: 0 added, 11 unchanged" in again


def test_the_sample_subscribers_are_imported_as_they_are(tmp_path: Path) -> None:
    assert "4 new, 0 updated" in run(tmp_path, "chats", "import", str(ROOT / "docs/examples/subscribers.jsonl"))


def test_the_sample_list_of_sources_is_imported_as_it_is(tmp_path: Path) -> None:
    assert "4 entries: 4 added" in run(tmp_path, "source", "import", str(ROOT / "docs/examples/sources.opml"))
    listed = run(tmp_path, "source", "list")
    for expected in ("https://wire.example/feed.xml", "ثقافة", "breaking", "full text"):
        assert expected in listed


def table(document: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    section = (ROOT / document).read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    return [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line.startswith("|")
    ][2:]


def test_the_fields_of_json_lines_are_those_that_are_read() -> None:
    rows = table("docs/input-formats.md", "JSON Lines")
    documented = {row[0].strip("`"): (row[0].strip("`"), *re.findall(r"`(\w+)`", row[1])) for row in rows}
    assert documented == json_lines._KEYS


def test_the_fields_of_subscribers_are_those_that_are_read() -> None:
    assert [row[0].strip("`") for row in table("docs/input-formats.md", "Subscribers")] == list(KEYS)


def test_every_scenario_of_the_bench_is_explained() -> None:
    assert {row[0].strip("`") for row in table("bench/README.md", "How to read a row")} >= set(SCENARIOS)


def test_the_events_of_the_log_are_those_of_the_code() -> None:
    code = "\n".join(path.read_text() for folder in ("bot", "storage") for path in (ROOT / folder).rglob("*.py"))
    written = set(re.findall(r"\blog\.(?:info|warning|error|exception)\(\s*\"([a-z_]+)\"", code)) - {"event_word"}
    rows = table("docs/troubleshooting.md", "How to read the log")
    assert {event for row in rows for event in re.findall(r"`([a-z_]+)`", row[0])} == written


def test_the_unit_starts_the_bot_with_settings_that_exist() -> None:
    unit = (ROOT / "ops/newsbot.service").read_text()
    start = re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    assert start
    assert shlex.split(start[1])[1:] == ["run"]
    assert set(re.findall(r"NEWSBOT_[A-Z_]+", unit)) <= set(settings())


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_pictures_are_pictures(picture: Path) -> None:
    data = picture.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    assert width >= 390
    assert height >= 600
    assert picture.name in (ROOT / "README.md").read_text()


def test_the_licence_is_the_one_that_the_package_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (project["license"], project["license-files"]) == ("MIT", ["LICENSE"])
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
    assert "[MIT licence](LICENSE)" in (ROOT / "README.md").read_text()
