"""The tables of search, on a few texts: ours is measured as the others are, and what it costs is told."""

import json
import random
from itertools import islice
from pathlib import Path

import pytest

from bench.text import search
from bench.text.search import measure

PASSAGES = {
    "ferry": "غرقت العبارة القديمة قرب الجزيرة في ليلة عاصفة.",
    "bridge": "افتتح الوزير الجسر الجديد فوق النهر صباح الأحد.",
    "market": "ارتفعت أسعار الأسماك في سوق المرفأ بعد العاصفة.",
}
QUERIES = [
    ("أين غرقت العبارة؟", "ferry"),
    ("من افتتح الجسر؟", "bridge"),
    ("لماذا ارتفعت الأسعار؟", "market"),
    ("🚢", "ferry"),
]


def folder_with_data(path: Path) -> Path:
    folder = path / "search"
    folder.mkdir()
    passages = [{"id": name, "text": text} for name, text in PASSAGES.items()]
    queries = [{"query": query, "rel": [name]} for query, name in QUERIES]
    for name, records in (("few_passages", passages), ("few_queries", queries)):
        (folder / f"{name}.jsonl").write_text("\n".join(json.dumps(record) for record in records), "utf-8")
    return path


@pytest.mark.slow
def test_every_table_of_search_is_made_from_a_folder_of_data(tmp_path: Path) -> None:
    found, cost, *speeds = measure(folder_with_data(tmp_path), True)
    rows = dict(found.rows)
    assert found.title == "Search, few: mean reciprocal rank at 10 of 4 questions"
    ours = {name: figures for name, figures in rows.items() if name.startswith("ours")}
    assert set(ours.values()) == {(0.75, 1.0, 0.5)}  # the last question has no word in it
    assert rows["BM25, letters by four"] == (0.75, 1.0, 0.5)
    assert len(rows) == 5 + len(ours)
    assert len(ours) == len(speeds)  # one for each database that is there
    (_, (with_words, _)), (_, (without, _)) = cost.rows
    assert isinstance(with_words, float)
    assert isinstance(without, float)
    assert with_words > without
    for speed in speeds:
        assert [name for name, _ in speed.rows] == [
            *(f"{n} words" for n in (1, 2, 3, 4, 6, 8)),
            "8 words, 3 in quotes",
        ]


@pytest.mark.slow
def test_headlines_are_pasted_among_the_passages_and_those_with_quotes_once_more(tmp_path: Path) -> None:
    folder = folder_with_data(tmp_path)
    for name, title, text in (
        ("summaries", "مصدر: إنقاذ 'بحار'", "أنقذ خفر السواحل بحارا."),
        ("stories", '"يوم أسود" للصيادين', "مر يوم صعب على الصيادين وهو يوم أسود بالفعل."),
    ):
        (folder / name).mkdir()
        (folder / name / "few_ar.jsonl").write_text(json.dumps({"title": title, "text": text}), "utf-8")
    tables = {
        table.title: dict(table.rows)["ours, SQLite"] for table in measure(folder, True) if "headlines" in table.title
    }
    assert tables == {
        "Search, pasted: mean reciprocal rank at 10 of 2 headlines": (1.0, 1.0, 1.0),
        "Search, pasted, with quotes: mean reciprocal rank at 10 of 1 headlines": (1.0, 1.0, 0.0),
    }


def test_words_are_drawn_as_often_as_they_are_common() -> None:
    text = " ".join(body for _, body in islice(search._written(["first", "second", "third"], random.Random(1)), 200))
    first, second, third = (text.count(word) for word in ("first", "second", "third"))
    assert 1.8 < first / second < 2.2
    assert 2.7 < first / third < 3.3
