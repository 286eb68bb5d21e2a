"""A Bot API server on loopback, with a chat page: the demo without an account, and the tests' double of Telegram.

It imports nothing of ours and nothing of the library under us: it speaks HTTP, so it can't agree with our mistakes.
"""

from bot.sim.faults import Fault
from bot.sim.limits import Limits
from bot.sim.simulator import Simulator
from bot.sim.world import Chat, Person, Shown

__all__ = ["Chat", "Fault", "Limits", "Person", "Shown", "Simulator"]
