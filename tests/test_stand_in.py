"""`newsbot simulator`: a bot connects with the settings that it prints, and knows nothing of a new one yet."""

import asyncio
import os
import signal

import aiohttp
import pytest

from bot.config import Config, load
from bot.errors import PortTaken
from bot.sim import Simulator
from bot.stand_in import run_stand_in, simulated_telegram


async def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """The settings that a simulator prints when it is there."""
    said = ""
    while "NEWSBOT_ADMINS" not in said:
        await asyncio.sleep(0.01)
        said += capsys.readouterr().out
    return dict(line.split("=", 1) for line in said.split() if "=" in line)


def settings(monkeypatch: pytest.MonkeyPatch, found: dict[str, str]) -> Config:
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return load()


async def test_a_bot_connects_with_the_settings_that_are_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    running = asyncio.create_task(run_stand_in(port=0, language="fr"))
    config = settings(monkeypatch, await printed(capsys))
    async with aiohttp.ClientSession(f"{config.api_url}/bot{config.token}/") as session:
        answers = [await session.get("getChat", params={"chat_id": one}) for one in config.admins]
        known = [(await answer.json())["result"] for answer in answers]
    assert [chat["first_name"] for chat in known] == ["Nour (admin)"]
    os.kill(os.getpid(), signal.SIGINT)
    await running


async def test_a_bot_that_knows_an_earlier_simulator_takes_no_update_of_a_new_one_for_a_known_one() -> None:
    async with Simulator() as sim:
        sim.count_from(500)
        sent = sim.private(sim.person("Sam")).say("/start")
        assert [number for number, _ in sim.waiting_updates()] == [500]
    assert sent.id == 500


async def test_a_port_that_another_program_uses_is_told() -> None:
    async with Simulator() as sim:
        taken = int(sim.url.rsplit(":", 1)[1])
        with pytest.raises(PortTaken, match=f"--port {taken}: another program uses it"):
            async with simulated_telegram(taken):
                pass
