"""The check of the simulator's answers against another project's types finds what is wrong, however deep it is."""

from typing import Any

import pytest

from tests.bot_api_types import check_answer, check_update

MESSAGE: dict[str, Any] = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private", "first_name": "Huda"}}


def page(*blocks: dict[str, Any]) -> dict[str, Any]:
    return MESSAGE | {"rich_message": {"blocks": list(blocks)}}


def paragraph(text: Any) -> dict[str, Any]:
    return {"type": "paragraph", "text": text}


def within(marks: int, text: Any) -> Any:
    return {"type": "bold", "text": [within(marks - 1, text)]} if marks else text


def test_what_is_right_passes() -> None:
    assert check_answer("sendMessage", MESSAGE | {"text": "News"}) == []
    assert check_answer("sendRichMessage", page(paragraph(["a ", within(15, "b")]))) == []
    assert check_answer("deleteWebhook", True) == []
    assert check_update("message", MESSAGE | {"text": "News"}) == []


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (MESSAGE | {"txt": "News"}, "unknown field .txt"),
        (MESSAGE | {"text": 7}, "text: Input should be a valid string"),
        ({"message_id": 1, "date": 1}, "chat: Field required"),
        (page({"type": "poem", "text": "x"}), "does not match any of the expected tags"),
        (page({"type": "heading", "text": "x"}), "size: Field required"),
        (page({"type": "divider", "width": 1}), "unknown field .rich_message.blocks[].width"),
        (page(paragraph({"type": "bolt", "text": "x"})), "Input should be"),
        (page(paragraph(within(15, {"type": "url", "text": "x"}))), "Input should be"),
        (page({"type": "list", "items": [{"blocks": [paragraph("x")]}]}), "label: Field required"),
        (page({"type": "table", "cells": [[{"text": "x", "align": "left"}]]}), "valign: Field required"),
        (page({"type": "photo", "photo": [{"file_id": "a"}]}), "file_unique_id: Field required"),
    ],
)
def test_what_is_wrong_is_named(message: dict[str, Any], reason: str) -> None:
    assert any(reason in wrong for wrong in check_answer("sendRichMessage", message))
    assert any(reason in wrong or "message." in wrong for wrong in check_update("message", message))
