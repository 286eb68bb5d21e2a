"""What stands between the paragraphs of a page and is none of them stays out, and the paragraphs stay."""

from datetime import UTC, date, datetime

import pytest

from bot.ingest.formats.page import read
from bot.ingest.formats.page_boilerplate import find_boilerplate
from bot.text.html import parse
from tests.test_formats_page import ARABIC, PARAGRAPHS

THIRD = "ويقول الصيادون إن المرفأ يحتاج إلى رصيف أطول، لأن الريح الغربية تمنع القوارب من أن ترسو جنباً إلى جنب."
ARTICLES = {"en": PARAGRAPHS, "ar": (*ARABIC, THIRD)}


def body(language: str = "en", *, first: str = "", second: str = "", last: str = "", around: str = "{}") -> list[str]:
    """The paragraphs of a page with this before its second, before its last and behind its last paragraph."""
    one, two, three = (f"<p>{text}</p>" for text in ARTICLES[language])
    inner = around.format(f"{one}{first}{two}{second}{three}{last}")
    title = "Ferry sails" if language == "en" else "العبّارة تغادر المرفأ"
    text = (
        f"<html><head><title>{title}</title><meta name='author' content='Mona Haddad'></head>"
        f"<body><article><h1>{title}</h1>{inner}</article></body></html>"
    )
    return read(text.encode(), name="page.html", url="https://harbour.example/news/1").body.split("\n\n")


