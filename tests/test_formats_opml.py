"""OPML as feed readers and bots write it, and as it is written for them."""

import codecs
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ingest.errors import Unreadable
from bot.ingest.formats.opml import feed_address, read, write
from storage.records import NewSource, SourceKind

A, B = "https://a.example/feed", "https://b.example/feed"


def opml(body: str, *, head: str = '<?xml version="1.0" encoding="UTF-8"?><opml version="2.0">') -> bytes:
    return f"{head}<head><title>Mine</title></head><body>{body}</body></opml>".encode()


def urls(data: bytes) -> list[str]:
    found = read(data, name="list.opml")
    return [one.url if isinstance(one, NewSource) else f"! {one.reason}" for one in found]


def categories(data: bytes) -> list[tuple[str, str | None]]:
    return [(one.url, one.category) for one in read(data, name="list.opml") if isinstance(one, NewSource)]


@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0", "2.1"])
def test_a_list_of_every_version_is_read(version: str) -> None:
    head = f'<?xml version="1.0"?><opml version="{version}">'
    entry = f'<outline type="rss" text="A" title="The A" xmlUrl="{A}" htmlUrl="https://a.example"/>'
    assert read(opml(entry, head=head), name="list.opml") == [NewSource(url=A, title="The A")]


def test_the_nearest_folder_is_the_category() -> None:
    data = opml(
        f'<outline text="World"><outline text="Europe"><outline text="A" xmlUrl="{A}"/></outline>'
        f'<outline text="B" xmlUrl="{B}"/></outline><outline text="C" xmlUrl="https://c.example/"/>'
    )
    assert categories(data) == [(A, "Europe"), (B, "World"), ("https://c.example/", None)]


def test_a_folder_without_a_name_counts_for_nothing() -> None:
    data = opml(f'<outline title="أخبار"><outline><outline xmlUrl="{A}"/></outline></outline>')
    assert categories(data) == [(A, "أخبار")]


def test_the_category_attribute_counts_outside_of_folders() -> None:
    data = opml(
        f'<outline category="/World/Politics,/Europe" xmlUrl="{A}"/>'
        f'<outline text="Sport"><outline category="Tennis" xmlUrl="{B}"/></outline>'
    )
    assert categories(data) == [(A, "Politics"), (B, "Sport")]


@pytest.mark.parametrize(
    "attributes",
    [
        f'xmlURL="{A}"',
        f'XMLURL="{A}"',
        f'xmlurl="{A}"',
        f'url="{A}"',
        f'feedUrl="{A}"',
        f'type="rss" url="{A}"',
        f'type="link" xmlUrl="{A}" url="{B}"',
        f"xmlUrl='{A}'",
        f'xmlUrl = "{A}"',
        f'\n\txmlUrl\n=\n"{A}"\n',
        f'xmlUrl=""  url="{A}"',
        f'xmlUrl=" {A}\n"',
        f'text="5 < 6 > 4" xmlUrl="{A}"',
        f'text="Tom & Jerry" xmlUrl="{A}"',
        f'text="&unknown; &#0; &#xffffffffff;" xmlUrl="{A}"',
        f'text="Fish &amp;amp; Chips" xmlUrl="{A}"',
        f'xmlUrl="{A}" xmlUrl="{B}"',
        'xmlUrl="feed:https://a.example/feed"',
        'xmlUrl="feed://https://a.example/feed"',
        'xmlUrl="HTTPS://a.example/feed"',
        f'<!-- xmlUrl="{B}" --> xmlUrl="{A}"',
    ],
)
def test_an_address_is_found_however_its_attribute_is_written(attributes: str) -> None:
    assert urls(opml(f"<outline {attributes}/>")) == [A]


