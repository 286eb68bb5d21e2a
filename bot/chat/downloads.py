"""Downloads the files that people send."""

import asyncio
from itertools import islice
from typing import Any, Final

from telegram import Document
from telegram.error import BadRequest, TelegramError
from telegram.ext import ExtBot

from bot import logs
from bot.backoff import Backoff
from bot.telegram_http import AiohttpRequest, TooLong

log = logs.get_logger(__name__)

ATTEMPTS: Final = 3  # at a download
AFTER_FAILURE: Final = Backoff(1.0, 5.0)


class NotDownloaded(Exception):
    """Telegram did not give the file."""


class FileTooLarge(NotDownloaded):
    """The file has more bytes than it may have."""


async def download(bot: ExtBot[Any], document: Document, *, most: int) -> bytes:
    """Returns the content of a file. Raises FileTooLarge if it has more than `most` bytes, and NotDownloaded.

    A file is not asked for if Telegram says that it is too large. What Telegram says is not relied on.
    """
    if (document.file_size or 0) > most:
        raise FileTooLarge
    for pause in (*islice(AFTER_FAILURE.pauses(), ATTEMPTS - 1), None):
        try:
            return await _content(bot, document.file_id, most)
        except TooLong:
            raise FileTooLarge from None
        except BadRequest as error:  # the file is gone, or larger than what bots get
            raise NotDownloaded(error.message) from error
        except TelegramError as error:
            log.info("file_not_downloaded", reason=f"{type(error).__name__}: {error.message}")
            if pause is None:
                raise NotDownloaded(error.message) from error
        await asyncio.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


async def _content(bot: ExtBot[Any], file_id: str, most: int) -> bytes:
    file = await bot.get_file(file_id)
    if not file.file_path or not isinstance(bot.request, AiohttpRequest):
        raise BadRequest("no path to the file")
    return await bot.request.download(file.file_path, most=most)
