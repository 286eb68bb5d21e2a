"""Messages made of articles and notices: what they say, in which order, and that they always fit."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.locale import LANGUAGES, Voice
from bot.messages.actions import ShowArticle, ShowText, decode
from bot.messages.alert import alert, needs_date, retraction_notice
from bot.messages.article import full_text, opened, summary
from bot.messages.message import Message, plain_text
from bot.messages.notice import BURST, OVERLOAD, SOURCE_FAILS, Notice, notice_message
from bot.sim.markup import parse, units
from bot.text.document import stored_form, to_plain
from storage.records import Article, Category, ChatKind, SourceProblem, Text
from storage.records.documents import Document, Heading, Listing, Mark, Paragraph, Quote, Run


def article(**changes: Any) -> Article:
    text = Text(
        title="Lighthouse painted",
        body="It is white and red again.\n\nThe paint came by ship.\n\nIt will last ten years.\n\nGulls don't mind.",
        lead="",
        summary=("It is white and red again.", "The paint came by ship.", "It will last ten years."),
        language="en",
        url="https://news.example/lighthouse",
    )
    values: dict[str, Any] = {
        "id": 5,
        "text": replace(text, **{name: changes.pop(name) for name in list(changes) if hasattr(text, name)}),
        "category": Category(1, "Coast"),
        "source": "Harbour News",
        "source_id": 1,
        "published_at": datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
        "published_on": None,
        "revision": 1,
        "stored_at": datetime(2026, 3, 1, 12, 31, tzinfo=UTC),
    }
    return Article(**(values | changes))


ENGLISH = Voice("en")


def pushed(of: Article, voice: Voice = ENGLISH, **how: Any) -> Message:
    settings: dict[str, Any] = {"kind": ChatKind.PRIVATE, "bot_username": "newsbot", "dated": True}
    return alert(of, voice, **(settings | how))


def shown(message: Message) -> str:
    """The text as Telegram shows it; markup that it would refuse is an error."""
    text, _ = parse(message.html)
    assert units(text) <= 4096
    return text


def test_an_alert_is_headline_glance_and_origin() -> None:
    assert shown(pushed(article())) == (
        "Lighthouse painted\n\nIt is white and red again. The paint came by ship.\n\n"
        "\u200e\u2068Coast\u2069 · \u2068Harbour News\u2069 · \u20681 March 2026, 12:30\u2069"
    )


def test_an_alert_speaks_the_language_and_the_time_of_its_chat() -> None:
    message = pushed(article(), Voice("ar", ZoneInfo("Asia/Beirut")))
    assert shown(message).endswith("\u20681 آذار 2026، 14:30\u2069")
    assert message.buttons
    rows = [[button.text for button in row] for row in message.buttons.inline_keyboard]
    assert rows == [["📖 اقرأ", "🔗 المصدر"], ["⭐", "⋯"]]


def test_a_day_without_a_time_shows_no_time() -> None:
    assert shown(pushed(article(published_on=date(2022, 1, 19)))).endswith("\u206819 January 2022\u2069")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"summary": (), "lead": "The publisher's own words."}, "The publisher's own words."),
        ({"summary": (), "lead": "", "body": ""}, "Lighthouse painted\n\n\u200e"),
        ({"category": None, "source": None}, "\n\n\u200e\u20681 March 2026"),
    ],
)
def test_what_is_missing_leaves_no_gap(changes: dict[str, Any], text: str) -> None:
    assert text in shown(pushed(article(**changes)))
    assert "\n\n\n" not in shown(pushed(article(**changes)))


def test_without_a_link_there_is_no_button_to_it() -> None:
    message = pushed(article(url=None))
    assert message.buttons
    assert [button.text for row in message.buttons.inline_keyboard for button in row] == ["📖 Read", "⭐", "⋯"]
    assert message.preview.is_disabled


def test_the_preview_is_the_image_where_there_is_one() -> None:
    assert pushed(article()).preview.url == "https://news.example/lighthouse"
    for unfit in (f"https://news.example/{'l' * 2_000}.jpg", "data:image/png;base64,AAAA"):
        assert pushed(article(image_url=unfit)).preview.url == "https://news.example/lighthouse"
    with_image = pushed(article(image_url="https://news.example/l.jpg")).preview
    assert (with_image.url, with_image.prefer_large_media) == ("https://news.example/l.jpg", True)


def test_in_a_channel_the_summary_opens_in_the_readers_own_chat() -> None:
    message = pushed(article(), kind=ChatKind.CHANNEL)
    assert message.buttons
    assert message.buttons.inline_keyboard[0][0].url == "https://t.me/newsbot?start=art_5"


def test_a_title_is_the_link_to_its_article() -> None:
    for message in (pushed(article()), opened(article(), ENGLISH, saved=False)):
        text, entities = parse(message.html)
        (link,) = [entity for entity in entities if entity["type"] == "text_link"]
        assert (link["url"], text[: link["length"]]) == ("https://news.example/lighthouse", "Lighthouse painted")


def test_the_date_of_an_alert_is_shown_by_each_client_in_its_readers_zone() -> None:
    text, entities = parse(pushed(article()).html)
    (moment,) = [entity for entity in entities if entity["type"] == "date_time"]
    assert (moment["unix_time"], moment["date_time_format"]) == (1772368200, "Dt")
    assert text[moment["offset"] :][: moment["length"]] == "1 March 2026, 12:30"


@pytest.mark.parametrize(
    ("minutes", "changes", "dated"),
    [
        (59, {}, False),
        (60, {}, True),
        (60, {"published_at": datetime(2026, 3, 1, 12, 40, tzinfo=UTC)}, False),
        (5, {"published_on": date(2022, 1, 19), "published_at": datetime(2022, 1, 19, 23, 59, tzinfo=UTC)}, True),
        (59, {"published_on": date(2026, 3, 1)}, False),
        (61, {"published_on": date(2026, 3, 1)}, True),
    ],
)
def test_an_alert_that_is_minutes_old_has_no_date(minutes: int, changes: dict[str, Any], dated: bool) -> None:
    of = article(**changes)
    assert needs_date(of, datetime(2026, 3, 1, 12, 30, tzinfo=UTC) + timedelta(minutes=minutes)) is dated
    assert ("202" in shown(pushed(of, dated=dated))) is dated


def test_reading_is_the_first_thing_to_do_with_an_alert() -> None:
    for kind in ChatKind:
        buttons = pushed(article(), kind=kind).buttons
        assert buttons
        styles = {one.text: one.style for row in buttons.inline_keyboard for one in row}
        assert {text for text, style in styles.items() if style} == {"📖 Read"}
        assert styles["📖 Read"] == "primary"


def test_a_withdrawn_article_is_struck_out_with_who_withdrew_it() -> None:
    text, entities = parse(retraction_notice(article(withdrawn_by_source=True), ENGLISH).html)
    struck = [entity for entity in entities if entity["type"] == "strikethrough"]
    assert [text[one["offset"] :][: one["length"]] for one in struck] == ["Lighthouse painted"]
    assert "🚫 Withdrawn by \u2068Harbour News\u2069." in text
    unnamed = shown(retraction_notice(article(source=None, withdrawn_by_source=True), ENGLISH))
    assert "🚫 Withdrawn by its publisher." in unnamed
    assert "🚫 Withdrawn by the editors." in shown(retraction_notice(article(), ENGLISH))


def test_a_short_text_is_shown_whole_and_unfolded() -> None:
    for message in (opened(article(), ENGLISH, saved=False), summary(article(), ENGLISH, saved=False)):
        text, entities = parse(message.html)
        assert "expandable_blockquote" not in {entity["type"] for entity in entities}
        assert text.endswith(article().text.body)


def test_a_long_text_is_folded_up_behind_its_beginning() -> None:
    paragraphs = [f"Paragraph {number} " + "says what happened at sea. " * 6 for number in range(20)]
    text, entities = parse(opened(article(body="\n\n".join(paragraphs)), ENGLISH, saved=False).html)
    (quote,) = [entity for entity in entities if entity["type"] == "expandable_blockquote"]
    before, folded = text[: quote["offset"]], text[quote["offset"] :]
    assert 400 < len(before) < 1_100
    assert folded.startswith("Paragraph ")  # the text goes on between two paragraphs
    assert all(text.count(one.strip()) == 1 for one in paragraphs)


def test_the_summary_of_a_long_text_leads_to_the_text() -> None:
    long = article(body="It is white and red again. " + "Gulls don't mind. " * 200)
    message = summary(long, ENGLISH, saved=False)
    assert shown(message).endswith("It is white and red again.\n\nThe paint came by ship.\n\nIt will last ten years.")
    assert message.buttons
    read = message.buttons.inline_keyboard[0][0]
    assert (read.text, decode(str(read.callback_data))) == ("📖 Read", ShowArticle(5))


def test_without_a_body_the_publishers_summary_is_the_text() -> None:
    told = opened(article(body="", summary=(), lead="The publisher's own words."), ENGLISH, saved=False)
    assert shown(told).endswith("\n\nThe publisher's own words.")


def test_a_long_text_goes_on_behind_a_button_and_back() -> None:
    paragraphs = [f"Paragraph {number} " + "says what happened at sea. " * 12 for number in range(60)]
    long = article(body="\n\n".join(paragraphs))
    first = opened(long, Voice("en"), saved=False)
    read, said = [shown(first)], [first]
    while said[-1].buttons:
        following = [
            button
            for row in said[-1].buttons.inline_keyboard
            for button in row
            if button.text in ("📖 Read on", "More »")
        ]
        if not following:
            break
        asked = decode(str(following[0].callback_data))
        assert isinstance(asked, ShowText)
        said.append(full_text(long, Voice("en"), asked.part, saved=False))
        read.append(shown(said[-1]))
    assert len(read) > 3
    for paragraph in paragraphs:
        assert sum(paragraph.strip() in text for text in read) == 1
    assert f"({len(read)}/{len(read)})" in read[-1]


QUOTED: Document = (
    Paragraph((Run("It is "), Run("white", frozenset({Mark.BOLD})), Run(" and red."))),
    Heading((Run("What it says"),)),
    Quote((Paragraph((Run("See "), Run("the list", link="https://a.example/"), Run("."))),), (Run("Mona"),)),
    Listing(((Paragraph((Run("Sails"),)),), (Paragraph((Run("Mail"),)),))),
)


def test_marks_and_links_of_the_publisher_are_shown() -> None:
    quoting = article(document=stored_form(QUOTED), body=to_plain(QUOTED))
    text, entities = parse(opened(quoting, Voice("en"), saved=False).html)
    assert text.endswith("It is white and red.\n\nWhat it says\n\nSee the list.\n— Mona\n\n• Sails\n• Mail")
    assert [entity["type"] for entity in entities][-4:] == ["bold", "bold", "blockquote", "text_link"]


def test_a_quote_is_none_in_the_folded_text_which_is_a_quote_itself() -> None:
    long = QUOTED * 40
    _, entities = parse(opened(article(document=stored_form(long), body=to_plain(long)), ENGLISH, saved=False).html)
    (folded,) = [entity["offset"] for entity in entities if entity["type"] == "expandable_blockquote"]
    assert all(entity["offset"] < folded for entity in entities if entity["type"] == "blockquote")


def test_a_quote_is_shown_as_one_in_the_further_parts_of_a_text() -> None:
    long = QUOTED * 100
    _, entities = parse(
        full_text(article(document=stored_form(long), body=to_plain(long)), Voice("en"), 1, saved=False).html
    )
    assert "blockquote" in {entity["type"] for entity in entities}


def test_what_an_older_version_stored_is_shown_as_it_was() -> None:
    stored = 'It is <b>white</b> and red.\n\n<blockquote>See <a href="https://a.example">the list</a>.</blockquote>'
    older = article(document=stored, body="It is white and red.\n\nSee the list.")
    text, entities = parse(opened(older, Voice("en"), saved=False).html)
    assert text.endswith("It is white and red.\n\nSee the list.")
    assert [entity["type"] for entity in entities][-3:] == ["bold", "blockquote", "text_link"]


@pytest.mark.parametrize("part", [-1, 0, 1, 99])
def test_a_part_that_is_not_there_any_more_is_the_opened_article(part: int) -> None:
    assert full_text(article(), Voice("en"), part, saved=False) == opened(article(), Voice("en"), saved=False)


TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)


@given(title=TEXTS, sentence=TEXTS, repeat=st.integers(1, 400), source=TEXTS)
def test_any_article_gives_messages_that_telegram_takes(title: str, sentence: str, repeat: int, source: str) -> None:
    body = (f"{sentence} 🚢<b>&amp;‏" + " ") * repeat
    hostile = article(title=title or "x", body=body, summary=(body, sentence), source=source)
    shown(pushed(hostile))
    shown(pushed(hostile, Voice("ar")))
    shown(opened(hostile, Voice("ar"), saved=False))
    shown(summary(hostile, Voice("ar"), saved=False))


@given(title=TEXTS, repeat=st.integers(1, 400))
def test_the_plain_text_says_the_same_without_markup(title: str, repeat: int) -> None:
    message = opened(article(title=f"T{title}", body=f"{title} <i>x</i> " * repeat), Voice("en"), saved=False)
    text = plain_text(message)
    assert units(text) <= 4096
    assert text.startswith("T")


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize(
    ("told", "said"),
    [
        (Notice(BURST, {"source": "<Wire>", "pushed": 10, "held_back": 4000}), ["<Wire>", "10", "4,000"]),
        (Notice(OVERLOAD, {"owed": 150000, "minutes": 83}), ["150,000", "83"]),
        (Notice(SOURCE_FAILS, {"source": "Wire", "error": "HTTP 404 & more"}), ["Wire", "HTTP 404 & more"]),
    ],
    ids=lambda value: value.key if isinstance(value, Notice) else "",
)
def test_notices_name_their_values_in_both_languages(told: Notice, said: list[str], language: str) -> None:
    assert Notice.from_json(told.to_json()) == told
    text = shown(notice_message(told, language=language))
    assert all(value in text for value in said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_administrators_read_in_their_language_why_a_source_fails_and_below_it_the_error_of_the_log(
    language: str,
) -> None:
    told = Notice(SOURCE_FAILS, {"source": "<Wire>", "error": "status 500", "problem": SourceProblem.FAILING})
    first, second = shown(notice_message(Notice.from_json(told.to_json()), language=language)).split("\n")
    voice = Voice(language)
    assert first.endswith(voice.labelled("⚠️ \u2068<Wire>\u2069", voice.say("Its server answers with an error")))
    assert second == "\u2068status 500\u2069"


@pytest.mark.parametrize("word", ["harbour ", "x", "it&#x27;s "])
def test_opening_a_very_long_article_reads_no_more_of_it_than_is_shown(word: str) -> None:
    long = article(body=word * (1_200_000 // len(word)))
    begun = time.process_time()
    opened(long, Voice("en"), saved=False)
    assert time.process_time() - begun < 0.2  # 15 ms; all of it takes seconds


@pytest.mark.parametrize("language", ["ar", "en"])
def test_who_is_told_of_an_overload_is_told_what_to_do(language: str) -> None:
    told = notice_message(Notice(OVERLOAD, {"owed": 250_000, "minutes": 139}), language=language).html
    assert "250,000" in told
    for remedy in ("<code>NEWSBOT_PAID_BROADCAST=true</code>", "/settings", "<code>newsbot source remove</code>"):
        assert remedy in told
