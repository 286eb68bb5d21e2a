"""Conversations: receives what people type and press, and answers.

polling, webhook → inbox (with admission) → updates (raw to parsed) → answering → commands, presses, members → replies
polling → inline (queries that people type in any chat, which are not stored)
"""

from bot.chat.admission import Admission
from bot.chat.answering import ALLOWED_UPDATES, make_answerer
from bot.chat.context import HandlerContext
from bot.chat.inbox import Inbox
from bot.chat.inline import InlineQueries, make_inline_queries
from bot.chat.menus import publish_command_menus
from bot.chat.page_pictures import PagePictures
from bot.chat.polling import Poller
from bot.chat.published import PublishedLanguages
from bot.chat.webhook import WebhookKeeper, WebhookTarget, webhook_secret

__all__ = [
    "ALLOWED_UPDATES",
    "Admission",
    "HandlerContext",
    "Inbox",
    "InlineQueries",
    "PagePictures",
    "Poller",
    "PublishedLanguages",
    "WebhookKeeper",
    "WebhookTarget",
    "make_answerer",
    "make_inline_queries",
    "publish_command_menus",
    "webhook_secret",
]
