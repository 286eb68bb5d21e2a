"""Converts texts to the words that the full-text index stores, and typed queries to the same words."""

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import chain, repeat
from typing import Any, Final, NamedTuple

import Stemmer  # imported in this module only, since it ships no types

from bot.text.arabic import (
    CACHED,
    SHORTEST_STEM,
    is_arabic,
    normalize,
    normalized_words,
    separate_words,
    stem,
    without_article,
)
from bot.text.persian_urdu import persian_stem, urdu_stem
from bot.text.turkish import TURKISH, turkish_form, turkish_forms, turkish_words
from bot.text.typed_words import typed_phrases
from storage.records import SearchText, Term

# Scripts without spaces between words. Each letter counts as a word, and a query of several letters is a phrase.
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
MOST_WORDS: Final = 12  # words of a query; the rest of a pasted paragraph adds nothing
LONGEST_WORD: Final = 64  # letters of a word that are read; stripping a million endings from a word takes seconds
OF_A_QUESTION: Final = 3  # words at least outside of quotes
OF_A_HEADLINE: Final = 3  # words at least beside its phrases, without function words
LONGEST_KNOWN: Final = 24  # letters of a word that may correct a typing error; longer ones are addresses and such

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
    "ru": "russian",
    "el": "greek",
    "id": "indonesian",
}
# Words in Arabic letters are stemmed by these in texts of the language, and as Arabic in all others.
_IN_ARABIC_LETTERS: Final = {"fa": persian_stem, "ur": urdu_stem}
_ONLY_ARABIC: Final = re.compile("^(?:ال|لل)|[ةأإ]")  # in hardly any Persian word
# Without one of these letters, the Urdu stem hardly ever differs. In Arabic words, it costs 0.003 on xquad_ar.
_MAY_BE_URDU: Final = re.compile("[ٹڈڑںےہھگچپژیک]")

# Question words and function words. If a query has other words, an article need not contain these: the article that
# answers كم عدد السفن has no كم in it. The list has only words that hardly ever name a thing. It does not have "will"
# and "may": their own rarity weighs them. In ranking by words alone, leaving these words out gains 0.003 (arcd) and
# 0.013 (xquad_ar) of mean reciprocal rank, on the halves of the questions that constants were set on.
STOP_WORDS: Final = frozenset(
    normalize(
        "في من على إلى عن مع ما ماذا متى أين كيف لماذا لم لما هل هو هي هم هن هذا هذه ذلك تلك الذي التي الذين اللواتي"
        " أي أية كم كان كانت يكون تكون قد لقد و أو ثم أن إن لا لن ليس ليست كل غير بين عند عندما حتى منذ بعد قبل حول"
        " خلال فيه فيها به بها له لها منه منها عليه عليها إليه إليها أنه أنها بأن لأن كما بما مما فيما حيث إذا لو"
        " هناك تم يتم وهو وهي ومن وفي وما ولا ولم وقد عما مم ممن وكان هنا"
        " the a an of in on at to for from by with and or is are was were be been what who whom whose which when"
        " where why how did do does it its this that these those as into about has have had"
        " der das dem den des ein eine einen einem einer und oder im auf bei vom zum zur über für durch seit ist sind"
        " wird werden wurde wurden nicht wann wo wie wer warum welche welcher welches"
        " le la les du une et dans pour avec chez qui que quoi quand où comment pourquoi quel quelle quels quelles"
        " sont au aux du pas"
        " el una del al en por para qué quién cuándo cuál cuáles dónde cómo cuánto cuántos es"
        " в во на с со к о об от до из за по под над при для без у и а но или не что чтобы как так если когда где кто"
        " какой какая какие почему зачем сколько это эта этот он она они"
        " ve veya ile için bir bu da de mi mı ne nasıl neden niçin nerede hangi kaç olan olarak"
        " yang di ke dari dan atau untuk dengan pada adalah itu ini apa siapa kapan mengapa bagaimana berapa"
        " در به از که این با را برای است چه چرا چگونه کجا آیا یا اور کے کی کا ہے ہیں کو نے یہ وہ کہ کیوں"
        " کیسے کہاں"
    ).split()
)
# Function words of Urdu that are other words in Arabic letters: میں is "in", and مين a place or "who". They count as
# function words only in the letters of Urdu. کیا, "what", is no function word here: in Persian it is a maker of cars.
_URDU_STOP_WORDS: Final = {normalize(word): word for word in ("میں", "سے")}

# Clitics: single letters that Arabic joins to the beginning of a word. If the rest has at least five letters, endings
# included, a query asks for the word with and without the clitic, so that مدرسة finds بمدرسة. A shorter rest is too
# often another word: مال of كمال, وتين of بوتين. س is left out, because it precedes verbs only.
_CLITICS: Final = "بلفك"
_LEFT_BY_CLITIC: Final = 5
# A shorter word is asked for with two of them, if the archive shows that the longer word is no word of its own.
_OF_SHORT_WORDS: Final = "بل"
_DEFINITE: Final = ("ال", "وال", "بال")


