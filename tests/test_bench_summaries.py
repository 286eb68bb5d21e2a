"""How summaries are measured: who chooses among which sentences, and what is counted."""

import json
from pathlib import Path

import pytest

from bench.text.summaries import measure, pairs, rouge_2, tokens

ARABIC = [
    "أعلنت بلدية المرفأ أمس أن الجسر الجديد سيفتح أمام السيارات في مطلع الشهر المقبل.",
    "وبلغت كلفة الجسر ثلاثة ملايين دولار دفعت الحكومة نصفها.",
    "وسيخفف الجسر الازدحام عند مدخل المرفأ كما تأمل البلدية.",
    "وأنهى المهندسون فحص الأعمدة التي تضررت في عاصفة الشتاء.",
]


def test_arabic_words_are_counted_in_one_spelling() -> None:
    assert tokens("أكّدت الـبلدية؛ 3.5 Per cent") == ["اكدت", "البلديه", "3", "5", "per", "cent"]


def test_rouge_2_is_the_f1_of_word_pairs_mean_over_the_references() -> None:
    words = "the port is open".split()
    same, half, none = pairs(words), pairs("the port is closed now".split()), pairs(["shut"])
    assert rouge_2(words, [same]) == 1
    assert rouge_2(words, [half]) == pytest.approx(2 * 2 / (3 + 4))
    assert rouge_2(words, [same, none]) == 0.5


def test_every_system_is_measured_on_every_set_uncut_and_cut(tmp_path: Path) -> None:
    folder = tmp_path / "summaries"
    folder.mkdir()
    english = {
        "text": "Port opens\n\nThe port opened on Monday. Rain fell. Ships came into the port on Monday. All left.",
        "summaries": ["The port opened on Monday. Rain fell. Ships came into the port on Monday."],
    }
    arabic = {"title": "جسر المرفأ", "text": "\n".join(ARABIC), "summaries": [" ".join(ARABIC[:3]), ARABIC[0]]}
    for name, record in (("bbc_en", english), ("news_ar", arabic)):
        (folder / f"{name}.jsonl").write_text("\n".join([json.dumps(record)] * 2), "utf-8")
    found = list(measure(tmp_path, False))
    assert len(found) == 6
    assert len(list(measure(tmp_path, True))) == 3
    uncut, cut = found[0], found[1]
    assert uncut.columns == ("bbc_en", "news_ar", "mean", "words", "ms/400 words")
    assert "cut at 40 words" in cut.title
    rows = dict(uncut.rows)
    assert list(rows) == ["lead", "ours", "sumy LexRank", "sumy TextRank", "sumy LSA", "sumy Luhn"]
    assert rows["lead"][0] == 1  # without the headline
    assert rows["ours"][1] == rows["lead"][1]
