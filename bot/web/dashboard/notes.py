"""Notes: what a form has done, shown on the page that follows it. The address of that page carries its name."""

from enum import StrEnum

from bot.locale import Voice


class Note(StrEnum):
    ADDED = "added"
    KNOWN = "known"
    SAVED = "saved"
    PAUSED = "paused"
    RESUMED = "resumed"
    REMOVED = "removed"
    DUE = "due"
    ADDRESS_TAKEN = "address-taken"
    LOGGED_OUT = "logged-out"
    CHANGED_MEANWHILE = "changed-meanwhile"

    @property
    def is_warning(self) -> bool:
        """Whether nothing was done."""
        return self in (Note.ADDRESS_TAKEN, Note.CHANGED_MEANWHILE)


def text_of(note: Note, voice: Voice) -> str:
    """Returns what a note says."""
    texts = {
        Note.ADDED: voice.say("The source was added. What it publishes from now on is sent."),
        Note.KNOWN: voice.say("This source is in the list already."),
        Note.SAVED: voice.say("Saved."),
        Note.PAUSED: voice.say("Paused. It is not visited until you resume it."),
        Note.RESUMED: voice.say("Resumed. It is visited now."),
        Note.REMOVED: voice.say("Removed. Its articles stay."),
        Note.DUE: voice.say("It is visited within seconds. Reload the page to see what came."),
        Note.ADDRESS_TAKEN: voice.say("Nothing was saved: another source has this address."),
        Note.LOGGED_OUT: voice.say("You are logged out."),
        Note.CHANGED_MEANWHILE: voice.say("Nothing was done: this has changed since the page was loaded."),
    }
    return texts[note]
