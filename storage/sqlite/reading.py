"""Which articles a chat is shown: in the languages that its readers read, a story once."""

import json
from collections.abc import Sequence

from storage.database import Row
from storage.records import UNDETERMINED, Reading


def language_matches(languages: str, language: str) -> str:
    """SQL: whether an article in `language` is for who reads `languages` (as `chats.reads` keeps them).

    One in no language that is known is for everybody.
    """
    return f"({languages} IS NULL OR {language} = '{UNDETERMINED}' OR instr({languages}, ' ' || {language} || ' '))"


def language_in_list(language: str) -> str:
    """SQL: the same for one reader, whose :languages are those of `languages_json`. Asked of many articles, it takes
    a third of the time, since they are a list and not searched for in a text each time.
    """
    return f"{language} IN (SELECT value FROM json_each(:languages))"


def languages_json(languages: Sequence[str]) -> str:
    return json.dumps([*languages, UNDETERMINED])


def newest_of_story(*conditions: str) -> str:
    """SQL: whether an article is the newest of its story, among those (`newer`) that fulfil these conditions.

    Served by articles_of_story.
    """
    among = "".join(f" AND {condition}" for condition in conditions)
    return f"""
    NOT EXISTS (
        SELECT 1 FROM articles AS newer
        WHERE newer.story_id = articles.story_id AND newer.retracted_at IS NULL
          AND (newer.published_at, newer.id) > (articles.published_at, articles.id){among})
    """


def reading_from(row: Row) -> Reading:
    return Reading(languages=tuple((row["reads"] or "").split()), grouped=bool(row["grouped"]))


def reading_row(reading: Reading) -> dict[str, str | int | None]:
    return {
        "reads": f" {' '.join(reading.languages)} " if reading.languages else None,
        "grouped": int(reading.grouped),
    }
