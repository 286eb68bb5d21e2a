"""Pressed buttons: runs the action of each, and replaces the message with the result."""

from dataclasses import replace
from typing import Final

from bot.chat import (
    article_menu,
    category_topics,
    cockpit,
    desk,
    dispatch,
    documents,
    exporting,
    following,
    own_sources,
    pages,
    playing,
    privacy,
    reasons,
    saving,
    screens,
    settings,
    settings_files,
    snoozing,
    sources,
)
from bot.chat.conversation import Conversation
from bot.messages.actions import (
    AddSource,
    AskForSource,
    AskReason,
    AskToFollow,
    CancelEditing,
    CategoryList,
    ChangeSource,
    ChosenList,
    DigestItem,
    DigestStory,
    EndFollow,
    Export,
    FollowMeant,
    FollowOf,
    Forget,
    KeepData,
    KeepSettings,
    More,
    MoreOf,
    NewestList,
    OnDesk,
    Play,
    RemoveSaved,
    ReplaceSettings,
    RunTyped,
    SavedList,
    Screen,
    SearchList,
    SendAgain,
    SendBreaking,
    SetFollow,
    SetKeyboard,
    SetLeastSources,
    SetSaved,
    SetSnooze,
    SetTopics,
    ShowAlert,
    ShowArticle,
    ShowAsText,
    ShowDesk,
    ShowDigest,
    ShowFollow,
    ShowPage,
    ShowReactions,
    ShowSource,
    ShowStory,
    ShowText,
    StoryItem,
    StoryPage,
    SwapTitles,
    Undo,
    UndoOf,
    UndoSource,
    Why,
    Withdraw,
    WithdrawFor,
    decode,
)
from bot.messages.alert import alert, needs_date
from bot.messages.article import full_text, opened
from storage.records import Article, ChatKind, Lane, OpensAs, ShownAs

Opening = ShowArticle | StoryItem | DigestItem | ShowPage | ShowAsText
_SHAPES: Final = {ShowPage: OpensAs.PAGE, ShowAsText: OpensAs.TEXT}  # of other openings, the chat chose the shape


async def handle_press(conversation: Conversation, data: str) -> None:
    """Run the action of a button. Each case answers the callback query, or the button would keep spinning."""
    if conversation.query is None:
        return
    match decode(data):
        case None:
            await conversation.answer_query(
                conversation.voice.say("This button is too old. /help shows what I can do.")
            )
        case NewestList() | CategoryList() | ChosenList() | SearchList() as asked:
            await conversation.answer_query()
            await conversation.replace(await screens.headline_page(conversation, asked))
        case ShowStory() as asked:
            await conversation.answer_query()
            alone = _in_group(conversation)
            shown = await screens.story_screen(conversation, replace(asked, back=None) if alone else asked)
            await (conversation.answer(shown) if alone else conversation.replace(shown))
        case StoryPage() as asked:
            await conversation.answer_query()
            await conversation.replace(await screens.story_screen(conversation, asked))
        case DigestStory() as asked:
            await conversation.answer_query()
            shown = await screens.digest_story_screen(conversation, asked)
            new = _in_group(conversation) and not asked.turned
            await (conversation.answer(shown) if new else conversation.replace(shown))
        case ShowArticle() | StoryItem() | DigestItem() | ShowPage() | ShowAsText() as asked:
            await _open_article(conversation, asked)
        case ShowText() | ShowAlert() as asked:
            await _show_part(conversation, asked)
        case Play(article=article):
            await playing.play(conversation, article)
        case ShowDigest(delivery=delivery):
            await conversation.answer_query()
            await conversation.replace(await screens.digest_screen(conversation, delivery))
        case Screen() as asked:
            await settings.show_screen(conversation, asked)
        case RunTyped() as offered:
            await dispatch.run_offered(conversation, offered)
        case SetKeyboard(on=on):
            await settings.set_keyboard(conversation, bool(on))
        case SavedList() as asked:
            await conversation.answer_query()
            await conversation.replace(await saving.saved_screen(conversation, asked))
        case SetSaved() as asked:
            await saving.set_saved(conversation, asked)
        case RemoveSaved(article=article, skip=skip):
            await saving.remove(conversation, article, skip)
        case Undo() as asked:
            await settings.undo(conversation, asked)
        case More() as asked:
            await article_menu.show(conversation, asked)
        case MoreOf() as asked:
            await article_menu.show_subject(conversation, asked)
        case FollowOf() as asked:
            await article_menu.change(conversation, asked)
        case ShowReactions() as asked:
            await article_menu.show_reactions(conversation, asked)
        case Why() as asked:
            await reasons.show(conversation, asked)
        case UndoOf() as asked:
            await article_menu.undo(conversation, asked)
        case ShowFollow() as asked:
            await following.show(conversation, asked)
        case SetFollow() | EndFollow() | SwapTitles() | FollowMeant() as asked:
            await following.change(conversation, asked)
        case AskToFollow() as asked:
            await following.ask_what(conversation, asked)
        case AddSource() as asked:
            await sources.add_chosen(conversation, asked)
        case UndoSource() as asked:
            await own_sources.undo(conversation, asked)
        case ShowSource() as asked:
            await own_sources.show(conversation, asked)
        case ChangeSource() as asked:
            await own_sources.change(conversation, asked)
        case AskForSource() as asked:
            await own_sources.ask(conversation, asked)
        case SetLeastSources() as asked:
            await following.set_least_sources(conversation, asked)
        case SetTopics() as asked:
            await category_topics.set_topics(conversation, asked)
        case SetSnooze() as asked:
            await snoozing.set_snooze(conversation, asked)
        case Forget():
            await privacy.forget(conversation)
        case KeepData():
            await privacy.keep_data(conversation)
        case Export() as asked:
            await exporting.export_of(conversation, asked)
        case ReplaceSettings() as asked:
            await documents.replace_settings(conversation, asked)
        case KeepSettings():
            await settings_files.keep_settings(conversation)
        case OnDesk() as asked:
            await desk.press(conversation, asked)
        case ShowDesk() as asked:
            await desk.show_list(conversation, asked)
        case SendBreaking() as asked:
            await cockpit.send(conversation, asked)
        case SendAgain() as asked:
            await cockpit.send_again(conversation, asked)
        case AskReason() as asked:
            await cockpit.ask_reason(conversation, asked)
        case WithdrawFor() as asked:
            await cockpit.withdraw(conversation, asked)
        case Withdraw(article=article):
            await cockpit.withdraw(conversation, WithdrawFor(article, 0, 0, 0))
        case CancelEditing(article=article):
            await cockpit.cancel(conversation, article)
        case setting:
            await settings.change(conversation, setting)


