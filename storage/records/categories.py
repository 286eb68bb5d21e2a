"""Categories: the sections that publishers give to their articles."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Category:
    """A category that is stored."""

    id: int
    name: str  # as the publisher writes it
    articles: int = 0  # number of stored articles, if the query counted them
    aliases: tuple[str, ...] = field(default=(), compare=False)  # its other names, in alphabetical order


@dataclass(frozen=True, slots=True)
class CategoryName:
    """The name of a category, for readers and for comparing."""

    name: str  # the form that readers see
    normalized: str  # the form that is compared
