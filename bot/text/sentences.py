"""Sentences of a text: where one ends in Arabic, English and their relatives.

Assumes running news text: paragraphs a line, or lines broken at a width; headings on lines of their own. A mark ends
a sentence unless something says that it goes on: a small letter, an abbreviation, an initial, a number, an open
quotation. Arabic has no capitals, so there the words before the mark decide alone.

Decided:
- The Arabic semicolon and the colon end nothing, as in Latin scripts; an ellipsis ends like a full stop.
- A quotation of several sentences stays whole: half of it, with one quotation mark, reads as a mistake. A longer one
  than `LONGEST_QUOTATION` is torn, since a summary's sentence must be a sentence and not a speech.
- A line that was broken because the next word didn't fit goes on. That is what breaking at a width means, so it can
  be checked (`_fills`) and needs no list of what a heading looks like. Three such lines make a text broken at a
  width: with fewer, a headline above its sentence is as likely, and two lines of like length are no proof.
- Without a space after it, a mark ends an Arabic sentence only before "and" or another word that opens one. Splitting
  before every word of three letters was tried: it finds more ends in texts whose writers never put the space, but it
  tears names spelt by letter (سي.آي.إيه), which no capital tells apart, and three sentences then say less (0.02 of
  ROUGE-2 on such texts). What is missed is a longer sentence, not a torn one.
- A trained splitter (Punkt) knows its language's abbreviations and needs a model for each; the lists here are short,
  because titles and measures are what stands before a stop in news.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

LONGEST_QUOTATION: Final = 240  # characters; about forty words
NARROWEST_LINE: Final = 40  # characters of the longest line of a text that was broken at a width …
WIDEST_LINE: Final = 120  # … at least and at most
BROKEN_LINES: Final = 3  # that many make a text that was broken at a width
LOOKED_AT: Final = 60  # characters on each side of a mark

_MARKS: Final = ".!?؟…۔।॥።፧։។။。！？｡．‼⁇⁈⁉"
_UNSEEN: Final = "\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"  # directions and joints, around the marks too
_CLOSING: Final = f"\"'”’»›)\\]{_UNSEEN}"
# An end mark, what closes with it, a footnote's number, then space. Decimals and addresses have no space there.
_SPACED: Final = re.compile(
    rf"(?<=[{_MARKS}])[{_CLOSING}]*(?:\[\d{{1,3}}\])*(?=\s+\S)|(?<=[。！？｡።။។])[{_CLOSING}]*(?=\S)"
)
# "انتهى.وقال" and "ended.The".
_ARABIC: Final = "[\u0620-\u0652]"
_UNSPACED: Final = re.compile(
    rf"(?:(?<={_ARABIC}{{3}})|(?<=\d\d))\u200f?[.؟!][{_CLOSING}]*"
    rf"(?=[«\"(]?(?:و{_ARABIC}{{3}}|(?:ثم|كما|لكن|أما|غير|لذلك|كذلك|بينما)\s))"
    rf"|(?<=[a-z\u00df-\u00ff]{{3}})[.?!][{_CLOSING}]?(?=[A-Z][a-z]+\s)"
)
_END: Final = re.compile(f"{_UNSPACED.pattern}|{_SPACED.pattern}")
_ENDED: Final = re.compile(f"[{_MARKS}][{_CLOSING}]*$")
_OPENS: Final = re.compile(rf"[\s{_UNSEEN}\"'“‘«‹(\[–—-]*")
_LETTER: Final = re.compile(r"\w")
_OPENING: Final = "\"'«“(["
_NEXT_WORD: Final = re.compile(r"[^\s,،.:;؛]+")
_INITIAL: Final = re.compile(r"[^\W\d_]|[a-zа-я](?:\.[a-zа-я])+")  # "J." and "J.K."; أ.ف.ب is an agency
_AND_SO_ON: Final = re.compile(r"(?:إلخ|الخ|etc)(?!\w)")
_NUMBERED: Final = re.compile(r"\W*(?:\d{1,3}|[^\W\d_])[.)]$")
_NUMBER: Final = re.compile(r"(?:[.,٫٬/–-]*+[^\w.,٫٬/–-]++)*+[\d.,٫٬/–-]++$")

# Before a name: never the last word of a sentence.
_TITLES: Final = frozenset(
    """
    mr mrs ms dr prof sen rep gov gen col lt sgt capt cpt maj cmdr mt rev hon pres vs e.g i.e cf approx fig
    z.b d.h mme mlle sra dra núm av bd hr fr sr
    им ул см т.е т.н проф акад
    د أ م ا.د أ.د ص.ب
    """.split()
)
# Before a number: "No. 5", "Sept. 11", "ص. 12"; elsewhere "no" is a word.
_BEFORE_NUMBERS: Final = frozenset(
    """
    no nos art vol p pp ch sec jan feb mar apr jun jul aug sep sept oct nov dec nr núm n° s ст стр гл № ص ج رقم
    """.split()
)
# As often last as not: what follows decides.
_EITHER: Final = frozenset(
    """
    u.s u.s.a u.k u.n e.u d.c l.a a.m p.m ph.d b.c a.d inc ltd co corp bros jr sr etc est dept univ govt assn
    jan feb mar apr jun jul aug sep sept oct nov dec ca st ft bzw usw u.a vb vd
    هـ ه ق.م ب.م ش.م.ل إلخ الخ
    """.split()
)
_STARTERS: Final = frozenset(
    """
    the a an it he she they we i you this that these those there but and or so in on at for from with by as if when
    while after before since his her their its our my some many most all one two no not what who how why where
    however meanwhile more now then
    le la les un une il elle ils elles der die das ein eine er sie es bu bir он она они это в на и но
    """.split()
)
_MONTHS: Final = frozenset(
    "januar februar märz april mai juni juli august september oktober november dezember".split()
)
_PAIRS: Final = {"«": "»", "“": "”", "„": "“", "(": ")", "[": "]"}
_PAIRED: Final = re.compile("[«»“”„()\\[\\]]")


def split_sentences(text: str) -> list[str]:
    """The sentences in order, each as it is written and on one line; where a line was broken stands a space."""
    return list(sentences(text))


def sentences(text: str) -> Iterator[str]:
    """The same one after another: who wants the first ones doesn't wait for the last of a long text."""
    for paragraph in _paragraphs(text):
        yield from _sentences(paragraph)


