"""Removes what programs add to the end of an item: "The post … appeared first on …", "Continue reading", "[…]".

Only the end of the HTML is searched. The cut may leave elements open; they are closed when the HTML is read. A
sentence is cut only if it is the last one and says nothing else.
"""

import re
from typing import Final

_END: Final = 2_500  # characters of HTML that are looked at
_LONGEST_MORE: Final = 500  # of these, for words that lead to the page
_LONGEST_NAME: Final = 200  # characters of the site's name, which ends the footer
_LONGEST_ENDING: Final = 30  # characters after that name
_ANY: Final = r"(?:(?!</?(?:p|div|li|blockquote|h\d)\b).){0,900}?"  # within a paragraph
_CLOSING: Final = (
    r"(?:\s|&nbsp;|&#160;|<br\s*/?>|</?(?:p|div|em|i|strong|b|small|span|a|footer)\b[^<>]*+>|<img\b[^<>]*+>)*+"
)

# (how it begins, how it goes on after the title, words of which it has one), as WordPress says it in its languages.
# The words are looked for first, in a hundredth of the time that the pattern takes. "pr" alone stands in most texts.
_APPEARED: Final = (
    (
        r"(?:The|This) (?:post|article|page|entry|podcast|episode|story|video)",
        r"appeared first (?:on|at|in)|first appeared (?:on|at|in)|was first published (?:on|at)",
        ("ppeared first ", "irst appeared ", "irst published "),
    ),
    (
        r"(?:ظهرت?|نُ?شرت?|ظهور) (?:هذه |هذا )?"
        r"(?:المقالة|المقال|التدوينة|المادة|الموضوع|المنشور|الخبر|المشاركة|البوست)",
        r"(?:أول|اول|أوّل)(?:اً|ًا|ا|ً)\s+(?:على|في)|للمرة الأولى (?:على|في)|لأول مرة (?:على|في)",
        ("ولاً", "ولًا", "ولً", "ولا على", "ولا في", "المرة الأولى", "أول مرة"),
    ),
    (r"(?:Der |Dieser )?(?:Beitrag|Artikel)", r"erschien zuerst (?:auf|bei)|ist zuerst erschienen", ("zuerst",)),
    (
        r"(?:L.{1,7}?(?:article|entrée)|Cet article|Le post|Le billet)",
        r"est apparue? (?:en premier|d.{1,7}?abord) sur|a été publiée? en premier sur",
        ("premier",),
    ),
    (
        r"(?:La entrada|El art[íi]culo|El post|El cargo|L.{1,7}?entrada)",
        r"(?:se public[óo]|apareci[óo]|aparece) (?:primero|por primera vez) en|ha aparegut primer a",
        ("primero en", "primera vez en", "primer a"),
    ),
    (
        r"(?:L.{1,7}?articolo|Il post)",
        r"proviene da|sembra essere il primo su|(?:è )?appars[oa] (?:prima|per la prima volta) su",
        ("roviene da", "rimo su", "rima su", "rima volta su"),
    ),
    (
        r"(?:O post|O artigo|O conte[úu]do|A publica[çc][ãa]o)",
        r"(?:apareceu|foi publicado|aparece) (?:primeiro|pela primeira vez) (?:em|no|na)",
        ("primeir",),
    ),
    (r"(?:Het bericht|Het artikel|Dit artikel)", r"verscheen (?:het )?eerst op|is eerst verschenen op", ("eerst",)),
    (r"(?:Artykuł|Wpis|Post)", r"pochodzi z serwisu|pojawił się (?:po raz )?(?:pierwszy|najpierw)", ("pochodzi",)),
    (
        r"(?:Запись|Сообщение|Статья|Пост|Запис|Допис|Стаття)",
        r"впервые появил\w+|появил\w+ (?:сначала|впервые)|сначала появил\w+"
        r"|(?:спершу|вперше) \w+.\w+|.{0,3}явил\w+ спочатку",
        ("яви",),
    ),
    (r"(?:نوشته|مطلب|پست)", r"اولین بار (?:در|بر)", ("اولین",)),
    (r"(?:Inlägget|Artikeln)", r"dök först upp på", ("först",)),
    (r"(?:Indlægget|Innlegget)", r"(?:blev først udgivet på|dukkede? først op+ på|dukket først opp på)", ("først",)),
    (
        r"(?:Artikel|Postingan|Tulisan)",
        r"pertama kali (?:tampil|muncul) (?:pada|di)|(?:tampil|muncul) pertama",
        ("pertama",),
    ),
    (r"(?:Příspěvek|Článok|Článek)", r"pochází z|se nejdříve objevil|sa zobrazil najskôr", ("ejd",)),
    (r"(?:Articolul|Postarea)", r"apare prima dat[ăa]|a apărut (?:mai întâi|prima dat[ăa])", ("prima",)),
    (r"(?:Το άρθρο|Η ανάρτηση)", r"εμφανίστηκε πρώτα|πρωτοδημοσιεύτηκε|δημοσιεύτηκε πρώτα", ("πρώτ",)),
    (r"(?:הפוסט|המאמר)", r"הופיע (?:לראשונה|ראשון)", ("הופיע",)),
    (r"(?:Bài viết|Bài đăng)", r"(?:đã )?xuất hiện (?:đầu tiên|lần đầu)", ("xuất",)),
)
_FORMS: Final = tuple(
    (words, re.compile(f"(?<!\\w){begins}\\b{_ANY}(?:{goes_on})", re.IGNORECASE | re.DOTALL))
    for begins, goes_on, words in _APPEARED
)
# In these the title comes first, so the whole last paragraph is the footer.
_NAMED_FIRST: Final = re.compile(
    r"(?:yazısı|başlıklı yazı|haberi) (?:ilk önce|ilk olarak)|に最初に(?:表示|公開)されました|最先出现在|最早出現於"
    r"|最早出现于|bejegyzés először|에 처음 등장|पहली बार",
)
_NAMED_FIRST_WORDS: Final = ("ilk ", "最初", "最先", "最早", "először", "처음", "पहली")
_PARAGRAPH: Final = re.compile(r"<(?:p|div|li)\b[^<>]*>|<br\s*/?>|\n", re.IGNORECASE)
_TAGS: Final = re.compile(r"<[^<>]*>")

