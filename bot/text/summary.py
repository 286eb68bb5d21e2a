"""Extractive summaries: sentences of the article itself, in their order, so nothing is said that it does not say.

A news text says first what matters, so its opening leads. Where likeness of words tells anything, the other two
sentences are those that share most with the rest, the earlier the better. Lines that are no sentences (`furniture`)
and the title again are never said, unless the text is nothing else; headings, fragments and what a chosen sentence
says already come last, and only where nothing else is left.

What it assumes: the first sentence is the best single one in every kind of text that was looked at. A sentence whose
words stand in many others says what the text is about, and a summary needs less of that the longer a text is: what is
central late in a long report is a detail of it, hence `LATER`, a loss for each sentence that stands before. Texts in
Arabic script keep to the lead: there the same measure finds worse sentences on news as well as on encyclopaedic
texts, since particles are glued to words and the light stemmer leaves forms of one word apart. The script is read
from the text itself; what Persian and Urdu lose or gain by it is not known.

Set on one half (every other text) of four sets: Arabic encyclopaedic and newspaper texts (easc_ar), Arabic and
English BBC news, CNN news. Choice: no set below the lead, then the best mean of ROUGE-2 F1. On the other half:

            easc_ar  bbc_ar  cnn_en  bbc_en    mean    all cut at 40 words    at 60
    lead      0.401   0.278   0.093   0.398   0.292                  0.270    0.284
    ours      0.401   0.278   0.101   0.507   0.322                  0.282    0.306

The kind of measure was chosen with both halves in view; the constants matter little: `SECOND` from 0.05 to 0.2 and
`LATER` from 0.02 to 0.04 keep the mean within 0.01 on either half. Smaller ones gain on bbc_en and lose on cnn_en.
What bbc_en rewards is partly length, its own summaries being long, so the figures at equal length count.

Tried and rejected (F1 against the lead, in the order of the table):
- Centrality alone, without a loss for what comes late, for the two sentences after the first: -0.06, -0.04, -0.02,
  +0.15.
- A measure in the text that says how far to trust its lead: likeness of the sentences to one another, repetition,
  number and evenness of sentences, centrality of the first one, share of short words. They tell the sets apart rather
  than the texts: within a set none of those that were checked goes with the gain (correlations up to 0.2), and fitted
  ones lost 0.01 to 0.02 on easc_ar over random halves.
- In Arabic: likeness to the first sentence or the title, background ("وكان"), quotations, questions, numbers, long or
  short sentences, as a bonus or a loss: none gained on both sets and both halves. Short ones after a central first
  sentence gain 0.007 on bbc_ar, and lose 0.009 on easc_ar.
- Mean cosine to the other sentences together with the sum of logarithms of how many have a word, over words of all
  lengths: +0.10 to +0.14 on bbc_en, as now, but +0.03 instead of +0.05 where all are cut at 40 words.
- A loss for every quotation or pronoun: 0.01 to 0.02 on bbc_en, for 0.007 on cnn_en at best. So a sentence loses only
  if it dangles: when the one that says who "he" is, is not chosen.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from bot.text.arabic import is_arabic, normalize
from bot.text.boilerplate_lines import is_boilerplate_line
from bot.text.search import index_form
from bot.text.sentences import is_ended, sentences

CONSIDERED: Final = 100  # sentences; what comes later in a long text is not its summary
LONGEST_TEXT: Final = 100_000  # characters that are read at most: such a hundred are no sentences any more
READ: Final = 1_500  # characters of a sentence that are weighed
FEWEST_WORDS: Final = 4  # a shorter one is a heading, a caption or an exclamation
MOST_WORDS: Final = 200  # a longer one is a list or a page without marks
HEADLINE_WORDS: Final = 14  # of a line without an end mark; a longer one is a sentence that lost its stop
BELOW_A_QUESTION: Final = 3  # sentences below a question that stands above a text like a headline
PARTICLE: Final = 3  # letters of a stem at most, which say little of what a text is about
LETTERS: Final = 5  # of a word, where the title may be worded lightly otherwise (deepen, deeper)

FIRST: Final = 1.5  # what the first sentence gains; more than all others together
SECOND: Final = 0.15  # what the two after it gain: an opening goes together
LATER: Final = 0.04  # what a sentence loses for each that stands before it
DANGLING: Final = 0.3  # what it loses if its subject stands in one that isn't chosen
AGAIN: Final = 2.0  # what it loses if it says what a chosen one says
REPEATED: Final = 0.8  # of a sentence's words in the title or in a chosen sentence: it says nothing new

# Ranks. A part is chosen only where too few sentences tell something; the title again and furniture only where the
# text has nothing else at all.
_TELLS, _IS_PART, _IS_TITLE, _IS_FURNITURE = range(4)
_LAST_RESORTS: Final = (_IS_PART, _IS_TITLE)

_SPEECH: Final = "|".join(
    normalize(
        "قال أضاف تابع أكد أوضح أشار ذكر أعلن صرح لفت شدد بين اعتبر رأى استطرد أردف أفاد نوه حذر كشف تساءل زاد مضى"
    ).split()
)
_SAID: Final = "said|says|added|told|wrote|asked|explained|continued|warned|noted|insisted|argued|claimed"
# On folded text. "وأضاف أنه", "وقال: «…": a verb of speech and no subject behind it. "هو", "لكنها", "it": a pronoun.
# "… ," he said": a quotation whose speaker was named before.
_DANGLING: Final = re.compile(
    rf"(?:كما )?[وف]?(?:{_SPEECH})(?:ت|وا)?(?: ?[:،\"«“]|"
    r" (?:ان|انه|انها|انهم|بان|بانه|بانها|الي|علي|في|قائلا|قائله|ايضا|كذلك|لاحقا)(?!\w))"
    r"|[وف]?(?:هو|هي|هم|هما|لكنه|لكنها|لكنهم|انه|انها|انهم)(?!\w)"
    r"|[\"“'‘]?(?:(?:but|and|so|or|then|yet),? )?"
    r"(?:he|she|it|they|his|her|their|its|this|that|these|those)(?:['’]\w+)?(?!\w)"
    rf"|.*[\"”,] ?(?:(?:he|she|they|it) (?:{_SAID})|(?:{_SAID}) (?:he|she|they))(?!\w)"
    r"|(?:il|elle|ils|elles|er|sie|он|она|они|او|وہ)(?!\w)"
)

_EMPTY_LINE: Final = re.compile(r"[^\S\n]*+\n\s*\n")  # what stands between a line and the next paragraph
# A line that begins with one of these goes on from the line before: a sentence that lost its stop, not a heading.
_GOES_ON: Final = re.compile(r"(?:[وف]?(?:هو|هي|هم|هما|لكنه|لكنها|انه|انها)|he|she|it|they)(?!\w)")

Words = Counter[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sentence:
    written: str
    words: Words  # as the index keeps them
    rank: int
    dangles: bool


def summarise(text: str, *, language: str, title: str = "", max_sentences: int = 3) -> list[str]:
    """Exactly `max_sentences` sentences of the text in its order, or all where it has fewer.

    A headline that opens the text is none of them, nor are by-lines, captions and the like, nor the title said again;
    a sentence that stands there twice is one.
    """
    told = _told(text, language, title)
    worth = _worth(told)
    chosen: list[int] = []
    for _ in range(min(max_sentences, len(told))):
        left = [n for n in range(len(told)) if n not in chosen]
        chosen.append(min(left, key=lambda n: (told[n].rank, -_worth_beside(n, told, worth, chosen), n)))
    return [told[n].written for n in sorted(chosen)]


# What may be chosen


def _told(text: str, language: str, title: str) -> list[_Sentence]:
    """The sentences, each once, without what is none of them and the headline that opens them."""
    written = list(dict.fromkeys(islice(sentences(text[:LONGEST_TEXT]), CONSIDERED)))
    headline = _headline(text, written)
    titles = [words for name in (title, headline) if (words := _title_words(index_form(name, language)))]
    read = [_read(sentence, language, titles) for sentence in written]
    told = next(filter(None, ([one for one in read if one.rank <= last] for last in _LAST_RESORTS)), read)
    if len(told) > 1 and told[0].written == headline:
        del told[0]
    return told


def _headline(text: str, written: Sequence[str]) -> str:
    """The headline that opens a text, or "".

    A short line without an end mark, or a question that stands alone above the text. Where no line has an end mark
    and all are short, nothing tells the first one from the others.
    """
    opening = next((sentence for sentence in written if not is_boilerplate_line(sentence)), "")
    if len(written) < 2 or len(opening.split()) > HEADLINE_WORDS:
        return ""
    if _is_heading(opening):
        return opening if not all(map(_is_heading, written)) else ""
    begun = text.lstrip()
    alone = begun.startswith(opening) and _EMPTY_LINE.match(begun, len(opening))
    return opening if alone and opening.endswith(("?", "؟")) and len(written) > BELOW_A_QUESTION else ""


def _read(written: str, language: str, titles: Sequence[frozenset[str]]) -> _Sentence:
    form = index_form(written[:READ], language)
    words = Counter(form.split())
    if any(_is_again(_title_words(form), title) for title in titles):
        rank = _IS_TITLE
    elif is_boilerplate_line(written):
        rank = _IS_FURNITURE
    elif not FEWEST_WORDS <= words.total() <= MOST_WORDS or _is_heading(written):
        rank = _IS_PART
    else:
        rank = _TELLS
    return _Sentence(
        written=written, words=words, rank=rank, dangles=bool(_DANGLING.match(normalize(written[:READ])))
    )


def _is_heading(written: str) -> bool:
    """Whether a line is short and without an end mark; what ends with a colon is said of what comes next."""
    if is_ended(written) or written.endswith(":") or len(written.split()) > HEADLINE_WORDS:
        return False
    return not _GOES_ON.match(normalize(written))


def _title_words(form: str) -> frozenset[str]:
    """The beginnings of a title's words; of particles only where it has nothing else."""
    words = form.split()
    named = frozenset(word[:LETTERS] for word in words if len(word) > (2 if is_arabic(word) else 3))
    return named or frozenset(words)


