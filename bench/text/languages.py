"""The language of titles and texts, beside py3langid.

Data: `stories/*.jsonl`, `summaries/*.jsonl` and, if there are any, `languages/*.jsonl`. The latter hold sentences in
many languages (`lang`, `text`), which are measured by themselves. `stories/pairs_multilingual.jsonl` says which
languages its texts have (`lang1`, `lang2`); the other files hold the language that their name says. Nothing declared
is given to either system.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from bench.text.tables import Table, cpu_time, read_json_lines, split_in_halves
from bot.text.language import UNKNOWN, detect

LENGTHS: Final = (4, 6, 10)  # words of a title
FULL: Final = "text"
WORST: Final = 12  # languages that are named
UNSPACED: Final = frozenset({"zh", "ja"})  # two signs are taken for a word
_SHORT_TITLE: Final = 400  # of the English titles, of which there are ten times as many as of the others


def measure(data: Path, quick: bool) -> Iterator[Table]:
    labelled = _labelled(data)
    for name, texts in zip(("even", "odd"), split_in_halves(labelled[:200] if quick else labelled), strict=True):
        yield _accuracy(name, texts)
    yield _confusions(labelled[:200] if quick else labelled)
    for path in sorted((data / "languages").glob("*.jsonl")):
        yield _many_languages(path)


def _labelled(data: Path) -> list[tuple[str, str]]:
    """(language, text) of all that is labelled, each text once."""
    found: list[tuple[str, str]] = []
    for record in _records(data / "stories/pairs_multilingual.jsonl"):
        found += [(record[f"lang{n}"], record[f"text{n}"]) for n in (1, 2)]
    for name, language in (
        ("stories/ar_clusters.jsonl", "ar"),
        ("summaries/bbc_ar.jsonl", "ar"),
        ("summaries/easc_ar.jsonl", "ar"),
        ("summaries/bbc_en.jsonl", "en"),
    ):
        found += [(language, f"{record.get('title', '')}\n{record['text']}") for record in _records(data / name)]
    titles = _records(data / "stories/en_headline_clusters.jsonl")
    found += [("en", record["title"]) for record in titles[:: max(1, len(titles) // _SHORT_TITLE)]]
    return list(dict.fromkeys((language, text.strip()) for language, text in found if text.strip()))


def _records(path: Path) -> list[dict[str, str]]:
    return read_json_lines(path) if path.exists() else []


def cut(language: str, text: str, length: int | str) -> str:
    """The first words of a text, which make a title of it."""
    if not isinstance(length, int):
        return text
    return text[: 2 * length] if language in UNSPACED else " ".join(text.split()[:length])


# What py3langid calls by the name of a dialect, and the labels do not.
_DIALECTS: Final = {"arz": "ar", "ary": "ar", "wuu": "zh", "yue": "zh", "pcm": "en", "nb": "no", "nn": "no"}


def _systems() -> dict[str, Callable[[str], str]]:
    import py3langid

    def classify(text: str) -> str:
        language = str(py3langid.classify(text)[0])
        return _DIALECTS.get(language, language)

    for system in (detect, classify):
        system("Both load their models now, which is not measured.")
    return {"ours": detect, "py3langid": classify}


def _told(tell: Callable[[str], str], given: list[tuple[str, str]]) -> list[str]:
    return [tell(text) for _, text in given]


def _accuracy(half: str, texts: list[tuple[str, str]]) -> Table:
    languages = sorted({language for language, _ in texts})
    rows = []
    for system, tell in _systems().items():
        for length in (*LENGTHS, FULL):
            given = [(language, cut(language, text, length)) for language, text in texts]
            told, seconds = cpu_time(partial(_told, tell, given), times=1)
            right = Counter(language for (language, _), found in zip(given, told, strict=True) if found == language)
            whole = Counter(language for language, _ in given)
            shares = [right[language] / whole[language] for language in languages]
            rows.append(
                (
                    f"{system}, {length}{' words' if isinstance(length, int) else ''}",
                    (right.total() / max(1, len(given)), *shares, seconds / max(1, len(given)) * 1e6),
                )
            )
    return Table(
        title=f"Languages, the {half} records ({len(texts)}): share that is right, cut to so many words",
        columns=("all", *languages, "µs"),
        rows=tuple(rows),
        note="Of Chinese, 8 signs stand for 4 words; some of these texts are translated and full of Latin names.",
    )


def _many_languages(path: Path) -> Table:
    """The mean share of sentences that is right over all languages, and the languages that are told worst."""
    halves = split_in_halves([(record["lang"], record["text"]) for record in read_json_lines(path)])
    rows: dict[str, tuple[float, ...]] = {}
    shares: dict[str, list[dict[str, float]]] = {}
    for system, tell in _systems().items():
        shares[system] = [_shares(tell, texts) for texts in halves]
        rows[system] = tuple(sum(half.values()) / max(1, len(half)) for half in shares[system])
    worst = sorted(shares["ours"][1], key=lambda language: shares["ours"][1][language])[:WORST]
    for language in worst:
        rows[f"ours, {language}"] = tuple(half[language] for half in shares["ours"])
    return Table(
        title=f"Languages of whole sentences, {path.stem}: mean share that is right over {len(shares['ours'][1])}",
        columns=("even", "odd"),
        rows=tuple(rows.items()),
        note="Constants were set on the even records.",
    )


def _shares(tell: Callable[[str], str], texts: list[tuple[str, str]]) -> dict[str, float]:
    """The share of each language's texts that is right."""
    told = _told(tell, texts)
    right = Counter(language for (language, _), found in zip(texts, told, strict=True) if found == language)
    return {
        language: right[language] / count for language, count in Counter(language for language, _ in texts).items()
    }


def _confusions(texts: list[tuple[str, str]]) -> Table:
    """What a title of six words is taken for, where that is wrong."""
    systems = _systems()
    wrong = {system: Counter[tuple[str, str]]() for system in systems}
    for language, text in texts:
        title = cut(language, text, 6)
        for system, tell in systems.items():
            if (found := tell(title)) != language:
                wrong[system][language, found] += 1
    most = Counter[tuple[str, str]]()
    for counts in wrong.values():
        most.update(counts)
    return Table(
        title=f"Languages of titles of six words, taken for others ({len(texts)} titles; {UNKNOWN}: not told)",
        columns=tuple(systems),
        rows=tuple(
            (f"{language} taken for {found}", tuple(wrong[system][language, found] for system in systems))
            for (language, found), _ in most.most_common(15)
        ),
    )
