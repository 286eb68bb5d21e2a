"""Imports of files: how far each file came."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgress:
    """How far the import of a file came, and what came of the file until there."""

    file: bytes  # its path
    options: str  # what the import was told to do with the files
    stamp: str  # size and time of change: a file that changed is another file
    position: int  # where reading goes on: a byte of JSON Lines, else an article's place
    finished: bool
    added: int = 0
    pushed: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
