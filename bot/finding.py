"""What `newsbot check` finds, for the command line and for the dashboard, which runs that command."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is set up correctly, or is not. Its texts are plain, with commands in backticks."""

    subject: str
    ok: bool
    text: str  # for what is wrong: and how to mend it
    error: str = ""  # the cause in the words of another program, which are English

    @property
    def line(self) -> str:
        """What the command line says of it."""
        return f"{self.subject}: {self.text} ({self.error})" if self.error else f"{self.subject}: {self.text}"

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def of_json(cls, line: str) -> "Finding":
        """Returns what `to_json` wrote. Names of files that are no UTF-8 text become readable."""
        values = json.loads(line)
        return cls(
            subject=_readable(values["subject"]),
            ok=values["ok"],
            text=_readable(values["text"]),
            error=_readable(values["error"]),
        )


def _readable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
