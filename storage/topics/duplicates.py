"""Duplicates: a chat gets a text of several sources once, and the message names the other sources."""


def same_text(article: str) -> str:
    """Returns a query for the ids of the other articles with the same text.

    It is served by articles_copied and articles_copies.
    """
    return f"""
    SELECT this.duplicate_of FROM articles AS this INDEXED BY articles_copied
    WHERE this.id = {article} AND this.duplicate_of IS NOT NULL
    UNION ALL
    SELECT others.id FROM articles AS this INDEXED BY articles_copied JOIN articles AS others USING (duplicate_of)
    WHERE this.id = {article} AND this.duplicate_of IS NOT NULL AND others.id <> {article}
    UNION ALL
    SELECT copied.id FROM articles AS copied WHERE copied.duplicate_of = {article}
    """


def already_notified(article: str, chat: str) -> str:
    """Returns a condition: the chat (the id of our row) was sent another article with the same text.

    A delivery that is only queued does not count, since it may never be sent. Served by deliveries_once.
    """
    return f"""
    EXISTS (
        SELECT 1 FROM deliveries AS told
        WHERE told.article_id IN ({same_text(article)}) AND told.chat = {chat}
          AND (told.state = 'sent' OR told.message_id IS NOT NULL))
    """


def listed_in_digest(article: str, chat: str, *, since: str) -> str:
    """Returns a condition: a digest or catch-up lists the article, or another article with the same text.

    Only digests to the chat (the id of our row) that cover a time after `since` count. Served by deliveries_listed.
    """
    return f"""
    EXISTS (
        SELECT 1 FROM deliveries AS listing
        CROSS JOIN digest_snapshot_articles AS line ON line.snapshot_id = listing.snapshot_id
        WHERE listing.chat = {chat} AND listing.snapshot_id IS NOT NULL AND listing.until > {since}
          AND line.article_id IN (SELECT {article} UNION ALL {same_text(article)}))
    """


def source_name(article: str) -> str:
    """Returns an expression: the name of the article's source, as messages show it."""
    return f"coalesce({article}.publisher, (SELECT title FROM sources WHERE id = {article}.source_id))"


def counted_source(article: str) -> str:
    """Returns an expression by which the sources of a story are counted: two feeds of one newsroom are one source."""
    return f"coalesce({source_name(article)}, 'source ' || {article}.source_id, '')"


# The other sources that published the article's text: a JSON array of names, the earliest first.
ALSO_IN = f"""
(SELECT coalesce(CAST(json_group_array(name) AS text), '[]') FROM (
    SELECT named.name FROM (
        SELECT others.id, {source_name("others")} AS name FROM articles AS others
        WHERE others.id IN ({same_text("articles.id")}) AND others.retracted_at IS NULL) AS named
    WHERE named.name IS NOT NULL AND named.name IS NOT {source_name("articles")}
    GROUP BY named.name ORDER BY min(named.id)) AS in_order)
"""
