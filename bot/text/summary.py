"""Extractive summaries: sentences of the article itself, in their order, so that a summary adds no statement.

A news text tells first what matters, so the summary begins with the first sentence. If word similarity is useful in
the script of the text, the other two sentences are those that share most words with the rest, and an earlier sentence
is preferred. Boilerplate lines (`bot.text.boilerplate_lines`) and repetitions of the title are never chosen, unless
the text has nothing else. Headings, fragments, and sentences that repeat a chosen sentence come last: they are chosen
only if nothing else is left.

Assumptions: The first sentence is the best single sentence in every kind of text that was checked. A sentence whose
words stand in many other sentences shows the subject of the text. The longer a text is, the less a summary needs such
sentences: a central sentence late in a long report is a detail. Hence `LATER`, a loss for each sentence that stands
before. For a text in Arabic script, the summary is the lead (the first sentences). There the same measure finds worse
sentences, on news and on encyclopaedic texts, because particles are joined to words and the light stemmer does not
unite all forms of a word. The text itself shows its script. Whether Persian and Urdu gain or lose by this rule is not
known.

The constants were set on one half (every second text) of four sets: Arabic encyclopaedic and newspaper texts
(easc_ar), Arabic and English BBC news, and CNN news. The choice was the best mean of ROUGE-2 F1 among the constants
that put no set below the lead. Results on the other half:

            easc_ar  bbc_ar  cnn_en  bbc_en    mean    all cut at 40 words    at 60
    lead      0.401   0.278   0.093   0.398   0.293                  0.270    0.284
    ours      0.401   0.278   0.102   0.509   0.323                  0.282    0.306

The kind of measure was chosen with both halves in view. The constants matter little: `SECOND` from 0.05 to 0.2 and
`LATER` from 0.02 to 0.04 keep the mean within 0.01 on either half. Smaller constants gain on bbc_en and lose on
cnn_en. The reference summaries of bbc_en are long, so this set partly rewards length. This is why the figures at
equal length count.

Tried and rejected (F1 against the lead, in the order of the table):
- Centrality alone for the two sentences after the first, without a loss for late sentences: -0.06, -0.04, -0.02,
  +0.15.
- A measure in the text that shows how far to trust its lead: similarity of the sentences to one another, repetition,
  number and evenness of sentences, centrality of the first sentence, share of short words. These measures distinguish
  the sets rather than the texts. Within a set, none of those that were checked correlates with the gain (correlations
  up to 0.2). Fitted measures lost 0.01 to 0.02 on easc_ar over random halves.
- In Arabic, a bonus or a loss for these: similarity to the first sentence or the title, background ("وكان"),
  quotations, questions, numbers, long or short sentences. None gained on both sets and both halves. Short sentences
  after a central first sentence gain 0.007 on bbc_ar, and lose 0.009 on easc_ar.
- Mean cosine to the other sentences, together with the sum of logarithms of the number of sentences with a word, over
  words of all lengths. It gains 0.10 to 0.14 on bbc_en, as the present measure does, but 0.03 instead of 0.05 if all
  summaries are cut at 40 words.
- A loss for every quotation or pronoun. It costs 0.01 to 0.02 on bbc_en, and gains 0.007 on cnn_en at best. So a
  sentence loses only if it dangles: if the sentence that names the person behind "he" is not chosen.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from bot.text.arabic import is_arabic, normalize
from bot.text.boilerplate_lines import is_boilerplate_line
from bot.text.search import index_words
from bot.text.sentences import is_ended, split_sentences

CONSIDERED: Final = 100  # sentences; a later sentence of a long text does not belong in its summary
LONGEST_TEXT: Final = 100_000  # characters read; if a hundred sentences are longer than this, they are not sentences
READ: Final = 1_500  # characters of a sentence that are weighed
FEWEST_WORDS: Final = 4  # a shorter sentence is a heading, a caption or an exclamation
MOST_WORDS: Final = 200  # a longer sentence is a list or a page without end marks
HEADLINE_WORDS: Final = 14  # in a line without an end mark; a longer line is a sentence that lost its stop
BELOW_A_QUESTION: Final = 3  # sentences of a text with a question as its headline; the text must have more
PARTICLE: Final = 3  # letters at most in a stem that says little about the subject
LETTERS: Final = 5  # first letters of a word that are compared, since a title may use another form (deepen, deeper)

OPENING: Final = 3  # first sentences of a text, which belong together
QUOTES: Final = ('"', "“", "„", "«", "'", "‘")
FIRST: Final = 1.5  # gain of the first sentence; more than all other gains together
SECOND: Final = 0.15  # gain of the other sentences of the opening
LATER: Final = 0.04  # loss of a sentence for each sentence before it
DANGLING: Final = 0.25  # loss of a sentence if the sentence that names its subject is not chosen
QUOTED: Final = 0.3  # loss of a quotation far below, since it comments on the news and does not tell them
# Sentences before such a quotation. From the third sentence on, this loss cost 0.002 on cnn_en at 40 words.
FAR_BELOW: Final = 10
AGAIN: Final = 2.0  # loss of a sentence that repeats a chosen sentence
REPEATED: Final = 0.8  # share of a sentence's words in the title or a chosen sentence; then it says nothing new

# Ranks. A part (a heading or a fragment) is chosen only if there are too few full sentences. A repetition of the
# title or a boilerplate line is chosen only if the text has nothing else.
_TELLS, _IS_PART, _IS_TITLE, _IS_FURNITURE = range(4)
_LAST_RESORTS: Final = (_IS_PART, _IS_TITLE)

_SPEECH: Final = "|".join(
    normalize(
        "قال أضاف تابع أكد أوضح أشار ذكر أعلن صرح لفت شدد بين اعتبر رأى استطرد أردف أفاد نوه حذر كشف تساءل زاد مضى"
    ).split()
)
_SAID: Final = "said|says|added|told|wrote|asked|explained|continued|warned|noted|insisted|argued|claimed"
# Matches normalized sentences that dangle. "وأضاف أنه", "وقال: «…": a verb of speech without a subject after it.
# "هو", "لكنها", "it": a pronoun. "… ," he said": a quotation whose speaker an earlier sentence names.
_DANGLING: Final = re.compile(
    rf"(?:كما )?[وف]?(?:{_SPEECH})(?:ت|وا)?(?: ?[:،\"«“]|"
    r" (?:ان|انه|انها|انهم|بان|بانه|بانها|الي|علي|في|قائلا|قائله|ايضا|كذلك|لاحقا)(?!\w))"
    r"|[وف]?(?:هو|هي|هم|هما|لكنه|لكنها|لكنهم|انه|انها|انهم)(?!\w)"
    r"|[\"“'‘]?(?:(?:but|and|so|or|then|yet),? )?"
    r"(?:he|she|it|they|his|her|their|its|this|that|these|those)(?:['’]\w+)?(?!\w)"
    rf"|.*[\"”,] ?(?:(?:he|she|they|it) (?:{_SAID})|(?:{_SAID}) (?:he|she|they))(?!\w)"
    r"|(?:il|elle|ils|elles|er|sie|ella|ellos|ellas|он|она|они|ia|dia|mereka|او|وه|وي)(?!\w)"
)

_EMPTY_LINE: Final = re.compile(r"[^\S\n]*+\n\s*\n")  # the gap between a line and the next paragraph
# A line that begins with one of these words continues the line before. It is a sentence that lost its stop, and not a
# heading.
_GOES_ON: Final = re.compile(r"(?:[وف]?(?:هو|هي|هم|هما|لكنه|لكنها|انه|انها)|he|she|it|they)(?!\w)")

Words = Counter[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sentence:
    written: str
    words: Words  # in the form that the index stores
    rank: int


def summarise(text: str, *, language: str, title: str = "", max_sentences: int = 3) -> list[str]:
    """Returns exactly `max_sentences` sentences of the text in its order, or all of them if it has fewer.

    A headline that opens the text does not count as a sentence. By-lines, captions and other boilerplate lines do not
    count either, nor do repetitions of the title. A sentence that occurs twice counts once.
    """
    told = _told(text, language, title)
    worth = _worth(told)
    left = sorted(range(len(told)), key=lambda n: (told[n].rank, -worth[n], n))
    chosen: list[int] = []
    while left and len(chosen) < max_sentences:
        chosen.append(_best(left, told, worth, chosen))
        left.remove(chosen[-1])
    return [told[n].written for n in sorted(chosen)]


# Candidate sentences


def _told(text: str, language: str, title: str) -> list[_Sentence]:
    """Returns the candidate sentences, each once, without boilerplate lines and the headline that opens the text."""
    written = list(dict.fromkeys(islice(split_sentences(text[:LONGEST_TEXT]), CONSIDERED)))
    headline = _headline(text, written)
    titles = [words for name in (title, headline) if (words := _title_words(index_words(name, language)))]
    read = [_read(sentence, language, titles) for sentence in written]
    told = next(filter(None, ([one for one in read if one.rank <= last] for last in _LAST_RESORTS)), read)
    if len(told) > 1 and told[0].written == headline:
        del told[0]
    return told


def _headline(text: str, written: Sequence[str]) -> str:
    """Returns the headline that opens a text, or "".

    A headline is a short line without an end mark, or a question that stands alone above the text. If all lines are
    short and without an end mark, nothing distinguishes the first line from the others, so there is no headline.
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
    words = Counter(index_words(written[:READ], language))
    if titles and _is_again(words, titles):
        rank = _IS_TITLE
    elif is_boilerplate_line(written):
        rank = _IS_FURNITURE
    elif not FEWEST_WORDS <= words.total() <= MOST_WORDS or _is_heading(written):
        rank = _IS_PART
    else:
        rank = _TELLS
    return _Sentence(written=written, words=words, rank=rank)


