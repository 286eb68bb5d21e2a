"""Categories: the sections that publishers give."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Category:
    id: int
    name: str  # as the publisher writes it
    articles: int = 0  # how many are stored, where the query counted them


@dataclass(frozen=True, slots=True)
class CategoryName:
    name: str  # as shown
    normalized: str  # as matched
