"""The contract of reactions to posts."""

from collections.abc import Mapping
from typing import Protocol

from storage.records import PostReactions


class Reactions(Protocol):
    """How often each reaction was given to the posts about articles. Nobody's name is kept.

    The counts are deleted with the article, and with the chat.
    """

    async def set(self, chat_id: int, message_id: int, counts: Mapping[str, int]) -> bool:
        """Replace the counts of a post. Only the most frequent ones are kept.

        Returns False if the message is none about an article. A power cut may undo the change.
        """

    async def of_article(
        self, article_id: int, *, limit: int, chat_row: int | None = None, added_by: int | None = None
    ) -> list[PostReactions]:
        """Returns the reactions to the posts about an article, by post, those with the most reactions first.

        With `chat_row`, only that chat's. With `added_by`, only those of chats that this user added the bot to.
        """