def _is_again(words: frozenset[str], title: frozenset[str]) -> bool:
    """Whether a sentence says nothing beside the title, and most of it. A lead says the title too, and more."""
    common = len(words & title)
    return common >= REPEATED * len(words) and 2 * common >= len(title) and bool(words)


# What it is worth


def _worth(told: Sequence[_Sentence]) -> list[float]:
    """What each is worth by its place, and by its likeness to the others where that tells anything."""
    telling = [n for n, sentence in enumerate(told) if sentence.rank == _TELLS] or list(range(len(told)))
    words = [told[n].words for n in telling]
    central = [0.0] * len(words) if _is_in_arabic_script(words) else _centrality(words)
    worth = [-LATER * n for n in range(len(told))]
    for place, n in enumerate(telling):
        worth[n] = central[place] - LATER * place + (FIRST if place == 0 else SECOND if place < 3 else 0)
    return worth


def _worth_beside(n: int, told: Sequence[_Sentence], worth: Sequence[float], chosen: Sequence[int]) -> float:
    """What it is worth beside those that are chosen."""
    value = worth[n]
    if told[n].dangles and _before(n, told) not in (None, *chosen):
        value -= DANGLING
    if any(_repeats(told[n].words, told[other].words) for other in chosen):
        value -= AGAIN
    return value


