"""Opened articles: as text or as a page, as the chat chose or as a button says."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot import logs
from bot.chat import screens
from bot.chat.conversation import Conversation
from bot.chat.replies import Taken, knows_no_pages
from bot.messages.actions import OpenedFrom
from bot.messages.message import Message, Page, PageFile
from bot.messages.opened_page import as_page, has_page, offering_page
from bot.messages.page import pictures_for
from storage.records import Article, OpensAs, ShownAs

log = logs.get_logger(__name__)

_NO_RIGHTS: Final = "not enough rights"  # to send photos to this chat: the files themselves are well


async def show(
    conversation: Conversation,
    article: Article,
    opened: Message,
    *,
    back: OpenedFrom | None = None,
    shape: OpensAs | None = None,
    new: bool = False,
) -> None:
    """Show an opened article, whose text is `opened`: in place of the pressed message, or as a new one.

    `back` is what the article was opened from. If `shape` is None, it is what the chat chose.
    """
    if not has_page(article) or not conversation.context.pictures.are_taken:
        await _put(conversation, opened, new=new)
    elif (shape or conversation.chat.opens_as) is OpensAs.TEXT:
        await _put(conversation, offering_page(opened, article, conversation.voice, back), new=new)
    else:
        await _show_page(conversation, article, opened, back, new=new)


async def show_new(conversation: Conversation, article: Article) -> None:
    """Show an article that was not opened from a message."""
    await show(conversation, article, await screens.article_screen(conversation, article), new=True)


async def _show_page(
    conversation: Conversation, article: Article, opened: Message, back: OpenedFrom | None, *, new: bool
) -> None:
    """Show the page. Pictures that are new to Telegram are uploaded for one chat, and then named for the others."""
    pictures, voice = conversation.context.pictures, conversation.voice

    async def put(files: Mapping[str, PageFile]) -> None:
        taken = await _put(conversation, as_page(opened, article, voice, back, files), new=new)
        await _note(conversation, article, taken)

    wanted = pictures_for(article, voice)
    files = await pictures.known(wanted)
    if files is not None:
        await put(files)
        return
    async with pictures.turn(article.id):
        await put(await pictures.get(article, wanted))


async def _put(conversation: Conversation, message: Message, *, new: bool) -> Taken:
    return await (conversation.answer(message) if new else conversation.replace(message, ShownAs.TEXT))


async def _note(conversation: Conversation, article: Article, taken: Taken) -> None:
    """Store the files that Telegram has now, and what a refusal tells."""
    pictures, shown = conversation.context.pictures, next(iter(taken.form.pages), None)
    refused = [one for one in taken.refusals if one.form.pages]
    if any(knows_no_pages(one.error) for one in refused):
        log.warning("pages_not_known", article=article.id)
        pictures.note_not_taken()
    # If Telegram refused the page without pictures too, the pictures are well.
    elif shown is not None and refused and not any(_NO_RIGHTS in one.error.message.lower() for one in refused):
        await pictures.refused(_left_out(refused[-1].form.pages[0], shown))
    if shown is not None and (uploaded := _uploaded(shown, taken.answer)):
        await pictures.uploaded(uploaded)


def _left_out(refused: Page, taken: Page) -> dict[str, PageFile]:
    """Returns the files, by address, that a refused page had and a page that was taken then has not."""
    kept = set(taken.pictures.values())
    return {address: refused.files[name] for name, address in refused.pictures.items() if address not in kept}


def _uploaded(page: Page, answer: object) -> dict[str, str]:
    """Returns the ids of new files by address. Telegram's answer has the photos in the order of the page."""
    if not page.new_files or not isinstance(answer, dict):
        return {}
    photos = list(_photos(answer.get("rich_message")))
    if len(photos) != len(page.pictures):
        return {}
    return {
        address: photo
        for (name, address), photo in zip(page.pictures.items(), photos, strict=True)
        if name in page.new_files
    }


def _photos(shown: Any) -> Iterator[str]:
    """Yields the file id of each photo block in Telegram's answer: that of the largest size."""
    if isinstance(shown, dict) and shown.get("type") == "photo" and isinstance(sizes := shown.get("photo"), list):
        yield str(max(sizes, key=_pixels)["file_id"])
    elif isinstance(shown, dict | list):
        for inner in shown.values() if isinstance(shown, dict) else shown:
            yield from _photos(inner)


def _pixels(size: Mapping[str, Any]) -> int:
    return int(size.get("width", 0)) * int(size.get("height", 0))
