"""What storage keeps of a draft: its text with language and summary, the words by which it is found, and what it is
compared by.
"""

from collections.abc import Sequence

from bot.ingest.draft import Draft
from bot.ingest.identity import without_tracking
from bot.ingest.stories import fingerprint
from bot.text.arabic import fold
from bot.text.html import one_line
from bot.text.language import detect
from bot.text.search import index_form, search_text
from bot.text.summary import summarise
from storage.records import CategoryName, Fingerprint, SearchText, Text


def texts(drafts: Sequence[Draft]) -> list[tuple[Text, SearchText, Fingerprint]]:
    """Text, search text and fingerprint of each draft. Heavy enough for the workshop."""
    return [_texts(draft) for draft in drafts]


def _texts(draft: Draft) -> tuple[Text, SearchText, Fingerprint]:
    language = detect(f"{draft.title}\n{draft.body or draft.lead}", draft.language)
    text = Text(
        title=draft.title,
        body=draft.body,
        lead=draft.lead,
        summary=tuple(summarise(draft.body or draft.lead, language=language, title=draft.title)),
        language=language,
        author=draft.author,
        url=without_tracking(draft.url) if draft.url else None,
        image_url=draft.image_url,
        markup=draft.markup,
    )
    search = search_text(draft.title, f"{draft.lead}\n{draft.body}", language)
    words = search.body.split()
    body = words[len(index_form(draft.lead, language).split()) :]
    return text, search, fingerprint(search.title.split(), body or words, language)


def category_name(name: str | None) -> CategoryName | None:
    """A section as shown and as matched; None where there is no letter or digit in it."""
    shown = one_line(name or "")
    folded = fold(shown)
    return CategoryName(shown, folded) if any(letter.isalnum() for letter in folded) else None
