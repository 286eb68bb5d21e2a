"""Reads posts of Telegram channels to drafts, from the JSON of the Bot API.

A post has no headline, so its first line or first sentence is taken for one. Files of a post have no public address:
a picture is named by the address of its post, and whoever stores the draft notes which file of Telegram that is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from bot.ingest.draft import Draft
from bot.ingest.formats.json_values import Object, object_at, objects_at, text_at
from bot.ingest.formats.telegram_text import Entity, document_of, plain_of_rich, read_entities
from bot.text.document import pictures_of, read_document, stored_form, to_plain
from bot.text.html import clean, one_line, shortened
from storage.records import Text
from storage.records.documents import Audio, Block, Document, Gallery, Picture, Run, Video

PRIVATE: Final = 1_000_000_000_000  # what Telegram subtracts from the number of a channel
LONGEST_TITLE: Final = 200  # characters of a sentence that can be a headline
LONGEST_CUT: Final = 120  # characters of a headline that is the beginning of a sentence
LABEL_WORDS: Final = 3  # of a first line that belongs to the next one: "Breaking", "From the harbour:"
MOST_TOPICS: Final = 10  # hashtags that are categories
_LARGEST: Final = 2**53
_SENTENCE: Final = re.compile(r"[^\n.!?؟…]*+(?:[.!?؟…]++(?!\s)[^\n.!?؟…]*+)*+[.!?؟…]++(?=\s)")
_WORD: Final = re.compile(r"[^\W\d_]\w*+")
# A line of nothing but hashtags, names of channels and links to Telegram stands for the channel and not for the news.
_HANDLE: Final = re.compile(r"[^\w#@]*+(?:[#@][\w@#]++|(?:https?://)?(?:t|telegram)\.me/[\w/+]++)\W*+", re.IGNORECASE)
_LABEL: Final = re.compile(
    r"\W*(?:breaking(?: news)?|urgent|just in|developing|update|(?:خبر )?عاجل(?: جدا)?|متابعة|تحديث)\W*",
    re.IGNORECASE,
)
_HASHTAG: Final = re.compile(r"(?<![\w#&/])#(\w*[^\W\d_]\w*)")
_SERVICE: Final = frozenset("poll sticker dice story game invoice giveaway giveaway_winners".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPost:
    """A post as Telegram sends it."""

    chat_id: int
    message_id: int
    album: str | None  # what the posts of one album have in common
    channel: str  # the title of the channel
    url: str  # of the post: of a private channel, only its members can open it
    draft: Draft | None  # None: a post without words
    pictures: Mapping[str, str]  # Telegram's file ids, by the addresses that the document has for them
    media: Document  # the picture, film or sound of the post


def source_url(chat_id: int) -> str:
    """Returns the address of a channel as a source. It stays when the channel gets another name."""
    return f"channel:{chat_id}"


def chat_of_source(url: str) -> int | None:
    """Returns the number of the channel with that address, or None if it is no channel's."""
    kind, _, number = url.partition(":")
    return int(number) if kind == "channel" and re.fullmatch(r"-[0-9]{1,16}", number) else None


def read_post(post: Object, *, update_id: int, bot_id: int) -> ChannelPost | None:
    """Returns a post, or None if it is no news: a service message, a poll, a sticker, or a post of this bot.

    `update_id` orders the edits of one second.
    """
    chat = object_at(post, "chat")
    chat_id, message_id = chat.get("id"), post.get("message_id")
    if type(chat_id) is not int or not 0 < -chat_id < _LARGEST or type(message_id) is not int or message_id <= 0:
        return None
    if _is_of_bot(post, bot_id) or _SERVICE & post.keys():
        return None
    username = text_at(chat, "username")
    url = f"https://t.me/{username}/{message_id}" if username else f"https://t.me/c/{-chat_id - PRIVATE}/{message_id}"
    album = text_at(post, "media_group_id") or None
    media, files = _media(post, url)
    found = ChannelPost(
        chat_id=chat_id,
        message_id=message_id,
        album=album,
        channel=one_line(text_at(chat, "title")) or username,
        url=url,
        draft=None,
        pictures=files,
        media=media,
    )
    return replace(found, draft=_draft(post, found, update_id))


def _is_of_bot(post: Object, bot_id: int) -> bool:
    """Returns whether this bot wrote the post, or the message that was forwarded to the channel."""
    writers = [object_at(post, "from"), object_at(post, "via_bot")]
    origin = object_at(post, "forward_origin")
    return any(one.get("id") == bot_id for one in (*writers, object_at(origin, "sender_user")))


def forwarded_from(post: Object) -> tuple[int, int] | None:
    """Returns the channel and the number of the post that this post repeats, or None."""
    origin = object_at(post, "forward_origin")
    chat_id, message_id = object_at(origin, "chat").get("id"), origin.get("message_id")
    return (chat_id, message_id) if type(chat_id) is int and type(message_id) is int else None


# Words


def _draft(post: Object, found: ChannelPost, update_id: int) -> Draft | None:
    text, entities = _words(post)
    begin, title, rest = _headline(text)
    if not title:
        return None
    document = document_of(text, entities, begin if rest is None else rest, _end_of_news(text))
    posted, edited = _moment(post.get("date")), _moment(post.get("edit_date"))
    return Draft(
        title=title,
        body=to_plain(document),
        document=stored_form((*found.media, *document)),
        categories=_topics(text),
        published=posted,
        url=found.url,
        guid=f"{found.chat_id}/{found.album or found.message_id}",
        author=one_line(text_at(post, "author_signature")) or None,
        publisher=found.channel or None,
        version=_version(edited or posted, update_id, is_edited=edited is not None),
    )


