"""Evaluates the part of Prometheus' query language that the files of ops/ use, on two scrapes of a bot.

Range selectors see exactly these two scrapes, whatever their range: a rate is the difference between them. As in
Prometheus, a series that is only in the later scrape has no rate.
"""

import math
import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final

from tests.scrapes import Series

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]
Value = float | Vector

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<number>(?:\d+\.?\d*(?:e[+-]?\d+)?|Inf)\b)|(?P<name>[a-zA-Z_:][\w:]*)|(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<operator>==|!=|>=|<=|=~|!~|[-+*/(){},=<>])|(?P<range>\[[\w$]+\]))""",
    re.VERBOSE,
)
_COMPARING: Final[dict[str, Callable[[float, float], bool]]] = {
    "==": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le,
}  # fmt: skip
_COMPUTING: Final[dict[str, Callable[[float, float], float]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": lambda a, b: a / b if b else math.nan,
}  # fmt: skip
_SUMMING: Final[dict[str, Callable[[Iterable[float]], float]]] = {"sum": sum, "max": max, "min": min}


class Evaluation:
    """Evaluates expressions on an earlier and a later scrape."""

    def __init__(self, before: Iterable[Series], after: Iterable[Series], *, seconds: float, now: float) -> None:
        """`seconds` lie between the scrapes. `now` is the time of the later one, in seconds since 1970."""
        self._before, self._after = _by_name(before), _by_name(after)
        self._seconds = seconds
        self._now = now
        self._tokens: list[tuple[str, str]] = []
        self.selected: list[tuple[str, dict[str, str]]] = []  # names and matchers of all selectors so far

    def __call__(self, expression: str) -> Value:
        """Raises AssertionError for an expression that can't be read."""
        position, self._tokens = 0, []
        text = expression.rstrip()
        while position < len(text):
            found = _TOKEN.match(text, position)
            assert found, f"{text[position:]!r} in {expression}"
            assert found.lastgroup
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            position = found.end()
        value = self._and()
        assert not self._tokens, (self._tokens, expression)
        return value

    def _next(self) -> str:
        return self._tokens[0][1] if self._tokens else ""

    def _take(self, wanted: str = "") -> str:
        assert self._tokens, f"expected {wanted or 'more'}"
        _, token = self._tokens.pop(0)
        assert wanted in ("", token), f"expected {wanted}, not {token}"
        return token

    def _and(self) -> Value:
        left = self._comparison()
        while self._next() == "and":
            self._take()
            right = self._comparison()
            assert isinstance(left, dict)
            assert isinstance(right, dict)
            left = {labels: value for labels, value in left.items() if labels in right}
        return left

    def _comparison(self) -> Value:
        left = self._sum()
        while (token := self._next()) in _COMPARING:
            self._take()
            right, holds = self._sum(), _COMPARING[token]
            assert isinstance(left, dict), "a filter needs a vector"
            assert isinstance(right, float), "only comparisons with numbers are used"
            left = {labels: value for labels, value in left.items() if holds(value, right)}
        return left

    def _sum(self) -> Value:
        left = self._product()
        while self._next() in ("+", "-"):
            left = _computed(self._take(), left, self._product())
        return left

    def _product(self) -> Value:
        left = self._primary()
        while self._next() in ("*", "/"):
            left = _computed(self._take(), left, self._primary())
        return left

    def _primary(self) -> Value:
        kind = self._tokens[0][0]
        token = self._take()
        if kind == "number":
            return float(token)
        if token == "(":
            value = self._and()
            self._take(")")
            return value
        assert kind == "name", token
        if token == "time":
            self._take("(")
            self._take(")")
            return self._now
        if token in _SUMMING:
            return self._aggregation(token)
        if token in ("rate", "increase"):
            return self._change(token)
        if token == "histogram_quantile":
            return self._quantile()
        return self._selected(self._after, token, self._matchers(token))

    def _aggregation(self, name: str) -> Vector:
        by: set[str] = set()
        if self._next() == "by":
            self._take()
            by = self._names()
        self._take("(")
        inner = self._and()
        self._take(")")
        assert isinstance(inner, dict)
        groups: defaultdict[Labels, list[float]] = defaultdict(list)
        for labels, value in inner.items():
            groups[frozenset(one for one in labels if one[0] in by)].append(value)
        return {labels: _SUMMING[name](values) for labels, values in groups.items()}

    def _names(self) -> set[str]:
        self._take("(")
        names = {self._take()}
        while self._next() == ",":
            self._take()
            names.add(self._take())
        self._take(")")
        return names

    def _change(self, function: str) -> Vector:
        self._take("(")
        name = self._take()
        matchers = self._matchers(name)
        assert self._tokens.pop(0)[0] == "range"
        self._take(")")
        before, after = (self._selected(scrape, name, matchers) for scrape in (self._before, self._after))
        divisor = self._seconds if function == "rate" else 1.0
        return {labels: (after[labels] - before[labels]) / divisor for labels in after.keys() & before.keys()}

    def _quantile(self) -> Vector:
        self._take("(")
        wanted = float(self._take())
        self._take(",")
        buckets = self._and()
        self._take(")")
        assert isinstance(buckets, dict)
        groups: defaultdict[Labels, list[tuple[float, float]]] = defaultdict(list)
        for labels, value in buckets.items():
            rest = frozenset(one for one in labels if one[0] != "le")
            groups[rest].append((float(dict(labels)["le"].replace("+Inf", "inf")), value))
        found: Vector = {}
        for labels, steps in groups.items():
            steps.sort()
            if total := steps[-1][1]:
                found[labels] = next(bound for bound, count in steps if count >= wanted * total)
        return found

    def _matchers(self, name: str) -> dict[str, tuple[str, str]]:
        matchers: dict[str, tuple[str, str]] = {}
        if self._next() == "{":
            self._take()
            while self._next() != "}":
                label, how, text = self._take(), self._take(), self._take().strip('"')
                matchers[label] = (how, text)
                if self._next() == ",":
                    self._take()
            self._take("}")
        self.selected.append((name, {label: text for label, (_, text) in matchers.items()}))
        return matchers

    def _selected(self, scrape: dict[str, list[Series]], name: str, matchers: dict[str, tuple[str, str]]) -> Vector:
        return {
            one.labels: one.value
            for one in scrape.get(name, [])
            if all(_matches(dict(one.labels).get(label, ""), *matcher) for label, matcher in matchers.items())
        }


def _matches(value: str, how: str, text: str) -> bool:
    equal = bool(re.fullmatch(text, value)) if how.endswith("~") else text == value
    return equal is not how.startswith("!")


def _computed(sign: str, left: Value, right: Value) -> Value:
    compute = _COMPUTING[sign]
    if isinstance(left, float) and isinstance(right, float):
        return compute(left, right)
    if isinstance(left, dict) and isinstance(right, dict):
        return {labels: compute(left[labels], right[labels]) for labels in left.keys() & right.keys()}
    if isinstance(left, dict):
        assert isinstance(right, float)
        return {labels: compute(value, right) for labels, value in left.items()}
    assert isinstance(right, dict)
    return {labels: compute(left, value) for labels, value in right.items()}


def _by_name(scrape: Iterable[Series]) -> dict[str, list[Series]]:
    found: defaultdict[str, list[Series]] = defaultdict(list)
    for one in scrape:
        found[one.name].append(one)
    return found
