"""Search: how far up the paragraph stands that answers a question, how long that takes, and what it costs to keep.

Needs `search/<set>_passages.jsonl` (`id`, `text`) and `search/<set>_queries.jsonl` (`query`, `rel`: ids of passages).

The headlines of articles are pasted as queries that their bodies should answer, among the other passages: those of
`summaries/*.jsonl` and `stories/*.jsonl` that have a `title` and a `text`.
"""

import asyncio
import itertools
import math
import random
import re
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import Stemmer

from bench.postgres import Server, bench_server, programs
from bench.text.tables import Table, read_json_lines, split_in_halves
from bot.chat.searching import NoSuchName, resolve_names, search_with_correction
from bot.text.arabic import is_arabic, normalize, stem
from bot.text.search import STOP_WORDS, index_form, search_text, understood
from storage import Storage, open_storage
from storage.records import NewArticle, Query, SearchText, Text

NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
RANKS: Final = 10
FILLED_AT_ONCE: Final = 1_000
QUOTED: Final = re.compile(r"""["“”„«»].+["“”„«»]""")
WORD: Final = re.compile(r"\w+")
OURS: Final = "ours"
ASKED_WORDS: Final = 8
SAME_STORY: Final = 2.0  # "overall" of two reports on one story, at most
UNSPACED: Final = frozenset({"zh", "ja"})
SNOWBALL: Final = {
    "ar": "arabic", "de": "german", "en": "english", "es": "spanish", "fa": "persian", "fr": "french",
    "id": "indonesian", "it": "italian", "pl": "polish", "ru": "russian", "tr": "turkish",
}  # fmt: skip


def measure(data: Path, quick: bool) -> Iterator[Table]:
    sets = _sets(data / "search")
    vocabulary = _vocabulary(data / "search")
    with _databases() as databases:
        yield from _found(sets, "questions", databases)
        yield from _found(_headlines(data, sets), "headlines", databases)
        yield from _found_reports(data, databases[0])
        yield asyncio.run(_cost(vocabulary, 200 if quick else 5_000))
        for articles in (2_000,) if quick else (100_000, 1_000_000):
            for database in databases:
                yield asyncio.run(_speed(vocabulary, articles, database, times=10 if quick else 200))


@dataclass(frozen=True, slots=True)
class _Database:
    name: str
    server: Server | None


# How well is found


@dataclass(frozen=True, slots=True)
class _Set:
    name: str
    passages: list[dict[str, Any]]
    queries: list[dict[str, Any]]


def _sets(folder: Path) -> list[_Set]:
    names = sorted(file.name.removesuffix("_queries.jsonl") for file in folder.glob("*_queries.jsonl"))
    return [
        _Set(
            name,
            read_json_lines(folder / f"{name}_passages.jsonl"),
            read_json_lines(folder / f"{name}_queries.jsonl"),
        )
        for name in names
    ]


def _headlines(data: Path, others: Sequence[_Set]) -> list[_Set]:
    """Returns the headlines whose bodies are known, and those of them that have quotes."""
    paths = [path for folder in ("stories", "summaries") for path in sorted((data / folder).glob("*.jsonl"))]
    records = [record for path in paths for record in read_json_lines(path)]
    bodies = {record["title"]: record["text"] for record in records if record.get("title") and record.get("text")}
    passages = [{"id": title, "text": body} for title, body in bodies.items()]
    passages += [passage for one in others for passage in one.passages]
    queries = [{"query": title, "rel": [title]} for title in bodies]
    quoted = [query for query in queries if QUOTED.search(query["query"])]
    return [
        _Set(name, passages, asked) for name, asked in (("pasted", queries), ("pasted, with quotes", quoted)) if asked
    ]


def _found(sets: Sequence[_Set], asked: str, databases: Sequence[_Database]) -> Iterator[Table]:
    for one in sets:
        ours = {f"{OURS}, {database.name}": asyncio.run(_ours(one, database)) for database in databases}
        systems = {**_others(one), **ours}
        rows = []
        for name, answers in systems.items():
            ranks = [_reciprocal(answer, query["rel"]) for answer, query in zip(answers, one.queries, strict=True)]
            tuned, judged = split_in_halves(ranks)
            rows.append((name, (_mean(ranks), _mean(tuned), _mean(judged))))
        yield Table(
            title=f"Search, {one.name}: mean reciprocal rank at 10 of {len(one.queries)} {asked}",
            columns=("all", "tuned on", "judged by"),
            rows=tuple(rows),
        )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _reciprocal(answer: Sequence[str], relevant: Sequence[str]) -> float:
    return next((1 / place for place, found in enumerate(answer[:RANKS], 1) if found in relevant), 0.0)


