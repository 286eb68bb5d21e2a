"""Errors of the ingest package that concern what was read (those of fetching are in `fetch`):

Unreadable           a file, page or line that holds no article we can read
"""


class Unreadable(Exception):
    """There is no article in it. The text names the file or line, what is wrong and what was expected."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason

    def __reduce__(self) -> tuple[type["Unreadable"], tuple[str, str]]:
        return type(self), (self.name, self.reason)  # it comes back from a worker process
