"""Escapes, measures and splits Telegram HTML, and makes plain text of untrusted HTML."""

import html
import re
from bisect import bisect_right
from collections.abc import Iterator
from html.entities import html5
from itertools import accumulate
from typing import Final, NamedTuple
from urllib.parse import urljoin, urlsplit

import regex
from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from bot.text.language import direction, first_direction

MESSAGE_LIMIT: Final = 4096  # UTF-16 units of the text without its tags (telegram.constants.MessageLimit)
# First-strong, left-to-right and right-to-left isolate, and the end of an isolate. The direction of isolated text
# does not affect the text around it.
FSI, LRI, RLI, PDI = "\u2068", "\u2066", "\u2067", "\u2069"
ELLIPSIS: Final = "…"

_MARK: Final = re.compile(r"<(/?)([a-z][a-z0-9-]*+)([^<>]*+)>|&(?:#x?[0-9a-f]++|[a-z]++);|[<&]", re.IGNORECASE)
_TOKEN: Final = re.compile(rf"{_MARK.pattern}|[^<&]+", re.IGNORECASE)
_MARK_BEGINS: Final = re.compile("[<&]")
# A grapheme, which readers see as one letter: a base letter with its marks, emoji joined to one, a flag.
_GRAPHEME: Final = regex.compile(r"\X")
# A blank separates words unless a combining mark follows it.
_UNMARKED: Final = r"\s(?![\p{GCB=Extend}\p{GCB=SpacingMark}\p{GCB=ZWJ}])"
_LAST_BLANK: Final = regex.compile(rf"(?r){_UNMARKED}")
_BLANK: Final = regex.compile(rf"(?:{_UNMARKED})*+")
_WORD: Final = re.compile(r"[^\s<&]*")
_DIRECTION_MARKS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_UNSEEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\ud800-\udfff\ufeff\ufffe\uffff]")
# Control characters that stand where windows-1252 has quotes and dashes. A program took windows-1252 for Latin-1.
_WINDOWS: Final = {chr(byte): bytes([byte]).decode("windows-1252", "ignore") for byte in range(0x80, 0xA0)}
_BLANKS: Final = re.compile("[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_SPACES: Final = re.compile(r"\s+")
_NO_ADDRESS: Final = re.compile("[\\s\x00-\x1f\x7f\ud800-\udfff]")
# Addresses are read as browsers read them: invisible characters and line ends are removed, blanks are encoded, and
# slashes are corrected.
_UNSEEN_IN_ADDRESS: Final = re.compile(
    "[\x00-\x08\t\n\r\x0b\x0c\x0e-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+"
)
_ODD_SLASHES: Final = re.compile(r"\A(https?):/?(?=[^/])", re.IGNORECASE)
_SCHEME_ALONE: Final = re.compile(r"https?:/*", re.IGNORECASE)
_HOST_ALONE: Final = re.compile(r"www\.[\w-]+\.\w", re.IGNORECASE)
# Two references for one letter beyond the first 65,536: some programs write its two UTF-16 halves (surrogates).
_HALVES: Final = re.compile(
    "&#(?:(5[56][0-9]{3})|x(d[89ab][0-9a-f]{2}));?&#(?:(5[67][0-9]{3})|x(d[c-f][0-9a-f]{2}));?", re.IGNORECASE
)
# An address that stays the same when joined to a base address. Most links in feeds do.
# The pattern lists A-Z, a-z and 0-9 beside \w, since the engine then looks them up in a table, in half the time.
_WHOLE_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9.-]+/(?:[A-Za-z0-9\w/.~!$&'()*+,;=:@%?-]*[\w/=])?")
_SITE: Final = re.compile(r"https?://[A-Za-z0-9.-]+(?=[/?#]|\Z)")
_LINES: Final = re.compile(r"\n\s*\n+")
# In an attribute, "&copy" before "=" or a letter does not mean ©: it is a parameter of an address. Addresses with
# such parameters are older than HTML.
_REFERENCE: Final = re.compile("&(#[0-9]+;?|#x[0-9a-f]+;?|[a-z][a-z0-9]*(?:;|(?![a-z0-9=])))", re.IGNORECASE)
# A tag with thousands of attributes. libxml2 compares each attribute with all others: 40,000 attributes take 2.5 s.
# A tag may also be this long because of an embedded picture. Its name stays: without its name, the end of a script
# would stay alone, and the script's text would be the article's.
_CROWDED_TAG: Final = re.compile(r"<([A-Za-z][A-Za-z0-9:-]{0,40}+)[^<>]{10000,}>?")

_PARAGRAPHS: Final = frozenset(
    "p div section article header footer h1 h2 h3 h4 h5 h6 ul ol table blockquote pre figure figcaption".split()
)
_LINED: Final = frozenset("li tr dt dd br hr".split())
_DROPPED: Final = frozenset(
    "script style head title template noscript iframe object svg math form button select textarea".split()
)
LONGEST_LINE: Final = 1_000  # characters of a title or a name; a longer one is a text in the wrong field
_LONGEST_MARKED: Final = 20 * LONGEST_LINE  # characters of a line with its markup


def escape(text: str) -> str:
    """Returns the text escaped for a place between tags or in a quoted attribute."""
    return html.escape(text, quote=True)


def clean(text: str) -> str:
    """Returns the text without invisible characters: controls, lone surrogates, direction overrides.

    A control from U+0080 to U+009F becomes the character that windows-1252 has at that number. Several blanks become
    one, and line ends stay.
    """
    text = _UNSEEN.sub(_seen, _DIRECTION_MARKS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    return "\n".join(_BLANKS.sub(" ", line).strip() for line in text.split("\n")).strip()


def _seen(control: re.Match[str]) -> str:
    return _WINDOWS.get(control[0], "")


def one_line(text: str) -> str:
    return " ".join(clean(text).split())


def isolate(text: str) -> str:
    """Returns the text between isolate marks, so that a name in another script does not change the line's direction.

    The direction of the text is that of its first letter. If the text only begins with a name in another script, the
    opening mark sets the direction instead.
    """
    text = _DIRECTION_MARKS.sub("", text)
    way = direction(text)
    return f"{FSI if first_direction(text) in (way, None) else RLI if way == 'rtl' else LRI}{text}{PDI}"


def units(text: str) -> int:
    """Returns the length of the text in UTF-16 units, in which Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def length(marked: str) -> int:
    """Returns the length of Telegram HTML in UTF-16 units, as Telegram counts it.

    Tags do not count, and an entity counts as the text that it stands for.
    """
    return sum(units(html.unescape(token[0])) for token in _TOKEN.finditer(marked) if not token[2])


def plain(marked: str) -> str:
    """Returns the plain text of Telegram HTML."""
    return "".join(html.unescape(token[0]) for token in _TOKEN.finditer(marked) if not token[2])


# Splitting


def split(marked: str, limit: int = MESSAGE_LIMIT) -> list[str]:
    """Splits Telegram HTML into parts of at most `limit` UTF-16 units, without losing text. `limit` is 64 or more.

    A part ends between paragraphs, else between lines, else between words, and never inside a tag, an entity or an
    emoji. An element that is open at the end of a part is closed there, and opened again in the next part.
    """
    return list(split_lazily(marked, limit))


def split_lazily(marked: str, limit: int = MESSAGE_LIMIT) -> Iterator[str]:
    """Yields the parts that `split` returns. The function reads no further than the requested part."""
    start, open_tags, said = 0, _Tags(), False
    while True:
        cut = _cut(marked, start, open_tags, limit)
        part = cut.head if cut else _opening(open_tags) + marked[start:]
        if plain(part).strip() or (cut is None and not said):  # Telegram refuses blank messages
            said = True
            yield part
        if cut is None:
            return
        start, open_tags = cut.end, cut.open_tags


def split_off(marked: str, limit: int) -> tuple[str, str]:
    """Returns the beginning of Telegram HTML, at most `limit` UTF-16 units long, and the rest. `split` says where."""
    cut = _cut(marked, 0, (), limit)
    return (cut.head, _opening(cut.open_tags) + marked[cut.end :]) if cut else (marked, "")


def truncate(marked: str, limit: int = MESSAGE_LIMIT) -> str:
    """Returns Telegram HTML of at most `limit` UTF-16 units. A longer text is cut between words and ends with "…"."""
    if _cut(marked, 0, _Tags(), limit) is None:
        return marked
    cut = _cut(marked, 0, _Tags(), limit - 1, ELLIPSIS)
    return cut.head if cut else marked


_Tags = tuple[tuple[str, str], ...]  # (name, tag as written) of each open element, outermost first


class _Cut(NamedTuple):
    """The longest good beginning of a text (complete HTML), and the position and open tags where the rest begins."""

    head: str
    end: int
    open_tags: _Tags


class _Places:
    """The last place after each kind of blank: between words, between lines and between paragraphs."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[int, _Tags]] = {}

    def note(self, text: str, position: int, open_tags: _Tags) -> None:
        """Records the blanks of a text that begins at `position`."""
        word = _last_word(text, len(text))
        if word < len(text):
            self._last[1] = (position + len(text) - word, open_tags)
        for goodness, blank in ((2, "\n"), (3, "\n\n")):
            if (found := text.rfind(blank)) >= 0:
                self._last[goodness] = (position + _end(_BLANK, text, found, len(text)), open_tags)

    def best(self, start: int, end: int, open_tags: _Tags, written: int) -> tuple[int, _Tags]:
        """Returns the best end of a part that begins at `start` and cannot go beyond `end`, and the tags open there.

        `written` is the number of characters that stand before `start` in the part. A part that ends at a paragraph
        or a line must fill at least half of the room. A part that ends at a word must only not be empty.
        """
        half = (written + end - start) // 2
        for goodness, least in ((3, half), (2, half), (1, 1)):
            place = self._last.get(goodness)
            if place is not None and written + place[0] - start >= least:
                return place
        return end, open_tags


def _cut(marked: str, start: int, open_tags: _Tags, limit: int, ending: str = "") -> _Cut | None:
    """Returns the beginning of the text after `start` that is within the limit, or None if all of the text is.

    The function reads little more than the limit, and uses fast methods of `str`, because a body may be a megabyte.
    """
    opening = _opening(open_tags)
    places, position, used = _Places(), start, 0
    previous = ""  # the text or entity that ends at `position`, or "" after a tag
    while position < len(marked):
        token = _MARK.match(marked, position)
        if token and token[2]:
            open_tags = open_tags[:-1] if token[1] else (*open_tags, (token[2], token[0]))
            position, previous = token.end(), ""
            continue
        text = token[0] if token else _text(marked, position, limit - used + 1)
        taken = units(html.unescape(text) if token else text)
        if used + taken > limit:
            fits = 0 if token else _fitting(marked, position, text, limit - used, limit)
            if fits == 0 and used == 0:  # one letter has so many marks that no part has room for it
                fits = max(1, _within(text, limit))
            places.note(text[:fits], position, open_tags)
            whole = _before_grapheme(position, previous, text) if fits == 0 and previous else position + fits
            end, inside = places.best(start, whole if whole > start else position, open_tags, len(opening))
            head = f"{opening}{marked[start:end]}".rstrip() + ending + _closing(inside)
            return _Cut(head, _end(_BLANK, marked, end, len(marked)), inside)
        if not token:
            places.note(text, position, open_tags)
        used += taken
        position, previous = position + len(text), text
    return None


def _opening(open_tags: _Tags) -> str:
    return "".join(tag for _, tag in open_tags)


def _closing(open_tags: _Tags) -> str:
    return "".join(f"</{name}>" for name, _ in reversed(open_tags))


def _text(marked: str, position: int, most: int) -> str:
    """Returns the text from `position` to the next tag or entity, at most `most` characters of it."""
    end = _MARK_BEGINS.search(marked, position, position + most)
    return marked[position : end.start() if end else position + most]


def _end(pattern: "re.Pattern[str] | regex.Pattern[str]", marked: str, position: int, before: int) -> int:
    """Returns the end of the match at `position`, at most `before`, or `position` if the pattern does not match."""
    found = pattern.match(marked, position, before)
    return found.end() if found else position


def _last_word(text: str, end: int) -> int:
    """Returns how many characters of a word stand directly before `end`, or 0 if a blank stands there."""
    ends = (blank.end() for blank in _LAST_BLANK.finditer(text[: end + 2]))
    return end - next((blank for blank in ends if blank <= end), 0)


def _fitting(marked: str, position: int, text: str, room: int, limit: int) -> int:
    """Returns how many characters of a text that is too long fit into the room.

    They are whole words and blanks. A word longer than the limit is cut between graphemes.
    """
    first = room if text.isascii() else _within(text, room)  # the first character that does not fit
    if _end(_BLANK, marked, position + first, len(marked)) > position + first:
        return len(text[:first].rstrip())
    begun = first - _last_word(marked[position : position + len(text) + 1], first)
    start = position + begun
    word = marked[start : _end(_WORD, marked, start, start + limit + 1)]
    if units(word) <= limit:
        return begun
    room -= units(text[:begun])
    fits = begun
    for letter in _GRAPHEME.finditer(word):
        room -= units(letter[0])
        if room < 0:
            break
        fits = begun + letter.end()
    return fits


def _within(text: str, room: int) -> int:
    """Returns how many characters of the text fit into `room` UTF-16 units."""
    if units(text[:room]) == room:
        return room
    taken = list(accumulate(units(letter) for letter in text))
    return bisect_right(taken, room)


def _before_grapheme(start: int, previous: str, here: str) -> int:
    """Returns the beginning of the grapheme that crosses `start`, where two tokens meet, or `start` if none does.

    For example, "e" and "&#769;" are é together, and "&amp;" and a mark are an ampersand with this mark.
    """
    letters = _GRAPHEME.findall(html.unescape(previous))
    if not letters:  # "&#1;" stands for no letter
        return start
    last = letters[-1]
    goes_on = len(_GRAPHEME.findall(last + html.unescape(here))[0]) > len(last)
    return start - (len(previous) if previous[0] == "&" else len(last)) if goes_on else start


# Conversion of publishers' HTML


def to_text(untrusted: str) -> str:
    """Returns the plain text of a publisher's HTML, with an empty line between paragraphs."""
    return _tidy("".join(_pieces(untrusted)))


def to_line(untrusted: str) -> str:
    """Returns a publisher's title or name as one line of plain text. It may contain HTML, escaped once or twice.

    A very long line is shortened, because the bot's event loop normalizes, compares and shows such lines.
    """
    for _ in range(2):
        if "<" in untrusted or "&" in untrusted:
            untrusted = to_text(untrusted[:_LONGEST_MARKED])
    return shortened(one_line(untrusted))


def shortened(line: str) -> str:
    """Returns a line of at most LONGEST_LINE characters. A longer one is cut between words and ends with "…"."""
    if len(line) <= LONGEST_LINE:
        return line
    words = line[: LONGEST_LINE - 1].rpartition(" ")[0]
    return f"{words or _beginning(line, LONGEST_LINE - 1)}{ELLIPSIS}"


def _beginning(text: str, most: int) -> str:
    """Returns the beginning of a text, at most `most` characters long and cut between graphemes."""
    ends = (letter.end() for letter in _GRAPHEME.finditer(text, 0, 2 * most))
    return text[: max((end for end in ends if end <= most), default=most)]


def parse(untrusted: str) -> HtmlElement | None:
    """Returns the tree of an HTML text, however broken and deep, or None if it is empty. Callers limit its size."""
    text = _CROWDED_TAG.sub(r"<\1>", _UNSEEN.sub(_seen, with_whole_letters(untrusted)))
    if not text.strip():
        return None
    try:
        # Bytes, since lxml refuses text that declares an encoding.
        return document_fromstring(text.encode(), parser=_parser())
    except (etree.ParserError, etree.XMLSyntaxError):
        return None


def _parser() -> HTMLParser:
    """Returns a parser that drops comments.

    lxml attaches the text after a comment to the comment. Code that reads only elements would lose this text.
    """
    return HTMLParser(encoding="utf-8", no_network=True, huge_tree=True, remove_comments=True, remove_pis=True)


def _tidy(text: str) -> str:
    return _LINES.sub("\n\n", "\n".join(line.strip() for line in _BLANKS.sub(" ", text).split("\n"))).strip()


def _flow(text: str | None, *, keep_lines: bool) -> str:
    if not text or text.isprintable():  # it has no invisible characters and no line end
        return text or ""
    text = clean_inline(text)
    return text if keep_lines else _SPACES.sub(" ", text)


def clean_inline(text: str) -> str:
    return _UNSEEN.sub(_seen, _DIRECTION_MARKS.sub("", text))


def _before(name: str) -> str:
    """Returns the separator between an element and the text before it."""
    if name in _PARAGRAPHS:
        return "\n\n"
    if name in _LINED:
        return "\n• " if name == "li" else "\n"
    return " " if name in ("td", "th") else ""


def _pieces(untrusted: str) -> Iterator[str]:
    """Yields the text in document order, with what separates elements.

    The function walks the tree by events and not by recursion: a page may be nested a million deep.
    """
    root = parse(untrusted)
    for event, node in etree.iterwalk(root, events=("start", "end")) if root is not None else ():
        name = str(node.tag)
        if event == "start":
            if name in _DROPPED:
                node.text = None
                del node[:]
            yield _before(name)
            yield _flow(node.text, keep_lines=name == "pre")
        else:
            yield "\n\n" if name in _PARAGRAPHS else ""
            if node is not root:
                yield _flow(node.tail, keep_lines=False)


def attribute(written: str) -> str:
    """Returns the value of an attribute that is written in HTML, with its references decoded."""
    return _REFERENCE.sub(
        lambda one: html.unescape(one[0]) if one[1][0] == "#" else html5.get(one[1], one[0]), written
    )


def _mended_address(href: str) -> str:
    href = _UNSEEN_IN_ADDRESS.sub("", href).strip()
    if "\\" in href:
        path, mark, rest = href.partition("?")
        href = path.replace("\\", "/") + mark + rest
    if _HOST_ALONE.match(href):
        href = f"http://{href}"
    return _SPACES.sub(_encoded_blanks, _ODD_SLASHES.sub(r"\1://", href))


def _encoded_blanks(run: re.Match[str]) -> str:
    """Returns the blanks as browsers encode them. A break of a line, with the blanks around it, counts as one."""
    return "%20" if "\n" in run[0] or "\r" in run[0] else "%20" * len(run[0])


def with_whole_letters(markup: str) -> str:
    """Returns HTML or XML in which each letter replaces the two references to its UTF-16 halves."""
    return _HALVES.sub(_whole_letter, markup) if "&#" in markup else markup


def _whole_letter(halves: re.Match[str]) -> str:
    high = int(halves[1]) if halves[1] else int(halves[2], 16)
    low = int(halves[3]) if halves[3] else int(halves[4], 16)
    if not (0xD800 <= high < 0xDC00 <= low < 0xE000):
        return halves[0]
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def web_address(href: str | None, base_url: str | None = None) -> str | None:
    """Returns the absolute http(s) address of a link, or None if the link has no such address."""
    href = (href or "").strip()
    if not href:
        return None  # joining it to the base would give the base
    if _WHOLE_ADDRESS.fullmatch(href):
        return href
    href = _mended_address(href)
    if not href or _SCHEME_ALONE.fullmatch(href):
        return None
    if href[0] == "/" and href[1:2] != "/" and "/." not in href and (site := _SITE.match(base_url or "")):
        address = site[0] + href  # what urljoin would return, in a tenth of the time
        if _WHOLE_ADDRESS.fullmatch(address):
            return address
    try:
        address = urljoin(base_url or "", href)
        parts = urlsplit(address)
    except ValueError:
        return None
    reachable = parts.scheme in ("http", "https") and parts.hostname
    return address if reachable and not _NO_ADDRESS.search(address) else None
