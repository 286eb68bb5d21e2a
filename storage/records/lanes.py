"""Lanes: the order in which messages are sent."""

from enum import IntEnum


class Lane(IntEnum):
    """The priority of a message. The lowest number goes first.

    Replies are never stored, because a reader waits for them.
    """

    REPLY = 0
    RETRACTION = 1  # a wrong message is corrected before news is sent
    BREAKING = 2
    ALERT = 3
    DIGEST = 4
    EDIT = 5