async def _ours(one: _Set, database: _Database, language: str = "ar") -> list[list[str]]:
    """Through storage, as /search does it; each passage is an article's body, and all are of one age."""
    async with _opened(database) as storage:
        articles = [_article(passage["id"], "", passage["text"], language) for passage in one.passages]
        stored = await storage.articles.store(articles, now=NOW)
        names = dict(zip(stored.added, [passage["id"] for passage in one.passages], strict=True))
        answers: list[list[str]] = []
        for query in one.queries:
            typed, asked = await resolve_names(storage, understood(query["query"]), None)
            if isinstance(asked, NoSuchName):
                answers.append([])
                continue
            hits, _ = await search_with_correction(storage, typed, asked, limit=RANKS)
            answers.append([names[headline.id] for headline in hits.headlines])
        return answers


def _others(one: _Set) -> dict[str, list[list[str]]]:
    ids = [passage["id"] for passage in one.passages]
    texts = [passage["text"] for passage in one.passages]
    asked = [query["query"] for query in one.queries]
    arabic = Stemmer.Stemmer("arabic")

    def snowball(text: str) -> list[str]:
        return [str(word) for word in arabic.stemWords(WORD.findall(text.casefold()))]

    def light(text: str) -> list[str]:
        return [stem(word) if is_arabic(word) else word for word in WORD.findall(normalize(text))]

    def fours(text: str) -> list[str]:
        padded = [f" {word} " for word in WORD.findall(normalize(text))]
        return [word[start : start + 4] for word in padded for start in range(max(1, len(word) - 3))]

    return {
        "FTS5 as it comes": _fts5(ids, texts, asked, WORD.findall),
        "FTS5, folded": _fts5(ids, texts, asked, lambda text: WORD.findall(normalize(text))),
        "FTS5, folded, light stem": _fts5(ids, texts, asked, light),
        "BM25, Snowball": _bm25(ids, texts, asked, snowball),
        "BM25, letters by four": _bm25(ids, texts, asked, fours),
    }


def _fts5(
    ids: Sequence[str], texts: Sequence[str], asked: Sequence[str], words: Callable[[str], list[str]]
) -> list[list[str]]:
    with closing(sqlite3.connect(":memory:")) as index:
        index.execute("CREATE VIRTUAL TABLE passages USING fts5 (body)")
        index.executemany(
            "INSERT INTO passages (rowid, body) VALUES (?, ?)", enumerate(" ".join(words(t)) for t in texts)
        )
        answers = []
        for query in asked:
            match = " OR ".join(f'"{word}"' for word in words(query)) or '""'
            rows = index.execute(
                "SELECT rowid FROM passages WHERE passages MATCH ? ORDER BY rank LIMIT ?", (match, RANKS)
            )
            answers.append([ids[row] for (row,) in rows])
        return answers


def _bm25(
    ids: Sequence[str], texts: Sequence[str], asked: Sequence[str], words: Callable[[str], list[str]]
) -> list[list[str]]:
    bags = [Counter(words(text)) for text in texts]
    usual = _mean([bag.total() for bag in bags])
    standing: dict[str, list[int]] = defaultdict(list)
    for n, bag in enumerate(bags):
        for word in bag:
            standing[word].append(n)
    answers = []
    for query in asked:
        scores: dict[int, float] = defaultdict(float)
        for word in words(query):
            having = len(standing[word]) if word in standing else 0
            rarity = math.log(1 + (len(bags) - having + 0.5) / (having + 0.5))
            for n in standing[word] if having else ():
                count = bags[n][word]
                scores[n] += rarity * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * bags[n].total() / usual))
        answers.append([ids[n] for n in sorted(scores, key=lambda n: -scores[n])[:RANKS]])
    return answers


