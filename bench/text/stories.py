"""Stories: articles grouped as they come in, pairs told apart, copies found, and what an article costs.

Expects of the data folder `stories/ar_clusters.jsonl` and `stories/en_headline_clusters.jsonl` (a line an article:
`cluster`, `title`, the first also `text` and `time`, the second `timestamp`), and `stories/pairs_multilingual.jsonl`
(`lang1`, `text1`, `text2`, `overall`: up to 2 is one story, and `id`, the numbers under which both were collected,
with "_" between them). Beside ours: TF-IDF cosine of stemmed words, for groups online with the nearest group by its
mean, at the threshold that is best for each set; ours has one for all. Halves: clusters by name and pairs by place,
in turn; constants were set on the first.
"""

import asyncio
import math
import random
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

from bench.text.rewriting import COPIES, FORMS, SEED, Piece
from bench.text.tables import Table, read_json_lines, split_in_halves
from bot.ingest.keep import STORED_AT_ONCE
from bot.ingest.story_index import place_article
from bot.text import similar
from bot.text.forms import same_form
from bot.text.notices import without_notices
from bot.text.search import index_form
from storage import Storage, open_storage
from storage.records import Fingerprint, NewArticle, SearchText, Text
from storage.topics.story_index import WINDOW

LANGUAGES: Final = ("ar", "en", "de", "es", "fr", "it", "pl", "ru", "tr", "zh")
IN_THE_WINDOW: Final = 100_000
QUICKLY: Final = 1_000
LEAD: Final = 60  # words that the baseline takes of a text
THRESHOLDS: Final = tuple(step / 100 for step in range(8, 40, 3))
COLLECTED_A_DAY: Final = 900_000  # by the dates that stand in some of the texts beside the numbers in their `id`


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    cluster: str
    title: str
    body: str
    language: str
    at: datetime


def measure(data: Path, quick: bool) -> Iterator[Table]:
    folder = data / "stories"
    yield groups(folder)
    yield pairs(folder)
    yield copies(folder)
    yield asyncio.run(cost(QUICKLY if quick else IN_THE_WINDOW))


# Groups


def groups(folder: Path) -> Table:
    arabic = [
        Item(cluster=one["cluster"], title=one["title"], body=one["text"], language="ar", at=_time(one["time"]))
        for one in read_json_lines(folder / "ar_clusters.jsonl")
    ]
    arabic.sort(key=lambda item: item.at)
    english = [
        Item(
            cluster=one["cluster"],
            title=one["title"],
            body="",
            language="en",
            at=datetime.fromtimestamp(int(one["timestamp"]) / 1000, UTC),
        )
        for one in read_json_lines(folder / "en_headline_clusters.jsonl")
    ]
    sets = {
        "ar": arabic,
        "ar, titles only": [replace(item, body="") for item in arabic],
        "en, titles only": english,
    }
    rows: list[tuple[str, tuple[float | None, ...]]] = []
    for name, items in sets.items():
        for part, some in (("all", items), *_cluster_halves(items)):
            ours = bcubed([item.cluster for item in some], asyncio.run(grouped(some)))
            rows.append((f"{name}: {part}", (*ours, *_best_baseline(some))))
    return Table(
        title=f"Stories, online: B-cubed; ours at {similar.SAME_EVENT} for all sets, TF-IDF at the best for each row",
        columns=("precision", "recall", "F1", "TF-IDF P", "TF-IDF R", "TF-IDF F1"),
        rows=tuple(rows),
        note="Constants of ours were set on the first halves. TF-IDF: first 60 words, nearest group by its mean.",
    )


def _time(text: str) -> datetime:
    return parsedate_to_datetime(text).astimezone(UTC)


def _cluster_halves(items: Sequence[Item]) -> Iterator[tuple[str, list[Item]]]:
    names = split_in_halves(sorted({item.cluster for item in items}))
    for part, some in zip(("tuned on", "held out"), names, strict=True):
        yield part, [item for item in items if item.cluster in set(some)]