def index_form(text: str, language: str) -> str:
    """Returns the words of a text for the index: normalized and stemmed, separated by spaces.

    Arabic words are stemmed as Arabic in every text. Other words are stemmed by the text's language (ISO 639-1) if
    Snowball knows that language.
    """
    return _joined(word.form for word in _indexed(text, language))


def index_words(text: str, language: str) -> list[str]:
    """Returns the words of `index_form` one by one."""
    return " ".join([word.form for word in _indexed(text, language)]).split()


def search_text(title: str, body: str, language: str) -> SearchText:
    """Returns the index form of an article, and its words that may correct typing errors in queries."""
    title_forms, title_known, title_written = zip(*_indexed(title, language), strict=True)
    body_forms, body_known, body_written = zip(*_indexed(body, language), strict=True)
    return SearchText(
        title=_joined(title_forms),
        body=_joined(body_forms),
        words=frozenset(chain.from_iterable((*title_known, *body_known))),
        written_title=f" {_joined(title_written)} ",
        written_body=f" {_joined(body_written)} ",
    )


class _Indexed(NamedTuple):
    """A word as it is written, in the forms that storage keeps. It may be several words ("GPT-5"), or none."""

    form: str  # in the full-text index
    known: tuple[str, ...]  # words that may correct typing errors
    written: str  # as phrases are compared


def _indexed(text: str, language: str) -> list[_Indexed]:
    words = separate_words(text)
    if len(words) > 1:
        return list(map(_indexed_word, words, repeat(language)))
    return [_index(text, language)]


def _joined(words: Iterable[str]) -> str:
    return " ".join(filter(None, words))


@lru_cache(maxsize=CACHED)
def _indexed_word(word: str, language: str) -> _Indexed:
    return _index(word, language)


def _index(text: str, language: str) -> _Indexed:
    words = normalized_words(text)
    form = " ".join(_stemmed(word, language) for word in _apart(words))
    if language == TURKISH:
        form = turkish_form(text)
    return _Indexed(form, tuple(filter(_may_be_meant, words)), " ".join(map(without_article, words)))


def _may_be_meant(word: str) -> bool:
    return 3 <= len(word) <= LONGEST_KNOWN and word.isalpha() and not _UNSPACED.search(word)


def as_written(text: str) -> str:
    """Returns the normalized, unstemmed words of a text, each between spaces."""
    return f" {' '.join(normalized_words(text))} "


def phrase_form(text: str) -> str:
    """Returns the words of a text as phrases are compared: normalized, without articles and a leading "and".

    The words are not stemmed, and each is between spaces.
    """
    return f" {' '.join(map(without_article, normalized_words(text)))} "


class ShortWord(NamedTuple):
    """What a short word would be behind a clitic."""

    form: str  # in the full-text index
    itself: tuple[str, ...]  # the word without the clitic: the archive must have one of these
    definite: tuple[str, ...]  # the longer word with an article: if the archive has one, it is a word of its own


