"""Words as the full-text index keeps them, and what a reader typed as a query over them: one way for both."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

import snowballstemmer  # the one door to it: it ships no types

from bot.text.arabic import is_arabic, normalize, normalized_words, stem, without_article
from storage.records import SearchText, Term

# Scripts that put no space between words: each letter is a word of its own, and a query of several is a phrase.
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
MOST_WORDS: Final = 12  # of a query; the rest of a pasted paragraph adds nothing
LONGEST_WORD: Final = 64  # letters of a word that count: a million endings on one another are stripped for seconds
OF_A_QUESTION: Final = 3  # words beside what is in quotes
LONGEST_KNOWN: Final = (
    24  # letters of a word that typing errors are mended to; longer ones are addresses and the like
)

_ALGORITHMS: Final = {
    "en": "english",
    "fr": "french",
    "de": "german",
    "es": "spanish",
    "it": "italian",
    "pt": "portuguese",
    "nl": "dutch",
    "sv": "swedish",
    "da": "danish",
    "no": "norwegian",
    "fi": "finnish",
    "hu": "hungarian",
    "ro": "romanian",
    "tr": "turkish",
    "ru": "russian",
    "el": "greek",
}

# Words that ask rather than tell. They need not be found where other words were typed, since the article that answers
# كم عدد السفن has no كم in it. Only words that hardly ever name a thing: "will" and "may" are left to be rare or
# common by themselves. Where words alone are counted, leaving these out gains 0.003 (arcd) and 0.013 (xquad_ar) of
# the mean reciprocal rank on the halves of the questions that constants were set on.
STOP_WORDS: Final = frozenset(
    normalize(
        "في من على إلى عن مع ما ماذا متى أين كيف لماذا لم لما هل هو هي هم هن هذا هذه ذلك تلك الذي التي الذين اللواتي"
        " أي أية كم كان كانت يكون تكون قد لقد و أو ثم أن إن لا لن ليس ليست كل غير بين عند عندما حتى منذ بعد قبل حول"
        " خلال فيه فيها به بها له لها منه منها عليه عليها إليه إليها أنه أنها بأن لأن كما بما مما فيما حيث إذا لو"
        " هناك تم يتم وهو وهي ومن وفي وما ولا ولم وقد عما مم ممن وكان هنا"
        " the a an of in on at to for from by with and or is are was were be been what who whom whose which when"
        " where why how did do does it its this that these those as into about has have had"
    ).split()
)

# Letters that Arabic writes onto the beginning of a word. Where the rest has at least five letters, endings included,
# a query asks for the word with and without them, so that مدرسة and بمدرسة meet. Shorter rests are other words too
# often: مال of كمال, وتين of بوتين. س is left out: it leads verbs only.
_CLITICS: Final = "بلفك"
_LEFT_BY_CLITIC: Final = 5


def index_form(text: str, language: str) -> str:
    """The words of a text for the index: folded and stemmed, separated by spaces.

    Arabic words are stemmed as Arabic wherever they stand, others by the text's language (ISO 639-1) where
    Snowball knows it.
    """
    return " ".join(_stemmed(word, language) for word in _words(text))


def search_text(title: str, body: str, language: str) -> SearchText:
    """What an article is found by, and the words in it that a typing error may have meant."""
    known = {word for word in normalized_words(f"{title}\n{body}") if _may_be_meant(word)}
    return SearchText(title=index_form(title, language), body=index_form(body, language), words=frozenset(known))


def _may_be_meant(word: str) -> bool:
    return 3 <= len(word) <= LONGEST_KNOWN and word.isalpha() and not _UNSPACED.search(word)


def as_written(text: str) -> str:
    """The words of a text as they stand in it, folded, between spaces: what an exact phrase is looked for in."""
    return f" {' '.join(normalized_words(text))} "


# What was typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a reader typed, understood; names of categories and sources are still names."""

    text: str
    terms: tuple[Term, ...]
    without: tuple[Term, ...] = ()
    categories: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def with_name(self, field: str, old: str, new: str) -> str:
        """The same typed with another name of a category or source."""
        return _PART.sub(
            lambda part: f'{part["field"]}:"{new}"' if _field(part) == field and _value(part) == old else part[0],
            self.text,
        )

    def with_words(self, meant: dict[str, str]) -> str:
        """The same typed with other words for some of them, which are folded."""
        return _WORD_WITH_MARKS.sub(lambda word: meant.get(normalize(word[0]), word[0]), self.text)