@pytest.mark.parametrize(
    "attributes",
    [f'htmlUrl="{B}"', f'href="{B}"', f'type="rss" xmlUrl="" htmlUrl="{B}"', f'type="link" url="{B}"'],
)
def test_the_address_of_a_site_is_no_feed(attributes: str) -> None:
    first, second = read(opml(f'<outline {attributes}/><outline xmlUrl="{A}"/>'), name="list.opml")
    assert isinstance(first, Unreadable)
    assert str(first).startswith(f"list.opml, entry 1: '{B}': this is the address of a site, not of a feed; ")
    assert second == NewSource(url=A)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("feed://a.example/feed", "http://a.example/feed"),
        ("rss://a.example/feed", "http://a.example/feed"),
        ("//a.example/feed", "http://a.example/feed"),
        ("a.example/feed", "http://a.example/feed"),
        ("a.example:8080", "http://a.example:8080"),
        ("https://a.example/two words.xml", "https://a.example/two%20words.xml"),
        ("https://a.example/?a=1&copy=2", "https://a.example/?a=1&copy=2"),
        ("https://a.example/?a=1&amp;amp;b=2", "https://a.example/?a=1&b=2"),
        ("https://أخبار.example/feed", "https://أخبار.example/feed"),
        ("ftp://a.example/feed", None),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("/var/inbox", None),
        ("https://", None),
        ("http://./feed", None),
        ("http://[::1", None),
        ("A headline", None),
        ("https://a.example/" + "a" * 20_000, None),
    ],
)
def test_the_address_that_is_meant(typed: str, meant: str | None) -> None:
    assert feed_address(typed.replace("&amp;amp;", "&amp;")) == meant


def test_what_is_no_source_is_told_with_its_place_and_the_others_are_read() -> None:
    data = opml(
        f'<outline xmlUrl="{A}"/><outline type="rss" text="Lost"/><outline xmlUrl="ftp://x.example/"/>'
        f'<outline type="include" url="https://x.example/more.opml"/><outline text="A plain note"/>'
        f'<outline xmlUrl="{B}" x:every="0"/><outline xmlUrl="{B}"/>'
    )
    found = read(data, name="list.opml")
    assert [one if isinstance(one, NewSource) else str(one) for one in found] == [
        NewSource(url=A),
        "list.opml, entry 2: 'Lost': no address; expected one in xmlUrl",
        "list.opml, entry 3: 'ftp://x.example/' is no address; expected one that begins with http:// or https://",
        "list.opml, entry 4: 'https://x.example/more.opml': this is another list; expected a source: import that list"
        " by itself",
        f"list.opml, entry 5: '{B}': every=0 is no interval; expected 1 to 31622400 seconds",
        NewSource(url=B),
    ]


def test_a_tag_whose_quotes_do_not_pair_is_told_and_not_passed_over() -> None:
    [first, second] = read(opml(f'<outline text="Bob\'s xmlUrl="{A}"/><outline xmlUrl="{B}"/>'), name="list.opml")
    assert isinstance(first, Unreadable)
    assert "no address can be read in its tag" in first.reason
    assert second == NewSource(url=B)


def test_a_file_that_was_cut_off_is_read_up_to_there() -> None:
    whole = opml(f'<outline text="Sea"><outline xmlUrl="{A}"/><outline xmlUrl="{B}"/></outline>')
    found = read(whole[: whole.index(b"b.example") + 4], name="list.opml")
    assert found[0] == NewSource(url=A, category="Sea")
    assert isinstance(found[1], Unreadable)
    assert found[1].reason.startswith("its tag has no end: '<outline xmlUrl=")
    assert len(found) == 2


@pytest.mark.parametrize(
    "data",
    [
        f'<outline xmlUrl="{A}"/><outline xmlUrl="{B}"/>',
        f'<opml><body><outline xmlUrl="{A}"/></body></opml><opml><body><outline xmlUrl="{B}"/></body></opml>',
        f'<OPML><BODY><OUTLINE XMLURL="{A}"/><Outline xmlUrl="{B}"></Outline></BODY>',
        f'<outline xmlUrl="{A}"></outline></outline></outline><outline xmlUrl="{B}">',
        f'junk before <opml><outline xmlUrl="{A}" /><outline xmlUrl="{B}" / ></opml',
        f'<o:opml xmlns:o="urn:x"><o:outline xmlUrl="{A}"/><o:outline xmlUrl="{B}"/></o:opml>',
        f'<?xml encoding="no-such"?>\x00\x07<opml><outline xmlUrl="{A}"/><outline xmlUrl="{B}"/></opml>',
    ],
    ids="fragment roots upper unmatched junk prefix declaration".split(),
)
def test_a_list_that_is_no_xml_is_read(data: str) -> None:
    assert urls(data.encode()) == [A, B]


