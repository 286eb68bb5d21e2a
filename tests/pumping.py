"""Texts that make a regular expression slow, if anything does, and how its time grows with their length.

A pattern is slow where a part that repeats can match the same letters in many ways, or from many beginnings. So each
repeated part is given much of what it matches, behind what has to stand before it, and before a letter that ends the
hope of a match.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from re import _compiler as compiler  # type: ignore[attr-defined]  # not in typeshed
from re import _constants as code  # type: ignore[attr-defined]  # not in typeshed
from re import _parser as parser  # type: ignore[attr-defined]  # not in typeshed
from typing import Any, Final

# A pattern that needs more than QUICK for a text is measured: four times the text may take LINEAR times as long.
LENGTHS: Final = (25, 100, 400, 1_600, 6_400, 25_600)
LONGEST: Final = 1_600  # the lengths after it are for what has been suspected
QUICK: Final = 0.01  # seconds of this thread; a quadratic pattern needs some 20 ms for the longest text
AGAIN: Final = 2  # times that a slow text is run once more: anything else may have taken the time
LINEAR: Final = 9.0  # four would be ideal, sixteen is quadratic
BY_FACTOR: Final = itemgetter(1)
EXPLODES: Final = 40.0  # times as long: nobody waits for the next length
REPEATED: Final = 20  # repetitions from which a part counts as one without an end
ENDS: Final = ("", "\0", " \0", "\nx")
# What stands for a class of letters; those that a pattern names are tried beside them.
LETTERS: Final = " \n\t\u00a0a1A_é-.,:;!?'\"/@#<>&()[]{}=%+*|\\«»“ا،؟ة\u064b\u0301中ー0"


@dataclass(frozen=True, slots=True)
class Growth:
    text: str  # its beginning
    length: int
    seconds: float
    factor: float  # beside a quarter of the text


def slow_growth(run: Callable[[str], object], make: Callable[[int], str]) -> Growth | None:
    """How the time grows if it grows faster than the text does. `make` gives a text of about a length.

    A part that may repeat 900 times and no more is slow only up to that length, so the growth has to go on.
    """
    shorter, before, suspected = "", 0.0, False
    for length in LENGTHS:
        text = make(length)
        seconds = seconds_of(run, text)
        factor = seconds / max(before, 1e-6)
        if seconds > QUICK and factor > LINEAR:
            seconds, factor = min(
                (seconds, factor), *(growth(run, shorter, text) for _ in range(AGAIN)), key=BY_FACTOR
            )
        if seconds > QUICK and (factor > EXPLODES or (factor > LINEAR and suspected)):
            return Growth(text[:80], length, seconds, factor)
        if suspected or (seconds > QUICK and factor <= LINEAR):
            return None
        shorter, before, suspected = text, seconds, seconds > QUICK
        if length == LONGEST and not suspected:
            return None
    return None


def growth(run: Callable[[str], object], shorter: str, longer: str) -> tuple[float, float]:
    """Returns the seconds for the longer text, and how many times as long it takes as the shorter one.

    One is run right after the other: a machine that becomes slower in between would seem to be growth.
    """
    before, seconds = seconds_of(run, shorter), seconds_of(run, longer)
    return seconds, seconds / max(before, 1e-6)


def seconds_of(run: Callable[[str], object], text: str) -> float:
    """Returns the seconds that this thread computes for the text."""
    begun = time.thread_time()
    run(text)
    return time.thread_time() - begun


def pumps(pattern: str, flags: int) -> Iterator[Callable[[int], str]]:
    """For each part of a pattern that repeats, makers of texts of a given length."""
    tree = parser.parse(pattern, flags)
    letters = LETTERS + "".join(sorted({letter for letter in _named(tree) if letter not in LETTERS})[:40])
    seen: set[tuple[str, str]] = set()
    for before, body in _repeated(tree, ""):
        for unit in _units(body, letters):
            if (before, unit) not in seen:
                seen.add((before, unit))
                yield from _around(before, unit)
    yield from _around("", _sample(tree) or "a")


def _repetition(before: str, unit: str, end: str, length: int) -> str:
    return before + unit * (length // len(unit)) + end


def _around(before: str, unit: str) -> Iterator[Callable[[int], str]]:
    for end in ENDS:
        yield partial(_repetition, before, unit, end)
    if before:
        yield lambda length: (before + unit) * (length // len(before + unit))
        yield lambda length: before * (length // len(before))


def _repeated(tree: Any, before: str) -> Iterator[tuple[str, Any]]:
    """Each part that repeats without an end, with a text that leads there."""
    for op, value in tree:
        match op:
            case code.MAX_REPEAT | code.MIN_REPEAT | code.POSSESSIVE_REPEAT:
                _, most, body = value
                if most >= REPEATED:
                    yield before, body
                yield from _repeated(body, before)
            case code.SUBPATTERN:
                yield from _repeated(value[-1], before)
            case code.ATOMIC_GROUP:
                yield from _repeated(value, before)
            case code.BRANCH:
                for branch in value[1]:
                    yield from _repeated(branch, before)
            case code.ASSERT:
                direction, body = value
                if direction > 0:
                    yield from _repeated(body, before)
            case code.ASSERT_NOT:
                yield from _repeated(value[1], before)
        before += _sample([(op, value)])


def _units(body: Any, letters: str) -> list[str]:
    """What is repeated: each single letter that the body matches, and texts that it matches in all its branches."""
    matcher = compiler.compile(body, 0)
    single = [letter for letter in letters if matcher.fullmatch(letter)]
    longer = [text for text in _samples(body) if len(text) > 1]
    return [*single, *dict.fromkeys(longer[:12])]


def _samples(tree: Sequence[Any]) -> list[str]:
    """A text for each way through the alternatives."""
    texts = [""]
    for op, value in tree:
        more = _samples_of(op, value)
        texts = [text + one for text in texts for one in more][:40]
    return texts


def _sample(tree: Sequence[Any]) -> str:
    return _samples(tree)[0]


def _samples_of(op: Any, value: Any) -> list[str]:
    match op:
        case code.LITERAL:
            return [chr(value)]
        case code.NOT_LITERAL:
            return [next(letter for letter in "ab " if ord(letter) != value)]
        case code.ANY:
            return ["a"]
        case code.IN:
            return [letter for letter in ("a", "1", " ", *_of_class(value)) if _is_in(letter, value)][:2] or ["\0"]
        case code.MAX_REPEAT | code.MIN_REPEAT | code.POSSESSIVE_REPEAT:
            least, most, body = value
            once = [text * max(1, least) for text in _samples(body)]
            return once if least or not most else [*once, ""]
        case code.SUBPATTERN:
            return _samples(value[-1])
        case code.ATOMIC_GROUP:
            return _samples(value)
        case code.BRANCH:
            return [text for branch in value[1][:20] for text in _samples(branch)][:40]
    return [""]


def _of_class(members: Any) -> Iterator[str]:
    for op, value in members:
        if op is code.LITERAL:
            yield chr(value)
        elif op is code.RANGE:
            yield chr(value[0])
    yield from LETTERS


def _is_in(letter: str, members: Any) -> bool:
    tree = parser.parse("x")
    tree.data = [(code.IN, members)]
    return bool(compiler.compile(tree, 0).fullmatch(letter))


def _named(tree: Any) -> Iterator[str]:
    """The letters that stand in the pattern."""
    for op, value in tree:
        match op:
            case code.LITERAL | code.NOT_LITERAL:
                yield chr(value)
            case code.IN:
                yield from (chr(one) for kind, one in value if kind is code.LITERAL)
                yield from (chr(one[0]) for kind, one in value if kind is code.RANGE)
            case code.MAX_REPEAT | code.MIN_REPEAT | code.POSSESSIVE_REPEAT:
                yield from _named(value[2])
            case code.SUBPATTERN:
                yield from _named(value[-1])
            case code.ATOMIC_GROUP:
                yield from _named(value)
            case code.BRANCH:
                for branch in value[1]:
                    yield from _named(branch)
            case code.ASSERT | code.ASSERT_NOT:
                yield from _named(value[1])
