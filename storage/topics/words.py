"""Words that chats follow: which articles have them.

A new article is not compared with all words. Each subject of words is kept under the stems of its rarest word. So the
stems of an article lead to the few subjects that it may have, and only these are checked whole.
"""

import json
from collections.abc import Callable, Iterable, Sequence

from storage.database import Row, Transaction
from storage.full_text import Match, Within
from storage.records import SearchText, SubjectName, Term, WordsQuery
from storage.topics.categories import find_category
from storage.topics.duplicates import source_name
from storage.topics.search import SAMPLED
from storage.topics.subjects import ensure_subject, query_from

FILLED = 2_000  # stored articles that a new subject is compared with at most
FILLED_MS = 30 * 86_400_000  # and only articles that are so much older than the newest one


async def match_article(transaction: Transaction, article_id: int, search: SearchText) -> None:
    """Store which words an article has. Before this, `drop_from_article` removes the words that it had."""
    stems = json.dumps(sorted({*search.title.split(), *search.body.split()}), ensure_ascii=False)
    [candidates] = await transaction.fetch(
        # One row: to read thousands takes twice as long.
        """
        SELECT json_group_array(subject_id) FILTER (WHERE conditions = '') AS without_conditions,
               json_group_array(subject_id) FILTER (WHERE conditions = :whole) AS whole,
               json_group_array(json_array(subject_id, conditions))
                   FILTER (WHERE conditions NOT IN ('', :whole)) AS with_conditions
        FROM json_each(:stems) AS stem CROSS JOIN subject_stems ON subject_stems.stem = stem.value
        """,
        {"stems": stems, "whole": _WHOLE},
    )
    text = _IndexedText(search)
    # A subject is found by each of its stems that the article has.
    matched = {
        *json.loads(candidates["without_conditions"] or "[]"),
        *(
            subject
            for subject, conditions in json.loads(candidates["with_conditions"] or "[]")
            if text.fulfils(conditions)
        ),
        *await _matched_whole(transaction, article_id, text, json.loads(candidates["whole"] or "[]")),
    }
    if matched:
        await transaction.execute(
            """
            INSERT INTO article_subjects (article_id, subject_id)
            SELECT :article, CAST(value AS bigint) FROM json_each(:subjects)
            """,
            {"article": article_id, "subjects": json.dumps(sorted(matched))},
        )


async def _matched_whole(
    transaction: Transaction, article_id: int, text: "_IndexedText", candidates: Sequence[int]
) -> list[int]:
    """Returns those of these subjects whose whole query the article fulfils."""
    if not candidates:
        return []
    rows = await transaction.fetch(
        "SELECT id, query FROM subjects WHERE id IN (SELECT CAST(value AS bigint) FROM json_each(:ids))",
        {"ids": json.dumps(candidates)},
    )
    queries = [(row["id"], query_from(row["query"])) for row in rows]
    return [
        number for number, query in queries if text.has(query) and await _is_filed(transaction, article_id, query)
    ]


# The conditions of a subject, kept beside its stem: a line each, which begins with one of these signs. To read the
# whole query of thousands of candidates would take longer than to compare them.
_ONE_OF, _NONE_OF = "+", "-"  # stems with | between them
_PHRASE, _NO_PHRASE = "=", "!"  # phrases with | between them
_WHOLE = "?"  # the only line: the whole query is to be read


def _conditions(query: WordsQuery, found_by: Term) -> str:
    """Returns what an article must fulfil beside having a stem of `found_by`."""
    terms = [term for term in (*query.terms, *query.without) if not term.written]
    if query.only_titles or query.categories or query.sources or any(" " in "".join(term.forms) for term in terms):
        return _WHOLE
    required = [_line(_PHRASE, _ONE_OF, term) for term in query.terms if term.written or term != found_by]
    return "\n".join([*required, *(_line(_NO_PHRASE, _NONE_OF, term) for term in query.without)])


