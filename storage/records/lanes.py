"""Lanes: what goes first."""

from enum import IntEnum


class Lane(IntEnum):
    """What goes first. Replies are never stored: a reader waits for them."""

    REPLY = 0
    RETRACTION = 1  # what is wrong goes before what is new
    BREAKING = 2
    ALERT = 3
    DIGEST = 4
    EDIT = 5
