"""The Bot API methods that the bot calls, and no others. Each method has a list of its known parameters.

The methods are in modules by topic. Each of these modules has the tables PARAMETERS, REQUIRED and METHODS.
"""

import inspect
from collections.abc import Callable
from typing import Any, Final

from bot.sim import account, attachments, ephemeral, forums, inline_methods, lookups, messages, webhooks
from bot.sim.parameters import Readers, decoded
from bot.sim.refusal import Refusal, bad_request
from bot.sim.sources import UPLOADED, Upload
from bot.sim.telegram import Telegram
from bot.sim.versions import Version, without_newer
from bot.sim.world import Json

PARAMETERS: Final[dict[str, Readers]] = {
    "getUpdates": {"offset": int, "limit": int, "timeout": int, "allowed_updates": decoded},
    **account.PARAMETERS,
    **messages.PARAMETERS,
    **attachments.PARAMETERS,
    **inline_methods.PARAMETERS,
    **ephemeral.PARAMETERS,
    **lookups.PARAMETERS,
    **forums.PARAMETERS,
    **webhooks.PARAMETERS,
}
REQUIRED: Final = {
    **account.REQUIRED,
    **messages.REQUIRED,
    **attachments.REQUIRED,
    **inline_methods.REQUIRED,
    **ephemeral.REQUIRED,
    **lookups.REQUIRED,
    **forums.REQUIRED,
}
SINCE: Final[dict[str, Version]] = {
    # The version of the Bot API that brought a method, or one parameter of a method.
    **messages.SINCE,
    **inline_methods.SINCE,
    **ephemeral.SINCE,
}
_METHODS: Final[dict[str, Callable[[Telegram, Json], Any]]] = {
    **account.METHODS,
    **messages.METHODS,
    **attachments.METHODS,
    **inline_methods.METHODS,
    **ephemeral.METHODS,
    **lookups.METHODS,
    **forums.METHODS,
    "setWebhook": lambda sim, values: sim.webhook.set(values),
    "deleteWebhook": lambda sim, values: sim.webhook.delete(values),
    "getWebhookInfo": lambda sim, values: sim.webhook.info(),
}


def parse_parameters(method: str, given: dict[str, str], uploads: dict[str, Upload], version: Version) -> Json:
    """Returns the typed parameters of a call, with the uploads of the request as `uploads` if there are any.

    Raises Refusal if Telegram, or a stricter server, would refuse them. A server of an older version knows no newer
    methods, and ignores newer parameters.
    """
    known = PARAMETERS.get(method)
    if known is None or version < SINCE.get(method, version):
        raise Refusal(404, "Not Found: method not found")
    if unused := [name for name in uploads if not any(f"{UPLOADED}{name}" in text for text in given.values())]:
        raise bad_request(f"unknown parameters of {method}: {unused}")
    values: Json = {"uploads": uploads} if uploads else {}
    given = {name: text for name, text in given.items() if version >= SINCE.get(f"{method}.{name}", version)}
    for name, text in given.items():
        if name not in known:
            raise bad_request(f"unknown parameter {name!r} of {method}")
        try:
            values[name] = known[name](text)
        except (ValueError, KeyError) as error:
            raise bad_request(f"parameter {name!r} of {method} can't be {text[:60]!r}") from error
    values = without_newer(values, version)
    for name in REQUIRED.get(method, ()):
        if values.get(name) in (None, "") and name != "commands":
            raise bad_request("message text is empty" if name == "text" else f"parameter {name!r} is missing")
    return values


async def call(sim: Telegram, method: str, values: Json) -> Any:
    """Returns the result of any method except getUpdates. Raises Refusal."""
    result = _METHODS[method](sim, values)
    return await result if inspect.isawaitable(result) else result
