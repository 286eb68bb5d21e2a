"""Reads the metadata of an article page from JSON-LD, OpenGraph other <meta> and visible text, in that order.

Each of these may describe something else. JSON-LD describes the site, the path that leads to the page, the
teasers beside the article; og:url and the canonical link are the home page's on many a site; og:title carries the
site's name:

- Of the JSON-LD articles that one is believed that agrees with the page: its headline shares half of its words
  with a heading or title of the page, best with the page's address as well. One that says neither is believed
  where it is alone.
- A headline is taken from the first of JSON-LD, OpenGraph and <h1> that agrees with the page's other headlines;
  where a heading says it whole and JSON-LD cut it off (search engines ask for 110 characters), the heading is
  taken. Where no <h1> agrees with the page's title, a lower heading that repeats it goes before an <h1>, which
  then names a section.
- The site's name, as the page gives it, is no author and no section, and is taken off both ends of a title; so is
  what stands beside a heading in a longer title.
- A canonical address that is the root of a site is not that of an article on another path, and no picture.
- An author who is named nowhere else is looked for in what is called a byline, and in lines below the headline
  that begin like one, if it is a few words.
- A date that is only shown is taken from below the headline, then from just above it, then from elements that are
  named a date, then from <time>. What stands beside the headline of another article, or far above the article's
  own, is passed over: lists of news have dates, and so has the top of a newspaper's page, today's.
- A day is completed by the next one that gives its time, a time without a zone by the same time with one.

Half of the words is a guess that held on pages written for this and on real ones: a headline made for search engines
shares most of its words with the one that is shown, two headlines of a day share a name or two.

Rules for what is shown (title, author, date) were set on one half of some 250 saved pages, those on the place of a
date also on four wrong dates of the other half. Of 65 pages whose date is known, most of them no news, 32 are
read right and 28 get none: a date that stands in a sentence, in the address of a picture or in a script is not
looked for, as htmldate does, since a wrong date makes old news fresh.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cached_property
from itertools import chain, islice
from typing import Final
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from bot.ingest.formats import linked_data
from bot.ingest.formats.linked_data import Node
from bot.ingest.formats.page_dates import first_date, is_date_line, is_month
from bot.ingest.formats.page_headlines import (
    FEWEST_WORDS,
    SITE_WORDS,
    agree,
    before_date,
    begins,
    headline_in,
    is_brief,
    shown_line,
)
from bot.ingest.identity import page_address
from bot.text.arabic import normalize
from bot.text.boilerplate_lines import is_byline
from bot.text.html import attribute, one_line, to_line, to_text, web_address
from bot.text.names import person_name

LONGEST_NAME: Final = 100  # characters of an author or a section; more is a text in the wrong place
_TITLE_MARKS: Final = re.compile(r"(?<!\s)\s++(?:[|–—»«·•:-]|::|\|\|)\s++")
_BY: Final = re.compile(
    r"^(?:by|(?:written|posted) by|author|بقلم|(?:مرسلة |نشر )?بواسطة|كتبت?|تحرير|[إا]عداد|المصدر|من)"
    r"\s*(?:[:/-]\s*|\s)",
    re.IGNORECASE,
)
_BY_ABROAD: Final = re.compile(
    r"^(?:(?:von|par|por|di|av|af|door|yazan|oleh)\s|(?:autor(?:in)?|autore|автор|tekst|text|forfatter|نویسنده)\s*:)\s*",
    re.IGNORECASE,
)
_BYLINE: Final = re.compile(
    r"(?:^|[\s_-])(?:byline|by-line|author|author-?name|writer|write-?by|written-?by)(?=$|[\s_-])", re.IGNORECASE
)
_SIGNED: Final = re.compile(r"(?:(?:written |reported )?by\s|(?:بقلم|كتبت?|[إا]عداد)\s*[:/-])", re.IGNORECASE)
_BYLINE_ENDS: Final = re.compile(r"(?<!\s)(?:\s*+[|•·,،\d]|\s++[–—-]\s)")
_NAME_WORDS: Final = 5
_TAIL_WORDS: Final = 3  # of the site's name or a section behind "|" in a title
_TAIL_SHARE: Final = 2  # times as long as that is the headline, at least
_HOME: Final = frozenset(
    normalize(name)
    for name in ("home", "homepage", "الرئيسية", "الصفحة الرئيسية", "accueil", "start", "inicio", "خانه")
)
_NEAR_ANCESTORS: Final = 40  # elements around one, by which it is known to stand beside the article
_MOST_SIGNED: Final = 20  # elements that hold a name
_NEAR_HEADLINE: Final = 12  # elements below the headline in which its date stands, if anywhere
# A page has one headline, some have a few; what is compared with all of them must not grow with a hostile page.
_MOST_HEADINGS: Final = 20
_MOST_CRUMBS: Final = 20
_MOST_TIMES: Final = 3
_MOST_DATED: Final = 20  # elements that are named a date and hold one
_TEASER_ANCESTORS: Final = 4  # of a date, in which the headline stands that it belongs to
_TEASER_LINKS: Final = 5
_TEASER_WORDS: Final = 4
_FIGURE: Final = re.compile(r"\d")
_PIECES: Final = 12  # of text in an element that is a date
_DATE_IN_ADDRESS: Final = re.compile(r"/((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?=[/_-]|$)")
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]*>")
_DATED: Final = re.compile(r"date|time|publish|posted|submitted|datum|fecha|تاريخ", re.IGNORECASE)
_COMMENT: Final = re.compile(r"(?<!\S)comment", re.IGNORECASE)

_AUTHORS: Final = (
    "author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "byl",
)  # fmt: skip
_PUBLISHED: Final = (
    "article:published_time", "og:article:published_time", "og:published_time", "datepublished", "parsely-pub-date",
    "sailthru.date", "pubdate", "publishdate", "publish-date", "publish_date", "publication_date", "dc.date.issued",
    "dcterms.issued", "dc.date", "dcterms.created", "dcterms.date", "date",
)  # fmt: skip
_CHANGED: Final = ("article:modified_time", "og:updated_time", "datemodified", "last-modified")
_DATE_PROPERTIES: Final = ("dc:date", "dc:created", "schema:datePublished", "datePublished")
_SECTIONS: Final = ("article:section", "og:section", "articlesection", "parsely-section", "section")
_IMAGES: Final = ("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src", "image")
_LANGUAGES: Final = ("og:locale", "content-language", "dc.language", "dcterms.language", "language")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMetadata:
    """The metadata of an article. Values are single lines; a value is empty if the page gives no plausible one."""

    title: str
    sections: tuple[str, ...]  # the first one is shown with the article
    author: str  # several names with commas between them
    published: datetime | date | None  # aware UTC; a plain date if no time is given
    image: str | None
    language: str  # as declared
    lead: str
    canonical: str | None
    publisher: str
    body: str  # as JSON-LD gives it
    headings: frozenset[str]  # normalized: none of them is a paragraph


def read(root: HtmlElement, url: str | None, zone: tzinfo) -> PageMetadata:
    """Returns the metadata of the page at `url`. A time without a zone is taken in `zone`."""
    page = _Page(root, url)
    return PageMetadata(
        title=page.title,
        sections=page.sections,
        author=page.author,
        published=page.published(zone),
        image=page.image,
        language=page.language,
        lead=page.lead,
        canonical=page.canonical,
        publisher=page.publisher,
        body=page.body,
        headings=page.headings | {normalize(name) for name in (page.title, *page.sections)},
    )


class _Page:
    def __init__(self, root: HtmlElement, url: str | None) -> None:
        self._root = root
        self._url = url
        self._meta = _meta_values(root)
        self._page_title = next((shown_line(node) for node in root.iter("title")), "")
        headings = islice(root.iter("h1"), _MOST_HEADINGS)
        titles = [self._page_title, *self._social_titles()]
        sections = frozenset(normalize(one) for name in _SECTIONS for one in self._meta.get(name, ()))
        self._headings = [said for node in headings if (said := headline_in(node, titles, sections))]
        nodes = list(linked_data.find_objects(root))
        self.publisher = self._line("og:site_name", "application-name")
        names = [self.publisher, *linked_data.find_site_names(nodes), *_host_names(url)]
        names += [heading for heading in self._headings if self._ends_title(heading)]
        self._sites = frozenset(normalize(name) for name in names if name)
        self._article = self._agreeing([node for node in nodes if linked_data.is_article(node)])
        self._breadcrumbs = [node for node in nodes if linked_data.has_type(node, "BreadcrumbList")]
        self._named = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and node.get("name")}

    # Fields

    @cached_property
    def title(self) -> str:
        said = (
            linked_data.text_of(self._article.get("headline")) or linked_data.text_of(self._article.get("name")),
            *self._social_titles(),
        )
        candidates = [self._without_site(title) for title in said if title]
        known = [*self._headings, self._page_title]
        agreed = [title for title in candidates if not any(known) or any(agree(title, one) for one in known if one)]
        title = next((one for one in agreed if normalize(one) not in self._sites), "")
        whole = [one for one in self._headings if title and begins(one, title)]
        return next(iter(whole), "") or title or self._shown_title()

    @cached_property
    def headings(self) -> frozenset[str]:
        return frozenset(normalize(heading) for heading in self._headings)

    @cached_property
    def sections(self) -> tuple[str, ...]:
        """All sections that the page itself names. If it names none, the nearest one that leads to the article."""
        said = [linked_data.text_of(one) for one in linked_data.as_list(self._article.get("articleSection"))]
        said += [to_line(value) for name in _SECTIONS for value in self._meta.get(name, ())]
        named = dict.fromkeys(name for name in said if self._is_name(name))
        return tuple(named) or tuple(islice(filter(self._is_name, self._path()), 1))

    @property
    def author(self) -> str:
        """The names from the first place that gives any. JSON-LD and <meta> often name the publisher instead."""
        for place in (self._linked_authors, self._declared_authors, self._signed, self._bylines):
            names = dict.fromkeys(name for said in place() if self._is_name(name := _named(said)))
            if names:
                return ", ".join(names)[:LONGEST_NAME]
        return ""

    @property
    def image(self) -> str | None:
        said = [linked_data.find_address(one) for one in linked_data.as_list(self._article.get("image"))]
        said += [self._first(name) for name in _IMAGES]
        addresses = [address for one in said if (address := web_address(one, self._url)) and not _is_front(address)]
        pictures = [one for one in addresses if not re.search(r"logo|favicon|placeholder", one, re.IGNORECASE)]
        return next(iter(pictures or addresses), None)

    @property
    def language(self) -> str:
        given = linked_data.as_list(self._article.get("inLanguage"))
        # {"name": "Arabic", "alternateName": "ar"}: the code is the second name.
        codes = (one.get("alternateName") or one if isinstance(one, dict) else one for one in given)
        said = [linked_data.text_of(one) for one in codes]
        languages = (next(iter(said), ""), self._root.get("lang"), self._root.get("xml:lang"))
        return next((one.strip() for one in (*languages, *(self._first(name) for name in _LANGUAGES)) if one), "")

    @property
    def lead(self) -> str:
        return self._line("og:description", "description") or linked_data.text_of(self._article.get("description"))

    @property
    def body(self) -> str:
        """The text that JSON-LD gives, if there is one."""
        said = linked_data.unescape(self._article.get("articleBody"))
        return to_text(said) if _TAG.search(said) else said

    @property
    def canonical(self) -> str | None:
        links = (node for node in self._root.iter("link") if "canonical" in (node.get("rel") or "").lower().split())
        said = [next((link.get("href") for link in links), None), self._first("og:url")]
        return next(
            (one for it in said if (one := web_address(it, self._url)) and self._is_article_address(one)), None
        )

    def published(self, zone: tzinfo) -> datetime | date | None:
        said = [linked_data.text_of(self._article.get("datePublished")), *(self._first(name) for name in _PUBLISHED)]
        said += [*self._times(), linked_data.text_of(self._article.get("dateCreated"))]
        found = first_date(said, zone)
        if not isinstance(found, datetime):  # what is shown is searched only where a time is missing
            found = first_date([*said, *self._date_lines()], zone)
        changed = [linked_data.text_of(self._article.get("dateModified")), *(self._first(name) for name in _CHANGED)]
        return found or first_date(changed, zone)

    # Where they come from

    def _first(self, *names: str) -> str:
        return next((self._meta[name][0] for name in names if name in self._meta), "")

    def _line(self, *names: str) -> str:
        return to_line(self._first(*names))

    def _agreeing(self, articles: list[Node]) -> Node:
        """Returns the JSON-LD article that describes this page, or an empty node."""
        here = [node for node in articles if self._is_here(node)]
        known = [*self._headings, self._page_title, *self._social_titles()]
        alike = [
            node
            for node in articles
            if (headline := linked_data.text_of(node.get("headline")) or linked_data.text_of(node.get("name")))
            and any(agree(self._without_site(headline), self._without_site(one)) for one in known if one)
        ]
        both = [node for node in here if node in alike]
        silent = [node for node in articles if not (linked_data.text_of(node.get("headline")) or node.get("name"))]
        alone = silent if len(articles) == 1 and not linked_data.find_addresses(articles[0]) else []
        return next(iter(both or alike or here or alone), {})

    def _is_here(self, node: Node) -> bool:
        said = (web_address(one, self._url) for one in linked_data.find_addresses(node))
        return bool(self._url) and _place(self._url or "") in {_place(address) for address in said if address}

    def _social_titles(self) -> list[str]:
        return [one for name in ("og:title", "twitter:title", "headline") if (one := self._line(name))]

    def _shown_title(self) -> str:
        """Returns the heading that is the headline, else the page's title. The name of a section is no headline."""
        heading, titled = self._heading(), self._without_site(self._page_title)
        is_section = is_brief(heading) and not is_brief(titled) and not agree(heading, titled)
        return titled if is_section or not heading else heading

    def _heading(self) -> str:
        """Returns the <h1> that agrees with the page's title, else a lower heading that the title repeats, else any
        <h1> that is not the site's name.
        """
        headings = [
            one for one in self._headings if normalize(one) not in self._sites and not self._follows_headline(one)
        ]
        agreed = [one for one in headings if self._page_title and agree(one, self._page_title)]
        titles = {normalize(self._without_site(self._page_title)), normalize(_TITLE_MARKS.split(self._page_title)[0])}
        lower = islice(self._root.iter("h2", "h3", "h4"), _MOST_HEADINGS)
        repeated = (said for node in lower if (said := shown_line(node)) and normalize(said) in titles)
        long = (one for one in headings if len(one.split()) >= FEWEST_WORDS)  # a section's name is shorter
        return next(iter(agreed), "") or next(repeated, "") or next(long, "") or next(iter(headings), "")

    def _ends_title(self, heading: str) -> bool:
        """Returns whether it is a few words behind a longer headline in the page's title: the site's name."""
        marks = list(_TITLE_MARKS.finditer(self._page_title))
        return bool(
            marks
            and normalize(self._page_title[marks[-1].end() :]) == normalize(heading)
            and len(heading.split()) <= SITE_WORDS
            and marks[-1].start() > len(heading)
        )

    def _follows_headline(self, heading: str) -> bool:
        """Returns whether the page's title has it behind a longer headline, as the name of a section."""
        headline, *parts = map(normalize, _TITLE_MARKS.split(self._page_title))
        return normalize(heading) in parts and len(headline) > len(heading)

    def _without_site(self, title: str) -> str:
        """Returns the headline without the site's name before or behind it, and without a section between the two."""
        title = one_line(title)
        marks = list(_TITLE_MARKS.finditer(title))
        if not marks:
            return title
        if (dated := before_date(title, marks)) is not None:
            return self._without_site(dated)
        last, first = marks[-1], marks[0]
        for kept, left in (
            (title[: last.start()], title[last.end() :]),
            (title[first.end() :], title[: first.start()]),
        ):
            if normalize(left) in self._sites or (len(kept) > len(left) and normalize(kept) in self.headings):
                return self._without_site(kept)
        kept, mark, left = title[: last.start()], last[0].strip(), title[last.end() :]
        is_tail = mark in ("|", "||") and len(left.split()) <= _TAIL_WORDS and len(kept) >= _TAIL_SHARE * len(left)
        if len(kept.split()) >= FEWEST_WORDS and (is_date_line(left) or is_tail):
            return self._without_site(kept)
        return title

    def _is_name(self, text: str) -> bool:
        """Returns whether it can be an author or a section: short, no address, and not the site."""
        named = len(text) <= LONGEST_NAME and "://" not in text and not text.startswith("/")
        return named and any(letter.isalpha() for letter in text) and normalize(text) not in self._sites

    def _linked_authors(self) -> Iterator[str]:
        for value in linked_data.as_list(self._article.get("author") or self._article.get("creator")):
            if isinstance(value, dict):
                known = self._named.get(value.get("@id"), value) if not value.get("name") else value
                yield from (linked_data.text_of(one) for one in linked_data.as_list(known.get("name")))
            else:
                yield linked_data.text_of(value)

    def _declared_authors(self) -> Iterator[str]:
        return (self._first(name) for name in _AUTHORS)

    def _signed(self) -> Iterator[str]:
        """Yields the names that are marked up for search engines; a weblog's list of its writers is no byline."""
        nodes = self._root.iter("a", "span", "div", "p", "address")
        return islice(self._marked_names(nodes), _MOST_SIGNED)

    def _marked_names(self, nodes: Iterable[HtmlElement]) -> Iterator[str]:
        for node in nodes:
            is_signed = "author" in (node.get("rel"), node.get("itemprop"))
            if is_signed and "profile-link" not in (node.get("class") or "") and not _is_beside(node):
                named = (inner for inner in node.iter() if inner.get("itemprop") == "name")
                yield shown_line(next(named, node))

    def _bylines(self) -> Iterator[str]:
        """Yields the name in an element that is called a byline, else in a line below the headline
        that begins like one.
        """
        return islice(self._byline_names(), 1)

    def _byline_names(self) -> Iterator[str]:
        named = (
            node
            for node in self._root.iter("a", "span", "div", "p", "address", "li", "h3", "h4")
            if _BYLINE.search(f"{node.get('class') or ''} {node.get('id') or ''}") and not _is_beside(node)
        )
        for node in islice(named, _MOST_SIGNED):
            links = (said for link in node.iter("a") if (said := shown_line(link)))
            yield from _name_in(next(links, "") or shown_line(node))
        for node in islice(self._below_headline(), _NEAR_HEADLINE):
            text = shown_line(node)
            if _SIGNED.match(text) or is_byline(text):
                yield from _name_in(text)

    def _path(self) -> Iterator[str]:
        """Yields what leads to the article, nearest first: breadcrumbs of JSON-LD, then those that are shown."""
        for crumbs in self._breadcrumbs:
            listed = linked_data.as_list(crumbs.get("itemListElement"))[:_MOST_CRUMBS]
            items = [one for one in listed if isinstance(one, dict)]
            names = [
                linked_data.text_of(one.get("name"))
                or linked_data.text_of(
                    (one.get("item") or {}).get("name") if isinstance(one.get("item"), dict) else ""
                )
                for one in items
            ]
            yield from self._sections_of(names)
        for node in self._root.iter("nav", "ol", "ul", "div"):
            if "breadcrumb" in f"{node.get('class')} {node.get('id')} {node.get('aria-label')}".lower():
                yield from self._sections_of([shown_line(link) for link in islice(node.iter("a"), _MOST_CRUMBS)])

    def _sections_of(self, names: list[str]) -> Iterator[str]:
        headlines = [normalize(one) for one in (self.title, *self._headings)]
        for name in reversed(names):
            if normalize(name) not in _HOME and normalize(name) not in headlines and not agree(name, self.title):
                yield name

    def _is_article_address(self, address: str) -> bool:
        """Not the front page of a site, unless that is where we are."""
        return not _is_front(address) or self._url is None or urlsplit(self._url).path in ("", "/")

    def _times(self) -> Iterator[str]:
        """Times that are marked up as those of publication."""
        marked = (
            node
            for node in self._root.iter("time", "abbr", "span", "div", "p")
            if _marks_date(node) and not self._is_of_another(node)
        )
        for node in islice(marked, _MOST_TIMES):
            yield _time_of(node)

    def _date_lines(self) -> Iterator[str]:
        """Lines that are dates: below the headline, in elements named so, in <time>; then the address."""
        places = chain(islice(self._below_headline(), _NEAR_HEADLINE), self._dated(), self._root.iter("time"))
        lines = ((node, line) for node in places for line in _date_line(node))
        for node, line in islice(lines, _MOST_DATED):
            if not _is_comment(node) and not self._is_of_another(node):
                yield line
        in_address = _DATE_IN_ADDRESS.search(urlsplit(self._url or "").path)
        if in_address:
            yield "-".join(in_address.groups())

    def _dated(self) -> Iterator[HtmlElement]:
        """Elements that are named a date: just above the headline, then behind it. Far above it stands today's."""
        before: list[HtmlElement] = []
        near: deque[HtmlElement] = deque(maxlen=_NEAR_HEADLINE)
        behind: list[HtmlElement] | None = None
        for node in self._root.iter("h1", "span", "div", "p", "li", "small", "h2", "h3", "td", "em"):
            if node.tag == "h1":
                behind = [] if behind is None and shown_line(node) == self.title else behind
            elif behind is None:
                near.append(node)
            if _DATED.search(f"{node.get('class') or ''} {node.get('id') or ''}"):
                (before if behind is None else behind).append(node)
        if behind is None:
            yield from before
        else:
            yield from (node for node in before if node in near)
            yield from behind

    def _is_of_another(self, node: HtmlElement) -> bool:
        """Returns whether an element stands beside the headline of another article: in a link, an item
        or below a heading.
        """
        for around in (node, *islice(node.iterancestors(), _TEASER_ANCESTORS)):
            if around.find(".//h1") is not None:
                return False
            places = [around] if around.tag in ("li", "a") else around.iter("h2", "h3", "h4", "h5")
            links = (link for place in places for link in place.iter("a") if not is_date_line(shown_line(link)))
            texts = [shown_line(link) for link in islice(links, _TEASER_LINKS)]
            if headlines := [text for text in texts if len(text.split()) >= _TEASER_WORDS]:
                return not any(agree(text, self.title) for text in headlines)
        return False

    def _below_headline(self) -> Iterator[HtmlElement]:
        below = False
        for node in self._root.iter("h1", "time", "span", "div", "p", "li", "small", "td"):
            if node.tag == "h1":
                below = shown_line(node) == self.title
            elif below:
                yield node


