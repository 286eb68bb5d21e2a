"""Breaking news and retractions: what an editor sees before, the decision, and answers to old buttons."""

from datetime import UTC, datetime, timedelta
from typing import Final

from bot import editing
from bot.chat.administration import actor, asked_article, require_editor
from bot.chat.conversation import Conversation
from bot.chat.questions import Question, question_link
from bot.chat.searching import remember_query
from bot.desk import forecast_of
from bot.messages import editing as messages
from bot.messages.actions import AskReason, CancelEditing, SendAgain, SendBreaking, Withdraw, WithdrawFor
from bot.messages.desk import Forecast
from bot.messages.message import Message
from storage.records import TYPED_REASON, Article, ChatKind, Lane

TOO_OLD: Final = timedelta(hours=1)  # a question with its numbers is asked again after that


# Breaking news


async def breaking(conversation: Conversation, words: str) -> None:
    """/breaking n, or as a reply to an alert: how it will look and whom it reaches, with Send and Cancel."""
    article = await asked_article(conversation, words, "breaking")
    if article is not None:
        await conversation.answer(await _question(conversation, article))


async def _question(conversation: Conversation, article: Article, *, note: str = "") -> Message:
    voice = conversation.voice
    if article.retracted:
        return messages.already_withdrawn(article, voice)
    forecast = await _forecast(conversation, article)
    if forecast is None:
        return messages.gone(voice)
    return messages.ask_to_send(article, forecast, voice, now=conversation.context.now(), note=note)


async def _forecast(conversation: Conversation, article: Article) -> Forecast | None:
    context = conversation.context
    reach = await context.storage.desk.reach_of_article(article.id, lane=Lane.BREAKING, now=context.now())
    if reach is None:
        return None
    return forecast_of(reach, context.config.messages_per_second, context.now(), breaking=True)


async def send(conversation: Conversation, asked: SendBreaking) -> None:
    """Send breaking news, if the question is young and the text is the one that the editor saw."""
    if not await require_editor(conversation):
        return
    voice, context = conversation.voice, conversation.context
    article = await _article(conversation, asked.article)
    if article is None:
        return
    is_late = _is_too_old(conversation)
    if article.retracted or is_late or article.shown != asked.shown or _is_breaking(article):
        await conversation.answer_query()
        note = messages.too_old(voice) if is_late else ""
        if not is_late and not article.retracted and not _is_breaking(article):
            note = messages.has_changed(voice)
        shown = await _question(conversation, article, note=note)
        # A message keeps its date when it is edited, so an old question is asked anew below.
        await (conversation.answer(shown) if is_late else conversation.replace(shown))
        return
    forecast = await _forecast(conversation, article)
    await conversation.answer_query()
    if not await editing.send_breaking(context.storage, article, by=actor(conversation), now=context.now()):
        await conversation.replace(messages.gone(voice))
        return
    again = bool(asked.again) and await editing.send_again(
        context.storage, article, by=actor(conversation), now=context.now()
    )
    context.wake()
    have_it = forecast.have_it if forecast is not None else 0
    await conversation.replace(messages.sent(article, voice, again=again, have_it=have_it))


async def send_again(conversation: Conversation, asked: SendAgain) -> None:
    """Send breaking news again to the chats that have it: at most once in an hour."""
    if not await require_editor(conversation):
        return
    voice, context = conversation.voice, conversation.context
    article = await _article(conversation, asked.article)
    if article is None:
        return
    await conversation.answer_query()
    if article.retracted:
        await conversation.replace(messages.already_withdrawn(article, voice))
        return
    if _is_too_old(conversation):
        await conversation.answer(await _question(conversation, article, note=messages.too_old(voice)))
        return
    done = await editing.send_again(context.storage, article, by=actor(conversation), now=context.now())
    context.wake()
    await conversation.replace(messages.sent_again(article, voice, done=done))


async def cancel(conversation: Conversation, asked: CancelEditing) -> None:
    """Leave the article as it is."""
    if not await require_editor(conversation):
        return
    article = await _article(conversation, asked.article)
    if article is not None:
        await conversation.answer_query()
        await conversation.replace(messages.left_alone(article, conversation.voice))


def _is_breaking(article: Article) -> bool:
    return article.lane is not None and article.lane <= Lane.BREAKING


# Retractions


