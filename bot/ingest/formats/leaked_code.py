"""Removes style sheets and scripts that stand as text before a text.

A program deleted their tags, or escaped them once too often. Only the beginning of a text is looked at, since code
there would become the title of an item without one. A rule of a style sheet counts if it sets a property that style
sheets often set. A statement counts if it begins with a word of JavaScript, or with one of the objects that web pages
have. So no sentence is removed because of its braces.
"""

import re
from typing import Final

MOST: Final = 20_000  # characters of code that are removed
_PROPERTY: Final = (
    r"(?:-(?:webkit|moz|ms|o)-|mso-|margin|padding|border|background|color|font|display|position|width|height"
    r"|(?:min|max)-(?:width|height)|text-|line-height|float|clear|overflow|top|left|right|bottom|z-index|list-style"
    r"|vertical-align|white-space|word-|letter-spacing|opacity|visibility|content|cursor|box-|flex|grid|align-|justify-"
    r"|object-|transform|transition|animation|panose|direction|unicode-bidi|size|src)[\w-]*+"
)
_BLANK: Final = r"(?:\s|&nbsp;|\u00a0|<!--|-->|/\*(?:[^*]|\*(?!/))*+\*/)"
_DECLARATIONS: Final = rf"\{{{_BLANK}*+{_PROPERTY}\s*+:[^{{}}<>]*+\}}"
_RULE: Final = rf"[^{{}};]{{0,500}}?{_DECLARATIONS}"
_STYLE: Final = re.compile(
    rf"""
    (?:{_BLANK}++
      | &lt;(?P<escaped>style|script)\b[^<]{{0,{MOST}}}?&lt;/(?P=escaped)\s*+&gt;
      | @(?:import|charset|namespace)\b[^;{{}}<>]*+;
      | @[\w-]++[^{{}};<>]*+(?:{_DECLARATIONS}|\{{(?:{_BLANK}*+{_RULE})*+{_BLANK}*+\}})
      | Normal\s+0(?:\s+(?:false|EN-US|X-NONE|AR-SA|[\d.]+|[A-Z]{{2}}-[A-Z]{{2}}))*+(?=\s*/\*)
      | (?:[^{{}};<>&]|&gt;|(?<=[\s\w])>){{1,500}}?{_DECLARATIONS}
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_STATEMENT: Final = re.compile(
    r"(?:(?:var|let|const)\s+[\w$]+\s*=|function\s*+(?:[\w$]++\s*+)?\([\w$,\s]*+\)\s*+\{|\(function\s*\("
    r"|if\s*\(typeof\b|(?:window|document|googletag|dataLayer|jQuery|adsbygoogle|_gaq|fbq|ga|gtag|\$)\s*[.(\[]"
    r"|\(adsbygoogle\b|!function\s*\()"
)
_SIGN: Final = re.compile(r"""[({\[)}\];\n<]|"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+'|//[^\n]*+""")


_SIGN_OF_CODE: Final = re.compile(r"[{(]|&lt;")


def without_leaked_code(html: str) -> str:
    """Returns HTML without the style sheet and the script that its text begins with."""
    if not _SIGN_OF_CODE.search(html, 0, MOST):
        return html
    opened = _OPENED.match(html)
    begin = end = opened.end() if opened else 0
    while end < MOST and (after := _after_code(html, end)) > end:
        end = after
    return html[:begin] + html[end:] if html[begin:end].strip() else html


_OPENED: Final = re.compile(r"(?:\s*+<(?:p|div|span|br|section|article)\b[^<>]*+>)*+\s*+", re.IGNORECASE)


def _after_code(html: str, begin: int) -> int:
    if style := _STYLE.match(html, begin, begin + MOST):
        return style.end()
    return _after_statement(html, begin) if _STATEMENT.match(html, begin) else begin


def _after_statement(html: str, begin: int) -> int:
    """Returns where a statement ends, or `begin` if its brackets are not closed in the same element."""
    depth = 0
    for sign in _SIGN.finditer(html, begin, begin + MOST):
        if sign[0] in "({[":
            depth += 1
        elif sign[0] in ")}]":
            depth -= 1
            if sign[0] == "}" and depth == 0 and not re.match(r"\s*[;,.()]", html[sign.end() : sign.end() + 50]):
                return sign.end()
        elif depth == 0 and sign[0] in ";\n":
            return sign.end()
        elif sign[0] == "<":
            return sign.start() if depth == 0 else begin
        if depth < 0:
            return begin
    return len(html) if depth == 0 and len(html) < begin + MOST else begin
