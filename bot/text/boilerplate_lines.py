"""Finds boilerplate lines in an article's text: by-lines, captions, "read more", share and copyright lines.

The module assumes that a boilerplate line stands by itself, is short, and opens with one of the phrases of its
language (`phrases`). It judges whole lines only: a dateline in front of a sentence belongs to the sentence. It
matches normalized text, so that إقرأ and اقرأ are one phrase. A label counts only before a mark ("صورة" is a caption
before a colon), and a by-line only before names. A hyphen that joins words is not such a mark: "Video-sharing" opens
a sentence.
"""

import re
from typing import Final

from bot.text import phrases
from bot.text.arabic import normalize
from bot.text.phrases import starting
from bot.text.sentences import is_ended

LONGEST: Final = 25  # words; a longer line is a paragraph, whatever its first words are

_OPENINGS: Final = starting(phrases.POINTERS, phrases.SHARES, phrases.NOTICES, phrases.CAPTIONS, phrases.CREDITS)
_LABELS: Final = starting(
    phrases.POINTER_LABELS,
    phrases.POINTER_WORDS,
    phrases.SHARE_LABELS,
    phrases.TAG_LABELS,
    phrases.NOTICE_LABELS,
    phrases.CAPTION_LABELS,
    phrases.CREDIT_LABELS,
    phrases.SOURCE_LABELS,
    phrases.STAMP_LABELS,
)
_OPENED: Final = re.compile(
    rf"\W*(?:{_OPENINGS}(?!\w)|{_LABELS}(?:\s*(?:[:|©/–—…]|\.\.)|\s+-(?!\w)|\W*$))"
    rf"|\W*(?:©|\(c\)|copyright\s*\d|follow @\w)|\W*{starting(phrases.STAMP_LABELS)}\s+\d"
)
_WITHIN: Final = tuple(
    map(
        normalize,
        ("all rights reserved", "جميع الحقوق محفوظة", "contributed to this report", "ساهم في هذا التقرير"),
    )
)
_NAME: Final = r"[A-ZÀ-ÞА-Я][\w.'’-]*"
_LATIN_BYLINE: Final = re.compile(
    r"(?:(?:Written |Posted |Published |Edited |Reported )?[Bb]y|BY|Par|PAR|Von|VON|Por|Door|Av|Af|Автор|Автор:)"
    rf"\s+{_NAME}(?:[\s,|]+(?:and|et|und|y|de|van|von|al|{_NAME})){{0,8}}\.?"
)
_WROTE: Final = starting("كتب · كتبت · بقلم · إعداد · تحرير · ترجمة · تقرير · تصوير · متابعة · مراسل · مراسلنا")
_ARABIC_BYLINE: Final = re.compile(rf"{_WROTE}(?:\s*+(?:[-–—]\s*+)?\w++){{1,5}}+\s*+[:/]?")
_AGENCIES: Final = starting(
    """
    reuters · afp · associated press · ap · dpa · bbc · cnn · رويترز · أ ف ب · أ.ف.ب · فرانس برس · د ب أ · د.ب.أ
    وكالات · الوكالات · سانا · واس · وام · الأناضول · ايسنا · ایسنا · ایرنا · тасс · anadolu
    """
)
_AGENCY: Final = re.compile(rf"\b{_AGENCIES}\b")
_AGENCY_LINE: Final = 6  # words at most in a line that names a place and an agency only
_BARE_DATELINE: Final = re.compile(rf"\W*(?:\w+\W+){{0,3}}\({_AGENCIES}\)\W*")
_HASHTAGS: Final = re.compile(r"(?:#\w+[\s,،]*)+")
_TRAIL: Final = re.compile(r"[^.!?؟]*\s[»>›]\s[^.!?؟]*")  # "Home » News » Harbour"
_WORD: Final = re.compile(r"\w+")


def is_boilerplate_line(line: str) -> bool:
    """Returns whether a line is boilerplate and not part of the story.

    Such a line names the authors or owners of the text, or asks the reader to do something.
    """
    words = len(line.split())
    if words > LONGEST:
        return False
    normalized = normalize(line)
    if not any(letter.isalnum() for letter in normalized):
        return True
    return bool(
        _OPENED.match(normalized)
        or any(phrase in normalized for phrase in _WITHIN)
        or is_byline(line)
        or is_agency_line(normalized)
        or is_hashtags(normalized)
        or (not is_ended(line) and _is_unended_furniture(normalized, words))
    )


def is_byline(line: str) -> bool:
    """Returns whether a line in Latin or Cyrillic script only names who wrote the article, like "Von Mona Haddad"."""
    return _LATIN_BYLINE.fullmatch(line.strip()) is not None


def is_agency_line(normalized: str) -> bool:
    """Returns whether a line only names a news agency in brackets, perhaps behind a place."""
    return _BARE_DATELINE.fullmatch(normalized) is not None


def is_hashtags(normalized: str) -> bool:
    return _HASHTAGS.fullmatch(normalized) is not None


def _is_unended_furniture(normalized: str, words: int) -> bool:
    """Returns whether a line without an end mark is boilerplate. With an end mark it could be a short sentence."""
    return bool(
        _ARABIC_BYLINE.fullmatch(normalized)
        or (words <= _AGENCY_LINE and _AGENCY.search(normalized))
        or _TRAIL.fullmatch(normalized)
        or _is_stamp(normalized)
    )


def _is_stamp(normalized: str) -> bool:
    """Returns whether a line is a date or a time of day: more than half of its words are numbers."""
    found = _WORD.findall(normalized)
    return 2 * sum(map(str.isdecimal, found)) > len(found)
