"""The settings that a person sends for a chat: what they replace, what they can't touch, and how they are undone."""

from dataclasses import replace
from datetime import timedelta

from storage import Storage
from storage.records import (
    ArticleAddress,
    ChatSettings,
    ChatState,
    ChosenSubject,
    NewSource,
    OpensAs,
    Preview,
    Reading,
    Rhythm,
    SubjectKind,
    SubjectName,
    Timetable,
    UnknownNames,
    Viewer,
)
from tests.makers import NOON, exported, named, new_article, owed, reader, settings, stored

HOUR = timedelta(hours=1)


def chosen(
    value: str, kind: SubjectKind = SubjectKind.AUTHOR, *, key: str = "", muted: bool = False
) -> ChosenSubject:
    return ChosenSubject(kind=kind, value=value, key=key or value.casefold(), muted=muted)


SENT = settings(
    chat_id=77,
    topic_id=5,
    title="Elsewhere",
    state=ChatState.GONE,
    added_by=9,
    banned=True,
    language="ar",
    timezone="Asia/Beirut",
    silent=True,
    everything=True,
    categories=named("Sea"),
    muted=named("Land"),
    follows=(chosen("Mona Saleh"),),
    least_sources=2,
    timetable=Timetable(Rhythm.WEEKLY, 23, 6, (22, 7), False, 5, True),
    reading=Reading(languages=("ar",), grouped=False),
    digest_at=NOON + HOUR,
    snoozed_until=NOON + 2 * HOUR,
    opens_as=OpensAs.PAGE,
    preview=Preview.ABOVE_SMALL,
    private_answers=True,
    keyboard_hidden=True,
)


async def only(storage: Storage) -> ChatSettings:
    [one] = await exported(storage)
    return one


async def test_all_settings_are_replaced_and_the_chat_stays_what_it_is(storage: Storage) -> None:
    chat = await reader(storage, 1, title="Rima")
    replaced = await storage.settings.replace(chat.id, SENT, now=NOON)
    assert replaced
    assert replaced.unknown == UnknownNames()
    own = replace(SENT, chat_id=1, topic_id=None, title="Rima", state=ChatState.ACTIVE, added_by=None, banned=False)
    assert await only(storage) == own
    assert await storage.bans.among([1, 77]) == set()


async def test_undo_restores_every_setting(storage: Storage) -> None:
    chat = await reader(storage, 1)
    [article] = await stored(storage, new_article("kept"))
    await storage.saved.save(chat.id, article, most=5, now=NOON)
    [other] = await stored(storage, new_article("brought", keys=("link:https://news.example/brought",)))
    before = await only(storage)
    brought = ArticleAddress("https://news.example/brought", "https://news.example/brought")
    changed: list[int] = []
    storage.signals.on_chat = changed.append
    replaced = await storage.settings.replace(chat.id, replace(SENT, saved=(brought,)), now=NOON)
    assert replaced
    assert replaced.step
    assert changed == [chat.id]
    assert await storage.saved.is_saved(chat.id, other)
    assert await storage.choices.undo(chat.id, replaced.step, now=NOON + HOUR)
    assert await only(storage) == before
    assert not await storage.choices.undo(chat.id, replaced.step, now=NOON + HOUR)


async def test_settings_that_are_there_already_change_nothing(storage: Storage) -> None:
    chat = await reader(storage, 1)
    await storage.settings.replace(chat.id, SENT, now=NOON)
    again = await storage.settings.replace(chat.id, SENT, now=NOON)
    assert again
    assert again.step is None


async def test_a_chat_that_is_forgotten_gets_no_settings(storage: Storage) -> None:
    assert await storage.settings.replace(1, SENT, now=NOON) is None
    assert await exported(storage) == []


async def test_what_is_owed_stays_owed_through_replace_and_undo(storage: Storage) -> None:
    chat = await reader(storage, 1)
    await stored(storage, new_article())
    assert await owed(storage) == 1
    sent = replace(await only(storage), timetable=Timetable(Rhythm.DAILY))
    replaced = await storage.settings.replace(chat.id, sent, now=NOON)
    assert replaced
    assert replaced.step
    assert await owed(storage) == 0  # it is part of the digest now
    await storage.choices.undo(chat.id, replaced.step, now=NOON)
    assert await owed(storage) == 1


async def private_source(storage: Storage, chat_row: int) -> str:
    url = "https://own.example/feed"
    source, _ = await storage.sources.add_private(NewSource(url=url), chat_row=chat_row, now=NOON)
    subject = await storage.follows.ensure_subject(SubjectName(kind=SubjectKind.SOURCE, ref=source.id))
    await storage.follows.follow(chat_row, subject.id, now=NOON)
    return url


async def test_the_private_source_of_another_chat_is_as_unknown_as_one_that_nobody_has(storage: Storage) -> None:
    mine, other = await reader(storage, 1), await reader(storage, 2)
    url = await private_source(storage, other.id)
    await storage.sources.add("https://public.example/feed", NewSource(url="").kind, now=NOON)
    follows = tuple(
        chosen(one, SubjectKind.SOURCE, key=one)
        for one in (url, "https://nobody.example/feed", "https://public.example/feed")
    )
    replaced = await storage.settings.replace(mine.id, settings(follows=follows), now=NOON)
    assert replaced
    assert replaced.unknown == UnknownNames(sources=2)
    assert [one.url for one in await storage.sources.of_chat(mine.id)] == ["https://public.example/feed"]
    again = await storage.settings.replace(other.id, settings(follows=follows[:1]), now=NOON)
    assert again
    assert again.unknown == UnknownNames()  # its own
    assert [one.url for one in await storage.sources.of_chat(other.id)] == [url]


async def test_a_category_that_only_a_reader_names_is_offered_to_nobody(storage: Storage) -> None:
    chat = await reader(storage, 1)
    await storage.settings.replace(chat.id, settings(categories=named("Mine"), muted=named("Not mine")), now=NOON)
    other = await reader(storage, 2)
    assert await storage.categories.names(viewer=Viewer(chat_row=other.id, at=NOON)) == []
    assert [one.name for one in (await only_of(storage, 1)).categories] == ["Mine"]


async def only_of(storage: Storage, chat_id: int) -> ChatSettings:
    return next(one for one in await exported(storage) if one.chat_id == chat_id)