_MORE: Final = (
    r"(?:Continue|Keep) reading|Read (?:the )?(?:more|full (?:article|story|post|text)|rest(?: of (?:the|this) \w+)?)"
    r"|Learn more|View (?:more|full post)|Click here to (?:read|continue)[^<.]{0,30}|Weiterlesen|Mehr lesen"
    r"|Lire la suite|En savoir plus|Leer más|Seguir leyendo|Sigue leyendo|Continuar leyendo|Leggi (?:tutto|di più)"
    r"|Continua a leggere|Ler mais|Continue (?:a ler|lendo)|Lees (?:meer|verder)|Czytaj (?:więcej|dalej)"
    r"|Читать (?:далее|полностью)|Подробнее|Читати далі|Devamını oku|Okumaya devam et|Baca selengkapnya"
    r"|Läs mer|Læs mere|Les mer|Číst dále"
    r"|Citește mai mult|[اإأ]قر[أا] المزيد|(?:أكمل|اكمل|تابع) القراءة|(?:إكمال|متابعة|استكمال) القراءة|لقراءة المزيد"
    r"|ادامه مطلب|بیشتر بخوانید|続きを読む|阅读全文|閱讀全文|繼續閱讀|继续阅读|더 보기|계속 읽기"
)
# A word of each of these: looking for it costs a hundredth of what looking for all of them does.
_MORE_HINTS: Final = (
    *(
        "eading",
        "ead ",
        "more",
        "full",
        "rest",
        "here",
        "eiterlesen",
        "lesen",
        "suite",
        "savoir",
        "eer ",
        "eyendo",
        "tutto",
    ),
    *(
        "legg",
        "mais",
        "ler",
        "endo",
        "lees",
        "verder",
        "zytaj",
        "итать",
        "одробнее",
        "итати",
        "oku",
        "aca ",
        "mer",
        "dále",
    ),
    *("mult", "المزيد", "القراءة", "مطلب", "بیشتر", "続き", "全文", "阅读", "閱讀", "더 ", "계속", "mehr"),
)
_ARROW: Final = r"(?:[\s.…:»>›→⟶\])]|&(?:raquo|rarr|hellip|nbsp|#8230|#187|#8594|#160|gt);)*+"
_MORE_LINK: Final = re.compile(
    rf"(?:<(?:p|div|span|br)\b[^<>]*>\s*)*[\[(]?\s*<a\b[^<>]*>(?:<span\b[^<>]*>)?\s*[\[(]?(?:{_MORE}|More|Mehr|المزيد)"
    rf"(?=[\s.…:»>›→&\])\"“”'«<]){_ANY}</a>{_ARROW}{_CLOSING}\Z",
    re.IGNORECASE | re.DOTALL,
)
_MORE_WORDS: Final = re.compile(
    rf"\s*+(?:[\[(]\s*+)?(?:{_MORE}){_ARROW}{_CLOSING}\Z|\s*+Continue reading [^<.!?]{{1,200}}{_ARROW}{_CLOSING}\Z",
    re.IGNORECASE,
)
_MORE_BEGINS: Final = re.compile(r"<(?:p|div|span|br|a)\b|[\[(.…\]!?؟。;>\n]")
_BROKEN_OFF: Final = re.compile(
    rf"(?<!\s)\s*+(?:[\[(]\s*+(?:…|\.\.\.|&#8230;|&#x2026;|&hellip;)\s*+[\])]|\(more(?:…|\.\.\.)\))(?={_CLOSING}\Z)",
    re.IGNORECASE,
)
# What stands between those brackets, with or without capitals.
_DOTS: Final = ("…", "...", "&#8230;", "&#x2026;", "&#X2026;", "&hellip;", "&HELLIP;", "&Hellip;")


