"""Processes of `newsbot` that start at once: a process that has imported the bot forks for each of them.

A test that starts six commands would spend most of its time in importing the same modules six times. A fork runs
`python -m bot` to its end as a process of its own, with its own environment, folder and output. What it shares with
the others is what has been imported.

Between the test and the command stand two processes: the `server`, which only forks, and for each command a `minder`,
which waits for its end and tells its status.
"""

import asyncio
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
from asyncio import StreamReader
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, NoReturn

_ROOT: Final = Path(__file__).parent.parent
_LONGEST: Final = 1 << 20  # bytes of a request
# Bytes of output that are kept until a test reads them. A command whose output nobody takes would stop in the middle
# of its work.
_KEPT: Final = 1 << 28


class ForkedProcess:
    """The part of `asyncio.subprocess.Process` that tests use."""

    def __init__(self, pid: int, stdout: StreamReader, stderr: StreamReader, minder: StreamReader) -> None:
        self.pid = pid
        self.stdout = stdout
        self.stderr = stderr
        self.returncode: int | None = None
        self._ended = asyncio.create_task(self._end(minder))

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    async def communicate(self) -> tuple[bytes, bytes]:
        said, complained, _ = await asyncio.gather(self.stdout.read(), self.stderr.read(), self.wait())
        return said, complained

    def send_signal(self, number: int) -> None:
        """Raises ProcessLookupError after the end."""
        if self.returncode is not None:
            raise ProcessLookupError(self.pid)
        os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    async def _end(self, minder: StreamReader) -> int:
        self.returncode = int(await minder.read())
        return self.returncode


async def newsbot_process(*arguments: str | Path, cwd: Path, env: dict[str, str]) -> ForkedProcess:
    """Start `newsbot …` with this environment and nothing else."""
    request = {"arguments": [str(argument) for argument in arguments], "cwd": str(cwd), "env": env}
    with ExitStack() as ours:
        streams: list[StreamReader] = []
        theirs: list[int] = []
        for _ in ("stdout", "stderr", "minder"):
            read, write = os.pipe()
            ours.callback(os.close, write)
            theirs.append(write)
            streams.append(await _reader(read))
        socket.send_fds(_server(os.getpid()), [json.dumps(request).encode()], theirs)
    stdout, stderr, minder = streams
    return ForkedProcess(int(await minder.readline()), stdout, stderr, minder)


async def _reader(pipe: int) -> StreamReader:
    loop = asyncio.get_running_loop()
    stream = StreamReader(limit=_KEPT)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(pipe, "rb", 0))
    return stream


@cache
def _server(_process: int) -> socket.socket:
    """The socket of the server that forks for this process; the server ends when the socket is closed."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        theirs.set_inheritable(True)
        os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", "tests.forks", str(theirs.fileno())],
            os.environ | {"PYTHONPATH": str(_ROOT)},
            file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)],
        )
    return ours


def serve(requests: socket.socket) -> dict[str, Any] | None:
    """Returns what a fork is to run, in that fork; None in the server, at its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks for the statuses of minders
    while True:
        request, pipes, *_ = socket.recv_fds(requests, _LONGEST, 3)
        if not request:
            return None
        if os.fork() == 0:
            requests.close()
            if mind(*pipes):
                return dict(json.loads(request))
        for pipe in pipes:
            os.close(pipe)


def mind(stdout: int, stderr: int, status: int) -> bool:
    """Returns True in the command's process. In the minder's, it tells the command's end, and does not return."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    command = os.fork()
    if command == 0:
        os.close(status)
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        os.close(stdout)
        os.close(stderr)
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", 1, closefd=False)  # noqa: SIM115  # for the rest of the process
        return True
    os.close(stdout)
    os.close(stderr)
    os.write(status, f"{command}\n".encode())
    _tell_end(command, status)


def _tell_end(command: int, status: int) -> NoReturn:
    _, ended = os.waitpid(command, 0)
    with suppress(BrokenPipeError):
        os.write(status, f"{os.waitstatus_to_exitcode(ended)}\n".encode())
    os._exit(0)


def import_the_bot() -> None:
    import bot

    for module in pkgutil.walk_packages(bot.__path__, "bot."):
        if not module.name.endswith(("__main__", ".build")):
            importlib.import_module(module.name)


if __name__ == "__main__":
    import_the_bot()
    from bot.cli import main

    wanted = serve(socket.socket(fileno=int(sys.argv[1])))
    if wanted is not None:
        os.chdir(wanted["cwd"])
        os.environ.clear()
        os.environ.update(wanted["env"])
        sys.argv[:] = ["newsbot", *wanted["arguments"]]
        main()
