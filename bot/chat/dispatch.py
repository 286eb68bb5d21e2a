"""Runs what a person typed: a command, or plain words in a private chat."""

from dataclasses import replace
from typing import Final

from bot.chat import administration, commands, desk, editing, menus, own_sources, plain_words, searching, sources
from bot.chat.conversation import Conversation
from bot.chat.questions import Question
from bot.chat.typed import TypedText, parse_typed
from bot.messages import menu
from bot.messages.actions import RunTyped
from bot.text.fuzzy_names import fuzzy_matches
from bot.text.intents import command_meant_by
from storage.records import ChatKind

COMMANDS_OFFERED: Final = 2  # for one that does not exist


async def run_typed(conversation: Conversation, text: str) -> None:
    """Answer a typed text. In a group, words are for other people, unless they are a command or answer a question."""
    said = parse_typed(text)
    private = conversation.chat.kind is ChatKind.PRIVATE
    if said.command is None:
        asked = conversation.question
        if asked is not None and (private or asked.is_asked_in_groups):
            await _answer_question(conversation, said.words, asked)
        elif private:
            await plain_words.answer(conversation, said.words)
        return
    if said.bot and said.bot.lower() != conversation.bot.username.lower():
        return  # another bot's
    known = commands.COMMANDS.get(said.command) or commands.OPERATOR_COMMANDS.get(said.command)
    if known is not None:
        await known.run(conversation.for_asker() if known.only_shows else conversation, said.words)
        if said.command == "start" and private and administration.is_editor(conversation):
            config = conversation.context.config
            await menus.publish_staff_menu(conversation.bot, config, conversation.chat.chat_id)
    elif private or said.bot:
        await _offer_commands(conversation, said)


async def _answer_question(conversation: Conversation, typed: str, question: Question) -> None:
    """Do what a person typed as the answer to a question of the bot."""
    match question.kind:
        case "add":
            await own_sources.add_answered(conversation, typed, question)
        case "name":
            await own_sources.rename(conversation, typed, question)
        case "hold":
            await desk.hold_answered(conversation, typed, question)
        case "reason":
            await editing.reason_answered(conversation, typed, question)
        case "file":
            await plain_words.answer(conversation, typed)
        case _:
            await sources.follow_for(conversation, typed, question.chat)


async def run_offered(conversation: Conversation, offered: RunTyped) -> None:
    """Run the command on a button, and answer it as if it was typed."""
    await conversation.answer_query()
    text = await conversation.context.storage.lists.search_words(offered.words, chat_row=conversation.chat.id)
    if text is None:
        await conversation.replace(menu.expired(conversation.voice))
    else:
        await run_typed(replace(conversation, query=None), text)


async def _offer_commands(conversation: Conversation, said: TypedText) -> None:
    """Answer an unknown command with those that may be meant, each with the words that were typed after it."""
    called = said.command or ""
    meant = command_meant_by(called)
    names = [meant] if meant in commands.COMMANDS else fuzzy_matches(called, commands.COMMANDS, COMMANDS_OFFERED)
    texts = [f"/{name} {said.words}".strip() for name in names]
    offers = [
        (text, RunTyped(await searching.remember_query(conversation, text)))
        for text in texts
        if len(text) <= searching.LONGEST_QUERY
    ]
    await conversation.answer(menu.unknown_command(offers, conversation.voice))
