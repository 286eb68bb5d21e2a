"""Category topics: the topics of a forum that the bot makes, one for each category that the group follows."""

from dataclasses import dataclass
from enum import StrEnum


class TopicStep(StrEnum):
    """What brings a topic in step with what its group follows."""

    MAKE = "make"
    REOPEN = "reopen"
    CLOSE = "close"
    RENAME = "rename"
    MOVE = "move"  # the topic is open, and the group follows the category beside it
    DROP = "drop"  # people deleted the topic
    FORGET = "forget"  # the topic could not be made, and the group follows the category no more


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicTask:
    """A step that is due."""

    chat_row: int  # the id of our row for the group's general topic
    chat_id: int
    step: TopicStep
    category_id: int | None  # None: the category was merged into one that has a topic as well
    name: str  # of the category now, or of the topic if there is no category
    topic: int | None  # the id of our row for the topic; None: there is none yet
    topic_id: int | None  # Telegram's number
