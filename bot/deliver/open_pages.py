"""The corrected page of an article, for a message that shows the article as a page.

No picture is fetched here: sending must not wait for a publisher's server. A picture that Telegram does not have yet
is a link until a reader opens the page again.
"""

from typing import Any

from telegram.ext import ExtBot

from bot.locale import Voice
from bot.messages.article import opened
from bot.messages.message import Message, PageFile
from bot.messages.opened_page import as_page, has_page
from bot.messages.page import pictures_for
from bot.timetable import find_time_zone
from storage import Storage
from storage.records import Article, Claim


async def corrected_page(storage: Storage, article: Article, claim: Claim, bot: ExtBot[Any]) -> Message | None:
    """Returns the page with its buttons. Returns None if the article has no page any more."""
    if not has_page(article):
        return None
    voice = Voice(claim.language, find_time_zone(claim.timezone))
    text = opened(
        article,
        voice,
        saved=await storage.saved.is_saved(claim.chat_row, article.id),
        of_alert=True,
        coverage=await storage.stories.coverage(article.id),
        preview=claim.preview,
        inline=bool(bot.supports_inline_queries),
    )
    known = await storage.pictures.known(bot.id, pictures_for(article, voice), failed_since=claim.queued_at)
    files = {address: PageFile(file_id) for address, file_id in known.items() if file_id is not None}
    return as_page(text, article, voice, None, files)
