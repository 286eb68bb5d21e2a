"""Tells the pictures and films of an article from those of the page around it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from lxml.html import HtmlElement

from bot.ingest.formats.html_media import is_decoration
from bot.ingest.formats.page_lines import letters_of
from storage.records.documents import Block, Gallery, Heading, Picture

Found = Sequence[tuple[Block, HtmlElement]]  # the blocks of a page, each with the element in which it begins

_LONG_NAME: Final = 7  # letters: a shorter name of a picture's file may be that of another picture elsewhere
LEAD: Final = 12  # blocks above the text in which the headline and the picture are looked for
_SIZE: Final = re.compile(r"-\d{2,4}x\d{2,4}(?=\.\w{3,4}$)|[-_](?:scaled|large|small|medium|thumb)(?=\.\w{3,4}$)")


def pictures_above(found: Found, texts: Sequence[str], first: int, title: str, image: str | None) -> set[int]:
    """Returns the pictures and films between the headline and the text, and the article's own picture."""
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
            or is_named(found[number][0], image)
        )
    }


def is_named(block: Block, image: str | None) -> bool:
    pictures = block.pictures if isinstance(block, Gallery) else (block,)
    return image is not None and any(
        isinstance(one, Picture) and file_of(one.address) == file_of(image) for one in pictures
    )


def pictures_below(found: Found, texts: Sequence[str], last: int) -> set[int]:
    """Returns the pictures and films that follow the last block in its own element."""
    beside = found[last][1].getparent()
    more: set[int] = set()
    for number in range(last + 1, len(found)):
        if texts[number] or found[number][1].getparent() is not beside:
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
