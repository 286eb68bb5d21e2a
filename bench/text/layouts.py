"""Five kinds of news page around an article, after the habits of sites: true and false metadata, and boilerplate."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any, Final

SITE: Final = "https://harbour.example"
PICTURE: Final = f"{SITE}/pictures/ferry.jpg"
PUBLISHED: Final = "2022-01-19T14:30:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a site in one language says around its articles."""

    site: str
    author: str
    by: str
    section: str
    home: str
    also: str
    others: tuple[str, str, str]
    share: str
    tags: str
    newsletter: str
    cookies: str
    comments: str
    rights: str
    caption: str
    date: str


AROUND: Final = {
    "ar": Words(
        site="مرفأ الأخبار",
        author="منى الحداد",
        by="بقلم",
        section="البحر والموانئ",
        home="الرئيسية",
        also="اقرأ أيضاً",
        others=(
            "افتتاح جسر جديد فوق النهر بعد عامين من العمل",
            "موسم الزيتون يبدأ مبكراً هذا العام",
            "المدارس تعود إلى الدوام يوم الأحد",
        ),
        share="شارك المقال",
        tags="الوسوم",
        newsletter="اشترك في نشرتنا البريدية ليصلك جديدنا كل صباح",
        cookies="نستخدم ملفات تعريف الارتباط لتحسين تجربتك، وباستمرارك فإنك توافق على سياسة الخصوصية",
        comments="التعليقات",
        rights="جميع الحقوق محفوظة لمرفأ الأخبار 2022",
        caption="صورة أرشيفية للمرفأ القديم عند الغروب",
        date="الأربعاء 19 كانون الثاني/يناير 2022 - 14:30",
    ),
    "en": Words(
        site="Harbour News",
        author="Mona Haddad",
        by="By",
        section="Sea and Ports",
        home="Home",
        also="Read also",
        others=(
            "New bridge opens across the river after two years of work",
            "Olive season begins early this year",
            "Schools return on Sunday",
        ),
        share="Share this article",
        tags="Tags",
        newsletter="Sign up for our newsletter and get the news every morning",
        cookies="We use cookies to improve your experience. By continuing you accept our privacy policy",
        comments="Comments",
        rights="© 2022 Harbour News. All rights reserved",
        caption="File photo of the old harbour at sunset",
        date="Wednesday, January 19, 2022 - 14:30",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    title: str
    paragraphs: tuple[str, ...]
    language: str
    url: str

    @property
    def around(self) -> Words:
        return AROUND[self.language]

    def blocks(self, tag: str) -> list[str]:
        return [f"<{tag}>{escape(one)}</{tag.partition(' ')[0]}>" for one in self.paragraphs]


def weblog(article: Article) -> str:
    """Everything in one JSON-LD graph, the author by reference, a related link in the text."""
    a, title = article.around, article.title
    graph = [
        {"@type": "WebSite", "name": a.site, "url": SITE, "datePublished": "2010-01-01"},
        {
            "@type": "BreadcrumbList",
            "itemListElement": [
                {"position": n, "name": name} for n, name in enumerate((a.home, a.section, title), 1)
            ],
        },
        {"@type": "Person", "@id": "#who", "name": a.author},
        {
            "@type": "NewsArticle",
            "headline": title,
            "author": {"@id": "#who"},
            "datePublished": "2022-01-19T16:30:00+02:00",
            "dateModified": "2022-01-20T08:00:00Z",
            "inLanguage": article.language,
            "mainEntityOfPage": article.url,
            "image": {"@type": "ImageObject", "url": PICTURE},
        },
    ]
    head = _json({"@graph": graph}) + _meta(
        og__title=f"{title} - {a.site}", og__site_name=a.site, og__url=article.url, og__image="/logo.png"
    )
    inner = article.blocks("p")
    inner.insert(len(inner) // 2, f'<p><strong>{a.also}: </strong><a href="/news/x0">{a.others[0]}</a></p>')
    body = f"""{_menu(a)}<main><article class="post"><h1 class="entry-title">{escape(title)}</h1>
        <div class="entry-meta">{a.by} <a rel="author" href="/a/1">{a.author}</a> · {a.date}</div>
        <div class="entry-content">{"".join(inner)}</div>
        <div class="tags">{a.tags}: <a href="/t/1">{a.section}</a></div>
        <div class="sharedaddy"><h3>{a.share}</h3></div></article>
        <section id="comments"><h2>{a.comments} (2)</h2><p>{a.others[1]}! {a.others[2]}.</p></section></main>
        <aside><h2>{a.also}</h2><ul>{_others(a)}</ul></aside>{_foot(a)}"""
    return _document(head, body, article.language, f"{title} | {a.section} | {a.site}")


def portal(article: Article) -> str:
    """No JSON-LD: paragraphs are divisions, the date stands in the text only, og:url is the home page."""
    a, title = article.around, article.title
    head = _meta(og__title=f"{a.site} | {title}", og__site_name=a.site, og__url=f"{SITE}/", og__image=PICTURE)
    head += f'<link rel="canonical" href="{article.url}"><meta name="author" content="{a.author}">'
    body = f"""{_menu(a)}<div class="breadcrumb"><a href="/">{a.home}</a> &gt; <a href="/s">{a.section}</a></div>
        <div class="story"><h1>{escape(title)}</h1><div class="date">{a.date} UTC</div>
        <div class="share"><span>{a.share}</span><a href="#">Facebook</a><a href="#">Twitter</a></div>
        <div class="picture"><img src="/pictures/ferry.jpg"><span class="caption">{a.caption}</span></div>
        <div class="body">{"".join(article.blocks('div class="text"'))}
        <div class="text">{a.also}</div><ul>{_others(a)}</ul></div>
        <div class="newsletter">{a.newsletter}</div></div>
        <div class="side">{_others(a, "div")}</div>{_foot(a)}"""
    return _document(head, body, article.language, title)


def old_system(article: Article) -> str:
    """JSON-LD that is no JSON and names the author by an address, a table for layout, line breaks for paragraphs."""
    a, title = article.around, article.title
    head = f"""<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "{escape(escape(title))}",
        "datePublished": "{PUBLISHED}", "author": ["{SITE}/a/1", {{"name": "{a.author}"}}],
        "articleSection": ["{a.section}"], "image": ["{PICTURE}"],}}</script>
        <meta itemprop="datePublished" content="{PUBLISHED}"><link rel="canonical" href="{article.url}">"""
    head += _meta(og__type="article", og__site_name=a.site)
    text = "<br><br>".join(escape(one) for one in article.paragraphs)
    body = f"""{_menu(a)}<table><tr><td><h1>{escape(title)}</h1><p class="byline">{a.by} {a.author}</p>
        <figure><img src="/pictures/ferry.jpg"><figcaption>{a.caption}</figcaption></figure>
        <div id="article-body">{text}<br><br>{a.by} {a.author}</div>
        <p>{a.share}: <a href="#">WhatsApp</a></p></td>
        <td><h3>{a.also}</h3>{_others(a, "p")}</td></tr></table>{_foot(a)}"""
    return _document(head, body, article.language, f"{a.site} - {title}")


def teasers(article: Article) -> str:
    """JSON-LD describes the teasers beside the article as well, before it."""
    a, title = article.around, article.title
    nodes: list[dict[str, object]] = [
        {
            "@type": "NewsArticle",
            "headline": one,
            "datePublished": "2022-02-02T02:02:02Z",
            "url": f"{SITE}/news/x{n}",
            "articleSection": "X",
            "author": "X",
            "image": "/x.jpg",
        }
        for n, one in enumerate(a.others)
    ]
    nodes.append(
        {
            "@type": ["Article", "NewsArticle"],
            "headline": title[:90],
            "url": article.url.removeprefix(SITE),
            "datePublished": "2022-01-19T14:30",
            "articleSection": a.section,
            "author": [{"@type": "Person", "name": a.author}],
            "image": [{"url": "/pictures/ferry.jpg", "width": 1200}],
            "inLanguage": f"{article.language}-XX",
        }
    )
    head = _json(nodes) + _meta(
        og__title=title, og__site_name=a.site, article__published_time="2022-01-19T14:30:00+00:00"
    )
    inner = article.blocks("p")
    inner.insert(1, f'<div class="related-box"><h4>{a.also}</h4>{_others(a, "p")}</div>')
    body = f"""{_menu(a)}<article><header><h1>{escape(title)}</h1>
        <time datetime="2022-01-19T14:30Z">{a.date}</time></header>
        <p class="byline">{a.by} {a.author}</p>{"".join(inner)}<p>{a.newsletter}</p>
        <p>{a.tags}: {a.section}، {a.others[2]}</p></article>{_foot(a)}"""
    return _document(head, body, article.language, f"{title} – {a.site}")


def bare(article: Article) -> str:
    """Next to no metadata, no classes, and a wrong language."""
    a, title = article.around, article.title
    head = f'<meta name="date" content="{PUBLISHED}">' + _meta(
        article__section=a.section, og__image="/pictures/ferry.jpg", og__locale=f"{article.language}_XX"
    )
    body = f"""<div id="top">{_others(a, "span")}</div><h1>{escape(title)}</h1>
        <p>{a.by} <a rel="author" href="/x">{a.author}</a></p>{"".join(article.blocks("p"))}
        <p>{a.share}</p><p>{a.also}</p>{_others(a, "p")}<p>{a.rights}</p>"""
    return _document(head, body, "de", f"{title} » {a.site}")


KINDS: Final[tuple[Callable[[Article], str], ...]] = (weblog, portal, old_system, teasers, bare)


def _document(head: str, body: str, language: str, title: str) -> str:
    return f"""<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8">
        <title>{escape(title)}</title>{head}</head><body>{body}</body></html>"""


def _meta(**values: str) -> str:
    named = ((name.replace("__", ":"), escape(said)) for name, said in values.items())
    return "".join(f'<meta property="{name}" content="{said}">' for name, said in named)


def _json(value: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps(value, ensure_ascii=False)}</script>'


def _others(around: Words, tag: str = "li") -> str:
    return "".join(f'<{tag}><a href="/news/x{n}">{one}</a></{tag}>' for n, one in enumerate(around.others))


def _menu(around: Words) -> str:
    names = (around.home, around.section, "TV", "Radio")
    links = "".join(f'<li><a href="/s/{n}">{one}</a></li>' for n, one in enumerate(names))
    return f'<header><a href="/">{around.site}</a><nav><ul>{links}</ul></nav></header>'


def _foot(around: Words) -> str:
    return (
        f'<div class="cookie-bar">{around.cookies} <button>OK</button></div><footer><p>{around.rights}</p></footer>'
    )
