"""Search and summaries on labelled data: `python bench/text.py DATA` prints MRR@10 and ROUGE-2 F1.

DATA holds search/NAME_{passages,queries}.jsonl (id, title, text; query, rel) and summaries/NAME.jsonl.
"""

import itertools
import json
import re
import sqlite3
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bot.text.arabic import fold
from bot.text.search import index_form, match_query
from bot.text.summary import summarise


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def search_mrr(passages: list[dict[str, Any]], queries: list[dict[str, Any]]) -> float:
    """Mean reciprocal rank at 10; a query asks for any of its words, ranked by BM25."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE t USING fts5 (body, tokenize = 'unicode61 remove_diacritics 0')")
    database.executemany(
        "INSERT INTO t (rowid, body) VALUES (?, ?)",
        [(number, index_form(passage["text"], "ar")) for number, passage in enumerate(passages, 1)],
    )
    total = 0.0
    for query in queries:
        match = match_query(query["query"], any_word=True)
        rows = (
            database.execute("SELECT rowid FROM t WHERE t MATCH ? ORDER BY bm25(t) LIMIT 10", (match,)).fetchall()
            if match
            else []
        )
        ranks = [rank for rank, (row,) in enumerate(rows, 1) if passages[row - 1]["id"] in query["rel"]]
        total += 1 / ranks[0] if ranks else 0.0
    return total / len(queries)


def rouge_2(candidate: str, reference: str) -> float:
    def pairs(text: str) -> Counter[tuple[str, str]]:
        words = re.findall(r"\w+", fold(text))
        return Counter(itertools.pairwise(words))

    ours, theirs = pairs(candidate), pairs(reference)
    common = sum((ours & theirs).values())
    return 2 * common / (sum(ours.values()) + sum(theirs.values())) if common else 0.0


def summary_scores(articles: list[dict[str, Any]], language: str) -> tuple[float, float, float]:
    """ROUGE-2 F1 (mean over references), words of a summary, milliseconds an article."""
    score, words, start = 0.0, 0, time.perf_counter()
    for article in articles:
        text = article.get("text") or article["body"]
        references = article.get("references") or article.get("summaries") or [article.get("summary")]
        said = " ".join(summarise(text, language=language, title=article.get("title") or ""))
        words += len(said.split())
        score += sum(rouge_2(said, reference) for reference in references) / len(references)
    return score / len(articles), words / len(articles), (time.perf_counter() - start) * 1000 / len(articles)


def main(data: Path) -> None:
    for name in sorted({path.name.rsplit("_", 1)[0] for path in (data / "search").glob("*.jsonl")}):
        passages = lines(data / "search" / f"{name}_passages.jsonl")
        queries = lines(data / "search" / f"{name}_queries.jsonl")
        print(f"search    {name:10} MRR@10 {search_mrr(passages, queries):.3f}")
    for path in sorted((data / "summaries").glob("*.jsonl")):
        score, words, cost = summary_scores(lines(path), path.stem[-2:])
        print(f"summaries {path.stem:10} ROUGE-2 {score:.3f}  {words:.0f} words  {cost:.1f} ms")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
