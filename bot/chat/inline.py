"""Inline queries: answers what people type after the name of the bot in any chat.

    taken → the person's newest → a turn → found → sent, unless the person has typed more

An inline query is worth nothing a few seconds later, and another one follows with each letter. So inline queries are
not stored in the inbox, and do not wait for it. Of one person, one query is answered at a time, and of those that
wait, only the newest is answered.
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from telegram import InlineQueryResultsButton
from telegram.constants import InlineQueryLimit
from telegram.error import BadRequest, TelegramError
from telegram.ext import ExtBot

from bot import logs
from bot.chat.admission import Admission, Verdict
from bot.chat.context import HandlerContext
from bot.chat.inline_results import find_articles, who_asks
from bot.chat.updates import is_id
from bot.locale import Voice
from bot.messages.inline import InlineResult, article_result, request_forms
from bot.telegram_http import Form, post

log = logs.get_logger(__name__)

AT_ONCE: Final = 8  # turns at the same moment
PEOPLE_WAITING: Final = 1_000  # the queries of further people are dropped
WORTH_SECONDS: Final = 10.0  # a query that has waited longer is dropped: the person has given up
# Queries of one person that are answered, for each command that the person may ask: letters are no commands, and
# clients send a query with every few letters.
QUERIES_OF_A_COMMAND: Final = 6
SHARED_SECONDS: Final = 30  # for which a server may give everybody the same answer
PERSONAL_SECONDS: Final = 10  # for which it may give one person the same answer
LONGEST_ID: Final = 100  # characters
OPENED_FROM: Final = "inline"  # start parameter of the button above the results; the bot greets


@dataclass(frozen=True, slots=True)
class InlineQuery:
    """What a person types after the bot's name in any chat."""

    id: str
    person: int  # Telegram's number
    language_code: str | None
    words: str
    offset: str  # of the page; "": the first one
    taken_at: float  # seconds on the steady clock


class Find(Protocol):
    """Looks for what an inline query asks for."""

    async def __call__(self, query: InlineQuery) -> "Answer | None":
        """Returns the answer to a query, or None if the query gets none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent for a query."""

    results: Sequence[InlineResult] = ()
    next_offset: str = ""
    personal: bool = True
    button: InlineQueryResultsButton | None = None


class InlineQueries:
    """Answers inline queries. Call `stop` before storage is closed."""

    def __init__(
        self,
        find: Find,
        send: Callable[[InlineQuery, Answer], Awaitable[None]],
        *,
        steady: Callable[[], float],
    ) -> None:
        """`steady` returns seconds."""
        self._find = find
        self._send = send
        self._steady = steady
        self._newest: dict[int, InlineQuery] = {}  # by person: the query that waits for a turn
        self._lined_up: deque[int] = deque()  # people whose query waits, except those who have a turn
        self._turns: dict[int, asyncio.Task[None]] = {}  # by person

    def take(self, raw: Any) -> bool:
        """Take an update that is an inline query. Returns False for all other updates."""
        content = raw.get("inline_query") if isinstance(raw, dict) else None
        if content is None:
            return False
        query = _read(content, self._steady())
        if query is None:
            log.warning("inline_query_unreadable", update=raw.get("update_id"))
        elif query.person in self._newest or len(self._newest) < PEOPLE_WAITING:
            self._queue(query)
        else:
            log.warning("inline_queries_dropped", waiting=len(self._newest))
        return True

    def _queue(self, query: InlineQuery) -> None:
        waits = query.person in self._newest
        self._newest[query.person] = query
        if not waits and query.person not in self._turns:
            self._lined_up.append(query.person)
            self._give_turns()

    def _give_turns(self) -> None:
        while self._lined_up and len(self._turns) < AT_ONCE:
            person = self._lined_up.popleft()
            turn = asyncio.create_task(self._turn(self._newest.pop(person)))
            self._turns[person] = turn
            turn.add_done_callback(partial(self._end_turn, person))

    def _end_turn(self, person: int, turn: "asyncio.Task[None]") -> None:
        del self._turns[person]
        if person in self._newest:  # behind the others who wait
            self._lined_up.append(person)
        self._give_turns()

    async def _turn(self, query: InlineQuery) -> None:
        if self._steady() - query.taken_at > WORTH_SECONDS:
            return
        try:
            answer = await self._find(query)
            if answer is not None and query.person not in self._newest:
                await self._send(query, answer)
        except TelegramError as error:
            log.info("inline_query_not_answered", reason=error.message)
        except Exception as error:  # one query must not stop the others
            log.exception("inline_query_failed", reason=error)

    async def wait_until_answered(self) -> None:
        """Return when no query waits for its answer."""
        while self._turns:
            await asyncio.wait(self._turns.values())

    async def stop(self) -> None:
        """Drop what waits, and end what is under way: nobody will look at it."""
        self._newest.clear()
        self._lined_up.clear()
        turns = list(self._turns.values())
        for turn in turns:
            turn.cancel()
        await asyncio.gather(*turns, return_exceptions=True)


