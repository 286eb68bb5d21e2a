"""What the bodies of hooks become: our own form, JSON Feed, feeds and texts, and the posts of Ghost and WordPress."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest

from bot.ingest.draft import Draft
from bot.ingest.errors import Unreadable
from bot.ingest.formats import hook_body
from storage.records import HookKind

BEIRUT = ZoneInfo("Asia/Beirut")
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
JSON = "application/json"
TEXT = "<p>The ferry left at noon.</p><p>It carries <b>forty</b> people.</p>"
PLAIN = "The ferry left at noon.\n\nIt carries forty people."


def drafts(kind: HookKind, body: Any, content_type: str = JSON) -> list[Draft]:
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return hook_body.read(data, kind=kind, content_type=content_type, timezone=BEIRUT)


def one(kind: HookKind, body: Any, content_type: str = JSON) -> Draft:
    [draft] = drafts(kind, body, content_type)
    return draft


# Our own form


def test_every_field_of_our_own_form() -> None:
    draft = one(
        HookKind.GENERIC,
        {
            "id": 12,
            "title": "الباخرة تبحر",
            "html": TEXT,
            "url": "https://marsan.example/12",
            "categories": ["الموانئ", "المدينة"],
            "image": "https://marsan.example/12.jpg",
            "author": "منى",
            "language": "ar",
            "breaking": True,
            "published": "2026-03-01T14:00:00",
            "version": 7,
            "embargo": "2026-03-02",
        },
    )
    assert (draft.guid, draft.title, draft.body, draft.url) == (
        "12",
        "الباخرة تبحر",
        PLAIN,
        "https://marsan.example/12",
    )
    assert "forty" in draft.document
    assert (draft.categories, draft.author, draft.language) == (("الموانئ", "المدينة"), "منى", "ar")
    assert (draft.image_url, draft.breaking, draft.version) == ("https://marsan.example/12.jpg", True, 7)
    assert draft.published == NOON
    assert draft.held_until == datetime(2026, 3, 1, 22, 0, tzinfo=UTC)  # the day begins in Beirut


@pytest.mark.parametrize(
    ("html", "body"),
    [("Fish &amp; chips", "Fish & chips"), ("<section>Ferry\nsails</section>", "Ferry sails"), ("", "plain")],
)
def test_html_is_html_whatever_its_tags(html: str, body: str) -> None:
    assert one(HookKind.GENERIC, {"title": "Ferry", "body": "plain", "html": html}).body == body


LONG = {"id": 500, "title": 1_000, "url": 2_000, "image_url": 2_000, "author": 500, "publisher": 200}


def of_length(field: str, length: int) -> str:
    return ("https://a.example/" if "url" in field else "").ljust(length, "x")


@pytest.mark.parametrize(("field", "longest"), LONG.items())
def test_a_value_that_is_too_long_is_told_with_its_field_and_the_limit(field: str, longest: int) -> None:
    article = {"title": "Ferry", "body": PLAIN}
    one(HookKind.GENERIC, article | {field: of_length(field, longest)})
    told = rf'item 2: "{field}" has {longest + 1} characters and begins with \'.+xx\'; expected at most {longest}$'
    with pytest.raises(Unreadable, match=told):
        drafts(HookKind.GENERIC, [article, article | {field: of_length(field, longest + 1)}])


@pytest.mark.parametrize(
    ("kind", "body", "content_type", "field"),
    [
        (HookKind.GENERIC, {"id": "x" * 501, "withdrawn": True}, JSON, "id"),
        (HookKind.GENERIC, {"id": "x" * 501, "title": "Ferry", "content_html": TEXT}, JSON, "id"),
        (HookKind.GENERIC, {"uri": "x" * 501, "headline": "Ferry", "body_text": PLAIN}, JSON, "id"),
        (HookKind.SUPERDESK, {"uri": "x" * 501, "pubstatus": "canceled", "version": "1"}, JSON, "id"),
        (HookKind.WORDPRESS, {"id": "1", "title": "Ferry", "link": of_length("url", 2_001)}, JSON, "url"),
        (
            HookKind.GENERIC,
            f"<rss><channel><item><title>Ferry</title><guid>{'x' * 501}</guid></item></channel></rss>".encode(),
            "application/rss+xml",
            "id",
        ),
        (
            HookKind.GENERIC,
            f"<nitf><head><docdata><doc-id id-string='{'x' * 501}'/></docdata></head><body><body.head><hedline>"
            "<hl1>Ferry</hl1></hedline></body.head></body></nitf>".encode(),
            "application/xml",
            "id",
        ),
        (
            HookKind.GENERIC,
            f"<newsItem guid='{'x' * 501}' xmlns='http://iptc.org/std/nar/2006-10-01/'><contentMeta><headline>Ferry"
            f"</headline></contentMeta></newsItem>".encode(),
            "application/xml",
            "id",
        ),
    ],
    ids="withdrawal json-feed ninjs superdesk wordpress rss nitf newsml".split(),
)
def test_no_kind_of_body_brings_a_value_that_is_too_long(
    kind: HookKind, body: Any, content_type: str, field: str
) -> None:
    with pytest.raises(Unreadable, match=f'"{field}" has .* characters'):
        drafts(kind, body, content_type)


def test_a_withdrawal_needs_no_title() -> None:
    draft = one(HookKind.GENERIC, {"id": "a", "withdrawn": True, "version": 3})
    assert (draft.guid, draft.withdrawn, draft.version, draft.title) == ("a", True, 3, "")
    assert one(HookKind.GENERIC, {"url": "https://a.example/1", "withdrawn": True}).url == "https://a.example/1"


@pytest.mark.parametrize(
    "body",
    [
        {
            "version": "https://jsonfeed.org/version/1.1",
            "items": [{"id": "1", "title": "Ferry", "content_html": TEXT}],
        },
        {"id": "1", "title": "Ferry", "content_html": TEXT},
        [{"id": "1", "title": "Ferry", "content_html": TEXT}],
    ],
    ids=["feed", "item", "list"],
)
def test_a_json_feed_and_its_items(body: Any) -> None:
    draft = one(HookKind.GENERIC, body)
    assert (draft.guid, draft.title, draft.body) == ("1", "Ferry", PLAIN)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (
            "application/rss+xml",
            f"<rss><channel><item><title>Ferry</title><description><![CDATA[{TEXT}]]></description>",
        ),
        ("application/x-ndjson", json.dumps({"title": "Ferry", "body": PLAIN}) + "\n"),
        ("text/plain", f"City\nFerry\n1 March 2026\nFerry\n{PLAIN}\n"),
        ("text/html", f"<html><head><title>Ferry</title></head><body><article><h1>Ferry</h1>{TEXT * 3}</article>"),
    ],
    ids=["rss", "lines", "saved text", "page"],
)
def test_other_bodies_by_their_type(content_type: str, body: str) -> None:
    draft = one(HookKind.GENERIC, body.encode(), content_type)
    assert draft.title == "Ferry"
    assert "The ferry left at noon." in draft.body


def test_an_item_of_a_json_feed_may_say_what_our_own_form_says() -> None:
    item = {
        "id": "1",
        "title": "Ferry",
        "content_html": TEXT,
        "version": 4,
        "breaking": True,
        "embargo": "2026-03-02",
    }
    gone = {"id": "2", "withdrawn": True}
    first, second = drafts(HookKind.GENERIC, {"home_page_url": "https://a.example", "items": [item, gone]})
    assert (first.version, first.breaking, first.body) == (4, True, PLAIN)
    assert first.held_until is not None
    assert (second.guid, second.withdrawn) == ("2", True)
    assert one(HookKind.GENERIC, item) == first


# Ghost


def ghost(**changes: Any) -> dict[str, Any]:
    post = {
        "id": "6682b8a8e10c",
        "title": "Ferry sails & returns",
        "html": TEXT,
        "status": "published",
        "visibility": "public",
        "url": "https://ghost.example/ferry/",
        "custom_excerpt": "Forty people are on board.",
        "feature_image": "https://ghost.example/ferry.jpg",
        "tags": [
            {"name": "Harbour", "visibility": "public"},
            {"name": "#front", "visibility": "internal"},
            {"name": "City"},
        ],
        "authors": [{"name": "Mona"}, {"name": "Sami"}],
        "published_at": "2026-03-01T12:00:00.000Z",
        "updated_at": "2026-03-01T12:00:01.000Z",
    }
    return {"post": {"current": post | changes, "previous": {}}}


def test_a_post_of_ghost() -> None:
    draft = one(HookKind.GHOST, ghost())
    assert (draft.guid, draft.title, draft.body) == ("6682b8a8e10c", "Ferry sails & returns", PLAIN)
    assert (draft.lead, draft.url) == ("Forty people are on board.", "https://ghost.example/ferry/")
    assert (draft.categories, draft.author) == (("Harbour", "City"), "Mona, Sami")
    assert (draft.image_url, draft.published) == ("https://ghost.example/ferry.jpg", NOON)
    assert draft.version == int(NOON.timestamp() * 1000) + 1000


@pytest.mark.parametrize("status", ["draft", "scheduled", "sent"])
def test_a_post_of_ghost_that_is_not_published_is_withdrawn_after_its_text_of_the_same_second(status: str) -> None:
    draft = one(HookKind.GHOST, ghost(status=status))
    assert (draft.guid, draft.withdrawn) == ("6682b8a8e10c", True)
    assert draft.version == (one(HookKind.GHOST, ghost()).version or 0) + 1


def test_the_id_of_a_withdrawal_is_that_of_its_article_whatever_characters_it_has() -> None:
    post = {"id": " a\x00  b\ud800", "title": "Ferry", "content": "It left."}
    article = one(HookKind.WORDPRESS, json.dumps(post | {"status": "publish"}).encode())
    gone = one(HookKind.WORDPRESS, json.dumps(post | {"status": "trash"}).encode())
    assert (article.guid, gone.guid, gone.withdrawn) == ("a b", "a b", True)


def test_a_deleted_post_of_ghost_is_withdrawn_whatever_its_version() -> None:
    body = {"event": "post.deleted", "post": {"current": {}, "previous": {"id": "6682b8a8e10c", "title": "Ferry"}}}
    assert one(HookKind.GHOST, body) == Draft(title="", guid="6682b8a8e10c", withdrawn=True)


@pytest.mark.parametrize(
    ("html", "body"),
    [(TEXT, "Forty people are on board."), (TEXT.replace("</p><p>", "</p><!--members-only--><p>"), PLAIN[:23])],
)
def test_of_a_post_for_members_readers_get_what_everybody_sees(html: str, body: str) -> None:
    draft = one(HookKind.GHOST, ghost(visibility="paid", html=html))
    assert "forty" not in draft.body + draft.document
    assert draft.body == body


@pytest.mark.parametrize("value", [None, 7, [], {}, "x", [{}], [7], {"name": []}])
@pytest.mark.parametrize(
    "field", "title html url custom_excerpt feature_image tags authors published_at updated_at visibility".split()
)
def test_a_field_of_ghost_of_another_type_costs_only_itself(field: str, value: Any) -> None:
    draft = one(HookKind.GHOST, ghost(**{field: value}))
    assert draft.guid == "6682b8a8e10c"
    assert draft.title


# WordPress


def rest(**changes: Any) -> dict[str, Any]:
    post = {
        "id": 41,
        "date": "2026-03-01T14:00:00",
        "date_gmt": "2026-03-01T12:00:00",
        "guid": {"rendered": "https://wp.example/?p=41"},
        "modified_gmt": "2026-03-01T12:00:01",
        "status": "publish",
        "type": "post",
        "link": "https://wp.example/ferry/",
        "title": {"rendered": "Ferry sails &#038; returns"},
        "content": {"rendered": TEXT, "protected": False},
        "excerpt": {"rendered": "<p>Forty people are on board.</p>"},
        "categories": [3, 4],
        "_embedded": {
            "author": [{"name": "Mona"}],
            "wp:featuredmedia": [{"source_url": "https://wp.example/ferry.jpg", "alt_text": "A ferry"}],
            "wp:term": [
                [{"taxonomy": "category", "name": "Harbour"}, {"taxonomy": "category", "name": "R&amp;D"}],
                [{"taxonomy": "post_tag", "name": "boats"}],
            ],
        },
    }
    return post | changes


def test_a_post_of_the_rest_interface() -> None:
    draft = one(HookKind.WORDPRESS, rest())
    assert (draft.guid, draft.title, draft.body) == ("41", "Ferry sails & returns", PLAIN)
    assert (draft.lead, draft.url) == ("Forty people are on board.", "https://wp.example/ferry/")
    assert (draft.categories, draft.author) == (("Harbour", "R&D", "boats"), "Mona")
    assert (draft.image_url, draft.published) == ("https://wp.example/ferry.jpg", NOON)
    assert draft.version == int(NOON.timestamp() * 1000) + 1000
    assert draft.held_until is None


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "trash"},
        {"status": "draft"},
        {"status": "private"},
        {"status": "pending"},
        {"content": {"rendered": "", "protected": True}},
    ],
)
def test_a_post_that_nobody_may_see_is_withdrawn(changes: dict[str, Any]) -> None:
    draft = one(HookKind.WORDPRESS, rest(**changes))
    assert (draft.guid, draft.withdrawn) == ("41", True)
    assert draft.version == (one(HookKind.WORDPRESS, rest()).version or 0) + 1


def test_a_scheduled_post_is_held_until_its_time() -> None:
    draft = one(HookKind.WORDPRESS, rest(status="future", date_gmt="2026-03-05T06:00:00"))
    assert draft.held_until == datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
    assert not draft.withdrawn


@pytest.mark.parametrize("kind", ["page", "attachment", "revision"])
def test_what_is_no_article_is_left_out(kind: str) -> None:
    assert drafts(HookKind.WORDPRESS, rest(type=kind)) == []


PLUGIN = {
    "post_id": 41,
    "post": {
        "ID": 41,
        "post_title": "Ferry sails & returns",
        "post_content": "The ferry left at noon.\r\n\r\nIt carries <b>forty</b> people.[gallery ids=1]",
        "post_excerpt": "Forty people are on board.",
        "post_status": "publish",
        "post_type": "post",
        "post_date": "2026-03-01 14:00:00",
        "post_date_gmt": "2026-03-01 12:00:00",
        "post_modified_gmt": "2026-03-01 12:00:01",
        "guid": "https://wp.example/?p=41",
    },
    "post_thumbnail": "https://wp.example/ferry.jpg",
    "post_permalink": "https://wp.example/ferry/",
    "taxonomies": {"category": {"harbour": {"term_id": 3, "name": "Harbour"}}, "post_tag": {"b": {"name": "boats"}}},
}


def flat(values: Any, prefix: str = "") -> list[tuple[str, str]]:
    """A form with brackets in its names, as PHP writes it."""
    pairs: list[tuple[str, str]] = []
    for key, value in values.items():
        name = f"{prefix}[{key}]" if prefix else key
        pairs += flat(value, name) if isinstance(value, dict) else [(name, str(value))]
    return pairs


@pytest.mark.parametrize("as_form", [False, True], ids=["json", "form"])
def test_a_post_as_plugins_send_it(as_form: bool) -> None:
    draft = (
        one(HookKind.WORDPRESS, urlencode(flat(PLUGIN)).encode(), hook_body.FORM)
        if as_form
        else one(HookKind.WORDPRESS, PLUGIN)
    )
    assert (draft.guid, draft.title, draft.body) == ("41", "Ferry sails & returns", PLAIN)
    assert (draft.lead, draft.url) == ("Forty people are on board.", "https://wp.example/ferry/")
    assert (draft.categories, draft.image_url) == (("Harbour", "boats"), "https://wp.example/ferry.jpg")
    assert (draft.published, draft.version) == (NOON, int(NOON.timestamp() * 1000) + 1000)


def test_a_small_plugin_sends_plain_values() -> None:
    body = {
        "id": 823,
        "title": "Ferry sails",
        "url": "https://wp.example/ferry/",
        "content": TEXT,
        "tags": ["boats"],
        "categories": ["Harbour"],
        "author": {"name": "Mona"},
        "date": {"raw": "2026-03-01 14:00:00"},
    }
    draft = one(HookKind.WORDPRESS, body)
    assert (draft.guid, draft.body, draft.categories, draft.author) == ("823", PLAIN, ("Harbour", "boats"), "Mona")
    assert draft.published == NOON  # in the zone of the settings


@pytest.mark.parametrize(
    ("event", "withdrawn"),
    [
        ({"action": "trashed_post"}, True),
        ({"event": "post_deleted"}, True),
        ({"hook": "delete_post"}, True),
        ({"event": "untrashed_post"}, False),
        ({"event": "post_updated"}, False),
    ],
)
def test_the_event_tells_of_a_deletion(event: dict[str, str], withdrawn: bool) -> None:
    assert one(HookKind.WORDPRESS, PLUGIN | event).withdrawn is withdrawn


@pytest.mark.parametrize("value", [None, 7, [], {}, "x", [[7]], [{"name": 7}], {"rendered": []}])
@pytest.mark.parametrize(
    "field", "title link guid content excerpt date_gmt modified_gmt categories tags _embedded author type".split()
)
def test_a_field_of_wordpress_of_another_type_costs_only_itself(field: str, value: Any) -> None:
    [found] = drafts(HookKind.WORDPRESS, rest(**{field: value}))
    assert found.guid == "41"
    assert found.title


def test_a_form_with_very_many_fields_is_refused() -> None:
    with pytest.raises(Unreadable, match="this is no form"):
        drafts(HookKind.WORDPRESS, b"&".join(b"a%d=1" % n for n in range(6_000)), hook_body.FORM)


# Wires


def ninjs(**changes: Any) -> dict[str, Any]:
    """An item as Superdesk pushes it."""
    item = {
        "guid": "urn:newsml:desk.example:ferry",
        "version": "3",
        "type": "text",
        "pubstatus": "usable",
        "headline": "Ferry sails",
        "body_html": TEXT,
        "language": "en",
        "urgency": 2,
        "versioncreated": "2026-03-01T12:00:00+0000",
        "ednote": "Check the name of the captain.",
    }
    return item | changes


@pytest.mark.parametrize("kind", [HookKind.SUPERDESK, HookKind.GENERIC])
def test_an_item_of_superdesk(kind: HookKind) -> None:
    draft = one(kind, ninjs())
    assert (draft.guid, draft.title, draft.body) == ("urn:newsml:desk.example:ferry", "Ferry sails", PLAIN)
    assert (draft.version, draft.breaking, draft.published) == (3, True, NOON)
    assert draft.editor_note == "Check the name of the captain."
    assert one(kind, ninjs(pubstatus="canceled", version="4")).withdrawn


@pytest.mark.parametrize("kind", ["picture", "planning", "event", "graphic"])
def test_what_superdesk_sends_beside_articles_is_left_out(kind: str) -> None:
    assert drafts(HookKind.SUPERDESK, ninjs(type=kind, body_html=None)) == []


def test_an_item_whose_status_can_not_be_read_is_refused() -> None:
    with pytest.raises(Unreadable, match="its status is 'spiked'"):
        drafts(HookKind.SUPERDESK, ninjs(pubstatus="spiked"))


@pytest.mark.parametrize("kind", [HookKind.SUPERDESK, HookKind.GENERIC])
def test_a_message_of_newsml(kind: HookKind) -> None:
    sample = (Path(__file__).parent.parent / "docs/samples/wire-newsml.xml").read_bytes()
    assert drafts(kind, sample, "application/xml")
    assert drafts(kind, sample, "application/vnd.iptc.g2.newsmessage+xml")