# Parsing of typed queries


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A parsed query. Its categories and sources are names as typed, not yet looked up."""

    text: str
    terms: tuple[Term, ...]
    without: tuple[Term, ...] = ()
    categories: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def with_name(self, field: str, old: str, new: str) -> str:
        """Returns the typed text with a name of a category or source replaced."""
        return _PART.sub(
            lambda part: f'{part["field"]}:"{new}"' if _named(part) == (field, old) else part[0],
            self.text,
        )

    def with_words(self, meant: dict[str, str]) -> str:
        """Returns the typed text with some words replaced. The keys of `meant` are normalized words."""
        return _WORD_WITH_MARKS.sub(lambda word: meant.get(normalize(word[0]), word[0]), self.text)

    def without_label(self, field: str, name: str) -> str | None:
        """Returns the typed text with the label of a name as a word, or None if no space follows its colon.

        In a headline, a space follows each colon: مصدر: الحريري يعود means that a source says so.
        """
        text = _PART.sub(lambda part: _without_colon(part) if _named(part) == (field, name) else part[0], self.text)
        return text if text != self.text else None

    def without_quotes(self) -> str:
        """Returns the typed text with the words of its phrases instead of the phrases. Excluded phrases stay."""
        return " ".join(_PART.sub(_without_quotes, self.text).split())

    @property
    def is_headline(self) -> bool:
        """Whether so many words stand beside the phrases that the quotes are probably those of a headline."""
        return sum(not term.written for term in self.terms) >= OF_A_HEADLINE


CATEGORY: Final = "category"
SOURCE: Final = "source"
_NAMES: Final = {
    CATEGORY: typed_phrases("search", CATEGORY),
    SOURCE: typed_phrases("search", SOURCE),
}
_FIELDS: Final = {normalize(called): field for field, names in _NAMES.items() for called in names}
_NAMED: Final = "|".join(called for names in _NAMES.values() for called in names)
_DIRECTION: Final = re.compile(
    "[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)  # phones insert these marks before signs
_QUOTES: Final = '"“”„‟«»‹›＂'
_MINUS: Final = "\\-\u2010-\u2015\u2212\ufe58\ufe63\uff0d"
_PART: Final = re.compile(
    rf"(?P<minus>(?<!\S)[{_MINUS}])?(?:(?P<field>[^\W\d_][\w\u064b-\u0652]*)[:：]\s*+(?!(?i:{_NAMED})[:：]))?"
    rf"(?:[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)[{_QUOTES}]|(?P<word>[^\s{_QUOTES}]+))"
)
_SIGNS: Final = re.compile(rf"[:：]|(?<!\S)[{_MINUS}]")  # mean something outside of quotes
# Articles, pronouns and prepositions that lose their vowel before another word, in French, Italian and Catalan.
_ELIDED: Final = re.compile(
    r"(?<![\w'’])(?:[cdjlmnstv]|qu|(?:jus|lors|puis|quoi)qu|un|(?:a|co|da|de|ne|que|su)ll|quest)['’](?=[^\W\d_])",
    re.IGNORECASE,
)
_WORD_WITH_MARKS: Final = re.compile(r"[^\W_](?:[^\W_]|[\u0610-\u061a\u0640\u064b-\u065f\u0670])*")


def understood(typed: str) -> Typed:
    """Returns the query that a typed text means.

    Every text is a valid query. A sign that means nothing at its place is skipped.

    "…", «…» and “…” are exact phrases. A minus or a dash before a word or phrase excludes it. A name follows
    category:, فئة:, قسم: and source:, مصدر:, in quotes if it has spaces. Without a name, such a label is skipped.

    In a question, quotes mark a name and do not ask for an exact phrase: an article on the "الزورق السريع" may well
    call it زورقا سريعا. A question ends in a question mark, and has at least OF_A_QUESTION words outside of quotes.
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
    telling = [term for term in terms if not is_function_word(term, text)]
    return Typed(
        text=text,
        terms=tuple((telling or list(terms))[:MOST_WORDS]),
        without=tuple(without)[:MOST_WORDS],
        categories=tuple(names[CATEGORY]),
        sources=tuple(names[SOURCE]),
    )


def is_function_word(term: Term, typed: str) -> bool:
    """Returns whether a term of this typed text only asks or connects. In quotes, each word is meant."""
    if term.written:
        return False
    urdu = _URDU_STOP_WORDS.get(term.word)
    return term.word in STOP_WORDS or (urdu is not None and urdu in _WORD_WITH_MARKS.findall(typed))


def _is_question(text: str) -> bool:
    outside = _PART.sub(lambda part: " " if part["phrase"] else part[0], text)
    return text.rstrip().endswith(("؟", "?")) and len(normalized_words(outside)) >= OF_A_QUESTION


def _quoted(part: re.Match[str], *, strict: bool) -> Iterable[Term]:
    return _phrase(part["phrase"]) if strict or part["minus"] else _terms(part["phrase"])


def _field(part: re.Match[str]) -> str | None:
    return None if part["minus"] else _FIELDS.get(normalize(part["field"] or ""))


def _named(part: re.Match[str]) -> tuple[str | None, str]:
    """Returns the field and the name in it."""
    return _field(part), _value(part)


def _without_colon(part: re.Match[str]) -> str:
    label, name = part[0][: part.end("field") - part.start()], part[0][part.end("field") - part.start() + 1 :]
    return f"{label}{name}" if name[0].isspace() else part[0]


def _without_quotes(part: re.Match[str]) -> str:
    if not part["phrase"] or part["minus"] or _field(part):
        return part[0]
    label = f"{part['field']}: " if part["field"] else ""
    return f" {label}{_SIGNS.sub(' ', part['phrase'])} "


def _names_nothing(word: str) -> bool:
    return word.endswith((":", "：")) and normalize(word[:-1]) in _FIELDS


def _value(part: re.Match[str]) -> str:
    return (part["phrase"] if part["word"] is None else part["word"].replace("_", " ")).strip()


def _terms(words: str | None) -> Iterator[Term]:
    words = _ELIDED.sub("", words or "")
    found, typed = normalized_words(words), turkish_words(words)
    for word, accented in zip(found, typed if len(typed) == len(found) else found, strict=True):
        yield Term(word=word, forms=tuple(_forms(word[:LONGEST_WORD], accented[:LONGEST_WORD])))


