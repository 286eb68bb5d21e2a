"""The conditions of a search, and how far back it searches."""

import json
import math
from collections.abc import Sequence
from typing import Final

from storage.full_text import Match, Within
from storage.records import Query, Term
from storage.topics.reading import language_in_list, languages_json

_READ: Final = language_in_list("articles.language")


class Walk:
    """The conditions of a query, and how far back it searches."""

    def __init__(self, query: Query, *, total: int, newest: int, other: str = "0") -> None:
        self.query = query
        self._newest = newest
        self.total = total  # the number of articles, or a little more, because deleted ones may be counted
        conditions = []
        if query.categories:
            conditions.append(
                """
                AND EXISTS (
                    SELECT 1 FROM json_each(:categories) AS wanted CROSS JOIN article_categories AS filed
                        ON filed.category_id = CAST(wanted.value AS bigint) AND filed.article_id = articles.id)
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
        self.within = Within(
            newest=newest,
            condition=" ".join(conditions),
            other=other,
            values={
                "categories": json.dumps(query.categories),
                "sources": json.dumps(query.sources),
                "languages": languages_json(query.languages),
            },
        )

    @property
    def apart(self) -> bool:
        """Whether the articles in other languages are reported separately."""
        return bool(self.query.languages) and not self.query.elsewhere

    def in_all_languages(self) -> "Walk":
        """Returns the same walk, but with articles in other languages, which are marked instead of left out."""
        return Walk(self.query, total=self.total, newest=self._newest, other=f"NOT ({_READ})")

    @property
    def excluded(self) -> list[Term]:
        """The excluded words, without excluded phrases: these must be checked in the original text."""
        return [term for term in self.query.without if not term.written]

    def match(
        self, *, every: Sequence[Term] = (), of_title: Sequence[Term] = (), one_of: Sequence[Term] = ()
    ) -> Match:
        """Returns what an article must have: these terms, and what always must hold, phrases and excluded words."""
        phrases = [term for term in self.query.terms if term.written and term not in every]
        return Match(
            every=(*every, *phrases), of_title=tuple(of_title), one_of=tuple(one_of), none_of=tuple(self.excluded)
        )

    def after(self, most: float, steps: float) -> int:
        """Returns the article id after which to search, so that the search takes at most `most` steps.

        `steps` is the number of steps that a search of all articles would take.
        """
        share = min(1.0, most / max(steps, 1.0))
        return max(0, math.floor(self._newest - share * self.total)) if share < 1 else 0