async def grouped(items: Sequence[Item]) -> list[int]:
    """The story of each item, through storage, one after another as they come in."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_storage(f"sqlite:///{folder}/stories.db") as storage:
            for number, item in enumerate(items):
                made = _fingerprint(item.title, item.body, item.language)
                await _store(storage, str(number), made, item.language, item.at)
            rows = await storage.database.fetch(
                "SELECT story_id FROM articles ORDER BY id -- scans articles: all are judged"
            )
            return [row["story_id"] for row in rows]


def _fingerprint(title: str, body: str, language: str) -> similar.Fingerprint:
    return similar.fingerprint(index_form(title, language).split(), index_form(body, language).split(), language)


async def _store(storage: Storage, name: str, made: similar.Fingerprint, language: str, at: datetime) -> None:
    await storage.articles.store([_article(name, made, language, at)], now=at, decide=place_article)


def _article(name: str, made: similar.Fingerprint, language: str, at: datetime) -> NewArticle:
    return NewArticle(
        identity=name,
        text=Text(title=name, body="", lead="", summary=(), language=language),
        search=SearchText(title="", body=""),
        published_at=at,
        published_on=None,
        fingerprint=Fingerprint(words=made.words, runs=made.runs, sketch=similar.packed(made.sketch)),
    )


def _best_baseline(items: Sequence[Item]) -> tuple[float, float, float]:
    truth = [item.cluster for item in items]
    vectors = list(_tfidf([_words(item.title, item.body, item.language) for item in items]))
    return max((bcubed(truth, _linked(vectors, threshold)) for threshold in THRESHOLDS), key=lambda scores: scores[2])


def _linked(vectors: Sequence[Mapping[str, float]], threshold: float) -> list[int]:
    """Each text goes to the group whose sum of vectors is nearest, if it is near enough."""
    groups: list[int] = []
    sums: dict[int, dict[str, float]] = {}
    lengths: dict[int, float] = {}
    holding: dict[str, set[int]] = defaultdict(set)
    for place, vector in enumerate(vectors):
        near: dict[int, float] = defaultdict(float)
        for word, weight in vector.items():
            for group in holding[word]:
                near[group] += weight * sums[group][word] / lengths[group]
        score, group = max(((score, group) for group, score in near.items()), default=(0.0, place))
        group = group if score >= threshold else place
        total = sums.setdefault(group, {})
        for word, weight in vector.items():
            total[word] = total.get(word, 0.0) + weight
            holding[word].add(group)
        lengths[group] = math.hypot(*total.values())
        groups.append(group)
    return groups


def bcubed(truth: Sequence[str], found: Sequence[int]) -> tuple[float, float, float]:
    """Precision, recall and F1, averaged over the items."""
    both, true, ours = Counter(zip(truth, found, strict=True)), Counter(truth), Counter(found)
    count = len(truth)
    precision = sum(times**2 / ours[group] for (_, group), times in both.items()) / count
    recall = sum(times**2 / true[cluster] for (cluster, _), times in both.items()) / count
    return precision, recall, 2 * precision * recall / (precision + recall)


# Pairs


def pairs(folder: Path) -> Table:
    """All pairs, and those among them whose texts can meet in the window: the others the bot never compares."""
    records = read_json_lines(folder / "pairs_multilingual.jsonl")
    rows: list[tuple[str, tuple[float | None, ...]]] = []
    pooled: list[tuple[float, bool]] = []
    apart: list[bool] = []
    for language in LANGUAGES:
        some = [one for one in records if one["lang1"] == language]
        if len({_same(one) for one in some}) < 2:
            continue
        ours, theirs = _scored(some, language), _tfidf_scored(some, language)
        pooled += ours
        apart += [_days_apart(one) > WINDOW.days for one in some]
        rows.append((f"{language}: {len(some)} pairs", (*_told_apart(ours), *_told_apart(theirs)[:2])))
    met = [(-1.0 if far else score, same) for (score, same), far in zip(pooled, apart, strict=True)]
    for name, scores in (("all languages", pooled), ("collected within three days", met)):
        for part, some_scores in (
            ("all", scores),
            *zip(("tuned on", "held out"), split_in_halves(scores), strict=True),
        ):
            kept = [one for one in some_scores if one[0] >= 0]
            if len({same for _, same in kept}) == 2:
                rows.append((f"{name}: {part}, {len(kept)}", (*_told_apart(kept), None, None)))
    return Table(
        title="Pairs of texts: the same event or not",
        columns=(
            "AUC",
            "best F1",
            f"P at {similar.SAME_EVENT}",
            "R there",
            "R at P 0.95",
            "TF-IDF AUC",
            "its best F1",
        ),
        rows=tuple(rows),
        note="The first ten words of a text stand for its title.",
    )


def _days_apart(record: Mapping[str, Any]) -> float:
    """Days between the collection of both texts, from the numbers that they were given; 0 where there are none."""
    numbers = [int(digits) for digits in re.findall(r"\d+", str(record.get("id", "")))]
    return abs(numbers[0] - numbers[1]) / COLLECTED_A_DAY if len(numbers) == 2 else 0.0


def _same(record: Mapping[str, Any]) -> bool:
    return float(record["overall"]) <= 2


def _titled(text: str) -> Piece:
    words = text.split() if without_notices(text) else []
    return Piece(" ".join(words[:10]), " ".join(words[10:]))


def _scored(records: Sequence[Mapping[str, Any]], language: str) -> list[tuple[float, bool]]:
    """As if all texts were single stories of the window."""
    both = [
        [
            _fingerprint(without_notices(piece.title), without_notices(piece.body), language)
            for piece in (_titled(record["text1"]), _titled(record["text2"]))
        ]
        for record in records
    ]
    counts = Counter(word for pair in both for made in pair for word in made.words)

    def rare(word: int) -> float:
        return similar.rarity(counts[word], 2 * len(both))

    scores = [
        0.0
        if same_form(one.words, one.sketch, other.words, other.sketch, 1)
        else similar.nearness(one.words, other.words, 1, rare)
        for one, other in both
    ]
    return [(score, _same(record)) for score, record in zip(scores, records, strict=True)]


def _tfidf_scored(records: Sequence[Mapping[str, Any]], language: str) -> list[tuple[float, bool]]:
    vectors = list(_tfidf([_words("", record[key], language) for record in records for key in ("text1", "text2")]))
    scores = [
        sum(weight * other.get(word, 0.0) for word, weight in one.items())
        for one, other in zip(vectors[::2], vectors[1::2], strict=True)
    ]
    return [(score, _same(record)) for score, record in zip(scores, records, strict=True)]


def _told_apart(scores: Sequence[tuple[float, bool]]) -> tuple[float, ...]:
    """AUC, best F1, precision and recall at our threshold, and the best recall with a precision of 0.95."""
    ranked = sorted(scores, reverse=True)
    positive = sum(same for _, same in ranked)
    found, best, recall = 0, 0.0, 0.0
    for place, (_, same) in enumerate(ranked, 1):
        found += same
        best = max(best, 2 * found / (place + positive))
        if found >= 0.95 * place:
            recall = max(recall, found / positive)
    told = [same for score, same in ranked if score >= similar.SAME_EVENT]
    return (_auc(scores), best, sum(told) / len(told) if told else 1.0, sum(told) / positive, recall)


def _auc(scores: Sequence[tuple[float, bool]]) -> float:
    same = [score for score, same in scores if same]
    other = [score for score, same in scores if not same]
    wins = sum((one > two) + (one == two) / 2 for one in same for two in other)
    return wins / (len(same) * len(other))


# The baseline


def _words(title: str, body: str, language: str) -> list[str]:
    return [*index_form(title, language).split(), *index_form(body, language).split()[:LEAD]]


def _tfidf(texts: Sequence[Sequence[str]]) -> Iterator[dict[str, float]]:
    """Unit vectors; the documents of a set are all known, which flatters it: ours knows those that came before."""
    holding = Counter(word for text in texts for word in set(text))
    for text in texts:
        vector = {
            word: (1 + math.log(times)) * math.log((len(texts) + 1) / (holding[word] + 0.5))
            for word, times in Counter(text).items()
        }
        length = math.hypot(*vector.values()) or 1.0
        yield {word: weight / length for word, weight in vector.items()}


# Copies


def copies(folder: Path) -> Table:
    """What is taken for a copy, of the half of the texts that no constant was set on."""
    texts = _long_texts(folder)
    chance = random.Random(SEED)
    rows: list[tuple[str, tuple[float | str | None, ...]]] = []
    found = wrong = tried = 0
    for name, change in COPIES.items():
        told = [
            _copy(piece, change(piece, others, chance), lang) for lang, others in texts.items() for piece in others
        ]
        found, tried = found + sum(told), tried + len(told)
        rows.append((f"copy: {name}", (len(told), sum(told) / len(told))))
    for name, form in FORMS.items():
        made = [(lang, *form(piece, others, chance)) for lang, others in texts.items() for piece in others]
        told = [_copy(one, other, lang) for lang, one, other in made]
        rows.append((f"no copy: {name}", (len(told), sum(told) / len(told))))
    each = [
        _copy(one, other, language)
        for language, pieces in texts.items()
        for place, one in enumerate(pieces)
        for other in pieces[:place]
    ]
    wrong = sum(each)
    rows.append(("two texts of one set", (len(each), wrong / len(each))))
    rows.append(("recall of copies", (tried, found / tried)))
    return Table(
        title="One text: what is taken for a copy",
        columns=("pairs", "share"),
        rows=tuple(rows),
        note="Made of real texts, see bench/text/rewriting.py. Some of two texts of one set are copies in truth.",
    )


def _long_texts(folder: Path) -> dict[str, list[Piece]]:
    arabic = [Piece(one["title"], one["text"]) for one in read_json_lines(folder / "ar_clusters.jsonl")]
    found = {"ar": split_in_halves([piece for piece in arabic if len(piece.body.split()) > LEAD])[1]}
    records = read_json_lines(folder / "pairs_multilingual.jsonl")
    for language in ("en", "de", "es", "tr"):
        pieces = [_titled(record["text1"]) for record in records if record["lang1"] == language]
        found[language] = split_in_halves([piece for piece in pieces if len(piece.body.split()) > LEAD])[1]
    return {language: pieces for language, pieces in found.items() if pieces}


def _copy(one: Piece, other: Piece, language: str) -> bool:
    first, second = (_fingerprint(piece.title, piece.body, language) for piece in (one, other))
    return similar.same_text(first, second, lambda word: 5.0)


# Cost


async def cost(articles: int) -> Table:
    """Made-up articles: words as frequent as words are, four in ten on one of fifty events, one in ten a copy."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_storage(f"sqlite:///{folder}/stories.db") as storage:
            now = datetime(2026, 3, 1, tzinfo=UTC)
            step = timedelta(days=3) / articles
            made = _made_up(random.Random(SEED))
            rows = []
            for start in range(0, articles, articles // 5):
                spent = await _filled(storage, made, start, articles // 5, now, step)
                rows.append((f"at {start + articles // 5:,} in the window", (spent,)))
            size = await _window_bytes(storage)
    return Table(
        title="Stories: what storing one more article costs, all of it",
        columns=("ms of CPU",),
        rows=(*rows, ("bytes an article in the window", (size / articles,))),
        note=f"Without making the fingerprint, made elsewhere; {STORED_AT_ONCE} articles in a transaction.",
    )


def _made_up(chance: random.Random) -> Callable[[], similar.Fingerprint]:
    weights = list(accumulate(1 / (rank + 3) for rank in range(200_000)))
    vocabulary = [f"w{number}" for number in range(200_000)]
    events = [chance.choices(vocabulary, cum_weights=weights, k=40) for _ in range(50)]
    before: list[list[str]] = []

    def make() -> similar.Fingerprint:
        if before and chance.random() < 0.1:
            words = chance.choice(before)
        else:
            words = chance.choices(vocabulary, cum_weights=weights, k=220)
            if chance.random() < 0.33:
                event = chance.choice(events)
                words[::3] = [event[place % 40] for place in range(len(words[::3]))]
            if chance.random() < 0.002:
                events[chance.randrange(50)] = chance.choices(vocabulary, cum_weights=weights, k=40)
            before.append(words)
            del before[:-2000]
        return similar.fingerprint(words[:10], words[10:], "und")

    return make


async def _filled(
    storage: Storage, made: Callable[[], similar.Fingerprint], start: int, count: int, now: datetime, step: timedelta
) -> float:
    """Store so many articles; milliseconds of CPU for each."""
    spent = 0.0
    for place in range(start, start + count, STORED_AT_ONCE):
        size = min(STORED_AT_ONCE, start + count - place)
        batch = [_article(str(place + one), made(), "und", now + (place + one) * step) for one in range(size)]
        begun = time.process_time()
        await storage.articles.store(batch, now=now + place * step, decide=place_article)
        spent += (time.process_time() - begun) * 1000 / count
    return spent


async def _window_bytes(storage: Storage) -> int:
    rows = await storage.database.fetch(
        """
        SELECT sum(pgsize) AS bytes FROM dbstat WHERE name IN
            ('fingerprints', 'open_stories', 'open_stories_joined', 'story_words', 'word_counts', 'text_runs')
        """
    )
    return int(rows[0]["bytes"])
