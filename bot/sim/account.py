"""The Bot API methods for the bot's own account: what it is, and its menus and descriptions."""

import json
import re
from collections.abc import Callable
from typing import Any, Final

from bot.sim.parameters import Readers, decoded
from bot.sim.refusal import bad_request
from bot.sim.telegram import Telegram
from bot.sim.world import Json

COMMANDS: Final = 100
_LANGUAGE: Final[Readers] = {"language_code": str}

PARAMETERS: Final[dict[str, Readers]] = {
    "getMe": {},
    "setMyCommands": {"commands": decoded, "scope": decoded, **_LANGUAGE},
    "setMyDescription": {"description": str, **_LANGUAGE},
    "setMyShortDescription": {"short_description": str, **_LANGUAGE},
}
REQUIRED: Final = {"setMyCommands": ("commands",)}


def _get_me(sim: Telegram, values: Json) -> Json:
    return sim.bot | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": sim.inline.on,
        "supports_guest_queries": sim.inline.guests_on,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def _set_my_commands(sim: Telegram, values: Json) -> bool:
    commands = values["commands"]
    if not isinstance(commands, list) or len(commands) > COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for one in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", one.get("command", "")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(one.get("description", "")) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    scope = values.get("scope") or {"type": "default"}
    if scope["type"] == "chat":
        sim.chat(scope["chat_id"])  # or Telegram refuses the menu
    sim.menus[(json.dumps(scope, sort_keys=True), values.get("language_code", ""))] = commands
    sim.tell({"kind": "commands"})
    return True


def _set_description(sim: Telegram, values: Json) -> bool:
    if len(values.get("description", "")) > 512 or len(values.get("short_description", "")) > 120:
        raise bad_request("description is too long")
    return True


METHODS: Final[dict[str, Callable[[Telegram, Json], Any]]] = {
    "getMe": _get_me,
    "setMyCommands": _set_my_commands,
    "setMyDescription": _set_description,
    "setMyShortDescription": _set_description,
}
