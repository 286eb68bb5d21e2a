"""From a newsroom's own program to a subscriber's chat: a bot that runs, is killed, and runs again."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.sim import Simulator
from tests import senders
from tests.processes import Newsbot, rows_of
from tests.web import free_port

pytestmark = pytest.mark.slow


class Ghost:
    """A Ghost site with a webhook for every event of a post."""

    def __init__(self, url: str, secret: str) -> None:
        self._url, self._secret = url, secret
        self._changed = datetime.now(UTC) - timedelta(minutes=1)

    async def tell(self, **post: Any) -> tuple[int, dict[str, int]]:
        """Send a post as it is now. Ghost gives up after two seconds."""
        self._changed += timedelta(seconds=1)
        stamp = self._changed.isoformat(timespec="milliseconds")
        current = {
            "id": "6682b8",
            "status": "published",
            "visibility": "public",
            "url": "https://ghost.example/ferry/",
        }
        current |= {"updated_at": stamp, "published_at": stamp} | post
        body = json.dumps({"post": {"current": current, "previous": {}}}).encode()
        headers = senders.ghost(body, datetime.now(UTC), self._secret) | {"Content-Type": "application/json"}
        async with (
            aiohttp.ClientSession() as client,
            client.post(self._url, data=body, headers=headers) as answer,
        ):
            return answer.status, await answer.json()


async def test_a_post_of_ghost_reaches_a_chat_is_withdrawn_there(
    sim: Simulator, tmp_path: Path, database_url: str
) -> None:
    port = free_port()
    newsbot = Newsbot(
        tmp_path,
        sim,
        NEWSBOT_DATABASE=database_url,
        NEWSBOT_WEB=f"127.0.0.1:{port}",
        NEWSBOT_PUBLIC_URL=f"http://127.0.0.1:{port}",
    )
    chat = sim.private(sim.person("Huda", "en"))
    async with newsbot.running():
        chat.say("/subscribe")
        await sim.until(lambda: len(chat.messages) == 1)
        status, said, complained = await newsbot(
            "hook", "add", "ghost", "--kind", "ghost", "--category", "City", "--json"
        )
        assert (status, complained) == (0, "")
        hook = json.loads(said)
        ghost = Ghost(hook["url"], hook["secret"])
        counts = {"stored": 0, "changed": 0, "withdrawn": 0, "unchanged": 0}
        assert await ghost.tell(title="Ferry waits", html="<p>It waits.</p>", status="draft") == (
            202,
            counts | {"unchanged": 1},
        )
        assert await ghost.tell(title="Ferry sails", html="<p>It left.</p>") == (202, counts | {"stored": 1})
        begun = asyncio.get_running_loop().time()
        await sim.until(lambda: len(chat.messages) == 2)
        assert asyncio.get_running_loop().time() - begun < 20  # within a second, on a machine that is not busy
        assert "Ferry sails" in chat.last.text
        assert "City" in chat.last.text
        assert await ghost.tell(title="Ferry sails late", html="<p>It left.</p>") == (202, counts | {"changed": 1})
        [article] = json.loads((await newsbot("articles", "list", "--json"))[1])
        assert article["title"] == "Ferry sails late"  # the message is corrected a minute later
        assert await ghost.tell(title="Ferry sails late", status="draft") == (202, counts | {"withdrawn": 1})
        await sim.until(lambda: "Withdrawn by \u2068" in chat.last.text)
    assert len(chat.messages) == 2
    [listed] = json.loads((await newsbot("hook", "list", "--json"))[1])
    assert (listed["calls"], listed["stored"], listed["changed"], listed["withdrawn"]) == (4, 1, 1, 1)


async def test_articles_that_come_around_a_kill_are_promised_once(
    sim: Simulator, tmp_path: Path, database_url: str
) -> None:
    port = free_port()
    newsbot = Newsbot(tmp_path, sim, NEWSBOT_DATABASE=database_url, NEWSBOT_WEB=f"127.0.0.1:{port}")
    status, said, _ = await newsbot("hook", "add", "wire", "--json")
    hook = json.loads(said)
    assert status == 0
    sim.crowd(1_000, 1)
    chats = tmp_path / "chats.jsonl"
    chats.write_text('{"chat_id": 1000}\n')
    assert (await newsbot("chats", "import", chats))[0] == 0
    left = [{"id": n, "title": f"Ship {n} sails", "body": f"Ship {n} left.", "version": 1} for n in range(40)]

    async def tell(article: dict[str, Any], client: aiohttp.ClientSession) -> bool:
        """Whether the bot said that it has the article. If it asks to come back later, it is asked again then."""
        while True:
            try:
                async with client.post(hook["url"], json=article, headers=senders.bearer(hook["secret"])) as answer:
                    if answer.status != 503:
                        return answer.status == 202
                    later = float(answer.headers["Retry-After"])
            except aiohttp.ClientError:
                return False
            await asyncio.sleep(later)

    async with aiohttp.ClientSession() as client:
        async with newsbot.running() as process:
            telling = [asyncio.create_task(tell(article, client)) for article in left]
            for answered in asyncio.as_completed(telling):
                if await answered:
                    break
            process.kill()
            told = await asyncio.gather(*telling)
            await process.wait()
        assert any(told)
        left = [article for article, is_told in zip(left, told, strict=True) if not is_told]
        async with newsbot.running():
            assert all([await tell(article, client) for article in left])
    assert len(json.loads((await newsbot("articles", "list", "--json"))[1])) == 40
    promises = "SELECT article_id FROM fanouts UNION ALL SELECT article_id FROM deliveries"
    [[promised]] = rows_of(database_url, f"SELECT count(DISTINCT article_id) FROM ({promises}) AS promises")
    [[twice]] = rows_of(
        database_url, "SELECT count(*) - count(DISTINCT article_id) FROM deliveries WHERE kind = 'alert'"
    )
    assert (promised, twice) == (40, 0)
