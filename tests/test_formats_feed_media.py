"""Pictures, films and sounds that come with a feed's item become blocks of its document, each once."""

import pytest

from bot.ingest.draft import Draft
from bot.ingest.formats.feed import parse
from bot.text.document import read_document, to_plain
from storage.records.documents import Audio, Block, Document, Embed, Gallery, Paragraph, Picture, Run, Video
from tests.site import rss
from tests.test_formats_feed import json_feed

MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/"'
CDN = "https://cdn.example"
TEXT = "The boat left the old harbour at noon."


def item(inner: str, text: str = f"<p>{TEXT}</p>") -> Draft:
    whole = (
        f"<title>Ferry</title><link>https://h.example/1</link><description><![CDATA[{text}]]></description>{inner}"
    )
    [draft] = parse(rss(whole).encode(), url="https://h.example/rss").items
    return draft


def blocks(inner: str, text: str = f"<p>{TEXT}</p>") -> Document:
    draft = item(inner, text)
    found = read_document(draft.document, draft.body)
    assert to_plain(found) == draft.body
    return found


def content(name: str, inside: str = "", **attributes: str | int) -> str:
    said = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<media:content {MEDIA} url="{CDN}/{name}"{said}>{inside}</media:content>'


AROUND = (
    "<media:title>The ferry</media:title><media:description>The ferry at noon</media:description>"
    "<media:credit>Mona Haddad</media:credit>"
)


@pytest.mark.parametrize(
    ("inner", "block"),
    [
        (content("a-boat.jpg", medium="image"), Picture(f"{CDN}/a-boat.jpg")),
        (
            content("a-boat", type="image/jpeg", width=800, height=600),
            Picture(f"{CDN}/a-boat", width=800, height=600),
        ),
        (
            content("a-boat.jpg", AROUND, medium="image"),
            Picture(f"{CDN}/a-boat.jpg", (Run("The ferry at noon"),), "Mona Haddad"),
        ),
        (
            f"<media:group {MEDIA}>{content('s-boat.jpg', width=200, medium='image')}"
            f"{content('l-boat.jpg', width=1200, medium='image')}{content('xl-boat.jpg', width=6000, medium='image')}"
            f"{AROUND}</media:group>",
            Picture(f"{CDN}/l-boat.jpg", (Run("The ferry at noon"),), "Mona Haddad", width=1200),
        ),
        (
            content("boat-long.jpg?w=140", width=140, medium="image")
            + content("boat-long.jpg?w=700", width=700, medium="image"),
            Picture(f"{CDN}/boat-long.jpg?w=700", width=700),
        ),
        (f'<enclosure url="{CDN}/a-boat.jpg" type="image/jpeg" length="1"/>', Picture(f"{CDN}/a-boat.jpg")),
        (content("a-boat.jpg", "<media:title>Ferry</media:title>", medium="image"), Picture(f"{CDN}/a-boat.jpg")),
    ],
    ids="medium type caption group sizes enclosure caption-is-title".split(),
)
def test_a_picture_that_comes_with_an_item_stands_before_its_text(inner: str, block: Block) -> None:
    assert blocks(inner) == (block, Paragraph((Run(TEXT),)))


@pytest.mark.parametrize(
    ("inner", "block"),
    [
        (f'<enclosure url="{CDN}/12.mp3" type="audio/mpeg" length="1"/>', Audio(f"{CDN}/12.mp3")),
        (
            f'<enclosure url="{CDN}/12?id=7" type="audio/mpeg" length="1"/>',
            Audio(f"{CDN}/12?id=7", media_type="audio/mpeg"),
        ),
        (content("12.mp4", type="video/mp4"), Video(f"{CDN}/12.mp4")),
        (
            content("12", AROUND + f'<media:thumbnail url="{CDN}/12.jpg"/>', medium="video"),
            Video(f"{CDN}/12", (Run("The ferry at noon"),), f"{CDN}/12.jpg"),
        ),
        (
            f"<media:group {MEDIA}>{content('low.mp4', type='video/mp4')}{content('high.mp4', type='video/mp4')}"
            "</media:group>",
            Video(f"{CDN}/low.mp4"),
        ),
    ],
    ids="sound sound-without-ending film poster qualities".split(),
)
def test_a_sound_or_film_that_comes_with_an_item_stands_behind_its_text(inner: str, block: Block) -> None:
    assert blocks(inner) == (Paragraph((Run(TEXT),)), block)


def test_what_the_text_shows_and_what_belongs_to_the_page_comes_once_or_never() -> None:
    shown = f"<p>{TEXT}</p><img src='{CDN}/in-the-text-800x600.jpg'>"
    inner = "".join(
        [
            content("in-the-text.jpg", medium="image"),
            content("face-of-mona.jpg", medium="image", width=64, height=64),
            content("1x1.gif", medium="image", width=1, height=1),
            content("avatars/mona.jpg", medium="image"),
            f'<media:thumbnail {MEDIA} url="{CDN}/thumb.jpg"/>',
        ]
    )
    found = blocks(inner, shown)
    assert [type(block) for block in found] == [Paragraph, Picture]