def _found_reports(data: Path, database: _Database) -> Iterator[Table]:
    """One report of a story is asked for by the first words of another one, in each language that has such pairs."""
    path = data / "stories/pairs_multilingual.jsonl"
    pairs = [one for one in read_json_lines(path) if one["lang1"] == one["lang2"]] if path.exists() else []
    rows = []
    for language in sorted({one["lang1"] for one in pairs}):
        own = [one for one in pairs if one["lang1"] == language]
        texts = dict.fromkeys(one[name].strip() for one in own for name in ("text1", "text2"))
        queries = [
            {"query": _opening(one["text1"]), "rel": [one["text2"].strip()]}
            for one in own
            if one["overall"] <= SAME_STORY and one["text1"].strip() != one["text2"].strip()
        ]
        reports = _Set(language, [{"id": text, "text": text} for text in texts], queries)
        if queries and language not in UNSPACED:
            rows.append((language, _found_in(reports, database)))
    if rows:
        yield Table(
            title=f"Search: mean reciprocal rank of a report, by {ASKED_WORDS} words of another one on its story",
            columns=("queries", "FTS5, folded", "BM25, Snowball", OURS),
            rows=tuple(rows),
            note="The report with these words stands first where it is found; it does not count.",
        )


def _opening(text: str) -> str:
    return " ".join(text.split()[:ASKED_WORDS])


def _found_in(reports: _Set, database: _Database) -> tuple[float, ...]:
    """Returns the number of queries, and how well each system answers them."""
    ids = [passage["id"] for passage in reports.passages]
    asked = [query["query"] for query in reports.queries]
    snowball = Stemmer.Stemmer(SNOWBALL[reports.name]) if reports.name in SNOWBALL else None

    def stems(text: str) -> list[str]:
        words = WORD.findall(text.casefold())
        return [str(word) for word in snowball.stemWords(words)] if snowball else words

    systems = (
        _fts5(ids, ids, asked, lambda text: WORD.findall(normalize(text))),
        _bm25(ids, ids, asked, stems),
        asyncio.run(_ours(reports, database, reports.name)),
    )
    found = []
    for answers in systems:
        others = [
            [one for one in answer if one in query["rel"] or _opening(one) != query["query"]]
            for answer, query in zip(answers, reports.queries, strict=True)
        ]
        found.append(_mean([_reciprocal(a, q["rel"]) for a, q in zip(others, reports.queries, strict=True)]))
    return (len(asked), *found)


# How fast, and at what cost


def _vocabulary(folder: Path) -> list[str]:
    """The words of all passages, the commonest first."""
    counted = Counter(word for one in _sets(folder) for passage in one.passages for word in passage["text"].split())
    return [word for word, _ in counted.most_common()]


def _written(vocabulary: Sequence[str], chance: random.Random) -> Iterator[tuple[str, str]]:
    """Titles and bodies without end, their words drawn by Zipf's law: the n-th is n times rarer than the first."""
    drawn = list(itertools.accumulate(1 / place for place in range(1, len(vocabulary) + 1)))
    while True:
        length = max(20, int(chance.lognormvariate(math.log(120), 0.5)))
        words = chance.choices(vocabulary, cum_weights=drawn, k=length + 9)
        yield " ".join(words[:9]), " ".join(words[9:])


def _asked(vocabulary: Sequence[str], words: int, chance: random.Random) -> str:
    """Half of the queries are drawn as the articles are; the other half of the hundred commonest words alone, without
    those that ask rather than tell.
    """
    telling = [word for word in vocabulary if normalize(word) not in STOP_WORDS]
    if chance.random() < 0.5:
        return " ".join(chance.sample(telling[:100], min(words, len(telling))))
    drawn = list(itertools.accumulate(1 / place for place in range(1, len(telling) + 1)))
    return " ".join(chance.choices(telling, cum_weights=drawn, k=words))


def _quoted(query: str, words: int) -> str:
    """Puts the last words into quotes. Words that were drawn by chance hardly ever stand side by side."""
    if not words:
        return query
    written = query.split()
    return f'{" ".join(written[:-words])} "{" ".join(written[-words:])}"'


