"""Rich messages of the simulated Telegram: what a page becomes, and what is refused in which words."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sim import Chat
from tests.bot_api import Api, calling

PAGE = """
<h2>Bridge opens</h2>
<p>The <b>new <i>bridge</i></b> is <a href="https://news.example/x?a=1&amp;b=2">open</a>.<br>
   Tolls<sup><a href="#n1">1</a></sup> end on <tg-time unix="1767225600" format="wDT">31 Dec</tg-time>.</p>
<blockquote>We waited.<cite>The mayor</cite></blockquote>
<blockquote expandable>One<br>two</blockquote>
<aside>At last<cite>A driver</cite></aside>
<ul><li>one</li><li><p>two</p><ol type="i" start="4"><li>four</li></ol></li></ul>
<ol reversed><li>b</li><li>a</li></ol>
<ul><li><input type="checkbox" checked>done</li></ul>
<table bordered striped><caption>Tolls</caption><tr><th>Car</th><th colspan="2">Price</th></tr>
<tr><td>small</td><td align="center">2</td><td>€</td></tr></table>
<details open><summary>Background</summary><p>Built in 1961.</p></details>
<pre><code class="language-python">def f():
    pass</code></pre>
<hr><p><tg-reference name="n1">For lorries too</tg-reference></p>
<tg-button-row align="center"><tg-button type="url" url="https://news.example/">Source</tg-button></tg-button-row>
<footer>From the harbour&hellip;</footer>
"""


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with calling() as client:
        yield client


@pytest.fixture
def chat(api: Api) -> Chat:
    return api.sim.private(api.sim.person("Huda", "ar"))


async def shown(api: Api, chat: Chat, html: str, **more: Any) -> list[dict[str, Any]]:
    """The blocks that a page becomes."""
    told = await api.done("sendRichMessage", chat_id=chat.id, rich_message={"html": html, **more})
    return list(told["rich_message"]["blocks"])


async def reason(api: Api, chat: Chat, **rich: Any) -> str:
    """Why a page is refused. Nothing was sent then."""
    before = len(chat.messages)
    refused = await api.refused("sendRichMessage", chat_id=chat.id, rich_message=rich)
    assert len(chat.messages) == before
    return refused.removeprefix("Bad Request: ")


async def test_a_page_comes_back_in_blocks(api: Api, chat: Chat) -> None:
    blocks = await shown(api, chat, PAGE)
    assert [block["type"] for block in blocks] == [
        *("heading", "paragraph", "blockquote", "expandable_blockquote", "pullquote", "list", "list", "list"),
        *("table", "details", "pre", "divider", "paragraph", "buttons", "footer"),
    ]
    assert blocks[0] == {"type": "heading", "text": "Bridge opens", "size": 2}
    assert blocks[1]["text"] == [
        "The ",
        {"type": "bold", "text": ["new ", {"type": "italic", "text": "bridge"}]},
        " is ",
        {"type": "url", "text": "open", "url": "https://news.example/x?a=1&b=2"},
        ".\nTolls",
        {"type": "superscript", "text": {"type": "reference_link", "text": "1", "reference_name": "n1"}},
        " end on ",
        {"type": "date_time", "text": "31 Dec", "date_time_format": "wDT", "unix_time": 1767225600},
        ".",
    ]
    assert blocks[2] == {
        "type": "blockquote",
        "blocks": [{"type": "paragraph", "text": "We waited."}],
        "credit": "The mayor",
    }
    assert blocks[3]["text"] == "One\ntwo"
    assert blocks[10] == {"type": "pre", "text": "def f():\n    pass", "language": "python"}
    assert blocks[-1]["text"] == "From the harbour…"


async def test_items_of_lists_have_their_labels(api: Api, chat: Chat) -> None:
    bullets, numbered, tasks = (block for block in await shown(api, chat, PAGE) if block["type"] == "list")
    assert [item["label"] for item in bullets["items"]] == ["•", "•"]
    assert bullets["items"][1]["blocks"][1]["items"][0]["label"] == "iv."
    assert [item["label"] for item in numbered["items"]] == ["2.", "1."]
    assert tasks["items"][0] | {"blocks": []} == {
        "label": "•",
        "blocks": [],
        "has_checkbox": True,
        "is_checked": True,
    }


@pytest.mark.parametrize(
    ("kind", "labels"),
    [("a", ["z.", "aa."]), ("A", ["Z.", "AA."]), ("i", ["xxvi.", "xxvii."]), ("I", ["XXVI.", "XXVII."])],
)
async def test_numbers_of_lists_are_letters_or_roman(api: Api, chat: Chat, kind: str, labels: list[str]) -> None:
    [block] = await shown(api, chat, f'<ol type="{kind}" start="26"><li>x</li><li>y</li></ol>')
    assert [item["label"] for item in block["items"]] == labels


@pytest.mark.parametrize(("rtl", "side"), [(True, "right"), (False, "left")])
async def test_cells_begin_where_reading_begins(api: Api, chat: Chat, rtl: bool, side: str) -> None:
    [table] = [block for block in await shown(api, chat, PAGE, is_rtl=rtl) if block["type"] == "table"]
    assert [cell["align"] for cell in table["cells"][1]] == [side, "center", side]
    assert table["cells"][0][1]["colspan"] == 2
    assert (chat.last.raw["rich_message"].get("is_rtl"), chat.last.text) == (True if rtl else None, "")


async def test_white_space_is_layout_except_in_code(api: Api, chat: Chat) -> None:
    blocks = await shown(api, chat, "<p>\n one\n\n  <b>two </b> three\t</p><pre>  a\n\n b</pre>")
    assert blocks[0]["text"] == ["one ", {"type": "bold", "text": "two "}, " three"]
    assert blocks[1]["text"] == "  a\n\n b"


async def test_what_telegram_finds_in_text_it_finds_only_if_it_may(api: Api, chat: Chat) -> None:
    html = "<p>See https://a.example/x, #Ports, @harbour, $USD, /latest, desk@news.example and 4111111111111111.</p>"
    [found] = await shown(api, chat, html)
    assert [part["type"] for part in found["text"] if isinstance(part, dict)] == [
        *("url", "hashtag", "mention", "cashtag", "bot_command", "email_address", "bank_card_number"),
    ]
    [plain] = await shown(api, chat, html, skip_entity_detection=True)
    assert isinstance(plain["text"], str)


async def test_an_odd_address_in_plain_text_spoils_the_page_unless_nothing_is_looked_for(
    api: Api, chat: Chat
) -> None:
    html = "<p>write to a_.b@c_d..e or so</p>"
    assert await reason(api, chat, html=html.replace("c_d..e", "x-.y_z")) == "RICH_MESSAGE_EMAIL_INVALID"
    assert await shown(api, chat, html, skip_entity_detection=True)


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<div>x</div>", 'unsupported start tag "div"'),
        ("<p><span>x</span></p>", 'unsupported start tag "span"'),
        ("<script>x</script>", 'unsupported start tag "script"'),
        ("<p>a < b</p>", "unsupported start tag"),
        ("<p>x", "can't find end tag"),
        ("<p><b>x</p></b>", 'unexpected end tag "p"'),
        ("<p/>", "can't be empty"),
        ('<p class="x">x</p>', 'unsupported attribute "class"'),
        ('<p onclick="x">x</p>', 'unsupported attribute "onclick"'),
        ("<p>&copy;</p>", 'unsupported entity "&copy;"'),
        ("loose", "text must be in a block"),
        ("<b>loose</b>", "text must be in a block"),
        ("<p><p>x</p></p>", "can't be in a text"),
        ('<p>x <img src="https://a.example/x.png"></p>', "can't be in a text"),
        ("<h2><ul><li>x</li></ul></h2>", "can't be in a text"),
        ("<table><tr><td><p>x</p></td></tr></table>", "can't be in a text"),
        ("<li>x</li>", "can't be here"),
        ("<ul>x</ul>", "only li"),
        ("<ul></ul>", "must have items"),
        ("<details><p>x</p></details>", "must begin with a summary"),
        ("<blockquote><cite>me</cite>x</blockquote>", "cite must be the last"),
        ("<blockquote expandable><p>x</p></blockquote>", "can't be in a text"),
        ("<figure><figcaption>x</figcaption></figure>", "must have one medium"),
        ('<p><a href="https://a.example"></a></p>', "must have a text"),
        ('<p><tg-time unix="soon">x</tg-time></p>', "Invalid unix time"),
        ("<tg-thinking>x</tg-thinking>", "unsupported start tag"),
        ('<tg-button-row><tg-button type="pay">x</tg-button></tg-button-row>', "unsupported button type"),
        ('<tg-button-row><tg-button type="url">x</tg-button></tg-button-row>', "RICH_MESSAGE_URL_INVALID"),
        ('<p><a href="/relative">x</a></p>', "RICH_MESSAGE_URL_INVALID"),
        ('<p><a href="javascript:alert(1)">x</a></p>', "RICH_MESSAGE_URL_INVALID"),
        ('<p><a href="http://nodot/">x</a></p>', "RICH_MESSAGE_URL_INVALID"),
        ('<p><a href="mailto:nobody">x</a></p>', "RICH_MESSAGE_EMAIL_INVALID"),
        ('<p><tg-emoji emoji-id="x">x</tg-emoji></p>', "RICH_MESSAGE_EMOJI_INVALID"),
        ("<hr>", "RICH_MESSAGE_EMPTY"),
        ('<a name="x"></a>', "RICH_MESSAGE_EMPTY"),
        ("<p> </p>", "RICH_MESSAGE_CONTENT_REQUIRED"),
        ("", "rich message must be non-empty"),
    ],
)
async def test_what_the_grammar_does_not_have_is_refused(api: Api, chat: Chat, html: str, words: str) -> None:
    assert words in await reason(api, chat, html=html)


def nested(levels: int) -> str:
    """A paragraph in this many tags, itself included."""
    return "<details><summary>x</summary>" * (levels - 1) + "<p>x</p>" + "</details>" * (levels - 1)


@pytest.mark.parametrize(
    ("html", "more", "words"),
    [
        (f"<p>{'🚢' * 16_384}</p>", "<p>x</p>", "RICH_MESSAGE_TEXT_TOO_LONG"),
        ("<p>x</p>" * 500, "<hr>", "RICH_MESSAGE_BLOCKS_TOO_MANY"),
        ("<ul>" + "<li>x</li>" * 249 + "</ul>", "<p>x</p><hr>", "RICH_MESSAGE_BLOCKS_TOO_MANY"),
        ("<table>" + "<tr><td>x</td></tr>" * 499 + "</table>", "<hr>", "RICH_MESSAGE_BLOCKS_TOO_MANY"),
        (nested(16), nested(17), "RICH_MESSAGE_DEPTH_INVALID"),
        (f"<p>{'<b>' * 15}x{'</b>' * 15}</p>", f"<p>{'<b>' * 16}x{'</b>' * 16}</p>", "RICH_MESSAGE_DEPTH_INVALID"),
        (
            "<table><tr>" + '<td colspan="5">x</td>' * 4 + "</tr></table>",
            "<table><tr>" + "<td>x</td>" * 21 + "</tr></table>",
            "RICH_MESSAGE_TABLE_COLS_TOO_MANY",
        ),
    ],
    ids=["text", "blocks", "items", "rows", "blocks within blocks", "marks within marks", "columns"],
)
async def test_what_is_just_possible_passes_and_one_more_does_not(
    api: Api, chat: Chat, html: str, more: str, words: str
) -> None:
    assert await shown(api, chat, html)
    assert await reason(api, chat, html=html + more) == words


async def test_a_word_that_fills_the_page_takes_no_time(api: Api, chat: Chat) -> None:
    """A pattern that looks for an e-mail address from each letter on would take seconds."""
    assert await shown(api, chat, f"<p>{'x' * 32_768}</p>")


async def test_a_very_deep_page_is_refused_and_nothing_breaks(api: Api, chat: Chat) -> None:
    assert await reason(api, chat, html=nested(3_000)) == "RICH_MESSAGE_DEPTH_INVALID"


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([{"type": "poem", "text": "x"}], "can't parse InputRichBlock: type 'poem' is unsupported"),
        ([{"type": "paragraph"}], "paragraph needs ['text']"),
        ([{"type": "paragraph", "text": "x", "size": 1}], "unknown fields of paragraph"),
        ([{"type": "paragraph", "text": {"type": "plain", "text": "x"}}], "type 'plain' is unsupported"),
        ([{"type": "paragraph", "text": 7}], "can't parse RichText"),
        ([{"type": "paragraph", "text": {"type": "bold", "text": "x", "style": "y"}}], "wrong fields of bold"),
        ([{"type": "heading", "text": "x", "size": 7}], "size of a heading"),
        ([{"type": "list", "items": []}], "a list needs items"),
        ([{"type": "table", "cells": [[]]}], "rows of cells"),
        ([{"type": "table", "cells": [[{"text": "x", "colspan": 0}]]}], "wrong span"),
        ([{"type": "buttons", "buttons": [{"text": "x", "callback_data": "y"}] * 9}], "1 to 8 buttons"),
        ([{"type": "buttons", "buttons": [{"text": "x", "url": "https://a.example", "style": "link"}]}], "STYLE"),
        ([{"type": "slideshow", "blocks": [{"type": "paragraph", "text": "x"}] * 2}], "and nothing else"),
        ([], "rich message must be non-empty"),
        ("x", "expected an array"),
    ],
)
async def test_blocks_are_checked_as_html_is(api: Api, chat: Chat, blocks: Any, words: str) -> None:
    assert words in await reason(api, chat, blocks=blocks)


async def test_blocks_and_html_of_the_same_page_become_the_same(api: Api, chat: Chat) -> None:
    blocks = [
        {"type": "heading", "text": "News", "size": 1},
        {"type": "paragraph", "text": ["a ", {"type": "bold", "text": "b"}]},
        {"type": "list", "items": [{"blocks": [{"type": "paragraph", "text": "x"}], "value": 3, "type": "1"}]},
        {"type": "table", "cells": [[{"text": "c", "is_header": True}]], "is_compact": True},
    ]
    html = '<h1>News</h1><p>a <b>b</b></p><ol start="3"><li>x</li></ol><table compact><tr><th>c</th></tr></table>'
    told = await api.done("sendRichMessage", chat_id=chat.id, rich_message={"blocks": blocks})
    assert told["rich_message"]["blocks"] == await shown(api, chat, html)


@pytest.mark.parametrize(
    ("rich", "words"),
    [
        ({"html": "<p>x</p>", "blocks": [{"type": "paragraph", "text": "x"}]}, "only one of"),
        ({"html": "<p>x</p>", "rtl": True}, "unknown fields ['rtl']"),
        ({"html": "<p>x</p>", "is_rtl": "yes"}, "is_rtl must be true or false"),
        ({"markdown": "x"}, "RICH_MESSAGE_MARKDOWN_INVALID"),
        ({}, "rich message must be non-empty"),
    ],
)
async def test_the_object_around_the_page_is_checked(api: Api, chat: Chat, rich: dict[str, Any], words: str) -> None:
    assert words in await reason(api, chat, **rich)


# Edits


async def test_a_text_becomes_a_page_and_a_text_again(api: Api, chat: Chat) -> None:
    keyboard = {"inline_keyboard": [[{"text": "As a page", "callback_data": "p"}]]}
    sent = await api.done("sendMessage", chat_id=chat.id, text="one /latest", reply_markup=keyboard)
    where = {"chat_id": chat.id, "message_id": sent["message_id"]}
    page = {"html": "<p>one</p>", "is_rtl": True}
    told = await api.done("editMessageText", **where, rich_message=page, reply_markup=keyboard)
    assert told["rich_message"] == {"blocks": [{"type": "paragraph", "text": "one"}], "is_rtl": True}
    assert not told.keys() & {"text", "entities"}
    refused = await api.refused("editMessageText", **where, rich_message=page, reply_markup=keyboard)
    assert "message is not modified" in refused
    told = await api.done("editMessageReplyMarkup", **where)
    assert told["rich_message"]["is_rtl"]
    told = await api.done("editMessageText", **where, text="two")
    assert (told["text"], "rich_message" in told) == ("two", False)
    assert len(chat.messages) == 1


async def test_an_edit_is_a_text_or_a_page(api: Api, chat: Chat) -> None:
    sent = await api.done("sendMessage", chat_id=chat.id, text="one")
    where = {"chat_id": chat.id, "message_id": sent["message_id"]}
    page = {"html": "<p>x</p>"}
    assert "message text is empty" in await api.refused("editMessageText", **where)
    for more in ({"text": "x"}, {"parse_mode": "HTML"}, {"link_preview_options": {"is_disabled": True}}):
        assert "can't be with" in await api.refused("editMessageText", **where, rich_message=page, **more)


# Older servers


async def test_a_server_of_before_does_not_know_pages(api: Api, chat: Chat) -> None:
    sent = await api.done("sendMessage", chat_id=chat.id, text="one")
    page = {"html": "<p>x</p>"}
    api.sim.version = (10, 0)
    told = await api("sendRichMessage", chat_id=chat.id, rich_message=page)
    assert told["error_code"] == 404
    refused = await api.refused("editMessageText", chat_id=chat.id, message_id=sent["message_id"], rich_message=page)
    assert refused == "Bad Request: message text is empty"


async def test_the_first_server_with_pages_knows_neither_blocks_nor_uploads(api: Api, chat: Chat) -> None:
    api.sim.version = (10, 1)
    assert await shown(api, chat, "<p>x</p>")
    blocks = [{"type": "paragraph", "text": "x"}]
    assert await reason(api, chat, blocks=blocks) == "rich message must be non-empty"
    media = [{"id": "a", "media": {"type": "photo", "media": "AgAC1"}}]
    assert "media not found" in await reason(api, chat, html='<img src="tg://photo?id=a">', media=media)


async def test_an_old_server_knows_no_times_and_ignores_the_styles_of_buttons(api: Api, chat: Chat) -> None:
    html, button = '<tg-time unix="9">now</tg-time>', {"text": "x", "callback_data": "y", "style": "danger"}
    api.sim.version = (9, 4)
    refused = await api.refused("sendMessage", chat_id=chat.id, text=html, parse_mode="HTML")
    assert 'Unsupported start tag "tg-time"' in refused
    api.sim.version = (9, 3)
    keyboard = {"inline_keyboard": [[button]]}
    await api.done("sendMessage", chat_id=chat.id, text="x", reply_markup=keyboard)
    assert "style" not in chat.last.rows[0][0]