@pytest.mark.parametrize(
    "encoded",
    [
        codecs.BOM_UTF8 + opml(f'<outline text="أخبار"><outline xmlUrl="{A}"/></outline>'),
        opml(f'<outline text="أخبار"><outline xmlUrl="{A}"/></outline>').decode().encode("utf-16"),
        opml(f'<outline text="أخبار"><outline xmlUrl="{A}"/></outline>').decode().encode("windows-1256"),
        opml(
            f'<outline text="أخبار"><outline xmlUrl="{A}"/></outline>', head='<?xml encoding="windows-1256"?><opml>'
        ),
    ],
    ids=["bom", "utf-16", "another than declared", "utf-8 declared as another"],
)
def test_the_encoding_is_told_by_evidence(encoded: bytes) -> None:
    assert categories(encoded) == [(A, "أخبار")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf \n", "the file is empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "this is an HTML page; expected OPML"),
        (opml(""), "there is no source in it; expected OPML with an <outline"),
        (opml('<outline text="Empty"></outline>'), "there is no source in it"),
        (b'{"feeds": []}', "there is no source in it"),
        (b"\x00\x01\x02" * 100, "there is no source in it"),
    ],
)
def test_a_file_without_a_source_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=r"list\.opml: ") as refused:
        read(data, name="list.opml")
    assert reason in refused.value.reason


def test_a_declared_entity_is_never_expanded() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    head = f'<?xml version="1.0"?><!DOCTYPE opml [<!ENTITY l0 "ha"><!ENTITY x SYSTEM "file:///etc/passwd">{laughs}]><opml>'
    data = opml(f'<outline text="&l11;&x;" xmlUrl="{A}"/>', head=head)
    assert read(data, name="list.opml") == [NewSource(url=A, title="&l11;&x;")]


@pytest.mark.parametrize(
    "piece",
    [
        "<outline ",
        '<outline x="',
        "<outline x='y\" ",
        "<!--",
        "<outline a",
        "a=",
        "&#1",
        "</outline>",
        "<outline>",
        "=",
    ],
)
def test_a_hostile_file_takes_time_in_proportion_to_its_length(piece: str) -> None:
    """A step that looks back or ahead over the whole file would take hours here."""
    with suppress(Unreadable):
        read(f"<opml><outline {piece * 100_000}".encode(), name="list.opml")


# Writing


LIST = [
    NewSource(url=A, title="The A & <B> \"C\" 'D'", category='Sea & "Land"', every_seconds=300, breaking=True),
    NewSource(url=B, category="أخبار", full_text=True, teaser=True),
    NewSource(url="https://c.example/?a=1&copy=2", title="خبر"),
    NewSource(url="https://d.example/page", kind=SourceKind.PAGE, category="أخبار"),
    NewSource(url="/var/in box/<1>", kind=SourceKind.FOLDER, title="Inbox"),
]


def test_what_is_written_is_read_as_the_same_list() -> None:
    text = "\n".join(write(LIST, title="Newsbot"))
    found = read(text.encode(), name="list.opml")
    by_url = {one.url: one for one in LIST}
    assert len(found) == len(LIST)
    for one in found:
        assert isinstance(one, NewSource)
        assert one == by_url[one.url]


def test_what_is_written_is_xml_that_every_reader_takes() -> None:
    from lxml import etree

    root = etree.fromstring("\n".join(write(LIST, title="a < b & c")).encode())
    assert root.findtext("head/title") == "a < b & c"
    assert [one.get("xmlUrl") for one in root.iter("outline") if one.get("type") == "rss"] == [
        "https://c.example/?a=1&copy=2",
        A,
        B,
    ]
    assert {one.get("type") for one in root.iter("outline") if one.get("url")} == {"link"}


@given(title=st.text(), category=st.text())
def test_any_title_and_category_make_good_xml(title: str, category: str) -> None:
    from lxml import etree

    text = "\n".join(write([NewSource(url=A, title=title, category=category)], title=title))
    assert etree.fromstring(text.encode()).find(".//outline[@xmlUrl]") is not None
