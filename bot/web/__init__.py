"""The HTTP server: doors for Telegram, newsrooms, monitors and browsers.

connections → server (id, log, unforeseen errors) → limits (rate, size, time) → the handler of a route
"""

from bot.web.route import Route, refusal
from bot.web.server import Answered, WebServer

__all__ = ["Answered", "Route", "WebServer", "refusal"]
