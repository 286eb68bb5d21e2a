"""The main loop of a worker process: it reads pieces of work from a pipe, does them, and writes their results.

A frame is a kind (one byte), a length (eight bytes) and a pickle of that length. The bot sends WORK; for each, the
process answers BEGUN at once and RESULT or RAISED at the end.

The process ends with the bot, also after a SIGKILL: the bot's end of the pipe closes, and on Linux the kernel kills
the process together with its parent.
"""

import ctypes
import os
import pickle
import queue
import signal
import struct
import sys
import threading
import traceback
from contextlib import suppress
from typing import IO, Any, Final

HEADER: Final = struct.Struct("!cQ")
WORK: Final = b"w"
BEGUN: Final = b"b"
RESULT: Final = b"r"
RAISED: Final = b"e"
POLITE: Final = 5  # added to the niceness of the process: readers' answers and the sender get the processor first
_PR_SET_PDEATHSIG: Final = 1  # of prctl(2): the signal that a process gets when its parent ends


def serve(parent: int) -> None:
    """Do the work that comes through standard input until it closes. `parent` is the process id of the bot."""
    _end_with(parent)
    with suppress(OSError):
        os.nice(POLITE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the bot, which ends its processes itself
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # a library that prints must not write among our frames
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(requests, waiting), daemon=True).start()
    while True:
        _answer(waiting.get(), answers)


def encode_frame(kind: bytes, content: bytes) -> bytes:
    """Returns a message for the pipe: kind, length and content."""
    return HEADER.pack(kind, len(content)) + content


def _end_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the bot ended before the line above
        os._exit(0)


def _receive(requests: IO[bytes], waiting: "queue.SimpleQueue[bytes]") -> None:
    """Receive work. When the pipe closes, end the process, even in the middle of a piece of work."""
    while len(header := requests.read(HEADER.size)) == HEADER.size:
        _, length = HEADER.unpack(header)
        content = requests.read(length)
        if len(content) < length:
            break
        waiting.put(content)
    os._exit(0)


def _answer(request: bytes, answers: IO[bytes]) -> None:
    answers.write(encode_frame(BEGUN, b""))
    answers.flush()
    try:
        work, args, named = pickle.loads(request)
        answer = encode_frame(RESULT, pickle.dumps(work(*args, **named), pickle.HIGHEST_PROTOCOL))
    except Exception as error:
        answer = encode_frame(RAISED, _pickled(error))
    answers.write(answer)
    answers.flush()


def _pickled(error: Exception) -> bytes:
    """Returns the pickled error and its traceback as text. An error that can't be pickled becomes a RuntimeError."""
    lines = "".join(traceback.format_exception(error))
    try:
        content = pickle.dumps((error, lines), pickle.HIGHEST_PROTOCOL)
        pickle.loads(content)
    except Exception:
        described: tuple[Any, str] = (RuntimeError(f"{type(error).__name__}: {error}"), lines)
        content = pickle.dumps(described, pickle.HIGHEST_PROTOCOL)
    return content
