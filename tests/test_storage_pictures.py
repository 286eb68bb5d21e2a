"""Pictures in the database: known ones are not fetched again, and a source whose pictures fail is told of once."""

from dataclasses import replace
from datetime import timedelta

from storage import Storage
from storage.records import PictureHealth, ShownAs, SourceKind
from storage.records.articles import TEASER_LEAD
from storage.topics.pictures import FAILING_AFTER
from tests.makers import NOON, new_article, reader, stored

BOT, OTHER_BOT = 1, 2
A, B = "https://pictures.example/a.jpg", "https://pictures.example/b.jpg"


async def test_file_belongs_to_the_bot_that_uploaded_it(storage: Storage) -> None:
    await storage.pictures.put(BOT, {A: "file"}, now=NOON)
    assert await storage.pictures.known(BOT, [A, B], failed_since=NOON) == {A: "file"}
    assert await storage.pictures.known(OTHER_BOT, [A], failed_since=NOON) == {}
    await storage.pictures.forget(BOT, [A])
    assert await storage.pictures.known(BOT, [A], failed_since=NOON) == {}


async def test_picture_that_failed_is_tried_again_later(storage: Storage) -> None:
    await storage.pictures.put(BOT, {A: None}, now=NOON)
    assert await storage.pictures.known(BOT, [A], failed_since=NOON - timedelta(hours=1)) == {A: None}
    assert await storage.pictures.known(BOT, [A], failed_since=NOON) == {}
    await storage.pictures.put(BOT, {A: "file"}, now=NOON)
    assert await storage.pictures.known(BOT, [A], failed_since=NOON) == {A: "file"}


async def test_source_whose_pictures_fail_is_told_of_once_and_again_when_they_are_well(storage: Storage) -> None:
    source, _ = await storage.sources.add("https://news.example/feed", SourceKind.FEED, now=NOON)
    note = storage.pictures.note_fetched
    assert await note(source.id, had=1, failed=FAILING_AFTER) is None  # one of them could be had
    assert await note(source.id, had=0, failed=FAILING_AFTER - 1) is None
    assert await note(source.id, had=0, failed=1) is PictureHealth.FAILING
    assert await note(source.id, had=0, failed=5) is None
    assert await note(source.id, had=1, failed=0) is PictureHealth.WELL
    assert await note(source.id, had=1, failed=0) is None


async def test_old_pictures_are_forgotten_oldest_first(storage: Storage) -> None:
    await storage.pictures.put(BOT, {A: "old"}, now=NOON - timedelta(days=2))
    await storage.pictures.put(BOT, {B: "new"}, now=NOON)
    assert await storage.pictures.prune(before=NOON - timedelta(days=1), limit=10) == 1
    assert await storage.pictures.known(BOT, [A, B], failed_since=NOON) == {B: "new"}


async def test_article_of_a_teaser_source_has_no_full_text(storage: Storage) -> None:
    source, _ = await storage.sources.add("https://news.example/feed", SourceKind.FEED, now=NOON, teaser=True)
    [number] = await stored(storage, new_article(source_id=source.id))
    article = await storage.articles.get(number)
    assert article is not None
    assert (article.text.body, article.text.document) == ("", "")
    assert article.text.summary == ("The first paragraph of one.",)
    await storage.sources.set_teaser(source.id, False)
    article = await storage.articles.get(number)
    assert article is not None
    assert article.text.body.endswith("The second one.")


async def test_lead_of_a_teaser_is_cut_where_a_feed_repeats_its_whole_text(storage: Storage) -> None:
    source, _ = await storage.sources.add("https://news.example/feed", SourceKind.FEED, now=NOON, teaser=True)
    made = new_article(source_id=source.id)
    whole = " ".join(["The ferry sails at noon."] * 40)
    [number] = await stored(storage, replace(made, text=replace(made.text, lead=whole, summary=())))
    article = await storage.articles.get(number)
    assert article is not None
    assert len(article.text.lead) <= TEASER_LEAD + len("…")
    assert article.text.lead.startswith("The ferry sails")
    assert article.text.lead.endswith("…")


async def test_shape_of_a_message_that_was_no_delivery_is_not_recorded(storage: Storage) -> None:
    await reader(storage, 100)
    await storage.deliveries.note_shape(100, 7, ShownAs.PAGE)
    assert await storage.deliveries.article_of_message(100, 7) is None
