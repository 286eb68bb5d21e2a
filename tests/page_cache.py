"""What a power cut would take: the pages of a file that the system holds and has not written to its disk (Linux)."""

import ctypes
import os
from pathlib import Path
from typing import Final

_CACHESTAT: Final = 451  # of Linux 6.5 and later, the same on all of its architectures


class _Range(ctypes.Structure):
    _fields_ = [("offset", ctypes.c_uint64), ("length", ctypes.c_uint64)]


class _Pages(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("cached", "dirty", "in_writing", "evicted", "recently_evicted")]


def unwritten_pages(path: Path) -> int | None:
    """Returns the number of pages that are not on the disk, or None where the system can't tell."""
    pages = _Pages()
    descriptor = os.open(path, os.O_RDONLY)
    try:
        whole = _Range(0, 0)
        failed = ctypes.CDLL(None).syscall(_CACHESTAT, descriptor, ctypes.byref(whole), ctypes.byref(pages), 0)
    finally:
        os.close(descriptor)
    return None if failed else int(pages.dirty + pages.in_writing)


def tells_unwritten_pages(folder: Path) -> bool:
    """Whether files in this folder have a disk, and the system says what of them is on it."""
    path = folder / "probe"
    with path.open("wb") as file:
        file.write(b"x" * 8192)
        file.flush()
        before = unwritten_pages(path)
        os.fsync(file.fileno())
        after = unwritten_pages(path)
    path.unlink()
    return bool(before) and after == 0
