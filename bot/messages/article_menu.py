"""The menu of an article: follow its story, follow or mute its subjects, why it came, its link."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import InlineKeyboardButtonLimit

from bot.locale import Voice
from bot.messages.actions import (
    ENDED,
    FOLLOWED,
    MUTED,
    ArticleShown,
    FollowOf,
    More,
    MoreOf,
    ShowReactions,
    UndoOf,
    Why,
)
from bot.messages.buttons import button, button_label, button_rows, label_with, rows_of
from bot.messages.deep_links import share_button
from bot.messages.following import MARKS, days_text
from storage.records import Article, Follow, Subject, SubjectKind

SUBJECTS_SHOWN: Final = 3  # besides the story
DAYS: Final = (1, 7)  # that a follow or a mute from the menu may last; 0 days stand for good
_LETTERS: Final = {kind.value[0]: kind for kind in SubjectKind if kind is not SubjectKind.STORY} | {
    "t": SubjectKind.STORY
}
_LETTER_OF: Final = {kind: letter for letter, kind in _LETTERS.items()}


def numbered(subjects: Sequence[Subject]) -> Iterator[tuple[str, int, Subject]]:
    """Yields the subjects that the menu may name, each with the letter and the number that buttons name it by."""
    authors = 0
    for subject in subjects:
        if subject.kind is SubjectKind.AUTHOR:
            yield _LETTER_OF[subject.kind], authors, subject
            authors += 1
        elif subject.ref is not None:
            yield _LETTER_OF[subject.kind], subject.ref, subject


def article_menu(
    article: Article,
    subjects: Sequence[Subject],
    follows: Mapping[int, Follow],
    voice: Voice,
    back: ArticleShown,
    *,
    why: bool,
    link: str,
    reactions: bool,
    inline: bool,
    undo: int | None = None,
) -> InlineKeyboardMarkup:
    """Returns the buttons of the menu. `follows` are those of the chat, by subject. `undo` is the step just made.

    `link` opens the article in the bot; it is shared if the article has no address of its own. `reactions`: there are
    reactions to it that the person may know of. `inline` says whether the bot answers inline queries: then a person
    shares the article by posting it in another chat.
    """
    named = list(numbered(subjects))
    stories = [_story_button(number, follows.get(one.id), voice, back) for _, number, one in _only_story(named)]
    others = [
        button(button_label(f"{_mark(one, follows)} {one.name or '…'}"), MoreOf(letter, number, back))
        for letter, number, one in _first_of_each_kind(named)
    ]
    url = article.text.url or link
    copied = (
        [InlineKeyboardButton(voice.say("📋 Copy link"), copy_text=CopyTextButton(url))]
        if len(url) <= InlineKeyboardButtonLimit.MAX_COPY_TEXT
        else []
    )
    label, address = voice.say("↗ Share"), f"https://t.me/share/url?url={quote(url, safe='')}"
    shared = share_button(article.id, voice) if inline else InlineKeyboardButton(label, url=address)
    undoing = [button(voice.say("↩ Undo"), UndoOf(undo, back))] if undo is not None else []
    return rows_of(
        stories,
        *button_rows(others),
        [
            *([button(voice.say("❓ Why this alert?"), Why(back))] if why else []),
            *([button(voice.say("📊 Reactions"), ShowReactions(back))] if reactions else []),
        ],
        [*copied, shared],
        [*undoing, button(voice.say("↩ Back"), back)],
    )


def _only_story(named: Sequence[tuple[str, int, Subject]]) -> list[tuple[str, int, Subject]]:
    return [one for one in named if one[2].kind is SubjectKind.STORY]


def _first_of_each_kind(named: Sequence[tuple[str, int, Subject]]) -> list[tuple[str, int, Subject]]:
    """Returns a category, the source and an author, and further ones while there is room."""
    listed = [one for one in named if one[2].kind is not SubjectKind.STORY]
    first = {one[2].kind: one for one in reversed(listed)}
    more = [one for one in listed if one not in first.values()]
    kept = [*first.values(), *more][:SUBJECTS_SHOWN]
    return [one for one in listed if one in kept]


def _story_button(number: int, follow: Follow | None, voice: Voice, back: ArticleShown) -> InlineKeyboardButton:
    if follow is not None and not follow.muted:
        return button(voice.say("✅ Following this story"), FollowOf("t", number, ENDED, 0, back))
    return button(voice.say("🧵 Follow this story"), FollowOf("t", number, FOLLOWED, 0, back))


def _mark(subject: Subject, follows: Mapping[int, Follow]) -> str:
    follow = follows.get(subject.id)
    if follow is None:
        return MARKS[subject.kind]
    return "🔕" if follow.muted else "✅"


def subject_menu(
    letter: str, number: int, subject: Subject, follow: Follow | None, voice: Voice, back: ArticleShown
) -> InlineKeyboardMarkup:
    """Returns the buttons that follow or mute one subject of an article, for good or for some days."""
    name = subject.name or "…"

    def choice(label: str, way: int, days: int = 0) -> InlineKeyboardButton:
        return button(label, FollowOf(letter, number, way, days, back))

    ending = (
        [choice(voice.say("✖ Unmute") if follow.muted else voice.say("✖ Unfollow"), ENDED)]
        if follow is not None
        else []
    )
    return rows_of(
        [choice(label_with(name, lambda cut: voice.say("➕ Follow {name}", name=cut)), FOLLOWED)],
        [choice(f"➕ {days_text(days, voice)}", FOLLOWED, days) for days in DAYS],
        [choice(label_with(name, lambda cut: voice.say("🔕 Mute {name}", name=cut)), MUTED)],
        [choice(f"🔕 {days_text(days, voice)}", MUTED, days) for days in DAYS],
        [*ending, button(voice.say("↩ Back"), More(back))],
    )
