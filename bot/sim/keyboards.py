"""The keyboards of messages: inline keyboards, reply keyboards, and the request for a reply."""

import re
from typing import Any, Final

from bot.sim.refusal import bad_request
from bot.sim.world import Json

MOST_BUTTONS: Final = 100
MOST_IN_ROW: Final = 8
MOST_COPIED: Final = 256  # characters
PLACEHOLDER: Final = 64  # characters
_STYLES: Final = frozenset({"danger", "success", "primary"})
_ACTIONS: Final = frozenset(  # a button has exactly one
    {"callback_data", "url", "copy_text", "switch_inline_query", "switch_inline_query_current_chat"}
)
MOST_SWITCHED: Final = 256  # characters of the query that a button types
# Telegram accepts no host without a dot.
ADDRESS: Final = re.compile(
    r"tg://\S+|https?://(?:[^\s/?#]+@)?(?:[^\s/?#:@][^\s/?#:@.]*+\.[^\s/?#:@]++|\[[0-9a-fA-F:.]+\])(?::\d+)?(?:[/?#]\S*)?"
)


def asks_for_reply(markup: Any) -> bool:
    """Returns whether the markup makes the client of the reader answer this message. Raises Refusal."""
    if not isinstance(markup, dict) or "force_reply" not in markup:
        return False
    if markup["force_reply"] is not True or set(markup) - {"force_reply", "selective", "input_field_placeholder"}:
        raise bad_request("wrong ForceReply")
    if len(markup.get("input_field_placeholder", "-")) not in range(1, PLACEHOLDER + 1):
        raise bad_request("wrong input_field_placeholder")
    return True


def reply_keyboard(markup: Any) -> list[list[str]] | None:
    """Returns the labels of a keyboard below the text field, [] if it is to be removed, or None for other markup."""
    if markup == {"remove_keyboard": True}:
        return []
    if not isinstance(markup, dict) or "keyboard" not in markup:
        return None
    if unknown := set(markup) - {"keyboard", "resize_keyboard", "is_persistent", "input_field_placeholder"}:
        raise bad_request(f"unknown field of a reply keyboard: {sorted(unknown)}")
    if len(markup.get("input_field_placeholder", "-")) not in range(1, PLACEHOLDER + 1):
        raise bad_request("wrong input_field_placeholder")
    rows: list[list[Json]] = markup["keyboard"]
    if any(set(key) != {"text"} or not key["text"] for row in rows for key in row):
        raise bad_request("keyboard button text must be non-empty, and nothing else is known of it")
    return [[str(key["text"]) for key in row] for row in rows if row]


def inline_keyboard(markup: Any) -> Json:
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) and set(markup) == {"inline_keyboard"} else None
    if not isinstance(rows, list):
        raise bad_request("object expected as reply markup: only inline keyboards are known")
    if sum(len(row) for row in rows) > MOST_BUTTONS or any(len(row) > MOST_IN_ROW for row in rows):
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    for button in (button for row in rows for button in row):
        _check_button(button)
    return {"inline_keyboard": [row for row in rows if row]}


def _check_button(button: Json) -> None:
    if set(button) - {"text", "style", *_ACTIONS}:
        raise bad_request(f"unknown field of an inline keyboard button: {sorted(button)}")
    if not button.get("text"):
        raise bad_request("inline keyboard button text must be non-empty")
    if button.get("style", "primary") not in _STYLES:
        raise bad_request("BUTTON_STYLE_INVALID")
    if len(set(button) & _ACTIONS) != 1:
        raise bad_request("inline keyboard button must have exactly one action")
    if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
    switched = button.get("switch_inline_query", button.get("switch_inline_query_current_chat", ""))
    if not isinstance(switched, str) or len(switched) > MOST_SWITCHED:
        raise bad_request("BUTTON_DATA_INVALID")
    if "copy_text" in button and not 1 <= len(button["copy_text"].get("text", "")) <= MOST_COPIED:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
    if "url" in button and not ADDRESS.fullmatch(button["url"]):
        raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
