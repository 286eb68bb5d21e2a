"""Imports of files: the progress of each file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgress:
    """How far an import has read a file, and the numbers of articles until there."""

    file: bytes  # the path of the file
    options: str  # the options that the import was started with
    stamp: str  # size and modification time: a file that has changed counts as another file
    position: int  # where reading continues: a byte offset in JSON Lines, or else the place of an article
    finished: bool
    added: int = 0
    pushed: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    held: int = 0  # new articles that wait on the desk
