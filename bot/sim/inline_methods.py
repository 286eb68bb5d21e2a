"""The Bot API methods that answer inline queries and guest messages. Results are articles with a text, no others."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.sim.content import extras, formatted_text
from bot.sim.keyboards import ADDRESS
from bot.sim.parameters import Readers, boolean, decoded
from bot.sim.refusal import bad_request
from bot.sim.telegram import Telegram
from bot.sim.world import Json

MOST_RESULTS: Final = 50
LONGEST_ID: Final = 64  # bytes; of an offset as well
LONGEST_BUTTON: Final = 64  # characters
USUAL_CACHE: Final = 300  # seconds
_RESULT: Final = frozenset(
    "type id title input_message_content reply_markup url description thumbnail_url thumbnail_width"
    " thumbnail_height".split()
)
_CONTENT: Final = frozenset({"message_text", "parse_mode", "entities", "link_preview_options"})
_START: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")

PARAMETERS: Final[dict[str, Readers]] = {
    "answerInlineQuery": {
        "inline_query_id": str,
        "results": decoded,
        "cache_time": int,
        "is_personal": boolean,
        "next_offset": str,
        "button": decoded,
    },
    "answerGuestQuery": {"guest_query_id": str, "result": decoded},
}
REQUIRED: Final = {
    "answerInlineQuery": ("inline_query_id", "results"),
    "answerGuestQuery": ("guest_query_id", "result"),
}
SINCE: Final[dict[str, tuple[int, int]]] = {"answerGuestQuery": (10, 0)}


def _answer_inline_query(sim: Telegram, values: Json) -> bool:
    results = values["results"]
    if not isinstance(results, list) or len(results) > MOST_RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    if len(values.get("next_offset", "").encode()) > LONGEST_ID:
        raise bad_request("NEXT_OFFSET_INVALID")
    cache_seconds = values.get("cache_time", USUAL_CACHE)
    if cache_seconds < 0:
        raise bad_request("wrong cache_time")
    read = [_result(one) for one in results]
    if len({one["id"] for one in read}) < len(read):
        raise bad_request("RESULT_ID_DUPLICATE")
    answer = {
        "results": read,
        "next_offset": values.get("next_offset", ""),
        "button": _button(values.get("button")),
        "cache_time": cache_seconds,
        "is_personal": values.get("is_personal", False),
    }
    personal = bool(values.get("is_personal"))
    sim.inline.answer(values["inline_query_id"], answer, cache_seconds=cache_seconds, personal=personal)
    return True


def _answer_guest_query(sim: Telegram, values: Json) -> Json:
    return sim.inline.answer_guest(values["guest_query_id"], _result(values["result"])["message"])


def _result(given: Any) -> Json:
    """Returns a result as clients list it, with the message that it becomes. Raises Refusal."""
    _check_fields(given, _RESULT, "InlineQueryResultArticle")
    if given.get("type") != "article":
        raise bad_request("wrong type of the inline query result")
    if not 1 <= len(str(given.get("id", "")).encode()) <= LONGEST_ID:
        raise bad_request("RESULT_ID_INVALID")
    if not str(given.get("title", "")).strip():
        raise bad_request("ARTICLE_TITLE_EMPTY")
    for name in ("url", "thumbnail_url"):
        if name in given and not ADDRESS.fullmatch(given[name]):
            raise bad_request(f"WEBDOCUMENT_URL_INVALID: {name}")
    shown = {name: given[name] for name in _RESULT - {"input_message_content", "reply_markup"} if name in given}
    return shown | {"message": _message(given)}


def _message(given: Json) -> Json:
    content: Any = given.get("input_message_content")
    _check_fields(content, _CONTENT, "InputTextMessageContent")
    text, entities = formatted_text(content | {"text": content.get("message_text", "")})
    preview = {"link_preview_options": content.get("link_preview_options")}
    return {"text": text, "entities": entities} | extras(preview | {"reply_markup": given.get("reply_markup")})


def _button(given: Any) -> Json | None:
    if given is None:
        return None
    _check_fields(given, frozenset({"text", "start_parameter"}), "InlineQueryResultsButton")
    if not 1 <= len(given.get("text", "")) <= LONGEST_BUTTON:
        raise bad_request("SWITCH_PM_TEXT_INVALID")
    if not _START.fullmatch(given.get("start_parameter", "")):
        raise bad_request("START_PARAM_INVALID")
    return dict(given)


def _check_fields(given: Any, known: frozenset[str], kind: str) -> None:
    if not isinstance(given, Mapping):
        raise bad_request(f"{kind} must be an object")
    if unknown := set(given) - known:
        raise bad_request(f"unknown fields of {kind}: {sorted(unknown)}")


METHODS: Final[dict[str, Callable[[Telegram, Json], Any]]] = {
    "answerInlineQuery": _answer_inline_query,
    "answerGuestQuery": _answer_guest_query,
}
