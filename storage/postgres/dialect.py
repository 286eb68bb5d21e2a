"""The SQL of `storage.topics` in the words of PostgreSQL.

The topics write each statement once, in what both databases understand. They differ in the words for a few things,
and these are translated here, once for each statement:

====================================  ====================================
in the topics                         for PostgreSQL
====================================  ====================================
``:name``                             ``%(name)s``
``a IS b``, ``a IS NOT b``            ``a IS [NOT] DISTINCT FROM b``
``max(a, b)``, ``min(a, b)``          ``greatest(a, b)``, ``least(a, b)``
``json_group_array``, ``json_array``  ``json_agg``, ``json_build_array``
``instr``                             ``strpos``
``CREATE TEMP TABLE``                 the same, ``ON COMMIT DELETE ROWS``
``INDEXED BY``, ``CROSS JOIN``, ``+`` nothing, ``JOIN``: hints for SQLite's planner
``a IN (SELECT … LIMIT n)``           ``a = ANY(ARRAY(SELECT … LIMIT n))``
====================================  ====================================

The last one is no other word, but another plan. SQLite runs the query and looks up each row that it finds. PostgreSQL
does so with an array, but with `IN` it runs the query for each row of the other table, if it depends on a third one.

Where they differ in more than words, a topic has a statement for each.
"""

import re
from functools import lru_cache
from typing import Final

_PART: Final = re.compile(r"('(?:[^']|'')*'|\"[^\"]*\")|(--[^\n]*)")  # a literal or a quoted name; a comment
_NAMED: Final = re.compile(r"(?<![:\w]):([a-z_]\w*)")
_WORDS: Final = (
    (re.compile(r"\bNOT INDEXED\b|\bINDEXED BY \w+"), ""),
    (re.compile(r"\bCROSS JOIN\b"), "JOIN"),
    (re.compile(r"(?<=[\s(])\+(?=[a-z_])"), ""),
    # What SQLite's connection keeps for one unit of work, and empties itself, a connection of a pool must not keep.
    (re.compile(r"(?<=^CREATE TEMP TABLE )(.*)\Z", re.DOTALL), r"\1 ON COMMIT DELETE ROWS"),
    (re.compile(r"\bIS NOT (?!NULL\b|TRUE\b|FALSE\b|DISTINCT\b)"), "IS DISTINCT FROM "),
    (re.compile(r"\bIS (?!NULL\b|TRUE\b|FALSE\b|DISTINCT\b|NOT\b)"), "IS NOT DISTINCT FROM "),
    (re.compile(r"\bjson_group_array\("), "json_agg("),
    (re.compile(r"\bjson_array\("), "json_build_array("),
    (re.compile(r"\binstr\("), "strpos("),
)
_EXTREME: Final = re.compile(r"\b(max|min)\(")
_IN: Final = re.compile(r"(?<=[\w\"] )(?<!NOT )\bIN \((?=\s*SELECT\b)")
_INNERMOST: Final = re.compile(r"\([^()]*\)")
_GREATEST: Final = {"max": "greatest", "min": "least"}


@lru_cache(maxsize=4096)
def postgres_sql(sql: str) -> str:
    """Returns a statement of the topics for psycopg. The same statement is translated once."""
    literals: list[str] = []

    def keep(found: re.Match[str]) -> str:
        if found[2] is not None:
            return ""
        literals.append(found[1].replace("%", "%%"))
        return f"\0{len(literals) - 1}\0"

    text = _PART.sub(keep, sql).replace("%", "%%").strip()
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    text = _looked_up(_extremes(text))
    text = _NAMED.sub(r"%(\1)s", text)
    return re.sub(r"\0(\d+)\0", lambda found: literals[int(found[1])], text)


def _looked_up(text: str) -> str:
    """Replace `IN` before a query with a limit. Several values before it can't be looked up in an array."""
    for found in reversed(list(_IN.finditer(text))):
        inside = _inside(text, found.end())
        if "LIMIT " in _without_parentheses(inside):
            end = found.end() + len(inside)
            text = f"{text[: found.start()]}= ANY(ARRAY({inside}){text[end:]}"
    return text


def _extremes(text: str) -> str:
    """Rename `max` and `min` of several values. Those of one value are aggregates."""
    renamed = text
    for found in reversed(list(_EXTREME.finditer(text))):
        if _has_several(text, found.end()):
            renamed = renamed[: found.start()] + _GREATEST[found[1]] + renamed[found.end() - 1 :]
    return renamed


def _has_several(text: str, start: int) -> bool:
    """Returns whether there is a comma between a parenthesis, which ended before `start`, and its other end."""
    return "," in _without_parentheses(_inside(text, start))


def _inside(text: str, start: int) -> str:
    """Returns what is between a parenthesis, which ended before `start`, and its other end."""
    depth = 1
    for place in range(start, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if depth == 0:
            return text[start:place]
    return text[start:]


def _without_parentheses(text: str) -> str:
    """Returns a text without what is in parentheses."""
    while (shorter := _INNERMOST.sub("", text)) != text:
        text = shorter
    return text
