"""Notes: what a form has done, shown on the page that follows it. The address of that page carries its name."""

from enum import StrEnum

from bot.locale import Voice


class Note(StrEnum):
    """What a page says above its content after a form was sent."""

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
    RETRACTED = "retracted"
    BREAKING = "breaking"
    SPLIT = "split"
    MERGED = "merged"
    NO_SUCH_ARTICLE = "no-such-article"
    DECIDED = "decided"
    SCHEDULED = "scheduled"
    EMBARGO = "embargo"
    NO_TIME = "no-time"
    RETRIED = "retried"
    ONE_NAME = "one-name"

    @property
    def is_warning(self) -> bool:
        """Whether nothing was done."""
        return self in (
            Note.ADDRESS_TAKEN,
            Note.CHANGED_MEANWHILE,
            Note.NO_SUCH_ARTICLE,
            Note.EMBARGO,
            Note.NO_TIME,
            Note.ONE_NAME,
        )


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
        Note.RETRACTED: voice.say("Withdrawn. Messages about it are corrected before anything else is sent."),
        Note.BREAKING: voice.say("It is being sent as breaking news, ahead of everything else."),
        Note.SPLIT: voice.say("Separated. It is not grouped again unless you do it."),
        Note.MERGED: voice.say("Grouped as one story."),
        Note.NO_SUCH_ARTICLE: voice.say("Nothing was done: no other article has this number, or one was withdrawn."),
        Note.DECIDED: voice.say("Done."),
        Note.SCHEDULED: voice.say("It goes out by itself at its time."),
        Note.EMBARGO: voice.say("Nothing was done: the publisher's embargo is later than that."),
        Note.NO_TIME: voice.say("Nothing was done: choose a time that is not past."),
        Note.RETRIED: voice.say("They are queued again."),
        Note.ONE_NAME: voice.say("Nothing was done: the two are one name already."),
    }
    return texts[note]
