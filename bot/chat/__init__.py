"""Conversations: receives what people type and press, and answers.

polling → inbox (with admission) → updates (raw to parsed) → answering → commands, presses, members → replies
"""

from bot.chat.admission import Admission
from bot.chat.answering import ALLOWED_UPDATES, make_answerer
from bot.chat.context import HandlerContext
from bot.chat.inbox import Inbox
from bot.chat.menus import publish_command_menus
from bot.chat.polling import Poller

__all__ = [
    "ALLOWED_UPDATES",
    "Admission",
    "HandlerContext",
    "Inbox",
    "Poller",
    "make_answerer",
    "publish_command_menus",
]