def _line(phrase: str, stems: str, term: Term) -> str:
    return f"{phrase}{'|'.join(term.written)}" if term.written else f"{stems}{'|'.join(term.forms)}"


class _IndexedText:
    """The words of an article, to be compared with queries."""

    def __init__(self, search: SearchText) -> None:
        self._title, self._body = f" {search.title} ", f" {search.body} "
        self._of_title = frozenset(search.title.split())
        self._stems = self._of_title | frozenset(search.body.split())
        self._written_title, self._written_body = search.written_title, search.written_body

    def fulfils(self, conditions: str) -> bool:
        """Returns whether the text fulfils these conditions, of which there is at least one."""
        for condition in conditions.split("\n"):
            sign, words = condition[0], condition[1:].split("|")
            if sign in (_ONE_OF, _NONE_OF):
                has_one, is_wanted = not self._stems.isdisjoint(words), sign == _ONE_OF
            else:
                has_one, is_wanted = self._has_phrase(words, in_title=False), sign == _PHRASE
            if has_one is not is_wanted:
                return False
        return True

    def has(self, query: WordsQuery) -> bool:
        """Returns whether the text has all words of a query and none of the excluded ones."""
        in_title = query.only_titles
        return all(self._has(term, in_title=in_title) for term in query.terms) and not any(
            self._has(term, in_title=False) for term in query.without
        )

    def _has(self, term: Term, *, in_title: bool) -> bool:
        if term.written:
            return self._has_phrase(term.written, in_title=in_title)
        forms = [f" {form} " for form in term.forms]
        return any(form in self._title or (not in_title and form in self._body) for form in forms)

    def _has_phrase(self, written: Iterable[str], *, in_title: bool) -> bool:
        return any(one in self._written_title or (not in_title and one in self._written_body) for one in written)


async def _is_filed(transaction: Transaction, article_id: int, query: WordsQuery) -> bool:
    """Returns whether an article is in a category and from a source that the query asks for."""
    if query.categories:
        wanted = {await find_category(transaction, name) for name in query.categories}
        rows = await transaction.fetch(
            "SELECT category_id AS id FROM article_categories WHERE article_id = :id", {"id": article_id}
        )
        if not {row["id"] for row in rows} & (wanted - {None}):
            return False
    if query.sources:
        rows = await transaction.fetch(
            f"SELECT {source_name('articles')} AS source FROM articles WHERE id = :id", {"id": article_id}
        )
        if rows[0]["source"] not in query.sources:
            return False
    return True


async def ensure_with_articles(
    transaction: Transaction, subject: SubjectName, phrase_form: Callable[[str], str] | None
) -> int:
    """Returns the id of a subject. If it is new and consists of words, the articles that have them are found."""
    number, is_new = await ensure_subject(transaction, subject)
    if is_new and subject.query is not None:
        await file_words(transaction, number, subject.query)
        await fill_words(transaction, number, subject.query, phrase_form=phrase_form)
    return number


async def file_words(transaction: Transaction, subject_id: int, query: WordsQuery) -> None:
    """Keep a new subject under the stems of its rarest word."""
    is_one_word = len(query.terms) == 1 and not any(" " in form for form in query.terms[0].forms)
    rarest, stems = (
        (query.terms[0], set(query.terms[0].forms)) if is_one_word else await _rarest(transaction, query.terms)
    )
    conditions = _conditions(query, rarest)
    await transaction.execute_many(
        "INSERT INTO subject_stems (stem, subject_id, conditions) VALUES (:stem, :subject, :conditions)",
        [{"stem": stem, "subject": subject_id, "conditions": conditions} for stem in stems],
    )


async def _rarest(transaction: Transaction, terms: Sequence[Term]) -> tuple[Term, set[str]]:
    """Returns the rarest of these terms and its stems. A form of several words is found by its rarest word."""
    forms = [form for term in terms for form in term.forms]
    commonness = await _commonness(transaction, {stem for form in forms for stem in form.split()})
    kept = {form: min(form.split(), key=commonness.__getitem__) for form in forms}
    # Any form of a term may stand in a text, so the commonest of them says how common the term is.
    rarest = min(terms, key=lambda term: max(commonness[kept[form]] for form in term.forms))
    return rarest, {kept[form] for form in rarest.forms}


