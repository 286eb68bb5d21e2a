"""One list of what lines open with that are not of an article: summaries and pages go by it alike."""

from bot.ingest.formats.page_boilerplate import remove_boilerplate
from bot.text import phrases
from bot.text.arabic import normalize
from bot.text.boilerplate_lines import is_boilerplate_line

ABOUT_OTHERS = (phrases.POINTERS, phrases.POINTER_LABELS, phrases.SHARES, phrases.SHARE_LABELS, phrases.TAG_LABELS)
OPENINGS = (phrases.POINTERS, phrases.SHARES, phrases.NOTICES, phrases.CAPTIONS, phrases.CREDITS)
LABELS = (
    *(phrases.POINTER_LABELS, phrases.POINTER_WORDS, phrases.SHARE_LABELS, phrases.TAG_LABELS, phrases.NOTICE_LABELS),
    *(phrases.CAPTION_LABELS, phrases.CREDIT_LABELS, phrases.SOURCE_LABELS, phrases.STAMP_LABELS),
)


def each(*lists: str) -> list[str]:
    return [phrase for one in lists for line in one.strip().splitlines() for phrase in line.strip().split(" · ")]


def test_a_summary_leaves_out_what_an_opening_opens() -> None:
    kept = [phrase for phrase in each(*OPENINGS) if not is_boilerplate_line(f"{phrase} harbour bridge.")]
    assert kept == []


def test_a_summary_leaves_out_what_a_label_labels() -> None:
    assert [phrase for phrase in each(*LABELS) if not is_boilerplate_line(f"{phrase}: harbour bridge.")] == []


def test_a_summary_keeps_what_only_begins_with_the_word_of_a_label() -> None:
    sentences = [f"{phrase} harbour bridge opens in spring." for phrase in each(*LABELS)]
    assert [sentence for sentence in sentences if is_boilerplate_line(sentence)] == []


def test_a_page_leaves_out_what_points_elsewhere() -> None:
    pages = {phrase: [f"{phrase}: bridge", "It opened."] for phrase in each(*ABOUT_OTHERS)}
    read = {phrase: remove_boilerplate(page, repeated=(), author="") for phrase, page in pages.items()}
    assert {phrase: body for phrase, body in read.items() if body != ["It opened."]} == {}


def test_no_phrase_is_listed_twice() -> None:
    listed = [normalize(phrase) for phrase in each(*OPENINGS, *LABELS)]
    assert len(listed) == len(set(listed))
