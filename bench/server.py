"""A Bot API server that does next to nothing, so that a measurement is of the bot: `python bench/server.py`.

It prints its port, answers getMe and sendMessage, and ends with its standard input.
"""

import asyncio
import json
import re
import sys
import time
from urllib.parse import parse_qs

ME = {"id": 1, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, for one client that is known to be well-behaved."""

    numbers = iter(range(1, 2**40))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:end]
            length = _LENGTH.search(head)
            whole = end + 4 + int(length[1] if length else 0)
            if len(self.received) < whole:
                return
            body, self.received = self.received[end + 4 : whole], self.received[whole:]
            self.answer(head.split(b" ", 2)[1], body)

    def answer(self, path: bytes, body: bytes) -> None:
        result: object = ME
        if path.endswith(b"/sendMessage"):
            asked = parse_qs(body.decode())
            chat = {"id": int(asked["chat_id"][0]), "type": "private", "first_name": "Reader"}
            result = {
                "message_id": next(self.numbers),
                "date": int(time.time()),
                "chat": chat,
                "from": ME,
                "text": "x",
            }
        answer = json.dumps({"ok": True, "result": result}).encode()
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (len(answer), answer)
        )


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
