"""What stands in the text of an article page and is not the article: related links, share lines, tags, notices.

Two steps. Before the text is taken out of the page, elements that are made for something else are taken away:
those whose class or name says so, readers' comments, a label such as "Read also" together with the links that
follow it, and paragraphs that are a label and a link. Afterwards lines go that only say what the page says of
itself again (headline, byline, date, section) with what stands above the headline, those that begin like what no
paragraph begins with, and what is left at the end: headings without a text, notices, a list of other articles.

It assumes that boilerplate is short: a label that leads into a whole paragraph is kept as one, and an element
that holds a good part of the page's text is kept whatever its class says (<form> and "share-body" around
everything exist). Readers' comments don't count for that, since they may be longer than any article, and what
holds the headline is never taken for its class. Words are matched folded, whole, at the beginning of a line; the
lists are short on purpose, since each entry can cost a real sentence. Classes that are as often around articles as
beside them (widget, content-print, promo, popular, subscriber) are left to trafilatura's own rules. WordPress writes
an article's topics into its class ("tag-social-media"), which are no names of the element.

A list of other articles is known by headlines that were nothing but a link on the page, two of them or more, with at
most a short text below each; one that is most of the text is the article. Tried and rejected: a limit on the
share of links alone, which takes short news with a linked source, and single linked headings, which head the
sections of shopping guides.

Made on pages written for this, then set on one half of 145 news pages and weblogs of the real web and judged on
the other (`bench/README.md` has the figures). Of the 68 of the first half two were lost whole to the topics in a
class. The lists of labels in Arabic are still from pages written for this: one of the real ones is Arabic.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

from lxml import etree
from lxml.html import HtmlElement

from bot.ingest.formats.html_containers import is_word
from bot.ingest.formats.page_dates import is_date_line
from bot.ingest.formats.page_paragraphs import INLINE
from bot.text import phrases
from bot.text.arabic import normalize
from bot.text.boilerplate_lines import is_agency_line, is_byline, is_hashtags
from bot.text.phrases import starting

LONGEST_LABELLED: Final = 30  # words of a line that a label begins ("Read also: …")
LONGEST_NOTICE: Final = 40  # words of a notice on cookies, a newsletter or rights
_LINKED: Final = 0.75  # of the letters of an element that is there for its links
_LINKED_BESIDE_KICKER: Final = 0.5  # of the letters of the heading of another article
_TOO_MUCH: Final = 0.3  # of a page's letters outside links: what holds as many is no boilerplate, whatever its name
_LABELLED_LETTERS: Final = 600  # of an element in which a label is looked for
_LABEL_LETTERS: Final = 60  # of a label that stands alone
_MOST_HEADINGS: Final = 20
FEWEST_LETTERS: Final = 600  # of a page without its comments: what is left may be the article
_TEASER_LETTERS: Final = 200  # of a headline of another article
_TEASER_WORDS: Final = 3
_TEASER_TEXT_WORDS: Final = 40  # of what stands below it
_TEASED_SHARE: Final = 0.4  # of an article's words; more is an article made of links
FEWEST_TEASERS: Final = 2
_HEAD_LINES: Final = 5
_FOLLOW_WORDS: Final = 15  # of a line that asks to follow the site elsewhere
_STAMP_WORDS: Final = 6  # of a line that names who wrote it, or a place and the site
_KICKER_WORDS: Final = 4  # above a headline in its element
_HEAD_WORDS: Final = 12  # of a line above the headline

_ASIDE: Final = re.compile(
    r"(?:^|[\s_-])(?:related|read-?(?:more|also|next)|also-?read|more-?(?:on|from|stories|news)|recommend\w*|share\w*"
    r"|sharing|addtoany|social-?\w*|tags?|tag-?(?:list|cloud)|keywords|cookies?\w*|consent|gdpr|newsletter\w*"
    r"|subscri(?:be|ption)\w*|comments?|comentarios?|commentaires?|kommentare?|respond|disqus\w*|captions?|credits?|byline"
    r"|author-?(?:box|bio|info)|bio|most-?(?:read|popular|viewed)|next-?(?:story|post|article)|breadcrumbs?)(?=$|[\s_-])",
    re.IGNORECASE,
)
_COMMENTS: Final = re.compile(
    r"(?<!\S)(?:comments?|comment-?list|comments[_-](?:list|area|section|wrap\w*)|disqus_thread)(?!\S)", re.IGNORECASE
)
# WordPress names the topics of an article in its class: "post tag-social-media category-shares".
_TOPIC: Final = re.compile(r"(?<!\S)(?:tag|category)-(?!list|cloud|links?\b)\S*", re.IGNORECASE)
_ASIDE_TAGS: Final = frozenset({"figcaption", "form", "nav", "button", "footer", "aside"})
_LINK_LISTS: Final = frozenset({"p", "div", "ul", "ol", "a", "li"})
_BOLD: Final = frozenset({"b", "strong"})
_HEADINGS: Final = frozenset({"h2", "h3", "h4", "h5", "h6"})
_MENUS: Final = frozenset("ul ol div nav section table dl".split())
_MENU_LETTERS: Final = 60  # of a list of links that is no paragraph
_SENTENCE_LETTERS: Final = 8  # beside an element in its paragraph
_MOST_AROUND: Final = 4  # marks around an element in a sentence
_ENDED: Final = re.compile(r"\w.*[.!?؟۔…]\s*$", re.DOTALL)
_UNSEEN: Final = frozenset({"script", "style", "noscript", "template"})
_BLOCKS: Final = frozenset("p div li ul ol section h2 h3 h4 h5 h6 span b strong table figure".split())


_RELATED: Final = starting(phrases.POINTERS, phrases.POINTER_LABELS)
_SHARED: Final = starting(phrases.SHARES, phrases.SHARE_LABELS)
_TAGGED: Final = starting(phrases.TAG_LABELS)
_NOTICES: Final = starting(phrases.NOTICES)
_ALONE: Final = starting(phrases.NOTICE_LABELS)
_CAPTIONED: Final = starting(phrases.CAPTIONS, phrases.CAPTION_LABELS)

_LABEL: Final = re.compile(rf"(?:{_RELATED}|{_TAGGED}|{_SHARED}|{_ALONE})(?:\s+\w+)?\s*[:.…»>-]*$")
_LABELLED: Final = re.compile(
    rf"(?:[>»•|*-]\s*)?(?:(?:{_RELATED})(?:\s+\w+)?\s*(?:[:؛…»>|-]|\.\.)|(?:{_TAGGED}|{_SHARED})(?:\s+\w+)?\s*[:|])"
)
_NOTICE: Final = re.compile(rf"(?:©|\(c\)\s|il vous reste \d[\d.,]*\s?%|(?:{_NOTICES})\b)")
_COOKIES: Final = re.compile(
    # Each word after the one before it, and none of them looked for twice.
    r"(?>.*?\b(?:we|our|your?|this (?:web)?site)\b)(?>.*?\bcookies?\b).*?\b(?:privacy|cookie) (?:policy|notice)"
    r"|(?>.*?\bcookies?\b).*?\b(?:our|your)\s++(?:privacy|cookie) (?:policy|notice)"
)
_CAPTION: Final = re.compile(rf"(?:{_CAPTIONED})\s*[:|/]")
_SIGNED: Final = re.compile(r"(?:by|written by|reporting by|بقلم|كتبت?|تحرير|اعداد|متابعه)\s*[:/-]?\s+")
_STAMP: Final = re.compile(
    rf"(?:{starting(phrases.STAMP_LABELS)}|posted|تحديث|نشر)\W*"
    r"|(?:von|par|por|di|yazan|نويسنده)\s.*[^.]"
)
_NETWORKS: Final = (
    "google news|facebook|twitter|instagram|telegram|whatsapp|youtube|linkedin|tiktok|телеграм"
    "|(?:جوجل|غوغل) نيوز|فيس ?بوك|تويتر"
    "|انستغرام|انستجرام|تيليغرام|تيليجرام|تليجرام|تلغرام|واتس ?اب|يوتيوب"
)
_FOLLOWED: Final = re.compile(
    rf"{starting(phrases.SHARES)}\b.*\b(?:{_NETWORKS})|"
    rf"(?:follow|like|join|find)\s.*\b(?:on|at|our)\s+(?:{_NETWORKS})|"
    rf"(?:تابعوا?|تابعونا|تابعنا|لمتابعه|اشتركوا?|انضموا?|للاشتراك)\s.*(?:{_NETWORKS}|قناتنا|قنواتنا|صفحتنا|نشرتنا|تطبيقنا)"
)
_SOURCE: Final = re.compile(rf"{starting(phrases.SOURCE_LABELS)}\s*[:/]")
_SIGNED_OFF: Final = re.compile(r"(?:انتهي|انتهاي بيام)\W*(?:\w\W*){0,4}$")  # an agency's "end", with initials
_ABOUT_AUTHOR: Final = re.compile(r"\*+\s*(?:كاتبه?|باحثه?|صحافيه?|صحفيه?|اكاديميه?|محلله?|خبيره?)\b")
_DISCLAIMED: Final = re.compile(
    r"\W*(?:ان )?(?:(?:ال)?ارا|المقالات?|المواد|ما ينشر|ما ورد|كل ما)\b.*\b(?:ولا|لا|وليس|ليست?)\s"
    r"(?:تعكس|يعكس|تعبر|يعبر|تمثل|يمثل|بالضروره)"
)


class _Size(NamedTuple):
    letters: int
    linked: int  # of these, in links


class Boilerplate(NamedTuple):
    """What of a page does not belong to its article."""

    elements: tuple[HtmlElement, ...]  # to be removed, in document order
    within: Collection[HtmlElement]  # these, all elements in them, and the menus of the page
    elsewhere: frozenset[str]  # normalized texts that are only a link to another page


_NO_SIZE: Final = _Size(0, 0)


def find_boilerplate(root: HtmlElement) -> Boilerplate:
    """Returns the elements of a page that do not belong to its article.

    `elsewhere` has the texts of headings, paragraphs and list items that are only a link to another page.
    """
    sizes = _sizes(root)
    elsewhere = _teasers(root, sizes)
    _open_layout(root, sizes)
    headed = {node for heading in islice(root.iter("h1"), _MOST_HEADINGS) for node in heading.iterancestors()}
    names = {node: name for node in sizes if node not in headed and (name := _name(node))}
    comments = {node for node, name in names.items() if _names_comments(name)}
    whole = _own(sizes[root]) - sum(_own(sizes[node]) for node in _outermost(comments, sizes))
    gone: set[HtmlElement] = set()
    removed: list[HtmlElement] = []
    sentences: dict[HtmlElement, bool] = {}
    for node, size in sizes.items():
        if node in gone or node is root:
            continue
        is_comments = node in comments and whole >= FEWEST_LETTERS
        is_aside = (
            _is_aside(node, names.get(node))
            and not _in_sentence(node, sentences)
            and not _is_figure(node, names.get(node))
        )
        if is_comments or (is_aside and _own(size) < _TOO_MUCH * whole):
            doomed = [node]
        elif node.tag in _BLOCKS and 0 < size.letters <= _LABELLED_LETTERS:
            doomed = _related(node, sizes)
        else:
            continue
        for one in doomed:
            if one not in gone:
                gone.update(one.iter())
                removed.append(one)
    gone.update(node for node, size in sizes.items() if size.letters >= _MENU_LETTERS and _is_menu(node, size))
    return Boilerplate(tuple(removed), gone, elsewhere)


def _is_menu(node: HtmlElement, size: _Size) -> bool:
    return node.tag in _MENUS and _is_links(size)


def remove_elements(found: Boilerplate) -> None:
    """Removes the elements from their page, in place. The text behind them stays."""
    for node in found.elements:
        if node.getparent() is not None:
            node.drop_tree()


def _teasers(root: HtmlElement, sizes: dict[HtmlElement, _Size]) -> frozenset[str]:
    """Returns the texts of headings, paragraphs and list items that are only a link."""
    found = (
        normalize(node.text_content())
        for node in root.iter(*_HEADINGS, "p", "li")
        if sizes[node].letters <= _TEASER_LETTERS and sizes[node].linked and _is_teaser(node, sizes[node])
    )
    return frozenset(text for text in found if len(text.split()) >= _TEASER_WORDS)


def _is_teaser(node: HtmlElement, size: _Size) -> bool:
    """Returns whether it is a link. Beside the link of a heading may stand a kicker."""
    return _is_links(size) or (node.tag in _HEADINGS and size.linked >= _LINKED_BESIDE_KICKER * size.letters)


def remove_boilerplate(
    lines: list[str],
    *,
    title: str = "",
    repeated: Collection[str] = (),
    author: str = "",
    publisher: str = "",
    headings: Collection[str] = (),
    elsewhere: Collection[str] = (),
) -> list[str]:
    """Returns the lines of an article without boilerplate.

    `repeated` are texts that the metadata of the page have as well, `headings` are its headings, `elsewhere` its
    links to other pages (see `find_boilerplate`). All three are normalized.
    """
    signatures = _signatures(author)
    kept = [line for line in lines if not _is_boilerplate(line, normalize(line), signatures)]
    del kept[: _head(kept, title)]
    while kept and (normalize(kept[0]) in repeated or _is_stamp(kept[0], publisher)):
        del kept[0]
    del kept[_teased(kept, headings, elsewhere) :]
    while kept and _is_tail(kept[-1], repeated, headings):
        del kept[-1]
    return kept


def _head(lines: list[str], title: str) -> int:
    """Returns the number of lines down to the headline. A kicker, a date and a byline may stand above it."""
    wanted, most = _letters(title), len(title.split()) + _KICKER_WORDS
    for number, line in enumerate(lines[:_HEAD_LINES], 1):
        letters = _letters(line)
        if letters == wanted or (wanted and letters.endswith(wanted) and len(line.split()) <= most):
            return number
        if len(line.split()) > _HEAD_WORDS:
            break
    return 0


def _is_stamp(line: str, publisher: str) -> bool:
    """Returns whether a line at the top only gives the date, the author or the publisher."""
    normalized, words = normalize(line), len(line.split())
    by_whom = words <= _STAMP_WORDS and _STAMP.fullmatch(normalized)
    for_which = words <= _STAMP_WORDS and publisher and normalize(publisher) in normalized
    return bool(is_date_line(line) or by_whom or for_which)


def _teased(lines: list[str], headings: Collection[str], elsewhere: Collection[str]) -> int:
    """Where a list of other articles begins at the end: their headlines, a short text below each, or none."""
    start, seen, brief = len(lines), 0, 0
    for place in range(len(lines) - 1, -1, -1):
        normalized = normalize(lines[place])
        if normalized.removeprefix("- ") in elsewhere:
            start, seen, brief = place, seen + 1, 0
        elif normalized in headings:
            brief = 0
        elif len(lines[place].split()) <= _TEASER_TEXT_WORDS and brief == 0:
            brief = 1
        else:
            break
    words = sum(len(line.split()) for line in lines)
    few = sum(len(line.split()) for line in lines[start:]) <= _TEASED_SHARE * words
    return start if seen >= FEWEST_TEASERS and few else len(lines)


def _is_tail(line: str, repeated: Collection[str], headings: Collection[str]) -> bool:
    normalized = normalize(line)
    return normalized in repeated or normalized in headings or is_date_line(line) or _ends_page(normalized)


def _letters(text: str) -> str:
    """Returns what two writings of one headline have in common: not their quotes and dashes."""
    return "".join(re.findall(r"\w", normalize(text)))


def _sizes(root: HtmlElement) -> dict[HtmlElement, _Size]:
    """Returns how much text each element holds, in document order.

    Summed up from the leaves: a page may be very deep.
    """
    order: dict[HtmlElement, _Size] = {}
    letters, linked = [0], [0]  # of the open elements, outermost first; the first is for the root's own
    for event, node in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            order[node] = _NO_SIZE
            text = node.text
            letters.append(len(text.strip()) if text and node.tag not in _UNSEEN else 0)
            linked.append(0)
            continue
        own, own_linked = letters.pop(), linked.pop()
        if node.tag == "a":
            own_linked = own
        if own:
            order[node] = _Size(own, own_linked)
        letters[-1] += own
        linked[-1] += own_linked
        if tail := node.tail:
            letters[-1] += len(tail.strip())
    return order


def _open_layout(root: HtmlElement, sizes: dict[HtmlElement, _Size]) -> None:
    """A table that holds most of a page in one cell is its layout, and would be left out with the other tables."""
    for cell in [
        node for node in sizes if node.tag == "td" and sizes[node].letters >= _TOO_MUCH * sizes[root].letters
    ]:
        for node in (cell, *cell.iterancestors("tr", "tbody", "table")):
            node.tag = "div"


def _name(node: HtmlElement) -> str:
    """Returns how a page calls an element: its classes and its identifier, without the topics of an article."""
    named = node.get("class", "")
    if "-" in named:
        named = _TOPIC.sub("", named)
    return f"{named} {node.get('id', '')}".strip()


def _is_aside(node: HtmlElement, name: str | None) -> bool:
    return node.tag in _ASIDE_TAGS or (name is not None and _names_aside(name))


def _is_figure(node: HtmlElement, name: str | None) -> bool:
    """Returns whether an element that is named a caption holds the picture as well."""
    return name is not None and "caption" in name.lower() and node.find(".//img") is not None


@lru_cache(4096)
def _names_comments(name: str) -> bool:
    return _COMMENTS.search(name) is not None


@lru_cache(4096)  # a page has few names, many times each, and the next page of its site has them again
def _names_aside(name: str) -> bool:
    return _ASIDE.search(name) is not None


def _in_sentence(node: HtmlElement, sentences: dict[HtmlElement, bool]) -> bool:
    """Returns whether text of the same paragraph stands around an element: nothing is removed from a sentence.

    `sentences` has what was found of elements before. An element may have thousands in it that ask.
    """
    if node.tag == "button" and not is_word(node, follows_text=True):
        return False
    for _ in range(_MOST_AROUND):
        parent = node.getparent()
        if node.tag not in INLINE or parent is None:
            return False
        if parent not in sentences:
            sentences[parent] = _holds_sentence(parent)
        if sentences[parent]:
            return True
        node = parent  # a mark around a mark
    return False


def _holds_sentence(node: HtmlElement) -> bool:
    beside = [(node.text or "").strip(), *((one.tail or "").strip() for one in node)]
    return sum(map(len, beside)) >= _SENTENCE_LETTERS or _ENDED.match(beside[-1]) is not None


def _related(node: HtmlElement, sizes: dict[HtmlElement, _Size]) -> list[HtmlElement]:
    """Returns a label with a link, or a label alone together with the links that follow it, or nothing."""
    size = sizes[node]
    if not size.linked and size.letters > _LABEL_LETTERS:
        return []
    if node.tag in _BOLD and _next(node) is None:
        return []  # the beginning of a sentence
    text = node.text_content()[: 4 * _LABEL_LETTERS]
    if size.letters <= _LABEL_LETTERS and _is_label(text):
        following = _next(node)
        doomed = [node]
        while following is not None and (
            following.tag == "br" or (following.tag in _LINK_LISTS and _is_links(sizes[following]))
        ):
            doomed.append(following)
            following = _next(following)
        return doomed
    return [node] if size.linked and _is_labelled(text) else []


@lru_cache(1024)  # an element in an element in an element has the same text
def _is_label(text: str) -> bool:
    return _LABEL.match(normalize(text)) is not None


@lru_cache(1024)
def _is_labelled(text: str) -> bool:
    return _LABELLED.match(normalize(text)) is not None


def _next(node: HtmlElement) -> HtmlElement | None:
    """Returns the element that follows at once."""
    return None if (node.tail or "").strip() else node.getnext()


def _outermost(nodes: Collection[HtmlElement], sizes: dict[HtmlElement, _Size]) -> list[HtmlElement]:
    """Those that are inside of none of the others. In document order, each after its parent: a page may be deep."""
    within: set[HtmlElement] = set()
    found = []
    for node in sizes if nodes else ():
        if node.getparent() in within:
            within.add(node)
        elif node in nodes:
            within.add(node)
            found.append(node)
    return found


def _own(size: _Size) -> int:
    """Letters that are in no link."""
    return size.letters - size.linked


def _is_links(size: _Size) -> bool:
    return size.linked >= _LINKED * size.letters


def is_of_page(line: str, *, author: str) -> bool:
    """Returns whether a line between or behind paragraphs belongs to the page: a label, a notice, a signature."""
    normalized = normalize(line)
    return _is_boilerplate(line, normalized, _signatures(author)) or _ends_page(normalized)


def _signatures(author: str) -> frozenset[str]:
    return frozenset({normalize(author), *(normalize(one) for one in author.split(", "))} - {""})


def _is_boilerplate(shown: str, line: str, signatures: Collection[str]) -> bool:
    """Returns whether a line is of the page: `shown` as it stands there, `line` normalized."""
    words = len(line.split())
    if words <= LONGEST_LABELLED and (_LABEL.match(line) or _LABELLED.match(line)):
        return True
    if words <= LONGEST_NOTICE and (_NOTICE.match(line) or _COOKIES.match(line)):
        return True
    if words <= _FOLLOW_WORDS and _FOLLOWED.match(line):
        return True
    if words <= LONGEST_LABELLED and _CAPTION.match(line):
        return True
    if is_byline(shown) or is_hashtags(line):
        return True
    return line in signatures or (
        words <= 8 and bool(_SIGNED.match(line)) and not line.endswith((".", "؟", "!", "?"))
    )


def _ends_page(line: str) -> bool:
    words = len(line.split())
    if words <= LONGEST_NOTICE and _DISCLAIMED.match(line):
        return True
    is_source = _SOURCE.match(line) or is_agency_line(line)
    return words <= 8 and bool(is_source or _SIGNED_OFF.match(line) or _ABOUT_AUTHOR.match(line))