def whole(language: str = "en") -> list[str]:
    return list(ARTICLES[language])


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "<p>Read more: <a href='/x'>New bridge opens across the river</a></p>"),
        ("en", "<p><b>READ ALSO</b></p><ul><li><a href='/x'>Bridge</a></li><li><a href='/y'>Olives</a></li></ul>"),
        ("en", "<h3>Related stories</h3><p><a href='/x'>New bridge opens across the river</a></p>"),
        ("en", "<div class='related-posts'><p>New bridge opens across the river, after two years of work.</p></div>"),
        ("en", "<p>Share this article</p>"),
        ("en", "<p>Follow us on: <a href='#'>Facebook</a></p>"),
        ("en", "<div class='social-share'><span>Share</span> <a href='#'>X</a></div>"),
        ("en", "<p>Tags: sea, ferry, harbour</p>"),
        ("en", "<p>By Mona Haddad</p>"),
        ("en", "<p>Mona Haddad</p>"),
        ("en", "<p>Sign up for our newsletter and get the news every morning.</p>"),
        ("en", "<p>Advertisement</p>"),
        ("en", "<figure><img src='/a.jpg'><figcaption>The harbour at sunset, from the hill.</figcaption></figure>"),
        ("en", "<p>Photo: Sami Khoury</p>"),
        ("en", "<p>We use cookies to improve your experience. Read our privacy policy.</p>"),
        ("ar", "<p>اقرأ أيضاً: <a href='/x'>افتتاح جسر جديد فوق النهر</a></p>"),
        ("ar", "<p>إقرأ أيضا</p><ul><li><a href='/x'>افتتاح جسر جديد فوق النهر</a></li></ul>"),
        ("ar", "<p>للمزيد: <a href='/x'>موسم الزيتون يبدأ مبكراً</a></p>"),
        ("ar", "<div>مواضيع ذات صلة</div><div><a href='/x'>افتتاح جسر جديد</a></div>"),
        ("ar", "<p>شارك المقال</p>"),
        ("ar", "<p>الكلمات المفتاحية: البحر، العبّارة</p>"),
        ("ar", "<p>بقلم: منى الحداد</p>"),
        ("ar", "<p>صورة أرشيفية: المرفأ القديم</p>"),
        ("ar", "<p>تابعونا على: <a href='#'>فيسبوك</a></p>"),
        ("ar", "<p><strong>إقرأ أيضاً.. <a href='/x'>افتتاح جسر جديد فوق النهر</a></strong></p>"),
        ("ar", "<div><b>اقرأ أيضا :</b><br><a href='/x'>افتتاح جسر جديد</a><br><a href='/y'>موسم الزيتون</a></div>"),
        ("ar", "<p>موضوعات متعلقة..</p><p><a href='/x'>افتتاح جسر جديد فوق النهر</a></p>"),
        ("ar", "<p>لمتابعة آخر الأخبار اشترك في <a href='#'>قناتنا على تليجرام</a></p>"),
        ("ar", "<p>تابعوا مرفأ الأخبار عبر <a href='#'>جوجل نيوز</a></p>"),
        ("en", "<p>Follow Mona Haddad on Twitter.</p>"),
        ("en", "<div class='next-story'><p>New bridge opens across the river, after two years of work.</p></div>"),
        ("en", "<p>Lesen Sie auch: <a href='/x'>Neue Brücke über den Fluss eröffnet</a></p>"),
        ("en", "<p><b>Mehr zum Thema</b></p><ul><li><a href='/x'>Neue Brücke über den Fluss</a></li></ul>"),
        ("en", "<p>Anzeige</p>"),
        ("en", "<p>Jetzt abonnieren und weiterlesen</p>"),
        ("en", "<p>Folgen Sie uns auf Facebook und Instagram</p>"),
        ("en", "<p>Schlagwörter: Hafen, Fähre</p>"),
        ("en", "<p>Von Max Mustermann</p>"),
        ("en", "<p>À lire aussi : <a href='/x'>Un pont ouvre sur le fleuve</a></p>"),
        ("en", "<p>Cet article est réservé aux abonnés. Il vous en reste les trois quarts à lire.</p>"),
        ("en", "<p>Il vous reste 70% de cet article à lire.</p>"),
        ("en", "<p>Zum Weiterlesen bitte anmelden</p>"),
        ("en", "<p>Les mer: Ny bro over elva</p>"),
        ("en", "<p>Ayrıca oku: Yeni köprü</p>"),
        ("en", "<p>Leggi di più</p>"),
        ("en", "<p>Continua depois da publicidade</p>"),
        ("en", "<p>Czytaj też: <a href='/x'>Nowy most nad rzeką</a></p>"),
        ("en", "<p>Dalsza część artykułu pod materiałem wideo</p>"),
        ("en", "<p>Artikkelen fortsetter under annonsen</p>"),
        ("en", "<p><strong>LES OGSÅ:</strong> <a href='/x'>Ny bro over elva</a></p>"),
        ("en", "<p>Te puede interesar: <a href='/x'>Se abre un puente</a></p>"),
        ("en", "<p>Suscríbete a nuestra newsletter</p>"),
        ("en", "<p>Continua a leggere dopo la pubblicità</p>"),
        ("en", "<p>İlginizi çekebilir: <a href='/x'>Yeni köprü</a></p>"),
        ("en", "<p>Читайте также: <a href='/x'>Новый мост</a></p>"),
        ("en", "<p>Подписывайтесь на наш канал в Telegram</p>"),
        ("en", "<p>بیشتر بخوانید: <a href='/x'>پل تازه</a></p>"),
        ("en", "<p>کد خبر: 123456</p>"),
        ("en", "<p>#Hafen #Fähre</p>"),
        ("en", "<div class='comentarios'><p>I was on that boat, and it was as calm as a pond all day.</p></div>"),
    ],
)  # fmt: skip
def test_boilerplate_between_paragraphs_stays_out(language: str, said: str) -> None:
    assert body(language, first=said) == whole(language)
    assert body(language, second=said) == whole(language)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "<p>Source: Agencies</p>"),
        ("en", "<p>© 2022 Harbour News</p>"),
        ("en", "<p>All rights reserved by the harbour</p>"),
        ("en", "<section id='comments'><h2>Comments</h2><p>I was on that boat, and it was fine.</p></section>"),
        ("ar", "<p>المصدر: وكالات</p>"),
        ("ar", "<p>جميع الحقوق محفوظة لمرفأ الأخبار</p>"),
        ("ar", "<p>19 كانون الثاني 2022</p>"),
        ("ar", "<p>انتهى/م.ح</p>"),
        ("ar", "<p>* كاتبة وباحثة في شؤون البحار</p>"),
        ("ar", "<p>** الآراء الواردة في هذا المقال تعبر عن رأي كاتبتها ولا تعكس بالضرورة رأي الموقع</p>"),
        ("en", "<h3>From our archive</h3>"),
        ("en", "<p>Source : AFP</p>"),
        ("en", "<p>(dpa)</p>"),
        ("en", "<p>انتهای پیام/</p>"),
        ("en", "<p>Veröffentlicht am 28.04.2023, 14.07 Uhr</p>"),
        ("en", "<h3>More</h3><h4><a href='/x'>New bridge opens across the river</a></h4><p>It took two years.</p>"
               "<h4><a href='/y'>Olive season begins early this year</a></h4><p>The hills are dry.</p>"),
    ],
)  # fmt: skip
def test_what_ends_a_page_stays_out(language: str, said: str) -> None:
    assert body(language, last=said) == whole(language)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "Related boats of the same kind were sold last year, and nobody on the island missed them since then.",
        ),
        (
            "en",
            "Read more slowly, said the teacher, and the children of the sailors began from the first page.",
        ),
        (
            "en",
            "Comments from the harbour master were not to be had, and his office stayed closed all day long.",
        ),
        (
            "en",
            "Copyright law keeps the song of the sailors from being sung in taverns, says their lawyer.",
        ),
        (
            "en",
            "By noon the wind had turned to the west, and the captain let down the sails at the island.",
        ),
        ("ar", "شارك في الرحلة أربعون راكباً من القرى القريبة، بينهم أطفال يزورون الجزيرة للمرة الأولى في حياتهم."),
        ("ar", "إعلان الموعد الجديد جاء بعد اجتماع طويل بين القبطان ورئيس المرفأ وممثلي الصيادين في المدينة."),
        ("ar", "اشترك في بناء القارب عشرة نجارين عملوا طوال الشتاء في ورشة صغيرة قرب السوق القديم في البلدة."),
        ("ar", "المصدر الأول للدخل في القرية هو الصيد، ثم تأتي الزراعة وبعض الحرف التي ورثها الأبناء عن الآباء."),
        ("ar", "تابعوا القبطان من النافذة وهو يصعد إلى السطح، ثم نزلوا إلى المرفأ ليستقبلوا العائدين من الجزيرة."),
        ("ar", "<b>إعلان</b> الموعد الجديد جاء بعد اجتماع طويل بين القبطان ورئيس المرفأ وممثلي الصيادين في المدينة."),
        (
            "en",
            "Browsers will soon forget cookies of others, a change that the makers call a step towards privacy.",
        ),
        (
            "en",
            "Follow the lights on the pier, the captain told his passengers, and nobody will miss the last boat.",
        ),
        ("en", "Von heute an gilt auf der Fähre ein neuer Fahrplan, und alle Karten werden am Hafen verkauft."),
        ("en", "Anzeige erstattete der Kapitän noch am selben Abend, nachdem zwei Segel verschwunden waren."),
    ],
)
def test_a_paragraph_that_begins_like_boilerplate_is_kept(language: str, said: str) -> None:
    one, two, three = whole(language)
    shown = said.replace("<b>", "").replace("</b>", "")
    assert body(language, first=f"<p>{said}</p>") == [one, shown, two, three]


