"""Who may do what, and commands of administrators and editors: split and merge of stories, statistics."""

from datetime import timedelta
from typing import Final

from bot import editing
from bot.chat.conversation import Conversation
from bot.chat.references import resolve_article
from bot.locale import Voice
from bot.messages.alarms import alarm_text
from bot.messages.alert import bold_title
from bot.messages.message import Message
from bot.overview import Overview, load_overview
from bot.text.html import escape, isolate, plain, truncate
from storage.records import Actor, Article, ArticleReach, Origin, ReachSummary

ALARMS: Final = 5  # in /stats
REASONS: Final = 5  # of what could not be sent, in /stats
LONGEST_REASON: Final = 100


def is_operator(conversation: Conversation) -> bool:
    """Returns whether the person is one of NEWSBOT_ADMINS. An anonymous administrator of a group is not."""
    return conversation.user is not None and conversation.user.id in conversation.context.config.admins


def is_editor(conversation: Conversation) -> bool:
    """Returns whether the person is one of NEWSBOT_EDITORS or NEWSBOT_ADMINS."""
    return conversation.user is not None and conversation.user.id in conversation.context.config.staff


def actor(conversation: Conversation) -> Actor:
    """Returns the person as the audit log and other editors see the person."""
    user = conversation.user
    return Actor(origin=Origin.CHAT, name=user.full_name if user else "", user_id=user.id if user else None)


def most_private_sources(conversation: Conversation) -> int | None:
    """Returns how many private sources a person may let a chat have, or None if there is no limit."""
    return None if is_operator(conversation) else conversation.context.config.reader_sources


async def require_operator(conversation: Conversation) -> bool:
    """Returns whether the person is an administrator of the bot. Refuses the command if not."""
    if is_operator(conversation):
        return True
    await conversation.refuse(conversation.voice.say("Only administrators of the bot can do this."))
    return False


async def require_editor(conversation: Conversation) -> bool:
    """Returns whether the person is an editor. Refuses the command if not."""
    if is_editor(conversation):
        return True
    await conversation.refuse(conversation.voice.say("Only administrators and editors of the bot can do this."))
    return False


async def split(conversation: Conversation, words: str) -> None:
    """/split n, or as a reply to an alert: take the article out of its story for good."""
    article = await asked_article(conversation, words, "split")
    if article is None:
        return
    if article.retracted:
        text = conversation.voice.say("A withdrawn article is not part of any story.")
    elif await editing.split(
        conversation.context.storage, article, by=actor(conversation), now=conversation.context.now()
    ):
        text = conversation.voice.say("✂️ Separated. It won't be grouped again unless you /merge it.")
    else:
        text = conversation.voice.say("No other articles on this story.")
    await conversation.answer(Message(f"{bold_title(article)}\n\n{text}"))


async def merge(conversation: Conversation, words: str) -> None:
    """/merge n m: merge the stories of two articles of the last list."""
    if not await require_editor(conversation):
        return
    typed = words.split()
    asking = conversation.voice.say(
        "Which two? Send two numbers from the last list, for example {example}.",
        example=isolate("<code>/merge 1 3</code>"),
    )
    if len(typed) != 2:
        await conversation.answer(Message(asking))
        return
    articles: list[Article] = []
    for number in typed:
        article = await resolve_article(conversation, number, asking=asking)
        if article is None:
            return
        articles.append(article)
    one, other = articles
    await conversation.answer(
        Message(f"{bold_title(one)}\n{bold_title(other)}\n\n{await _merge_stories(conversation, one, other)}")
    )


async def _merge_stories(conversation: Conversation, one: Article, other: Article) -> str:
    """Merge the stories of two articles. Returns the text of the reply."""
    stories = conversation.context.storage.stories
    if one.id == other.id:
        return conversation.voice.say("Those are the same article. Please send two different numbers.")
    if one.retracted or other.retracted:
        return conversation.voice.say("A withdrawn article is not part of any story.")
    if await stories.story_of(one.id) == await stories.story_of(other.id):
        return conversation.voice.say("These are already grouped as one story.")
    merged = await editing.merge(
        conversation.context.storage, one, other, by=actor(conversation), now=conversation.context.now()
    )
    if merged is None:  # withdrawn or deleted meanwhile
        return conversation.voice.say("These can't be grouped.")
    if merged.one_text:
        return conversation.voice.say(
            "🔗 Grouped as one story again. Messages about it will name every source that published it."
        )
    return conversation.voice.say("🔗 Grouped as one story.")


