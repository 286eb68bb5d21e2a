"""The conditions of a search in SQL and in FTS5's language, and how far back it searches."""

import json
import math
from collections.abc import Iterable
from typing import Final

from storage.records import Query, Term
from storage.topics.listing import View
from storage.topics.reading import language_in_list, languages_json

_READ: Final = language_in_list("articles.language")


class Walk:
    """The conditions of a query in SQL, and how far back it searches."""

    def __init__(self, query: Query, *, total: int, newest: int, other: str = "0") -> None:
        self.query = query
        self.newest = newest
        self.total = total  # the number of articles, or a little more, because deleted ones may be counted
        self.other = other  # SQL expression: whether an article is in another language than the query asks for
        conditions = []
        if query.categories:
            conditions.append(
                """
                AND EXISTS (
                    SELECT 1 FROM json_each(:categories) AS wanted CROSS JOIN article_categories AS filed
                    WHERE filed.category_id = wanted.value AND filed.article_id = articles.id)
                """
            )
        if query.sources:
            conditions.append(
                """
                AND (articles.publisher IN (SELECT value FROM json_each(:sources))
                     OR articles.publisher IS NULL AND articles.source_id IN (
                         -- scans sources: once for the query, and not for each article
                         SELECT id FROM sources WHERE title IN (SELECT value FROM json_each(:sources))))
                """
            )
        if query.languages and other == "0":
            conditions.append(f"AND {'NOT ' if query.elsewhere else ''}({_READ})")
        self.condition = " ".join(conditions)
        self.values = {
            "newest": newest,
            "categories": json.dumps(query.categories),
            "sources": json.dumps(query.sources),
            "languages": languages_json(query.languages),
        }

    @property
    def apart(self) -> bool:
        """Whether the articles in other languages are reported separately."""
        return bool(self.query.languages) and not self.query.elsewhere

    def in_all_languages(self) -> "Walk":
        """Returns the same walk, but with articles in other languages, which are marked instead of left out."""
        return Walk(self.query, total=self.total, newest=self.newest, other=f"NOT ({_READ})")

    @property
    def excluded(self) -> list[Term]:
        """The excluded words, without excluded phrases: these must be checked in the original text."""
        return [term for term in self.query.without if not term.written]

    def joined(self, article: str) -> str:
        """Returns the join that the condition needs. It reads an index with all columns, because rows are large."""
        if not self.condition and self.other == "0":
            return ""
        return f"CROSS JOIN articles INDEXED BY articles_filed ON articles.id = {article}"

    def held(self, match: str) -> str:
        """Returns the FTS5 expression with the conditions that must always hold: phrases and excluded words."""
        within = " AND ".join([f"({match})", *(match_of(term) for term in self.query.terms if term.written)])
        return f"({within}) NOT ({any_of(self.excluded)})" if self.excluded else within

    def after(self, most: float, steps: float) -> int:
        """Returns the article id after which to search, so that the search takes at most `most` steps.

        `steps` is the number of steps that a search of all articles would take.
        """
        share = min(1.0, most / max(steps, 1.0))
        return max(0, math.floor(self.newest - share * self.total)) if share < 1 else 0


def of_sources(view: View) -> str:
    """Returns the FTS5 expression for the articles of the private sources that a viewer sees."""
    return f"(source : ({' OR '.join(f's{source}' for source in view.own)}))"


def match_of(term: Term) -> str:
    """Returns the FTS5 expression for a term. Each form is quoted, so that nothing in it is read as an operator."""
    return "(" + " OR ".join(f'"{form}"' for form in term.forms) + ")"


def any_of(terms: Iterable[Term]) -> str:
    return " OR ".join(map(match_of, terms))
