"""The page of chats: how many there are, how many came and went. It names nobody."""

from datetime import timedelta
from typing import Final

from aiohttp import web

from bot.web.dashboard.rendering import days_between
from bot.web.dashboard.view import PageRoute, View
from storage.records import ChatKind, ChatState

DAYS: Final = 30


async def show(view: View) -> web.Response:
    days = [view.now.date() - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    history = await view.storage.histories.chats_by_day(since=days[0])
    counts = await view.storage.metrics.counts()
    came = {one.day: one.joined + one.returned for one in history}
    went = {one.day: one.departed for one in history}
    active = sum(number for (_, state), number in counts.chats.items() if state == ChatState.ACTIVE)
    return view.show(
        "chats.html",
        counts=counts,
        kinds=[(kind.value, kind_text(view, kind)) for kind in ChatKind],
        states=[(state.value, state_text(view, state)) for state in ChatState],
        follows=[
            (_follow_text(view, kind), counts.follows.get((kind, False), 0), counts.follows.get((kind, True), 0))
            for kind in ("everything", "category", "source", "author", "words", "story")
        ],
        active=active,
        dates=days,
        came=days_between(came, days),
        went=days_between(went, days),
        summary=await view.storage.reach.summary(since=view.now - timedelta(days=DAYS)),
    )


def kind_text(view: View, kind: ChatKind) -> str:
    texts = {
        ChatKind.PRIVATE: view.voice.say("Private chats"),
        ChatKind.GROUP: view.voice.say("Groups and topics"),
        ChatKind.CHANNEL: view.voice.say("Channels"),
    }
    return texts[kind]


def state_text(view: View, state: ChatState) -> str:
    texts = {
        ChatState.ACTIVE: view.voice.say("Active"),
        ChatState.PAUSED: view.voice.say("Blocked or banned"),
        ChatState.GONE: view.voice.say("Gone"),
    }
    return texts[state]


def _follow_text(view: View, kind: str) -> str:
    texts = {
        "everything": view.voice.say("All news"),
        "category": view.voice.say("Categories"),
        "source": view.voice.say("Sources"),
        "author": view.voice.say("Authors"),
        "words": view.voice.say("Words"),
        "story": view.voice.say("Stories"),
    }
    return texts[kind]


PAGES: Final = (PageRoute(name="chats", path="chats", run=show),)