def _is_heading(written: str) -> bool:
    """Returns whether a line is short and without an end mark.

    A line that ends with a colon is not a heading: it introduces the next line.
    """
    if is_ended(written) or written.endswith(":") or len(written.split()) > HEADLINE_WORDS:
        return False
    return not _GOES_ON.match(normalize(written))


def _title_words(words: Collection[str]) -> frozenset[str]:
    """Returns the first letters of each word of a title, without particles unless it has only particles."""
    named = frozenset([word[:LETTERS] for word in words if len(word) > 3 or (len(word) == 3 and is_arabic(word))])
    return named or frozenset(words)


def _is_again(words: Words, titles: Sequence[frozenset[str]]) -> bool:
    """Returns whether a sentence repeats most of a title and adds nothing.

    A lead repeats the title as well, but it adds more.
    """
    beginnings = {word[:LETTERS] for word in words}
    if all(2 * len(title & beginnings) < len(title) for title in titles):  # of most sentences, and soon found
        return False
    named = _title_words(words)
    return any(
        common >= REPEATED * len(named) and 2 * common >= len(title) and bool(named)
        for title in titles
        for common in [len(named & title)]
    )


# Scores of sentences


def _worth(told: Sequence[_Sentence]) -> list[float]:
    """Returns the score of each sentence: by its position, and outside Arabic script by its centrality too."""
    telling = [n for n, sentence in enumerate(told) if sentence.rank == _TELLS] or list(range(len(told)))
    words = [told[n].words for n in telling]
    central = [0.0] * len(words) if _is_in_arabic_script(words) else _centrality(words)
    worth = [-LATER * n for n in range(len(told))]
    for place, n in enumerate(telling):
        worth[n] = central[place] - LATER * place + (FIRST if place == 0 else SECOND if place < OPENING else 0)
        if place >= FAR_BELOW and told[n].written.startswith(QUOTES):
            worth[n] -= QUOTED
    return worth


