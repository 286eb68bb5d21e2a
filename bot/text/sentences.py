"""Splits a text into sentences, for Arabic, English and languages with similar punctuation.

The module assumes running news text: one paragraph per line, or lines wrapped at a fixed width, and headings on lines
of their own. A mark ends a sentence unless something shows that the sentence continues: a small letter, an
abbreviation, an initial, a number or an open quotation. Arabic has no capitals, so there the words before the mark
decide alone.

Decisions:
- The Arabic semicolon and the colon end no sentence, as in Latin scripts. An ellipsis ends a sentence like a full
  stop.
- A quotation of several sentences stays whole: half a quotation, with one quotation mark, reads as a mistake. A
  quotation longer than `LONGEST_QUOTATION` is split, since a sentence of a summary must be a sentence and not a
  speech.
- A wrapped line, where the next word did not fit, continues on the next line. `_fills` checks whether the word fits,
  so no list of what a heading looks like is needed. A text counts as wrapped if it has three such lines. With fewer,
  a headline above its sentence is as likely, and two lines of similar length are no proof.
- Without a space after it, a mark ends an Arabic sentence only before "and" or another word that opens a sentence.
  Tried and rejected: splitting before every word of three letters. It finds more ends in texts whose writers never
  put the space. But it splits names spelt by letter (سي.آي.إيه), which no capital distinguishes, and summaries of
  three sentences then say less (0.02 of ROUGE-2 on such texts). With the present rule, an error gives a longer
  sentence and not a torn one.
- A trained splitter (Punkt) knows the abbreviations of its language, but needs a model for each language. The lists
  here are short, because in news most words before such a stop are titles and measures.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

LONGEST_QUOTATION: Final = 240  # characters; about forty words
NARROWEST_LINE: Final = 40  # characters, least length of the longest line in a wrapped text
WIDEST_LINE: Final = 120  # characters, greatest length of the longest line in a wrapped text
BROKEN_LINES: Final = 3  # wrapped lines at least in a wrapped text
LOOKED_AT: Final = 60  # characters read on each side of a mark

_MARKS: Final = ".!?؟…۔।॥።፧։។။。！？｡．‼⁇⁈⁉"
_UNSPACED_MARKS: Final = "。！？｡።။។"  # those among them that no space need follow
_UNSEEN: Final = "\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"  # direction marks and joiners
_CLOSING: Final = f"\"'”’»›)\\]{_UNSEEN}"
_ARABIC: Final = "[\u0620-\u0652]"
_AFTER_ARABIC: Final = "|".join(
    f"(?<={letters}{unseen}[.؟!])" for letters in (f"{_ARABIC}{{3}}", r"\d\d") for unseen in ("", "\u200f")
)
# Begins with the mark, since Python looks for a set of letters many times as fast as for what stands behind letters.
# First, without a space: "انتهى.وقال" and "ended.The". Then an end mark, closing quotation marks or brackets, a
# footnote's number, then a space. Decimals and addresses have no space there.
_END: Final = re.compile(
    rf"[{_MARKS}](?:(?:{_AFTER_ARABIC})[{_CLOSING}]*"
    rf"(?=[«\"(]?(?:و{_ARABIC}{{3}}|(?:ثم|كما|لكن|أما|غير|لذلك|كذلك|بينما)\s))"
    rf"|(?<=[a-z\u00df-\u00ff]{{3}}[.?!])[{_CLOSING}]?(?=[A-Z][a-z]+\s)"
    rf"|[{_CLOSING}]*(?:\[\d{{1,3}}\])*(?=\s+\S)"
    rf"|(?<=[{_UNSPACED_MARKS}])[{_CLOSING}]*(?=\S))"
)
_ENDED: Final = re.compile(f"[{_MARKS}][{_CLOSING}]*$")
_OPENS: Final = re.compile(rf"[\s{_UNSEEN}\"'“‘«‹(\[–—-]*")
_LETTER: Final = re.compile(r"\w")
_OPENING: Final = "\"'«“(["
_NEXT_WORD: Final = re.compile(r"[^\s,،.:;؛]+")
_INITIAL: Final = re.compile(r"[^\W\d_]|[a-zа-я](?:\.[a-zа-я])+")  # "J." and "J.K." but not أ.ف.ب, which is an agency
_GLUE: Final = re.compile(r"[)\]—–/-]")  # "(CNN)U.S. Secretary", "mid-Sept."
_AND_SO_ON: Final = re.compile(r"(?:إلخ|الخ|etc)(?!\w)")
_NUMBERED: Final = re.compile(r"\W*(?:\d{1,3}|[^\W\d_])[.)]$")
_NUMBER: Final = re.compile(r"(?:[.,٫٬/–-]*+[^\w.,٫٬/–-]++)*+[\d.,٫٬/–-]++$")

# Abbreviations before a name. They are never the last word of a sentence.
_TITLES: Final = frozenset(
    """
    mr mrs ms messrs dr prof sen sens rep reps gov govs gen col lt sgt spc pfc pvt cpl capt cpt maj cmdr adm brig
    det supt mt rev hon pres vs e.g i.e cf approx fig
    z.b d.h mme mlle mgr sra dra srta dña avda pág ee núm av bd hr fr sr
    sn doç yrd bkz mah drs hj jl
    им ул см т.е т.н проф акад
    د أ م ا.د أ.د ص.ب
    """.split()
)
# Abbreviations before a number: "No. 5", "Sept. 11", "ص. 12". Elsewhere, "no" is a word.
_BEFORE_NUMBERS: Final = frozenset(
    """
    no nos art vol p pp ch sec jan feb mar apr jun jul aug sep sept oct nov dec nr núm n° s abs kap rp ст стр гл №
    ص ج رقم
    """.split()
)
# Abbreviations that end a sentence as often as not. The next word decides.
_EITHER: Final = frozenset(
    """
    u.s u.s.a u.k u.n e.u d.c l.a a.m p.m ph.d b.c a.d inc ltd co corp bros jr sr etc est dept univ govt assn
    jan feb mar apr jun jul aug sep sept oct nov dec ca st ft bzw usw u.a evtl ggf mio mrd
    ee.uu s.h dll dsb a.ş vb vd тыс руб гг т.д т.п др обл
    هـ ه ق.م ب.م ش.م.ل إلخ الخ
    """.split()
)
# Those among them that end a sentence after a number, whatever follows: "5 p.m.", "1770 هـ.".
_AFTER_NUMBERS: Final = frozenset("a.m p.m b.c a.d ft هـ ه ق.م ب.م".split())
# Words that belong to the time of day before them: "7 p.m. ET", "2 a.m. Monday", "4 p.m. (6 p.m. ET)".
_TIMES: Final = frozenset({"a.m", "p.m"})
_WITH_TIMES: Final = frozenset(
    """
    et est edt ct cst cdt mt mst mdt pt pst pdt gmt utc bst cet cest ist local eastern central mountain pacific
    greenwich monday tuesday wednesday thursday friday saturday sunday
    mon tue tues wed thu thur thurs fri sat sun january february march april may june july august september october
    november december jan feb mar apr jun jul aug sep sept oct nov dec
    """.split()
)
# Words that lead into a time of day and tell nothing yet: "At 7 p.m. Mona spoke", "On Monday at about 7 p.m. Mona …".
_BEFORE_TIMES: Final = _WITH_TIMES | frozenset(
    """
    at by from until till since before after around about nearly almost just shortly between and to on as of late
    early local time the next following same this that day morning evening night noon midnight today
    tomorrow yesterday then but so meanwhile only precisely exactly
    """.split()
)
_LONGEST_TIME: Final = 8  # words of such an opening
# Names that end with an exclamation mark, and words that follow it in the name of a firm: "Yahoo! Inc.".
_EXCLAIMED: Final = frozenset("yahoo jeopardy yum joomla".split())
_OF_FIRMS: Final = frozenset("inc corp co ltd plc llc group holdings brands news finance sports mail gmbh ag".split())
# Currencies. Arabic has no capitals, so the sentence ends only before a word that opens one: "20 د.إ. للكيلو".
_CURRENCIES: Final = frozenset("د.إ ر.س د.ك ج.م ل.ل ل.س د.أ ر.ق ر.ع د.ب د.ع د.ت د.ج د.م ج.س ر.ي د.ل".split())
_ARABIC_STARTERS: Final = re.compile(
    rf"و{_ARABIC}{{3}}|(?:ثم|كما|لكن|أما|غير|لذلك|كذلك|بينما|قال|قالت|أضاف|أضافت|أكد|أكدت|أوضح|أوضحت)\s"
)
_STARTERS: Final = frozenset(
    """
    the a an it he she they we i you this that these those there but and or so in on at for from with by as if when
    while after before since his her their its our my some many most all one two no not what who how why where
    however meanwhile more now then
    le la les un une il elle ils elles der die das ein eine er sie es bu bir он она они это в на и но
    el los las una en por para según además pero también dans mais selon cette ces im wir auch
    ini itu dia mereka pada namun menurut sementara selain ancak ayrıca bunun как по также
    """.split()
)
_MONTHS: Final = frozenset(
    "januar februar märz april mai juni juli august september oktober november dezember".split()
)
# German words before an ordinal number, which has a stop: "in der 2. Liga", "beim 1. FC".
_BEFORE_ORDINALS: Final = frozenset("der die das dem den des im beim zum zur vom".split())
_PAIRS: Final = {"«": "»", "“": "”", "„": "“", "(": ")", "[": "]"}
_PAIRED: Final = re.compile("[«»“”„()\\[\\]]")


def split_sentences(text: str) -> Iterator[str]:
    """Yields the sentences in order, each as written and on one line. A space replaces a line break.

    A caller that takes only the first ones does not split all of a long text.
    """
    for paragraph in _paragraphs(text):
        yield from _sentences(paragraph)


# Paragraphs


def _paragraphs(text: str) -> Iterator[str]:
    """Yields the paragraphs of a text: its lines, with wrapped lines joined again."""
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
    """Returns the width in characters at which a text was wrapped, or 0 if it was not."""
    width = max((len(line) for line in lines), default=0)
    if not NARROWEST_LINE <= width <= WIDEST_LINE:
        return 0
    broken = sum(1 for line, following in pairwise(lines) if following and _fills(line, following, width))
    return width if broken >= BROKEN_LINES else 0


def _fills(line: str, following: str, width: int) -> bool:
    """Returns whether the first word of the next line did not fit on this line."""
    return not is_ended(line) and len(line) + 1 + len(following.split(maxsplit=1)[0]) >= width


def _goes_on_below(line: str, following: str, width: int) -> bool:
    """Returns whether a line continues on the next one: it was wrapped, or ends within a clause."""
    if width and _fills(line, following, width):
        return True
    return line.endswith((",", "،")) and following[0].islower()


def is_ended(line: str) -> bool:
    """Returns whether a line ends with an end mark, which closing quotation marks or brackets may follow."""
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
    """Returns whether the mark before `end` ends the sentence that begins at `start`. The words on both sides decide.

    The function reads a few words only. Otherwise it would read a paragraph of initials again for each initial.
    """
    following = paragraph[end : end + LOOKED_AT]
    opening = _OPENS.match(following)
    first = following[opening.end() :] if opening else following
    if first[:1].islower() and (opening is None or not opening[0].strip()):
        return False  # "the No. 1 of e.g. this"; a new sentence begins with a capital, or in a script without them
    if _AND_SO_ON.match(first):
        return False  # "… إلخ": the ellipsis and "etc." belong together
    if paragraph[end - 1] == "!" and _is_in_name(paragraph[max(start, end - LOOKED_AT) : end - 1], first):
        return False
    if not _LETTER.search(following) or not _LETTER.search(paragraph, start, end):
        return False  # "[...] he", "wait . . ."
    before = paragraph[max(start, end - LOOKED_AT) : end].strip()
    if len(before) < LOOKED_AT and _NUMBERED.match(before):
        return False  # "1. The first"
    return not _is_abbreviated(before, first)


def _is_in_name(before: str, following: str) -> bool:
    """Returns whether an exclamation mark belongs to the name of a firm or a programme."""
    words, found = before.split(), _NEXT_WORD.match(following)
    if not words or not found or not words[-1].lstrip(_OPENING)[:1].isupper():
        return False
    if found[0].casefold() in _OF_FIRMS:
        return True
    return words[-1].lstrip(_OPENING).casefold() in _EXCLAIMED and found[0].casefold() not in _STARTERS


def _only_tells_time(before: str) -> bool:
    """Returns whether a sentence has nothing yet but a time of day, and words that lead into it."""
    words = [word.strip(",.()").casefold() for word in before.split()]
    return len(words) <= _LONGEST_TIME and all(word in _BEFORE_TIMES or word[:1].isdecimal() for word in words)


def _is_abbreviated(sentence: str, following: str) -> bool:
    """Returns whether the stop at the end belongs to an abbreviation or an initial ("J. R. Smith", "د. أحمد")."""
    before, last = ["", "", *sentence.rsplit(None, 2)][-2:]
    if not last.endswith(".") or last == ".":
        return False
    written = _GLUE.split(last[:-1].lstrip(_OPENING))[-1] or last[-2]
    word = written.casefold()
    found = _NEXT_WORD.match(following)
    following_word = found[0] if found else ""
    if word in _TIMES and (
        following_word.casefold() in _WITH_TIMES
        or following_word.isdecimal()
        or _only_tells_time(sentence.rsplit(None, 1)[0] if len(sentence) < LOOKED_AT else "(…)")
    ):
        return True
    if following_word[:1].isdecimal() and word in _BEFORE_NUMBERS:
        return True
    if word.isdecimal():  # "am 3. Mai", "der 1. FC"
        return len(word) <= 2 and (following_word.casefold() in _MONTHS or before.casefold() in _BEFORE_ORDINALS)
    names = {word, word.removeprefix("و"), word.removeprefix("ل")}
    if names & _CURRENCIES:
        return not _ARABIC_STARTERS.match(following)
    initial = bool(_INITIAL.fullmatch(word))
    starts = following_word.casefold() in _STARTERS and not following.startswith(f"{following_word}.")
    if _NUMBER.match(before) and word != "г" and ((initial and not written.isupper()) or names & _AFTER_NUMBERS):
        return False  # "1770 م.", "5 p.m."; but "в 2020 г. Москва" and "9. St. Pete" continue
    if names & _TITLES:
        return True
    return bool(initial or names & _EITHER) and not starts


class _Kept:
    """The spans of a paragraph that are not split: quotations and brackets that are closed and not too long."""

    def __init__(self, paragraph: str) -> None:
        spans = sorted([*_paired(paragraph), *_straight(paragraph)])
        self._begins: list[int] = []
        self._ends: list[int] = []
        for begin, end in spans:
            if end - begin <= LONGEST_QUOTATION and (not self._ends or begin > self._ends[-1]):
                self._begins.append(begin)
                self._ends.append(end)

    def holds(self, place: int) -> bool:
        """Returns whether the position is inside a span, or directly before its closing mark."""
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
    """Yields the pairs of straight quotation marks.

    If their number is odd, yields nothing: the mark without a partner could be any of them.
    """
    places = [mark.start() for mark in re.finditer('"', paragraph)] if '"' in paragraph else []
    if len(places) % 2 == 0:
        yield from zip(places[::2], places[1::2], strict=True)
