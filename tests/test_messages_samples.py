"""The sample articles as readers see them: an opened article says nothing twice, and a short one is whole."""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from bot.ingest.draft import Draft
from bot.ingest.prepare import prepare_texts
from bot.locale import Voice
from bot.messages.alert import alert
from bot.messages.article import SHORT, opened
from bot.sim.markup import parse, units
from bot.text.sentences import split_sentences
from storage.records import Article, ChatKind, Text

SAMPLES = Path(__file__).parent.parent / "bot/samples"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@cache
def texts() -> list[Text]:
    lines = [line for path in sorted(SAMPLES.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    drafts = [
        Draft(title=one["title"], body=one.get("body", ""), lead=one.get("lead", ""), language=one.get("language"))
        for one in map(json.loads, lines)
        if "title" in one  # else a withdrawal
    ]
    return [text for text, _, _ in prepare_texts(drafts)]


def as_article(text: Text) -> Article:
    return Article(
        id=1, text=text, category=None, source="Harbour News", source_id=1, published_at=NOON, published_on=None,
        revision=1, stored_at=NOON,
    )  # fmt: skip


def test_no_sentence_of_a_sample_article_is_said_twice() -> None:
    for text in texts():
        shown, _ = parse(opened(as_article(text), Voice(text.language), saved=False).html)
        said = list(split_sentences(text.body)) or [text.body]
        assert [sentence for sentence in said if shown.count(sentence) != text.body.count(sentence)] == []


def test_a_long_sample_article_is_folded_and_a_short_one_is_whole() -> None:
    for text in texts():
        _, entities = parse(opened(as_article(text), Voice(text.language), saved=False).html)
        folded = [entity for entity in entities if entity["type"] == "expandable_blockquote"]
        assert bool(folded) is (units(text.body) > SHORT), text.title


def test_an_alert_and_its_opened_article_begin_with_the_title_of_the_sample() -> None:
    for text in texts():
        voice = Voice(text.language)
        shown, _ = parse(opened(as_article(text), voice, saved=False).html)
        pressed, _ = parse(alert(as_article(text), voice, kind=ChatKind.PRIVATE, bot_username="b", dated=False).html)
        assert shown[: len(text.title)] == pressed[: len(text.title)] == text.title
