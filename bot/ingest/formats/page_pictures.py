"""Tells the pictures and films of an article from those of the page around it.

A picture stands in a box: the elements around it that hold no paragraph of the article. It belongs to something else
if the box says so by a name, if the picture is a link to another site or part of a headline's link, or if the box
holds little but such a link. A link to the picture itself, or to a page below the article's own address, shows it
larger. The list of names is short, since themes call the article's own picture a banner or a teaser as well.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from bot.ingest.formats.html_media import framed, is_decoration
from bot.ingest.formats.page_lines import letters_of
from bot.text.html import web_address
from storage.records.documents import Block, Gallery, Heading, Picture

PageBlocks = Sequence[tuple[Block, HtmlElement]]  # the blocks of a page, each with the element in which it begins

_LONG_NAME: Final = 7  # letters: a shorter name of a picture's file may be that of another picture elsewhere
LEAD: Final = 12  # blocks above the text in which the headline and the picture are looked for
_SIZE: Final = re.compile(r"-\d{2,4}x\d{2,4}(?=\.\w{3,4}$)|[-_](?:scaled|large|small|medium|thumb)(?=\.\w{3,4}$)")
_BOX: Final = 8  # elements around a picture
_BOXES_BELOW: Final = 4  # between a picture below the text and the element that holds the text
_LINKS: Final = 5  # of a box that are looked at
_HEADLINE: Final = 12  # letters of a link that may be a headline
_LOOKED_AT: Final = 2_000  # characters of a box; what holds more is no teaser
_LINKED: Final = 0.6  # of the letters of a box that is there for its link
_OTHERS: Final = re.compile(
    r"(?<![a-z])(?:authors?|byline|avatar|bio|profile|contributor|writer|reporter|ads?|adv|advert\w*|a-rec|sponsor\w*"
    r"|promos?|promotion|affiliate|shop|offer|related\w*|recommend\w*|also-?read|read-?also|more-?(?:on|from|stories)"
    r"|recirc\w*|interstitial|popular|suggest\w*|bookmark|newsletter|subscri\w*|share|sharing|ratings?|scoreboard|audio|podcast"
    r"|comments?)(?![a-z])",
    re.IGNORECASE,
)
_PICTURE_FILE: Final = re.compile(r"\.(?:jpe?g|png|webp|gif|avif|bmp|tiff?)(?:$|[?#])", re.IGNORECASE)


class Surroundings:
    """What is known of a page when its pictures are judged: its address, and where the article's paragraphs stand."""

    def __init__(self, url: str | None, paragraphs: Iterable[HtmlElement], is_other: Callable[[str], bool]) -> None:
        self._url = url
        self._paragraphs = paragraphs
        self._is_other = is_other

    @cached_property
    def _holders(self) -> Collection[HtmlElement]:
        """The elements around the paragraphs."""
        holders: set[HtmlElement] = set()
        for node in self._paragraphs:
            for around in node.iterancestors():
                if around in holders:
                    break
                holders.add(around)
        return holders

    def is_elsewhere(self, block: Block, node: HtmlElement) -> bool:
        """Returns whether a picture or gallery in this element belongs to another article, a person,
        an advertisement …
        """
        pictures = block.pictures if isinstance(block, Gallery) else (block,) if isinstance(block, Picture) else ()
        if not pictures:
            return False
        if any(one.alternative and self._is_other(one.alternative) for one in pictures):
            return True
        box = node
        for around in (node, *islice(node.iterancestors(), _BOX)):
            if around in self._holders:
                break
            box = around
            if _OTHERS.search(f"{around.get('class') or ''} {around.get('id') or ''}"):
                return True
        return self._is_for_links(box, node, [file_of(one.address) for one in pictures])

    def _is_for_links(self, box: HtmlElement, node: HtmlElement, files: Collection[str]) -> bool:
        """Returns whether the picture is part of a link to something else, or stands in a box that is there for such
        links.

        A picture that alone is a link within its site is often shown larger there.
        """
        around = next(node.iterancestors("a"), None)
        is_linked = around is not None and self._leads_elsewhere(around, files)
        if around is not None and is_linked and (_letters_in(around) >= _HEADLINE or self._leads_away(around)):
            return True
        leading = [link for link in islice(box.iter("a"), _LINKS) if self._leads_elsewhere(link, files)]
        if around is not None and is_linked and self._is_headed(box, around):
            return True
        if node.tag not in ("img", "amp-img") and len(files) > 1:
            shown = [link for link in leading if node in link.iterancestors() and link.find(".//img") is not None]
            if len(shown) >= len(files):
                return True
        linked = [_letters_in(link) for link in leading]
        return any(one >= _HEADLINE for one in linked) and sum(linked) >= _LINKED * _letters_in(box)

    def _is_headed(self, box: HtmlElement, link: HtmlElement) -> bool:
        """Returns whether a headline in the box leads to where the picture's link does: a teaser,
        whatever else it tells.
        """
        address = web_address(link.get("href"), self._url)
        beside = (one for one in islice(box.iter("a"), _LINKS) if one is not link)
        return any(
            web_address(one.get("href"), self._url) == address and _letters_in(one) >= _HEADLINE for one in beside
        )

    def _leads_elsewhere(self, link: HtmlElement, files: Collection[str]) -> bool:
        """Returns whether a link leads to another page, and not to the picture itself or to a part of the article."""
        address = web_address(link.get("href"), self._url)
        if address is None or _PICTURE_FILE.search(address) or file_of(address) in files or "attachment" in address:
            return False
        own, other = urlsplit(self._url or ""), urlsplit(address)
        return not (own.netloc == other.netloc and other.path.startswith(own.path))

    def _leads_away(self, link: HtmlElement) -> bool:
        """Returns whether a link leads to another site, and not to a film or post that the picture stands for."""
        address = web_address(link.get("href"), self._url)
        return _site(address) != _site(self._url) and framed(address) is None