@pytest.mark.parametrize(
    "around",
    [
        "<div class='share-body'>{}</div>",
        "<div class='author-box'><div id='byline'>{}</div></div>",
        "<form action='/'>{}</form>",
        "<table><tr><td><a href='/'>Menu</a></td><td>{}</td></tr></table>",
    ],
)
def test_an_element_that_holds_the_text_is_kept_whatever_it_is_called(around: str) -> None:
    assert body(around=around) == whole()


@pytest.mark.parametrize("between", ["<br><br>", "<br/>", "<br> <br>"])
def test_lines_that_are_broken_are_paragraphs(between: str) -> None:
    inner = between.join(ARTICLES["ar"])
    text = f"<html><head><title>خبر</title></head><body><h1>العبّارة تغادر</h1><div>{inner}</div></body></html>"
    assert read(text.encode(), name="page.html").body.split("\n\n") == whole("ar")


def test_a_link_in_a_paragraph_is_part_of_it() -> None:
    said = "The <a href='/x'>harbour master</a> told <a href='/y'>the council</a> that the pier would be longer."
    assert body(first=f"<p>{said}</p>")[1].startswith("The harbour master told the council that")


def test_the_text_of_linked_data_stands_in_where_the_page_shows_a_beginning_only() -> None:
    given = "\\n".join(PARAGRAPHS * 2)
    node = f'{{"@type": "NewsArticle", "headline": "Ferry sails", "articleBody": "{given}"}}'
    head = f'<title>Ferry sails</title><script type="application/ld+json">{node}</script>'
    text = f"<html><head>{head}</head><body><h1>Ferry sails</h1><p>{PARAGRAPHS[0]}</p></body></html>"
    assert read(text.encode(), name="page.html").body.split("\n\n") == list(PARAGRAPHS * 2)


