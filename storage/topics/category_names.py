"""Category names: the columns of a category, and the record that a row becomes."""

import json
from typing import Final

from storage.database import Row
from storage.records import Category

# The aliases of a row of `categories`, as a JSON array in alphabetical order. Served by category_aliases_of.
ALIASES: Final = """
(SELECT coalesce(CAST(json_group_array(alias) AS text), '[]') FROM (
    SELECT alias FROM category_aliases WHERE category_aliases.category_id = categories.id ORDER BY folded
) AS named) AS aliases
"""


def category_from(row: Row) -> Category:
    columns = row.keys()
    return Category(
        row["id"],
        row["name"],
        row["articles"] if "articles" in columns else 0,
        tuple(json.loads(row["aliases"])) if "aliases" in columns else (),
    )
