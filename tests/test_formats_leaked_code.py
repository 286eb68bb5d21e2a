"""Style sheets and scripts before a text, whose tags a program deleted."""

import pytest

from bot.ingest.formats.leaked_code import without_leaked_code

TEXT = "The boats; they came back (at night)."


@pytest.mark.parametrize(
    "code",
    [
        "p { margin: 0; } .x, #y > a:hover { color: red }",
        "ul &gt; li{padding:0}",
        "@media print { .ad { display:none } p{top:0} }\n@import url(x.css);",
        "@media print { }",
        "/* Font Definitions */ @font-face {font-family:Arial; panose-1:2 11} p.MsoNormal {margin:0cm; size:11.0pt}",
        "<!-- body{font-family:'Times'} -->",
        "Normal 0 21 false false false EN-US X-NONE AR-SA /* Style */ table.MsoNormalTable {mso-style-x:y;}",
        ":root { -webkit-text-size: 1 }&nbsp;",
        'var x = function() { return {a: "}"}; }; document.write("a;");',
        "window.dataLayer = window.dataLayer || []; function gtag(){dataLayer.push(arguments);} gtag('js', 1);",
        "(function(d, s) { var js; if (d) {return;} }(document, 'script'));",
        "googletag.cmd.push(function() { googletag.display('x'); });",
        "p { margin: 0 } window.x(1); a { top: 0 }",
        "&lt;style type='a'&gt;p { x: 0 }&lt;/style&gt;&lt;SCRIPT&gt;if (a &lt; b) { c }&lt;/SCRIPT&gt;",
    ],
)
@pytest.mark.parametrize("opened", ["", "<p>", "\n<div class='a'><p>"])
def test_code_before_a_text_is_removed_and_its_element_stays(code: str, opened: str) -> None:
    read = without_leaked_code(f"{opened}{code} {TEXT}")
    assert read.startswith(opened)
    assert read.removeprefix(opened).strip() == TEXT
    assert without_leaked_code(f"{opened}{code}<br>{TEXT}").endswith(f"<br>{TEXT}")
    assert code not in without_leaked_code(f"{opened}{code}<br>{TEXT}")


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        f"{TEXT} p {{ margin: 0 }}",  # not at the beginning
        "The set {a: b} has no element.",
        "Let x be the window (of the boat); it is open.",
        "If (as he says) the boats come; then",
        "<pre>p { margin: 0 }</pre>",
        "<code>window.x(1);</code> is a call.",
        "window.open(the boats",
        "function of the (old) harbour",
        "&lt;style&gt; is an element of HTML",
        "@harbour {says} it",
        "",
    ],
)
def test_what_only_looks_like_code_stays(text: str) -> None:
    assert without_leaked_code(text) == text
