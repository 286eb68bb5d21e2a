"""The types of the parameters of Bot API methods. All parameters arrive as text."""

import json
from collections.abc import Callable
from typing import Any, Final

Readers = dict[str, Callable[[str], Any]]
"""For each parameter of a method: a function that returns its value. It raises ValueError or KeyError."""


def boolean(text: str) -> bool:
    return {"true": True, "false": False, "True": True, "False": False}[text]


def chat_number(text: str) -> int | str:
    """Returns the number of a chat, or the name of a public channel with its "@"."""
    return text if text.startswith("@") else int(text)


def decoded(text: str) -> Any:
    """Returns the value of a parameter that is sent as JSON."""
    return json.loads(text)


WHERE: Final[Readers] = {"chat_id": int, "message_thread_id": int}  # of every method that sends
SENDING: Final[Readers] = {
    **WHERE, "disable_notification": boolean, "protect_content": boolean, "allow_paid_broadcast": boolean,
    "reply_parameters": decoded, "reply_markup": decoded, "ephemeral_message_parameters": decoded,
}  # fmt: skip
TEXT: Final[Readers] = {"text": str, "parse_mode": str, "entities": decoded, "link_preview_options": decoded}
