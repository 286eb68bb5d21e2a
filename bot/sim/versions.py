"""What a server of an older version of the Bot API does with what is newer: some it refuses, some it ignores."""

from typing import Final

from bot.sim.refusal import bad_request
from bot.sim.world import Json

Version = tuple[int, int]

NEWEST: Final[Version] = (10, 3)
TIMES_SINCE: Final[Version] = (9, 5)  # <tg-time>
STYLES_SINCE: Final[Version] = (9, 4)  # of buttons


def without_newer(values: Json, version: Version) -> Json:
    """Returns the parameters without what a server of this version ignores in them.

    Raises Refusal if the server can't parse one of them.
    """
    if version < TIMES_SINCE and any("<tg-time" in str(values.get(name)) for name in ("text", "caption")):
        raise bad_request('can\'t parse entities: Unsupported start tag "tg-time" at byte offset 0')
    markup = values.get("reply_markup")
    if version < STYLES_SINCE and isinstance(markup, dict) and "inline_keyboard" in markup:
        rows = [[_without_style(button) for button in row] for row in markup["inline_keyboard"]]
        return values | {"reply_markup": markup | {"inline_keyboard": rows}}
    return values


def _without_style(button: Json) -> Json:
    return {name: value for name, value in button.items() if name != "style"}
