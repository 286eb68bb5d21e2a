"""Reads what is typed as ids, names and intervals, and says what was expected instead of anything else."""

import re
from typing import Final

import click

MOST: Final = 2**63 - 1  # what SQLite numbers rows with
# For a command that lists: how much of it, and in which form.
limit_option: Final = click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 1_000_000_000), help="How many, at most."
)
json_option: Final = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
_NEGATIVE: Final = re.compile(r"-\d")
_LONGEST: Final = 40  # letters of what was typed that are shown
_EXACT: Final = 600  # seconds, from which on only whole minutes are shown
_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


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
WAITING: Final = Number("a waiting article", "desk list")
DELIVERY: Final = Number("a delivery", "deliveries list")


class TakesNumbers(click.Command):
    """A command for which -1 is a number, if a wrong one, and no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        negative = [arg for arg in args if _NEGATIVE.match(arg)]
        if negative and "--" not in args:
            args = [*(arg for arg in args if arg not in negative), "--", *negative]
        return super().parse_args(ctx, args)


def read_text(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Returns what was typed, where it can be stored: bytes that are no UTF-8 come as lone
    surrogates, which can't be.
    """
    try:
        (value or "").encode()
    except UnicodeEncodeError:
        raise click.BadParameter(f"{value!r} is no UTF-8 text; expected a name in UTF-8") from None
    return value


def read_category(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Returns the name of a section as it was typed, if there is a word in it."""
    from bot.ingest.prepare import category_name

    if read_text(ctx, param, value) is not None and category_name(value) is None:
        raise click.BadParameter(f"{value!r} is no name; expected one with at least one letter or digit")
    return value


def read_interval(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Returns a time like 90s, 5m, 2h or 1d, in seconds."""
    from bot.config import LONGEST_INTERVAL

    if value is None:
        return None
    typed = re.fullmatch(r"([0-9]{1,9})\s*([smhd]?)", value.strip().lower())
    seconds = int(typed[1]) * _SECONDS[typed[2]] if typed else 0
    if not 1 <= seconds <= LONGEST_INTERVAL:
        raise click.BadParameter(
            f"{value!r} is no time between two visits; expected one like 90s, 5m, 2h or 1d, and at most 366d"
        )
    return seconds


def interval(seconds: int) -> str:
    """Seconds as they would be typed: 300 is 5m. What was learned need not be exact: 1234 is 21m."""
    if seconds > _EXACT and seconds % 60:
        seconds = 60 * round(seconds / 60)
    for unit in "dhm":
        if seconds % _SECONDS[unit] == 0:
            return f"{seconds // _SECONDS[unit]}{unit}"
    return f"{seconds}s"