async def retract(conversation: Conversation, words: str) -> None:
    """/retract n, or as a reply to an alert: ask for a confirmation, because a retraction can't be undone."""
    article = await asked_article(conversation, words, "retract")
    if article is not None:
        await conversation.answer(_withdrawing(conversation, article))


def _withdrawing(conversation: Conversation, article: Article, *, note: str = "") -> Message:
    voice = conversation.voice
    if article.retracted:
        return messages.already_withdrawn(article, voice)
    return messages.ask_to_withdraw(article, voice, note=note)


async def ask_reason(conversation: Conversation, asked: AskReason) -> None:
    """Show how readers will see the withdrawal with a reason, or ask the editor to type one."""
    article = await _withdrawable(conversation, asked.article)
    if article is None:
        return
    voice = conversation.voice
    if asked.reason:
        reason = messages.REASONS[min(asked.reason, len(messages.REASONS)) - 1]
        await conversation.replace(messages.confirm_reason(article, reason, voice, place=asked.reason, words=0))
        return
    link = question_link(conversation.bot, Question("reason", conversation.chat.id, article.id))
    person = conversation.user if conversation.chat.kind is ChatKind.GROUP else None
    await conversation.answer(messages.ask_reason(article, link, voice, person=person))


async def reason_answered(conversation: Conversation, typed: str, question: Question) -> None:
    """Show how readers will see the withdrawal with the reason that an editor typed."""
    if not await require_editor(conversation):
        return
    article = await _article(conversation, question.source)
    if article is None:
        return
    if article.retracted:
        await conversation.answer(messages.already_withdrawn(article, conversation.voice))
        return
    words = await remember_query(conversation, typed)
    reason = await _typed_reason(conversation, words)
    await conversation.answer(messages.confirm_reason(article, reason, conversation.voice, place=0, words=words))


async def withdraw(conversation: Conversation, asked: WithdrawFor) -> None:
    """Retract an article after the confirmation."""
    article = await _withdrawable(conversation, asked.article)
    if article is None:
        return
    context, voice = conversation.context, conversation.voice
    if asked.words:
        reason = await _typed_reason(conversation, asked.words)
    else:
        reason = str(messages.REASONS[asked.reason - 1]) if 0 < asked.reason <= len(messages.REASONS) else ""
    done = await editing.retract(
        context.storage,
        article,
        by=actor(conversation),
        now=context.now(),
        reason=reason,
        is_shown=bool(asked.shown),
    )
    context.wake()
    shown = messages.withdrawn if done else messages.already_withdrawn
    await conversation.replace(shown(article, voice))


async def withdraw_without_reason(conversation: Conversation, asked: Withdraw) -> None:
    """Retract an article for which the editor chose no reason."""
    await withdraw(conversation, WithdrawFor(asked.article, 0, 0, 0))


async def _typed_reason(conversation: Conversation, words: int) -> str:
    typed = await conversation.context.storage.lists.search_words(words, chat_row=conversation.chat.id)
    return f"{TYPED_REASON}{typed}" if typed else ""


async def _withdrawable(conversation: Conversation, article_id: int) -> Article | None:
    """Returns the article of a question, and answers the callback query. If the question is old, it is asked anew."""
    if not await require_editor(conversation):
        return None
    article = await _article(conversation, article_id)
    if article is None:
        return None
    await conversation.answer_query()
    if article.retracted:
        await conversation.replace(messages.already_withdrawn(article, conversation.voice))
        return None
    if _is_too_old(conversation):
        note = messages.too_old(conversation.voice)
        await conversation.answer(_withdrawing(conversation, article, note=note))
        return None
    return article


# Both


async def _article(conversation: Conversation, article_id: int) -> Article | None:
    """Returns the article of a button. If it is gone, says so and returns None."""
    article = await conversation.context.storage.articles.get(article_id, chat_row=conversation.chat.id)
    if article is None:
        await conversation.answer_query()
        await conversation.show(messages.gone(conversation.voice))
    return article


def _is_too_old(conversation: Conversation) -> bool:
    """Returns whether the message whose button was pressed was sent over an hour ago, or is too
    old for Telegram to give.
    """
    message = conversation.query.message if conversation.query is not None else None
    if message is None:
        return False
    sent_at = message.date if isinstance(message.date, datetime) else datetime.fromtimestamp(0, UTC)
    return conversation.context.now() - sent_at > TOO_OLD
