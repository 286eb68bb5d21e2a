"""The menu of an alert or an opened article. It takes the place of the buttons, and the text stays."""

from telegram import InlineKeyboardMarkup

from bot.chat import following, undoing
from bot.chat.conversation import Conversation, require_manager
from bot.chat.reactions import reactions_to
from bot.messages import article_menu as menu_messages
from bot.messages.actions import ENDED, MUTED, ArticleShown, FollowOf, More, MoreOf, ShowReactions, UndoOf
from bot.messages.alert import article_link
from bot.messages.following import state_text
from bot.messages.reactions import reactions_text
from bot.text.html import plain
from storage.records import Article, ChatKind, Follow, Subject


async def show(conversation: Conversation, asked: More) -> None:
    article = await require_article(conversation, asked.back)
    if article is not None:
        await conversation.answer_query()
        await conversation.replace_buttons(await _menu(conversation, article, asked.back))


async def show_subject(conversation: Conversation, asked: MoreOf) -> None:
    article = await require_article(conversation, asked.back)
    if article is None:
        return
    await conversation.answer_query()
    subject = await _subject(conversation, article, asked.kind, asked.number)
    if subject is None:  # the article has changed
        await conversation.replace_buttons(await _menu(conversation, article, asked.back))
        return
    follow = (await _follows(conversation)).get(subject.id)
    shown = menu_messages.subject_menu(asked.kind, asked.number, subject, follow, conversation.voice, asked.back)
    await conversation.replace_buttons(shown)


async def change(conversation: Conversation, asked: FollowOf) -> None:
    """Follow or mute a subject of an article, or end that. The answer says what holds now."""
    article = await require_article(conversation, asked.back)
    if article is None:
        return
    subject = await _subject(conversation, article, asked.kind, asked.number)
    if subject is None:
        await conversation.answer_query()
        await conversation.replace_buttons(await _menu(conversation, article, asked.back))
        return
    async with undoing.undoable(conversation, conversation.chat) as step:
        changed = await _choose(conversation, subject, asked)
    if isinstance(changed, str):
        await conversation.answer_query(plain(changed), show_alert=True)
        return
    follow = (await _follows(conversation)).get(changed.id)
    await conversation.answer_query(plain(state_text(follow, changed, conversation.voice)))
    await conversation.replace_buttons(await _menu(conversation, article, asked.back, undo=step.number))


async def undo(conversation: Conversation, asked: UndoOf) -> None:
    article = await require_article(conversation, asked.back)
    if article is not None and await undoing.restore(conversation, conversation.chat, asked.step):
        await conversation.replace_buttons(await _menu(conversation, article, asked.back))


async def _choose(conversation: Conversation, subject: Subject, asked: FollowOf) -> Subject | str:
    """Returns the subject, or why it can't be followed (HTML)."""
    if asked.way == ENDED:
        follows = conversation.context.storage.follows
        await follows.unfollow(conversation.chat.id, subject.id, now=conversation.context.now())
        return subject
    return await following.choose(
        conversation, conversation.chat, subject.as_name, muted=asked.way == MUTED, days=asked.days
    )


async def show_reactions(conversation: Conversation, asked: ShowReactions) -> None:
    """Show the reactions to the person who pressed, and to nobody else."""
    article = await require_article(conversation, asked.back)
    if article is not None:
        found = await reactions_to(conversation, article.id)
        await conversation.answer_query(reactions_text(found, conversation.voice), show_alert=True)


async def require_article(conversation: Conversation, shown: ArticleShown) -> Article | None:
    """Returns the article, if the person may change what the chat gets. Otherwise the press is refused."""
    refusal = conversation.voice.say(
        "Only administrators can change what is sent here. Open the article in our private chat to follow it there."
    )
    if not await require_manager(conversation, refusal):
        return None
    article = await conversation.context.storage.articles.get(shown.article, chat_row=conversation.chat.id)
    if article is None or article.retracted:
        await conversation.answer_query(conversation.voice.say("This article is no longer available."))
        return None
    return article


async def _subject(conversation: Conversation, article: Article, letter: str, number: int) -> Subject | None:
    subjects = await conversation.context.storage.follows.subjects_of(article.id)
    named = {(kind, place): one for kind, place, one in menu_messages.numbered(subjects)}
    return named.get((letter, number))


async def _follows(conversation: Conversation) -> dict[int, Follow]:
    follows = await conversation.context.storage.follows.of_chat(conversation.chat.id, now=conversation.context.now())
    return {one.subject.id: one for one in follows}


async def _menu(
    conversation: Conversation, article: Article, back: ArticleShown, *, undo: int | None = None
) -> InlineKeyboardMarkup:
    return menu_messages.article_menu(
        article,
        await conversation.context.storage.follows.subjects_of(article.id),
        await _follows(conversation),
        conversation.voice,
        back,
        why=conversation.chat.kind is not ChatKind.CHANNEL,
        link=article_link(article.id, conversation.bot.username),
        reactions=bool(await reactions_to(conversation, article.id)),
        inline=conversation.answers_inline_queries,
        undo=undo,
    )
