"""Pressed buttons: runs the action of each, and replaces the message with the result."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from bot.chat import (
    article_menu,
    category_choices,
    category_topics,
    desk,
    dispatch,
    documents,
    editing,
    exporting,
    following,
    own_sources,
    playing,
    privacy,
    reasons,
    saving,
    settings,
    settings_files,
    showing,
    snoozing,
    sources,
)
from bot.chat.conversation import Conversation
from bot.messages import actions
from bot.messages.actions import Action

Kind = TypeVar("Kind", bound=Action)
_Case = tuple[type[Any], Callable[[Conversation, Any], Awaitable[None]]]


def _on(kind: type[Kind], run: Callable[[Conversation, Kind], Awaitable[None]]) -> _Case:
    """Returns a row of the table: `run` is called with each pressed action of this kind."""
    return kind, run


# Each function answers the callback query, or the button would keep spinning.
ACTIONS: Final = dict(
    [
        # What a chat reads
        _on(actions.NewestList, showing.show_headlines),
        _on(actions.CategoryList, showing.show_headlines),
        _on(actions.ChosenList, showing.show_headlines),
        _on(actions.SearchList, showing.show_headlines),
        _on(actions.SavedList, showing.show_saved),
        _on(actions.ShowDigest, showing.show_digest),
        _on(actions.ShowStory, showing.show_story),
        _on(actions.StoryPage, showing.turn_story),
        _on(actions.DigestStory, showing.show_digest_story),
        _on(actions.ShowArticle, showing.open_article),
        _on(actions.StoryItem, showing.open_article),
        _on(actions.DigestItem, showing.open_article),
        _on(actions.ShowPage, showing.open_article),
        _on(actions.ShowAsText, showing.open_article),
        _on(actions.ShowText, showing.show_part),
        _on(actions.ShowAlert, showing.show_part),
        _on(actions.Play, playing.play),
        _on(actions.SetSaved, saving.set_saved),
        _on(actions.RemoveSaved, saving.remove),
        _on(actions.RunTyped, dispatch.run_offered),
        # The menu of an article
        _on(actions.More, article_menu.show),
        _on(actions.MoreOf, article_menu.show_subject),
        _on(actions.FollowOf, article_menu.change),
        _on(actions.UndoOf, article_menu.undo),
        _on(actions.ShowReactions, article_menu.show_reactions),
        _on(actions.Why, reasons.show),
        # What a chat follows
        _on(actions.ShowFollow, following.show),
        _on(actions.SetFollow, following.change),
        _on(actions.EndFollow, following.change),
        _on(actions.SwapTitles, following.change),
        _on(actions.FollowMeant, following.change),
        _on(actions.AskToFollow, following.ask_what),
        _on(actions.SetLeastSources, following.set_least_sources),
        _on(actions.ToggleCategory, category_choices.toggle_category),
        _on(actions.SetScope, category_choices.set_scope),
        _on(actions.SetOnlyCategory, category_choices.narrow_to_category),
        _on(actions.AddCategory, category_choices.add_category),
        _on(actions.SetTopics, category_topics.set_topics),
        _on(actions.Undo, category_choices.undo),
        # The sources of a chat
        _on(actions.AddSource, sources.add_chosen),
        _on(actions.UndoSource, own_sources.undo),
        _on(actions.ShowSource, own_sources.show),
        _on(actions.ChangeSource, own_sources.change),
        _on(actions.AskForSource, own_sources.ask),
        # Settings
        _on(actions.Screen, settings.show_screen),
        _on(actions.SetLanguage, settings.set_language),
        _on(actions.SetTimezone, settings.change_time_zone),
        _on(actions.SetReads, settings.set_reading),
        _on(actions.SetGrouped, settings.set_reading),
        _on(actions.SetOpensAs, settings.set_look),
        _on(actions.SetPreview, settings.set_look),
        _on(actions.SetPrivateAnswers, settings.set_private_answers),
        _on(actions.SetKeyboard, settings.set_keyboard),
        _on(actions.SetSilent, settings.set_silent),
        _on(actions.SetRhythm, settings.change_timetable),
        _on(actions.SetDigestHour, settings.change_timetable),
        _on(actions.SetDigestWeekday, settings.change_timetable),
        _on(actions.SetQuiet, settings.change_timetable),
        _on(actions.SetBreaking, settings.change_timetable),
        _on(actions.SetMostADay, settings.change_timetable),
        _on(actions.SetWithSaved, settings.change_timetable),
        _on(actions.SetSnooze, snoozing.set_snooze),
        _on(actions.Export, exporting.export_of),
        _on(actions.ReplaceSettings, documents.replace_settings),
        _on(actions.KeepSettings, settings_files.keep_settings),
        _on(actions.Forget, privacy.forget),
        _on(actions.KeepData, privacy.keep_data),
        # Editors and administrators of the bot
        _on(actions.OnDesk, desk.press),
        _on(actions.ShowDesk, desk.show_list),
        _on(actions.SendBreaking, editing.send),
        _on(actions.SendAgain, editing.send_again),
        _on(actions.AskReason, editing.ask_reason),
        _on(actions.WithdrawFor, editing.withdraw),
        _on(actions.Withdraw, editing.withdraw_without_reason),
        _on(actions.CancelEditing, editing.cancel),
    ]
)


async def handle_press(conversation: Conversation, data: str) -> None:
    """Run the action of a button."""
    if conversation.query is None:
        return
    action = actions.decode(data)
    if action is None:
        text = conversation.voice.say("This button is too old. /help shows what I can do.")
        await conversation.answer_query(text)
    else:
        await ACTIONS[type(action)](conversation, action)