async def _commonness(transaction: Transaction, stems: set[str]) -> dict[str, tuple[int, int, int]]:
    """Returns how common these stems are, to be compared: many articles, many lately, or else a short stem."""
    [ends] = await transaction.fetch(
        """
        -- scans articles: the last one
        SELECT max(id) AS newest FROM articles
        """
    )
    terms = [Term(stem, (stem,)) for stem in sorted(stems)]
    samples = await transaction.full_text.sampled(transaction, terms, newest=ends["newest"] or 0, most=SAMPLED)
    # Of two stems with many articles, the rarer one leads further back.
    return {term.word: (one.found, one.oldest, -len(term.word)) for term, one in zip(terms, samples, strict=True)}


async def fill_words(
    transaction: Transaction,
    subject_id: int,
    query: WordsQuery,
    *,
    phrase_form: Callable[[str], str] | None,
) -> None:
    """Find the stored articles that have the words of a new subject, the newest first, private ones as well.

    Chats with the same words share one subject; who may see an article is asked when it is shown.
    """
    # The first of the recent public articles (articles_newest) tell from which id on the others are. After an import,
    # one of them may have a late id.
    [ends] = await transaction.fetch(
        """
        -- scans articles: the newest ones
        SELECT (SELECT max(id) FROM articles) AS newest, (
            SELECT min(id) FROM (
                SELECT id FROM articles
                WHERE NOT private
                  AND published_at >= (SELECT max(published_at) FROM articles WHERE NOT private) - :recent
                ORDER BY published_at LIMIT 100) AS first_of_recent) AS oldest
        """,
        {"recent": FILLED_MS},
    )
    match = Match(
        every=() if query.only_titles else query.terms,
        of_title=query.terms if query.only_titles else (),
        none_of=tuple(term for term in query.without if not term.written),
    )
    within = Within(newest=ends["newest"] or 0)
    after = (ends["oldest"] or 0) - 1
    index = transaction.full_text
    public = await index.newest(transaction, match, within, after=after, limit=FILLED)
    private = await index.newest_private(transaction, match, within, own=None, after=after, limit=FILLED)
    found = [row["id"] for row in (*public, *private)]
    if phrase_form is not None and any(term.written for term in (*query.terms, *query.without)):
        found = await _with_phrases(transaction, found, query, phrase_form)
    if query.categories or query.sources:
        found = [number for number in found if await _is_filed(transaction, number, query)]
    await transaction.execute_many(
        "INSERT INTO article_subjects (article_id, subject_id) VALUES (:article, :subject) ON CONFLICT DO NOTHING",
        [{"article": number, "subject": subject_id} for number in found],
    )


async def _with_phrases(
    transaction: Transaction, article_ids: Iterable[int], query: WordsQuery, phrase_form: Callable[[str], str]
) -> list[int]:
    rows = await transaction.fetch(
        """
        SELECT articles.id, title, lead, body
        FROM json_each(:ids) AS found CROSS JOIN articles ON articles.id = CAST(found.value AS bigint)
        """,
        {"ids": json.dumps(list(article_ids))},
    )
    return [row["id"] for row in rows if _has_phrases(row, query, phrase_form)]


def _has_phrases(row: Row, query: WordsQuery, phrase_form: Callable[[str], str]) -> bool:
    title, body = phrase_form(row["title"]), phrase_form(f"{row['lead']}\n{row['body']}")
    wanted = [term.written for term in query.terms if term.written]
    unwanted = [one for term in query.without for one in term.written]
    return all(
        any(one in title or (one in body and not query.only_titles) for one in written) for written in wanted
    ) and not any(one in title or one in body for one in unwanted)
