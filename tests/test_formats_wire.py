"""What agencies send becomes drafts: ninjs of all generations, NewsML-G2 and NITF, whole, broken and hostile."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.ingest.draft import Draft
from bot.ingest.errors import Unreadable
from bot.ingest.formats import feed, files
from bot.ingest.formats.wire import read_wire
from bot.ingest.formats.wire_item import WITHOUT_END
from bot.text.document import read_document
from storage.records.documents import Document, Gallery, Heading, Mark, Paragraph, Picture, Quote, Run, Video

SAMPLES = Path(__file__).parents[1] / "docs/samples"
XHTML = "http://www.w3.org/1999/xhtml"
BEIRUT = ZoneInfo("Asia/Beirut")
TEXT = "The ferry left the old harbour at noon with forty passengers on board."
ITEM: dict[str, Any] = {
    "uri": "urn:newsml:agency.example:ferry",
    "type": "text",
    "version": "3",
    "versioncreated": "2026-11-20T14:30:00Z",
    "headline": "Ferry sails at noon",
    "body_text": TEXT,
}
MODERN: dict[str, Any] = {
    "uri": "urn:newsml:agency.example:ferry",
    "type": "text",
    "versionCreated": "2026-11-20T14:30:00Z",
    "pubStatus": "usable",
    "headlines": [{"role": "subtitle", "value": "With forty on board"}, {"role": "main", "value": "Ferry sails"}],
    "bodies": [{"contentType": "text/plain", "value": TEXT}],
}


def read(value: Any, **named: Any) -> list[Draft | Unreadable]:
    data = value if isinstance(value, bytes) else value.encode() if isinstance(value, str) else json.dumps(value)
    found = read_wire(data if isinstance(data, bytes) else data.encode(), name="wire", **named)
    assert found is not None
    return found


def only(value: Any, **named: Any) -> Draft:
    [draft] = read(value, **named)
    assert isinstance(draft, Draft), str(draft)
    return draft


def refused(value: Any) -> str:
    [problem] = read(value)
    assert isinstance(problem, Unreadable)
    return str(problem)


def item(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in (ITEM | changes).items() if value is not None}


def document(draft: Draft) -> Document:
    return read_document(draft.document, draft.body)


def pictures(draft: Draft) -> list[Picture]:
    shown: list[Picture] = []
    for block in document(draft):
        shown += block.pictures if isinstance(block, Gallery) else [block] if isinstance(block, Picture) else []
    return shown


# ninjs


def test_an_item_of_ninjs_is_read_whole() -> None:
    whole = item(
        urgency=2,
        pubstatus="usable",
        byline="By Mona Haddad",
        copyrightholder="Agency",
        language="en-GB",
        ednote="Check the name.",
        description_text="It sails daily.",
        evolvedfrom="urn:newsml:agency.example:harbour",
        altids={"slug": "ferry-1", "number": 7},
        embargoed="2026-11-21T06:00:00+02:00",
        renditions={"web": {"href": "https://agency.example/ferry", "mimetype": "text/html"}},
        subject=[{"name": "transport", "code": "medtop:20000337"}, {"name": "Ferry Company", "code": "x:1"}],
    )
    assert only(whole) == Draft(
        title="Ferry sails at noon",
        body=TEXT,
        lead="It sails daily.",
        categories=("transport",),
        published=datetime(2026, 11, 20, 14, 30, tzinfo=UTC),
        url="https://agency.example/ferry",
        guid="urn:newsml:agency.example:ferry",
        author="Mona Haddad",
        language="en-GB",
        publisher="Agency",
        breaking=True,
        version=3,
        evolved_from=("urn:newsml:agency.example:harbour",),
        other_ids=("ferry-1", "7"),
        held_until=datetime(2026, 11, 21, 4, 0, tzinfo=UTC),
        editor_note="Check the name.",
    )


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ({"body_text": f"{TEXT}\n\nIt is back at six."}, (TEXT, "It is back at six.")),
        ({"body_html": f"<p>{TEXT}</p><p>It is back at six.</p>"}, (TEXT, "It is back at six.")),
        ({"body_xhtml": f"<p>{TEXT}</p>", "body_text": TEXT.upper()}, (TEXT,)),
        ({"body_nitf": f"<block><p>{TEXT}</p><p>Back at six.</p></block>"}, (TEXT, "Back at six.")),
        ({"body_nitf": f"<nitf><body><body.content><p>{TEXT}</p></body.content></body></nitf>"}, (TEXT,)),
        ({"bodies": [{"role": "main", "value": TEXT}]}, (TEXT,)),
        ({"bodies": [{"contenttype": "text/html", "value": f"<p>{TEXT}</p>"}]}, (TEXT,)),
        (
            {
                "bodies": [
                    {"contentType": "text/plain", "value": "x"},
                    {"contentType": "application/xhtml+xml", "value": f"<p>{TEXT}</p>"},
                ]
            },
            (TEXT,),
        ),
        # The beginning in HTML, and the whole in plain text.
        ({"body_html": "<p>The ferry left</p>", "body_text": TEXT}, (TEXT,)),
    ],
)
def test_the_best_body_of_ninjs_is_taken(bodies: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert only(item(body_text=None) | bodies).body == "\n\n".join(expected)


def test_the_lists_of_later_generations_are_read_by_their_roles() -> None:
    named = {
        "subjects": [{"name": "Sea", "uri": "x"}],
        "infoSources": [{"name": "Coast Wire"}],
        "by": "Ali",
        "edNote": "n",
    }
    draft = only(
        MODERN | named | {"embargoed": "2026-11-21", "altIds": [{"role": "slug", "value": "ferry-1"}]},
        timezone=BEIRUT,
    )
    assert (draft.title, draft.body, draft.categories) == ("Ferry sails", TEXT, ("Sea",))
    assert (draft.publisher, draft.author, draft.editor_note) == ("Coast Wire", "Ali", "n")
    assert (draft.other_ids, draft.version) == (("ferry-1",), None)
    assert draft.held_until == datetime(2026, 11, 20, 22, 0, tzinfo=UTC)  # midnight in Beirut


def associated(**changes: Any) -> dict[str, Any]:
    sizes = {"small": 300, "main": 1100, "print": 9000}
    renditions = {
        name: {"href": f"https://agency.example/{name}.jpg", "mimetype": "image/jpeg", "width": width, "height": 700}
        for name, width in sizes.items()
    }
    picture = {"type": "picture", "description_text": "The ferry", "byline": "Ali", "renditions": renditions}
    return picture | changes


def test_a_picture_of_ninjs_comes_once_in_its_best_size_with_caption_and_credit() -> None:
    draft = only(item(associations={"mainpic": associated(), "text": {"type": "text", "headline": "Other"}}))
    [shown] = pictures(draft)
    assert (shown.address, shown.caption, shown.credit) == (
        "https://agency.example/main.jpg",
        (Run("The ferry"),),
        "Ali",
    )
    assert draft.image_url == shown.address
    named = [{"name": name, **rendition} for name, rendition in associated()["renditions"].items()]
    later = only(MODERN | {"associations": [{"name": "mainpic", **associated(renditions=named)}]})
    assert pictures(later) == [shown]


def test_a_film_of_ninjs_has_its_poster() -> None:
    forms = {
        "clip": {"href": "https://agency.example/clip.mp4", "mimetype": "video/mp4"},
        "frame": {"href": "https://agency.example/frame.jpg", "mimetype": "image/jpeg"},
    }
    draft = only(item(associations={"film": {"type": "video", "renditions": forms}}))
    assert document(draft)[-1] == Video("https://agency.example/clip.mp4", (), "https://agency.example/frame.jpg")


def test_pictures_that_the_text_shows_are_not_shown_twice() -> None:
    html = f'<p>{TEXT}</p><figure><img src="https://agency.example/crop.jpg" width="800" height="600"></figure>'
    draft = only(item(body_text=None, body_html=html, associations={"editor_0": associated()}))
    assert [shown.address for shown in pictures(draft)] == ["https://agency.example/crop.jpg"]


@pytest.mark.parametrize("status", ["canceled", "withheld", "Canceled", "stat:canceled"])
def test_a_withdrawal_needs_no_text(status: str) -> None:
    draft = only({"uri": "urn:x", "version": "4", "pubstatus": status})
    assert (draft.withdrawn, draft.guid, draft.version, draft.title) == (True, "urn:x", 4, "")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"pubstatus": "perhaps"}, "its status is 'perhaps'; expected usable, withheld or canceled"),
        ({"pubstatus": ["usable"]}, '"pubstatus" is'),
        ({"embargoed": "tomorrow"}, "its embargo is 'tomorrow'; expected a date and a time"),
        ({"embargoed": 7}, "its embargo is '7'"),
        ({"embargoed": ""}, "its embargo is ''"),
        ({"headline": None}, "no headline"),
        ({"type": "picture"}, "this is of the type 'picture', and no article"),
        ({"type": "video", "body_text": None}, "this is of the type 'video'"),
        ({"type": "planning"}, "this is of the type 'planning'"),
        ({"uri": "", "guid": "", "pubstatus": "canceled"}, "withdraws an article without naming"),
    ],
)
def test_what_must_not_be_guessed_costs_its_item(changes: dict[str, Any], reason: str) -> None:
    assert reason in refused(item(**changes) | ({"uri": ""} if "uri" in changes else {}))


@pytest.mark.parametrize("first", [None, "2026-11-20T14:30:00Z"])
def test_the_last_embargo_of_an_item_holds_it(first: str | None) -> None:
    draft = only(item(embargoed=first, embargoedUntil="2026-11-21T14:30:00Z"))
    assert draft.held_until == datetime(2026, 11, 21, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize("wrong", [7, 1.5, True, [], ["x"], {}, {"a": 1}, "", "\x00", "9" * 400, [[]], [None]])
def test_a_value_of_a_wrong_type_costs_only_itself(wrong: Any) -> None:
    whole = item(associations={"mainpic": associated()}) | {
        key: value for key, value in MODERN.items() if key not in ("uri", "headlines", "pubStatus")
    }
    fields = [*whole, "byline", "language", "ednote", "subject", "altids", "evolvedfrom", "renditions", "urgency"]
    for key in fields:
        if key in ("uri", "headline", "type"):
            continue
        draft = only({"pubstatus": "usable"} | whole | {key: wrong})
        assert draft.title == "Ferry sails at noon"
    only(item(associations={"mainpic": wrong, "other": associated(renditions=wrong)}))
    only(item(associations={"mainpic": associated(renditions={"main": wrong})}))
    assert only(item(subject=[wrong, {"name": wrong}, {"name": "Sea"}])).categories[-1] == "Sea"


@pytest.mark.parametrize(
    "wrap",
    [
        lambda items: items,
        lambda items: {"items": items},
        lambda items: {"_items": items, "_meta": {}},
        lambda items: {"data": {"items": [{"meta": {}, "item": one} for one in items]}},
    ],
)
def test_a_feed_of_ninjs_is_read_item_by_item(wrap: Callable[[list[Any]], Any]) -> None:
    bad = item(uri="urn:p", type="picture")
    read_items = read(wrap([item(), bad, item(uri="urn:2", headline="Choir wins"), 7]))
    assert [one.title for one in read_items if isinstance(one, Draft)] == ["Ferry sails at noon", "Choir wins"]
    problems = [str(one) for one in read_items if isinstance(one, Unreadable)]
    assert [line.partition(":")[0] for line in problems] == ["wire, item 2", "wire, item 4"]


def test_of_several_versions_in_one_document_the_last_is_read() -> None:
    versions = [item(version=str(number), headline=f"Version {number}") for number in (1, 10, 9)]
    assert [one.title for one in read(versions) if isinstance(one, Draft)] == ["Version 10"]


def test_superdesks_dialect_is_read() -> None:
    ours = item(
        uri=None, guid="tag:desk.example:1", service=[{"name": "Sport", "code": "s"}], subject=[{"name": "Sea"}]
    )
    draft = only(ours)
    assert (draft.guid, draft.categories) == ("tag:desk.example:1", ("Sport", "Sea"))


@pytest.mark.parametrize(
    "other",
    [
        '{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [{"id": "1", "content_text": "x"}]}',
        '{"title": "Ferry", "body": "It sails.", "url": "https://a.example/1"}',
        '{"items": [{"id": "1", "title": "About \\"headlines\\"", "content_text": "\\"bodies\\""}]}',
        '[{"title": "Ferry", "note": "\\"pubstatus\\""}]',
        "[[[[[[[[" * 5_000 + '"bodies"',
        '{"bodies": ' * 100_000,
        "<rss><channel><item><title>newsItem</title></item></channel></rss>",
        "<html><body><newsItem/></body></html>",
        "",
        "<",
    ],
)
def test_other_documents_are_left_to_others(other: str) -> None:
    assert read_wire(other.encode(), name="other") is None


# NewsML-G2


def newsml(
    body: str = f"<inlineXML contenttype='application/xhtml+xml'><html xmlns='http://www.w3.org/1999/xhtml'><body><p>{TEXT}</p></body></html></inlineXML>",
    *,
    meta: str = "<itemClass qcode='ninat:text'/><versionCreated>2026-11-20T14:30:00Z</versionCreated>",
    more: str = "<headline>Ferry sails</headline>",
    attributes: str = "guid='urn:x:1' version='2' xml:lang='en'",
) -> str:
    return (
        f"<newsItem xmlns='http://iptc.org/std/nar/2006-10-01/' {attributes}><itemMeta>{meta}</itemMeta>"
        f"<contentMeta>{more}</contentMeta><contentSet>{body}</contentSet></newsItem>"
    )


def test_an_item_of_newsml_is_read_whole() -> None:
    meta = (
        "<itemClass qcode='ninat:text'/><provider qcode='p:x'><name>Agency</name></provider>"
        "<versionCreated>2026-11-20T16:30:00+02:00</versionCreated><embargoed>2026-11-21T04:00:00Z</embargoed>"
        "<pubStatus qcode='stat:usable'/><service qcode='s:1'><name>Domestic</name></service><edNote>One.</edNote>"
        "<edNote>Two.</edNote><link rel='irel:evolvedFrom' residref='urn:x:0'/>"
        "<link rel='irel:previousVersion' residref='urn:x:1'/>"
        "<link rel='irel:seeAlso' contenttype='text/html' href='https://agency.example/ferry'/>"
    )
    more = (
        "<urgency>1</urgency><creator><name>Mona</name></creator><altId>ferry-1</altId><language tag='ar'/>"
        "<subject qcode='medtop:20000337'><name xml:lang='en'>transport</name>"
        "<name xml:lang='ar'>نقل</name></subject>"
        "<subject type='cpnat:person'><name>Mona</name></subject><subject qcode='own:7'><name>Own</name></subject>"
        "<headline role='hld:sub'>Below</headline><headline role='hld:main'>Ferry sails</headline>"
        "<description role='drol:caption'>No.</description><description role='drol:summary'>Daily.</description>"
    )
    assert only(newsml(meta=meta, more=more)) == Draft(
        title="Ferry sails",
        body=TEXT,
        lead="Daily.",
        categories=("Domestic", "نقل"),
        published=datetime(2026, 11, 20, 14, 30, tzinfo=UTC),
        url="https://agency.example/ferry",
        guid="urn:x:1",
        author="Mona",
        language="ar",
        publisher="Agency",
        breaking=True,
        version=2,
        evolved_from=("urn:x:0",),
        other_ids=("ferry-1",),
        held_until=datetime(2026, 11, 21, 4, 0, tzinfo=UTC),
        editor_note="One.\nTwo.",
    )


NITF = (
    "<nitf xmlns='http://iptc.org/std/NITF/2006-10-18/'><body><body.head><hedline><hl1>Ferry sails</hl1></hedline>"
    "</body.head><body.content>"
    "<p>It <em>left</em> at noon, says <person>Mona</person>.</p><hl2>Later</hl2><bq><block><p>Soon.</p></block></bq>"
    "<media media-type='image'><media-reference source='https://a.example/f.jpg' width='900' height='600'/>"
    "<media-metadata name='x' value='secret'>secret</media-metadata><media-caption>The ferry</media-caption></media>"
    "</body.content></body></nitf>"
)


@pytest.mark.parametrize(
    "written",
    [
        newsml(f"<inlineXML contenttype='application/nitf+xml'>{NITF}</inlineXML>", more=""),
        newsml(f"<inlineXML>{NITF}</inlineXML>", more=""),
        NITF.replace("<body>", "<head><title>Ferry</title></head><body>", 1),
        item(body_text=None, body_nitf=NITF, headline="Ferry sails"),
    ],
)
def test_nitf_becomes_blocks_wherever_it_stands(written: Any) -> None:
    draft = only(written)
    assert draft.title == "Ferry sails"
    first, heading, quote, picture = document(draft)
    said = (Run("It "), Run("left", frozenset({Mark.ITALIC})), Run(" at noon, says Mona."))
    assert (first, heading) == (Paragraph(said), Heading((Run("Later"),), 2))
    assert quote == Quote((Paragraph((Run("Soon."),)),))
    assert isinstance(picture, Picture)
    assert (picture.address, picture.caption, picture.width) == ("https://a.example/f.jpg", (Run("The ferry"),), 900)


@pytest.mark.parametrize(
    "content",
    [
        f"<inlineData contenttype='text/plain'>{TEXT}</inlineData>",
        f"<inlineData contenttype='text/html'>&lt;p>{TEXT}&lt;/p></inlineData>",
        f"<inlineXML><x:html xmlns:x='{XHTML}'><x:body><x:p>{TEXT}</x:p></x:body></x:html></inlineXML>",
        f"<inlineData encoding='x:base64' contenttype='image/png'>AAQ</inlineData><inlineData>{TEXT}</inlineData>",
    ],
)
def test_each_kind_of_content_of_newsml_is_read(content: str) -> None:
    assert only(newsml(content)).body == TEXT


def test_a_standalone_nitf_is_read_whole() -> None:
    draft = only(
        "<!DOCTYPE nitf SYSTEM 'nitf.dtd'><nitf xml:lang='en'><head><title>T</title><tobject><tobject.subject"
        " tobject.subject.type='Sea'/></tobject><docdata management-status='embargoed'><doc-id id-string='n1'/>"
        "<urgency ed-urg='2'/><date.issue norm='20261120T163000+0200'/><du-key version='2'/><ed-msg info='Soon'/>"
        "<doc.copyright holder='Agency'/></docdata></head><body><body.head><hedline><hl1>Ferry sails</hl1></hedline>"
        "<byline>By <person>Mona</person></byline></body.head>"
        f"<body.content><p>{TEXT}&nbsp;</p></body.content></body></nitf>"
    )
    assert draft == Draft(
        title="Ferry sails",
        body=TEXT,
        categories=("Sea",),
        published=datetime(2026, 11, 20, 14, 30, tzinfo=UTC),
        guid="n1",
        author="Mona",
        language="en",
        publisher="Agency",
        breaking=True,
        version=2,
        held_until=WITHOUT_END,
        editor_note="Soon",
    )


@pytest.mark.parametrize("status", ["canceled", "withheld"])
def test_a_standalone_nitf_is_withdrawn(status: str) -> None:
    draft = only(
        f"<nitf><head><docdata management-status='{status}'><doc-id id-string='n1'/></docdata></head>"
        f"<body><body.head><hedline><hl1>Ferry</hl1></hedline></body.head><body.content><p>{TEXT}</p></body.content></body></nitf>"
    )
    assert (draft.guid, draft.withdrawn) == ("n1", True)


def message(*items: str) -> str:
    return (
        f"<newsMessage xmlns='http://iptc.org/std/nar/2006-10-01/'><itemSet>{''.join(items)}</itemSet></newsMessage>"
    )


PICTURE = newsml(
    "<remoteContent href='https://a.example/s.jpg' contenttype='image/jpeg' width='200' height='120'/>"
    "<remoteContent href='https://a.example/l.jpg' contenttype='image/jpeg' width='1000' height='700'/>",
    meta="<itemClass qcode='ninat:picture'/>",
    more="<by>Ali</by><description role='drol:caption'>The ferry</description>",
    attributes="guid='urn:p' version='1'",
)


@pytest.mark.parametrize(
    "items",
    [
        (
            "<packageItem guid='k'><groupSet><group><itemRef residref='urn:x:1'/><itemRef residref='urn:p'/></group>"
            "</groupSet></packageItem>",
            newsml(),
            PICTURE,
        ),
        (PICTURE, newsml(meta="<itemClass qcode='ninat:text'/><link rel='irel:seeAlso' residref='urn:p'/>")),
    ],
)
def test_the_pictures_of_a_message_belong_to_their_article(items: tuple[str, ...]) -> None:
    [shown] = pictures(only(message(*items)))
    assert (shown.address, shown.caption, shown.credit) == ("https://a.example/l.jpg", (Run("The ferry"),), "Ali")


def test_a_message_is_read_item_by_item() -> None:
    other = newsml(attributes="guid='urn:x:2' version='1'", more="<headline>Choir wins</headline>")
    planning = "<planningItem guid='z'/>"
    found = read(message(newsml(), planning, other, PICTURE))
    assert [one.title for one in found if isinstance(one, Draft)] == ["Ferry sails", "Choir wins"]
    assert [
        str(one).partition(",")[0] + str(one).partition(",")[2][:7] for one in found if isinstance(one, Unreadable)
    ] == [
        "wire item 2",
        "wire item 4",
    ]


@pytest.mark.parametrize(
    "status", ["qcode='stat:canceled'", "uri='http://cv.iptc.org/newscodes/pubstatusg2/withheld'"]
)
def test_newsml_withdraws(status: str) -> None:
    draft = only(f"<newsItem guid='urn:x' version='3'><itemMeta><pubStatus {status}/></itemMeta></newsItem>")
    assert (draft.withdrawn, draft.guid, draft.version) == (True, "urn:x", 3)


def test_an_embargo_of_newsml_without_a_time_has_no_end() -> None:
    assert only(newsml(meta="<itemClass qcode='ninat:text'/><embargoed/>")).held_until == WITHOUT_END
    assert "its embargo is" in refused(newsml(meta="<embargoed>soon</embargoed>"))


@pytest.mark.parametrize("never", ["9999-12-31", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-11:00"])
def test_an_embargo_until_the_end_of_the_calendar_has_no_end(never: str) -> None:
    assert only(item(embargoed=never), timezone=BEIRUT).held_until in (
        WITHOUT_END,
        datetime(9999, 12, 30, 22, 0, tzinfo=UTC),
    )


# Hostile ones

BOMB = (
    "<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>"
    "<!ENTITY x SYSTEM 'file:///etc/hostname'>]>"
)


@pytest.mark.parametrize(
    "written",
    [
        BOMB + newsml(f"<inlineData>{TEXT} &c;&x;</inlineData>"),
        newsml(f"<inlineData>{TEXT}{'<a>' * 50_000}</inlineData>"),
        newsml(f"<inlineXML>{'<div>' * 50_000}<p>{TEXT}</p>{'</div>' * 50_000}</inlineXML>"),
        newsml(f"<inlineXML contenttype='nitf'>{'<block>' * 50_000}<p>{TEXT}</p></inlineXML>"),
        newsml(f"<inlineData>{TEXT}</inlineData>")
        .replace("</headline>", "")
        .replace("<contentSet>", "<contentSet>&bad;"),
        item(body_text=None, body_xhtml="<div>" * 100_000 + f"<p>{TEXT}</p>"),
        item(body_text=None, body_nitf="<block>" * 100_000 + f"<p>{TEXT}</p>"),
        item(body_text=f"{TEXT} " * 140_000),  # 10 MB
        newsml(f"<inlineXML>{f'<p>{TEXT}</p>' * 120_000}</inlineXML>"),
    ],
    ids=[
        "entities",
        "unclosed",
        "deep-html",
        "deep-nitf",
        "broken",
        "deep-xhtml",
        "deep-blocks",
        "large",
        "large-xml",
    ],
)
def test_hostile_documents_cost_no_more_than_themselves(written: Any) -> None:
    draft = only(written)
    assert "ferry" in f"{draft.title} {draft.body}".lower()
    assert "haha" not in str(draft)
    assert len(draft.body) < 1_100_000


# Files, folders and addresses alike


@pytest.mark.parametrize(("name", "titles"), [("wire-ninjs.json", 2), ("wire-newsml.xml", 1)])
def test_the_samples_are_read_alike_from_a_file_and_from_an_address(name: str, titles: int) -> None:
    from_file = files.read(SAMPLES / name)
    from_address = feed.parse((SAMPLES / name).read_bytes(), url="https://agency.example/feed")
    assert list(from_address.items) == from_file == files.read_bytes((SAMPLES / name).read_bytes(), name=name)
    assert len(from_file) == titles
    assert from_address.problems == ()


def test_a_feed_of_pictures_is_an_empty_feed_with_problems() -> None:
    found = feed.parse(json.dumps([item(type="picture")]).encode(), url="https://agency.example/feed")
    assert (found.items, len(found.problems)) == ((), 1)


def test_a_line_of_json_lines_may_be_an_item_of_ninjs(tmp_path: Path) -> None:
    (tmp_path / "wire.jsonl").write_text(f"{json.dumps(item())}\n{json.dumps(item(type='picture'))}\n")
    first, second = files.read(tmp_path / "wire.jsonl")
    assert first == only(item())
    assert str(second).startswith(f"{tmp_path}/wire.jsonl, line 2: this is of the type 'picture'")


@pytest.mark.parametrize(
    ("text", "ending"),
    [("[Photo] Ferry", ""), ("<< Home", ""), ('{"a": 1}', ".json"), ("<p>x", ".xml"), ("<HTML>", ".html")],
)
def test_a_document_without_an_ending_tells_its_format(text: str, ending: str) -> None:
    assert files._suffix_of(text.encode()) == ending


@pytest.mark.parametrize("sample", ["page.html", "wire-ninjs.json", "feed.xml"])
def test_a_text_file_that_holds_another_format_is_read_as_that(sample: str) -> None:
    data = (SAMPLES / sample).read_bytes()
    assert files.read_bytes(data, name=sample, suffix=".txt") == files.read(SAMPLES / sample)


@pytest.mark.parametrize("ending", ["", ".txt", ".opml", ".bak"])
def test_markup_in_a_file_with_a_strange_ending_becomes_no_article(ending: str) -> None:
    data = b'<?xml version="1.0"?><opml version="2.0"><body><outline xmlUrl="https://a.example/"/></body></opml>'
    with pytest.raises(Unreadable, match=r"a list of sources \(OPML\).*`newsbot source import`"):
        files.read_bytes(data, name=f"list{ending}", suffix=ending)
