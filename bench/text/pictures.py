"""Pictures of article pages: which belong to the article, and which to the page around it.

The pages of `picture_pages` have the shape of common publishing systems. Nobody's page is copied: texts and addresses
are made up, and the elements are called as such systems call them. The first line of each names the files of the
article's pictures; ¶A to ¶F stand for its paragraphs. The rules for pictures were set on the pages in `even`. Those
in `odd` were written afterwards; `bench/README.md` says what they found.
"""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from bench.text.readers import READERS, read_all
from bench.text.saved import compared_pictures
from bench.text.tables import Table, cpu_time

URL: Final = "https://harbour.example/news/1"
TITLE: Final = "Ferry sails from the old harbour"
PARAGRAPHS: Final = (
    "The boat left the old harbour at noon with forty passengers, and the wind was fair all the way to the island.",
    "The captain said that the sea had been calm all week, and that she expected no trouble on the way back.",
    "On the island the mayor waited with a band, which played until the last of the passengers was ashore.",
    "The next ferry sails on Sunday, and tickets are sold in the office at the quay from eight in the morning.",
    "Nobody had expected the crossing to be repeated so soon, since the storms had damaged the northern pier.",
    "A second crew has been hired, and the harbour office asks visitors to come an hour before the boat leaves.",
)
_FOLDER: Final = Path(__file__).with_name("picture_pages")


class PicturePage(NamedTuple):
    name: str
    html: str
    wanted: list[str]  # files of the article's pictures


def pages(half: str) -> list[PicturePage]:
    """Returns the pages of a half, "even" or "odd"."""
    found = []
    for path in sorted((_FOLDER / half).glob("*.html")):
        first, _, rest = path.read_text("utf-8").partition("\n")
        html = re.sub("¶([A-F])", lambda mark: f"<p>{PARAGRAPHS[ord(mark[1]) - ord('A')]}</p>", rest)
        found.append(PicturePage(path.stem, f"<html>{html.replace('TITLE', TITLE)}</html>", first.split()[1:-1]))
    return found


def measure() -> Iterator[Table]:
    for half in ("even", "odd"):
        given = pages(half)
        found, seconds = cpu_time(partial(read_all, READERS["ours"], [(one.html.encode(), URL) for one in given]))
        figures = compared_pictures([one.wanted for one in given], [one.get("pictures", []) for one in found])
        yield Table(
            title=f"Pictures of made pages, the {half} ones ({len(given)})",
            columns=("precision", "recall", "ms"),
            rows=(("ours", (*figures, seconds / len(given) * 1000)),),
            note="Of all pictures of all pages together, in the shapes of common publishing systems.",
        )
