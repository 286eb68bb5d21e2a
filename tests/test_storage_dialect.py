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
    ],
    ids=[
        "values", "is", "is null", "is distinct", "extremes", "an aggregate", "json", "instr", "hints", "unary plus",
        "temporary tables", "literals", "percent", "comments", "quoted names", "casts",
    ],
)  # fmt: skip
def test_a_statement_is_translated(written: str, translated: str) -> None:
    assert postgres_sql(written) == translated
