"""Tells a paragraph below a picture that is the picture's caption, though no element says so."""

import re
from typing import Final

from lxml.html import HtmlElement

from bot.text.document import plain_runs
from storage.records.documents import Mark, Picture, Runs

_LONGEST: Final = 400  # characters
_LONGEST_CREDIT: Final = 8  # words
_CREDIT_WORDS: Final = (
    "photo|foto|fot|image|bild|picture|photograph|fotograf[íi]a|cr[ée]dits?|imagen|imagem|immagine|kuva|фото"
    "|صورة|الصورة|تصوير|عدسة|عکس"
)
_CREDIT: Final = re.compile(rf"(?:{_CREDIT_WORDS})(?: credit| by)?\s*[:/©]\s*(?P<credit>\S.*)", re.IGNORECASE)
_CREDITED: Final = re.compile(
    rf"[.!?…»”\")\]|(/–-]\s*(?:{_CREDIT_WORDS})(?: credit| by)?\s*[:/©]\s*\S.{{0,60}}$|©\s*\S.{{1,60}}$"
    r"|\([^()]{0,40}\b(?:photo|images?|file)\b[^()]{0,40}\)$",
    re.IGNORECASE,
)


def credit_of(runs: Runs) -> str:
    """Returns the credit that a paragraph consists of, like that of "Foto: Mona Haddad", or "" if it says more."""
    text = plain_runs(runs)
    found = _CREDIT.fullmatch(text) if len(text) <= _LONGEST else None
    return found["credit"] if found and len(text.split()) <= _LONGEST_CREDIT else ""


def is_caption(runs: Runs, picture: Picture, shown: HtmlElement, node: HtmlElement) -> bool:
    """Returns whether a paragraph that begins in `node`, right below a picture shown by the element `shown`, is its
    caption: it ends with a credit, repeats the text that stands for the picture, or is set off in its own element.
    """
    text = plain_runs(runs)
    if len(text) > _LONGEST:
        return False
    if (
        _CREDIT.fullmatch(text)
        or _CREDITED.search(text)
        or (picture.alternative and _letters(text) == _letters(picture.alternative))
    ):
        return True
    holder = shown.getparent()
    is_inside = holder is not None and holder.tag == "p" and holder in (node, node.getparent())
    return is_inside and all(Mark.ITALIC in run.marks for run in runs if run.text.strip())


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text)
