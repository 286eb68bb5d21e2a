"""Saved article pages with what should be read of them: precision and recall of the body, and the fields.

Data, where there is any: `pages/truth.jsonl`, a line a page: `file` beside it, `url`, `body`, and of `title`, `date`,
`author`, `image` and `link` those that are known; `pictures` has the addresses of all pictures in the body. `half`
("even", on which constants were set, or "odd") where that is not every other page.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.text.readers import READERS, read_all
from bench.text.tables import Table, cpu_time, read_json_lines
from bot.ingest.formats.page_pictures import file_of

FIELDS: Final = ("title", "date", "author", "image", "link")
SEQUENCE: Final = 4  # words; a body is compared by these, as the collections of news pages do
_ARABIC: Final = re.compile("[\u0620-\u064a]")


def measure(data: Path, quick: bool) -> Iterator[Table]:
    folder = data / "pages"
    if not (folder / "truth.jsonl").exists():
        return
    pages = read_json_lines(folder / "truth.jsonl")
    for half in ("even", "odd"):
        chosen = [one for place, one in enumerate(pages) if one.get("half", ("even", "odd")[place % 2]) == half]
        texts = [((folder / one["file"]).read_bytes(), one.get("url")) for one in chosen[: 20 if quick else None]]
        rows = []
        for name, read in READERS.items():
            found, seconds = cpu_time(partial(read_all, read, texts), times=1 if quick else 3)
            rows.append((name, (*_figures(chosen, found), seconds / max(1, len(texts)) * 1000)))
        yield Table(
            title=f"Saved pages, the {half} records ({len(texts)}): of the body's sequences of {SEQUENCE} words",
            columns=("precision", "recall", "F1", "F1 words", "F1 ar", *FIELDS, "ms"),
            rows=tuple(rows),
            note="Means over the pages. Fields: the share that is right of those that are known.",
        )
        labelled = [place for place, one in enumerate(chosen[: len(texts)]) if "pictures" in one]
        if labelled:
            read_by_us = read_all(READERS["ours"], [texts[place] for place in labelled])
            wanted = [chosen[place]["pictures"] for place in labelled]
            yield Table(
                title=f"Pictures of saved pages, the {half} records ({len(labelled)})",
                columns=("precision", "recall"),
                rows=(("ours", compared_pictures(wanted, [one.get("pictures", []) for one in read_by_us])),),
                note="Of all pictures of all pages together. A picture is known by the name of its file.",
            )


def _figures(wanted: list[dict[str, Any]], found: list[dict[str, Any]]) -> tuple[float | None, ...]:
    pairs = list(zip(wanted, found, strict=False))
    bodies = [
        (compared(one["body"], it.get("body", "")), compared(one["body"], it.get("body", ""), 1)[2], one["body"])
        for one, it in pairs
    ]
    arabic = [body[2] for body, _, text in bodies if _ARABIC.search(text[:200])]
    return (
        *(_mean([body[number] for body, _, _ in bodies]) for number in range(3)),
        _mean([words for _, words, _ in bodies]),
        _mean(arabic),
        *(
            _mean([float(_same(one[field], it.get(field))) for one, it in pairs if one.get(field)])
            for field in FIELDS
        ),
    )


def compared(wanted: str, found: str, length: int = SEQUENCE) -> tuple[float, float, float]:
    """Precision, recall and F1 of sequences of words."""
    expected, given = _sequences(wanted, length), _sequences(found, length)
    both = (expected & given).total()
    if not both:
        return 0.0, 0.0, 0.0
    precision, recall = both / given.total(), both / expected.total()
    return precision, recall, 2 * precision * recall / (precision + recall)


def compared_pictures(wanted: list[list[str]], found: list[list[str]]) -> tuple[float | None, float | None]:
    """Precision and recall of the pictures of all pages; None for a share of nothing."""
    pairs = [({*map(file_of, one)}, {*map(file_of, other)}) for one, other in zip(wanted, found, strict=True)]
    right = sum(len(one & other) for one, other in pairs)
    given, expected = sum(len(other) for _, other in pairs), sum(len(one) for one, _ in pairs)
    return (right / given if given else None, right / expected if expected else None)


def _sequences(text: str, length: int) -> "Counter[tuple[str, ...]]":
    words = re.findall(r"\w+", text.lower())
    return Counter(tuple(words[place : place + length]) for place in range(max(1, len(words) - length + 1)))


def _same(wanted: str, found: str | None) -> bool:
    """Whether they are one but for case and marks."""
    one, other = (re.findall(r"\w+", text.lower()) for text in (wanted, found or ""))
    return one == other


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
