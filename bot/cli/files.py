"""Files that commands read and write; "-" is standard input or output."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, TextIO

STANDARD: Final = Path("-")  # standard input or output


@contextmanager
def reading(file: Path) -> Iterator[tuple[BinaryIO, int]]:
    """The bytes of a file, to be read, and their number; 0 if that can't be known."""
    if file == STANDARD:
        yield sys.stdin.buffer, 0
        return
    with file.open("rb") as opened:
        yield opened, os.fstat(opened.fileno()).st_size


@contextmanager
def writing(file: Path) -> Iterator[TextIO]:
    """Text that becomes the file. An older file is replaced when the new one is whole, and not before."""
    if file == STANDARD:
        yield sys.stdout
        return
    try:
        target = file.resolve()
        if target.exists() and not target.is_file():  # a pipe or a device is written to, never replaced
            with target.open("w", encoding="utf-8") as out:
                yield out
        else:
            with _replacing(target) as out:
                yield out
    except OSError as error:  # it names the temporary file, or none; what was typed says more
        raise OSError(error.errno, error.strerror, str(file)) from error


@contextmanager
def _replacing(target: Path) -> Iterator[TextIO]:
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            yield out
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