def _read(content: Any, now: float) -> InlineQuery | None:
    sender = content.get("from") if isinstance(content, dict) else None
    if not isinstance(sender, dict):
        return None
    number, words, offset = content.get("id"), content.get("query"), content.get("offset", "")
    person, code = sender.get("id"), sender.get("language_code")
    if not is_id(person) or not all(isinstance(text, str) for text in (number, words, offset, code or "")):
        return None
    too_long = len(number) > LONGEST_ID or len(words) > InlineQueryLimit.MAX_QUERY_LENGTH
    if too_long:
        return None
    return InlineQuery(id=number, person=person, language_code=code, words=words, offset=offset, taken_at=now)


def make_inline_queries(bot: ExtBot[Any], context: HandlerContext, *, steady: Callable[[], float]) -> InlineQueries:
    """Returns what answers inline queries as the bot."""
    config = context.config
    per_minute = QUERIES_OF_A_COMMAND * config.commands_per_minute
    admission = Admission(per_minute, steady=steady, exempt=config.staff)

    async def find(query: InlineQuery) -> Answer | None:
        verdict = admission.judge(query.person, press=False)
        if verdict is Verdict.IGNORE or await context.storage.bans.among([query.person]):
            return None
        person = await who_asks(context, query.person, query.language_code, await context.published.get())
        if verdict is Verdict.SLOW_DOWN:
            return _note(Voice(person.language).say("Slower, please"))
        found = await find_articles(context, person, query.words, query.offset)
        if not found.articles and not query.offset:
            return _note(Voice(person.language).say("Nothing found. Ask me in our chat"))
        results = [
            article_result(
                article,
                language=config.language,
                timezone=config.timezone,
                bot_username=bot.username,
                now=context.now(),
            )
            for article in found.articles
        ]
        return Answer(results, found.next_offset, found.personal)

    return InlineQueries(find, partial(_send, bot), steady=steady)


def _note(text: str) -> Answer:
    """Returns an answer without results. The text is in the language of one person, and opens the bot."""
    return Answer(button=InlineQueryResultsButton(text, start_parameter=OPENED_FROM))


async def _send(bot: ExtBot[Any], query: InlineQuery, answer: Answer) -> None:
    """Send the results, in simpler forms if Telegram refuses them. Raises TelegramError if it refuses all forms."""
    values = {
        "inline_query_id": query.id,
        "cache_time": str(PERSONAL_SECONDS if answer.personal else SHARED_SECONDS),
        "is_personal": "true" if answer.personal else "false",
        "next_offset": answer.next_offset,
    }
    if answer.button is not None:
        values["button"] = answer.button.to_json()
    refusal: BadRequest | None = None
    for results in request_forms(answer.results):
        shown = {"results": json.dumps(results, ensure_ascii=False)}
        try:
            await post(bot.request, f"{bot.base_url}/answerInlineQuery", Form(urlencode(values | shown).encode()))
            return
        except BadRequest as error:
            refusal = error
            if "query is too old" in error.message.lower():
                break
            log.warning("inline_results_refused", reason=error.message)
    if refusal is not None:
        raise refusal
