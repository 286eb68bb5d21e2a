"""What an operator types about hooks: added, listed, given a new secret, taken away."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from storage import open_storage
from storage.records import AcceptedCall, Hook, HookCounts
from tests.command_line import CommandLine


def stored(newsbot: CommandLine) -> Hook:
    async def find() -> Hook | None:
        async with open_storage(f"sqlite:///{newsbot.folder / 'news.db'}") as storage:
            return await storage.hooks.find("newsroom")

    found = asyncio.run(find())
    assert found is not None
    return found


def test_a_hook_is_added_with_its_address_and_a_secret_that_is_shown_once(newsbot: CommandLine) -> None:
    newsbot.set(NEWSBOT_WEB="127.0.0.1:8081", NEWSBOT_PUBLIC_URL="https://news.example/bot")
    said = newsbot.good("hook", "add", "newsroom", "--kind", "ghost", "--category", "City", "--breaking")
    hook = stored(newsbot)
    assert said.splitlines() == [
        "Hook newsroom added, as source 1.",
        "Address: https://news.example/bot/hooks/newsroom (by NEWSBOT_PUBLIC_URL)",
        f"Secret: {hook.secret}",
        "It is shown only now; `newsbot hook rotate newsroom` makes another one.",
    ]
    assert len(hook.secret) >= 43
    assert hook.secret not in newsbot.good("hook", "list") + newsbot.good("hook", "list", "--json") + repr(hook)
    assert newsbot.good("source", "list") == "1  hook  -  City  hook:newsroom  breaking, nothing came yet\n"
    [listed] = json.loads(newsbot.good("source", "list", "--json"))
    assert (listed["kind"], listed["due"], listed["interval_seconds"]) == ("hook", None, None)
    assert newsbot.good("refresh") == "No source is visited.\n"
    assert newsbot.good("source", "export").count("<outline") == 0


@pytest.mark.parametrize(
    ("settings", "address", "complaint"),
    [
        ({}, "http://127.0.0.1:8081/hooks/newsroom (the local address", "NEWSBOT_WEB is empty"),
        ({"NEWSBOT_WEB": "9000"}, "http://127.0.0.1:9000/hooks/newsroom (the local address by NEWSBOT_WEB; set", ""),
    ],
)
def test_the_address_says_who_reaches_it(
    newsbot: CommandLine, settings: dict[str, str], address: str, complaint: str
) -> None:
    newsbot.set(**settings)
    status, said, complained = newsbot("hook", "add", "newsroom")
    assert status == 0
    assert address in said
    assert complaint in complained
    assert bool(complaint) == bool(complained)


def test_a_second_hook_of_that_name_is_refused_and_the_first_keeps_its_secret(newsbot: CommandLine) -> None:
    newsbot("hook", "add", "newsroom")
    secret = stored(newsbot).secret
    status, said, complained = newsbot("hook", "add", "newsroom", "--kind", "ghost")
    assert (status, said) == (1, "")
    assert "hook newsroom: there is one already" in complained
    assert stored(newsbot).secret == secret


@pytest.mark.parametrize("name", ["", "News", "a/b", "..", "-x", "a" * 41, "مكتب"])
def test_a_name_that_is_no_end_of_an_address_is_refused(newsbot: CommandLine, name: str) -> None:
    status, said, complained = newsbot("hook", "add", "--", name)
    assert (status, said) == (2, "")
    assert "can't be the end of an address" in complained


def test_a_new_secret_leaves_the_former_one_valid_for_a_day_or_not_at_all(newsbot: CommandLine) -> None:
    newsbot("hook", "add", "newsroom")
    first = stored(newsbot).secret
    said = newsbot.good("hook", "rotate", "newsroom")
    second = stored(newsbot)
    assert f"Secret: {second.secret}\n" in said
    assert second.secrets(datetime.now(UTC)) == (second.secret, first)
    answer = json.loads(newsbot.good("hook", "rotate", "newsroom", "--at-once", "--json"))
    third = stored(newsbot)
    assert third.secrets(datetime.now(UTC)) == (third.secret,) == (answer["secret"],)


def test_the_list_tells_of_calls_and_of_the_last_one_that_was_refused(newsbot: CommandLine) -> None:
    assert newsbot("hook", "list")[1] == "No hooks yet: `newsbot hook add NAME` adds one.\n"
    newsbot.set(NEWSBOT_WEB="8081")
    newsbot.good("hook", "add", "newsroom")
    place = "newsroom  generic  -  http://127.0.0.1:8081/hooks/newsroom"
    assert newsbot.good("hook", "list") == f"{place}  no call yet\n"
    now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    async def call() -> None:
        async with open_storage(f"sqlite:///{newsbot.folder / 'news.db'}") as storage:
            calls = [
                AcceptedCall(counts=HookCounts(stored=2, unchanged=1)),
                AcceptedCall(counts=HookCounts(changed=1)),
            ]
            await storage.hooks.note_accepted(1, calls, now=now, forget_before=now)
            await storage.hooks.note_refused(1, 3, "this is no JSON", now=now)

    asyncio.run(call())
    assert newsbot.good("hook", "list") == (
        f"{place}  2 calls, the last 2026-03-01T12:00:00Z: 2 stored, 1 changed, 0 withdrawn, 1 unchanged;"
        " 3 refused, the last 2026-03-01T12:00:00Z: this is no JSON\n"
    )
    [listed] = json.loads(newsbot.good("hook", "list", "--json"))
    assert listed == {
        "name": "newsroom", "kind": "generic", "source": 1, "url": "http://127.0.0.1:8081/hooks/newsroom",
        "category": None, "breaking": False, "paused": False, "last_call": "2026-03-01T12:00:00Z",
        "last_refused": "2026-03-01T12:00:00Z", "last_error": "this is no JSON", "calls": 2, "refused": 3,
        "stored": 2, "changed": 1, "withdrawn": 0, "unchanged": 1,
    }  # fmt: skip


def test_a_hook_that_is_removed_leaves_its_name_free(newsbot: CommandLine) -> None:
    newsbot("hook", "add", "newsroom")
    assert newsbot.good("hook", "remove", "newsroom") == "Hook newsroom removed; its articles stay.\n"
    for command in ("remove", "rotate"):
        status, said, complained = newsbot("hook", command, "newsroom")
        assert (status, said) == (1, "")
        assert "hook newsroom: there is none of that name" in complained
    assert newsbot("hook", "add", "newsroom")[0] == 0


def test_a_check_tells_that_no_call_reaches_a_hook(newsbot: CommandLine) -> None:
    newsbot("hook", "add", "newsroom")
    assert "so no call reaches a hook" in "".join(newsbot("check")[1:])
    newsbot.set(NEWSBOT_WEB="8081")
    said = "".join(newsbot("check")[1:])
    assert "so no call reaches a hook" not in said
    assert "hooks are called from this machine only" in said


def test_the_audit_log_says_who_added_changed_and_removed_a_hook(newsbot: CommandLine) -> None:
    newsbot("hook", "add", "newsroom")
    newsbot("hook", "rotate", "newsroom")
    newsbot("hook", "remove", "newsroom")
    entries = json.loads(newsbot.good("audit", "--json"))
    assert [(one["action"], one["name"], one["detail"]) for one in entries] == [
        ("source remove", "newsroom", None),
        ("source edit", "newsroom", "new secret"),
        ("source add", "newsroom", "hook"),
    ]
