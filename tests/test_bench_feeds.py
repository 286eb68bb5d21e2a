"""The table of feeds counts what is there, and tells readers apart that read differently."""

import json
from pathlib import Path

from bench.text import feeds
from tests.site import rss

TITLES = ["العبّارة تغادر الميناء", "افتتاح الجسر الجديد"]


def test_items_links_and_titles_are_counted_for_each_reader(tmp_path: Path) -> None:
    (tmp_path / "feeds").mkdir()
    items = [f"<title>{title}</title><link>https://a.example/{number}</link>" for number, title in enumerate(TITLES)]
    files = {
        "utf8.xml": rss(*items).encode(),
        "hidden.xml": rss(*items).replace('"1.0"?', '"1.0" encoding="utf-8"?').encode("windows-1256"),
        "page.html": b"<html><body>Not found</body></html>",
    }
    with (tmp_path / "feeds" / "manifest.jsonl").open("w") as manifest:
        for name, body in files.items():
            (tmp_path / "feeds" / name).write_bytes(body)
            known = {"file": name, "items": 2, "declared_encoding": "utf-8", "titles": TITLES}
            if name == "page.html":
                known |= {"items": 0, "titles": None}
            manifest.write(json.dumps(known) + "\n")

    found, titles = (table.as_json() for table in feeds.measure(tmp_path, True))
    ours = next(row for row in found["rows"] if row["name"].startswith("ours"))
    assert (ours["feeds"], ours["items"], ours["links"], ours["dates"]) == (2, 4, 4, 0)
    assert {row["name"]: row["ours (read)"] for row in titles["rows"]} == {
        "utf-8, says utf-8": 2,
        "one byte a letter, says utf-8": 2,
    }
    assert all(row["fastfeedparser"] == (2 if row["name"].startswith("utf-8") else 0) for row in titles["rows"])
