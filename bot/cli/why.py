"""`newsbot why`: why an article came to a chat, or did not come."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from bot.cli.articles import no_article
from bot.cli.context import read_storage, run_command
from bot.cli.errors import Failed
from bot.cli.output import columns, say, say_json
from bot.cli.params import ARTICLE, TakesNumbers

if TYPE_CHECKING:
    from storage.records import Follow, Stage


@click.command(cls=TakesNumbers)
@click.argument("article_id", metavar="ARTICLE_ID", type=ARTICLE)
@click.argument("chat_id", metavar="CHAT_ID", type=int)
@click.option("--json", "as_json", is_flag=True, help="A JSON object.")
def why(article_id: int, chat_id: int, as_json: bool) -> None:
    """Explain why an article came to a chat, or did not.

    Each stage that the article passed or failed is named. CHAT_ID is Telegram's number.
    """
    run_command(_why(article_id, chat_id, as_json))


async def _why(article_id: int, chat_id: int, as_json: bool) -> None:
    async with read_storage() as (storage, _):
        chat = await storage.chats.get(chat_id)
        if chat is None:
            raise Failed(
                f"chat {chat_id}: the bot knows no chat with that number; `newsbot chats export -` lists them"
            )
        explanation = await storage.follows.explain(article_id, chat.id, now=datetime.now(UTC))
    if explanation is None:
        raise no_article(article_id)
    stages = [(stage.kind.replace("_", " "), stage.passed, _detail(stage)) for stage in explanation.stages]
    if as_json:
        lines = [{"stage": name, "passed": passed, "detail": detail} for name, passed, detail in stages]
        say_json({"delivered": explanation.delivered, "stages": lines})
        return
    say("delivered" if explanation.delivered else "not delivered")
    for line in columns(("yes" if passed else "no", name, detail) for name, passed, detail in stages):
        say(line)


def _detail(stage: "Stage") -> str:
    from storage.records import StageKind

    values = stage.values
    chosen = ", ".join(map(_choice, stage.choices))
    match stage.kind:
        case StageKind.PUSHED if values["retracted"]:
            return "the article was withdrawn"
        case StageKind.PUSHED:
            return (
                "" if stage.passed else "the article was stored without being pushed, as a backlog or an old article"
            )
        case StageKind.SUBSCRIBED if values["stopped"]:
            return "the chat has stopped all alerts"
        case StageKind.SUBSCRIBED:
            return "" if stage.passed else "the chat follows nothing"
        case StageKind.REACHABLE if stage.passed or values["state"] != "active":
            return f"the chat is {values['state']}"
        case StageKind.REACHABLE:
            return "the chat came, or came back, after the article was stored"
        case StageKind.LANGUAGE:
            return f"the language of the article is {values['language']}"
        case StageKind.VISIBLE:
            return "" if stage.passed else "the source is private, and the chat has chosen nothing about it"
        case StageKind.FOLLOWED if values["too_late"]:
            return f"followed after the article was stored: {chosen or 'all news'}"
        case StageKind.FOLLOWED:
            return chosen or ("all news" if values["everything"] else "the chat follows no subject of the article")
        case StageKind.SOURCES:
            return f"{values['sources']} reported the story, and {values['least']} are needed"
        case StageKind.NOT_MUTED:
            return f"muted: {chosen}" if chosen else ""
        case StageKind.RHYTHM:
            return "" if stage.passed else f"the chat gets {values['rhythm']} digests"
        case StageKind.NOT_REPEATED if values["in_digest"]:
            return "a digest listed the article"
        case StageKind.NOT_REPEATED:
            return "" if stage.passed else "the chat was sent the same text before"
        case _:
            state, reason = values["state"], values["reason"]
            return _STATES.get(str(state), "") + (f": {reason}" if reason else "")


_STATES: Final = {
    "None": "no message was queued",
    "queued": "the message is queued",
    "sending": "the message is being sent",
    "sent": "the message was sent",
    "dead": "the message was given up",
}


def _choice(follow: "Follow") -> str:
    subject = follow.subject
    until = f", until {follow.until.isoformat(timespec='minutes')}" if follow.until else ""
    return f"{subject.kind} {subject.name or subject.ref}{until}"