def strip_footer(html: str) -> str:
    """Returns the HTML of an item without the words that programs add to its end. "[…]" at the end becomes "…"."""
    head, end = html[:-_END], html[-_END:]
    for _ in range(3):
        shorter = _shorter(end)
        if shorter == end:
            break
        end = shorter
    return head + end


def _shorter(end: str) -> str:
    for words, form in _FORMS:
        if any(word in end for word in words) and (found := form.search(end)) and _is_last(end[found.end() :]):
            return end[: found.start()]
    named_first = any(word in end for word in _NAMED_FIRST_WORDS)
    if named_first and (last := _NAMED_FIRST.search(end)) and _is_last(end[last.end() :]):
        return end[: max((found.end() for found in _PARAGRAPH.finditer(end, 0, last.start())), default=len(end))]
    end = _without_more(end)
    is_broken_off = ("[" in end or "(" in end) and any(mark in end for mark in _DOTS)
    return _BROKEN_OFF.sub("…", end) if is_broken_off else end


def _is_last(rest: str) -> bool:
    """Returns whether only the site's name follows, and perhaps a word of the footer."""
    left = _TAGS.sub("", rest).strip()
    return len(left) <= _LONGEST_NAME and len(left.partition(". ")[2]) <= _LONGEST_ENDING


def _without_more(end: str) -> str:
    last = end[-_LONGEST_MORE:].lower()
    if not any(hint in last for hint in _MORE_HINTS):
        return end
    for begins in _MORE_BEGINS.finditer(end, max(0, len(end) - _LONGEST_MORE)):
        if begins[0].startswith("<"):
            if found := _MORE_LINK.match(end, begins.start()):
                return end[: found.start()]
        elif found := _MORE_WORDS.match(end, begins.end()):
            return end[: found.start()]
    return end