def _phrase(text: str) -> list[Term]:
    """Returns one term for words that must stand side by side as written, or [] if there is no word.

    The article and what Arabic joins to it or to the first word do not count: "النورس" finds نورس, والنورس and
    بالنورس, and "مجلس المرفأ" finds لمجلس المرفأ. The endings of words do count. The forms of the term are the stems
    of its words in each language.
    """
    words = normalized_words(text)
    if not words:
        return []
    texts = [" ".join(one) for one in (words, *([first, *words[1:]] for first in _with_clitic(words)))]
    languages = ("und", *_ALGORITHMS, *_IN_ARABIC_LETTERS)
    forms = dict.fromkeys(index_form(one, language) for one in texts for language in languages)
    forms |= dict.fromkeys([turkish_form(text)])  # as it was typed, since accents tell Turkish endings
    return [Term(word=" ".join(words), forms=tuple(forms), written=tuple(dict.fromkeys(map(phrase_form, texts))))]


def _with_clitic(words: Sequence[str]) -> list[str]:
    """Returns the first word of a phrase with each clitic. Further words tell a short word from another one."""
    first = without_article(words[0])
    least = SHORTEST_STEM if len(words) > 1 else _LEFT_BY_CLITIC
    return [clitic + first for clitic in _CLITICS] if is_arabic(first) and len(first) >= least else []


def short_words_with_clitic(term: Term) -> dict[str, ShortWord]:
    """Returns a short Arabic word with each clitic that may stand before it, by the longer word: كأس in بكأس.

    The longer word is often another one: لجنة has no clitic before جنة, and بطاقة none before طاقة. But then texts
    have it with an article as well, which never stands before a clitic. So `with_short_clitics` asks the archive.
    """
    bare = without_article(term.word)
    if term.written or not is_arabic(bare) or not SHORTEST_STEM <= len(bare) < _LEFT_BY_CLITIC:
        return {}
    found = {}
    for clitic in _OF_SHORT_WORDS:
        form = stem(clitic + bare)
        if form == clitic + stem(bare):  # else an ending was cut off that the short word keeps
            others = tuple(article + clitic + bare for article in _DEFINITE)
            found[clitic + bare] = ShortWord(form, (bare, f"ال{bare}"), others)
    return found


def with_short_clitics(term: Term, known: Set[str]) -> Term:
    """Returns a term with the forms of its word behind a clitic, as the archive's words `known` allow it."""
    found = short_words_with_clitic(term)
    forms = [
        one.form
        for word, one in found.items()
        if word in known and not known.isdisjoint(one.itself) and known.isdisjoint(one.definite)
    ]
    return replace(term, forms=tuple(dict.fromkeys((*term.forms, *forms)))) if forms else term


def _apart(words: Iterable[str]) -> Iterator[str]:
    """Yields normalized words as the index stores them: cut, and letter by letter in a script without spaces."""
    for word in words:
        yield from (_spaced(word).split() if _UNSPACED.search(word) else (word[:LONGEST_WORD],))


def is_unspaced(word: str) -> bool:
    """Returns whether a word has letters of a script without spaces, each of which the index has as a word."""
    return bool(_UNSPACED.search(word))


def _spaced(word: str) -> str:
    return _UNSPACED.sub(r" \g<0> ", word)


def _forms(word: str, typed: str) -> Iterable[str]:
    """Returns the forms in which a word may stand in the index, each once.

    The reader's language is not known. So the forms of a word that is not Arabic are its stems in every language that
    it could be indexed in. `typed` is the word with the accents that it was typed with.
    """
    if _UNSPACED.search(word):
        return [" ".join(_spaced(word).split())]
    if is_arabic(word):
        persian = () if _ONLY_ARABIC.search(typed) else (persian_stem(word),)
        urdu = (urdu_stem(word),) if _MAY_BE_URDU.search(typed) else ()
        return dict.fromkeys([*_with_clitics(word), *persian, *urdu])
    stems = (_stemmed(word, language) for language in _ALGORITHMS)
    return dict.fromkeys([word, *stems, *turkish_forms(typed)])


def _with_clitics(word: str) -> Iterable[str]:
    stemmed, bare = stem(word), without_article(word)
    longer = [clitic + stemmed for clitic in _CLITICS] if len(bare) >= _LEFT_BY_CLITIC else []
    shorter = [stem(bare[1:])] if bare[0] in _CLITICS and len(bare) > _LEFT_BY_CLITIC else []
    return dict.fromkeys([stemmed, *longer, *shorter])


def _stemmed(word: str, language: str) -> str:
    if is_arabic(word):
        return _IN_ARABIC_LETTERS.get(language, stem)(word)
    word = word.replace("ё", "е")  # most Russian texts have е for both
    return str(_stemmer(language).stemWord(word)) if language in _ALGORITHMS and not word.isdecimal() else word


@cache
def _stemmer(language: str) -> Any:
    return Stemmer.Stemmer(_ALGORITHMS[language])