def _before(n: int, told: Sequence[_Sentence]) -> int | None:
    """The sentence that names the subject of one that dangles."""
    return next((before for before in range(n - 1, -1, -1) if told[before].rank == _TELLS), None)


def _repeats(words: Words, other: Words) -> bool:
    """Whether most words of a sentence are in another one."""
    # Written out, since the "&" of two Counters takes a sixth of the time of a whole summary.
    both = sum(min(times, other[word]) for word, times in words.items() if word in other)
    return both > REPEATED * words.total()


def _is_in_arabic_script(sentences_words: Sequence[Words]) -> bool:
    first = [word for words in sentences_words[:10] for word in words]
    return 2 * sum(map(is_arabic, first)) > len(first)


def _centrality(sentences_words: Sequence[Words]) -> list[float]:
    """How much each sentence shares with the others, from 0 to 1: how often its words stand in them.

    Divided by the logarithms of its length and of a common one, so that a long sentence doesn't win by its length
    alone. This is what a sentence's edges in TextRank sum up to, in time linear in the words.
    """
    telling = [
        Counter({word: times for word, times in words.items() if len(word) > PARTICLE}) for words in sentences_words
    ]
    everywhere: Words = Counter()
    for words in telling:
        everywhere.update(words)
    lengths = [math.log(1 + words.total()) for words in telling]
    common = sum(lengths) / len(lengths) if lengths else 0.0
    shared = [
        sum(times * (everywhere[word] - times) for word, times in words.items()) / ((length + common) or 1.0)
        for words, length in zip(telling, lengths, strict=True)
    ]
    most = max(shared, default=0.0)
    return [value / most if most else 0.0 for value in shared]
