"""Documents as HTML of a feed's item. A Newsbot that reads it gets the same document again."""

from typing import Final

from bot.text.html import escape
from storage.records.documents import (
    Audio,
    Block,
    Cell,
    Code,
    Divider,
    Document,
    Embed,
    Gallery,
    Heading,
    Listing,
    Mark,
    Paragraph,
    Picture,
    PullQuote,
    Quote,
    Run,
    Runs,
    Table,
    Video,
)

_TAGS: Final = {
    Mark.BOLD: "b", Mark.ITALIC: "i", Mark.UNDERLINE: "u", Mark.STRIKE: "s", Mark.CODE: "code", Mark.SUB: "sub",
    Mark.SUP: "sup",
}  # fmt: skip


def to_html(document: Document) -> str:
    return "".join(map(_block, document))


def _block(block: Block) -> str:
    match block:
        case Paragraph(text):
            return f"<p>{_runs(text)}</p>"
        case Heading(text, level):
            return f"<h{level}>{_runs(text)}</h{level}>"
        case Listing(items, ordered):
            name = "ol" if ordered else "ul"
            return f"<{name}>{''.join(f'<li>{to_html(item)}</li>' for item in items)}</{name}>"
        case Quote(blocks, source):
            return f"<blockquote>{to_html(blocks)}{_element('footer', source)}</blockquote>"
        case PullQuote(text, source):
            return f'<blockquote class="pullquote"><p>{_runs(text)}</p>{_element("footer", source)}</blockquote>'
        case Table(rows, caption):
            cells = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
            return f"<table>{_element('caption', caption)}{cells}</table>"
        case Picture():
            return _picture(block)
        case Gallery(pictures, caption):
            inner = "".join(map(_picture, pictures))
            return f'<figure class="gallery">{inner}{_element("figcaption", caption)}</figure>'
        case Video(address, caption, poster):
            film = f'<video controls src="{escape(address)}"{_attribute("poster", poster)}></video>'
            return f"<figure>{film}{_element('figcaption', caption)}</figure>"
        case Audio(address, caption):
            sound = f'<audio controls src="{escape(address)}"></audio>'
            return f"<figure>{sound}{_element('figcaption', caption)}</figure>"
        case Embed(address, text):
            # The class is one of those by which an embedded post is known.
            shown = f"<p>{_runs(text)}</p>" if text else ""
            link = f'<a href="{escape(address)}"></a>'
            return f'<blockquote class="telegram-post" cite="{escape(address)}">{shown}{link}</blockquote>'
        case Code(text):
            return f"<pre>{escape(text)}</pre>"
        case Divider():
            return "<hr>"


def _picture(picture: Picture) -> str:
    sizes = f"{_attribute('width', picture.width)}{_attribute('height', picture.height)}"
    image = f'<img src="{escape(picture.address)}" alt="{escape(picture.alternative)}"{sizes}>'
    credit = f'<small class="credit">{escape(picture.credit)}</small>' if picture.credit else ""
    said = _runs(picture.caption)
    caption = f"<figcaption>{' '.join(filter(None, (said, credit)))}</figcaption>" if said or credit else ""
    return f"<figure>{image}{caption}</figure>"


def _cell(cell: Cell) -> str:
    name = "th" if cell.header else "td"
    columns = f' colspan="{cell.columns}"' if cell.columns > 1 else ""
    rows = f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
    return f"<{name}{columns}{rows}>{_runs(cell.text)}</{name}>"


def _element(name: str, runs: Runs) -> str:
    return f"<{name}>{_runs(runs)}</{name}>" if runs else ""


def _attribute(name: str, value: str | int | None) -> str:
    return f' {name}="{escape(str(value))}"' if value else ""


def _runs(runs: Runs) -> str:
    return "".join(map(_run, runs))


def _run(run: Run) -> str:
    html = escape(run.text).replace("\n", "<br>")
    for mark in (mark for mark in Mark if mark in run.marks):
        html = f"<{_TAGS[mark]}>{html}</{_TAGS[mark]}>"
    return f'<a href="{escape(run.link)}">{html}</a>' if run.link else html
