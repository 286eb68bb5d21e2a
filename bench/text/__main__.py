"""`python -m bench.text`: measure each part on the labelled data, and print tables or JSON."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import click

from bench.__main__ import machine
from bench.text import feeds, languages, pages, search, stories, summaries
from bench.text.tables import Table

# Each measures one part of reading. What it needs of the data is told in its module.
PARTS: Final[dict[str, Callable[[Path, bool], Iterator[Table]]]] = {
    "feeds": feeds.measure,
    "languages": languages.measure,
    "pages": pages.measure,
    "search": search.measure,
    "stories": stories.measure,
    "summaries": summaries.measure,
}


@click.command()
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="The folder with the labelled data; bench/README.md tells its form.",
)
@click.option("--only", multiple=True, help="This part; may be repeated.")
@click.option("--quick", is_flag=True, help="Without what takes minutes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
def main(data: Path, only: tuple[str, ...], quick: bool, as_json: bool) -> None:
    """Measure how well texts are read. bench/README.md tells how to read the tables."""
    if unknown := [name for name in only if name not in PARTS]:
        raise click.BadParameter(f"no part {unknown[0]!r}; expected one of: {', '.join(PARTS)}", param_hint="--only")
    found: list[dict[str, Any]] = []
    if not as_json:
        print(machine())
    for name in only or PARTS:
        for table in PARTS[name](data, quick):
            found.append({"part": name, **table.as_json()})
            if not as_json:
                print(f"\n{table}", flush=True)
    if as_json:
        json.dump({"machine": machine(), "tables": found}, sys.stdout, ensure_ascii=False, indent=1)


if __name__ == "__main__":
    main()
