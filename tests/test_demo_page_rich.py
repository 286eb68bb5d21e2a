"""Rich messages and media on the chat page, in a real browser."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.stage import BROWSER_TESTS, DESKTOP, PHONE, Stage, picture, shown, staged

pytestmark = BROWSER_TESTS

SLIDES = "<tg-slideshow>{}<figcaption>Three<cite>Coast Wire</cite></figcaption></tg-slideshow>".format(
    "".join(f'<img src="tg://photo?id={name}">' for name in "abc")
)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as set_up:
        yield set_up


@pytest.fixture
def media(stage: Stage) -> list[dict[str, Any]]:
    """Three pictures, for the `media` of a rich message, with the ids a, b and c."""
    files = {name: stage.keep(f"{name}.jpg", picture(colour)) for name, colour in zip("abc", COLOURS, strict=True)}
    return [{"id": name, "media": {"type": "photo", "media": file.id}} for name, file in files.items()]


COLOURS = ("navy", "maroon", "green")


def in_view(page: Page, slideshow: Locator) -> int:
    """Returns which picture of a slideshow can be seen, when it does not move any more."""
    at: int = slideshow.locator(".strip").evaluate(
        """async (strip) => {
          for (let before = null; before !== strip.scrollLeft; await new Promise((done) => setTimeout(done, 120)))
            before = strip.scrollLeft;
          const middle = strip.getBoundingClientRect().x + strip.clientWidth / 2;
          return [...strip.children].findIndex((one) => {
            const { left, right } = one.getBoundingClientRect();
            return left < middle && middle < right;
          });
        }"""
    )
    return at


@pytest.mark.parametrize(("is_rtl", "forward"), [(False, "ArrowRight"), (True, "ArrowLeft")])
def test_a_slideshow_is_turned_with_buttons_keys_and_fingers_in_the_direction_of_the_page(
    stage: Stage, media: list[dict[str, Any]], browser: Browser, is_rtl: bool, forward: str
) -> None:
    chat = stage.arabic if is_rtl else stage.chat
    stage.send_page(SLIDES, chat, is_rtl=is_rtl, media=media)
    with shown(browser, f"{stage.sim.url}/#{chat.id}", **DESKTOP) as page:
        slides = page.locator(".slideshow")
        count, back, on = slides.locator(".count"), slides.locator(".back"), slides.locator(".on")
        expect(count).to_have_text("1 / 3")
        expect(back).to_be_hidden()
        on.click()
        expect(count).to_have_text("2 / 3")
        assert in_view(page, slides) == 1
        page.keyboard.press(forward)
        expect(count).to_have_text("3 / 3")
        assert in_view(page, slides) == 2
        expect(on).to_be_hidden()
        back.click()
        assert in_view(page, slides) == 1
        there, box = on.bounding_box(), slides.bounding_box()
        assert there
        assert box
        assert (
            there["x"] < box["x"] + box["width"] / 2
        ) == is_rtl  # the button points to where the next one comes from
        slides.locator(".strip").evaluate("strip => strip.scrollTo({ left: 0, behavior: 'instant' })")  # a finger
        expect(count).to_have_text("1 / 3")
        expect(slides.locator("xpath=..").locator("figcaption")).to_have_text("ThreeCoast Wire")


def test_a_page_runs_in_the_direction_that_it_was_sent_with(stage: Stage, browser: Browser) -> None:
    quote = "<blockquote>Quote<cite>Who</cite></blockquote><p>نص عربي ثم English</p>"
    stage.send_page(quote, is_rtl=True)
    stage.send_page(quote)
    with shown(browser, stage.sim.url, **DESKTOP) as page:
        first, second = page.locator(".rich").all()
        for shown_page, side in ((first, "right"), (second, "left")):
            width = shown_page.locator("blockquote").evaluate(
                "(node, side) => getComputedStyle(node).getPropertyValue(`border-${side}-width`)", side
            )
            assert width == "3px"


def test_a_wide_table_scrolls_by_itself_on_a_phone(stage: Stage, browser: Browser) -> None:
    cells = "".join(f"<td>Column{number}</td>" for number in range(12))
    stage.send_page(f"<h2>Results</h2><table bordered><caption>Wide</caption><tr>{cells}</tr></table>")
    with shown(browser, f"{stage.sim.url}/#{stage.chat.id}", **PHONE) as page:
        table = page.get_by_role("region", name="Wide")
        assert table.evaluate("node => node.scrollWidth > node.clientWidth")
        assert page.evaluate("document.getElementById('scroll').scrollWidth <= innerWidth")
        table.focus()
        page.keyboard.press("ArrowRight")
        expect(table).not_to_have_js_property("scrollLeft", 0)


def test_a_part_that_a_reader_opened_stays_open_when_only_the_buttons_change(stage: Stage, browser: Browser) -> None:
    sent = stage.send_page("<p>Text</p><details><summary>Background</summary><p>Inside</p></details>")
    with shown(browser, stage.sim.url, **DESKTOP) as page:
        inside = page.locator("details p")
        expect(inside).to_be_hidden()
        page.locator("summary").click()
        expect(inside).to_be_visible()
        keys = {"inline_keyboard": [[{"text": "Saved", "callback_data": "s"}]]}
        stage.call("editMessageReplyMarkup", chat_id=stage.chat.id, message_id=sent["message_id"], reply_markup=keys)
        expect(page.locator(".key", has_text="Saved")).to_be_visible()
        expect(inside).to_be_visible()


def test_a_long_page_is_folded_until_show_more(stage: Stage, browser: Browser) -> None:
    paragraphs = [f"<p>Paragraph {number}. {'Words that fill the page. ' * 20}</p>" for number in range(30)]
    stage.send_page("".join(paragraphs))
    with shown(browser, stage.sim.url, **DESKTOP) as page:
        last = page.locator(".rich p", has_text="Paragraph 29.")
        expect(page.locator(".rich p", has_text="Paragraph 3.")).to_be_attached()
        expect(last).to_have_count(0)
        page.get_by_role("button", name="Show more").click()
        expect(last).to_be_visible()
        expect(page.get_by_role("button", name="Show more")).to_have_count(0)


def test_a_footnote_leads_into_the_folded_part_that_has_it(stage: Stage, browser: Browser) -> None:
    note = '<details><summary>Notes</summary><p><tg-reference name="n1">The note.</tg-reference></p></details>'
    stage.send_page(f'<p>Text<sup><a href="#n1">1</a></sup></p>{note}')
    with shown(browser, stage.sim.url, **DESKTOP) as page:
        expect(page.get_by_text("The note.")).to_be_hidden()
        page.locator("sup a").click()
        expect(page.get_by_text("The note.")).to_be_visible()


def test_a_picture_opens_and_the_arrows_lead_to_the_others_of_the_page(
    stage: Stage, media: list[dict[str, Any]], browser: Browser
) -> None:
    first = '<figure><img src="tg://photo?id=a"><figcaption>The first</figcaption></figure>'
    stage.send_page(f'{first}<img src="tg://photo?id=b">', media=media[:2])
    with shown(browser, stage.sim.url, **DESKTOP) as page:
        page.get_by_role("button", name="The first").click()
        viewer = page.locator("#viewer")
        expect(viewer).to_contain_text("The first")
        expect(viewer.locator("img")).to_have_js_property("naturalWidth", 900)
        page.keyboard.press("ArrowRight")
        expect(viewer.locator(".count")).to_have_text("2 / 2")
        page.keyboard.press("Escape")
        expect(viewer).to_be_hidden()


def test_a_hidden_picture_is_blurred_until_it_is_pressed(
    stage: Stage, media: list[dict[str, Any]], browser: Browser
) -> None:
    stage.send_page('<img src="tg://photo?id=a" tg-spoiler>', media=media[:1])
    with shown(browser, stage.sim.url, **DESKTOP) as page:
        frame = page.locator(".veiled .photo")
        assert "blur" in frame.evaluate("node => getComputedStyle(node).filter")
        page.get_by_role("button", name="Show the hidden picture").click()
        expect(frame).to_have_css("filter", "none")


@pytest.mark.parametrize("paragraphs", [60, 21])  # the shorter one is hardly higher than the screen
def test_a_page_that_a_press_opened_is_shown_from_its_beginning(
    stage: Stage, browser: Browser, paragraphs: int
) -> None:
    for number in range(10):
        stage.send(f"Message {number}")
    sent = stage.send("Article", reply_markup={"inline_keyboard": [[{"text": "As a page", "callback_data": "p"}]]})
    long_page = {"html": "<h2>Headline</h2>" + "<p>A paragraph of some length.</p>" * paragraphs}
    with shown(browser, f"{stage.sim.url}/#{stage.chat.id}", **PHONE) as page:
        page.locator(".key").tap()
        stage.call("editMessageText", chat_id=stage.chat.id, message_id=sent["message_id"], rich_message=long_page)
        expect(page.get_by_role("heading", name="Headline")).to_be_in_viewport(ratio=1)
        page.set_viewport_size({"width": 391, "height": 844})  # what changes the heights does not move the reader
        expect(page.get_by_role("heading", name="Headline")).to_be_in_viewport(ratio=1)
        page.locator(".message").last.locator(".foot").scroll_into_view_if_needed()
        keys = {"inline_keyboard": [[{"text": "Saved", "callback_data": "s"}]]}
        named = {"chat_id": stage.chat.id, "message_id": sent["message_id"]}
        stage.call("editMessageReplyMarkup", **named, reply_markup=keys)
        expect(page.locator(".key", has_text="Saved")).to_be_attached()
        expect(page.locator(".message").last.locator(".foot")).to_be_in_viewport()  # other buttons move nobody


def test_photos_sounds_and_videos_are_shown_with_their_captions(stage: Stage, browser: Browser) -> None:
    photo = stage.keep("a.jpg", picture("navy")).id
    sound = stage.keep("news.mp3", b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x00" + bytes(16_000)).id
    video = stage.keep("clip.mp4", b"\x00\x00\x00\x18ftypisom" + bytes(400)).id
    stage.call("sendPhoto", chat_id=stage.chat.id, photo=photo, caption="<b>Bold</b> caption", parse_mode="HTML")
    stage.call("sendAudio", chat_id=stage.chat.id, audio=sound, title="Morning news", performer="Coast Wire")
    stage.call("sendVideo", chat_id=stage.chat.id, video=video, caption="A clip")
    with shown(browser, stage.sim.url, **DESKTOP) as page:
        expect(page.locator(".photo img")).to_have_js_property("naturalWidth", 900)
        expect(page.locator(".text strong")).to_have_text("Bold")
        expect(page.locator(".audio")).to_contain_text("Morning newsCoast Wire")
        source = page.locator("audio").get_attribute("src")
        part = page.request.get(f"{stage.sim.url}{source}", headers={"Range": "bytes=10-13"})
        assert (part.status, part.body(), part.headers["content-type"]) == (206, b"\xff\xfb\x90\x00", "audio/mpeg")
        expect(page.locator("video")).to_have_attribute("aria-label", "A clip")


@pytest.mark.parametrize(("language", "size"), [("en", "5.4 kB"), ("fr", "5,4 ko"), ("ru", "5,4 кБ")])
def test_a_file_has_its_size_as_the_language_of_the_chat_writes_it(
    stage: Stage, browser: Browser, language: str, size: str
) -> None:
    stage.do(lambda: stage.sim.speak(stage.reader, language))
    stage.call("sendDocument", chat_id=stage.chat.id, document=stage.keep("sources.opml", bytes(5_530)).id)
    with shown(browser, stage.sim.url, **DESKTOP) as page:
        expect(page.locator(".card")).to_have_text(f"📎 sources.opml{size}")


ALL = """
<h1>One</h1><h6>Six</h6><p>Text<br>below <b>b</b> <i>i</i> <u>u</u> <s>s</s> <code>c</code> <mark>m</mark>
<sub>1</sub> <sup>2</sup> <tg-spoiler>hidden</tg-spoiler> <a href="https://a.example">link</a>
<a href="mailto:a@b.example">mail</a>
<a href="tel:+9611">call</a></p><pre><code class="language-python">x</code></pre><footer>End</footer><hr>
<a name="x"></a>
<ul><li>a</li><li><input type="checkbox" checked>done</li></ul><ol start="3"><li>c</li></ol>
<blockquote>q<cite>w</cite></blockquote><blockquote expandable>e</blockquote><aside>p<cite>w</cite></aside>
<figure><img src="tg://photo?id=a"><figcaption>c<cite>w</cite></figcaption></figure>
<tg-collage><img src="tg://photo?id=a"><img src="tg://photo?id=b"></tg-collage>
<tg-slideshow><img src="tg://photo?id=a"><img src="tg://photo?id=b"></tg-slideshow>
<table striped><tr><th colspan="2" align="center">h</th></tr><tr><td>a</td><td valign="bottom">b</td></tr></table>
<details open><summary>s</summary><p>inside</p></details><tg-map lat="33.9" long="35.5" zoom="14"></tg-map>
<tg-button-row><tg-button type="url" url="https://a.example">Go</tg-button></tg-button-row>
"""


def test_every_kind_of_block_is_drawn(stage: Stage, media: list[dict[str, Any]], browser: Browser) -> None:
    sent = stage.send_page(ALL, media=media[:2])
    kinds = {block["type"] for block in sent["rich_message"]["blocks"]}
    assert len(kinds) >= 17
    with shown(browser, stage.sim.url, **DESKTOP) as page:
        expect(page.locator(".rich > *")).to_have_count(len(sent["rich_message"]["blocks"]))
        expect(page.locator(".rich .unknown")).to_have_count(0)
        expect(page.locator(".rich li .label").nth(2)).to_contain_text("3")
        expect(page.locator(".rich th")).to_have_js_property("colSpan", 2)
        expect(page.get_by_role("link", name="Go")).to_have_attribute("href", "https://a.example")


def test_markup_inside_a_rich_text_stays_text(stage: Stage, browser: Browser) -> None:
    stage.send_page("<p>&lt;img src=x onerror=alert(1)&gt;</p>")
    with shown(browser, stage.sim.url, **DESKTOP) as page:
        expect(page.locator(".rich p")).to_have_text("<img src=x onerror=alert(1)>")
        expect(page.locator("#messages img")).to_have_count(0)
