"""The numbers that commands take, of articles, sources and deliveries, and what is said of what is none of them."""

import re
from typing import Final

import click

MOST: Final = 2**63 - 1  # what SQLite numbers rows with
_NEGATIVE: Final = re.compile(r"-\d")
_LONGEST: Final = 40  # letters of what was typed that are shown


class Number(click.ParamType[int]):
    """The number of a row, from 1 on."""

    name = "number"

    def __init__(self, of: str, listed: str) -> None:
        """`of` what it is the number, and the command that lists them."""
        self._expected = f"expected the number of {of}, as `newsbot {listed}` shows it"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        shown = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
        try:
            number = int(value)
        except ValueError:
            self.fail(f"{shown!r} is not a valid integer; {self._expected}", param, ctx)
        if not 1 <= number <= MOST:
            self.fail(f"{shown} is not in the range of these numbers; {self._expected}", param, ctx)
        return number


ARTICLE: Final = Number("an article", "articles list")
SOURCE: Final = Number("a source", "source list")
DELIVERY: Final = Number("a delivery", "deliveries list")


class TakesNumbers(click.Command):
    """A command for which -1 is a number, if a wrong one, and no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        negative = [arg for arg in args if _NEGATIVE.match(arg)]
        if negative and "--" not in args:
            args = [*(arg for arg in args if arg not in negative), "--", *negative]
        return super().parse_args(ctx, args)
