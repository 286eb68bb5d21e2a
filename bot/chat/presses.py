"""What people press: each action of a button, answered in place."""

from dataclasses import replace
from zoneinfo import ZoneInfo, available_timezones

from bot.chat import administration, rights, screens
from bot.chat.commands import allowed, move_to, subscribed, want
from bot.chat.conversation import Talk
from bot.locale import LANGUAGES, Voice
from bot.messages import categories as category_messages
from bot.messages import delivery_times, reading
from bot.messages import settings as settings_messages
from bot.messages.actions import (
    DigestItem,
    DigestStory,
    Everything,
    Only,
    QuietFrom,
    Screen,
    SetGrouped,
    SetLanguage,
    SetReads,
    SetSilent,
    SetTimezone,
    ShowAlert,
    ShowArticle,
    ShowDigest,
    ShowList,
    ShowStory,
    ShowText,
    StoryItem,
    Toggle,
    Want,
    Withdraw,
    decode,
)
from bot.messages.alert import alert
from bot.messages.article import full_text, summary
from bot.messages.message import Message
from bot.timetable import next_digest
from storage.records import Article, Chat, ChatKind, Lane

Settling = (
    Toggle | Only | Want | Everything | SetLanguage | SetTimezone | SetSilent | reading.Choice | delivery_times.Choice
)

Opening = ShowArticle | StoryItem | ShowText | ShowAlert | DigestItem


async def press(talk: Talk, data: str) -> None:
    """Do what a button says. The query itself is answered here in every case, or the button would spin."""
    if talk.query is None:
        return
    match decode(data):
        case None:
            await talk.respond(talk.voice.say("This button is too old. /help shows what I can do."))
        case ShowList() as asked:
            await talk.respond()
            await talk.replace(await screens.page(talk, asked))
        case ShowStory() as asked:
            await talk.respond()
            await talk.replace(await screens.story(talk, asked))
        case DigestStory() as asked:
            await talk.respond()
            await talk.replace(await screens.story_of_digest(talk, asked))
        case ShowArticle() | StoryItem() | ShowText() | ShowAlert() | DigestItem() as asked:
            await _show_article(talk, asked)
        case ShowDigest(delivery=delivery):
            await _answered(talk)
            await talk.replace(await screens.digest_again(talk, delivery))
        case Screen() as asked:
            await _screen(talk, asked)
        case Withdraw(article=article):
            await administration.withdraw(talk, article)
        case QuietFrom() as asked:
            await _quiet_to(talk, asked)
        case action:
            await _settle(talk, action)


async def _show_article(talk: Talk, asked: Opening) -> None:
    article = await talk.desk.storage.articles.get(asked.article)
    if article is not None:
        await _answered(talk)
        await talk.replace(_as_asked(talk, article, asked))
    else:
        await talk.respond(talk.voice.say("This article is not kept any more."))


def _as_asked(talk: Talk, article: Article, asked: Opening) -> Message:
    match asked:
        case ShowArticle(back=back):
            return summary(article, talk.voice, back=back, of_alert=back is None)
        case StoryItem(back=story):
            return summary(article, talk.voice, back=story)
        case ShowText(part=part):
            return full_text(article, talk.voice, part)
        case DigestItem(delivery=delivery):
            return summary(article, talk.voice, back=ShowDigest(delivery))
        case ShowAlert() if article.retracted:
            return summary(article, talk.voice)
        case ShowAlert():
            return alert(
                article,
                language=talk.voice.language,
                timezone=talk.voice.timezone,
                kind=talk.chat.kind,
                bot_username=talk.bot.username,
                breaking=article.lane is Lane.BREAKING,
            )


async def _answered(talk: Talk) -> None:
    await talk.respond()


async def _screen(talk: Talk, asked: Screen) -> None:
    storage, voice = talk.desk.storage, talk.voice
    if asked.name == "browse":
        await _answered(talk)
        await talk.replace(await screens.browse(talk, asked.page))
        return
    chat = await _settled_chat(talk, asked.target)
    if chat is None:
        return
    await _answered(talk)
    target = chat if asked.target else None
    match asked.name:
        case "categories":
            subscription = await storage.chats.subscription(chat.id)
            counted = await storage.categories.counted()
            await talk.replace(category_messages.choose(counted, subscription, voice, target=target, page=asked.page))
        case "language":
            await talk.replace(settings_messages.languages(voice, asked.target))
        case "timezone":
            await talk.replace(settings_messages.timezones(voice, asked.target, talk.desk.now()))
        case "times":
            await talk.replace(delivery_times.times(chat, voice, asked.target, talk.desk.now()))
        case "hour":
            await talk.replace(delivery_times.digest_hour(chat, voice, asked.target))
        case "weekday":
            await talk.replace(delivery_times.digest_weekday(chat, voice, asked.target))
        case "quiet":
            await talk.replace(delivery_times.quiet_hours(chat, voice, asked.target))
        case "quiet_from":
            await talk.replace(delivery_times.quiet_from(chat, voice, asked.target))
        case "reading":
            await talk.replace(await screens.reading(talk, chat, asked.target))
        case "channels" if talk.chat.kind is ChatKind.PRIVATE:
            await talk.replace(settings_messages.channels(await storage.chats.brought_by(talk.chat.chat_id), voice))
        case _:
            await talk.replace(await screens.settings(talk, asked.target))


