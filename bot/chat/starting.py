"""/start with a parameter: opens or follows what a deep link names."""

from bot.chat import following, pages
from bot.chat.conversation import Conversation, require_manager
from bot.chat.headline_pages import headline_page
from bot.chat.playing import send_medium
from bot.chat.wanted import may_choose, source_subject
from bot.messages.actions import CategoryList
from bot.messages.deep_links import Start, Target, read_start
from bot.messages.media import medium_of
from storage.records import SubjectKind, SubjectName


async def open_link(conversation: Conversation, typed: str) -> bool:
    """Do what a start parameter asks for. Returns False if its target does not exist. Then nothing was answered."""
    start = read_start(typed)
    match start:
        case Start(Target.ARTICLE, number):
            return await _open_article(conversation, number)
        case Start(Target.PLAY, number):
            return await _play(conversation, number)
        case Start(Target.CATEGORY, number):
            return await _open_category(conversation, number)
        case Start():
            named = await _named(conversation, start)
            if named is None:
                return False
            if await require_manager(conversation):
                await following.choose_named(conversation, named)
            return True
        case None:
            return False


async def _open_article(conversation: Conversation, article_id: int) -> bool:
    article = await conversation.context.storage.articles.get(article_id, chat_row=conversation.chat.id)
    if article is not None:
        await pages.show_new(conversation, article)
    return article is not None


async def _play(conversation: Conversation, article_id: int) -> bool:
    article = await conversation.context.storage.articles.get(article_id, chat_row=conversation.chat.id)
    if article is None or article.retracted or medium_of(article) is None:
        return await _open_article(conversation, article_id)
    await send_medium(conversation, article)
    return True


async def _open_category(conversation: Conversation, category_id: int) -> bool:
    category = await conversation.context.storage.categories.get(category_id, viewer=conversation.viewer())
    if category is not None:
        await conversation.answer(await headline_page(conversation, CategoryList(category.id)))
    return category is not None


async def _named(conversation: Conversation, start: Start) -> SubjectName | None:
    """Returns the subject that a link follows, or None if the chat may not know of it.

    Ids are easy to guess, so a private source and a story of private sources alone are not told from what does not
    exist.
    """
    match start.target:
        case Target.FOLLOW_CATEGORY:
            named = SubjectName(kind=SubjectKind.CATEGORY, ref=start.number)
        case Target.FOLLOW_SOURCE:
            named = source_subject(start.number)
        case _:
            named = SubjectName(kind=SubjectKind.STORY, ref=start.number)
    return named if await may_choose(conversation, conversation.chat, named) else None
