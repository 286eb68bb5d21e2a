"""Summaries of three sentences beside the lead and sumy's, by ROUGE-2 F1 against what people and editors wrote.

Reads DATA/summaries/NAME_LANGUAGE.jsonl: `text`, `summaries` (one or more), and `title` where the set has one.
Everybody chooses among the sentences that ours splits; sumy gets them folded, since its own splitter knows no Arabic,
and its stop words of the language. A longer summary shares more with any reference, so each is measured once more
when all are cut at the same number of words.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from bench.text.tables import Table, cpu_time, read_json_lines, split_in_halves
from bot.text.arabic import normalize
from bot.text.sentences import split_sentences
from bot.text.summary import summarise

SENTENCES: Final = 3
CUTS: Final = (None, 40, 60)  # words
HEADLINED: Final = frozenset({"bbc_en"})  # the texts of these sets open with their headline; only ours has to find it
STOPPED: Final = {"ar": "arabic", "en": "english"}  # languages of the sets, as sumy names them
TIMED_WORDS: Final = 400

_MARKS: Final = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0640]")
_LETTERS: Final = str.maketrans({**dict.fromkeys("أإآٱ", "ا"), "ى": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ء": ""})

Pairs = Counter[tuple[str, str]]
Choose = Callable[["Article"], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    of: str  # the set's name
    language: str
    title: str
    text: str
    sentences: tuple[str, ...]  # without the headline
    references: tuple[Pairs, ...]


def measure(data: Path, quick: bool) -> Iterator[Table]:
    """The sets whole, and their halves that no constant was set on; the latter alone if it should be quick."""
    sets = [read(path) for path in sorted((data / "summaries").glob("*.jsonl"))]
    parts = {"the half not tuned on": [split_in_halves(articles)[1] for articles in sets]}
    if not quick:
        parts["all of the sets"] = sets
    for name, part in parts.items():
        yield from _measured(name, [articles for articles in part if articles])


def read(path: Path) -> list[Article]:
    return [_article(path.stem, record) for record in read_json_lines(path)]


def _article(name: str, record: dict[str, Any]) -> Article:
    text = record["text"]
    body = text.partition("\n")[2] if name in HEADLINED else text
    return Article(
        of=name,
        language=name.rpartition("_")[2],
        title=record.get("title") or "",
        text=text,
        sentences=tuple(split_sentences(body)),
        references=tuple(pairs(tokens(summary)) for summary in record["summaries"]),
    )


# ROUGE


def tokens(text: str) -> list[str]:
    """Words as the data's figures count them; the usual packages drop Arabic letters."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKC", text).lower())
    return re.findall(r"\w+", plain.translate(_LETTERS))


def pairs(words: Sequence[str]) -> Pairs:
    return Counter(pairwise(words))


def rouge_2(words: Sequence[str], references: Sequence[Pairs]) -> float:
    """F1 of the word pairs, mean over the references."""
    ours = pairs(words)
    return _mean([2 * (ours & theirs).total() / ((ours.total() + theirs.total()) or 1) for theirs in references])


# Who chooses


def systems() -> dict[str, Choose]:
    from sumy.summarizers.lex_rank import LexRankSummarizer
    from sumy.summarizers.lsa import LsaSummarizer
    from sumy.summarizers.luhn import LuhnSummarizer
    from sumy.summarizers.text_rank import TextRankSummarizer

    return {
        "lead": lambda article: article.sentences[:SENTENCES],
        "ours": lambda article: summarise(
            article.text, language=article.language, title=article.title, max_sentences=SENTENCES
        ),
        "sumy LexRank": _of_sumy(LexRankSummarizer()),
        "sumy TextRank": _of_sumy(TextRankSummarizer()),
        "sumy LSA": _of_sumy(LsaSummarizer()),
        "sumy Luhn": _of_sumy(LuhnSummarizer()),
    }


class _Words:
    """What sumy asks of a tokenizer; its own wants data that is fetched from the network."""

    def to_words(self, text: str) -> list[str]:
        return re.findall(r"\w+", text)


def _of_sumy(summarizer: Any) -> Choose:
    from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
    from sumy.utils import get_stop_words

    stop_words = {code: [normalize(word) for word in get_stop_words(name)] for code, name in STOPPED.items()}

    def choose(article: Article) -> Sequence[str]:
        summarizer.stop_words = stop_words.get(article.language, ())
        told = [Sentence(normalize(sentence), _Words()) for sentence in article.sentences]
        places = {id(sentence): place for place, sentence in enumerate(told)}
        chosen = summarizer(ObjectDocumentModel([Paragraph(told)]), SENTENCES)
        return [article.sentences[place] for place in sorted(places[id(sentence)] for sentence in chosen)]

    return choose


# Measuring


def _measured(part: str, sets: Sequence[Sequence[Article]]) -> Iterator[Table]:
    names = tuple(articles[0].of for articles in sets)
    said, cost = {}, {}
    for system, choose in systems().items():
        said[system], cost[system] = _told(choose, sets)
    for cut in CUTS:
        rows = []
        for system, summaries in said.items():
            scores = [
                _mean([rouge_2(words[:cut], article.references) for words, article in zip(*both, strict=True)])
                for both in zip(summaries, sets, strict=True)
            ]
            length = _mean([_mean([len(words) for words in of_set]) for of_set in summaries])
            rows.append((system, (*scores, _mean(scores), *(() if cut else (length, cost[system])))))
        yield Table(
            title=f"Summaries, {SENTENCES} sentences, ROUGE-2 F1, {part}{f', all cut at {cut} words' if cut else ''}",
            columns=(*names, "mean", *(() if cut else ("words", f"ms/{TIMED_WORDS} words"))),
            rows=tuple(rows),
        )


def _told(choose: Choose, sets: Sequence[Sequence[Article]]) -> tuple[list[list[list[str]]], float]:
    """The words of each summary by set, and the CPU milliseconds for so many words of text."""
    chosen, seconds = cpu_time(lambda: [[choose(article) for article in articles] for articles in sets], times=1)
    read = sum(len(article.text.split()) for articles in sets for article in articles)
    return (
        [[tokens(" ".join(summary)) for summary in summaries] for summaries in chosen],
        seconds * 1000 * TIMED_WORDS / read,
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
