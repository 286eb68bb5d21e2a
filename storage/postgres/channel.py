"""What processes on a PostgreSQL database tell each other by LISTEN and NOTIFY: the texts of the messages."""

import json
from typing import Any, Final

from storage.database import Changes

CHANNEL: Final = "newsbot"
MOST_NUMBERS: Final = 500  # of one message, which may have 8,000 bytes; if more has changed, the sender looks anew


def message(process: str, changes: Changes) -> str:
    """Returns the text that tells what a process has changed, or that there may be messages to send."""
    told: dict[str, Any] = {"from": process}
    if len(changes.chats) + len(changes.articles) > MOST_NUMBERS:
        told["anything"] = True
    else:
        told |= {"chats": sorted(changes.chats), "articles": sorted(changes.articles)}
    return json.dumps(told, separators=(",", ":"))
