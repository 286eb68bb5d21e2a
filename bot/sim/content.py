"""The parts of a message that parameters describe: text, caption, keyboard, preview and the message replied to."""

from typing import Final

from bot.sim.keyboards import inline_keyboard
from bot.sim.markup import find_entities, parse
from bot.sim.refusal import bad_request
from bot.sim.world import Chat, Json, require_fitting_text

MOST_ENTITIES: Final = 100
MOST_IN_CAPTION: Final = 1024  # UTF-16 units


def formatted_text(values: Json) -> tuple[str, list[Json]]:
    mode = values.get("parse_mode")
    if mode not in (None, "HTML"):
        raise bad_request(f"unsupported parse_mode {mode!r}")
    text, entities = (
        parse(values["text"]) if mode == "HTML" else (values["text"].strip(), values.get("entities") or [])
    )
    require_fitting_text(text)
    own = [
        (entity["offset"], entity["offset"] + entity["length"])
        for entity in entities
        if entity["type"] in ("text_link", "code", "pre")
    ]
    found = [
        entity
        for entity in find_entities(text)
        if not any(start < entity["offset"] + entity["length"] and entity["offset"] < end for start, end in own)
    ]
    return text, sorted([*entities, *found], key=lambda entity: entity["offset"])[:MOST_ENTITIES]


def caption(values: Json) -> tuple[str, list[Json]]:
    if not values.get("caption"):
        return "", []
    text, entities = formatted_text(values | {"text": values["caption"], "entities": values.get("caption_entities")})
    return require_fitting_text(text, MOST_IN_CAPTION), entities


def extras(values: Json) -> Json:
    extra: Json = {}
    if values.get("reply_markup"):
        extra["reply_markup"] = inline_keyboard(values["reply_markup"])
    if values.get("link_preview_options"):
        preview = values["link_preview_options"]
        known = {"is_disabled", "url", "prefer_small_media", "prefer_large_media", "show_above_text"}
        if not isinstance(preview, dict) or set(preview) - known:
            raise bad_request("wrong link_preview_options")
        if not preview.get("is_disabled"):
            extra["link_preview_options"] = preview
    return extra


def reply_to(chat: Chat, values: Json) -> int | None:
    reply = values.get("reply_parameters")
    if not reply:
        return None
    if reply.get("message_id") not in chat.raw:
        if reply.get("allow_sending_without_reply"):
            return None
        raise bad_request("message to be replied not found")
    return int(reply["message_id"])