async def _quiet_to(talk: Talk, asked: QuietFrom) -> None:
    chat = await _settled_chat(talk, asked.target)
    if chat is not None:
        await _answered(talk)
        known = asked.hour in delivery_times.HOURS
        shown = delivery_times.quiet_to(chat, talk.voice, asked.target, asked.hour) if known else None
        await talk.replace(shown or delivery_times.quiet_from(chat, talk.voice, asked.target))


async def _settle(talk: Talk, action: Settling) -> None:
    chat = await _settled_chat(talk, 0 if isinstance(action, Want) else action.target)
    if chat is None:
        return
    await _answered(talk)
    chats, now = talk.desk.storage.chats, talk.desk.now()
    match action:
        case Toggle(category=category, target=target, page=page):
            await _toggle(talk, chat, category)
            await _choices(talk, chat, target, page)
        case Everything(on=on, target=target):
            await (chats.want_everything(chat.id, now=now) if on else chats.want_nothing(chat.id, now=now))
            await _choices(talk, chat, target, 0)
        case Only(category=category):
            if await talk.desk.storage.categories.get(category) is not None:  # or it was merged into another since
                await chats.want_only(chat.id, category, now=now)
            await talk.replace(await subscribed(talk, talk.voice.say("✅ Narrowed.")))
        case Want(category=category):
            wanted = await talk.desk.storage.categories.get(category)
            if wanted is not None:
                await want(talk, wanted)
        case SetLanguage(language=language, target=target):
            if language in LANGUAGES:
                await chats.set_language(chat.id, language, now=now)
            await talk.replace(await screens.settings(_in_language(talk, language, target), target))
        case SetTimezone(timezone=timezone, target=target):
            if timezone in available_timezones():
                await move_to(talk, chat, timezone)
            await talk.replace(await screens.settings(talk, target))
        case SetSilent(on=on, target=target):
            await chats.set_silent(chat.id, bool(on), now=now)
            await talk.replace(await screens.settings(talk, target))
        case SetReads() | SetGrouped():
            chosen = reading.changed(chat.reading, action)
            if chosen != chat.reading:
                await chats.set_reading(chat.id, chosen, now=now)
            await talk.replace(await screens.reading(talk, replace(chat, reading=chosen), action.target))
        case choice:
            await _retime(talk, chat, choice)


async def _retime(talk: Talk, chat: Chat, choice: delivery_times.Choice) -> None:
    now = talk.desk.now()
    timetable = delivery_times.changed(chat.timetable, choice)
    if timetable != chat.timetable:
        digest_at = next_digest(timetable, ZoneInfo(chat.timezone), now)
        await talk.desk.storage.chats.set_timetable(chat.id, timetable, digest_at=digest_at, now=now)
        talk.desk.wake()  # something that waited may be due now
    await talk.replace(delivery_times.times(replace(chat, timetable=timetable), talk.voice, choice.target, now))


def _in_language(talk: Talk, language: str, target: int) -> Talk:
    """After a chat changed its own language, it is answered in that."""
    return talk if target else replace(talk, voice=Voice(language, ZoneInfo(talk.chat.timezone)))


async def _toggle(talk: Talk, chat: Chat, category: int) -> None:
    chats, now = talk.desk.storage.chats, talk.desk.now()
    subscription = await chats.subscription(chat.id)
    listed = {one.id for one in subscription.categories}
    muted = {one.id for one in subscription.muted}
    on = category not in muted if subscription.everything else category in listed
    if await talk.desk.storage.categories.get(category) is not None:
        await (chats.unwant(chat.id, category, now=now) if on else chats.want(chat.id, category, now=now))


async def _choices(talk: Talk, chat: Chat, target: int, page: int) -> None:
    storage = talk.desk.storage
    shown = category_messages.choose(
        await storage.categories.counted(),
        await storage.chats.subscription(chat.id),
        talk.voice,
        target=chat if target else None,
        page=page,
    )
    await talk.replace(shown)


async def _settled_chat(talk: Talk, target: int) -> Chat | None:
    """The chat that a button settles: this one, or another of which this person is an administrator, now."""
    if not target:
        return talk.chat if await allowed(talk) else None
    chat = await talk.desk.storage.chats.get_by_id(target)
    user_id = talk.user.id if talk.user else None
    if chat is not None and await rights.may_manage(talk.bot, chat.chat_id, chat.kind, user_id):
        return chat
    await talk.respond(talk.voice.say("Only administrators can change what is sent there."), show_alert=True)
    return None
