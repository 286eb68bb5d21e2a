"""Sentences of a text: where one ends in Arabic, English and their relatives."""

import re
from typing import Final

# An end mark, what closes with it, then space. Decimals, addresses and "U.S.A." have no space after the point.
_END: Final = re.compile(r"""(?<=[.!?؟…۔。！？])(["'”’»)\]]*)(\s+)(?=\S)""")
_UNSPACED_END: Final = re.compile(r"(?<=[。！？])(?=\S)")
_ABBREVIATIONS: Final = frozenset(
    """
    mr mrs ms dr prof sen rep gov gen col lt sgt capt st jr sr vs etc inc ltd co corp fig vol dept univ
    jan feb mar apr jun jul aug sep sept oct nov dec e.g i.e cf approx u.s u.k u.n
    bzw ca z.b d.h u.a usw mme mlle sra dra núm
    د أ م ص ج هـ ق.م
    """.split()
)
_LAST_WORD: Final = re.compile(r"(\S+)\.$")
_INITIAL: Final = re.compile(r"^[^\W\d_]$")


def split_sentences(text: str) -> list[str]:
    """The sentences in order, each on one line. A line break ends a sentence, with or without a mark."""
    sentences: list[str] = []
    for line in text.splitlines():
        begun = ""
        for part in _parts(line.strip()):
            begun = f"{begun} {part}" if begun else part
            if not _goes_on(begun):
                sentences.append(begun)
                begun = ""
        if begun:
            sentences.append(begun)
    return sentences


def _parts(line: str) -> list[str]:
    parts: list[str] = []
    start = 0
    for end in _END.finditer(line):
        following = line[end.end() : end.end() + 1]
        if following.islower():
            continue  # "the No. 1 of e.g. this"; a new sentence begins with a capital, or in a script without them
        parts.append(line[start : end.start(2)])
        start = end.end()
    parts.append(line[start:])
    return [piece for part in parts for piece in _UNSPACED_END.split(part) if piece]


def _goes_on(sentence: str) -> bool:
    """Whether the point at the end belongs to an abbreviation or an initial ("J. R. Smith", "د. أحمد")."""
    last = _LAST_WORD.search(sentence)
    if last is None:
        return False
    word = last[1].strip("(\"'«“").casefold()
    return bool(_INITIAL.match(word)) or word in _ABBREVIATIONS or word.removeprefix("و") in _ABBREVIATIONS
