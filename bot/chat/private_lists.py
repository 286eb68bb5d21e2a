"""The lists that only one person in a group sees: their numbers are that person's, for commands such as /summary 3.

They are kept in memory, as long as the process runs: the messages that show them do not last either.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

LISTS_KEPT: Final = 1_000  # those that were shown last
POSITIONS_KEPT: Final = 300  # of one list, because a reader may turn its pages without end


@dataclass(frozen=True, slots=True)
class _List:
    articles: Mapping[int, int]  # ids by position, in rising order
    after: int | None  # the first article of the list that the whole group was shown before


class PrivateLists:
    def __init__(self) -> None:
        self._lists: OrderedDict[tuple[int, int], _List] = OrderedDict()  # by our row of the chat, and the person

    def save(self, chat_row: int, person: int, articles: Sequence[int], *, first: int, after: int | None) -> None:
        """Remember a list that a person was shown, from position `first` on.

        `after` is the first article of the last list that the whole group was shown.
        """
        before = self._lists.pop((chat_row, person), None)
        kept = {at: one for at, one in before.articles.items() if at < first} if before is not None else {}
        kept |= {first + n: one for n, one in enumerate(articles)}
        self._lists[chat_row, person] = _List(dict(list(kept.items())[-POSITIONS_KEPT:]), after)
        if len(self._lists) > LISTS_KEPT:
            self._lists.popitem(last=False)

    def get(self, chat_row: int, person: int, *, after: int | None) -> Mapping[int, int] | None:
        """Returns the article ids of the person's last list by position. Returns None if there is no such list, or if
        the whole group was shown another list since.
        """
        found = self._lists.get((chat_row, person))
        return found.articles if found is not None and found.after == after else None
