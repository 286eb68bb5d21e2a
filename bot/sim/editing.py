"""The content of a message that is edited: what it becomes, and the refusal of an edit that changes nothing."""

from typing import Final

from bot.sim.content import extras, formatted_text
from bot.sim.parameters import TEXT
from bot.sim.refusal import bad_request
from bot.sim.rich import has_media, read_rich_message
from bot.sim.telegram import Telegram
from bot.sim.world import Chat, Json

EDITABLE: Final = ("text", "entities", "link_preview_options", "rich_message", "reply_markup")  # of a message


async def new_content(sim: Telegram, chat: Chat, values: Json) -> Json:
    """Returns what the parameters of an edit make of a message of text. Raises Refusal."""
    if "rich_message" not in values:
        if not values.get("text"):
            raise bad_request("message text is empty")
        text, entities = formatted_text(values)
        return {"text": text, "entities": entities} | extras(values)
    if extra := values.keys() & TEXT.keys():  # Telegram takes one and says nothing
        raise bad_request(f"a rich message can't be with {sorted(extra)}")
    rich = await read_rich_message(sim, values)
    if has_media(rich) and not chat.allows_media:
        raise bad_request("not enough rights to send the rich message to the chat")
    return {"rich_message": rich} | extras(values)


def replace_content(message: Json, content: Json) -> None:
    """Replace what a message shows. Raises Refusal if that changes nothing."""
    content = {name: value for name, value in content.items() if value}
    if {name: message[name] for name in EDITABLE if message.get(name)} == content:
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same as a"
            " current content and reply markup of the message"
        )
    for name in EDITABLE:
        message.pop(name, None)
    message |= content
