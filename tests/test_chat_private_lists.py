"""The lists that one person in a group sees, as they are remembered."""

from bot.chat.private_lists import LISTS_KEPT, POSITIONS_KEPT, PrivateLists


def test_a_page_back_forgets_what_came_after_it() -> None:
    lists = PrivateLists()
    lists.save(1, 7, [11, 12], first=1, after=None)
    lists.save(1, 7, [13, 14], first=3, after=None)
    assert lists.get(1, 7, after=None) == {1: 11, 2: 12, 3: 13, 4: 14}
    lists.save(1, 7, [12], first=2, after=None)
    assert lists.get(1, 7, after=None) == {1: 11, 2: 12}
    assert lists.get(1, 8, after=None) is None
    assert lists.get(2, 7, after=None) is None


def test_neither_many_people_nor_many_pages_fill_the_memory() -> None:
    lists = PrivateLists()
    for page in range(POSITIONS_KEPT):
        lists.save(1, 7, range(100), first=1 + 100 * page, after=None)
    assert len(lists.get(1, 7, after=None) or {}) == POSITIONS_KEPT
    for person in range(LISTS_KEPT):
        lists.save(2, person, [1], first=1, after=None)
    assert lists.get(1, 7, after=None) is None
    assert lists.get(2, 0, after=None) == {1: 1}
