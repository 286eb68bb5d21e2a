"""Encodings: the bytes decide, and a declaration is believed only as far as it can be true."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ingest.formats.encoding import decode, repair_double_encoding

ARABIC = "غادرت العبّارة الميناء صباح اليوم، وعلى متنها أربعون راكباً. هل تعود قبل المساء؟"
FRENCH = "Le bac a quitté l’île à midi ; la traversée était réglée d’avance, même en été."
OTHERS = {
    "windows-1251": "Паром вышел из порта утром",
    "koi8-r": "Паром вышел из порта утром",
    "iso-8859-7": "Το πλοίο έφυγε από το λιμάνι",
    "iso-8859-2": "Prom wypłynął dziś rano, świeże źródła",
    "iso-8859-9": "Gemi bu sabah limandan ayrıldı, işçi şaşırdı",
    "windows-1255": "המעבורת יצאה הבוקר מהנמל",
    "gb18030": "渡轮今天早上离开了港口",
    "shift_jis": "フェリーは今朝港を出た",
    "euc-kr": "페리가 오늘 아침 항구를 떠났다",
}


@given(st.text(), st.sampled_from([None, "utf-8", "windows-1256", "iso-8859-1", "gb18030", "no such thing"]))
def test_utf8_is_utf8_whatever_is_said_of_it(text: str, declared: str | None) -> None:
    data = text.encode()
    if not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and "\x00" not in text:
        assert decode(data, declared=declared) == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_is_believed_and_taken_off(encoding: str) -> None:
    marks = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    assert decode(marks.get(encoding, b"") + ARABIC.encode(encoding), declared="windows-1256") == ARABIC


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_markup_needs_no_mark(encoding: str) -> None:
    text = f'<?xml version="1.0"?><rss>{ARABIC}</rss>'
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "declared",
    [
        None,
        "utf-8",
        "iso-8859-1",
        "windows-1252",
        "windows-1256",
        "iso-8859-6",
        "us-ascii",
        "utf-16",
        "x-unknown",
        "",
    ],
)
@pytest.mark.parametrize(
    ("text", "encoding"),
    [(ARABIC, "windows-1256"), (ARABIC, "iso-8859-6"), (FRENCH, "windows-1252"), ("خبر", "windows-1256")],
    ids="windows-1256 iso-8859-6 windows-1252 one-word".split(),
)
def test_arabic_and_western_text_is_told_by_its_letters(text: str, encoding: str, declared: str | None) -> None:
    assert decode(text.encode(encoding), declared=declared) == text


@pytest.mark.parametrize(("encoding", "text"), OTHERS.items(), ids=OTHERS)
def test_an_encoding_that_nobody_says_by_default_is_believed(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding), declared=encoding) == text
    assert decode(f'<meta charset="{encoding}">{text}'.encode(encoding)).endswith(text)
    assert decode(f"<?xml version='1.0' encoding='{encoding}'?>{text}".encode(encoding)).endswith(text)
    assert decode(f'<meta charset="{encoding}">{text}'.encode(encoding), declared="utf-8").endswith(text)


def test_a_declaration_that_can_not_be_true_is_passed_over() -> None:
    assert decode(ARABIC.encode("windows-1256"), declared="shift_jis") == ARABIC


@pytest.mark.parametrize("declared", ["base64", "rot13", "idna", "undefined", "utf 8\n", "é", "a\x00b", "x" * 5_000])
def test_a_declaration_that_names_no_encoding_does_no_harm(declared: str) -> None:
    assert decode(ARABIC.encode("windows-1256"), declared=declared) == ARABIC


def test_a_stray_byte_does_not_turn_a_long_utf8_text() -> None:
    data = ARABIC.encode() + b"\xff" + ARABIC.encode()
    assert decode(data, declared="windows-1256") == f"{ARABIC}\ufffd{ARABIC}"


@given(st.binary(max_size=80), st.sampled_from([None, "utf-8", "windows-1256", "utf-16", "gb18030", "utf-7"]))
def test_any_bytes_give_a_text(data: bytes, declared: str | None) -> None:
    assert isinstance(decode(data, declared=declared), str)


@pytest.mark.parametrize("text", ["في", "خبر", "خبر عاجل", ARABIC], ids="two three words sentence".split())
@pytest.mark.parametrize("declared", [None, "windows-1256", "iso-8859-1"])
def test_one_broken_byte_does_not_turn_a_short_utf8_text(text: str, declared: str | None) -> None:
    data = text.encode() + b"\xff " + text.encode()
    assert decode(data, declared=declared) == f"{text}\ufffd {text}"


@pytest.mark.parametrize("encoding", ["windows-1256", "iso-8859-6"])
@pytest.mark.parametrize("before", ["", "<meta charset='utf-8'>", "harbour news " * 5_000])
def test_what_stands_before_an_undeclared_text_does_not_hide_it(before: str, encoding: str) -> None:
    assert decode((before + ARABIC).encode(encoding)) == before + ARABIC


def test_undeclared_cyrillic_is_not_taken_for_arabic() -> None:
    text = OTHERS["windows-1251"]
    assert decode(text.encode("windows-1251")) == text


@given(st.text())
def test_a_text_is_changed_only_if_its_letters_are_the_bytes_of_another_one(text: str) -> None:
    repaired = repair_double_encoding(text)
    assert repaired == text or repaired.encode() == b"".join(map(byte_of, text))


def byte_of(letter: str) -> bytes:
    try:
        return letter.encode("latin-1")
    except UnicodeEncodeError:
        return letter.encode("cp1252")


@pytest.mark.parametrize("before", [0, 999, 1_000, 1_001, 2_500])
def test_a_text_that_was_encoded_twice_is_as_it_was_after_much_that_is_ascii(before: int) -> None:
    text = "a" * before + "é und ü"
    assert repair_double_encoding(text.encode().decode("latin-1")) == text
    assert repair_double_encoding(text) == text


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_text_that_was_encoded_twice_is_as_it_was(text: str) -> None:
    assert repair_double_encoding(text.encode().decode("latin-1")) == text


def test_letters_that_were_encoded_by_their_halves_are_whole() -> None:
    text = "Gulls 😀 نوارس"
    written = b"".join(letter.encode() if ord(letter) < 0x10000 else _by_halves(letter) for letter in text)
    assert decode(written) == text


def _by_halves(letter: str) -> bytes:
    pair = letter.encode("utf-16-be")
    return b"".join(chr(int.from_bytes(pair[n : n + 2])).encode("utf-8", "surrogatepass") for n in (0, 2))