async def stats(conversation: Conversation, words: str) -> None:
    """/stats."""
    if await require_editor(conversation):
        await conversation.answer(
            stats_message(
                await load_overview(conversation.context.storage, conversation.context.now()),
                conversation.voice,
                promise=timedelta(seconds=conversation.context.config.reach_seconds),
            )
        )


def stats_message(found: Overview, voice: Voice, *, promise: timedelta) -> Message:
    """Returns the statistics: readers, whether the promise was kept, what waits, what failed, and what is wrong."""
    deliveries, chats = found.stats.deliveries, found.stats.chats
    counts = [
        (voice.say("Readers"), _readers(chats, voice)),
        (voice.say("Promise kept in the last 24 hours"), _promise_kept(found.reach, promise, voice)),
        (voice.say("Waiting"), voice.number(found.waiting)),
        (voice.say("Being sent"), voice.number(deliveries["sending"])),
        (voice.say("Sent"), voice.number(deliveries["sent"])),
        (voice.say("Edited in the last day"), voice.number(found.day.edited)),
        (voice.say("Speed"), _per_minute(found.minute.sent + found.minute.edited, voice)),
        (voice.say("Could not be sent"), voice.number(deliveries["dead"])),
    ]
    lines = [escape(voice.align(voice.labelled(label, value))) for label, value in counts]
    for reason, count in list(found.dead_reasons.items())[:REASONS]:
        shown = plain(truncate(escape(reason), LONGEST_REASON))
        lines.append(escape(voice.align(f"• {voice.labelled(isolate(shown), voice.number(count))}")))
    lines += [voice.align(alarm_text(alarm.kind, alarm.detail, voice)) for alarm in found.alarms[:ALARMS]]
    heading = f"<b>📊 {voice.say('Statistics')}</b>\n"
    return Message(
        truncate(
            "\n\n".join([heading + "\n".join(lines), *(_delivery_times_line(one, voice) for one in found.articles)])
        )
    )


def _readers(chats: dict[str, int], voice: Voice) -> str:
    active = voice.number(chats["active"])
    away = chats["paused"] + chats["gone"]
    return voice.say("{active} (not reachable: {away})", active=active, away=voice.number(away)) if away else active


def _promise_kept(reach: ReachSummary, promise: timedelta, voice: Voice) -> str:
    within = voice.duration(promise)
    if not reach.articles:
        return voice.say("no articles yet (promised: 90% of chats within {time})", time=within)
    return voice.say(
        "{kept} of {articles} articles (90% of chats within {time})",
        kept=voice.number(reach.kept),
        articles=voice.number(reach.articles),
        time=within,
    )


def _per_minute(messages: int, voice: Voice) -> str:
    return voice.plural("{n} message a minute", "{n} messages a minute", messages)


def _delivery_times_line(article: ArticleReach, voice: Voice) -> str:
    """Returns how long an article took to reach its chats, or how far it is (HTML)."""
    title = escape(voice.align(voice.embed(plain(truncate(escape(article.title), LONGEST_REASON)))))
    count = voice.plural("{n} message", "{n} messages", article.sent)
    half, most = article.within(0.5), article.within(0.99)
    if article.first is not None and half is not None and most is not None and article.last is not None:
        times = {
            "first": voice.duration(article.first),
            "half": voice.duration(half),
            "most": voice.duration(most),
            "last": voice.duration(article.last),
        }
        if article.is_spreading or article.waiting or article.missed:
            said = voice.say(
                "not delivered to everyone (waiting: {waiting}, not sent as an alert: {missed}; half of the sent ones"
                " within {half}, 99% within {most}, the first after {first})",
                waiting=isolate(voice.number(article.waiting) + "+" * article.is_spreading),
                missed=voice.number(article.missed),
                **times,
            )
        elif article.last < timedelta(seconds=1):
            said = voice.say("delivered to everyone within {time}", time=times["last"])
        else:
            said = voice.say(
                "delivered to everyone within {last} (half within {half}, 99% within {most}, the first after"
                " {first})",
                **times,
            )
        count = voice.labelled(count, said)
    return f"<b>{title}</b>\n{escape(voice.align(count))}"


async def asked_article(conversation: Conversation, words: str, command: str) -> Article | None:
    """Returns the article that an editor refers to. Refuses the command of anybody else."""
    if not await require_editor(conversation):
        return None
    asking = conversation.voice.say(
        "Which article? Send its number from the last list, for example {example}, or reply to an"
        " alert with {command}.",
        example=isolate(f"<code>/{command} 1</code>"),
        command=isolate(f"/{command}"),
    )
    return await resolve_article(conversation, words, asking=asking)
