"""The bench of stories runs on any data of its form, and counts as B-cubed is defined."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.text.stories import bcubed, cost, measure, pairs
from bench.text.tables import Table

FERRY = "The night ferry to the Crane Islands sails again after the fire in its engine room, its captain said. "
OLIVES = "Olives in the valley of cypresses are harvested early this year, after a summer with little rain. "


def write(path: Path, records: list[dict[str, Any]]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(json.dumps(record) for record in records))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    texts = [("ferry", FERRY), ("olives", OLIVES)] * 4
    more = " ".join(f"word{number}" for number in range(70))
    write(
        tmp_path / "stories" / "ar_clusters.jsonl",
        [
            {"cluster": name, "title": text, "text": text + more, "time": f"Mon, 12 Mar 2018 0{hour}:00:00 GMT"}
            for hour, (name, text) in enumerate(texts)
        ],
    )
    write(
        tmp_path / "stories" / "en_headline_clusters.jsonl",
        [
            {"cluster": name, "title": text, "timestamp": str(1394470370000 + place)}
            for place, (name, text) in enumerate(texts)
        ],
    )
    write(
        tmp_path / "stories" / "pairs_multilingual.jsonl",
        [
            {
                "lang1": "en",
                "text1": FERRY + more,
                "text2": other + more[: 20 * same],
                "overall": 1.0 if same else 4.0,
            }
            for other, same in ((FERRY, 1), (OLIVES, 0))
        ]
        * 4,
    )
    return tmp_path


def rows(table: Table) -> dict[str, tuple[float | str | None, ...]]:
    return dict(table.rows)


@pytest.mark.slow
def test_every_table_is_made_of_a_small_folder(data: Path) -> None:
    groups, told_apart, copies, costs = measure(data, quick=True)
    assert rows(groups)["en, titles only: all"] == (1.0,) * 6
    assert rows(told_apart)["en: 8 pairs"][:2] == (1.0, 1.0)
    assert rows(copies)["copy: end cut"][1] == 1.0
    assert len(costs.rows) == 6


def test_pairs_collected_weeks_apart_count_only_among_all(data: Path) -> None:
    file = data / "stories" / "pairs_multilingual.jsonl"
    records = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    far = dict(records[0], id="1500000000_1520000000", overall=4.0)
    near = [dict(one, id="1500000000_1500900000") for one in records]
    write(file, [*near, *[far] * 4])
    found = rows(pairs(data / "stories"))
    assert found["all languages: all, 12"][2] == 0.5
    assert found["collected within three days: all, 8"][2] == 1.0


def test_bcubed_of_one_group_and_of_each_alone() -> None:
    truth = ["a", "a", "b"]
    assert bcubed(truth, [1, 1, 2]) == (1.0, 1.0, 1.0)
    assert bcubed(truth, [1, 1, 1])[:2] == pytest.approx((5 / 9, 1.0))
    assert bcubed(truth, [1, 2, 3])[:2] == pytest.approx((1.0, 2 / 3))


async def test_the_cost_is_measured_for_each_fifth() -> None:
    table = await cost(250)
    assert [name for name, _ in table.rows][:2] == ["at 50 in the window", "at 100 in the window"]
    assert rows(table)["bytes an article in the window"] > (0.0,)
