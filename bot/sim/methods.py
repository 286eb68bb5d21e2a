"""The Bot API methods that the bot calls, and no others. Each method has a list of its known parameters.

The methods are in modules by topic. Each of these modules has the tables PARAMETERS, REQUIRED and METHODS.
"""

from collections.abc import Callable
from typing import Any, Final

from bot.sim import account, forums, lookups, messages
from bot.sim.parameters import Readers, decoded
from bot.sim.refusal import Refusal, bad_request
from bot.sim.telegram import Telegram
from bot.sim.world import Json

PARAMETERS: Final[dict[str, Readers]] = {
    "getUpdates": {"offset": int, "limit": int, "timeout": int, "allowed_updates": decoded},
    **account.PARAMETERS,
    **messages.PARAMETERS,
    **lookups.PARAMETERS,
    **forums.PARAMETERS,
}
REQUIRED: Final = {**account.REQUIRED, **messages.REQUIRED, **lookups.REQUIRED, **forums.REQUIRED}
_METHODS: Final[dict[str, Callable[[Telegram, Json], Any]]] = {
    **account.METHODS,
    **messages.METHODS,
    **lookups.METHODS,
    **forums.METHODS,
}


def parse_parameters(method: str, given: dict[str, str]) -> Json:
    """Returns the typed parameters of a call. Raises Refusal if Telegram, or a stricter server, would refuse them."""
    known = PARAMETERS.get(method)
    if known is None:
        raise Refusal(404, "Not Found: method not found")
    values: Json = {}
    for name, text in given.items():
        if name not in known:
            raise bad_request(f"unknown parameter {name!r} of {method}")
        try:
            values[name] = known[name](text)
        except (ValueError, KeyError) as error:
            raise bad_request(f"parameter {name!r} of {method} can't be {text[:60]!r}") from error
    for name in REQUIRED.get(method, ()):
        if values.get(name) in (None, "") and name != "commands":
            raise bad_request("message text is empty" if name == "text" else f"parameter {name!r} is missing")
    return values


def call(sim: Telegram, method: str, values: Json) -> Any:
    """Returns the result of any method except getUpdates. Raises Refusal."""
    return _METHODS[method](sim, values)