# Small things


def _is_beside(node: HtmlElement) -> bool:
    """Returns whether it stands beside the article: in what is made for that, or among readers' comments."""
    return _is_comment(node) or any(one.tag in ("aside", "footer", "nav") for one in _around(node))


def _is_comment(node: HtmlElement) -> bool:
    return any(_COMMENT.search(f"{one.get('class') or ''} {one.get('id') or ''}") for one in _around(node))


def _around(node: HtmlElement) -> Iterator[HtmlElement]:
    return chain([node], islice(node.iterancestors(), _NEAR_ANCESTORS))


def _marks_date(node: HtmlElement) -> bool:
    """Marked up as the date by HTML, microdata, RDFa or the microformat of weblogs."""
    named = f"{node.get('itemprop') or ''} {node.get('class') or ''}"
    if node.tag == "time":
        return "publish" in named.lower() or node.get("pubdate") is not None
    if node.tag == "abbr":
        return "published" in named.split()
    return node.get("itemprop") == "datePublished" or node.get("property") in _DATE_PROPERTIES


def _time_of(node: HtmlElement) -> str:
    return node.get("datetime") or node.get("content") or node.get("title") or shown_line(node)


def _date_line(node: HtmlElement) -> Iterator[str]:
    if node.tag == "time":
        yield _time_of(node)
        return
    text = "".join(islice(node.itertext(), _PIECES))
    if _FIGURE.search(text) and is_date_line(text := one_line(text)):
        yield text


