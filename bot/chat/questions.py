"""Questions that the bot asks: its message has a link that says what the reply to it is about."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from telegram.ext import ExtBot

_LINK: Final = re.compile(r"\?start=(about|add|name|file|hold|reason)_(\d{1,15})(?:_(\d{1,15}))?(?:_(\d{1,9}))?$")


@dataclass(frozen=True, slots=True)
class Question:
    """What a question of the bot asks for, and for which chat. Its message holds this in a link."""

    # about: what to follow; add: the address of a source; name: the name of a source; file: none, but a file to reply
    # with; hold: until when an article of the desk waits; reason: why an
    # article is withdrawn
    kind: str
    chat: int  # `Chat.id`
    source: int = 0  # for "name"; for "hold" the number on the desk; for "reason" the article
    revision: int = 0  # for "hold": that the editor saw

    @property
    def is_asked_in_groups(self) -> bool:
        """Whether a group may be asked this. The others are asked in private chats, and a file is no text."""
        return self.kind in ("name", "hold", "reason")


def question_link(bot: ExtBot[Any], question: Question) -> str:
    """Returns the link in a question of the bot that says what the question is about."""
    source = f"_{question.source}" if question.source else ""
    revision = f"_{question.revision}" if question.revision else ""
    return f"https://t.me/{bot.username}?start={question.kind}_{question.chat}{source}{revision}"


def question_in(addresses: Iterable[str | None]) -> Question | None:
    """Returns the question whose link is among these addresses of a message of the bot."""
    links = (_LINK.search(address) for address in addresses if address)
    return next((Question(one[1], int(one[2]), int(one[3] or 0), int(one[4] or 0)) for one in links if one), None)
