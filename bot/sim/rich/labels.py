"""The labels that stand before the items of a list."""

from typing import Any, Final

from bot.sim.refusal import bad_request

BULLET: Final = "•"
_ROMAN: Final = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")),
    *((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)


def label(item: dict[str, Any]) -> str:
    """Returns the label of an item. Raises Refusal if its value or type is wrong."""
    if "value" not in item:
        return BULLET
    value, kind = item["value"], item.get("type", "1")
    if type(value) is not int or kind not in ("1", "a", "A", "i", "I"):
        raise bad_request("can't parse InputRichBlockListItem: wrong value or type")
    if kind == "1" or value < 1:  # there is neither a letter nor a Roman numeral for it
        return f"{value}."
    written = _letters(value) if kind in "aA" else _roman(value)
    return f"{written.upper() if kind in 'AI' else written}."


def _letters(value: int) -> str:
    text = ""
    while value > 0:
        value, letter = divmod(value - 1, 26)
        text = chr(ord("a") + letter) + text
    return text


def _roman(value: int) -> str:
    text = ""
    for size, numeral in _ROMAN:
        count, value = divmod(value, size)
        text += numeral * count
    return text
