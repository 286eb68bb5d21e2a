"""Conditions for the articles that a chat is shown: its languages, and each story once."""

import json
from collections.abc import Sequence

from storage.database import Row
from storage.records import UNDETERMINED, Reading


def language_matches(languages: str, language: str) -> str:
    """Returns a condition: `languages`, as the column `chats.reads` keeps them, contain `language`.

    No languages mean all of them. An article in an undetermined language matches every chat.
    """
    known = f"CAST({languages} AS text)" if languages.startswith(":") else languages
    return f"({known} IS NULL OR {language} = '{UNDETERMINED}' OR instr({languages}, ' ' || {language} || ' ') > 0)"


def language_in_list(language: str) -> str:
    """Returns a condition: the parameter :languages, made by `languages_json`, contains `language`.

    For many articles it takes a third of the time of `language_matches`, which searches a text for each article.
    """
    return f"{language} IN (SELECT value FROM json_each(:languages))"


def languages_json(languages: Sequence[str]) -> str:
    """Returns these languages and the undetermined one as a JSON array."""
    return json.dumps([*languages, UNDETERMINED])


def newest_of_story(*conditions: str) -> str:
    """Returns a condition: the article is the newest of its story, and the newest issue of its serial.

    Only articles that fulfil `conditions`, where they are called `newer`, are compared. Served by articles_of_story
    and articles_of_serial.
    """
    among = "".join(f" AND {condition}" for condition in conditions)
    newer = f"""
        newer.retracted_at IS NULL
        AND (newer.published_at, newer.id) > (articles.published_at, articles.id){among}
    """
    return f"""
    NOT EXISTS (SELECT 1 FROM articles AS newer WHERE newer.story_id = articles.story_id AND {newer})
    AND (articles.serial IS NULL
         OR NOT EXISTS (SELECT 1 FROM articles AS newer WHERE {same_serial("newer", "articles")} AND {newer}))
    """


def same_serial(one: str, other: str) -> str:
    """Returns a condition: two articles are issues of one serial. Served by articles_of_serial."""
    return f"""
    {one}.serial = {other}.serial AND {one}.source_id IS {other}.source_id AND {one}.publisher IS {other}.publisher
    """


def reading_from(row: Row) -> Reading:
    return Reading(languages=tuple((row["reads"] or "").split()), grouped=bool(row["grouped"]))


def reading_row(reading: Reading) -> dict[str, str | bool | None]:
    return {
        "reads": f" {' '.join(reading.languages)} " if reading.languages else None,
        "grouped": reading.grouped,
    }