def test_several_pictures_are_a_gallery() -> None:
    [gallery, _] = blocks("".join(content(f"boat-no-{n}.jpg", medium="image") for n in range(3)))
    assert isinstance(gallery, Gallery)
    assert [one.address for one in gallery.pictures] == [f"{CDN}/boat-no-{n}.jpg" for n in range(3)]


def test_a_picture_without_a_text_gives_its_caption_as_text() -> None:
    found = item(content("a-boat.jpg", "<media:text>The ferry at noon</media:text>", medium="image"), "")
    assert found.body == "The ferry at noon"


def test_media_of_atom_and_json_feed_are_read_as_well() -> None:
    entry = (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>H</title><entry><title>Ferry</title>'
        f'<link href="https://h.example/1"/><link rel="enclosure" type="audio/mpeg" href="{CDN}/12"/>'
        f"<summary>{TEXT}</summary></entry></feed>"
    )
    attached = {"url": f"{CDN}/12", "mime_type": "audio/mpeg", "title": "Episode 12"}
    for text, caption in (
        (entry, ()),
        (json_feed({"title": "Ferry", "content_text": TEXT, "attachments": [attached]}), (Run("Episode 12"),)),
    ):
        [draft] = parse(text.encode(), url="https://h.example/rss").items
        assert read_document(draft.document, draft.body)[-1] == Audio(f"{CDN}/12", caption, "audio/mpeg")


def test_an_address_of_e_mail_is_no_author() -> None:
    assert item("<author>mona@h.example</author>").author is None
    assert item("<author>mona@h.example (Mona Haddad)</author>").author == "Mona Haddad"
    assert item("<author>Mona Haddad &lt;mona@h.example&gt;</author>").author == "Mona Haddad"


ITUNES = 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
PODCAST = 'xmlns:podcast="https://podcastindex.org/namespace/1.0"'
EPISODE = f'<enclosure url="{CDN}/7.mp3" type="audio/mpeg" length="9"/>'


@pytest.mark.parametrize(
    ("duration", "shown"),
    [("1:02:03", "1:02:03"), ("62:03", "1:02:03"), ("123", "2:03"), ("0", ""), ("soon", ""), ("99999999", "")],
)
def test_an_episode_has_its_number_and_length_with_its_sound(duration: str, shown: str) -> None:
    said = f"<itunes:duration {ITUNES}>{duration}</itunes:duration><itunes:episode {ITUNES}>12</itunes:episode>"
    sound = blocks(EPISODE + said)[-1]
    assert sound == Audio(f"{CDN}/7.mp3", (Run(f"#12 · {shown}" if shown else "#12"),))
    assert item(EPISODE + said, text="").body == ""  # a length is no text


def test_an_episode_names_its_transcript_its_hosts_and_its_picture() -> None:
    draft = item(
        f"{EPISODE}<itunes:image {ITUNES} href='{CDN}/cover.jpg'/>"
        f"<podcast:transcript {PODCAST} url='{CDN}/7.srt' type='application/srt'/>"
        f"<podcast:transcript {PODCAST} url='{CDN}/7.html' type='text/html'/>"
        f"<podcast:person {PODCAST}>Mona</podcast:person><podcast:person {PODCAST} role='guest'>Ali</podcast:person>"
    )
    assert (draft.author, draft.image_url) == ("Mona", f"{CDN}/cover.jpg")
    assert read_document(draft.document, draft.body)[-2:] == (Audio(f"{CDN}/7.mp3"), Embed(f"{CDN}/7.html"))


def test_keywords_and_persons_stand_for_missing_categories_and_authors_only() -> None:
    said = (
        f"<media:keywords {MEDIA}>sea, ferry,, sea, a, b, c</media:keywords>"
        f"<podcast:person {PODCAST}>Mona</podcast:person>"
    )
    alone = item(said)
    assert (alone.categories, alone.author) == (("sea", "ferry", "a", "b", "c"), "Mona")
    other = item(f"{said}<category>News</category><author>Ali</author>")
    assert (other.categories, other.author) == (("News",), "Ali")


def test_a_player_stands_for_a_film_that_has_no_file() -> None:
    player = f'<media:player {MEDIA} url="https://www.youtube.com/embed/abcdefghijk"/>'
    assert isinstance(blocks(player)[-1], Video)
    assert blocks(f'<media:player {MEDIA} url="{CDN}/shown/1"/>')[-1] == Embed(f"{CDN}/shown/1")
    film = content("a.mp4", type="video/mp4")
    assert blocks(film + player)[1:] == (Video(f"{CDN}/a.mp4"),)


def test_a_sound_a_film_and_a_document_are_each_shown() -> None:
    pdf = f'<enclosure url="{CDN}/report.pdf" type="application/pdf" length="1"/>'
    assert blocks(EPISODE + content("a.mp4", type="video/mp4") + pdf)[1:] == (
        Video(f"{CDN}/a.mp4"),
        Audio(f"{CDN}/7.mp3"),
        Embed(f"{CDN}/report.pdf"),
    )
