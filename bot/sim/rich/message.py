"""Reads the parameter `rich_message` of a call."""

import re
from collections.abc import Iterator
from typing import Any, Final

from bot.sim.refusal import bad_request
from bot.sim.rich.blocks import Blocks
from bot.sim.rich.page import read_html
from bot.sim.sources import find_files
from bot.sim.telegram import Telegram
from bot.sim.world import Json

_FIELDS: Final = frozenset("html markdown blocks media is_rtl skip_entity_detection".split())
_TYPES: Final = frozenset("photo video animation audio voice_note document".split())
BLOCKS_SINCE: Final = (10, 2)  # the version of the Bot API with `blocks` and `media`


async def read_rich_message(sim: Telegram, values: Json) -> Json:
    """Returns the rich message that a message shows. Raises Refusal if anything in it is wrong."""
    rich = values["rich_message"]
    if not isinstance(rich, dict):
        raise bad_request("can't parse InputRichMessage: expected an object")
    if unknown := set(rich) - _FIELDS:  # Telegram ignores them
        raise bad_request(f"can't parse InputRichMessage: unknown fields {sorted(unknown)}")
    if sim.version < BLOCKS_SINCE:
        rich = {name: value for name, value in rich.items() if name not in ("blocks", "media")}
    blocks = _blocks(rich)
    is_rtl = _flag(rich, "is_rtl")
    found = await find_files(sim, values, _media(blocks))
    detect = not _flag(rich, "skip_entity_detection")
    checked = Blocks(found, sim.user, is_rtl=is_rtl, detect=detect).check(blocks)
    return {"blocks": checked} | ({"is_rtl": True} if is_rtl else {})


def has_media(rich: Json) -> bool:
    """Returns whether a rich message that is shown has a medium, for which a chat may ask a right."""
    return any("file_id" in one for one in _objects(rich))


def _blocks(rich: Json) -> Any:
    contents = [name for name in ("html", "markdown", "blocks") if name in rich]
    if not contents or rich[contents[0]] in ("", []):
        raise bad_request("rich message must be non-empty")
    if len(contents) > 1:  # Telegram takes one and says nothing
        raise bad_request(f"can't parse InputRichMessage: only one of {contents} can be used")
    declared = _declared(rich.get("media", []))
    if contents == ["markdown"]:
        raise bad_request("RICH_MESSAGE_MARKDOWN_INVALID")  # its rules are not written down well enough to copy them
    return rich["blocks"] if contents == ["blocks"] else read_html(str(rich["html"]), declared)


def _declared(media: Any) -> dict[str, Json]:
    if not isinstance(media, list):
        raise bad_request("can't parse InputRichMessageMedia: expected an array")
    declared: dict[str, Json] = {}
    for one in media:
        if not isinstance(one, dict) or set(one) != {"id", "media"} or not isinstance(one["media"], dict):
            raise bad_request("can't parse InputRichMessageMedia: expected id and media")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", str(one["id"])) or one["id"] in declared:
            raise bad_request("can't parse InputRichMessageMedia: wrong id")
        if one["media"].get("type") not in _TYPES or not isinstance(one["media"].get("media"), str):
            raise bad_request("can't parse InputRichMessageMedia: wrong media")
        medium = one["media"]
        declared[one["id"]] = {name: medium[name] for name in ("type", "media", "has_spoiler") if name in medium}
    return declared


def _media(blocks: Any) -> list[Json]:
    return [one for one in _objects(blocks) if isinstance(one.get("media"), str)]


def _objects(value: Any) -> Iterator[Json]:
    """Yields all objects in a JSON value, without recursion: the value comes from outside and may be deep."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _flag(rich: Json, name: str) -> bool:
    value = rich.get(name, False)
    if type(value) is not bool:
        raise bad_request(f"can't parse InputRichMessage: {name} must be true or false")
    return value
