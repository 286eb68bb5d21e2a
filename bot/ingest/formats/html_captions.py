"""Tells a paragraph below a picture that is the picture's caption, though no element says so."""

import re
from dataclasses import replace
from typing import Final

from lxml.html import HtmlElement

from bot.text.document import plain_runs
from storage.records.documents import Mark, Picture, Run, Runs

_LONGEST: Final = 400  # characters
_LINE_WORDS: Final = 15  # of a line beside a picture
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


def split_credit(caption: Runs) -> tuple[Runs, str]:
    """Returns a caption without its last line and the credit that this line consists of, or the caption and ""."""
    said, _, last = plain_runs(caption).rpartition("\n")
    credit = credit_of((Run(last),)) if said else ""
    if not credit:
        return caption, ""
    kept: list[Run] = []
    length = 0
    for run in caption:
        text = run.text[: len(said) - length]
        length += len(run.text)
        if text:
            kept.append(replace(run, text=text))
    return tuple(kept), credit


def is_caption(runs: Runs, picture: Picture, shown: HtmlElement, node: HtmlElement) -> bool:
    """Returns whether a paragraph is the caption of the picture right above it.

    The paragraph begins in `node`, and the element `shown` shows the picture.

    It is one if it ends with a credit, repeats the text that stands for the picture, is set off in the picture's own
    paragraph, or is a line that stands alone with the picture in a division.
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
    if holder is None or holder not in (node, node.getparent()):
        return False
    if holder.tag == "p":
        return all(Mark.ITALIC in run.marks for run in runs if run.text.strip())
    is_line = len(text.split()) <= _LINE_WORDS and not text.endswith((".", "!", "?", "؟", "…", ":"))
    return holder.tag == "div" and is_line and _letters(holder.text_content()) == _letters(text)


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text)
