"""Rich messages: pages of blocks, which a bot sends as HTML or as blocks. Everything is checked before it is sent.

html ─ grammar ─ page (+ inline) ┐
                                 ├─ blocks (+ text, labels) ─ the message that Telegram answers with
blocks ──────────────────────────┘
"""

from bot.sim.rich.message import has_media, read_rich_message

__all__ = ["has_media", "read_rich_message"]
