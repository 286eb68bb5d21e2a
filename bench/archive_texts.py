"""Made-up articles of an archive, half of them Arabic and half English, with words as frequent as words are.

Four in ten words are those of the samples, so that the language is told as in real texts; the others are made of
syllables, few of them frequent and most of them rare. One article in twenty is a copy of an earlier one
under another headline.
"""

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import accumulate
from typing import Any, Final

VOCABULARY: Final = 100_000  # words of each language
SEED: Final = 12
COMMONEST: Final = 100  # words of each language that are taken for function words
WORDS: Final = (90, 330)  # of a body, the least and the most
FIRST: Final = datetime(2016, 1, 1, tzinfo=UTC)
SPAN: Final = timedelta(days=3000)
_SYLLABLES: Final = {
    "ar": "با تي مر سل كن دو هر فق شم لي نو رح عد قا زي جب خط صف طو ضم".split(),
    "en": "ba ter mor sel ken do har fin sham lin nor rach ad cal zi job kat sif tov dem".split(),
}
_SECTIONS: Final = {
    "ar": "اقتصاد رياضة ثقافة صحة علوم محليات العالم تقنية".split(),
    "en": "Economy Sports Culture Health Science Local World Technology".split(),
}


class ArchiveTexts:
    """Articles, one after another; the same each time."""

    def __init__(self) -> None:
        self._chance = random.Random(SEED)
        self._common = {language: _sample_words(language) for language in _SYLLABLES}
        self._rare = {language: _made_up_words(syllables) for language, syllables in _SYLLABLES.items()}
        self._followed = {language: words[COMMONEST:] for language, words in self._rare.items()}
        self._weights = list(accumulate(1 / (rank + 5) for rank in range(VOCABULARY)))
        self._of_followed = self._weights[:-COMMONEST]

    def articles(self, count: int) -> Iterator[dict[str, Any]]:
        """So many articles in the form of a line of JSON Lines, from the oldest on."""
        recent: list[dict[str, Any]] = []
        for number in range(count):
            at = (FIRST + SPAN * number / count).isoformat(timespec="seconds")
            address = {"url": f"https://archive.example/{number}", "published": at}
            if recent and self._chance.random() < 0.05:
                language = "ar" if number % 2 else "en"
                yield self._chance.choice(recent) | address | {"title": self._title(language)}
                continue
            article = self._article("ar" if number % 2 else "en") | address
            recent = [*recent[-200:], article]
            yield article

    def drawn(self, count: int) -> list[str]:
        """So many words of one language by Zipf's law, without the most common ones, as function words are."""
        words = self._chance.choice([self._followed["ar"], self._followed["en"]])
        return self._chance.choices(words, cum_weights=self._of_followed, k=count)

    def _article(self, language: str) -> dict[str, Any]:
        paragraphs: list[str] = []
        left = self._chance.randint(*WORDS)
        while left > 0:
            sentences = [self._sentence(language, self._chance.randint(8, 24)) for _ in range(3)]
            left -= sum(len(sentence.split()) for sentence in sentences)
            paragraphs.append(" ".join(sentences))
        return {
            "title": self._title(language),
            "body": "\n\n".join(paragraphs),
            "category": self._chance.choice(_SECTIONS[language]),
        }

    def _title(self, language: str) -> str:
        return self._sentence(language, self._chance.randint(6, 11)).rstrip(".")

    def _sentence(self, language: str, length: int) -> str:
        rare = self._chance.choices(self._rare[language], cum_weights=self._weights, k=length)
        common = self._chance.choices(self._common[language], k=length)
        words = [one if self._chance.random() < 0.6 else other for one, other in zip(rare, common, strict=True)]
        words[0] = words[0].capitalize()
        return " ".join(words) + "."


def _sample_words(language: str) -> list[str]:
    """The words of the samples in a language, each as often as it stands there."""
    words: list[str] = []
    for file in files("bot.samples").iterdir():
        if file.name.endswith(".txt") and f"-{language}" in file.name:
            words += re.findall(r"[^\W\d_]+", file.read_text("utf-8"))
    return words


def _made_up_words(syllables: list[str]) -> list[str]:
    chance = random.Random(SEED)
    return ["".join(chance.choices(syllables, k=2 + (rank > 300) + (rank > 9000))) for rank in range(VOCABULARY)]