def _version(at: datetime | None, update_id: int, *, is_edited: bool) -> int | None:
    """Returns a number that grows with each edit, also with several in one second."""
    return None if at is None else (2 * int(at.timestamp()) + is_edited) * 1_000 + update_id % 1_000


def _words(post: Object) -> tuple[str, tuple[Entity, ...]]:
    """Returns the text of a post with its entities. Characters that nobody sees stay, since entities count them."""
    for key, entities in (("text", "entities"), ("caption", "caption_entities")):
        if text := text_at(post, key):
            return text, read_entities(text, objects_at(post, entities))
    return plain_of_rich(object_at(post, "rich_message")), ()


def _headline(text: str) -> tuple[int, str, int | None]:
    """Returns where the news begins, its headline, and where the text after that begins.

    The text begins with the headline again if that is only the beginning of a sentence; then there is None.
    """
    lines = [(line.start(), line.end()) for line in re.finditer(r"[^\n]+", text)]
    lines = [(start, end) for start, end in lines if _WORD.search(text, start, end)]
    lines = [one for one in lines if not _is_signature(text[one[0] : one[1]])] or lines[:1]
    if not lines or not _WORD.search(text):
        return 0, "", None
    (start, end), *others = lines
    label = text[start:end]
    if others and _is_label(label):
        label = f"{label.strip().rstrip(':：-–—|')}: "
        first, end = others[0]
    else:
        label, first = "", start
    sentence = _SENTENCE.match(text, first, end)
    if end - first > LONGEST_TITLE and sentence and sentence.end() - first <= LONGEST_TITLE:
        end = sentence.end()
    if end - first > LONGEST_TITLE:
        cut = one_line(text[first:end])[:LONGEST_CUT].rpartition(" ")[0]
        return start, shortened(one_line(f"{label}{cut}…")), None
    return start, shortened(one_line(f"{label}{text[first:end]}")), end


def _is_label(line: str) -> bool:
    words, ends = len(_WORD.findall(line)), line.rstrip().endswith((":", "："))
    return words == 1 or (words <= LABEL_WORDS and ends) or bool(_LABEL.fullmatch(line))


def _is_signature(line: str) -> bool:
    handles = [one for one in line.split() if _WORD.search(one)]
    return bool(handles) and all(map(_HANDLE.fullmatch, handles))


def _end_of_news(text: str) -> int:
    """Returns where the lines begin that stand for the channel, at the end of a post."""
    end = len(text.rstrip())
    while (start := text.rfind("\n", 0, end) + 1) > 0:
        line = text[start:end].strip()
        if _WORD.search(line) and not _is_signature(line):
            break
        end = len(text[:start].rstrip())
    return end


def _topics(text: str) -> tuple[str, ...]:
    names = (clean(tag.replace("_", " ")) for tag in _HASHTAG.findall(text))
    return tuple(dict.fromkeys(name for name in names if name))[:MOST_TOPICS]


def _moment(written: object) -> datetime | None:
    if type(written) is not int or not 0 < written < _LARGEST:
        return None
    try:
        return datetime.fromtimestamp(written, UTC)
    except (OverflowError, OSError, ValueError):
        return None


# Pictures, films and sounds


def _media(post: Object, url: str) -> tuple[Document, dict[str, str]]:
    sizes = [one for one in objects_at(post, "photo") if text_at(one, "file_id")]
    if sizes:
        best = max(sizes, key=lambda one: _pixels(one.get("width")) or 0)
        picture = Picture(url, width=_pixels(best.get("width")), height=_pixels(best.get("height")))
        return (picture,), {url: text_at(best, "file_id")}
    block: Block | None = None
    if object_at(post, "video") or object_at(post, "animation"):
        block = Video(url)
    elif object_at(post, "audio") or object_at(post, "voice"):
        block = Audio(url)
    return ((block,) if block is not None else ()), {}


def _pixels(value: object) -> int | None:
    return value if type(value) is int and 0 < value < 100_000 else None


# Albums: several posts that readers see as one


def with_album(draft: Draft, stored: Text) -> Draft:
    """Returns an edited post with the other pictures of its album, which were stored before."""
    document = read_document(draft.document, draft.body)
    mine = {one.address for one in pictures_of(document)}
    others = [one for one in pictures_of(read_document(stored.document, stored.body)) if one.address not in mine]
    return replace(draft, document=stored_form(_with_pictures(document, others)))


def joined(post: ChannelPost, stored: Text, version: int | None) -> Draft | None:
    """Returns the article of an album with the picture of a further post, or None if it has no new picture."""
    document = read_document(stored.document, stored.body)
    known = {one.address for one in pictures_of(document)}
    caption = post.draft.title if post.draft is not None else ""
    new = [
        replace(one, caption=(Run(caption),) if caption else ())
        for one in pictures_of(post.media)
        if one.address not in known
    ]
    if not new:
        return None
    return Draft(
        title=stored.title,
        body=stored.body,
        document=stored_form(_with_pictures(document, new)),
        url=stored.url,
        guid=f"{post.chat_id}/{post.album}",
        author=stored.author,
        image_url=stored.image_url,
        version=version,
    )


def _with_pictures(document: Document, more: list[Picture]) -> Document:
    """Returns a document that begins with all its pictures and these."""
    pictures = [*pictures_of(document), *more]
    rest = tuple(block for block in document if not isinstance(block, Picture | Gallery))
    first: Document = (Gallery(tuple(pictures)),) if len(pictures) > 1 else tuple(pictures)
    return (*first, *rest)
