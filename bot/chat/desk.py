"""/desk, and the buttons below a waiting article: approve, send as breaking news, hold until a time, kill."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from bot import editing
from bot.chat.administration import actor, require_editor, require_operator
from bot.chat.conversation import Conversation
from bot.chat.questions import Question, question_link
from bot.messages import desk as desk_messages
from bot.messages.actions import OnDesk, ShowDesk
from bot.messages.actions import desk as buttons
from bot.messages.message import Message
from bot.text.html import escape
from bot.text.moments import understood_moment
from storage.records import ChatKind, Decided, Decision, Lane, WaitingArticle

MOST_COUNTED: Final = 1_000  # articles that wait are counted up to this number
MINUTE: Final = 60  # seconds


async def desk(conversation: Conversation, words: str) -> None:
    """/desk: what waits. /desk here and /desk off choose the chat that shows it to editors."""
    match words.strip().lower():
        case "here":
            await _choose_room(conversation, here=True)
        case "off":
            await _choose_room(conversation, here=False)
        case _:
            if await require_editor(conversation) and await _is_for_editors(conversation):
                await conversation.answer(await _list(conversation, ShowDesk()))


async def _choose_room(conversation: Conversation, *, here: bool) -> None:
    if not await require_operator(conversation):
        return
    storage, chat, voice = conversation.context.storage, conversation.chat, conversation.voice
    if here and chat.kind is ChatKind.CHANNEL:
        await conversation.refuse(
            voice.say("A channel is for readers. The desk can be a group or a topic of a group.")
        )
        return
    room = chat.id if here and chat.kind is ChatKind.GROUP else None
    await storage.desk.set_room(room)
    await editing.note_setting(
        storage,
        "desk",
        chat.title or str(chat.chat_id) if room else "private chats",
        by=actor(conversation),
        now=conversation.context.now(),
    )
    text = (
        voice.say("🗞 Articles that wait are shown here from now on. Editors decide with the buttons below them.")
        if room
        else voice.say("🗞 Articles that wait are shown to each editor in the private chat with me.")
    )
    await conversation.answer(Message(text))


async def _is_for_editors(conversation: Conversation) -> bool:
    """Returns whether what is not published may be shown here. Refuses if not."""
    if conversation.chat.kind is ChatKind.PRIVATE:
        return True
    if await conversation.context.storage.desk.room() == conversation.chat.id:
        return True
    await conversation.refuse(
        conversation.voice.say("What waits is not public. Open the desk in the private chat with me.")
    )
    return False


async def show_list(conversation: Conversation, asked: ShowDesk) -> None:
    """Show a page of what waits in place of the message."""
    if await require_editor(conversation) and await _is_for_editors(conversation):
        await conversation.answer_query()
        await conversation.replace(await _list(conversation, asked))


async def _list(conversation: Conversation, asked: ShowDesk) -> Message:
    stored, size = conversation.context.storage.desk, desk_messages.LISTED
    waiting = await stored.page(limit=size, after=asked.after)
    after = asked.after
    if not waiting and after:  # what the page showed was decided meanwhile
        waiting, after = await stored.page(limit=size), 0
    before = None
    if after:
        earlier = await stored.page(limit=size + 1, before=after + 1)
        before = earlier[0].id if len(earlier) > size else 0
    return desk_messages.desk_list(
        waiting,
        await stored.count(most=MOST_COUNTED),
        conversation.voice,
        after=after,
        before=before,
        most=MOST_COUNTED,
        now=conversation.context.now(),
    )


async def press(conversation: Conversation, asked: OnDesk) -> None:
    """Do what a button below a waiting article says."""
    if not (await require_editor(conversation) and await _is_for_editors(conversation)):
        return
    waiting = await conversation.context.storage.desk.get(asked.desk)
    if waiting is None:
        await conversation.answer_query()
        await conversation.replace(desk_messages.gone(conversation.voice))
        return
    match asked.what:
        case buttons.SHOW:
            await _show(conversation, waiting, asked)
        case buttons.ASK_TIME if waiting.revision == asked.revision:
            await conversation.answer_query()
            now = conversation.context.now()
            await conversation.replace(
                desk_messages.times_screen(waiting, conversation.voice, now=now, listed=asked.listed)
            )
        case buttons.TYPE_TIME if waiting.revision == asked.revision:
            await _ask_time(conversation, waiting)
        case buttons.ASK_TIME | buttons.TYPE_TIME:
            await _tell(conversation, Decision(Decided.CHANGED, waiting), asked)
        case _:
            await _tell(conversation, await _decide(conversation, asked), asked)


async def _show(conversation: Conversation, waiting: WaitingArticle, asked: OnDesk) -> None:
    await conversation.answer_query()
    card = await conversation.context.cards.card_of(waiting, conversation.voice, listed=asked.listed)
    await conversation.replace(card)


async def _decide(conversation: Conversation, asked: OnDesk) -> Decision:
    storage, by, now = conversation.context.storage, actor(conversation), conversation.context.now()
    match asked.what:
        case buttons.APPROVE | buttons.SEND | buttons.BREAKING:
            lane = {buttons.SEND: Lane.ALERT, buttons.BREAKING: Lane.BREAKING}.get(asked.what)
            return await editing.approve(storage, asked.desk, revision=asked.revision, lane=lane, by=by, now=now)
        case buttons.HOLD:
            until = datetime.fromtimestamp(asked.at * MINUTE, UTC)
            if until <= now:  # the button was offered before that time
                return await editing.approve(storage, asked.desk, revision=asked.revision, by=by, now=now)
            return await storage.desk.hold(asked.desk, revision=asked.revision, until=until, by=by, now=now)
        case buttons.KILL:
            return await storage.desk.kill(asked.desk, revision=asked.revision, by=by, now=now)
        case buttons.RESTORE:
            return await storage.desk.restore(asked.desk, revision=asked.revision, by=by, now=now)
    return Decision(Decided.GONE)


async def _tell(conversation: Conversation, decision: Decision, asked: OnDesk) -> None:
    """Show the article as it is now, and say why if nothing was done."""
    voice = conversation.voice
    if decision.waiting is None:
        await conversation.answer_query()
        await conversation.replace(desk_messages.gone(voice))
        return
    match decision.decided:
        case Decided.CHANGED if decision.waiting.decided_by == actor(conversation).name:
            await conversation.answer_query()  # a press that is answered twice, since the bot was killed meanwhile
        case Decided.CHANGED:
            await conversation.answer_query(_changed_text(decision.waiting, conversation), show_alert=True)
        case Decided.NOT_YET:
            await conversation.answer_query(
                voice.say("The publisher's embargo ends later. Choose a later time."), show_alert=True
            )
        case _:
            await conversation.answer_query()
    card = await conversation.context.cards.card_of(decision.waiting, voice, listed=asked.listed)
    try:
        await conversation.replace(card)
        await conversation.context.storage.desk.note_shown(
            conversation.chat.chat_id, conversation.message_id, decision.waiting.revision
        )
    finally:
        conversation.context.wake()  # only now, or the sender would edit this message as well


def _changed_text(waiting: WaitingArticle, conversation: Conversation) -> str:
    voice = conversation.voice
    if waiting.decided_by:
        return voice.say("{name} was first. This is how it stands now.", name=waiting.decided_by)
    return voice.say("This article has changed meanwhile. Look again, then decide.")


async def _ask_time(conversation: Conversation, waiting: WaitingArticle) -> None:
    await conversation.answer_query()
    question = Question("hold", conversation.chat.id, waiting.id, waiting.revision)
    person = conversation.user if conversation.chat.kind is ChatKind.GROUP else None
    link = question_link(conversation.bot, question)
    await conversation.answer(desk_messages.ask_time(waiting, link, conversation.voice, person=person))


async def hold_answered(conversation: Conversation, typed: str, question: Question) -> None:
    """Hold an article until the time that an editor typed as the answer to a question."""
    if not (await require_editor(conversation) and await _is_for_editors(conversation)):
        return
    context, voice = conversation.context, conversation.voice
    until = understood_moment(typed, context.now(), voice.timezone)
    if until is None:
        await conversation.answer(desk_messages.no_time(voice))
        return
    decision = await context.storage.desk.hold(
        question.source, revision=question.revision, until=until, by=actor(conversation), now=context.now()
    )
    context.wake()
    if decision.waiting is None:
        await conversation.answer(desk_messages.gone(voice))
        return
    said = {
        Decided.CHANGED: _changed_text(decision.waiting, conversation),
        Decided.NOT_YET: voice.say("The publisher's embargo ends later. Choose a later time."),
    }.get(decision.decided)
    card = await context.cards.card_of(decision.waiting, voice)
    await conversation.answer(replace(card, html=f"{escape(said)}\n\n{card.html}") if said else card)
