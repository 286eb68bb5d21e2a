"""What a person typed, with whatever unseen marks keyboards leave in it."""

import pytest

from bot.chat.typed import TypedText, parse_typed

RLM, LRM, ALM, ZWSP, BOM, FSI, PDI, VS16 = (
    "\u200f",
    "\u200e",
    "\u061c",
    "\u200b",
    "\ufeff",
    "\u2068",
    "\u2069",
    "\ufe0f",
)


@pytest.mark.parametrize(
    "text",
    [
        "/latest 5",
        "  /latest   5  ",
        "/LATEST\n5",
        f"/latest{RLM} 5",
        f"{RLM}/latest 5",
        f"/{LRM}latest{ALM}{ZWSP} {RLM}5{RLM}",
        f"{BOM}/latest\u00a05{VS16}",
        f"{FSI}/latest{PDI} {FSI}5{PDI}",
        f"/latest {RLM}{RLM} 5",
    ],
)
def test_a_command_is_itself_with_unseen_marks_around_it(text: str) -> None:
    assert parse_typed(text) == TypedText("5", "latest")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"/latest{RLM}", TypedText("", "latest")),
        (f"/latest@newsbot{RLM} الاقتصاد", TypedText("الاقتصاد", "latest", "newsbot")),
        ("/ملخص 3", TypedText("3", "ملخص")),
        ("/latest! 3", TypedText("3", "latest!")),
        ("// 3", TypedText("// 3")),
        ("/", TypedText("/")),
        ("a /latest", TypedText("a /latest")),
        (f" {RLM} ميناء {RLM} ", TypedText("ميناء")),
        ("می\u200cخواهم", TypedText("می\u200cخواهم")),
        (f"{RLM} {ZWSP}", TypedText("")),
        ("", TypedText("")),
    ],
)
def test_words_and_commands(text: str, found: TypedText) -> None:
    assert parse_typed(text) == found


def test_a_text_of_marks_alone_is_read_at_once() -> None:
    assert parse_typed(RLM * 4096) == TypedText("")
    assert parse_typed(f"/latest {RLM * 4000}x{RLM * 4000}") == TypedText("x", "latest")
