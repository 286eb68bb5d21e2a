"""Web addresses that people type: what is one, which source has it, and the offer to add it as a source."""

import re
from collections.abc import Iterator
from typing import Final

from bot.chat.conversation import Conversation
from bot.messages import menu
from bot.messages.actions import AddSource
from bot.messages.message import Message
from storage import Storage
from storage.records import Source

# An address, and nothing else. A name with a dot, like node.js, is not taken for one.
ADDRESS: Final = re.compile(r"(?:https?://|www\.|t\.me/)\S+|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/\S*", re.IGNORECASE)


async def source_at(storage: Storage, address: str) -> Source | None:
    """Returns the source with this address, which may be typed without https:// or with another slash at its end."""
    for url in _urls(address):
        if (found := await storage.sources.find(url)) is not None:
            return found
    return None


def _urls(address: str) -> Iterator[str]:
    schemes = [""] if re.match("https?://", address, re.IGNORECASE) else ["https://", "http://"]
    for scheme in schemes:
        yield f"{scheme}{address}"
        yield f"{scheme}{address.rstrip('/')}" if address.endswith("/") else f"{scheme}{address}/"


async def offer_to_add(conversation: Conversation, address: str) -> Message:
    """Returns the offer to add an address as a source."""
    lists, now = conversation.context.storage.lists, conversation.context.now()
    offer = AddSource(await lists.save_search(conversation.chat.id, address, now=now))
    return menu.offer_to_add(address, offer, conversation.voice)