def _site(address: str | None) -> str:
    """Returns the last two names of a host: pictures and pages of one site have several hosts."""
    return ".".join((urlsplit(address or "").hostname or "").split(".")[-2:])


def _letters_in(node: HtmlElement) -> int:
    """Returns the number of letters in an element without captions."""
    captions = sum(len(letters_of(one.text_content())) for one in node.iter("figcaption"))
    return len(letters_of(node.text_content()[:_LOOKED_AT])) - captions


def pictures_above(found: PageBlocks, texts: Sequence[str], first: int, title: str, image: str | None) -> set[int]:
    """Returns the pictures and films between the headline and the text, a figure right above the headline, and the
    picture that the page names as the article's.
    """
    wanted, headline = letters_of(title), None
    for number in range(first - 1, max(-1, first - LEAD), -1):
        block = found[number][0]
        if isinstance(block, Heading) and (block.level == 1 or letters_of(texts[number]) == wanted):
            headline = number
            break
    beside = found[first][1].getparent()
    return {
        number
        for number in range(max(0, first - LEAD), first)
        if not texts[number]
        and not isinstance(found[number][0], Heading)
        and (
            (headline is not None and number > headline)
            or found[number][1].getparent() is beside
            or (headline is not None and _is_figure_beside(found[number][1], found[headline][1]))
            or is_named(found[number][0], image)
        )
    }


def _is_figure_beside(node: HtmlElement, headline: HtmlElement) -> bool:
    return node.tag == "figure" and node.getparent() is headline.getparent()


def is_named(block: Block, image: str | None) -> bool:
    pictures = block.pictures if isinstance(block, Gallery) else (block,)
    return image is not None and any(
        isinstance(one, Picture) and file_of(one.address) == file_of(image) for one in pictures
    )


def pictures_below(found: PageBlocks, texts: Sequence[str], last: int) -> set[int]:
    """Returns the pictures and films that follow the last block in its own element, or in boxes in that."""
    beside = found[last][1].getparent()
    more: set[int] = set()
    for number in range(last + 1, len(found)):
        if texts[number] or beside is None or beside not in islice(found[number][1].iterancestors(), _BOXES_BELOW):
            break
        more.add(number)
    return more


def file_of(address: str) -> str:
    """Returns the name of a picture's file without its size."""
    path, _, parameters = address.lower().partition("?")
    name = path.rpartition("/")[2]
    return _SIZE.sub("", name) if len(name) > _LONG_NAME else path + parameters


def shown_blocks(blocks: Iterable[Block], image: str | None) -> Iterator[Block]:
    """Yields the blocks without pictures that belong to the page, and each picture once."""
    seen: set[str] = set()

    def is_shown(picture: Picture) -> bool:
        name = file_of(picture.address)
        if name in seen or (is_decoration(picture) and not is_named(picture, image)):
            return False
        seen.add(name)
        return True

    for block in blocks:
        if isinstance(block, Picture):
            if is_shown(block):
                yield block
        elif isinstance(block, Gallery):
            pictures = tuple(filter(is_shown, block.pictures))
            if len(pictures) > 1:
                yield Gallery(pictures, block.caption)
            else:
                yield from pictures
        else:
            yield block
