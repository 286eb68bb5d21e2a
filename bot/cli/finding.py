"""What `newsbot check` finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `newsbot check`."""

    subject: str
    ok: bool
    text: str  # for what is wrong: and how to mend it
