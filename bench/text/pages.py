"""Article pages: body and fields of labelled texts, in five kinds of news page with what stands around them.

The pages are synthetic: the texts are real ones, the layouts (`bench/text/layouts.py`) were written here. They
show what is read and what is not, and no share of the web. Data: the files of `SETS`, with `title` and `text`;
where there is no title, the first line of the text is one. Beside them, saved pages where there are some
(`bench/text/saved.py`).
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.text import pictures, saved
from bench.text.layouts import KINDS, PICTURE, PUBLISHED, SITE, Article
from bench.text.readers import READERS, read_all
from bench.text.tables import Table, cpu_time, read_json_lines, split_in_halves

SETS: Final = ("summaries/bbc_ar.jsonl", "summaries/bbc_en.jsonl", "stories/ar_clusters.jsonl")
MOST: Final = 120  # pages
FEWEST_WORDS: Final = 60
FIELDS: Final = ("title", "date", "time", "section", "author", "image", "link", "language")


@dataclass(frozen=True, slots=True)
class Made:
    article: Article
    html: str

    @property
    def fields(self) -> dict[str, str]:
        """What should be read of it beside the body."""
        return {
            "title": self.article.title,
            "date": PUBLISHED[:10],
            "time": PUBLISHED[:16],
            "section": self.article.around.section,
            "author": self.article.around.author,
            "image": PICTURE,
            "link": self.article.url,
            "language": self.article.language,
        }


def measure(data: Path, quick: bool) -> Iterator[Table]:
    for name, pages in zip(("even", "odd"), split_in_halves(made(data)[: 20 if quick else MOST]), strict=True):
        if not pages:
            continue
        rows = []
        for system, read in READERS.items():
            given = [(one.html.encode(), one.article.url) for one in pages]
            found, seconds = cpu_time(partial(read_all, read, given), times=1 if quick else 3)
            rows.append((system, (*_figures(pages, found), seconds / max(1, len(pages)) * 1000)))
        yield Table(
            title=f"Article pages, the {name} records ({len(pages)}): F1 of the body's words, shares that are right",
            columns=("F1 ar", "F1 en", "paragraphs", *FIELDS, "ms"),
            rows=tuple(rows),
            note="Synthetic, by the hand that wrote the rules. trafilatura skips the fifth that a table lays out.",
        )
    yield from pictures.measure()
    yield from saved.measure(data, quick)


def made(data: Path) -> list[Made]:
    """A page for each text that has a title and paragraphs, through the kinds of page in turn."""
    texts = [one for name in SETS for one in _articles(data / name)]
    texts.sort(key=lambda one: _place(one[0]))  # sets and kinds are mixed in both halves, and each run alike
    articles = (
        Article(title=title, paragraphs=paragraphs, language=language, url=f"{SITE}/news/{number}")
        for number, (title, paragraphs, language) in enumerate(texts)
    )
    return [Made(article, KINDS[number % len(KINDS)](article)) for number, article in enumerate(articles)]


def _place(title: str) -> int:
    return sum(ord(letter) * (place + 7) for place, letter in enumerate(title)) % 10_007


def _articles(path: Path) -> Iterator[tuple[str, tuple[str, ...], str]]:
    for record in read_json_lines(path) if path.exists() else []:
        parts = [" ".join(part.split()) for part in record["text"].split("\n")]
        title, paragraphs = record.get("title"), [part for part in parts if part]
        if not title:
            title, *paragraphs = paragraphs
        language = "ar" if re.search("[\u0620-\u064a]", title) else "en"
        if sum(len(one.split()) for one in paragraphs) >= FEWEST_WORDS:
            yield " ".join(title.split()), tuple(paragraphs), language


# Figures


def _figures(pages: list[Made], found: list[dict[str, Any]]) -> tuple[float | None, ...]:
    """Shares that are right; None for a field that a library never gives."""
    pairs = list(zip(pages, found, strict=True))
    bodies = [
        [
            f1("\n".join(one.article.paragraphs), it.get("body", ""))
            for one, it in pairs
            if one.article.language == tongue
        ]
        for tongue in ("ar", "en")
    ]
    exact = [_lines(it.get("body", "")) == list(one.article.paragraphs) for one, it in pairs]
    fields = [
        [it.get(field) == one.fields[field] for one, it in pairs] if any(field in it for it in found) else None
        for field in FIELDS
    ]
    return tuple(
        sum(share) / max(1, len(share)) if share is not None else None for share in (*bodies, exact, *fields)
    )


def f1(expected: str, found: str) -> float:
    """Of word multisets."""
    wanted, given = Counter(re.findall(r"\w+", expected)), Counter(re.findall(r"\w+", found))
    both = (wanted & given).total()
    return 2 * both / (wanted.total() + given.total()) if both else 0.0


def _lines(body: str) -> list[str]:
    return [" ".join(line.split()) for line in body.split("\n") if line.strip()]
