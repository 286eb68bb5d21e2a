"""One list of what lines open with that are not of an article: summaries and pages go by it alike."""

import pytest

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


@pytest.mark.parametrize("phrase", each(*OPENINGS))
def test_a_summary_leaves_out_what_an_opening_opens(phrase: str) -> None:
    assert is_boilerplate_line(f"{phrase} harbour bridge.")


@pytest.mark.parametrize("phrase", each(*LABELS))
def test_a_summary_leaves_out_what_a_label_labels_and_nothing_else(phrase: str) -> None:
    assert is_boilerplate_line(f"{phrase}: harbour bridge.")
    assert not is_boilerplate_line(f"{phrase} harbour bridge opens in spring.")


@pytest.mark.parametrize("phrase", each(*ABOUT_OTHERS))
def test_a_page_leaves_out_what_points_elsewhere(phrase: str) -> None:
    assert remove_boilerplate([f"{phrase}: bridge", "It opened."], repeated=(), author="") == ["It opened."]


def test_no_phrase_is_listed_twice() -> None:
    listed = [normalize(phrase) for phrase in each(*OPENINGS, *LABELS)]
    assert len(listed) == len(set(listed))
