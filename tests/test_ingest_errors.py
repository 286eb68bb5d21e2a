"""One tree of errors for ingest: each is found by its type, and comes back from a worker process as it is."""

import inspect
import pickle
from datetime import timedelta

import pytest

from bot.ingest import errors
from bot.ingest.errors import IngestError
from bot.ingest.problems import problem_of
from storage.records import SourceProblem

URL = "https://me:secret@harbour.example/feed"
MADE: list[IngestError] = [
    errors.FetchError(URL, "no"),
    errors.Refused(URL, "no"),
    errors.Disallowed(URL, "no"),
    errors.TooLarge(URL, "no"),
    errors.Unreachable(URL, "no"),
    errors.HostBusy(URL, "no"),
    errors.HttpError(URL, 404),
    errors.Gone(URL, 410),
    errors.RetryLater(URL, 429, timedelta(minutes=2), host="news.example"),
    errors.Unreadable("a.txt", "no"),
    errors.NotAnArticle("a.json", "no"),
    errors.BadList("a.opml", "no", errors.ListProblem.SITE, entry="https://harbour.example/"),
    errors.NotAFeed("no"),
    errors.NotASource("no"),
    errors.WorkerError("no"),
]


def test_the_tree_is_drawn_as_it_is() -> None:
    names = {name for name, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, Exception)}
    drawn = {line.split("─ ")[-1].split()[0] for line in (errors.__doc__ or "").splitlines() if "─" in line}
    assert drawn | {"IngestError"} == names
    assert {type(one).__name__ for one in MADE} | {"IngestError"} == names


@pytest.mark.parametrize("error", MADE, ids=lambda error: type(error).__name__)
def test_each_survives_the_way_from_a_worker_process_and_shows_no_password(error: IngestError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), vars(again)) == (str(error), vars(error))
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        *((error, SourceProblem.UNREACHABLE) for error in MADE if type(error) in (
            errors.FetchError, errors.Refused, errors.Disallowed, errors.Unreachable)),
        (errors.TooLarge(URL, "no"), SourceProblem.TOO_LARGE),
        (errors.HostBusy(URL, "no"), SourceProblem.BUSY),
        (errors.RetryLater(URL, 503, timedelta(minutes=2), host="news.example"), SourceProblem.BUSY),
        (errors.HttpError(URL, 404), SourceProblem.MISSING),
        (errors.Gone(URL, 410), SourceProblem.MISSING),
        (errors.HttpError(URL, 403), SourceProblem.FORBIDDEN),
        (errors.HttpError(URL, 429), SourceProblem.BUSY),
        (errors.HttpError(URL, 502), SourceProblem.FAILING),
        (errors.NotAFeed("no"), SourceProblem.NO_NEWS),
        (errors.NotASource("no"), SourceProblem.NO_NEWS),
        (errors.Unreadable("a.txt", "no"), SourceProblem.NO_NEWS),
        (errors.WorkerError("no"), SourceProblem.OTHER),
        (OSError("no"), SourceProblem.OTHER),
    ],
)  # fmt: skip
def test_each_error_has_a_kind_for_people(error: Exception, problem: SourceProblem) -> None:
    assert problem_of(error) is problem
