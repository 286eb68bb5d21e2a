"""What browsers may ask of the simulator: its own page everything, another website nothing but to open the page."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.bot_api import Api, calling


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with calling() as client:
        yield client


async def test_a_page_of_another_website_neither_acts_nor_reads(api: Api) -> None:
    person = api.sim.person("Huda", "ar")
    chat = api.sim.private(person)
    api.sim.list_on_page(chat, person)
    port = api.sim.url.rpartition(":")[2]
    said, call = {"chat_id": chat.id, "text": "/follow http://127.0.0.1:1/"}, f"/bot{api.sim.token}/getMe"

    async def ask(path: str, body: Any = None, **headers: str) -> int:
        method, named = "POST" if body else "GET", {name.replace("_", "-"): headers[name] for name in headers}
        async with api.http.request(method, api.sim.url + path, json=body, headers=named) as answer:
            return answer.status

    for foreign in (
        {"Host": f"evil.example:{port}"},  # its name leads to loopback, so a browser takes the page for its own
        {"Host": f"evil.example:{port}", "Origin": f"http://evil.example:{port}", "Sec_Fetch_Site": "same-origin"},
        {"Host": f"127.0.0.1.evil.example:{port}"},
        {"Host": f"192.168.0.7:{port}"},
        {"Host": "[:"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},  # another program of this machine
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Dest": "empty"},
        {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Dest": "image"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Dest": "iframe"},
    ):
        for path in ("/", "/page/state", "/page/dashboard", "/page/thumbnail", call):
            assert await ask(path, **foreign) == 403, (path, foreign)
        assert await ask("/page/send", said, **foreign) == 403, foreign
    opened = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Dest": "document"}
    assert await ask("/page/dashboard", **opened) == 403
    assert await ask("/page/send", said, **opened) == 403
    assert await api.done("getUpdates") == []

    assert await ask("/", **opened) == 200  # a link leads to the page
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}", "127.0.0.2"):
        own = {"Host": host, "Origin": f"http://{host}", "Sec_Fetch_Site": "same-origin"}
        assert await ask("/page/send", said, **own) == 200, host
        assert await ask("/page/state", Host=host, Sec_Fetch_Site="none") == 200, host
        assert await ask(call, Host=host) == 200, host