CATEGORY: Final = "category"
SOURCE: Final = "source"
_NAMES: Final = {
    CATEGORY: ("category", "section", "فئة", "قسم", "تصنيف"),
    SOURCE: ("source", "مصدر", "المصدر"),
}
_FIELDS: Final = {normalize(called): field for field, names in _NAMES.items() for called in names}
_NAMED: Final = "|".join(called for names in _NAMES.values() for called in names)
_DIRECTION: Final = re.compile(
    "[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)  # phones put them before signs
_QUOTES: Final = '"“”„‟«»‹›＂'
_MINUS: Final = "\\-\u2010-\u2015\u2212\ufe58\ufe63\uff0d"
_PART: Final = re.compile(
    rf"(?P<minus>(?<!\S)[{_MINUS}])?(?:(?P<field>[^\W\d_][\w\u064b-\u0652]*)[:：]\s*+(?!(?i:{_NAMED})[:：]))?"
    rf"(?:[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)[{_QUOTES}]|(?P<word>[^\s{_QUOTES}]+))"
)
_WORD_WITH_MARKS: Final = re.compile(r"[^\W_](?:[^\W_]|[\u0610-\u061a\u0640\u064b-\u065f\u0670])*")


def understood(typed: str) -> Typed:
    """Every text is a query, and none is an error: a sign that means nothing where it stands is passed over.

    "…", «…» and “…” are phrases, as they are written; a minus or a dash before a word or phrase excludes it;
    category:, فئة:, قسم: and source:, مصدر: are followed by a name, in quotes where it has spaces, or say nothing.

    In a question, quotes are around a name and ask for nothing: an article on the "الزورق السريع" may well call it
    زورقا سريعا. A question ends in a question mark, and has a few words beside the quotes.
    """
    text = _DIRECTION.sub("", typed)
    strict = not _is_question(text)
    terms: dict[Term, None] = {}  # in order, each once
    without: dict[Term, None] = {}
    names: dict[str, list[str]] = {CATEGORY: [], SOURCE: []}
    for part in _PART.finditer(text):
        field = _field(part)
        if field:
            names[field] += [_value(part)] if normalize(_value(part)) else []
            continue
        if part["field"] is None and _names_nothing(part["word"] or ""):
            continue
        found = [
            *_terms(part["field"] or ""),
            *(_quoted(part, strict=strict) if part["phrase"] else _terms(part["word"])),
        ]
        if part["minus"] and not part["field"]:
            without |= dict.fromkeys(found if part["phrase"] or len(found) == 1 else _phrase(part["word"] or ""))
        else:
            terms |= dict.fromkeys(found)
    telling = [term for term in terms if term.word not in STOP_WORDS]
    return Typed(
        text=text,
        terms=tuple((telling or list(terms))[:MOST_WORDS]),
        without=tuple(without)[:MOST_WORDS],
        categories=tuple(names[CATEGORY]),
        sources=tuple(names[SOURCE]),
    )


def _is_question(text: str) -> bool:
    outside = _PART.sub(lambda part: " " if part["phrase"] else part[0], text)
    return text.rstrip().endswith(("؟", "?")) and len(normalized_words(outside)) >= OF_A_QUESTION


def _quoted(part: re.Match[str], *, strict: bool) -> Iterable[Term]:
    return _phrase(part["phrase"]) if strict or part["minus"] else _terms(part["phrase"])


def _field(part: re.Match[str]) -> str | None:
    return None if part["minus"] else _FIELDS.get(normalize(part["field"] or ""))


def _names_nothing(word: str) -> bool:
    return word.endswith((":", "：")) and normalize(word[:-1]) in _FIELDS


def _value(part: re.Match[str]) -> str:
    return (part["phrase"] if part["word"] is None else part["word"].replace("_", " ")).strip()


def _terms(words: str | None) -> Iterator[Term]:
    for word in normalized_words(words or ""):
        yield Term(word=word, forms=tuple(_forms(word[:LONGEST_WORD])))


def _phrase(text: str) -> list[Term]:
    """One term for words that must stand side by side as they are written; each language has its stems of them."""
    written = as_written(text)
    forms = dict.fromkeys(index_form(text, language) for language in ("und", *_ALGORITHMS))
    return [Term(word=written.strip(), forms=tuple(forms), written=written)] if written.strip() else []


def _words(text: str) -> Iterator[str]:
    for word in normalized_words(text):
        yield from (_spaced(word).split() if _UNSPACED.search(word) else (word[:LONGEST_WORD],))


def _spaced(word: str) -> str:
    return _UNSPACED.sub(r" \g<0> ", word)


def _forms(word: str) -> Iterable[str]:
    """The ways in which a word may stand in the index, without repetition. A reader's language isn't known, so a word
    that is not Arabic is looked for in the stems of every language that it could be indexed in.
    """
    if _UNSPACED.search(word):
        return [" ".join(_spaced(word).split())]
    if is_arabic(word):
        return _with_clitics(word)
    return dict.fromkeys([word, *(_stemmed(word, language) for language in _ALGORITHMS)])


def _with_clitics(word: str) -> Iterable[str]:
    stemmed, bare = stem(word), without_article(word)
    longer = [clitic + stemmed for clitic in _CLITICS] if len(bare) >= _LEFT_BY_CLITIC else []
    shorter = [stem(bare[1:])] if bare[0] in _CLITICS and len(bare) > _LEFT_BY_CLITIC else []
    return dict.fromkeys([stemmed, *longer, *shorter])


@lru_cache(maxsize=50_000)  # a text says most of its words twice, and texts share most of theirs
def _stemmed(word: str, language: str) -> str:
    if is_arabic(word):
        return stem(word)
    return str(_stemmer(language).stemWord(word)) if language in _ALGORITHMS and not word.isdecimal() else word


@cache
def _stemmer(language: str) -> Any:
    return snowballstemmer.stemmer(_ALGORITHMS[language])