def _meta_values(root: HtmlElement) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for node in root.iter("meta"):
        key = node.get("property") or node.get("name") or node.get("itemprop") or node.get("http-equiv")
        said = attribute(attribute(node.get("content") or "")).strip()  # some are escaped twice
        if key and said:
            values.setdefault(key.strip().lower(), []).append(said)
    return values


def _host_names(url: str | None) -> Iterator[str]:
    """A site is also called as its address: harbour.example, Harbour."""
    host = (urlsplit(url).hostname or "").removeprefix("www.") if url else ""
    yield from (host, host.partition(".")[0])


def _is_front(address: str) -> bool:
    parts = urlsplit(address)
    return parts.path in ("", "/") and not parts.query


def _place(address: str) -> str:
    return page_address(address).partition("://")[2].rstrip("/")


def _named(text: str) -> str:
    """Returns a name without "by" before it, or "" for an address, an e-mail address and the name of an account."""
    name = person_name(_BY.sub("", to_line(text))).strip(" ,|·-()")
    return "" if "://" in name or name.startswith("@") else name


def _name_in(byline: str) -> Iterator[str]:
    """Yields the name at the beginning of a byline: a few words without figures."""
    words = _BYLINE_ENDS.split(_named(_BY_ABROAD.sub("", byline)))[0].split()
    while words and is_month(words[-1]):  # "… March 25, 2015"
        del words[-1]
    if 1 < len(words) <= _NAME_WORDS:
        yield " ".join(words)
