"""A simulated Bot API server on loopback, with a chat page: for the demo without an account, and for tests.

It speaks only HTTP. It imports nothing from the rest of the bot and nothing from the bot's Telegram library, so it
can't share their mistakes.
"""

from bot.sim.faults import Fault
from bot.sim.limits import Limits
from bot.sim.simulator import Simulator
from bot.sim.telegram import Hint, Tour
from bot.sim.world import Chat, Person, Shown

__all__ = ["Chat", "Fault", "Hint", "Limits", "Person", "Shown", "Simulator", "Tour"]
