"""Measures how much of real and broken feeds is read, and how fast, beside the two libraries that people use."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import fastfeedparser
import feedparser

from bench.text.tables import Table, cpu_time, read_json_lines
from bot.ingest.errors import NotAFeed
from bot.ingest.formats.feed import parse_channel

URL: Final = "https://feed.example/news/feed.xml"


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One item, as one of the readers returns it."""

    title: str
    link: str
    date: Any


def by_newsbot(data: bytes) -> list[FeedItem]:
    try:
        channel = parse_channel(data, url=URL)
    except NotAFeed:
        return []
    return [FeedItem(entry.title, entry.url or "", entry.published) for entry in channel.entries]


def by_feedparser(data: bytes) -> list[FeedItem]:
    entries = feedparser.parse(data).entries
    dates = ("published_parsed", "updated_parsed", "created_parsed")
    return [
        FeedItem(
            entry.get("title", ""),
            entry.get("link", ""),
            next(filter(None, (dict.get(entry, d) for d in dates)), None),
        )
        for entry in entries
    ]


def by_fastfeedparser(data: bytes) -> list[FeedItem]:
    try:
        entries = fastfeedparser.parse(data).entries
    except Exception:  # it raises many kinds for what it can't read
        return []
    return [FeedItem(entry.get("title", ""), entry.get("link", ""), entry.get("published")) for entry in entries]


READERS: Final[dict[str, Callable[[bytes], list[FeedItem]]]] = {
    "ours (read)": by_newsbot,
    "feedparser": by_feedparser,
    "fastfeedparser": by_fastfeedparser,
}


def measure(data: Path, quick: bool) -> Iterator[Table]:
    """Needs `feeds/manifest.jsonl`: file, items (as counted in it), titles (the truth, or null)."""
    folder = data / "feeds"
    known = read_json_lines(folder / "manifest.jsonl")
    bodies = {one["file"]: (folder / one["file"]).read_bytes() for one in known}
    counted = sum(one["items"] for one in known)
    rows, most = [], {name: _measured(reader, bodies, 1 if quick else 3) for name, reader in READERS.items()}
    for name, (found, seconds) in most.items():
        items = [item for file in found.values() for item in file]
        size = sum(len(body) for body in bodies.values())
        rows.append(
            (
                name,
                (
                    sum(bool(file) for file in found.values()),
                    len(items),
                    sum(bool(item.link) for item in items),
                    sum(bool(item.date) for item in items),
                    size / sum(seconds.values()) / 1e6,
                    max(seconds.values()) * 1e3,
                ),
            )
        )
    yield Table(
        title=f"{len(bodies)} feeds, in which {counted:,} items were counted by their tags",
        columns=("feeds", "items", "links", "dates", "MB/s", "slowest ms"),
        rows=tuple(rows),
        note="feeds: with any item. MB/s: of one core, bytes to items whose texts are still HTML.",
    )
    encodings: dict[str, list[dict[str, Any]]] = {}
    for one in known:
        if one["titles"]:
            declared = one["declared_encoding"] or "none"
            encodings.setdefault(f"{_written(bodies[one['file']])}, says {declared}", []).append(one)
    yield Table(
        title="titles that come out right, by how their feed is written and what it says of that",
        columns=("titles", *READERS),
        rows=tuple(
            (name, (sum(len(one["titles"]) for one in those), *(_right(those, found) for found, _ in most.values())))
            for name, those in encodings.items()
        ),
    )


def _written(body: bytes) -> str:
    """What the bytes are, for those that are one of three."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in body[:4]:
        return "utf-16"
    try:
        body.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        return "one byte a letter"


def _right(those: list[dict[str, Any]], found: dict[str, list[FeedItem]]) -> int:
    pairs = [pair for one in those for pair in zip(one["titles"], found[one["file"]], strict=False)]
    return sum(" ".join(title.split()) == " ".join(item.title.split()) for title, item in pairs)


def _measured(
    reader: Callable[[bytes], list[FeedItem]], bodies: dict[str, bytes], times: int
) -> tuple[dict[str, list[FeedItem]], dict[str, float]]:
    read = {file: cpu_time(partial(reader, body), times=times) for file, body in bodies.items()}
    return {file: found for file, (found, _) in read.items()}, {file: seconds for file, (_, seconds) in read.items()}
