"""Metrics for Prometheus: what the parts of the bot report is counted here and shown at `/metrics`.

The parts know nothing of Prometheus: each calls a function that it was given. No chat, person, article or address is
ever a label.
"""

from bot.metrics.loop_lag import watch_loop
from bot.metrics.meters import Metrics
from bot.metrics.stored_numbers import StoredNumbers

__all__ = ["Metrics", "StoredNumbers", "watch_loop"]