# Paragraphs


def _paragraphs(text: str) -> Iterator[str]:
    """Lines, and lines that were broken at a width put together again."""
    lines = [line.strip() for line in text.splitlines()]
    width = _width(lines)
    begun: list[str] = []
    for line, following in pairwise([*lines, ""]):
        if not line:
            continue
        begun.append(line)
        if not (following and _goes_on_below(line, following, width)):
            yield " ".join(begun)
            begun = []


def _width(lines: list[str]) -> int:
    """The width at which a text's lines were broken; 0 where they were not."""
    width = max((len(line) for line in lines), default=0)
    if not NARROWEST_LINE <= width <= WIDEST_LINE:
        return 0
    broken = sum(1 for line, following in pairwise(lines) if following and _fills(line, following, width))
    return width if broken >= BROKEN_LINES else 0


def _fills(line: str, following: str, width: int) -> bool:
    """Whether the next line's first word had no place any more."""
    return not is_ended(line) and len(line) + 1 + len(following.split(maxsplit=1)[0]) >= width


def _goes_on_below(line: str, following: str, width: int) -> bool:
    """A broken line, or one that ends within a clause."""
    if width and _fills(line, following, width):
        return True
    return line.endswith((",", "،")) and following[0].islower()


def is_ended(line: str) -> bool:
    """Whether a line ends with an end mark, and what closes with it."""
    return _ENDED.search(line) is not None


# Sentences


