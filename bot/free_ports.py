"""Chooses the port of a server whose address must be known before the server listens.

A server that may tell its port later listens on port 0. A port that was found by binding port 0 and was given back is
no alternative: the system serves outgoing connections and port 0 from the same range, so any program may get the
port before the server listens.
"""

import os
import random
import socket
from collections.abc import Iterator
from typing import Final

HOST: Final = "127.0.0.1"
PORTS: Final = range(20_000, 32_768)  # outgoing connections begin at 32,768 on Linux, at 49,152 elsewhere
FOR_TESTS: Final = PORTS[: len(PORTS) * 3 // 4]
_FOR_PROGRAMS: Final = PORTS[len(FOR_TESTS) :]


def free_port() -> int:
    """Returns a port on which no program listens. Processes that run at the same time begin at different ports."""
    begin = os.getpid() % len(_FOR_PROGRAMS)
    return next(free_ports([*_FOR_PROGRAMS[begin:], *_FOR_PROGRAMS[:begin]]))


def shuffled(part: int, parts: int) -> list[int]:
    """Returns one of several equal parts of the ports for tests, in random order.

    Workers of one test run have different parts. Two runs on one machine have the same parts, and different orders.
    """
    size = len(FOR_TESTS) // parts
    return random.sample(FOR_TESTS[part * size : (part + 1) * size], size)


def free_ports(ports: list[int]) -> Iterator[int]:
    """Yields those of the ports on which no program listens. Each is tried when it is asked for, and yielded once.

    Raises OSError if none is left.
    """
    for port in ports:
        with socket.socket() as tried:
            try:
                tried.bind((HOST, port))
            except OSError:
                continue
        yield port
    raise OSError(f"no free port is left of {len(ports)} from {min(ports)} to {max(ports)}")