# Pages on which the article is the smaller part


COMMENTS = "".join(
    f"<li class='comment'><p>{number} I was on that boat too, and it was as calm as a pond, all the way there "
    "and back again, whatever they say in the village about the western wind.</p></li>"
    for number in range(20)
)
TOPICS = "post hentry category-shares tag-social-media tag-comments tag-newsletter"


@pytest.mark.parametrize("comments", ["", f"<div id='comments'><ol class='comment-list'>{COMMENTS}</ol></div>"])
def test_the_topics_of_an_article_are_no_names_of_its_element(comments: str) -> None:
    assert body(around=f"<div class='{TOPICS}'>{{}}</div>{comments}") == whole()


def test_comments_stay_out_however_many_they_are() -> None:
    assert body(around=f"{{}}<div id='comments'><ol class='comment-list'>{COMMENTS}</ol></div>") == whole()


def test_what_holds_the_headline_is_the_article_whatever_it_is_called() -> None:
    inner = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    others = "".join(f"<div><p>{text} {number}</p></div>" for number in range(9) for text in PARAGRAPHS)
    text = (
        "<html><head><title>Ferry sails</title></head><body>"
        f"<div class='article share-box'><h1>Ferry sails</h1><div>{inner}</div></div>"
        f"<div id='sidebar'>{others}</div></body></html>"
    )
    assert read(text.encode(), name="page.html").body.split("\n\n")[:3] == whole()


def test_an_article_made_of_links_with_a_word_on_each_is_kept() -> None:
    items = "".join(
        f"<h3><a href='/{number}'>Harbour number {number} of the coast</a></h3>"
        f"<p>It has a pier of {number} metres.</p>"
        for number in range(5)
    )
    assert len(body(last=items)) == len(PARAGRAPHS) + 10


# Above the text


@pytest.mark.parametrize(
    "above",
    [
        "<p>Sea</p><h2>Ferry sails</h2>",
        "<p>Sea</p><p>January 19, 2022</p><p>FERRY SAILS!</p>",
        "<p>Updated:</p>",
        "<p>Von Mona Haddad</p>",
        "<p>The island – Harbour News</p>",
    ],
)
def test_what_stands_above_the_text_stays_out(above: str) -> None:
    inner = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    head = "<title>Ferry sails</title><meta property='og:site_name' content='Harbour News'>"
    text = f"<html><head>{head}</head><body><article><div>{above}{inner}</div></article></body></html>"
    assert read(text.encode(), name="page.html").body.split("\n\n") == whole()


