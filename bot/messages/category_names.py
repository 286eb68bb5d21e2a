"""The names of categories as a reader sees them."""

from bot.locale import Voice
from bot.messages.message import isolated_name
from storage.records import Category


def own_name(category: Category, voice: Voice) -> str:
    """Returns the name of a category in the script of the reader's language, if it or an alias is written so.

    Publishers of two languages may have one category, whose name is that of one of them.
    """
    names = (category.name, *category.aliases)
    return next((name for name in names if voice.is_own_script(name)), category.name)


def category_text(category: Category, voice: Voice) -> str:
    """Returns the name of a category for use within a sentence (HTML)."""
    return isolated_name(own_name(category, voice))
