"""The full-text index of PostgreSQL: a GIN index on words that know how new their article is.

A GIN index gives all articles that have a word, in no order that helps: for a common word, hundreds of thousands, of
which a search wants the newest. So the index does not hold words but keys. A key is a word with a portion of the
archive around it:

    0000a7/word/3    the word in the text of an article; = instead of the first / if it is in the title
    ^^^^^^           the article's id, divided by 65,536
                ^    the 4,096 articles within them

A search walks from the newest portion backwards, and stops at its limit. It asks for the small portions of the newest
65,536 articles one by one, and after that for whole ones, which all keys that begin alike are. A rare word is found
with one look at each 65,536 articles.

Keys that begin with their portion stand side by side. Storing an article changes pages of the newest portion only.
With the word first, storing took twice as long, and wrote five times as much to the log.

The portions of private articles are their sources: `/word/12`. The function `text_keys` of the database makes keys.
The words are ours: no dictionary or parser of the server sees them, and no extension is needed. A key has no
position, so for a phrase the texts of articles that have all its words are read, the newest first, up to a bound.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from storage.full_text import Costs, Match, Part, Reads, Rows, Sampled, Within, Writes, rows_of
from storage.records import SearchText, Term

PUBLIC, PRIVATE = "articles_text", "private_articles_text"
PHRASES_LOOKED_FOR: Final = 1_500  # articles with all words of a phrase whose texts are read: 15 microseconds each
PHRASES_SAMPLED: Final = 300  # of these, from which the number of articles with a phrase is estimated

_BEFORE, _AFTER = "\x01", "\x02"  # in a query: what goes before and after a word. No word has these characters
_MARKS: Final = {ord(_BEFORE): None, ord(_AFTER): None}
_PORTION, _SMALL_PORTION = 16, 12  # bits of an id
# As the indexes have them, word for word.
_KEYS: Final = {
    PUBLIC: (
        "text_keys(lpad(to_hex(texts.id >> 16), 6, '0'), '/' || to_hex((texts.id >> 12) & 15),"
        " texts.title, texts.body)"
    ),
    PRIVATE: "text_keys('', '/' || CAST(texts.source_id AS text), texts.title, texts.body)",
}
_IDS: Final = "(SELECT CAST(value AS bigint) FROM json_each(:ids))"


class PostgresFullText:
    """The `FullText` of PostgreSQL."""

    costs: Final = Costs(
        whole_postings=1_500_000,
        title_postings=600_000,
        looked_at=10,
        whole_looked_up=30_000,
        some_postings=6_000,
    )

    async def put(
        self, transaction: Writes, texts: Mapping[int, SearchText], *, private: Mapping[int, int | None]
    ) -> None:
        public_rows, private_rows = rows_of(texts, private)
        await transaction.execute_many(
            f"INSERT INTO {PRIVATE} (id, source_id, title, body) VALUES (:id, :source, :title, :body)",
            private_rows,
        )
        await transaction.execute_many(
            f"INSERT INTO {PUBLIC} (id, title, body) VALUES (:id, :title, :body)",
            public_rows,
        )

    async def drop(self, transaction: Writes, article_ids: Sequence[int]) -> None:
        for table in (PUBLIC, PRIVATE):
            await transaction.execute(f"DELETE FROM {table} WHERE id IN {_IDS}", _ids(article_ids))

    async def make_private(self, transaction: Writes, article_ids: Sequence[int], source_id: int) -> None:
        await transaction.execute(
            f"""
            WITH moved AS (DELETE FROM {PUBLIC} WHERE id IN {_IDS} RETURNING id, title, body)
            INSERT INTO {PRIVATE} (id, source_id, title, body) SELECT id, :source, title, body FROM moved
            """,
            _ids(article_ids) | {"source": source_id},
        )

    async def make_public(self, transaction: Writes, article_ids: Sequence[int]) -> None:
        await transaction.execute(
            f"""
            WITH moved AS (DELETE FROM {PRIVATE} WHERE id IN {_IDS} RETURNING id, title, body)
            INSERT INTO {PUBLIC} (id, title, body) SELECT id, title, body FROM moved
            """,
            _ids(article_ids),
        )

    async def change_source(self, transaction: Writes, source_id: int, to: int) -> None:
        await transaction.execute(
            f"""
            UPDATE {PRIVATE} SET source_id = :to
            WHERE id IN (SELECT id FROM articles WHERE source_id = :id AND private)
            """,
            {"id": source_id, "to": to},
        )

    async def newest(self, reads: Reads, match: Match, within: Within, *, after: int = 0, limit: int) -> Rows:
        portions = _portions(within.newest, after)
        return await self._newest(reads, PUBLIC, match, portions, within, after, limit)

    async def newest_private(
        self, reads: Reads, match: Match, within: Within, *, own: Sequence[int] | None, after: int = 0, limit: int
    ) -> Rows:
        return await self._newest(reads, PRIVATE, match, _of_sources(own), within, after, limit)

    async def _newest(
        self,
        reads: Reads,
        table: str,
        match: Match,
        portions: Sequence[str],
        within: Within,
        after: int,
        limit: int,
    ) -> Rows:
        values = {**within.values, "newest": within.newest, "limit": limit}
        walk, more = _walk("", table, match, portions, after, within=within, limit=limit)
        return await reads.fetch(
            f"SELECT id, other FROM ({walk}) AS hits ORDER BY id DESC LIMIT :limit", values | more
        )

    async def weightiest(
        self, reads: Reads, parts: Sequence[Part], required: Match, within: Within, *, limit: int
    ) -> list[int]:
        lists: list[str] = []
        values: dict[str, object] = {**within.values, "newest": within.newest, "limit": limit}
        for n, part in enumerate(parts):
            match = replace(required, every=(part.term, *required.every))
            # The texts are looked through for the required phrases once, below, and not for each part.
            own = Match() if part.term in required.every else Match(every=(part.term,))
            portions = _portions(within.newest, part.after)
            most = PHRASES_LOOKED_FOR if any(map(_has_phrase, match.every)) else None
            walk, more = _walk(f"{n}", PUBLIC, match, portions, part.after, checked=own, limit=most)
            lists.append(f"SELECT id, CAST(:weight{n} AS double precision) AS weight FROM ({walk}) AS part{n}")
            values |= {f"weight{n}": part.weight, **more}
        conditions, more = _phrases("", required)
        values |= more | {"most": PHRASES_LOOKED_FOR if conditions else limit}
        weighed = f"""
            SELECT hits.id FROM (
                SELECT id, sum(weight) AS weight FROM ({" UNION ALL ".join(lists)}) AS parts GROUP BY id
            ) AS hits {within.joined("hits.id")}
            WHERE TRUE {within.condition}
            ORDER BY hits.weight DESC, hits.id DESC LIMIT :most
        """
        rows = await reads.fetch(
            f"{_checked(weighed, PUBLIC, conditions)} LIMIT :limit" if conditions else weighed, values
        )
        return [row["id"] for row in rows]

    async def sampled(
        self, reads: Reads, terms: Sequence[Term], *, newest: int, most: int, own: Sequence[int] | None = None
    ) -> list[Sampled]:
        if not terms:
            return []
        table = PUBLIC if own is None else PRIVATE
        portions = _portions(newest, 0) if own is None else _of_sources(own)
        counts: list[str] = []
        values: dict[str, object] = {"newest": newest}
        for n, term in enumerate(terms):
            read = PHRASES_SAMPLED if _has_phrase(term) else most
            match = Match(every=(term,))
            walk, more = _walk(f"{n}", table, match, portions, 0, checked=Match(), limit=read)
            newest_ids = f"SELECT id FROM ({walk}) AS hits{n} ORDER BY id DESC LIMIT :read{n}"
            conditions, phrases = _phrases(f"{n}", match)
            counts.append(
                _count_of_phrase(n, newest_ids, _checked("SELECT id FROM read", table, conditions))
                if conditions
                else f"""
                SELECT {n} AS term, count(*) AS found, min(id) AS oldest, 0 AS read, 0 AS read_until
                FROM ({newest_ids}) AS sample{n}
                """
            )
            values |= {f"read{n}": read, **more, **phrases}
        rows = await reads.fetch(" UNION ALL ".join(counts) + " ORDER BY term", values)
        return [
            _estimated(row["found"], row["oldest"] or 0, newest, row["read_until"], most)
            if row["read"] == PHRASES_SAMPLED
            else Sampled(row["found"], row["oldest"] or 0)
            for row in rows
        ]

    def lacking(self, none_of: Sequence[Term]) -> tuple[str, Mapping[str, Any]]:
        condition = f"""
        NOT EXISTS (
            SELECT 1 FROM (
                SELECT {_WORDS} AS words FROM {PUBLIC} AS texts WHERE texts.id = articles.id OFFSET 0) AS whole
            WHERE {_has("whole.words", ":without")})
        """
        return condition, {"without": _forms(none_of)}

    async def texts(self, reads: Reads, article_ids: Sequence[int], *, private: bool) -> Rows:
        return await reads.fetch(
            f"""
            SELECT articles.id, articles.published_at, texts.title, texts.body
            FROM articles JOIN {PRIVATE if private else PUBLIC} AS texts ON texts.id = articles.id
            WHERE articles.id IN {_IDS} ORDER BY articles.id
            """,
            _ids(article_ids),
        )


def _count_of_phrase(n: int, read: str, having: str) -> str:
    return f"""
    SELECT {n} AS term, phrases.found, phrases.oldest, phrases.read, phrases.read_until FROM (
        WITH read AS MATERIALIZED ({read}), having_it AS MATERIALIZED ({having})
        SELECT (SELECT count(*) FROM having_it) AS found, (SELECT min(id) FROM having_it) AS oldest,
               (SELECT count(*) FROM read) AS read, (SELECT min(id) FROM read) AS read_until) AS phrases
    """


def _estimated(found: int, oldest: int, newest: int, read_until: int, most: int) -> Sampled:
    """Returns the sample of a phrase that was looked for in the articles from `newest` down to `read_until` only.

    An older article may have a phrase that none of them has.
    """
    estimate = max(found, 1) * newest / (newest - read_until + 1)
    if estimate < most:
        return Sampled(max(1, round(estimate)), oldest or 1)
    return Sampled(most, max(1, round(newest + 1 - most * newest / estimate)))


def _ids(article_ids: Sequence[int]) -> dict[str, Any]:
    return {"ids": json.dumps(list(article_ids))}


def _walk(
    name: str,
    table: str,
    match: Match,
    portions: Sequence[str],
    after: int,
    *,
    within: Within | None = None,
    checked: Match | None = None,
    limit: int | None = None,
) -> tuple[str, dict[str, Any]]:
    """Returns a query that walks through these portions, and its values. `name` tells several walks apart.

    The texts are looked through for the phrases of `checked`: those of `match` if it is not given.

    The query gives the ids of articles that match, and `other` of `within`, whose condition holds for them. Of public
    articles, it gives the newest up to the limit. Of private ones, it may give more, which it has not sorted.

    The limit of public articles ends the walk. PostgreSQL joins what is LATERAL by a loop through the list of
    portions, in the order of this list.
    """
    within = within or Within()
    conditions, values = _phrases(name, checked or match)
    most = PHRASES_LOOKED_FOR if conditions else limit
    ends = "" if most is None else f"LIMIT :most{name}"
    # The sums keep PostgreSQL from the index of ids: it would walk along it and make the keys of each text, or read
    # the ids of all articles after :after for each portion.
    walk = f"""
    SELECT hit.id, hit.other FROM json_each(:portions{name}) AS portion, LATERAL (
        SELECT texts.id, {within.other} AS other FROM {table} AS texts {within.joined("texts.id")}
        WHERE {_KEYS[table]} @@ CAST(
                replace(
                    replace(:query{name}, chr(1), split_part(portion.value, ' ', 1)),
                    chr(2), split_part(portion.value, ' ', 2)) AS tsquery)
          AND texts.id + 0 > :after{name} AND texts.id + 0 <= :newest {within.condition}
        ORDER BY texts.id + 0 DESC {ends}) AS hit
    {ends if table == PUBLIC else ""}
    """
    values |= {f"query{name}": _query(match), f"portions{name}": json.dumps(portions), f"after{name}": after}
    if most is not None:
        values[f"most{name}"] = most
    if not conditions:
        return walk, values
    if limit is not None:
        values[f"limit{name}"] = limit
    ends = f"LIMIT :limit{name}" if limit is not None and table == PUBLIC else ""
    return f"{_checked(walk, table, conditions)} {ends}", values


def _checked(hits: str, table: str, conditions: Sequence[str]) -> str:
    """Returns a query for those of the hits whose texts fulfil the conditions, in the order of the hits."""
    # OFFSET lets PostgreSQL read a text once.
    return f"""
    SELECT hits.* FROM ({hits}) AS hits, LATERAL (
        SELECT {_TITLE} AS title, {_WORDS} AS words FROM {table} AS texts WHERE texts.id = hits.id OFFSET 0) AS whole
    WHERE {" AND ".join(conditions)}
    """


def _portions(newest: int, after: int) -> list[str]:
    """Returns the portions of public articles, the newest first: what goes before and after a word in a query.

    The articles up to the id `after` are not wanted, except that the last portion may have some of them.
    """
    found = []
    small, last = newest >> _SMALL_PORTION, (after + 1) >> _SMALL_PORTION
    parts = 1 << (_PORTION - _SMALL_PORTION)
    while small >= last:
        is_whole = small % parts == parts - 1 and small - parts + 1 >= last
        found.append(f"{small // parts:06x} " + ("':*" if is_whole else f"{small % parts:x}'"))
        small -= parts if is_whole else 1
    return found


def _of_sources(sources: Sequence[int] | None) -> list[str]:
    return [" ':*"] if sources is None else [f" {source}'" for source in sources]


def _query(match: Match) -> str:
    """Returns what an article must have as a `tsquery`, in which each word waits for its portion."""
    required = [_one_of([term], "/") for term in match.every]
    required += [_one_of([term], "=") for term in match.of_title]
    if match.one_of:
        required.append(_one_of(match.one_of, "/"))
    # The order of words is not known here: an article may have all words of an excluded phrase, but not the phrase.
    excluded = [f"!{_key(form, '/')}" for term in match.none_of for form in term.forms if not _is_phrase(form)]
    return " & ".join([*required, *excluded])


def _one_of(terms: Iterable[Term], field: str) -> str:
    either = " | ".join(f"({query})" for term in terms if (query := _forms_of(term, field)))
    return f"({either or _key('', field)})"


def _forms_of(term: Term, field: str) -> str:
    """Returns a query for the words of a term. The text of an article tells later whether they stand side by side.

    The forms of a phrase have many words in common, and GIN reads the list of a word as often as a query names it. So
    of forms with equally many words, each place asks for its words once. Such a query finds more articles.
    """
    forms = [form.split() for form in term.forms if form.split()]
    if len({len(words) for words in forms}) == 1:
        places = [dict.fromkeys(words) for words in zip(*forms, strict=True)]
        return " & ".join(f"({' | '.join(_key(word, field) for word in words)})" for words in places)
    return " | ".join(f"({' & '.join(_key(word, field) for word in words)})" for words in forms)


def _key(word: str, field: str) -> str:
    escaped = word.translate(_MARKS).replace("\\", "\\\\").replace("'", "''")
    return f"'{_BEFORE}{field}{escaped}/{_AFTER}"


def _is_phrase(form: str) -> bool:
    return len(form.split()) > 1


def _phrases(name: str, match: Match) -> tuple[list[str], dict[str, Any]]:
    """Returns the conditions for words that must stand side by side, about a row `whole`, and their values."""
    asked = [
        *(("words", "", [term]) for term in match.every),
        *(("title", "", [term]) for term in match.of_title),
        ("words", "", match.one_of),
        ("words", "NOT ", match.none_of),
    ]
    conditions: list[str] = []
    values: dict[str, Any] = {}
    for n, (text, sign, terms) in enumerate(asked):
        if any(map(_has_phrase, terms)):
            has = _has(f"whole.{text}", f":phrase{name}_{n}")
            # The forms differ in their first word most often, by what Arabic joins to it. So few texts that have none
            # of them are looked through for each.
            ends = _has(f"whole.{text}", f":end{name}_{n}")
            conditions.append(f"CASE WHEN {ends} THEN {sign}{has} ELSE {'TRUE' if sign else 'FALSE'} END")
            values[f"phrase{name}_{n}"] = _forms(terms)
            values[f"end{name}_{n}"] = json.dumps(sorted(_ends(terms)), ensure_ascii=False)
    return conditions, values


def _has_phrase(term: Term) -> bool:
    return any(map(_is_phrase, term.forms))


def _forms(terms: Iterable[Term]) -> str:
    """Returns the forms of terms as JSON, a space at each end."""
    return json.dumps([f" {form} " for term in terms for form in term.forms if form.split()], ensure_ascii=False)


def _ends(terms: Iterable[Term]) -> set[str]:
    """Returns the forms of terms without their first word, or a word alone, a space at each end."""
    forms = [form.split() for term in terms for form in term.forms if form.split()]
    return {f" {' '.join(words[1:] or words)} " for words in forms}


def _has(words: str, forms: str) -> str:
    """Returns a condition: `words` have at least one of these forms, whose words stand side by side."""
    return f"EXISTS (SELECT 1 FROM json_each({forms}) AS form WHERE strpos({words}, form.value) > 0)"


_TITLE: Final = "' ' || texts.title || ' '"
_WORDS: Final = "' ' || texts.title || ' / ' || texts.body || ' '"  # no phrase goes from the title into the body