def _best(left: Sequence[int], told: Sequence[_Sentence], worth: Sequence[float], chosen: Sequence[int]) -> int:
    """Returns the sentence to choose next from those that are left, which begin with the highest score.

    The chosen sentences can only lower a score, so most of the others need not be compared with them.
    """
    best: tuple[int, float, int] | None = None
    for n in left:
        if best is not None and best < (told[n].rank, -worth[n], n):
            break
        beside = (told[n].rank, -_worth_beside(n, told, worth, chosen), n)
        best = beside if best is None else min(best, beside)
    assert best is not None
    return best[2]


def _worth_beside(n: int, told: Sequence[_Sentence], worth: Sequence[float], chosen: Sequence[int]) -> float:
    """Returns the score of a sentence, given the sentences that are already chosen."""
    value = worth[n]
    if _before(n, told) not in (None, *chosen) and _dangles(told[n].written):
        value -= DANGLING
    if any(_repeats(told[n].words, told[other].words) for other in chosen):
        value -= AGAIN
    return value


def _dangles(written: str) -> bool:
    """Returns whether a sentence names its subject by a pronoun only, or not at all."""
    return bool(_DANGLING.match(normalize(written[:READ])))


def _before(n: int, told: Sequence[_Sentence]) -> int | None:
    """Returns the number of the sentence that names the subject of a dangling one, or None if there is none."""
    return next((before for before in range(n - 1, -1, -1) if told[before].rank == _TELLS), None)


def _repeats(words: Words, other: Words) -> bool:
    """Returns whether most words of a sentence stand in another one."""
    # A loop, since the "&" of two Counters would take a sixth of the time of a whole summary.
    both = sum(min(times, other[word]) for word, times in words.items() if word in other)
    return both > REPEATED * words.total()


def _is_in_arabic_script(sentences_words: Sequence[Words]) -> bool:
    first = [word for words in sentences_words[:10] for word in words]
    return 2 * sum(map(is_arabic, first)) > len(first)


def _centrality(sentences_words: Sequence[Words]) -> list[float]:
    """Returns the centrality of each sentence, from 0 to 1: how often its words stand in the other sentences.

    The count is divided by the logarithm of the sentence's length plus the mean logarithm of all lengths, so that a
    long sentence does not win by its length alone. The result is the sum of a sentence's edges in TextRank, in time
    linear in the number of words.
    """
    telling = [{word: times for word, times in words.items() if len(word) > PARTICLE} for words in sentences_words]
    everywhere = Counter(word for words in sentences_words for word in words.elements() if len(word) > PARTICLE)
    lengths = [math.log(1 + sum(words.values())) for words in telling]
    common = sum(lengths) / len(lengths) if lengths else 0.0
    shared = [
        sum(times * (everywhere[word] - times) for word, times in words.items()) / ((length + common) or 1.0)
        for words, length in zip(telling, lengths, strict=True)
    ]
    most = max(shared, default=0.0)
    return [value / most if most else 0.0 for value in shared]