# Pages after the habits of systems that Arabic sites use


def test_a_page_of_a_weblog_by_blogger_is_read_with_author_date_and_zone() -> None:
    inner = "<br />".join(f"<div dir='rtl' style='text-align: right;'>{text}</div>" for text in ARTICLES["ar"])
    text = f"""<html dir='rtl'><head><title>مرفأ: العبّارة تغادر المرفأ</title></head><body>
        <div class='blog-posts'><h2 class='date-header'><span>الثلاثاء، 12 مارس 2024</span></h2>
        <div class='post hentry'><h3 class='post-title entry-title'>العبّارة تغادر المرفأ</h3>
        <div class='post-body entry-content'>{inner}<div style='clear: both;'></div></div>
        <div class='post-footer'><span class='post-author vcard'>مرسلة بواسطة <span class='fn'>
        <a href='/p' rel='author'><span>منى الحداد</span></a></span></span> في <a class='timestamp-link' href='/x'>
        <abbr class='published' title='2024-03-12T10:45:00+03:00'>10:45 ص</abbr></a></div></div>
        <div class='comments' id='comments'><h4>ليست هناك تعليقات:</h4></div></div>
        <a class='profile-link' href='/me' rel='author'>عرض الملف الشخصي الكامل</a></body></html>"""
    found = read(text.encode(), name="page.html")
    assert found.body.split("\n\n") == whole("ar")
    assert (found.author, found.published) == ("منى الحداد", datetime(2024, 3, 12, 7, 45, tzinfo=UTC))


def test_a_page_of_wordpress_with_other_articles_in_its_text_is_read() -> None:
    one, *others = (f"<p>{text}</p>" for text in ARTICLES["ar"])
    text = f"""<html lang='ar'><head><title>العبّارة تغادر المرفأ - مرفأ الأخبار</title></head><body class='single'>
        <article class='post type-post category-اقتصاد tag-شارك tag-comments'><header class='entry-header'>
        <h1 class='entry-title'>العبّارة تغادر المرفأ</h1><div class='post-meta'>
        <a href='/a' class='author-name'>منى الحداد</a> <span class='date'>12 مارس، 2024</span></div></header>
        <div class='entry-content'>{one}<div id='inline-related-post'><h3>مقالات ذات صلة</h3><ul>
        <li><a href='/x'>افتتاح جسر جديد</a> <span>منذ يومين</span></li></ul></div>{"".join(others)}</div>
        <div class='tagcloud'>الوسوم <a href='/t'>البحر</a></div></article>
        <div class='about-author'><p>صحفية تكتب في شؤون البحر منذ عشرين عاماً، وعملت في عدة صحف محلية.</p></div>
        <div id='related-posts'><h3>مقالات ذات صلة</h3><h4><a href='/y'>موسم الزيتون يبدأ مبكراً</a></h4></div>
        </body></html>"""
    found = read(text.encode(), name="page.html")
    assert found.body.split("\n\n") == whole("ar")
    assert (found.author, found.published) == ("منى الحداد", date(2024, 3, 12))


def test_other_articles_below_headings_with_a_kicker_stay_out() -> None:
    others = "".join(
        f"<div><h4><strong>{kicker}</strong> <a href='/{kicker}'>{headline}</a></h4><p class='intro'>{headline} this"
        " year, say the people of the hills who know.</p></div>"
        for kicker, headline in (
            ("Olive harvest", "The olives ripen early"),
            ("Old quay", "The new pier opens again"),
        )
    )
    assert body(last=f"<h3>Other columns</h3>{others}") == whole()


def test_a_sentence_of_very_many_words_with_names_of_boilerplate_is_read_as_well() -> None:
    root = parse("<p>" + "word <span class='share'>x</span> " * 20_000 + "</p>")
    assert root is not None
    assert find_boilerplate(root).elements == ()
