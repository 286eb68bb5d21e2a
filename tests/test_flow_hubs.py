"""From a hub (WebSub) to a subscriber's chat: a bot that runs finds the hub, subscribes, and is told of articles."""

import json
from pathlib import Path

import pytest

from bot.sim import Simulator
from tests.hub import opened_hub
from tests.processes import Newsbot
from tests.site import Page, rss, serving
from tests.web import free_port, until

ATOM = "http://www.w3.org/2005/Atom"


@pytest.mark.slow
async def test_what_a_hub_sends_reaches_a_chat_and_the_list_of_sources_tells_of_the_hub(
    sim: Simulator, tmp_path: Path, database_url: str
) -> None:
    port = free_port()
    newsbot = Newsbot(
        tmp_path,
        sim,
        NEWSBOT_DATABASE=database_url,
        NEWSBOT_WEB=f"127.0.0.1:{port}",
        NEWSBOT_PUBLIC_URL=f"http://127.0.0.1:{port}",
        NEWSBOT_REFRESH_SECONDS="3600",  # no visit finds what the hub sends
    )
    chat = sim.private(sim.person("Huda", "en"))
    async with opened_hub() as hub, serving() as site:

        def feed(*titles: str) -> str:
            return rss(*titles, extra=f'<l:link xmlns:l="{ATOM}" rel="hub" href="{hub.url}"/>')

        async def listed() -> tuple[str, str | None]:
            [source] = json.loads((await newsbot("source", "list", "--json"))[1])
            return (await newsbot("source", "list"))[1], source["hub"] and source["hub"]["state"]

        site.pages["/feed"] = Page(feed("Old one"), headers={"Content-Type": "application/rss+xml"})
        assert (await newsbot("source", "add", f"{site.url}/feed"))[0] == 0
        async with newsbot.running():
            chat.say("/subscribe")
            await sim.until(lambda: len(chat.messages) == 1)
            await until(lambda: bool(hub.verified))
            assert hub.verified == [("subscribe", 200, True)]
            line, state = await listed()
            assert (state, "hub unproven" in line) == ("unproven", True)
            assert await hub.send(feed("Ferry sails at noon"), X_Hub_Signature="sha256=" + "0" * 64) == 202
            assert await hub.send(feed("Bridge opens")) == 202
            await sim.until(lambda: len(chat.messages) == 2)
            assert "Bridge opens" in chat.last.text
            line, state = await listed()
            assert (state, "hub alive" in line) == ("alive", True)
    titles = [one["title"] for one in json.loads((await newsbot("articles", "list", "--json"))[1])]
    assert sorted(titles) == ["Bridge opens", "Old one"]


async def test_sources_are_visited_only_when_the_door_is_open_through_which_a_hub_calls_back(
    sim: Simulator, tmp_path: Path
) -> None:
    newsbot = Newsbot(tmp_path, sim, NEWSBOT_WEB=f"127.0.0.1:{free_port()}")
    async with newsbot.watched("started") as process:
        assert process.events.index("web_started") < process.events.index("ingesting")
