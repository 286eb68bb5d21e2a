"""Keeps the topics of forums in step with the categories that their groups follow.

    due steps → may the bot manage topics? → one call of Telegram each → what became of it

A topic is made with a call that has no idempotency key. So the attempt is stored before the call, and the topic's
number after it. If the process is killed in between, or Telegram does not answer, nobody knows whether the topic was
made. The attempt is then repeated after 10 minutes, and given up after the third: at most two topics stay behind
empty, for people to delete, and the general topic keeps the news of the category until a topic is known to be there.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from telegram import ChatMember
from telegram.constants import ForumIconColor, ForumTopicLimit
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError
from telegram.ext import ExtBot

from bot.deliver.outcome import TOPIC_GONE, has_text
from bot.logs import get_logger
from bot.messages.notice import TOPICS_REFUSED, Notice
from bot.telegram_http import ask
from storage import Storage
from storage.records import ChatState, Lane, TopicStep, TopicTask

log = get_logger(__name__)

STEPS_AT_ONCE: Final = 5  # of one group; the rest follows a minute later, since each counts as a message
_COLOURS: Final = tuple(ForumIconColor)
_NOT_MODIFIED: Final = ("topic_not_modified",)
_STORED_ONLY: Final = (TopicStep.MOVE, TopicStep.DROP, TopicStep.FORGET)  # steps that Telegram need not know of


class CategoryTopics:
    """Brings topics in step. Any number of them may work at once: storage lets only one make a topic."""

    def __init__(self, storage: Storage, bot: ExtBot[Any], now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._bot = bot
        self._now = now

    async def __call__(self) -> None:
        """Bring the topics of all forums in step, as a job: for what an interrupted or refused call has left."""
        await self._take_steps(await self._storage.category_topics.due(now=self._now()))

    async def keep(self, chat_id: int) -> None:
        """Bring the topics of one group in step, at once after something has changed there."""
        await self._take_steps(await self._storage.category_topics.due(chat_id=chat_id, now=self._now()))

    async def may_manage(self, chat_id: int) -> bool:
        """Returns whether the bot may manage topics in a group, and the group has topics. Telegram is asked."""
        try:
            if not await self.is_forum(chat_id):
                return False
            us = await ask(self._bot, "getChatMember", chat_id=chat_id, user_id=self._bot.id)
        except (BadRequest, Forbidden):  # the bot was removed
            return False
        is_administrator = us.get("status") == ChatMember.ADMINISTRATOR
        return us.get("status") == ChatMember.OWNER or (is_administrator and bool(us.get("can_manage_topics")))

    async def is_forum(self, chat_id: int) -> bool:
        """Returns whether a group has topics. Telegram is asked. Raises TelegramError."""
        return bool((await ask(self._bot, "getChat", chat_id=chat_id)).get("is_forum"))

    async def _take_steps(self, due: Iterable[TopicTask]) -> None:
        for chat_id, tasks in groupby(due, key=lambda task: task.chat_id):
            try:
                await self._take_steps_of(chat_id, list(tasks))
            except TelegramError as error:  # the next run tries again
                log.info("topics_wait", chat=chat_id, reason=error.message)
            except Exception:  # one group stops no other
                log.exception("topics_failed", chat=chat_id)

    async def _take_steps_of(self, chat_id: int, tasks: list[TopicTask]) -> None:
        told = [task for task in tasks if task.step not in _STORED_ONLY]
        for task in tasks:
            if task.step in _STORED_ONLY:
                await self._store(task)
        if not told or not await self._is_allowed(chat_id, told[0].chat_row):
            return
        for task in told[:STEPS_AT_ONCE]:
            await self._tell(task)

    async def _is_allowed(self, chat_id: int, chat_row: int) -> bool:
        """Returns whether the bot may manage topics. If that has just ended, says so once to who may help."""
        allowed, now = await self.may_manage(chat_id), self._now()
        if await self._storage.category_topics.set_refused(chat_row, not allowed, now=now) and not allowed:
            log.info("topics_refused", chat=chat_id)
            await self._say_refused(chat_row)
        return allowed

    async def _say_refused(self, chat_row: int) -> None:
        """Queue a notice for the person who added the bot, or for the group if that person has no active chat."""
        chats = self._storage.chats
        group = await chats.get_by_id(chat_row)
        if group is None:
            return
        adder = await chats.get(group.added_by) if group.added_by is not None else None
        reader = adder if adder is not None and adder.state is ChatState.ACTIVE else group
        notice = Notice(TOPICS_REFUSED, {"name": group.title or str(group.chat_id)})
        await self._storage.deliveries.enqueue_notice([reader.id], notice.to_json(), lane=Lane.ALERT, now=self._now())

    async def _store(self, task: TopicTask) -> None:
        """Take a step that only storage has to know of."""
        topics = self._storage.category_topics
        assert task.topic is not None  # these steps are those of a topic that is stored
        match task.step:
            case TopicStep.MOVE:
                assert task.topic_id is not None  # it is open
                await topics.opened(task.topic, topic_id=task.topic_id, now=self._now())
            case TopicStep.DROP:
                log.info("topic_deleted", chat=task.chat_id, topic=task.topic_id)
                await topics.missing(task.topic)
            case _:
                await topics.forget(task.topic)

    async def _tell(self, task: TopicTask) -> None:
        """Take a step in Telegram, and store what became of it. Raises TelegramError."""
        if task.step is TopicStep.MAKE:
            await self._make(task)
            return
        topics = self._storage.category_topics
        assert task.topic is not None  # only a topic that is not made yet has none of these
        assert task.topic_id is not None
        try:
            await self._call(task, task.topic_id)
        except BadRequest as error:
            if has_text(error.message, TOPIC_GONE):
                log.info("topic_deleted", chat=task.chat_id, topic=task.topic_id)
                await topics.missing(task.topic)
                return
            if not has_text(error.message, _NOT_MODIFIED):  # people, or an attempt without an answer, have done it
                raise
        match task.step:
            case TopicStep.CLOSE:
                await topics.closed(task.topic)
            case TopicStep.REOPEN:
                await topics.opened(task.topic, topic_id=task.topic_id, now=self._now())
            case _:
                await topics.renamed(task.topic, task.name)

    async def _call(self, task: TopicTask, topic_id: int) -> None:
        match task.step:
            case TopicStep.CLOSE:
                await self._bot.close_forum_topic(task.chat_id, topic_id)
            case TopicStep.REOPEN:
                await self._bot.reopen_forum_topic(task.chat_id, topic_id)
            case _:
                await self._bot.edit_forum_topic(task.chat_id, topic_id, name=topic_name(task.name))

    async def _make(self, task: TopicTask) -> None:
        topics, now = self._storage.category_topics, self._now()
        topic = await topics.begin(task, now=now)
        if topic is None:  # another attempt has begun
            return
        colour = _COLOURS[(task.category_id or 0) % len(_COLOURS)]
        try:
            made = await self._bot.create_forum_topic(task.chat_id, topic_name(task.name), icon_color=colour)
        except RetryAfter:
            await topics.missing(topic)
            raise
        except (BadRequest, Forbidden):
            await topics.missing(topic, now=now)
            raise
        await topics.opened(topic, topic_id=made.message_thread_id, name=task.name, now=self._now())
        log.info("topic_made", chat=task.chat_id, topic=made.message_thread_id)


def topic_name(category: str) -> str:
    """Returns the name of the topic for a category, as long as Telegram takes it."""
    return category[: ForumTopicLimit.MAX_NAME_LENGTH]
