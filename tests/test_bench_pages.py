"""What is measured of languages and pages is counted as it says, on data made here."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.text import languages, pages, pictures, saved
from bench.text.layouts import KINDS, Article

ENGLISH = """
The boat left the old harbour at noon with forty passengers and the first mail of the year on board, and its captain
said that the crossing had been calm.

Two more boats will follow before the evening, one of them with the children of the sailors, who go to school on the
other side of the bay in the winter months.

The council meets on Monday to talk about a longer pier and the price of the tickets.
"""
ARABIC = """
غادرت العبّارة الميناء القديم صباح اليوم وعلى متنها أربعون راكباً وأول بريد في السنة الجديدة، وقال القبطان إن البحر كان
هادئاً طوال الطريق.

ويتبعها قاربان آخران قبل حلول المساء، على متن أحدهما أبناء البحارة الذين يذهبون إلى المدرسة في الجهة الأخرى من الخليج
خلال الشتاء.

ويجتمع المجلس يوم الاثنين للحديث عن رصيف أطول وعن أسعار التذاكر، ويقول الصيادون إن المرفأ يحتاج إلى حارس في الليل
وإلى مصباح فوق الصخور.
"""


def paragraphs(text: str) -> str:
    """One a line, as the data have them."""
    return "\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    texts = [{"title": f"Ferry number {n} sails from the harbour", "text": paragraphs(ENGLISH)} for n in range(10)]
    arabic = [{"title": f"العبّارة رقم {n} تغادر المرفأ القديم", "text": paragraphs(ARABIC)} for n in range(10)]
    pairs = [{"lang1": "en", "text1": ENGLISH, "lang2": "ar", "text2": ARABIC}]
    (tmp_path / "summaries").mkdir()
    (tmp_path / "stories").mkdir()
    for name, records in (
        ("summaries/bbc_en.jsonl", texts),
        ("summaries/bbc_ar.jsonl", arabic),
        ("stories/pairs_multilingual.jsonl", pairs),
    ):
        (tmp_path / name).write_text("\n".join(json.dumps(one) for one in records))
    return tmp_path


@pytest.mark.slow
def test_every_kind_of_page_is_read_whole(data: Path) -> None:
    even, odd, *_ = pages.measure(data, quick=True)
    for table in (even, odd):
        ours = dict(table.rows)["ours"][:-1]
        assert ours == pytest.approx([1.0] * len(ours)), dict(zip(table.columns, ours, strict=False))
        assert {name for name, _ in table.rows} >= {"trafilatura, favor_precision", "readability-lxml"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_holds_its_article_and_what_does_not_belong_to_it(kind: Callable[[Article], str]) -> None:
    article = Article(
        title="Ferry sails", paragraphs=("One & two.", "Three."), language="en", url="https://a.example/1"
    )
    text = kind(article)
    assert "One &amp; two." in text
    assert article.around.also in text
    assert article.around.others[0] in text


@pytest.mark.parametrize(
    ("found", "f1"), [("a b c", 1.0), ("a b", 0.8), ("a b c d e f", 2 / 3), ("x", 0.0), ("", 0.0)]
)
def test_a_body_is_compared_by_its_words(found: str, f1: float) -> None:
    assert pages.f1("a b c", found) == pytest.approx(f1)


def test_languages_are_counted_by_length_and_half(data: Path) -> None:
    even, odd, confused = languages.measure(data, quick=True)
    for table in (even, odd):
        rows = dict(table.rows)
        assert set(rows) == {
            f"{name}, {cut}" for name in ("ours", "py3langid") for cut in ("4 words", "6 words", "10 words", "text")
        }
        assert rows["ours, text"][: len(table.columns) - 1] == (1.0, 1.0, 1.0)  # all, ar, en
    assert confused.columns == ("ours", "py3langid")


@pytest.mark.parametrize(
    ("language", "length", "cut"), [("en", 2, "one two"), ("zh", 2, "面包价格"), ("en", "text", "one two three")]
)
def test_a_title_is_the_first_words_of_a_text(language: str, length: int | str, cut: str) -> None:
    text = "面包价格再次上涨" if language == "zh" else "one two three"
    assert languages.cut(language, text, length) == cut


def test_pictures_of_saved_pages_are_counted_by_their_files(data: Path) -> None:
    inner = "".join(f"<p>{text}</p>" for text in paragraphs(ENGLISH).split("\n"))
    (data / "pages").mkdir()
    (data / "pages" / "ferry.html").write_text(
        f"<html><head><title>Ferry</title></head><body><h1>Ferry</h1><img src='/ferry-boat.jpg'>{inner}</body></html>"
    )
    known = {"file": "ferry.html", "url": "https://a.example/1", "body": ENGLISH}
    truth = [known | {"pictures": pictures} for pictures in (["/x/ferry-boat.jpg?w=9", "/other-boat.jpg"], [])]
    (data / "pages" / "truth.jsonl").write_text("\n".join(json.dumps(one | {"half": "odd"}) for one in truth))
    [table] = [table for table in pages.measure(data, quick=True) if table.title.startswith("Pictures of saved")]
    assert table.rows == (("ours", (0.5, 0.5)),)


def test_saved_pages_are_compared_with_what_should_be_read_of_them(data: Path) -> None:
    body = paragraphs(ENGLISH)
    inner = "".join(f"<p>{text}</p>" for text in body.split("\n"))
    (data / "pages").mkdir()
    (data / "pages" / "ferry.html").write_text(
        f"<html><head><title>Ferry sails | Harbour</title></head><body><h1>Ferry sails</h1>{inner}</body></html>"
    )
    known = {"file": "ferry.html", "url": "https://a.example/1", "body": body, "title": "Ferry Sails!"}
    wrong = {"file": "ferry.html", "body": ARABIC, "date": "2022-01-19", "half": "even"}
    (data / "pages" / "truth.jsonl").write_text("\n".join(json.dumps(one) for one in (known, known, wrong)))
    even, odd = list(pages.measure(data, quick=True))[4:]
    ours = dict(zip(odd.columns, dict(odd.rows)["ours"], strict=True))
    assert ours | {"ms": 0} == {
        "precision": 1.0, "recall": 1.0, "F1": 1.0, "F1 words": 1.0, "F1 ar": None, "title": 1.0, "date": None,
        "author": None, "image": None, "link": None, "ms": 0,
    }  # fmt: skip
    ours = dict(zip(even.columns, dict(even.rows)["ours"], strict=True))
    assert (ours["F1"], ours["F1 ar"], ours["title"], ours["date"]) == (0.5, 0.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("found", "precision", "recall"),
    [
        ("a b c d e f", 1.0, 1.0),
        ("A b, c d!", 1.0, 1 / 3),
        ("a b c d e f g h i", 0.5, 1.0),
        ("f e d c b a", 0.0, 0.0),
        ("", 0.0, 0.0),
    ],
)
def test_a_saved_body_is_compared_by_sequences_of_words(found: str, precision: float, recall: float) -> None:
    assert saved.compared("a b c d e f", found)[:2] == pytest.approx((precision, recall))


def test_pictures_of_made_pages_are_compared_with_what_each_page_names() -> None:
    for half, fewest in (("even", 30), ("odd", 10)):
        assert len(found := pictures.pages(half)) >= fewest
        assert all(one.wanted and all(name.lower() in one.html.lower() for name in one.wanted) for one in found)
    for table, precision, recall in zip(pictures.measure(), (0.96, 0.9), (0.98, 0.95), strict=True):
        [(_, figures)] = table.rows
        assert figures[0] is not None
        assert figures[1] is not None
        assert (figures[0], figures[1]) >= (precision, recall)