async def _speed(vocabulary: Sequence[str], articles: int, database: _Database, *, times: int) -> Table:
    chance = random.Random(7)
    async with _opened(database) as storage:
        await _fill(storage, vocabulary, articles, chance)
        rows = []
        for words, quoted in ((1, 0), (2, 0), (3, 0), (4, 0), (6, 0), (8, 0), (8, 3)):
            waited, spent = [], []
            for _ in range(times):
                typed = understood(_quoted(_asked(vocabulary, words, chance), quoted))
                begun, spent_before = time.perf_counter(), time.process_time()
                await search_with_correction(storage, typed, Query(terms=typed.terms), limit=RANKS)
                waited.append((time.perf_counter() - begun) * 1_000)
                spent.append((time.process_time() - spent_before) * 1_000)
            figures = [_percentile(taken, part) for taken in (waited, spent) for part in (50, 99)]
            rows.append((f"{words} words" + (f", {quoted} in quotes" if quoted else ""), tuple(figures)))
    return Table(
        title=f"Search on {database.name}, milliseconds in {articles:,} articles of about 120 words",
        columns=("p50", "p99", "CPU p50", "CPU p99"),
        rows=tuple(rows),
        note="Half of the queries are of the hundred commonest words alone. CPU is that of all threads, without a"
        " server's.",
    )


def _percentile(values: list[float], part: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * part // 100)]


async def _fill(storage: Storage, vocabulary: Sequence[str], articles: int, chance: random.Random) -> None:
    """Past `Articles.store`, which would take a quarter of an hour for a million."""
    forms = {word: index_form(word, "ar") for word in vocabulary}
    written = _written(vocabulary, chance)
    begun = int(NOW.timestamp() * 1_000) - articles * 60_000
    for first in range(1, articles + 1, FILLED_AT_ONCE):
        batch: list[dict[str, Any]] = [
            {
                "id": number,
                "title": title,
                "body": body,
                "title_forms": " ".join(forms[word] for word in title.split()),
                "body_forms": " ".join(forms[word] for word in body.split()),
                "at": begun + number * 60_000,
            }
            for number, (title, body) in zip(
                range(first, min(first + FILLED_AT_ONCE, articles + 1)), written, strict=False
            )
        ]
        async with storage.database.transaction() as transaction:
            await transaction.execute_many(
                """
                INSERT INTO articles (id, identity, title, body, document, lead, summary, language, published_at,
                    stored_at, changed_at, indexed)
                VALUES (:id, :id, :title, :body, '', '', '', 'ar', :at, :at, :at, TRUE)
                """,
                batch,
            )
            texts = {row["id"]: SearchText(title=row["title_forms"], body=row["body_forms"]) for row in batch}
            await transaction.full_text.put(transaction, texts, private={})


async def _cost(vocabulary: Sequence[str], articles: int) -> Table:
    """What search adds to storing an article: the same ones, with and without the words they are found by."""
    texts = list(itertools.islice(_written(vocabulary, random.Random(7)), articles))
    rows = []
    for name, indexed in (("found by their words", True), ("not to be found", False)):
        with TemporaryDirectory() as folder:
            begun = time.process_time()
            async with open_storage(f"sqlite:///{folder}/search.db") as storage:
                for first in range(0, articles, 50):  # as many as a feed has
                    batch = [
                        _article(str(n), title, body, indexed=indexed)
                        for n, (title, body) in enumerate(texts[first : first + 50], first)
                    ]
                    await storage.articles.store(batch, now=NOW)
            spent = (time.process_time() - begun) * 1_000 / articles
            rows.append((name, (_bytes(Path(folder)) / articles, spent)))
    return Table(
        title=f"Search, what each of {articles:,} stored articles of about 120 words costs",
        columns=("bytes", "CPU ms"),
        rows=tuple(rows),
    )


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


@contextmanager
def _databases() -> Iterator[Sequence[_Database]]:
    """SQLite, and PostgreSQL if its programs are there."""
    if programs() is None:
        yield [_Database("SQLite", None)]
        return
    with bench_server() as server:
        yield [_Database("SQLite", None), _Database("PostgreSQL", server)]


@asynccontextmanager
async def _opened(database: _Database) -> AsyncIterator[Storage]:
    """A new database of that kind. A server analyzes a database from time to time; this one does it when it can."""
    with TemporaryDirectory() as folder:
        url = database.server.new_database() if database.server else f"sqlite:///{folder}/search.db"
        async with open_storage(url) as storage:
            yield storage
    if database.server:
        database.server.drop_made()


def _article(identity: str, title: str, body: str, language: str = "ar", *, indexed: bool = True) -> NewArticle:
    text = Text(title=title, body=body, lead="", summary=(), language=language)
    return NewArticle(
        identity=identity,
        text=text,
        search=search_text(title, body, language) if indexed else SearchText(title="", body=""),
        published_at=NOW,
        published_on=None,
    )
