"""The words of the topics' SQL, translated for PostgreSQL."""

import pytest

from storage.postgres.dialect import postgres_sql


@pytest.mark.parametrize(
    ("written", "translated"),
    [
        ("a = :id AND b > :id", "a = %(id)s AND b > %(id)s"),
        ("a IS :b AND c IS NOT other.c", "a IS NOT DISTINCT FROM %(b)s AND c IS DISTINCT FROM other.c"),
        ("a IS NULL AND b IS NOT NULL AND c IS NOT FALSE", "a IS NULL AND b IS NOT NULL AND c IS NOT FALSE"),
        ("a IS DISTINCT FROM b", "a IS DISTINCT FROM b"),
        ("max(a, min(b, f(c, d))), max(e)", "greatest(a, least(b, f(c, d))), max(e)"),
        ("min(f(a, b))", "min(f(a, b))"),
        ("json_group_array(json_array(a, b))", "json_agg(json_build_array(a, b))"),
        ("instr(a, :b) > 0", "strpos(a, %(b)s) > 0"),
        ("chats INDEXED BY chats_left CROSS JOIN saved ON +saved.chat = 1", "chats  JOIN saved ON saved.chat = 1"),
        ("a - +b.c AND +d = e + f", "a - b.c AND d = e + f"),
        (" CREATE TEMP TABLE a (b bigint)\n", "CREATE TEMP TABLE a (b bigint) ON COMMIT DELETE ROWS"),
        ("a LIKE '%:x ?' || :x", "a LIKE '%%:x ?' || %(x)s"),
        ("a % 5", "a %% 5"),
        ("a -- scans a: it's :small\n= 'it''s IS b'", "a \n= 'it''s IS b'"),
        ("\"only\" = :only", '"only" = %(only)s'),
        ("a::text", "a::text"),
        ("a.b IN (SELECT c FROM d LIMIT :x) OR e", "a.b = ANY(ARRAY(SELECT c FROM d LIMIT %(x)s)) OR e"),
        ("a IN (\n SELECT max(b, c) FROM (d) LIMIT 1)", "a = ANY(ARRAY(\n SELECT greatest(b, c) FROM (d) LIMIT 1))"),
        (
            "a IN (SELECT b FROM c WHERE d IN (SELECT e LIMIT 1) LIMIT 2)",
            "a = ANY(ARRAY(SELECT b FROM c WHERE d = ANY(ARRAY(SELECT e LIMIT 1)) LIMIT 2))",
        ),
        ("a IN (SELECT b FROM (SELECT c LIMIT 1) AS d)", "a IN (SELECT b FROM (SELECT c LIMIT 1) AS d)"),
        ("a NOT IN (SELECT b LIMIT 1)", "a NOT IN (SELECT b LIMIT 1)"),
        ("(a, b) IN (SELECT c, d LIMIT 1)", "(a, b) IN (SELECT c, d LIMIT 1)"),
        ("a IN (:b, :c)", "a IN (%(b)s, %(c)s)"),
    ],
    ids=[
        "values", "is", "is null", "is distinct", "extremes", "an aggregate", "json", "instr", "hints", "unary plus",
        "temporary tables", "literals", "percent", "comments", "quoted names", "casts",
        "limited", "limited on lines", "limited twice", "limited inside", "not in", "several in", "a list",
    ],
)  # fmt: skip
def test_a_statement_is_translated(written: str, translated: str) -> None:
    assert postgres_sql(written) == translated