def _sentences(paragraph: str) -> Iterator[str]:
    kept = _Kept(paragraph)
    start = 0
    for mark in _END.finditer(paragraph):
        end = mark.end()
        if end > start and not kept.holds(end) and _ends(paragraph, start, end):
            yield paragraph[start:end].strip()
            start = end
    if rest := paragraph[start:].strip():
        yield rest


def _ends(paragraph: str, start: int, end: int) -> bool:
    """Whether the sentence that begins at `start` ends with the mark before `end`, by the words on both sides of it.

    Looks at a few words only: a paragraph of initials would be read again and again.
    """
    following = paragraph[end : end + LOOKED_AT]
    opening = _OPENS.match(following)
    first = following[opening.end() :] if opening else following
    if first[:1].islower() and (opening is None or not opening[0].strip()):
        return False  # "the No. 1 of e.g. this"; a new sentence begins with a capital, or in a script without them
    if _AND_SO_ON.match(first):
        return False  # "… إلخ": three stops, and what they stand for
    if not _LETTER.search(following) or not _LETTER.search(paragraph, start, end):
        return False  # "[...] he", "wait . . ."
    before = paragraph[max(start, end - LOOKED_AT) : end].strip()
    if len(before) < LOOKED_AT and _NUMBERED.match(before):
        return False  # "1. The first"
    return not _is_abbreviated(before, first)


def _is_abbreviated(sentence: str, following: str) -> bool:
    """Whether the stop at the end belongs to an abbreviation or an initial ("J. R. Smith", "د. أحمد")."""
    before, last = ["", "", *sentence.rsplit(None, 2)][-2:]
    if not last.endswith(".") or last == ".":
        return False
    word = last[:-1].lstrip(_OPENING).casefold() or last[-2]
    found = _NEXT_WORD.match(following)
    following_word = found[0] if found else ""
    if following_word[:1].isdecimal() and word in _BEFORE_NUMBERS:
        return True
    if word.isdecimal():  # "am 3. Mai"
        return len(word) <= 2 and following_word.casefold() in _MONTHS
    names = {word, word.removeprefix("و"), word.removeprefix("ل")}
    starts = following_word.casefold() in _STARTERS and not following.startswith(f"{following_word}.")
    if _NUMBER.match(before) and word != "г" and (_INITIAL.fullmatch(word) or names & _EITHER):
        return False  # "1770 م.", "5 p.m."; "в 2020 г. Москва" goes on
    if names & _TITLES:
        return True
    return bool(_INITIAL.fullmatch(word) or names & _EITHER) and not starts


class _Kept:
    """What is not torn in a paragraph: quotations and brackets that close again and are not too long."""

    def __init__(self, paragraph: str) -> None:
        spans = sorted([*_paired(paragraph), *_straight(paragraph)])
        self._begins: list[int] = []
        self._ends: list[int] = []
        for begin, end in spans:
            if end - begin <= LONGEST_QUOTATION and (not self._ends or begin > self._ends[-1]):
                self._begins.append(begin)
                self._ends.append(end)

    def holds(self, place: int) -> bool:
        """Whether the place is inside of one of them, its closing mark included."""
        n = bisect_left(self._ends, place)
        return n < len(self._ends) and self._begins[n] < place


def _paired(paragraph: str) -> Iterator[tuple[int, int]]:
    open_ones: list[tuple[int, str]] = []
    for mark in _PAIRED.finditer(paragraph):
        if open_ones and mark[0] == open_ones[-1][1]:
            begin, _ = open_ones.pop()
            if not open_ones:
                yield begin, mark.start()
        elif mark[0] in _PAIRS:
            open_ones.append((mark.start(), _PAIRS[mark[0]]))


def _straight(paragraph: str) -> Iterator[tuple[int, int]]:
    """Straight quotation marks, two by two; none where one is left over, since then nobody knows which."""
    places = [mark.start() for mark in re.finditer('"', paragraph)]
    if len(places) % 2 == 0:
        yield from zip(places[::2], places[1::2], strict=True)
