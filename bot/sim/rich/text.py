"""Checks rich text, counts it, and finds the addresses, hashtags and commands in it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bot.sim.keyboards import ADDRESS, MOST_COPIED
from bot.sim.markup import LATEST_TIME, TIME_FORMAT, units
from bot.sim.refusal import Refusal, bad_request
from bot.sim.world import Json

MOST_CHARACTERS: Final = 32_768  # UTF-16 units
MOST_BLOCKS: Final = 500
MOST_LEVELS: Final = 16  # of blocks and inline formatting together
MOST_MEDIA: Final = 50
MOST_RUNS: Final = 5_800  # formatted pieces of text; Telegram accepts more, and drops the end of the message unsaid
_MARKS: Final = "bold italic underline strikethrough spoiler code marked subscript superscript".split()
# The fields of each type of text besides `type`. All are needed.
_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(_MARKS, ("text",)),
    "url": ("text", "url"),
    "email_address": ("text", "email_address"),
    "phone_number": ("text", "phone_number"),
    "bank_card_number": ("text", "bank_card_number"),
    "mention": ("text", "username"),
    "hashtag": ("text", "hashtag"),
    "cashtag": ("text", "cashtag"),
    "bot_command": ("text", "bot_command"),
    "text_mention": ("text", "user"),
    "date_time": ("text", "unix_time", "date_time_format"),
    "custom_emoji": ("custom_emoji_id", "alternative_text"),
    "mathematical_expression": ("expression",),
    "anchor": ("name",),
    "anchor_link": ("text", "anchor_name"),
    "reference": ("text", "name"),
    "reference_link": ("text", "reference_name"),
    "button": ("button",),
}
_STYLES: Final = frozenset({"primary", "success", "danger", "link"})
_IN_LABEL: Final = frozenset({"custom_emoji", "date_time"})  # all that the label of a button may have but text
_FOUND: Final = re.compile(  # what Telegram finds in plain text, unless it was asked not to
    r"(?P<url>https?://[^\s<>]+[^\s<>.,;:!?\"')\]])"
    r"|(?<![\w.+-])(?P<email_address>[\w.+-]{1,64}+@[\w-]{1,64}+\.[\w.-]{1,255})"
    r"|(?<![\w@])@(?P<mention>\w{3,32})"
    r"|(?<![\w#])#(?P<hashtag>\w{1,256})"
    r"|(?<![\w$])\$(?P<cashtag>[A-Z]{1,8})(?!\w)"
    r"|(?<![\w/])/(?P<bot_command>[A-Za-z0-9_]{1,64})"
    r"|(?<!\d)(?P<bank_card_number>\d{16})(?!\d)"
)
_EMAIL: Final = re.compile(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")


@dataclass(slots=True)
class Counts:
    """What a message has so far. Each method raises Refusal when a limit is passed."""

    characters: int = 0
    blocks: int = 0
    media: int = 0
    runs: int = 0

    def add_text(self, text: str) -> None:
        self.characters += units(text)
        if self.characters > MOST_CHARACTERS:
            raise bad_request("RICH_MESSAGE_TEXT_TOO_LONG")

    def add_run(self, depth: int) -> None:
        self.runs += 1
        if self.runs > MOST_RUNS:
            raise bad_request("RICH_MESSAGE_TEXT_TOO_LARGE")
        check_depth(depth)

    def add_block(self, depth: int) -> None:
        self.blocks += 1
        if self.blocks > MOST_BLOCKS:
            raise bad_request("RICH_MESSAGE_BLOCKS_TOO_MANY")
        check_depth(depth)

    def add_medium(self) -> None:
        self.media += 1
        if self.media > MOST_MEDIA:
            raise bad_request("RICH_MESSAGE_MEDIA_TOO_MANY")


def check_depth(depth: int) -> None:
    if depth > MOST_LEVELS:
        raise bad_request("RICH_MESSAGE_DEPTH_INVALID")


def wrong(what: str, reason: str) -> Refusal:
    return bad_request(f"can't parse {what}: {reason}")


class Texts:
    """Checks the texts of one message."""

    def __init__(self, counts: Counts, user: Callable[[int], Json], *, detect: bool) -> None:
        self._counts = counts
        self._user = user
        self._detect = detect

    def check(self, text: Any, depth: int, *, detect: bool = True) -> Any:
        """Returns the text as it is shown. `depth` is the level of its block."""
        if isinstance(text, str):
            self._counts.add_text(text)
            return self._found(text, depth) if detect and self._detect else text
        if isinstance(text, list):
            return [self.check(part, depth, detect=detect) for part in text]
        if not isinstance(text, dict) or text.get("type") not in _FIELDS:
            raise wrong("RichText", f"type {text.get('type') if isinstance(text, dict) else text!r} is unsupported")
        kind = text["type"]
        if set(text) != {"type", *_FIELDS[kind]}:
            raise wrong("RichText", f"wrong fields of {kind}: {sorted(text)}")
        self._counts.add_run(depth + 1)
        if check := _CHECKS.get(kind):
            check(text)
        for field in ("expression", "alternative_text"):
            self._counts.add_text(text.get(field, ""))
        if kind == "text_mention":
            text = text | {"user": self._user(text["user"]["id"])}
        if kind == "button":
            return text | {"button": self.button(text["button"], depth + 1)}
        if "text" not in text:
            return text
        return text | {"text": self.check(text["text"], depth + 1, detect=detect and kind in _MARKS)}

    def button(self, button: Any, depth: int) -> Json:
        """Returns a button within the message."""
        actions = {"url", "callback_data", "copy_text", "disabled", "switch_inline_query"}
        actions.add("switch_inline_query_current_chat")
        if not isinstance(button, dict) or set(button) - {"text", "style", *actions}:
            raise wrong("RichMessageButton", "unknown field")
        if len(set(button) & actions) != 1 or not button.get("text"):
            raise wrong("RichMessageButton", "a text and exactly one action are needed")
        style = button.get("style", "primary")
        if style not in _STYLES or (style == "link" and "callback_data" not in button):
            raise bad_request("BUTTON_STYLE_INVALID")
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
            raise bad_request("BUTTON_DATA_INVALID")
        if "copy_text" in button and not 1 <= len(button["copy_text"].get("text", "")) <= MOST_COPIED:
            raise bad_request("BUTTON_COPY_TEXT_INVALID")
        if "url" in button and not ADDRESS.fullmatch(button["url"]):
            raise bad_request("RICH_MESSAGE_URL_INVALID")
        for part in button["text"] if isinstance(button["text"], list) else [button["text"]]:
            if isinstance(part, dict) and part.get("type") not in _IN_LABEL:
                raise wrong("RichMessageButton", "the text of a button has only custom emoji and times")
        return button | {"text": self.check(button["text"], depth, detect=False)}

    def _found(self, text: str, depth: int) -> Any:
        parts: list[Any] = []
        end = 0
        for found in _FOUND.finditer(text):
            kind = str(found.lastgroup)
            field = {"mention": "username"}.get(kind, kind)
            part = {"type": kind, "text": found[0], field: found[kind]}
            if kind == "email_address":
                _check_email(part)
            self._counts.add_run(depth + 1)
            parts += [text[end : found.start()], part]
            end = found.end()
        parts = [part for part in [*parts, text[end:]] if part != ""]
        return text if end == 0 else parts[0] if len(parts) == 1 else parts


def visible(text: Any) -> str:
    """Returns what a reader sees of a text."""
    if isinstance(text, str):
        return text
    if isinstance(text, list):
        return "".join(visible(part) for part in text)
    if text["type"] == "button":
        return visible(text["button"]["text"])
    return visible(text.get("text", text.get("expression", text.get("alternative_text", ""))))


def _check_url(text: Json) -> None:
    if not re.fullmatch(r"tg://\S+", str(text["url"])) and not ADDRESS.fullmatch(str(text["url"])):
        raise bad_request("RICH_MESSAGE_URL_INVALID")


def _check_email(text: Json) -> None:
    if not _EMAIL.fullmatch(str(text["email_address"])):
        raise bad_request("RICH_MESSAGE_EMAIL_INVALID")


def _check_phone(text: Json) -> None:
    if not re.fullmatch(r"\+?[0-9() .-]{3,32}", str(text["phone_number"])):
        raise bad_request("RICH_MESSAGE_URL_INVALID")


def _check_emoji(text: Json) -> None:
    if not re.fullmatch(r"[0-9]{1,20}", str(text["custom_emoji_id"])):
        raise bad_request("RICH_MESSAGE_EMOJI_INVALID")


def _check_time(text: Json) -> None:
    unix = text["unix_time"]
    if type(unix) is not int or not 0 < unix <= LATEST_TIME or not TIME_FORMAT.fullmatch(text["date_time_format"]):
        raise wrong("RichText", "wrong date_time")


def _check_name(text: Json) -> None:
    if not text["name"] or not isinstance(text["name"], str):
        raise wrong("RichText", f"{text['type']} must have a name")


_CHECKS: Final[dict[str, Callable[[Json], None]]] = {
    "url": _check_url,
    "email_address": _check_email,
    "phone_number": _check_phone,
    "custom_emoji": _check_emoji,
    "date_time": _check_time,
    "anchor": _check_name,
    "reference": _check_name,
}
