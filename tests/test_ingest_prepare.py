"""What a draft is prepared to be: its words for the search, and the fingerprint that it is compared by."""

from bot.ingest.draft import Draft
from bot.ingest.prepare import LONGEST_CATEGORY, category_names, prepare_texts
from bot.text.document import stored_form, to_plain
from storage.records import Fingerprint, SearchText
from storage.records.documents import Cell, Document, Paragraph, Picture, Run, Table

TEXT = Paragraph((Run("The boat left the old harbour at noon with forty passengers on board."),))
PICTURE = Picture("https://h.example/a.jpg", (Run("Seagulls above the lighthouse"),))


def prepared(*blocks: Paragraph | Picture | Table) -> tuple[SearchText, Fingerprint]:
    document: Document = blocks
    draft = Draft(title="Ferry sails", body=to_plain(document), document=stored_form(document), language="en")
    [(_, search, fingerprint)] = prepare_texts([draft])
    return search, fingerprint


def test_an_article_is_found_by_its_captions_and_cells_and_not_compared_by_captions() -> None:
    plain, compared = prepared(TEXT)
    search, fingerprint = prepared(TEXT, PICTURE)
    assert "lighthous" not in plain.body
    assert "lighthous" in search.body
    assert fingerprint == compared
    table = Table(((Cell((Run("Quay club"),)), Cell((Run("Goals"),))),), (Run("Standings after seven rounds"),))
    search, _ = prepared(TEXT, table)
    assert {"club", "goal", "stand"} <= set(search.body.split())


def test_a_caption_that_is_the_whole_text_is_counted_once() -> None:
    search, _ = prepared(PICTURE)
    assert search.body.split().count("lighthous") == 1


def test_a_sentence_in_the_place_of_a_category_is_left_out() -> None:
    """It would fill the lists of categories that every reader sees."""
    names = category_names(["City", "x" * (LONGEST_CATEGORY + 1), "y" * LONGEST_CATEGORY])
    assert [name.name for name in names] == ["City", "y" * LONGEST_CATEGORY]