async def _open_article(conversation: Conversation, asked: Opening) -> None:
    """Show an article as text or as a page."""
    article = await _find_article(conversation, asked.article)
    if article is None:
        return
    if _in_group(conversation) and _is_of_list(asked):
        await pages.show_new(conversation, article)
        return
    back = ShowDigest(asked.delivery) if isinstance(asked, DigestItem) else asked.back
    text = await screens.article_screen(conversation, article, back=back, of_alert=back is None)
    await pages.show(conversation, article, text, back=back, shape=_SHAPES.get(type(asked)))


async def _show_part(conversation: Conversation, asked: ShowText | ShowAlert) -> None:
    """Show a further part of an opened article, or the alert again."""
    article = await _find_article(conversation, asked.article)
    if article is None:
        return
    saved = await conversation.context.storage.saved.is_saved(conversation.chat.id, article.id)
    preview, inline = conversation.chat.preview, conversation.answers_inline_queries
    match asked:
        case ShowText(part=part):
            shown = full_text(article, conversation.voice, part, saved=saved, preview=preview, inline=inline)
        case ShowAlert() if article.retracted:
            shown = opened(article, conversation.voice, saved=saved, preview=preview, inline=inline)
        case ShowAlert():
            shown = alert(
                article,
                conversation.voice,
                kind=conversation.chat.kind,
                bot_username=conversation.bot.username,
                dated=needs_date(article, conversation.context.now()),
                preview=preview,
                breaking=article.lane is Lane.BREAKING,
                saved=saved,
            )
    await conversation.replace(shown, ShownAs.SENT if isinstance(asked, ShowAlert) else ShownAs.TEXT)


async def _find_article(conversation: Conversation, number: int) -> Article | None:
    """Returns an article, and answers the callback query. If the chat can't see the article, it is told so."""
    article = await conversation.context.storage.articles.get(number, chat_row=conversation.chat.id)
    gone = None if article is not None else conversation.voice.say("This article is no longer available.")
    await conversation.answer_query(gone)
    return article


def _in_group(conversation: Conversation) -> bool:
    """Whether a list belongs to everybody in a group. What one member opens then comes as a message of its own."""
    return conversation.chat.kind is ChatKind.GROUP


def _is_of_list(asked: Opening) -> bool:
    return isinstance(asked, StoryItem | DigestItem) or (isinstance(asked, ShowArticle) and asked.back is not None)
