"""Link headers (RFC 8288): what a server says of other documents beside the one that it sends."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

LONGEST: Final = 100_000  # characters of a header
_HEADER: Final = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:\"[^\"]*\"|[^\",;]*))*)")
# It begins where a name begins: else a long name without "=" would be tried from each of its letters.
_ATTRIBUTE: Final = re.compile(r"(?<![\w*-])([\w*-]++)\s*+=\s*+\"?([^\",;]*)")


def parse(headers: Iterable[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yields the address of each link as it is written, and its attributes by their names in lower case."""
    for target, said in (found.groups() for line in headers for found in _HEADER.finditer(line[:LONGEST])):
        yield target, {name.lower(): value for name, value in _ATTRIBUTE.findall(said)}
